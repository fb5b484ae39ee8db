"""Two computers that renew the same logins by themselves, over one table."""

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, timedelta

import pytest
from msgspec.structs import replace

from probe_tray.adapters.logins.login_cipher import AesGcmLoginCipher
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    ClaimedElsewhereError,
    LoginEndedError,
    NotSentError,
    ProbeError,
    ReadError,
    RenewalSentElsewhereError,
    RenewalWaitsError,
    TableUncheckedError,
    UncertainError,
)
from probe_tray.core.renewal.policy import Reason
from probe_tray.core.renewal.request import RenewalKind, RenewalRequest, Renewed
from probe_tray.core.service.answer import Answer
from probe_tray.core.sync.claims import claimed_time, is_claimed
from probe_tray.core.sync.rows import RemoteRow, SyncOptions
from probe_tray.demo.table_rows import LeaseBook
from probe_tray.engine.renewal.renewal_timer import RenewalTimer
from tests.support.fakes import START, FakeRandomness, MemoryStore, settle
from tests.support.tokens import credential, reply_body, tokens
from tests.unit.engine.bench import Bench, GatedService, running
from tests.unit.engine.sync_bench import KEY, TARGET, FakeTable, nothing

PEOPLE = [f"person-{number}" for number in range(12)]
FORCED = RenewalRequest(days=3, reason=Reason.FORCED)


class Issuer(GatedService):
    """Each refresh token works once; a second use ends the login."""

    spent: list[str]
    fault: ProbeError | None = None

    async def refresh(self, refresh_token: Secret, arrived: Callable[[bytes], None]) -> Answer:
        del arrived
        if self.fault is not None:
            raise self.fault
        token = refresh_token.reveal()
        twice = token in self.spent
        self.spent.append(token)
        await self._pass("refresh")
        if twice:
            return Answer(401, {}, b'{"error": {"code": "refresh_token_reused"}}')
        person, _, number = token.removeprefix("rt_").partition(".")
        at = START + timedelta(hours=int(number))
        return Answer(200, {}, reply_body(tokens(person, number=int(number) + 1, at=at)))


class Chance(FakeRandomness):
    """Moments all over the range, the same in each run."""

    steps = 0

    def uniform(self, low: float, high: float) -> float:
        self.steps += 1
        return low + (high - low) * (self.steps * 0.618 % 1)


class Computer(Bench):
    """A tray that shares a table; its folder holds nothing at first."""

    def __init__(self, table: FakeTable, spent: list[str], *logins: Credential) -> None:
        self.folder = MemoryStore(StoreKind.FOLDER)
        super().__init__(*logins, others=(self.folder,))
        self.sync.table.held, self.sync.table.writes = table.held, table.writes
        self.sync.ready = True
        self.service.__class__ = Issuer
        assert isinstance(self.service, Issuer)
        self.service.spent = spent

    def share(self, table: FakeTable) -> None:
        """Use the leases of ``table`` too."""
        self.sync.table.leases = table.leases

    def number(self, person: str) -> int:
        held = self.vault.held[credential(person).key]
        assert held.refresh_token is not None
        return int(held.refresh_token.reveal().partition(".")[2])


def old(person: str = "ana") -> Credential:
    """The first login of a person, which has ended."""
    return credential(person, at=START - timedelta(days=11))


def two(*people: str, leases: bool = False) -> tuple[Computer, Computer, FakeTable, list[str]]:
    """Two computers with the same logins and clocks; the database's clock is the first one's."""
    logins = [old(person) for person in people]
    spent: list[str] = []
    table = FakeTable(*(AesGcmLoginCipher(KEY).seal(login, bytes(12), UTC) for login in logins))
    first, second = Computer(table, spent, *logins), Computer(table, spent, *logins)
    if leases:
        table.leases = LeaseBook(threading.RLock(), first.clock.now)
        for computer in (first, second):
            computer.share(table)
    return first, second, table, spent


