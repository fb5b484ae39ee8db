from pathlib import Path

import pytest

from probe_tray.adapters.files.app_folders import AppFolders, ProgramFiles
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.logins.returned_logins import SealedReturnedLogins
from probe_tray.adapters.logins.sealer import VaultSealer
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import KeyMissingError, KeyringAbsentError
from probe_tray.wiring import vault_key
from tests.support.keyrings import FakeKeyStore

TEXT = Secret('{"OPENAI_API_KEY": "sk-canary"}')


def program_files(tmp_path: Path) -> ProgramFiles:
    places = AppFolders(config_file=tmp_path / "config.json", data_folder=tmp_path / "data", codex_home=tmp_path)
    return ProgramFiles(places=places, locks=FileLocks(places.locks), disk=Disk())


def returned(files: ProgramFiles, keyring: FakeKeyStore) -> SealedReturnedLogins:
    return SealedReturnedLogins(files.places.returned, VaultSealer(vault_key(files, keyring)), disk=files.disk)


async def test_one_is_found_by_its_fingerprint_until_it_is_forgotten(tmp_path: Path) -> None:
    there = returned(program_files(tmp_path), FakeKeyStore())
    assert await there.read(TEXT.fingerprint) is None
    await there.keep(TEXT)
    assert await there.read(TEXT.fingerprint) == await there.newest() == TEXT
    await there.forget(TEXT.fingerprint)
    assert await there.newest() is None
    await there.forget(TEXT.fingerprint)


async def test_without_a_keyring_nothing_is_kept_plain(tmp_path: Path) -> None:
    files = program_files(tmp_path)
    with pytest.raises(KeyringAbsentError):
        await returned(files, FakeKeyStore(failure=KeyringAbsentError())).keep(TEXT)
    assert not files.places.returned.exists()


async def test_no_new_key_is_made_while_one_is_sealed_with_the_old_one(tmp_path: Path) -> None:
    files = program_files(tmp_path)
    await returned(files, FakeKeyStore()).keep(TEXT)
    with pytest.raises(KeyMissingError):
        await returned(files, FakeKeyStore()).keep(Secret("{}"))
