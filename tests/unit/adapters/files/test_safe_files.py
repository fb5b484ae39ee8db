import errno
import os
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from probe_tray.adapters.files.disk import Disk, reason_of
from probe_tray.adapters.files.safe_files import (
    LIMIT,
    is_absent,
    make_private_folder,
    read_regular,
    real_path,
    remove_file,
    remove_stale,
    replace_file,
    target_of,
)
from probe_tray.core.errors import ReadError, WriteError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes, links and FIFOs as POSIX has them")

STEPS = ("open_folder", "create", "write", "sync", "close", "rename", "sync_folder")
FAULTS = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS, errno.EBUSY, errno.EDQUOT)


class FaultyDisk(Disk):
    """Fails in one step."""

    def __init__(self, step: str, number: int) -> None:
        def fail(*values: int) -> None:
            if step == "close":
                Disk.close(self, *values)
            raise OSError(number, "injected")

        setattr(self, step, fail)


class BusyDisk(Disk):
    """A Windows disk whose target is held by another program for a while."""

    def __init__(self, busy: int) -> None:
        self.busy = busy
        self.waited = 0.0

    def rename(self, source: Path, target: Path) -> None:
        if self.busy:
            self.busy -= 1
            error = PermissionError(errno.EACCES, "injected")
            vars(error)["winerror"] = 32
            raise error
        super().rename(source, target)

    def pause(self, seconds: float) -> None:
        self.waited += seconds


class ShortDisk(Disk):
    """Writes three bytes at a time, as a system may."""

    def write(self, file: int, data: memoryview) -> int:
        return super().write(file, data[:3])


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_what_the_system_says_is_not_there_is_absent(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert is_absent(str(tmp_path / "other"))
    # Where there is no telling, whoever reads it is told why.
    told = ["file", "link", ".", "file/below", "\0", "x" * 300]
    assert [name for name in told if is_absent(f"{tmp_path}/{name}")] == []


def test_a_new_file_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        replace_file(tmp_path / "a.json", b"new", disk=Disk())
    finally:
        os.umask(before)
    assert read_regular(tmp_path / "a.json", disk=Disk()) == b"new"
    assert mode(tmp_path / "a.json") == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_a_file_that_others_could_read_is_private_after_a_replace(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"old")
    path.chmod(0o644)
    replace_file(path, b"new", disk=Disk())
    assert mode(path) == 0o600


def test_short_writes_are_continued(tmp_path: Path) -> None:
    replace_file(tmp_path / "a", b"0123456789", disk=ShortDisk())
    assert (tmp_path / "a").read_bytes() == b"0123456789"


@pytest.mark.parametrize("number", FAULTS)
@pytest.mark.parametrize("step", STEPS)
def test_a_fault_at_any_step_is_reported_and_leaves_nothing_half_written(
    tmp_path: Path, step: str, number: int
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"old")
    with pytest.raises(WriteError) as caught:
        replace_file(path, b"new", disk=FaultyDisk(step, number))
    assert path.read_bytes() == (b"new" if step == "sync_folder" else b"old")
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]
    assert caught.value.facts["path"] == str(path)
    assert "the system reported" not in caught.value.title
    assert caught.value.__suppress_context__


def test_a_file_system_without_a_sync_of_folders_is_no_failure(tmp_path: Path) -> None:
    replace_file(tmp_path / "a", b"new", disk=FaultyDisk("sync_folder", errno.EINVAL))
    assert (tmp_path / "a").read_bytes() == b"new"


def test_a_replace_waits_for_another_program_to_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    disk = BusyDisk(busy=20)
    replace_file(tmp_path / "a", b"new", disk=disk)
    assert (tmp_path / "a").read_bytes() == b"new"
    assert disk.waited == pytest.approx(1.0)


def test_a_replace_gives_up_after_two_and_a_half_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    (tmp_path / "a").write_bytes(b"old")
    disk = BusyDisk(busy=1000)
    with pytest.raises(WriteError, match="another program has it open"):
        replace_file(tmp_path / "a", b"new", disk=disk)
    assert disk.waited == pytest.approx(2.5)
    assert (tmp_path / "a").read_bytes() == b"old"


def test_a_link_is_replaced_and_its_target_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"theirs")
    (tmp_path / "a").symlink_to(tmp_path / "elsewhere")
    replace_file(tmp_path / "a", b"new", disk=Disk())
    assert (tmp_path / "elsewhere").read_bytes() == b"theirs"
    assert not (tmp_path / "a").is_symlink()


def test_a_missing_folder_is_named_as_the_reason(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="its folder doesn't exist"):
        replace_file(tmp_path / "no" / "a", b"new", disk=Disk())


def fifo(path: Path) -> None:
    os.mkfifo(path)


def socket_like_folder(path: Path) -> None:
    path.mkdir()


def too_large(path: Path) -> None:
    path.write_bytes(b"x" * (LIMIT + 1))


