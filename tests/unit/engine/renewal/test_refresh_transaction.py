"""Renewals of many accounts: joined, few at once, paused, and seen to their end."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import (
    JournalSealedError,
    NotSentError,
    ProbeError,
    RenewalsPausedError,
    UncertainLoginError,
    WriteError,
)
from probe_tray.core.events import Event, RenewalEnded, RenewalStarted, TroubleMet
from probe_tray.core.renewal.pause import Tally
from probe_tray.core.renewal.policy import Reason
from probe_tray.core.renewal.request import RenewalKind, RenewalRequest, Renewed
from probe_tray.engine.renewal.renewal_coordinator import RenewalCoordinator
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.engine.renewal.token_memory import Alone
from probe_tray.engine.sync.no_shared_logins import NoSharedLogins
from tests.support.fakes import FakeClock, MemoryTally, NoTokenLocks, problem_kind, settle
from tests.support.tokens import credential

KEYS = [AccountKey(f"account-{number}", "user") for number in range(12)]
POLICY, FORCED, REFUSED = (RenewalRequest(days=3, reason=reason) for reason in (None, Reason.FORCED, Reason.REFUSED))


class Transactions:
    """Stands for the transaction: each waits where the test says, and ends as the test says."""

    def __init__(self) -> None:
        self.runs: list[tuple[AccountKey, RenewalRequest]] = []
        self.at_work = 0
        self.most = 0
        self.before = asyncio.Event()
        self.request = asyncio.Event()
        self.before.set()
        self.request.set()
        self.failures: dict[AccountKey, Exception] = {}
        self.left: tuple[AccountKey, ...] = ()
        self.kind = RenewalKind.RENEWED
        self.sends = True

    async def run(
        self,
        key: AccountKey,
        request: RenewalRequest,
        sending: Callable[[], None],
        coordinator: RenewalCoordinator,
        alone: Alone,
    ) -> Renewed:
        del coordinator, alone
        self.runs.append((key, request))
        self.at_work += 1
        self.most = max(self.most, self.at_work)
        try:
            await self.before.wait()
            if self.sends:
                sending()
                await self.request.wait()
            if key in self.failures:
                raise self.failures[key]
            return Renewed(kind=self.kind, credential=credential())
        finally:
            self.at_work -= 1

    async def finish_pending(self, key: AccountKey) -> bool:
        self.runs.append((key, POLICY))
        if key in self.failures:
            raise self.failures[key]
        return False

    async def unfinished(self) -> tuple[AccountKey, ...]:
        return self.left


class Locks:
    """Locks within this process, which remember who was held."""

    def __init__(self) -> None:
        self.held: list[AccountKey] = []

    @asynccontextmanager
    async def hold(self, key: AccountKey) -> AsyncGenerator[None]:
        self.held.append(key)
        yield


class SharedTally:
    """What all processes know; ``fault`` is a disk that takes nothing."""

    def __init__(self) -> None:
        self.known = Tally()
        self.fault: WriteError | None = None

    async def load(self) -> Tally:
        return self.known

    async def change(self, step: Callable[[Tally], Tally]) -> Tally:
        if self.fault is not None:
            raise self.fault
        self.known = step(self.known)
        return self.known


class Office:
    """Renewals with doubles around them; several with the same clock and tally are processes of one machine."""

    def __init__(self, tally: SharedTally | None = None, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.work = Transactions()
        self.locks = Locks()
        self.told: list[Event] = []
        self.renewals = Renewals(
            self.work,  # pyright: ignore[reportArgumentType] - a stand-in with the same methods
            self.locks,
            self.clock,
            self.told.append,
            NoSharedLogins(),
            tally or MemoryTally(),
            NoTokenLocks(),
        )

    def start(self, key: AccountKey, request: RenewalRequest = POLICY) -> "asyncio.Task[Renewed]":
        return asyncio.create_task(self.renewals.renew(key, request))

    async def fail(self, *keys: AccountKey, error: Exception | None = None) -> None:
        for key in keys:
            self.work.failures[key] = error or NotSentError(reason="there is no connection")
            with pytest.raises(ProbeError):
                await self.renewals.renew(key, POLICY)

    def ends(self) -> list[type[ProbeError] | None]:
        return [problem_kind(e.problem) for e in self.told if isinstance(e, RenewalEnded)]


async def test_two_who_want_the_same_share_one_renewal() -> None:
    office = Office()
    office.work.request.clear()
    both = [office.start(KEYS[0]), office.start(KEYS[0])]
    await settle()
    office.work.request.set()
    first, second = await asyncio.gather(*both)
    assert first is second
    assert len(office.work.runs) == 1
    assert [type(e) for e in office.told] == [RenewalStarted, RenewalEnded]


async def test_one_with_a_reason_is_not_answered_by_one_left_to_the_policy() -> None:
    office = Office()
    office.work.before.clear()
    office.start(KEYS[0])
    await settle()
    refused = office.start(KEYS[0], REFUSED)
    await settle()
    assert len(office.work.runs) == 1
    office.work.before.set()
    await refused
    assert [request for _, request in office.work.runs] == [POLICY, REFUSED]


async def test_a_forced_renewal_answers_everybody() -> None:
    office = Office()
    office.work.before.clear()
    tasks = [office.start(KEYS[0], request) for request in (FORCED, REFUSED, POLICY)]
    await settle()
    office.work.before.set()
    await asyncio.gather(*tasks)
    assert len(office.work.runs) == 1


async def test_no_more_than_four_renew_at_once() -> None:
    office = Office()
    office.work.request.clear()
    tasks = [office.start(key) for key in KEYS]
    await settle()
    assert office.work.at_work == 4
    office.work.request.set()
    await asyncio.gather(*tasks)
    assert office.work.most == 4
    assert len(office.work.runs) == len(KEYS)


async def test_cancelling_who_waits_does_not_cancel_the_request() -> None:
    office = Office()
    office.work.request.clear()
    caller = office.start(KEYS[0])
    await settle()
    caller.cancel()
    await settle()
    assert office.work.at_work == 1
    office.work.request.set()
    await settle()
    assert office.ends() == [None]


async def test_quitting_waits_for_what_was_sent_and_starts_nothing() -> None:
    office = Office()
    office.work.request.clear()
    sent = office.start(KEYS[0])
    await settle()
    office.work.before.clear()
    unsent = office.start(KEYS[1])
    await settle()
    closing = asyncio.create_task(office.renewals.close())
    await settle()
    assert not closing.done()
    assert unsent.cancelled()
    office.work.request.set()
    await closing
    assert (await sent).kind is RenewalKind.RENEWED
    office.work.before.set()
    with pytest.raises(asyncio.CancelledError):
        await office.renewals.renew(KEYS[2], FORCED)
    assert len(office.ends()) == 1


async def test_five_failing_accounts_give_everybody_a_rest_of_half_an_hour() -> None:
    office = Office()
    await office.fail(*KEYS[:5])
    with pytest.raises(RenewalsPausedError):
        await office.renewals.renew(KEYS[5], FORCED)
    await office.clock.advance(timedelta(minutes=29))
    with pytest.raises(RenewalsPausedError):
        await office.renewals.renew(KEYS[6], FORCED)
    await office.clock.advance(timedelta(minutes=2))
    assert (await office.renewals.renew(KEYS[7], FORCED)).kind is RenewalKind.RENEWED


@pytest.mark.parametrize("hours", [-6, 6])
async def test_the_rest_takes_no_notice_of_a_clock_that_is_set(hours: int) -> None:
    office = Office()
    await office.fail(*KEYS[:5])
    office.clock.jump(timedelta(hours=hours))
    with pytest.raises(RenewalsPausedError):
        await office.renewals.renew(KEYS[5], FORCED)
    await office.clock.advance(timedelta(minutes=31))
    assert (await office.renewals.renew(KEYS[5], FORCED)).kind is RenewalKind.RENEWED


async def test_all_processes_rest_together_and_those_that_start_meanwhile() -> None:
    tally, clock = SharedTally(), FakeClock()
    tray, command = Office(tally, clock), Office(tally, clock)
    await tray.fail(*KEYS[:3])
    await command.fail(*KEYS[3:5])
    for office in (tray, command, Office(tally, clock)):
        with pytest.raises(RenewalsPausedError) as caught:
            await office.renewals.renew(KEYS[5], FORCED)
        assert caught.value.retry_after == timedelta(minutes=30)
    await clock.advance(timedelta(minutes=30))
    for office in (tray, command, Office(tally, clock)):
        assert (await office.renewals.renew(KEYS[5], POLICY)).kind is RenewalKind.RENEWED


async def test_what_works_in_one_process_counts_in_the_others() -> None:
    tally, clock = SharedTally(), FakeClock()
    tray, command = Office(tally, clock), Office(tally, clock)
    for key in KEYS[6:]:
        await tray.renewals.renew(key, POLICY)
    await command.fail(*KEYS[:3])
    await tray.fail(*KEYS[3:5])
    assert (await command.renewals.renew(KEYS[5], POLICY)).kind is RenewalKind.RENEWED


async def test_a_rest_that_the_clock_was_taken_back_from_lasts_half_an_hour_for_who_starts_then() -> None:
    tally, clock = SharedTally(), FakeClock()
    await Office(tally, clock).fail(*KEYS[:5])
    clock.jump(-timedelta(hours=6))
    with pytest.raises(RenewalsPausedError) as caught:
        await Office(tally, clock).renewals.renew(KEYS[5], POLICY)
    assert caught.value.retry_after == timedelta(minutes=30)
    await clock.advance(timedelta(minutes=31))
    assert (await Office(tally, clock).renewals.renew(KEYS[5], POLICY)).kind is RenewalKind.RENEWED


async def test_a_disk_that_takes_nothing_changes_no_renewal_s_outcome() -> None:
    tally = SharedTally()
    tally.fault = WriteError(path="x", reason="the disk is full")
    office = Office(tally)
    assert (await office.renewals.renew(KEYS[0], POLICY)).kind is RenewalKind.RENEWED
    await office.fail(*KEYS[:5])
    assert office.ends() == [None, *[NotSentError] * 5]
    with pytest.raises(RenewalsPausedError):
        await office.renewals.renew(KEYS[5], POLICY)


async def test_what_needs_no_request_needs_no_end_of_the_rest() -> None:
    office = Office()
    await office.fail(*KEYS[:5])
    office.work.sends, office.work.kind = False, RenewalKind.ADOPTED
    assert (await office.renewals.renew(KEYS[5], REFUSED)).kind is RenewalKind.ADOPTED


@pytest.mark.parametrize(("failing", "working", "rests"), [(4, 0, False), (5, 5, True), (5, 6, False), (6, 6, True)])
async def test_when_it_rests(failing: int, working: int, *, rests: bool) -> None:
    office = Office()
    for key in [*KEYS, *KEYS][-working:] if working else []:
        await office.renewals.renew(key, POLICY)
    await office.fail(*KEYS[:failing])
    office.work.failures.clear()
    try:
        await office.renewals.renew(KEYS[11], POLICY)
    except RenewalsPausedError:
        assert rests
    else:
        assert not rests


async def test_failures_of_this_computer_are_no_outage() -> None:
    office = Office()
    await office.fail(*KEYS[:6], error=WriteError(path="the disk", reason="it is full"))
    assert (await office.renewals.renew(KEYS[7], POLICY)).kind is RenewalKind.RENEWED


async def test_what_was_refused_from_memory_is_no_outage() -> None:
    office = Office()
    office.work.before.set()
    office.work.sends = False
    await office.fail(*KEYS[:6], error=UncertainLoginError())
    office.work.sends = True
    assert (await office.renewals.renew(KEYS[7], POLICY)).kind is RenewalKind.RENEWED


async def test_a_mistake_in_the_program_is_not_told_as_a_success() -> None:
    office = Office()
    office.work.failures[KEYS[0]] = ValueError("a mistake")
    with pytest.raises(ValueError, match="a mistake"):
        await office.renewals.renew(KEYS[0], POLICY)
    assert office.ends() == [ProbeError]


async def test_a_failure_is_told_and_raised() -> None:
    office = Office()
    await office.fail(KEYS[0])
    assert office.ends() == [NotSentError]


async def test_what_an_earlier_run_left_is_finished_under_the_lock() -> None:
    office = Office()
    assert not await office.renewals.finish_all()
    office.work.left = (KEYS[0],)
    assert await office.renewals.finish_all()
    assert office.locks.held == [KEYS[0]]
    assert office.work.runs == [(KEYS[0], POLICY)]


async def test_an_account_that_cannot_be_finished_is_told_and_keeps_none_of_the_others_from_it() -> None:
    office = Office()
    office.work.left = KEYS[0], KEYS[1]
    office.work.failures[KEYS[0]] = JournalSealedError()
    await office.renewals.finish_all()
    assert [key for key, _ in office.work.runs] == [KEYS[0], KEYS[1]]
    assert office.told == [TroubleMet(problem=JournalSealedError().problem)]
