"""After the machine woke or changed its network: one account is asked before all the others are."""

from datetime import timedelta

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import CertificateError, NotSentError, ProbeError, UncertainError
from probe_tray.core.polling.schedule import Pacing
from probe_tray.core.state import AccountState

_NO_WAY = (NotSentError, CertificateError, UncertainError)
"""Failures that show no working way to the service; any answer shows one."""
_BY_HAND = timedelta(minutes=5)
_MOST_FAILURES = 3
"""All wait for the one, so it does not back off further than for so many failures in a row."""


class FirstCheck:
    """The one account that is asked, while there is one."""

    def __init__(self) -> None:
        """Hold nobody back."""
        self._key: AccountKey | None = None

    def send(self, accounts: tuple[AccountState, ...]) -> AccountState | None:
        """Choose the account to ask, at best one whose last check went well; None where there is none."""
        free = [a for a in accounts if not a.checking]
        chosen = min(free, key=lambda a: (a.problem is not None, a.checked_at is None), default=None)
        self._key = None if chosen is None else chosen.key
        return chosen

    def among(self, accounts: tuple[AccountState, ...]) -> tuple[AccountState, ...]:
        """The accounts that may be asked now."""
        if self._key is None:
            return accounts
        found = tuple(a for a in accounts if a.key == self._key)
        if not found:
            self.end()
        return found or accounts

    def pacing(self, key: AccountKey, otherwise: Pacing) -> Pacing:
        """How ``key`` is tried again: the one even where checks are manual."""
        return Pacing(otherwise.every or _BY_HAND, otherwise.slow) if key == self._key else otherwise

    def failures(self, key: AccountKey, count: int) -> int:
        """How many failures in a row count for the next try of ``key``."""
        return min(count, _MOST_FAILURES) if key == self._key else count

    def came_back(self, key: AccountKey, error: ProbeError | None) -> bool:
        """Whether this was the one and the others may be asked now."""
        if key != self._key or isinstance(error, _NO_WAY):
            return False
        self.end()
        return True

    def end(self) -> None:
        """Hold nobody back any more."""
        self._key = None
