"""A store that remembers what it read says the same as one that reads everything each time."""

import asyncio
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.logins import file_index
from probe_tray.adapters.logins.folder_store import FolderStore
from probe_tray.core.account.credential import StoredCredential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import FolderGoneError, WriteError
from tests.support.fakes import START
from tests.support.files import exported, flat, official
from tests.support.patience import PATIENCE
from tests.support.stores import folder_store
from tests.support.tokens import credential, tokens

PEOPLE = ("ana", "ben", "cid")
NAMES = ("a.json", "b.json", "c.json", ".hidden.json", "d.txt")
KEYS = [credential(name).key for name in PEOPLE]
# Whole files only: of one that breaks a store says for some seconds that another program is writing it.
CONTENTS = st.one_of(
    st.sampled_from(PEOPLE).map(flat),
    st.sampled_from(PEOPLE).map(official),
    st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3, unique=True).map(lambda people: exported(*people)),
    st.sampled_from(PEOPLE).map(lambda name: flat(name, **tokens(name, number=2))),
)
Step = Callable[[Path], None]


def _in_place(name: str, content: object) -> Step:
    def step(folder: Path) -> None:
        if not (folder / name).is_dir():
            (folder / name).write_text(json.dumps(content))

    return step


def _replaced(name: str, content: object) -> Step:
    def step(folder: Path) -> None:
        if not (folder / name).is_dir():
            (folder / "draft").write_text(json.dumps(content))
            (folder / "draft").replace(folder / name)

    return step


def _renamed(name: str, other: str) -> Step:
    def step(folder: Path) -> None:
        if (folder / name).is_file() and not (folder / other).is_dir():
            (folder / name).replace(folder / other)

    return step


def _removed(name: str) -> Step:
    def step(folder: Path) -> None:
        if (folder / name).is_dir():
            (folder / name).rmdir()
        else:
            (folder / name).unlink(missing_ok=True)

    return step


def _made_a_folder(name: str) -> Step:
    def step(folder: Path) -> None:
        if not (folder / name).is_dir():
            (folder / name).unlink(missing_ok=True)
            (folder / name).mkdir()

    return step


def _aged(name: str) -> Step:
    """As if it had been written long ago, so that it is remembered."""

    def step(folder: Path) -> None:
        if (folder / name).exists():
            os.utime(folder / name, (1, 1))

    return step


NAME = st.sampled_from(NAMES)
STEPS = st.lists(
    st.one_of(
        st.builds(_in_place, NAME, CONTENTS),
        st.builds(_replaced, NAME, CONTENTS),
        st.builds(_renamed, NAME, NAME),
        st.builds(_removed, NAME),
        st.builds(_made_a_folder, NAME),
        st.builds(_aged, NAME),
    ),
    max_size=12,
)


async def answers(store: FolderStore) -> list[StoredCredential | None]:
    """What it says of each account, in calls that share their looks."""
    return await asyncio.gather(*(store.read(key) for key in KEYS))


@given(STEPS)
@settings(deadline=None)
def test_it_says_what_a_reader_of_every_file_says(steps: list[Step]) -> None:
    folder = Path(tempfile.mkdtemp())

    async def play() -> None:
        kept = folder_store(folder)
        for step in steps:
            step(folder)
            naive = folder_store(folder)
            assert await answers(kept) == await answers(naive)
            assert await kept.load() == await naive.load()

    try:
        # Everything counts as written long ago: nothing is read again that looks the same.
        with pytest.MonkeyPatch.context() as patch:
            real = time.time
            patch.setattr(time, "time", lambda: real() + 60)
            asyncio.run(play())
    finally:
        shutil.rmtree(folder)


async def test_calls_at_once_share_a_look_and_a_later_call_sees_what_came_after_it(tmp_path: Path) -> None:
    class Counting(Disk):
        opened = 0

        def open(self, path: Path) -> int:
            self.opened += 1
            return super().open(path)

    for name in PEOPLE:
        (tmp_path / f"{name}.json").write_text(json.dumps(flat(name)))
    disk = Counting()
    store = folder_store(tmp_path, disk=disk)
    found = await answers(store)
    assert [one.credential.key for one in found if one] == KEYS
    assert disk.opened == len(PEOPLE)
    (tmp_path / "ana.json").write_text(json.dumps(flat("ana", **tokens("ana", number=2))))
    later = await store.read(KEYS[0])
    assert later is not None
    assert later.credential.access_token.reveal() == tokens("ana", number=2)["access_token"]


