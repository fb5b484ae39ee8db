"""The processes of Windows."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from probe_tray.adapters.systems.operating_system import UserProgram
from probe_tray.adapters.systems.windows_library import last_error, windows_library

if TYPE_CHECKING:
    import ctypes

_PROCESSES: Final = 2
"""TH32CS_SNAPPROCESS."""
_INVALID: Final = frozenset({None, (1 << 64) - 1, (1 << 32) - 1})
"""INVALID_HANDLE_VALUE, as wide as a pointer."""
_NO_MORE: Final = 18
"""ERROR_NO_MORE_FILES, which ends the list."""


def processes() -> tuple[UserProgram, ...]:
    """Those of all users, from a snapshot, which takes milliseconds. Raises OSError where it could not be read whole.

    The program ``tasklist`` asks WMI, which takes seconds on a busy machine or right after a log-in.
    """
    return tuple(program for program, _ in _snapshot())


def ancestors(number: int) -> Iterator[UserProgram]:
    """Who has started the process of that number, who has started that one, and so on. Raises OSError.

    The number of one that has ended may be another's by now.
    """
    running = {program.number: (program, parent) for program, parent in _snapshot()}
    # Each at most once, for such a number may lead in a circle.
    _, parent = running.pop(number, (None, number))
    while parent in running:
        program, parent = running.pop(parent)
        yield program


def _snapshot() -> "tuple[tuple[UserProgram, int], ...]":
    import ctypes

    kernel = windows_library("kernel32")
    # A handle is as wide as a pointer; without this its type would be a 32-bit number.
    kernel.CreateToolhelp32Snapshot.restype = ctypes.c_void_p
    handle: int | None = kernel.CreateToolhelp32Snapshot(_PROCESSES, 0)
    if handle in _INVALID:
        raise OSError(f"no list of processes: error {last_error()}")
    try:
        return tuple(_listed(kernel, ctypes.c_void_p(handle)))
    finally:
        kernel.CloseHandle(ctypes.c_void_p(handle))


def _listed(kernel: "ctypes.CDLL", snapshot: "ctypes.c_void_p") -> Iterator[tuple[UserProgram, int]]:
    """Each with the number of the process that has started it."""
    import ctypes

    class Entry(ctypes.Structure):
        """PROCESSENTRY32W, with the name as what WCHAR is there: UTF-16."""

        _fields_ = (
            ("size", ctypes.c_uint32),
            ("usage", ctypes.c_uint32),
            ("number", ctypes.c_uint32),
            ("heap", ctypes.c_size_t),
            ("module", ctypes.c_uint32),
            ("threads", ctypes.c_uint32),
            ("parent", ctypes.c_uint32),
            ("priority", ctypes.c_int32),
            ("flags", ctypes.c_uint32),
            ("name", ctypes.c_uint16 * 260),
        )

    entry = Entry(size=ctypes.sizeof(Entry))
    found = kernel.Process32FirstW(snapshot, ctypes.byref(entry))
    while found:
        name = bytes(entry.name).decode("utf-16-le", "replace")
        yield UserProgram(name.partition("\0")[0], entry.number), entry.parent
        found = kernel.Process32NextW(snapshot, ctypes.byref(entry))
    if (error := last_error()) != _NO_MORE:
        raise OSError(f"the list of processes ends with error {error}")
