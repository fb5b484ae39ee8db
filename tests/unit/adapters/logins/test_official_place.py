import os
import stat
import sys
from pathlib import Path

import pytest

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.logins.official_place import OfficialPlace
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import ClientBusyError, ClientStoreError, KeyringLockedError, StoreError
from probe_tray.core.handover.hand_over import ClientContent

NEW = Secret('{"tokens": "new"}')


class WritingDisk(Disk):
    """The client writes into its file, in place, right before it is replaced."""

    def __init__(self, path: Path, text: str) -> None:
        super().__init__()
        self._path, self._text = path, text

    def rename(self, source: Path, target: Path) -> None:
        with self._path.open("w") as file:
            file.write(self._text)
        super().rename(source, target)


def names(folder: Path) -> list[str]:
    return sorted(found.name for found in folder.iterdir())


def place(home: Path, store: str = "file", disk: Disk | None = None) -> OfficialPlace:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(f'cli_auth_credentials_store = "{store}"\n')
    return OfficialPlace(home, disk=disk or Disk())


class Kept:
    """Takes what was written in the very moment, or fails to."""

    def __init__(self, fault: StoreError | None = None) -> None:
        self.texts: list[str] = []
        self._fault = fault

    async def keep(self, content: ClientContent) -> None:
        if self._fault is not None:
            raise self._fault
        assert content.text is not None
        self.texts.append(content.text.reveal())


async def test_the_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    (path := tmp_path / "auth.json").write_text("{}")
    there = place(tmp_path)
    seen = await there.read()
    await there.write(NEW, seen, (kept := Kept()).keep)
    assert kept.texts == []
    assert path.read_text() == NEW.reveal()
    assert names(tmp_path) == ["auth.json", "config.toml"]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_what_changed_since_it_was_read_is_not_overwritten(tmp_path: Path) -> None:
    (path := tmp_path / "auth.json").write_text("{}")
    there = place(tmp_path)
    seen = await there.read()
    path.write_text('{"renewed": 1}')
    with pytest.raises(ClientBusyError):
        await there.write(NEW, seen, Kept().keep)
    assert path.read_text() == '{"renewed": 1}'


@pytest.mark.skipif(sys.platform == "win32", reason="a file that is open for writing is not replaced on Windows")
async def test_what_the_client_writes_while_its_file_is_replaced_is_handed_back(tmp_path: Path) -> None:
    (path := tmp_path / "auth.json").write_text("{}")
    there = place(tmp_path, disk=WritingDisk(path, '{"renewed": 2}'))
    await there.write(NEW, await there.read(), (kept := Kept()).keep)
    assert kept.texts == ['{"renewed": 2}']
    assert path.read_text() == NEW.reveal()
    assert names(tmp_path) == ["auth.json", "config.toml"]


@pytest.mark.skipif(sys.platform == "win32", reason="a file that is open for writing is not replaced on Windows")
async def test_what_cannot_be_kept_stays_the_client_s(tmp_path: Path) -> None:
    (path := tmp_path / "auth.json").write_text("{}")
    there = place(tmp_path, disk=WritingDisk(path, '{"renewed": 2}'))
    seen = await there.read()
    with pytest.raises(KeyringLockedError):
        await there.write(NEW, seen, Kept(KeyringLockedError()).keep)
    assert path.read_text() == '{"renewed": 2}'
    assert names(tmp_path) == ["auth.json", "config.toml"]


@pytest.mark.parametrize("store", ["keyring", "auto", "ephemeral", "another"])
async def test_only_the_file_is_supported_and_nothing_is_touched(tmp_path: Path, store: str) -> None:
    (path := tmp_path / "auth.json").write_text('{"only": "copy"}')
    there = place(tmp_path, store)
    with pytest.raises(ClientStoreError):
        await there.check_writable()
    with pytest.raises(ClientStoreError):
        await there.read()
    with pytest.raises(ClientStoreError):
        await there.write(NEW, ClientContent(location=str(path), text=Secret('{"only": "copy"}')), Kept().keep)
    assert path.read_text() == '{"only": "copy"}'
    assert names(tmp_path) == ["auth.json", "config.toml"]


async def test_the_old_login_does_not_stay_by_another_name_after_a_kill(tmp_path: Path) -> None:
    left = tmp_path / ".0123456789abcdef.probe-tray.tmp"
    left.write_text('{"tokens": "old"}')
    os.utime(left, (0, 0))
    await place(tmp_path).check_writable()
    assert names(tmp_path) == ["config.toml"]


async def test_a_folder_that_is_gone_tells_nothing(tmp_path: Path) -> None:
    assert not (await OfficialPlace(tmp_path / "gone", disk=Disk()).read()).is_clear
    assert (await place(tmp_path).read()).is_clear
