"""How the joined loop learns on Windows that something has completed."""

import asyncio
import threading
from collections.abc import Callable
from operator import attrgetter


class CompletionWaiter:
    """Waits for the completion port of asyncio's loop on Windows, in a thread that sleeps while nothing completes.

    WORKAROUND qasync 0.28 (``_windows.py``, ``_EventWorker.run``): its own thread asks the port 100 times a second.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, post: Callable[[int], None]) -> None:
        """``loop`` is qasync's for Windows; ``post`` puts a packet that is about no operation into a port."""
        self._loop = loop
        self._proactor, self._process = attrgetter("_proactor", "_process_events")(loop)
        self._post = post
        self._running = False
        self._thread = threading.Thread()

    def start(self) -> None:
        """Begin; what completes is processed by the loop, in its own thread."""
        self._running = True
        self._thread = threading.Thread(target=self._wait, name="completions", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        # The packet comes after this, for the thread looks only once for each.
        self._running = False
        self._post(attrgetter("_iocp")(self._proactor))
        self._thread.join()

    def _wait(self) -> None:
        while self._running:
            if completed := self._proactor.select(None):
                self._loop.call_soon_threadsafe(self._process, completed)
