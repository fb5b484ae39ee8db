"""Renewals where sync may not be set up: the table's part in them is loaded with the first one that it concerns."""

from collections.abc import Callable

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.ports.shared_logins import SharedLogins


class LateSharedTable:
    """Implements ``SharedLogins``: without sync all do nothing.

    What was asked once is asked to the end: a claim is given up where it was taken, though sync ends meanwhile.
    """

    def __init__(self, is_set_up: Callable[[], bool], make: Callable[[], SharedLogins]) -> None:
        """``is_set_up`` says whether there is a table now; ``make`` is called once."""
        self._is_set_up, self._make = is_set_up, make
        self._table: SharedLogins | None = None

    async def turn(self, key: AccountKey) -> float | None:
        """As the port says."""
        table = self._asked()
        return None if table is None else await table.turn(key)

    async def adopt_newer(self, key: AccountKey, *, insists: bool = False) -> bool:
        """As the port says."""
        table = self._asked()
        return table is not None and await table.adopt_newer(key, insists=insists)

    async def claim(self, login: Credential, *, insists: bool = False) -> bool:
        """As the port says."""
        table = self._asked()
        return table is not None and await table.claim(login, insists=insists)

    async def mark_sent(self, key: AccountKey) -> None:
        """As the port says."""
        if (table := self._asked()) is not None:
            await table.mark_sent(key)

    async def unshared(self) -> tuple[AccountKey, ...]:
        """As the port says."""
        table = self._asked()
        return () if table is None else await table.unshared()

    async def publish(self, key: AccountKey) -> None:
        """As the port says."""
        if (table := self._asked()) is not None:
            await table.publish(key)

    async def give_up(self, key: AccountKey) -> None:
        """As the port says."""
        if (table := self._asked()) is not None:
            await table.give_up(key)

    def _asked(self) -> SharedLogins | None:
        if self._table is None and self._is_set_up():
            self._table = self._make()
        return self._table
