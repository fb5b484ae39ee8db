import asyncio
import errno
import json
import os
import stat
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.logins.folder_store import FolderStore, NamedFileStore
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.errors import NotFolderError, OfficialLoginError, ReadError, WriteError
from tests.support.fakes import START
from tests.support.files import exported, flat, official, proxied
from tests.support.stores import folder_store, named_files
from tests.support.tokens import credential, tokens

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes, links and FIFOs as POSIX has them")

LATER = START + timedelta(days=9)
FAULTS = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS, errno.EBUSY, errno.EDQUOT)


def written_at(path: Path) -> float:
    return path.stat().st_ctime


class FaultyDisk(Disk):
    """Fails in one step."""

    def __init__(self, step: str, number: int) -> None:
        def fail(*values: int) -> None:
            if step == "close":
                Disk.close(self, *values)
            raise OSError(number, "injected")

        setattr(self, step, fail)


def put(path: Path, value: object, indent: int | None = 2) -> Path:
    path.write_text(value if isinstance(value, str) else json.dumps(value, indent=indent))
    path.chmod(0o600)
    return path


def content(path: Path) -> dict[str, object]:
    return json.loads(path.read_bytes())


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def ages(folder: Path) -> dict[str, int]:
    return {p.name: p.lstat().st_mtime_ns for p in folder.iterdir()}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def newer(person: str = "ana") -> Credential:
    return credential(person, number=2, at=LATER)


async def owners(store: FolderStore | NamedFileStore) -> list[str]:
    return [s.credential.email for s in (await store.load()).found]


async def reasons(store: FolderStore | NamedFileStore) -> dict[str, str]:
    return {Path(u.location).name: dict(u.problem.facts)["reason"] for u in (await store.load()).unreadable}


def is_relied_on(signature: tuple[int, ...]) -> bool:
    """The time of a file's last change can't be set, so a test would have to wait until one is relied on."""
    del signature
    return True


