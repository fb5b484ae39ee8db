"""The accounts: what the stores hold, joined by identity."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from probe_tray.core.account.age import age
from probe_tray.core.account.credential import ApiKeyLogin, Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.owner import Owner, OwnerMatch
from probe_tray.core.errors import OfficialBrokenError, Problem, SilentDiskError, StoreError
from probe_tray.core.events import AccountsRead
from probe_tray.core.state import AccountState, RenewalState, Unreadable
from probe_tray.engine.store import Store
from probe_tray.engine.timers import BEAT, SELDOM, WakeTimer, to_the_end, until_beat
from probe_tray.ports.accounts import AccountLocks, AccountStore
from probe_tray.ports.files import FolderWatch
from probe_tray.ports.time import Clock

RenewalsOf = Callable[[Sequence[str]], Awaitable[Sequence[RenewalState]]]
"""What is remembered against each of the refresh tokens of these fingerprints, in their order."""
_AT_A_TURN = 100
"""So many accounts are taken over before the others have their turn."""
_LOOK_EVERY = 3.0
"""Seconds between two looks, which cost one stat a file."""
_TOGETHER = 0.3
"""Seconds between the notice of a change and the look at it."""


async def nothing_remembered(fingerprints: Sequence[str]) -> Sequence[RenewalState]:
    """For a run that shows nobody what came of earlier renewals."""
    return [RenewalState()] * len(fingerprints)


class OfficialLogins(NamedTuple):
    """The official clients' own logins of one owner."""

    found: tuple[Credential, ...]
    complete: bool
    """Whether each of their places could be read."""


