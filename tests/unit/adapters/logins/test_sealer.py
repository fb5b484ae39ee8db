"""Sealing for runs on plain files: with the keyring where it answers at once, and never at the price of a question."""

import base64
from contextlib import nullcontext
from pathlib import Path

import pytest

from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.keyring.backends import may_prompt
from probe_tray.adapters.keyring.key_store import OsKeyStore
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.logins.sealer import FallbackSealer, VaultKey, VaultSealer, needs_key
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    KeyringAbsentError,
    KeyringDeniedError,
    KeyringLockedError,
    RecordError,
    StoreError,
)
from probe_tray.ports.accounts import KeyStore
from tests.support.keyrings import (
    DeniedBackend,
    FakeKeyStore,
    GoodBackend,
    HangingBackend,
    LockedBackend,
    LyingBackend,
    SmallBackend,
)

KEY, OTHER = (Secret(base64.b64encode(bytes(range(n, n + 32))).decode()) for n in (0, 7))
LONG = 30.0


def vault_key(keyring: KeyStore, tmp_path: Path, *, in_use: bool = False) -> VaultKey:
    return VaultKey(keyring, FileLocks(tmp_path / "locks"), lambda: in_use)


def handy(
    silent: FakeKeyStore, tmp_path: Path, *, loud: FakeKeyStore | None = None, in_use: bool = False
) -> FallbackSealer:
    return FallbackSealer(
        vault_key(loud or FakeKeyStore(failure=KeyringDeniedError()), tmp_path),
        vault_key(silent, tmp_path, in_use=in_use),
        patience=LONG,
        load=lambda: None,
    )


async def sealed_by(key: Secret, tmp_path: Path) -> bytes:
    return (await VaultSealer(vault_key(FakeKeyStore(key), tmp_path)).ready())(b"answer", b"context")


async def test_with_a_keyring_that_is_open_it_seals_and_asks_once(tmp_path: Path) -> None:
    silent, loud = FakeKeyStore(KEY), FakeKeyStore(OTHER)
    sealer = handy(silent, tmp_path, loud=loud)
    sealed = [(await sealer.ready())(b"answer", b"context") for _ in range(3)]
    assert all(needs_key(one) and b"answer" not in one for one in sealed)
    assert [await sealer.open(one, b"context") for one in sealed] == [b"answer"] * 3
    assert (silent.reads, loud.reads) == (1, 0)


class TestKeyThatTheKeyringLoses:
    """A day goes by, and the program that has the key in hand keeps something new."""

    async def used_for_a_day(
        self, tmp_path: Path, loud: FakeKeyStore, silent: FakeKeyStore | None, *, hours: float = 25
    ) -> None:
        time = 0.0
        locks = FileLocks(tmp_path / "locks")
        key = VaultKey(loud, locks, lambda: True, silent, now=lambda: time)
        assert await key.find() is not None
        loud.key = None
        time = hours * 3600
        assert (await key.find_or_make()).fingerprint

    async def test_gets_it_back(self, tmp_path: Path) -> None:
        silent = FakeKeyStore()
        await self.used_for_a_day(tmp_path, FakeKeyStore(KEY), silent)
        assert silent.key == KEY

    async def test_is_not_asked_before_a_day_has_gone_by(self, tmp_path: Path) -> None:
        silent = FakeKeyStore()
        await self.used_for_a_day(tmp_path, FakeKeyStore(KEY), silent, hours=23)
        assert (silent.reads, silent.key) == (0, None)

    async def test_keeps_another_one_that_it_has_got(self, tmp_path: Path) -> None:
        silent = FakeKeyStore(OTHER)
        await self.used_for_a_day(tmp_path, FakeKeyStore(KEY), silent)
        assert (silent.key, silent.writes) == (OTHER, 0)

    @pytest.mark.parametrize("failure", [KeyringLockedError(), KeyringAbsentError(), KeyringDeniedError()])
    async def test_keeps_nothing_from_being_kept_where_it_can_not_tell(
        self, tmp_path: Path, failure: StoreError
    ) -> None:
        silent = FakeKeyStore(failure=failure)
        loud = FakeKeyStore(KEY)
        await self.used_for_a_day(tmp_path, loud, silent)
        # Nobody was asked for a password.
        assert (loud.reads, loud.writes, silent.writes) == (1, 0, 0)

    async def test_is_asked_again_an_hour_later_where_it_could_not_tell(self, tmp_path: Path) -> None:
        time, silent = 0.0, FakeKeyStore(failure=KeyringLockedError())
        key = VaultKey(FakeKeyStore(KEY), FileLocks(tmp_path / "locks"), lambda: True, silent, now=lambda: time)
        await key.find()
        for hours in (25.0, 25.5, 26.5):
            time = hours * 3600
            await key.find_or_make()
        assert silent.reads == 2
        silent.failure, time = None, 28 * 3600
        await key.find_or_make()
        assert silent.key == KEY


