"""Two computers whose tray apps start at once with the same login, which has ended, and share a table."""

import json
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from probe_tray.demo import Fault, Gate
from probe_tray.demo.table import PATH
from tests.command.bench import TOKEN, write
from tests.command.test_renew_shared import Computers, computers, token
from tests.command.test_sync import KEY, PUBLISHABLE_KEY, Machine
from tests.desktop.waiting import wait_for
from tests.support.patience import PATIENCE

__all__ = ["computers"]

TRAY = str(Path(sys.executable).with_name("probe-tray"))


@contextmanager
def tray(computers: Computers, machine: Machine) -> "Generator[subprocess.Popen[bytes]]":
    """The tray of that computer, until the end of the block."""
    own = {name: str(machine.folder / name) for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR")}
    config = machine.folder / "XDG_CONFIG_HOME" / "probe-tray" / "config.json"
    config.parent.mkdir(parents=True, exist_ok=True)
    values = {"storage": "folder", "sync_dir": str(machine.shared), "sync_url": computers.service.addresses.table}
    values |= {"sync_api_key": PUBLISHABLE_KEY, "sync_aes_gcm_key": KEY}
    config.write_text(json.dumps(values))
    config.chmod(0o600)
    (machine.folder / "XDG_RUNTIME_DIR").mkdir(mode=0o700, exist_ok=True)
    process = subprocess.Popen(
        [TRAY, "--background"],
        env=os.environ | own | {"NO_PROXY": "127.0.0.1", "QT_QPA_PLATFORM": "offscreen"} | computers.more,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


def test_one_of_them_renews_it_and_the_other_takes_it_over(computers: Computers) -> None:
    first, second = computers.machine("one"), computers.machine("two")
    ended = computers.service.issue_login(computers.service.people[0].email, lifetime=-5)
    for machine in (first, second):
        machine.shared.mkdir(mode=0o700)
        write(machine.shared / "a.json", ended, days=-1)
    assert computers.run(first, "--sync")[0] == 0
    gate = Gate()
    computers.service.faults.add(TOKEN, Fault(hold=gate, at="reply"))
    with tray(computers, first), tray(computers, second):
        try:
            assert gate.wait_held()
            before = computers.service.count(PATH)
            # The other one has looked at the row, while the request of the first is on its way.
            wait_for("both to look at the table", lambda: computers.service.count(PATH) >= before + 1)
        finally:
            gate.open()
        wait_for("one of them to have the new login", lambda: {token(first), token(second)} != {ended.refresh_token})
    assert computers.refreshes == 1
    with tray(computers, first), tray(computers, second):
        wait_for("both to have it", lambda: token(first) == token(second) != ended.refresh_token)
    assert computers.refreshes == 1
