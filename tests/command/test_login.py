"""``codex-probe --login``, seen from outside: the person's browser is played by the test."""

import contextlib
import itertools
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from probe_tray.demo import Fault, Gate
from tests.command.bench import COMMAND, TOKEN, Bench, lines
from tests.command.person import sign_in, visit
from tests.command.preload import failing_to_replace
from tests.support.patience import PATIENCE
from tests.support.signals import ENDING, posix_signals, wait_taken

CANCELLED = "interrupted: you are not logged in."


class Running:
    """A login that waits; what it says is read as it comes."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.said = ""

    def wait_for(self, pattern: str) -> str:
        """Read standard error until it matches; the first group."""
        assert self.process.stderr is not None
        while (found := re.search(pattern, self.said)) is None:
            line = self.process.stderr.readline()
            assert line, self.said
            self.said += line.decode()
        return found[1] if found.groups() else found[0]

    def address(self) -> str:
        """The address of ``--no-browser``."""
        return self.wait_for(r"(https://auth\.openai\.com/oauth/authorize\S+)\n")

    def paste(self, text: str) -> None:
        """Type a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{text}\n".encode())
        self.process.stdin.flush()

    def end(self) -> tuple[int, str]:
        """Wait for the end: exit status and standard output."""
        out, err = self.process.communicate(timeout=PATIENCE)
        self.said += err.decode()
        return self.process.returncode, out.decode()


def free_port() -> None:
    """Wait until no other program on this machine is in the middle of a login; no event tells of that."""
    last = time.monotonic() + PATIENCE
    while True:
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind(("127.0.0.1", 1455))
            except OSError as error:
                if time.monotonic() > last:
                    pytest.fail(f"port 1455 stays taken: {error}")
            else:
                return
        time.sleep(0.1)


@contextlib.contextmanager
def login(bench: Bench, *arguments: object, **environment: str) -> Generator[Running]:
    free_port()
    with login_anyway(bench, *arguments, **environment) as running:
        yield running


@contextlib.contextmanager
def login_anyway(bench: Bench, *arguments: object, **environment: str) -> Generator[Running]:
    with subprocess.Popen(
        [COMMAND, "--login", *map(str, arguments)],
        env=os.environ | bench.proxy.environment | environment,
        cwd=bench.logins.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield Running(process)
        finally:
            process.kill()


class Browser:
    """A browser that only tells the test which address it was given."""

    def __init__(self, listener: socket.socket, folder: Path) -> None:
        self._listener = listener
        script = folder / "browser.py"
        script.write_text(
            "import socket, sys\n"
            f"with socket.create_connection({listener.getsockname()!r}) as test: test.sendall(sys.argv[1].encode())\n"
        )
        self.environment = {"BROWSER": f"{sys.executable} {script} %s"}

    def address(self) -> str:
        """Wait until it is opened."""
        one, _ = self._listener.accept()
        with one, one.makefile() as told:
            return told.read()


@pytest.fixture
def browser(tmp_path: Path) -> Generator[Browser]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        yield Browser(listener, tmp_path)


# --- the three ways


def test_in_the_browser_into_a_folder_that_is_made(bench: Bench, browser: Browser, tmp_path: Path) -> None:
    with login(bench, "-o", "fresh/logins", **browser.environment) as running:
        page = visit(sign_in(bench.demo, browser.address()))
        status, out = running.end()
    assert (status, page.status_code) == (0, 200)
    (path,) = (tmp_path / "fresh" / "logins").iterdir()
    assert out == f"{path.relative_to(tmp_path)}\n"
    assert re.fullmatch(r"codex_ana_at_example_com_\d{8}\.json", path.name)
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)
    held = json.loads(path.read_bytes())
    assert bench.demo.is_live(held["refresh_token"])
    assert "Logged in as ana@example.com." in running.said
    # The address carries the state, and belongs to those alone who asked to see it.
    assert "oauth/authorize" not in running.said
    assert not any(secret in running.said + out for secret in (held["access_token"], held["refresh_token"]))
    # One connection before the person is asked for anything, one for the code.
    assert [c.host for c in bench.proxy.connects] == ["auth.openai.com"] * 2


