"""Files of other programs on a real disk: read with every precaution, written private and whole."""

import asyncio
import errno
import json
import os
import shutil
import stat
import sys
from pathlib import Path

import pytest

from probe_tray.adapters.files.app_folders import AppFolders
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.export_files import DiskExportFiles, OwnFiles, file_ids, own_files
from probe_tray.adapters.files.import_files import DiskImportFiles, in_words
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import WriteError
from probe_tray.core.settings import Settings
from probe_tray.core.transfer.import_plan import Source
from probe_tray.view.text.translate import Translator
from tests.support.disks import TroubledDisk
from tests.support.files import flat, official
from tests.support.tokens import tokens

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes, links and FIFOs as POSIX has them")

NO_CLIENT = Path("/nowhere/auth.json")


def reason(source: Source) -> str:
    """Why it cannot be read, empty where it can."""
    return "" if source.problem is None else dict(source.problem.facts)["reason"]


async def read(*paths: Path, client: Path = NO_CLIENT) -> dict[str, Source]:
    files = DiskImportFiles(lambda: [client], disk=Disk())
    found = await files.find([str(path) for path in paths])
    return {Path(source.location).name: source for source in await files.read(found)}


def write(path: Path, held: object) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(held))
    return path


def held(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


async def test_lines_in_a_folder_are_found_as_an_export_names_them(tmp_path: Path) -> None:
    (tmp_path / "logins.jsonl").write_text("".join(json.dumps(flat(who)) + "\n" for who in ("ana", "ben")))
    (tmp_path / "notes.txt").write_text("mine")
    (source,) = (await read(tmp_path)).values()
    assert len(source.documents) == 2


async def test_the_clients_own_logins_are_marked_in_each_of_its_homes(tmp_path: Path) -> None:
    homes = [write(tmp_path / name / "auth.json", official("ana")) for name in ("usual", "work")]
    copy = write(tmp_path / "copy.json", official("ana"))
    files = DiskImportFiles(lambda: homes, disk=Disk())
    found = await files.read(await files.find([str(path) for path in (*homes, copy)]))
    assert [source.in_use for source in found] == [True, True, False]


async def test_a_file_and_its_folder_are_read_once(tmp_path: Path) -> None:
    file = write(tmp_path / "a.json", flat("ana"))
    write(tmp_path / "b.json", flat("ben"))
    files = DiskImportFiles(lambda: [NO_CLIENT], disk=Disk())
    found = await files.find([str(file), str(tmp_path), str(file)])
    assert [Path(candidate.location).name for candidate in found] == ["a.json", "b.json"]


async def test_a_file_that_is_not_there_is_not_said_to_be_somebody_elses(tmp_path: Path) -> None:
    (source,) = (await read(tmp_path / "gone.json")).values()
    assert source.problem is not None
    assert Translator().told(source.problem) == (
        f"{tmp_path / 'gone.json'} can't be read: there is no such file or folder. "
        "Check its name. If it's on a drive or network share, connect that first."
    )


async def test_each_hostile_file_has_its_reason_and_stops_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "logins"
    write(folder / "good.json", flat("ana"))
    (folder / "large.json").write_bytes(b" " * (256 * 1024 + 1))
    os.mkfifo(folder / "pipe.json")
    (folder / "out.json").symlink_to(write(tmp_path / "elsewhere.json", flat("ben")))
    (folder / "circle.json").symlink_to(folder / "circle.json")
    (folder / "deeper.json").mkdir()
    found = await read(folder)
    assert {name: reason(source) for name, source in found.items()} == {
        "circle.json": "it is a link that leads back to itself",
        "good.json": "",
        "large.json": "it is larger than 256 KiB",
        "out.json": "it is a link that leaves the folder",
        "pipe.json": "it is not a regular file",
    }


@pytest.mark.parametrize(("name", "said"), [("gone.json", "there is no such file"), ("empty", "no credential file")])
async def test_what_is_not_there_is_named(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "empty").mkdir()
    found = await read(tmp_path / name)
    assert said in reason(found[name])


async def test_the_login_of_the_client_here_is_marked(tmp_path: Path) -> None:
    client = write(tmp_path / "auth.json", official("ana"))
    found = await read(client, write(tmp_path / "copy.json", official("ana")), client=client)
    assert {name: source.in_use for name, source in found.items()} == {"auth.json": True, "copy.json": False}


async def test_a_backup_of_a_clients_folder_is_in_use_by_nobody(home: Path, tmp_path: Path) -> None:
    own, backup = home / ".codex", tmp_path / "backup" / ".codex"
    for folder in (own, backup):
        folder.mkdir(parents=True)
    # CODEX_HOME leads elsewhere now, and a client that knows nothing of it goes on using the usual folder.
    client = write(tmp_path / "elsewhere" / "auth.json", official("ana"))
    files = DiskImportFiles(lambda: [client], disk=Disk())
    places = [str(write(folder / "auth.json", official("ana"))) for folder in (own, backup)]
    found = await files.read(await files.find([*places, str(client)]))
    assert [source.in_use for source in found] == [True, False, True]


async def test_text_is_held_to_the_limit_of_files() -> None:
    files = DiskImportFiles(lambda: [NO_CLIENT], disk=Disk())
    good = await files.read_text("pasted text", Secret(json.dumps(flat("ana"))))
    large = await files.read_text("pasted text", Secret(" " * (256 * 1024 + 1)))
    odd = await files.read_text("pasted text", Secret('{"access_token": "\ud800"}'))
    assert (reason(good), reason(large)) == ("", "it is larger than 256 KiB")
    assert good.documents[0].credential is not None
    assert odd.documents[0].credential is None


@pytest.mark.parametrize("format", ["zip", "tar", "gztar", "xztar", "bztar"])
async def test_an_archive_is_called_one(tmp_path: Path, format: str) -> None:  # noqa: A002 - as shutil calls it
    write(tmp_path / "logins" / "a.json", flat("ana"))
    archive = Path(shutil.make_archive(str(tmp_path / "backup"), format, tmp_path / "logins"))
    (source,) = (await read(archive)).values()
    assert source.problem is not None
    assert in_words(await asyncio.to_thread(archive.read_bytes), str(archive)) == source
    assert Translator().told(source.problem) == (
        f"{archive} can't be read: it is an archive, not a login. Unpack it, then choose the files or the folder in it."
    )


@pytest.mark.parametrize("name", ["access_token", "accessToken", "access"])
async def test_a_list_of_many_logins_is_read_whatever_its_access_tokens_are_called(tmp_path: Path, name: str) -> None:
    def of(number: int) -> dict[str, object]:
        held = tokens(f"p{number}") | {"pad": "x" * 3500}
        if name == "access":
            return {"openai": {"type": "oauth", "access": held["access_token"], "pad": held["pad"]}}
        return {name: held["access_token"], "pad": held["pad"]}

    lines = [json.dumps(of(number)) for number in range(80)]
    (tmp_path / "many.jsonl").write_text("\n".join(lines))
    (source,) = (await read(tmp_path / "many.jsonl")).values()
    assert (reason(source), len(source.documents)) == ("", 80)
    assert all(document.credential is not None for document in source.documents)


async def test_a_file_is_written_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    assert await DiskExportFiles(lambda: OwnFiles([NO_CLIENT]), disk=Disk()).write(str(path), b"{}")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"{}", 0o600)


