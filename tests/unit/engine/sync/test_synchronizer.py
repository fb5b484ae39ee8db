import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.adapters.logins.login_cipher import AesGcmLoginCipher
from probe_tray.core.account.age import age
from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    CodexWholeSharedError,
    JournalSealedError,
    KeyringLockedError,
    LoginEndedError,
    NotSentError,
    RowAlteredError,
    RowRepairedError,
    RowReplayedError,
    SyncConflictError,
    SyncForbiddenError,
    SyncKeyError,
    SyncRefusedError,
    WriteError,
)
from probe_tray.core.state import AppState, RenewalState
from probe_tray.core.sync.rights import TableGrants
from probe_tray.core.sync.rows import RemoteRow, StepKind, SyncOptions, SyncReport
from probe_tray.core.sync.table_key import table_digest
from probe_tray.core.sync.table_record import TableRecord, TableStatus
from probe_tray.engine.account.accounts import Accounts, nothing_remembered
from probe_tray.engine.store import Store
from tests.support.fakes import START, FakeClock, FakeRandomness, MemoryStore, problem_kind
from tests.support.tokens import credential, nameless
from tests.unit.engine.bench import TaskLocks
from tests.unit.engine.sync_bench import KEY, TARGET, FakeTable, SyncBench, none_of_them, nothing

CIPHER, OTHER_CIPHER = AesGcmLoginCipher(KEY), AesGcmLoginCipher(Secret("07" * 32))
ALL = SyncOptions(overwrite_all=True)


def login(number: int = 1, person: str = "ana", account: str = "") -> Credential:
    """The ``number``-th login of a person: the higher, the newer."""
    return credential(person, number=number, at=START + timedelta(hours=number), account=account)


def sealed(held: Credential, cipher: AesGcmLoginCipher = CIPHER) -> RemoteRow:
    return cipher.seal(held, bytes(12), UTC)


class NewerOnly(MemoryStore):
    """A store that an older login never reaches, nor one of the person for whom there is no room."""

    full = ""

    async def save(self, credential: Credential, replaces: AccountKey | None = None) -> StoredCredential:
        if credential.email == self.full:
            raise WriteError(path="x", reason="the disk is full")
        kept = self.held.get(credential.key)
        assert kept is None or age(credential) >= age(kept)
        return await super().save(credential, replaces)


class Machine:
    """One computer: a store, and a sync of its own over a table."""

    def __init__(self, table: FakeTable, *held: Credential, others: tuple[MemoryStore, ...] = ()) -> None:
        self.kept = NewerOnly(StoreKind.VAULT, *held)
        clock, randomness, store = FakeClock(), FakeRandomness(), Store(AppState())
        self.accounts = Accounts((self.kept, *others), store, nothing_remembered)
        self.bench = SyncBench(self.accounts, TaskLocks(), clock, randomness, table)

    async def sync(self, options: SyncOptions | None = None) -> SyncReport:
        return await self.bench.syncing.run(TARGET, options or SyncOptions())

    def numbers(self) -> list[int]:
        """Which logins it holds."""
        return [number_of(held) for held in self.kept.held.values()]


def number_of(held: Credential) -> int:
    assert held.refresh_token is not None
    return int(held.refresh_token.reveal().partition(".")[2])


async def all_of_them(logins: Sequence[Credential]) -> frozenset[AccountKey]:
    return frozenset(login.key for login in logins)


def in_table(table: FakeTable) -> dict[str, int]:
    opened = {row_id: CIPHER.open(row).login for row_id, row in table.held.items()}
    return {row_id: number_of(held) for row_id, held in opened.items() if held is not None}


def kinds(report: SyncReport) -> list[StepKind]:
    assert report.problem is None
    return [item.kind for item in report.items]


