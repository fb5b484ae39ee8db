"""A small file of which only the newest content matters, written in a thread."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final, Generic, TypeVar, final

from probe_tray.adapters.files.json_file import JsonFile, Versioned
from probe_tray.core.errors import WriteError

_T = TypeVar("_T", bound=Versioned)
_APART: Final = 600.0
"""Seconds between two writings: each makes the disk settle, and one that is lost costs nothing but a moment's look."""
_log: Final = logging.getLogger(__name__)


@final
class BackgroundFile(Generic[_T]):
    """Keeps what it is given last: the first at once, later ones from time to time, and the newest at the end."""

    def __init__(self, file: JsonFile[_T], now: Callable[[], float]) -> None:
        """Write into ``file``, which nobody else writes. ``now`` counts seconds and never goes back."""
        self._file, self._now = file, now
        self._next = now()
        """From when on it may be written again."""
        self._wanted: _T | None = None
        self._written: _T | None = None
        self._writing: asyncio.Task[None] | None = None

    def keep(self, content: _T) -> None:
        """Have it written; never waits, inside the running event loop. It is logged where the disk does not take it."""
        self._wanted = content
        if self._writing is None and self._wanted != self._written and self._now() >= self._next:
            self._writing = asyncio.get_running_loop().create_task(self._write())

    async def close(self) -> None:
        """Return once the newest content is written."""
        if self._writing is not None:
            await self._writing
        await self._write()

    async def _write(self) -> None:
        wanted, self._next = self._wanted, self._now() + _APART
        try:
            if wanted is not None and wanted != self._written:
                # Also where it fails: the same content is not tried again and again.
                self._written = wanted
                await asyncio.to_thread(self._file.replace, wanted)
        except WriteError as error:
            _log.info("what the icon shows cannot be kept: %s", error.facts["reason"])
        finally:
            self._writing = None
