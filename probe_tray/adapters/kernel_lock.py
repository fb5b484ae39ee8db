"""One lock on one file, which dies with its process."""

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import final

from probe_tray.adapters.files.disk import reason_of
from probe_tray.adapters.files.safe_files import make_private_folder
from probe_tray.adapters.systems.current import this_system
from probe_tray.core.errors import DataFolderError, WriteError


@final
class KernelLock:
    """One attempt to get one lock; taken in a thread, given up anywhere and at any time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._release: Callable[[], None] | None = None
        self._guard = threading.Lock()
        self._given_up = False

    def take(self) -> bool:
        """Try once. Raises DataFolderError."""
        # Under the guard, so that an attempt whose task was cancelled meanwhile cannot end up holding the lock.
        with self._guard:
            if self._given_up:
                return False
            if self._release is not None:
                return True
            try:
                make_private_folder(self._path.parent)
                self._release = this_system().take_lock(self._path)
            except WriteError as error:
                raise DataFolderError(path=str(self._path.parent), reason=error.facts["reason"]) from None
            except OSError as error:
                raise DataFolderError(path=str(self._path.parent), reason=reason_of(error)) from None
            return self._release is not None

    def give_up(self) -> None:
        """Release it, or see to it that a try still under way comes to nothing; the guard is held for a moment only."""
        with self._guard:
            self._given_up = True
            release, self._release = self._release, None
            # The kernel releases the lock when the file is closed, whatever closing reports.
            with suppress(OSError):
                if release is not None:
                    release()
