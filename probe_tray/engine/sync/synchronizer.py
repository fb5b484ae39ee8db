"""One sync: the logins here and the rows of the shared table, brought together account by account.

A login that is newer here is never replaced, a row that cannot be read is never overwritten without permission, and
nothing is written over a row that another machine has changed since it was read. What is newer is said by the access
token's ``iat``, then by ``last_refresh``, and by nothing that stands in the clear.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from probe_tray.core.account.age import are_apart, newest_renewable
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.errors import ProbeError, Problem, StoreError, SyncKeyError, SyncRefusedError
from probe_tray.core.sync.computers import computer_labels
from probe_tray.core.sync.envelope import RowAction
from probe_tray.core.sync.plan import wrong_key
from probe_tray.core.sync.rights import TableRight
from probe_tray.core.sync.rows import LastSync, OpenedRow, RemoteRow, StepKind, SyncItem, SyncOptions, SyncReport
from probe_tray.core.sync.setup import SyncTarget, SyncTestResult
from probe_tray.core.sync.table_key import keys_of, table_digest
from probe_tray.core.sync.table_record import TableStatus, table_name
from probe_tray.engine.sync.row_codec import RowCodec
from probe_tray.engine.sync.sync_context import SyncContext
from probe_tray.engine.sync.sync_run import Progress, SyncRun
from probe_tray.ports.accounts import AccountLocks, StoreContents
from probe_tray.ports.files import SyncMemory
from probe_tray.ports.http import LoginCipher, MakeLoginCipher, RemoteTable, Tables

_BETWEEN_BREATHS = 16
"""Rows opened before the rest of the program gets its turn: some 5 ms of work."""


class Synchronizer:
    """Runs syncs, one at a time for each object."""

    def __init__(
        self, context: SyncContext, locks: AccountLocks, settle: Callable[[AccountKey], Awaitable[None]]
    ) -> None:
        """Work with ``context``, on each account under its lock.

        ``settle`` brings an earlier renewal to its end while that is held: the newest tokens may be in the journal.
        """
        self._context = context
        self._locks = locks
        self._settle = settle
        self._stopped = False

    def stop(self) -> None:
        """Begin no further account; what is under way is seen to its end."""
        self._stopped = True

    async def forget(self, url: str) -> None:
        """Begin with the table at this address as if it had never been seen: a person stops using it as it was.

        Raises StoreError.
        """
        await self._context.memory.forget_table(table_name(url))

    async def is_protected(self, url: str) -> bool:
        """Whether this computer uses the table at this address as a protected one. Raises StoreError."""
        record = await self._context.memory.table(table_name(url))
        return record.protected and not record.is_open_allowed

    async def last_sync(self, url: str) -> LastSync | None:
        """What is remembered of the last sync with the table at this address. Raises StoreError."""
        return await self._context.memory.last_sync(table_name(url))

    async def test(self, target: SyncTarget) -> SyncTestResult:
        """Try what the table grants, and leave nothing there. Never raises a ProbeError."""
        return await try_table(self._context.tables, self._context.make_cipher, target, self._context.memory)

    async def run(
        self, target: SyncTarget, options: SyncOptions, progress: Progress = lambda _done, _total: None
    ) -> SyncReport:
        """Bring both sides together. Never raises a ProbeError: what went wrong is in the report."""
        report = await self._run(target, options, progress)
        if report.problem is None and not report.left:
            # It is shown after the next start; nothing of a sync needs it.
            with suppress(ProbeError):
                await self._context.memory.remember_last_sync(table_name(target.url), LastSync.of(report))
        return report

    async def _run(self, target: SyncTarget, options: SyncOptions, progress: Progress) -> SyncReport:
        self._stopped = False
        items: list[SyncItem] = []
        problem: Problem | None = None
        run: SyncRun | None = None
        resealed, unread, resealable = 0, None, False
        try:
            local, apart, items = await self._local()
            async with self._context.tables.open(target) as table:
                codec = await self._context.codec(target, RowAction.SHARED)
                status = await _resumed(table, target, await table.status(), progress)
                opened = await self._opened(table, codec, status, allow_open=options.allow_open)
                opened += _absent(codec, local, opened)
                if wrong_key(opened):
                    _only_with_permission(opened, options)
                seen = await self._context.memory.recall()
                run = SyncRun(self._context, table, codec, seen, options, opened, self._hold)
                await run.work(local, apart, progress, lambda: self._stopped)
                resealed = await run.reseal(lambda: self._stopped)
                unread = await _opened_by_old_key(codec, table, target, status)
                resealable = any(codec.can_reseal(one) for one in unread or ())
        except ProbeError as error:
            problem = error.problem
        if run is not None:
            items += run.items
            problem = await self._remember(run, run.problem or problem)
        return SyncReport(
            ended_at=self._context.clock.now(),
            items=tuple(items),
            problem=problem,
            left=0 if run is None else run.left,
            resealed=resealed,
            computers=computer_labels(item.stamp for item in items if item.stamp is not None),
            newest_key_id="" if run is None else run.codec.newest_key_id,
            old_key_ended=unread is not None and (not unread or (not resealable and self._gives_up(run, options))),
            only_old_key=tuple(one.row.id for one in unread or ()),
            resealable=resealable,
        )

    async def _opened(
        self, table: RemoteTable, codec: RowCodec, status: TableStatus | None, *, allow_open: bool
    ) -> list[OpenedRow]:
        """All rows. Raises SyncOpenedError where the table was protected and is not, unless a person allows that."""
        codec.check(status, allow_open=allow_open)
        was_found_open = codec.is_found_open
        opened = await open_all(codec, await table.rows())
        if codec.is_found_open and not was_found_open:
            # Its rows show it. Somebody may have protected it between the two requests.
            codec.check(await table.status(), allow_open=allow_open)
        if allow_open:
            await codec.remember(self._context.memory)
        return opened

    def _gives_up(self, run: SyncRun | None, options: SyncOptions) -> bool:
        """Whether the person does without the rows that only the old key opens, and that are of no use.

        Not where this sync did not get to all of them: one may hold the newest login of its account.
        """
        if run is None or self._stopped or run.left or run.problem is not None:
            return False
        return options.overwrite_all

    async def _remember(self, run: SyncRun, problem: Problem | None) -> Problem | None:
        """Keep what was seen; the problem to tell, which is ``problem`` where there is one."""
        try:
            await self._context.memory.remember(run.marks)
            await run.codec.remember(self._context.memory)
        except ProbeError as error:
            return problem or error.problem
        return problem

    @asynccontextmanager
    async def _hold(self, key: AccountKey) -> AsyncGenerator[None]:
        async with self._locks.hold(key):
            await self._settle(key)
            yield

    async def _local(self) -> tuple[list[Credential], frozenset[AccountKey], list[SyncItem]]:
        """The login of each account that takes part, which of them differ by store, and what could not be read.

        Raises StoreError.
        """
        logins: list[Credential] = []
        items: list[SyncItem] = []
        for content in await asyncio.gather(*(store.load() for store in self._context.sources())):
            if content.problem is not None:
                raise _StoreFailed(content.problem)
            items += [
                SyncItem(kind=StepKind.FAILED, row_id="", who=one.location, problem=one.problem)
                for one in content.unreadable
            ]
            logins += _taking_part(content)
        of_account = _by_account(logins)
        apart = frozenset(
            key for key, found in _by_account([*logins, *await self._beside()]).items() if are_apart(found)
        )
        return [newest_renewable(found) for found in of_account.values()], apart, items

    async def _beside(self) -> list[Credential]:
        """The logins of the stores that take no part: one of them may have missed what another store got.

        What of them can't be read is left out: it can't be brought up either, and no account that takes part needs it.
        """
        contents = await asyncio.gather(*(store.load() for store in self._context.beside()))
        return [login for content in contents for login in _taking_part(content)]


def _taking_part(content: StoreContents) -> list[Credential]:
    # The official client's login is its own: on another machine somebody would renew it. A personal access token was
    # made for this computer; in a table that leaks nobody could make it useless by renewing it.
    ours = [stored.credential for stored in content.found if stored.store is not StoreKind.OFFICIAL]
    return [login for login in ours if not login.is_personal]


def _by_account(logins: Sequence[Credential]) -> dict[AccountKey, list[Credential]]:
    of_account: dict[AccountKey, list[Credential]] = {}
    for login in logins:
        of_account.setdefault(login.key, []).append(login)
    return of_account


class _StoreFailed(StoreError):
    """A store as a whole could not be opened, and has said why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__()
        self._problem = problem

    @property
    def problem(self) -> Problem:
        return self._problem


