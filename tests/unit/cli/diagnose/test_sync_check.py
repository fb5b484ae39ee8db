import json
import os
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest

from probe_tray.adapters.files.config_file import LoadedSettings, load_settings
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.http.table_factory import HttpTableFactory
from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.keyring.key_store import OsKeyStore, without_questions
from probe_tray.adapters.keyring.sync_secrets import StoredSyncSecrets
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.logins.login_cipher import AesGcmLoginCipher
from probe_tray.adapters.proxy.proxy import ProxyChoice
from probe_tray.cli.diagnose.checks import Check, State
from probe_tray.cli.diagnose.diagnose import sync_check
from probe_tray.core.account.secret import Secret
from probe_tray.demo import DemoService
from probe_tray.demo.table import PUBLISHABLE_KEY, Rights
from probe_tray.ports.accounts import SyncVault
from probe_tray.view.text.translate import Translator
from tests.support.keyrings import GoodBackend
from tests.support.tokens import credential
from tests.unit.engine.sync_bench import MemoryOfRows

ENGLISH = Translator()
KEY = "5a" * 32


@pytest.fixture
def service() -> Iterator[DemoService]:
    with DemoService() as running:
        yield running


async def checked(folder: Path, **held: str) -> Check:
    config = folder / "config.json"
    config.write_text(json.dumps(held))
    keyring = OsKeyStore(
        choose=GoodBackend, asks=lambda _: False, silence=without_questions, handles=KnownSecrets().add
    )
    tables = HttpTableFactory(ProxyChoice(), os.environ, handles=KnownSecrets().add)

    def secrets(loaded: LoadedSettings) -> SyncVault:
        return StoredSyncSecrets(
            loaded.path, keyring, FileLocks(folder / "locks"), disk=Disk(), handles=KnownSecrets().add
        )

    return await sync_check(load_settings(config, disk=Disk()), secrets, tables, MemoryOfRows(), ENGLISH)


def put(service: DemoService, person: str, key: str) -> None:
    row = AesGcmLoginCipher(Secret(key)).seal(credential(person), bytes(12), UTC)
    service.table.put(row.id, token_data=row.token_data.reveal(), update_time=row.update_time)


async def test_who_shares_nothing_is_told_so(tmp_path: Path) -> None:
    check = await checked(tmp_path, sync_url="", sync_aes_gcm_key=KEY)
    assert (check.state, check.what) == (State.OK, "Not set up. Nothing is shared with other computers.")


async def test_what_is_missing_or_wrong_is_said_without_a_secret(tmp_path: Path) -> None:
    missing = await checked(tmp_path, sync_url="https://table.example", sync_api_key=PUBLISHABLE_KEY)
    assert (missing.state, "It still needs: sync_aes_gcm_key." in missing.what) == (State.FAIL, True)
    wrong = await checked(
        tmp_path, sync_url="https://table.example", sync_api_key=PUBLISHABLE_KEY, sync_aes_gcm_key="canary"
    )
    assert (wrong.state, "64 hexadecimal digits" in wrong.remedy, "canary" in wrong.line(ENGLISH)) == (
        State.FAIL,
        True,
        False,
    )


async def test_the_table_is_looked_at(tmp_path: Path, service: DemoService) -> None:
    own = {"sync_url": service.addresses.table, "sync_api_key": PUBLISHABLE_KEY, "sync_aes_gcm_key": KEY}
    put(service, "ana", KEY)
    rows = service.table.rows
    well = await checked(tmp_path, **own)
    assert (well.state, well.what) == (State.OK, "The table has 1 row, and the key opens it.")
    put(service, "bob", "07" * 32)
    partly = await checked(tmp_path, **own)
    assert (partly.state, "1 of the table's 2 rows" in partly.what) == (State.WARN, True)
    service.table.tries_rights = False
    service.table.remove("account-bob")
    older = await checked(tmp_path, **own)
    assert (older.state, "Only reading was tested." in older.remedy) == (State.WARN, True)
    service.table.tries_rights, service.table.leases.exists = True, False
    leaseless = await checked(tmp_path, **own)
    assert (leaseless.state, leaseless.what) == (State.WARN, "The table doesn't allow: leases.")
    service.table.rights = Rights.READ
    unwritable = await checked(tmp_path, **own)
    assert (unwritable.state, unwritable.what) == (State.FAIL, "The table doesn't allow: adding rows, leases.")
    service.table.rights = Rights.EVERYTHING
    assert (await checked(tmp_path, **own | {"sync_aes_gcm_key": "0b" * 32})).state is State.FAIL
    assert (await checked(tmp_path, **own | {"sync_api_key": "wrong"})).state is State.FAIL
    assert service.table.rows == rows