class TestLooking:
    async def test_only_visible_json_files_right_in_the_folder_count(self, tmp_path: Path) -> None:
        put(tmp_path / "a.json", flat("ana"))
        put(tmp_path / "B.JSON", flat("ben"))
        put(tmp_path / ".hidden.json", flat("cid"))
        put(tmp_path / f".{'0' * 16}.probe-tray.tmp", flat("dan"))
        put(tmp_path / "notes.txt", "nothing")
        (tmp_path / "inner.json").mkdir()
        put(tmp_path / "inner.json" / "e.json", flat("eve"))
        contents = await folder_store(tmp_path).load()
        assert sorted(s.credential.email for s in contents.found) == ["ana@example.com", "ben@example.com"]
        assert contents.unreadable == ()

    async def test_files_of_all_programs_may_lie_together(self, tmp_path: Path) -> None:
        put(tmp_path / "1.json", flat("ana"))
        put(tmp_path / "2.json", proxied("ben"), indent=None)
        put(tmp_path / "3.json", official("cid"))
        put(tmp_path / "4.json", exported("dan", "eve"))
        put(tmp_path / "5.json", [flat("fay"), proxied("gil")])
        expected = [f"{n}@example.com" for n in ("ana", "ben", "cid", "dan", "eve", "fay", "gil")]
        assert await owners(folder_store(tmp_path)) == expected

    async def test_what_cannot_be_read_is_named_with_its_reason_and_left_alone(self, tmp_path: Path) -> None:
        put(tmp_path / "good.json", flat("ana"))
        put(tmp_path / "broken.json", '{"access_token": "canary')
        put(tmp_path / "empty.json", "")
        put(tmp_path / "large.json", "[" + " " * 300_000 + "]")
        put(tmp_path / "line.json", flat("ben", access_token="canary\nb.c.d"))
        os.mkfifo(tmp_path / "fifo.json")
        (tmp_path / "out.json").symlink_to("/etc/passwd")
        (tmp_path / "zero.json").symlink_to("/dev/zero")
        (tmp_path / "circle.json").symlink_to("circle.json")
        before = ages(tmp_path)
        store = folder_store(tmp_path)
        found = await reasons(store)
        assert await owners(store) == ["ana@example.com"]
        assert found.keys() == before.keys() - {"good.json"}
        assert found["broken.json"].startswith("unterminated or broken string in line 1")
        assert found["empty.json"] == "it is empty"
        assert found["large.json"] == "it is larger than 256 KiB"
        assert "line break" in found["line.json"]
        assert found["fifo.json"] == "it is not a regular file"
        assert found["out.json"] == found["zero.json"] == "it is a link that leaves the folder"
        assert found["circle.json"] == "it is a link that leads back to itself"
        assert "canary" not in repr(await store.load())
        await store.save(newer())
        assert {n: t for n, t in ages(tmp_path).items() if n in found} == {n: before[n] for n in found}

    async def test_a_missing_folder_is_an_empty_one(self, tmp_path: Path) -> None:
        contents = await folder_store(tmp_path / "none").load()
        assert (contents.found, contents.problem) == ((), None)
        assert not (tmp_path / "none").exists()

    async def test_a_file_in_the_place_of_the_folder_is_the_stores_problem(self, tmp_path: Path) -> None:
        store = folder_store(put(tmp_path / "file", "x"))
        problem = (await store.load()).problem
        assert problem is not None
        assert problem.is_a(NotFolderError)
        assert dict(problem.facts)["reason"] == "a part of its path is not a folder"
        with pytest.raises(ReadError):
            await store.read(credential().key)

    async def test_of_several_files_of_one_account_the_newest_counts(self, tmp_path: Path) -> None:
        put(tmp_path / "a.json", flat("ana"))
        put(tmp_path / "b.json", flat("ana", **tokens("ana", number=2, at=LATER)))
        put(tmp_path / "c.json", proxied("ana"))
        (stored,) = (await folder_store(tmp_path).load()).found
        assert stored.credential.access_token == newer().access_token
        assert stored.location == str(tmp_path / "b.json")

    async def test_leftovers_of_a_killed_process_go_after_a_day(self, tmp_path: Path) -> None:
        put(tmp_path / "a.json", flat("ana"))
        left = put(tmp_path / f".{'0' * 16}.probe-tray.tmp", "secret")
        old = time.time() - 2 * 86_400
        os.utime(left, (old, old))
        await folder_store(tmp_path).load()
        assert not left.exists()