async def test_where_nothing_was_ever_sealed_it_makes_the_key(tmp_path: Path) -> None:
    silent = FakeKeyStore()
    sealed = (await handy(silent, tmp_path).ready())(b"answer", b"context")
    assert needs_key(sealed)
    assert silent.writes == 1


async def test_it_never_makes_a_key_where_something_is_sealed_with_one_that_is_gone(tmp_path: Path) -> None:
    silent = FakeKeyStore()
    sealed = (await handy(silent, tmp_path, in_use=True).ready())(b"answer", b"context")
    assert not needs_key(sealed)
    assert silent.writes == 0


@pytest.mark.parametrize("failure", [KeyringLockedError(), KeyringAbsentError(), KeyringDeniedError()])
async def test_without_a_keyring_that_is_open_it_keeps_plain_and_asks_no_second_time(
    failure: StoreError, tmp_path: Path
) -> None:
    silent, loud = FakeKeyStore(KEY, failure), FakeKeyStore(KEY)
    sealer = handy(silent, tmp_path, loud=loud)
    for _ in range(3):
        sealed = (await sealer.ready())(b"answer", b"context")
        assert not needs_key(sealed)
        assert await sealer.open(sealed, b"context") == b"answer"
    assert (silent.reads, loud.reads) == (1, 0)


async def test_a_keyring_that_hangs_is_waited_for_once_and_no_longer_than_said(tmp_path: Path) -> None:
    backend = HangingBackend()
    backend.entries["Probe Tray", "vault key"] = KEY.reveal()
    hanging = OsKeyStore(
        choose=lambda: backend,
        silence=lambda _backend, _service, _user: nullcontext(),
        patience=LONG,
        asks=may_prompt,
        handles=KnownSecrets().add,
    )
    sealer = FallbackSealer(
        vault_key(hanging, tmp_path), vault_key(hanging.silent, tmp_path), patience=0.05, load=lambda: None
    )
    assert not needs_key((await sealer.ready())(b"answer", b"context"))
    assert not needs_key((await sealer.ready())(b"answer", b"context"))
    backend.let_go.set()
    # What comes late is of use to the renewals that follow, and to answers of earlier runs.
    assert await sealer.open(await sealed_by(KEY, tmp_path), b"context") == b"answer"
    assert needs_key((await sealer.ready())(b"answer", b"context"))


@pytest.mark.parametrize(
    ("backend", "sealed"),
    [
        (GoodBackend, True),
        (SmallBackend, True),
        (LockedBackend, False),
        (DeniedBackend, False),
        (HangingBackend, False),
        (LyingBackend, False),
    ],
)
async def test_with_a_keyring_of_any_temper_it_comes_to_an_end(
    backend: type[GoodBackend], *, sealed: bool, tmp_path: Path
) -> None:
    made = backend()
    keyring = OsKeyStore(
        choose=lambda: made,
        silence=lambda _backend, _service, _user: nullcontext(),
        patience=LONG,
        asks=may_prompt,
        handles=KnownSecrets().add,
    )
    patience = 0.05 if backend is HangingBackend else LONG
    sealer = FallbackSealer(
        vault_key(keyring, tmp_path), vault_key(keyring.silent, tmp_path), patience=patience, load=lambda: None
    )
    kept = (await sealer.ready())(b"answer", b"context")
    assert needs_key(kept) is sealed
    assert await sealer.open(kept, b"context") == b"answer"
    if isinstance(made, HangingBackend):
        made.let_go.set()


async def test_the_key_that_opened_the_vault_is_used_without_a_word_to_the_keyring(tmp_path: Path) -> None:
    loud, silent = FakeKeyStore(KEY), FakeKeyStore(failure=KeyringLockedError())
    key = vault_key(loud, tmp_path)
    assert await key.find() is not None
    sealer = FallbackSealer(key, vault_key(silent, tmp_path), patience=LONG, load=lambda: None)
    sealed = (await sealer.ready())(b"answer", b"context")
    assert needs_key(sealed)
    assert await sealer.open(sealed, b"context") == b"answer"
    assert (loud.reads, silent.reads) == (1, 0)


async def test_what_is_sealed_stays_closed_while_the_keyring_is_locked(tmp_path: Path) -> None:
    silent = FakeKeyStore(KEY, KeyringLockedError())
    with pytest.raises(KeyringLockedError):
        await handy(silent, tmp_path).open(await sealed_by(KEY, tmp_path), b"context")


async def test_what_another_key_sealed_is_no_reason_to_ask_a_person(tmp_path: Path) -> None:
    loud = FakeKeyStore(OTHER)
    with pytest.raises(RecordError):
        await handy(FakeKeyStore(KEY), tmp_path, loud=loud).open(await sealed_by(OTHER, tmp_path), b"context")
    assert loud.reads == 0