def link_outside(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def link_in_a_circle(path: Path) -> None:
    path.symlink_to(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


REFUSED: list[tuple[Callable[[Path], None], str]] = [
    (fifo, "it is not a regular file"),
    (socket_like_folder, "it is a folder"),
    (too_large, "it is larger than 256 KiB"),
    (link_outside, "leaves the folder"),
    (link_in_a_circle, "it is a link that leads back to itself"),
    (device, "leaves the folder"),
]


@pytest.mark.parametrize(("make", "reason"), REFUSED)
def test_what_is_not_a_plain_small_file_inside_is_refused_with_a_reason(
    tmp_path: Path, make: Callable[[Path], None], reason: str
) -> None:
    path = tmp_path / "a.json"
    make(path)
    with pytest.raises(ReadError) as caught:
        read_regular(path, inside=tmp_path, disk=Disk())
    assert reason in caught.value.facts["reason"]


def test_a_device_is_not_opened() -> None:
    with pytest.raises(ReadError, match="it is not a regular file"):
        read_regular(Path("/dev/zero"), disk=Disk())


def test_a_link_that_stays_inside_is_followed_only_when_asked(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"inside")
    (tmp_path / "a").symlink_to("b")
    assert read_regular(tmp_path / "a", inside=tmp_path, disk=Disk()) == b"inside"
    with pytest.raises(ReadError, match="it is a link"):
        read_regular(tmp_path / "a", disk=Disk())


def test_a_file_of_a_folder_behind_a_link_is_where_that_folder_is(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "real" / "a").write_bytes(b"inside")
    (tmp_path / "real" / "b").symlink_to("a")
    for name in ("a", "b"):
        assert target_of(tmp_path / "link" / name, tmp_path / "link") == real_path(tmp_path) / "real" / "a"
    assert target_of(tmp_path / "real" / "a", tmp_path / "link") == real_path(tmp_path) / "real" / "a"
    with pytest.raises(ReadError, match="leaves the folder"):
        target_of(tmp_path / "real" / ".." / "outside", tmp_path / "link")


def test_each_file_of_a_folder_is_resolved_without_its_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"inside")
    resolve, resolved = os.path.realpath, list[str]()

    def count(path: str) -> str:
        resolved.append(str(path))
        return resolve(path)

    monkeypatch.setattr(os.path, "realpath", count)
    assert target_of(tmp_path / "a", tmp_path) == Path(resolve(tmp_path)) / "a"
    assert resolved == [str(tmp_path)]


def test_the_largest_allowed_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * LIMIT)
    assert len(read_regular(tmp_path / "a", disk=Disk())) == LIMIT


def test_another_users_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"x")
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(ReadError, match="it belongs to another user"):
        read_regular(tmp_path / "a", disk=Disk())


def test_a_missing_file_is_told_apart_from_an_unreadable_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_regular(tmp_path / "none", disk=Disk())


@pytest.mark.parametrize("step", ["open", "read"])
def test_a_disk_that_cannot_read_is_reported(tmp_path: Path, step: str) -> None:
    (tmp_path / "a").write_bytes(b"x")
    with pytest.raises(ReadError, match="the disk reported an error"):
        read_regular(tmp_path / "a", disk=FaultyDisk(step, errno.EIO))


def test_removing_a_missing_file_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    remove_file(tmp_path / "a", disk=Disk())
    remove_file(tmp_path / "a", disk=Disk())
    assert list(tmp_path.iterdir()) == []


def test_a_failed_removal_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    with pytest.raises(WriteError, match="the folder is read-only"):
        remove_file(tmp_path / "a", disk=FaultyDisk("remove", errno.EROFS))
    assert (tmp_path / "a").exists()


def test_folders_are_made_private_with_their_parents(tmp_path: Path) -> None:
    make_private_folder(tmp_path / "one" / "two")
    assert mode(tmp_path / "one") == mode(tmp_path / "one" / "two") == 0o700


def test_a_folder_that_others_could_enter_is_closed(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir(mode=0o755)
    make_private_folder(tmp_path / "one")
    assert mode(tmp_path / "one") == 0o700


def test_a_file_in_the_place_of_a_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"")
    with pytest.raises(WriteError, match="a part of its path is not a folder"):
        make_private_folder(tmp_path / "one" / "two")
    with pytest.raises(WriteError, match="a part of its path is not a folder"):
        make_private_folder(tmp_path / "one")


def test_only_our_own_old_leftovers_are_removed(tmp_path: Path) -> None:
    left = {f".{'0' * 16}.probe-tray.tmp": 2, f".{'1' * 16}.probe-tray.tmp": 0, ".theirs.tmp": 2, "a.json": 2}
    for name, days in left.items():
        (tmp_path / name).write_bytes(b"x")
        at = time.time() - days * 86_400
        os.utime(tmp_path / name, (at, at))
    remove_stale(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {f".{'1' * 16}.probe-tray.tmp", ".theirs.tmp", "a.json"}
    remove_stale(tmp_path / "none")


@pytest.mark.parametrize(("platform", "named"), [("darwin", True), ("linux", False)])
def test_a_mac_that_denies_a_folder_is_named_with_the_place_to_allow_it(
    platform: str, monkeypatch: pytest.MonkeyPatch, *, named: bool
) -> None:
    # EPERM is what its privacy protection of Documents, Desktop and Downloads brings.
    monkeypatch.setattr("sys.platform", platform)
    assert ("Files and Folders" in reason_of(PermissionError(errno.EPERM, "Operation not permitted"))) is named
    assert reason_of(PermissionError(errno.EACCES, "Permission denied")) == "permission was denied"
