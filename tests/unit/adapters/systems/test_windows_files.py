"""The files and the clock of Windows, on doubles of kernel32.

They answer as learn.microsoft.com describes the functions. CreateFileW: ERROR_SHARING_VIOLATION (32) where another
program has the file open and does not share that access, ERROR_ACCESS_DENIED (5) where this user may not.
SystemTimeToTzSpecificLocalTimeEx and TzSpecificLocalTimeToSystemTimeEx: NULL for the zone means the one in use.
CPython's ``os.open`` reports EACCES without a number of Windows, ``os.replace`` with one (``Modules/posixmodule.c``).
"""

import ctypes
import errno
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from probe_tray.adapters.files.disk import Disk, reason_of
from probe_tray.adapters.files.safe_files import read_regular, replace_file
from probe_tray.adapters.logins.credential_files import local_zone
from probe_tray.adapters.logins.official_store import OfficialStore, keyring_user
from probe_tray.adapters.system import LocalZone
from probe_tray.adapters.systems.windows import WindowsSystem
from probe_tray.cli.arguments import parse
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import ReadError, WriteError
from tests.support.windows_library import run_on_windows

SystemTime = ctypes.c_uint16 * 8


class Function:
    """One of a library, of which ctypes is told what it returns."""

    restype: object = None

    def __init__(self, work: Any) -> None:  # noqa: ANN401 - any function
        self._work = work

    def __call__(self, *arguments: Any) -> Any:  # noqa: ANN401 - as ctypes has it
        return self._work(*arguments)


class Kernel32:
    """Files that others hold or forbid, and a zone that can be changed."""

    def __init__(self) -> None:
        self.refused: dict[str, int] = {}
        """What CreateFileW reports, by path."""
        self.wanted: list[int] = []
        self.zone = ZoneInfo("Europe/Berlin")
        self.error = 0
        self.open = 0
        self.CreateFileW = Function(self._create)
        self.SystemTimeToTzSpecificLocalTimeEx = Function(self._to_local)
        self.TzSpecificLocalTimeToSystemTimeEx = Function(self._to_utc)

    def CloseHandle(self, _handle: object) -> int:
        self.open -= 1
        return 1

    def _create(self, path: ctypes.c_wchar_p, access: int, share: int, *_rest: object) -> int:
        assert share == 7
        self.wanted.append(access)
        self.error = self.refused.get(path.value or "", 0)
        self.open += not self.error
        return (1 << 64) - 1 if self.error else 4

    def _to_local(self, zone: None, utc: Any, local: Any) -> int:  # noqa: ANN401 - what byref makes
        assert zone is None
        return self._put(local, self._moment(utc).replace(tzinfo=UTC).astimezone(self.zone))

    def _to_utc(self, zone: None, local: Any, utc: Any) -> int:  # noqa: ANN401 - as above
        assert zone is None
        return self._put(utc, self._moment(local).replace(tzinfo=self.zone).astimezone(UTC))

    def _moment(self, fields: Any) -> datetime:  # noqa: ANN401 - as above
        year, month, _, *rest = ctypes.cast(fields, ctypes.POINTER(SystemTime)).contents
        return datetime(year, month, *rest[:4])  # noqa: DTZ001 - the caller knows

    def _put(self, fields: Any, moment: datetime) -> int:  # noqa: ANN401 - as above
        there = (moment.year, moment.month, 0, moment.day, moment.hour, moment.minute, moment.second, 0)
        ctypes.cast(fields, ctypes.POINTER(SystemTime)).contents[:] = there
        return 1


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel32:
    found = Kernel32()
    run_on_windows(monkeypatch, found)
    return found


class WindowsError(PermissionError):
    """As Windows raises it: its own number stands beside the C runtime's."""

    def __init__(self, winerror: int | None, name: str, second: str | None = None) -> None:
        super().__init__(errno.EACCES, "refused", name, winerror, second)
        self.winerror = winerror


@pytest.mark.parametrize(
    ("winerror", "reported", "held"),
    [
        (32, 0, True),
        (33, 0, True),
        (5, 32, True),
        (5, 5, False),  # An access control list, or Controlled Folder Access.
        (5, 0, False),  # Read-only: it opens, and is replaced all the same by nobody.
        (None, 32, True),
        (None, 33, True),
        (None, 5, False),
        (112, 0, False),
    ],
)
def test_a_file_that_is_held_is_told_from_one_that_is_denied(
    kernel: Kernel32, winerror: int | None, reported: int, *, held: bool
) -> None:
    kernel.refused["C:\\new"] = reported
    error = WindowsError(winerror, "C:\\temporary", "C:\\new") if winerror else WindowsError(None, "C:\\new")
    assert WindowsSystem().is_held(error) is held
    assert (reason_of(error) == "another program has it open") is held
    assert kernel.open == 0


def test_a_name_that_is_not_known_is_not_asked_about(kernel: Kernel32) -> None:
    assert not WindowsSystem().is_held(PermissionError(errno.EACCES, "refused"))
    assert kernel.wanted == []


class HeldDisk(Disk):
    """A disk of Windows on which a file is held for a while."""

    def __init__(self, kernel: Kernel32, pauses: int) -> None:
        self._kernel, self._left, self.paused = kernel, pauses, 0

    def open(self, path: Path) -> int:
        self._refuse(path, None)
        return super().open(path)

    def rename(self, source: Path, target: Path) -> None:
        self._refuse(source, 5, target)
        super().rename(source, target)

    def pause(self, seconds: float) -> None:
        self.paused += 1
        self._left -= 1

    def _refuse(self, path: Path, winerror: int | None, second: Path | None = None) -> None:
        self._kernel.refused[str(second or path)] = 32 if self._left > 0 else 0
        if self._left > 0:
            raise WindowsError(winerror, str(path), None if second is None else str(second))


