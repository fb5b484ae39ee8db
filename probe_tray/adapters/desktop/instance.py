"""One running program for each data folder: a lock that dies with its process, and a socket for the starts after it."""

import contextlib
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, final

from probe_tray.adapters.desktop.instance_socket import (
    ANSWER_SECONDS,
    LONGEST_LINE,
    InstanceSocket,
    NumbersSource,
    StartRequest,
    runtime_lock,
    same,
)
from probe_tray.adapters.kernel_lock import KernelLock
from probe_tray.adapters.systems.current import this_system
from probe_tray.core.errors import DataFolderError, NotAnsweringError

_PATIENCE_SECONDS: Final = 20.0
"""For a program that only just starts, or that still saves tokens before it ends."""
_END_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 0.1

_log: Final = logging.getLogger(__name__)


@final
class Instance:
    """This start of the program, which either becomes the running one or speaks to it.

    The methods that are no coroutines block; they are called before there is an event loop.
    """

    def __init__(self, folder: Path, socket: InstanceSocket, *, patience: float = _PATIENCE_SECONDS) -> None:
        """``folder`` is the data folder; ``patience`` is in seconds. Nothing is made yet."""
        # Either is enough to know that one runs: the folder may be removed, and what the system keeps may be tidied.
        paths = (folder / "instance.lock", runtime_lock(folder))
        self._paths = tuple(path for path in paths if path is not None)
        self._socket = socket
        self._patience = patience
        self._locks: list[KernelLock] = []

    def tell(self, request: StartRequest) -> bool:
        """Whether a running program took the request."""
        this_system().let_come_forward()
        if self._socket.is_slow_to_refuse and self._is_free():
            return False
        knocked = self._socket.connect(ANSWER_SECONDS)
        if knocked is None:
            return False
        caller, passwords = knocked
        with caller, contextlib.suppress(OSError):
            if self._socket.trusts(caller):
                caller.sendall(f"{passwords.caller} {request.value}\n".encode())
                said = caller.recv(LONGEST_LINE).decode("ascii", "replace").strip()
                return same(said, passwords.answerer)
        return False

    def tell_if_running(self, request: StartRequest) -> bool:
        """The same, and waits for one that is only just starting; False when none runs.

        Raises NotAnsweringError when one runs and does not answer.
        """
        return not self._either(request, self._is_free)

    def wait_for_end(self, seconds: float = _END_SECONDS) -> bool:
        """Whether the running program has ended, which may take ``seconds`` where it still saves a login."""
        end = time.monotonic() + seconds
        while not self._is_free():
            if time.monotonic() > end:
                return False
            time.sleep(_PAUSE_SECONDS)
        return True

    def claim(self, request: StartRequest) -> bool:
        """Become the running program (True), or give the request to the one that runs (False).

        Raises NotAnsweringError when one runs and does not answer, and DataFolderError.
        """
        return self._either(request, self._take)

    def release(self) -> None:
        """Let the next start be the running program; the end of the process does the same."""
        for lock in self._locks:
            lock.give_up()
        self._locks = []

    def serve(
        self, do: Callable[[StartRequest], None], numbers: NumbersSource
    ) -> contextlib.AbstractAsyncContextManager[None]:
        """Hear the starts that come later: ``do`` is called on this loop, and must not wait. So is ``numbers``.

        A socket that cannot be opened is logged and keeps nothing from running.
        """
        # Imported here: asyncio comes with it, which a start does without that only speaks to the running program.
        from probe_tray.adapters.desktop.instance_server import serve

        return serve(self._socket, do, numbers)

    def _either(self, request: StartRequest, free: Callable[[], bool]) -> bool:
        """True once ``free``, False once the request was taken."""
        end = time.monotonic() + self._patience
        while True:
            if self.tell(request):
                return False
            if free():
                return True
            if time.monotonic() > end:
                raise NotAnsweringError
            time.sleep(_PAUSE_SECONDS)

    def _take(self) -> bool:
        self._locks = [KernelLock(path) for path in self._paths]
        data, *others = self._locks
        if data.take() and all(_take_if_possible(lock) for lock in others):
            return True
        self.release()
        return False

    def _is_free(self) -> bool:
        # Asking must leave nothing behind where the program was never started.
        locks = [KernelLock(path) for path in self._paths if path.exists()]
        try:
            return all(_take_if_possible(lock) for lock in locks)
        finally:
            for lock in locks:
                lock.give_up()


def _take_if_possible(lock: KernelLock) -> bool:
    """Whether nobody else has the lock; one that cannot be made keeps nothing from running."""
    try:
        return lock.take()
    except DataFolderError as error:
        _log.warning("a lock of the running program cannot be made: %s", error.facts["reason"])
        return True
