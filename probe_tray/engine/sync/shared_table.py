"""Logins that several computers share, seen from a renewal: look at the row, claim it, write the new login into it.

Where the table has leases, a claim is one, taken inside the database and by its clock. It also says whether the refresh
token was sent: then no other computer uses it until the new login is in the table, however long that takes.

Without leases a claim changes nothing in a row but the fraction of a second in ``update_time``, where it says when it
was made. Its login, and the second that decides for other programs which login is newer, stay as they were, so that
they can read and write the row as always. The change is conditional on the row that was read: of two computers one
succeeds. What such a claim cannot prevent: a computer that dies or loses the table after its request, a program that
does not look at claims, or clocks that differ by more than two minutes.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from datetime import timedelta
from typing import Final, NamedTuple

from msgspec.structs import replace

from probe_tray.core.account.age import newest_renewable
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    ClaimedElsewhereError,
    ProbeError,
    RenewalSentElsewhereError,
    SharingStoppedError,
    StoreError,
    SyncForbiddenError,
    TableUncheckedError,
)
from probe_tray.core.renewal.turn import turn_fraction
from probe_tray.core.sync.claims import claimed_time, is_claimed, same_moment
from probe_tray.core.sync.envelope import RowAction
from probe_tray.core.sync.leases import Lease, LeaseAnswer
from probe_tray.core.sync.rows import SENT, OpenedRow, RemoteRow, StepKind, SyncOptions, SyncStep, filled
from probe_tray.core.sync.setup import SyncTarget
from probe_tray.engine.sync.row_codec import RowCodec
from probe_tray.engine.sync.sync_context import SyncContext
from probe_tray.engine.sync.sync_run import SyncRun
from probe_tray.engine.sync.table_reach import BETWEEN_TRIES, TRIES, TableReach, unchecked
from probe_tray.ports.http import RemoteTable

_LONGEST: Final = 10.0
"""Seconds that one visit to the table may take."""
_LOOKS: Final = 6
_RETRY_AFTER: Final = timedelta(minutes=2)
_SENT_RETRY_AFTER: Final = timedelta(hours=2)  # Each try reads the row twice; the other one may be away for days.


class _OpenedTable(NamedTuple):
    """The table while it is open, and the login of the account that is shared from here."""

    table: RemoteTable
    codec: RowCodec
    mine: Credential


class _Visit(NamedTuple):
    """What the table means for one account."""

    run: SyncRun
    opened: OpenedRow | None
    step: SyncStep | None

    @property
    def row(self) -> RemoteRow | None:
        """The account's row as it was read; None where there is none."""
        return None if self.opened is None else self.opened.row

    @property
    def is_withdrawn(self) -> bool:
        """Whether the account was taken out of the table for all computers."""
        return self.step is not None and self.step.kind is StepKind.WITHDRAWN


class _ClaimedLogin(NamedTuple):
    """What this computer has claimed: a lease, or the row with the time that it had before."""

    token: str
    """The fingerprint of the refresh token that is to be used."""
    lease: Lease | None = None
    resumed: bool = False
    """The token of the lease was sent by this computer before, and nobody knows what came of it."""
    row: RemoteRow | None = None
    old_time: str | None = None


