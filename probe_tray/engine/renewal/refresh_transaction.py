"""One refresh of one account, with the account's lock held: the order of these steps is what keeps a login alive.

Read the stores again, prove that the answer can be kept, write the intent, send once, keep the raw answer as it comes
and before anybody reads it, then save it everywhere and tick it off. Nothing here is reordered for speed.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple

from msgspec.structs import replace

from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    CertificateError,
    CodexCopyError,
    JournalSealedError,
    LoginError,
    NotRenewableError,
    NotSentError,
    ProbeError,
    ProxyAddressError,
    ProxyLoginError,
    SavedForLaterError,
    ServiceError,
    StoreError,
    UncertainLoginError,
    WriteError,
    WrongAccountError,
)
from probe_tray.core.renewal.journal import JournalEntry, PendingEntry
from probe_tray.core.renewal.policy import Reason, due_on_arrival, half_life, policy_end, renew_reason
from probe_tray.core.renewal.request import RenewalKind, RenewalRequest, Renewed
from probe_tray.core.renewal.token_reply import RefreshClass, classify_refresh, read_token_reply, refresh_problem
from probe_tray.core.service.answer import Answer
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.renewal.account_logins import AccountLogins
from probe_tray.engine.renewal.renewal_coordinator import RenewalCoordinator
from probe_tray.engine.renewal.token_memory import UNCERTAIN_FOR, Alone, TokenMemory
from probe_tray.ports.accounts import Journal, RenewalMemory
from probe_tray.ports.http import AuthService
from probe_tray.ports.time import Clock, Randomness

_PAUSES = (1.0, 2.0)
"""Seconds between the tries of a request that never left: three tries in all."""
_FOR_A_PERSON = (ProxyAddressError, ProxyLoginError, CertificateError, NotRenewableError, CodexCopyError)
"""What only a person can mend, and a request that was not sent meets."""


class _Due(NamedTuple):
    stored: StoredCredential
    reason: Reason


class RefreshTransaction:
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
        self._journal = journal
        self._clock = clock
        self._outcomes = TokenMemory(memory, clock, randomness)
        self._account_logins = AccountLogins(accounts, self._outcomes)
        self._host = host
        self._unkept: dict[str, tuple[JournalEntry, Answer]] = {}
        """Answers that the journal could not take: they live as long as this process, or until a store has them."""

    async def run(
        self,
        key: AccountKey,
        request: RenewalRequest,
        sending: Callable[[], None],
        coordinator: RenewalCoordinator,
        alone: Alone,
    ) -> Renewed:
        """Renew the account, or find that there is no need. Raises a ProbeError when it could not be renewed.

        ``sending`` is called right before the first step that must not be broken off, and may raise to prevent it.
        Within ``alone`` no other account's renewal uses the refresh token of that fingerprint.
        """
        due = await self._look_everywhere(key, request, coordinator)
        if isinstance(due, Renewed):
            return due
        secret = due.stored.credential.refresh_token
        if secret is None:
            raise NotRenewableError
        async with alone(secret.fingerprint):
            renewed = await self._refresh(due, secret, request, sending, coordinator)
        if renewed is not None:
            return renewed
        # Somebody was faster: their login is here by now.
        due = await self._look(key, request, adopted=True)
        return due if isinstance(due, Renewed) else Renewed.adopted(due.stored)

    async def adopt(self, key: AccountKey, request: RenewalRequest, coordinator: RenewalCoordinator) -> Renewed | None:
        """Take over what others have renewed; None where nobody has. No request is made. Raises a ProbeError."""
        due = await self._look_everywhere(key, request, coordinator)
        return due if isinstance(due, Renewed) else None

    async def _look_everywhere(
        self, key: AccountKey, request: RenewalRequest, coordinator: RenewalCoordinator
    ) -> _Due | Renewed:
        # First what an earlier run left: its answer may be the newest login, and the token in the stores spent.
        if await self.finish_pending(key):
            await coordinator.publish(key)
        due = await self._look(key, request)
        if isinstance(due, _Due) and await coordinator.adopt_newer(due.stored.credential, due.reason):
            due = await self._look(key, request, adopted=True)
        return due

    async def _look(self, key: AccountKey, request: RenewalRequest, *, adopted: bool = False) -> _Due | Renewed:
        """The login to renew and why; or that there is no need, since it is fresh or was renewed elsewhere.

        ``adopted``: what is here was just taken over from another computer, which is as good as a renewal.
        """
        held = await self._account_logins.newest(key)
        if held is None:
            raise NotRenewableError
        current = await self._account_logins.caught_up(held)
        login = current.credential
        await self._account_logins.spread(login)
        # Its renewals are the client's: what was just learnt from it is not renewed in the same breath.
        if current is not held or self._was_changed(login, request) or await self._is_younger(login, request):
            return Renewed.adopted(current)
        if adopted and request.reason is not None and self._is_alive(login):
            return Renewed.adopted(current)
        reason = request.reason or await self._due(current, request)
        if reason is not None:
            return _Due(current, reason)
        ends_at = policy_end(login, records_end=current.records_end)
        kind = RenewalKind.ADOPTED if adopted else RenewalKind.FRESH
        return Renewed(kind=kind, credential=login, location=current.location, ends_at=ends_at)

    async def unfinished(self) -> tuple[AccountKey, ...]:
        """The accounts that have entries in the journal."""
        return tuple(dict.fromkeys([pending.entry.key for pending in await self._journal.pending()]))

    async def finish_pending(self, key: AccountKey) -> bool:
        """Bring renewals to their end that an earlier run of this program could not. Raises StoreError.

        Whether any of them brought a login.
        """
        brought = False
        for entry, answer in [kept for kept in self._unkept.values() if kept[0].key == key]:
            brought |= await self._finish_answered(entry, answer)
        for pending in await self._journal.pending(key):
            if pending.problem is not None:
                if not await self._account_logins.is_overtaken(pending.entry):
                    raise JournalSealedError
                await self._journal.set_aside(pending.entry)
            elif pending.answer is not None:
                brought |= await self._finish_answered(pending.entry, pending.answer)
            elif pending.entry.fingerprint:
                await self._outcomes.uncertain(pending.entry, now=False)
                await (self._journal.set_aside if pending.partial else self._journal.finish)(pending.entry)
            else:
                await self._doubt(pending.entry)
        return brought

    async def _doubt(self, damaged: JournalEntry) -> None:
        """Suspect the token that the account has now: it may be the one that was sent."""
        current = await self._account_logins.newest(damaged.key)
        token = None if current is None else current.credential.refresh_token
        if token is not None:
            await self._outcomes.uncertain(replace(damaged, fingerprint=token.fingerprint), now=False)
        await self._journal.set_aside(damaged)

    async def _finish_answered(self, entry: JournalEntry, answer: Answer) -> bool:
        # A failure is remembered by now, and the renewal that follows meets it in the memory.
        with suppress(ServiceError, LoginError):
            return await self._conclude(entry, answer, None) is not None
        return False

    async def catch_up(self, key: AccountKey) -> bool:
        """Take over the official client's newer login; whether there is another one now. Raises a ProbeError."""
        brought = await self.finish_pending(key)
        held = await self._account_logins.newest(key)
        current = None if held is None else await self._account_logins.caught_up(held)
        if current is not None:
            await self._account_logins.spread(current.credential)
        return brought or current is not held

    @property
    def outcomes(self) -> TokenMemory:
        """What came of the tokens that were used."""
        return self._outcomes

    async def _due(self, current: StoredCredential, request: RenewalRequest) -> Reason | None:
        """Why the policy renews it; None too where that would bring what the last renewal brought."""
        login = current.credential
        reason = renew_reason(login, now=self._clock.now(), days=request.days, records_end=current.records_end)
        brought = None if reason is None else await self._outcomes.last_renewed(login)
        if brought is None:
            return reason
        # It was due as soon as it came: its life is shorter than the days of the setting, the replies lack what the
        # policy asks for, or this computer's clock is ahead. Every further run would spend a token and change nothing.
        age = self._clock.now() - brought
        futile = due_on_arrival(login, brought=brought, days=request.days, records_end=current.records_end)
        return None if futile and timedelta() <= age < half_life(login) else reason

    def _was_changed(self, current: Credential, request: RenewalRequest) -> bool:
        return request.seen is not None and current.access_token.fingerprint != request.seen and self._is_alive(current)

    def _is_alive(self, current: Credential) -> bool:
        return current.expiry is None or current.expiry > self._clock.now()

    async def _is_younger(self, current: Credential, request: RenewalRequest) -> bool:
        token = current.refresh_token
        if request.since is None or token is None:
            return False
        return await self._outcomes.was_renewed_since(token.fingerprint, request.since)

    async def _refresh(
        self,
        due: _Due,
        secret: Secret,
        request: RenewalRequest,
        sending: Callable[[], None],
        coordinator: RenewalCoordinator,
    ) -> Renewed | None:
        """The request and what comes of it; None where another computer, or the official client, was faster."""
        login = due.stored.credential
        await self._outcomes.check(secret.fingerprint, forced=request.forced)
        if await self._account_logins.usable(due.stored) is not due.stored:
            return None
        await self._account_logins.check_writable(login.key)
        if await coordinator.claim(login, due.reason):
            return None
        sending()
        try:
            renewed = await self._request(due, secret, coordinator)
        except (UncertainLoginError, WrongAccountError, StoreError):
            # The token is used up, or may be: nobody else is to use it now. Where it was not, that is told already.
            raise
        except ProbeError:
            await coordinator.give_up(login.key)
            raise
        await coordinator.publish(renewed.credential.key)
        return renewed

    async def _request(self, due: _Due, secret: Secret, coordinator: RenewalCoordinator) -> Renewed:
        current, key = due.stored, due.stored.credential.key
        try:
            entry = await self._journal.prepare(key, secret.fingerprint, self._clock.now(), self._clock.monotonic())
        except StoreError:
            await coordinator.give_up(key)
            raise
        try:
            await coordinator.mark_sent(current.credential)
        except ProbeError:
            await self._finish(entry)
            raise
        answer = await self._send(entry, secret, coordinator)
        if isinstance(answer, StoredCredential):
            return Renewed.adopted(answer)
        try:
            await self._journal.keep_answer(entry, answer.status, answer.body)
        except StoreError:
            # The medium has failed under the room that was reserved: all the more the stores must have the tokens.
            self._unkept[entry.name] = (entry, answer)
        got = await self._conclude(entry, answer, current)
        if got is None:
            raise NotRenewableError
        kind = RenewalKind.RENEWED if answer.ok else RenewalKind.ADOPTED
        return Renewed(kind=kind, credential=got, location=current.location, reason=due.reason)

    async def _send(
        self, entry: JournalEntry, secret: Secret, coordinator: RenewalCoordinator
    ) -> Answer | StoredCredential:
        """The answer; or the login that another program, which knows nothing of our lock, has stored meanwhile."""
        pauses = iter(_PAUSES)
        while True:
            try:
                other = await self._other_login(entry)
                if other is None:
                    return await self._auth.refresh(secret, self._journal.arriving(entry))
            except (*_FOR_A_PERSON, StoreError) as error:
                await self._finish(entry)
                if isinstance(error, StoreError):
                    # It was not sent. A store that fails later, with the answer there, keeps the others waiting.
                    await coordinator.give_up(entry.key)
                raise
            except NotSentError:
                pause = next(pauses, None)
                if pause is None:
                    await self._finish(entry)
                    raise
            except ProbeError:
                # Whatever else went wrong went wrong after sending.
                arrived = await self._arrived(entry)
                if arrived is not None and arrived.answer is not None:
                    return arrived.answer
                await self._outcomes.uncertain(entry, now=True)
                await self._abandon(entry, arrived)
                raise UncertainLoginError(retry_after=UNCERTAIN_FOR) from None
            else:
                await self._finish(entry)
                return other
            await self._clock.sleep(pause)

    async def _arrived(self, entry: JournalEntry) -> PendingEntry | None:
        """What had come of the answer when the connection was given up; None where the journal cannot be read."""
        with suppress(StoreError):
            for pending in await self._journal.pending(entry.key):
                if pending.entry.name == entry.name:
                    return pending
        return None

    async def _abandon(self, entry: JournalEntry, arrived: PendingEntry | None) -> None:
        """Tick off an entry without a whole answer. What may hold pieces of one is never deleted."""
        if arrived is None or arrived.problem is not None:
            return
        if not arrived.partial:
            await self._finish(entry)
            return
        with suppress(WriteError):
            await self._journal.set_aside(entry)

    async def _other_login(self, entry: JournalEntry) -> StoredCredential | None:
        held = await self._account_logins.newest(entry.key)
        current = None if held is None else await self._account_logins.usable(held)
        token = None if current is None else current.credential.refresh_token
        if current is None or token is None:
            raise NotRenewableError
        if current is not held:
            await self._account_logins.spread(current.credential)
        return None if token.fingerprint == entry.fingerprint else current

    async def _conclude(self, entry: JournalEntry, answer: Answer, used: StoredCredential | None) -> Credential | None:
        """Draw the consequence of an answer that the journal holds, and tick it off.

        The login that holds now: renewed, or made by another program meanwhile; None where the answer belongs to
        nothing in these stores and stays. Raises the failure that the answer is.
        """
        if answer.ok:
            return await self._apply(entry, answer, used)
        problem = refresh_problem(answer, host=self._host, now=self._clock.now())
        match classify_refresh(answer):
            case RefreshClass.PERMANENT:
                await self._outcomes.ended(entry.fingerprint, problem.facts["reason"])
                # A program without our lock may have used the token first; then its login is what holds.
                held = await self._account_logins.newest(entry.key)
                other = None if held is None else await self._account_logins.caught_up(held)
                token = None if other is None else other.credential.refresh_token
                if other is not None and token is not None and token.fingerprint != entry.fingerprint:
                    await self._finish(entry)
                    await self._account_logins.spread(other.credential)
                    return other.credential
            case RefreshClass.UNCERTAIN | RefreshClass.RENEWED:
                await self._outcomes.uncertain(entry, now=used is not None)
                problem = UncertainLoginError(retry_after=UNCERTAIN_FOR)
            case RefreshClass.TRANSIENT | RefreshClass.BLOCKED:
                await self._outcomes.wait(entry.fingerprint, problem.retry_after or timedelta())
        await self._finish(entry)
        raise problem

    async def _apply(self, entry: JournalEntry, answer: Answer, used: StoredCredential | None) -> Credential | None:
        reply = read_token_reply(answer.body)
        if reply is None:
            await self._set_aside(entry, now=used is not None)
            raise UncertainLoginError(retry_after=UNCERTAIN_FOR)
        try:
            applied = await self._account_logins.apply(entry, reply, answer.issued_at(entry.at), used)
        except WrongAccountError:
            await self._set_aside(entry, now=used is not None)
            raise
        if applied is None:
            return None
        if applied.fault is not None:
            facts = applied.fault.facts
            if entry.name in self._unkept or not {"path", "reason"} <= facts.keys():
                raise applied.fault
            raise SavedForLaterError(path=facts["path"], reason=facts["reason"])
        await self._finish(entry)
        return applied.credential

    async def _set_aside(self, entry: JournalEntry, *, now: bool) -> None:
        await self._outcomes.uncertain(entry, now=now)
        self._unkept.pop(entry.name, None)
        await self._journal.set_aside(entry)

    async def _finish(self, entry: JournalEntry) -> None:
        """Tick the entry off; one that cannot be removed comes up again and says the same as now."""
        self._unkept.pop(entry.name, None)
        with suppress(WriteError):
            await self._journal.finish(entry)
