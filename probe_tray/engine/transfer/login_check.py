"""Finds out at import whether a login is dead already, and not days later."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, final

from msgspec.structs import replace

from probe_tray.core.account.credential import Credential
from probe_tray.core.errors import DeadLoginError, Phrase, TokenRefusedError
from probe_tray.core.state import RenewalState
from probe_tray.core.transfer.import_plan import ImportAction, Item
from probe_tray.engine.polling.usage_check import ask_once, problem_of
from probe_tray.engine.transfer.ended_logins import EndedLogins
from probe_tray.ports.http import QuotaService
from probe_tray.ports.time import Clock

_AT_ONCE: Final = 8
_SECONDS: Final = 10.0
"""For an answer without which the login can be imported as well."""
_ENOUGH: Final = 8
"""So many requests in a row that nobody answered say that the service can't be reached."""
_DEAD: Final = Phrase("OpenAI has already refused it")
DEAD_PERSONAL: Final = Phrase("OpenAI has already refused this personal access token")
_REFUSED: Final = Phrase("OpenAI already refuses its access token. It works only if it can still be renewed.")


@final
class LoginCheck:
    """Asks for the quota of logins that are about to be imported. Refresh tokens are never sent for this."""

    def __init__(self, quota: QuotaService, renewal_of: Callable[[str], Awaitable[RenewalState]], clock: Clock) -> None:
        """``renewal_of`` remembers which refresh tokens were refused."""
        self._quota, self._clock = quota, clock
        self.ended: Final = EndedLogins(renewal_of, clock)
        """What is known without asking."""
        self._refused: dict[str, bool] = {}
        """By the fingerprint of the access token: the preview is made again and again."""
        self._unanswered = 0
        """Requests in a row, since this look began, that nobody answered."""

    async def checked(self, items: Iterable[Item]) -> tuple[Item, ...]:
        """``items``, those that are dead with the reason why they are of no use.

        Where the service can't be reached, the rest are as they came: hundreds would each wait for nothing.
        """
        self._unanswered = 0
        limit = asyncio.Semaphore(_AT_ONCE)

        async def check(item: Item) -> Item:
            if item.credential is None or not item.taken:
                return item
            async with limit:
                return await self._checked(item, item.credential)

        return tuple(await asyncio.gather(*map(check, items)))

    async def _checked(self, item: Item, login: Credential) -> Item:
        refused = await self.ended.is_refused(login)
        if not refused and not await self._is_refused(login):
            return item
        if not refused and login.renewable:
            return replace(item, notes=(*item.notes, _REFUSED))
        reason = DEAD_PERSONAL if login.is_personal else _DEAD
        problem = DeadLoginError(path=item.location, reason=reason).problem
        return replace(item, action=ImportAction.DEAD, problem=problem)

    async def _is_refused(self, login: Credential) -> bool:
        if login.expiry is not None and login.expiry <= self._clock.now():
            # That it has ended is no news, and it is renewed before it is used.
            return False
        known = self._refused.get(login.access_token.fingerprint)
        if known is None and self._unanswered >= _ENOUGH:
            return False
        if known is None:
            known = await self._ask(login)
            self._refused[login.access_token.fingerprint] = known
        return known

    async def _ask(self, login: Credential) -> bool:
        try:
            async with asyncio.timeout(_SECONDS):
                problem = problem_of(await ask_once(self._quota, login, self._clock))
        except TimeoutError:
            self._unanswered += 1
            return False
        self._unanswered = self._unanswered + 1 if problem is not None and problem.offline else 0
        return isinstance(problem, TokenRefusedError)
