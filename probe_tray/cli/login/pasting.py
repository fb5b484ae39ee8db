"""A login that is carried by hand: its address is shown, and the one that comes back is read from standard input."""

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Callable

from probe_tray.cli.terminal.console import Console
from probe_tray.view.text.translate import Translator

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


class ShownAddress:
    """A browser that is somewhere else: the person carries the address there, and back."""

    def __init__(self, console: Console, t: Translator) -> None:
        """Show it on ``console``."""
        self._console = console
        self._t = t

    async def open(self, address: str) -> None:
        """Show the address, and what to do with the one at which it ends."""
        t = self._t
        self._console.prompt(t("Open this address in any browser and sign in:"))
        self._console.prompt(address)
        self._console.prompt(
            t("A browser on another computer ends at an address that it cannot open: paste that one here.")
        )
