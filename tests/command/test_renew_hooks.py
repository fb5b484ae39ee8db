"""The person's own program, run for what `--renew` did."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from probe_tray.demo import Fault, Gate
from probe_tray.demo.token_families import FamilyState
from tests.command.bench import TOKEN, Bench, write
from tests.support.patience import PATIENCE
from tests.support.signals import wait_taken

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a script that the system runs by itself")


def put(bench: Bench, name: str, number: int, *, days: int = 1) -> None:
    """A login whose access token ends in so many days: the next one ends later, however soon it comes."""
    issued = bench.demo.issue_login(bench.demo.people[number].email, lifetime=days * 86_400)
    write(bench.logins / name, issued, days=days)


class Hook:
    def __init__(self, bench: Bench, folder: Path, end: str = "") -> None:
        self.bench, self.list = bench, folder / "events.jsonl"
        self.program, self.config = folder / "hook", folder / "config.json"
        self.program.write_text(f"#!/bin/sh\ncat >> '{self.list}'\n{end}\n")
        self.program.chmod(0o700)
        self.settings()

    def settings(self, **more: object) -> None:
        self.config.write_text(json.dumps({"hook": str(self.program), **more}))

    def renew(self, *more: object) -> tuple[int, str]:
        done = self.bench.run("--renew", self.bench.logins, "--config", self.config, *more)
        return done.returncode, done.stderr.decode()

    @property
    def events(self) -> list[dict[str, object]]:
        text = self.list.read_text() if self.list.exists() else ""
        self.list.unlink(missing_ok=True)
        return [json.loads(line) for line in text.splitlines()]


def test_a_renewed_login_is_told_and_one_that_was_not_due_is_not(bench: Bench, tmp_path: Path) -> None:
    hook, email = Hook(bench, tmp_path), bench.demo.people[0].email
    put(bench, "a.json", 0)
    put(bench, "b.json", 1, days=9)
    assert hook.renew()[0] == 0
    (event,) = hook.events
    assert (event["event"], event["account"]["email"]) == ("renewed", email)  # pyright: ignore[reportIndexIssue]
    assert hook.renew()[0] == 0
    assert hook.events == []
    put(bench, "a.json", 0, days=9)
    assert hook.renew("-f", "--hide-names")[0] == 0
    events = hook.events
    assert [one["event"] for one in events] == ["renewed", "renewed"]
    assert "example" not in json.dumps(events)


def test_a_login_that_has_ended_is_told(bench: Bench, tmp_path: Path) -> None:
    hook = Hook(bench, tmp_path)
    put(bench, "a.json", 0)
    bench.demo.end_logins(bench.demo.people[0].email, FamilyState.INVALIDATED)
    assert hook.renew()[0] == 1
    assert [one["event"] for one in hook.events] == ["renewal_failed", "needs_login"]
    # That it needs a person is no news the next night.
    assert hook.renew()[0] == 1
    assert [one["event"] for one in hook.events] == ["renewal_failed"]


def test_a_hook_that_fails_is_said_once_and_the_run_is_none_the_worse(bench: Bench, tmp_path: Path) -> None:
    hook = Hook(bench, tmp_path, "exit 3")
    put(bench, "a.json", 0)
    put(bench, "b.json", 1)
    status, said = hook.renew()
    assert (status, len(hook.events), said.count("it exited with code 3")) == (0, 2, 1)


def test_what_was_renewed_before_a_stop_is_told_and_a_hook_that_hangs_is_ended(bench: Bench, tmp_path: Path) -> None:
    hook, gate = Hook(bench, tmp_path, f"echo $$ > '{tmp_path}/pid'; exec sleep 600"), Gate()
    put(bench, "a.json", 0)
    put(bench, "b.json", 1)
    bench.demo.faults.add(TOKEN, Fault(hold=gate, at="reply"))
    process = bench.start("--renew", "--jobs", "1", bench.logins, "--config", hook.config)
    assert gate.wait_held()
    process.send_signal(signal.SIGINT)
    wait_taken(process)
    # Its answer is waited for, as it says.
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.3)
    gate.open()
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, (out, err)
    assert [one["event"] for one in hook.events] == ["renewed"]
    assert b"Traceback" not in err
    number = (tmp_path / "pid").read_text().strip()
    state = subprocess.run(
        ["/bin/ps", "-o", "stat=", "-p", number], capture_output=True, check=False, timeout=PATIENCE
    ).stdout
    assert state[:1] in {b"", b"Z"}, "it has ended, though nobody may have asked how yet"


def test_without_a_renewal_nothing_runs(bench: Bench, tmp_path: Path) -> None:
    hook = Hook(bench, tmp_path)
    put(bench, "a.json", 0)
    assert bench.run("--status", bench.logins, "--config", hook.config).returncode == 0
    assert hook.events == []
