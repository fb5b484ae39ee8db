import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from msgspec.structs import replace

from probe_tray.core.account.age import age, newest
from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.owner import Owner, OwnerMatch
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    KeyringLockedError,
    LoginEndedError,
    OfficialBrokenError,
    RecordError,
    SilentDiskError,
    WriteError,
)
from probe_tray.core.state import AppState, RenewalState
from probe_tray.engine.account.accounts import Accounts, OfficialLogins, nothing_remembered, watch_stores
from probe_tray.engine.store import Store
from probe_tray.ports.accounts import StoreContents
from tests.support.fakes import START, FakeClock, FakeFolderWatch, MemoryStore
from tests.support.login_strategies import OWNERS, login_of, logins
from tests.support.tokens import credential, nameless
from tests.unit.engine.bench import GatedStore, running

DAY = timedelta(days=1)
FULL = WriteError(path="x", reason="the disk is full")


def joined(*stores: MemoryStore) -> tuple[Accounts, Store]:
    store = Store(AppState())
    return Accounts(stores, store, nothing_remembered), store


async def test_reading_brings_every_login_of_every_store() -> None:
    accounts, store = joined(
        MemoryStore(StoreKind.VAULT, credential("ana")), MemoryStore(StoreKind.FOLDER, credential("ben"))
    )
    await accounts.read()
    assert [(a.email, a.stores) for a in store.state.accounts] == [
        ("ana@example.com", (StoreKind.VAULT,)),
        ("ben@example.com", (StoreKind.FOLDER,)),
    ]
    assert store.state.loaded


async def test_an_account_in_two_stores_is_one_and_its_newest_login_speaks() -> None:
    old, new = credential("ana", number=1), credential("ana", number=2, at=START + DAY)
    accounts, store = joined(MemoryStore(StoreKind.VAULT, old), MemoryStore(StoreKind.FOLDER, new))
    await accounts.read()
    (found,) = store.state.accounts
    assert found.stores == (StoreKind.FOLDER, StoreKind.VAULT)
    assert found.expires_at == new.expiry
    current = await accounts.current(old.key)
    assert current is not None
    assert current.credential == new


async def test_a_login_of_ours_goes_before_the_official_client_s_even_when_that_one_is_newer() -> None:
    ours, theirs = credential("ana", number=1), credential("ana", number=2, at=START + DAY)
    accounts, store = joined(MemoryStore(StoreKind.OFFICIAL, theirs), MemoryStore(StoreKind.VAULT, ours))
    await accounts.read()
    (found,) = store.state.accounts
    assert (found.renewable, found.official, found.expires_at) == (True, False, ours.expiry)
    current = await accounts.current(ours.key)
    assert current is not None
    assert current.credential == ours


