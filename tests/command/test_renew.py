"""``codex-probe --renew``, seen from outside."""

import json
import stat
from pathlib import Path

import pytest

from probe_tray.demo import Fault
from tests.command.bench import TOKEN, Bench, lines, write

# --- what is renewed, and what is said of it


def test_a_login_about_to_expire_is_renewed_in_place(bench: Bench) -> None:
    before = bench.login(days=1)
    done = bench.run("--renew", "logins/a.json")
    assert done.returncode == 0
    held = bench.held()
    assert list(held) == [
        "id_token",
        "access_token",
        "refresh_token",
        "account_id",
        "last_refresh",
        "email",
        "type",
        "expired",
    ]
    assert held["refresh_token"] != before.refresh_token
    assert bench.is_live()
    assert stat.S_IMODE((bench.logins / "a.json").stat().st_mode) == 0o600
    header, row = lines(done.stdout)
    assert header.split() == ["Account", "File", "Renewal"]
    assert "logins/a.json" in row
    assert "renewed (it was about to expire), expires in 10 days" in row
    assert lines(done.stderr)[-1] == "1 of 1 login renewed. 0 skipped, 0 failed."
    assert bench.refreshes() == 1
    assert bench.journal() == []


def test_a_fresh_login_is_skipped_unless_forced(bench: Bench) -> None:
    bench.login(days=9.01)
    before = (bench.logins / "a.json").read_bytes()
    done = bench.run("--renew", bench.logins)
    assert done.returncode == 0
    assert "fresh, expires in 9 days, use -f to force" in done.stdout.decode()
    assert lines(done.stderr)[-1] == "0 of 1 login renewed. 1 skipped, 0 failed."
    assert (bench.refreshes(), (bench.logins / "a.json").read_bytes()) == (0, before)
    forced = bench.run("--renew", "-f", bench.logins)
    assert forced.returncode == 0
    assert "renewed (asked for with -f)" in forced.stdout.decode()
    assert (bench.refreshes(), bench.is_live()) == (1, True)


def test_an_empty_name_does_not_stand_for_the_current_folder(bench: Bench) -> None:
    bench.login("../a.json")
    done = bench.run("--renew", "-f", "")
    assert (done.returncode, bench.refreshes()) == (2, 0)
    assert lines(done.stderr) == [
        (
            "codex-probe: The name of a file or folder is empty. If it comes from a variable, check that it is set. "
            "Run it with --help to see the options."
        )
    ]


def test_json_says_what_was_done_and_nothing_else(bench: Bench) -> None:
    bench.login("a.json", 0, days=1)
    bench.login("b.json", 1, days=9)
    done = bench.run("--renew", "--json", "--quiet", bench.logins)
    assert (done.returncode, done.stderr) == (0, b"")
    first, second = (account["renewal"] for account in json.loads(done.stdout)["accounts"])
    assert (first["result"], first["reason"], first["error"]) == ("renewed", "expires soon", None)
    assert (second["result"], second["reason"]) == ("fresh", None)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("expired", "2020-01-01T00:00:00Z", "it had expired"),
        ("expired", "some day", "no usable expiry date was recorded"),
        ("id_token", "", "it had no id_token"),
    ],
)
def test_the_policy_names_its_reason(bench: Bench, name: str, value: str, reason: str) -> None:
    bench.login(days=9, more={name: value})
    done = bench.run("--renew", bench.logins)
    assert (done.returncode, bench.refreshes()) == (0, 1)
    assert f"renewed ({reason})" in done.stdout.decode()
    assert bench.held()["id_token"]


def test_the_days_of_the_configuration_count(bench: Bench) -> None:
    bench.login(days=2)
    config = bench.logins.parent / "config.json"
    config.write_text('{"renew_before_expiry_days": 0}')
    done = bench.run("--renew", "--config", config, bench.logins)
    assert (done.returncode, bench.refreshes()) == (0, 0)


def test_renewal_and_quota_combine_in_this_order(bench: Bench) -> None:
    bench.login(days=1)
    done = bench.run("--renew", "--status", "--output", "x.csv", bench.logins)
    assert done.returncode == 0
    assert [r.path for r in bench.demo.requests] == [TOKEN, "/backend-api/wham/usage"]
    assert "renewed (it was about to expire)" in done.stdout.decode()
    assert "State" in done.stdout.decode()
    assert (bench.logins.parent / "x.csv").read_text().splitlines()[1].split(",")[-2:] == ["200", ""]


def test_a_proxy_programs_file_keeps_its_keys_and_its_name(bench: Bench) -> None:
    own: dict[str, object] = {"disabled": False, "prefix": "", "proxy_url": "", "note": "<mine>", "priority": 3}
    bench.login("codex-0a1b-ana-plus.json", days=1, more=own)
    done = bench.run("--renew", bench.logins)
    assert done.returncode == 0
    held = bench.held("codex-0a1b-ana-plus.json")
    assert {name: held[name] for name in own} == own
    assert bench.is_live("codex-0a1b-ana-plus.json")
    assert [path.name for path in bench.logins.iterdir()] == ["codex-0a1b-ana-plus.json"]


