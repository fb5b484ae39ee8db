"""What a renewal makes of other computers: it waits for them, takes over from them, or goes on and says so."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import (
    ProbeError,
    RenewalUnsharedError,
    RenewalWaitsError,
    RenewedUncheckedError,
    TableUncheckedError,
)
from probe_tray.core.events import Event, TroubleMet
from probe_tray.core.renewal.policy import Reason
from probe_tray.ports.shared_logins import SharedLogins
from probe_tray.ports.time import Clock

_SOON = timedelta(hours=1)
"""A login whose token ends so soon is renewed though the table cannot be asked: it would stop working."""
_RETRY_AFTER = timedelta(minutes=15)


class RenewalCoordinator:
    """Asks ``SharedLogins`` around the request of a renewal; the caller holds the account's lock."""

    def __init__(self, shared: SharedLogins, clock: Clock, tell: Callable[[Event], None]) -> None:
        """``tell`` hears of renewals that others could not be asked about, and of those they do not know of."""
        self._shared, self._clock, self._tell = shared, clock, tell

    async def turn(self, key: AccountKey) -> float | None:
        """As of ``SharedLogins``; None too where that can't be asked, of which the renewal tells."""
        try:
            return await self._shared.turn(key)
        except ProbeError:
            return None

    async def adopt_newer(self, login: Credential, reason: Reason) -> bool:
        """Whether another computer's newer login was taken over, in all stores here.

        Raises RenewalWaitsError where that cannot be told and there is time, StoreError where it cannot be kept.
        """
        try:
            return await self._shared.adopt_newer(login.key, insists=self._is_urgent(login, reason))
        except TableUncheckedError as error:
            self._go_on_if_urgent(login, reason, error, tell=False)
            return False

    async def claim(self, login: Credential, reason: Reason) -> bool:
        """The same right before the request, which is then this computer's to make.

        Raises ClaimedElsewhereError as well, while another computer renews the account, and RenewalSentElsewhereError
        where another one has sent the token.
        """
        try:
            return await self._shared.claim(login, insists=self._is_urgent(login, reason))
        except TableUncheckedError as error:
            self._go_on_if_urgent(login, reason, error, tell=True)
            return False

    async def mark_sent(self, login: Credential) -> None:
        """Record that the request is about to be sent.

        Raises ClaimedElsewhereError where the claim has ended, and RenewalWaitsError where the table, which took the
        claim a moment ago, cannot be reached: the others would take the token for unused.
        """
        try:
            await self._shared.mark_sent(login.key)
        except TableUncheckedError as error:
            raise RenewalWaitsError(retry_after=_RETRY_AFTER, reason=error.facts["reason"]) from None

    async def publish(self, key: AccountKey) -> None:
        """Give the others what was renewed; where that fails it is told."""
        try:
            await self._shared.publish(key)
        except ProbeError as error:
            problem = RenewalUnsharedError(reason=error.cause)
            self._tell(TroubleMet(problem=problem.problem))

    async def publish_again(self, key: AccountKey) -> None:
        """The same for one that failed before, which was told then."""
        with suppress(ProbeError):
            await self._shared.publish(key)

    async def give_up(self, key: AccountKey) -> None:
        """Let others renew it: nothing came of it here."""
        with suppress(ProbeError):
            await self._shared.give_up(key)

    def _is_urgent(self, login: Credential, reason: Reason) -> bool:
        """Whether it is renewed though the others cannot be asked."""
        ends = login.expiry
        return reason in {Reason.FORCED, Reason.REFUSED} or ends is None or ends <= self._clock.now() + _SOON

    def _go_on_if_urgent(self, login: Credential, reason: Reason, error: TableUncheckedError, *, tell: bool) -> None:
        if not self._is_urgent(login, reason):
            raise RenewalWaitsError(retry_after=_RETRY_AFTER, reason=error.facts["reason"]) from None
        if tell:
            self._tell(TroubleMet(problem=RenewedUncheckedError(reason=error.facts["reason"]).problem))