class Accounts:
    """Reads and writes logins across all stores; the tokens pass through and are not kept."""

    def __init__(self, stores: Sequence[AccountStore], store: Store, renewals_of: RenewalsOf) -> None:
        """Work on ``stores``; the first one that is ours takes new logins. ``renewals_of`` remembers earlier runs."""
        self._renewals_of = renewals_of
        self._stores = tuple(stores)
        self._store = store
        self._official_keys: frozenset[AccountKey] = frozenset()
        """Of the official client's logins when they were last read: its key may be another than that of our copy."""
        self._reading = asyncio.Lock()

    def use(self, stores: Sequence[AccountStore]) -> None:
        """Work on other stores from now on; read them with :meth:`read`."""
        self._stores = tuple(stores)

    @property
    def ours(self) -> tuple[AccountStore, ...]:
        """The stores this program may write."""
        return tuple(s for s in self._stores if s.kind is not StoreKind.OFFICIAL)

    async def read(self, *, asks: bool = False) -> None:
        """Read every store and tell the rest of the program what there is; ``asks`` as of :class:`AccountStore`."""
        async with self._reading:
            await self._read(asks=asks)

    async def _read(self, *, asks: bool) -> None:
        contents = await asyncio.gather(*(s.load(asks=asks) for s in self._stores))
        ours: list[StoredCredential] = []
        theirs: list[StoredCredential] = []
        unreadable: list[Unreadable] = []
        problems: list[tuple[StoreKind, Problem]] = []
        api_key: ApiKeyLogin | None = None
        for store, content in zip(self._stores, contents, strict=True):
            for stored in content.found:
                (theirs if store.kind is StoreKind.OFFICIAL else ours).append(stored)
            unreadable.extend(content.unreadable)
            if content.problem is not None:
                problems.append((store.kind, content.problem))
            api_key = content.api_key or api_key
        if not any(kind is StoreKind.OFFICIAL for kind, _ in problems):
            self._official_keys = frozenset(stored.credential.key for stored in theirs)
        found = _by_account(ours, theirs)
        self._store.dispatch(
            AccountsRead(
                accounts=await self._states_of(found.values()),
                unreadable=tuple(unreadable),
                store_problems=tuple(problems),
                api_key=api_key,
            )
        )

    async def changed(self) -> bool:
        """Whether another program has changed any store since it was last read."""
        return any(await asyncio.gather(*(s.changed() for s in self._stores)))

    def folders(self) -> frozenset[Path] | None:
        """The folders in which every change of a store shows; None while one has to be looked at."""
        found: set[Path] = set()
        for store in self._stores:
            folders = store.folders()
            if folders is None:
                return None
            found.update(folders)
        return frozenset(found)

    async def current(self, key: AccountKey) -> StoredCredential | None:
        """The login to use for ``key`` as the stores have it now: ours before the official client's, then the newest.

        Raises StoreError when a store that may hold it cannot be read and none of the others has it.
        """
        return await _first_of(s.read(key) for s in self._stores)

    async def at_a_glance(self, key: AccountKey) -> StoredCredential | None:
        """As :meth:`current`, for who only asks the service something with it; see :meth:`AccountStore.glance`.

        It is looked for where it was when the stores were last read, in those of ours if it was there; and as
        :meth:`current` does where it is there no more, or cannot be read. Raises SilentDiskError where that would wait.
        """
        account = self._store.state.account(key)
        seen_in = frozenset(account.stores) if account else frozenset[StoreKind]()
        kinds = seen_in - {StoreKind.OFFICIAL} or seen_in
        try:
            if found := await _first_of(s.glance(key) for s in self._stores if s.kind in kinds):
                return found
        except SilentDiskError:
            raise
        except StoreError:
            pass
        return await self.current(key)

    async def holders(self, key: AccountKey) -> list[tuple[AccountStore, StoredCredential]]:
        """The stores of ours that hold ``key``, with what they hold. Raises StoreError when one cannot tell."""
        return [(store, stored) for store in self.ours for stored in await self.held_by(store, key)]

    async def held_by(self, store: AccountStore, key: AccountKey) -> tuple[StoredCredential, ...]:
        """What one store holds of ``key`` that is ours to change: its login, or nothing. Raises StoreError."""
        stored = await store.read(key)
        # The official client's own file may lie in a folder of ours.
        return () if stored is None or stored.store is StoreKind.OFFICIAL else (stored,)

    async def officials(self, login: Credential, *, insists: bool = False) -> OfficialLogins:
        """The official clients' own logins that are the same owner's.

        Raises StoreError where a client had one of this account and it cannot be read, or where its file is broken, as
        it is while the client writes it: it may be newer. With ``insists`` also for any other reason.
        """
        own = {login.key, AccountKey(login.account_id)}
        found: list[Credential] = []
        complete = True
        for store in self._stores:
            if store.kind is not StoreKind.OFFICIAL:
                continue
            for key in own | self._official_keys:
                try:
                    stored = await store.read(key)
                except StoreError as error:
                    if insists or own & self._official_keys or isinstance(error, OfficialBrokenError):
                        raise
                    complete = False
                    break
                if stored is not None and stored.credential.owner.match(login.owner) is OwnerMatch.SAME:
                    found.append(stored.credential)
                    break
        return OfficialLogins(tuple(found), complete)

    def shown_key(self, owner: Owner) -> AccountKey | None:
        """As :meth:`known_key`, from the last reading of the stores alone: no keyring is asked."""
        known = [a.key for a in self._store.state.accounts if a.owner.match(owner) is OwnerMatch.SAME]
        key = AccountKey(owner.account_id, owner.user_id)
        return key if key in known else next(iter(known), None)

    async def known_key(self, login: Credential) -> AccountKey | None:
        """The key under which our stores hold the owner of ``login``; None where they hold none of that owner.

        Raises StoreError where one cannot tell.
        """
        known = [a.key for a in self._store.state.accounts if a.owner.match(login.owner) is OwnerMatch.SAME]
        for key in dict.fromkeys([login.key, AccountKey(login.account_id), *known]):
            for _, stored in await self.holders(key):
                if stored.credential.owner.match(login.owner) is OwnerMatch.SAME:
                    return stored.credential.key
        return None

    async def check_writable(self, key: AccountKey) -> None:
        """Raise StoreError when a store that has to take this account's new login cannot."""
        for store in await self._places(key):
            await store.check_writable(key)

    async def keep(
        self, credential: Credential, replaces: AccountKey | None = None, *, spares_newer: bool = False
    ) -> tuple[StoreError, ...]:
        """Save a login in every store of ours that holds its account or ``replaces``; a new one in the first.

        What other programs keep beside a login stays in each store, unless ``credential`` brings such things itself.
        With ``spares_newer`` a store that holds a newer login keeps that, if another store takes this one.

        ``replaces`` is the same owner's account by another key: its older login is removed where this one is kept.
        Raises StoreError when no store took it; where one did, what kept the others from it is returned. Begun, it goes
        through all of them: whoever uses the older token that another store holds would end the login in all.
        """
        keys = dict.fromkeys([credential.key, replaces or credential.key])
        places = await self._places(*keys)
        if spares_newer:
            places = [store for store in places if not await self._has_newer(store, credential, keys)] or places
        faults = await to_the_end(self._save(credential, replaces, places))
        if len(faults) == len(places):
            raise faults[0]
        return faults

    async def _save(
        self, credential: Credential, replaces: AccountKey | None, places: Sequence[AccountStore]
    ) -> tuple[StoreError, ...]:
        faults: list[StoreError] = []
        for store in places:
            try:
                await store.save(await self._completed(credential, replaces, store), replaces)
            except StoreError as error:
                faults.append(error)
        return tuple(faults)

    async def _completed(self, credential: Credential, replaces: AccountKey | None, store: AccountStore) -> Credential:
        """``credential`` with what other programs keep beside the login that ``store`` holds in its place."""
        if credential.others is not None:
            return credential
        for key in dict.fromkeys([credential.key, replaces or credential.key]):
            # One that cannot be read must not keep a new login from being saved.
            with suppress(StoreError):
                for stored in await self.held_by(store, key):
                    return replace(credential, others=stored.credential.others)
        return credential

    async def _has_newer(self, store: AccountStore, credential: Credential, keys: Iterable[AccountKey]) -> bool:
        for key in keys:
            with suppress(StoreError):
                if any(age(stored.credential) > age(credential) for stored in await self.held_by(store, key)):
                    return True
        return False

    async def _states_of(self, groups: Iterable[list[StoredCredential]]) -> tuple[AccountState, ...]:
        states: list[AccountState] = []
        tokens: dict[int, str] = {}
        for number, group in enumerate(groups):
            if number % _AT_A_TURN == _AT_A_TURN - 1:
                await asyncio.sleep(0)
            account, token = _state_of(group), _first(group).credential.refresh_token
            states.append(account)
            if account.renewable and token is not None:
                tokens[number] = token.fingerprint
        for number, renewal in zip(tokens, await self._renewals_of(tuple(tokens.values())), strict=True):
            if renewal != states[number].renewal:
                states[number] = replace(states[number], renewal=renewal)
        return tuple(states)

    async def _places(self, *keys: AccountKey) -> list[AccountStore]:
        holders: list[AccountStore] = []
        for store in self.ours:
            for key in keys:
                # A record that is damaged, or a folder that is gone, must not keep a new login from being saved.
                with suppress(StoreError):
                    if await self.held_by(store, key):
                        holders.append(store)
                        break
        return holders or [self.ours[0]]


