"""The window "About" and the diagnostics: what they tell, and what never."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.errors import KeyringLockedError, NotSentError, Phrase
from probe_tray.core.machine import Machine, Toolkit
from probe_tray.core.settings import Settings
from probe_tray.core.state import AppState
from probe_tray.resources import resource
from probe_tray.view.help.about import about, diagnostics
from probe_tray.view.text.translate import Translator, parse_po
from tests.unit.ui import samples

MACHINE = samples.FakeInspector().machine()
TOOLKIT = Toolkit(
    qt="6.11.3",
    platform="xcb",
    tray=True,
    ink="#3792a5",
    style="fusion",
    dark=True,
    screens=("1920x1080 at 1", "1280x720 at 1.5"),
)


def told(state: AppState, machine: Machine = MACHINE) -> str:
    return diagnostics(state, machine, TOOLKIT, samples.NOW)


def test_the_window_tells_versions_and_what_it_runs_on() -> None:
    shown = about(MACHINE, TOOLKIT, None, Translator())
    assert shown.title == "Probe Tray 1.2.3"
    assert dict(shown.rows) == {
        "System": "Debian GNU/Linux 12 (Linux 6.1 x86_64)",
        "Desktop": "XFCE, x11, xcb",
        "Tray icon": "shown",
        "Keyring": "SecretService",
        "Proxy": "http://proxy.example:8080 (HTTPS_PROXY)",
        "Running on": "CPython 3.11.7, Qt 6.11.3",
    }


def test_what_is_missing_is_said() -> None:
    rows = dict(about(Machine(), Toolkit(), None, Translator()).rows)
    assert rows["Tray icon"] == "none found; the window is used instead"
    assert rows["Keyring"] == "not needed so far"


def test_where_no_proxy_was_found_it_is_said_in_the_persons_language() -> None:
    chinese = Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))
    machine = Machine(proxy=Phrase("direct"), proxy_found_in=Phrase("nothing found"))
    assert dict(about(machine, Toolkit(), None, chinese).rows)["代理"] == "直连（未发现代理）"
    odd = Machine(proxy="http://{odd", proxy_found_in="HTTPS_PROXY")
    assert dict(about(odd, Toolkit(), None, Translator()).rows)["Proxy"] == "http://{odd (HTTPS_PROXY)"


def test_the_diagnostics_tell_whether_notifications_are_turned_off() -> None:
    assert "Notifications: not known whether they are allowed" in told(samples.conditions())
    for allowed, words in ((True, "allowed"), (False, "turned off in the system")):
        assert f"Notifications: {words}\n" in told(replace(samples.conditions(), notifications_allowed=allowed))


def test_the_diagnostics_tell_the_state_of_every_account() -> None:
    lines = told(samples.conditions()).splitlines()
    assert "Probe Tray 1.2.3, 2026-11-22 13:52 UTC" in lines
    assert "CPython 3.11.7, Qt 6.11.3 on xcb" in lines
    screens = "1920x1080 at 1, 1280x720 at 1.5"
    assert f"Icon: #3792a5; controls: fusion, dark; screens: {screens}" in lines
    assert "Installed as an AppImage; data in ~/data; Codex in ~/.codex" in lines
    assert any(line.startswith("Accounts: 13; files that cannot be read: 1") for line in lines)
    numbered = [line for line in lines if line.strip()[:1].isdigit() and ". " in line[:5]]
    assert len(numbered) == 13
    assert "limited" in numbered[2]
    assert "check: NotSentError" in "\n".join(numbered)
    assert f"Store vault: KeyringLockedError ({KeyringLockedError().title})" in lines


def test_a_personal_access_token_is_named_as_one() -> None:
    token = replace(samples.conditions().accounts[0], personal=True, renewable=False)
    (line,) = [line for line in told(AppState(accounts=(token,))).splitlines() if line.strip().startswith("1. ")]
    assert ", personal access token" in line
    assert "renewed" not in line


def test_the_diagnostics_name_settings_that_were_changed_but_no_addresses() -> None:
    settings = Settings(warn_used_percent=70, proxy="http://ana:secret@proxy.example", sync_dir="/home/ana/logins")
    text = told(replace(samples.four(), settings=settings))
    assert "warn_used_percent = 70" in text
    assert "sync_dir = (set)" in text
    assert "proxy = (set)" in text
    assert "secret" not in text
    assert "logins" not in text


def test_renewals_and_trouble_are_told() -> None:
    text = told(samples.troubled_lives())
    assert "renewal: UncertainLoginError" in text
    assert "Trouble: NotRevokedError" in text


def test_the_end_of_the_log_is_there_without_names() -> None:
    assert told(samples.four()).endswith("Log:\n12:00 WARNING a•••@e••• could not be asked\n")


@pytest.mark.parametrize(
    "state", [samples.four(), samples.conditions(), samples.troubled_lives(), samples.long_names(), samples.many(100)]
)
def test_no_account_can_be_recognised(state: AppState) -> None:
    text = told(state)
    for account in state.accounts:
        assert account.email not in text
        assert account.key.account_id not in text
        assert not account.workspace or account.workspace not in text
        assert not account.location or account.location not in text


@given(email=st.emails(), reason=st.text(max_size=40))
def test_no_address_of_any_form_is_shown(email: str, reason: str) -> None:
    problem = NotSentError(reason=f"{reason} {email}").problem
    account = replace(samples.account(email), problem=problem, expires_at=samples.NOW - timedelta(days=1))
    if "@" in email and len(email) > 8:
        assert email not in told(samples.only([account]))
