"""What ``codex-probe --sync`` does with a table as a whole, seen from outside, on a real database."""

import re
from datetime import UTC
from pathlib import Path

from probe_tray.adapters.logins.login_cipher import AesGcmLoginCipher
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.sync.rows import StepKind
from probe_tray.core.sync.setup_code import read_code
from probe_tray.core.sync.table_key import keys_of, table_digest
from tests.command.test_sync import KEY, file_of, login
from tests.database.conftest import SQL
from tests.database.owner import Owner
from tests.support.files import flat
from tests.support.postgres import Database, literal
from tests.support.postgrest import API_KEY, PostgRest
from tests.support.tokens import tokens

SECRET = re.compile(r"[0-9a-f]{64}")


def test_the_key_is_changed_at_a_command_line(owner: Owner, tmp_path: Path) -> None:
    assert owner.run()[0] == 0
    status, out, said = owner.run("--change-key")
    assert (status, out) == (0, ""), said
    assert "There is a new key, and the table accepts both." in said
    assert not SECRET.search(said)
    new, old = keys_of(owner.key)
    assert (old, owner.digests()) == (Secret(KEY), {table_digest(new), table_digest(old)})
    assert owner.run("--change-key")[0] == 0
    assert keys_of(owner.key) == (new, old), "begun again it makes no third one"
    code = owner.run("--show-code")[1]
    assert read_code(code).key == owner.key
    next_one = Owner(tmp_path / "next", owner.rest)
    assert next_one.run("--enter-code", given=code)[0] == 0
    assert next_one.key == owner.key
    status, _, said = owner.run("--end-old-key")
    assert (status, owner.key) == (0, new), said
    assert "Only the new key is accepted now." in said
    assert "2 the same, 2 encrypted again." in said
    assert "The key is changed. Only the new one is kept now." in said
    assert not SECRET.search(said)
    status, _, said = next_one.run()
    assert (status, next_one.key, sorted(next_one.files())) == (
        0,
        new,
        ["ana@example.com.json", "bob@example.com.json"],
    ), said
    left_behind = Owner(tmp_path / "left", owner.rest)
    status, _, said = left_behind.run()
    assert (status, left_behind.files()) == (1, {})
    assert "Run codex-probe --sync --show-code there and codex-probe --sync --enter-code here." in said


def test_where_no_folder_is_synced_the_next_sync_of_the_app_ends_the_change(owner: Owner) -> None:
    owner.run()
    owner.run("--change-key")
    owner.set_up(sync_api_key="", sync_aes_gcm_key="", sync_dir="")
    status, _, said = owner.run("--end-old-key")
    assert status == 0, said
    assert "The next sync of Probe Tray encrypts the rows with the new key." in said
    assert (len(keys_of(owner.key)), len(owner.digests())) == (2, 1)
    assert all(row.login is not None for row in owner.opened().values()), "with both keys, which are kept"
    owner.set_up(sync_api_key="", sync_aes_gcm_key="")
    assert owner.run()[0] == 0
    assert len(keys_of(owner.key)) == 1
    assert all(row.login is not None for row in owner.opened().values())


def test_what_can_not_be_done_says_why_and_what_to_do(owner: Owner) -> None:
    owner.run()
    before, rows = owner.key, owner.rest.database.run("table tokens")
    status, _, said = owner.run("--end-old-key")
    assert (status, "Run codex-probe --sync --change-key first." in said) == (1, True), said
    owner.set_up(sync_api_key=API_KEY)
    status, _, said = owner.run("--change-key")
    assert (status, "Write a new key, a colon and the old key there (sync_aes_gcm_key)" in said) == (1, True), said
    owner.set_up(sync_api_key="", sync_aes_gcm_key="")
    for who, expected in (
        ("nobody@example.com", "No account in the table is called “nobody@example.com”."),
        ("", "--stop-sharing takes the email address or id of an account."),
    ):
        status, _, said = owner.run("--stop-sharing", who)
        assert (status, expected in said) == (1 if who else 2, True), said
    owner.rest.database.run("delete from probe_tray_keys")
    for asked in (("--change-key",), ("--stop-sharing", "ana@example.com")):
        status, _, said = owner.run(*asked)
        assert (status, "Run the SQL from codex-probe --sync --show-sql" in said) == (1, True), said
    assert (owner.key, owner.rest.database.run("table tokens")) == (before, rows)


