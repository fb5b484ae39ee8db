"""Doubles for importing and exporting: files in memory."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC

from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import NotSentError, WriteError
from probe_tray.core.formats.document import read_documents
from probe_tray.core.state import RenewalState
from probe_tray.core.transfer.import_plan import ImportCandidate, Source
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.account.token_owners import TokenOwners
from probe_tray.engine.store import Store
from probe_tray.engine.transfer.export_session import ExportSession
from probe_tray.engine.transfer.import_session import ImportSession
from probe_tray.engine.transfer.login_check import LoginCheck
from probe_tray.engine.transfer.login_import import LoginImport
from probe_tray.engine.transfer.transfers import Transfers
from probe_tray.ports.accounts import AccountLocks
from probe_tray.ports.time import Clock
from tests.support.fakes import FakeClock, ScriptedService


class MemoryImportFiles:
    """Files by name; ``gate`` keeps reading back."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.in_use: set[str] = set()
        self.read_so_far: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def find(self, paths: Sequence[str]) -> tuple[ImportCandidate, ...]:
        return tuple(
            ImportCandidate(location=name)
            for path in paths
            for name in ([path] if path in self.files else sorted(n for n in self.files if n.startswith(path)))
        )

    async def read(self, candidates: Sequence[ImportCandidate]) -> tuple[Source, ...]:
        await self.gate.wait()
        self.read_so_far += [c.location for c in candidates]
        return tuple(
            Source(
                location=c.location,
                documents=read_documents(self.files[c.location]),
                in_use=c.location in self.in_use,
            )
            for c in candidates
        )

    async def read_text(self, location: str, text: Secret) -> Source:
        return Source(location=location, documents=read_documents(text.reveal().encode()))


class MemoryExportFiles:
    """What was written, by path; ``faults`` fail single paths."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, WriteError] = {}

    async def in_the_way(self, paths: Sequence[str]) -> tuple[str, ...]:
        return tuple(path for path in paths if path in self.files)

    async def write(self, path: str, data: bytes) -> bool:
        if path in self.faults:
            raise self.faults[path]
        self.files[path] = data
        return len(data) < 10_000


async def nothing_known(_fingerprint: str) -> RenewalState:
    return RenewalState()


async def nothing_noted(_fingerprint: str) -> None:
    """Where nobody asks later which tokens the official client had."""


def offline_check(renewal_of: Callable[[str], Awaitable[RenewalState]] = nothing_known) -> LoginCheck:
    """What finds nothing out, for the service can't be reached, but knows what is remembered of refresh tokens."""
    service = ScriptedService()
    service.answer("usage", NotSentError(reason="there is no network"))
    return LoginCheck(service, renewal_of, FakeClock())


def offline_owners() -> TokenOwners:
    """What learns no token's owner, likewise."""
    service = ScriptedService()
    service.answer("token_owner", NotSentError(reason="there is no network"))
    return TokenOwners(service, FakeClock())


class TransferBench:
    """Import and export over files in memory."""

    def __init__(self, accounts: Accounts, locks: AccountLocks, store: Store, clock: Clock) -> None:
        self.given, self.written = MemoryImportFiles(), MemoryExportFiles()
        taking = LoginImport(accounts, locks, offline_check(), offline_owners(), nothing_noted)
        self.transfers = Transfers(
            ImportSession(self.given, taking, accounts, store, clock),
            ExportSession(self.written, accounts, offline_check().ended, store, clock, UTC, "client"),
        )
