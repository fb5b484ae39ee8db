"""Runs the joined loop as on Windows, over a double of its completion port; a program of its own.

The double does what learn.microsoft.com says of GetQueuedCompletionStatus and PostQueuedCompletionStatus and what
CPython 3.11 to 3.14 makes of them (``Modules/overlapped.c``): None for a wait in vain, OSError for a packet without an
address. The proactor is qasync's own, over as much of ``asyncio.windows_events.IocpProactor`` as that uses.
"""

import asyncio
import ctypes
import os
import queue
import signal
import sys
import threading
import types
from collections.abc import Callable

INFINITE = 0xFFFFFFFF
READ = 0x10
"""The address of an operation."""

packets: "queue.Queue[tuple[int, int, int, int]]" = queue.Queue()
waits: list[int] = []
"""How many milliseconds each wait was to last at most."""
routines: list[Callable[[int], int]] = []
"""What is called for the events of the console."""


def get_status(_port: int, milliseconds: int) -> tuple[int, int, int, int] | None:
    waits.append(milliseconds)
    try:
        packet = packets.get(timeout=None if milliseconds == INFINITE else milliseconds / 1000)
    except queue.Empty:
        return None
    if not packet[3]:
        raise OSError(22, "a packet without an address", None, 0)
    return packet


class Kernel:
    @staticmethod
    def PostQueuedCompletionStatus(
        _port: ctypes.c_void_p, size: int, key: ctypes.c_void_p, address: ctypes.c_void_p
    ) -> int:
        packets.put((0, size, key.value or 0, address.value or 0))
        return 1

    @staticmethod
    def SetConsoleCtrlHandler(routine: Callable[[int], int], add: int) -> int:
        (routines.append if add else routines.remove)(routine)
        return 1


def library(_name: str, **_options: object) -> type[Kernel]:
    return Kernel


def say(what: str, *values: object) -> None:
    sys.stdout.write(" ".join(map(str, (what, *values))) + "\n")


Operation = tuple[asyncio.Future[object], object, object, Callable[[int, int, object], object]]


class IocpProactor:
    def __init__(self) -> None:
        self._iocp = 7
        self._cache: dict[int, Operation] = {}
        self._unregistered = list[object]()
        self._stopped_serving = set[object]()

    def begin(self, address: int, future: asyncio.Future[object]) -> None:
        self._cache[address] = (future, object(), object(), lambda size, _key, _operation: f"{size} bytes")

    def close(self) -> None:
        pass


class ProactorEventLoop(asyncio.SelectorEventLoop):
    def __init__(self, proactor: IocpProactor) -> None:
        super().__init__()
        self._proactor = proactor

    @property
    def proactor(self) -> IocpProactor:
        return self._proactor


def play_windows() -> None:
    overlapped, winapi = types.ModuleType("_overlapped"), types.ModuleType("_winapi")
    vars(overlapped).update(GetQueuedCompletionStatus=get_status, INVALID_HANDLE_VALUE=-1)
    events = types.ModuleType("asyncio.windows_events")
    vars(events).update(IocpProactor=IocpProactor)
    sys.modules.update({"_overlapped": overlapped, "_winapi": winapi, "asyncio.windows_events": events})
    for module, name, double in (
        (asyncio, "ProactorEventLoop", ProactorEventLoop),
        (asyncio, "windows_events", events),
        (ctypes, "WinDLL", library),
        (ctypes, "WINFUNCTYPE", ctypes.CFUNCTYPE),
        (signal, "SIGBREAK", signal.SIGTERM),
    ):
        setattr(module, name, double)
    name, os.name = os.name, "nt"
    __import__("qasync")
    os.name = name
    sys.platform = "win32"


async def main() -> int:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, ProactorEventLoop)
    read = loop.create_future()
    loop.proactor.begin(READ, read)
    threading.Timer(0.2, packets.put, [(0, 5, 0, READ)]).start()
    say("read", await read, threading.current_thread() is threading.main_thread())
    if "close" in sys.argv:
        closing.start()
        try:
            await loop.create_future()
        finally:
            await asyncio.sleep(0.01)
            say("tidied up")
    return 0


def close_console() -> None:
    say("may be ended", routines[-1](2))


closing = threading.Thread(target=close_console)


if __name__ == "__main__":
    from PySide6.QtWidgets import QApplication

    from probe_tray.ui.event_loop import loop as joined

    sys.modules.pop("qasync")
    play_windows()
    joined.qasync = sys.modules["qasync"]
    status = joined.run(QApplication([]), main)
    if "close" in sys.argv:
        closing.join()
    say("status", status)
    say("waits", *sorted({"for ever" if wait == INFINITE else str(wait) for wait in waits}))
    say("threads", threading.active_count())