async def test_both_sides_get_what_the_other_has() -> None:
    table = FakeTable(sealed(login(2, "ana")), sealed(login(1, "bob")), sealed(login(1, "cat")))
    machine = Machine(table, login(1, "ana"), login(2, "bob"), login(1, "dan"), login(1, "cat"))
    report = await machine.sync()
    assert kinds(report) == [StepKind.ADOPT, StepKind.UPLOAD_NEWER, StepKind.SAME, StepKind.UPLOAD_NEW]
    assert (report.sent, report.received, report.same, report.well) == (2, 1, 1, True)
    assert in_table(table) == {f"account-{person}": n for person, n in {"ana": 2, "bob": 2, "cat": 1, "dan": 1}.items()}
    assert sorted(machine.numbers()) == [1, 1, 2, 2]
    assert kinds(await machine.sync()) == [StepKind.SAME] * 4


async def test_sixteen_accounts_are_worked_on_side_by_side() -> None:
    table, asking, most = FakeTable(), 0, 0

    async def count(name: str) -> None:
        nonlocal asking, most
        if name == "insert":
            asking += 1
            most = max(most, asking)
            for _ in range(100):
                await asyncio.sleep(0)
            asking -= 1

    table.before = count
    people = [f"person-{number}" for number in range(40)]
    report = await Machine(table, *(login(1, person) for person in people)).sync()
    assert (report.sent, most) == (40, 16)


async def test_a_personal_access_token_stays_on_its_computer_and_gives_way_to_a_login() -> None:
    token = msgspec.structs.replace(login(1), access_token=Secret("at-canary"), refresh_token=None, id_token=None)
    table = FakeTable()
    machine = Machine(table, token)
    assert kinds(await machine.sync()) == []
    assert in_table(table) == {}
    machine = Machine(FakeTable(sealed(login(3))), token)
    await machine.sync()
    assert machine.numbers() == [3]


async def test_a_login_that_is_only_in_the_table_is_kept_here() -> None:
    machine = Machine(FakeTable(sealed(login(3))))
    assert kinds(await machine.sync()) == [StepKind.RESTORE]
    assert machine.numbers() == [3]


async def test_a_login_that_names_its_user_now_goes_into_the_store_of_the_nameless_one() -> None:
    old = nameless(login(1))
    folder = MemoryStore(StoreKind.FOLDER, old)
    machine = Machine(FakeTable(sealed(login(2))), others=(folder,))
    report = await machine.sync()
    assert kinds(report) == [StepKind.ADOPT]
    assert (machine.numbers(), list(map(number_of, folder.held.values()))) == ([], [2])
    assert list(folder.held) == [login(2).key]


async def test_a_login_that_was_removed_here_is_not_brought_back() -> None:
    table = FakeTable(sealed(login(3)))
    machine = Machine(table)
    await machine.bench.memory.add_removed(login(3).key.slug)
    report = await machine.sync()
    assert kinds(report) == [StepKind.REMOVED]
    assert (report.well, report.received, machine.numbers()) == (True, 0, [])
    assert in_table(table) == {"account-ana": 3}


async def test_a_login_that_is_here_again_takes_part_as_before() -> None:
    table = FakeTable(sealed(login(3)))
    machine = Machine(table, login(1))
    await machine.bench.memory.add_removed(login(3).key.slug)
    assert kinds(await machine.sync()) == [StepKind.ADOPT]
    machine.kept.held.clear()
    assert kinds(await machine.sync()) == [StepKind.RESTORE]


async def test_every_store_that_holds_the_account_gets_it() -> None:
    folder = NewerOnly(StoreKind.FOLDER, login(1))
    machine = Machine(FakeTable(sealed(login(2))), login(1), others=(folder,))
    await machine.sync()
    assert [number_of(held) for held in folder.held.values()] == machine.numbers() == [2]


async def test_the_official_clients_login_takes_no_part() -> None:
    table = FakeTable()
    machine = Machine(table, others=(MemoryStore(StoreKind.OFFICIAL, login(5)),))
    assert kinds(await machine.sync()) == []
    assert table.held == {}


async def test_nothing_is_done_with_a_key_that_opens_no_row() -> None:
    before = sealed(login(1, "bob"), OTHER_CIPHER)
    table = FakeTable(before)
    machine = Machine(table, login(1), login(1, "bob"))
    report = await machine.sync()
    assert (problem_kind(report.problem), report.items, table.writes) == (SyncKeyError, (), [])
    assert table.held == {before.id: before}