class TestSaving:
    async def test_a_new_account_gets_a_private_file_named_after_it(self, tmp_path: Path) -> None:
        folder = tmp_path / "shared" / "codex"
        stored = await folder_store(folder).save(credential("ana"))
        path = folder / "codex_ana_at_example_com_20261122.json"
        assert stored.location == str(path)
        assert (mode(path), mode(folder), mode(folder.parent)) == (0o600, 0o700, 0o700)
        assert path.read_text().startswith('{\n  "id_token": ')
        assert '"last_refresh": "2026-11-22T14:00:00+08:00"' in path.read_text()

    async def test_a_name_that_another_account_holds_gets_a_short_hash(self, tmp_path: Path) -> None:
        store = folder_store(tmp_path)
        await store.save(credential("ana", account="one"))
        await store.save(credential("ana", account="two"))
        first, second = names(tmp_path)
        assert first == "codex_ana_at_example_com_20261122.json"
        assert second.startswith("codex_ana_at_example_com_20261122_")
        assert len(await owners(store)) == 2

    async def test_a_file_that_cannot_be_read_keeps_its_name(self, tmp_path: Path) -> None:
        broken = put(tmp_path / "codex_ana_at_example_com_20261122.json", "broken")
        await folder_store(tmp_path).save(credential("ana"))
        assert broken.read_text() == "broken"
        assert await owners(folder_store(tmp_path)) == ["ana@example.com"]

    async def test_all_files_of_an_account_are_renewed_in_their_own_formats(self, tmp_path: Path) -> None:
        put(tmp_path / "a.json", flat("ana", mine=[1]))
        put(tmp_path / "b.json", proxied("ana", disabled=True), indent=None)
        put(tmp_path / "c.json", [flat("ben"), flat("ana")])
        (tmp_path / "b.json").chmod(0o644)
        before = (tmp_path / "c.json").read_bytes()
        await folder_store(tmp_path).save(newer())
        assert names(tmp_path) == ["a.json", "b.json", "c.json"]
        refresh = tokens("ana", number=2)["refresh_token"]
        assert content(tmp_path / "a.json")["refresh_token"] == refresh
        assert content(tmp_path / "a.json")["mine"] == [1]
        assert content(tmp_path / "b.json")["refresh_token"] == refresh
        assert content(tmp_path / "b.json")["disabled"] is True
        assert b"\n" not in (tmp_path / "b.json").read_bytes()
        assert mode(tmp_path / "b.json") == 0o600
        ben, ana = json.loads((tmp_path / "c.json").read_bytes())
        assert ben == json.loads(before)[0]
        assert ana["refresh_token"] == refresh

    async def test_the_file_is_read_again_before_it_is_written(self, tmp_path: Path) -> None:
        path = put(tmp_path / "a.json", flat("ana"))
        store = folder_store(tmp_path)
        await store.load()
        put(path, flat("ana", added_meanwhile=True))
        await store.save(newer())
        assert content(path)["added_meanwhile"] is True

    async def test_a_change_within_one_tick_of_the_clock_is_not_overlooked(self, tmp_path: Path) -> None:
        path = put(tmp_path / "a.json", flat("ana", note="old"))
        store = folder_store(tmp_path)
        await store.load()
        times = path.stat()
        path.write_text(path.read_text().replace("old", "new"))
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        await store.save(newer())
        assert content(path)["note"] == "new"

    async def test_a_link_inside_the_folder_stays_a_link(self, tmp_path: Path) -> None:
        put(tmp_path / "real.json", flat("ana"))
        (tmp_path / "link.json").symlink_to("real.json")
        await folder_store(tmp_path).save(newer())
        assert (tmp_path / "link.json").is_symlink()
        assert content(tmp_path / "real.json")["refresh_token"] == tokens("ana", number=2)["refresh_token"]

    @pytest.mark.parametrize("email", ["", "ana@example.com", "ANA@Example.com"])
    async def test_a_login_that_named_no_user_is_replaced_by_the_one_that_does(
        self, tmp_path: Path, email: str
    ) -> None:
        nameless = {"access_token": "aa.bb.cc", "account_id": "account-ana", "email": email}
        path = put(tmp_path / "a.json", nameless)
        await folder_store(tmp_path).save(newer(), replaces=AccountKey("account-ana"))
        assert names(tmp_path) == [path.name]
        assert content(path)["access_token"] == newer().access_token.reveal()

    async def test_a_nameless_login_of_somebody_else_is_left_alone(self, tmp_path: Path) -> None:
        nameless = {"access_token": "aa.bb.cc", "account_id": "account-ana", "email": "ben@example.com"}
        path = put(tmp_path / "a.json", nameless)
        await folder_store(tmp_path).save(newer())
        assert content(path) == nameless
        assert len(await owners(folder_store(tmp_path))) == 2

    @pytest.mark.parametrize("number", FAULTS)
    @pytest.mark.parametrize("step", ["create", "write", "sync", "close", "rename"])
    async def test_a_fault_at_any_step_is_reported_and_costs_nothing(
        self, tmp_path: Path, step: str, number: int
    ) -> None:
        path = put(tmp_path / "a.json", flat("ana"))
        before = path.read_bytes()
        store = folder_store(tmp_path, disk=FaultyDisk(step, number))
        for wanted in (newer("ana"), credential("ben")):
            with pytest.raises(WriteError):
                await store.save(wanted)
        assert path.read_bytes() == before
        assert names(tmp_path) == [path.name]

    async def test_one_file_that_cannot_be_written_does_not_keep_the_others_from_it(self, tmp_path: Path) -> None:
        class Stubborn(Disk):
            def rename(self, source: Path, target: Path) -> None:
                if target.name == "a.json":
                    raise OSError(errno.EBUSY, "injected")
                super().rename(source, target)

        put(tmp_path / "a.json", flat("ana"))
        put(tmp_path / "b.json", flat("ana"))
        with pytest.raises(WriteError, match="the file is busy"):
            await folder_store(tmp_path, disk=Stubborn()).save(newer())
        assert content(tmp_path / "b.json")["refresh_token"] == tokens("ana", number=2)["refresh_token"]
        assert content(tmp_path / "a.json")["refresh_token"] == tokens("ana")["refresh_token"]

    @pytest.mark.parametrize("number", FAULTS)
    @pytest.mark.parametrize("step", ["create", "write", "sync"])
    async def test_a_disk_that_would_not_take_it_is_known_beforehand(
        self, tmp_path: Path, step: str, number: int
    ) -> None:
        put(tmp_path / "a.json", flat("ana"))
        store = folder_store(tmp_path, disk=FaultyDisk(step, number))
        for wanted in ("ana", "ben"):
            with pytest.raises(WriteError):
                await store.check_writable(credential(wanted).key)
        assert names(tmp_path) == ["a.json"]

    async def test_two_accounts_in_one_file_are_saved_side_by_side(self, tmp_path: Path) -> None:
        people = [f"person{n}" for n in range(8)]
        path = put(tmp_path / "all.json", [flat(name) for name in people])
        stores = [folder_store(tmp_path), named_files([path], held={})]
        await asyncio.gather(*(stores[n % 2].save(newer(name)) for n, name in enumerate(people)))
        assert [v["refresh_token"] for v in json.loads(path.read_bytes())] == [f"rt_{name}.2" for name in people]

    @pytest.mark.parametrize("bare_first", [False, True])
    async def test_of_two_logins_in_one_file_the_one_without_a_refresh_token_stays(
        self, tmp_path: Path, *, bare_first: bool
    ) -> None:
        bare = {name: value for name, value in flat().items() if name != "refresh_token"}
        path = put(tmp_path / "all.json", [bare, flat()] if bare_first else [flat(), bare])
        await folder_store(tmp_path).save(newer())
        found = [record.get("refresh_token") for record in json.loads(path.read_bytes())]
        assert found == ([None, "rt_ana.2"] if bare_first else ["rt_ana.2", None])

    async def test_a_login_takes_the_place_of_one_without_a_refresh_token_where_there_is_no_other(
        self, tmp_path: Path
    ) -> None:
        bare = {name: value for name, value in flat().items() if name != "refresh_token"}
        path = put(tmp_path / "a.json", bare)
        await folder_store(tmp_path).save(newer())
        assert (names(tmp_path), content(path)["refresh_token"]) == (["a.json"], "rt_ana.2")

    async def test_what_a_network_folder_does_not_tell_yet_is_in_the_file_that_is_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = put(tmp_path / "all.json", [flat("ana"), flat("ben")])
        monkeypatch.setattr("probe_tray.adapters.logins.credential_files.is_settled", is_relied_on)
        store = folder_store(tmp_path)
        await store.load()
        before, real = path.stat(), os.stat

        def cached(found: object, **options: bool) -> os.stat_result:
            return before if str(found) == str(path) else real(found, **options)  # pyright: ignore[reportArgumentType]

        with monkeypatch.context() as patched:
            patched.setattr(os, "stat", cached)
            await folder_store(tmp_path).save(newer("ben"))
            await store.save(newer("ana"))
        assert [v["refresh_token"] for v in json.loads(path.read_bytes())] == ["rt_ana.2", "rt_ben.2"]

    async def test_an_existing_folder_keeps_its_mode(self, tmp_path: Path) -> None:
        (tmp_path / "shared").mkdir(mode=0o755)
        await folder_store(tmp_path / "shared").save(credential())
        assert mode(tmp_path / "shared") == 0o755


