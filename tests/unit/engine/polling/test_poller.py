import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from probe_tray.core.account.condition import Condition, condition
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.errors import (
    NotSentError,
    OfficialExpiredError,
    ProbeError,
    Problem,
    RateLimitedError,
    ReadError,
    StillRefusedError,
    TokenRefusedError,
)
from probe_tray.core.events import AccountsRead, SettingsChanged, SituationChanged
from probe_tray.core.polling.schedule import Look, look
from probe_tray.core.polling.situation import Situation
from probe_tray.core.renewal.journal import TokenOutcome
from probe_tray.core.service.answer import Answer
from probe_tray.core.settings import PollMinutes, Settings
from probe_tray.core.state import AccountState
from tests.support.fakes import START, FakeRandomness, MemoryStore, problem_kind, settle
from tests.support.tokens import credential
from tests.unit.engine.bench import Bench, running, token_answer, usage_answer

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
UNREACHABLE = NotSentError(reason="no network")
BUSY = Answer(429, {"Retry-After": "1800"}, b"")
REFUSED = Answer(401, {}, b'{"error":{"code":"token_expired"}}')
ANA, BEN = credential("ana"), credential("ben")


def people(count: int) -> list[Credential]:
    return [credential(f"person{number}", days=30) for number in range(count)]


@asynccontextmanager
async def polling(bench: Bench) -> AsyncGenerator[None]:
    await bench.accounts.read()
    async with running(bench.poller.run()):
        yield


def times(bench: Bench) -> list[datetime]:
    """When the quota was asked for, from now on."""
    seen: list[datetime] = []
    ask = bench.service.usage

    async def noted(credential: Credential) -> Answer:
        seen.append(bench.clock.now())
        return await ask(credential)

    bench.service.usage = noted
    return seen


async def test_a_login_that_a_glance_does_not_find_is_looked_for_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(_store: MemoryStore, _key: AccountKey) -> None:
        return None

    monkeypatch.setattr(MemoryStore, "glance", nothing)
    bench = Bench(ANA)
    bench.service.answer("usage", usage_answer())
    async with polling(bench):
        await settle()
    assert condition(bench.store.state.accounts[0], Settings(), bench.clock.now()) is Condition.AVAILABLE


def change(bench: Bench, *, poll_minutes: PollMinutes) -> None:
    bench.store.dispatch(SettingsChanged(settings=Settings(poll_minutes=poll_minutes)))
    bench.poller.replan()


async def test_an_account_is_asked_at_once_and_then_at_the_interval() -> None:
    bench = Bench(ANA)
    asked = times(bench)
    async with polling(bench):
        await bench.clock.advance(16 * MINUTE)
    assert asked == [START + n * 5 * MINUTE for n in range(4)]
    assert bench.account(ANA).snapshot is not None
    assert bench.account(ANA).next_check == START + 20 * MINUTE


async def test_many_accounts_start_one_after_the_other() -> None:
    bench = Bench(*people(30))
    asked = times(bench)
    async with polling(bench):
        await bench.clock.advance(MINUTE)
    assert len(asked) == len(set(asked)) == 30
    assert asked[-1] - asked[0] <= 11 * SECOND


async def test_never_more_than_eight_are_asked_at_once_and_none_is_left_out() -> None:
    bench = Bench(*people(30))
    bench.service.waits = {"usage"}
    async with polling(bench):
        await bench.clock.advance(MINUTE)
        assert (bench.service.at_once, bench.service.count("usage")) == (8, 0)
        bench.service.gate.set()
        await bench.clock.advance(10 * SECOND)
        assert bench.service.count("usage") == 30
    assert bench.service.most_at_once == 8


async def test_a_check_that_ends_has_the_others_looked_at_only_where_one_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []

    def counted(accounts: tuple[AccountState, ...], now: datetime) -> Look:
        looks.append(len(accounts))
        return look(accounts, now)

    monkeypatch.setattr("probe_tray.engine.polling.poller.look", counted)
    bench = Bench(*people(4))
    bench.service.waits = {"usage"}
    async with polling(bench):
        await bench.clock.advance(10 * SECOND)
        looks.clear()
        bench.service.gate.set()
        await settle()
        assert (bench.service.count("usage"), looks) == (4, [])


