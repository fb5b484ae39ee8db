"""The installed command, seen from outside, with its real addresses through a proxy that plays the service."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from probe_tray.demo import DemoService, Fault, Gate
from tests.support.demos import faultless_demo
from tests.support.mitm import Mitm
from tests.support.patience import PATIENCE

COMMAND = str(Path(sys.executable).with_name("codex-probe"))
HEADER = (
    b"file,account_id,email,plan_type,5h_used_pct,5h_reset_at,weekly_used_pct,weekly_reset_at,upstream_status,error\n"
)
USAGE: dict[str, object] = {
    "plan_type": "Plus",
    "rate_limit": {
        "allowed": True,
        "limit_reached": False,
        "primary_window": {"used_percent": 42, "limit_window_seconds": 18000, "reset_at": 1795338424},
        "secondary_window": {"used_percent": "17.25", "limit_window_seconds": 604800, "reset_at": 0},
    },
}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes, modes and signals as POSIX has them")


@pytest.fixture
def demo() -> Iterator[DemoService]:
    with faultless_demo() as service:
        yield service


@pytest.fixture
def mitm(demo: DemoService, tmp_path: Path) -> Iterator[Mitm]:
    folder = tmp_path / "ca"
    folder.mkdir()
    with Mitm(demo.addresses, folder) as proxy:
        yield proxy


@pytest.fixture
def logins(tmp_path: Path) -> Path:
    folder = tmp_path / "logins"
    folder.mkdir()
    return folder


def write_login(demo: DemoService, path: Path, number: int = 0) -> str:
    """A credential file of one of the service's people; returns the account id."""
    email = demo.people[number].email
    issued = demo.issue_login(email)
    demo.set_usage(email, USAGE)
    held = {
        "id_token": issued.id_token,
        "access_token": issued.access_token,
        "refresh_token": issued.refresh_token,
        "account_id": issued.account_id,
        "last_refresh": "2026-11-22T15:04:05+08:00",
        "email": email,
        "type": "codex",
        "expired": "2099-11-22T15:04:05+08:00",
    }
    path.write_text(json.dumps(held))
    return issued.account_id


def run(
    *arguments: object, mitm: Mitm | None = None, cwd: Path | None = None, **environment: str
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        env=os.environ | (mitm.environment if mitm else {}) | environment,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )


def lines(data: bytes) -> list[str]:
    return data.decode().splitlines()


# --- what it prints and writes


@pytest.mark.parametrize("address", ["gopher://ana:s3cret@proxy.example", "http://ana:s3#cret@proxy.example:8080"])
def test_an_odd_proxy_variable_is_one_line_and_2(address: str, logins: Path, demo: DemoService, tmp_path: Path) -> None:
    write_login(demo, logins / "a.json")
    for command in (["--status", "logins/a.json"], ["--renew", "-f", "logins/a.json"], ["--login", "-o", "x.json"]):
        done = run(*command, cwd=tmp_path, ALL_PROXY=address)
        (line,) = lines(done.stderr)
        assert (done.returncode, done.stdout) == (2, b"")
        assert line.startswith("codex-probe: The proxy address in ALL_PROXY can't be used: ")
        assert "cret" not in line


@pytest.mark.parametrize(
    ("exceptions", "words"),
    [
        ("chatgpt.com,openai.com", "Proxy: none. {proxy} (HTTPS_PROXY) is not used for auth.openai.com, chatgpt.com."),
        ("auth.openai.com", "Proxy: {proxy} (HTTPS_PROXY), but not for auth.openai.com"),
        ("elsewhere.example", "Proxy: {proxy} (HTTPS_PROXY)"),
    ],
)
def test_the_first_line_names_the_proxy_that_is_used(
    demo: DemoService, mitm: Mitm, logins: Path, tmp_path: Path, exceptions: str, words: str
) -> None:
    write_login(demo, logins / "a.json")
    done = run("--status", "logins/a.json", mitm=mitm, cwd=tmp_path, NO_PROXY=exceptions)
    assert lines(done.stderr)[0] == words.format(proxy=mitm.url)


