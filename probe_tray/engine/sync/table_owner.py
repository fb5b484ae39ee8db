"""What a person does with the table as a whole: change its key, take an account out of it.

While a key is changed, both are let in and each computer that has the new one reads what either has sealed; rows are
written with the old one until that ends. Each step can be done again, so that whatever breaks one off loses nothing:
the new key is kept here before the table hears of it, and the old one is forgotten once no row needs it.
"""

from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    KeyInFileError,
    SyncConflictError,
    SyncKeyEndedError,
    SyncNoKeyChangeError,
    SyncNoSuchRowError,
    SyncUnprotectedError,
)
from probe_tray.core.sync.envelope import RowAction
from probe_tray.core.sync.rows import StepKind
from probe_tray.core.sync.setup import KEY_BYTES, SecretPlace, SyncTarget
from probe_tray.core.sync.table_key import KEY_SEPARATOR, keys_of, table_digest
from probe_tray.core.sync.table_record import TableStatus
from probe_tray.engine.sync.sync_run import SyncContext
from probe_tray.ports.accounts import SyncVault
from probe_tray.ports.http import RemoteTable


class TableOwner:
    """Acts for the person whose table it is. Every method raises a ProbeError that says why it did nothing."""

    def __init__(self, context: SyncContext, secrets: SyncVault) -> None:
        """``secrets`` keeps the key."""
        self._context, self._secrets = context, secrets

    async def begin_key_change(self, target: SyncTarget) -> SyncTarget:
        """Make a new key, or go on with the one that was made, and let it in beside the old one."""
        async with self._context.tables.open(target) as table:
            await _check_protected(table)
        keys = keys_of(target.key)
        if len(keys) == 1:
            if (await self._secrets.load()).key_place is SecretPlace.FILE:
                raise KeyInFileError
            new = self._context.randomness.token_bytes(KEY_BYTES).hex()
            both = Secret(f"{new}{KEY_SEPARATOR}{keys[0].reveal()}")
            # First: a key that the table lets in and nobody has would be of no use.
            await self._secrets.save(api_key=None, key=both)
            target = SyncTarget(url=target.url, api_key=target.api_key, key=both)
        async with self._context.tables.open(target) as table:
            if not await table.add_key(table_digest(keys_of(target.key)[0])):
                raise SyncKeyEndedError
        return target

    async def end_old_key(self, target: SyncTarget) -> None:
        """Let in nobody but who has the new key. The next sync seals all rows with it."""
        new, *old = keys_of(target.key)
        if not old:
            raise SyncNoKeyChangeError
        async with self._context.tables.open(target) as table:
            await _check_protected(table)
            if not await table.add_key(table_digest(new)) or not await table.end_other_keys(table_digest(new)):
                raise SyncKeyEndedError

    async def forget_old_key(self, target: SyncTarget) -> bool:
        """Keep the new key alone, once a sync has said that the old one ended; False where a file holds both."""
        if (await self._secrets.load()).key_place is SecretPlace.FILE:
            return False
        await self._secrets.save(api_key=None, key=keys_of(target.key)[0])
        return True

    async def withdraw(self, target: SyncTarget, who: str) -> str:
        """Take the account ``who``, an email or an id, out of the table for all computers; its row's id."""
        async with self._context.tables.open(target) as table:
            status = await _check_protected(table)
            codec = await self._context.codec(target, RowAction.REMOVED)
            codec.check(status)
            for row in await table.rows():
                opened = codec.open(row)
                names = {row.id} if opened.login is None else {row.id, opened.login.email}
                if who not in names or opened.fault is StepKind.WITHDRAWN:
                    continue
                sealed = codec.withdraw(opened)
                if not await table.replace(sealed.row, row):
                    raise SyncConflictError
                codec.see(sealed)
                await codec.remember(self._context.memory)
                return row.id
        raise SyncNoSuchRowError(who=who)


async def _check_protected(table: RemoteTable) -> TableStatus:
    status = await table.status()
    if status is None or not status.protected:
        raise SyncUnprotectedError
    return status
