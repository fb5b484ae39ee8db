"""Loads the windows of sync with the first one that is wanted: most runs of a tray see none."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from probe_tray.ui.engine import EngineProtocol

if TYPE_CHECKING:
    from probe_tray.ui.sync.sync_box import SyncBox
    from probe_tray.ui.sync.sync_controller import SyncController


class SyncOpener:
    """Stands before the one ``SyncController`` until there is something for it to do."""

    def __init__(self, engine: EngineProtocol, make: Callable[[], "SyncController"]) -> None:
        """``make`` is called once, which loads it."""
        self._engine, self._make = engine, make
        self._made: SyncController | None = None

    def sync(self) -> None:
        """Sync now and show what comes of it; where it is not set up, set it up first."""
        self._controller().sync()

    def serve(self, box: "SyncBox") -> None:
        """Draw ``box`` too from now on, and do what its buttons say."""
        self._controller().serve(box)

    def leave(self) -> None:
        """Draw the box no more: its window goes."""
        if self._made is not None:
            self._made.leave()

    def draw(self) -> None:
        """Show the state as it is now, where anybody sees it."""
        # A change of the table opens a window by itself.
        if self._made is not None or self._engine.state.sync.change is not None:
            self._controller().draw()

    def close(self) -> None:
        """Take the windows away for good, and the key out of the clipboard."""
        if self._made is not None:
            self._made.close()

    def _controller(self) -> "SyncController":
        if self._made is None:
            self._made = self._make()
        return self._made
