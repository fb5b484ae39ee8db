"""The official client's place for its login, as far as an account is given to it, and what is remembered of that."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from probe_tray.core.account.secret import Secret
from probe_tray.core.handover.hand_over import ClientContent, HandOver, HandOverRecord, PendingHandOver


class ClientPlace(Protocol):
    """Where the official client of one home keeps its login: its file or its keyring entry, as its settings say."""

    @property
    def home(self) -> str:
        """The real path of the client's folder, which names the place."""
        ...

    async def read(self) -> ClientContent:
        """What it holds now. Raises ReadError, ClientStoreError and the Keyring errors."""
        ...

    async def check_writable(self) -> None:
        """Raise StoreError where a write would fail for a reason that can be known beforehand."""
        ...

    async def write(self, text: Secret, seen: ClientContent) -> ClientContent | None:
        """Put ``text`` there in one step, durably, 0600, where it still holds what was ``seen``.

        What was in the place instead of ``seen`` is returned where the client changed it in the very moment; None
        where it did not. Raises ClientBusyError where it was changed before: nothing was written then; StoreError.
        """
        ...


class HandOverFile(Protocol):
    """Remembers across restarts and processes which accounts the official client was given."""

    def alone(self) -> AbstractAsyncContextManager[None]:
        """Keep every other process from giving an account meanwhile. Asked for before any account's lock."""
        ...

    async def load(self) -> HandOverRecord:
        """What is remembered. Raises ReadError."""
        ...

    async def begin(self, home: str, pending: PendingHandOver) -> None:
        """Note durably what is about to be written. Raises WriteError; then it must not be."""
        ...

    async def finish(self, home: str, hand_over: HandOver | None) -> None:
        """Put what holds now in the place of what was pending. Raises WriteError."""
        ...


class ReturnedLogins(Protocol):
    """The logins of the client that no store could take, sealed, until they are put back."""

    async def keep(self, text: Secret) -> None:
        """Keep one durably; the same text is kept once. Raises StoreError."""
        ...

    async def newest(self) -> Secret | None:
        """The one that was kept last. Raises StoreError."""
        ...

    async def forget(self, text: Secret) -> None:
        """Remove it; it is in use again. Raises WriteError."""
        ...
