"""Locks that exclude every task of every process of this user, and that die with their process."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

from probe_tray.adapters.kernel_lock import KernelLock
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import HeldUpError

_FIRST_PAUSE: Final = 0.005
_LONGEST_PAUSE: Final = 0.05
"""Seconds between two looks at a lock that another process holds: short against the 45 s it may be held for."""

_PATIENCE: Final = 300.0
"""Seconds: more than twice the longest renewal, which tries three times. A process that was stopped ends never."""

_SILENCE: Final = 2.0
"""Seconds within which most waits end: nobody needs to know of them."""

_TOKEN_DIGITS: Final = 2
"""Hex digits of a fingerprint that tell token locks apart: 256 of them, which are never removed."""


class FileLocks:
    """Implements ``AccountLocks`` and ``TokenLocks`` with kernel locks on files in a folder that is made when needed.

    The files are never removed: a process that waits on a removed file would hold a lock nobody else sees.
    Within one event loop waiting tasks get their turn in order.
    """

    def __init__(
        self,
        folder: Path,
        *,
        patience: float = _PATIENCE,
        silence: float = _SILENCE,
        waits: Callable[[bool], None] = lambda _waiting: None,
    ) -> None:
        """Keep the lock files in ``folder``, which must be on a local disk.

        Another process is waited for ``patience`` seconds, then HeldUpError is raised. Once one was waited for longer
        than ``silence`` seconds, ``waits`` is called with True, and with False when nobody waits any more.
        """
        self._folder, self._patience, self._silence = folder, patience, silence
        self._waits, self._waiting = waits, 0
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def attempt(self, name: str) -> KernelLock:
        """The lock of that name, for whoever takes it without an event loop, and gives it up."""
        return KernelLock(self._folder / f"{name}.lock")

    @asynccontextmanager
    async def hold(self, key: AccountKey) -> AsyncGenerator[None]:
        """Wait for the account's lock and hold it; cancelling leaves nothing locked."""
        async with self.hold_name(key.slug):
            yield

    @asynccontextmanager
    async def hold_token(self, fingerprint: str) -> AsyncGenerator[None]:
        """The same for a refresh token; a few tokens share a lock, since each renewal brings a new one."""
        async with self.hold_name(f"token-{fingerprint[:_TOKEN_DIGITS]}"):
            yield

    @asynccontextmanager
    async def hold_name(self, name: str) -> AsyncGenerator[None]:
        """The same for a lock of any name, which becomes a part of a file name."""
        # The kernel's lock knows processes, not tasks, and wakes whom it likes: tasks of this one queue up before it.
        turn = self._turns.get(name)
        if turn is None:
            turn = self._turns[name] = asyncio.Lock()
        async with turn:
            attempt = self.attempt(name)
            try:
                await self._take(attempt)
                yield
            finally:
                # Also while a thread is still trying: what it gets afterwards it must not keep.
                attempt.give_up()

    async def _take(self, attempt: KernelLock) -> None:
        pause, clock = _FIRST_PAUSE, asyncio.get_running_loop().time
        began, told = clock(), False
        try:
            # Polled, for a thread that blocks in the kernel's call could not be cancelled.
            while not await asyncio.to_thread(attempt.take):
                passed = clock() - began
                if passed > self._patience:
                    raise HeldUpError(minutes=str(round(self._patience / 60)))
                if passed > self._silence and not told:
                    told = True
                    self._count(1)
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, _LONGEST_PAUSE)
        finally:
            if told:
                self._count(-1)

    def _count(self, more: int) -> None:
        before, self._waiting = self._waiting, self._waiting + more
        if bool(before) != bool(self._waiting):
            self._waits(bool(self._waiting))
