"""Lines from standard input, while a login waits for its browser as well."""

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Callable

_CHUNK = 4096
_LONGEST = 64 * 1024
"""Bytes of a line; a callback address has a few hundred."""


def read_lines(heard: Callable[[str], None], ended: Callable[[], None]) -> None:
    """Call ``heard`` with each line, and ``ended`` when there are no more; inside the running event loop.

    The thread that reads is left behind when the program ends: nothing can call it back from a terminal.
    """
    loop = asyncio.get_running_loop()

    def tell(what: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # The loop has ended.
            loop.call_soon_threadsafe(what)

    def read() -> None:
        rest = b""
        with contextlib.suppress(OSError):
            # Not through sys.stdin: at the end the interpreter would wait for its lock.
            while part := os.read(number, _CHUNK):
                *lines, rest = (rest + part).split(b"\n")
                for line in lines:
                    tell(lambda line=line: heard(line.decode("utf-8", "replace").strip()))
                rest = rest[-_LONGEST:]
        if rest:
            tell(lambda: heard(rest.decode("utf-8", "replace").strip()))
        tell(ended)

    try:
        number = sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):  # It was closed before the program began.
        loop.call_soon(ended)
        return
    threading.Thread(target=read, name="standard input", daemon=True).start()