class TestRemoving:
    @pytest.mark.parametrize("indent", [None, 2])
    @pytest.mark.parametrize("gone", ["ana", "ben", "cid"])
    @pytest.mark.parametrize("layout", ["array", "export", "lines"])
    async def test_an_account_leaves_a_shared_file_and_the_others_stay(
        self, tmp_path: Path, layout: str, gone: str, indent: int | None
    ) -> None:
        people = ["ana", "ben", "cid"]
        lines = "\n".join(json.dumps(flat(p)) for p in people) + "\n"
        values = {"array": [flat(p) for p in people], "export": exported(*people), "lines": lines}
        put(tmp_path / "all.json", values[layout], indent)
        store = folder_store(tmp_path)
        await store.remove(credential(gone).key)
        assert await owners(store) == [f"{p}@example.com" for p in people if p != gone]
        assert await reasons(store) == {}

    async def test_a_file_of_its_own_is_deleted_in_every_copy(self, tmp_path: Path) -> None:
        for name in ("a.json", "b.json"):
            put(tmp_path / name, flat("ana"))
        (tmp_path / "c.json").symlink_to("b.json")
        put(tmp_path / "other.json", flat("ben"))
        await folder_store(tmp_path).remove(credential("ana").key)
        assert names(tmp_path) == ["other.json"]

    async def test_a_failed_removal_is_reported(self, tmp_path: Path) -> None:
        put(tmp_path / "a.json", flat("ana"))
        with pytest.raises(WriteError, match="read-only"):
            await folder_store(tmp_path, disk=FaultyDisk("remove", errno.EROFS)).remove(credential("ana").key)
        assert await owners(folder_store(tmp_path)) == ["ana@example.com"]