def test_the_address_is_printed_and_the_browser_may_still_call_back(bench: Bench) -> None:
    with login(bench, "--no-browser", "--quiet", "-o", "logins/mine.json") as running:
        visit(sign_in(bench.demo, running.address()))
        assert running.end() == (0, "logins/mine.json\n")
    assert bench.is_live("mine.json")


@pytest.mark.parametrize("shape", ["{address}", "  <{address}>  ", "?{query}", "{query}"])
def test_a_pasted_address_ends_the_wait(bench: Bench, shape: str) -> None:
    with login(bench, "--no-browser", "-o", "logins/mine.json") as running:
        back = sign_in(bench.demo, running.address())
        running.paste(shape.format(address=back, query=urlsplit(back).query))
        assert running.end()[0] == 0
    assert bench.is_live("mine.json")


def test_a_wrong_address_says_why_and_the_login_goes_on(bench: Bench) -> None:
    with login(bench, "--no-browser", "-o", "logins/mine.json") as running:
        back = sign_in(bench.demo, running.address())
        running.paste("what is this?")
        running.wait_for("it has no code in it")
        state = parse_qs(urlsplit(back).query)["state"][0]
        running.paste(back.replace(state, "x" * 43))
        running.wait_for("another login")
        running.paste(back)
        status, _ = running.end()
    assert (status, bench.demo.count(TOKEN)) == (0, 1)
    assert parse_qs(urlsplit(back).query)["code"][0] not in running.said


def test_with_a_code_on_another_device(bench: Bench) -> None:
    with login(bench, "--device", "--json", "--quiet", "-o", "logins/") as running:
        code = running.wait_for(r"type the code (\S+) there")
        assert "https://auth.openai.com/codex/device" in running.said
        bench.demo.approve_device(code, "ana@example.com")
        status, out = running.end()
    assert status == 0
    (account,) = json.loads(out)["accounts"]
    assert account["email"] == "ana@example.com"
    assert bench.is_live(Path(account["file"]).name)


# --- where it is kept


def test_signing_in_again_keeps_the_file_and_what_others_put_there(bench: Bench) -> None:
    before = bench.login("mine.json", more={"note": "work", "priority": 3})
    for place in ("logins/mine.json", "logins"):
        with login(bench, "--no-browser", "-o", place) as running:
            visit(sign_in(bench.demo, running.address()))
            assert running.end() == (0, "logins/mine.json\n")
    held = bench.held("mine.json")
    assert (held["note"], held["priority"]) == ("work", 3)
    assert held["refresh_token"] != before.refresh_token
    assert bench.is_live("mine.json")


def test_another_accounts_file_is_not_overwritten(bench: Bench) -> None:
    bench.login("mine.json", 1)
    before = (bench.logins / "mine.json").read_bytes()
    with login(bench, "--no-browser", "-o", "logins/mine.json") as running:
        visit(sign_in(bench.demo, running.address()))
        status, out = running.end()
    assert status == 1
    assert (bench.logins / "mine.json").read_bytes() == before
    assert bench.is_live(Path(out.strip()).name)
    assert "it contains no login of this account" in running.said
    assert "The login was saved as logins/codex_ana_at_example_com_" in running.said


def test_a_name_that_another_identity_holds_gets_a_hash(bench: Bench) -> None:
    with login(bench, "--no-browser", "-o", "logins") as running:
        visit(sign_in(bench.demo, running.address()))
        _, first = running.end()
    (bench.logins.parent / first.strip()).write_text("somebody's notes")
    with login(bench, "--no-browser", "-o", "logins") as running:
        visit(sign_in(bench.demo, running.address()))
        _, second = running.end()
    assert re.fullmatch(r"logins/codex_ana_at_example_com_\d{8}_[0-9a-f]{8}\.json\n", second)
    assert (bench.logins.parent / first.strip()).read_text() == "somebody's notes"


def test_a_disk_that_fills_up_after_the_sign_in_loses_nothing(bench: Bench, tmp_path: Path) -> None:
    full = failing_to_replace("mine.json", 28, tmp_path / "preload")
    with login(bench, "--no-browser", "-o", "logins/mine.json", **full) as running:
        visit(sign_in(bench.demo, running.address()))
        status, out = running.end()
    assert status == 1
    assert bench.is_live(Path(out.strip()).name)
    assert "mine.json can't be written: the disk is full" in running.said