def test_a_credit_budget_is_in_the_table_and_the_json_and_the_csv_keeps_its_columns(
    demo: DemoService, mitm: Mitm, logins: Path, tmp_path: Path
) -> None:
    write_login(demo, logins / "a.json")
    budget = {"individual_limit": {"limit": "1000", "remaining": "80"}}
    demo.set_usage(demo.people[0].email, {"plan_type": "business", "rate_limit": None, "spend_control": budget})
    done = run("--status", "--output", "x.csv", "logins/a.json", mitm=mitm, cwd=tmp_path)
    assert lines(done.stdout)[1].split() == [
        demo.people[0].email,
        "business",
        "–",
        "–",
        "budget",
        "92%",
        "used",
        "available",
    ]
    header, row = (tmp_path / "x.csv").read_bytes().splitlines(keepends=True)
    assert (header, row.endswith(b",business,,,,,200,\n")) == (HEADER, True)
    told = json.loads(run("--status", "--json", "logins/a.json", mitm=mitm, cwd=tmp_path).stdout)["accounts"][0]
    assert [(w["kind"], w["used_percent"]) for w in told["quota"]["main"]["windows"]] == [("budget", 92)]
    assert told["state"] == "available"


def test_a_file_becomes_a_table_and_a_csv(demo: DemoService, mitm: Mitm, logins: Path, tmp_path: Path) -> None:
    account = write_login(demo, logins / "a.json")
    done = run("--status", "--output", "x.csv", "logins/a.json", mitm=mitm, cwd=tmp_path)
    assert (done.returncode, lines(done.stderr)) == (
        0,
        [f"Proxy: {mitm.url} (HTTPS_PROXY)", "Wrote x.csv.", "1 account"],
    )
    header, row = lines(done.stdout)
    assert header.split() == ["Account", "Plan", "5", "h", "Week", "More", "State"]
    assert row.startswith(f"{demo.people[0].email}  plus  42% used, resets ")
    assert row.split()[-3:] == ["17%", "used", "available"]
    email = demo.people[0].email
    expected = f"logins/a.json,{account},{email},plus,42.0,2026-11-22 17:07:04,17.2,-,200,\n"
    assert (tmp_path / "x.csv").read_bytes() == HEADER + expected.encode()
    assert stat.S_IMODE((tmp_path / "x.csv").stat().st_mode) == 0o600
    assert [(c.host, c.status) for c in mitm.connects] == [("chatgpt.com", 200)]
    assert demo.count("/wham/usage") == demo.count() == 1


def test_names_can_be_hidden_in_every_table(demo: DemoService, mitm: Mitm, logins: Path, tmp_path: Path) -> None:
    email, account = demo.people[0].email, write_login(demo, logins / f"{demo.people[0].email}.json")
    (logins / "lost@example.com.json").write_text("no JSON")
    (logins / "claude-eve@example.com.json").write_text('{"type": "claude", "access_token": "x"}')
    told = run("--status", "--hide-names", "--output", tmp_path / "x.csv", logins, mitm=mitm)
    as_json = run("--status", "--hide-names", "--json", "--output", tmp_path / "x.json", logins, mitm=mitm)
    said = told.stdout + told.stderr + as_json.stdout + as_json.stderr
    kept = (tmp_path / "x.csv").read_bytes() + (tmp_path / "x.json").read_bytes()
    for name in (email, account, "lost@example.com", "eve@example.com"):
        assert name.encode() not in said + kept
    assert f"{email[0]}•••@".encode() in told.stdout
    assert "was skipped" in told.stderr.decode()
    assert (told.returncode, as_json.returncode) == (1, 1)


