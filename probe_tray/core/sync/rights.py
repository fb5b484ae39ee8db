"""What a computer has to be allowed in the shared table."""

import enum

import msgspec


class TableRight(enum.Enum):
    """One thing that sync does there."""

    READ = "read"
    """Read every row."""
    ADD = "add"
    CHANGE = "change"
    """Replace a row by a newer login."""
    LEASE = "lease"
    """Take, extend and end leases."""


class TableGrants(msgspec.Struct, frozen=True):
    """Which of them the table grants. None: it could not be tried, since another one is missing."""

    read: bool | None = None
    add: bool | None = None
    change: bool | None = None
    lease: bool | None = None

    @property
    def missing(self) -> tuple[TableRight, ...]:
        """Those that the table was seen not to grant, in the order in which they are told."""
        return tuple(right for right, granted in zip(TableRight, self._all, strict=True) if granted is False)

    @property
    def _all(self) -> tuple[bool | None, ...]:
        return self.read, self.add, self.change, self.lease