async def test_while_eight_are_asked_nothing_is_looked_at_more_often_than_needed() -> None:
    bench = Bench(*people(30))
    bench.service.waits = {"usage"}
    naps: list[float] = []
    sleep = bench.clock.sleep

    async def noted(seconds: float) -> None:
        naps.append(seconds)
        await sleep(seconds)

    async with polling(bench):
        await bench.clock.advance(MINUTE)
        bench.clock.sleep = noted
        await bench.clock.advance(MINUTE)
    assert len(naps) <= 3


async def test_an_account_that_is_being_asked_is_not_asked_a_second_time() -> None:
    bench = Bench(ANA)
    bench.service.waits = {"usage"}
    async with polling(bench):
        assert bench.account(ANA).checking
        bench.poller.refresh([ANA.key])
        await bench.clock.advance(HOUR)
        assert bench.service.most_at_once == 1


async def test_failures_are_tried_again_later_and_later() -> None:
    bench = Bench(ANA)
    bench.service.answer("usage", usage_answer(), UNREACHABLE)
    asked = times(bench)
    async with polling(bench):
        await bench.clock.advance(5 * HOUR)
        found = bench.account(ANA)
        assert problem_kind(found.problem) == NotSentError
        assert found.snapshot is not None
        assert found.snapshot.taken_at == START
    gaps = [(later - earlier) / MINUTE for earlier, later in pairwise(asked)]
    assert gaps == [5, 1, 2, 4, 8, 16, 32, 60, 60, 60]


async def test_an_answer_ends_the_backoff() -> None:
    bench = Bench(ANA)
    bench.service.answer("usage", UNREACHABLE, UNREACHABLE, usage_answer(), UNREACHABLE)
    asked = times(bench)
    async with polling(bench):
        await bench.clock.advance(10 * MINUTE)
    assert [(moment - START) / MINUTE for moment in asked] == [0, 1, 3, 8, 9]
    assert problem_kind(bench.account(ANA).problem) == NotSentError


async def test_the_service_s_wish_to_wait_is_obeyed_by_one_account_alone() -> None:
    bench = Bench(ANA, BEN)
    bench.service.answer("usage", BUSY, usage_answer())
    async with polling(bench):
        await bench.clock.advance(29 * MINUTE)
        assert problem_kind(bench.account(ANA).problem) == RateLimitedError
        before = bench.service.count("usage")
        await bench.clock.advance(MINUTE)
    assert before == 1 + 6
    assert bench.account(ANA).problem is None


async def test_a_person_who_asks_again_does_not_break_the_service_s_wish() -> None:
    bench = Bench(ANA)
    bench.service.answer("usage", BUSY, usage_answer())
    async with polling(bench):
        for _ in range(5):
            await bench.clock.advance(MINUTE)
            bench.poller.refresh([ANA.key])
        assert bench.service.count("usage") == 1
        await bench.clock.advance(25 * MINUTE)
        assert bench.service.count("usage") == 2


async def test_a_person_who_asks_is_answered_now_whatever_was_planned() -> None:
    bench = Bench(ANA)
    bench.service.answer("usage", UNREACHABLE, usage_answer())
    async with polling(bench):
        await bench.clock.advance(30 * SECOND)
        bench.poller.refresh([ANA.key])
        await settle()
        assert bench.account(ANA).checked_at == START + 30 * SECOND
        assert bench.account(ANA).problem is None


async def test_a_check_that_a_person_asks_for_begins_at_once_and_is_planned_only_afterwards() -> None:
    bench = Bench(ANA)
    async with polling(bench):
        await bench.clock.advance(MINUTE)
        bench.poller.refresh([ANA.key])
        found = bench.account(ANA)
        assert (found.checking, found.next_check) == (True, START + 5 * MINUTE)
        await settle()
        assert bench.account(ANA).next_check == START + 6 * MINUTE


async def test_wishes_for_one_account_after_the_other_are_answered_eight_at_once() -> None:
    bench = Bench(*people(10))
    async with polling(bench):
        await bench.clock.advance(MINUTE)
        bench.service.waits = {"usage"}
        for account in bench.state.accounts:
            bench.poller.refresh([account.key])
        await bench.clock.advance(MINUTE)
        assert sum(account.checking for account in bench.state.accounts) == bench.service.at_once == 8
        bench.service.gate.set()
        await settle()
        assert bench.service.count("usage") == 20
    assert bench.service.most_at_once == 8


