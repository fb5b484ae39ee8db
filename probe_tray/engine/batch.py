"""Renews logins and asks for their quotas, many side by side: what the command does with files and accounts."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial

import msgspec

from probe_tray.core.account.age import newest, newest_by_key
from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.report import AccountReport, RenewalReport, RenewalResult
from probe_tray.core.errors import (
    CodexRenewsError,
    OfficialExpiredError,
    OfficialLoginError,
    ProbeError,
    Problem,
    StillRefusedError,
    StoreError,
    TokenRefusedError,
)
from probe_tray.core.renewal.policy import Reason, renew_reason
from probe_tray.core.renewal.request import RenewalKind, RenewalRequest, Renewed
from probe_tray.core.renewal.turn import has_time, turn
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.polling.usage_check import UsageReply, ask_ends, ask_once, problem_of, report_status
from probe_tray.engine.renewal.authorized_session import AuthorizedSession, Renew, SessionReply
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.engine.timers import to_the_end
from probe_tray.ports.accounts import Journal
from probe_tray.ports.http import QuotaService
from probe_tray.ports.time import Clock

_RESULTS = {
    RenewalKind.RENEWED: RenewalResult.RENEWED,
    RenewalKind.ADOPTED: RenewalResult.ADOPTED,
    RenewalKind.FRESH: RenewalResult.FRESH,
}

_LONGEST_EXTRA = 10.0
"""Seconds to wait for an answer on which nothing depends."""


class BatchOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done for every login."""

    renew: bool = False
    force: bool = False
    """Renew whatever the expiry."""
    status: bool = False
    everything: bool = False
    """Whether what only programs read of a quota is asked for as well: when reset credits are lost."""
    days: int = 3
    """The setting ``renew_before_expiry_days``."""
    renew_refused: bool = True
    """Whether a login that the service refuses is renewed while its quota is asked for."""
    in_turn: bool = False
    """Whether a renewal that has time waits for its turn, where computers share logins without leases."""
    since: datetime
    """When this run began, aware UTC: what was renewed after that, by whomever, was renewed for this run too."""


class BatchContext(msgspec.Struct, frozen=True, kw_only=True):
    """What the work is done with."""

    quota: QuotaService
    accounts: Accounts
    """The stores that hold the logins."""
    renewals: Renewals
    journal: Journal
    clock: Clock


class _BatchRenewal(msgspec.Struct, frozen=True):
    report: RenewalReport
    credential: Credential | None
    """The login that holds now; None where that is not known."""
    renewed: Renewed | None = None
    """What the renewal came to; None where it failed."""


_Told = tuple[AccountReport, Credential]
"""What is told of a login, and the one that the service was asked with."""


