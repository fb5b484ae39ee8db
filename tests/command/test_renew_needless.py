"""When ``codex-probe`` leaves a login alone: what an end is worth, copies, and renewals that change nothing."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from probe_tray.cli.arguments import EXPORT_FORMATS
from probe_tray.demo import Fault
from probe_tray.demo.token_families import DemoLogin
from tests.command.bench import Bench, write
from tests.command.preload import with_keyring

KEY = base64.b64encode(bytes(32)).decode()


def official(issued: DemoLogin, **more: object) -> dict[str, object]:
    """A login as the official client keeps it."""
    names = ("id_token", "access_token", "refresh_token", "account_id")
    tokens = {name: getattr(issued, name) for name in names}
    held: dict[str, object] = {"auth_mode": "chatgpt", "OPENAI_API_KEY": None, "tokens": tokens}
    return held | {"last_refresh": "2026-11-22T06:53:11.183362420Z"} | more


@pytest.mark.parametrize("form", ["object", "array", "lines"])
def test_an_auth_json_is_renewed_by_its_tokens_own_end(bench: Bench, form: str) -> None:
    held = [json.dumps(official(bench.demo.issue_login(p.email))) for p in bench.demo.people[:2]]
    text = {"object": held[0], "array": f"[{', '.join(held)}]", "lines": "\n".join(held)}[form]
    (bench.logins / "auth.json").write_text(text)
    for _ in range(3):
        done = bench.run("--renew", bench.logins)
        assert (done.returncode, bench.refreshes()) == (0, 0)
        assert "fresh, expires in 10 days" in done.stdout.decode()
    ending = bench.demo.issue_login(bench.demo.people[2].email, lifetime=86_400)
    (bench.logins / "soon.json").write_text(json.dumps(official(ending)))
    done = bench.run("--renew", bench.logins)
    assert (done.returncode, bench.refreshes()) == (0, 1)
    assert "renewed (it was about to expire)" in done.stdout.decode()


def test_a_record_that_a_clock_a_year_ahead_wrote_is_not_believed(bench: Bench) -> None:
    issued = bench.demo.issue_login(bench.demo.people[0].email, lifetime=86_400)
    write(bench.logins / "a.json", issued, days=365)
    done = bench.run("--renew", bench.logins)
    assert (done.returncode, bench.refreshes()) == (0, 1)
    assert "expires in 10 days" in done.stdout.decode()


def test_what_is_due_as_soon_as_it_comes_is_not_renewed_again_at_every_run(bench: Bench) -> None:
    bench.login(days=1)
    config = bench.logins.parent / "config.json"
    config.write_text('{"renew_before_expiry_days": 99999}')
    for said in ("renewed (it was about to expire)", *["fresh, expires in 10 days, use -f to force"] * 2):
        done = bench.run("--renew", "--config", config, bench.logins)
        assert (done.returncode, bench.refreshes()) == (0, 1)
        assert said in done.stdout.decode()
    assert bench.run("--renew", "-f", "--config", config, bench.logins).returncode == 0
    assert (bench.refreshes(), bench.is_live()) == (2, True)


def test_a_recorded_end_is_no_end_while_the_service_takes_the_login(bench: Bench) -> None:
    bench.login(days=-1, more={"refresh_token": ""})
    done = bench.run("--status", "--json", bench.logins)
    assert (done.returncode, bench.refreshes()) == (0, 0)
    (account,) = json.loads(done.stdout)["accounts"]
    assert (account["state"], account["upstream_status"], account["error"]) == ("available", 200, None)
    assert datetime.fromisoformat(account["access_token_expires_at"]) > datetime.now(UTC) + timedelta(days=9)
    shown = bench.run("--status", bench.logins)
    assert "42%" in shown.stdout.decode()
    assert "again" not in (shown.stdout + shown.stderr).decode()


def test_what_this_program_exported_is_not_renewed_before_its_token_ends(bench: Bench) -> None:
    exported = bench.logins.parent / "exported"
    exported.mkdir(mode=0o700)
    for number, kind in enumerate(EXPORT_FORMATS):
        write(bench.logins / f"{number}.json", bench.demo.issue_login(f"p{number}@example.com"), days=9)
        done = bench.run("--export", kind, "-o", exported / f"{number}.json", "--yes", f"logins/{number}.json")
        assert done.returncode == 0, done.stderr
    before = {path.name: path.read_bytes() for path in exported.iterdir()}
    assert len(before) == len(EXPORT_FORMATS)
    for _ in range(3):
        done = bench.run("--renew", exported)
        assert (done.returncode, bench.refreshes()) == (0, 0)
        assert done.stdout.decode().count("fresh, expires in ") == len(EXPORT_FORMATS)
    assert {path.name: path.read_bytes() for path in exported.iterdir()} == before


def test_an_auth_json_that_was_imported_into_the_vault_is_renewed_when_its_token_ends(bench: Bench) -> None:
    keyring = with_keyring(bench.logins.parent / "keyring", key=KEY)
    lasting, ending = (
        bench.demo.issue_login(person.email, lifetime=days * 86_400)
        for person, days in zip(bench.demo.people, (10, 1), strict=False)
    )
    for name, issued in (("lasting.json", lasting), ("ending.json", ending)):
        (bench.logins / name).write_text(json.dumps(official(issued)))
        assert bench.run("--import", "--yes", bench.logins / name, **keyring).returncode == 0
    for said in ("1 of 2 logins renewed. 1 skipped", *["0 of 2 logins renewed. 2 skipped"] * 2):
        done = bench.run("--renew", **keyring)
        assert (done.returncode, bench.refreshes()) == (0, 1)
        assert said in done.stderr.decode()
    assert bench.demo.is_live(lasting.refresh_token)
    assert not bench.demo.is_live(ending.refresh_token)


# --- copies of the official client's login


def with_the_client(home: Path, login: DemoLogin) -> Path:
    """The client's own file, with this login."""
    auth = home / ".codex" / "auth.json"
    auth.parent.mkdir(exist_ok=True)
    auth.write_text(json.dumps(official(login, last_refresh="2026-11-23T00:00:00Z")))
    return auth