async def test_what_a_person_asks_for_before_anybody_polls_is_asked_for_as_soon_as_somebody_does() -> None:
    bench = Bench(ANA)
    await bench.accounts.read()
    bench.poller.refresh([ANA.key])
    await settle()
    assert bench.service.count("usage") == 0
    async with running(bench.poller.run()):
        await settle()
        assert bench.service.count("usage") == 1


async def test_a_refresh_of_very_many_takes_seconds() -> None:
    bench = Bench(*people(100))
    async with polling(bench):
        await bench.clock.advance(2 * MINUTE)
        asked = times(bench)
        bench.poller.refresh([a.key for a in bench.state.accounts])
        await bench.clock.advance(15 * SECOND)
    assert len(asked) == 100
    assert bench.service.most_at_once <= 8


async def test_just_after_a_reset_is_looked_again() -> None:
    bench = Bench(ANA)
    bench.service.answer("usage", usage_answer(100, START + 2 * MINUTE), usage_answer(0, START + 5 * HOUR))
    asked = times(bench)
    async with polling(bench):
        await bench.clock.advance(4 * MINUTE)
    assert asked == [START, START + 2 * MINUTE + 40 * SECOND]


async def test_a_reset_is_found_by_the_service_s_clock_where_this_one_is_hours_off() -> None:
    bench = Bench(ANA)
    there = START + 3 * HOUR
    date = f"{there:%a, %d %b %Y %H:%M:%S} GMT"
    bench.service.answer("usage", usage_answer(100, there + 2 * MINUTE, Date=date), usage_answer())
    asked = times(bench)
    async with polling(bench):
        await bench.clock.advance(4 * MINUTE)
    assert asked == [START, START + 2 * MINUTE + 40 * SECOND]


async def test_manual_looks_once_and_then_only_when_asked() -> None:
    bench = Bench(ANA, BEN, settings=Settings(poll_minutes=0))
    asked = times(bench)
    async with polling(bench):
        await bench.clock.advance(12 * HOUR)
        assert len(asked) == 2
        bench.poller.refresh([BEN.key])
        await bench.clock.advance(12 * HOUR)
    assert len(asked) == 3
    assert bench.account(BEN).checked_at == START + 12 * HOUR


async def test_manual_does_not_repeat_a_failure_by_itself() -> None:
    bench = Bench(ANA, settings=Settings(poll_minutes=0))
    bench.service.answer("usage", UNREACHABLE)
    async with polling(bench):
        await bench.clock.advance(12 * HOUR)
    assert bench.service.count("usage") == 1


async def test_a_shorter_interval_holds_at_once() -> None:
    bench = Bench(ANA, BEN, settings=Settings(poll_minutes=30))
    async with polling(bench):
        await bench.clock.advance(HOUR)
        asked = times(bench)
        change(bench, poll_minutes=5)
        await bench.clock.advance(4 * MINUTE)
        assert len(asked) == len(set(asked)) == 2
        await bench.clock.advance(5 * MINUTE)
        assert len(asked) == 4


async def test_a_longer_interval_holds_from_the_next_check_on() -> None:
    bench = Bench(ANA)
    async with polling(bench):
        asked = times(bench)
        change(bench, poll_minutes=30)
        await bench.clock.advance(34 * MINUTE)
        assert asked == [START + 5 * MINUTE]


async def test_changed_to_manual_what_was_planned_is_not_asked_any_more() -> None:
    bench = Bench(ANA, BEN)
    bench.service.answer("usage", UNREACHABLE, usage_answer())
    async with polling(bench):
        await bench.clock.advance(10 * SECOND)
        asked = times(bench)
        change(bench, poll_minutes=0)
        await bench.clock.advance(12 * HOUR)
    assert asked == []


async def test_changed_from_manual_it_begins_at_once() -> None:
    bench = Bench(ANA, settings=Settings(poll_minutes=0))
    async with polling(bench):
        await bench.clock.advance(HOUR)
        asked = times(bench)
        change(bench, poll_minutes=5)
        await bench.clock.advance(SECOND)
    assert asked == [START + HOUR]


async def test_a_shorter_interval_does_not_hurry_what_the_service_put_off() -> None:
    bench = Bench(ANA)
    bench.service.answer("usage", BUSY)
    async with polling(bench):
        change(bench, poll_minutes=1)
        await bench.clock.advance(29 * MINUTE)
    assert bench.service.count("usage") == 1


