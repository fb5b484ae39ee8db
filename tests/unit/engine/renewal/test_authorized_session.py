"""One login with which the service is asked: refused, it is renewed once and asked with once more."""

import asyncio
from collections.abc import Sequence

import pytest

from probe_tray.core.account.credential import Credential
from probe_tray.core.errors import (
    LoginEndedError,
    ProbeError,
    ReadError,
    StillRefusedError,
    TokenRefusedError,
    UnavailableError,
)
from probe_tray.core.renewal.journal import TokenOutcome
from probe_tray.core.renewal.request import Renewed
from probe_tray.core.service.answer import Answer, judge
from probe_tray.engine.renewal.authorized_session import AuthorizedSession
from tests.support.fakes import START
from tests.support.tokens import credential
from tests.unit.engine.bench import Bench, token_answer, usage_answer

ANA, NEWER = credential("ana"), credential("ana", number=2)
REFUSED = Answer(401, {}, b'{"error": {"code": "token_revoked"}}')
REVOKED = StillRefusedError(reason="the login was revoked").problem


def problem_of(answer: Answer) -> ProbeError | None:
    return judge(answer, host="host", now=START)


class Session:
    """A session over the bench's service and renewals, which may renew."""

    def __init__(self, *answers: Answer, renewed: Renewed | None = None) -> None:
        self.bench = Bench(ANA)
        self.bench.service.answer("usage", *answers)
        self.bench.service.answer("refresh", token_answer("ana", 2))
        self.session = self.another(renewed)

    def another(self, renewed: Renewed | None = None) -> AuthorizedSession[Answer]:
        return AuthorizedSession(ANA, self.bench.renewals, self.renew, problem_of, renewed)

    async def renew(self, login: Credential, refusal: TokenRefusedError) -> Renewed:
        return await self.bench.renewals.renew_refused(login, refusal, days=3)

    async def ask(self) -> tuple[int, ProbeError | None]:
        reply = await self.session.ask(self.bench.service.usage)
        return reply.answer.status, reply.problem

    @property
    def asked(self) -> list[str]:
        return [name for name, _ in self.bench.service.asked]


async def test_an_answer_needs_no_renewal() -> None:
    session = Session(usage_answer())
    assert await session.ask() == (200, None)
    assert session.asked == ["usage"]
    assert (session.session.credential, session.session.renewed) == (ANA, None)


async def test_a_refused_login_is_renewed_and_asked_with_once_more() -> None:
    session = Session(REFUSED, usage_answer())
    assert await session.ask() == (200, None)
    assert session.asked == ["usage", "refresh", "usage"]
    assert session.session.credential.access_token == NEWER.access_token
    assert session.session.renewed is not None
    assert await session.ask() == (200, None)
    assert session.bench.service.count("refresh") == 1


async def test_a_login_that_stays_refused_is_asked_with_no_more_and_never_renewed_again() -> None:
    session = Session(REFUSED)
    for _ in range(3):
        status, problem = await session.ask()
        assert problem is not None
        assert (status, problem.problem) == (401, REVOKED)
    assert session.asked == ["usage", "refresh", "usage"]
    # What is remembered holds for every later session.
    session.session = session.another()
    _, problem = await session.ask()
    assert problem is not None
    assert problem.problem == REVOKED
    assert session.bench.service.count("refresh") == 1


async def test_a_login_that_is_taken_again_may_be_renewed_when_it_is_refused_once_more() -> None:
    session = Session(REFUSED, REFUSED, usage_answer(), REFUSED, usage_answer())
    await session.ask()
    for _ in range(2):
        later = credential("ana", number=7)
        session.bench.vault.held[ANA.key] = later
        session.session = AuthorizedSession(later, session.bench.renewals, session.renew, problem_of)
        assert await session.ask() == (200, None)
    assert session.asked == ["usage", "refresh", "usage", "usage", "usage", "refresh", "usage"]


