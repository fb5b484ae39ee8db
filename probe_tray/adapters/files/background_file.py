"""A small file of which only the newest content matters, written in a thread."""

import asyncio
import logging
from typing import Final, Generic, TypeVar, final

from probe_tray.adapters.files.json_file import JsonFile, Versioned
from probe_tray.core.errors import WriteError

_T = TypeVar("_T", bound=Versioned)
_log: Final = logging.getLogger(__name__)


@final
class BackgroundFile(Generic[_T]):
    """Keeps what it is given last; what comes while the disk is busy replaces what waits."""

    def __init__(self, file: JsonFile[_T]) -> None:
        """Write into ``file``, which nobody else writes."""
        self._file = file
        self._wanted: _T | None = None
        self._written: _T | None = None
        self._writing: asyncio.Task[None] | None = None

    def keep(self, content: _T) -> None:
        """Have it written; never waits, inside the running event loop. It is logged where the disk does not take it."""
        self._wanted = content
        if self._writing is None and self._wanted != self._written:
            self._writing = asyncio.get_running_loop().create_task(self._write())

    async def close(self) -> None:
        """Return once the newest content is written."""
        if self._writing is not None:
            await self._writing

    async def _write(self) -> None:
        try:
            while (wanted := self._wanted) is not None and wanted != self._written:
                # Also where it fails: the same content is not tried again and again.
                self._written = wanted
                await asyncio.to_thread(self._file.replace, wanted)
        except WriteError as error:
            _log.info("what the icon shows cannot be kept: %s", error.facts["reason"])
        finally:
            self._writing = None
