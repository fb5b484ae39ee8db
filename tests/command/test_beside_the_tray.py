"""The command beside the running tray app (probe_tray.app), with the same folder of logins."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from probe_tray.demo import Fault, Gate
from tests.command.bench import TOKEN, Bench, write
from tests.support.patience import PATIENCE
from tests.support.signals import wait_taken

TRAY = str(Path(sys.executable).with_name("probe-tray"))


def started(bench: Bench, home: Path) -> "subprocess.Popen[bytes]":
    """The tray, with a login in the folder that has ended, so that it is renewed at once."""
    write(bench.logins / "a.json", bench.demo.issue_login(bench.demo.people[0].email, lifetime=-5), days=-1)
    config = home / ".config" / "probe-tray" / "config.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"storage": "folder", "sync_dir": str(bench.logins)}))
    config.chmod(0o600)
    return subprocess.Popen(
        [TRAY, "--background"],
        env=os.environ | bench.proxy.environment | {"QT_QPA_PLATFORM": "offscreen"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_what_the_tray_is_renewing_is_waited_for_and_taken_over(bench: Bench, home: Path) -> None:
    gate = Gate()
    bench.demo.faults.add(TOKEN, Fault(hold=gate))
    tray = started(bench, home)
    try:
        assert gate.wait_held()
        commands = [bench.start("--renew", option, "logins/a.json") for option in ("-f", "-f=false") for _ in range(2)]
        waiting = commands[0].stderr
        assert waiting is not None
        # After two seconds it says why nothing happens.
        assert any(b"Another Probe Tray process is busy." in line for line in waiting)
        assert commands[0].poll() is None
        gate.open()
        ended = [(command.communicate(timeout=PATIENCE)[0].decode(), command.returncode) for command in commands]
    finally:
        gate.open()
        tray.terminate()
        tray.wait(PATIENCE)
    assert [status for _, status in ended] == [0] * 4
    assert (bench.refreshes(), bench.is_live()) == (1, True)


def test_a_terminal_that_is_closed_costs_no_login_that_the_tray_is_renewing(bench: Bench, home: Path) -> None:
    gate = Gate()
    bench.demo.faults.add(TOKEN, Fault(hold=gate, at="reply"))
    tray = started(bench, home)
    try:
        assert gate.wait_held()
        # As a session sends them when it ends.
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGHUP):
            tray.send_signal(number)
        wait_taken(tray)
        with pytest.raises(subprocess.TimeoutExpired):
            tray.wait(0.3)
        gate.open()
        assert tray.wait(PATIENCE) in {129, 143}
    finally:
        gate.open()
        tray.kill()
        tray.wait()
    assert (bench.refreshes(), bench.is_live(), bench.journal()) == (1, True, [])