async def test_nonsense_in_the_table_says_nothing_about_the_key() -> None:
    rows = [RemoteRow(id=f"account-{name}", token_data=Secret(data)) for name, data in (("bob", ""), ("cat", "hello"))]
    table = FakeTable(*rows)
    machine = Machine(table, login(1), login(1, "bob"))
    assert kinds(await machine.sync()) == [StepKind.UPLOAD_NEW, StepKind.UNDECRYPTABLE, StepKind.UNDECRYPTABLE]
    assert (await machine.bench.syncing.test(TARGET)).problem is None
    assert kinds(await machine.sync(ALL)) == [StepKind.SAME, StepKind.OVERWRITE, StepKind.UNDECRYPTABLE]


async def test_a_row_that_cannot_be_read_is_overwritten_with_permission_alone() -> None:
    table = FakeTable(sealed(login(1, "bob"), OTHER_CIPHER), sealed(login(1, "cat")))
    machine = Machine(table, login(1, "bob"))
    assert kinds(await machine.sync()) == [StepKind.UNDECRYPTABLE, StepKind.RESTORE]
    assert table.writes == []
    assert kinds(await machine.sync(SyncOptions(overwrite=frozenset({"account-cat"}))))[0] is StepKind.UNDECRYPTABLE
    report = await machine.sync(SyncOptions(overwrite=frozenset({"account-bob"})))
    assert (kinds(report)[0], report.items[0].replaced) == (StepKind.OVERWRITE, StepKind.UNDECRYPTABLE)
    assert in_table(table)["account-bob"] == 1


async def test_a_permission_does_not_last_once_the_row_can_be_read() -> None:
    table = FakeTable(sealed(login(1), OTHER_CIPHER), sealed(login(1, "bob")))
    machine = Machine(table, login(1))

    async def mended(request: str) -> None:
        if request == "replace":
            table.held["account-ana"] = sealed(login(4))
            table.before = nothing

    table.before = mended
    assert kinds(await machine.sync(ALL)) == [StepKind.ADOPT, StepKind.RESTORE]
    assert number_of(machine.kept.held[login().key]) == 4


async def test_what_another_program_renews_while_the_disk_is_tried_is_not_replaced() -> None:
    class Overtaken(NewerOnly):
        async def check_writable(self, key: AccountKey) -> None:
            self.held[key] = login(3)

    table = FakeTable(sealed(login(2)))
    machine = Machine(table)
    kept = machine.kept = Overtaken(StoreKind.FOLDER, login(1))
    machine.accounts.use((kept,))
    report = await machine.sync()
    assert [item.kind for item in report.items] == [StepKind.UPLOAD_NEWER]
    assert (machine.numbers(), in_table(table)) == ([3], {"account-ana": 3})


async def test_swapped_rows_are_not_used() -> None:
    ana, bob = sealed(login(5, "ana")), sealed(login(5, "bob"))
    swapped = [msgspec.structs.replace(ana, id=bob.id), msgspec.structs.replace(bob, id=ana.id)]
    table = FakeTable(*swapped)
    machine = Machine(table, login(1, "ana"), login(1, "bob"))
    assert kinds(await machine.sync(ALL)) == [StepKind.ID_MISMATCH] * 2
    assert (machine.numbers(), table.writes) == ([1, 1], [])


async def test_an_old_row_that_was_put_back_is_not_taken_even_by_another_run() -> None:
    table = FakeTable(sealed(login(3)))
    machine = Machine(table)
    await machine.sync()
    machine.kept.held.clear()
    table.held["account-ana"] = msgspec.structs.replace(sealed(login(2)), update_time="2099-01-01T00:00:00Z")
    report = await machine.sync()
    assert kinds(report) == [StepKind.OLDER_THAN_SEEN]
    assert problem_kind(report.items[0].problem) == RowReplayedError
    assert machine.numbers() == []


async def test_an_old_row_that_was_put_back_gives_way_to_a_newer_login() -> None:
    table = FakeTable(sealed(login(3)))
    machine = Machine(table)
    await machine.sync()
    table.held["account-ana"] = sealed(login(2))
    report = await machine.sync()
    assert (kinds(report), in_table(table)) == ([StepKind.REPAIR], {"account-ana": 3})
    assert problem_kind(report.items[0].problem) == RowRepairedError