async def test_of_a_login_that_nobody_doubted_nothing_is_taken_back() -> None:
    bench, recalled = Session(usage_answer(), REFUSED, REFUSED, usage_answer()).bench, list[str]()
    recall = bench.memory.recall

    async def noted(fingerprint: str) -> TokenOutcome | None:
        recalled.append(fingerprint)
        return await recall(fingerprint)

    async def renew(login: Credential, refusal: TokenRefusedError) -> Renewed:
        return await bench.renewals.renew_refused(login, refusal, days=3)

    bench.memory.recall = noted  # type: ignore[method-assign]
    assert not await bench.renewals.is_doubted(ANA.key)
    recalled.clear()
    session = AuthorizedSession(ANA, bench.renewals, renew, problem_of, doubted=False)
    assert (await session.ask(bench.service.usage)).problem is None
    assert not recalled
    # What a renewal of this session has brought is refused, so the account is doubted, until it is taken after all.
    assert isinstance((await session.ask(bench.service.usage)).problem, StillRefusedError)
    assert await bench.renewals.is_doubted(ANA.key)
    later = AuthorizedSession(ANA, bench.renewals, renew, problem_of, doubted=True)
    assert (await later.ask(bench.service.usage)).problem is None
    assert not await bench.renewals.is_doubted(ANA.key)


async def test_a_memory_that_cannot_be_read_is_a_doubt() -> None:
    bench = Session().bench

    async def unreadable(fingerprint: str) -> TokenOutcome | None:
        raise ReadError(path=fingerprint, reason="the disk fails")

    async def all_unreadable(fingerprints: Sequence[str]) -> Sequence[ReadError]:
        return [ReadError(path=fingerprint, reason="the disk fails") for fingerprint in fingerprints]

    bench.memory.recall = unreadable  # type: ignore[method-assign]
    bench.memory.recall_all = all_unreadable  # type: ignore[method-assign]
    assert await bench.renewals.is_doubted(ANA.key)
    assert await bench.renewals.doubted([ANA.key]) == {ANA.key}


async def test_of_many_accounts_those_in_doubt_are_found_by_one_look() -> None:
    bench = (session := Session(REFUSED)).bench
    assert isinstance((await session.ask())[1], StillRefusedError)
    others = [credential(person).key for person in ("bo", "ida")]
    assert await bench.renewals.doubted([*others, ANA.key]) == {ANA.key}
    assert await bench.renewals.doubted(others) == frozenset()


async def test_after_a_renewal_of_this_run_a_refusal_brings_no_second_one() -> None:
    bench = Session(REFUSED)
    done = await bench.renew(ANA, TokenRefusedError())
    session = Session(REFUSED, renewed=done)
    _, problem = await session.ask()
    assert isinstance(problem, StillRefusedError)
    assert session.asked == ["usage"]


async def test_why_a_renewal_failed_takes_the_place_of_the_refusal() -> None:
    session = Session(REFUSED)
    session.bench.service.answer("refresh", Answer(400, {}, b'{"error": "invalid_grant"}'))
    for _ in range(2):
        status, problem = await session.ask()
        assert status == 401
        assert isinstance(problem, LoginEndedError)
    assert session.asked == ["usage", "refresh"]


async def test_where_nothing_may_be_renewed_the_refusal_stays() -> None:
    bench = Session(REFUSED).bench

    async def leave(login: Credential, refusal: TokenRefusedError) -> Renewed:
        del login
        raise refusal

    session = AuthorizedSession(ANA, bench.renewals, leave, problem_of)
    reply = await session.ask(bench.service.usage)
    assert isinstance(reply.problem, TokenRefusedError)
    assert bench.service.count("refresh") == 0


async def test_another_failure_is_no_reason_to_renew_and_ends_no_session() -> None:
    session = Session(Answer(503, {}, b""), usage_answer())
    status, problem = await session.ask()
    assert status == 503
    assert isinstance(problem, UnavailableError)
    assert await session.ask() == (200, None)
    assert session.bench.service.count("refresh") == 0


@pytest.mark.parametrize("helps", [True, False])
async def test_questions_that_are_refused_together_share_one_renewal(*, helps: bool) -> None:
    session = Session(REFUSED, REFUSED, REFUSED, usage_answer() if helps else REFUSED)
    outcomes = await asyncio.gather(*(session.ask() for _ in range(3)))
    assert [status for status, _ in outcomes] == [200 if helps else 401] * 3
    assert session.bench.service.count("refresh") == 1