def _only_with_permission(opened: Sequence[OpenedRow], options: SyncOptions) -> None:
    """Raise SyncKeyError unless the person wants these rows replaced: the key here is most likely another one."""
    if not any(options.permits(one.row.id) for one in opened):
        raise SyncKeyError


async def _resumed(
    table: RemoteTable, target: SyncTarget, status: TableStatus | None, progress: Progress
) -> TableStatus | None:
    """Let the new key of two in, where that did not happen when it was made: only with it both stay readable."""
    new, *old = keys_of(target.key)
    if status is None or not status.protected or not old or status.lets_in(new):
        return status
    # From here on the table may be another one.
    progress(0, 0)
    if not await table.add_key(table_digest(new)):
        # It was ended before anybody wrote with it: the old one is let in, and goes on alone.
        return status
    return await table.status()


def _absent(codec: RowCodec, local: Sequence[Credential], opened: Sequence[OpenedRow]) -> list[OpenedRow]:
    known = {one.row.id for one in opened}
    missing = {login.account_id for login in local} - known
    return [found for row_id in sorted(missing) if (found := codec.absent(row_id)) is not None]


def old_key_has_ended(target: SyncTarget, status: TableStatus) -> bool:
    """Whether there are two keys, and the table lets in the new one of them alone."""
    new, *old = keys_of(target.key)
    return bool(old) and status.lets_in(new) and not any(status.lets_in(one) for one in old)


