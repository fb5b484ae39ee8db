"""Renewals of all accounts: one at a time for each, few at once, none while everything fails."""

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import (
    Phrase,
    ProbeError,
    RenewalsPausedError,
    ServiceError,
    StillRefusedError,
    TokenRefusedError,
)
from probe_tray.core.events import Event, RenewalEnded, RenewalStarted, TroubleMet
from probe_tray.core.renewal.pause import RenewalAttempt, Tally, corrected, counted, rest_left
from probe_tray.core.renewal.policy import Reason, half_life
from probe_tray.core.renewal.request import RenewalKind, RenewalRequest, Renewed
from probe_tray.engine.renewal.refresh_transaction import RefreshTransaction
from probe_tray.engine.renewal.renewal_coordinator import RenewalCoordinator
from probe_tray.ports.accounts import AccountLocks, TokenLocks
from probe_tray.ports.files import TallyFile
from probe_tray.ports.shared_logins import SharedLogins
from probe_tray.ports.time import Clock

_AT_ONCE = 4
_REFUSALS = {
    "": Phrase("it doesn't say why"),
    "token_revoked": Phrase("the login was revoked"),
    "token_invalidated": Phrase("the login was ended elsewhere"),
    "session_expired": Phrase("the session has ended"),
}
"""What the codes of a refusal mean; another one is told as it is."""


class _RunningRenewal(NamedTuple):
    """A renewal in progress."""

    task: "asyncio.Task[Renewed]"
    request: RenewalRequest

    def suffices(self, request: RenewalRequest) -> bool:
        """Whether its outcome answers this request too: one left to the policy answers none that has a reason."""
        return self.request.forced or self.request.reason is request.reason or request.reason is None


