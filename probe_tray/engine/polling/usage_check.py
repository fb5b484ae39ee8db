"""Checks one account's usage, with the renewal that a refused access token calls for, and its reset credits."""

import asyncio
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.report import AccountReport
from probe_tray.core.errors import (
    OfficialExpiredError,
    PersonalTokenRefusedError,
    ProbeError,
    Problem,
    StrangeAnswerError,
    TokenRefusedError,
)
from probe_tray.core.quota.snapshot import Snapshot
from probe_tray.core.quota.usage_parser import read_reset_credits, read_usage
from probe_tray.core.renewal.request import RenewalKind, Renewed
from probe_tray.core.service.answer import judge
from probe_tray.core.service.service import OFFICIAL
from probe_tray.core.settings import Settings
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.renewal.authorized_session import AuthorizedSession
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.ports.http import QuotaService
from probe_tray.ports.time import Clock

_HOST = urlsplit(OFFICIAL.backend).hostname or ""
"""Whom an edge block is about: the simulated service has no edge."""
_CREDITS_EVERY = timedelta(hours=1)
"""For each account, where there are credits: nothing depends on when they are lost."""
_LOG_OUT_SECONDS = 5.0
"""So long a log-out of the official client may take from its first step to its last."""


class UsageReply(msgspec.Struct, frozen=True):
    """One question: the HTTP status of its answer (0 when there was none), and what came of it."""

    upstream_status: int
    outcome: Snapshot | ProbeError


async def ask_once(quota: QuotaService, credential: Credential, clock: Clock) -> UsageReply:
    """Ask; a failure is an outcome too, and nothing raises."""
    try:
        answer = await quota.usage(credential)
    except StrangeAnswerError as error:
        return UsageReply(int(error.facts["status"]), error)
    except ProbeError as error:
        return UsageReply(0, error)
    now = clock.now()
    if failure := judge(answer, host=_HOST, now=now):
        return UsageReply(answer.status, refused_as(credential, failure))
    try:
        return UsageReply(answer.status, read_usage(answer.body, now=now, server_date=answer.date))
    except StrangeAnswerError as error:
        return UsageReply(answer.status, error)


def refused_as(credential: Credential, failure: ProbeError) -> ProbeError:
    """``failure``, said of a personal access token where that was refused: other words help there."""
    is_refusal = isinstance(failure, TokenRefusedError)
    return PersonalTokenRefusedError() if credential.is_personal and is_refusal else failure


def problem_of(reply: UsageReply) -> ProbeError | None:
    """Why there is no quota; None where there is."""
    return reply.outcome if isinstance(reply.outcome, ProbeError) else None


def report_status(report: AccountReport, asked: UsageReply) -> AccountReport:
    """``report`` with the answer laid beside what the login itself says."""
    snapshot, problem = _parts(asked.outcome)
    return msgspec.structs.replace(
        report,
        plan=(snapshot.plan if snapshot else "") or report.plan,
        snapshot=snapshot,
        upstream_status=asked.upstream_status,
        problem=problem,
    )


def _parts(outcome: Snapshot | ProbeError) -> tuple[Snapshot | None, Problem | None]:
    return (None, outcome.problem) if isinstance(outcome, ProbeError) else (outcome, None)


class ResetCreditCheck:
    """Asks once an hour for each account, at once where their number has changed, and only where there are credits."""

    def __init__(self, quota: QuotaService, clock: Clock) -> None:
        """Ask ``quota``."""
        self._quota = quota
        self._clock = clock
        self._asked: dict[AccountKey, tuple[datetime, int]] = {}
        self._ends: dict[AccountKey, tuple[datetime, ...]] = {}

    async def completed(self, snapshot: Snapshot, credential: Credential) -> Snapshot:
        """``snapshot`` with the ends of its reset credits as far as they are known. Never raises a ProbeError."""
        key, now, count = credential.key, self._clock.now(), snapshot.reset_credits
        if not count or count < 0:
            self._asked.pop(key, None)
            self._ends.pop(key, None)
            return snapshot
        last, known = self._asked.get(key, (None, count))
        if known != count:
            # One of them belongs to a credit that is used up, or a nearer one has come.
            self._ends.pop(key, None)
        if last is None or known != count or abs(now - last) >= _CREDITS_EVERY:
            # Noted first: what fails is not tried again with every check either.
            self._asked[key] = now, count
            await self._ask(credential)
        return replace(snapshot, reset_credit_ends=self._ends.get(key, ()))

    async def _ask(self, credential: Credential) -> None:
        ends = await ask_ends(self._quota, credential)
        if ends is not None:
            self._ends[credential.key] = ends


