"""``--sync`` against a real database that is not as it should be: what is said, and that nothing is lost."""

import io
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import NamedTuple

import pytest

from probe_tray.adapters.logins.login_cipher import AesGcmLoginCipher
from probe_tray.cli.main import main
from probe_tray.core.account.secret import Secret
from probe_tray.core.sync.rows import RemoteRow
from probe_tray.core.sync.setup_code import SetupCode, write_code
from probe_tray.core.sync.table_key import KEY_SEPARATOR
from tests.command.test_sync import KEY, Machine, file_of, login
from tests.database.conftest import SQL, protect
from tests.support.postgres import Database, literal
from tests.support.postgrest import API_KEY, PostgRest

PEOPLE = ("ana", "bob", "cat")
OTHER_KEY = "07" * 32
NEW_KEY = "c3" * 32
BOTH = f"{NEW_KEY}{KEY_SEPARATOR}{KEY}"
TABLE = "create table tokens (id text primary key, email text, token_data text, update_time timestamptz);"


class Shared:
    """A computer that has three logins, and a database in which ana's is older and dan's alone."""

    def __init__(self, machine: Machine, rest: PostgRest, capsys: pytest.CaptureFixture[str]) -> None:
        self.machine, self.rest, self._capsys = machine, rest, capsys

    def put(self, person: str, number: int, *, key: str = KEY, row_id: str = "") -> None:
        row = AesGcmLoginCipher(Secret(key)).seal(login(person, number), bytes([number]) * 12, UTC)
        values = (row_id or row.id, row.email, row.token_data.reveal(), row.update_time)
        self.rest.database.run(f"insert into tokens values ({', '.join(map(literal, values))})")  # noqa: S608 - quoted

    def sync(self, *arguments: str) -> tuple[int, str]:
        """The exit status, and all that was said."""
        status = main(["--config", str(self.machine.config), "--sync", *arguments])
        found = self._capsys.readouterr()
        return status, " ".join((found.out + found.err).split())

    def rows(self) -> dict[str, str | None]:
        return {str(row): data for row, data in self.rest.database.run("select id, token_data from tokens")}


@pytest.fixture
def shared(
    tmp_path: Path, home: Path, database: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shared]:
    del home
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with PostgRest(database) as rest:
        machine = Machine(tmp_path / "here", rest.url)
        machine.set_up(sync_api_key=API_KEY)
        for person in PEOPLE:
            machine.write(f"{person}.json", file_of(person, 2))
        yield Shared(machine, rest, capsys)


class Fault(NamedTuple):
    sql: str
    said: str
    spoils: bool = False
    """Whether all of the shipped SQL was run before."""


FAULTS = {
    "nothing was run": Fault("select 1", "There is no table called tokens at 127.0.0.1."),
    "the table has no grants": Fault(TABLE, "The table rejected the publishable key (status 401)."),
    "a column is missing": Fault(
        "create table tokens (id text primary key, email text); grant select on tokens to anon",
        "The table tokens at 127.0.0.1 has the wrong columns.",
    ),
    "nobody may read": Fault(
        "revoke select on tokens from anon", "The table rejected the publishable key (status 401).", spoils=True
    ),
    "nobody may add": Fault(
        'drop policy "sync adds" on tokens', "The table rejected the publishable key (status 401).", spoils=True
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_sql_that_was_run_by_half_is_named_and_the_rest_of_it_helps(shared: Shared, fault: Fault) -> None:
    files = shared.machine.files()
    if fault.spoils:
        shared.rest.database.run(SQL)
    shared.rest.database.run(fault.sql)
    status, said = shared.sync()
    assert (status, fault.said in said) == (1, True), said
    assert "Traceback" not in said
    assert shared.machine.files() == files


def test_a_missing_policy_for_changes_is_named_and_what_is_new_is_added(shared: Shared) -> None:
    shared.rest.database.run(SQL)
    shared.rest.database.run('drop policy "sync replaces" on tokens')
    shared.put("ana", 1)
    before = shared.rows()
    status, said = shared.sync()
    assert (status, "This key can read the table but can't change it." in said) == (1, True), said
    assert shared.rows()["account-ana"] == before["account-ana"]


def test_a_table_of_a_newer_version_is_left_alone_and_not_set_up(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared.rest.database.run(SQL.replace("'version', 2", "'version', 3"))
    shared.put("ana", 1)
    files, rows = shared.machine.files(), shared.rows()
    code = write_code(SetupCode(url=shared.rest.url, api_key=Secret(API_KEY), key=Secret(KEY)))
    config = shared.machine.config.read_bytes()
    for arguments in ((), ("--enter-code", "--yes")):
        monkeypatch.setattr("sys.stdin", _Typed(code.reveal()))
        status, said = shared.sync(*arguments)
        assert (status, "was set up by a newer version of Probe Tray." in said) == (1, True), said
    assert (shared.machine.files(), shared.rows()) == (files, rows)
    assert shared.machine.config.read_bytes() == config


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"sync_aes_gcm_key": OTHER_KEY}, "No row of the table can be decrypted."),
        ({"sync_api_key": "sb_publishable_of_somebody_else"}, "The table rejected the publishable key (status 401)."),
    ],
)
def test_a_wrong_key_changes_nothing(shared: Shared, values: dict[str, object], expected: str) -> None:
    shared.rest.database.run(SQL)
    shared.put("ana", 1)
    shared.put("dan", 1)
    files, rows = shared.machine.files(), shared.rows()
    shared.machine.set_up(**{"sync_api_key": API_KEY} | values)
    status, said = shared.sync()
    assert (status, expected in said) == (1, True), said
    assert (shared.machine.files(), shared.rows()) == (files, rows)