async def test_a_new_account_is_asked_within_seconds() -> None:
    bench = Bench(ANA)
    async with polling(bench):
        await bench.clock.advance(MINUTE)
        await bench.vault.save(BEN)
        await bench.accounts.read()
        await bench.clock.advance(6 * SECOND)
        assert bench.account(BEN).snapshot is not None


async def test_an_account_that_went_away_while_it_was_asked_changes_nothing() -> None:
    bench = Bench(ANA)
    bench.service.waits = {"usage"}
    async with polling(bench):
        bench.store.dispatch(AccountsRead(accounts=()))
        bench.service.gate.set()
        await settle()
    assert bench.state.accounts == ()


async def test_an_account_that_the_official_client_logs_out_goes_without_a_word() -> None:
    client = MemoryStore(StoreKind.OFFICIAL, ANA)
    bench = Bench(others=(client,))
    bench.service.answer("usage", REFUSED)
    states: list[Problem | None] = []
    bench.store.subscribe(lambda: states.extend(a.problem for a in bench.state.accounts))
    async with polling(bench):
        await bench.clock.advance(SECOND)
        # The client revokes its tokens first, then it removes its login.
        assert bench.service.count("usage") == 1
        client.held.clear()
        await bench.clock.advance(5 * SECOND)
        assert bench.state.accounts == ()
        await bench.clock.advance(timedelta(minutes=10))
    assert not any(states)
    assert bench.service.count("usage") == 1


async def test_what_is_remembered_is_recalled_before_a_question_and_not_after_its_answer() -> None:
    bench = Bench(ANA)
    recall, asked_before = bench.memory.recall, list[int]()

    async def noted(fingerprint: str) -> TokenOutcome | None:
        asked_before.append(bench.service.count("usage"))
        return await recall(fingerprint)

    bench.memory.recall = noted  # type: ignore[method-assign]
    async with polling(bench):
        await bench.clock.advance(SECOND)
        assert bench.service.count("usage") == 1
        await bench.clock.advance(timedelta(minutes=6))
        assert bench.service.count("usage") == 2
    assert asked_before == [0, 1]


async def test_a_renewal_that_did_not_help_is_forgotten_once_a_check_goes_well() -> None:
    bench = Bench(ANA)
    bench.service.answer("usage", REFUSED, REFUSED, usage_answer())
    bench.service.answer("refresh", token_answer("ana", 2))
    async with polling(bench):
        await bench.clock.advance(SECOND)
        assert bench.service.count("usage") == 2
        assert await bench.renewals.is_doubted(ANA.key)
        await bench.clock.advance(HOUR)
        assert bench.account(ANA).problem is None
        assert not await bench.renewals.is_doubted(ANA.key)


async def test_a_memory_that_does_not_answer_holds_up_renewals_and_no_check() -> None:
    bench = Bench(ANA)

    async def not_soon(_fingerprint: str) -> TokenOutcome | None:
        raise ReadError(path="memory", reason="the disk doesn't answer")

    async def not_ever(_fingerprint: str) -> TokenOutcome | None:
        return await asyncio.get_running_loop().create_future()

    bench.memory.glance, bench.memory.recall = not_soon, not_ever  # type: ignore[method-assign]
    bench.service.answer("usage", usage_answer(12), REFUSED)
    async with polling(bench):
        await bench.clock.advance(SECOND)
        assert bench.account(ANA).snapshot is not None
        await bench.clock.advance(HOUR)
        assert bench.service.count("usage") == 2
        assert bench.service.count("refresh") == 0


async def test_an_account_whose_login_is_in_no_store_any_more_goes_without_a_word() -> None:
    client = MemoryStore(StoreKind.OFFICIAL, ANA)
    bench = Bench(others=(client,))
    await bench.accounts.read()
    client.held.clear()
    async with polling(bench):
        await bench.clock.advance(SECOND)
        assert bench.state.accounts == ()


async def test_a_login_that_the_official_client_has_renewed_meanwhile_is_asked_with() -> None:
    client = MemoryStore(StoreKind.OFFICIAL, ANA)
    bench = Bench(others=(client,))
    bench.service.answer("usage", REFUSED, usage_answer(12))
    async with polling(bench):
        await bench.clock.advance(SECOND)
        newer = credential("ana", number=2, at=START + timedelta(days=5))
        client.held[newer.key] = newer
        await bench.clock.advance(5 * SECOND)
        assert bench.account(ANA).snapshot is not None
        assert bench.account(ANA).problem is None


