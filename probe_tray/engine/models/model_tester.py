"""Tests which models a login may use: the list, a sample of it, one word from each. Costs quota."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol
from urllib.parse import urlsplit

from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.errors import OfficialExpiredError, ProbeError, StrangeAnswerError, TokenRefusedError
from probe_tray.core.models.model_test import ListedBy, ModelResult, ModelTest
from probe_tray.core.models.models import ModelChoice, choose, judge_model, read_models
from probe_tray.core.renewal.request import Renewed
from probe_tray.core.service.answer import Answer, judge
from probe_tray.core.service.service import OFFICIAL
from probe_tray.core.settings import Settings
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.ports.http import QuotaService
from probe_tray.ports.time import Clock, Randomness

_HOST = urlsplit(OFFICIAL.backend).hostname or ""
"""Whom an edge block is about: the simulated service has no edge."""
_AT_ONCE = 4


class Renewer(Protocol):
    """Renews a login whose access token was refused."""

    async def renew(self, credential: Credential, refusal: TokenRefusedError) -> Renewed:
        """The login that holds now. Raises a ProbeError."""
        ...

    async def refused_again(self, renewed: Renewed, refusal: TokenRefusedError) -> ProbeError:
        """What it means that ``renewed`` is refused as well."""
        ...


class OwnRenewer:
    """Renews a login of ours."""

    def __init__(self, renewals: Renewals, days: int, renewed: Callable[[], Awaitable[None]]) -> None:
        """``days`` is the setting ``renew_before_expiry_days``; ``renewed`` is awaited after each renewal."""
        self._renewals = renewals
        self._days = days
        self._renewed = renewed

    async def renew(self, credential: Credential, refusal: TokenRefusedError) -> Renewed:
        """Renew it, unless that is known not to help."""
        renewed = await self._renewals.renew_refused(credential, refusal, days=self._days)
        await self._renewed()
        return renewed

    async def refused_again(self, renewed: Renewed, refusal: TokenRefusedError) -> ProbeError:
        """Remember it."""
        return await self._renewals.refused_again(renewed, refusal)


class OfficialRenewer:
    """The official client renews its own login."""

    async def renew(self, credential: Credential, refusal: TokenRefusedError) -> Renewed:
        """Raise OfficialExpiredError, always."""
        del credential, refusal
        raise OfficialExpiredError

    async def refused_again(self, renewed: Renewed, refusal: TokenRefusedError) -> ProbeError:
        """Nothing is renewed, so nothing is refused again."""
        del renewed
        return refusal


def renewer_for(
    stored: StoredCredential, renewals: Renewals, settings: Settings, renewed: Callable[[], Awaitable[None]]
) -> Renewer | None:
    """What is done about a refused access token of ``stored``; None where nothing can or may be."""
    if stored.store is StoreKind.OFFICIAL:
        return OfficialRenewer()
    if not settings.auto_renew or not stored.may_be_renewed:
        return None
    return OwnRenewer(renewals, settings.renew_before_expiry_days, renewed)


class Access:
    """One login while it is tested: when its access token is refused it is renewed once, and asked with again."""

    def __init__(self, credential: Credential, renewer: Renewer | None, clock: Clock) -> None:
        """``renewer`` is None where nothing can be done about a refused token."""
        self._credential = credential
        self._renewer = renewer
        self._clock = clock
        self._renewed: Renewed | None = None
        self._failure: ProbeError | None = None
        self._lock = asyncio.Lock()

    async def ask(self, question: Callable[[Credential], Awaitable[Answer]]) -> Answer:
        """The answer to ``question``. Raises a ProbeError when none came, or when the renewal failed."""
        if self._failure is not None:
            # The token is known to be dead: nobody needs to hear it once more from the service.
            raise self._failure
        used = self._credential
        answer = await question(used)
        refusal = self._refusal(answer)
        if self._renewer is None or refusal is None:
            return answer
        async with self._lock:
            if self._credential is used:
                await self._renew(self._renewer, refusal)
        answer = await question(self._credential)
        again = self._refusal(answer)
        if again is not None and self._renewed is not None:
            self._failure = await self._renewer.refused_again(self._renewed, again)
        return answer

    def _refusal(self, answer: Answer) -> TokenRefusedError | None:
        problem = judge(answer, host=_HOST, now=self._clock.now())
        return problem if isinstance(problem, TokenRefusedError) else None

    async def _renew(self, renewer: Renewer, refusal: TokenRefusedError) -> None:
        if self._failure is not None:
            raise self._failure
        try:
            self._renewed = await renewer.renew(self._credential, refusal)
        except ProbeError as error:
            self._failure = error
            raise
        self._credential = self._renewed.credential


class ModelTester:
    """Tests the models of logins, four questions at once in all."""

    def __init__(self, quota: QuotaService, clock: Clock, randomness: Randomness) -> None:
        """Ask ``quota``; latency is what ``clock.monotonic`` measures."""
        self._quota = quota
        self._clock = clock
        self._randomness = randomness
        self._logins = asyncio.Semaphore(_AT_ONCE)
        self._questions = asyncio.Semaphore(_AT_ONCE)

    async def test(self, access: Access, choice: ModelChoice, tell: Callable[[ModelTest], None]) -> ModelTest:
        """Try the chosen models of one login; ``tell`` hears the test so far at its begin and after each model.

        Never raises a ProbeError: what failed is in the results. Cancelled, it leaves what was told.
        """
        async with self._logins:
            offered, listed_by = await self._offered(access, choice)
            models = choose(choice, offered, self._randomness.uniform)
            test = ModelTest(started_at=self._clock.now(), models=models, listed_by=listed_by)
            tell(test)

            async def one(model: str) -> None:
                nonlocal test
                result = await self._try(access, model)
                test = test.with_result(result)
                tell(test)

            async with asyncio.TaskGroup() as group:
                for model in models:
                    group.create_task(one(model))
            return test

    async def _offered(self, access: Access, choice: ModelChoice) -> tuple[tuple[str, ...], ListedBy]:
        if choice.named:
            return choice.named, ListedBy.PERSON
        try:
            answer = await access.ask(self._listing)
            offered = read_models(answer.body) if answer.ok else ()
        except ProbeError:
            # Whatever is wrong shows again, with its reason, when the models themselves are asked.
            offered = ()
        return (offered, ListedBy.SERVICE) if offered else (choice.fallback, ListedBy.SETTINGS)

    async def _listing(self, credential: Credential) -> Answer:
        async with self._questions:
            return await self._quota.models(credential)

    async def _try(self, access: Access, model: str) -> ModelResult:
        latency: float | None = None

        async def question(credential: Credential) -> Answer:
            nonlocal latency
            latency = None
            async with self._questions:
                asked = self._clock.monotonic()
                answer = await self._quota.try_model(credential, model)
                latency = self._clock.monotonic() - asked
            return answer

        try:
            answer = await access.ask(question)
        except StrangeAnswerError as error:
            return ModelResult(model=model, problem=error.problem, upstream_status=int(error.facts["status"]))
        except ProbeError as error:
            return ModelResult(model=model, problem=error.problem)
        verdict = judge_model(answer, host=_HOST, now=self._clock.now())
        return ModelResult(
            model=model,
            problem=None if verdict.problem is None else verdict.problem.problem,
            latency=latency,
            upstream_status=answer.status,
            resets_at=verdict.resets_at,
        )