def test_broken_files_are_named_and_the_rest_goes_on(demo: DemoService, mitm: Mitm, logins: Path) -> None:
    for number, name in enumerate(("a.json", "c.json", "e.json")):
        write_login(demo, logins / name, number)
    (logins / "b.json").write_text("no JSON; sk_canary")
    (logins / "d.json").write_text(json.dumps({"access_token": "one.two", "refresh_token": "rt_canary"}))
    (logins / "notes.txt").write_text("not looked at")
    before = {path.name: path.read_bytes() for path in logins.iterdir()}
    output = logins.parent / "x.csv"
    done = run("--status", "--output", output, logins, mitm=mitm)
    assert done.returncode == 1
    rows = output.read_bytes().splitlines()[1:]
    assert [Path(row.decode().split(",")[0].strip('"')).name for row in rows] == [
        "a.json",
        "b.json",
        "c.json",
        "d.json",
        "e.json",
    ]
    assert len(lines(done.stdout)) == 6
    for name in ("b.json", "d.json"):
        assert any(name in line and "is not a login" in line for line in lines(done.stderr))
    assert "5 accounts, 2 failed" in lines(done.stderr)
    assert b"canary" not in done.stdout + done.stderr + output.read_bytes()
    assert demo.count("/wham/usage") == 3
    assert {path.name: path.read_bytes() for path in logins.iterdir()} == before


def test_json_is_all_there_is_on_standard_output(demo: DemoService, mitm: Mitm, logins: Path) -> None:
    write_login(demo, logins / "a.json")
    output = logins.parent / "x.json"
    done = run("--status", "--json", "--quiet", "--output", output, logins, mitm=mitm)
    assert (done.returncode, done.stderr) == (0, b"")
    account = json.loads(done.stdout)["accounts"][0]
    assert account["quota"]["main"]["windows"][0]["reset_at"] == "2026-11-22T09:07:04Z"
    assert account["state"] == "available"
    assert output.read_bytes() == done.stdout


def test_files_are_kept_in_the_order_given_and_asked_once(demo: DemoService, mitm: Mitm, logins: Path) -> None:
    for number, name in enumerate(("a.json", "b.json", "c.json")):
        write_login(demo, logins / name, number)
    demo.faults.add("/wham/usage", Fault(delay=0.3), account=None)
    done = run("--status", logins / "c.json", "--quiet", logins, "--json", logins / "c.json", mitm=mitm)
    assert [Path(a["file"]).name for a in json.loads(done.stdout)["accounts"]] == ["c.json", "a.json", "b.json"]


def test_a_login_with_an_api_key_is_no_failure(demo: DemoService, mitm: Mitm, logins: Path) -> None:
    (logins / "auth.json").write_text(json.dumps({"OPENAI_API_KEY": "sk-canary", "tokens": None}))
    done = run("--status", logins, mitm=mitm)
    assert done.returncode == 0
    assert "API key: no quota to show" in done.stdout.decode()
    assert b"canary" not in done.stdout + done.stderr
    assert demo.count() == 0


def test_a_refused_token_is_told_in_its_row(demo: DemoService, mitm: Mitm, logins: Path) -> None:
    write_login(demo, logins / "a.json", 0)
    write_login(demo, logins / "b.json", 1)
    demo.end_logins(demo.people[0].email)
    output = logins.parent / "x.csv"
    done = run("--status", "--output", output, logins, mitm=mitm)
    assert done.returncode == 1
    first, second = output.read_text().splitlines()[1:]
    assert first.endswith(",,,,,401,This login has ended: it was logged out elsewhere.")
    assert second.endswith(",42.0,2026-11-22 17:07:04,17.2,-,200,")


# --- the network


def test_without_a_network_each_row_says_so(demo: DemoService, logins: Path) -> None:
    write_login(demo, logins / "a.json")
    output = logins.parent / "x.csv"
    done = run("--status", "--output", output, "--proxy", "http://127.0.0.1:9", logins)
    assert done.returncode == 1
    said = "OpenAI can't be reached: the proxy http://127.0.0.1:9 refused the connection."
    assert said in done.stdout.decode()
    assert f"codex-probe: {logins / 'a.json'}: {said} Check your network" in done.stderr.decode()
    assert output.read_text().splitlines()[1].endswith(f",0,{said}")