class Batch:
    """Works on logins one by one; what several files hold of one account is renewed once."""

    def __init__(self, context: BatchContext, order: BatchOptions) -> None:
        """Do what ``order`` says."""
        self._context = context
        self._order = order
        self._seen: dict[AccountKey, str] = {}
        self._renewed: dict[AccountKey, asyncio.Future[_BatchRenewal]] = {}
        self._unfinished: frozenset[AccountKey] = frozenset()
        """Accounts that may have something in the journal."""
        self._doubted: frozenset[AccountKey] = frozenset()
        """Accounts of which it is remembered that a renewal did not help, or may be."""
        self._asking: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def run(
        self, logins: Sequence[StoredCredential], *, jobs: int, done: Callable[[int, AccountReport], None]
    ) -> None:
        """Do what was ordered for all ``logins``, ``jobs`` at once; ``done`` hears each report with its number.

        Where everything is asked for it may hear of one twice, the second time with more.
        """
        self._seen = _newest(logins) if self._order.renew else {}
        await self._look(logins)
        left = enumerate(logins)
        # What only programs read keeps no other login waiting.
        more = asyncio.Semaphore(jobs)

        async def complete(number: int, told: _Told) -> None:
            async with more:
                await self._complete(*told, lambda report: done(number, report))

        async def work() -> None:
            # From an answer to the next question in one step of the task: what else has come waits that long, or all
            # that came together would wait for each other.
            for number, stored in left:
                if self._stopping:
                    return
                told = await self._process(stored, partial(done, number))
                if told is not None and self._order.everything:
                    group.create_task(complete(number, told))

        async with asyncio.TaskGroup() as group:
            for _ in range(min(jobs, len(logins))):
                group.create_task(work())

    async def stop(self) -> None:
        """Begin nothing any more; return once every renewal that was sent has come to its end.

        :meth:`run` then returns soon, and has told of everything that was done.
        """
        self._stopping = True
        for task in self._asking:
            task.cancel()
        await self._context.renewals.close()

    async def _look(self, logins: Sequence[StoredCredential]) -> None:
        """See which accounts need more than the question: once for all, so that no question waits for the disk."""
        keys = {stored.credential.key for stored in logins}

        async def unfinished() -> frozenset[AccountKey]:
            # A look must not fail for that: what a file holds still works until its token ends.
            with suppress(ProbeError):
                return await self._context.journal.unfinished(keys)
            return frozenset()

        doubted = self._context.renewals.doubted(keys)
        self._unfinished, self._doubted = await asyncio.gather(unfinished(), doubted)

    async def _process(self, stored: StoredCredential, done: Callable[[AccountReport], None]) -> _Told | None:
        """The report with the quota, and the login it was asked with; None where no quota was asked for."""
        renewal: RenewalReport | None = None
        renewed: _BatchRenewal | None = None
        credential = stored.credential
        if self._order.renew:
            renewed = await self._renew(stored)
            renewal, credential = renewed.report, renewed.credential or credential
        elif stored.store is not StoreKind.OFFICIAL:
            credential = await self._finished(stored)
        report = msgspec.structs.replace(said_by(stored, credential), renewal=renewal)
        if not self._order.status or self._stopping:
            if renewal is not None:
                done(report)
            return None
        if renewed is not None and renewed.renewed is not None and not self._context.renewals.counts(renewed.renewed):
            # By its date it needed none, so none was made: that the service refuses it is news.
            renewed = None
        report, credential = await self._ask(stored, credential, report, renewed, done)
        done(report)
        return report, credential

    async def _complete(
        self, report: AccountReport, credential: Credential, done: Callable[[AccountReport], None]
    ) -> None:
        """Tell it once more, with when the reset credits are lost."""
        snapshot = report.snapshot
        if snapshot is None or (snapshot.reset_credits or 0) <= 0 or self._stopping:
            return
        task = _running_task()
        self._asking.add(task)
        try:
            async with asyncio.timeout(_LONGEST_EXTRA):
                ends = await ask_ends(self._context.quota, credential)
        except TimeoutError:
            return
        finally:
            self._asking.discard(task)
        snapshot = msgspec.structs.replace(snapshot, reset_credit_ends=ends or ())
        done(msgspec.structs.replace(report, snapshot=snapshot))

    async def _ask(
        self,
        stored: StoredCredential,
        credential: Credential,
        report: AccountReport,
        before: _BatchRenewal | None,
        done: Callable[[AccountReport], None],
    ) -> _Told:
        """As :meth:`_process`; interrupted it tells the renewal, which no one can take back, all the same."""
        task, tried = _running_task(), False

        async def question(login: Credential) -> UsageReply:
            if self._stopping:
                raise asyncio.CancelledError
            self._asking.add(task)
            return await ask_once(self._context.quota, login, self._context.clock)

        async def renew(login: Credential, refusal: TokenRefusedError) -> Renewed:
            nonlocal tried
            if stored.store is StoreKind.OFFICIAL and not login.is_personal:
                raise OfficialExpiredError
            if before is not None or not login.renewable or not self._order.renew_refused:
                raise refusal
            # From here on it is the renewals' business what an interruption means.
            self._asking.discard(task)
            tried = True
            return await self._context.renewals.renew_refused(login, refusal, days=self._order.days)

        session = self._session(credential, renew, before)
        try:
            reply = await session.ask(question)
        except asyncio.CancelledError:
            if (report := _with_renewal(stored, report, session, tried=tried)).renewal is not None:
                done(report)
            raise
        finally:
            self._asking.discard(task)
        self._note_doubt(reply, credential.key)
        return _with_reply(_with_renewal(stored, report, session, tried=tried), reply, session, tried=tried)

    def _session(
        self, credential: Credential, renew: Renew, before: _BatchRenewal | None
    ) -> AuthorizedSession[UsageReply]:
        renewed, doubted = before and before.renewed, credential.key in self._doubted
        return AuthorizedSession(credential, self._context.renewals, renew, problem_of, renewed, doubted=doubted)

    def _note_doubt(self, reply: SessionReply[UsageReply], key: AccountKey) -> None:
        """Where a renewal did not help: the account's next file may hold a login that the service takes."""
        if isinstance(reply.problem, StillRefusedError):
            self._doubted |= {key}

    async def _renew(self, stored: StoredCredential) -> _BatchRenewal:
        if stored.credential.is_personal:
            # Nothing is wrong with that, at whatever hour a scheduled run meets it.
            report = RenewalReport(result=RenewalResult.NOT_OURS, expires_at=stored.credential.expiry)
            return _BatchRenewal(report, None)
        if stored.store is StoreKind.OFFICIAL:
            return self._not_ours(stored)
        key = stored.credential.key
        await self._wait_for_turn(stored)
        if (running := self._renewed.get(key)) is None:
            reason = Reason.FORCED if self._order.force else None
            request = RenewalRequest(
                days=self._order.days,
                reason=reason,
                seen=self._seen.get(key),
                since=self._order.since if self._order.force else None,
            )
            running = self._renewed[key] = asyncio.ensure_future(_attempt(self._context.renewals.renew(key, request)))
        renewed = await asyncio.shield(running)
        asked_nobody = renewed.report.result in {RenewalResult.FRESH, RenewalResult.ADOPTED}
        if renewed.credential is None or not asked_nobody:
            return renewed
        if renewed.credential.access_token == stored.credential.access_token:
            return renewed
        # Another file, or the vault, has a newer login of the account.
        adopted = msgspec.structs.replace(renewed.report, result=RenewalResult.ADOPTED)
        checked = await self._checked(stored, renewed.credential, adopted)
        return _BatchRenewal(checked, renewed.credential, renewed.renewed if checked.problem is None else None)

    async def _wait_for_turn(self, stored: StoredCredential) -> None:
        """Let other computers go first, or after this one, that began at the same moment."""
        login, clock, order = stored.credential, self._context.clock, self._order
        reason = renew_reason(login, now=clock.now(), days=order.days, records_end=stored.records_end)
        if order.force or not (order.in_turn and has_time(reason, login.expiry, clock.now())):
            return
        task = _running_task()
        # Nothing was begun: whoever stops the run need not wait for it.
        self._asking.add(task)
        try:
            fraction = await self._context.renewals.turn(login.key)
            if fraction is not None:
                await clock.sleep(max(0.0, (turn(order.since, fraction) - clock.now()).total_seconds()))
        finally:
            self._asking.discard(task)

    async def _checked(self, stored: StoredCredential, newest: Credential, report: RenewalReport) -> RenewalReport:
        """``report``, or why the file could not be brought up to ``newest``."""
        try:
            for store, held in await self._context.accounts.holders(newest.key):
                if held.location == stored.location and held.credential.access_token != newest.access_token:
                    await store.check_writable(newest.key)
        except StoreError as error:
            return _failed(error)
        return report

    def _not_ours(self, stored: StoredCredential) -> _BatchRenewal:
        problem: Problem | None = None
        if self._order.force:
            problem = OfficialLoginError(path=stored.location).problem
        result = RenewalResult.FAILED if problem else RenewalResult.NOT_OURS
        return _BatchRenewal(RenewalReport(result=result, expires_at=stored.credential.expiry, problem=problem), None)

    async def _finished(self, stored: StoredCredential) -> Credential:
        """The login after what an earlier run left in the journal for its account was brought to its end."""
        key = stored.credential.key
        if key not in self._unfinished:
            return stored.credential
        # As above, a look must not fail for that.
        with suppress(ProbeError):
            if await self._context.journal.pending(key):
                await to_the_end(self._context.renewals.finish_pending(key))
                return newest(s.credential for _, s in await self._context.accounts.holders(key))
        return stored.credential


