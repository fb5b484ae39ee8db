"""The status page is asked once where checks fail at the service itself, and never otherwise."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.errors import NotSentError, ProbeError, RateLimitedError, TokenRefusedError, UnavailableError
from probe_tray.core.events import AccountsRead, CheckFailed, CheckSucceeded, SettingsChanged
from probe_tray.core.quota.snapshot import Snapshot
from probe_tray.core.service.answer import Answer
from probe_tray.core.service.incident import Incident, parse_incident
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState
from probe_tray.engine.polling.incident_service import IncidentService
from probe_tray.engine.store import Store
from probe_tray.view.presenter import present
from probe_tray.view.text.translate import Translator
from tests.support.fakes import START, FakeStatusPage, settle
from tests.unit.engine.bench import running

ANA, BEN = AccountKey("ana"), AccountKey("ben")
OUTAGE = Incident("Elevated errors")


class Bench:
    def __init__(self, settings: Settings | None = None) -> None:
        self.page = FakeStatusPage()
        self.store = Store(AppState(settings=settings or Settings()))
        self.page.report(OUTAGE.description)
        self.has(ANA, BEN)

    def has(self, *keys: AccountKey) -> None:
        accounts = tuple(AccountState(key=key, stores=(StoreKind.VAULT,)) for key in keys)
        self.store.dispatch(AccountsRead(accounts=accounts))

    async def fails(self, key: AccountKey, error: ProbeError | None = None) -> None:
        problem = (error or UnavailableError(status="503")).problem
        self.store.dispatch(CheckFailed(key=key, at=START, problem=problem, next_check=None))
        await settle()

    async def works(self, key: AccountKey) -> None:
        self.store.dispatch(CheckSucceeded(key=key, snapshot=Snapshot(taken_at=START), next_check=None))
        await settle()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        async with running(IncidentService(self.page, self.store).run()):
            await settle()
            yield


async def test_a_check_that_goes_well_wakes_nobody_while_nothing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, looks = Bench(), list[object]()
    look = vars(IncidentService)["_look"]

    async def counted(service: IncidentService) -> None:
        looks.append(service)
        await look(service)

    monkeypatch.setattr(IncidentService, "_look", counted)
    async with bench.running():
        for key in (ANA, BEN) * 10:
            await bench.works(key)
        assert len(looks) == 1
        await bench.fails(ANA)
        await bench.works(BEN)
        await bench.works(ANA)
        assert len(looks) == 4


async def test_one_failure_is_no_reason_to_ask() -> None:
    bench = Bench()
    async with bench.running():
        await bench.fails(ANA)
        await bench.works(ANA)
        await bench.fails(ANA)
    assert bench.page.asked == 0


@pytest.mark.parametrize("second", [ANA, BEN])
async def test_two_in_a_row_or_two_accounts_are_asked_for_once_until_the_checks_work(second: AccountKey) -> None:
    bench = Bench()
    async with bench.running():
        await bench.fails(ANA)
        await bench.fails(second)
        assert bench.store.state.incident == OUTAGE
        bench.page.report("Slow answers")
        for _ in range(10):
            await bench.fails(ANA)
            await bench.fails(BEN)
        assert bench.page.asked == 1
        await bench.works(ANA)
        assert bench.store.state.incident == OUTAGE
        await bench.works(BEN)
        assert bench.store.state.incident is None
        await bench.fails(ANA)
        await bench.fails(ANA)
    assert bench.page.asked == 2


@pytest.mark.parametrize("error", [NotSentError(reason="no route"), TokenRefusedError()])
async def test_what_fails_for_another_reason_is_no_longer_an_outage(error: ProbeError) -> None:
    bench = Bench()
    async with bench.running():
        await bench.fails(ANA)
        await bench.fails(ANA)
        assert bench.store.state.incident == OUTAGE
        await bench.fails(ANA, error)
        assert bench.store.state.incident is None
        await bench.fails(ANA)
        assert bench.page.asked == 1
        await bench.fails(ANA)
    assert (bench.page.asked, bench.store.state.incident) == (2, OUTAGE)


@pytest.mark.parametrize("error", [NotSentError(reason="no route"), RateLimitedError()])
async def test_failures_that_are_not_the_services_ask_nothing(error: ProbeError) -> None:
    bench = Bench()
    async with bench.running():
        for key in (ANA, BEN, ANA):
            await bench.fails(key, error)
    assert bench.page.asked == 0


async def test_an_account_that_is_gone_fails_no_more() -> None:
    bench = Bench()
    async with bench.running():
        await bench.fails(ANA)
        bench.has(BEN)
        await settle()
        await bench.fails(BEN)
    assert bench.page.asked == 0


async def test_whoever_does_not_want_it_is_never_told() -> None:
    off = Settings(ask_status_page=False)
    bench = Bench(off)
    async with bench.running():
        await bench.fails(ANA)
        await bench.fails(ANA)
        assert bench.page.asked == 0
        bench.store.dispatch(SettingsChanged(settings=Settings()))
        await settle()
        assert bench.store.state.incident == OUTAGE
        bench.store.dispatch(SettingsChanged(settings=off))
        assert bench.store.state.incident is None


@pytest.mark.parametrize(
    "answer", [NotSentError(reason="no route"), Answer(503, {}, b"{}"), Answer(200, {}, b"<html>")]
)
async def test_a_page_that_cannot_be_read_says_nothing(answer: Answer | Exception) -> None:
    bench = Bench()
    bench.page.answer = answer
    async with bench.running():
        await bench.fails(ANA)
        await bench.fails(ANA)
    assert (bench.page.asked, bench.store.state.incident) == (1, None)


async def test_the_incident_is_named_at_the_foot_of_the_panel() -> None:
    bench = Bench()
    async with bench.running():
        await bench.fails(ANA)
        await bench.fails(BEN)
    assert present(bench.store.state, START, UTC, Translator()).panel.status == "OpenAI reports: Elevated errors"


@given(st.binary(max_size=60))
def test_whatever_the_page_answers_is_read_or_not(body: bytes) -> None:
    assert parse_incident(body) is None


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"status": {"indicator": "none", "description": "All Systems Operational"}}', None),
        (b'{"status": {"indicator": "minor", "description": ""}}', None),
        (b'{"status": {"indicator": "minor", "description": " a\\n b\\u0007 "}}', Incident("a b")),
        (b'{"status": {"indicator": "major", "description": "%s"}}' % (b"x" * 500), Incident("x" * 80)),
    ],
)
def test_only_an_incident_is_named_in_one_short_line(body: bytes, found: Incident | None) -> None:
    assert parse_incident(body) == found