async def test_another_members_row_is_left_and_kept_here_too() -> None:
    table = FakeTable(sealed(login(1, "bob", "team")))
    machine = Machine(table, login(2, "ana", "team"))
    assert kinds(await machine.sync(ALL)) == [StepKind.RESTORE, StepKind.OTHER_MEMBER]
    assert (in_table(table), sorted(machine.numbers())) == ({"team": 1}, [1, 2])


async def test_a_login_that_may_be_dead_is_not_sent() -> None:
    table = FakeTable(sealed(login(1)))
    machine = Machine(table, login(2))
    token = login(2).refresh_token
    assert token is not None
    machine.bench.dead[token.fingerprint] = RenewalState(problem=LoginEndedError(reason="refused").problem)
    report = await machine.sync()
    assert kinds(report) == [StepKind.HELD_BACK]
    assert (in_table(table), machine.numbers()) == ({"account-ana": 1}, [2])
    table.held["account-ana"] = sealed(login(3))
    assert kinds(await machine.sync()) == [StepKind.ADOPT]


@pytest.mark.parametrize(
    ("ended", "kind", "kept"),
    [
        ([2], StepKind.NOT_TAKEN, 1),
        ([1, 2], StepKind.ADOPT, 2),
        ([1], StepKind.ADOPT, 2),
    ],
)
async def test_a_newer_login_that_is_known_to_have_ended_takes_no_living_one_s_place(
    ended: list[int], kind: StepKind, kept: int
) -> None:
    table = FakeTable(sealed(login(2)))
    machine = Machine(table, login(1))
    for number in ended:
        token = login(number).refresh_token
        assert token is not None
        machine.bench.dead[token.fingerprint] = RenewalState(problem=LoginEndedError(reason="refused").problem)
    assert kinds(await machine.sync()) == [kind]
    assert (in_table(table), machine.numbers()) == ({"account-ana": 2}, [kept])


@pytest.mark.parametrize("row", [None, 1])
async def test_a_login_whose_refresh_token_the_official_client_has_is_not_sent(row: int | None) -> None:
    table = FakeTable(*(sealed(login(number)) for number in [row] if number is not None))
    machine = Machine(table, login(2))
    machine.bench.with_client = all_of_them
    report = await machine.sync()
    assert (kinds(report), report.well) == ([StepKind.WITH_CODEX], True)
    assert table.writes == []
    machine.bench.with_client = none_of_them
    assert (await machine.sync()).sent == 1


async def test_one_that_the_table_has_already_needs_a_person() -> None:
    table = FakeTable(sealed(login(2)))
    machine = Machine(table, login(2))
    machine.bench.with_client = all_of_them
    report = await machine.sync()
    assert (kinds(report), problem_kind(report.items[0].problem)) == ([StepKind.HELD_BACK], CodexWholeSharedError)


async def test_a_newer_login_of_the_table_is_taken_whatever_the_official_client_has() -> None:
    machine = Machine(FakeTable(sealed(login(3))), login(2))
    machine.bench.with_client = all_of_them
    assert kinds(await machine.sync()) == [StepKind.ADOPT]


async def test_an_account_whose_newest_tokens_are_in_the_journal_is_not_sent() -> None:
    table = FakeTable()
    machine = Machine(table, login(2))
    machine.bench.unsettled = JournalSealedError()
    report = await machine.sync()
    assert (kinds(report), problem_kind(report.items[0].problem)) == ([StepKind.FAILED], JournalSealedError)
    assert table.writes == []


async def test_a_sent_login_does_not_take_the_only_refresh_token_from_the_row() -> None:
    table = FakeTable(sealed(login(1)))
    machine = Machine(table, msgspec.structs.replace(login(2), refresh_token=None))
    assert kinds(await machine.sync()) == [StepKind.UPLOAD_NEWER]
    held = CIPHER.open(table.held["account-ana"]).login
    assert held is not None
    assert (held.access_token, held.refresh_token) == (login(2).access_token, login(1).refresh_token)


