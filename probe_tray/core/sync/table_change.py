"""What a person changes about the table as a whole in the app: its key, or who shares an account in it."""

import enum

import msgspec

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import Problem


class TableChangeKind(enum.Enum):
    """What is changed."""

    NEW_KEY = "new key"
    """A new key is made, and let in beside the old one."""
    END_OLD_KEY = "end old key"
    """Nobody is let in any more but who has the new key."""
    STOP_SHARING = "stop sharing"
    """An account is taken out of the table for all computers."""


class TableChange(msgspec.Struct, frozen=True, kw_only=True):
    """The change that runs, or the last one of this run of the program."""

    kind: TableChangeKind
    number: int
    """Each change has a higher one; the first has 1."""
    account: AccountKey | None = None
    """Whose sharing is stopped."""
    running: bool = True
    problem: Problem | None = None
    """Why it did not come to its end; whatever was done of it, it can be begun again."""
