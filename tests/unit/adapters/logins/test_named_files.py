"""Accounts looked for in the files that were named for them."""

import json
from pathlib import Path

import pytest

from probe_tray.adapters.logins.folder_store import NamedFileStore
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import OfficialLoginError, ReadError, WriteError
from tests.support.files import flat, official
from tests.support.stores import named_files
from tests.support.tokens import credential, tokens

ANA, BO = AccountKey("account-ana", "user-ana"), AccountKey("account-bo", "user-bo")


@pytest.fixture
def files(tmp_path: Path) -> NamedFileStore:
    for person in ("ana", "bo"):
        (tmp_path / f"{person}.json").write_text(json.dumps(flat(person)))
    held = {ANA: tmp_path / "ana.json", BO: tmp_path / "bo.json"}
    return named_files(list(held.values()), held=held)


async def test_an_account_is_read_from_its_own_file(files: NamedFileStore, tmp_path: Path) -> None:
    found = await files.read(ANA)
    assert found is not None
    assert (found.credential.key, found.location) == (ANA, str(tmp_path / "ana.json"))
    assert await files.read(AccountKey("account-ida")) is None
    assert len((await files.load()).found) == 2


async def test_an_account_that_moved_into_anothers_file_is_not_found(files: NamedFileStore, tmp_path: Path) -> None:
    (tmp_path / "ana.json").write_text(json.dumps(flat("bo")))
    assert await files.read(ANA) is None


@pytest.mark.parametrize("content", ["", '{"access_token": "'])
async def test_a_file_that_another_program_is_writing_cannot_tell(
    files: NamedFileStore, tmp_path: Path, content: str
) -> None:
    # It held the account when it was named, and may hold a newer login of it in a moment.
    (tmp_path / "ana.json").write_text(content)
    with pytest.raises(ReadError):
        await files.read(ANA)
    assert await files.read(BO) is not None


async def test_a_login_is_saved_in_its_own_file_and_in_no_other(files: NamedFileStore, tmp_path: Path) -> None:
    before = (tmp_path / "bo.json").read_bytes()
    await files.check_writable(ANA)
    await files.save(credential("ana", number=2))
    assert json.loads((tmp_path / "ana.json").read_bytes())["refresh_token"] == "rt_ana.2"
    assert (tmp_path / "bo.json").read_bytes() == before


async def test_a_file_that_is_removed_is_written_anew(files: NamedFileStore, tmp_path: Path) -> None:
    before = (tmp_path / "bo.json").read_bytes()
    (tmp_path / "ana.json").unlink()
    assert await files.read(ANA) is None
    await files.check_writable(ANA)
    await files.save(credential("ana", number=2))
    kept = await files.read(ANA)
    assert kept is not None
    assert kept.credential.access_token == credential("ana", number=2).access_token
    assert kept.location == str(tmp_path / "ana.json")
    assert (tmp_path / "bo.json").read_bytes() == before


async def test_a_list_that_is_removed_while_its_logins_are_renewed_is_written_anew_whole(tmp_path: Path) -> None:
    path = tmp_path / "all.json"
    path.write_text(json.dumps([flat("ana", note="mine"), flat("bo"), flat("ida")]))
    files = named_files([path], held=dict.fromkeys((ANA, BO, AccountKey("account-ida", "user-ida")), path))
    await files.load()
    await files.save(credential("ana", number=2))
    path.unlink()
    await files.save(credential("bo", number=2))
    await files.save(credential("ida", number=2))
    written = json.loads(path.read_bytes())
    assert [one["refresh_token"] for one in written] == ["rt_ana.2", "rt_bo.2", "rt_ida.2"]
    assert written[0]["note"] == "mine"


async def test_a_file_that_became_a_folder_is_named_and_left_alone(files: NamedFileStore, tmp_path: Path) -> None:
    (tmp_path / "bo.json").unlink()
    (tmp_path / "bo.json").mkdir()
    for refused in (files.save(credential("bo", number=2)), files.check_writable(BO)):
        with pytest.raises(WriteError, match=r"bo\.json.*it is a folder"):
            await refused
    assert list((tmp_path / "bo.json").iterdir()) == []


async def test_a_file_that_another_program_is_writing_says_nothing_of_accounts_that_were_not_in_it(
    files: NamedFileStore, tmp_path: Path
) -> None:
    (tmp_path / "ana.json").write_text('{"access_token": "')
    assert await files.read(AccountKey("account-ida", "user-ida")) is None


async def test_a_file_that_became_something_else_is_left_alone(files: NamedFileStore, tmp_path: Path) -> None:
    (tmp_path / "ana.json").write_text("a shopping list")
    with pytest.raises(WriteError):
        await files.save(credential("ana", number=2))
    assert (tmp_path / "ana.json").read_text() == "a shopping list"


async def test_an_account_nobody_named_has_no_place(files: NamedFileStore) -> None:
    with pytest.raises(WriteError, match="it contains no login of this account"):
        await files.save(credential("ida"))


async def test_tokens_that_come_to_name_their_user_stay_in_their_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(flat("ana", id_token="", access_token="e30.e30.e30")))
    files = named_files([path], held={AccountKey("account-ana"): path})
    await files.save(credential("ana", number=2), replaces=AccountKey("account-ana"))
    assert json.loads(path.read_bytes())["refresh_token"] == "rt_ana.2"


async def test_tokens_that_another_run_made_name_their_user_are_found_in_their_file(tmp_path: Path) -> None:
    path, nameless = tmp_path / "a.json", AccountKey("account-ana")
    path.write_text(json.dumps(flat("ana", id_token="", access_token="e30.e30.e30")))
    files = named_files([path], held={AccountKey("account-ana"): path})
    assert (await files.read(nameless)) is not None
    path.write_text(json.dumps(flat("ana")))
    found = await files.read(nameless)
    assert found is not None
    assert found.credential.key == ANA
    # Of two members of a team nobody could tell which of them it was.
    other = flat("bo", **tokens("bo", account="account-ana"))
    path.write_text(json.dumps([flat("ana"), other]))
    assert await files.read(nameless) is None


async def test_the_official_clients_file_is_never_written(tmp_path: Path) -> None:
    path = tmp_path / "auth.json"
    path.write_text(json.dumps(official("ana")))
    files = named_files([path], held={ANA: path}, official=path)
    with pytest.raises(OfficialLoginError):
        await files.check_writable(ANA)


async def test_changes_and_removals_are_noticed_and_made(files: NamedFileStore, tmp_path: Path) -> None:
    await files.load()
    assert not await files.changed()
    (tmp_path / "bo.json").write_text(json.dumps(flat("bo", note="new")))
    assert await files.changed()
    await files.remove(ANA)
    assert not (tmp_path / "ana.json").exists()