def test_garbage_rows_are_named_one_by_one_and_left_as_they_are(shared: Shared) -> None:
    shared.rest.database.run(SQL)
    shared.put("bob", 1, key=OTHER_KEY)
    shared.put("dan", 1, row_id="account-cat")
    shared.put("eve", 1)
    shared.rest.database.run(
        "insert into tokens values ('account-ana', null, null, null), ('', e'\\x1b[2J', 'x', now())"
    )
    before = shared.rows()
    status, said = shared.sync()
    assert status == 1
    assert "This row can't be decrypted. It was not changed." in said
    assert "This row contains another account's login: someone swapped rows. It was not used." in said
    assert "\x1b" not in said
    after = shared.rows()
    assert {name: after[name] for name in before} == before
    assert sorted(shared.machine.files()) == ["ana.json", "bob.json", "cat.json", "eve@example.com.json"]


FAILURES = [
    (413, "127.0.0.1 refused a login as too large (status 413)."),
    (429, "Your sync table is limiting requests."),
    (503, "Your sync table is having problems right now (status 503)."),
    (540, "The project at 127.0.0.1 is paused."),
]


@pytest.mark.parametrize(("status", "expected"), FAILURES)
@pytest.mark.parametrize("passed", range(4))
def test_a_project_that_fails_in_the_middle_loses_and_overwrites_nothing(
    shared: Shared, status: int, expected: str, passed: int
) -> None:
    shared.rest.database.run(SQL)
    shared.put("ana", 1)
    shared.put("dan", 1)
    files, rows = shared.machine.files(), shared.rows()
    shared.rest.instead = [0] * passed + [status]
    exit_status, said = shared.sync()
    assert (exit_status, expected in said) == (1, True), said
    kept = shared.rows()
    assert kept.keys() >= rows.keys()
    assert kept["account-dan"] == rows["account-dan"]
    assert {name: held for name, held in shared.machine.files().items() if name in files} == files
    exit_status, said = shared.sync()
    assert exit_status == 0, said
    assert sorted(shared.rows()) == ["account-ana", "account-bob", "account-cat", "account-dan"]
    assert sorted(shared.machine.files()) == ["ana.json", "bob.json", "cat.json", "dan@example.com.json"]
    assert [shared.machine.number(f"{person}.json") for person in PEOPLE] == [2, 2, 2]