async def test_the_official_client_s_ended_login_is_said_to_have_ended_once_the_service_refuses_it() -> None:
    theirs = credential("ana", at=START - timedelta(days=11), days=10)
    bench = Bench(others=(MemoryStore(StoreKind.OFFICIAL, theirs),))
    bench.service.answer("usage", REFUSED)
    async with polling(bench):
        await bench.clock.advance(6 * SECOND)
        assert problem_kind(bench.account(theirs).problem) == OfficialExpiredError
    assert bench.service.count("refresh") == 0


@pytest.mark.parametrize("kind", [StoreKind.OFFICIAL, StoreKind.VAULT])
async def test_a_login_past_its_end_that_the_service_takes_is_shown_and_not_renewed(kind: StoreKind) -> None:
    ended = credential("ana", at=START - timedelta(days=11), days=10)
    own = (ended,) if kind is StoreKind.VAULT else ()
    bench = Bench(*own, others=() if own else (MemoryStore(StoreKind.OFFICIAL, ended),))
    async with polling(bench):
        await bench.clock.advance(SECOND)
        found = bench.account(ended)
        assert condition(found, Settings(), bench.clock.now()) is Condition.AVAILABLE
    assert bench.service.count("refresh") == 0


async def test_a_renewal_that_does_not_help_is_made_once_and_remembered() -> None:
    bench = Bench(ANA)
    bench.service.answer("usage", Answer(401, {}, b'{"error": {"code": "token_revoked"}}'))
    bench.service.answer("refresh", token_answer("ana", 2))
    asked = times(bench)
    async with polling(bench), running(bench.timer.run()):
        await bench.clock.advance(3 * HOUR)
        found = bench.account(ANA)
    assert found.problem == StillRefusedError(reason="the login was revoked").problem
    assert condition(found, Settings(), bench.clock.now()) is Condition.NEEDS_LOGIN
    assert bench.service.count("refresh") == 1
    gaps = [(later - earlier) / MINUTE for earlier, later in pairwise(asked[1:])]
    assert gaps == [1, 2, 4, 8, 16, 32, 60]


async def test_the_official_client_s_refused_login_is_never_renewed() -> None:
    bench = Bench(others=(MemoryStore(StoreKind.OFFICIAL, ANA),))
    bench.service.answer("usage", REFUSED)
    async with polling(bench):
        await bench.clock.advance(HOUR)
        assert problem_kind(bench.account(ANA).problem) == TokenRefusedError
    assert bench.service.count("refresh") == 0


async def test_a_refused_login_of_ours_is_renewed_once_and_asked_again() -> None:
    bench = Bench(ANA)
    bench.service.answer("usage", REFUSED, usage_answer())
    bench.service.answer("refresh", token_answer("ana", 2))
    async with polling(bench):
        await bench.clock.advance(SECOND)
        assert bench.account(ANA).problem is None
        assert bench.account(ANA).snapshot is not None
    assert (bench.service.count("usage"), bench.service.count("refresh")) == (2, 1)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(403, {"Content-Type": "text/html"}, b"<html>"),
        Answer(403, {}, b'{"error":{"code":"unsupported_country_region_territory"}}'),
        Answer(500, {}, b""),
        Answer(200, {}, b"<html>"),
        UNREACHABLE,
    ],
)
async def test_what_is_not_about_the_login_never_leads_to_a_renewal(answer: Answer | Exception) -> None:
    bench = Bench(ANA)
    bench.service.answer("usage", answer)
    async with polling(bench):
        await bench.clock.advance(HOUR)
        assert bench.account(ANA).problem is not None
    assert bench.service.count("refresh") == 0


async def test_what_nobody_expected_fails_one_check_and_is_reported() -> None:
    bench = Bench(ANA, BEN)
    bench.service.answer("usage", RuntimeError("a fault of the program"), usage_answer())
    reported: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context["exception"]))
    async with polling(bench):
        await bench.clock.advance(10 * SECOND)
        assert problem_kind(bench.account(ANA).problem) == ProbeError
        assert bench.account(BEN).snapshot is not None
        await bench.clock.advance(MINUTE)
        assert bench.account(ANA).problem is None
    assert [type(error) for error in reported] == [RuntimeError]