@pytest.mark.parametrize(
    ("place", "status", "words"),
    [
        ("notes.txt", 2, "already exists and isn't a credential file"),
        ("home/.codex/auth.json", 2, "belongs to the Codex client"),
        ("home/.codex", 2, "belongs to the Codex client"),
        ("home/.codex-work/auth.json", 2, "belongs to the Codex client"),
        ("home/.codex-work", 2, "belongs to the Codex client"),
        ("notes.txt/below/a.json", 1, "can't be written"),
    ],
)
def test_a_place_that_is_wrong_is_told_before_anybody_signs_in(
    bench: Bench, tmp_path: Path, place: str, status: int, words: str
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    codex, work = tmp_path / "home" / ".codex", tmp_path / "home" / ".codex-work"
    for made in (codex, work):
        made.mkdir(parents=True)
        (made / "auth.json").write_text("{}")
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"codex_homes": [str(work)]}))
    done = bench.run("--login", "-o", place, "--config", config, CODEX_HOME=str(codex))
    assert done.returncode == status
    assert words in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert bench.demo.requests == ()
    left = [path.read_text() for path in (tmp_path / "notes.txt", codex / "auth.json", work / "auth.json")]
    assert left == ["mine", "{}", "{}"]


# --- how it fails


def test_a_refusal_at_the_page_is_told(bench: Bench) -> None:
    with login(bench, "--no-browser", "-o", "logins") as running:
        visit(sign_in(bench.demo, running.address(), deny=True))
        assert running.end() == (1, "")
    assert "You did not allow the login." in running.said
    assert list(bench.logins.iterdir()) == []


def test_an_exchange_that_fails_is_told(bench: Bench) -> None:
    bench.demo.faults.add(TOKEN, Fault(status=400, body={"error": "invalid_grant"}))
    with login(bench, "--no-browser", "-o", "logins") as running:
        visit(sign_in(bench.demo, running.address()))
        assert running.end() == (1, "")
    assert "OpenAI didn't finish the login" in running.said
    assert "Traceback" not in running.said
    assert list(bench.logins.iterdir()) == []


def test_an_answer_that_is_lost_is_told(bench: Bench) -> None:
    bench.demo.faults.add(TOKEN, Fault(drop="after"))
    with login(bench, "--no-browser", "-o", "logins") as running:
        visit(sign_in(bench.demo, running.address()))
        assert running.end() == (1, "")
    assert "The connection broke before OpenAI's answer arrived" in running.said
    assert "You are not logged in." in running.said
    assert bench.demo.count(TOKEN) == 1


def test_without_a_browser_the_other_ways_are_named(bench: Bench) -> None:
    done = bench.run("--login", "-o", "logins", BROWSER="/no/such/browser", PATH="/no/such/folder")
    assert done.returncode == 1
    assert "--no-browser" in done.stderr.decode()
    assert "oauth/authorize" not in done.stderr.decode()


def test_when_both_ports_are_taken_the_other_ways_are_named_and_pasting_works(bench: Bench) -> None:
    with contextlib.ExitStack() as stack:
        free_port()
        for port in (1455, 1457):
            taken = stack.enter_context(socket.socket())
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", port))
            taken.listen()
        plain = bench.run("--login", "-o", "logins")
        nobody = bench.run("--login", "--no-browser", "-o", "logins")
        with login_anyway(bench, "--no-browser", "-o", "logins/mine.json") as running:
            running.paste(sign_in(bench.demo, running.address()))
            assert running.end()[0] == 0
    assert (plain.returncode, nobody.returncode) == (1, 1)
    assert "--device or --no-browser" in plain.stderr.decode()
    assert b"Traceback" not in plain.stderr + nobody.stderr
    assert bench.is_live("mine.json")


