"""One refresh of one account, with the account's lock held: the order of these steps is what keeps a login alive.

Read the stores again, prove that the answer can be kept, write the intent, send once, keep the raw answer before
anybody reads it, then save it everywhere and tick it off. Nothing here is reordered for speed.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from probe_tray.core.answer import Answer
from probe_tray.core.credential import Credential, StoredCredential
from probe_tray.core.errors import (
    JournalSealedError,
    LoginEndedError,
    LoginError,
    NotRenewableError,
    NotSentError,
    ProbeError,
    RetryLaterError,
    SavedForLaterError,
    ServiceError,
    UncertainError,
    UncertainLoginError,
    WriteError,
    WrongAccountError,
)
from probe_tray.core.identity import AccountKey
from probe_tray.core.journal import JournalEntry, Outcome, Verdict
from probe_tray.core.renew_policy import Reason, renew_reason
from probe_tray.core.renewal import RenewalKind, Renewed, Wish
from probe_tray.core.secret import Secret
from probe_tray.core.token_reply import (
    RefreshClass,
    classify_refresh,
    read_token_reply,
    refresh_problem,
    renewed_login,
)
from probe_tray.engine.accounts import Accounts, newer, save_in
from probe_tray.ports import AuthService, Clock, Journal, Randomness, RenewalMemory

_BETWEEN_TRIES = 1.0
_LONGEST_PAUSE = 2.0
"""Seconds between the tries of a request that never left: after 1 and after 2, three tries in all."""
UNCERTAIN_FOR = timedelta(minutes=15)
_SHORTEST_BACKOFF = timedelta(seconds=30)
_LONGEST_BACKOFF = timedelta(hours=1)


class Transaction:
    """Runs refreshes; the caller holds the account's lock."""

    def __init__(
        self,
        auth: AuthService,
        accounts: Accounts,
        journal: Journal,
        memory: RenewalMemory,
        clock: Clock,
        randomness: Randomness,
        host: str,
    ) -> None:
        """``host`` is the issuer's name in sentences."""
        self._auth = auth
        self._accounts = accounts
        self._journal = journal
        self._memory = memory
        self._clock = clock
        self._randomness = randomness
        self._host = host

    async def run(self, key: AccountKey, wish: Wish, sending: Callable[[], None]) -> Renewed:
        """Renew the account, or find that there is no need. Raises a ProbeError when it could not be renewed.

        ``sending`` is called right before the request: from then on the caller must not cancel.
        """
        await self.finish_pending(key)
        current = await self._newest(key)
        if current is None:
            raise NotRenewableError
        if self._was_changed(current.credential, wish) or await self._is_younger_than_wish(current.credential, wish):
            return Renewed(kind=RenewalKind.ADOPTED, credential=current.credential, location=current.location)
        reason = wish.reason or renew_reason(current.credential, now=self._clock.now(), days=wish.days)
        if reason is None:
            return Renewed(kind=RenewalKind.FRESH, credential=current.credential, location=current.location)
        return await self._refresh(current, wish, reason, sending)

    async def unfinished(self) -> tuple[AccountKey, ...]:
        """The accounts that have entries in the journal."""
        return tuple(dict.fromkeys([pending.entry.key for pending in await self._journal.pending()]))

    async def finish_pending(self, key: AccountKey) -> None:
        """Bring renewals to their end that an earlier run of this program could not. Raises StoreError."""
        for pending in await self._journal.pending(key):
            if pending.problem is not None:
                raise JournalSealedError
            if pending.answer is None:
                await self._remember_uncertain(pending.entry)
                await self._journal.finish(pending.entry)
                continue
            current = await self._newest(key)
            if current is not None:
                with suppress(ServiceError, LoginError):
                    await self._conclude(pending.entry, pending.answer, current)

    async def _newest(self, key: AccountKey) -> StoredCredential | None:
        holders = await self._accounts.holders(key)
        if not holders:
            return None
        newest = max((stored for _, stored in holders), key=lambda stored: newer(stored.credential))
        for store, stored in holders:
            if stored.credential.access_token != newest.credential.access_token:
                await store.save(newest.credential)
        return newest

    def _was_changed(self, current: Credential, wish: Wish) -> bool:
        alive = current.expiry is None or current.expiry > self._clock.now()
        return wish.seen is not None and current.access_token.fingerprint != wish.seen and alive

    async def _is_younger_than_wish(self, current: Credential, wish: Wish) -> bool:
        if wish.since is None or current.refresh_token is None:
            return False
        known = await self._memory.recall(current.refresh_token.fingerprint)
        return known is not None and known.verdict is Verdict.FRESH and known.at >= wish.since

    async def _refresh(
        self, current: StoredCredential, wish: Wish, reason: Reason, sending: Callable[[], None]
    ) -> Renewed:
        old = current.credential
        secret = old.refresh_token
        if secret is None:
            raise NotRenewableError
        self._respect(await self._memory.recall(secret.fingerprint), wish)
        for store, _ in await self._accounts.holders(old.key):
            await store.check_writable(old.key)
        sending()
        entry = await self._journal.prepare(old.key, secret.fingerprint, self._clock.now())
        answer = await self._send(entry, secret)
        await self._journal.keep_answer(entry, answer.status, answer.body)
        got = await self._conclude(entry, answer, current)
        kind = RenewalKind.RENEWED if answer.ok else RenewalKind.ADOPTED
        return Renewed(kind=kind, credential=got, location=current.location, reason=reason)

    def _respect(self, before: Outcome | None, wish: Wish) -> None:
        if before is None or before.verdict is Verdict.FRESH:
            return
        now = self._clock.now()
        if before.verdict is Verdict.ENDED:
            raise LoginEndedError(reason=before.reason)
        left = None if before.until is None else before.until - now
        if before.verdict is Verdict.UNCERTAIN:
            if left is not None and left > timedelta():
                raise UncertainLoginError(retry_after=left)
            if before.failures > 1 and not wish.forced:
                raise UncertainLoginError
        elif left is not None and left > timedelta() and not wish.forced:
            raise RetryLaterError(retry_after=left)

    async def _send(self, entry: JournalEntry, secret: Secret) -> Answer:
        pause = _BETWEEN_TRIES
        while True:
            try:
                return await self._auth.refresh(secret)
            except NotSentError:
                if pause > _LONGEST_PAUSE:
                    await self._journal.finish(entry)
                    raise
            except UncertainError:
                await self._remember_uncertain(entry)
                await self._journal.finish(entry)
                raise UncertainLoginError(retry_after=UNCERTAIN_FOR) from None
            except ProbeError:
                await self._journal.finish(entry)
                raise
            await self._clock.sleep(pause)
            pause *= 2

    async def _conclude(self, entry: JournalEntry, answer: Answer, current: StoredCredential) -> Credential:
        """Draw the consequence of an answer that the journal holds, and tick it off.

        The login that holds now: renewed, or made by another program meanwhile. Raises the failure that the answer is.
        """
        if answer.ok:
            return await self._apply(entry, answer, current.credential)
        now = self._clock.now()
        problem = refresh_problem(answer, host=self._host, now=now)
        match classify_refresh(answer):
            case RefreshClass.PERMANENT:
                other = await self._newest(current.credential.key)
                if other is not None and other.credential.refresh_token != current.credential.refresh_token:
                    await self._journal.finish(entry)
                    return other.credential
                ended = Outcome(verdict=Verdict.ENDED, at=now, reason=problem.facts["reason"])
                await self._memory.remember(entry.fingerprint, ended)
            case RefreshClass.UNCERTAIN | RefreshClass.RENEWED:
                await self._remember_uncertain(entry)
                problem = UncertainLoginError(retry_after=UNCERTAIN_FOR)
            case RefreshClass.TRANSIENT | RefreshClass.BLOCKED:
                await self._remember_backoff(entry, problem.retry_after or timedelta(), now)
        await self._journal.finish(entry)
        raise problem

    async def _apply(self, entry: JournalEntry, answer: Answer, old: Credential) -> Credential:
        """Save what a 2xx answer brings in every store that holds the account."""
        reply = read_token_reply(answer.body)
        renewed = None if reply is None else renewed_login(old, reply, now=entry.at)
        if renewed is None:
            await self._remember_uncertain(entry)
            await self._journal.set_aside(entry)
            raise UncertainLoginError(retry_after=UNCERTAIN_FOR) if reply is None else WrongAccountError()
        in_use = old.refresh_token is not None and old.refresh_token.fingerprint == entry.fingerprint
        if not in_use and newer(renewed) <= newer(old):
            # The stores have moved on since: a save that was made before the tick, or a newer login.
            await self._journal.finish(entry)
            return old
        try:
            # A file that was removed meanwhile is written anew: the token in it is spent, this one lives.
            holders = [store for store, _ in await self._accounts.holders(old.key)]
            await save_in(holders or self._accounts.ours[:1], renewed)
        except WriteError as error:
            raise SavedForLaterError(path=error.facts["path"], reason=error.facts["reason"]) from None
        if renewed.refresh_token is not None:
            fresh = Outcome(verdict=Verdict.FRESH, at=self._clock.now())
            await self._memory.remember(renewed.refresh_token.fingerprint, fresh)
        await self._journal.finish(entry)
        return renewed

    async def _remember_uncertain(self, entry: JournalEntry) -> None:
        before = await self._memory.recall(entry.fingerprint)
        again = before is not None and before.verdict is Verdict.UNCERTAIN and before.at < entry.at
        failures = before.failures + 1 if before is not None and again else 1
        outcome = Outcome(verdict=Verdict.UNCERTAIN, at=entry.at, until=entry.at + UNCERTAIN_FOR, failures=failures)
        await self._memory.remember(entry.fingerprint, outcome)

    async def _remember_backoff(self, entry: JournalEntry, asked: timedelta, now: datetime) -> None:
        before = await self._memory.recall(entry.fingerprint)
        failures = before.failures + 1 if before is not None and before.verdict is Verdict.BACKOFF else 1
        # Full jitter: anywhere up to the doubled wait, so that many accounts spread out.
        longest = min(_SHORTEST_BACKOFF * 2 ** min(failures, 10), _LONGEST_BACKOFF)
        seconds = self._randomness.uniform(_SHORTEST_BACKOFF.total_seconds(), longest.total_seconds())
        until = now + max(timedelta(seconds=seconds), asked)
        outcome = Outcome(verdict=Verdict.BACKOFF, at=now, until=until, failures=failures)
        await self._memory.remember(entry.fingerprint, outcome)
