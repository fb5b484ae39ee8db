"""The import that a person watches, over files and stores in memory."""

import asyncio
import json
from collections.abc import Coroutine
from datetime import timedelta

from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import CredentialFileError, KeyringLockedError, WriteError
from probe_tray.core.state import AppState
from probe_tray.core.transfer.import_plan import ImportAction
from probe_tray.core.transfer.state import (
    CompareAgain,
    ForgetImport,
    ImportPhase,
    ImportState,
    ReadFiles,
    ReadPasted,
    RowId,
    StopImport,
    TakeLogins,
    TransferCommand,
)
from probe_tray.engine.account.accounts import Accounts, nothing_remembered
from probe_tray.engine.store import Store
from tests.support.fakes import START, FakeClock, problem_kind, settle
from tests.support.files import flat, official
from tests.support.tokens import credential, tokens
from tests.support.transfers import TransferBench
from tests.unit.engine.bench import GatedStore, TaskLocks

ANA, BEN, CAT = RowId("ana.json"), RowId("ben.json"), RowId("cat.json")


class Bench(TransferBench):
    """Files of three people, and a vault."""

    def __init__(self, *held: GatedStore) -> None:
        self.vault = held[0] if held else GatedStore(StoreKind.VAULT)
        self.store = Store(AppState())
        super().__init__(
            Accounts((self.vault,), self.store, nothing_remembered), TaskLocks(), self.store, FakeClock(START)
        )
        self.checked: list[AccountKey] = []
        self.tasks: list[asyncio.Task[None]] = []
        for person in ("ana", "ben", "cat"):
            self.put(f"{person}.json", flat(person))

    @property
    def shown(self) -> ImportState:
        found = self.store.state.importing
        assert found is not None
        return found

    def put(self, name: str, *held: object) -> None:
        self.given.files[name] = "\n".join(json.dumps(one) for one in held).encode()

    def actions(self) -> dict[str, ImportAction]:
        return {row.id.location: row.action for row in self.shown.rows}

    async def send(self, command: TransferCommand) -> None:
        self.transfers.send(command, self._start, self.checked.extend)
        await settle()

    async def end(self) -> None:
        await asyncio.gather(*self.tasks)

    def _start(self, work: Coroutine[object, object, None]) -> None:
        self.tasks.append(asyncio.ensure_future(work))


async def test_what_was_found_is_shown_before_anything_is_taken() -> None:
    bench = Bench(GatedStore(StoreKind.VAULT, credential("ben")))
    bench.given.files["notes.json"] = b"{"
    await bench.send(ReadFiles(("ana.json", "ben.json", "notes.json")))
    assert bench.shown.phase is ImportPhase.READY
    assert bench.actions() == {
        "ana.json": ImportAction.ADD,
        "ben.json": ImportAction.SAME,
        "notes.json": ImportAction.UNUSABLE,
    }
    ana, _, notes = bench.shown.rows
    assert (ana.email, ana.renewable, ana.takeable) == ("ana@example.com", True, True)
    assert problem_kind(notes.problem) == CredentialFileError
    assert bench.vault.saves == 0


async def test_no_token_is_in_what_is_shown() -> None:
    bench = Bench()
    await bench.send(ReadFiles(("ana.json",)))
    said = repr(bench.store.state)
    assert "ana@example.com" in said
    assert not any(token in said for token in tokens("ana").values())


async def test_more_is_added_to_what_was_read_and_the_same_file_read_anew() -> None:
    bench = Bench()
    await bench.send(ReadFiles(("ana.json", "ben.json")))
    bench.put("ana.json", {"mended": False})
    await bench.send(ReadFiles(("ana.json", "cat.json")))
    assert bench.actions() == {
        "ana.json": ImportAction.UNUSABLE,
        "ben.json": ImportAction.ADD,
        "cat.json": ImportAction.ADD,
    }


async def test_text_is_read_like_a_file_and_each_has_a_name_of_its_own() -> None:
    bench = Bench()
    for person in ("dan", "eve"):
        await bench.send(ReadPasted(Secret(json.dumps(official(person)))))
    assert bench.actions() == {"pasted text": ImportAction.ADD, "pasted text 2": ImportAction.ADD}


async def test_the_chosen_ones_are_taken_and_nothing_else() -> None:
    bench = Bench()
    await bench.send(ReadFiles(("ana.json", "ben.json", "cat.json")))
    await bench.send(TakeLogins((ANA, CAT, RowId("elsewhere.json"))))
    assert {c.email for c in bench.vault.held.values()} == {"ana@example.com", "cat@example.com"}
    assert {a.email for a in bench.store.state.accounts} == {"ana@example.com", "cat@example.com"}
    assert bench.shown.phase is ImportPhase.DONE
    assert [row.outcome is not None for row in bench.shown.rows] == [True, False, True]
    assert {key.account_id for key in bench.checked} == {"account-ana", "account-cat"}


