"""Opens and seals the rows of one table, with what this computer remembers of them."""

from datetime import timedelta, tzinfo
from typing import Final, NamedTuple

from msgspec.structs import replace

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from probe_tray.core.sync.envelope import InCodexOn, RowAction, RowStamp, next_generation
from probe_tray.core.sync.rows import NONCE_BYTES, OpenedRow, RemoteRow, StepKind
from probe_tray.core.sync.setup import SyncTarget
from probe_tray.core.sync.table_key import key_id
from probe_tray.core.sync.table_record import TableRecord, TableStatus, row_name, table_name, writing_key
from probe_tray.ports.files import SyncMemory
from probe_tray.ports.http import LoginCipher
from probe_tray.ports.time import Clock, Randomness

_SAID_AGAIN_AFTER: Final = timedelta(days=1)
"""So long a row is not written only because this computer still says the same of the official client."""
_FORGOTTEN_AFTER: Final = timedelta(days=30)
"""A computer that has said nothing for so long has lost the login: no access token lives as long."""


class RowWriter(NamedTuple):
    """Who writes rows, and why."""

    clock: Clock
    randomness: Randomness
    zone: tzinfo
    """Of the times in the files that are sealed."""
    computer: str
    """What this computer is called."""
    computer_id: str
    """Which one it is, whatever its name."""
    action: RowAction
    in_codex: frozenset[AccountKey] = frozenset()
    """The accounts that the official client uses on this computer, without their refresh tokens."""


