"""What a renewal has to know of the official client, asked where it asks about other computers."""

import asyncio
from contextlib import suppress
from typing import Final

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.owner import OwnerMatch
from probe_tray.core.errors import CodexRenewsError, StoreError
from probe_tray.engine.codex.placement_keeper import PlacementKeeper
from probe_tray.engine.renewal.token_memory import TokenMemory
from probe_tray.ports.codex import KnownPlaces
from probe_tray.ports.shared_logins import SharedLogins

SECONDS: Final = 5.0
"""So long a renewal waits for one home."""


class CodexRenewalGuard:
    """Implements ``SharedLogins``: the client is one more that a login is shared with, and then ``shared`` is asked.

    Every call is made with the account's lock held, as is every hand-over. So who renews an account does not change
    between the question and the request.
    """

    def __init__(
        self,
        placements: PlacementKeeper,
        shared: SharedLogins,
        homes: KnownPlaces,
        memory: TokenMemory,
        *,
        seconds: float = SECONDS,
    ) -> None:
        """Ask ``placements`` first. ``memory`` knows which tokens were obtained here; one home has ``seconds``."""
        self._placements, self._shared, self._homes, self._memory = placements, shared, homes, memory
        self._seconds = seconds

    async def turn(self, key: AccountKey) -> float | None:
        """As ``shared`` does."""
        return await self._shared.turn(key)

    async def adopt_newer(self, key: AccountKey, *, insists: bool = False) -> bool:
        """Also what a client that renews the account has renewed. Raises CodexRenewsError where it has not."""
        before = await self._placements.login_of(key)
        if await self._placements.renewed_by_client(key):
            if await self._placements.login_of(key) == before:
                raise CodexRenewsError
            return True
        return await self._shared.adopt_newer(key, insists=insists)

    async def claim(self, login: Credential, *, insists: bool = False) -> bool:
        """Raises CodexRenewsError while a client renews the account: the last question before the request."""
        if await self._placements.renewed_by_client(login.key) or await self._is_in_a_home(login):
            raise CodexRenewsError
        return await self._shared.claim(login, insists=insists)

    async def _is_in_a_home(self, login: Credential) -> bool:
        """Whether a client has the refresh token that is about to be sent, whatever the record says: it may be lost.

        Only one that was obtained here, or is known to have been given away, can have been handed over. Where a person
        has imported a copy of the client's own login, the client's file shows it, and the copy is renewed like any
        other.
        """
        token = login.refresh_token
        if token is None:
            return False
        was_given = await self._memory.is_with_client(token.fingerprint)
        if not (was_given or login.made_here or await self._memory.brought_at(token.fingerprint) is not None):
            return False
        places = [*await self._placements.places()]
        with suppress(TimeoutError):
            async with asyncio.timeout(self._seconds):
                places += await self._homes()
        for place in places:
            # What is recorded of one that can't be read was looked at before; one on a drive that does not answer must
            # not keep logins from being renewed.
            with suppress(StoreError, TimeoutError):
                async with asyncio.timeout(self._seconds):
                    found = (await place.read()).login
                if found is not None and (found.refresh_token == token or (was_given and _is_same(found, login))):
                    return True
        return False

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


def _is_same(found: Credential, login: Credential) -> bool:
    """Whether a client may have made what was ``found`` of ``login``, which it was given."""
    return found.renewable and found.owner.match(login.owner) is OwnerMatch.SAME
