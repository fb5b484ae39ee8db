"""What another program does to a store is in the state within five seconds."""

from datetime import timedelta

from msgspec.structs import replace

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.state import AppState
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.account.store_watch import watch_stores
from probe_tray.engine.store import Store
from probe_tray.ports.accounts import StoreContents
from tests.support.fakes import START, FakeClock, MemoryStore
from tests.support.tokens import credential
from tests.unit.engine.bench import running

FIVE_SECONDS = timedelta(seconds=5)
ANA, BEN = credential("ana"), credential("ben")
NEWER = credential("ana", number=2, at=START + timedelta(days=5))


class SharedStore(MemoryStore):
    """A store that another program changes too."""

    def __init__(self, kind: StoreKind) -> None:
        super().__init__(kind, ANA)
        self.loads = 0

    async def load(self) -> StoreContents:
        self.loads += 1
        self.changed_by_others = False
        return await super().load()

    def change(self, *logins: Credential) -> None:
        self.held = {c.key: c for c in (ANA, BEN, NEWER) if c in logins}
        self.changed_by_others = True


async def test_each_store_is_watched() -> None:
    for kind in (StoreKind.VAULT, StoreKind.FOLDER, StoreKind.OFFICIAL):
        clock, shared, store = FakeClock(), SharedStore(kind), Store(AppState())
        accounts = Accounts((shared, MemoryStore()), store)
        await accounts.read()
        async with running(watch_stores(accounts, clock)):
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
    accounts = Accounts((shared,), Store(AppState()))
    await accounts.read()
    async with running(watch_stores(accounts, clock)):
        await clock.advance(timedelta(minutes=5))
    assert shared.loads == 1


async def test_what_was_known_of_an_account_stays_when_its_tokens_are_others() -> None:
    clock, shared, store = FakeClock(), SharedStore(StoreKind.FOLDER), Store(AppState())
    accounts = Accounts((shared,), store)
    await accounts.read()
    before = store.state.accounts[0]
    async with running(watch_stores(accounts, clock)):
        shared.change(NEWER)
        await clock.advance(FIVE_SECONDS)
    after = store.state.accounts[0]
    assert after == replace(before, expires_at=after.expires_at, renewed_at=after.renewed_at)
    assert after != before