def test_a_failure_that_many_share_is_explained_once(demo: DemoService, logins: Path) -> None:
    for number in range(3):
        write_login(demo, logins / f"{number}.json", number)
    done = run("--status", "--proxy", "http://127.0.0.1:9", logins)
    assert done.stdout.decode().count("refused the connection") == 3
    assert "codex-probe: 3 accounts: OpenAI can't be reached" in done.stderr.decode()
    assert done.stderr.decode().count("refused the connection") == 1


def test_a_certificate_nobody_vouches_for_is_told_with_advice(demo: DemoService, mitm: Mitm, logins: Path) -> None:
    write_login(demo, logins / "a.json")
    done = run("--status", logins, HTTPS_PROXY=mitm.url)
    assert done.returncode == 1
    assert "couldn't be verified" in done.stdout.decode()
    assert "SSL_CERT_FILE" in done.stderr.decode()
    assert demo.count() == 0


def test_ssl_cert_file_that_is_not_there_gets_a_sentence(demo: DemoService, mitm: Mitm, logins: Path) -> None:
    write_login(demo, logins / "a.json")
    done = run("--status", logins, mitm=mitm, SSL_CERT_FILE="/absent.pem")
    assert done.returncode == 1
    assert "SSL_CERT_FILE names /absent.pem, which doesn't exist" in done.stdout.decode()
    assert b"Traceback" not in done.stderr


def test_the_proxys_password_is_sent_and_never_shown(demo: DemoService, logins: Path, tmp_path: Path) -> None:
    write_login(demo, logins / "a.json")
    (tmp_path / "pw").mkdir()
    with Mitm(demo.addresses, tmp_path / "pw", user="ana", password="s3cret") as proxy:
        done = run("--status", logins, mitm=proxy)
        wrong = run("--status", logins, mitm=proxy, HTTPS_PROXY=proxy.url.replace("s3cret", "s3cret2"))
    assert (done.returncode, wrong.returncode) == (0, 1)
    assert "didn't accept the user name and password" in wrong.stdout.decode()
    assert b"s3cret" not in done.stdout + done.stderr + wrong.stdout + wrong.stderr


def test_many_accounts_are_asked_side_by_side(demo: DemoService, mitm: Mitm, logins: Path) -> None:
    for number in range(12):
        write_login(demo, logins / f"{number:02}.json", number % 3)
    gate = Gate()
    demo.faults.add("/wham/usage", Fault(hold=gate), times=None)
    with start(mitm, "--status", "--jobs", "4", "--quiet", logins) as process:
        assert gate.wait_held(4)
        assert not gate.wait_held(5, timeout=0.3)
        gate.open()
        out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert len(lines(out)) == 13


# --- wrong use


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--nope"], "There is no option --nope."),
        (["."], "Choose what to do"),
        (["--status", "--jobs", "0", "."], "whole number from 1 to 64"),
        (["--status", "--output", "x.txt", "."], "must end in .csv or .json"),
        (["--status", "--output", "absent/x.csv", "."], "there is no folder"),
        (["--status", "--proxy", "ftp://s3cret@x", "."], "it isn't an http, https, socks5 or socks5h address"),
        (["--status", "--config", "absent.json", "."], "no such file"),
        (["--status"], "no login yet"),
    ],
)
def test_wrong_use_is_told_in_a_sentence(arguments: list[str], words: str, tmp_path: Path) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == b""
    assert words in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert b"s3cret" not in done.stderr