class SharedTable:
    """Implements ``SharedLogins`` with the table of sync."""

    def __init__(
        self, context: SyncContext, target: Callable[[], Awaitable[SyncTarget | None]], adds_rows: Callable[[], bool]
    ) -> None:
        """``target`` finds the table, None where sync is not set up; ``adds_rows``: whether it is for a renewal to do.

        What adds no rows leaves an account that the table does not have yet to the next sync.
        """
        self._context, self._target, self._adds_rows = context, target, adds_rows
        self._claims: dict[AccountKey, _ClaimedLogin] = {}
        self._begun: dict[AccountKey, _ClaimedLogin] = {}
        """The last claim on a row that was asked for, whatever came of it."""
        self._unclaimed: dict[AccountKey, Secret | None] = {}
        """The refresh tokens of which the table could not be asked."""
        self._reach = TableReach(context.clock)

    async def turn(self, key: AccountKey) -> float | None:
        """As the port says."""
        async with self._opened(key) as opened:
            if opened is None or not opened.codec.is_table_alone:
                return None
            return turn_fraction(key.slug, await self._context.memory.computer_id())

    async def adopt_newer(self, key: AccountKey, *, insists: bool = False) -> bool:
        """As the port says."""
        return await self._reach.ask(lambda: self._adopt_newer(key), insists=insists)

    async def claim(self, login: Credential, *, insists: bool = False) -> bool:
        """As the port says."""
        self._unclaimed.pop(login.key, None)
        try:
            return await self._reach.ask(lambda: self._claim(login), insists=insists)
        except TableUncheckedError:
            self._unclaimed[login.key] = login.refresh_token
            raise

    async def _adopt_newer(self, key: AccountKey) -> bool:
        async with self._opened(key) as opened:
            return opened is not None and await self._adopted(await self._visit(opened), key)

    async def _claim(self, login: Credential) -> bool:
        key, token = login.key, login.refresh_token
        self._claims.pop(key, None)
        before: RemoteRow | None = None
        for look in range(_LOOKS):
            if look:
                await self._context.clock.sleep(BETWEEN_TRIES)
            async with self._opened(key) as opened:
                if opened is None or token is None:
                    return False
                lease = await self._lease(key, token)  # That is sent, whatever else the stores hold.
                async with asyncio.timeout(_LONGEST):
                    answer = await opened.table.take_lease(lease)
                # Only now: what the last holder of the lease has written is there.
                visit = await self._visit(opened)
                is_granted = answer is not None and answer.is_granted
                if await self._adopted(visit, key):
                    if is_granted:
                        # Otherwise it ends by itself within minutes.
                        with suppress(ProbeError):
                            await opened.table.end_lease(lease, renewed=False)
                    return True
                if is_granted:
                    self._claims[key] = _ClaimedLogin(lease.token, lease, answer is LeaseAnswer.AGAIN)
                    return False
                if answer is LeaseAnswer.SENT:
                    kind = SharingStoppedError if visit.is_withdrawn else RenewalSentElsewhereError
                    raise kind(retry_after=_SENT_RETRY_AFTER)
                if answer is None:
                    if before is not None and visit.row == before:
                        # Nobody has changed it, and the table did not take the change: its policies forbid it.
                        raise SyncForbiddenError
                    if await self._claim_row(opened, visit, login):
                        return False
                    before = None if self._is_claimed(visit.row) else visit.row
        raise ClaimedElsewhereError(retry_after=_RETRY_AFTER)

    async def mark_sent(self, key: AccountKey) -> None:
        """As the port says. Without leases only this computer remembers it."""
        claim = self._claims.get(key)
        if claim is None:
            if (token := self._unclaimed.pop(key, None)) is not None:
                # It is sent all the same: what comes of it, or came of one before, is to get into the table.
                with suppress(StoreError):
                    noted = await self._context.memory.unshared()
                    await self._context.memory.add_unshared(key.slug, "" if key.slug in noted else token.fingerprint)
            return
        async with self._opened(key) as opened:
            if opened is None:
                return
            # Whatever ends this process: what comes of it is given to the others by the next one.
            await self._change_memory(self._context.memory.add_unshared(key.slug, claim.token))
            if claim.lease is None:
                return
            async with asyncio.timeout(_LONGEST):
                marked = await opened.table.mark_sent(claim.lease)
        if not marked:
            del self._claims[key]
            if not claim.resumed:
                # Nothing is sent, so that nothing can come of it.
                await self._change_memory(self._context.memory.forget_unshared(key.slug))
            raise ClaimedElsewhereError(retry_after=_RETRY_AFTER)

    async def unshared(self) -> tuple[AccountKey, ...]:
        """As the port says. Where the token that was sent is still the newest, nothing has come of it so far."""
        sent = await self._context.memory.unshared()
        if not sent:
            return ()
        found: list[AccountKey] = []
        for store in self._context.accounts.ours:
            for stored in (await store.load()).found:
                token, key = stored.credential.refresh_token, stored.credential.key
                if key.slug in sent and token is not None and token.fingerprint != sent[key.slug]:
                    found.append(key)
        return tuple(dict.fromkeys(found))

    async def publish(self, key: AccountKey) -> None:
        """As the port says. A table that fails is tried again where others wait for this."""
        claim = self._claims.pop(key, None)
        for left in reversed(range(1 if claim is None else TRIES)):
            try:
                await self._publish(key, claim)
            except TableUncheckedError:
                if not left:
                    # Whatever token brought it, it is to be given to the others once the table is there again.
                    with suppress(StoreError):
                        await self._context.memory.add_unshared(key.slug, "")
                    raise
                self._reach.forget()
                await self._context.clock.sleep(BETWEEN_TRIES)
            else:
                return

    async def give_up(self, key: AccountKey) -> None:
        """As the port says. A token that was sent before stays as it is: it may be used up all the same."""
        claim = self._claims.pop(key, None)
        if claim is None or claim.resumed:
            return
        if claim.lease is not None:
            await self._end_unused(claim.lease)
        else:
            async with self._opened(key) as opened:
                if opened is None:
                    return
                async with asyncio.timeout(_LONGEST):
                    await self._restore_row(opened.table, await opened.table.row(opened.mine.account_id), claim)
        await self._change_memory(self._context.memory.forget_unshared(key.slug))

    async def _end_unused(self, lease: Lease) -> None:
        """Let others use its token. The stores here are not asked: that they fail may be why nothing was sent."""
        target = await self._found_target()
        if target is None:
            return
        try:
            async with asyncio.timeout(_LONGEST), self._context.tables.open(target) as table:
                await table.end_lease(lease, renewed=False)
        except TimeoutError as error:
            raise unchecked(error) from None

    async def _publish(self, key: AccountKey, claim: _ClaimedLogin | None) -> None:
        async with self._opened(key) as opened:
            if opened is None:
                return
            visit = await self._visit(opened)
            if visit.step is None:
                return
            async with asyncio.timeout(_LONGEST):
                if visit.step.kind in SENT and (visit.row is not None or self._adds_rows()):
                    item = await visit.run.change(visit.step, key)
                    await self._remember(visit.run, opened.codec)
                    is_there = item is not None and item.kind in SENT
                else:
                    is_there = visit.step.kind is StepKind.SAME
                    if claim is not None:
                        await self._restore_row(opened.table, visit.row, claim)
                if visit.is_withdrawn:  # Nobody waits for it any more.
                    await self._change_memory(self._context.memory.forget_unshared(key.slug))
                # Until the others find the new login there, they must not use the old one.
                if is_there and (token := opened.mine.refresh_token) is not None:
                    await opened.table.end_lease(await self._lease(key, token), renewed=True)
                    await self._change_memory(self._context.memory.forget_unshared(key.slug))

    async def _adopted(self, visit: _Visit, key: AccountKey) -> bool:
        if visit.step is None or visit.step.kind is not StepKind.ADOPT:
            return False
        item = await visit.run.change(visit.step, key)
        return item is not None and item.kind is StepKind.ADOPT

    async def _lease(self, key: AccountKey, token: Secret) -> Lease:
        try:
            holder = await self._context.memory.holder(key.slug)
        except StoreError as error:
            raise unchecked(error) from None
        return Lease(account=key.slug, token=token.fingerprint, holder=holder)

    async def _change_memory(self, change: Awaitable[None]) -> None:
        try:
            await change
        except StoreError as error:
            raise unchecked(error) from None

    def _is_claimed(self, row: RemoteRow | None) -> bool:
        return row is not None and is_claimed(row.update_time, self._context.clock.now())

    async def _claim_row(self, opened: _OpenedTable, visit: _Visit, login: Credential) -> bool:
        """Whether the row says now that this computer renews the account, or there is none to say so in."""
        row, old = self._row_to_claim(opened, visit), visit.row
        if row is None:
            return True
        own = self._begun.get(login.key)
        if own is not None and old is not None and _is_same_row(old, own):
            # It was taken a moment ago, and the answer was lost.
            self._claims[login.key] = own
            return True
        if self._is_claimed(old):
            return False
        claimed = replace(row, update_time=claimed_time(row.update_time, self._context.clock.now()))
        if (token := login.refresh_token) is None:
            return False
        begun = self._begun[login.key] = _ClaimedLogin(token.fingerprint, row=claimed, old_time=row.update_time)
        async with asyncio.timeout(_LONGEST):
            taken = await (opened.table.insert(claimed) if old is None else opened.table.replace(claimed, old))
        if taken:
            self._claims[login.key] = begun
        return taken

    def _row_to_claim(self, opened: _OpenedTable, visit: _Visit) -> RemoteRow | None:
        """What the row is to hold while it is claimed; None where the account has none and gets none."""
        if visit.step is None:
            return None
        if visit.row is not None and visit.step.kind is StepKind.SAME:
            return visit.row
        if visit.step.kind not in SENT or (visit.row is None and not self._adds_rows()):
            return None
        theirs = None if visit.opened is None else visit.opened.login
        login = opened.mine if theirs is None else filled(opened.mine, theirs)
        return opened.codec.seal(login, visit.opened).row

    async def _restore_row(self, table: RemoteTable, row: RemoteRow | None, claim: _ClaimedLogin) -> None:
        """Make the claimed row what it was: nothing came of the renewal."""
        if claim.row is not None and row is not None and row.token_data == claim.row.token_data:
            await table.replace(replace(claim.row, update_time=claim.old_time), row)

    @asynccontextmanager
    async def _opened(self, key: AccountKey) -> AsyncGenerator[_OpenedTable | None]:
        """The table; None where there is none, or no such account here.

        Raises StoreError for the stores here, TableUncheckedError for everything on the way to the table.
        """
        held = [stored.credential for _, stored in await self._context.accounts.holders(key)]
        self._reach.check()
        try:
            target = await self._found_target() if held else None
            if target is None:
                yield None
                return
            async with self._context.tables.open(target) as table:
                codec = await self._codec(target)
                async with asyncio.timeout(_LONGEST):
                    codec.check(await table.status())
                yield _OpenedTable(table, codec, newest_renewable(held))
        except (StoreError, ClaimedElsewhereError, RenewalSentElsewhereError):
            raise
        except (ProbeError, TimeoutError) as error:
            raise self._reach.failed(error) from None

    async def _found_target(self) -> SyncTarget | None:
        try:
            return await self._target()
        except StoreError as error:
            # The keyring keeps the secrets of sync, and not necessarily the logins.
            raise unchecked(error) from None

    async def _visit(self, opened: _OpenedTable) -> _Visit:
        """What the account's row means as it is now."""
        async with asyncio.timeout(_LONGEST):
            row = await opened.table.row(opened.mine.account_id)
        found = None if row is None else opened.codec.open(row)
        opened.codec.check_rows()
        try:
            seen = await self._context.memory.recall()
        except StoreError as error:
            raise unchecked(error) from None
        rows = [known] if (known := found or opened.codec.absent(opened.mine.account_id)) else []
        run = SyncRun(self._context, opened.table, opened.codec, seen, SyncOptions(), rows, _held_already)
        await self._remember(run, opened.codec)
        return _Visit(run, found, await run.step(opened.mine))

    async def _remember(self, run: SyncRun, codec: RowCodec) -> None:
        # The next sync says what keeps it from being written.
        with suppress(StoreError):
            await self._context.memory.remember(run.marks)
            await codec.remember(self._context.memory)

    async def _codec(self, target: SyncTarget) -> RowCodec:
        try:
            return await self._context.codec(target, RowAction.RENEWED)
        except StoreError as error:
            raise unchecked(error) from None


def _is_same_row(row: RemoteRow, claim: _ClaimedLogin) -> bool:
    mine = claim.row
    return mine is not None and row.token_data == mine.token_data and same_moment(row.update_time, mine.update_time)


def _held_already(_key: AccountKey) -> AbstractAsyncContextManager[None]:
    return nullcontext()
