"""What a person does with the table as a whole: change its key, take an account out of it.

While a key is changed, both are let in and each computer that has the new one reads what either has sealed; rows are
written with the old one until that ends. Each step can be done again, so that whatever breaks one off loses nothing:
the new key is kept here before the table hears of it, and the old one is forgotten once no row needs it.
"""

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from msgspec.structs import replace

from probe_tray.core.account.account_names import AccountNames, matching
from probe_tray.core.account.age import age
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    KeyInFileError,
    RowTakenError,
    SyncConflictError,
    SyncKeyEndedError,
    SyncKeyError,
    SyncKeyNeededError,
    SyncKeyUnfinishedError,
    SyncLeasesError,
    SyncNewerLoginError,
    SyncNoKeyChangeError,
    SyncNoSuchRowError,
    SyncOtherKeyChangeError,
    SyncSetupChangedError,
    SyncSeveralRowsError,
    SyncUnopenedRowError,
    SyncUnprotectedError,
)
from probe_tray.core.sync.envelope import RowAction
from probe_tray.core.sync.plan import wrong_key
from probe_tray.core.sync.rights import TableRight
from probe_tray.core.sync.rows import OpenedRow, StepKind
from probe_tray.core.sync.setup import KEY_BYTES, SecretPlace, SyncTarget
from probe_tray.core.sync.table_key import KEY_SEPARATOR, keys_of, table_digest
from probe_tray.core.sync.table_record import TableStatus
from probe_tray.engine.sync.sync_context import SyncContext
from probe_tray.engine.sync.synchronizer import old_key_has_ended, open_all, rows_of_old_key
from probe_tray.ports.accounts import SyncVault
from probe_tray.ports.http import RemoteTable

_Find = Callable[[Sequence[OpenedRow]], tuple[OpenedRow, Credential]]
"""Finds one row among all. Raises a SyncError."""


class TableOwner:
    """Acts for the person whose table it is. Every method raises a ProbeError that says why it did nothing."""

    def __init__(self, context: SyncContext, secrets: SyncVault) -> None:
        """``secrets`` keeps the key."""
        self._context, self._secrets = context, secrets
        self.has_begun = False
        """Whether anything may have been changed, here or in the table: then it is better seen to its end."""

    async def begin_key_change(self, target: SyncTarget) -> SyncTarget:
        """Make a new key, or go on with the one that was made, and let it in beside the old one.

        ``target`` has the key that was kept a while ago.
        """
        # Whoever else begins or ends a change of the key meanwhile would save over what is made here.
        async with self._secrets.hold():
            held = await self._secrets.load()
            if held.key is None or {*keys_of(held.key)}.isdisjoint(keys_of(target.key)):
                # A key that was forgotten must not be saved again, nor that of another table be seen by this one.
                raise SyncSetupChangedError
            return await self._begin_key_change(replace(target, key=held.key), held.key_place)

    async def _begin_key_change(self, target: SyncTarget, place: SecretPlace) -> SyncTarget:
        async with self._context.tables.open(target) as table:
            current = await self._single_key(table, target)
        if current is None:
            return target
        if place is SecretPlace.FILE:
            raise KeyInFileError
        new = self._context.randomness.token_bytes(KEY_BYTES).hex()
        both = Secret(f"{new}{KEY_SEPARATOR}{current.reveal()}")
        # First: a key that the table lets in and nobody has would be of no use.
        self.has_begun = True
        await self._secrets.save(api_key=None, key=both)
        target = replace(target, key=both)
        async with self._context.tables.open(target) as table:
            if not await table.add_key(table_digest(Secret(new))):
                raise SyncKeyEndedError
        return target

    async def _single_key(self, table: RemoteTable, target: SyncTarget) -> Secret | None:
        """The one key that is used now; None where two are, since a change was begun and is to go on."""
        status = await _check_protected(table)
        new, *old = keys_of(target.key)
        if not old:
            return new
        if not status.lets_in(new):
            self.has_begun = True
            return None if await table.add_key(table_digest(new)) else old[0]
        codec = await self._context.codec(target, RowAction.SHARED)
        unread = await rows_of_old_key(codec, table, target, status)
        if unread is None:
            return None
        # That change is at its end, and this computer has not heard of it: others have both keys.
        if unread:
            raise SyncKeyUnfinishedError
        return new

    async def end_old_key(self, target: SyncTarget) -> None:
        """Let in nobody but who has the new key. The next sync seals all rows with it."""
        new, *old = keys_of(target.key)
        if not old:
            raise SyncNoKeyChangeError
        async with self._context.tables.open(target) as table:
            status = await _check_protected(table)
            if old_key_has_ended(target, status) and len(status.digests) > 1:
                raise SyncOtherKeyChangeError
            await self._check_resealable(table, target, status)
            self.has_begun = True
            if not await table.add_key(table_digest(new)) or not await table.end_other_keys(table_digest(new)):
                raise SyncKeyEndedError

    async def _check_resealable(self, table: RemoteTable, target: SyncTarget, status: TableStatus) -> None:
        """Raise a SyncError unless the next sync can read all that computers share, and write it with the new key."""
        rights = await table.rights()
        if rights is None:
            raise SyncLeasesError(host=urlsplit(target.url).hostname or "")
        if {TableRight.READ, TableRight.ADD, TableRight.CHANGE} & {*rights.missing}:
            raise SyncKeyNeededError
        codec = await self._context.codec(target, RowAction.SHARED)
        codec.check(status)
        opened = await open_all(codec, await table.rows())
        if wrong_key(opened):
            raise SyncKeyError
        strangers = {*status.digests} - {table_digest(key) for key in keys_of(target.key)}
        if strangers and any(one.fault is StepKind.UNDECRYPTABLE for one in opened):
            # Whoever can read that row would be shut out, and nobody left who can.
            raise SyncOtherKeyChangeError

    async def withdraw(self, target: SyncTarget, who: str) -> Credential:
        """Take the account ``who``, an email or an id, out of the table for all computers; what its row held."""
        return await self._withdraw(target, lambda rows: _only_one(rows, who))

    async def withdraw_account(self, target: SyncTarget, key: AccountKey) -> Credential:
        """The same of an account that this computer has; another member of its team may have the row."""
        return await self._withdraw(target, lambda rows: _row_of(rows, key))

    async def _withdraw(self, target: SyncTarget, find: _Find) -> Credential:
        async with self._context.tables.open(target) as table:
            status = await _check_protected(table)
            codec = await self._context.codec(target, RowAction.REMOVED)
            codec.check(status)
            opened, login = find([codec.open(row) for row in await table.rows()])
            held = await self._context.accounts.holders(login.key)
            if held and all(age(stored.credential) < age(login) for _, stored in held):
                # Whoever renewed it may be gone: then the row holds the only login that works.
                raise SyncNewerLoginError(who=login.email)
            sealed = codec.withdraw(opened)
            self.has_begun = True
            if not await table.replace(sealed.row, opened.row):
                raise SyncConflictError
            codec.see(sealed)
            await codec.remember(self._context.memory)
            return login


