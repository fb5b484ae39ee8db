"""Rows of a table of logins that several machines share, and what became of them in one sync."""

import enum
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec
from msgspec.structs import replace

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import Problem
from probe_tray.core.sync.envelope import RowStamp

NONCE_BYTES: Final = 12
"""Of each sealing, which begins with them."""
LARGEST_ROW: Final = 512 * 1024
"""Characters of the largest row that is opened; a login has some ten thousand, a credential file at most 256 KiB."""
_NEVER = datetime.min.replace(tzinfo=UTC)


class RemoteRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table as the service told it. Anybody with the publishable key may have written any of it."""

    id: str
    """The primary key: the account id of the login that belongs here."""
    email: str | None = None
    token_data: Secret
    """Encrypted; hidden all the same, since nobody keeps people from pasting something else there."""
    update_time: str | None = None
    """Exactly as the service wrote it: with it a change is bound to what was read. It never says what is newer."""


class StepKind(enum.Enum):
    """What becomes of one login, or of a row that is none."""

    UPLOAD_NEW = "upload_new"
    """Only here: the table gets it."""
    UPLOAD_NEWER = "upload_newer"
    """Newer here: it takes the row's place."""
    REPAIR = "repair"
    """The row is older than one that was seen before; the one that is here, newer than the row, takes its place."""
    OVERWRITE = "overwrite"
    """The row cannot be used, and the person allowed that it is replaced."""
    RESTORE = "restore"
    """Only there: it is kept here."""
    ADOPT = "adopt"
    """Newer there: it takes the place of the one that is here."""
    REMOVED = "removed"
    """Only there: the person removed it from this computer, and it stays away."""
    SAME = "same"
    WITHDRAWN = "withdrawn"
    """A person took it out of the table for all computers: it stays where it is, and is not shared again."""
    UNDECRYPTABLE = "undecryptable"
    """The row was encrypted with another key, or damaged."""
    GARBAGE = "garbage"
    """The row can be decrypted, and holds no login."""
    ID_MISMATCH = "id_mismatch"
    """The row holds another account's login than its id says: rows were swapped."""
    ALTERED = "altered"
    """The row names a key that is known here, and is not what a computer with that key has written for this id."""
    ROLLED_BACK = "rolled_back"
    """The row was written before one that was seen: an old one, or the whole of an old table, was put back."""
    OLDER_THAN_SEEN = "older_than_seen"
    """The row is older than one that was seen before: an old one was put back."""
    OTHER_MEMBER = "other_member"
    """The row belongs to another member of the team: its members share the account id, and a row has room for one."""
    WITH_CODEX = "with_codex"
    """The official client has its refresh token, which no other computer may use: it is not sent."""
    HELD_BACK = "held_back"
    """It is newer here, but its refresh token is known to be dead or may be: nobody is sent such a login."""
    NOT_TAKEN = "not_taken"
    """It is newer there, but known here to have ended, and the one that is here is not: that one stays."""
    FAILED = "failed"
    """It could not be done; the item's problem says why."""


SENT = frozenset({StepKind.UPLOAD_NEW, StepKind.UPLOAD_NEWER, StepKind.REPAIR, StepKind.OVERWRITE})
RECEIVED = frozenset({StepKind.RESTORE, StepKind.ADOPT})
SETTLED = SENT | RECEIVED | {StepKind.SAME}
"""Both sides hold the newest login."""
REFUSED = frozenset(
    {
        StepKind.UNDECRYPTABLE,
        StepKind.GARBAGE,
        StepKind.ID_MISMATCH,
        StepKind.ALTERED,
        StepKind.ROLLED_BACK,
        StepKind.OLDER_THAN_SEEN,
        StepKind.OTHER_MEMBER,
        StepKind.HELD_BACK,
        StepKind.NOT_TAKEN,
    }
)
UNSHARED = frozenset({StepKind.REMOVED, StepKind.WITH_CODEX, StepKind.WITHDRAWN})
"""What stays on one side as the person wants it."""
OVERWRITABLE = frozenset({StepKind.UNDECRYPTABLE, StepKind.GARBAGE, StepKind.ROLLED_BACK, StepKind.WITHDRAWN})
"""What a person may allow to be replaced. A swapped row is not among it: it may hold another account's newest login."""


class OpenedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row after decrypting: its login, or what is wrong with it."""

    row: RemoteRow
    login: Credential | None = None
    fault: StepKind | None = None
    """Why the row is not used; None where there is a login."""
    reason: str = ""
    """Why it is garbage, in words that hold nothing of it."""
    sealed: bool = True
    """Whether it looks like something that was encrypted with some key."""
    stamp: RowStamp | None = None
    """Which write of the row this is, where the row is in the protected form and opens."""


class SyncOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a person allows."""

    overwrite: frozenset[str] = frozenset()
    """Ids of rows that may be replaced although they cannot be read."""
    overwrite_all: bool = False
    allow_open: bool = False
    """Whether a table that was protected may be used unprotected, from now on and until it is protected again."""

    def permits(self, row_id: str, fault: StepKind | None = None) -> bool:
        """Whether a row of this id, which is not used because of ``fault``, may be replaced."""
        return row_id in self.overwrite or (self.overwrite_all and fault is not StepKind.WITHDRAWN)