async def rows_of_old_key(
    codec: RowCodec, table: RemoteTable, target: SyncTarget, status: TableStatus | None
) -> tuple[str, ...] | None:
    """The ids of the rows that only the old key of two opens; None where that is let in yet, or there is one alone."""
    found = await _opened_by_old_key(codec, table, target, status)
    return None if found is None else tuple(one.row.id for one in found)


async def _opened_by_old_key(
    codec: RowCodec, table: RemoteTable, target: SyncTarget, status: TableStatus | None
) -> tuple[OpenedRow, ...] | None:
    if status is None or not old_key_has_ended(target, status):
        return None
    # Read again: a row may have been written right before it ended.
    return tuple(one for row in await table.rows() if codec.needs_old_key(one := codec.open(row)))


async def try_table(
    tables: Tables, make_cipher: MakeLoginCipher, target: SyncTarget, memory: SyncMemory
) -> SyncTestResult:
    """Whether the table of ``target`` grants what sync needs, and its rows can be opened. Never raises a ProbeError.

    ``memory`` knows whether the table was protected.
    """
    try:
        async with tables.open(target) as table:
            try:
                rows = await table.rows()
            except SyncRefusedError:
                # Whoever may not read may still hear what else is missing; a wrong key hears nothing.
                rights = await table.rights()
                if rights is None or TableRight.READ not in rights.missing:
                    raise
                return SyncTestResult(rights=rights)
            (await memory.table(table_name(target.url))).check(await table.status(), target.url)
            rights = await table.rights()
    except ProbeError as error:
        return SyncTestResult(problem=error.problem)
    opened = await open_all(make_cipher(target.key), rows)
    usable = sum(one.fault is not StepKind.UNDECRYPTABLE for one in opened)
    problem = SyncKeyError().problem if wrong_key(opened) else None
    return SyncTestResult(rows=len(rows), opened=usable, rights=rights, problem=problem)


async def open_all(cipher: RowCodec | LoginCipher, rows: Sequence[RemoteRow]) -> list[OpenedRow]:
    """What all of these rows hold; the rest of the program gets its turns meanwhile."""
    opened: list[OpenedRow] = []
    for number, row in enumerate(rows):
        if number % _BETWEEN_BREATHS == 0:
            await asyncio.sleep(0)
        opened.append(cipher.open(row))
    return opened