async def unnamed_account(stores: Iterable[AccountStore], login: Credential) -> AccountKey | None:
    """The key under which ``stores`` hold the owner of ``login`` without its user, whom ``login`` names; None if none.

    Never raises: a damaged record must not keep a new login from being saved.
    """
    nameless = AccountKey(login.account_id)
    for store in stores if login.key != nameless else ():
        with suppress(StoreError):
            stored = await store.read(nameless)
            # The official client's own file may lie in a folder of ours.
            if stored is None or stored.store is StoreKind.OFFICIAL:
                continue
            if stored.credential.owner.match(login.owner) is OwnerMatch.SAME:
                return nameless
    return None


@asynccontextmanager
async def hold_all(locks: AccountLocks, keys: Iterable[AccountKey]) -> AsyncGenerator[None]:
    """Hold the locks of several accounts, in one order for everyone: else two that want both would wait for ever.

    Raises DataFolderError as :meth:`AccountLocks.hold` does.
    """
    async with AsyncExitStack() as held:
        for key in sorted(set(keys)):
            await held.enter_async_context(locks.hold(key))
        yield


def _by_account(
    ours: Iterable[StoredCredential], official: Iterable[StoredCredential]
) -> dict[AccountKey, list[StoredCredential]]:
    """What was found, by account. The official client's login belongs to ours of the same owner, by whatever key."""
    found: dict[AccountKey, list[StoredCredential]] = {}
    for stored in ours:
        found.setdefault(stored.credential.key, []).append(stored)
    for stored in official:
        login = stored.credential
        account = login.account_in(s.credential for group in found.values() for s in group) or login.key
        found.setdefault(account, []).append(stored)
    return found


async def _first_of(questions: Iterable[Awaitable[StoredCredential | None]]) -> StoredCredential | None:
    waiting = tuple(questions)
    if len(waiting) == 1:
        # So it is for each check of each account, which need no task of its own for it.
        return await waiting[0]
    answered = await asyncio.gather(*waiting, return_exceptions=True)
    found = [a for a in answered if isinstance(a, StoredCredential)]
    if found:
        return _first(found)
    for answer in answered:
        if isinstance(answer, BaseException):
            raise answer
    return None


def _first(group: list[StoredCredential]) -> StoredCredential:
    return max(group, key=lambda s: (s.store is not StoreKind.OFFICIAL, age(s.credential)))


def _is_behind(credential: Credential, group: list[StoredCredential]) -> bool:
    theirs = [s.credential for s in group if s.store is StoreKind.OFFICIAL]
    return any(t.access_token != credential.access_token and age(t) > age(credential) for t in theirs)


def _state_of(group: list[StoredCredential]) -> AccountState:
    best = _first(group)
    credential = best.credential
    return AccountState(
        key=credential.key,
        stores=tuple(dict.fromkeys([best.store, *(s.store for s in group)])),
        location=best.location,
        email=credential.email,
        workspace=credential.claims.workspace,
        plan=credential.claims.plan,
        expires_at=credential.expiry,
        renewable=best.may_be_renewed,
        personal=credential.is_personal,
        renewed_at=credential.last_refresh,
        outdated=best.store is not StoreKind.OFFICIAL and not credential.made_here and _is_behind(credential, group),
        revocable=any(s.credential.made_here and s.may_be_renewed for s in group),
    )


async def watch_stores(accounts: Accounts, clock: Clock, watch: FolderWatch) -> None:
    """Read the stores again within seconds of a change by others. Runs until cancelled.

    Where ``watch`` notices such changes the stores are hardly ever looked at without; twice a minute where what another
    computer writes is noticed by nobody here.
    """
    timer = WakeTimer(clock)
    try:
        while True:
            folders = accounts.folders()
            if folders is None or not await watch.follow(folders, timer.wake):
                await clock.sleep(_LOOK_EVERY)
            elif await timer.wait(until_beat(clock, BEAT if watch.is_shared else SELDOM)):
                # What is written comes in several steps.
                await clock.sleep(_TOGETHER)
            timer.clear()
            if await accounts.changed():
                await accounts.read()
    finally:
        watch.close()
