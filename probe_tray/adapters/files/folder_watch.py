"""Tells when something changes in a folder, where the system has a notice of it."""

import asyncio
import contextlib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import final

from probe_tray.adapters.systems.current import this_system
from probe_tray.adapters.systems.operating_system import FolderEvents


@final
class SystemFolderWatch:
    """Implements ``FolderWatch``."""

    def __init__(self) -> None:
        """Follow nothing yet."""
        self._events: FolderEvents | None = None
        self._opened = False
        self._followed: tuple[frozenset[Path], frozenset[int]] = frozenset(), frozenset()

    async def follow(self, folders: Collection[Path], tell: Callable[[], None]) -> bool:
        """Follow them."""
        if not self._opened:
            self._opened = True
            with contextlib.suppress(OSError):
                self._events = this_system().folder_events()
            if self._events is not None:
                asyncio.get_running_loop().add_reader(self._events.fileno(), self._came, self._events, tell)
        if self._events is None:
            return False
        followed = await asyncio.to_thread(self._events.follow, folders)
        now = frozenset(folders), self._events.watches
        if self._followed != now:
            self._followed = now
            # What changed in one that is new, or came just now, before it was followed was told by nobody.
            tell()
        return followed

    @property
    def is_shared(self) -> bool:
        """As the table of mounted file systems had it when they were followed last."""
        return self._events is not None and self._events.is_shared

    def close(self) -> None:
        """Follow nothing any more; inside the loop that followed."""
        events, self._events = self._events, None
        if events is not None:
            asyncio.get_running_loop().remove_reader(events.fileno())
            events.close()

    def _came(self, events: FolderEvents, tell: Callable[[], None]) -> None:
        events.take()
        tell()