def _running_task() -> "asyncio.Task[None]":
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine always runs in one
    return task


def _newest(logins: Iterable[StoredCredential]) -> dict[AccountKey, str]:
    """The fingerprint of each account's newest access token."""
    ours = (stored.credential for stored in logins if stored.store is not StoreKind.OFFICIAL)
    return {key: login.access_token.fingerprint for key, login in newest_by_key(ours).items()}


async def _attempt(renewal: Awaitable[Renewed]) -> _BatchRenewal:
    try:
        renewed = await renewal
    except CodexRenewsError:
        # As with the client's own login: that it is left to the client is no failure of a scheduled run.
        return _BatchRenewal(RenewalReport(result=RenewalResult.NOT_OURS), None)
    except ProbeError as error:
        return _BatchRenewal(_failed(error), None)
    return _BatchRenewal(_told(renewed), renewed.credential, renewed)


def _failed(error: ProbeError) -> RenewalReport:
    return RenewalReport(result=RenewalResult.FAILED, problem=error.problem)


def _with_renewal(
    stored: StoredCredential, report: AccountReport, session: AuthorizedSession[UsageReply], *, tried: bool
) -> AccountReport:
    """``report`` with the renewal that a refusal has brought, if one was ``tried``."""
    if not tried or session.renewed is None:
        return report
    return msgspec.structs.replace(said_by(stored, session.credential), renewal=_told(session.renewed))


def _with_reply(
    report: AccountReport, reply: SessionReply[UsageReply], session: AuthorizedSession[UsageReply], *, tried: bool
) -> _Told:
    problem, was_renewed = reply.problem, session.renewed is not None
    if problem is None:
        return report_status(report, reply.answer), session.credential
    if (tried or was_renewed) and isinstance(problem, StillRefusedError) is was_renewed:
        # Either it has failed, or it has not helped. Where that was known before there was none.
        report = msgspec.structs.replace(report, renewal=_failed(problem))
    return report_status(report, UsageReply(reply.answer.upstream_status, problem)), session.credential


def _told(renewed: Renewed) -> RenewalReport:
    ends_at = renewed.ends_at or renewed.credential.expiry
    return RenewalReport(result=_RESULTS[renewed.kind], reason=renewed.reason, expires_at=ends_at)


def said_by(stored: StoredCredential, credential: Credential) -> AccountReport:
    """What the login itself says, before anybody was asked."""
    return AccountReport(
        location=stored.location,
        account_id=credential.account_id,
        email=credential.email,
        workspace=credential.claims.workspace,
        plan=credential.claims.plan,
        expires_at=credential.expiry,
        personal=credential.is_personal,
    )
