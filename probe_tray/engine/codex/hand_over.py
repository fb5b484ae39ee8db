"""Puts an account's login where the official client looks for one, so that no login is lost on the way."""

from collections.abc import Container
from contextlib import suppress
from typing import NamedTuple

from msgspec.structs import replace

from probe_tray.core.account.age import age
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.codex.codex_state import ClientProcess, CodexUse, CodexUsePhase, HandOver
from probe_tray.core.codex.place_content import PlaceContent, client_text, may_be_renewing
from probe_tray.core.codex.placement import CodexPlacement, HomeRecord, PlacementBook, placed_login, placement_of, unfit
from probe_tray.core.errors import (
    CodexBusyError,
    CodexNothingKeptError,
    CodexNotKeptError,
    CodexPlaceChangedError,
    CodexProgramsUnknownError,
    CodexRunningError,
    CodexUnfitError,
    CodexWholeElsewhereError,
    Phrase,
    ProbeError,
    StoreError,
    all_of,
)
from probe_tray.core.renewal.request import RenewalRequest
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.codex.placement_keeper import PlacementKeeper
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.engine.renewal.token_memory import TokenMemory
from probe_tray.ports.codex import ClientProcesses, CodexPlace, KeptPlaces
from probe_tray.ports.time import Clock

_DAYS_LEFT = 1
"""A login that ends sooner is renewed before the client gets it."""
_TRIES = 5
"""Of a place that the client writes at the same moment."""


class _Asking(Exception):
    """A person has to say first whether the login in place is kept."""

    def __init__(self, login: Credential) -> None:
        self.found, self.about = login.email or login.account_id, login.key
        super().__init__()


class _TakenBack(NamedTuple):
    """What became of the login in place."""

    record: HomeRecord
    """What is known of the home from now on."""
    account: AccountKey | None
    """Whose login our stores have got; None where they needed none."""


