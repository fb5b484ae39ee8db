"""What Linux says of programs, from a process table that looks as proc(5) describes it."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from probe_tray.adapters.systems import posix
from probe_tray.adapters.systems.linux import LinuxSystem

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")

BYTES: Final = Path.read_bytes


def process(table: Path, number: int, file: str, *environment: bytes, comm: str = "") -> Path:
    entry = table / str(number)
    entry.mkdir()
    (entry / "exe").symlink_to(file)
    (entry / "environ").write_bytes(b"".join(value + b"\0" for value in environment))
    (entry / "comm").write_text((comm or Path(file).name)[:15] + "\n")
    return entry


def listed(table: Path) -> list[tuple[str, int, str | None]]:
    return sorted((one.name, one.number, one.codex_home) for one in LinuxSystem(table).user_programs())


def test_programs_have_the_names_of_their_files_and_their_homes(tmp_path: Path) -> None:
    process(tmp_path, 1, "/usr/lib/a name/codex", b"HOME=/home/ana", b"CODEX_HOME=/srv/codex home", b"X=1")
    process(tmp_path, 2, "/opt/codex (deleted)", b"NOT_CODEX_HOME=/x")
    process(tmp_path, 3, "/usr/bin/node", comm="codex")
    process(tmp_path, 4, "/usr/bin/codex", b"CODEX_HOME=/home/\xff")
    (tmp_path / "meminfo").write_text("")
    (tmp_path / "5").mkdir()
    assert listed(tmp_path) == [
        ("codex", 1, "/srv/codex home"),
        ("codex", 2, ""),
        ("codex", 4, os.fsdecode(b"/home/\xff")),
        ("node", 3, ""),
    ]


def test_one_that_lets_nobody_look_into_it_is_listed_by_its_short_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = process(tmp_path, 7, "/usr/bin/codex-app-server", b"CODEX_HOME=/srv/codex")

    def read_bytes(path: Path) -> bytes:
        if path == closed / "environ":
            raise PermissionError
        return BYTES(path)

    def readlink(path: Path) -> Path:
        raise PermissionError(path)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    monkeypatch.setattr(Path, "readlink", readlink)
    assert listed(tmp_path) == [("codex-app-serve", 7, None)]


def test_ps_is_asked_without_a_process_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def output_of(*_command: str) -> str:
        return " 71 codex\n"

    monkeypatch.setattr(posix, "output_of", output_of)
    assert listed(tmp_path / "absent") == [("codex", 71, None)]


def test_a_process_table_that_cannot_be_read_says_nothing_about_who_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def iterdir(path: Path) -> list[Path]:
        raise PermissionError(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    with pytest.raises(PermissionError):
        listed(tmp_path)


THREADS: Final = """
import ctypes, sys, threading, time
from probe_tray.adapters.systems.linux import LinuxSystem

if "shared" in sys.argv:
    LinuxSystem().share_memory()
together = threading.Barrier(8)

def take():
    together.wait()
    held = [bytes(20_000) for _ in range(20)]
    together.wait()

threads = [threading.Thread(target=take) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
library = ctypes.CDLL(None)
library.fdopen.restype = ctypes.c_void_p
stream = ctypes.c_void_p(library.fdopen(1, b"w"))
library.malloc_info(0, stream)
library.fflush(stream)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="another C library than GNU's")
def test_threads_take_memory_from_one_place() -> None:
    def places(*more: str) -> int:
        told = subprocess.run([sys.executable, "-c", THREADS, *more], capture_output=True, text=True, check=True)
        return told.stdout.count("<heap nr=")

    assert places() > 1
    assert places("shared") == 1