class TestPrivacy:
    @pytest.fixture(autouse=True)
    def posix(self) -> None:
        if os.name != "posix":
            pytest.skip("modes are POSIX")

    async def test_a_login_that_others_could_read_is_closed_to_them(self, tmp_path: Path) -> None:
        path = put(tmp_path / "a.json", flat("ana"))
        path.chmod(0o644)
        before = path.read_bytes(), path.stat().st_mtime_ns
        store = folder_store(tmp_path)
        await store.load()
        assert mode(path) == 0o600
        assert (path.read_bytes(), path.stat().st_mtime_ns) == before
        assert not await store.changed()

    async def test_what_is_no_login_or_not_ours_keeps_its_mode(self, tmp_path: Path) -> None:
        home = tmp_path / "auth.json"
        for path, value in ((tmp_path / "other.json", "{}"), (home, json.dumps(official("ana")))):
            put(path, value).chmod(0o644)
        await folder_store(tmp_path, official=home).load()
        assert (mode(tmp_path / "other.json"), mode(home)) == (0o644, 0o644)

    async def test_a_file_that_was_only_named_keeps_its_mode(self, tmp_path: Path) -> None:
        path = put(tmp_path / "a.json", flat("ana"))
        path.chmod(0o644)
        await named_files([path], held={}).load()
        assert mode(path) == 0o644


