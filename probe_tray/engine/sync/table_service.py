"""Changes of the table as a whole in the tray app: what runs, and what came of it, is in the state."""

from typing import assert_never

from msgspec.structs import replace

from probe_tray.core.commands import ChangeSyncKey, EndOldSyncKey, StopSharing, TableCommand
from probe_tray.core.errors import ProbeError
from probe_tray.core.sync.rows import SyncOptions
from probe_tray.core.sync.setup import SyncChanged
from probe_tray.core.sync.table_change import TableChange, TableChangeKind
from probe_tray.engine.store import Store
from probe_tray.engine.sync.sync_service import SyncService
from probe_tray.engine.sync.table_owner import TableOwner


class TableService:
    """One change at a time. Each can be begun again, whatever broke it off."""

    def __init__(self, owner: TableOwner, syncs: SyncService, store: Store) -> None:
        """``owner`` does it; ``syncs`` knows the table, and makes what was changed known to the others."""
        self._owner, self._syncs, self._store = owner, syncs, store
        self._count = 0

    async def do(self, command: TableCommand) -> None:
        """Do what a person asked for, unless another change runs. What fails is in the state."""
        last = self._store.state.sync.change
        if last is not None and last.running:
            return
        self._count += 1
        change = _begun(command, self._count)
        self._tell(change)
        try:
            await self._do(command)
        except ProbeError as error:
            change = replace(change, problem=error.problem)
        except BaseException:
            # Not done, whatever ended it. Whoever started this logs it.
            change = replace(change, problem=ProbeError().problem)
            raise
        finally:
            try:
                # A new key may be kept though the table has not heard of it.
                await self._syncs.look()
            finally:
                self._tell(replace(change, running=False))
        if change.problem is None:
            # Rows are sealed with the new key, and the others see by them what was done.
            await self._syncs.sync(SyncOptions(), again=True)

    async def _do(self, command: TableCommand) -> None:
        target = await self._syncs.target()
        match command:
            case ChangeSyncKey():
                await self._owner.begin_key_change(target)
            case EndOldSyncKey():
                await self._owner.end_old_key(target)
            case StopSharing(account=key):
                # A newer login that another computer shared comes here first; it would be lost with its row.
                await self._syncs.sync(SyncOptions(), again=True)
                await self._owner.withdraw_account(target, key)

    def _tell(self, change: TableChange) -> None:
        self._store.dispatch(SyncChanged(sync=replace(self._store.state.sync, change=change)))


def _begun(command: TableCommand, number: int) -> TableChange:
    match command:
        case ChangeSyncKey():
            return TableChange(kind=TableChangeKind.NEW_KEY, number=number)
        case EndOldSyncKey():
            return TableChange(kind=TableChangeKind.END_OLD_KEY, number=number)
        case StopSharing(account=key):
            return TableChange(kind=TableChangeKind.STOP_SHARING, number=number, account=key)
        case _:
            assert_never(command)