LONG = "x" * 300
"""A name that no system looks up, as it looks up none in a folder of somebody else."""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--status", "--output", f"{LONG}/x.csv", "."],
        ["--status", "--output", f"{LONG}.csv", "."],
        ["--status", "--config", LONG, "."],
    ],
)
def test_a_place_that_cannot_be_looked_at_is_told_with_its_reason(arguments: list[str], tmp_path: Path) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert "its name is too long" in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_a_broken_configuration_is_told_and_left_alone(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"poll_minutes": "often"}')
    done = run("--status", "--config", config, tmp_path)
    assert done.returncode == 2
    assert "poll_minutes" in done.stderr.decode()
    assert config.read_text() == '{"poll_minutes": "often"}'


def test_the_proxy_of_the_configuration_counts(demo: DemoService, mitm: Mitm, logins: Path, tmp_path: Path) -> None:
    write_login(demo, logins / "a.json")
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"proxy": mitm.url}))
    done = run("--status", "--config", config, logins, SSL_CERT_FILE=mitm.environment["SSL_CERT_FILE"])
    assert done.returncode == 0
    assert f"Proxy: {mitm.url} (the configuration)" in lines(done.stderr)


def test_missing_and_empty_places_are_told(logins: Path, tmp_path: Path) -> None:
    done = run("--status", logins, tmp_path / "absent.json")
    assert done.returncode == 1
    assert "it contains no credential file" in done.stderr.decode()
    assert "there is no such file or folder" in done.stderr.decode()


def test_flags_may_have_one_dash_as_in_go(demo: DemoService, mitm: Mitm, logins: Path) -> None:
    write_login(demo, logins / "a.json")
    done = run("-status", "-output=x.csv", logins, mitm=mitm, cwd=logins.parent)
    assert done.returncode == 0
    assert (logins.parent / "x.csv").exists()


# --- endings


def start(mitm: Mitm, *arguments: object) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [COMMAND, *map(str, arguments)],
        env=os.environ | mitm.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_an_interruption_keeps_and_reports_what_was_done(demo: DemoService, mitm: Mitm, logins: Path) -> None:
    account = write_login(demo, logins / "a.json", 0)
    write_login(demo, logins / "b.json", 1)
    gate = Gate()
    demo.faults.add("/wham/usage", Fault(hold=gate), account=demo.issue_login(demo.people[1].email).account_id)
    output = logins.parent / "x.csv"
    with start(mitm, "--status", "--jobs", "1", "--output", output, logins) as process:
        assert gate.wait_held()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    gate.open()
    assert process.returncode == 130
    assert account in output.read_text()
    assert len(lines(out)) == 2
    assert "codex-probe: interrupted: 1 login was not checked." in lines(err)
    assert b"Traceback" not in err


def test_a_reader_that_has_had_enough_is_no_failure(demo: DemoService, mitm: Mitm, logins: Path) -> None:
    write_login(demo, logins / "a.json")
    with start(mitm, "--status", logins) as process:
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "Traceback" not in err.decode()
    assert "Broken pipe" not in err.decode()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_a_full_disk_under_standard_output_is_told(
    demo: DemoService, mitm: Mitm, logins: Path, arguments: Sequence[str]
) -> None:
    write_login(demo, logins / "a.json")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [COMMAND, "--status", *arguments, str(logins)],
            env=os.environ | mitm.environment,
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 1
    assert "standard output can't be written: the disk is full" in done.stderr.decode()


def test_closed_standard_streams_do_no_harm(demo: DemoService, mitm: Mitm, logins: Path) -> None:
    write_login(demo, logins / "a.json")
    output = logins.parent / "x.csv"
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&- 2>&-', "sh", COMMAND, "--status", "--output", str(output), str(logins)],  # noqa: S607 - the system's shell
        env=os.environ | mitm.environment,
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0
    assert output.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="needs a folder where even root can write nothing")
def test_a_result_that_cannot_be_kept_is_told(demo: DemoService, mitm: Mitm, logins: Path) -> None:
    write_login(demo, logins / "a.json")
    done = run("--status", "--output", "/proc/self/x.csv", logins, mitm=mitm)
    assert done.returncode == 1
    assert "x.csv can't be written" in done.stderr.decode()
    assert b"Traceback" not in done.stderr