class Glances:
    """Which of the stores were asked for an account at a glance, and which thoroughly."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at: list[StoreKind] = []
        self.thorough: list[StoreKind] = []
        read = MemoryStore.read

        async def glanced(store: MemoryStore, key: AccountKey) -> StoredCredential | None:
            self.at.append(store.kind)
            return await read(store, key)

        async def looked(store: MemoryStore, key: AccountKey) -> StoredCredential | None:
            self.thorough.append(store.kind)
            return await read(store, key)

        monkeypatch.setattr(MemoryStore, "glance", glanced)
        monkeypatch.setattr(MemoryStore, "read", looked)


async def test_at_a_glance_only_the_stores_of_ours_that_had_the_account_are_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ana, ben, cleo = credential("ana"), credential("ben"), credential("cleo")
    vault, folder = MemoryStore(StoreKind.VAULT, ben), MemoryStore(StoreKind.FOLDER, ana, ben)
    accounts, _ = joined(vault, folder, MemoryStore(StoreKind.OFFICIAL, ana, cleo))
    await accounts.read()
    asked = Glances(monkeypatch)
    expected = [
        (ana, StoreKind.FOLDER, [StoreKind.FOLDER]),
        (ben, StoreKind.VAULT, [StoreKind.VAULT, StoreKind.FOLDER]),
        (cleo, StoreKind.OFFICIAL, [StoreKind.OFFICIAL]),
    ]
    for login, kind, kinds in expected:
        asked.at.clear()
        found = await accounts.at_a_glance(login.key)
        assert found == StoredCredential(credential=login, store=kind)
        assert asked.at == kinds
    assert asked.thorough == []


async def test_what_is_no_longer_where_it_was_is_looked_for_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    ana = credential("ana")
    vault, folder, client = (MemoryStore(kind) for kind in (StoreKind.VAULT, StoreKind.FOLDER, StoreKind.OFFICIAL))
    folder.held[ana.key] = client.held[ana.key] = ana
    accounts, _ = joined(vault, folder, client)
    await accounts.read()
    asked = Glances(monkeypatch)
    vault.held[ana.key] = folder.held.pop(ana.key)
    assert await accounts.at_a_glance(ana.key) == StoredCredential(credential=ana, store=StoreKind.VAULT)
    assert (asked.at, asked.thorough) == (
        [StoreKind.FOLDER],
        [StoreKind.VAULT, StoreKind.FOLDER, StoreKind.OFFICIAL],
    )
    del vault.held[ana.key]
    folder.fault = KeyringLockedError()
    assert await accounts.at_a_glance(ana.key) == StoredCredential(credential=ana, store=StoreKind.OFFICIAL)
    del client.held[ana.key]
    with pytest.raises(KeyringLockedError):
        await accounts.at_a_glance(ana.key)


async def test_at_a_glance_nobody_waits_for_a_disk_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    ana, ben = credential("ana"), credential("ben")
    vault, folder = MemoryStore(StoreKind.VAULT, ana, ben), MemoryStore(StoreKind.FOLDER, ben)
    accounts, _ = joined(vault, folder)
    await accounts.read()
    vault.fault = SilentDiskError(path="vault")
    asked = Glances(monkeypatch)
    with pytest.raises(SilentDiskError):
        await accounts.at_a_glance(ana.key)
    assert await accounts.at_a_glance(ben.key) == StoredCredential(credential=ben, store=StoreKind.FOLDER)
    assert asked.thorough == []


async def test_the_official_client_s_login_alone_is_never_ours_to_renew() -> None:
    accounts, store = joined(MemoryStore(StoreKind.VAULT), MemoryStore(StoreKind.OFFICIAL, credential("ana")))
    await accounts.read()
    (found,) = store.state.accounts
    assert (found.renewable, found.official) == (False, True)


async def test_without_a_refresh_token_there_is_nothing_to_renew() -> None:
    accounts, store = joined(MemoryStore(StoreKind.VAULT, replace(credential("ana"), refresh_token=None)))
    await accounts.read()
    assert [a.renewable for a in store.state.accounts] == [False]


async def test_what_is_remembered_against_a_login_is_known_as_soon_as_it_is_read() -> None:
    ana, ben, official = credential("ana"), credential("ben"), credential("cleo")
    assert ana.refresh_token is not None
    ended = RenewalState(last_at=START, problem=LoginEndedError(reason="it was used elsewhere").problem)
    known = {ana.refresh_token.fingerprint: ended}
    asked: list[str] = []

    async def renewals_of(fingerprints: Sequence[str]) -> Sequence[RenewalState]:
        asked.extend(fingerprints)
        return [known.get(fingerprint, RenewalState()) for fingerprint in fingerprints]

    store = Store(AppState())
    stores = (MemoryStore(StoreKind.VAULT, ana, ben), MemoryStore(StoreKind.OFFICIAL, official))
    await Accounts(stores, store, renewals_of).read()
    assert [a.renewal for a in store.state.accounts] == [ended, RenewalState(), RenewalState()]
    assert len(asked) == 2


async def test_an_account_tells_when_its_tokens_came_and_whether_they_are_ours_to_end() -> None:
    foreign = replace(credential("ben"), made_here=False)
    unlasting = replace(credential("dan"), refresh_token=None)
    vault = MemoryStore(StoreKind.VAULT, credential("ana"), foreign, unlasting)
    accounts, store = joined(vault, MemoryStore(StoreKind.OFFICIAL, credential("cleo")))
    await accounts.read()
    assert [a.revocable for a in store.state.accounts] == [True, False, False, False]
    assert store.state.accounts[0].renewed_at == START


async def test_a_store_that_cannot_be_opened_is_named_beside_the_others_logins() -> None:
    vault = MemoryStore(StoreKind.VAULT)
    vault.fault = KeyringLockedError()
    accounts, store = joined(vault, MemoryStore(StoreKind.FOLDER, credential("ben")))
    await accounts.read()
    assert [a.email for a in store.state.accounts] == ["ben@example.com"]
    assert [(kind, problem.kind) for kind, problem in store.state.store_problems] == [
        (StoreKind.VAULT, KeyringLockedError)
    ]


async def test_the_current_login_is_none_where_no_store_has_it() -> None:
    accounts, _ = joined(MemoryStore())
    assert await accounts.current(AccountKey("nobody")) is None


async def test_a_store_that_may_have_the_login_but_cannot_tell_is_an_error() -> None:
    vault = MemoryStore()
    vault.fault = KeyringLockedError()
    accounts, _ = joined(vault, MemoryStore(StoreKind.FOLDER, credential("ben")))
    with pytest.raises(KeyringLockedError):
        await accounts.current(credential("ana").key)
    assert await accounts.current(credential("ben").key) is not None


async def test_a_new_login_goes_into_the_first_store_of_ours() -> None:
    official, vault, folder = MemoryStore(StoreKind.OFFICIAL), MemoryStore(), MemoryStore(StoreKind.FOLDER)
    accounts, _ = joined(official, vault, folder)
    assert await accounts.keep(credential("ana")) == ()
    assert [store.saves for store in (official, vault, folder)] == [0, 1, 0]


async def test_a_login_is_saved_in_every_store_that_holds_its_account() -> None:
    old, new = credential("ana"), credential("ana", number=2, at=START + DAY)
    stores = [MemoryStore(kind, old) for kind in (StoreKind.VAULT, StoreKind.FOLDER, StoreKind.OFFICIAL)]
    accounts, _ = joined(*stores)
    await accounts.keep(new)
    assert [store.held[old.key] for store in stores] == [new, new, old]


async def test_an_account_that_only_the_folder_holds_stays_there_alone() -> None:
    vault, folder = MemoryStore(), MemoryStore(StoreKind.FOLDER, credential("ana"))
    accounts, _ = joined(vault, folder)
    await accounts.keep(credential("ana", number=2))
    assert (vault.saves, folder.saves) == (0, 1)


async def test_what_one_store_does_not_take_the_others_do() -> None:
    old, new = credential("ana"), credential("ana", number=2)
    vault, folder = GatedStore(StoreKind.VAULT, old), MemoryStore(StoreKind.FOLDER, old)
    vault.save_fault = FULL
    accounts, _ = joined(vault, folder)
    assert await accounts.keep(new) == (FULL,)
    assert folder.held[old.key] == new


async def test_a_login_that_no_store_takes_is_an_error() -> None:
    vault = GatedStore()
    vault.save_fault = FULL
    accounts, _ = joined(vault)
    with pytest.raises(WriteError):
        await accounts.keep(credential("ana"))


async def test_a_store_that_cannot_be_read_does_not_keep_a_new_login_from_the_others() -> None:
    vault, folder = MemoryStore(), MemoryStore(StoreKind.FOLDER)
    folder.fault = RecordError(path="x", reason="it is damaged")
    accounts, _ = joined(vault, folder)
    assert await accounts.keep(credential("ana")) == ()
    assert vault.saves == 1


async def test_before_a_login_every_store_that_has_to_take_it_is_tried() -> None:
    vault, folder = MemoryStore(), MemoryStore(StoreKind.FOLDER, credential("ana"))
    accounts, _ = joined(vault, folder)
    await accounts.check_writable(credential("ana").key)
    vault.fault = KeyringLockedError()
    await accounts.check_writable(credential("ana").key)
    with pytest.raises(KeyringLockedError):
        await accounts.check_writable(credential("ben").key)


@given(logins(), logins(), logins())
def test_the_login_in_use_is_the_newest_of_the_stores_and_the_official_one_only_where_there_is_no_other(
    vault: Credential, folder: Credential, official: Credential
) -> None:
    ours = [MemoryStore(StoreKind.VAULT, vault), MemoryStore(StoreKind.FOLDER, folder)]
    theirs = MemoryStore(StoreKind.OFFICIAL, official)

    def used(*stores: MemoryStore) -> Credential:
        found = asyncio.run(joined(*stores)[0].current(official.key))
        assert found is not None
        return found.credential

    assert age(used(*ours, theirs)) == age(used(theirs, *reversed(ours))) == age(newest([vault, folder]))
    assert age(used(theirs)) == age(official)


@pytest.mark.parametrize("ours_is_nameless", [True, False])
async def test_the_official_client_s_login_is_joined_to_ours_of_the_same_owner(*, ours_is_nameless: bool) -> None:
    old, new = credential("ana"), credential("ana", number=2, at=START + DAY)
    ours = replace(nameless(old) if ours_is_nameless else old, made_here=False)
    theirs = new if ours_is_nameless else nameless(new)
    accounts, store = joined(MemoryStore(StoreKind.OFFICIAL, theirs), MemoryStore(StoreKind.VAULT, ours))
    await accounts.read()
    (found,) = store.state.accounts
    assert (found.key, found.in_use, found.outdated) == (ours.key, True, True)
    assert await accounts.officials(ours) == OfficialLogins((theirs,), complete=True)


async def test_a_client_s_login_that_was_there_and_cannot_be_read_is_not_taken_for_none() -> None:
    ours, theirs = credential("ana", number=1), credential("ana", number=2)
    client, vault = MemoryStore(StoreKind.OFFICIAL, theirs), MemoryStore(StoreKind.VAULT, ours, credential("ben"))
    accounts, _ = joined(client, vault)
    await accounts.read()
    client.fault = KeyringLockedError()
    await accounts.read()
    with pytest.raises(KeyringLockedError):
        await accounts.officials(ours)
    assert await accounts.officials(credential("ben")) == OfficialLogins((), complete=False)
    with pytest.raises(KeyringLockedError):
        await accounts.officials(credential("ben"), insists=True)


async def test_a_client_s_file_that_is_broken_may_hold_anybody_s_login() -> None:
    client = MemoryStore(StoreKind.OFFICIAL)
    accounts, _ = joined(client, MemoryStore(StoreKind.VAULT, credential("ana")))
    client.fault = OfficialBrokenError(path="auth.json", reason="it is empty")
    with pytest.raises(OfficialBrokenError):
        await accounts.officials(credential("ana"))


async def test_the_clients_of_all_homes_are_looked_at() -> None:
    first, second = (credential("ana", number=number) for number in (1, 2))
    homes = [MemoryStore(StoreKind.OFFICIAL, login) for login in (first, second)]
    accounts, _ = joined(*homes, MemoryStore(StoreKind.VAULT, credential("ana", number=3)))
    assert await accounts.officials(first) == OfficialLogins((first, second), complete=True)


async def test_the_official_client_s_login_of_another_member_is_another_account() -> None:
    ours, theirs = nameless(credential("ana", account="team")), credential("ben", account="team")
    accounts, store = joined(MemoryStore(StoreKind.OFFICIAL, theirs), MemoryStore(StoreKind.VAULT, ours))
    await accounts.read()
    assert [a.key for a in store.state.accounts] == [ours.key, theirs.key]
    assert await accounts.officials(ours) == OfficialLogins((), complete=True)


@given(OWNERS, OWNERS)
def test_the_official_client_s_login_is_looked_at_only_for_its_own_owner(mine: Owner, theirs: Owner) -> None:
    ours, official = login_of(mine), login_of(theirs, 2)
    accounts, store = joined(MemoryStore(StoreKind.OFFICIAL, official), MemoryStore(StoreKind.VAULT, ours))

    async def look() -> OfficialLogins:
        await accounts.read()
        return await accounts.officials(ours)

    is_same = mine.match(theirs) is OwnerMatch.SAME
    assert asyncio.run(look()) == OfficialLogins((official,) if is_same else (), complete=True)
    assert [a.key for a in store.state.accounts] == [ours.key, *([] if is_same else [official.key])]


async def test_a_login_that_names_its_user_now_goes_where_the_nameless_one_was() -> None:
    old, new = nameless(credential("ana")), credential("ana", number=2, at=START + DAY)
    vault, folder = MemoryStore(StoreKind.VAULT), MemoryStore(StoreKind.FOLDER, old)
    accounts, _ = joined(vault, folder)
    assert await accounts.keep(new, replaces=old.key) == ()
    assert (vault.held, folder.held) == ({}, {new.key: new})


async def test_each_store_keeps_what_other_programs_keep_beside_its_login_unless_the_new_one_brings_that() -> None:
    old, new = nameless(credential("ana")), credential("ana", number=2, at=START + DAY)
    notes = [Secret('{"flat": {"note": "first"}}'), Secret('{"flat": {"note": "second"}}'), None]
    kinds = (StoreKind.VAULT, StoreKind.FOLDER, StoreKind.FILES)
    stores = [MemoryStore(kind, replace(old, others=note)) for kind, note in zip(kinds, notes, strict=True)]
    accounts, _ = joined(*stores)
    await accounts.keep(new, replaces=old.key)
    assert [store.held[new.key] for store in stores] == [replace(new, others=note) for note in notes]
    brought = replace(new, others=Secret('{"flat": {"note": "brought"}}'))
    await accounts.keep(brought)
    assert [store.held[new.key] for store in stores] == [brought] * 3


FIVE_SECONDS = timedelta(seconds=5)
ANA, BEN = credential("ana"), credential("ben")
NEWER = credential("ana", number=2, at=START + timedelta(days=5))


class SharedStore(MemoryStore):
    """A store that another program changes too."""

    def __init__(self, kind: StoreKind) -> None:
        super().__init__(kind, ANA)
        self.loads = self.looks = 0

    async def changed(self) -> bool:
        self.looks += 1
        return await super().changed()

    async def load(self, *, asks: bool = False) -> StoreContents:
        self.loads += 1
        self.changed_by_others = False
        return await super().load(asks=asks)

    def change(self, *logins: Credential) -> None:
        self.held = {c.key: c for c in (ANA, BEN, NEWER) if c in logins}
        self.changed_by_others = True


async def test_each_store_is_watched() -> None:
    for kind in (StoreKind.VAULT, StoreKind.FOLDER, StoreKind.OFFICIAL):
        clock, shared, store = FakeClock(), SharedStore(kind), Store(AppState())
        accounts = Accounts((shared, MemoryStore()), store, nothing_remembered)
        await accounts.read()
        async with running(watch_stores(accounts, clock, FakeFolderWatch())):
            shared.change(NEWER)
            await clock.advance(FIVE_SECONDS)
            assert [a.expires_at for a in store.state.accounts] == [NEWER.expiry]
            shared.change(NEWER, BEN)
            await clock.advance(FIVE_SECONDS)
            assert len(store.state.accounts) == 2
            shared.change(BEN)
            await clock.advance(FIVE_SECONDS)
            assert [a.key for a in store.state.accounts] == [BEN.key]


async def test_where_nothing_changes_nothing_is_read() -> None:
    clock, shared = FakeClock(), SharedStore(StoreKind.FOLDER)
    accounts = Accounts((shared,), Store(AppState()), nothing_remembered)
    await accounts.read()
    async with running(watch_stores(accounts, clock, FakeFolderWatch())):
        await clock.advance(timedelta(minutes=5))
    assert shared.loads == 1


async def test_what_was_known_of_an_account_stays_when_its_tokens_are_others() -> None:
    clock, shared, store = FakeClock(), SharedStore(StoreKind.FOLDER), Store(AppState())
    accounts = Accounts((shared,), store, nothing_remembered)
    await accounts.read()
    before = store.state.accounts[0]
    async with running(watch_stores(accounts, clock, FakeFolderWatch())):
        shared.change(NEWER)
        await clock.advance(FIVE_SECONDS)
    after = store.state.accounts[0]
    assert after == replace(before, expires_at=after.expires_at, renewed_at=after.renewed_at)
    assert after != before


async def test_a_change_that_is_told_is_read_at_once_and_nothing_is_looked_at_meanwhile() -> None:
    clock, shared, store, watch = FakeClock(), SharedStore(StoreKind.FOLDER), Store(AppState()), FakeFolderWatch()
    shared.watched = (Path("logins"),)
    accounts = Accounts((shared,), store, nothing_remembered)
    await accounts.read()
    async with running(watch_stores(accounts, clock, watch)):
        await clock.advance(FIVE_SECONDS)
        assert watch.followed == {Path("logins")}
        shared.change(BEN)
        await clock.advance(FIVE_SECONDS)
        assert shared.loads == 1
        watch.tell()
        await clock.advance(timedelta(seconds=1))
        assert [a.key for a in store.state.accounts] == [BEN.key]
    assert watch.closed


@pytest.mark.parametrize(("is_shared", "minutes"), [(True, 1), (False, 31)])
async def test_a_change_that_nobody_tells_of_is_found_soon_where_other_computers_may_have_made_it(
    *, is_shared: bool, minutes: int
) -> None:
    clock, shared, store, watch = FakeClock(), SharedStore(StoreKind.FOLDER), Store(AppState()), FakeFolderWatch()
    shared.watched, watch.is_shared = (Path("logins"),), is_shared
    accounts = Accounts((shared,), store, nothing_remembered)
    await accounts.read()
    async with running(watch_stores(accounts, clock, watch)):
        await clock.advance(FIVE_SECONDS)
        looked = shared.looks
        shared.change(BEN)
        await clock.advance(timedelta(minutes=minutes))
        assert 0 < shared.looks - looked <= 2
    assert [a.key for a in store.state.accounts] == [BEN.key]


async def test_stores_are_looked_at_every_few_seconds_where_one_cannot_be_followed() -> None:
    for able, watched in ((False, (Path("logins"),)), (True, None)):
        clock, shared, store = FakeClock(), SharedStore(StoreKind.FOLDER), Store(AppState())
        shared.watched = watched
        accounts = Accounts((MemoryStore(), shared), store, nothing_remembered)
        await accounts.read()
        async with running(watch_stores(accounts, clock, FakeFolderWatch(able=able))):
            shared.change(BEN)
            await clock.advance(FIVE_SECONDS)
        assert [a.key for a in store.state.accounts] == [BEN.key]
