"""Where a login is kept, made fit before the person signs in."""

from pathlib import Path

import pytest

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.logins.made_here import MadeHere
from probe_tray.adapters.system import SystemClock
from probe_tray.cli.login.login_target import LoginTarget
from probe_tray.core.errors import UsageError


def target(given: Path, *official: Path) -> LoginTarget:
    disk = Disk()
    made = MadeHere(given.parent / "made-here", disk=disk)
    spare = given.parent / "spare"
    return LoginTarget(str(given), official=official, spare=spare, made=made, disk=disk, now=SystemClock().monotonic)


async def test_a_folder_is_fit_whatever_keeps_the_clients_place_from_being_looked_at(tmp_path: Path) -> None:
    folder = tmp_path / "logins"
    folder.mkdir()
    held = folder / "a.json"
    held.write_text("{}")
    # No system looks up such a name, as it looks up none in a folder of somebody else.
    hidden = tmp_path / ("x" * 300) / "auth.json"
    await target(folder, hidden).prepare()
    with pytest.raises(UsageError, match="belongs to the Codex client"):
        await target(folder, hidden, held).prepare()
