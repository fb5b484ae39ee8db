"""The official client's place for its login, as far as an account is given to it, and what is remembered of that."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from probe_tray.core.account.secret import Secret
from probe_tray.core.handover.hand_over import ClientContent, HandOver, HandOverRecord, PendingHandOver


class ClientPlace(Protocol):
    """The file in which the official client of one home keeps its login."""

    @property
    def home(self) -> str:
        """The real path of the client's folder, which names the place."""
        ...

    async def read(self) -> ClientContent:
        """What it holds now. Raises ReadError, and ClientStoreError where its settings name another place."""
        ...

    async def check_writable(self) -> None:
        """Raise StoreError where a write would fail for a reason that can be known beforehand."""
        ...

    async def write(self, text: Secret, seen: ClientContent, keep: Callable[[ClientContent], Awaitable[None]]) -> None:
        """Put ``text`` there in one step, durably, 0600, where it still holds what was ``seen``.

        Where the client changed it in the very moment, ``keep`` gets what was there instead, before that is gone.
        Raises ClientBusyError where it was changed before: nothing was written then; StoreError.
        """
        ...


class HandOverFile(Protocol):
    """Remembers across restarts and processes which accounts the official client was given."""

    def alone(self) -> AbstractAsyncContextManager[None]:
        """Keep every other process from giving an account meanwhile. Asked for before any account's lock."""
        ...

    async def load(self) -> HandOverRecord:
        """What is remembered. Raises ReadError, also where the file is damaged: nothing is known then."""
        ...

    async def begin(self, home: str, pending: PendingHandOver) -> None:
        """Note durably what is about to be written. Raises WriteError; then it must not be."""
        ...

    async def finish(self, home: str, hand_over: HandOver | None) -> None:
        """Put what holds now in the place of what was pending. Raises WriteError."""
        ...


class ReturnedLogins(Protocol):
    """The logins that the client had and that are in no store, sealed, until they are put back or adopted."""

    async def keep(self, text: Secret) -> None:
        """Keep one durably; the same text is kept once. Raises StoreError."""
        ...

    async def newest(self) -> Secret | None:
        """The one that was kept last. Raises StoreError."""
        ...

    async def read(self, fingerprint: str) -> Secret | None:
        """The one of this fingerprint; None where there is none. Raises StoreError."""
        ...

    async def forget(self, fingerprint: str) -> None:
        """Remove it where it is there: it is in use again. Raises WriteError."""
        ...