class TestNoticing:
    async def test_changes_of_others_are_noticed_and_own_ones_are_not(self, tmp_path: Path) -> None:
        store = folder_store(tmp_path)
        await store.load()
        assert not await store.changed()
        path = put(tmp_path / "a.json", flat("ana"))
        assert await store.changed()
        await store.load()
        assert not await store.changed()
        await store.save(newer("ana"))
        await store.save(credential("ben"))
        assert not await store.changed()
        put(path, flat("ana", note="x"))
        assert await store.changed()
        await store.load()
        path.unlink()
        assert await store.changed()
        await store.load()
        assert not await store.changed()

    async def test_an_own_save_does_not_hide_the_change_of_another_file(self, tmp_path: Path) -> None:
        put(tmp_path / "a.json", flat("ana"))
        put(tmp_path / "b.json", flat("ben"))
        store = folder_store(tmp_path)
        await store.load()
        await store.remove(credential("ben").key)
        assert not await store.changed()
        put(tmp_path / "c.json", flat("cid"))
        assert await store.changed()

    async def test_looking_at_one_account_does_not_hide_what_others_changed(self, tmp_path: Path) -> None:
        ana = put(tmp_path / "a.json", flat("ana"))
        store = folder_store(tmp_path)
        await store.load()
        put(tmp_path / "b.json", flat("ben"))
        await store.read(credential("ana").key)
        await store.check_writable(credential("ana").key)
        assert await store.changed()
        await store.save(newer("ana"))
        assert await store.changed()
        await store.load()
        assert not await store.changed()
        ana.unlink()
        await store.read(credential("ben").key)
        assert await store.changed()

    async def test_files_that_did_not_change_are_not_read_again(self, tmp_path: Path) -> None:
        class Counting(Disk):
            def __init__(self) -> None:
                self.opened = 0

            def open(self, path: Path) -> int:
                self.opened += 1
                return super().open(path)

        written = max(written_at(put(tmp_path / f"{name}.json", flat(name))) for name in ("ana", "ben"))
        disk = Counting()
        store = folder_store(tmp_path, disk=disk)
        for later, expected in ((0, 2), (10, 4), (10, 4)):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(time, "time", lambda later=later: written + later)
                await store.load()
            assert disk.opened == expected


class TestOfficialFileAmongThem:
    @pytest.fixture
    def home(self, tmp_path: Path) -> Path:
        (tmp_path / "codex").mkdir()
        return tmp_path / "codex"

    @pytest.mark.parametrize("way", ["itself", "link", "folder", "hard link"])
    async def test_it_is_shown_and_never_written(self, tmp_path: Path, home: Path, way: str) -> None:
        own = put(home / "auth.json", official("ana"))
        before = own.read_bytes()
        other = tmp_path / "other.json"
        if way == "link":
            other.symlink_to(own)
        elif way == "hard link":
            os.link(own, other)
        named = own if way == "itself" else other
        store = folder_store(home, official=own) if way == "folder" else named_files([named], held={}, official=own)
        (stored,) = (await store.load()).found
        assert stored.store is StoreKind.OFFICIAL
        read = await store.read(stored.credential.key)
        assert read is not None
        assert read.store is StoreKind.OFFICIAL
        for refused in (
            store.save(newer()),
            store.check_writable(credential().key),
            store.remove(credential().key),
        ):
            with pytest.raises(OfficialLoginError):
                await refused
        assert own.read_bytes() == before

    @pytest.mark.parametrize("way", ["itself", "link"])
    async def test_the_usual_one_is_not_written_where_the_client_has_another_home_now(
        self, tmp_path: Path, home: Path, way: str
    ) -> None:
        usual = tmp_path / ".codex"
        usual.mkdir()
        named = put(usual / "auth.json", official("ana"))
        before = named.read_bytes()
        if way == "link":
            (tmp_path / "link.json").symlink_to(named)
            named = tmp_path / "link.json"
        store = named_files([named], held={}, official=home)
        (found,) = (await store.load()).found
        assert found.store is StoreKind.OFFICIAL
        with pytest.raises(OfficialLoginError):
            await store.save(newer("ana"))
        assert (usual / "auth.json").read_bytes() == before

    async def test_a_copy_beside_it_is_written(self, tmp_path: Path, home: Path) -> None:
        own = put(home / "auth.json", official("ana"))
        before = own.read_bytes()
        copy = put(tmp_path / "copy.json", official("ana"))
        store = named_files([own, copy], held={}, official=own)
        found = await store.read(credential().key)
        assert found is not None
        assert found.store is StoreKind.FILES
        await store.check_writable(credential().key)
        await store.save(newer())
        assert own.read_bytes() == before
        assert credential("ana", number=2).key in {s.credential.key for s in (await store.load()).found}
        assert b"rt_ana.2" in copy.read_bytes()

    async def test_an_api_key_login_is_told(self, tmp_path: Path) -> None:
        path = put(tmp_path / "auth.json", {"OPENAI_API_KEY": "sk-canary"})
        contents = await named_files([path], held={}).load()
        assert contents.api_key is not None
        assert contents.api_key.location == str(path)
        assert contents.unreadable == ()


