"""Many logins side by side: what is renewed, what is asked, and what an interruption leaves."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.report import AccountReport, RenewalResult
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    AccountDeactivatedError,
    LoginEndedError,
    NotSentError,
    StillRefusedError,
    StoreError,
    WorkspaceDeactivatedError,
    WorkspaceRefusedError,
    WriteError,
)
from probe_tray.core.renewal.policy import Reason
from probe_tray.core.service.answer import Answer
from probe_tray.core.state import AppState
from probe_tray.engine.account.accounts import Accounts, nothing_remembered
from probe_tray.engine.batch import Batch, BatchContext, BatchOptions
from probe_tray.engine.renewal.refresh_transaction import RefreshTransaction
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.engine.renewal.token_memory import TokenMemory
from probe_tray.engine.store import Store
from probe_tray.engine.sync.no_shared_logins import NoSharedLogins
from tests.safety.bench import MemoryJournal, MemoryMemory, Steps
from tests.support.fakes import (
    START,
    FakeClock,
    FakeRandomness,
    MemoryStore,
    MemoryTally,
    NoTokenLocks,
    ScriptedService,
    problem_kind,
    settle,
)
from tests.support.tokens import credential, reply_body, tokens

USAGE = Answer(200, {}, b'{"rate_limit": {"primary_window": {"used_percent": 1, "limit_window_seconds": 18000}}}')
CREDITED = Answer(200, {}, b'{"rate_limit_reset_credits": {"available_count": 1}}')
ENDS = Answer(200, {}, b'{"credits": [{"expires_at": "2026-12-01T08:00:00Z"}]}')
REFUSED = Answer(401, {}, b"{}")


class OpenLocks:
    """Locks that nobody else holds."""

    @asynccontextmanager
    async def hold(self, key: AccountKey) -> AsyncGenerator[None]:
        yield


class Gated(ScriptedService):
    """Answers each question once the test permits it."""

    def __init__(self) -> None:
        super().__init__()
        self.permits: dict[str, asyncio.Semaphore] = {}
        self.running = 0
        self.most = 0

    def gate(self, name: str) -> asyncio.Semaphore:
        return self.permits.setdefault(name, asyncio.Semaphore(0))

    async def usage(self, credential: Credential) -> Answer:
        await self._pass("usage")
        return await super().usage(credential)

    async def refresh(self, refresh_token: Secret, arrived: Callable[[bytes], None]) -> Answer:
        await self._pass("refresh")
        return await super().refresh(refresh_token, arrived)

    async def reset_credits(self, credential: Credential) -> Answer:
        await self._pass("reset_credits")
        return await super().reset_credits(credential)

    async def _pass(self, name: str) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            if name in self.permits:
                await self.permits[name].acquire()
        finally:
            self.running -= 1


class Bench:
    """Logins in memory, and everything that tends them."""

    def __init__(self, *people: str, days: float = 1) -> None:
        self.service, self.clock = Gated(), FakeClock()
        self.service.answer("usage", USAGE)
        self.service.answer("refresh", *(renewed(person) for person in people or ("ana",)))
        self.journal, self.memory = MemoryJournal(Steps()), MemoryMemory(Steps())
        held = [credential(person, at=START - timedelta(days=10 - days), days=10) for person in people or ("ana",)]
        self.store = MemoryStore(StoreKind.FILES, *held)
        self.logins = [StoredCredential(credential=c, store=StoreKind.FILES, location=f"{c.email}.json") for c in held]
        self.stores = [self.store]
        self.done: dict[int, AccountReport] = {}

    def batch(
        self,
        *,
        renew: bool = False,
        force: bool = False,
        status: bool = False,
        own: bool = True,
        everything: bool = False,
    ) -> Batch:
        accounts = Accounts(self.stores, Store(AppState()), nothing_remembered)
        random = FakeRandomness()
        transaction = RefreshTransaction(
            self.service, accounts, self.journal, self.memory, self.clock, random, "auth.example"
        )
        renewals = Renewals(
            transaction, OpenLocks(), self.clock, lambda _: None, NoSharedLogins(), MemoryTally(), NoTokenLocks()
        )
        context = BatchContext(
            quota=self.service, accounts=accounts, renewals=renewals, journal=self.journal, clock=self.clock
        )
        order = BatchOptions(
            renew=renew, force=force, status=status, renew_refused=own, since=START, everything=everything
        )
        return Batch(context, order)

    async def run(self, *, jobs: int = 8, **wanted: bool) -> list[AccountReport]:
        await self.start(self.batch(**wanted), jobs=jobs)
        return [self.done[number] for number in sorted(self.done)]

    def read_again(self) -> None:
        """A later run finds what the store holds by then."""
        held = self.store.held.values()
        self.logins = [StoredCredential(credential=c, store=StoreKind.FILES, location=f"{c.email}.json") for c in held]

    def start(self, batch: Batch, *, jobs: int = 8) -> "asyncio.Task[None]":
        return asyncio.create_task(batch.run(self.logins, jobs=jobs, done=self.done.__setitem__))


def renewed(person: str) -> Answer:
    return Answer(200, {}, reply_body(tokens(person, number=2), expires_in=864000))


def results(reports: list[AccountReport]) -> list[RenewalResult | None]:
    return [None if r.renewal is None else r.renewal.result for r in reports]


async def test_each_login_is_judged_by_itself() -> None:
    bench = Bench("ana")
    fresh = credential("bo", at=START, days=10)
    bench.store.held[fresh.key] = fresh
    bench.logins.append(StoredCredential(credential=fresh, store=StoreKind.FILES))
    reports = await bench.run(renew=True)
    assert results(reports) == [RenewalResult.RENEWED, RenewalResult.FRESH]
    assert reports[0].renewal is not None
    assert reports[0].renewal.reason is Reason.EXPIRES_SOON
    assert bench.service.count("usage") == 0


async def test_several_files_of_one_account_are_renewed_once() -> None:
    bench = Bench("ana")
    bench.logins *= 3
    assert results(await bench.run(renew=True, force=True)) == [RenewalResult.RENEWED] * 3
    assert bench.service.count("refresh") == 1


async def test_a_file_that_was_left_behind_is_brought_up_without_a_request() -> None:
    bench = Bench("ana")
    newer = credential("ana", number=2, at=START, days=10)
    bench.stores.append(MemoryStore(StoreKind.VAULT, newer))
    (report,) = await bench.run(renew=True)
    assert results([report]) == [RenewalResult.ADOPTED]
    assert bench.store.held[newer.key].access_token == newer.access_token
    assert bench.service.asked == []


async def test_a_file_that_cannot_be_brought_up_says_so() -> None:
    class Stuck(MemoryStore):
        async def save(self, credential: Credential, replaces: AccountKey | None = None) -> StoredCredential:
            raise WriteError(path="a.json", reason="the disk is full")

        async def check_writable(self, key: AccountKey) -> None:
            raise WriteError(path="a.json", reason="the disk is full")

        def _stored(self, credential: Credential) -> StoredCredential:
            return StoredCredential(credential=credential, store=self.kind, location="ana@example.com.json")

    bench = Bench("ana")
    newer = credential("ana", number=2, at=START, days=10)
    bench.stores[:] = [Stuck(StoreKind.FILES, *bench.store.held.values()), MemoryStore(StoreKind.VAULT, newer)]
    (report,) = await bench.run(renew=True)
    assert report.renewal is not None
    assert problem_kind(report.renewal.problem) == WriteError


async def test_the_quota_is_asked_with_the_renewed_login() -> None:
    bench = Bench("ana")
    (report,) = await bench.run(renew=True, status=True)
    assert [name for name, _ in bench.service.asked] == ["refresh", "usage"]
    assert bench.service.asked[1][1] == Secret(tokens("ana", number=2)["access_token"]).fingerprint
    assert report.snapshot is not None


@pytest.mark.parametrize("renew", [False, True])
async def test_a_refused_login_is_renewed_once_and_asked_once_more(*, renew: bool) -> None:
    bench = Bench("ana", days=9)
    bench.service.answer("usage", REFUSED, USAGE)
    (report,) = await bench.run(renew=renew, status=True)
    assert [name for name, _ in bench.service.asked] == ["usage", "refresh", "usage"]
    assert report.renewal is not None
    assert (report.renewal.reason, report.problem, report.upstream_status) == (Reason.REFUSED, None, 200)


async def test_what_was_taken_over_long_after_it_was_issued_and_is_refused_is_renewed() -> None:
    bench = Bench("ana", days=1)
    bench.stores.append(
        MemoryStore(StoreKind.VAULT, credential("ana", number=2, at=START - timedelta(days=6), days=10))
    )
    bench.service.answer("usage", REFUSED, USAGE)
    (report,) = await bench.run(renew=True, status=True)
    assert [name for name, _ in bench.service.asked] == ["usage", "refresh", "usage"]
    assert report.renewal is not None
    assert (report.renewal.result, report.renewal.reason) == (RenewalResult.RENEWED, Reason.REFUSED)
    assert (report.problem, report.upstream_status) == (None, 200)


@pytest.mark.parametrize("renew", [False, True])
async def test_a_login_that_stays_refused_is_not_renewed_again_by_any_later_run(*, renew: bool) -> None:
    bench = Bench("ana", days=9)
    bench.service.answer("usage", Answer(401, {}, b'{"error": {"code": "token_revoked"}}'))
    for asked in (2, 3, 4):
        (report,) = await bench.run(renew=renew, status=True)
        bench.read_again()
        assert (bench.service.count("refresh"), bench.service.count("usage")) == (1, asked)
        assert report.problem == StillRefusedError(reason="the login was revoked").problem
        assert (report.upstream_status, report.failed) == (401, True)


async def test_what_was_renewed_for_its_age_and_is_refused_is_not_renewed_again() -> None:
    bench = Bench("ana")
    bench.service.answer("usage", REFUSED)
    (report,) = await bench.run(renew=True, status=True)
    assert report.problem == StillRefusedError(reason="it doesn't say why").problem
    bench.read_again()
    await bench.run(status=True)
    assert bench.service.count("refresh") == 1


async def test_a_workspace_that_cannot_be_used_is_no_reason_to_renew() -> None:
    bench = Bench("ana", days=9)
    for status, code, kind in (
        (402, "deactivated_workspace", WorkspaceDeactivatedError),
        (403, "invalid_workspace_selected", WorkspaceRefusedError),
        (401, "account_deactivated", AccountDeactivatedError),
    ):
        bench.service.answer("usage", Answer(status, {}, json.dumps({"detail": {"code": code}}).encode()))
        (report,) = await bench.run(status=True)
        assert problem_kind(report.problem) == kind
    assert bench.service.count("refresh") == 0


async def test_why_a_refused_login_could_not_be_renewed_takes_the_place_of_the_refusal() -> None:
    bench = Bench("ana", days=9)
    bench.service.answer("usage", REFUSED)
    bench.service.answer("refresh", Answer(401, {}, json.dumps({"error": {"code": "refresh_token_reused"}}).encode()))
    (report,) = await bench.run(status=True)
    assert (problem_kind(report.problem), report.upstream_status) == (LoginEndedError, 401)


async def test_a_person_who_does_not_want_renewals_gets_none() -> None:
    bench = Bench("ana", days=9)
    bench.service.answer("usage", REFUSED)
    (report,) = await bench.run(status=True, own=False)
    assert (bench.service.count("refresh"), report.renewal) == (0, None)


async def test_the_official_clients_login_is_skipped_and_refused_when_forced() -> None:
    bench = Bench("ana")
    bench.logins = [StoredCredential(credential=bench.logins[0].credential, store=StoreKind.OFFICIAL, location="x")]
    assert results(await bench.run(renew=True, status=True)) == [RenewalResult.NOT_OURS]
    assert results(await bench.run(renew=True, force=True)) == [RenewalResult.FAILED]
    assert bench.service.count("refresh") == 0


async def test_what_an_earlier_run_left_is_finished_before_the_quota_is_asked() -> None:
    bench = Bench("ana", days=9)
    token = bench.logins[0].credential.refresh_token
    assert token is not None
    entry = await bench.journal.prepare(bench.logins[0].credential.key, token.fingerprint, START)
    await bench.journal.keep_answer(entry, 200, renewed("ana").body)
    await bench.run(status=True)
    new = Secret(tokens("ana", number=2)["access_token"])
    assert bench.service.asked == [("usage", new.fingerprint)]
    assert bench.store.held[entry.key].access_token == new
    assert bench.journal.entries == {}


async def test_a_store_that_fails_does_not_keep_the_quota_from_being_shown() -> None:
    bench = Bench("ana", days=9)
    entry = await bench.journal.prepare(bench.logins[0].credential.key, "0" * 16, START)
    await bench.journal.keep_answer(entry, 200, renewed("ana").body)
    bench.store.fault = StoreError()
    (report,) = await bench.run(status=True)
    assert report.snapshot is not None


async def test_one_failure_stops_no_other_login() -> None:
    bench = Bench("ana", "bo")
    bench.service.answer("usage", NotSentError(reason="no network"), USAGE)
    reports = await bench.run(status=True, jobs=1)
    assert [problem_kind(r.problem) for r in reports] == [NotSentError, None]


async def test_logins_are_worked_on_side_by_side_but_not_all_at_once() -> None:
    bench = Bench("ana", "bo", "ida", "lu", "mo")
    gate = bench.service.gate("usage")
    task = bench.start(bench.batch(status=True), jobs=3)
    await settle()
    assert (bench.service.running, bench.done) == (3, {})
    for _ in bench.logins:
        gate.release()
    await task
    assert bench.service.most == 3
    assert [bench.done[n].location for n in range(5)] == [login.location for login in bench.logins]


async def test_an_answer_is_followed_by_the_next_question_before_another_answer_is_looked_at() -> None:
    bench = Bench("ana", "bo", "ida", "lu")
    gate, order, reported = bench.service.gate("usage"), list[str](), bench.done.__setitem__

    def told(number: int, report: AccountReport) -> None:
        order.append("answer")
        reported(number, report)

    ask = bench.service.usage

    async def usage(credential: Credential) -> Answer:
        order.append("question")
        return await ask(credential)

    bench.service.usage = usage  # type: ignore[method-assign]
    task = asyncio.create_task(bench.batch(status=True).run(bench.logins, jobs=2, done=told))
    await settle()
    assert order == ["question"] * 2
    for _ in bench.logins:
        gate.release()
    await task
    assert order == ["question", "question", "answer", "question", "answer", "question", "answer", "answer"]


async def test_between_two_questions_nothing_is_asked_of_the_disk() -> None:
    bench = Bench("ana", "bo", "ida")
    bench.journal, bench.memory = MemoryJournal(steps := Steps()), MemoryMemory(steps)
    ask = bench.service.usage

    async def usage(credential: Credential) -> Answer:
        steps.reach("question")
        return await ask(credential)

    bench.service.usage = usage  # type: ignore[method-assign]
    await bench.run(status=True, jobs=1)
    assert steps.seen[-3:] == ["question"] * 3
    assert sorted(steps.seen[:-3]) == [*["recall"] * 3, "unfinished"]


async def test_a_journal_that_cannot_be_read_does_not_keep_the_quota_from_being_shown() -> None:
    bench = Bench("ana")
    bench.journal = MemoryJournal(steps := Steps())
    steps.faults["unfinished"] = StoreError()
    (report,) = await bench.run(status=True)
    assert report.snapshot is not None


async def test_a_second_file_that_the_service_takes_ends_the_doubt_that_the_first_one_brought() -> None:
    bench = Bench("ana", days=9)
    (login,), memory = bench.logins, TokenMemory(bench.memory, bench.clock, FakeRandomness())
    bench.service.answer("usage", REFUSED, REFUSED, USAGE)
    assert [problem_kind(report.problem) for report in await bench.run(status=True)] == [StillRefusedError]
    assert await memory.is_doubted(login.credential.key)
    bench = Bench("ana", days=9)
    bench.logins, memory = [login] * 2, TokenMemory(bench.memory, bench.clock, FakeRandomness())
    bench.service.answer("usage", REFUSED, REFUSED, USAGE)
    reports = await bench.run(status=True, jobs=1)
    assert [problem_kind(report.problem) for report in reports] == [StillRefusedError, None]
    assert not await memory.is_doubted(login.credential.key)


async def test_stopped_it_tells_of_what_was_sent_and_begins_nothing() -> None:
    bench = Bench("ana", "bo")
    gate = bench.service.gate("refresh")
    batch = bench.batch(renew=True, status=True)
    task = bench.start(batch, jobs=1)
    await settle()
    stopping = asyncio.create_task(batch.stop())
    await settle()
    assert not stopping.done()
    gate.release()
    await asyncio.gather(stopping, task)
    assert [name for name, _ in bench.service.asked] == ["refresh"]
    assert results(list(bench.done.values())) == [RenewalResult.RENEWED]
    assert bench.journal.entries == {}


async def test_stopped_while_it_asks_the_renewal_before_is_told_all_the_same() -> None:
    bench = Bench("ana", "bo")
    bench.service.gate("usage")
    batch = bench.batch(renew=True, status=True)
    task = bench.start(batch)
    await settle()
    await batch.stop()
    await task
    assert results([bench.done[n] for n in (0, 1)]) == [RenewalResult.RENEWED] * 2
    assert bench.done[0].snapshot is None


async def test_stopped_while_it_asks_once_more_the_renewal_is_told_all_the_same() -> None:
    bench = Bench("ana", days=9)
    bench.service.answer("usage", REFUSED, USAGE)
    gate = bench.service.gate("refresh")
    batch = bench.batch(status=True)
    task = bench.start(batch)
    await settle()
    bench.service.gate("usage")
    gate.release()
    await settle()
    assert (task.done(), bench.done) == (False, {})
    await batch.stop()
    await task
    assert results([bench.done[0]]) == [RenewalResult.RENEWED]
    assert bench.done[0].problem is None


async def test_stopped_while_a_refused_login_is_renewed_it_asks_nothing_more() -> None:
    bench = Bench("ana", days=9)
    bench.service.answer("usage", REFUSED, USAGE)
    gate = bench.service.gate("refresh")
    batch = bench.batch(status=True)
    task = bench.start(batch)
    await settle()
    stopping = asyncio.create_task(batch.stop())
    await settle()
    gate.release()
    await asyncio.gather(stopping, task)
    assert [name for name, _ in bench.service.asked] == ["usage", "refresh"]
    assert results([bench.done[0]]) == [RenewalResult.RENEWED]


async def test_when_reset_credits_are_lost_is_asked_for_programs_alone() -> None:
    bench = Bench("ana", days=9)
    bench.service.answer("usage", CREDITED, CREDITED, USAGE)
    bench.service.answer("reset_credits", ENDS)
    for everything, ends in ((True, (datetime(2026, 12, 1, 8, tzinfo=UTC),)), (False, ()), (True, ())):
        (report,) = await bench.run(status=True, everything=everything)
        assert report.snapshot is not None
        assert report.snapshot.reset_credit_ends == ends
    assert bench.service.count("reset_credits") == 1


async def test_a_failure_of_what_only_programs_read_is_none() -> None:
    bench = Bench("ana", days=9)
    bench.service.answer("usage", CREDITED)
    bench.service.answer("reset_credits", NotSentError(reason="no network"))
    (report,) = await bench.run(status=True, everything=True)
    assert (report.failed, report.snapshot is not None) == (False, True)


async def test_stopped_while_it_asks_for_more_the_quota_is_told_all_the_same() -> None:
    bench = Bench("ana", days=9)
    bench.service.answer("usage", CREDITED)
    bench.service.gate("reset_credits")
    batch = bench.batch(status=True, everything=True)
    task = bench.start(batch)
    await settle()
    await batch.stop()
    await task
    assert bench.done[0].snapshot is not None
