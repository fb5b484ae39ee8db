"""When this process was made, as the operating system knows it: long before its first line of Python ran."""

import contextlib
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from probe_tray.adapters.systems.windows import windows_library

_LINUX_START_FIELD: Final = 19
"""Counted from the field after the program's name, which may itself hold spaces and brackets; proc(5), starttime."""
_MAC_BSD_INFO: Final = 3
_MAC_BSD_INFO_BYTES: Final = 136
_MAC_START: Final = 120
"""Where libproc's ``proc_bsdinfo`` has the start: whole seconds and microseconds, 8 bytes each."""
_WINDOWS_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)


def process_began() -> datetime:
    """When this process was made, aware UTC, to about 10 ms; where the system does not tell: a moment soon after."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        match sys.platform:
            case "linux":
                return _on_linux(Path("/proc/self/stat").read_bytes(), Path("/proc/uptime").read_bytes())
            case "darwin":
                return _on_mac()
            case "win32":
                return _on_windows()
            case _:
                pass
    # What it has computed so far took at least this long.
    return datetime.now(UTC) - timedelta(seconds=time.process_time())


def _on_linux(stat: bytes, uptime: bytes) -> datetime:
    if sys.platform == "win32":
        raise OSError
    ticks = int(stat.rpartition(b")")[2].split()[_LINUX_START_FIELD])
    age = float(uptime.split()[0]) - ticks / os.sysconf("SC_CLK_TCK")
    if age < 0:
        raise ValueError
    return datetime.now(UTC) - timedelta(seconds=age)


def _on_mac() -> datetime:
    import ctypes

    buffer = ctypes.create_string_buffer(_MAC_BSD_INFO_BYTES)
    library = ctypes.CDLL("/usr/lib/libproc.dylib")
    if library.proc_pidinfo(os.getpid(), _MAC_BSD_INFO, ctypes.c_uint64(0), buffer, len(buffer)) != len(buffer):
        raise OSError
    seconds, micros = (int.from_bytes(buffer.raw[at : at + 8], sys.byteorder) for at in (_MAC_START, _MAC_START + 8))
    return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=micros)


def _on_windows() -> datetime:
    import ctypes

    kernel = windows_library("kernel32")
    # A handle is as wide as a pointer; without this its type would be a 32-bit number.
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    created, *others = (ctypes.c_uint64() for _ in range(4))
    pointers = [ctypes.byref(moment) for moment in (created, *others)]
    if not kernel.GetProcessTimes(ctypes.c_void_p(kernel.GetCurrentProcess()), *pointers):
        raise OSError
    return _WINDOWS_EPOCH + timedelta(microseconds=created.value // 10)
