"""A person presses Ctrl-C at each step of a sync, and of what they do with the table as a whole, and runs it again.

A step is a file that is replaced, an entry of the keyring that is kept, or a request to the table: before it, and once
it is answered.
"""

from pathlib import Path

import pytest

from probe_tray.core.account.secret import Secret
from probe_tray.core.sync.rows import StepKind
from probe_tray.core.sync.table_key import KEY_SEPARATOR, key_id, keys_of, table_digest
from tests.command.test_sync import KEY, file_of
from tests.database.owner import Owner
from tests.database.rehearsal import BOTH_ACCOUNTS, STRIDES, Rehearsal, readable

NEW = "c3" * 32
BOTH = f"{NEW}{KEY_SEPARATOR}{KEY}"
UNCHANGED = "interrupted: nothing was changed."
KEPT = "interrupted: what is done so far is kept."

pytestmark = [pytest.mark.parametrize("stride", STRIDES), pytest.mark.timeout(900)]


@pytest.fixture
def owner(owner: Owner) -> Owner:
    """A computer with two logins, which are in a table that is protected with its key."""
    assert owner.run()[0] == 0
    return owner


def test_a_change_of_the_key(owner: Owner, tmp_path: Path, stride: int) -> None:
    for said in Rehearsal(owner, tmp_path / "kept").interrupted("--change-key", stride=stride):
        assert readable(owner) == BOTH_ACCOUNTS
        is_begun = len(keys_of(owner.key)) == 2
        assert ("There is a new key, and the table accepts both." in said) is is_begun, said
        assert (KEPT if is_begun else UNCHANGED) in said
        assert owner.digests() == {table_digest(key) for key in keys_of(owner.key)}
        status, _, after = owner.run("--change-key")
        assert status == 0, after
        new, old = keys_of(owner.key)
        assert (old, owner.digests()) == (Secret(KEY), {table_digest(new), table_digest(old)})


def test_the_end_of_the_old_key(owner: Owner, tmp_path: Path, stride: int) -> None:
    owner.use(BOTH)
    assert owner.run("--change-key")[0] == 0
    for said in Rehearsal(owner, tmp_path / "kept").interrupted("--end-old-key", stride=stride):
        assert owner.is_let_in()
        assert readable(owner) == BOTH_ACCOUNTS
        has_ended = len(owner.digests()) == 1
        assert ("Only the new key is accepted now." in said) is has_ended, said
        assert has_ended or UNCHANGED in said, said
        is_over = len(keys_of(owner.key)) == 1
        assert ("The key is changed. Only the new one is kept now." in said) is is_over, said
        status, _, after = owner.run(*(() if is_over else ("--end-old-key",)))
        assert status == 0, after
        assert (owner.key, owner.digests()) == (Secret(NEW), {table_digest(Secret(NEW))})
        assert readable(owner) == BOTH_ACCOUNTS
        assert {row.stamp.key_id for row in owner.opened().values() if row.stamp} == {key_id(Secret(NEW))}


def test_a_removal(owner: Owner, tmp_path: Path, stride: int) -> None:
    for said in Rehearsal(owner, tmp_path / "kept").interrupted("--stop-sharing", "ana@example.com", stride=stride):
        is_out = owner.opened()["account-ana"].fault is StepKind.WITHDRAWN
        assert ("was removed from the table" in said) is is_out, said
        assert (KEPT if is_out else UNCHANGED) in said
        assert readable(owner) == BOTH_ACCOUNTS[is_out:]
        assert owner.run("--stop-sharing", "ana@example.com")[0] == (1 if is_out else 0)
        assert owner.run()[0] == 0
        assert sorted(owner.files()) == ["ana.json", "bob.json"]


def test_a_sync(owner: Owner, tmp_path: Path, stride: int) -> None:
    """The table has a newer login of bob and one of dan; here ana's is newer, and cat's is only here."""
    other = Owner(tmp_path / "other", owner.rest)
    other.write("bob.json", file_of("bob", 2))
    other.write("dan.json", file_of("dan", 1))
    assert other.run()[0] == 0
    owner.write("ana.json", file_of("ana", 2))
    owner.write("cat.json", file_of("cat", 1))
    newest = {"ana.json": 2, "bob.json": 2, "cat.json": 1, "dan@example.com.json": 1}
    for said in Rehearsal(owner, tmp_path / "kept").interrupted(stride=stride):
        held = {name: owner.number(name) for name in owner.files()}
        rows = readable(owner)
        assert rows in (
            ["account-ana", "account-bob", "account-dan"],
            [f"account-{who}" for who in ("ana", "bob", "cat", "dan")],
        )
        is_changed = len(rows) == 4 or held != {"ana.json": 2, "bob.json": 1, "cat.json": 1}
        assert KEPT in said or (UNCHANGED in said and not is_changed), said
        for name, sentence in (
            ("cat", "Sent: only this computer had it."),
            ("dan", "Received: only the table had it."),
        ):
            is_done = f"account-{name}" in rows if name == "cat" else f"{name}@example.com.json" in held
            assert any(line.startswith(f"{name}@") and sentence in line for line in said.splitlines()) is is_done, said
        status, _, after = owner.run()
        assert status == 0, after
        assert {name: owner.number(name) for name in owner.files()} == newest
        assert readable(owner) == [f"account-{who}" for who in ("ana", "bob", "cat", "dan")]