@pytest.mark.parametrize(
    ("dead", "mine", "row", "kind"),
    [(1, 2, 2, StepKind.UPLOAD_NEWER), (2, 1, 1, StepKind.ADOPT), (None, 2, 1, StepKind.SAME)],
)
async def test_of_two_refresh_tokens_of_one_access_token_the_spent_one_gives_way(
    dead: int | None, mine: int, row: int, kind: StepKind
) -> None:
    mixed = msgspec.structs.replace(login(2), refresh_token=login(1).refresh_token)
    table = FakeTable(sealed(mixed))
    machine = Machine(table, login(2))
    if dead is not None:
        token = login(dead).refresh_token
        assert token is not None
        machine.bench.dead[token.fingerprint] = RenewalState(problem=LoginEndedError(reason="used").problem)
    assert kinds(await machine.sync()) == [kind]
    assert (machine.numbers(), in_table(table)) == ([mine], {"account-ana": row})
    assert kinds(await machine.sync()) == [StepKind.SAME]


async def test_a_renewal_that_is_shared_late_brings_its_refresh_token_though_the_row_has_its_access_token() -> None:
    table = FakeTable(sealed(msgspec.structs.replace(login(2), refresh_token=login(1).refresh_token)))
    machine, spent = Machine(table, login(2)), login(1).refresh_token
    assert spent is not None
    machine.bench.dead[spent.fingerprint] = RenewalState(problem=LoginEndedError(reason="used").problem)
    machine.bench.ready = True
    await machine.bench.shared.publish(login().key)
    assert in_table(table) == {"account-ana": 2}


async def test_a_newer_access_token_alone_costs_nobody_the_refresh_token_that_works() -> None:
    handed_over = msgspec.structs.replace(login(9), refresh_token=None)
    folder = MemoryStore(StoreKind.FOLDER, handed_over)
    table = FakeTable(sealed(login(1)))
    first, second = Machine(table, login(2), others=(folder,)), Machine(table, login(1))
    for machine in (first, second, first):
        await machine.sync()
    assert (first.numbers(), second.numbers()) == ([2], [2])
    second.kept.held = {login().key: login(3)}
    for machine in (second, first):
        await machine.sync()
    assert (first.numbers(), second.numbers()) == ([3], [3])
    assert folder.held == {handed_over.key: handed_over}, "it is somebody's own, and stays"


async def test_an_adopted_login_keeps_what_it_lacks() -> None:
    machine = Machine(FakeTable(sealed(msgspec.structs.replace(login(2), id_token=None))), login(1))
    assert kinds(await machine.sync()) == [StepKind.ADOPT]
    assert machine.kept.held[login().key].id_token == login(1).id_token


async def test_an_adopted_login_keeps_what_other_programs_keep_beside_it() -> None:
    beside = Secret('{"flat": {"proxy_url": "http://proxy"}}')
    machine = Machine(FakeTable(sealed(login(2))), msgspec.structs.replace(login(1), others=beside))
    assert kinds(await machine.sync()) == [StepKind.ADOPT]
    assert (machine.numbers(), machine.kept.held[login().key].others) == ([2], beside)


async def test_a_store_that_cannot_be_opened_ends_the_sync_before_anything() -> None:
    table = FakeTable(sealed(login(2)))
    machine = Machine(table, login(1))
    machine.kept.fault = KeyringLockedError()
    report = await machine.sync()
    assert (problem_kind(report.problem), table.opened) == (KeyringLockedError, [])


async def test_one_account_that_cannot_be_written_does_not_stop_the_others() -> None:
    machine = Machine(FakeTable(sealed(login(2, "ana"))), login(1, "ana"), login(1, "bob"))
    machine.kept.full = "ana@example.com"
    report = await machine.sync()
    assert kinds(report) == [StepKind.FAILED, StepKind.UPLOAD_NEW]
    assert problem_kind(report.items[0].problem) == WriteError
    assert machine.numbers() == [1, 1]


