"""One login through a browser at a time on this computer, whichever program of ours begins it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import final

from probe_tray.adapters.kernel_lock import KernelLock
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import DataFolderError, LoginUnderWayError
from probe_tray.ports.desktop import CallbackListener, OpenCallback


@final
class ExclusiveListener:
    """Implements ``CallbackListener`` around another, which is opened by one process at a time."""

    def __init__(self, listener: CallbackListener, attempt: Callable[[], KernelLock]) -> None:
        """``attempt`` makes an attempt at the lock that all these processes know."""
        self._listener, self._attempt = listener, attempt

    @asynccontextmanager
    async def open(self, state: Secret) -> AsyncGenerator[OpenCallback]:
        """Open it. Raises LoginUnderWayError at once where another process has it, and PortsTakenError."""
        turn = self._attempt()
        try:
            if not await asyncio.to_thread(_is_ours, turn):
                raise LoginUnderWayError
            async with self._listener.open(state) as opened:
                yield opened
        finally:
            turn.give_up()


def _is_ours(turn: KernelLock) -> bool:
    try:
        return turn.take()
    except DataFolderError:
        # Where the login will be kept is checked elsewhere, and may be another place.
        return True
