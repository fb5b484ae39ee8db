"""Testing models over doubles: the list, the sample, latency, renewal, stopping."""

import asyncio
import json
from datetime import timedelta

from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.commands import TryModels
from probe_tray.core.errors import (
    KeyringLockedError,
    LoginEndedError,
    NotSentError,
    OfficialExpiredError,
    QuotaUsedUpError,
    StillRefusedError,
    StrangeAnswerError,
    TokenRefusedError,
)
from probe_tray.core.models.model_test import ListedBy, ModelResult, ModelTest
from probe_tray.core.models.models import ModelChoice
from probe_tray.core.service.answer import Answer
from probe_tray.core.service.workspace_route import WorkspaceRoute
from probe_tray.core.settings import Settings
from probe_tray.engine.models.model_tester import model_session
from tests.support.fakes import FakeClock, MemoryStore, ScriptedService, problem_kind, settle
from tests.support.tokens import credential
from tests.unit.engine.bench import Bench, running, token_answer

ANA, BEN = credential("ana"), credential("ben")
ANSWERS = Answer(200, {}, b'event: response.created\ndata: {"type": "response.created"}\n\n')
REFUSED = Answer(401, {}, b"{}")
USED_UP = Answer(429, {}, b'{"error": {"type": "usage_limit_reached", "resets_at": 1795338424}}')


def listing(*names: str) -> Answer:
    entries = [{"slug": n, "visibility": "list", "priority": at} for at, n in enumerate(names)]
    return Answer(200, {}, json.dumps({"models": entries}).encode())