async def test_a_table_that_goes_away_ends_the_sync_and_says_how_much_is_left() -> None:
    table = FakeTable()
    machine = Machine(table, *(login(1, person) for person in ("ana", "bob", "cat")))

    async def gone(request: str) -> None:
        table.fault = NotSentError(reason="there is no connection") if request == "insert" else None

    table.before = gone
    report = await machine.sync()
    assert (problem_kind(report.problem), report.left, report.items) == (NotSentError, 3, ())


async def test_a_table_that_takes_no_changes_says_so() -> None:
    table = FakeTable(sealed(login(1)))
    table.takes_changes = False
    report = await Machine(table, login(2)).sync()
    assert problem_kind(report.problem) == SyncForbiddenError


async def test_a_stopped_sync_begins_no_further_account() -> None:
    table = FakeTable()
    machine = Machine(table, login(1, "ana"), login(1, "bob"))

    async def stop(request: str) -> None:
        del request
        machine.bench.syncing.stop()

    table.before = stop
    report = await machine.sync()
    assert (report.left, report.well) == (2, False)


async def test_a_row_that_never_stands_still_is_left() -> None:
    table = FakeTable(sealed(login(1)))
    machine = Machine(table, login(9))
    moments = iter(range(100))

    async def restless(request: str) -> None:
        if request == "replace":
            other = msgspec.structs.replace(table.held["account-ana"], update_time=f"moment {next(moments)}")
            table.held["account-ana"] = other

    table.before = restless
    report = await machine.sync()
    assert (kinds(report), problem_kind(report.items[0].problem)) == ([StepKind.FAILED], SyncConflictError)
    assert next(moments) <= 5


async def test_how_far_it_is_is_told() -> None:
    told: list[tuple[int, int]] = []
    machine = Machine(FakeTable(), login(1, "ana"), login(1, "bob"))
    await machine.bench.syncing.run(TARGET, SyncOptions(), lambda done, total: told.append((done, total)))
    assert told == [(0, 2), (1, 2), (2, 2)]


async def test_what_needs_no_work_is_not_told_one_by_one() -> None:
    piled = [RemoteRow(id=f"x{number}", token_data=Secret("")) for number in range(50)]
    told: list[tuple[int, int]] = []
    machine = Machine(FakeTable(*piled, sealed(login(1))), login(1), login(1, "bob"))
    report = await machine.bench.syncing.run(TARGET, SyncOptions(), lambda done, total: told.append((done, total)))
    assert told == [(51, 52), (52, 52)]
    assert (report.refused, report.same, report.sent, len(report.items)) == (50, 1, 1, 52)


async def test_looking_at_the_table_changes_nothing() -> None:
    table = FakeTable(sealed(login(1)), sealed(login(1, "bob"), OTHER_CIPHER))
    machine = Machine(table, login(2))
    found = await machine.bench.syncing.test(TARGET)
    assert (found.rows, found.opened, found.problem) == (2, 1, None)
    assert (table.writes, machine.numbers(), machine.bench.memory.marks) == ([], [2], {})
    table.held.pop("account-ana")
    assert problem_kind((await machine.bench.syncing.test(TARGET)).problem) == SyncKeyError
    table.fault = NotSentError(reason="there is no connection")
    assert problem_kind((await machine.bench.syncing.test(TARGET)).problem) == NotSentError


async def test_the_rights_are_told_also_where_the_rows_cannot_be_read() -> None:
    table = FakeTable(sealed(login(1)))
    machine = Machine(table, login(2))
    assert (await machine.bench.syncing.test(TARGET)).rights == table.granted

    async def refused(request: str) -> None:
        if request == "rows":
            raise SyncRefusedError(status="401")

    table.before = refused
    assert problem_kind((await machine.bench.syncing.test(TARGET)).problem) == SyncRefusedError
    table.granted = TableGrants(read=False, add=True, change=False, lease=True)
    found = await machine.bench.syncing.test(TARGET)
    assert (found.problem, found.rights) == (None, table.granted)
    table.granted = None
    assert problem_kind((await machine.bench.syncing.test(TARGET)).problem) == SyncRefusedError