async def test_a_store_that_refuses_half_way_costs_only_the_rest() -> None:
    bench = Bench()
    await bench.send(ReadFiles(("ana.json", "ben.json", "cat.json")))
    full = WriteError(path="vault", reason="the disk is full")
    seen: list[tuple[ImportPhase, int, int]] = []

    def follow() -> None:
        seen.append((bench.shown.phase, bench.shown.done, bench.shown.total))
        bench.vault.save_fault = full if bench.shown.done else None

    bench.store.subscribe(follow)
    await bench.send(TakeLogins((ANA, BEN, CAT)))
    await bench.end()
    steps = dict.fromkeys(step[1:] for step in seen if step[0] is ImportPhase.TAKING)
    assert list(steps) == [(0, 3), (1, 3), (2, 3), (3, 3)]
    outcomes = [row.outcome for row in bench.shown.rows]
    assert [o is not None and problem_kind(o.problem) for o in outcomes] == [None, WriteError, WriteError]
    assert {a.email for a in bench.store.state.accounts} == {"ana@example.com"}
    assert [key.account_id for key in bench.checked] == ["account-ana"]


async def test_taking_can_be_stopped_between_two_logins() -> None:
    bench = Bench()
    await bench.send(ReadFiles(("ana.json", "ben.json")))
    bench.vault.waits = {"save"}
    await bench.send(TakeLogins((ANA, BEN)))
    await bench.send(StopImport())
    bench.vault.gate.set()
    await bench.end()
    assert {c.email for c in bench.vault.held.values()} == {"ana@example.com"}
    assert (bench.shown.phase, bench.shown.stopped) == (ImportPhase.DONE, True)


async def test_reading_can_be_stopped_and_what_was_read_is_shown() -> None:
    bench = Bench()
    await bench.send(ReadFiles(("ana.json",)))
    bench.given.gate.clear()
    await bench.send(ReadFiles(("ben.json",)))
    assert bench.shown.phase is ImportPhase.READING
    await bench.send(StopImport())
    await bench.end()
    assert bench.actions() == {"ana.json": ImportAction.ADD}
    assert (bench.shown.phase, bench.shown.stopped) == (ImportPhase.READY, True)


async def test_what_is_brought_while_reading_is_read_after_it() -> None:
    bench = Bench()
    bench.given.gate.clear()
    await bench.send(ReadFiles(("ana.json",)))
    await bench.send(ReadFiles(("ben.json",)))
    bench.given.gate.set()
    await bench.end()
    assert bench.actions() == {"ana.json": ImportAction.ADD, "ben.json": ImportAction.ADD}


async def test_putting_it_away_ends_the_reading_and_forgets_what_was_read() -> None:
    bench = Bench()
    await bench.send(ReadFiles(("ana.json",)))
    bench.given.gate.clear()
    await bench.send(ReadFiles(("ben.json",)))
    await bench.send(ForgetImport())
    await bench.end()
    assert bench.store.state.importing is None
    bench.given.gate.set()
    await bench.send(ReadFiles(("cat.json",)))
    assert bench.actions() == {"cat.json": ImportAction.ADD}
    await bench.send(TakeLogins((ANA,)))
    assert bench.vault.saves == 0


async def test_nothing_is_put_away_while_it_is_taken() -> None:
    bench = Bench()
    await bench.send(ReadFiles(("ana.json",)))
    bench.vault.waits = {"save"}
    await bench.send(TakeLogins((ANA,)))
    await bench.send(ForgetImport())
    await bench.send(ReadFiles(("ben.json",)))
    bench.vault.gate.set()
    await bench.end()
    assert bench.shown.phase is ImportPhase.DONE
    assert bench.actions() == {"ana.json": ImportAction.ADD}


async def test_the_next_import_begins_anew() -> None:
    bench = Bench()
    await bench.send(ReadFiles(("ana.json",)))
    await bench.send(TakeLogins((ANA,)))
    await bench.send(ReadFiles(("ben.json",)))
    assert bench.actions() == {"ben.json": ImportAction.ADD}


async def test_a_locked_keyring_lets_nothing_be_taken_until_it_is_open() -> None:
    bench = Bench()
    bench.vault.fault = KeyringLockedError()
    await bench.send(ReadFiles(("ana.json",)))
    assert (bench.shown.blocked, [p.kind for p in bench.shown.problems]) == (True, [KeyringLockedError])
    await bench.send(TakeLogins((ANA,)))
    assert bench.shown.phase is ImportPhase.READY
    bench.vault.fault = None
    await bench.send(CompareAgain())
    assert not bench.shown.blocked
    await bench.send(TakeLogins((ANA,)))
    assert {c.email for c in bench.vault.held.values()} == {"ana@example.com"}


async def test_the_official_clients_own_login_is_marked() -> None:
    bench = Bench()
    bench.given.in_use = {"ana.json"}
    await bench.send(ReadFiles(("ana.json", "ben.json")))
    assert [row.in_use for row in bench.shown.rows] == [True, False]


async def test_a_login_that_was_renewed_since_it_was_shown_is_left_alone() -> None:
    bench = Bench()
    await bench.send(ReadFiles(("ana.json",)))
    await bench.vault.save(credential("ana", number=2, at=START + timedelta(hours=1)))
    await bench.send(TakeLogins((ANA,)))
    (row,) = bench.shown.rows
    assert row.outcome is not None
    assert row.outcome.action is ImportAction.OLDER
    assert bench.vault.saves == 1


async def test_many_files_are_counted_while_they_are_read() -> None:
    bench = Bench()
    names = [f"many/{n:02}.json" for n in range(20)]
    for name in names:
        bench.put(name, flat(name[5:7]))
    seen: list[tuple[int, int]] = []
    bench.store.subscribe(lambda: seen.append((bench.shown.done, bench.shown.total)))
    await bench.send(ReadFiles(("many/",)))
    assert {(0, 20), (8, 20), (16, 20)} <= set(seen)
    assert bench.given.read_so_far == names
