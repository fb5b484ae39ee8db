import asyncio
import json

import pytest

from probe_tray.core.answer import Answer
from probe_tray.core.credential import Credential, StoredCredential
from probe_tray.core.errors import NotSentError, ProbeError, StrangeAnswerError, TokenRefusedError
from probe_tray.core.identity import StoreKind
from probe_tray.core.report import AccountReport
from probe_tray.engine.status import ask_usage, report_account, report_accounts
from tests.support.fakes import START, FakeClock, ScriptedService, problem_kind, settle
from tests.support.tokens import credential

USAGE = {"plan_type": "pro", "rate_limit": {"primary_window": {"used_percent": 12, "limit_window_seconds": 18000}}}


def answer(body: object, status: int = 200) -> Answer:
    return Answer(status, {}, json.dumps(body).encode())


def stored(person: str = "ana") -> StoredCredential:
    return StoredCredential(credential=credential(person), store=StoreKind.FILES, location=f"{person}.json")


async def report(*answers: Answer | Exception) -> AccountReport:
    service = ScriptedService()
    service.answer("usage", *answers)
    return await report_account(service, stored(), FakeClock())


async def test_a_good_answer_becomes_a_snapshot_of_now() -> None:
    found = await report(answer(USAGE))
    assert found.snapshot is not None
    assert found.snapshot.taken_at == START
    assert (found.plan, found.upstream_status, found.problem) == ("pro", 200, None)
    assert (found.email, found.account_id, found.location) == ("ana@example.com", "account-ana", "ana.json")


@pytest.mark.parametrize(
    ("given", "kind", "status"),
    [
        (answer({"error": {"code": "token_expired"}}, 401), "TokenRefusedError", 401),
        (answer({}, 503), "UnavailableError", 503),
        (Answer(200, {}, b"<html>sign in to the network"), "StrangeAnswerError", 200),
        (NotSentError(reason="no network"), "NotSentError", 0),
        (StrangeAnswerError(status="200"), "StrangeAnswerError", 200),
    ],
)
async def test_a_failure_is_in_the_report_beside_what_the_login_says(
    given: Answer | Exception, kind: str, status: int
) -> None:
    found = await report(given)
    assert (problem_kind(found.problem), found.upstream_status) == (kind, status)
    assert (found.snapshot, found.plan) == (None, "plus")


async def test_asking_raises_what_went_wrong() -> None:
    service = ScriptedService()
    service.answer("usage", answer({}, 401))
    with pytest.raises(TokenRefusedError):
        await ask_usage(service, credential(), FakeClock())


class Gated(ScriptedService):
    """Answers one question for each permit."""

    def __init__(self) -> None:
        super().__init__()
        self.answer("usage", answer(USAGE))
        self.permits = asyncio.Semaphore(0)
        self.running = 0
        self.most = 0

    async def usage(self, credential: Credential) -> Answer:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await self.permits.acquire()
        finally:
            self.running -= 1
        return await super().usage(credential)


async def test_accounts_are_asked_side_by_side_but_not_all_at_once() -> None:
    service, done = Gated(), dict[int, AccountReport]()
    logins = [stored(f"p{n}") for n in range(7)]
    task = asyncio.create_task(report_accounts(service, logins, FakeClock(), jobs=3, done=done.__setitem__))
    await settle()
    assert (service.running, done) == (3, {})
    for _ in logins:
        service.permits.release()
    await task
    assert service.most == 3
    assert [done[n].location for n in range(7)] == [login.location for login in logins]


async def test_what_was_done_before_an_interruption_is_kept() -> None:
    service, done = Gated(), dict[int, AccountReport]()
    task = asyncio.create_task(
        report_accounts(service, [stored("a"), stored("b")], FakeClock(), jobs=2, done=done.__setitem__)
    )
    await settle()
    service.permits.release()
    await settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(done) == 1


async def test_one_failure_stops_no_other_account() -> None:
    service, done = ScriptedService(), dict[int, AccountReport]()
    refused: ProbeError = NotSentError(reason="no network")
    service.answer("usage", refused, answer(USAGE))
    await report_accounts(service, [stored("a"), stored("b")], FakeClock(), jobs=1, done=done.__setitem__)
    assert [problem_kind(done[n].problem) for n in (0, 1)] == ["NotSentError", ""]
