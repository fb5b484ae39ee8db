"""The official client: where it keeps its login, what was put there, and which of its programs run."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from probe_tray.core.account.secret import Secret
from probe_tray.core.codex.codex_state import ClientProcess
from probe_tray.core.codex.place_content import PlaceContent
from probe_tray.core.codex.placement import PlacementBook


class CodexPlace(Protocol):
    """Where the client of one home keeps its login."""

    @property
    def home(self) -> str:
        """The home's real path, which names it in the record."""
        ...

    @property
    def path(self) -> str:
        """The home as a person would write it."""
        ...

    async def read(self, *, asks: bool = False) -> PlaceContent:
        """What is there now. Raises StoreError where that cannot be told, or nobody but the client can read it.

        With ``asks`` the keyring may ask a person for it; else a keyring that would have to counts as locked.
        """
        ...

    async def write(self, text: Secret, before: PlaceContent, *, asks: bool = False) -> None:
        """Put ``text`` there, durably and all or nothing, where it still holds what ``before`` says.

        ``asks`` is that of :meth:`read`.

        Raises CodexPlaceChangedError where it does not, and StoreError; then the place is as it was.
        """
        ...


class PlacementFile(Protocol):
    """The record of what was put where, across restarts and processes."""

    def hold(self) -> AbstractAsyncContextManager[None]:
        """Keep the other tasks and processes of this user from changing record and places.

        Nobody waits for an account's lock meanwhile: who needs both takes that one first. Raises DataFolderError.
        """
        ...

    async def load(self) -> PlacementBook:
        """What is recorded. Raises ReadError, also for a damaged record: then nobody knows who renews what."""
        ...

    async def save(self, book: PlacementBook) -> None:
        """Record this in its place, durably; with :meth:`hold`. Raises WriteError."""
        ...


class KeptPlaces(Protocol):
    """What was in a place that is no login of an account: kept, until it is put back. Raises StoreError."""

    async def keep(self, home: str, text: Secret) -> None:
        """Keep it, durably, with what was kept before."""
        ...

    async def newest(self, home: str) -> Secret | None:
        """What was kept last; None where nothing is."""
        ...

    async def has(self, home: str) -> bool:
        """Whether anything is kept."""
        ...

    async def forget_newest(self, home: str) -> None:
        """It is in its place again."""
        ...


class ClientProcesses(Protocol):
    """The programs of the official client that run."""

    async def running(self, home: str) -> tuple[ClientProcess, ...]:
        """Those that work with this home. Raises CodexProgramsUnknownError where the system does not list them."""
        ...


PlaceAt = Callable[[str], CodexPlace]
"""The place of a home by its real path. No disk is asked."""
KnownPlaces = Callable[[], Awaitable[Sequence[CodexPlace]]]
"""Those of the settings as they are now, the default one first."""