def once(step: int, turn: Callable[[], Awaitable[object]]) -> Callable[[str], Awaitable[None]]:
    """Let ``turn`` happen ahead of the request of this number, and of no other."""
    count = [0]

    async def before(request: str) -> None:
        del request
        count[0] += 1
        if count[0] == step + 1:
            await turn()

    return before


NUMBERS = st.none() | st.integers(1, 6)


@given(one=NUMBERS, other=NUMBERS, row=NUMBERS, renewed=NUMBERS, step=st.integers(0, 6))
def test_two_writers_end_with_the_newest_login_whichever_way_they_interleave(
    one: int | None, other: int | None, row: int | None, renewed: int | None, step: int
) -> None:
    async def play() -> None:
        table = FakeTable(*([] if row is None else [sealed(login(row))]))
        first, second = (Machine(table, *([] if n is None else [login(n)])) for n in (one, other))

        async def turn_of_the_other() -> None:
            if renewed is not None and renewed > max(second.numbers(), default=0):
                second.kept.held[login().key] = login(renewed)
            await second.sync()

        table.before = once(step, turn_of_the_other)
        await first.sync()
        table.before = nothing
        newest = max([*first.numbers(), *second.numbers(), *in_table(table).values()], default=None)
        for machine in (second, first, second):
            assert (await machine.sync()).well
        expected = [] if newest is None else [newest]
        assert first.numbers() == second.numbers() == list(in_table(table).values()) == expected

    asyncio.run(play())


@pytest.mark.parametrize("step", range(5))
async def test_an_account_that_vanishes_here_meanwhile_is_no_failure(step: int) -> None:
    table = FakeTable(sealed(login(1)))
    machine = Machine(table, login(2), login(1, "bob"))

    async def removed() -> None:
        machine.kept.held.clear()

    table.before = once(step, removed)
    report = await machine.sync()
    assert report.problem is None
    assert report.failed == 0


async def test_a_row_that_the_table_alters_is_not_counted_as_sent_and_keeps_no_other_from_it() -> None:
    table = FakeTable()
    machine = Machine(table, login(1, "ana"), login(1, "bob"))

    async def alter(request: str) -> None:
        if request == "insert" and not table.writes:
            table.writes.append("altered")
            raise RowAlteredError

    table.before = alter
    report = await machine.sync()
    assert sorted(kind.value for kind in kinds(report)) == ["failed", "upload_new"]
    assert (report.sent, report.failed, report.well) == (1, 1, False)


async def test_rows_that_are_written_side_by_side_are_remembered_together_and_none_too_early(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = FakeTable()
    table.state = TableStatus(protected=True, digests=(table_digest(KEY),))
    machine = Machine(table, *(login(1, f"person-{number}") for number in range(64)))
    memory, writings, remembered = machine.bench.memory, 0, 0
    write = memory.remember_table

    async def slowly(name: str, record: TableRecord) -> None:
        nonlocal writings, remembered
        writings += 1
        for _ in range(100):
            await asyncio.sleep(0)
        await write(name, record)
        remembered = len(record.generations)

    def progress(done: int, _total: int) -> None:
        assert done <= remembered, "an account was done before its row was remembered"

    monkeypatch.setattr(memory, "remember_table", slowly)
    report = await machine.bench.syncing.run(TARGET, SyncOptions(), progress)
    assert (report.sent, remembered) == (64, 64)
    # 16 at once, and one more at the end.
    assert writings <= 64 / 16 * 2 + 1


async def test_what_was_written_is_remembered_though_the_sync_was_killed() -> None:
    table = FakeTable()
    table.state = TableStatus(protected=True, digests=(table_digest(KEY),))
    machine = Machine(table, login(1))
    await machine.sync()
    before = dict(table.held)
    await machine.kept.save(login(2))
    await machine.kept.save(login(1, "bob"))

    async def die(request: str) -> None:
        if request == "insert":
            # Bob's turn comes when ana's row is written.
            await asyncio.sleep(0)
            raise asyncio.CancelledError

    table.before = die
    with pytest.raises(asyncio.CancelledError):
        await machine.sync()
    table.before = nothing
    assert table.writes == ["account-ana"] * 2
    table.held = before
    assert kinds(await machine.sync())[0] is StepKind.ROLLED_BACK
