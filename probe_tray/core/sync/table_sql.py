"""The SQL that makes the shared table."""

from typing import NamedTuple

from probe_tray.core.account.secret import Secret
from probe_tray.core.sync.table_key import keys_of, table_digest


class TableSql(NamedTuple):
    """The SQL that ships."""

    table: str
    """Makes the table that other programs can use too."""
    protection: str
    """One more statement, with a place for the digest of a key."""

    def protected(self, key: Secret) -> str:
        """The SQL of a table that lets in only who has ``key``, of two the new one."""
        return self.table + self.protection.replace("{digest}", table_digest(keys_of(key)[0]))
