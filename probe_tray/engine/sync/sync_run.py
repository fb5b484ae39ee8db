"""What one sync does with one table, account by account: each change under the account's lock.

A login whose refresh token was refused, or was sent without an answer, is not sent to the table, though it be newer
than the row: whoever took it over would use that token and end what may still live. It stays here all the same. So does
one whose refresh token the official client has: two would renew it.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import NamedTuple

from msgspec.structs import replace

from probe_tray.core.account.age import Age, age, are_apart, newest_renewable
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import (
    CodexWholeSharedError,
    ProbeError,
    Problem,
    RowError,
    ServiceError,
    StoreError,
    SyncConflictError,
    SyncError,
    SyncForbiddenError,
)
from probe_tray.core.sync.plan import decide, kind_of, newest_seen, plan, problem_of
from probe_tray.core.sync.rows import (
    RECEIVED,
    SENT,
    OpenedRow,
    StepKind,
    SyncItem,
    SyncOptions,
    SyncStep,
    filled,
)
from probe_tray.engine.sync.row_codec import RowCodec
from probe_tray.engine.sync.sync_context import SyncContext
from probe_tray.ports.http import RemoteTable

_AT_ONCE = 16
"""Accounts worked on side by side: they share the looks at a folder, which ask about each of its files."""
_TRIES = 4
"""How often a row is read again that another machine changed meanwhile."""

Progress = Callable[[int, int], None]
"""Hears how many accounts are done, and of how many."""


Hold = Callable[[AccountKey], AbstractAsyncContextManager[None]]
"""Keeps everybody else from an account, whose stores then hold the newest tokens that are known here."""


class SyncRun:
    """Works through the accounts."""

    def __init__(
        self,
        context: SyncContext,
        table: RemoteTable,
        codec: RowCodec,
        seen: Mapping[str, Age],
        options: SyncOptions,
        opened: Sequence[OpenedRow],
        hold: Hold,
    ) -> None:
        self._context, self._table, self._options = context, table, options
        self.codec = codec
        self._seen, self._hold = seen, hold
        self._rows = {one.row.id: one for one in opened}
        self.marks: dict[str, Age] = {}
        self.problem: Problem | None = None
        self.left = 0
        self._items: dict[int, SyncItem] = {}
        self._stamps = {one.row.id: one.stamp for one in opened}
        self._turn = asyncio.Lock()
        self._remembering: asyncio.Future[None] | None = None
        """What is written of the table once the writing that goes on has ended."""
        for one in opened:
            self._see(one.login)

    @property
    def items(self) -> list[SyncItem]:
        """What was done, in the order of the plan."""
        found = [self._items[number] for number in sorted(self._items)]
        used = SENT | RECEIVED | {StepKind.SAME, StepKind.WITHDRAWN}
        stamps = {row_id: self.codec.elsewhere(stamp) for row_id, stamp in self._stamps.items()}
        return [replace(one, stamp=stamps.get(one.row_id)) if one.kind in used else one for one in found]

    async def work(
        self,
        local: Sequence[Credential],
        apart: Collection[AccountKey],
        progress: Progress,
        stopped: Callable[[], bool],
    ) -> None:
        """Do what is to be done for each account, a few side by side; those that share a row one after the other.

        Of those that are ``apart`` the stores hold different logins. Once ``stopped`` says so no further one is begun.
        Raises StoreError where it is not known what was removed here.
        """
        steps = plan(local, self._rows.values(), self._seen, self._options, await self._removed(local))
        groups = await self._grouped(steps, local, apart)
        slots, done = asyncio.Semaphore(_AT_ONCE), len(self._items)
        progress(done, len(steps))

        async def one_row(group: list[_Work]) -> None:
            nonlocal done
            async with slots:
                for work in group:
                    if stopped() or self.problem is not None:
                        self.left += 1
                        continue
                    item = await self._one(work)
                    if item is not None:
                        self._items[work.number] = item
                    done += 1
                    progress(done, len(steps))

        await asyncio.gather(*(one_row(group) for group in groups))

    async def _removed(self, local: Sequence[Credential]) -> frozenset[str]:
        """The slugs of the accounts that a person removed here; one that is here again takes part as before."""
        removed = await self._context.removed.removed()
        for key in {login.key for login in local if login.key.slug in removed}:
            # What cannot be told now is told by the next sync.
            with suppress(ProbeError):
                async with self._hold(key):
                    # It may have been removed since the stores were read, which takes as long as the table does.
                    if await self._context.accounts.holders(key):
                        await self._context.removed.forget_removed(frozenset({key.slug}))
                        removed -= {key.slug}
        return removed

    async def _grouped(
        self, steps: Sequence[SyncStep], local: Sequence[Credential], apart: Collection[AccountKey]
    ) -> "list[list[_Work]]":
        """What is to be done, by row. Of the other steps it is known what they come to, which is noted."""
        with_client = await self._context.with_client(local)
        groups: dict[str, list[_Work]] = {}
        held = {login.key: login for login in local}
        for number, planned in enumerate(steps):
            step = planned if planned.key is None else await self._judged(planned, held.get(planned.key))
            item = None if step.kind in SENT | RECEIVED else self._unchanged(step, with_client)
            if step.key is not None and (item is None or step.key in apart):
                groups.setdefault(step.row_id, []).append(_Work(number, step, step.key, item))
            elif item is not None:
                self._items[number] = item
        return list(groups.values())

    async def reseal(self, stopped: Callable[[], bool]) -> int:
        """Seal anew what is not sealed as it is written now, each row with the login that it holds; how many.

        A row that somebody has changed meanwhile is left to the next sync.
        """
        done = 0
        for row in list(self._rows.values()):
            if stopped() or self.problem is not None:
                break
            sealed = self.codec.reseal(row)
            if sealed is None:
                continue
            if await self._table.replace(sealed.row, row.row):
                await self._wrote(sealed)
                done += self.codec.can_reseal(row)
        return done

    async def step(self, mine: Credential) -> SyncStep | None:
        """What is to be done with the login of one account here; None where its row leaves that open."""
        steps = plan([mine], self._rows.values(), self._seen, self._options)
        found = next((step for step in steps if step.key == mine.key or step.kind is StepKind.ADOPT), None)
        return None if found is None else await self._judged(found, mine)

    async def _judged(self, step: SyncStep, mine: Credential | None) -> SyncStep:
        row = self._rows.get(step.row_id)
        if step.kind is not StepKind.SAME or mine is None or row is None or row.login is None:
            return step
        return replace(step, kind=await self._of_the_same_age(mine, row.login))

    async def _of_the_same_age(self, mine: Credential, theirs: Credential) -> StepKind:
        """What becomes of two logins, neither of which is newer.

        One access token can have two refresh tokens: where it was sent alone the row has kept an older one. That the
        older one was spent is remembered where this was done, and nothing else tells them apart.
        """
        one, other = mine.refresh_token, theirs.refresh_token
        if mine.access_token != theirs.access_token or one is None or other is None or one == other:
            return StepKind.SAME
        is_mine_spent, is_theirs_spent = await self._has_ended(mine), await self._has_ended(theirs)
        if is_mine_spent == is_theirs_spent:
            return StepKind.SAME
        return StepKind.ADOPT if is_mine_spent else StepKind.UPLOAD_NEWER

    def _unchanged(self, step: SyncStep, with_client: Collection[AccountKey]) -> SyncItem:
        if step.kind is StepKind.SAME and step.key in with_client:
            # From before it was handed over: the other computers have the token as well.
            return _item(step, StepKind.HELD_BACK, CodexWholeSharedError().problem)
        return _item(step, step.kind, problem_of(step.kind, self._rows.get(step.row_id)))

    async def _one(self, work: "_Work") -> SyncItem | None:
        """None where there is nothing to be said any more, or the table as a whole failed."""
        step = work.step
        try:
            if work.item is None:
                return await self.change(step, work.key)
            async with self._hold(work.key):
                _, behind = await self._levelled(work.key)
                return _with_fault(work.item, behind)
        except (SyncConflictError, RowError) as error:
            return _item(step, StepKind.FAILED, error.problem)
        except (SyncError, ServiceError) as error:
            # What befell this one would befall all the others.
            self.problem = self.problem or error.problem
            self.left += 1
            return None
        except ProbeError as error:
            return _item(step, StepKind.FAILED, error.problem)

    async def change(self, step: SyncStep, key: AccountKey) -> SyncItem | None:
        """Do what is to be done with one account; None where nothing is left of it. Raises a ProbeError."""
        row = self._rows.get(step.row_id)
        async with self._hold(key):
            held, behind = await self._levelled(key)
            proved = False
            for attempt in range(_TRIES):
                if attempt:
                    held = await self._held(key)
                mine = newest_renewable(held) if held else None
                theirs = None if row is None else row.login
                if mine is None and row is None:
                    return None
                if mine is None and theirs is not None and theirs.key != key:
                    # Its lock is not the one that is held.
                    break
                kind = await self._decided(step, key, mine, row)
                if kind in RECEIVED and theirs is not None:
                    if mine is not None and await self._has_ended(theirs) and not await self._has_ended(mine):
                        return _with_fault(_item(step, StepKind.NOT_TAKEN, None), behind)
                    if proved:
                        return await self._receive(step, kind, mine, theirs)
                    # Disks take their time, and programs that know no lock may renew meanwhile: look again after it.
                    await self._prove(mine, theirs)
                    proved = True
                    continue
                if kind not in SENT or mine is None:
                    return _with_fault(_item(step, kind, problem_of(kind, row)), behind)
                if await self._context.with_client([mine]):
                    return _with_fault(_item(step, StepKind.WITH_CODEX, None), behind)
                against = await self._against(mine)
                if against is not None:
                    return _with_fault(_item(step, StepKind.HELD_BACK, against), behind)
                if await self._send(mine, row):
                    return _with_fault(_sent(step, kind, row), behind)
                row = await self._again(step.row_id, row)
        raise SyncConflictError

    async def _decided(
        self, step: SyncStep, key: AccountKey, mine: Credential | None, row: OpenedRow | None
    ) -> StepKind:
        theirs = None if row is None else row.login
        seen = newest_seen(self._seen, mine, theirs)
        kind = decide(mine, row, seen, overwrite=self._options.permits(step.row_id, kind_of(row)))
        if kind is StepKind.SAME and mine is not None and theirs is not None:
            return await self._of_the_same_age(mine, theirs)
        if kind is StepKind.RESTORE and key.slug in await self._context.removed.removed():
            # A person removed it after the plan was made.
            return StepKind.REMOVED
        return kind

    async def _send(self, mine: Credential, row: OpenedRow | None) -> bool:
        """Whether the table took it; it does not where the row is no longer the one that was read."""
        theirs = None if row is None else row.login
        # A row that alone can be renewed must not lose that to a login that cannot.
        sent = mine if theirs is None else filled(mine, theirs)
        sealed = self.codec.seal(sent, row)
        done = await (self._table.insert(sealed.row) if row is None else self._table.replace(sealed.row, row.row))
        if done:
            self._see(mine)
            await self._wrote(sealed)
        return done

    async def _again(self, row_id: str, before: OpenedRow | None) -> OpenedRow | None:
        found = await self._table.row(row_id)
        if found == (None if before is None else before.row):
            # Nobody has changed it, and the table did not take the change: its policies forbid it without a word.
            raise SyncForbiddenError
        opened = None if found is None else self.codec.open(found)
        if opened is not None:
            self._see(opened.login)
        return opened

    async def _levelled(self, key: AccountKey) -> tuple[list[Credential], Problem | None]:
        """What the stores here hold of an account, once they were brought together; and what kept one of them from it.

        One may have missed an earlier login, while its disk was full or another program had its file open. Its token
        is spent, and whoever sends it ends the login in all of them.
        """
        held = await self._held(key)
        if not are_apart(held):
            return held, None
        faults = await self._context.level(key)
        return await self._held(key), faults[0].problem if faults else None

    async def _held(self, key: AccountKey) -> list[Credential]:
        return [stored.credential for _, stored in await self._context.accounts.holders(key)]

    async def _prove(self, mine: Credential | None, theirs: Credential) -> None:
        place = self._context.store_for_new() if mine is None else self._context.accounts
        await place.check_writable(theirs.key if mine is None else mine.key)

    async def _receive(self, step: SyncStep, kind: StepKind, mine: Credential | None, theirs: Credential) -> SyncItem:
        if mine is None:
            await self._context.store_for_new().save(theirs)
            return _item(step, kind, None)
        # Its key is another one where only one of the two names its user.
        faults = await self._context.accounts.keep(filled(theirs, mine), mine.key, spares_newer=True)
        return _with_fault(_item(step, kind, None), faults[0].problem if faults else None)

    async def _has_ended(self, login: Credential) -> bool:
        problem = await self._against(login)
        return problem is not None and problem.kind.needs_login

    async def _against(self, login: Credential) -> Problem | None:
        token = login.refresh_token
        return None if token is None else (await self._context.renewal_of(token.fingerprint)).problem

    async def _wrote(self, sealed: OpenedRow) -> None:
        self.codec.see(sealed)
        self._stamps[sealed.row.id] = sealed.stamp
        # Now: were this process killed, an older copy of the row would pass for the newest. The end of the sync tells
        # what keeps it from being written.
        with suppress(StoreError):
            await self._remember()

    async def _remember(self) -> None:
        """Wait for a writing that begins after this call, which all callers until then share. Raises StoreError.

        The file holds all rows of the table: written for each of thousands it would take most of the time.
        """
        if self._remembering is None:
            self._remembering = asyncio.ensure_future(self._remember_soon())
        # Whoever is cancelled must not take it from the others.
        await asyncio.shield(self._remembering)

    async def _remember_soon(self) -> None:
        async with self._turn:
            # From here on a call needs a later writing: what it has seen may not be in this one.
            self._remembering = None
            await self.codec.remember(self._context.memory)

    def _see(self, login: Credential | None) -> None:
        if login is not None:
            slug, found = login.key.slug, age(login)
            self.marks[slug] = max(self.marks.get(slug, found), found)


class _Work(NamedTuple):
    number: int
    """Its place in the plan."""
    step: SyncStep
    key: AccountKey
    item: SyncItem | None
    """What it comes to where only its stores here are brought together."""


def _sent(step: SyncStep, kind: StepKind, row: OpenedRow | None) -> SyncItem:
    item = _item(step, kind, problem_of(kind, row))
    return replace(item, replaced=kind_of(row)) if kind is StepKind.OVERWRITE else item


def _with_fault(item: SyncItem, behind: Problem | None) -> SyncItem:
    return item if behind is None else replace(item, behind=behind)


def _item(step: SyncStep, kind: StepKind, problem: Problem | None) -> SyncItem:
    return SyncItem(kind=kind, row_id=step.row_id, key=step.key, who=step.who, problem=problem)
