"""Which processes run on Windows, on a double of kernel32 that answers as learn.microsoft.com describes Tool Help.

CreateToolhelp32Snapshot returns INVALID_HANDLE_VALUE where it fails. Process32FirstW and Process32NextW fill a
PROCESSENTRY32W whose ``dwSize`` is set, and end with ERROR_NO_MORE_FILES (18). The offsets are those of ``tlhelp32.h``
for 64 bits.
"""

import ctypes
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from probe_tray.adapters.systems import windows
from probe_tray.adapters.systems.windows import WindowsSystem
from probe_tray.adapters.systems.windows_processes import ancestors
from tests.support.windows_library import run_on_windows

NO_MORE, DENIED = 18, 5
INVALID = (1 << 64) - 1
HANDLE = 0x1_0000_0004
"""One that a 32-bit number would cut."""
LISTED = [("[System Process]", 0), ("codex.exe", 4242), ("a, name.exe", 12), ("小.exe", 14), ("x" * 259, 15)]


class Create:
    restype: object = None

    def __init__(self, kernel: "Kernel32") -> None:
        self._kernel = kernel

    def __call__(self, flags: int, process: int) -> int:
        assert (flags, process, self.restype) == (2, 0, ctypes.c_void_p)
        self._kernel.open += self._kernel.snapshot != INVALID
        return self._kernel.snapshot


class Kernel32:
    def __init__(self) -> None:
        self.snapshot = HANDLE
        self.ends_with = NO_MORE
        self.left: Iterator[tuple[str, int]] = iter(LISTED)
        self.parents: dict[int, int] = {}
        self.open = 0
        self.error = 0
        self.CreateToolhelp32Snapshot = Create(self)

    def Process32FirstW(self, snapshot: ctypes.c_void_p, entry: Any) -> int:  # noqa: ANN401 - what byref makes
        return self.Process32NextW(snapshot, entry)

    def Process32NextW(self, snapshot: ctypes.c_void_p, entry: Any) -> int:  # noqa: ANN401 - as above
        assert snapshot.value == HANDLE
        memory = ctypes.cast(entry, ctypes.POINTER(ctypes.c_char * 568)).contents
        assert struct.unpack_from("<I", memory.raw, 0) == (568,)
        found = next(self.left, None)
        if found is None:
            self.error = self.ends_with
            return 0
        struct.pack_into("<I", memory, 8, found[1])
        struct.pack_into("<I", memory, 32, self.parents.get(found[1], 4))
        struct.pack_into("<520s", memory, 44, found[0].encode("utf-16-le"))
        return 1

    def CloseHandle(self, handle: ctypes.c_void_p) -> int:
        assert handle.value == HANDLE
        self.open -= 1
        return 1


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel32:
    found = Kernel32()
    run_on_windows(monkeypatch, found)
    return found


def test_programs_are_those_of_the_snapshot(kernel: Kernel32) -> None:
    found = WindowsSystem().user_programs()
    assert [(one.name, one.number, one.codex_home) for one in found] == [(*one, None) for one in LISTED]
    assert kernel.open == 0


def test_a_snapshot_that_is_refused_says_nothing_about_who_runs(kernel: Kernel32) -> None:
    kernel.snapshot, kernel.error = INVALID, DENIED
    with pytest.raises(OSError, match="error 5"):
        WindowsSystem().user_programs()
    assert kernel.open == 0


def test_a_list_that_breaks_off_is_none(kernel: Kernel32) -> None:
    kernel.ends_with = DENIED
    with pytest.raises(OSError, match="error 5"):
        WindowsSystem().user_programs()
    assert kernel.open == 0


@pytest.mark.parametrize(
    ("parents", "found"),
    [
        ({}, []),
        ({4242: 12, 12: 14, 14: 99}, ["a, name.exe", "小.exe"]),
        # The numbers of programs that have ended are given again.
        ({4242: 12, 12: 14, 14: 4242}, ["a, name.exe", "小.exe"]),
        ({4242: 4242}, []),
    ],
)
def test_who_started_a_process_is_followed_upwards(kernel: Kernel32, parents: dict[int, int], found: list[str]) -> None:
    kernel.parents = parents
    assert [one.name for one in ancestors(4242)] == found
    kernel.left = iter(LISTED)
    assert list(ancestors(7)) == []
    assert kernel.open == 0


CONNECTIONS = """
Active Connections

  Proto  Local Address          Foreign Address        State           PID
  TCP    127.0.0.1:1455         0.0.0.0:0              ABH\u00d6REN         4242
  TCP    127.0.0.1:1457         127.0.0.1:60001        ESTABLISHED     12
  TCP    [::1]:1457             [::]:0                 LISTENING       99
"""


def test_whoever_listens_on_a_port_has_its_name_from_the_snapshot(
    kernel: Kernel32, monkeypatch: pytest.MonkeyPatch
) -> None:
    def output_of(*command: str) -> str:
        return CONNECTIONS if command[-1] == "TCP" else ""

    monkeypatch.setattr(windows, "output_of", output_of)
    monkeypatch.setattr(windows, "system_program", str)
    # One that began after the snapshot has no name.
    assert WindowsSystem().port_holders(frozenset({1455, 1457})) == (("codex.exe", 4242), ("", 99))
    assert kernel.open == 0
