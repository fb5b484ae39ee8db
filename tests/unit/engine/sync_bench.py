"""Machines that share one table, over doubles."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC

from probe_tray.adapters.logins.login_cipher import AesGcmLoginCipher
from probe_tray.core.account.age import Age
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import ProbeError, StoreError, SyncSecretError, SyncStrangeError
from probe_tray.core.state import RenewalState
from probe_tray.core.sync.leases import Lease, LeaseAnswer
from probe_tray.core.sync.rights import TableGrants
from probe_tray.core.sync.rows import LastSync, RemoteRow
from probe_tray.core.sync.setup import SecretPlace, SyncSecrets, SyncTarget
from probe_tray.core.sync.table_key import keys_of, table_digest
from probe_tray.core.sync.table_record import TableRecord, TableStatus
from probe_tray.demo.table_rows import LeaseBook
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.renewal.account_logins import AccountLogins
from probe_tray.engine.renewal.token_memory import TokenMemory
from probe_tray.engine.sync.shared_table import SharedTable
from probe_tray.engine.sync.sync_context import SyncContext
from probe_tray.engine.sync.sync_service import SyncService
from probe_tray.engine.sync.synchronizer import Synchronizer
from probe_tray.engine.sync.table_service import TableService
from probe_tray.ports.accounts import AccountLocks, RenewalMemory
from probe_tray.ports.http import Tables
from probe_tray.ports.time import Clock, Randomness
from tests.support.fakes import MemoryOfTokens

KEY = Secret("5a" * 32)
TARGET = SyncTarget(url="https://table.example", api_key=Secret("publishable"), key=KEY)


async def nothing(_request: str) -> None:
    """Let a request pass."""


async def none_of_them(_logins: Sequence[Credential]) -> frozenset[AccountKey]:
    """The official client has no refresh token."""
    return frozenset()


class FakeTable:
    """A table in memory, for any number of machines."""

    def __init__(self, *rows: RemoteRow) -> None:
        self.held = {row.id: row for row in rows}
        self.fault: ProbeError | None = None
        self.takes_changes = True
        self.granted: TableGrants | None = TableGrants(read=True, add=True, change=True, lease=True)
        self.leases: LeaseBook | None = None
        """None: the table alone, without leases."""
        self.state: TableStatus | None = None
        """None: the table alone, without any SQL of this program."""
        self.writes: list[str] = []
        self.ended = frozenset[str]()
        self.opened: list[SyncTarget] = []
        self.before: Callable[[str], Awaitable[None]] = nothing
        """What happens ahead of a request of this name: a test puts another machine's turn here."""

    @asynccontextmanager
    async def open(self, target: SyncTarget) -> AsyncGenerator["FakeTable"]:
        self.opened.append(target)
        yield self

    async def status(self) -> TableStatus | None:
        await self._asked("status")
        return self.state

    async def add_key(self, digest: str) -> bool:
        await self._asked("add_key")
        if self.state is None or not self.state.protected:
            raise SyncStrangeError(host="table.example", status="400")
        if digest in self.ended:
            return False
        self.state = TableStatus(protected=True, digests=tuple({*self.state.digests, digest}))
        return True

    async def end_other_keys(self, digest: str) -> bool:
        await self._asked("end_other_keys")
        if self.state is None or digest not in self.state.digests:
            return False
        self.ended |= {*self.state.digests} - {digest}
        self.state = TableStatus(protected=True, digests=(digest,))
        return True

    async def rows(self) -> tuple[RemoteRow, ...]:
        await self._asked("rows")
        return tuple(self.held.values())

    async def row(self, row_id: str) -> RemoteRow | None:
        await self._asked("row")
        return self.held.get(row_id)

    async def insert(self, row: RemoteRow) -> bool:
        await self._asked("insert")
        if row.id in self.held or not self.takes_changes:
            return False
        self._write(row)
        return True

    async def replace(self, row: RemoteRow, seen: RemoteRow) -> bool:
        await self._asked("replace")
        now = self.held.get(seen.id)
        if now is None or now.update_time != seen.update_time or not self.takes_changes:
            return False
        self._write(row)
        return True

    async def take_lease(self, lease: Lease) -> LeaseAnswer | None:
        await self._asked("take_lease")
        if self.leases is None:
            return None
        return LeaseAnswer(self.leases.take(lease.account, lease.token, lease.holder))

    async def mark_sent(self, lease: Lease) -> bool:
        await self._asked("mark_sent")
        return self.leases is not None and self.leases.mark_sent(lease.token, lease.holder)

    async def end_lease(self, lease: Lease, *, renewed: bool) -> bool:
        await self._asked("end_lease")
        return self.leases is not None and self.leases.end(lease.account, lease.token, lease.holder, renewed=renewed)

    async def rights(self) -> TableGrants | None:
        await self._asked("rights")
        return self.granted

    def _write(self, row: RemoteRow) -> None:
        self.held[row.id] = row
        self.writes.append(row.id)

    async def _asked(self, request: str) -> None:
        await self.before(request)
        shown = {table_digest(key) for key in keys_of(self.opened[-1].key)}
        if self.state is not None and self.state.protected and shown.isdisjoint(self.state.digests):
            raise SyncSecretError(host="table.example")
        if self.fault is not None:
            raise self.fault