class Renewals:
    """The only way to a refresh request, for every path that renews."""

    def __init__(
        self,
        transaction: RefreshTransaction,
        locks: AccountLocks,
        clock: Clock,
        tell: Callable[[Event], None],
        shared: SharedLogins,
        tally: TallyFile,
        tokens: TokenLocks,
    ) -> None:
        """Run ``transaction`` under ``locks``; ``tell`` hears how it goes. ``shared`` is asked ahead of each request.

        All who share a ``tally`` rest together after mass failure. All who share ``tokens`` use a refresh token one
        after the other, under whatever account it is known to them.
        """
        self._transaction = transaction
        self._locks = locks
        self._clock = clock
        self._tell = tell
        self._running: dict[AccountKey, _RunningRenewal] = {}
        self._sending: set[AccountKey] = set()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._shared_tally = tally
        self._tokens = tokens
        self._own = Tally()
        self._shared = shared
        self._coordinator = RenewalCoordinator(shared, clock, tell)
        self._closed = False
        # Its own rest is measured by a clock that nobody sets, from the wall clock's time at the start.
        self._began = clock.now() - timedelta(seconds=clock.monotonic())

    async def renew(self, key: AccountKey, request: RenewalRequest) -> Renewed:
        """Renew one account, or join the renewal of it that runs. Raises a ProbeError.

        Cancelling the caller does not cancel the renewal: a request that was sent is seen to its end.
        """
        while (running := self._running.get(key)) is not None and not running.suffices(request):
            await asyncio.wait({running.task})
        if running is None:
            running = _RunningRenewal(asyncio.create_task(self._renew(key, request)), request)
            self._running[key] = running
            running.task.add_done_callback(lambda ended: self._forget(key, ended))
        return await asyncio.shield(running.task)

    async def turn(self, key: AccountKey) -> float | None:
        """The part of the spread that a renewal of the account waits for, which has time; None: it need not wait."""
        return await self._coordinator.turn(key)

    async def renew_refused(self, credential: Credential, refusal: TokenRefusedError, *, days: int) -> Renewed:
        """Renew a login whose access token the service refused.

        Where it is known that a renewal does not help, a newer login of others is taken over; raises StillRefusedError
        where there is none. Else as :meth:`renew`.
        """
        key = credential.key
        request = RenewalRequest(days=days, reason=Reason.REFUSED, seen=credential.access_token.fingerprint)
        if not await self._transaction.outcomes.is_refused(credential):
            return await self.renew(key, request)
        async with self._locks.hold(key):
            adopted = await self._transaction.adopt(key, request, self._coordinator)
        if adopted is None:
            raise still_refused(refusal)
        return adopted

    def counts(self, renewed: Renewed) -> bool:
        """Whether a refusal of what ``renewed`` has brought shows that a renewal does not help.

        A login taken over from others in the first half of its token's life counts as well: it is their renewal.
        """
        if renewed.kind is not RenewalKind.ADOPTED:
            return renewed.kind is RenewalKind.RENEWED
        issued = renewed.credential.claims.issued_at
        return issued is not None and self._clock.now() - issued < half_life(renewed.credential)

    async def refused_again(self, renewed: Renewed, refusal: TokenRefusedError) -> ProbeError:
        """What it means that the service refuses what a renewal has brought; remembered for every later run."""
        if not self.counts(renewed):
            return refusal
        await self._transaction.outcomes.refused(renewed.credential, refusal.facts.get("code", ""))
        return still_refused(refusal)

    async def is_doubted(self, key: AccountKey) -> bool:
        """Whether it is remembered that a renewal of the account did not help, or may be."""
        return await self._transaction.outcomes.is_doubted(key)

    async def doubted(self, keys: Collection[AccountKey]) -> frozenset[AccountKey]:
        """Those of the accounts of which :meth:`is_doubted` is true, by one look for all of them."""
        return await self._transaction.outcomes.doubted(keys)

    async def accepted(self, key: AccountKey) -> None:
        """Let it be known that the service takes the account's login; what cannot be written down is left."""
        await self._transaction.outcomes.accepted(key)

    async def catch_up(self, key: AccountKey) -> bool:
        """Take over the official client's own newer login where ours is an outdated copy. Raises a ProbeError.

        Whether the account has another login since. What is in the client's place now is remembered.
        """
        async with self._locks.hold(key):
            return await self._transaction.catch_up(key)

    async def finish_all(self) -> bool:
        """Complete what earlier runs left in the journal; whether there was anything. Raises ReadError.

        What keeps one account from it is told, and is no reason for the others to wait.
        """
        keys = await self._transaction.unfinished()
        for key in keys:
            try:
                await self.finish_pending(key)
            except ProbeError as error:
                self._tell(TroubleMet(problem=error.problem))
        return bool(keys)

    async def share_all(self) -> None:
        """Give other computers what was renewed here and is not in the table yet. Raises StoreError."""
        for key in await self._shared.unshared():
            async with self._locks.hold(key):
                await self._coordinator.publish_again(key)

    async def finish_pending(self, key: AccountKey) -> None:
        """Complete what an earlier run left in the journal. Raises a ProbeError."""
        async with self._locks.hold(key):
            await self.finish_held(key)

    async def finish_held(self, key: AccountKey) -> None:
        """The same where the caller holds the account's lock. Raises a ProbeError."""
        if await self._transaction.finish_pending(key):
            await self._coordinator.publish(key)

    @property
    def sent(self) -> int:
        """How many requests were sent whose answers have not been kept yet."""
        return len(self._sending)

    async def close(self) -> None:
        """Start no request any more, and wait for those that were sent."""
        self._closed = True
        tasks = [running.task for running in self._running.values()]
        for key, running in self._running.items():
            if key not in self._sending:
                running.task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _renew(self, key: AccountKey, request: RenewalRequest) -> Renewed:
        # The slot first: an account that is locked while it waits for its turn would make other programs wait as well.
        async with self._slots, self._locks.hold(key):
            self._tell(RenewalStarted(key=key))
            rest = await self._rest_of_all()
            try:
                renewed = await self._transaction.run(
                    key,
                    request,
                    lambda: self._point_of_no_return(key, rest),
                    self._coordinator,
                    self._tokens.hold_token,
                )
            except Exception as error:
                # A mistake in the program must not pass for a success either.
                await self._ended(key, error if isinstance(error, ProbeError) else ProbeError())
                raise
            except asyncio.CancelledError:
                # Quitting: there is nobody left to tell.
                self._sending.discard(key)
                raise
            await self._ended(key, None)
            return renewed

    async def _ended(self, key: AccountKey, problem: ProbeError | None) -> None:
        if key in self._sending and (problem is None or isinstance(problem, ServiceError)):
            await self._count(key, failed=problem is not None)
        self._sending.discard(key)
        self._tell(RenewalEnded(key=key, at=self._clock.now(), problem=None if problem is None else problem.problem))

    async def _count(self, key: AccountKey, *, failed: bool) -> None:
        self._own = counted(self._own, RenewalAttempt(at=self._time(), account=key.slug, failed=failed))
        attempt = RenewalAttempt(at=self._clock.now(), account=key.slug, failed=failed)
        # Where the disk does not let it the others learn nothing of it; this process rests all the same.
        with suppress(ProbeError):
            await self._shared_tally.change(lambda tally: counted(tally, attempt))

    async def _rest_of_all(self) -> timedelta:
        """How long every process has to rest."""
        tally, now = await self._shared_tally.load(), self._clock.now()
        if corrected(tally, now) != tally:
            # Else each look would begin the rest anew.
            with suppress(ProbeError):
                await self._shared_tally.change(lambda tally: corrected(tally, now))
        return rest_left(tally, now)

    def _point_of_no_return(self, key: AccountKey, rest: timedelta) -> None:
        if self._closed:
            # Quitting: whatever is begun now might not see its end.
            raise asyncio.CancelledError
        left = max(rest, rest_left(self._own, self._time()))
        if left > timedelta():
            raise RenewalsPausedError(retry_after=left)
        self._sending.add(key)

    def _time(self) -> datetime:
        return self._began + timedelta(seconds=self._clock.monotonic())

    def _forget(self, key: AccountKey, ended: "asyncio.Task[Renewed]") -> None:
        self._running.pop(key, None)
        if not ended.cancelled():
            # Whoever waited has it; with nobody waiting any more it must not count as an error nobody saw.
            ended.exception()


def still_refused(refusal: TokenRefusedError) -> StillRefusedError:
    """The failure of a login that was renewed and is refused all the same, with what the service says."""
    code = refusal.facts.get("code", "")
    return StillRefusedError(reason=_REFUSALS.get(code, code))
