"""Logins that several computers share, seen from a renewal: look at the row, claim it, write the new login into it.

A claim changes nothing in a row but the fraction of a second in ``update_time``, where it says when it was made. Its
login, and the second that decides for other programs which login is newer, stay as they were, so that they can read
and write the row as always. The change is conditional on the row that was read: of two computers one succeeds. What a
claim cannot prevent: a computer that cannot reach the table, a program that does not look at claims, or clocks that
differ by more than two minutes.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from datetime import timedelta
from typing import Final, NamedTuple

from msgspec.structs import replace

from probe_tray.core.account.age import newest
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import (
    ClaimedElsewhereError,
    Phrase,
    ProbeError,
    StoreError,
    SyncForbiddenError,
    TableUncheckedError,
)
from probe_tray.core.sync.claims import claimed_time, is_claimed
from probe_tray.core.sync.rows import NONCE_BYTES, SENT, RemoteRow, StepKind, SyncOptions, SyncStep, filled
from probe_tray.core.sync.setup import SyncTarget
from probe_tray.engine.sync.sync_run import SyncMeans, SyncRun
from probe_tray.ports.http import LoginCipher, RemoteTable

_LONGEST: Final = 10.0
"""Seconds that one visit to the table may take."""
_REST: Final = 60.0
"""Seconds for which a table that failed is not asked again: many renewals would wait one after the other."""
_LOOKS: Final = 6
_BETWEEN_LOOKS: Final = 3.0
"""Seconds: another computer's renewal takes a second or two, and then its login is taken over."""
_RETRY_AFTER: Final = timedelta(minutes=2)


class NoSharedLogins:
    """Implements ``SharedLogins`` where nothing is shared."""

    async def adopt_newer(self, key: AccountKey) -> bool:
        """Nobody else has one."""
        del key
        return False

    async def claim(self, key: AccountKey) -> bool:
        """Nobody else renews it."""
        del key
        return False

    async def publish(self, key: AccountKey) -> None:
        """Nobody else needs it."""


class _Visit(NamedTuple):
    """The table while it is open, and what it means for one account."""

    table: RemoteTable
    run: SyncRun
    cipher: LoginCipher
    row: RemoteRow | None
    theirs: Credential | None
    mine: Credential
    step: SyncStep | None