async def forget_old_key(secrets: SyncVault, target: SyncTarget) -> bool:
    """Keep the new key alone, once a sync with ``target`` has said that the old one ended; False: a file holds both.

    Raises the Keyring errors and DataFolderError.
    """
    async with secrets.hold():
        held = await secrets.load()
        if held.key_place is SecretPlace.FILE:
            return False
        # Somebody may have done it meanwhile, and begun the next change.
        if held.key is not None and keys_of(held.key) == keys_of(target.key):
            await secrets.save(api_key=None, key=keys_of(target.key)[0])
        return True


def _only_one(rows: Sequence[OpenedRow], who: str) -> tuple[OpenedRow, Credential]:
    """The row of the account ``who``, an email or an id. Raises a SyncError where that is not one that opens."""
    shared = [row for row in rows if row.fault is not StepKind.WITHDRAWN]
    found = matching(who, shared, _names)
    if not found:
        raise SyncNoSuchRowError(who=who)
    only, *others = found
    if others:
        raise SyncSeveralRowsError(who=who, ids=", ".join(_named(row) for row in found))
    if only.login is None:
        raise SyncUnopenedRowError(who=who)
    return only, only.login


def _names(row: OpenedRow) -> AccountNames:
    # An alias is this computer's own, and other computers share the table.
    return AccountNames("", (row.row.id, "" if row.login is None else row.login.email))


def _row_of(rows: Sequence[OpenedRow], key: AccountKey) -> tuple[OpenedRow, Credential]:
    """The row of the account ``key``. Raises a SyncError where that is none that opens, or another member's."""
    opened, login = _only_one([row for row in rows if row.row.id == key.account_id], key.account_id)
    if key.user_id and login.key.user_id and login.key.user_id != key.user_id:
        raise RowTakenError
    return opened, login


def _named(row: OpenedRow) -> str:
    workspace = "" if row.login is None else row.login.claims.workspace
    return f"{row.row.id} ({workspace})" if workspace else row.row.id


async def _check_protected(table: RemoteTable) -> TableStatus:
    status = await table.status()
    if status is None or not status.protected:
        raise SyncUnprotectedError
    return status
