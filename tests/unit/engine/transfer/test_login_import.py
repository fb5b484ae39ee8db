import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.errors import KeyringLockedError, WriteError
from probe_tray.core.settings import Settings
from probe_tray.core.state import AppState
from probe_tray.core.transfer.import_plan import ImportAction
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.store import Store
from probe_tray.engine.transfer.login_import import LoginImport
from tests.support.fakes import START, MemoryStore
from tests.support.tokens import credential, nameless
from tests.support.transfers import offline_check

EARLY, LATE = credential("ana"), credential("ana", number=2, at=START + timedelta(hours=1))


class Locks:
    def __init__(self) -> None:
        self.held: list[AccountKey] = []
        self.turns: defaultdict[AccountKey, asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def hold(self, key: AccountKey) -> AsyncGenerator[None]:
        async with self.turns[key]:
            self.held.append(key)
            yield


def importing(*stores: MemoryStore, locks: Locks | None = None) -> LoginImport:
    return LoginImport(Accounts(stores, Store(AppState(settings=Settings()))), locks or Locks(), offline_check())


async def test_a_new_account_goes_into_the_first_store_only() -> None:
    vault, folder = MemoryStore(StoreKind.VAULT), MemoryStore(StoreKind.FOLDER)
    assert (await importing(vault, folder).take(EARLY, EARLY.key)).action is ImportAction.ADD
    assert (vault.held, folder.held) == ({EARLY.key: EARLY}, {})


async def test_a_newer_login_reaches_every_store_that_holds_the_account() -> None:
    vault, folder = MemoryStore(StoreKind.VAULT, EARLY), MemoryStore(StoreKind.FOLDER, EARLY)
    assert (await importing(vault, folder).take(LATE, EARLY.key)).action is ImportAction.REPLACE
    assert (vault.held[EARLY.key], folder.held[EARLY.key]) == (LATE, LATE)


async def test_what_is_as_good_stays_untouched() -> None:
    vault = MemoryStore(StoreKind.VAULT, LATE)
    assert (await importing(vault).take(EARLY, EARLY.key)).action is ImportAction.OLDER
    assert (await importing(vault).take(LATE, EARLY.key)).action is ImportAction.SAME
    assert vault.saves == 0


async def test_a_renewal_that_came_first_is_seen_once_the_lock_is_held() -> None:
    vault, locks = MemoryStore(StoreKind.VAULT, EARLY), Locks()
    middle = credential("ana", number=3, at=START + timedelta(minutes=1))
    async with locks.turns[EARLY.key]:
        taking = asyncio.ensure_future(importing(vault, locks=locks).take(middle, EARLY.key))
        await asyncio.sleep(0)
        await vault.save(LATE)
    assert (await taking).action is ImportAction.OLDER
    assert vault.held[EARLY.key] == LATE
    assert locks.held == [EARLY.key]


async def test_nothing_is_kept_where_a_store_cannot_tell_what_it_holds() -> None:
    vault, folder = MemoryStore(StoreKind.VAULT), MemoryStore(StoreKind.FOLDER)
    vault.fault = KeyringLockedError()
    with pytest.raises(KeyringLockedError):
        await importing(folder, vault).take(EARLY, EARLY.key)
    assert folder.held == {}


async def test_a_store_that_could_not_take_it_is_named_when_another_did() -> None:
    class Broken(MemoryStore):
        async def save(self, credential: Credential, replaces: AccountKey | None = None) -> StoredCredential:
            del credential, replaces
            raise WriteError(path="a.json", reason="the disk is full")

    vault, folder = MemoryStore(StoreKind.VAULT, EARLY), Broken(StoreKind.FOLDER, EARLY)
    taken = await importing(vault, folder).take(LATE, EARLY.key)
    assert (taken.action, [fault.facts["path"] for fault in taken.faults]) == (ImportAction.REPLACE, ["a.json"])
    assert vault.held[EARLY.key] == LATE


@pytest.mark.parametrize(
    ("kept", "brought"),
    [(nameless(EARLY), LATE), (EARLY, nameless(LATE))],
    ids=["named now", "no longer"],
)
async def test_a_login_goes_where_its_owner_s_older_one_was(kept: Credential, brought: Credential) -> None:
    vault, folder, locks = MemoryStore(StoreKind.VAULT), MemoryStore(StoreKind.FOLDER, kept), Locks()
    taken = await importing(vault, folder, locks=locks).take(brought, kept.key)
    assert taken.action is ImportAction.REPLACE
    assert (vault.held, folder.held) == ({}, {brought.key: brought})
    assert locks.held == sorted([kept.key, brought.key])


async def test_what_is_kept_of_the_owner_by_either_key_counts() -> None:
    vault, old = MemoryStore(StoreKind.VAULT, LATE), nameless(EARLY)
    middle = credential("ana", number=3, at=START + timedelta(minutes=1))
    folder = MemoryStore(StoreKind.FOLDER, old)
    assert (await importing(vault, folder).take(middle, old.key)).action is ImportAction.OLDER
    assert (vault.held, folder.held) == ({LATE.key: LATE}, {old.key: old})
