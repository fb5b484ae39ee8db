"""The command is killed after each step of what a person does with the table as a whole, and run again.

A step is a file that is replaced, an entry of the keyring that is kept, or a request to the table that is answered.
"""

import json
from pathlib import Path

import pytest

from probe_tray.core.account.secret import Secret
from probe_tray.core.sync.rows import StepKind
from probe_tray.core.sync.setup_code import SetupCode, write_code
from probe_tray.core.sync.table_key import KEY_SEPARATOR, key_id, keys_of, table_digest
from tests.command.test_sync import KEY
from tests.database.owner import Owner
from tests.database.rehearsal import BOTH_ACCOUNTS, STRIDES, Rehearsal, readable
from tests.support.postgrest import API_KEY

NEW = "c3" * 32
BOTH = f"{NEW}{KEY_SEPARATOR}{KEY}"

pytestmark = [pytest.mark.parametrize("stride", STRIDES), pytest.mark.timeout(900)]


@pytest.fixture
def owner(owner: Owner) -> Owner:
    """A computer with two logins, which are in a table that is protected with its key."""
    assert owner.run()[0] == 0
    return owner


def test_a_change_of_the_key_can_be_killed_at_any_step(owner: Owner, tmp_path: Path, stride: int) -> None:
    for _ in Rehearsal(owner, tmp_path / "kept").killed("--change-key", stride=stride):
        assert owner.is_let_in()
        assert readable(owner) == BOTH_ACCOUNTS
        made = keys_of(owner.key)[:-1]
        status, _, said = owner.run("--change-key")
        assert status == 0, said
        new, old = keys_of(owner.key)
        assert (old, made) in {(Secret(KEY), ()), (Secret(KEY), (new,))}, "a key that was made is the one that stays"
        assert owner.digests() == {table_digest(new), table_digest(old)}


def test_the_end_of_the_old_key_can_be_killed_at_any_step(owner: Owner, tmp_path: Path, stride: int) -> None:
    owner.use(BOTH)
    assert owner.run("--change-key")[0] == 0
    for _ in Rehearsal(owner, tmp_path / "kept").killed("--end-old-key", stride=stride):
        assert owner.is_let_in()
        assert readable(owner) == BOTH_ACCOUNTS
        has_two = len(keys_of(owner.key)) == 2
        status, _, said = owner.run(*(("--end-old-key",) if has_two else ()))
        assert status == 0, said
        assert (owner.key, owner.digests()) == (Secret(NEW), {table_digest(Secret(NEW))})
        assert readable(owner) == BOTH_ACCOUNTS
        assert {row.stamp.key_id for row in owner.opened().values() if row.stamp} == {key_id(Secret(NEW))}


def test_a_removal_can_be_killed_at_any_step(owner: Owner, tmp_path: Path, stride: int) -> None:
    for _ in Rehearsal(owner, tmp_path / "kept").killed("--stop-sharing", "ana@example.com", stride=stride):
        is_out = owner.opened()["account-ana"].fault is StepKind.WITHDRAWN
        assert readable(owner) == BOTH_ACCOUNTS[is_out:]
        status, _, said = owner.run("--stop-sharing", "ana@example.com")
        assert status == (1 if is_out else 0), said
        assert owner.run()[0] == 0
        assert owner.opened()["account-ana"].fault is StepKind.WITHDRAWN
        assert sorted(owner.files()) == ["ana.json", "bob.json"]


def test_another_setup_can_be_killed_at_any_step_and_no_table_gets_the_keys_of_the_other(
    owner: Owner, tmp_path: Path, stride: int
) -> None:
    elsewhere = owner.rest.url.replace("127.0.0.1", "localhost")
    config = json.loads(owner.config.read_text())
    owner.config.write_text(json.dumps(config | {"sync_url": elsewhere}))
    owner.use(NEW)
    code = write_code(SetupCode(url=owner.rest.url, api_key=Secret(API_KEY), key=Secret(KEY))).reveal()
    for _ in Rehearsal(owner, tmp_path / "kept").killed("--enter-code", "--yes", stride=stride, given=code):
        setup = (json.loads(owner.config.read_text())["sync_url"], owner.key)
        assert setup in {
            (elsewhere, Secret(NEW)),
            ("", Secret(NEW)),
            ("", Secret(KEY)),
            (owner.rest.url, Secret(KEY)),
        }
        assert owner.run("--enter-code", "--yes", given=code)[0] == 0
        assert owner.run()[0] == 0
        assert (json.loads(owner.config.read_text())["sync_url"], owner.key) == (owner.rest.url, Secret(KEY))