class MemoryOfRows:
    """What was seen, in memory."""

    def __init__(self) -> None:
        self.marks: dict[str, Age] = {}
        self.gone = frozenset[str]()
        self.name = f"computer {id(self)}"
        self.sent: dict[str, str] = {}
        self.tables: dict[str, TableRecord] = {}
        self.last: dict[str, LastSync] = {}

    async def recall(self) -> Mapping[str, Age]:
        return dict(self.marks)

    async def remember(self, marks: Mapping[str, Age]) -> None:
        self.marks |= {slug: max(mark, self.marks.get(slug, mark)) for slug, mark in marks.items()}

    async def table(self, name: str) -> TableRecord:
        return self.tables.get(name, TableRecord())

    async def remember_table(self, name: str, record: TableRecord) -> None:
        self.tables[name] = self.tables.get(name, TableRecord()).merged(record)

    async def last_sync(self, name: str) -> LastSync | None:
        return self.last.get(name)

    async def remember_last_sync(self, name: str, found: LastSync) -> None:
        self.last[name] = found

    async def forget_table(self, name: str) -> None:
        self.tables.pop(name, None)
        self.last.pop(name, None)

    async def computer_id(self) -> str:
        return self.name

    async def holder(self, slug: str) -> str:
        del slug
        return self.name

    async def unshared(self) -> Mapping[str, str]:
        return dict(self.sent)

    async def add_unshared(self, slug: str, fingerprint: str) -> None:
        self.sent[slug] = fingerprint

    async def forget_unshared(self, slug: str) -> None:
        self.sent.pop(slug, None)

    async def removed(self) -> frozenset[str]:
        return self.gone

    async def add_removed(self, slug: str) -> None:
        self.gone |= {slug}

    async def forget_removed(self, slugs: frozenset[str]) -> None:
        self.gone -= slugs


class FakeSyncSecrets:
    """The secrets of sync, in memory; ``fault`` is raised by every call while it is set."""

    def __init__(self, held: SyncSecrets | None = None) -> None:
        self.held, self._lock = held or SyncSecrets(), asyncio.Lock()
        self.fault: ProbeError | None = None
        self.before: Callable[[str], Awaitable[None]] = nothing
        """What happens ahead of a call of this name."""

    async def load(self) -> SyncSecrets:
        await self.before("load")
        self._fail()
        return self.held

    async def save(
        self, *, api_key: Secret | None, key: Secret | None, begins: Callable[[], None] = lambda: None
    ) -> None:
        await self.before("save")
        self._fail()
        begins()
        api_key, key = api_key or self.held.api_key, key or self.held.key
        self.held = SyncSecrets(
            api_key=api_key, key=key, api_key_place=SecretPlace.KEYRING, key_place=SecretPlace.KEYRING
        )

    async def forget(self) -> None:
        self._fail()
        self.held = SyncSecrets()

    @asynccontextmanager
    async def hold(self) -> AsyncGenerator[None]:
        await self.before("hold")
        async with self._lock:
            yield

    def _fail(self) -> None:
        if self.fault is not None:
            raise self.fault


class SyncBench:
    """Sync of one machine."""

    service: SyncService
    """What a bench with settings puts there. Likewise ``changes``."""
    changes: TableService

    def __init__(
        self,
        accounts: Accounts,
        locks: AccountLocks,
        clock: Clock,
        randomness: Randomness,
        table: FakeTable | None = None,
        *,
        tables: Tables | None = None,
        computer: str = "study-pc",
    ) -> None:
        self.table = table or FakeTable()
        self.memory, self.secrets = MemoryOfRows(), FakeSyncSecrets()
        self.dead: dict[str, RenewalState] = {}
        self.in_codex = frozenset[AccountKey]()
        """What the official client has here without its refresh token."""
        self.with_client: Callable[[Sequence[Credential]], Awaitable[frozenset[AccountKey]]] = none_of_them
        self.unsettled: ProbeError | None = None
        self.tokens: RenewalMemory = MemoryOfTokens()
        """What is remembered of refresh tokens, by which stores are brought together."""

        async def level(key: AccountKey) -> Sequence[StoreError]:
            return await AccountLogins(accounts, TokenMemory(self.tokens, clock, randomness)).level(key)

        self.context = SyncContext(
            accounts=accounts,
            sources=lambda: accounts.ours,
            store_for_new=lambda: accounts.ours[0],
            level=level,
            renewal_of=self._renewal_of,
            with_client=self._with_client,
            in_codex=self._in_codex,
            tables=tables or self.table,
            make_cipher=AesGcmLoginCipher,
            memory=self.memory,
            removed=self.memory,
            clock=clock,
            randomness=randomness,
            zone=UTC,
            computer=computer,
        )
        self.ready = False
        """Whether renewals find the table."""
        self.adds_rows = False
        """Whether they put an account into it that it does not have."""
        self.shared = SharedTable(self.context, self._target, lambda: self.adds_rows)
        self.syncing = Synchronizer(self.context, locks, self._settle)

    async def _target(self) -> SyncTarget | None:
        return TARGET if self.ready else None

    async def _settle(self, key: AccountKey) -> None:
        del key
        if self.unsettled is not None:
            raise self.unsettled

    async def _with_client(self, logins: Sequence[Credential]) -> frozenset[AccountKey]:
        return await self.with_client(logins)

    async def _in_codex(self) -> frozenset[AccountKey]:
        return self.in_codex

    async def _renewal_of(self, fingerprint: str) -> RenewalState:
        return self.dead.get(fingerprint, RenewalState())