# --- the terminal


def on_a_terminal(mitm: Mitm, *arguments: object, **environment: str) -> bytes:
    import pty

    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [COMMAND, *map(str, arguments)],
        env=os.environ | mitm.environment | {"TERM": "xterm-256color"} | environment,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(theirs)
        seen = bytearray()
        try:
            while part := os.read(ours, 4096):
                seen += part
        except OSError:
            pass  # Linux reports the end of a terminal so.
        finally:
            os.close(ours)
        process.wait(timeout=PATIENCE)
    return bytes(seen)


def test_a_terminal_gets_colours_unless_they_are_unwanted(demo: DemoService, mitm: Mitm, logins: Path) -> None:
    write_login(demo, logins / "a.json")
    drawn = on_a_terminal(mitm, "--status", logins)
    assert b"\x1b[32mavailable" in drawn
    plain = on_a_terminal(mitm, "--status", logins, NO_COLOR="1")
    assert b"available" in plain
    assert b"\x1b[32m" not in plain


# --- the start


def imported(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    return set(done.stdout.split())


@pytest.fixture(scope="module")
def modules() -> Callable[[str], set[str]]:
    return imported


def test_the_version_is_told_without_loading_the_rest(modules: Callable[[str], set[str]]) -> None:
    loaded = modules("from probe_tray.cli.main import main; main(['--version'])")
    assert not loaded & {"httpx", "msgspec", "rich", "asyncio", "PySide6"}
    assert run("--version").stdout == b"codex-probe 0.1.0\n"


def test_qt_is_never_loaded(modules: Callable[[str], set[str]]) -> None:
    loaded = modules("import probe_tray.cli.renew.run, probe_tray.cli.accounts")
    assert not loaded & {"PySide6", "keyring", "desktop_notifier", "probe_tray.demo", "cryptography", "filelock"}


# --- what is no login


def test_what_is_plainly_something_else_in_a_folder_is_one_line_and_no_failure(
    demo: DemoService, mitm: Mitm, logins: Path, tmp_path: Path
) -> None:
    write_login(demo, logins / "a.json")
    (logins / "models_cache.json").write_text('{"models": []}')
    bundle = [{"platform": "anthropic", "type": "oauth", "credentials": {"access_token": "x"}}]
    (logins / "bundle.json").write_text(json.dumps({"type": "sub2api-data", "accounts": bundle}))
    done = run("--status", "logins", mitm=mitm, cwd=tmp_path)
    said = lines(done.stderr)
    assert done.returncode == 0, said
    for expected in (
        "logins/models_cache.json was skipped: it doesn't look like a credential file.",
        'logins/bundle.json was skipped: it is a login for another service: its "platform" is not "openai".',
    ):
        assert said.count(expected) == 1
    # A person who names it meant it to be one; of a bundle that several services share nobody did.
    assert run("--status", "logins/models_cache.json", cwd=tmp_path).returncode == 1
    assert run("--status", "logins/bundle.json", cwd=tmp_path).returncode == 0


def test_a_personal_access_token_is_said_to_be_one(logins: Path, tmp_path: Path) -> None:
    (logins / "auth.json").write_text('{"OPENAI_API_KEY": null, "personal_access_token": "at-canary"}')
    done = run("--renew", "logins/auth.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert b"personal access token: nothing to renew" in done.stdout
    assert b"canary" not in done.stdout + done.stderr
    # Whose it is only OpenAI says, which isn't there.
    done = run("--status", "logins/auth.json", "--output", "x.csv", cwd=tmp_path)
    assert done.returncode == 1
    assert b"can't be reached" in (tmp_path / "x.csv").read_bytes()
    assert b"canary" not in done.stdout + done.stderr


def test_a_folder_of_the_configuration_that_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"sync_dir": "unmounted"}')
    done = run("--status", "--config", "config.json", cwd=tmp_path)
    assert done.returncode == 2
    assert str(tmp_path / "unmounted") in done.stderr.decode()
