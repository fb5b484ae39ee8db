"""What a renewal has to know of the official client, asked where it asks about other computers."""

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import CodexRenewsError
from probe_tray.engine.codex.placement_keeper import PlacementKeeper
from probe_tray.ports.shared_logins import SharedLogins


class CodexRenewalGuard:
    """Implements ``SharedLogins``: the client is one more that a login is shared with, and then ``shared`` is asked.

    Every call is made with the account's lock held, as is every hand-over. So who renews an account does not change
    between the question and the request.
    """

    def __init__(self, placements: PlacementKeeper, shared: SharedLogins) -> None:
        """Ask ``placements`` first."""
        self._placements, self._shared = placements, shared

    async def turn(self, key: AccountKey) -> float | None:
        """As ``shared`` does."""
        return await self._shared.turn(key)

    async def adopt_newer(self, key: AccountKey) -> bool:
        """Also what a client that renews the account has renewed. Raises CodexRenewsError where it has not."""
        before = await self._placements.login_of(key)
        if await self._placements.renewed_by_client(key):
            if await self._placements.login_of(key) == before:
                raise CodexRenewsError
            return True
        return await self._shared.adopt_newer(key)

    async def claim(self, login: Credential) -> bool:
        """Raises CodexRenewsError while a client renews the account: the last question before the request."""
        if await self._placements.renewed_by_client(login.key):
            raise CodexRenewsError
        return await self._shared.claim(login)

    async def mark_sent(self, key: AccountKey) -> None:
        """As ``shared`` does."""
        await self._shared.mark_sent(key)

    async def unshared(self) -> tuple[AccountKey, ...]:
        """As ``shared`` says."""
        return await self._shared.unshared()

    async def publish(self, key: AccountKey) -> None:
        """To the clients that it is lent to as well."""
        await self._placements.pass_on(key)
        await self._shared.publish(key)

    async def give_up(self, key: AccountKey) -> None:
        """As ``shared`` does."""
        await self._shared.give_up(key)