class TestFilesThatMayBeMade:
    async def test_the_order_of_the_names_is_kept_and_none_counts_twice(self, tmp_path: Path) -> None:
        zoe, ben, ana = (put(tmp_path / f"{name}.txt", flat(name)) for name in ("zoe", "ben", "ana"))
        store = named_files([zoe, ben, ana, ben], held={})
        assert await owners(store) == ["zoe@example.com", "ben@example.com", "ana@example.com"]
        assert store.kind is StoreKind.FILES

    async def test_what_is_not_there_does_not_stop_the_others(self, tmp_path: Path) -> None:
        good = put(tmp_path / "a.json", flat("ana"))
        store = named_files([tmp_path / "none.json", good, put(tmp_path / "x", "x") / "below", Path("nul\0")], held={})
        assert await owners(store) == ["ana@example.com"]
        assert await reasons(store) == {}

    async def test_a_file_that_becomes_a_folder_is_said_to_be_one_and_gets_nothing_inside_it(
        self, tmp_path: Path
    ) -> None:
        path = put(tmp_path / "a.json", flat("ana"))
        store = named_files([path], held={})
        assert await store.read(credential().key) is not None
        path.unlink()
        path.mkdir()
        with pytest.raises(ReadError):
            await store.read(credential().key)
        for refused in (store.save(newer()), store.check_writable(credential().key)):
            with pytest.raises(WriteError, match="it is a folder"):
                await refused
        assert names(path) == []

    async def test_a_named_link_is_followed_and_stays(self, tmp_path: Path) -> None:
        put(tmp_path / "real.json", flat("ana"))
        (tmp_path / "inner").mkdir()
        link = tmp_path / "inner" / "link.json"
        link.symlink_to(tmp_path / "real.json")
        store = named_files([link], held={})
        stored = await store.save(newer())
        assert stored.location == str(link)
        assert link.is_symlink()
        assert b"rt_ana.2" in (tmp_path / "real.json").read_bytes()

    async def test_a_new_login_goes_into_the_named_file(self, tmp_path: Path) -> None:
        stored = await named_files([tmp_path / "sub" / "mine.json"], held={}).save(credential())
        assert stored.location == str(tmp_path / "sub" / "mine.json")
        assert mode(tmp_path / "sub" / "mine.json") == 0o600

    async def test_a_named_file_of_another_account_is_not_overwritten(self, tmp_path: Path) -> None:
        path = put(tmp_path / "ben.json", flat("ben"))
        before = path.read_bytes()
        for refused in (
            named_files([path], held={}).save(credential()),
            named_files([path], held={}).check_writable(credential().key),
        ):
            with pytest.raises(WriteError, match="it contains no login of this account"):
                await refused
        assert path.read_bytes() == before

    async def test_a_removed_file_is_written_anew(self, tmp_path: Path) -> None:
        path = put(tmp_path / "a.json", flat("ana"))
        store = named_files([path], held={})
        assert await store.read(AccountKey("account-ana", "user-ana")) is not None
        path.unlink()
        stored = await store.save(newer())
        assert stored.location == str(path)
        assert b"rt_ana.2" in path.read_bytes()