def test_twenty_files_come_to_what_each_deserves(bench: Bench) -> None:
    people = [f"p{n}@example.com" for n in range(20)]
    for n, person in enumerate(people):
        write(bench.logins / f"{n:02}.json", bench.demo.issue_login(person), days=1 if n % 2 else 9)
    (bench.logins / "04.json").write_text("{ no JSON, sk_canary")
    dead = bench.demo.issue_login("p7@example.com")
    bench.demo.renew_elsewhere(dead.refresh_token)
    write(bench.logins / "07.json", dead, days=1)
    bench.demo.faults.add(
        TOKEN, Fault(status=429, headers={"retry-after": "60"}), account=bench.demo.issue_login(people[9]).account_id
    )
    before = {path.name: path.read_bytes() for path in bench.logins.iterdir()}
    done = bench.run("--renew", bench.logins)
    assert done.returncode == 1
    assert lines(done.stderr)[-1] == "8 of 20 logins renewed. 9 skipped, 3 failed.", done.stderr.decode()
    changed = {path.name for path in bench.logins.iterdir() if path.read_bytes() != before[path.name]}
    assert changed == {f"{n:02}.json" for n in range(1, 20, 2)} - {"07.json", "09.json"}
    assert all(bench.is_live(name) for name in changed)
    assert "04.json is not a login" in done.stderr.decode()
    assert "07.json: This login has ended: it was used elsewhere" in done.stderr.decode()
    assert "09.json: OpenAI is limiting requests" in done.stderr.decode()
    assert b"canary" not in done.stdout + done.stderr
    assert len(lines(done.stdout)) == 21


def test_the_official_clients_login_is_never_renewed(bench: Bench, home: Path) -> None:
    issued = bench.demo.issue_login(bench.demo.people[0].email, lifetime=-5)
    auth = home / ".codex" / "auth.json"
    auth.parent.mkdir()
    tokens = {name: getattr(issued, name) for name in ("id_token", "access_token", "refresh_token", "account_id")}
    auth.write_text(json.dumps({"auth_mode": "chatgpt", "OPENAI_API_KEY": None, "tokens": tokens}))
    before = (auth.read_bytes(), auth.stat().st_mtime_ns)
    skipped, forced = bench.run("--renew", "--status", auth), bench.run("--renew", "-f", auth)
    assert (skipped.returncode, forced.returncode) == (1, 1)
    assert "not renewed: the Codex client" in skipped.stdout.decode()
    assert "The Codex client's login has expired. Start Codex once" in skipped.stderr.decode()
    assert "belongs to the Codex client" in forced.stderr.decode()
    assert (auth.read_bytes(), auth.stat().st_mtime_ns) == before
    assert bench.refreshes() == 0


def test_an_api_key_has_nothing_to_renew(bench: Bench) -> None:
    (bench.logins / "auth.json").write_text(json.dumps({"OPENAI_API_KEY": "sk-canary", "tokens": None}))
    done = bench.run("--renew", bench.logins)
    assert done.returncode == 0
    assert "API key: nothing to renew" in done.stdout.decode()
    assert b"canary" not in done.stdout + done.stderr


# --- several holders of one login


def test_two_copies_of_a_login_are_renewed_by_one_request(bench: Bench) -> None:
    bench.login("a.json", days=1)
    (bench.logins / "b.json").write_bytes((bench.logins / "a.json").read_bytes())
    done = bench.run("--renew", "-f", bench.logins)
    assert (done.returncode, bench.refreshes()) == (0, 1)
    assert bench.refresh_token("a.json") == bench.refresh_token("b.json")
    assert bench.is_live()
    assert lines(done.stderr)[-1] == "2 of 2 logins renewed. 0 skipped, 0 failed."


def test_a_newer_login_that_another_program_stored_is_taken_over(bench: Bench) -> None:
    old = bench.login("a.json", days=-1)
    new = bench.demo.renew_elsewhere(old.refresh_token)
    write(bench.logins / "b.json", new, days=9, more={"last_refresh": "2026-11-22T15:04:06+08:00"})
    done = bench.run("--renew", "logins/a.json", "logins/b.json")
    assert (done.returncode, bench.refreshes()) == (0, 0)
    assert bench.refresh_token("a.json") == new.refresh_token
    assert "taken over" in lines(done.stdout)[1]
    assert "fresh" in lines(done.stdout)[2]


def test_the_copy_in_the_shared_folder_is_renewed_too(bench: Bench, home: Path) -> None:
    bench.login("a.json", days=1)
    shared = bench.logins.parent / "shared"
    shared.mkdir(mode=0o700)
    (shared / "mine.json").write_bytes((bench.logins / "a.json").read_bytes())
    (shared / "broken.json").write_text("not this run's business")
    config = bench.logins.parent / "config.json"
    config.write_text('{"sync_dir": "shared"}')
    done = bench.run("--renew", "--config", config, "logins/a.json")
    assert (done.returncode, bench.refreshes()) == (0, 1)
    assert json.loads((shared / "mine.json").read_bytes()) == bench.held()
    assert len(lines(done.stdout)) == 2