class SyncStep(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become of one account."""

    kind: StepKind
    row_id: str
    key: AccountKey | None = None
    """None where nobody can tell whose the row is."""
    who: str = ""
    """What a person calls the account."""


class SyncItem(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one account."""

    kind: StepKind
    row_id: str
    key: AccountKey | None = None
    who: str = ""
    problem: Problem | None = None
    """Why it was refused or failed, and what to do; with REPAIR what was found."""
    stamp: RowStamp | None = None
    """Which computer wrote the login that the row holds now, and when; None where a row does not say it."""

    replaced: StepKind | None = None
    """What was wrong with the row that was overwritten, as a person allowed."""
    behind: Problem | None = None
    """What kept a place here, which has the account, from getting its newest login."""

    @property
    def partly(self) -> bool:
        """Whether the login is not in every place here where its account is kept."""
        return self.behind is not None


class SyncReport(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one sync."""

    ended_at: datetime
    """Aware UTC."""
    items: tuple[SyncItem, ...] = ()
    problem: Problem | None = None
    """Why it came to no end as a whole; what the items say was done all the same."""
    left: int = 0
    """Accounts that were not looked at because it was broken off."""
    resealed: int = 0
    """Rows that were sealed anew, since the table is protected now or its key was changed."""
    newest_key_id: str = ""
    """The name of the key that this computer had, of two the new one; empty where the table was not reached."""
    old_key_ended: bool = False
    """Of two keys only the new one is let in, and no row needs the old one, or a person gave such rows up."""
    computers: Mapping[str, str] = {}
    """What to call the computers that wrote rows, by their ids; see :func:`computer_labels`."""
    only_old_key: tuple[str, ...] = ()
    """Of two keys only the new one is let in: the ids of the rows that the old one alone opens even so."""
    resealable: bool = False
    """Whether one of these rows is of use: another sync seals it with the new key."""

    @property
    def is_key_changing(self) -> bool:
        """Whether a row is sealed with an older key than this computer has."""
        stamps = [item.stamp for item in self.items if item.stamp is not None]
        return bool(self.newest_key_id) and any(stamp.key_id != self.newest_key_id for stamp in stamps)

    @property
    def sent(self) -> int:
        """How many logins the table got."""
        return sum(item.kind in SENT for item in self.items)

    @property
    def received(self) -> int:
        """How many logins came from the table."""
        return sum(item.kind in RECEIVED for item in self.items)

    @property
    def same(self) -> int:
        """How many were the same on both sides."""
        return sum(item.kind is StepKind.SAME for item in self.items)

    @property
    def refused(self) -> int:
        """How many were left as they are for a reason that needs a person."""
        return sum(item.kind in REFUSED for item in self.items)

    @property
    def unshared(self) -> int:
        """How many stay on one side as the person wants it."""
        return sum(item.kind in UNSHARED for item in self.items)

    @property
    def failed(self) -> int:
        """How many could not be done."""
        return sum(item.kind is StepKind.FAILED for item in self.items)

    @property
    def partly(self) -> int:
        """How many logins are not in every place here where their account is kept."""
        return sum(item.partly for item in self.items)

    @property
    def well(self) -> bool:
        """Whether nothing needs a person's eye."""
        return self.problem is None and not self.left and not (self.refused or self.failed or self.partly)


class LastSync(msgspec.Struct, frozen=True, kw_only=True):
    """What the rows of a table said when they were read last, for the time until they are read again."""

    ended_at: datetime
    """Aware UTC."""
    stamps: Mapping[str, RowStamp] = {}
    """By slug of the account: which computer wrote its row, and when."""
    computers: Mapping[str, str] = {}
    """What to call them, by their ids."""

    @classmethod
    def of(cls, report: SyncReport) -> "LastSync":
        """What is remembered of a sync."""
        stamps = {item.key.slug: item.stamp for item in report.items if item.key is not None and item.stamp is not None}
        return cls(ended_at=report.ended_at, stamps=stamps, computers=report.computers)


def filled(winner: Credential, other: Credential) -> Credential:
    """``winner`` with the tokens and names that it lacks and ``other`` has; never with other times."""
    ours, theirs = winner.claims, other.claims
    claims = replace(
        ours,
        user_id=ours.user_id or theirs.user_id,
        email=ours.email or theirs.email,
        plan=ours.plan or theirs.plan,
        workspace=ours.workspace or theirs.workspace,
    )
    return replace(
        winner,
        refresh_token=winner.refresh_token or other.refresh_token,
        id_token=winner.id_token or other.id_token,
        claims=claims,
    )
