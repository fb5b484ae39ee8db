"""What a renewal makes of other computers where there is no shared table."""

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey


class NoSharedLogins:
    """Implements ``SharedLogins`` where nothing is shared."""

    async def turn(self, key: AccountKey) -> float | None:
        """Nobody else renews it."""
        del key
        return None

    async def adopt_newer(self, key: AccountKey, *, insists: bool = False) -> bool:
        """Nobody else has one."""
        del key, insists
        return False

    async def claim(self, login: Credential, *, insists: bool = False) -> bool:
        """Nobody else renews it."""
        del login, insists
        return False

    async def mark_sent(self, key: AccountKey) -> None:
        """Nobody else uses it."""

    async def unshared(self) -> tuple[AccountKey, ...]:
        """Nobody else waits for any."""
        return ()

    async def publish(self, key: AccountKey) -> None:
        """Nobody else needs it."""

    async def give_up(self, key: AccountKey) -> None:
        """Nobody else waits for it."""
