"""Asks for the quota of one account."""

from urllib.parse import urlsplit

import msgspec

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.report import AccountReport
from probe_tray.core.errors import ProbeError, Problem, StrangeAnswerError
from probe_tray.core.quota.snapshot import Snapshot
from probe_tray.core.quota.usage_parser import read_usage
from probe_tray.core.service.answer import judge
from probe_tray.core.service.service import OFFICIAL
from probe_tray.ports.http import QuotaService
from probe_tray.ports.time import Clock

_HOST = urlsplit(OFFICIAL.backend).hostname or ""
"""Whom an edge block is about: the simulated service has no edge."""


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
        return UsageReply(answer.status, failure)
    try:
        return UsageReply(answer.status, read_usage(answer.body, now=now, server_date=answer.date))
    except StrangeAnswerError as error:
        return UsageReply(answer.status, error)


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