async def test_ended_it_leaves_no_question_open() -> None:
    bench = Bench(*people(20))
    bench.service.waits = {"usage"}
    async with polling(bench):
        await bench.clock.advance(MINUTE)
        assert bench.service.at_once == 8
    assert bench.service.at_once == 0


def use(bench: Bench, situation: Situation) -> None:
    bench.store.dispatch(SituationChanged(situation=situation))
    bench.poller.replan()


@pytest.mark.parametrize("situation", [Situation(metered=True), Situation(on_battery=True), Situation(locked=True)])
async def test_where_it_costs_something_checks_are_a_quarter_of_an_hour_apart(situation: Situation) -> None:
    bench = Bench(ANA)
    bench.service.answer("usage", usage_answer(50, START + HOUR))
    use(bench, situation)
    asked = times(bench)
    async with polling(bench):
        await bench.clock.advance(31 * MINUTE)
        assert asked == [START, START + 15 * MINUTE, START + 30 * MINUTE]
        use(bench, Situation())
        await bench.clock.advance(6 * MINUTE)
    assert len(asked) == 5


async def test_where_it_costs_something_failures_are_not_tried_again_sooner() -> None:
    bench = Bench(ANA)
    bench.service.answer("usage", UNREACHABLE)
    use(bench, Situation(locked=True))
    async with polling(bench):
        await bench.clock.advance(31 * MINUTE)
    assert bench.service.count("usage") == 3


async def test_numbers_that_somebody_looks_at_are_asked_for_again_when_they_are_over_a_minute_old() -> None:
    bench = Bench(ANA, BEN)
    async with polling(bench):
        await bench.clock.advance(50 * SECOND)
        asked = times(bench)
        bench.poller.looked_at()
        await settle()
        assert asked == []
        await bench.clock.advance(11 * SECOND)
        bench.poller.looked_at()
        bench.poller.looked_at()
        await bench.clock.advance(SECOND)
        assert len(asked) == 2
        bench.poller.looked_at()
        await bench.clock.advance(10 * SECOND)
    assert len(asked) == 2


async def test_looking_makes_no_check_later_and_breaks_no_wish_of_the_service() -> None:
    bench = Bench(ANA, BEN)
    bench.service.answer("usage", BUSY, usage_answer())
    async with polling(bench):
        await bench.clock.advance(5 * MINUTE - 2 * SECOND)
        planned = bench.account(BEN).next_check
        await bench.clock.advance(SECOND)
        bench.poller.looked_at()
        found = bench.account(BEN).next_check
        assert planned is not None
        assert found is not None
        assert found <= planned
        await bench.clock.advance(MINUTE)
        assert bench.service.count("usage") == 3
        assert problem_kind(bench.account(ANA).problem) == RateLimitedError


async def test_looking_asks_nothing_where_only_a_person_s_word_does() -> None:
    bench = Bench(ANA, settings=Settings(poll_minutes=0))
    async with polling(bench):
        await bench.clock.advance(HOUR)
        bench.poller.looked_at()
        await bench.clock.advance(HOUR)
    assert bench.service.count("usage") == 1


async def test_after_waking_one_account_is_asked_and_then_the_others_one_by_one() -> None:
    bench = Bench(*people(30))
    async with polling(bench):
        await bench.clock.advance(2 * MINUTE)
        asked = times(bench)
        bench.clock.jump(8 * HOUR)
        bench.poller.network_changed(after=40 * SECOND)
        woke = bench.clock.now()
        await bench.clock.advance(39 * SECOND)
        assert asked == []
        await bench.clock.advance(MINUTE)
    assert asked[0] == woke + 40 * SECOND
    assert len(asked) == 30
    assert all(later - earlier >= 0.3 * SECOND for earlier, later in pairwise(asked[1:]))


async def test_as_long_as_the_one_finds_no_network_the_others_are_not_asked() -> None:
    bench = Bench(*people(30))
    async with polling(bench):
        await bench.clock.advance(2 * MINUTE)
        bench.service.answer("usage", *[UNREACHABLE] * 5, usage_answer())
        asked = times(bench)
        bench.poller.network_changed(after=SECOND)
        await bench.clock.advance(14 * MINUTE)
        assert [(later - earlier) / MINUTE for earlier, later in pairwise(asked)] == [1, 2, 4, 4]
        await bench.clock.advance(3 * MINUTE)
        assert len({a.checked_at for a in bench.state.accounts}) >= 29
        assert all(a.problem is None for a in bench.state.accounts)