@pytest.mark.parametrize("leases", [False, True])
@pytest.mark.parametrize("apart", [0, 7])
async def test_two_trays_with_the_same_overdue_logins_spend_each_token_once(apart: int, *, leases: bool) -> None:
    first, second, table, spent = two(*PEOPLE, leases=leases)
    for computer in (first, second):
        await computer.accounts.read()
    async with running(first.timer.run()):
        for _ in range(apart):
            await first.clock.advance(timedelta(seconds=1))
        second.clock.jump(timedelta(seconds=apart))
        async with running(second.timer.run()):
            for _ in range(240):
                # Both have the same chance: each login is due at both within the same second, the hardest case.
                await asyncio.gather(*(c.clock.advance(timedelta(seconds=1)) for c in (first, second)))
    assert sorted(spent) == sorted(f"rt_{person}.1" for person in PEOPLE)
    for computer in (first, second):
        assert {computer.number(person) for person in PEOPLE} == {2}
    assert not any(is_claimed(row.update_time, first.clock.now()) for row in table.held.values())


async def test_the_row_is_written_before_the_account_is_let_go() -> None:
    first, _, table, _ = two("ana")
    key, held = old().key, list[tuple[str, bool]]()

    async def look(request: str) -> None:
        held.append((request, first.locks.is_held(key)))

    first.sync.table.before = look
    assert (await first.renewals.renew(key, FORCED)).kind is RenewalKind.RENEWED
    assert not first.locks.is_held(key)
    # Once to claim it, once with the new login.
    assert held.count(("replace", True)) == 2
    assert all(locked for _, locked in held)
    (row,) = table.held.values()
    assert AesGcmLoginCipher(KEY).open(row).login == replace(first.vault.held[key], made_here=False)


@pytest.mark.parametrize("leases", [False, True])
async def test_two_trays_whose_table_is_empty_at_first_spend_each_token_once(*, leases: bool) -> None:
    first, second, table, spent = two(*PEOPLE, leases=leases)
    table.held.clear()
    for computer in (first, second):
        computer.sync.adds_rows = True
        await computer.accounts.read()
    async with running(first.timer.run()), running(second.timer.run()):
        for _ in range(240):
            await asyncio.gather(*(c.clock.advance(timedelta(seconds=1)) for c in (first, second)))
    assert sorted(spent) == sorted(f"rt_{person}.1" for person in PEOPLE)
    assert {computer.number(person) for computer in (first, second) for person in PEOPLE} == {2}


async def test_what_is_due_at_the_start_is_spread_over_two_minutes() -> None:
    bench = Bench(*(old(person) for person in PEOPLE))
    timer = RenewalTimer(bench.renewals, bench.accounts, bench.store, bench.clock, Chance())
    await bench.accounts.read()
    async with running(timer.run()):
        await settle()
        planned = [account.renewal.next_at for account in bench.state.accounts]
    moments = sorted(moment - START for moment in planned if moment is not None)
    assert len(set(moments)) == len(PEOPLE)
    assert (
        timedelta() <= moments[0] < timedelta(seconds=40) < timedelta(seconds=80) < moments[-1] <= timedelta(minutes=2)
    )


async def test_a_claim_of_another_computer_is_waited_for_and_its_login_taken_over() -> None:
    first, second, table, spent = two("ana")
    first.service.waits.add("refresh")
    key = old().key
    renewing = asyncio.create_task(first.renewals.renew(key, FORCED))
    await settle()
    (row,) = table.held.values()
    assert is_claimed(row.update_time, first.clock.now())
    assert AesGcmLoginCipher(KEY).open(row).login == replace(old(), made_here=False), "the login in it is as it was"
    assert (row.update_time or "").startswith((old().last_refresh or START).strftime("%Y-%m-%dT%H:%M:%S"))
    other = asyncio.create_task(second.renewals.renew(key, FORCED))
    await second.clock.advance(timedelta(seconds=4))
    assert not other.done()
    first.service.gate.set()
    assert (await renewing).kind is RenewalKind.RENEWED
    await second.clock.advance(timedelta(seconds=4))
    assert (await other).kind is RenewalKind.ADOPTED
    assert (spent, first.number("ana"), second.number("ana")) == (["rt_ana.1"], 2, 2)


async def test_a_claim_that_comes_to_nothing_holds_for_two_minutes() -> None:
    _, second, table, spent = two("ana")
    (row,) = table.held.values()
    table.held[row.id] = replace(row, update_time=claimed_time(row.update_time, START))
    renewing = asyncio.create_task(second.renewals.renew(old().key, FORCED))
    await second.clock.advance(timedelta(seconds=30))
    with pytest.raises(ClaimedElsewhereError) as caught:
        await renewing
    assert (caught.value.problem.retry_after, spent) == (120, [])
    await second.clock.advance(timedelta(seconds=100))
    assert (await second.renewals.renew(old().key, FORCED)).kind is RenewalKind.RENEWED
    assert spent == ["rt_ana.1"]