@pytest.mark.parametrize("force", [[], ["-f"]])
def test_a_copy_of_the_clients_login_learns_from_the_client_and_sends_no_spent_token(
    bench: Bench, home: Path, force: list[str]
) -> None:
    issued = bench.demo.issue_login(bench.demo.people[0].email)
    write(bench.logins / "a.json", issued, days=10)
    with_the_client(home, issued)
    # Any run that may renew sees it there.
    assert bench.run("--renew", bench.logins).returncode == 0
    write(bench.logins / "a.json", issued, days=1)
    newer = bench.demo.renew_elsewhere(issued.refresh_token)
    auth = with_the_client(home, newer)
    before = auth.read_bytes()
    done = bench.run("--renew", *force, bench.logins)
    assert (done.returncode, bench.refreshes()) == (0, 0)
    assert "taken over" in done.stdout.decode()
    assert bench.held()["access_token"] == newer.access_token
    assert (bench.is_live(), auth.read_bytes()) == (True, before)


@pytest.mark.parametrize("force", [[], ["-f"]])
def test_what_may_be_an_old_copy_of_the_clients_login_is_neither_sent_nor_replaced(
    bench: Bench, home: Path, force: list[str]
) -> None:
    issued = bench.demo.issue_login(bench.demo.people[0].email)
    write(bench.logins / "a.json", issued, days=1)
    newer = bench.demo.renew_elsewhere(issued.refresh_token)
    with_the_client(home, newer)
    done = bench.run("--renew", *force, bench.logins)
    assert (done.returncode, bench.refreshes()) == (1, 0)
    assert (
        "This may be an old copy of Codex's login, so it isn't renewed." in done.stderr.decode() + done.stdout.decode()
    )
    assert bench.held()["access_token"] == issued.access_token
    assert bench.demo.is_live(newer.refresh_token)


# --- renewals that do not help


def test_a_renewal_that_does_not_help_is_made_once_by_all_runs_together(bench: Bench) -> None:
    bench.login(days=9)
    body = {"error": {"code": "token_revoked", "message": "gone"}}
    bench.demo.faults.add("/wham/usage", Fault(status=401, body=body), times=None)
    for _ in range(3):
        done = bench.run("--status", bench.logins)
        assert (done.returncode, bench.refreshes()) == (1, 1)
        assert "even after renewing it: the login was revoked" in done.stdout.decode()
        assert b"1 of 1 login renewed" not in done.stderr
