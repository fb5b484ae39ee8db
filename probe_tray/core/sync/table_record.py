"""What protects a table: who may use it, and what this computer remembers of it against older copies."""

import hashlib
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import SyncOpenedError
from probe_tray.core.sync.rows import OpenedRow, StepKind
from probe_tray.core.sync.table_key import keys_of, table_digest

TABLE_VERSION: Final = 2
"""Of the SQL that ships. A table with a higher one is left alone: nobody here knows what its rows mean."""


class TableStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What the table says of itself."""

    protected: bool
    """Whether it lets in only who knows a key."""
    digests: tuple[str, ...] = ()
    """Of the keys that it lets in."""
    version: int = TABLE_VERSION
    """Of its SQL."""

    def lets_in(self, key: Secret) -> bool:
        """Whether a key is one of them."""
        return table_digest(key) in self.digests


class TableRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What this computer remembers of one table, across restarts."""

    protected: bool = False
    """Whether it was ever protected: then it is never written in the compatible form again."""
    generations: Mapping[str, int] = {}
    """The highest generation that a row was seen in, by :func:`row_name`."""
    withdrawn: Mapping[str, int] = {}
    """In which generation an account was taken out of the table for all computers, likewise."""
    openings_allowed: int = 0
    """How often a person has allowed that it is used although it was found unprotected."""
    openings_ended: int = 0
    """How often it was found protected again after that: then nothing is allowed any more."""

    @property
    def is_open_allowed(self) -> bool:
        """Whether it may be used although it is not protected any more."""
        return self.openings_allowed > self.openings_ended

    def generation(self, row_id: str) -> int:
        """The highest that is known of a row; 0: none."""
        return self.generations.get(row_name(row_id), 0)

    def checked(self, opened: OpenedRow) -> OpenedRow:
        """The row, unless it is older than what was seen of it: then it is not used.

        A row in the compatible form is older than any in the protected one.
        """
        written = 0 if opened.stamp is None else opened.stamp.generation
        is_used = opened.login is not None or opened.fault is StepKind.WITHDRAWN
        if not is_used or written >= self.generation(opened.row.id):
            return opened
        # An account that was taken out comes back only by a person who means that account.
        fault = StepKind.WITHDRAWN if self.is_withdrawn(opened.row.id) else StepKind.ROLLED_BACK
        return replace(opened, login=None, fault=fault)

    def check(self, status: TableStatus | None, url: str) -> None:
        """Raise SyncOpenedError where the table at ``url`` was protected and is not, as ``status`` says.

        What it then holds may be anybody's old copy, so that only a person may allow that it is used.
        """
        is_open = status is None or not status.protected
        if self.protected and is_open and not self.is_open_allowed:
            raise SyncOpenedError(host=urlsplit(url).hostname or "")

    def merged(self, other: "TableRecord") -> "TableRecord":
        """Both together."""
        return TableRecord(
            protected=self.protected or other.protected,
            generations=_highest(self.generations, other.generations),
            withdrawn=_highest(self.withdrawn, other.withdrawn),
            openings_allowed=max(self.openings_allowed, other.openings_allowed),
            openings_ended=max(self.openings_ended, other.openings_ended),
        )

    def is_withdrawn(self, row_id: str) -> bool:
        """Whether the last that was seen of a row is that its account was taken out."""
        return self.withdrawn.get(row_name(row_id), 0) >= max(self.generation(row_id), 1)


def table_name(url: str) -> str:
    """24 hexadecimal digits by which a table is remembered."""
    return _name(url)


def row_name(row_id: str) -> str:
    """24 hexadecimal digits by which a row is remembered; the account's id is not seen in them."""
    return _name(f"row\0{row_id}")


def writing_key(key: Secret, status: TableStatus) -> Secret:
    """The key of ``key`` that rows are written with: while the old one is let in, others may have that one alone."""
    keys = keys_of(key)
    return next((one for one in reversed(keys) if status.lets_in(one)), keys[0])


def _highest(one: Mapping[str, int], two: Mapping[str, int]) -> dict[str, int]:
    return {name: max(one.get(name, 0), two.get(name, 0)) for name in sorted(one.keys() | two.keys())}


def _name(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]
