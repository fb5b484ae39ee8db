from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from probe_tray.adapters.desktop.session_bus import Listed
from probe_tray.adapters.proxy.proxy import detect_proxy
from probe_tray.adapters.systems.operating_system import SystemProxies
from probe_tray.cli.diagnose.checks import (
    Check,
    State,
    clock_check,
    connection_checks,
    desktop_checks,
    from_problem,
    journal_check,
    program_check,
    proxy_check,
    update_check,
)
from probe_tray.core.errors import KeyringLockedError, NameNotFoundError
from probe_tray.core.machine import Machine
from probe_tray.core.service.connection import ConnectionStep, Reached
from probe_tray.core.update.release import Release, UpdateMemory
from probe_tray.view.text.translate import Translator

ENGLISH = Translator()

STEPS = (
    ConnectionStep.NAME,
    ConnectionStep.CONNECTION,
    ConnectionStep.TLS,
    ConnectionStep.EDGE,
    ConnectionStep.SERVICE,
)
TRAY, NOTIFICATIONS = "org.kde.StatusNotifierWatcher", "org.freedesktop.Notifications"


def states(checks: list[Check]) -> list[State]:
    return [check.state for check in checks]


def test_what_comes_after_a_failure_was_not_tried() -> None:
    problem = NameNotFoundError(host="chatgpt.com").problem
    checks = connection_checks(Reached(steps=STEPS, failed=ConnectionStep.NAME, problem=problem), ENGLISH)
    assert [check.name for check in checks] == ["DNS", "connection", "TLS", "edge", "service"]
    assert states(checks) == [State.FAIL, *[State.WARN] * 4]
    assert "chatgpt.com was not found" in checks[0].what
    assert checks[0].remedy


def test_a_way_that_works_is_all_well() -> None:
    assert states(connection_checks(Reached(steps=STEPS), ENGLISH)) == [State.OK] * 5


@pytest.mark.parametrize(
    ("ahead", "state"),
    [
        (timedelta(seconds=-90), State.OK),
        (timedelta(minutes=7), State.FAIL),
        (timedelta(minutes=-7), State.FAIL),
        (None, State.WARN),
    ],
)
def test_a_clock_may_differ_by_two_minutes(ahead: timedelta | None, state: State) -> None:
    assert clock_check(ahead, ENGLISH).state is state


def test_a_wrong_clock_is_told_how_wrong_it_is() -> None:
    assert "off by 7 minutes" in clock_check(timedelta(minutes=-7), ENGLISH).what


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        ((frozenset({TRAY, NOTIFICATIONS}), frozenset[str]()), [State.OK, State.OK]),
        ((frozenset[str](), frozenset({NOTIFICATIONS})), [State.WARN, State.OK]),
        ((frozenset[str](), frozenset[str]()), [State.WARN, State.WARN]),
        (None, [State.WARN, State.WARN]),
    ],
)
def test_a_linux_desktop_is_known_by_the_names_on_its_bus(listed: Listed | None, found: list[State]) -> None:
    checks = desktop_checks(listed, "linux", ENGLISH)
    assert states(checks) == found
    assert all(check.remedy for check in checks if check.state is not State.OK)


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_have_a_tray_of_their_own(platform: str) -> None:
    assert states(desktop_checks(None, platform, ENGLISH)) == [State.OK, State.OK]


@pytest.mark.parametrize(
    ("permitted", "state", "said"),
    [
        (True, State.OK, "The system lets Probe Tray show them."),
        (False, State.WARN, "Notifications are turned off for Probe Tray."),
        (None, State.OK, "Built into the system."),
    ],
)
def test_the_permission_to_notify_is_told_where_the_system_tells_it(
    permitted: bool | None,  # noqa: FBT001 - what the system says
    state: State,
    said: str,
) -> None:
    notifications = desktop_checks(None, "darwin", ENGLISH, permitted=permitted)[-1]
    assert notifications.state is state
    assert notifications.what.startswith(said)


