"""Finds those of some logins that work no longer, without asking the service."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import final

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.worth import lifeline
from probe_tray.core.errors import StoreError
from probe_tray.core.state import RenewalState
from probe_tray.ports.time import Clock


@final
class EndedLogins:
    """Knows by what is remembered of refresh tokens, and by the clock."""

    def __init__(self, renewal_of: Callable[[str], Awaitable[RenewalState]], clock: Clock) -> None:
        """``renewal_of`` remembers which refresh tokens were refused."""
        self._renewal_of, self._clock = renewal_of, clock

    async def find(self, logins: Iterable[Credential]) -> frozenset[str]:
        """The lifelines of those that have ended: refused before, or expired with nothing that renews them."""
        return frozenset([lifeline(login) for login in logins if await self._has_ended(login)])

    async def is_refused(self, login: Credential) -> bool:
        """Whether it is remembered that its refresh token was refused; also False where it has none."""
        if login.refresh_token is None:
            return False
        with suppress(StoreError):
            problem = (await self._renewal_of(login.refresh_token.fingerprint)).problem
            return problem is not None and problem.kind.needs_login
        return False

    async def _has_ended(self, login: Credential) -> bool:
        if login.renewable:
            return await self.is_refused(login)
        return login.expiry is not None and login.expiry <= self._clock.now()
