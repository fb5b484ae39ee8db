"""Tests which models a login may use: the list, a sample of it, one word from each. Costs quota."""

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.errors import (
    OfficialExpiredError,
    PersonalTokenRefusedError,
    ProbeError,
    StrangeAnswerError,
    TokenRefusedError,
)
from probe_tray.core.models.model_test import ListedBy, ModelResult, ModelTest
from probe_tray.core.models.models import ModelChoice, choose, judge_model, read_models
from probe_tray.core.renewal.request import Renewed
from probe_tray.core.service.answer import Answer, judge
from probe_tray.core.service.service import OFFICIAL
from probe_tray.core.service.workspace_route import WorkspaceRoute, read_route
from probe_tray.core.settings import Settings
from probe_tray.engine.renewal.authorized_session import AuthorizedSession
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.ports.http import QuotaService
from probe_tray.ports.time import Clock, Randomness

_HOST = urlsplit(OFFICIAL.backend).hostname or ""
"""Whom an edge block is about: the simulated service has no edge."""
_AT_ONCE = 4


ModelSession = AuthorizedSession[Answer]
"""One login while its models are tested: it is renewed once for all of them."""


def model_session(
    stored: StoredCredential,
    renewals: Renewals,
    settings: Settings,
    clock: Clock,
    renewed: Callable[[], Awaitable[None]],
) -> ModelSession:
    """``stored`` as it is tested; ``renewed`` is awaited once it was renewed."""

    async def renew(login: Credential, refusal: TokenRefusedError) -> Renewed:
        if login.is_personal:
            raise PersonalTokenRefusedError
        if stored.store is StoreKind.OFFICIAL:
            raise OfficialExpiredError
        if not settings.auto_renew or not stored.may_be_renewed:
            raise refusal
        outcome = await renewals.renew_refused(login, refusal, days=settings.renew_before_expiry_days)
        await renewed()
        return outcome

    def problem_of(answer: Answer) -> ProbeError | None:
        return judge(answer, host=_HOST, now=clock.now())

    return AuthorizedSession(stored.credential, renewals, renew, problem_of)


class ModelTester:
    """Tests the models of logins, four questions at once in all."""

    def __init__(self, quota: QuotaService, clock: Clock, randomness: Randomness) -> None:
        """Ask ``quota``; latency is what ``clock.monotonic`` measures."""
        self._quota = quota
        self._clock = clock
        self._randomness = randomness
        self._logins = asyncio.Semaphore(_AT_ONCE)
        self._questions = asyncio.Semaphore(_AT_ONCE)

    async def test(self, session: ModelSession, choice: ModelChoice, tell: Callable[[ModelTest], None]) -> ModelTest:
        """Try the chosen models of one login; ``tell`` hears the test so far at its begin and after each model.

        Never raises a ProbeError: what failed is in the results. Cancelled, it leaves what was told.
        """
        async with self._logins:
            offered, listed_by = await self._offered(session, choice)
            models = choose(choice, offered, self._randomness.uniform)
            route = await self._route(session)
            test = ModelTest(started_at=self._clock.now(), models=models, listed_by=listed_by)
            tell(test)

            async def one(model: str) -> None:
                nonlocal test
                result = await self._try(session, model, route)
                test = test.with_result(result)
                tell(test)

            async with asyncio.TaskGroup() as group:
                for model in models:
                    group.create_task(one(model))
            return test

    async def _offered(self, session: ModelSession, choice: ModelChoice) -> tuple[tuple[str, ...], ListedBy]:
        if choice.named:
            return choice.named, ListedBy.PERSON
        try:
            reply = await session.ask(self._listing)
            offered = read_models(reply.answer.body) if reply.problem is None else ()
        except ProbeError:
            # Whatever is wrong shows again, with its reason, when the models themselves are asked.
            offered = ()
        return (offered, ListedBy.SERVICE) if offered else (choice.fallback, ListedBy.SETTINGS)

    async def _listing(self, credential: Credential) -> Answer:
        async with self._questions:
            return await self._quota.models(credential)

    async def _route(self, session: ModelSession) -> WorkspaceRoute:
        """Where the workspace's questions go: one that is tied to a region answers only there."""
        try:
            reply = await session.ask(self._workspace)
        except ProbeError:
            return WorkspaceRoute()
        if reply.problem is not None:
            return WorkspaceRoute()
        return read_route(reply.answer.body, session.credential.account_id)

    async def _workspace(self, credential: Credential) -> Answer:
        async with self._questions:
            return await self._quota.workspace(credential)

    async def _try(self, session: ModelSession, model: str, route: WorkspaceRoute) -> ModelResult:
        latency: float | None = None

        async def question(credential: Credential) -> Answer:
            nonlocal latency
            latency = None
            async with self._questions:
                asked = self._clock.monotonic()
                answer = await self._quota.try_model(credential, model, route)
                latency = self._clock.monotonic() - asked
            return answer

        try:
            reply = await session.ask(question)
        except StrangeAnswerError as error:
            return ModelResult(model=model, problem=error.problem, upstream_status=int(error.facts["status"]))
        except ProbeError as error:
            return ModelResult(model=model, problem=error.problem)
        answer = reply.answer
        verdict = judge_model(answer, host=_HOST, now=self._clock.now())
        # Of a refused login it says what came of its renewal.
        problem = reply.problem if isinstance(verdict.problem, TokenRefusedError) else verdict.problem
        return ModelResult(
            model=model,
            problem=None if problem is None else problem.problem,
            latency=latency,
            upstream_status=answer.status,
            resets_at=verdict.resets_at,
        )
