"""Any order of what three computers do with one login over one table: no refresh token is used twice without need.

Each request waits until its answer, its loss, or the end of its computer is drawn. Answers of the table are lost after
it has acted, requests arrive after their senders have given them up, the project is paused, disks fail, clocks differ
by minutes. The issuer takes each refresh token once and ends a login whose token comes twice. What nobody can prevent
is a token that comes again from the computer whose answer was lost, a quarter of an hour later.

A computer that cannot ask the table renews all the same if its login is about to end, or a person wants it. What comes
of that is not judged here: the guide says that it may end the login.
"""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Final, TypeVar

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from probe_tray.core.account.identity import StoreKind
from probe_tray.core.errors import ReadError, SyncPausedError, WriteError
from tests.safety.bench import ANA
from tests.safety.shared_bench import LATEST, Computer, World
from tests.support.fakes import settle
from tests.support.tokens import credential

_T = TypeVar("_T")

SKEWS: Final = (timedelta(), timedelta(minutes=-4), timedelta(minutes=4))
NUMBERS: Final = st.integers(0, 2)
WORK: Final = st.sampled_from(["renew", "renew", "forced", "refused", "sync", "start"])
SECONDS: Final = st.sampled_from([3, 30, 121, 16 * 60, 18 * 60, 3600, 12 * 3600, 2 * 86400])
FAULTY: Final = st.sampled_from(
    [f"{verb} {store}" for verb in ("read", "check", "save") for store in ("vault", "folder")]
    + ["prepare", "pending", "finish", "recall", "add unshared", "forget unshared", "remember marks", "remember table"]
)
MOST: Final = 40
"""Requests that are answered in a row at most."""


class Sharing(RuleBasedStateMachine):
    """Three computers with the same login; the first may have it in two stores."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.computers: list[Computer] = []

    @initialize(protected=st.booleans(), both=st.booleans())
    def begin(self, *, protected: bool, both: bool) -> None:
        self._do(self._begin(protected=protected, both=both))

    @rule(number=NUMBERS, work=WORK, crash=st.none() | st.none() | st.integers(0, 60))
    def start(self, number: int, work: str, crash: int | None) -> None:
        computer = self.computers[number]
        computer.steps.seen.clear()
        computer.steps.crash_at = crash
        self._do(computer.start(work))

    @rule(number=NUMBERS, requests=st.integers(1, 6) | st.just(MOST))
    def requests_are_answered(self, number: int, requests: int) -> None:
        computer = self.computers[number]
        for _ in range(requests):
            if computer.waiting:
                self._do(computer.let_through(computer.waiting[0]))

    @rule(number=NUMBERS)
    def an_answer_is_lost(self, number: int) -> None:
        computer = self.computers[number]
        if computer.waiting:
            self._do(computer.lose_answer(computer.waiting[0]))

    @rule(number=NUMBERS, late=st.booleans())
    def a_request_is_lost(self, number: int, *, late: bool) -> None:
        computer = self.computers[number]
        if computer.waiting:
            self._do(computer.lose_request(computer.waiting[0], late=late))

    @rule()
    def a_late_request_arrives(self) -> None:
        if self.world.late:
            self._do(self.world.late.pop(0).arrive())

    @rule(number=NUMBERS, arrives=st.booleans())
    def it_is_killed(self, number: int, *, arrives: bool) -> None:
        computer = self.computers[number]
        if arrives and computer.waiting:
            self._do(computer.waiting[0].arrive())
        self._do(computer.die())

    @rule(seconds=SECONDS)
    def time_passes(self, seconds: int) -> None:
        self._do(self.world.clock.advance(timedelta(seconds=seconds)))
        self.world.late = [one for one in self.world.late if self.world.elapsed - one.at <= LATEST]

    @rule(paused=st.booleans())
    def the_project_is_paused(self, *, paused: bool) -> None:
        self.world.table.fault = SyncPausedError(host="table.example") if paused else None

    @rule(number=NUMBERS, step=FAULTY)
    def something_fails(self, number: int, step: str) -> None:
        fault = ReadError if step.partition(" ")[0] in {"read", "recall", "pending"} else WriteError
        self.computers[number].steps.faults[step] = fault(path="the disk", reason="the disk reported an error")

    @rule(number=NUMBERS)
    def its_disk_works_again(self, number: int) -> None:
        self.computers[number].steps.faults.clear()

    @rule()
    def a_newer_login_without_a_refresh_token_is_put_beside_it(self) -> None:
        at = self.world.clock.now() + timedelta(hours=1)
        handed_over = replace(credential("ana", number=0, at=at), refresh_token=None)
        for store in self.computers[0].stores[1:]:
            store.held[ANA] = handed_over

    @rule(number=NUMBERS)
    def the_person_logs_in_again(self, number: int) -> None:
        computer = self.computers[number]
        if computer.needs_login:
            made = self.world.log_in()
            for store in computer.stores:
                store.held[ANA] = made
            computer.needs_login = False

    @invariant()
    def whoever_died_is_started_again(self) -> None:
        for computer in self.computers:
            if computer.is_dying:
                self._do(computer.die())

    @invariant()
    def no_token_is_used_twice_without_need(self) -> None:
        if self.computers:
            assert not self.world.faults, "\n".join(self.world.faults)

    def teardown(self) -> None:
        try:
            if self.computers:
                self._do(self._heal())
        finally:
            for computer in self.computers:
                self._do(computer.die())
            self.loop.close()

    async def _begin(self, *, protected: bool, both: bool) -> None:
        self.world = World(protected=protected)
        kinds = (StoreKind.VAULT, StoreKind.FOLDER) if both else (StoreKind.VAULT,)
        self.computers = [
            Computer(self.world, number, *(kinds if number == 0 else kinds[:1]), skew=skew)
            for number, skew in enumerate(SKEWS)
        ]
        self.world.all_works = True
        await self.computers[0].start("sync")
        self.world.all_works = False

    async def _heal(self) -> None:
        """All goes well again: a login that lives, and is known to one computer, reaches every computer."""
        self.world.table.fault, self.world.late, self.world.all_works = None, [], True
        for computer in self.computers:
            computer.steps.crash_at = None
            computer.steps.faults.clear()
            for visit in list(computer.waiting):
                await computer.let_through(visit)
            await computer.die()
            for store in computer.stores[1:]:
                if not store.held[ANA].renewable:
                    store.held[ANA] = computer.stores[0].held[ANA]
        survives = self.world.live is not None and any(self.world.live in one.held() for one in self.computers)
        for _ in range(3):
            for computer in self.computers:
                for work in ("start", "sync", "renew"):
                    await computer.start(work)
                    await self.world.clock.advance(timedelta(minutes=20))
        assert not self.world.faults, "\n".join(self.world.faults)
        if survives and self.world.all_checked:
            held = [computer.stored() for computer in self.computers]
            assert held == [{self.world.live}] * len(held), (held, self.world.live, self.world.uses)

    def _do(self, work: Coroutine[object, object, _T]) -> _T:
        async def done() -> _T:
            found = await work
            await settle()
            return found

        return self.loop.run_until_complete(done())


class ManyWays(Sharing):
    """The same, thousands of times."""


def _often(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, phases=(Phase.generate, Phase.shrink)
    )


Sharing.TestCase.settings = _often(60, 40)
TestSharing = Sharing.TestCase
ManyWays.TestCase.settings = _often(4000, 80)
TestManyWays = pytest.mark.heavy(pytest.mark.timeout(3000)(ManyWays.TestCase))