def test_a_report_begins_with_what_runs_and_where_it_is_from() -> None:
    machine = Machine(
        version="1.2.3", python="CPython 3.12.1", system="Windows 10.0.22631", installed="Python of the Store"
    )
    assert program_check(machine, "6.12.0", ENGLISH).what == (
        "Probe Tray 1.2.3, CPython 3.12.1, PySide6 6.12.0, Windows 10.0.22631, running from Python of the Store."
    )
    assert "PySide6" not in program_check(machine, "", ENGLISH).what


def test_a_proxy_is_shown_without_its_password() -> None:
    choice = detect_proxy("http://ana:s3cret@proxy.example:8080", {}, override_name="--proxy", system=SystemProxies)
    assert proxy_check(choice, "chatgpt.com", ENGLISH).line(ENGLISH) == (
        "ok    proxy          http://proxy.example:8080 from --proxy."
    )


def test_an_excepted_service_is_said() -> None:
    choice = detect_proxy(
        None,
        {"HTTPS_PROXY": "http://proxy.example:8080", "NO_PROXY": "chatgpt.com"},
        override_name="--proxy",
        system=SystemProxies,
    )
    assert "but not for chatgpt.com" in proxy_check(choice, "chatgpt.com", ENGLISH).what


def test_nobody_at_a_command_line_is_told_to_press_a_button() -> None:
    assert "press" not in from_problem("keyring", KeyringLockedError().problem, ENGLISH).remedy


def test_a_script_that_chooses_the_proxy_is_told_only_where_nothing_else_does() -> None:
    left_to_it = proxy_check(
        detect_proxy(None, {}, override_name="--proxy", system=SystemProxies), "chatgpt.com", ENGLISH, script=True
    )
    assert left_to_it.state is State.WARN
    assert "PAC" in left_to_it.what
    assert "--proxy" in left_to_it.remedy
    found = detect_proxy(None, {"HTTPS_PROXY": "http://127.0.0.1:9"}, override_name="--proxy", system=SystemProxies)
    assert proxy_check(found, "chatgpt.com", ENGLISH, script=True) == proxy_check(found, "chatgpt.com", ENGLISH)


def test_a_script_that_only_the_network_may_offer_is_told_too() -> None:
    direct = detect_proxy(None, {}, override_name="--proxy", system=SystemProxies)
    check = proxy_check(direct, "chatgpt.com", ENGLISH, searched=True)
    assert check.state is State.WARN
    assert "WPAD" in check.what
    assert "--proxy" in check.remedy


@pytest.mark.parametrize(("count", "said"), [(1, "1 renewal hasn't finished"), (2, "2 renewals haven't finished")])
def test_renewals_that_wait_to_be_finished_are_told(count: int, said: str) -> None:
    check = journal_check(count, ENGLISH)
    assert check.state is State.WARN
    assert check.what.startswith(said)
    assert journal_check(0, ENGLISH).state is State.OK


def test_newer_versions_are_named_only_where_they_are_looked_for() -> None:
    found = UpdateMemory(next_at=datetime(2026, 11, 29, 9, 0, tzinfo=UTC), release=Release(version="99.1.0"))
    off = update_check(found, ENGLISH, wanted=False)
    assert (off.state, "99.1.0" in off.line(ENGLISH)) == (State.OK, False)
    on = update_check(found, ENGLISH, wanted=True)
    assert on.state is State.WARN
    assert "Probe Tray 99.1.0 is available." in on.line(ENGLISH)
    assert on.remedy.endswith("/releases/tag/v99.1.0")
    old = update_check(replace(found, release=Release(version="0.0.1")), ENGLISH, wanted=True)
    assert (old.state, "2026-11-29 09:00 UTC" in old.line(ENGLISH)) == (State.OK, True)
    assert update_check(UpdateMemory(), ENGLISH, wanted=True).what == "Not checked yet."