def test_many_logins_at_once_open_one_page_and_the_others_say_why_not(bench: Bench, tmp_path: Path) -> None:
    script, seen = tmp_path / "browser.py", tmp_path / "pages"
    script.write_text(f"import sys\nwith open({str(seen)!r}, 'a') as file: file.write(sys.argv[1] + '\\n')\n")
    browser = {"BROWSER": f"{sys.executable} {script} %s"}
    free_port()
    with contextlib.ExitStack() as stack:
        started = [stack.enter_context(login_anyway(bench, "-o", "logins", **browser)) for _ in range(8)]
        # Which of them is first is left to chance; that one goes on waiting for its person.
        with ThreadPoolExecutor(len(started)) as pool:
            ends = {pool.submit(one.end): one for one in started}
            others = list(itertools.islice(as_completed(ends, timeout=PATIENCE), len(started) - 1))
            (first,) = set(ends.values()) - {ends[other] for other in others}
            first.process.send_signal(signal.SIGTERM)
    assert [other.result()[0] for other in others] == [1] * 7
    assert len(seen.read_text().splitlines()) == 1
    for other in (ends[one] for one in others):
        assert "Another login is under way on this computer. Finish or cancel that one first" in other.said


@posix_signals
@pytest.mark.parametrize(("number", "status"), ENDING)
def test_interrupted_while_it_waits_the_listener_is_gone(bench: Bench, number: signal.Signals, status: int) -> None:
    with login(bench, "--no-browser", "-o", "logins") as running:
        back = sign_in(bench.demo, running.address())
        running.process.send_signal(number)
        assert running.end() == (status, "")
    assert CANCELLED in running.said
    assert "Traceback" not in running.said
    port = int(parse_qs(urlsplit(running.address()).query)["redirect_uri"][0].split(":")[2].split("/")[0])
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", port))
    assert bench.demo.count(TOKEN) == 0
    assert back


def test_a_region_without_the_service_keeps_its_sentence_and_its_advice(bench: Bench) -> None:
    body = {"error": {"code": "unsupported_country_region_territory"}}
    bench.demo.faults.add(TOKEN, Fault(status=403, body=body))
    with login(bench, "--no-browser", "-o", "logins/mine.json") as running:
        visit(sign_in(bench.demo, running.address()))
        assert running.end() == (1, "")
    assert (
        "OpenAI isn't available in this network's region. Use a network or proxy in a supported "
        "region; --proxy chooses one. You are not logged in."
    ) in " ".join(running.said.split())
    assert "Your login is fine" not in running.said


@pytest.mark.parametrize("flags", [["--no-browser"], ["--device"], []])
def test_a_proxy_that_is_gone_is_told_before_anybody_signs_in(bench: Bench, flags: list[str]) -> None:
    done = bench.run("--login", *flags, "-o", "logins", "--proxy", "http://127.0.0.1:9", BROWSER="false")
    assert done.returncode == 1
    said = done.stderr.decode()
    assert "the proxy http://127.0.0.1:9 refused the connection. Check your network and proxy" in said
    assert "oauth/authorize" not in said
    assert "Traceback" not in said


def test_interrupted_while_the_code_is_traded_the_login_is_kept(bench: Bench) -> None:
    gate = Gate()
    bench.demo.faults.add(TOKEN, Fault(hold=gate, at="reply"))
    with login(bench, "--no-browser", "-o", "logins/mine.json") as running:
        visit(sign_in(bench.demo, running.address()))
        assert gate.wait_held()
        running.process.send_signal(signal.SIGINT)
        wait_taken(running.process)
        with pytest.raises(subprocess.TimeoutExpired):
            running.process.wait(0.3)
        gate.open()
        assert running.end() == (130, "logins/mine.json\n")
    assert bench.is_live("mine.json")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--login"], "--login needs -o PATH"),
        (["--login", "-o", ""], "-o needs a value"),
        (["--login", "-o", "x", "--renew"], "--login can't be combined"),
        (["--login", "-o", "x", "y.json"], "--login takes no files"),
        (["--device", "--status", "."], "work only with --login"),
        (["-o", "x"], "-o works only with --login"),
        (["--login", "-o", "x", "--proxy", "ftp://s3cret@x"], "it isn't an http, https, socks5 or socks5h address"),
    ],
)
def test_wrong_use_is_told_in_a_sentence(bench: Bench, arguments: list[str], words: str) -> None:
    done = bench.run(*arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert words in done.stderr.decode()
    assert b"s3cret" not in done.stderr


def test_a_login_is_there_for_the_other_commands_at_once(bench: Bench) -> None:
    with login(bench, "-login", "--no-browser", "-o=logins") as running:
        visit(sign_in(bench.demo, running.address()))
        running.end()
    done = bench.run("-renew", "-status", "logins")
    assert done.returncode == 0
    assert "fresh" in lines(done.stdout)[1]