def test_without_a_path_the_shared_folder_is_worked_on(bench: Bench) -> None:
    bench.login("a.json", 0, days=1)
    bench.login("b.json", 1, days=9)
    config = bench.logins.parent / "config.json"
    config.write_text('{"sync_dir": "logins"}')
    done = bench.run("--renew", "--config", config)
    assert (done.returncode, bench.refreshes()) == (0, 1)
    assert bench.is_live("a.json")
    assert lines(done.stderr)[-1] == "1 of 2 logins renewed. 1 skipped, 0 failed."


# --- the quota of a login that the service refuses


def test_a_refused_login_is_renewed_once_and_asked_again(bench: Bench) -> None:
    write(bench.logins / "a.json", bench.demo.issue_login(bench.demo.people[0].email, lifetime=-5), days=9)
    done = bench.run("--status", "--json", bench.logins)
    assert done.returncode == 0
    account = json.loads(done.stdout)["accounts"][0]
    assert (account["upstream_status"], account["renewal"]["reason"]) == (200, "refused")
    assert bench.is_live()
    *asked, last = bench.demo.requests
    assert [r.status for r in asked] == [401, 200, 200]
    # For programs alone, and with the new login.
    assert (last.path.rpartition("/")[2], last.fingerprint) == ("rate-limit-reset-credits", asked[2].fingerprint)
    assert len(account["quota"]["reset_credit_ends"]) == account["quota"]["reset_credits"]


def test_a_login_that_is_fresh_by_its_date_and_refused_is_renewed_too(bench: Bench) -> None:
    bench.login(days=9)
    bench.demo.faults.add("/wham/usage", Fault(status=401))
    done = bench.run("--renew", "--status", "--json", bench.logins)
    assert (done.returncode, bench.refreshes()) == (0, 1)
    account = json.loads(done.stdout)["accounts"][0]
    assert (account["upstream_status"], account["renewal"]["reason"]) == (200, "refused")
    assert bench.is_live()


def test_a_403_about_the_token_is_a_refusal_and_one_of_the_edge_is_not(bench: Bench) -> None:
    bench.login(days=9)
    bench.demo.faults.add("/wham/usage", Fault(status=403, body={"error": {"code": "unauthorized", "message": "x"}}))
    assert bench.run("--status", bench.logins).returncode == 0
    assert bench.refreshes() == 1
    bench.demo.faults.add("/wham/usage", Fault(status=403, body="<html>", headers={"content-type": "text/html"}))
    blocked = bench.run("--status", bench.logins)
    assert (blocked.returncode, bench.refreshes()) == (1, 1)
    assert "The network blocks chatgpt.com" in blocked.stdout.decode()


def test_a_login_that_is_refused_for_good_is_renewed_no_second_time(bench: Bench) -> None:
    bench.login(days=9)
    bench.demo.faults.add("/wham/usage", Fault(status=401), times=None)
    done = bench.run("--status", bench.logins)
    assert (done.returncode, bench.refreshes()) == (1, 1)
    assert bench.demo.count("/wham/usage") == 2
    assert "no longer accepts" in done.stdout.decode()


def test_renewing_by_itself_can_be_switched_off(bench: Bench) -> None:
    write(bench.logins / "a.json", bench.demo.issue_login(bench.demo.people[0].email, lifetime=-5), days=9)
    config = bench.logins.parent / "config.json"
    config.write_text('{"auto_renew": false}')
    done = bench.run("--status", "--config", config, bench.logins)
    assert (done.returncode, bench.refreshes()) == (1, 0)


def test_the_quota_is_asked_for_although_the_renewal_failed(bench: Bench) -> None:
    bench.login(days=1)
    bench.demo.faults.add(TOKEN, Fault(status=503))
    done = bench.run("--renew", "--status", "--json", bench.logins)
    assert done.returncode == 1
    account = json.loads(done.stdout)["accounts"][0]
    assert (account["upstream_status"], account["error"]) == (200, None)
    assert account["renewal"]["error"]["kind"] == "Unavailable"


# --- wrong use


def test_force_without_renewal_is_ignored(bench: Bench) -> None:
    bench.login(days=9)
    assert bench.run("-f", "--status", bench.logins).returncode == 0
    assert bench.refreshes() == 0


@pytest.mark.parametrize("words", [[], ["-f"], ["--quiet"]])
def test_a_bare_command_prints_the_help_and_all_is_well(bench: Bench, words: list[str]) -> None:
    done = bench.run(*words)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == bench.run("--help").stdout


def test_files_alone_ask_what_to_do_with_them(bench: Bench) -> None:
    done = bench.run(bench.logins)
    assert (done.returncode, done.stdout) == (2, b"")
    assert "Choose what to do" in done.stderr.decode()


def test_an_output_file_is_for_quotas(bench: Bench) -> None:
    bench.login(days=9)
    done = bench.run("--renew", "--output", "x.csv", bench.logins)
    assert done.returncode == 0
    assert "Nothing was written" in done.stderr.decode()
    assert not (bench.logins.parent / "x.csv").exists()
