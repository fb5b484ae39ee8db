"""Every command where something that it counts on is missing: a sentence, the right exit state, nothing lost."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.command.bench import COMMAND, Bench
from tests.support.patience import PATIENCE

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "status": ("--status", "logins"),
    "renew": ("--renew", "logins"),
    "apitest": ("--apitest", "--models", "gpt-6-sol", "logins"),
    "import": ("--import", "--yes", "logins"),
    "export": ("--export", "jsonl", "-o", "-", "logins"),
    "diagnose": ("diagnose",),
    "version": ("--version",),
    "help": ("--help",),
}
# No keyring that could be trusted answers here: nothing can be imported, and diagnose says so.
WELL = {name: int(name in {"import", "diagnose"}) for name in COMMANDS}

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")


def all_of_them(
    bench: Bench, redirection: str = "", **environment: str
) -> "dict[str, subprocess.CompletedProcess[str]]":
    """Run every command, two at a time, with its streams redirected as the shell does it."""

    def run(arguments: tuple[str, ...]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["sh", "-c", f'"$@" {redirection}', "sh", COMMAND, *arguments],  # noqa: S607 - the system's shell
            env=os.environ | bench.proxy.environment | environment,
            cwd=bench.logins.parent,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    with ThreadPoolExecutor(2) as pool:
        done = dict(zip(COMMANDS, pool.map(run, COMMANDS.values()), strict=True))
    for name, ended in done.items():
        assert "Traceback" not in ended.stderr, f"{name}: {ended.stderr}"
        assert "Exception ignored" not in ended.stderr, f"{name}: {ended.stderr}"
    return done


def states(done: "Mapping[str, subprocess.CompletedProcess[str]]") -> dict[str, int]:
    return {name: ended.returncode for name, ended in done.items()}


@pytest.mark.parametrize("redirection", ["2>&-", "<&- 2>/dev/full", "| true", "<&- >&- 2>&-"])
def test_streams_that_are_closed_or_lead_nowhere_do_no_harm(bench: Bench, redirection: str) -> None:
    bench.login(days=9)
    before = (bench.logins / "a.json").read_bytes()
    done = all_of_them(bench, redirection)
    # The state of a pipe is that of its reader.
    assert states(done) == (dict.fromkeys(COMMANDS, 0) if "|" in redirection else WELL)
    if redirection == "2>&-":
        # What belongs on standard error must not turn up among the results.
        assert done["status"].stdout.splitlines()[0].startswith("Account")
        assert not any("Proxy:" in ended.stdout for name, ended in done.items() if name != "diagnose")
    assert (bench.logins / "a.json").read_bytes() == before


def test_results_that_cannot_be_printed_are_told(bench: Bench) -> None:
    bench.login(days=9)
    done = all_of_them(bench, ">/dev/full")
    assert set(states(done).values()) == {1}
    for name, ended in done.items():
        assert "standard output can't be written" in ended.stderr, name
        assert "old content" not in ended.stderr, name
    # What can be said is said all the same.
    assert "0 of 1 login renewed. 1 skipped, 0 failed." in done["renew"].stderr


@pytest.mark.skipif(sys.platform != "linux", reason="needs a folder where even root can make nothing")
def test_without_a_home_folder_only_what_must_be_kept_fails(bench: Bench) -> None:
    bench.login(days=1)
    before = (bench.logins / "a.json").read_bytes()
    nowhere = {name: "/proc/nowhere" for name in os.environ if name.startswith("XDG_") or name == "HOME"}
    done = all_of_them(bench, **nowhere)
    assert states(done) == WELL | {"renew": 1}
    assert "The data folder /proc/nowhere" in done["renew"].stderr
    assert "The data folder /proc/nowhere" in done["import"].stderr
    assert "fail  data folder" in done["diagnose"].stdout
    assert (bench.refreshes(), (bench.logins / "a.json").read_bytes()) == (0, before)


def test_a_terminal_of_an_old_encoding_gets_letters_that_it_has(bench: Bench) -> None:
    bench.login(days=9)
    old = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "LANGUAGE": "zh_CN"}
    done = all_of_them(bench, **old)
    assert states(done) == WELL
    assert all(ended.stdout.isascii() for name, ended in done.items() if name != "export")
    assert "?" not in done["status"].stdout


def test_a_broken_configuration_stops_each_command_and_stays_as_it_is(bench: Bench, home: Path) -> None:
    config = home / ".config" / "probe-tray" / "config.json"
    config.parent.mkdir(parents=True)
    config.write_text('{"poll_minutes": "often"')
    bench.login(days=1)
    done = all_of_them(bench)
    stopped = dict.fromkeys(("status", "renew", "apitest", "import", "export"), 2)
    assert states(done) == WELL | stopped
    assert all(str(config) in done[name].stderr for name in stopped)
    assert "fail  configuration" in done["diagnose"].stdout
    assert (bench.refreshes(), config.read_text()) == (0, '{"poll_minutes": "often"')


def test_words_follow_the_language_and_tables_for_programs_do_not(bench: Bench, tmp_path: Path) -> None:
    login = bench.login(days=9)
    window = {"used_percent": 42, "limit_window_seconds": 18000, "reset_at": 1795338424}
    bench.demo.set_usage(login.email, {"plan_type": "plus", "rate_limit": {"primary_window": window}})
    (bench.logins / "b.json").write_text("{")
    chinese = {"LC_ALL": "zh_CN.UTF-8", "LANG": "zh_CN.UTF-8", "LANGUAGE": "", "PYTHONUTF8": "1"}
    files = [tmp_path / "english.csv", tmp_path / "chinese.csv"]
    english = bench.run("--status", "--json", "--output", files[0], bench.logins)
    for_programs = bench.run("--status", "--json", "--output", files[1], bench.logins, **chinese)
    for_people = bench.run("--status", bench.logins, **chinese)
    assert for_people.stdout.decode().splitlines()[0].split()[0] == "账户"
    assert "2 个账户，1 个失败" in for_people.stderr.decode()
    # What was read has the time at which it was read; the failure has none.
    failures = [json.loads(done.stdout)["accounts"][1] for done in (english, for_programs)]
    assert failures[0]["error"]["title"].isascii()
    assert failures[0] == failures[1]
    assert files[0].read_bytes() == files[1].read_bytes()