class LoginHandOver:
    """One exchange of a login in a client's place; both programs do it with this."""

    def __init__(
        self,
        accounts: Accounts,
        placements: PlacementKeeper,
        renewals: Renewals,
        kept: KeptPlaces,
        processes: ClientProcesses,
        memory: TokenMemory,
        clock: Clock,
    ) -> None:
        """``memory`` knows dead refresh tokens."""
        self._accounts, self._placements, self._renewals = accounts, placements, renewals
        self._kept, self._processes, self._memory, self._clock = kept, processes, memory, clock

    async def use(self, key: AccountKey, place: CodexPlace, way: HandOver, *, keep: Container[AccountKey]) -> CodexUse:
        """Put the account's login into ``place``. Raises a ProbeError; then the client has the login that it had.

        A login in place that no store of ours holds becomes an account of ours where ``keep`` has it, and else the
        answer asks. A person who was asked has allowed it of one account alone.
        """
        await self._freshen(key)
        for _ in range(_TRIES):
            try:
                with suppress(CodexPlaceChangedError):
                    use = await self._use(key, place, way, keep=keep)
                    # An ended login that the client renewed is ours to renew from now on.
                    await self._freshen(key, only_ended=True)
                    return use
            except _Asking as asked:
                use = CodexUse(account=key, home=place.path, way=way, phase=CodexUsePhase.ASKING)
                return replace(use, found=asked.found, asks_about=asked.about)
        raise CodexBusyError(path=place.path)

    async def put_back(self, place: CodexPlace, *, keep: Container[AccountKey]) -> CodexUse:
        """Put what was kept of this place back into it. Raises a ProbeError; then everything is as it was.

        ``keep`` is that of :meth:`use`.
        """
        for _ in range(_TRIES):
            try:
                with suppress(CodexPlaceChangedError):
                    return await self._put_back(place, keep=keep)
            except _Asking as asked:
                use = CodexUse(account=None, home=place.path, phase=CodexUsePhase.ASKING)
                return replace(use, found=asked.found, asks_about=asked.about)
        raise CodexBusyError(path=place.path)

    async def running(self, place: CodexPlace) -> tuple[ClientProcess, ...]:
        """The programs of the client that work with this home now. Raises CodexProgramsUnknownError."""
        return await self._processes.running(place.home)

    async def running_as_known(self, place: CodexPlace) -> tuple[ClientProcess, ...]:
        """Those of :meth:`running`, to be named to a person; none where the system does not list them."""
        with suppress(CodexProgramsUnknownError):
            return await self.running(place)
        return ()

    async def _use(self, key: AccountKey, place: CodexPlace, way: HandOver, *, keep: Container[AccountKey]) -> CodexUse:
        # Here a keyring may ask: no lock is held, and once it is open it need not ask again.
        before = await place.read(asks=True)
        keys = frozenset({key, *await self._owners(before)}) | await self._placements.placed(place.home)
        # The newest tokens of an account may be in the journal still.
        async with self._placements.held(keys, self._renewals.finish_held) as book:
            found = await _unchanged(place, before)
            _check_whole(book, key, place, way)
            record = book.record(place.home)
            judges_end = not _is_whole_of(record, key) or way is not HandOver.LENT
            await self._check_fit(key, way, judges_end=judges_end)
            await self._check_running(place, found)
            record, taken = await self._take_back(record, found, keys, keep=keep)
            login = await self._check_fit(key, way, judges_end=judges_end)
            kept = await self._keep_rest(place, found)
            await self._exchange(record, place, found, placed_login(login, way), way)
        return CodexUse(
            account=key,
            home=place.path,
            way=way,
            phase=CodexUsePhase.DONE,
            taken_back=taken if taken != key else None,
            kept=kept,
            running=await self.running_as_known(place),
        )

    async def _put_back(self, place: CodexPlace, *, keep: Container[AccountKey]) -> CodexUse:
        before = await place.read(asks=True)
        keys = frozenset(await self._owners(before)) | await self._placements.placed(place.home)
        async with self._placements.held(keys, self._renewals.finish_held) as book:
            found = await _unchanged(place, before)
            text = await self._kept.newest(place.home)
            if text is None:
                raise CodexNothingKeptError(path=place.path)
            await self._check_running(place, found)
            record, taken = await self._take_back(book.record(place.home), found, keys, keep=keep)
            # What a person put there since is the one to put back next time.
            kept = await self._keep_rest(place, found)
            # First: else a look after a sudden end would take what it finds for a log-out.
            await self._placements.record(replace(record, back=text.fingerprint))
            await place.write(text, found, asks=True)
            await self._placements.record(HomeRecord(home=place.home))
            await self._is_ours_again(record.current, None)
            if not kept:
                await self._kept.forget_newest(place.home)
        running = await self.running_as_known(place)
        return CodexUse(account=None, home=place.path, phase=CodexUsePhase.DONE, taken_back=taken, running=running)

    async def _freshen(self, key: AccountKey, *, only_ended: bool = False) -> None:
        """Renew a login that ends within a day, where that can be: else it is judged as it is."""
        with suppress(ProbeError):
            login = await self._placements.login_of(key)
            if login is not None and login.renewable and (not only_ended or self._has_ended(login)):
                await self._renewals.renew(key, RenewalRequest(days=_DAYS_LEFT))

    async def _owners(self, found: PlaceContent) -> tuple[AccountKey, ...]:
        """By which keys our stores, or nobody yet, know the owner of the login in place."""
        if found.login is None:
            return ()
        known = await self._accounts.known_key(found.login)
        return (found.login.key,) if known is None else (found.login.key, known)

    def _has_ended(self, login: Credential) -> bool:
        return login.expiry is not None and login.expiry <= self._clock.now()

    async def _check_fit(self, key: AccountKey, way: HandOver, *, judges_end: bool) -> Credential:
        """Our login of the account, which the client can work with. Raises CodexUnfitError and StoreError.

        Without ``judges_end`` it can be renewed only afterwards, so that it does not matter whether it has ended.
        """
        login = await self._placements.login_of(key)
        if login is None:
            raise CodexUnfitError(reason=Phrase("it is not one of your accounts here"))
        reason = unfit(login, way)
        if not reason and judges_end and self._has_ended(login):
            reason = Phrase("its access token has expired")
        if not reason and way is HandOver.WHOLE and await self._is_dead(login):
            reason = Phrase("OpenAI refused its refresh token")
        if reason:
            raise CodexUnfitError(reason=reason)
        return login

    async def _check_running(self, place: CodexPlace, found: PlaceContent) -> None:
        """Raise CodexRunningError where a client may be renewing what is in place: it would drop the answer.

        Raises CodexProgramsUnknownError where it may and nobody knows whether it runs.
        """
        if found.login is None or not may_be_renewing(found.login, self._clock.now()):
            return
        running = await self.running(place)
        if running:
            named = [Phrase("{program} (process {n})", program=one.name, n=str(one.number)) for one in running]
            raise CodexRunningError(programs=all_of(named))

    async def _take_back(
        self, record: HomeRecord, found: PlaceContent, keys: frozenset[AccountKey], *, keep: Container[AccountKey]
    ) -> _TakenBack:
        """Bring the login in place into our stores where it is worth more than theirs.

        What this program put there was taken over before, by the look at the record for these accounts.
        """
        login, current = found.login, record.current
        if login is None or login.is_personal:
            return _TakenBack(record, None)
        known = await self._accounts.known_key(login)
        is_followed = current is not None and current.key in keys and current.is_login(login)
        if is_followed and (known is not None or not login.renewable):
            return _TakenBack(record, None)
        ours = None if known is None else await self._placements.login_of(known)
        # A personal access token is shown once by the service: nothing replaces it unasked.
        if known is None or (ours is not None and ours.is_personal):
            if login.key not in keep:
                raise _Asking(login)
        elif ours is None or not await self._is_better(login, ours):
            return _TakenBack(record, None)
        if login.renewable:
            # From the moment that our stores have it too until something else is in place, the client alone renews it:
            # this process may die in between.
            record = replace(record, begun=None, current=placement_of(login, HandOver.WHOLE, self._clock.now()))
            await self._placements.record(record)
        await self._accounts.keep(login, known)
        return _TakenBack(record, login.key)

    async def _is_better(self, theirs: Credential, ours: Credential) -> bool:
        ranks = [(one.renewable, not await self._is_dead(one), age(one)) for one in (theirs, ours)]
        return ranks[0] > ranks[1]

    async def _is_dead(self, login: Credential) -> bool:
        token = login.refresh_token
        return token is not None and await self._memory.is_dead(token.fingerprint)

    async def _keep_rest(self, place: CodexPlace, found: PlaceContent) -> bool:
        """Keep what no account's login holds: an API key, a personal token, what cannot be read."""
        rest = found.rest
        if not found.has_more or rest is None:
            return False
        await self._kept.keep(place.home, rest)
        return True

    async def _exchange(
        self, record: HomeRecord, place: CodexPlace, found: PlaceContent, login: Credential, way: HandOver
    ) -> None:
        """Record it, write it, look whether it is there, and record that."""
        now = self._clock.now()
        made = placement_of(login, way, now)
        if login.refresh_token is not None:
            await self._memory.with_client(login.refresh_token.fingerprint, stays=True)
        # First: a client could renew a whole login the moment it is there, and until this is settled nobody else may.
        await self._placements.record(replace(record, begun=made))
        try:
            await place.write(client_text(found, login, now), found, asks=True)
            self._check_written(place, await place.read(asks=True), made)
        except ProbeError:
            # Where it was written after all, the next look at the place finds it.
            with suppress(StoreError):
                if not made.is_login((await place.read(asks=True)).login):
                    await self._placements.record(record)
                    await self._is_ours_again(made, record.current)
            raise
        await self._placements.record(HomeRecord(home=record.home, current=made))
        await self._is_ours_again(record.current, made)

    async def _is_ours_again(self, gone: CodexPlacement | None, there: CodexPlacement | None) -> None:
        """Remember, where the disk lets it, that the client has what is ``gone`` no longer, unless it is ``there``."""
        if gone is None or gone.way is not HandOver.WHOLE:
            return
        if there is not None and there.way is HandOver.WHOLE and there.key == gone.key:
            return
        with suppress(StoreError):
            ours = await self._placements.login_of(gone.key)
            if ours is not None and ours.refresh_token is not None:
                await self._memory.with_client(ours.refresh_token.fingerprint, stays=False)

    def _check_written(self, place: CodexPlace, found: PlaceContent, made: CodexPlacement) -> None:
        # A whole login may have been renewed by now.
        if not made.is_login(found.login):
            raise CodexNotKeptError(path=place.path)


async def _unchanged(place: CodexPlace, before: PlaceContent) -> PlaceContent:
    """What is there, the same as before the locks were had. Raises CodexPlaceChangedError, and StoreError."""
    found = await place.read(asks=True)
    if found != before:
        raise CodexPlaceChangedError(path=place.path)
    return found


def _is_whole_of(record: HomeRecord, key: AccountKey) -> bool:
    """Whether the client of this home renews the account."""
    current = record.current
    return current is not None and current.way is HandOver.WHOLE and current.key == key


def _check_whole(book: PlacementBook, key: AccountKey, place: CodexPlace, way: HandOver) -> None:
    """Raise CodexWholeElsewhereError where two clients would renew one login."""
    if way is not HandOver.WHOLE:
        return
    for home in book.homes:
        current = home.current
        if home.home != place.home and current is not None and current.way is way and current.key == key:
            raise CodexWholeElsewhereError(path=home.home)
