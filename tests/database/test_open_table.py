"""A table that was protected is found open again: nothing is done with it until a person allows that."""

from pathlib import Path

import pytest

from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import TableUncheckedError
from probe_tray.core.sync.rows import StepKind, SyncOptions
from tests.command.test_sync import KEY, file_of
from tests.database.conftest import protect
from tests.database.owner import Owner
from tests.database.test_attackers import Computer, dump, kinds, login, renewing
from tests.support.postgres import Database
from tests.support.postgrest import PostgRest

OPEN = "delete from probe_tray_keys"
ALLOWED = SyncOptions(allow_open=True)
QUESTION = "Use the table unprotected from now on? [y/N]"


def test_the_command_remembers_that_a_person_allows_it_until_it_is_protected_again(owner: Owner) -> None:
    assert owner.run()[0] == 0
    owner.rest.database.run(OPEN)
    before = dump(owner.rest.database)
    owner.write("ana.json", file_of("ana", 2))
    for arguments in ((), ("--yes",)):
        status, _, said = owner.run(*arguments)
        assert (status, "is no longer protected" in said) == (1, True), said
        assert "run codex-probe --sync --allow-unprotected." in said
        assert dump(owner.rest.database) == before
    status, _, said = owner.run("--allow-unprotected")
    assert (status, "1 sent, 1 the same." in said) == (0, True), said
    for number in (3, 4):
        owner.write("ana.json", file_of("ana", number))
        status, _, said = owner.run()
        assert (status, "1 sent" in said) == (0, True), said
    rows = owner.rest.database.run("select token_data from tokens")
    assert all((data or "").startswith("v2.") for (data,) in rows), "in the form that was used before"
    protect(owner.rest.database, Secret(KEY))
    assert owner.run()[0] == 0
    owner.rest.database.run(OPEN)
    status, _, said = owner.run()
    assert (status, "is no longer protected" in said) == (1, True), said


@pytest.mark.parametrize(("answer", "expected"), [(b"y\n", 0), (b"n\n", 1), (b"\n", 1)])
def test_a_person_at_a_terminal_is_asked(owner: Owner, answer: bytes, expected: int) -> None:
    assert owner.run()[0] == 0
    owner.rest.database.run(OPEN)
    owner.write("ana.json", file_of("ana", 2))
    status, seen = owner.at_a_terminal(answer)
    assert (status, seen.count(QUESTION)) == (expected, 1), seen
    status, _, said = owner.run()
    assert status == expected, said
    held = owner.opened()["account-ana"].login
    assert held is not None
    assert (held.access_token == login(2).access_token) is (expected == 0)


def test_a_new_computer_does_not_use_an_open_table_unasked_either(owner: Owner, tmp_path: Path) -> None:
    assert owner.run()[0] == 0
    owner.rest.database.run(OPEN)
    newcomer = Owner(tmp_path / "new", owner.rest)
    for _ in range(2):
        status, _, said = newcomer.run()
        assert (status, "is no longer protected" in said, newcomer.files()) == (1, True, {}), said
    for arguments in (("--allow-unprotected",), ()):
        status, _, said = newcomer.run(*arguments)
        assert (status, sorted(newcomer.files())) == (0, ["ana@example.com.json", "bob@example.com.json"]), said


async def test_an_allowed_table_is_renewed_with_and_old_rows_are_refused_as_before(database: Database) -> None:
    protect(database)
    with PostgRest(database) as rest:
        first, second = Computer(rest, login(1)), Computer(rest)
        for computer in (first, second):
            await computer.sync()
        database.run("create table old as table tokens")
        first.hold(login(2))
        await first.sync()
        await second.sync()
        database.run(OPEN)
        for _ in range(2):
            report = await first.sync()
            assert report.problem is not None
            with pytest.raises(TableUncheckedError):
                await renewing(first).claim(login(1))
        for computer in (first, second):
            assert kinds(await computer.sync(ALLOWED)) == {"ana": StepKind.SAME}
            assert kinds(await computer.sync()) == {"ana": StepKind.SAME}
            assert (await computer.bench.syncing.test(computer.target)).problem is None
        shared = renewing(first)
        assert not await shared.claim(login(1))
        await shared.give_up(login(1).key)
        database.run(
            "update tokens t set token_data = o.token_data, update_time = o.update_time from old o where o.id = t.id"
        )
        assert kinds(await second.sync()) == {"ana": StepKind.ROLLED_BACK}


async def test_a_renewal_on_a_new_computer_leaves_an_open_table_alone(database: Database) -> None:
    protect(database)
    with PostgRest(database) as rest:
        await Computer(rest, login(1)).sync()
        database.run(OPEN)
        newcomer = Computer(rest, login(1))
        with pytest.raises(TableUncheckedError):
            await renewing(newcomer).adopt_newer(login(1).key)


async def test_a_table_that_is_protected_while_it_is_read_is_not_called_open(database: Database) -> None:
    protect(database)
    with PostgRest(database) as rest:
        await Computer(rest, login(1)).sync()
        database.run(OPEN)
        newcomer = Computer(rest)
        rest.afterwards["tokens"] = lambda: protect(database)
        assert kinds(await newcomer.sync()) == {"ana": StepKind.RESTORE}