async def test_a_glance_asks_about_the_files_of_its_accounts_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in PEOPLE:
        (tmp_path / f"{name}.json").write_text(json.dumps(flat(name)))
        os.utime(tmp_path / f"{name}.json", (1, 1))
    store, real, asked = folder_store(tmp_path), time.time, list[str]()
    monkeypatch.setattr(time, "time", lambda: real() + 60)
    await store.load()
    stat, names = os.stat, {str(tmp_path / f"{name}.json"): name for name in PEOPLE}

    def noted(path: str | Path, *, follow_symlinks: bool = True) -> os.stat_result:
        asked.append(names.get(str(path), "folder"))
        return stat(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(os, "stat", noted)
    assert all(await asyncio.gather(store.glance(KEYS[0]), store.glance(KEYS[2])))
    assert set(asked) == {"ana", "cid", "folder"}
    # Who spends a refresh token must know of a newer one wherever it was put, and asks about all of them.
    newer = flat("ana", **tokens("ana", number=2, at=START + timedelta(days=9)))
    (tmp_path / "ben.json").write_text(json.dumps(newer))
    _, found = await asyncio.gather(store.glance(KEYS[2]), store.read(KEYS[0]))
    assert found is not None
    assert found.credential.access_token.reveal() == newer["access_token"]


async def test_a_glance_lists_the_folder_only_when_a_name_may_have_come_or_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_index, "_TRUSTED", PATIENCE)
    (tmp_path / "ana.json").write_text(json.dumps(flat("ana")))
    store, real, later, listed = folder_store(tmp_path), time.time, [60.0], list[str]()
    listdir = os.listdir

    def noted(folder: Path) -> list[str]:
        listed.append(str(folder))
        return listdir(folder)

    monkeypatch.setattr(time, "time", lambda: real() + later[0])
    await store.load()
    monkeypatch.setattr(os, "listdir", noted)
    assert [await store.glance(KEYS[0]) for _ in range(3)].count(None) == 0
    assert not listed
    # What is to be changed asks for the names themselves.
    await store.read(KEYS[0])
    await store.check_writable(KEYS[0])
    assert len(listed) == 2
    # A moment after a change another one may leave the folder with the same time.
    later[0] = 0.0
    (tmp_path / "ben.json").write_text(json.dumps(flat("ben")))
    listed.clear()
    assert all([await store.glance(key) for key in KEYS[:2]])
    assert len(listed) == 2
    later[0] = 60.0
    (tmp_path / "ana.json").unlink()
    assert await store.glance(KEYS[0]) is None
    assert await store.glance(KEYS[1]) is not None


async def test_a_listing_is_believed_for_a_moment_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A folder of another computer may change without a word, or by another clock.
    (tmp_path / "ana.json").write_text(json.dumps(flat("ana")))
    real, listed, names_in = time.time, list[Path](), file_index.names_in

    def noted(folder: Path) -> list[str]:
        listed.append(folder)
        return names_in(folder)

    monkeypatch.setattr(time, "time", lambda: real() + 60)
    monkeypatch.setattr(file_index, "names_in", noted)
    assert file_index._TRUSTED <= 3  # noqa: SLF001 - so long may a check work with an older copy
    listing = file_index.FolderListing(tmp_path)
    for trusted, times in ((PATIENCE, 1), (0.0, 3)):
        monkeypatch.setattr(file_index, "_TRUSTED", trusted)
        listed.clear()
        listing.places()
        for _ in range(2):
            listing.places_at_a_glance()
        assert len(listed) == times


def test_of_two_that_list_at_once_each_has_what_it_has_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listing, is_settled, names, others = file_index.FolderListing(tmp_path), file_index.is_settled, ["b.json"], [True]

    def look_meanwhile(signature: tuple[int, ...]) -> bool:
        if others.pop() if others else False:
            # What another thread had listed before the name came.
            names[:], now = ["a.json"], names[:]
            listing.places()
            names[:] = now
        return is_settled(signature)

    def list_names(_folder: Path) -> list[str]:
        return names[:]

    monkeypatch.setattr(file_index, "names_in", list_names)
    monkeypatch.setattr(file_index, "is_settled", look_meanwhile)
    assert [place.path.name for place in listing.places()] == ["b.json"]
    assert [place.path.name for place in listing.places()] == ["b.json"]