@pytest.mark.parametrize("fault", [NotSentError(reason="there is no connection"), None])
async def test_a_renewal_that_fails_gives_its_claim_back(fault: ProbeError | None) -> None:
    first, _, table, spent = two("ana")
    assert isinstance(first.service, Issuer)
    first.service.fault = fault
    if fault is None:
        spent.append("rt_ana.1")
    (before,) = table.held.values()

    renewing = asyncio.create_task(first.renewals.renew(old().key, FORCED))
    await first.clock.advance(timedelta(seconds=10))
    with pytest.raises((NotSentError, LoginEndedError)):
        await renewing
    assert list(table.held.values()) == [before]


async def test_a_table_that_fails_is_asked_once_for_many_renewals() -> None:
    bench = Bench(*(credential(person, days=1) for person in PEOPLE))
    bench.sync.ready, bench.sync.table.fault = True, NotSentError(reason="there is no connection")
    asked = 0

    async def count(_request: str) -> None:
        nonlocal asked
        asked += 1

    bench.sync.table.before = count
    for person in PEOPLE:
        with pytest.raises(RenewalWaitsError):
            await bench.renewals.renew(credential(person).key, RenewalRequest(days=3))
    assert asked == 1


@pytest.mark.parametrize("lost", ["status", "row", "take_lease"])
async def test_one_lost_answer_makes_nobody_use_a_token_that_another_computer_has_used(lost: str) -> None:
    first, second, _, spent = two("ana", leases=True)
    await first.renewals.renew(old().key, FORCED)
    table, left = second.sync.table, [lost]

    async def lose(request: str) -> None:
        table.fault = UncertainError(reason="the other side closed the connection") if request in left else None
        left[:] = [one for one in left if one != request]

    table.before = lose
    renewing = asyncio.create_task(second.renewals.renew(old().key, FORCED))
    await second.clock.advance(timedelta(seconds=10))
    assert (await renewing).kind is RenewalKind.ADOPTED
    assert spent == ["rt_ana.1"]


async def test_a_claim_on_a_row_whose_answer_was_lost_is_known_again() -> None:
    first, _, _, spent = two("ana")
    table = first.sync.table
    take, lost = table.replace, [True]

    async def replace_and_lose(row: RemoteRow, seen: RemoteRow) -> bool:
        taken = await take(row, seen)
        if lost and lost.pop():
            raise UncertainError(reason="the other side closed the connection")
        return taken

    table.replace = replace_and_lose  # type: ignore[method-assign]
    renewing = asyncio.create_task(first.renewals.renew(old().key, FORCED))
    await first.clock.advance(timedelta(seconds=4))
    assert (await renewing).kind is RenewalKind.RENEWED
    assert spent == ["rt_ana.1"]


async def test_a_table_that_is_gone_is_asked_three_times_before_tokens_are_used_without_it() -> None:
    bench = Bench(*(old(person) for person in PEOPLE))
    bench.service.__class__ = Issuer
    assert isinstance(bench.service, Issuer)
    bench.service.spent = []
    bench.sync.ready, bench.sync.table.fault = True, NotSentError(reason="there is no connection")
    asked = 0

    async def count(_request: str) -> None:
        nonlocal asked
        asked += 1

    bench.sync.table.before = count
    first = asyncio.create_task(bench.renewals.renew(old(PEOPLE[0]).key, FORCED))
    await bench.clock.advance(timedelta(seconds=6))
    assert (await first).kind is RenewalKind.RENEWED
    for person in PEOPLE[1:]:
        assert (await bench.renewals.renew(old(person).key, FORCED)).kind is RenewalKind.RENEWED
    assert asked == 3