async def test_an_answer_of_any_kind_shows_that_the_network_is_there() -> None:
    bench = Bench(*people(5))
    async with polling(bench):
        await bench.clock.advance(2 * MINUTE)
        bench.service.answer("usage", BUSY, usage_answer())
        asked = times(bench)
        bench.poller.network_changed(after=SECOND)
        await bench.clock.advance(10 * SECOND)
    assert len(asked) == 5


async def test_a_person_who_asks_does_not_wait_for_the_one() -> None:
    bench = Bench(ANA, BEN)
    async with polling(bench):
        await bench.clock.advance(2 * MINUTE)
        asked = times(bench)
        bench.poller.network_changed(after=MINUTE)
        bench.poller.refresh([ANA.key, BEN.key])
        await bench.clock.advance(SECOND * 6)
    assert len(asked) == 2


async def test_once_a_person_asks_for_one_account_the_others_are_not_held_back_either() -> None:
    bench = Bench(*people(3))
    async with polling(bench):
        await bench.clock.advance(2 * MINUTE)
        asked = times(bench)
        bench.clock.jump(8 * HOUR)
        bench.poller.network_changed(after=MINUTE)
        await settle()
        bench.poller.refresh([bench.state.accounts[1].key])
        await settle()
        # The one that was to go first keeps its moment.
        assert asked == [bench.clock.now()] * 2


async def test_the_one_that_is_removed_holds_nobody_back() -> None:
    bench = Bench(ANA, BEN)
    async with polling(bench):
        await bench.clock.advance(2 * MINUTE)
        bench.poller.network_changed(after=MINUTE)
        await bench.vault.remove(ANA.key)
        await bench.accounts.read()
        asked = times(bench)
        await bench.clock.advance(4 * MINUTE)
    assert len(asked) == 1


async def test_with_manual_checks_waking_asks_for_one_until_it_is_answered() -> None:
    bench = Bench(ANA, BEN, settings=Settings(poll_minutes=0))
    async with polling(bench):
        await bench.clock.advance(MINUTE)
        bench.service.answer("usage", UNREACHABLE, usage_answer())
        asked = times(bench)
        bench.poller.network_changed(after=SECOND)
        await bench.clock.advance(HOUR)
    assert len(asked) == 2


async def test_without_accounts_a_new_network_changes_nothing() -> None:
    bench = Bench()
    async with polling(bench):
        bench.poller.network_changed(after=SECOND)
        await bench.clock.advance(MINUTE)
    assert bench.service.count("usage") == 0


async def test_at_rest_it_looks_at_the_schedule_twice_a_minute() -> None:
    bench = Bench(*people(3), settings=Settings(poll_minutes=30))
    naps: list[float] = []
    sleep = bench.clock.sleep

    async def noted(seconds: float) -> None:
        naps.append(seconds)
        await sleep(seconds)

    async with polling(bench):
        await bench.clock.advance(MINUTE)
        bench.clock.sleep = noted
        await bench.clock.advance(10 * MINUTE)
    assert len(naps) <= 21


class Jitter(FakeRandomness):
    """Chance that goes through its whole range, the same every time."""

    def __init__(self) -> None:
        super().__init__()
        self._step = 0

    def uniform(self, low: float, high: float) -> float:
        self._step = (self._step * 137 + 31) % 1009
        return low + (high - low) * self._step / 1009


@pytest.mark.parametrize("hours", [8, pytest.param(24, marks=pytest.mark.heavy)])
async def test_a_hundred_accounts_keep_to_their_pace(hours: int) -> None:
    bench = Bench(*people(100), settings=Settings(poll_minutes=15))
    bench.randomness.uniform = Jitter().uniform
    asked = times(bench)
    async with polling(bench):
        await bench.clock.advance(hours * HOUR)
        oldest = min(a.snapshot.taken_at for a in bench.state.accounts if a.snapshot is not None)
        assert oldest >= bench.clock.now() - 17 * MINUTE
    assert 100 * hours * 60 / 16.5 <= len(asked) <= 100 * (1 + hours * 60 / 13.5)
    assert bench.service.most_at_once <= 8
    later = [moment for moment in asked if moment > START + hours // 2 * HOUR]
    busiest = max(sum(1 for m in later if start <= m < start + MINUTE) for start in later[::97])
    assert busiest <= 25