@pytest.fixture
def changing(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> Shared:
    """The key of a protected table is being changed: the computer has both keys, and all rows have the old one."""
    protect(shared.rest.database, Secret(KEY))
    assert shared.sync()[0] == 0
    shared.machine.set_up(sync_api_key=API_KEY, sync_aes_gcm_key=BOTH)
    assert shared.sync("--change-key")[0] == 0
    code = write_code(SetupCode(url=shared.rest.url, api_key=Secret(API_KEY), key=Secret(BOTH))).reveal()
    monkeypatch.setattr("sys.stdin", _Typed(code))
    return shared


class _Typed(io.StringIO):
    """What is given on standard input to each run."""

    @property
    def buffer(self) -> io.BytesIO:
        return io.BytesIO(self.getvalue().encode())


ACTIONS = {
    "a sync": ("--yes",),
    "a change of the key": ("--change-key", "--yes"),
    "the end of the old key": ("--end-old-key", "--yes"),
    "a removal": ("--stop-sharing", "cat@example.com", "--yes"),
    "another setup": ("--enter-code", "--yes"),
}


def numbers(shared: Shared) -> dict[str, int]:
    """Which login each row holds that one of the two keys opens."""
    cipher = AesGcmLoginCipher(Secret(BOTH))
    opened = (cipher.open(RemoteRow(id=row, token_data=Secret(data or ""))) for row, data in shared.rows().items())
    tokens = {one.row.id: one.login.refresh_token for one in opened if one.login is not None}
    return {row: int(token.reveal().partition(".")[2]) for row, token in tokens.items() if token is not None}


def everything(shared: Shared) -> tuple[object, ...]:
    """All that a failure must leave as it is."""
    held = shared.rest.database.run("select * from tokens order by id")
    keys = shared.rest.database.run("select digest, ended_at from probe_tray_keys order by digest")
    return shared.machine.files(), shared.machine.config.read_bytes(), held, keys


@pytest.mark.parametrize(
    "first", [pytest.param(one, marks=() if one == 0 else pytest.mark.heavy) for one in range(len(FAILURES))]
)
@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_a_project_that_fails_at_each_request_of_what_is_done_with_two_keys_loses_nothing(
    changing: Shared, action: tuple[str, ...], first: int
) -> None:
    files, config = changing.machine.files(), changing.machine.config.read_bytes()
    passed = 0
    while True:
        failing, expected = FAILURES[(first + passed) % len(FAILURES)]
        changing.rest.instead = [0] * passed + [failing]
        status, said = changing.sync(*action)
        assert (changing.machine.files(), changing.machine.config.read_bytes()) == (files, config), passed
        if changing.rest.instead:
            assert status == 0, said
            break
        assert (status, expected in said, numbers(changing)) == (
            1,
            True,
            {f"account-{person}": 2 for person in PEOPLE},
        ), (passed, said)
        passed += 1
    assert passed
    left = PEOPLE[:-1] if "--stop-sharing" in action else PEOPLE
    assert numbers(changing) == {f"account-{person}": 2 for person in left}


class Spoiled(NamedTuple):
    said: tuple[str, ...]
    """One of them, as it is a sync or a setup, or something that only a protected table can do."""
    sql: str = ""
    api_key: str = API_KEY
    key: str = BOTH


UNPROTECTED = ("is no longer protected", "The table isn't protected, so this can't be done.")
SPOILED = {
    "two wrong keys": Spoiled(
        ("doesn't accept the encryption key of this computer.",), key=f"{OTHER_KEY}{KEY_SEPARATOR}{'08' * 32}"
    ),
    "a wrong publishable key": Spoiled(
        ("The table rejected the publishable key (status 401).",), api_key="sb_publishable_of_somebody_else"
    ),
    "a newer version": Spoiled(
        ("was set up by a newer version of Probe Tray.",), sql=SQL.replace("'version', 2", "'version', 3")
    ),
    "no protection any more": Spoiled(UNPROTECTED, sql="delete from probe_tray_keys"),
    "half of the SQL": Spoiled(UNPROTECTED, sql="drop function probe_tray_status()"),
}


@pytest.mark.parametrize("spoiled", SPOILED.values(), ids=SPOILED)
def test_with_two_keys_and_permission_to_overwrite_a_spoiled_table_is_left_alone(
    changing: Shared, monkeypatch: pytest.MonkeyPatch, spoiled: Spoiled
) -> None:
    changing.machine.set_up(sync_api_key=spoiled.api_key, sync_aes_gcm_key=spoiled.key)
    code = SetupCode(url=changing.rest.url, api_key=Secret(spoiled.api_key), key=Secret(spoiled.key))
    monkeypatch.setattr("sys.stdin", _Typed(write_code(code).reveal()))
    if spoiled.sql:
        changing.rest.database.run(spoiled.sql)
    before = everything(changing)
    for name, action in ACTIONS.items():
        status, said = changing.sync(*action)
        assert (status, any(one in said for one in spoiled.said)) == (1, True), (name, said)
        assert everything(changing) == before, name


def test_garbage_rows_cost_no_login_while_the_key_is_changed(changing: Shared) -> None:
    database = changing.rest.database
    database.run("update tokens set token_data = 'v2.garbage' where id = 'account-ana'")
    database.run(
        "update tokens set token_data = (select token_data from tokens where id = 'account-cat') "
        "where id = 'account-bob'"
    )
    database.run("insert into tokens values ('account-dan', null, 'v2.garbage', now())")
    files, before = changing.machine.files(), everything(changing)
    status, said = changing.sync("--stop-sharing", "account-bob", "--yes")
    assert (status, everything(changing)) == (1, before), said
    status, said = changing.sync("--end-old-key", "--yes")
    assert status == 1, said
    assert changing.machine.files() == files
    rows = changing.rows()
    assert rows["account-dan"] == "v2.garbage", "no login here can take its place"
    assert numbers(changing).keys() >= {"account-ana", "account-cat"}, "the one that was garbage is overwritten"
    assert "bob@example.com: This row isn't what your computers wrote: someone swapped or changed it." in said
    assert "account-dan: This row can't be decrypted. It was not changed." in said


@pytest.mark.heavy
def test_fifty_thousand_rows_of_somebody_else_hide_none_of_the_own_ones(shared: Shared) -> None:
    shared.rest.database.run(SQL)
    shared.rest.database.run(
        "insert into tokens select 'row-' || n, null, 'sealed', now() from generate_series(1, 50000) n"
    )
    shared.put("ana", 3)
    status, said = shared.sync("--quiet")
    assert status == 1, said[-500:]
    assert shared.rest.database.run("select count(*) from tokens where token_data = 'sealed'") == [("50000",)]
    assert shared.machine.number("ana.json") == 3
    assert {"account-bob", "account-cat"} <= shared.rows().keys()