class RowCodec:
    """The cipher of a table, and how new its rows were."""

    def __init__(self, cipher: LoginCipher, target: SyncTarget, record: TableRecord, writer: RowWriter) -> None:
        """``record`` is what is remembered of the table."""
        self._cipher, self._target, self._record, self._writer = cipher, target, record, writer
        self._seen = TableRecord()
        self._status: TableStatus | None = None
        self._key_id = cipher.key_ids[-1]

    def check(self, status: TableStatus | None, *, allow_open: bool = False) -> None:
        """Write as the table wants it from now on. Raises SyncOpenedError where it was protected and is not.

        ``allow_open``: a person allows that it is used all the same, until it is protected again.
        """
        self._status, record = status, self._record
        if status is not None and status.protected:
            self._learn(TableRecord(protected=True, openings_ended=record.openings_allowed))
            self._key_id = key_id(writing_key(self._target.key, status))
        elif allow_open and record.protected:
            self._learn(TableRecord(openings_allowed=record.openings_ended + 1))
        self._record.check(status, self._target.url)

    @property
    def is_found_open(self) -> bool:
        """Whether the table is not protected, and was: a row that was opened shows it too."""
        return self._record.protected and (self._status is None or not self._status.protected)

    @property
    def is_table_alone(self) -> bool:
        """Whether there is the table and nothing to be asked: without leases, or with those of an earlier version."""
        return self._status is None

    def check_rows(self) -> None:
        """The same once rows were opened: one in the protected form shows that the table was protected."""
        self._record.check(self._status, self._target.url)

    def _learn(self, found: TableRecord) -> None:
        self._record, self._seen = self._record.merged(found), self._seen.merged(found)

    @property
    def is_protected(self) -> bool:
        """Whether rows are written in the protected form."""
        return self._record.protected

    def is_outdated(self, opened: OpenedRow) -> bool:
        """Whether a row is in another form than is written now, or sealed with another key.

        While the key is changed also one that this computer wrote before it had the new one: the others see it by that.
        """
        stamp = opened.stamp
        if not self._record.protected or stamp is None:
            return self._record.protected
        newest, *older = self._cipher.key_ids
        is_silent = bool(older) and self._is_own(stamp) and stamp.newest_key_id != newest
        return stamp.key_id != self._key_id or is_silent

    @property
    def newest_key_id(self) -> str:
        """The name of the key here, of two the new one."""
        return self._cipher.key_ids[0]

    def needs_old_key(self, opened: OpenedRow) -> bool:
        """Whether only the old key of two opens it, as far as is known; also where what it holds is not used."""
        opens = opened.fault not in {StepKind.UNDECRYPTABLE, StepKind.ALTERED}
        return opens and (opened.stamp is None or opened.stamp.key_id != self._cipher.key_ids[0])

    def open(self, row: RemoteRow) -> OpenedRow:
        """What the row holds, unless it is older than one that was seen. Never raises."""
        opened = self._record.checked(self._cipher.open(row))
        self.see(opened)
        return opened

    def see(self, opened: OpenedRow) -> None:
        """Remember how new the row is, which is used or was written."""
        is_withdrawn = opened.fault is StepKind.WITHDRAWN
        if opened.stamp is not None and (opened.login is not None or is_withdrawn):
            name, generation = row_name(opened.row.id), opened.stamp.generation
            withdrawn = {name: generation} if is_withdrawn else {}
            self._seen = self._seen.merged(TableRecord(generations={name: generation}, withdrawn=withdrawn))
            # One protected row is enough, for good: no later answer of the table may bring rows in the old form back.
            self._learn(TableRecord(protected=True))

    def absent(self, row_id: str) -> OpenedRow | None:
        """What stands for a row that the table does not have; None where nothing is known of it.

        Whoever puts an old table back must not bring an account back that a person took out.
        """
        if not self._record.is_withdrawn(row_id):
            return None
        row = RemoteRow(id=row_id, token_data=Secret(""))
        return OpenedRow(row=row, fault=StepKind.WITHDRAWN, sealed=False)

    def withdraw(self, before: OpenedRow) -> OpenedRow:
        """The row that takes an account out of the table. Raises SyncError."""
        row_id = before.row.id
        stamp = replace(self._own_stamp(row_id, before.stamp), action=RowAction.REMOVED)
        row = self._cipher.seal_removed(row_id, self._nonce(), stamp)
        return OpenedRow(row=row, fault=StepKind.WITHDRAWN, stamp=stamp)

    def seal(self, login: Credential, before: OpenedRow | None) -> OpenedRow:
        """The row of ``login`` that is to take the place of ``before``, or to be added. Raises SyncError."""
        known = None if before is None else before.stamp
        # A row in the protected form stays in it, also where nothing is known of the table yet.
        if not self._record.protected and known is None:
            return OpenedRow(row=self._cipher.seal(login, self._nonce(), self._writer.zone), login=login)
        return self._sealed(login, self._own_stamp(login.account_id, known))

    def can_reseal(self, before: OpenedRow) -> bool:
        """Whether what the row holds is used, and is to be sealed as it is written now."""
        is_used = before.login is not None or (before.fault is StepKind.WITHDRAWN and before.stamp is not None)
        return is_used and self.is_outdated(before)

    def reseal(self, before: OpenedRow) -> OpenedRow | None:
        """The same row in the form and with the key that are written now; it goes on saying who wrote it.

        None where it is so already, or is not used. Also where only the word about the official client here is another
        one. Raises SyncError.
        """
        known, login = before.stamp, before.login
        if not (self.can_reseal(before) or self._is_misnoted(before)):
            return None
        stamp = self._stamp(before.row.id, known)
        if known is not None:
            # Another computer's row must not look as if that one had the new key already.
            newest = self.newest_key_id if self._is_own(known) else known.newest_key_id
            stamp = replace(
                stamp,
                action=known.action,
                computer=known.computer,
                computer_id=known.computer_id,
                at=known.at,
                newest_key_id=newest,
                in_codex=_with_key_of(stamp, known),
            )
        if login is not None:
            return self._sealed(login, stamp)
        return OpenedRow(
            row=self._cipher.seal_removed(before.row.id, self._nonce(), stamp), fault=before.fault, stamp=stamp
        )

    def elsewhere(self, stamp: RowStamp | None) -> RowStamp | None:
        """``stamp`` with what other computers say of the official client alone."""
        return None if stamp is None else replace(stamp, in_codex=self._others_in_codex(stamp))

    def _others_in_codex(self, stamp: RowStamp) -> tuple[InCodexOn, ...]:
        now, own = self._writer.clock.now(), self._writer.computer_id
        others = (replace(one, at=one.at or now) for one in stamp.in_codex if one.computer_id != own)
        return tuple(one for one in others if now - (one.at or now) < _FORGOTTEN_AFTER)

    def _in_codex(self, login: Credential, stamp: RowStamp) -> tuple[InCodexOn, ...]:
        """On which computers the official client works with ``login``, as this one knows it of itself."""
        others = self._others_in_codex(stamp)
        return (*others, self._own_in_codex(stamp)) if login.key in self._writer.in_codex else others

    def _own_in_codex(self, stamp: RowStamp) -> InCodexOn:
        now = self._writer.clock.now()
        own = InCodexOn(computer_id=self._writer.computer_id, computer=self._writer.computer, at=now)
        said = next((one for one in stamp.in_codex if replace(one, at=now) == own), None)
        is_new = said is not None and said.at is not None and timedelta() <= now - said.at < _SAID_AGAIN_AFTER
        return said if said is not None and is_new else own

    def _is_misnoted(self, opened: OpenedRow) -> bool:
        """Whether the row says something else of the official client on this computer than is so."""
        stamp, login = opened.stamp, opened.login
        return stamp is not None and login is not None and set(self._in_codex(login, stamp)) != set(stamp.in_codex)

    def _is_own(self, stamp: RowStamp) -> bool:
        # Rows of earlier versions have the name alone, which another computer may have too.
        if not stamp.computer_id:
            return stamp.computer == self._writer.computer
        return stamp.computer_id == self._writer.computer_id

    def _own_stamp(self, row_id: str, known: RowStamp | None) -> RowStamp:
        writer = self._writer
        stamp = self._stamp(row_id, known)
        return replace(
            stamp,
            action=writer.action,
            computer=writer.computer,
            computer_id=writer.computer_id,
            at=writer.clock.now(),
            newest_key_id=self.newest_key_id,
            in_codex=() if known is None else _with_key_of(stamp, known),
        )

    def _stamp(self, row_id: str, known: RowStamp | None) -> RowStamp:
        least = max(self._record.generation(row_id), 0 if known is None else known.generation)
        # Not with the old key, once somebody has begun to write with the new one.
        is_new = known is not None and known.key_id == self._cipher.key_ids[0]
        return RowStamp(
            generation=next_generation(least, self._writer.clock.now()),
            key_id=self._cipher.key_ids[0] if is_new else self._key_id,
        )

    def _sealed(self, login: Credential, stamp: RowStamp) -> OpenedRow:
        stamp = replace(stamp, in_codex=self._in_codex(login, stamp))
        return OpenedRow(
            row=self._cipher.seal(login, self._nonce(), self._writer.zone, stamp), login=login, stamp=stamp
        )

    def _nonce(self) -> bytes:
        return self._writer.randomness.token_bytes(NONCE_BYTES)

    async def remember(self, memory: SyncMemory) -> None:
        """Keep what was seen. Raises StoreError."""
        found = self._seen.merged(TableRecord(protected=self._record.protected))
        if self._record.merged(found) != self._record or found.protected:
            await memory.remember_table(table_name(self._target.url), found)


def _with_key_of(stamp: RowStamp, known: RowStamp) -> tuple[InCodexOn, ...]:
    """What ``known`` says of the official client elsewhere: nothing once another key is used.

    Whoever has that one says it again, and a computer that was left out is named no longer.
    """
    return known.in_codex if stamp.key_id == known.key_id else ()
