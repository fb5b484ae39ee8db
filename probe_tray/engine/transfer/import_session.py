"""The import that a person watches: reads what is given, shows what would happen, takes what is chosen."""

import asyncio
from collections.abc import Callable, Iterable
from typing import NamedTuple, final

from msgspec.structs import replace

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import ProbeError
from probe_tray.core.transfer.import_plan import Source
from probe_tray.core.transfer.state import (
    ImportChanged,
    ImportOutcome,
    ImportPhase,
    ImportState,
    ReadFiles,
    ReadPasted,
    RowId,
    row_of,
)
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.store import Store
from probe_tray.engine.transfer.login_import import LoginImport
from probe_tray.ports.files import ImportFiles
from probe_tray.ports.time import Clock

_AT_ONCE = 8
"""Files that are read between two looks at whether to go on."""
_PASTED = "pasted text"
"""No path begins so, for they are absolute."""

Given = ReadFiles | ReadPasted


class _Login(NamedTuple):
    """One that could be taken, and the account here that it is of."""

    login: Credential
    account: AccountKey


@final
class ImportSession:
    """One import at a time. Tokens are held from reading until they are taken or the import is put away."""

    def __init__(
        self, files: ImportFiles, importing: LoginImport, accounts: Accounts, store: Store, clock: Clock
    ) -> None:
        """Read ``files``, take through ``importing``, tell ``store``."""
        self._files, self._importing = files, importing
        self._accounts, self._store, self._clock = accounts, store, clock
        self._sources: dict[str, Source] = {}
        self._logins: dict[RowId, _Login] = {}
        self._given: list[Given] = []
        self._pasted = 0
        self._reading: asyncio.Task[None] | None = None
        self._stopping = False

    async def read(self, given: Given) -> None:
        """Read this besides what was read, and compare all of it with the stores."""
        shown = self._store.state.importing
        if shown is not None and shown.phase is ImportPhase.TAKING:
            return
        if shown is None or shown.phase is ImportPhase.DONE:
            self._drop()
        self._given.append(given)
        await self._work()

    async def compare(self) -> None:
        """Compare what was read with the stores once more."""
        if self._sources and self._in(ImportPhase.READY):
            await self._work()

    async def take(self, rows: Iterable[RowId], taken: Callable[[Iterable[AccountKey]], None]) -> None:
        """Keep these logins one after the other; ``taken`` hears of the accounts that have a new one."""
        shown = self._store.state.importing
        chosen = [row for row in rows if row in self._logins]
        if shown is None or shown.phase is not ImportPhase.READY or shown.blocked or not chosen:
            return
        self._stopping = False
        outcomes: dict[RowId, ImportOutcome] = {}
        keys = [self._logins[row].login.key for row in chosen]
        self._tell(replace(shown, phase=ImportPhase.TAKING, done=0, total=len(chosen), stopped=False))
        try:
            for row in chosen:
                if self._stopping:
                    break
                outcomes[row] = await self._take(self._logins[row])
                self._tell_outcomes(outcomes, ImportPhase.TAKING)
            await self._accounts.read()
        finally:
            self._drop()
            self._tell_outcomes(outcomes, ImportPhase.DONE)
        kept = [outcomes[row].problem is None for row in chosen if row in outcomes]
        taken([key for key, good in zip(keys, kept, strict=False) if good])

    def stop(self) -> None:
        """Read or take no more."""
        self._stopping = True
        if self._reading is not None and self._in(ImportPhase.READING):
            self._given.clear()
            self._reading.cancel()

    def forget(self) -> None:
        """Put all of it away, unless logins are being taken."""
        if self._in(ImportPhase.TAKING):
            return
        task, self._reading = self._reading, None
        if task is not None:
            task.cancel()
        self._given.clear()
        self._drop()
        self._tell(None)

    async def _work(self) -> None:
        if self._reading is not None:
            return
        task = self._reading = asyncio.ensure_future(self._read_and_compare(stopped=False))
        try:
            # Stopping ends the reading and not whoever waits for it.
            await asyncio.wait({task})
            if task.cancelled() and self._reading is task:
                task = self._reading = asyncio.ensure_future(self._read_and_compare(stopped=True))
                await asyncio.wait({task})
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            if self._reading is task:
                self._reading = None
        if not task.cancelled():
            task.result()

    async def _read_and_compare(self, *, stopped: bool) -> None:
        while True:
            while self._given:
                await self._read(self._given.pop(0))
            await self._compare(stopped=stopped)
            if not self._given:
                return

    async def _read(self, given: Given) -> None:
        self._show(ImportPhase.READING)
        if isinstance(given, ReadPasted):
            self._pasted += 1
            location = _PASTED if self._pasted == 1 else f"{_PASTED} {self._pasted}"
            self._sources[location] = await self._files.read_text(location, given.text)
            return
        found = await self._files.find(given.paths)
        for start in range(0, len(found), _AT_ONCE):
            self._show(ImportPhase.READING, done=start, total=len(found))
            for source in await self._files.read(found[start : start + _AT_ONCE]):
                self._sources[source.location] = source

    async def _compare(self, *, stopped: bool) -> None:
        self._show(ImportPhase.COMPARING)
        sources = tuple(self._sources.values())
        items, problems, blocked = await self._importing.preview(sources, self._clock.now())
        rows = tuple(row_of(item) for item in items)
        found = zip(rows, items, strict=True)
        self._logins = {
            row.id: _Login(item.credential, item.account)
            for row, item in found
            if item.taken and item.credential is not None and item.account is not None
        }
        target = self._accounts.ours[0].kind
        self._tell(
            ImportState(
                phase=ImportPhase.READY,
                rows=rows,
                problems=problems,
                blocked=blocked,
                stopped=stopped,
                target=target,
            )
        )

    async def _take(self, found: _Login) -> ImportOutcome:
        try:
            taken = await self._importing.take(found.login, found.account)
        except ProbeError as error:
            return ImportOutcome(problem=error.problem)
        return ImportOutcome(action=taken.action, faults=tuple(fault.problem for fault in taken.faults))

    def _in(self, phase: ImportPhase) -> bool:
        shown = self._store.state.importing
        return shown is not None and shown.phase is phase

    def _show(self, phase: ImportPhase, *, done: int = 0, total: int = 0) -> None:
        shown = self._store.state.importing or ImportState(phase=phase)
        # What an earlier import showed is over; what was read for this one stays in sight.
        rows = () if shown.phase is ImportPhase.DONE else shown.rows
        self._tell(replace(shown, phase=phase, done=done, total=total, rows=rows, stopped=False))

    def _tell_outcomes(self, outcomes: dict[RowId, ImportOutcome], phase: ImportPhase) -> None:
        shown = self._store.state.importing
        if shown is not None:
            new = (outcomes.get(row.id) for row in shown.rows)
            rows = tuple(r if r.outcome is o else replace(r, outcome=o) for r, o in zip(shown.rows, new, strict=True))
            self._tell(replace(shown, phase=phase, rows=rows, done=len(outcomes), stopped=self._stopping))

    def _drop(self) -> None:
        self._sources, self._logins, self._pasted = {}, {}, 0

    def _tell(self, state: ImportState | None) -> None:
        self._store.dispatch(ImportChanged(state))
