"""Sealing for runs on plain files: the keyring is never asked for it."""

import base64
from pathlib import Path

import pytest

from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.sealer import HandySealer, VaultKey, needs_key
from probe_tray.core.errors import KeyringLockedError
from probe_tray.core.secret import Secret
from tests.support.keyrings import FakeKeyStore

KEY = Secret(base64.b64encode(bytes(range(32))).decode())


def vault_key(keyring: FakeKeyStore, tmp_path: Path) -> VaultKey:
    return VaultKey(keyring, FileLocks(tmp_path / "locks"), lambda: False)


@pytest.mark.parametrize("keyring", [FakeKeyStore(), FakeKeyStore(KEY), FakeKeyStore(failure=KeyringLockedError())])
async def test_without_the_key_in_hand_it_keeps_plain_and_asks_nobody(keyring: FakeKeyStore, tmp_path: Path) -> None:
    sealer = HandySealer(vault_key(keyring, tmp_path))
    sealed = (await sealer.ready())(b"answer", b"context")
    assert not needs_key(sealed)
    assert await sealer.open(sealed, b"context") == b"answer"
    assert (keyring.reads, keyring.writes) == (0, 0)


async def test_with_the_key_in_hand_it_seals(tmp_path: Path) -> None:
    keyring = FakeKeyStore(KEY)
    key = vault_key(keyring, tmp_path)
    assert await key.find() is not None
    sealer = HandySealer(key)
    sealed = (await sealer.ready())(b"answer", b"context")
    assert needs_key(sealed)
    assert b"answer" not in sealed
    assert await sealer.open(sealed, b"context") == b"answer"
    assert keyring.reads == 1
