"""The official client's place, and what is recorded of it, in memory."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.codex.codex_state import ClientProcess, CodexKeeper
from probe_tray.core.codex.place_content import PlaceContent, place_content
from probe_tray.core.codex.placement import HomeRecord, PlacementBook
from probe_tray.core.errors import (
    CodexPlaceChangedError,
    CodexProgramsUnknownError,
    KeyringLockedError,
    ReadError,
    StoreError,
)
from probe_tray.core.events import Event
from probe_tray.core.transfer.export import official_text
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.codex.codex_renewal_guard import CodexRenewalGuard
from probe_tray.engine.codex.hand_over import LoginHandOver
from probe_tray.engine.codex.placement_keeper import PlacementKeeper
from probe_tray.engine.codex.placement_stores import PlacementStores
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.engine.renewal.token_memory import TokenMemory
from probe_tray.ports.accounts import AccountLocks, RenewalMemory
from probe_tray.ports.shared_logins import SharedLogins
from probe_tray.ports.time import Clock, Randomness
from tests.support.fakes import START


class MemoryPlace:
    """Implements ``CodexPlace``."""

    def __init__(self, home: str = "/home/ana/.codex", path: str = "~/.codex") -> None:
        self.home, self.path = home, path
        self.data: bytes | None = None
        self.keeper = CodexKeeper.FILE
        self.unreadable: StoreError | None = None
        self.unwritable: StoreError | None = None
        self.meanwhile: Callable[[], None] | None = None
        """What the client does right before a write."""
        self.after: Callable[[], None] | None = None
        """What it does right after one."""
        self.writes = 0
        self.locked = False
        """Whether its keyring would have to ask a person."""
        self.asked: list[bool] = []
        """Of each read, whether it might."""

    def holds(self, login: Credential) -> None:
        """The client has this login."""
        self.data = official_text(login, START).encode()

    @property
    def login(self) -> Credential | None:
        return place_content(self.keeper, self.data).login

    async def read(self, *, asks: bool = False) -> PlaceContent:
        self.asked.append(asks)
        if self.locked and not asks:
            raise KeyringLockedError
        if self.unreadable is not None:
            raise self.unreadable
        return place_content(self.keeper, self.data)

    async def write(self, text: Secret, before: PlaceContent, *, asks: bool = False) -> None:
        if self.meanwhile is not None:
            self.meanwhile()
        if await self.read(asks=asks) != before:
            raise CodexPlaceChangedError(path=self.path)
        if self.unwritable is not None:
            raise self.unwritable
        self.data = text.reveal().encode("utf-8", "surrogateescape")
        self.writes += 1
        if self.after is not None:
            self.after()


class MemoryPlacementFile:
    """Implements ``PlacementFile``."""

    def __init__(self) -> None:
        self.book = PlacementBook()
        self.saved: list[PlacementBook] = []
        self.is_unreadable = False
        self._lock = asyncio.Lock()
        self._owner: asyncio.Task[object] | None = None

    @asynccontextmanager
    async def hold(self) -> AsyncGenerator[None]:
        assert self._owner is not asyncio.current_task(), "held twice by one task"
        async with self._lock:
            self._owner = asyncio.current_task()
            try:
                yield
            finally:
                self._owner = None

    async def load(self) -> PlacementBook:
        if self.is_unreadable:
            raise ReadError(path="codex.json", reason="permission was denied")
        return self.book

    async def save(self, book: PlacementBook) -> None:
        assert self._owner is asyncio.current_task(), "changed without its lock"
        self.book = book
        self.saved.append(book)


class MemoryKept:
    """Implements ``KeptPlaces``."""

    def __init__(self) -> None:
        self.kept: dict[str, list[Secret]] = {}

    async def keep(self, home: str, text: Secret) -> None:
        self.kept.setdefault(home, []).append(text)

    async def newest(self, home: str) -> Secret | None:
        return next(reversed(self.kept.get(home, [])), None)

    async def has(self, home: str) -> bool:
        return bool(self.kept.get(home))

    async def forget_newest(self, home: str) -> None:
        self.kept[home].pop()


class FakeProcesses:
    """Implements ``ClientProcesses``."""

    def __init__(self) -> None:
        self.found: tuple[ClientProcess, ...] = ()
        self.is_unknown = False
        """Whether the system does not list its programs."""
        self.looks = 0

    async def running(self, home: str) -> tuple[ClientProcess, ...]:
        del home
        self.looks += 1
        if self.is_unknown:
            raise CodexProgramsUnknownError
        return self.found


class CodexDoubles:
    """Use in Codex over doubles: one home, and more by :meth:`add`."""

    def __init__(
        self,
        accounts: Accounts,
        locks: AccountLocks,
        clock: Clock,
        tell: Callable[[Event], None],
        memory: RenewalMemory,
        randomness: Randomness,
    ) -> None:
        self.place, self.file, self.kept, self.processes = (
            MemoryPlace(),
            MemoryPlacementFile(),
            MemoryKept(),
            FakeProcesses(),
        )
        self.homes = [self.place]
        self.unlisted: list[MemoryPlace] = []
        """Those that the settings don't name: the command used them."""
        self.memory = memory
        self._accounts, self._clock = accounts, clock
        stores = PlacementStores(self.file, self._place_at, self.kept, TokenMemory(memory, clock, randomness))
        self.placements = PlacementKeeper(accounts, stores, locks, clock, tell)

    def add(self, name: str) -> MemoryPlace:
        """One more home."""
        place = MemoryPlace(f"/home/ana/{name}", f"~/{name}")
        self.homes.append(place)
        return place

    async def places(self) -> list[MemoryPlace]:
        """The homes of the settings."""
        return [home for home in self.homes if home not in self.unlisted]

    def hand_overs(self, renewals: Renewals, randomness: Randomness) -> LoginHandOver:
        memory = TokenMemory(self.memory, self._clock, randomness)
        return LoginHandOver(self._accounts, self.placements, renewals, self.kept, self.processes, memory, self._clock)

    def guard(self, shared: SharedLogins, randomness: Randomness) -> CodexRenewalGuard:
        """What renewals ask."""
        memory = TokenMemory(self.memory, self._clock, randomness)
        return CodexRenewalGuard(self.placements, shared, self.places, memory)

    @property
    def record(self) -> HomeRecord:
        """What is recorded of the first home."""
        return self.file.book.record(self.place.home)

    def _place_at(self, home: str) -> MemoryPlace:
        return next(one for one in self.homes if one.home == home)