class SharedTable:
    """Implements ``SharedLogins`` with the table of sync."""

    def __init__(
        self, means: SyncMeans, target: Callable[[], Awaitable[SyncTarget | None]], adds_rows: Callable[[], bool]
    ) -> None:
        """``target`` finds the table, None where sync is not set up; ``adds_rows``: whether it is for a renewal to do.

        What adds no rows leaves an account that the table does not have yet to the next sync.
        """
        self._means, self._target, self._adds_rows = means, target, adds_rows
        self._claims: dict[AccountKey, tuple[RemoteRow, str | None]] = {}
        """The rows as they were claimed, and the time that each had before."""
        self._failed: tuple[float, TableUncheckedError] | None = None

    async def adopt_newer(self, key: AccountKey) -> bool:
        """As the port says."""
        async with self._visit(key) as visit:
            return visit is not None and await self._adopted(visit, key)

    async def claim(self, key: AccountKey) -> bool:
        """As the port says."""
        before: RemoteRow | None = None
        for look in range(_LOOKS):
            if look:
                await self._means.clock.sleep(_BETWEEN_LOOKS)
            async with self._visit(key) as visit:
                if visit is None:
                    return False
                if await self._adopted(visit, key):
                    return True
                if before is not None and visit.row == before:
                    # Nobody has changed it, and the table did not take the change: its policies forbid it.
                    raise SyncForbiddenError
                row, old, now = self._claim_of(visit), visit.row, self._means.clock.now()
                if row is None:
                    return False
                if old is not None and is_claimed(old.update_time, now):
                    continue
                claimed = replace(row, update_time=claimed_time(row.update_time, now))
                async with asyncio.timeout(_LONGEST):
                    taken = await (visit.table.insert(claimed) if old is None else visit.table.replace(claimed, old))
                if taken:
                    self._claims[key] = (claimed, row.update_time)
                    return False
                before = old
        raise ClaimedElsewhereError(retry_after=_RETRY_AFTER)

    async def publish(self, key: AccountKey) -> None:
        """As the port says."""
        claimed = self._claims.pop(key, None)
        async with self._visit(key) as visit:
            if visit is None or visit.step is None:
                return
            async with asyncio.timeout(_LONGEST):
                if visit.step.kind in SENT and (visit.row is not None or self._adds_rows()):
                    await visit.run.change(visit.step, key)
                elif claimed is not None and visit.row is not None and visit.row.token_data == claimed[0].token_data:
                    # Nothing came of the renewal: the row becomes what it was.
                    await visit.table.replace(replace(claimed[0], update_time=claimed[1]), visit.row)

    async def _adopted(self, visit: _Visit, key: AccountKey) -> bool:
        if visit.step is None or visit.step.kind is not StepKind.ADOPT:
            return False
        item = await visit.run.change(visit.step, key)
        return item is not None and item.kind is StepKind.ADOPT

    def _claim_of(self, visit: _Visit) -> RemoteRow | None:
        """What the row is to hold while it is claimed; None where the account has none and gets none."""
        if visit.step is None:
            return None
        if visit.row is not None and visit.step.kind is StepKind.SAME:
            return visit.row
        if visit.step.kind not in SENT or (visit.row is None and not self._adds_rows()):
            return None
        login = visit.mine if visit.theirs is None else filled(visit.mine, visit.theirs)
        return visit.cipher.seal(login, self._means.randomness.token_bytes(NONCE_BYTES), self._means.zone)

    @asynccontextmanager
    async def _visit(self, key: AccountKey) -> AsyncGenerator[_Visit | None]:
        """The table with the account's row; None where there is no table, or no such account here.

        Raises StoreError for the stores here, TableUncheckedError for everything on the way to the table.
        """
        held = [stored.credential for _, stored in await self._means.accounts.holders(key)]
        failed, clock = self._failed, self._means.clock
        if failed is not None and clock.monotonic() < failed[0] + _REST:
            raise failed[1]
        try:
            target = await self._found_target() if held else None
            if target is None:
                yield None
                return
            async with self._means.tables.open(target) as table:
                async with asyncio.timeout(_LONGEST):
                    visit = await self._looked(table, self._means.make_cipher(target.key), newest(held))
                yield visit
                await self._remember(visit.run)
        except (StoreError, ClaimedElsewhereError):
            raise
        except (ProbeError, TimeoutError) as error:
            found = error if isinstance(error, TableUncheckedError) else _unchecked(error)
            self._failed = (clock.monotonic(), found)
            raise found from None

    async def _found_target(self) -> SyncTarget | None:
        try:
            return await self._target()
        except StoreError as error:
            # The keyring keeps the secrets of sync, and not necessarily the logins.
            raise _unchecked(error) from None

    async def _looked(self, table: RemoteTable, cipher: LoginCipher, mine: Credential) -> _Visit:
        row = await table.row(mine.account_id)
        opened = None if row is None else cipher.open(row)
        try:
            seen = await self._means.memory.recall()
        except StoreError as error:
            raise _unchecked(error) from None
        rows = [] if opened is None else [opened]
        run = SyncRun(self._means, table, cipher, seen, SyncOptions(), rows, _held_already)
        theirs = None if opened is None else opened.login
        return _Visit(table, run, cipher, row, theirs, mine, run.step(mine))

    async def _remember(self, run: SyncRun) -> None:
        # The next sync says what keeps it from being written.
        with suppress(StoreError):
            await self._means.memory.remember(run.marks)


def _unchecked(error: ProbeError | TimeoutError) -> TableUncheckedError:
    if isinstance(error, ProbeError):
        return TableUncheckedError(reason=error.cause)
    return TableUncheckedError(reason=Phrase("no answer came in time"))


def _held_already(_key: AccountKey) -> AbstractAsyncContextManager[None]:
    return nullcontext()
