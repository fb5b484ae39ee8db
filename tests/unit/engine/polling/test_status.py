import json

import pytest

from probe_tray.core.account.report import AccountReport
from probe_tray.core.errors import NotSentError, ProbeError, StrangeAnswerError, TokenRefusedError, UnavailableError
from probe_tray.core.service.answer import Answer
from probe_tray.engine.polling.usage_check import ask_once, problem_of, report_status
from tests.support.fakes import START, FakeClock, ScriptedService, problem_kind
from tests.support.tokens import credential

USAGE = {"plan_type": "pro", "rate_limit": {"primary_window": {"used_percent": 12, "limit_window_seconds": 18000}}}


def answer(body: object, status: int = 200) -> Answer:
    return Answer(status, {}, json.dumps(body).encode())


async def report(*answers: Answer | Exception) -> AccountReport:
    service = ScriptedService()
    service.answer("usage", *answers)
    login = credential()
    said = AccountReport(location="ana.json", account_id=login.account_id, email=login.email, plan=login.claims.plan)
    return report_status(said, await ask_once(service, login, FakeClock()))


async def test_a_good_answer_becomes_a_snapshot_of_now() -> None:
    found = await report(answer(USAGE))
    assert found.snapshot is not None
    assert found.snapshot.taken_at == START
    assert (found.plan, found.upstream_status, found.problem) == ("pro", 200, None)
    assert (found.email, found.account_id, found.location) == ("ana@example.com", "account-ana", "ana.json")


@pytest.mark.parametrize(
    ("given", "kind", "status"),
    [
        (answer({"error": {"code": "token_expired"}}, 401), TokenRefusedError, 401),
        (answer({}, 503), UnavailableError, 503),
        (Answer(200, {}, b"<html>sign in to the network"), StrangeAnswerError, 200),
        (NotSentError(reason="no network"), NotSentError, 0),
        (StrangeAnswerError(status="200"), StrangeAnswerError, 200),
    ],
)
async def test_a_failure_is_in_the_report_beside_what_the_login_says(
    given: Answer | Exception, kind: type[ProbeError], status: int
) -> None:
    found = await report(given)
    assert (problem_kind(found.problem), found.upstream_status) == (kind, status)
    assert (found.snapshot, found.plan) == (None, "plus")


async def test_a_reply_says_what_went_wrong() -> None:
    service = ScriptedService()
    service.answer("usage", answer({}, 401), answer(USAGE))
    assert isinstance(problem_of(await ask_once(service, credential(), FakeClock())), TokenRefusedError)
    assert problem_of(await ask_once(service, credential(), FakeClock())) is None