def test_a_file_that_another_program_has_for_a_moment_is_read_and_replaced(kernel: Kernel32, tmp_path: Path) -> None:
    path = tmp_path / "login.json"
    path.write_bytes(b"old")
    reading = HeldDisk(kernel, 3)
    assert read_regular(path, disk=reading) == b"old"
    assert reading.paused == 3
    writing = HeldDisk(kernel, 3)
    replace_file(path, b"new", disk=writing)
    assert (path.read_bytes(), writing.paused) == (b"new", 3)


def test_a_file_that_another_program_keeps_is_named_as_such(kernel: Kernel32, tmp_path: Path) -> None:
    path = tmp_path / "login.json"
    path.write_bytes(b"old")
    with pytest.raises(ReadError, match="another program has it open"):
        read_regular(path, disk=HeldDisk(kernel, 1000))
    with pytest.raises(WriteError, match="another program has it open"):
        replace_file(path, b"new", disk=HeldDisk(kernel, 1000))
    assert path.read_bytes() == b"old"


def test_a_denial_is_named_at_once(kernel: Kernel32, tmp_path: Path) -> None:
    class DeniedDisk(HeldDisk):
        def rename(self, source: Path, target: Path) -> None:
            kernel.refused[str(target)] = 5
            raise WindowsError(5, str(source), str(target))

    disk = DeniedDisk(kernel, 0)
    with pytest.raises(WriteError, match="permission was denied"):
        replace_file(tmp_path / "login.json", b"new", disk=disk)
    assert disk.paused == 0


@pytest.mark.parametrize(
    ("moment", "hours"),
    [(datetime(2026, 1, 15, 12, tzinfo=UTC), 1), (datetime(2026, 7, 15, 23, 30, 5, 999, tzinfo=UTC), 2)],
)
def test_the_local_time_is_the_one_of_the_settings(kernel: Kernel32, moment: datetime, hours: int) -> None:
    local = moment.astimezone(LocalZone())
    assert local.utcoffset() == timedelta(hours=hours)
    assert local == moment
    assert local.tzname() == f"UTC+0{hours}:00"


def test_a_person_who_travels_has_the_new_time_at_once(kernel: Kernel32) -> None:
    zone, moment = LocalZone(), datetime(2026, 7, 15, 12, tzinfo=UTC)
    assert moment.astimezone(zone).hour == 14
    kernel.zone = ZoneInfo("Asia/Shanghai")
    assert moment.astimezone(zone).hour == 20
    assert local_zone().utcoffset(None) == timedelta(hours=8)


def test_a_tz_of_git_bash_changes_nothing(kernel: Kernel32, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    assert datetime(2026, 7, 15, 12, tzinfo=UTC).astimezone(LocalZone()).hour == 14


def test_a_folder_outside_of_the_home_may_be_read_by_others(home: Path, tmp_path: Path) -> None:
    system = WindowsSystem()
    assert not system.is_open_to_others(home / "logins")
    assert system.is_open_to_others(tmp_path / "logins")
    assert "icacls" in system.privacy_advice(tmp_path / "logins")


async def test_the_client_s_login_is_looked_for_under_the_name_that_its_library_gives(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # keyring-rs: user, a dot, service.
    monkeypatch.setattr("sys.platform", "win32")
    client = home / "codex"
    client.mkdir(parents=True)
    asked: list[tuple[str, str]] = []

    async def read(service: str, user: str) -> Secret | None:
        asked.append((service, user))
        return None

    await OfficialStore(client, read, read_silently=None, now=time.monotonic, disk=Disk()).load()
    user = keyring_user(client)
    assert asked == [(f"{user}.Codex Auth", user)]


@pytest.mark.parametrize(
    ("path", "digest"),
    [
        # SHA-256 of \\?\C:\Users\ana\.codex and of \\?\UNC\server\share\ana\.codex.
        (r"C:\Users\ana\.codex", "3d2ae8bf0010f8ad"),
        (r"\\?\C:\Users\ana\.codex", "3d2ae8bf0010f8ad"),
        (r"\\server\share\ana\.codex", "3424ba6960fc3d49"),
    ],
)
def test_the_entry_is_named_after_the_path_as_rust_spells_it(
    path: str, digest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # ``Path::canonicalize`` of the client's ``compute_store_key`` leaves the prefix on; ``realpath`` takes it off.
    monkeypatch.setattr("sys.platform", "win32")

    def realpath(_path: Path) -> str:
        return path

    monkeypatch.setattr(os.path, "realpath", realpath)
    assert keyring_user(Path("ignored")) == f"cli|{digest}"


def test_cmd_leaves_wildcards_and_the_home_to_the_program(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("b.json", "a.json", "c.txt", "[x].json"):
        home.mkdir(exist_ok=True, parents=True)
        (home / name).write_text("{}", "utf-8")
    monkeypatch.chdir(home)
    given = ["--status", "*.json", "~/x", "[x].jso?", "*.none", "--output", "~/out.csv", "--", "*.json"]
    assert parse(given).paths == ["*.json", "~/x", "[x].jso?", "*.none", "*.json"]
    monkeypatch.setattr("sys.platform", "win32")
    parsed = parse(given)
    # What stands after -- is a name as it is.
    assert parsed.paths == ["[x].json", "a.json", "b.json", f"{home}/x", "[x].json", "*.none", "*.json"]
    assert parsed.output == os.path.join(home, "out.csv")  # noqa: PTH118 - a text