async def test_what_is_too_large_to_be_imported_is_told(tmp_path: Path) -> None:
    assert not await DiskExportFiles(lambda: OwnFiles([NO_CLIENT]), disk=Disk()).write(
        str(tmp_path / "a.json"), b" " * (256 * 1024 + 1)
    )


@pytest.mark.parametrize("step", ["create", "write", "sync", "rename"])
async def test_a_failed_write_leaves_what_was_there_and_nothing_else(tmp_path: Path, step: str) -> None:
    path, disk = tmp_path / "a.json", TroubledDisk()
    path.write_bytes(b"mine")
    disk.trouble(step, errno.ENOSPC)
    with pytest.raises(WriteError) as caught:
        await DiskExportFiles(lambda: OwnFiles([NO_CLIENT]), disk=disk).write(str(path), b"{}")
    assert caught.value.facts["reason"] == "the disk is full"
    assert held(tmp_path) == {"a.json": b"mine"}


async def test_what_is_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"mine")
    paths = [str(tmp_path / name) for name in ("a.json", "b.json")]
    assert await DiskExportFiles(lambda: OwnFiles([NO_CLIENT]), disk=Disk()).in_the_way(paths) == (paths[0],)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("folder", "already there can't be replaced"),
        ("link", "already there can't be replaced"),
        ("auth.json", "never replaced"),
        ("work.json", "never replaced"),
        ("gone/a.json", "its folder doesn't exist"),
    ],
)
async def test_what_can_never_be_replaced_is_refused(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "folder").mkdir()
    homes = [write(tmp_path / own, official("ana")) for own in ("auth.json", "work.json")]
    (tmp_path / "link").symlink_to(write(tmp_path / "other.json", {}))
    with pytest.raises(WriteError) as caught:
        await DiskExportFiles(lambda: OwnFiles(homes), disk=Disk()).in_the_way([str(tmp_path / name)])
    assert said in caught.value.facts["reason"]


