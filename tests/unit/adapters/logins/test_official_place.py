import json
import os
import stat
import sys
from pathlib import Path

import pytest

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.logins.official_place import OfficialPlace
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import ClientBusyError, KeyringLockedError, StoreError

NEW = Secret('{"tokens": "new"}')


class Keyring:
    """One entry; ``fault`` is what it answers instead."""

    def __init__(self, entry: str | None = None, fault: StoreError | None = None) -> None:
        self.entry, self.fault = None if entry is None else Secret(entry), fault

    async def read(self, service: str, user: str) -> Secret | None:
        assert service
        assert user.startswith("cli|")
        if self.fault is not None:
            raise self.fault
        return self.entry

    async def write(self, service: str, user: str, value: Secret) -> None:
        await self.read(service, user)
        self.entry = value


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


def place(home: Path, keyring: Keyring | None = None, store: str = "file", disk: Disk | None = None) -> OfficialPlace:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(f'cli_auth_credentials_store = "{store}"\n')
    ring = keyring or Keyring(fault=KeyringLockedError())
    return OfficialPlace(home, ring.read, ring.write, disk=disk or Disk())


async def test_the_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    (path := tmp_path / "auth.json").write_text("{}")
    there = place(tmp_path)
    seen = await there.read()
    assert await there.write(NEW, seen) is None
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
        await there.write(NEW, seen)
    assert path.read_text() == '{"renewed": 1}'


@pytest.mark.skipif(sys.platform == "win32", reason="a file that is open for writing is not replaced on Windows")
async def test_what_the_client_writes_while_its_file_is_replaced_is_handed_back(tmp_path: Path) -> None:
    (path := tmp_path / "auth.json").write_text("{}")
    there = place(tmp_path, disk=WritingDisk(path, '{"renewed": 2}'))
    slipped = await there.write(NEW, await there.read())
    assert slipped is not None
    assert slipped.text == Secret('{"renewed": 2}')
    assert path.read_text() == NEW.reveal()


async def test_the_keyring_s_entry_is_replaced_and_an_old_file_goes(tmp_path: Path) -> None:
    (tmp_path / "auth.json").write_text("{}")
    keyring = Keyring('{"old": 1}')
    there = place(tmp_path, keyring, "keyring")
    seen = await there.read()
    assert seen.text == Secret('{"old": 1}')
    await there.write(NEW, seen)
    assert keyring.entry == NEW
    assert not (tmp_path / "auth.json").exists()


async def test_a_locked_keyring_changes_nothing(tmp_path: Path) -> None:
    there = place(tmp_path, Keyring(fault=KeyringLockedError()), "keyring")
    with pytest.raises(KeyringLockedError):
        await there.check_writable()
    assert not (tmp_path / "auth.json").exists()


@pytest.mark.parametrize(("entry", "fault", "file"), [(None, None, True), (None, KeyringLockedError(), False)])
async def test_auto_goes_to_the_file_where_the_client_reads_it(
    tmp_path: Path, entry: str | None, fault: StoreError | None, *, file: bool
) -> None:
    if file:
        (tmp_path / "auth.json").write_text("{}")
    there = place(tmp_path, Keyring(entry, fault), "auto")
    await there.write(NEW, await there.read())
    assert json.loads((tmp_path / "auth.json").read_text()) == {"tokens": "new"}


async def test_auto_goes_to_the_keyring_where_the_client_has_its_login_there(tmp_path: Path) -> None:
    keyring = Keyring('{"old": 1}')
    there = place(tmp_path, keyring, "auto")
    await there.write(NEW, await there.read())
    assert keyring.entry == NEW
    assert not (tmp_path / "auth.json").exists()
