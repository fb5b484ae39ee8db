import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import cast

import msgspec
import pytest

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.errors import StoreError
from probe_tray.core.formats.writer import restored_name
from tests.support.fakes import START
from tests.support.files import flat, official, proxied
from tests.support.stores import restoring_store
from tests.support.tokens import credential

NEWER = credential(number=2, at=START + timedelta(days=1))


def write(folder: Path, name: str, held: Mapping[str, object]) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(json.dumps(held))
    path.chmod(0o600)
    return path


def held(path: Path) -> dict[str, object]:
    return cast("dict[str, object]", json.loads(path.read_bytes()))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def called(email: str) -> Credential:
    claims = msgspec.structs.replace(credential().claims, email=email)
    return msgspec.structs.replace(credential(), claims=claims)


async def test_a_missing_folder_is_empty_and_made_for_the_first_login(tmp_path: Path) -> None:
    store = restoring_store(tmp_path / "tokens")
    contents = await store.load()
    assert (contents.found, contents.problem) == ((), None)
    await store.check_writable(credential().key)
    saved = await store.save(credential())
    path = tmp_path / "tokens" / "ana@example.com.json"
    assert (saved.location, path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (
        str(path),
        0o600,
        0o700,
    )
    found = await store.read(credential().key)
    assert found is not None
    assert (found.store, found.credential.access_token) == (store.kind, credential().access_token)


async def test_files_keep_their_names_and_keys_and_every_copy_is_replaced(tmp_path: Path) -> None:
    mine, copy = write(tmp_path, "mine.json", proxied("ana")), write(tmp_path, "copy.json", flat("ana"))
    store = restoring_store(tmp_path)
    assert len((await store.load()).found) == 1
    await store.save(NEWER)
    assert (held(mine)["note"], held(mine)["access_token"]) == ("<mine>", NEWER.access_token.reveal())
    assert held(copy)["access_token"] == NEWER.access_token.reveal()
    assert names(tmp_path) == ["copy.json", "mine.json"]


async def test_a_name_that_another_file_has_gets_a_few_digits(tmp_path: Path) -> None:
    other = write(tmp_path, "ana@example.com.json", flat("bob"))
    store = restoring_store(tmp_path)
    await store.load()
    saved = await store.save(credential())
    assert Path(saved.location).name == f"ana@example.com_{credential().key.slug[:8]}.json"
    assert held(other)["account_id"] == "account-bob"


async def test_a_login_that_another_run_puts_there_meanwhile_is_found_and_not_put_there_twice(tmp_path: Path) -> None:
    first, second = restoring_store(tmp_path), restoring_store(tmp_path)
    for store in (first, second):
        await store.load()
    await first.save(NEWER)
    write(tmp_path, "broken.json", {})
    found = await second.read(NEWER.key)
    assert found is not None
    assert found.credential.access_token == NEWER.access_token
    await second.save(NEWER)
    assert names(tmp_path) == ["ana@example.com.json", "broken.json"]


async def test_a_broken_file_is_named_and_left(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    write(tmp_path, "a.json", flat("ana"))
    contents = await restoring_store(tmp_path).load()
    assert [one.location for one in contents.unreadable] == [str(broken)]
    assert len(contents.found) == 1
    assert broken.read_text() == "{"


async def test_the_official_clients_file_is_not_written_and_a_login_of_its_account_gets_its_own(tmp_path: Path) -> None:
    theirs = write(tmp_path, "auth.json", official("ana"))
    before = theirs.read_bytes()
    store = restoring_store(tmp_path, official=theirs)
    assert [stored.store for stored in (await store.load()).found] == [StoreKind.OFFICIAL]
    await store.check_writable(NEWER.key)
    await store.save(NEWER)
    assert theirs.read_bytes() == before
    assert (tmp_path / "ana@example.com.json").exists()


async def test_a_folder_that_is_read_only_is_told_before_anything_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "tokens"
    folder.write_text("no folder")
    with pytest.raises(StoreError):
        await restoring_store(folder).check_writable(credential().key)


async def test_what_was_removed_is_gone(tmp_path: Path) -> None:
    write(tmp_path, "a.json", flat("ana"))
    store = restoring_store(tmp_path)
    await store.load()
    await store.remove(credential().key)
    assert (await store.read(credential().key), names(tmp_path)) == (None, [])


@pytest.mark.parametrize(
    ("email", "name"),
    [
        ("me@example.com", "me@example.com.json"),
        ("a/b\\c:d@x", "a_b_c_d@x.json"),
        ("../../etc/passwd", "_.._etc_passwd.json"),
        (".hidden@x", "hidden@x.json"),
        ("..hidden@x", "hidden@x.json"),
        (".", "login.json"),
        ("...", "login.json"),
        ("con", "_con.json"),
        ("NUL.x@y", "_NUL.x@y.json"),
        ("consul@x", "consul@x.json"),
        ("", "account-ana.json"),
    ],
)
def test_names_stay_in_the_folder_and_are_found_again(email: str, name: str) -> None:
    assert restored_name(called(email)) == name


def test_a_long_address_still_makes_a_name() -> None:
    assert len(restored_name(called("ü" * 500 + "@x"), taken=True).encode()) < 255
