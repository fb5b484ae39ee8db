"""What the system tells of changes in folders, with real files."""

import asyncio
import ctypes
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from probe_tray.adapters.files.folder_watch import SystemFolderWatch
from probe_tray.adapters.systems.inotify import is_shared
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the other systems tell nothing")


class Watching:
    """A watch, and what it told."""

    def __init__(self) -> None:
        self.watch, self.told = SystemFolderWatch(), asyncio.Event()

    async def follow(self, *folders: Path) -> bool:
        return await self.watch.follow(folders, self.told.set)

    async def hears(self, change: Callable[[], object]) -> bool:
        self.told.clear()
        await asyncio.to_thread(change)
        async with asyncio.timeout(PATIENCE):
            await self.told.wait()
        return True


async def test_each_kind_of_change_of_a_file_is_told(tmp_path: Path) -> None:
    file, other = tmp_path / "auth.json", tmp_path / "new"
    watching = Watching()
    assert await watching.follow(tmp_path)
    assert watching.told.is_set()
    assert await watching.hears(lambda: file.write_text("{}"))
    assert await watching.hears(lambda: file.write_text("{ }"))
    assert await watching.hears(lambda: other.write_text("{}"))
    assert await watching.hears(lambda: other.replace(file))
    assert await watching.hears(file.unlink)
    watching.watch.close()


async def test_a_folder_that_is_missing_is_told_of_when_it_comes(tmp_path: Path) -> None:
    folder = tmp_path / ".codex"
    watching = Watching()
    assert await watching.follow(folder)
    assert await watching.hears(folder.mkdir)
    assert await watching.follow(folder)
    assert await watching.hears((folder / "auth.json").touch)
    watching.watch.close()


async def test_what_was_written_before_a_folder_that_came_is_followed_is_looked_for(tmp_path: Path) -> None:
    # The one beside it is still missing: what is above both stays followed, so the kernel tells of no end of that.
    folder, missing = tmp_path / ".codex", tmp_path / "missing"
    watching = Watching()
    assert await watching.follow(folder, missing)
    assert await watching.hears(folder.mkdir)
    (folder / "auth.json").touch()
    watching.told.clear()
    assert await watching.follow(folder, missing)
    assert watching.told.is_set()
    watching.told.clear()
    assert await watching.follow(folder, missing)
    assert not watching.told.is_set()
    watching.watch.close()


async def test_a_folder_that_cannot_be_looked_for_ends_nothing(tmp_path: Path) -> None:
    watching = Watching()
    # Refused as a whole (ENAMETOOLONG), as one is in a folder that is closed to this user or on a server that is gone.
    assert await watching.follow(tmp_path / ("x" * 300))
    assert await watching.hears((tmp_path / "other").mkdir)
    watching.watch.close()


async def test_only_the_folders_that_were_named_last_are_followed(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    watching = Watching()
    assert await watching.follow(one)
    assert await watching.follow(two)
    watching.told.clear()
    (one / "file").touch()
    assert await watching.hears((two / "file").touch)
    # Both in the order in which they happened: the first would have been told by now.
    watching.told.clear()
    (one / "other").touch()
    await asyncio.sleep(0)
    await watching.follow(two)
    assert not watching.told.is_set()
    watching.watch.close()


async def test_a_folder_that_the_system_does_not_follow_is_said_to_be_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(_path: Path) -> bytes:
        return b"/there/is/no/such/folder"

    monkeypatch.setattr(os, "fsencode", nowhere)
    watching = Watching()
    assert not await watching.follow(tmp_path)
    watching.watch.close()


async def test_a_system_without_such_a_notice_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def library(_name: None, *, use_errno: bool) -> object:
        assert use_errno
        return object()

    monkeypatch.setattr(ctypes, "CDLL", library)
    watching = Watching()
    assert not await watching.follow(tmp_path)
    watching.watch.close()


async def test_what_a_link_leads_to_is_followed_too(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "logins", tmp_path / "dotfiles"
    for one in (folder, elsewhere):
        one.mkdir()
    (elsewhere / "auth.json").write_text("{}")
    (folder / "auth.json").symlink_to(elsewhere / "auth.json")
    (folder / "broken").symlink_to(tmp_path / "nowhere" / "at all")
    watching = Watching()
    assert await watching.follow(folder)
    assert await watching.hears(lambda: (folder / "auth.json").write_text("{ }"))
    watching.watch.close()


MOUNTED = """22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
23 22 0:45 / /home/ana/shared\\040logins rw shared:4 - nfs4 server:/logins rw,vers=4.2
24 22 0:46 / /home/ana/shared\\040logins/here rw - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("/home/ana/.codex", False),
        ("/home/ana/shared logins", True),
        ("/home/ana/shared logins/team", True),
        ("/home/ana/shared logins/here", False),
    ],
)
def test_folders_that_other_computers_write_into_are_told_apart(tmp_path: Path, folder: str, *, expected: bool) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTED)
    assert is_shared([Path(folder)], table) is expected
    assert is_shared([Path(folder)], tmp_path / "none")