class TestLeases:
    """The table says who renews, by its own clock."""

    key = old().key

    async def test_a_login_that_is_not_in_the_table_is_renewed_once_all_the_same(self) -> None:
        first, second, table, spent = two("ana", leases=True)
        table.held.clear()
        await first.renewals.renew(self.key, FORCED)
        with pytest.raises(RenewalSentElsewhereError):
            await self._renew_later(second, first)
        first.sync.adds_rows = True
        await first.sync.shared.publish(self.key)
        assert (await self._renew_later(second, first)).kind is RenewalKind.ADOPTED
        assert (spent, second.number("ana")) == (["rt_ana.1"], 2)

    async def test_a_store_that_fails_before_the_request_leaves_the_token_to_the_others(self) -> None:
        first, second, _, spent = two("ana", leases=True)

        async def fail(request: str) -> None:
            if request == "mark_sent":
                first.vault.fault = ReadError(path="the vault", reason="the disk reported an error")

        first.sync.table.before = fail
        with pytest.raises(ReadError):
            await first.renewals.renew(old().key, FORCED)
        assert spent == []
        assert (await second.renewals.renew(old().key, FORCED)).kind is RenewalKind.RENEWED
        assert spent == ["rt_ana.1"]

    async def test_a_computer_that_dies_before_it_sends_is_overtaken_after_two_minutes(self) -> None:
        first, second, _, spent = two("ana", leases=True)
        assert not await first.sync.shared.claim(old())
        renewing = asyncio.create_task(second.renewals.renew(self.key, FORCED))
        await self._pass(timedelta(seconds=30), first, second)
        with pytest.raises(ClaimedElsewhereError):
            await renewing
        assert (await self._renew_later(second, first)).kind is RenewalKind.RENEWED
        assert (spent, second.number("ana")) == (["rt_ana.1"], 2)

    @pytest.mark.parametrize("skew", [timedelta(), timedelta(minutes=-7), timedelta(minutes=7)])
    async def test_one_that_dies_after_it_sent_is_never_overtaken(self, skew: timedelta) -> None:
        first, second, _, spent = two("ana", leases=True)
        second.clock.jump(skew)
        first.service.waits.add("refresh")
        dying = asyncio.create_task(first.renewals.renew(self.key, FORCED))
        await settle()
        assert spent == ["rt_ana.1"]
        for _ in range(3):
            with pytest.raises(RenewalSentElsewhereError) as caught:
                await self._renew_later(second, first)
            assert caught.value.problem.retry_after == 7200
        assert spent == ["rt_ana.1"]
        # It was only asleep: what it got is taken over.
        first.service.gate.set()
        assert (await dying).kind is RenewalKind.RENEWED
        assert (await self._renew_later(second, first)).kind is RenewalKind.ADOPTED
        assert (spent, second.number("ana")) == (["rt_ana.1"], 2)

    async def test_one_that_slept_past_its_lease_does_not_send(self) -> None:
        first, second, _, spent = two("ana", leases=True)
        assert not await first.sync.shared.claim(old())
        await self._renew_later(second, first)
        with pytest.raises(ClaimedElsewhereError):
            await first.sync.shared.mark_sent(self.key)
        assert (await first.renewals.renew(self.key, FORCED)).kind is RenewalKind.ADOPTED
        assert spent == ["rt_ana.1"]

    async def test_one_that_loses_the_table_after_its_request_is_waited_for(self) -> None:
        first, second, _, spent = two("ana", leases=True)
        table = first.sync.table

        async def lost(request: str) -> None:
            if spent:
                table.fault = NotSentError(reason="there is no connection")
            del request

        table.before = lost
        renewing = asyncio.create_task(first.renewals.renew(self.key, FORCED))
        await self._pass(timedelta(seconds=10), first)
        assert (await renewing).kind is RenewalKind.RENEWED
        with pytest.raises(RenewalSentElsewhereError):
            await self._renew_later(second, first)
        table.before, table.fault = nothing, None
        await self._pass(timedelta(minutes=1), first)
        await first.renewals.share_all()
        assert await first.sync.shared.unshared() == ()
        assert (await self._renew_later(second, first)).kind is RenewalKind.ADOPTED
        assert spent == ["rt_ana.1"]

    async def test_what_is_sent_without_asking_the_table_gets_there_after_the_process_has_ended(self) -> None:
        first, second, _, spent = two("ana", leases=True)
        shared = first.sync.shared
        first.sync.table.fault = NotSentError(reason="there is no connection")
        claiming = asyncio.create_task(shared.claim(old(), insists=True))
        await self._pass(timedelta(seconds=10), first)
        with pytest.raises(TableUncheckedError):
            await claiming
        await shared.mark_sent(self.key)
        # The answer was kept, and whoever was to publish it is gone.
        first.vault.held[self.key] = credential("ana", number=2, at=START)
        first.sync.table.fault = None
        assert await shared.unshared() == (self.key,)
        await self._pass(timedelta(minutes=1), first)
        await first.renewals.share_all()
        assert await shared.unshared() == ()
        assert (await self._renew_later(second, first)).kind is RenewalKind.ADOPTED
        assert spent == []

    async def test_a_sync_shares_it_as_well_and_one_whose_outcome_is_unknown_is_shared_by_nothing(self) -> None:
        first, second, _, spent = two("ana", leases=True)
        shared = first.sync.shared
        await shared.claim(old())
        await shared.mark_sent(self.key)
        await first.renewals.share_all()
        with pytest.raises(RenewalSentElsewhereError):
            await self._renew_later(second, first)
        first.vault.held[self.key] = credential("ana", number=2, at=START)
        assert (await first.sync.syncing.run(TARGET, SyncOptions())).sent == 1
        assert (await self._renew_later(second, first)).kind is RenewalKind.ADOPTED
        assert spent == []

    async def test_the_tray_shares_what_an_earlier_run_could_not(self) -> None:
        first, second, _, _ = two("ana", leases=True)
        await first.sync.shared.claim(old())
        await first.sync.shared.mark_sent(self.key)
        first.vault.held[self.key] = credential("ana", number=2, at=START)
        await first.accounts.read()
        async with running(first.timer.run()):
            await settle()
        assert (await self._renew_later(second, first)).kind is RenewalKind.ADOPTED

    async def test_nothing_is_sent_where_the_table_cannot_be_told_of_it(self) -> None:
        first, second, _, spent = two("ana", leases=True)
        table = first.sync.table

        async def lost(request: str) -> None:
            table.fault = NotSentError(reason="there is no connection") if request == "mark_sent" else None

        table.before = lost
        with pytest.raises(RenewalWaitsError):
            await first.renewals.renew(self.key, FORCED)
        assert spent == []
        assert (await self._renew_later(second, first)).kind is RenewalKind.RENEWED

    async def test_a_token_that_was_sent_before_stays_its_senders_even_if_it_is_refused_now(self) -> None:
        first, second, _, _ = two("ana", leases=True)
        assert isinstance(first.service, Issuer)
        shared = first.sync.shared
        await shared.claim(old())
        await shared.mark_sent(self.key)
        await shared.claim(old())
        await shared.give_up(self.key)
        with pytest.raises(RenewalSentElsewhereError):
            await self._renew_later(second, first)

    async def test_a_request_that_failed_gives_the_lease_back(self) -> None:
        first, second, _, spent = two("ana", leases=True)
        assert isinstance(first.service, Issuer)
        first.service.fault = NotSentError(reason="there is no connection")
        renewing = asyncio.create_task(first.renewals.renew(self.key, FORCED))
        await self._pass(timedelta(seconds=10), first)
        with pytest.raises(NotSentError):
            await renewing
        assert (await second.renewals.renew(self.key, FORCED)).kind is RenewalKind.RENEWED
        assert spent == ["rt_ana.1"]

    async def test_the_lease_is_on_the_token_that_is_sent_where_a_store_holds_a_newer_login_without_one(self) -> None:
        first, second, _, spent = two("ana", leases=True)
        handed_over = replace(credential("ana", number=9, at=START - timedelta(days=5)), refresh_token=None)
        first.folder.held[self.key] = handed_over
        first.service.waits.add("refresh")
        renewing = asyncio.create_task(first.renewals.renew(self.key, FORCED))
        await settle()
        assert spent == ["rt_ana.1"]
        with pytest.raises(RenewalSentElsewhereError):
            await self._renew_later(second, first)
        first.service.gate.set()
        assert (await renewing).kind is RenewalKind.RENEWED
        assert (await self._renew_later(second, first)).kind is RenewalKind.ADOPTED
        assert spent == ["rt_ana.1"]

    async def _renew_later(self, computer: Computer, database: Computer) -> Renewed:
        """Three minutes later; of a computer that has no network at times the last failure is forgotten by then."""
        await self._pass(timedelta(minutes=3), computer, database)
        return await computer.renewals.renew(self.key, FORCED)

    async def _pass(self, span: timedelta, *computers: Computer) -> None:
        for _ in range(span // timedelta(seconds=1)):
            await asyncio.gather(*(computer.clock.advance(timedelta(seconds=1)) for computer in computers))