async def test_the_login_in_the_clients_usual_folder_is_never_replaced(home: Path) -> None:
    (home / ".codex").mkdir()
    own = write(home / ".codex" / "auth.json", official("ana"))
    with pytest.raises(WriteError) as caught:
        await DiskExportFiles(lambda: OwnFiles([NO_CLIENT]), disk=Disk()).in_the_way([str(own)])
    assert "never replaced" in caught.value.facts["reason"]


async def test_a_login_in_our_own_folder_is_never_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "logins"
    ours, table = write(folder / "codex_ana.json", flat("ana")), write(folder / "table.csv", {})
    other = write(tmp_path / "codex_ana.json", flat("ana"))
    (tmp_path / "link").symlink_to(folder)
    files = DiskExportFiles(lambda: OwnFiles(folder=folder), disk=Disk())
    for path in (ours, tmp_path / "link" / ours.name):
        with pytest.raises(WriteError) as caught:
            await files.in_the_way([str(path)])
        assert "one of Probe Tray's own logins" in caught.value.facts["reason"]
    free = [str(path) for path in (table, other)]
    assert await files.in_the_way([*free, str(folder / "new.json")]) == tuple(free)


@pytest.mark.parametrize("name", ["vault/account-ana.login", "logins/kept/ana.txt"])
async def test_what_holds_a_login_of_ours_is_never_replaced_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    (tmp_path / "logins").mkdir()
    path, other = write(tmp_path / name, flat("ana")), write(tmp_path / "logins" / "kept" / "bob.txt", flat("bob"))
    (tmp_path / "logins" / "ana.json").symlink_to(tmp_path / "logins" / "kept" / "ana.txt")
    own = OwnFiles(folder=tmp_path / "logins", vault=tmp_path / "vault")
    files = DiskExportFiles(lambda: own, disk=Disk())
    with pytest.raises(WriteError) as caught:
        await files.in_the_way([str(path)])
    assert "one of Probe Tray's own logins" in caught.value.facts["reason"]
    assert await files.in_the_way([str(other)]) == (str(other),)


async def test_what_an_export_reads_is_refused(tmp_path: Path) -> None:
    own = OwnFiles(read=file_ids([write(tmp_path / "ana.json", flat("ana")), tmp_path / "gone.json"]))
    with pytest.raises(WriteError) as caught:
        await DiskExportFiles(lambda: own, disk=Disk()).in_the_way([str(tmp_path / "ana.json")])
    assert caught.value.facts["reason"] == "this export reads logins from it, so it isn't replaced"


def test_the_vault_is_among_what_is_never_replaced(tmp_path: Path) -> None:
    places = AppFolders(config_file=tmp_path / "config.json", data_folder=tmp_path, codex_home=tmp_path / "codex")
    assert own_files(places, Settings(), tmp_path / "config.json").vault == places.vault
