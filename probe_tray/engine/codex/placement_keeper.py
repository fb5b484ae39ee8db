"""What was handed over: who renews it, what the client has renewed, and the fresh access tokens that it gets."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

from msgspec.structs import replace

from probe_tray.core.account.age import age, newest_renewable
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.owner import OwnerMatch
from probe_tray.core.codex.codex_state import CodexHome, CodexKeeper, HandOver
from probe_tray.core.codex.place_content import PlaceContent, client_text
from probe_tray.core.codex.placement import (
    CodexPlacement,
    EndedPlacement,
    HomeRecord,
    PlacementBook,
    placed_login,
    placement_of,
)
from probe_tray.core.errors import CodexBehindError, CodexHomeMissingError, ProbeError, Problem, StoreError
from probe_tray.core.events import Event, TroubleMet
from probe_tray.engine.account.accounts import Accounts, hold_all
from probe_tray.engine.codex.placement_stores import PlacementStores
from probe_tray.ports.accounts import AccountLocks
from probe_tray.ports.codex import CodexPlace
from probe_tray.ports.time import Clock


class LookedHomes(NamedTuple):
    """What a look at all homes found."""

    homes: tuple[CodexHome, ...]
    logged_out: frozenset[AccountKey]
    just_ended: frozenset[AccountKey]
    """The accounts whose placement was found to have ended this time."""
    took_over: bool
    """Whether our stores have got a login that the client has renewed."""


class _Followed(NamedTuple):
    """How the homes of some accounts stand."""

    placements: list[CodexPlacement]
    """Those that hold."""
    unknown: dict[AccountKey, StoreError]
    """The accounts that a client may have renewed, and why that cannot be told now."""


class PlacementKeeper:
    """The record and the places of all homes, kept together.

    Locks, in this order for everyone: those of the accounts, then the record's. With the latter nobody waits for
    anything but a disk or the keyring, so that a renewal and a hand-over never wait for each other.
    """

    def __init__(
        self,
        accounts: Accounts,
        stores: PlacementStores,
        locks: AccountLocks,
        clock: Clock,
        tell: Callable[[Event], None],
    ) -> None:
        """``tell`` hears of access tokens that could not be passed on."""
        self._accounts, self._locks, self._clock, self._tell = accounts, locks, clock, tell
        self._file, self._place_at, self._kept, self._memory = stores
        self._behind: dict[str, Problem] = {}
        """Why the place of a home lacks the newest access token, by the home's real path."""
        self._took_over = False

    async def renewed_by_client(self, key: AccountKey) -> bool:
        """Whether the client renews the account, so that nobody here may send its refresh token.

        What the client has renewed is in our stores afterwards. The caller holds the account's lock. Raises StoreError
        where that cannot be told.
        """
        book = await self._file.load()
        if not (book.homes or book.ended):
            return False
        async with self._file.hold():
            placements, unknown = await self._followed(frozenset({key}))
            if key in unknown:
                raise unknown[key]
            if any(placement.way is HandOver.WHOLE and placement.key == key for placement in placements):
                return True
            return await self._may_be_spent(key)

    async def _may_be_spent(self, key: AccountKey) -> bool:
        """Whether our login is still the one that a client had whole, until a log-out there, or its home was gone.

        A new login, or another use in Codex, ends that.
        """
        ended = [one for one in (await self._file.load()).ended if one.key == key and one.way is HandOver.WHOLE]
        ours = await self.login_of(key) if ended else None
        return ours is not None and any(one.access == ours.access_token.fingerprint for one in ended)

    async def with_client(self, logins: Sequence[Credential]) -> frozenset[AccountKey]:
        """Which of these a client has, or may have, with their refresh tokens: no other computer may get those.

        By the record alone, so that nobody waits for a place. Raises ReadError.
        """
        book = await self._file.load()
        spent = {(one.key, one.access) for one in book.ended if one.way is HandOver.WHOLE}
        whole = [one for one in _placements(book) if one.way is HandOver.WHOLE]

        def is_with_client(login: Credential) -> bool:
            same = (one for one in whole if one.owner.match(login.owner) is OwnerMatch.SAME)
            return any(not _is_new(login, one) for one in same) or (login.key, login.access_token.fingerprint) in spent

        return frozenset(login.key for login in logins if is_with_client(login))

    async def lent(self) -> frozenset[AccountKey]:
        """The accounts that a client has without their refresh tokens. Raises ReadError."""
        book = await self._file.load()
        return frozenset(one.key for one in _placements(book) if one.way is HandOver.LENT)

    async def pass_on(self, key: AccountKey) -> None:
        """Put the account's newest access token where it is lent to; never raises, what failed is told.

        The caller holds the account's lock.
        """
        try:
            if not (await self._file.load()).homes:
                return
            async with self._file.hold():
                await self._pass_on(frozenset({key}))
        except ProbeError as error:
            self._tell(TroubleMet(problem=error.problem))

    async def look(self, homes: Sequence[CodexPlace]) -> LookedHomes:
        """Bring everything up to date, and say how it stands: of ``homes``, the default one first, and of the others.

        A hand-over that was broken off is finished or dropped, what the client has renewed goes into our stores, and
        what was renewed here goes into its place. Raises StoreError where the record cannot be read or written.
        """
        before = await self._file.load()
        keys = self._keys(before)
        just_ended: frozenset[AccountKey] = frozenset()
        if keys:
            async with hold_all(self._locks, keys), self._file.hold():
                await self._take_up_again()
                await self._followed(keys)
                await self._pass_on(keys)
                book = await self._without_old_ends(await self._file.load())
                just_ended = frozenset(e.key for e in book.ended) - {e.key for e in before.ended}
        book = await self._file.load()
        known = {place.home for place in homes}
        # Those that the command used and the settings don't name: their logins are placed all the same.
        places = [*homes, *(place for place in await self.places() if place.home not in known)]
        shown = [await self._home(place, book, is_default=place in homes[:1]) for place in places]
        took_over, self._took_over = self._took_over, False
        logged_out = frozenset(ended.key for ended in book.ended)
        return LookedHomes(tuple(shown), logged_out, just_ended, took_over)

    async def places(self) -> Sequence[CodexPlace]:
        """Those of all homes in which this program has placed a login. Raises ReadError."""
        return [self._place_at(one.home) for one in (await self._file.load()).homes]

    @asynccontextmanager
    async def held(
        self, keys: frozenset[AccountKey], finish: Callable[[AccountKey], Awaitable[None]]
    ) -> AsyncGenerator[PlacementBook]:
        """The record, up to date for these accounts, while nobody else changes them, the record or a place.

        ``finish`` is called for each account with its lock held. Raises a ProbeError.
        """
        async with hold_all(self._locks, keys):
            for key in keys:
                await finish(key)
            async with self._file.hold():
                _, unknown = await self._followed(keys)
                for key in keys & unknown.keys():
                    raise unknown[key]
                yield await self._file.load()

    async def record(self, record: HomeRecord) -> None:
        """Write down what holds for one home from now on; within :meth:`held`. Raises StoreError."""
        book = (await self._file.load()).with_record(record)
        if record.current is not None:
            book = book.without_ended(frozenset({record.current.key}))
        await self._file.save(book)

    async def placed(self, home: str) -> frozenset[AccountKey]:
        """The accounts whose login is recorded there. Raises ReadError."""
        record = (await self._file.load()).record(home)
        return frozenset(one.key for one in (record.begun, record.current) if one is not None)

    async def login_of(self, key: AccountKey) -> Credential | None:
        """Our newest login of the account. Raises StoreError."""
        found = [stored.credential for _, stored in await self._accounts.holders(key)]
        return newest_renewable(found) if found else None

    def _keys(self, book: PlacementBook) -> frozenset[AccountKey]:
        """The accounts of all that is recorded, also those whose tokens name their user only since it was placed."""
        keys = {one.key for one in (*_placements(book), *book.ended)}
        named = (self._accounts.shown_key(one.owner) for one in _placements(book) if not one.user_id)
        return frozenset(keys | {key for key in named if key is not None})

    async def _take_up_again(self) -> None:
        """Go on with a login that is in its place again: its folder was moved away, or the client was writing, say."""
        book = await self._file.load()
        for ended in book.ended:
            record, ours = book.record(ended.home), await self.login_of(ended.key)
            if not ended.home or ours is None or record.begun or record.current:
                continue
            with suppress(StoreError):
                found = (await self._place_at(ended.home).read()).login
                if found is not None and ended.is_back(found, ours):
                    again = placement_of(ours, ended.way, self._clock.now()).named(found)
                    await self.record(replace(record, current=again))

    async def _followed(self, keys: frozenset[AccountKey]) -> _Followed:
        """Settle the homes of these accounts; what a client has renewed is in our stores then."""
        placements: list[CodexPlacement] = []
        unknown: dict[AccountKey, StoreError] = {}
        for record in (await self._file.load()).homes:
            of_home = [placement for placement in (record.begun, record.current) if placement is not None]
            if not any(placement.key in keys for placement in of_home):
                continue
            try:
                found = await _read(self._place_at(record.home))
            except StoreError as error:
                # Whoever has no refresh token renews nothing, whatever became of it.
                unknown |= {placement.key: error for placement in of_home if await self._is_whole_there(placement)}
                continue
            after, ended = record.after_look(found.text, found.login)
            if after.current is not None and after.current.way is HandOver.WHOLE:
                adopted = await self._adopt(after.current, found)
                if adopted is None:
                    # Ours is another login than the one in place, and not the client's to renew.
                    await self._is_given(await self.login_of(after.current.key), stays=False)
                elif adopted.access != after.current.access:
                    await self._is_given(found.login, stays=True)
                after = replace(after, current=adopted)
            if after != record:
                await self._file.save(await self._book_after(after, ended))
            placements += [placement for placement in (after.current,) if placement is not None]
        return _Followed(placements, unknown)

    async def _is_given(self, login: Credential | None, *, stays: bool) -> None:
        if login is not None and login.refresh_token is not None:
            with suppress(StoreError):
                await self._memory.with_client(login.refresh_token.fingerprint, stays=stays)

    async def _is_whole_there(self, placement: CodexPlacement) -> bool:
        """Whether the client has the refresh token that we have: not once a person has logged in here again."""
        ours = await self.login_of(placement.key)
        return placement.way is HandOver.WHOLE and (ours is None or not _is_new(ours, placement))

    async def _book_after(self, record: HomeRecord, ended: CodexPlacement | None) -> PlacementBook:
        book = (await self._file.load()).with_record(record)
        if ended is None:
            return book
        ours = await self.login_of(ended.key)
        access = "" if ours is None else ours.access_token.fingerprint
        end = EndedPlacement(
            account_id=ended.account_id, user_id=ended.user_id, access=access, way=ended.way, home=record.home
        )
        return book.with_ended(end)

    async def _without_old_ends(self, book: PlacementBook) -> PlacementBook:
        """Forget the ends of placements whose account has got another login since."""
        old: set[AccountKey] = set()
        for ended in book.ended:
            ours = await self.login_of(ended.key)
            if ours is not None and ours.access_token.fingerprint != ended.access:
                old.add(ended.key)
        if old:
            book = book.without_ended(frozenset(old))
            await self._file.save(book)
        return book

    async def _adopt(self, placement: CodexPlacement, found: PlaceContent) -> CodexPlacement | None:
        """Take over what the client has renewed; the placement then names it. None where our stores have a newer login.

        A person has logged in again since, or imported one: it is another login of the account, which is ours to renew.
        """
        login, ours = found.login, await self.login_of(placement.key)
        if login is None or ours is None:
            return placement
        is_ours_placed = ours.access_token.fingerprint == placement.access
        # Of what was placed, another refresh token is what the client made of it, whatever date it wrote beside it.
        # Only the issuer's says that an older copy was put there. Ages are whole seconds.
        dated = replace(login, last_refresh=ours.last_refresh) if is_ours_placed else login
        if age(ours) > age(dated):
            return None
        if age(dated) > age(ours) or login.refresh_token != ours.refresh_token:
            # It is the login that we obtained, as the client renewed it.
            await self._accounts.keep(replace(login, made_here=ours.made_here), placement.key)
            self._took_over = True
        return replace(placement.named(login), access=login.access_token.fingerprint)

    async def _pass_on(self, keys: frozenset[AccountKey]) -> None:
        for record in (await self._file.load()).homes:
            current = record.current
            if current is None or current.way is not HandOver.LENT:
                continue
            place = self._place_at(record.home)
            try:
                ours = await self._lent(current, keys)
                if ours is not None and ours.id_token is not None:
                    await self._pass_on_to(record, current, place, ours)
            except ProbeError as error:
                problem = CodexBehindError(path=place.path, reason=error.cause).problem
                if self._behind.get(record.home) != problem:
                    self._tell(TroubleMet(problem=problem))
                self._behind[record.home] = problem
            else:
                self._behind.pop(record.home, None)

    async def _lent(self, placement: CodexPlacement, keys: frozenset[AccountKey]) -> Credential | None:
        """Our newest login of what is lent; None where it is of none of these accounts.

        Its tokens may name their user since it was placed: then another key is the account's.
        """
        ours = await self.login_of(placement.key) if placement.key in keys else None
        if ours is not None or placement.user_id:
            return ours
        for key in sorted(keys):
            found = await self.login_of(key) if key.account_id == placement.account_id else None
            if found is not None and found.owner.match(placement.owner) is OwnerMatch.SAME:
                return found
        return None

    async def _pass_on_to(
        self, record: HomeRecord, current: CodexPlacement, place: CodexPlace, ours: Credential
    ) -> None:
        if current.key != ours.key:
            current = current.named(ours)
            record = replace(record, current=current)
            await self.record(record)
        try:
            found = await place.read()
        except StoreError:
            if ours.access_token.fingerprint == current.access:
                # It has been passed on already, so nothing is missing there.
                return
            raise
        if not current.is_login(found.login):
            return
        if found.login is not None and age(replace(found.login, refresh_token=ours.refresh_token)) >= age(ours):
            return
        lent = placed_login(ours, HandOver.LENT)
        # Recorded first, so that the record never names a token that the place has had before.
        await self.record(replace(record, current=replace(current, access=lent.access_token.fingerprint)))
        await place.write(client_text(found, lent, self._clock.now()), found)

    async def _home(self, place: CodexPlace, book: PlacementBook, *, is_default: bool) -> CodexHome:
        current, problem = book.record(place.home).current, self._behind.get(place.home)
        account, content = None, None
        try:
            content = await place.read()
        except StoreError as error:
            # A home that is not there is no news: most people have no Codex, or named one for later.
            problem = problem or (error.problem if current is not None else None)
        login = None if content is None else content.login
        if current is not None and (content is None or current.is_login(login)):
            account = current.key
        elif login is not None:
            account, current = self._accounts.shown_key(login.owner) or login.key, None
        else:
            current = None
        shown = CodexHome(
            path=place.path,
            is_default=is_default,
            account=account,
            way=None if current is None else current.way,
            problem=problem,
            has_kept=await self._has_kept(place.home),
        )
        return shown if content is None else replace(shown, keeper=content.keeper)

    async def _has_kept(self, home: str) -> bool:
        try:
            return await self._kept.has(home)
        except StoreError:
            return False


async def _read(place: CodexPlace) -> PlaceContent:
    """What is in the place; nothing once its home was deleted. Raises StoreError."""
    try:
        return await place.read()
    except CodexHomeMissingError:
        return PlaceContent(keeper=CodexKeeper.FILE)


def _is_new(ours: Credential, placement: CodexPlacement) -> bool:
    """Whether a person has logged in here again since: what was placed is named by what this program wrote or took."""
    return ours.made_here and ours.access_token.fingerprint != placement.access


def _placements(book: PlacementBook) -> list[CodexPlacement]:
    return [placement for home in book.homes for placement in (home.begun, home.current) if placement is not None]