async def test_a_glance_notices_that_another_folder_is_in_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, real = tmp_path / "logins", time.time
    folder.mkdir()
    (folder / "ana.json").write_text(json.dumps(flat("ana")))
    monkeypatch.setattr(time, "time", lambda: real() + 60)
    store = folder_store(folder)
    await store.load()
    assert await store.glance(KEYS[0]) is not None
    folder.rename(tmp_path / "before")
    with pytest.raises(FolderGoneError):
        await store.glance(KEYS[0])
    folder.mkdir()
    (folder / "ben.json").write_text(json.dumps(flat("ben")))
    assert await store.glance(KEYS[0]) is None
    assert await store.glance(KEYS[1]) is not None


async def test_a_caller_that_gives_up_takes_the_look_from_nobody(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(flat("ana")))
    store = folder_store(tmp_path)
    first, second = (asyncio.create_task(store.read(KEYS[0])) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second is not None


class TestAFolderThatIsGone:
    async def test_it_is_said_and_nothing_is_written_in_its_place(self, tmp_path: Path) -> None:
        folder = tmp_path / "shared"
        folder.mkdir()
        (folder / "a.json").write_text(json.dumps(flat("ana")))
        store = folder_store(folder)
        assert len((await store.load()).found) == 1
        folder.rename(tmp_path / "elsewhere")
        assert await store.changed()
        problem = (await store.load()).problem
        assert problem is not None
        assert (problem.kind, dict(problem.facts)["path"]) == (FolderGoneError, str(folder))
        with pytest.raises(FolderGoneError):
            await store.read(KEYS[0])
        assert await store.read(AccountKey("nobody")) is None
        for refused in (store.check_writable(KEYS[1]), store.save(credential("ben"))):
            with pytest.raises(FolderGoneError):
                await refused
        assert not folder.exists()
        # The empty folder on which a drive was mounted.
        folder.mkdir()
        assert (await store.load()).problem == problem
        folder.rmdir()
        (tmp_path / "elsewhere").rename(folder)
        assert (await store.load()).problem is None
        assert await store.read(KEYS[0]) is not None

    async def test_one_that_was_emptied_is_only_empty(self, tmp_path: Path) -> None:
        path = tmp_path / "a.json"
        path.write_text(json.dumps(flat("ana")))
        store = folder_store(tmp_path)
        await store.load()
        path.unlink()
        assert (await store.load()).problem is None


class TestOneRuleForReadingAndWriting:
    def big(self, path: Path, count: int, padding: int) -> list[AccountKey]:
        logins = [flat(f"p{n}", note="x" * padding) for n in range(count)]
        path.write_text(json.dumps(logins))
        return [credential(f"p{n}").key for n in range(count)]

    async def test_a_list_of_many_logins_stays_readable_while_all_of_them_are_renewed(self, tmp_path: Path) -> None:
        path = tmp_path / "all.json"
        keys = self.big(path, 32, 5_600)
        assert 200 * 1024 < path.stat().st_size < 256 * 1024
        store = folder_store(tmp_path)
        for number, key in enumerate(keys):
            await store.check_writable(key)
            longer = credential(f"p{number}", number=2 * 10**900)
            await store.save(longer)
            found = await store.read(key)
            assert found is not None
            assert found.credential.access_token == longer.access_token
        assert path.stat().st_size > 256 * 1024
        assert len((await folder_store(tmp_path).load()).found) == 32

    @pytest.mark.parametrize(("padding", "well"), [(200 * 1024, True), (240 * 1024, False)])
    async def test_one_that_a_renewal_could_make_too_large_is_refused_before_it(
        self, tmp_path: Path, padding: int, *, well: bool
    ) -> None:
        keys = self.big(tmp_path / "a.json", 1, padding)
        store = folder_store(tmp_path)
        assert await store.read(keys[0]) is not None
        if well:
            await store.check_writable(keys[0])
        else:
            with pytest.raises(WriteError, match="larger than 256 KiB"):
                await store.check_writable(keys[0])

    async def test_an_access_token_that_is_no_jwt_is_read_as_it_is_written(self, tmp_path: Path) -> None:
        path = tmp_path / "a.json"
        path.write_text(json.dumps(flat("ana")))
        store = folder_store(tmp_path)
        opaque = flat("ana", access_token="opaque-token", expired="2027-01-01T00:00:00Z")
        (tmp_path / "draft").write_text(json.dumps(opaque))
        (tmp_path / "draft").replace(path)
        found = await store.read(KEYS[0])
        assert found is not None
        await store.save(found.credential)
        again = await folder_store(tmp_path).read(KEYS[0])
        assert again is not None
        assert again.credential.access_token.reveal() == "opaque-token"
        assert again.credential.expiry == found.credential.expiry is not None