def test_an_account_is_taken_out_by_its_address_or_by_its_id(owner: Owner) -> None:
    owner.write("work.json", flat("ana", **tokens("ana", account="account-work"), account_id="account-work"))
    assert owner.run()[0] == 0
    status, _, said = owner.run("--stop-sharing", "ana@example.com")
    assert status == 1, said
    assert "account-ana" in said
    assert "account-work" in said
    assert all(row.login is not None for row in owner.opened().values())
    status, _, said = owner.run("--stop-sharing", "account-work")
    assert (status, "(id account-work) was removed from the table and won't come back." in said) == (0, True), said
    status, _, said = owner.run("--stop-sharing", "bob@example.com")
    assert (status, "bob@example.com (id account-bob) was removed" in said) == (0, True), said
    for _ in range(2):
        faults = {name.removeprefix("account-"): row.fault for name, row in owner.opened().items()}
        assert faults == {"ana": None, "bob": StepKind.WITHDRAWN, "work": StepKind.WITHDRAWN}
        assert owner.run()[0] == 0
    assert sorted(owner.files()) == ["ana.json", "bob.json", "work.json"], "the logins stay where they are"


def test_a_row_stays_whose_login_is_newer_than_that_in_the_folder(owner: Owner) -> None:
    owner.run()
    old = (owner.shared / "ana.json").read_text()
    owner.write("ana.json", file_of("ana", 2))
    assert owner.run()[0] == 0
    (owner.shared / "ana.json").write_text(old)
    status, _, said = owner.run("--stop-sharing", "ana@example.com")
    assert (status, "The table has a newer login of ana@example.com than this computer" in said) == (1, True), said
    assert "Sync this computer, with Probe Tray or codex-probe --sync, then try again." in said
    assert owner.opened()["account-ana"].login is not None
    assert owner.run()[0] == 0
    status, _, said = owner.run("--stop-sharing", "ana@example.com")
    assert status == 0, said


def test_the_sql_lets_in_the_key_that_is_kept_and_of_two_the_new_one(tmp_path: Path, database: Database) -> None:
    database.run(SQL)
    with PostgRest(database) as rest:
        owner = Owner(tmp_path / "here", rest)
        status, sql, said = owner.run("--show-sql")
        assert (status, said) == (0, "")
        assert KEY not in sql
        database.run(sql)
        assert owner.digests() == {table_digest(Secret(KEY))}
        owner.run("--change-key")
        new, old = keys_of(owner.key)
        sql = owner.run("--show-sql")[1]
        assert table_digest(new) in sql
        assert table_digest(old) not in sql
        database.run(sql)
        assert owner.digests() == {table_digest(new), table_digest(old)}


def test_rows_that_keep_the_old_key_are_named_and_what_helps_is_said(owner: Owner) -> None:
    owner.run()
    put_sealed(owner, login("dan", 1), row_id="account-eve")
    owner.rest.database.run(
        "create function keep() returns trigger language plpgsql as 'begin return null; end';"
        "create trigger keep before update on tokens for each row when (old.id = 'account-bob') execute function keep()"
    )
    assert owner.run("--change-key")[0] == 0
    kept = "The old key is kept on this computer because only it can decrypt these rows:"
    status, _, said = owner.run("--end-old-key")
    assert (status, f"{kept} bob@example.com, account-eve. Sync again to write them" in said) == (1, True), said
    owner.rest.database.run("drop trigger keep on tokens")
    status, _, said = owner.run()
    assert (status, f"{kept} account-eve. Delete them in Supabase, or run it again with --yes" in said) == (
        1,
        True,
    ), said
    assert len(keys_of(owner.key)) == 2
    status, _, said = owner.run("--yes")
    assert "Only the old key could decrypt these rows, which stay in the table: account-eve" in said
    assert "The key is changed. Only the new one is kept now." in said
    assert len(keys_of(owner.key)) == 1


def put_sealed(owner: Owner, held: Credential, row_id: str) -> None:
    """Put a login under another account's id, in the compatible form and with the old key."""
    row = AesGcmLoginCipher(Secret(KEY)).seal(held, bytes(12), UTC)
    values = ", ".join(map(literal, (row_id, row.token_data.reveal(), row.update_time)))
    owner.rest.database.run(f"insert into tokens (id, token_data, update_time) values ({values})")  # noqa: S608 - quoted
