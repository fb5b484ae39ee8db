"""``codex-probe --sync`` beside a vault: what it missed of the folder's login it gets, and nobody is asked for it."""

import asyncio
import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.logins.sealer import VaultKey
from probe_tray.adapters.logins.vault import VaultStore
from probe_tray.core.account.secret import Secret
from probe_tray.demo import DemoService
from tests.command.preload import with_keyring
from tests.command.test_sync import Machine, file_of, in_table, login, put
from tests.support.demos import faultless_demo
from tests.support.keyrings import FakeKeyStore

VAULT_KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def service() -> Iterator[DemoService]:
    with faultless_demo() as running:
        yield running


def vault_of(machine: Machine) -> VaultStore:
    data = machine.folder / "XDG_DATA_HOME" / "probe-tray"
    key = VaultKey(FakeKeyStore(Secret(VAULT_KEY)), FileLocks(data / "locks"), lambda: True)
    return VaultStore(data / "vault", key, disk=Disk())


def test_a_vault_that_missed_a_login_gets_it_with_the_next_sync(service: DemoService, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "here", service)
    machine.write("ana.json", file_of("ana", 2))
    put(service, login("ana", 2))
    asyncio.run(vault_of(machine).save(login("ana", 1)))
    status, _, said = machine.sync(more=with_keyring(tmp_path / "preload", key=VAULT_KEY))
    assert status == 0, said
    kept = asyncio.run(vault_of(machine).read(login("ana", 1).key))
    assert kept is not None
    assert kept.credential.refresh_token == login("ana", 2).refresh_token
    assert in_table(service, "ana") == 2