async def ask_ends(quota: QuotaService, credential: Credential) -> tuple[datetime, ...] | None:
    """When the account's reset credits are lost, the nearest first; None where that is not to be had. Asks once."""
    try:
        answer = await quota.reset_credits(credential)
    except ProbeError:
        return None
    return read_reset_credits(answer.body) if answer.ok else None


class UsageCheck:
    """Asks for a snapshot; a login of ours whose access token is refused is renewed once, then asked again once."""

    def __init__(self, quota: QuotaService, accounts: Accounts, renewals: Renewals, clock: Clock) -> None:
        """Ask ``quota`` with the logins of ``accounts``."""
        self._quota = quota
        self._accounts = accounts
        self._renewals = renewals
        self._clock = clock
        self._credits = ResetCreditCheck(quota, clock)

    async def snapshot(self, key: AccountKey, settings: Settings) -> Snapshot:
        """The quota now. Raises a ProbeError."""
        # Both before the question, when they share a thread with those of all checks that begin together. Where the
        # login is behind after all, the service refuses it, and the renewal reads every file.
        doubt = asyncio.create_task(self._renewals.is_doubted(key))
        try:
            stored, doubted = await self._accounts.at_a_glance(key), await doubt
        finally:
            doubt.cancel()
        if stored is None:
            raise await self._gone(TokenRefusedError())

        async def renew(login: Credential, refusal: TokenRefusedError) -> Renewed:
            if stored.store is StoreKind.OFFICIAL:
                return await self._of_client(login, refusal)
            if not settings.auto_renew or not stored.may_be_renewed:
                raise refusal
            # Another program may have renewed it, which the renewal finds out before it asks the service.
            renewed = await self._renewals.renew_refused(login, refusal, days=settings.renew_before_expiry_days)
            await self._accounts.read()
            return renewed

        # Whatever its recorded or own end: this computer's clock may be wrong, and only the service's counts.
        session = AuthorizedSession(stored.credential, self._renewals, renew, problem_of, doubted=doubted)
        reply = await session.ask(lambda login: ask_once(self._quota, login, self._clock))
        if reply.problem is not None:
            raise reply.problem
        if isinstance(reply.answer.outcome, ProbeError):
            raise reply.answer.outcome
        return await self._credits.completed(reply.answer.outcome, session.credential)

    async def _of_client(self, credential: Credential, refusal: TokenRefusedError) -> Renewed:
        """The login that the official client has now, where it is another one."""
        # Service fact: a log-out revokes the tokens before the client removes its login, and there is nothing to say.
        await self._clock.sleep(_LOG_OUT_SECONDS)
        now = await self._accounts.current(credential.key)
        if now is None:
            raise await self._gone(refusal)
        if now.credential.access_token != credential.access_token:
            # Nobody has renewed it for this check, so a refusal of that one is remembered of no renewal.
            return Renewed(kind=RenewalKind.FRESH, credential=now.credential, location=now.location)
        end = credential.expiry
        raise refusal if end is None or end > self._clock.now() else OfficialExpiredError

    async def _gone(self, refusal: TokenRefusedError) -> TokenRefusedError:
        """What is said of a login that is in no store any more: nothing, once its account is gone from the state."""
        await self._accounts.read()
        return refusal