class SlowService(ScriptedService):
    """Each model takes as long as ``takes`` says; counts how many are asked at once."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self.clock = clock
        self.takes: dict[str, float] = {}
        self.at_once = 0
        self.most_at_once = 0

    async def try_model(self, credential: Credential, model: str, route: WorkspaceRoute) -> Answer:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if model in self.takes:
                await self.clock.sleep(self.takes[model])
            return await super().try_model(credential, model, route)
        finally:
            self.at_once -= 1


class Models(Bench):
    def __init__(self, *logins: Credential, others: tuple[MemoryStore, ...] = (), **settings: object) -> None:
        super().__init__(*logins, settings=Settings(**settings), others=others, tested=self._make_slow)  # pyright: ignore[reportArgumentType] - any setting may be given
        self.service.answer("models", listing("a", "b", "c", "d", "e"))
        self.service.answer("try_model", ANSWERS)

    def _make_slow(self, bench: Bench) -> SlowService:
        self.slow = SlowService(bench.clock)
        # The bench's own service answers the rest.
        self.slow.answers, self.slow.asked = bench.service.answers, bench.service.asked
        return self.slow

    async def test(self, command: TryModels | None = None) -> None:
        await self.accounts.read()
        await self.models.run(command or TryModels())

    def of(self, login: Credential) -> ModelTest:
        found = self.account(login).models
        assert found is not None
        return found

    def result(self, login: Credential, model: str) -> ModelResult:
        return next(r for r in self.of(login).results if r.model == model)

    @property
    def running(self) -> bool:
        return self.state.model_run is not None and self.state.model_run.running

    def tried(self) -> list[str]:
        return [about.split()[1] for name, about in self.service.asked if name == "try_model"]


async def test_three_of_the_services_models_are_tried_for_each_login() -> None:
    bench = Models(ANA, BEN)
    await bench.test()
    for login in (ANA, BEN):
        test = bench.of(login)
        assert (len(test.results), test.complete, test.available) == (3, True, True)
        assert test.listed_by is ListedBy.SERVICE
    assert len(bench.tried()) == 6
    assert not bench.running


async def test_only_the_account_that_was_chosen_is_tested() -> None:
    bench = Models(ANA, BEN)
    await bench.test(TryModels((BEN.key,)))
    assert bench.account(ANA).models is None
    assert bench.of(BEN).complete


async def test_where_the_service_tells_no_list_the_settings_list_is_taken() -> None:
    for answer in (Answer(404, {}, b""), Answer(200, {}, b"<html>"), listing(), NotSentError(reason="no route")):
        bench = Models(ANA, models=("x", "y"))
        bench.service.answer("models", answer)
        await bench.test()
        assert (bench.of(ANA).models, bench.of(ANA).listed_by) == (("x", "y"), ListedBy.SETTINGS)


async def test_latency_is_the_time_to_the_first_event() -> None:
    bench = Models(ANA)
    bench.service.answer("models", listing("slow", "fast"))
    bench.slow.takes = {"slow": 3.5, "fast": 0.25}
    async with running(bench.test()):
        await bench.clock.advance(timedelta(seconds=1))
        assert [r.model for r in bench.of(ANA).results] == ["fast"]
        assert bench.running
        await bench.clock.advance(timedelta(seconds=5))
    assert (bench.result(ANA, "slow").latency, bench.result(ANA, "fast").latency) == (3.5, 0.25)
    assert [r.model for r in bench.of(ANA).results] == ["slow", "fast"]


async def test_four_questions_at_once_and_no_more() -> None:
    bench = Models(*(credential(f"p{n}") for n in range(6)))
    bench.slow.takes = dict.fromkeys("abcde", 1.0)
    async with running(bench.test()):
        await bench.clock.advance(timedelta(seconds=30))
    assert bench.slow.most_at_once == 4
    assert len(bench.tried()) == 18


async def test_a_refused_token_is_renewed_once_and_asked_with_again() -> None:
    bench = Models(ANA)
    bench.service.answer("models", REFUSED, listing("a", "b", "c"))
    bench.service.answer("refresh", token_answer("ana", 2))
    await bench.test()
    assert bench.service.count("refresh") == 1
    assert bench.of(ANA).available
    new = credential("ana", number=2).access_token.fingerprint
    assert {about.split()[0] for name, about in bench.service.asked if name == "try_model"} == {new}


async def test_a_login_that_cannot_be_renewed_is_asked_no_more_and_says_why() -> None:
    bench = Models(ANA)
    bench.service.answer("models", REFUSED)
    bench.service.answer("refresh", Answer(400, {}, b'{"error": "invalid_grant"}'))
    await bench.test()
    assert {problem_kind(r.problem) for r in bench.of(ANA).results} == {LoginEndedError}
    assert (bench.service.count("refresh"), bench.tried()) == (1, [])
    assert len(bench.of(ANA).models) == 3


async def test_a_renewal_that_does_not_help_is_made_by_the_first_test_alone() -> None:
    bench = Models(ANA)
    refused = Answer(401, {}, b'{"error": {"code": "token_revoked"}}')
    bench.service.answer("models", refused)
    bench.service.answer("try_model", refused)
    bench.service.answer("refresh", token_answer("ana", 2))
    for _ in range(3):
        await bench.test()
        problems = {r.problem for r in bench.of(ANA).results}
        assert problems == {StillRefusedError(reason="the login was revoked").problem}
    assert bench.service.count("refresh") == 1


async def test_a_token_that_a_check_has_found_refused_is_not_renewed_by_a_test() -> None:
    bench = Models(ANA)
    bench.service.answer("usage", REFUSED)
    bench.service.answer("models", REFUSED)
    bench.service.answer("refresh", token_answer("ana", 2))
    await bench.accounts.read()
    async with running(bench.poller.run()):
        await bench.clock.advance(timedelta(seconds=1))
    await bench.models.run(TryModels())
    assert {problem_kind(r.problem) for r in bench.of(ANA).results} == {StillRefusedError}
    assert bench.service.count("refresh") == 1


async def test_without_automatic_renewal_a_refused_token_is_only_told() -> None:
    bench = Models(ANA, auto_renew=False)
    bench.service.answer("models", REFUSED)
    bench.service.answer("try_model", REFUSED)
    await bench.test()
    assert {problem_kind(r.problem) for r in bench.of(ANA).results} == {TokenRefusedError}
    assert bench.service.count("refresh") == 0


async def test_the_official_clients_login_is_never_renewed() -> None:
    bench = Models(others=(MemoryStore(StoreKind.OFFICIAL, ANA),))
    bench.service.answer("models", REFUSED)
    await bench.test()
    assert {problem_kind(r.problem) for r in bench.of(ANA).results} == {OfficialExpiredError}
    assert bench.service.count("refresh") == 0


async def test_each_model_has_its_own_outcome() -> None:
    bench = Models(ANA)
    bench.service.answer("models", listing("a", "b", "c"))
    bench.service.answer("try_model", ANSWERS, USED_UP, StrangeAnswerError(status="200"))
    await bench.test()
    results = [bench.result(ANA, name) for name in "abc"]
    assert [problem_kind(r.problem) for r in results] == [None, QuotaUsedUpError, StrangeAnswerError]
    assert [r.upstream_status for r in results] == [200, 429, 200]
    assert results[1].resets_at is not None


async def test_stopping_keeps_what_was_done() -> None:
    bench = Models(ANA)
    bench.service.answer("models", listing("fast", "slow"))
    bench.slow.takes = {"slow": 100}
    async with running(bench.test()) as task:
        await bench.clock.advance(timedelta(seconds=1))
        bench.models.stop()
        await settle()
        assert task.done()
    assert [r.model for r in bench.of(ANA).results] == ["fast"]
    assert not bench.of(ANA).complete
    assert not bench.running


async def test_a_second_run_does_not_begin_while_one_goes_on() -> None:
    bench = Models(ANA)
    bench.slow.takes = dict.fromkeys("abcde", 5.0)
    async with running(bench.test()):
        await bench.models.run(TryModels())
        assert bench.running
        await bench.clock.advance(timedelta(seconds=6))
    assert len(bench.tried()) == 3


async def test_stopping_when_nothing_runs_does_nothing() -> None:
    bench = Models(ANA)
    bench.models.stop()
    await bench.test()
    assert bench.of(ANA).complete


async def test_a_login_that_cannot_be_reached_is_told() -> None:
    bench = Models(ANA)
    await bench.accounts.read()
    bench.vault.fault = KeyringLockedError()
    await bench.models.run(TryModels())
    assert problem_kind(bench.of(ANA).problem) == KeyringLockedError
    assert bench.of(ANA).complete


async def test_named_models_are_tried_without_asking_for_the_list() -> None:
    bench = Models(ANA)
    choice = ModelChoice(named=("x", "y", "z", "v"))
    stored = StoredCredential(credential=ANA, store=StoreKind.VAULT)
    session = model_session(stored, bench.renewals, Settings(), bench.clock, bench.accounts.read)
    test = await bench.tester.test(session, choice, lambda _: None)
    assert (test.models, test.listed_by) == (("x", "y", "z", "v"), ListedBy.PERSON)
    assert bench.service.count("models") == 0


async def test_quitting_ends_the_tests() -> None:
    bench = Models(ANA)
    bench.slow.takes = dict.fromkeys("abcde", 5.0)
    async with running(bench.test()):
        pass
    assert not bench.running
    assert not [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]


async def test_a_workspace_that_is_tied_to_a_region_is_asked_there() -> None:
    bench = Models(ANA)
    told = {"workspace_backend_origin": "https://eu.chatgpt.com", "account_routing_override": "EU"}
    bench.service.answer("workspace", Answer(200, {}, json.dumps(told).encode()))
    await bench.test()
    tried = [about for name, about in bench.service.asked if name == "try_model"]
    assert len(tried) == 3
    assert all(about.endswith(" https://eu.chatgpt.com EU") for about in tried)
    assert bench.service.count("workspace") == 1


async def test_where_the_workspace_is_not_told_the_usual_way_is_taken() -> None:
    for answer in (Answer(500, {}, b"{}"), Answer(404, {}, b""), Answer(200, {}, b"<html>"), NotSentError(reason="x")):
        bench = Models(ANA)
        bench.service.answer("workspace", answer)
        await bench.test()
        assert len(bench.tried()) == 3
        assert not any("https:" in about for _, about in bench.service.asked)
