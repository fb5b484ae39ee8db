"""The answers for scripts: from the running app without a request, else from the service."""

import json
import os
import subprocess
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from probe_tray.demo import Fault
from tests.command.bench import COMMAND, Bench
from tests.desktop.waiting import wait_for
from tests.support.patience import PATIENCE

TRAY = str(Path(sys.executable).with_name("probe-tray"))
USAGE = "/wham/usage"


@contextmanager
def tray(bench: Bench, home: Path, **settings: object) -> Generator[None]:
    """The running app with the folder of logins, once it has asked for every quota."""
    config = home / ".config" / "probe-tray" / "config.json"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(json.dumps({"storage": "folder", "sync_dir": str(bench.logins)} | settings))
    config.chmod(0o600)
    running = subprocess.Popen(
        [TRAY, "--background"],
        env=os.environ | bench.proxy.environment | {"QT_QPA_PLATFORM": "offscreen"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    accounts = len(list(bench.logins.glob("*.json")))
    try:
        assert wait_for("the first checks", lambda: bench.demo.count(USAGE) >= accounts, seconds=PATIENCE)
        yield
    finally:
        running.terminate()
        running.wait(PATIENCE)


def test_next_asks_the_service_where_no_app_runs(bench: Bench) -> None:
    emails = [person.email for person in bench.demo.people[:3]]
    for number in range(3):
        bench.login(f"{number}.json", number, days=9)
    done = bench.run("next", "logins")
    assert (done.returncode, done.stdout.decode()) == (0, f"{emails[0]}\n"), done.stderr
    assert bench.demo.count(USAGE) == 3
    found = json.loads(bench.run("next", "--json", "--hide-names", "logins").stdout)
    assert (found["name"], found["email"], found["usable"]) == ("a•••@e•••", "", True)


def test_next_takes_the_running_apps_numbers_without_a_request(bench: Bench, home: Path) -> None:
    for number in range(2):
        bench.login(f"{number}.json", number, days=9)
    with tray(bench, home):
        first = bench.run("next")
        asked = bench.demo.count(USAGE)
        again = bench.run("next")
        assert (again.returncode, again.stdout) == (0, f"{bench.demo.people[0].email}\n".encode()), again.stderr
        assert (first.stdout, bench.demo.count(USAGE)) == (again.stdout, asked)
        # Another configuration has other accounts, which the running app knows nothing of.
        assert bench.run("next", "logins/1.json").stdout == f"{bench.demo.people[1].email}\n".encode()
        assert bench.demo.count(USAGE) == asked + 1
        other = home / "other.json"
        other.write_text(json.dumps({"sync_dir": str(bench.logins)}))
        assert bench.run("next", "--config", other).returncode == 0
        assert bench.demo.count(USAGE) == asked + 3


def test_guard_says_in_one_line_and_by_its_status_what_is_left(bench: Bench) -> None:
    for number in range(3):
        bench.login(f"{number}.json", number, days=9)
    ana, lee, research = (person.email for person in bench.demo.people[:3])
    for arguments, status, said in (
        ([], 0, f"{ana}: "),
        (["--account", ana, "--window", "5h"], 0, f"{ana}: "),
        (["--account", lee.upper(), "--window", "5h", "--min-left", 50], 1, f"{lee}: "),
        (["--account", research], 1, f"{research} has no capacity"),
    ):
        done = bench.run("guard", *arguments, "logins")
        assert (done.returncode, len(done.stdout.splitlines())) == (status, 1), done.stderr
        assert done.stdout.decode().startswith(said)
        quiet = bench.run("guard", "--quiet", *arguments, "logins")
        assert (quiet.returncode, quiet.stdout) == (status, b"")
    as_json = bench.run("guard", "--account", lee, "--window", "5h", "--min-left", 50, "--json", "--quiet", "logins")
    told = json.loads(as_json.stdout)
    assert (as_json.returncode, told["result"], told["min_left"], told["account"]["email"]) == (1, "below", 50, lee)
    assert (told["window"]["name"], told["window"]["left_percent"] < 50) == ("5h", True)
    bench.demo.faults.add(USAGE, Fault(status=500), times=9)
    unknown = bench.run("guard", "logins/0.json")
    assert (unknown.returncode, len(unknown.stdout.splitlines())) == (3, 1), unknown.stderr
    nobody = bench.run("guard", "--account", "nobody", "logins")
    assert (nobody.returncode, nobody.stdout) == (2, b"")
    assert "No account is called “nobody”" in nobody.stderr.decode()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("words", ["next logins", "guard logins", "guard --json logins", "--format line logins"])
def test_an_answer_that_nobody_can_read_is_none(bench: Bench, words: str) -> None:
    bench.login("a.json", 0, days=9)
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [COMMAND, *words.split()],
            env=os.environ | bench.proxy.environment,
            cwd=bench.logins.parent,
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=PATIENCE,
            check=False,
        )
    assert (done.returncode, b"standard output can't be written" in done.stderr) == (3, True)


def test_one_account_in_one_line_in_every_format(bench: Bench) -> None:
    bench.login("a.json", 1, days=9)
    email = bench.demo.people[1].email
    name = email.partition("@")[0]
    said = {form: bench.run("--format", form, "logins") for form in ("line", "json", "waybar", "tmux")}
    assert {done.returncode for done in said.values()} == {0}, said
    assert said["line"].stdout.decode().startswith(f"{name} 5h ")
    assert json.loads(said["json"].stdout)["email"] == email
    assert json.loads(said["waybar"].stdout)["text"] == said["line"].stdout.decode().strip()
    assert name in said["tmux"].stdout.decode()
    done = bench.run("--status", "--format", "template", "--template", "{short_name} {{{5h_left}}}", "logins")
    assert done.stdout.decode().startswith(f"{name} {{")
    wrong = bench.run("--format", "template", "--template", "{nope}", "logins")
    assert (wrong.returncode, "{nope}" in wrong.stderr.decode(), "week_left" in wrong.stderr.decode()) == (
        2,
        True,
        True,
    )


def test_privacy_mode_hides_the_name_wherever_numbers_are_shown(bench: Bench, home: Path) -> None:
    bench.login("a.json", 0, days=9)
    email = bench.demo.people[0].email
    with tray(bench, home, privacy=True):
        shown = [bench.run("--format", form, "--account", email) for form in ("line", "json", "waybar", "tmux")]
        shown += [bench.run("guard"), bench.run("next")]
        assert {done.returncode for done in shown} == {0}, shown
        assert not any(email.encode() in done.stdout or email.encode() in done.stderr for done in shown)
        # What names it without showing who it is works as its name does.
        slug = shown[-1].stdout.decode().strip()
        assert bench.run("guard", "--account", slug).returncode == 0


def test_watch_follows_the_app_and_ends_with_its_reader(bench: Bench, home: Path) -> None:
    bench.login("a.json", 0, days=9)
    with tray(bench, home):
        watching = bench.start("watch")
        assert watching.stdout is not None
        first = json.loads(watching.stdout.readline())
        assert first["accounts"][0]["email"] == bench.demo.people[0].email
        bench.demo.set_used(bench.demo.people[0].email, {18_000: 97.0})
        subprocess.run([TRAY, "--refresh"], check=True, timeout=PATIENCE)
        lines = list(_until(watching.stdout, b"97"))
        assert json.loads(lines[-1])["accounts"][0]["windows"][0]["used_percent"] == 97
        # Whoever reads it goes: the next change finds nobody, which is no failure.
        watching.stdout.close()
        bench.demo.set_used(bench.demo.people[0].email, {18_000: 98.0})
        subprocess.run([TRAY, "--refresh"], check=True, timeout=PATIENCE)
        assert watching.wait(PATIENCE) == 0
        assert watching.stderr is not None
        assert watching.stderr.read() == b""
        watching.stderr.close()


def _until(lines: Iterable[bytes], wanted: bytes) -> Iterator[bytes]:
    """The lines up to the first that has ``wanted`` in it."""
    for line in lines:
        yield line
        if wanted in line:
            return
