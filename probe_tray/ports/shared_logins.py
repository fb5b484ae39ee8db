"""What several computers of one person know of each other's renewals."""

from typing import Protocol

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey


class SharedLogins(Protocol):
    """Keeps this computer from using a refresh token that another one has used.

    The caller holds the account's lock. Every method raises StoreError where the stores here fail, and
    TableUncheckedError where the others cannot be asked. Without sync all do nothing.
    """

    async def turn(self, key: AccountKey) -> float | None:
        """The part of the time over which renewals are spread that this computer waits for, in 0…1.

        None where it need not wait: nothing is shared, or leases keep computers apart.
        """
        ...

    async def adopt_newer(self, key: AccountKey, *, insists: bool = False) -> bool:
        """Take over what another computer has renewed, in all stores here; whether there was anything newer.

        ``insists``: the refresh token is used even if the others cannot be asked, so they are asked several times.
        """
        ...

    async def claim(self, login: Credential, *, insists: bool = False) -> bool:
        """Let the others know that this computer renews ``login`` now, whose refresh token it will use; look again.

        ``insists`` as in :meth:`adopt_newer`.

        True where a newer login was taken over instead; there is nothing to renew then. Raises ClaimedElsewhereError
        while another computer renews it, and RenewalSentElsewhereError where another one may have used the refresh
        token up. A claim ends with :meth:`publish` or :meth:`give_up`. Otherwise it ends by itself within minutes, if
        nothing was sent.
        """
        ...

    async def mark_sent(self, key: AccountKey) -> None:
        """Record that the refresh token is about to be sent: from then on no other computer may use it.

        Raises ClaimedElsewhereError where the claim has ended; the token must not be sent then.
        """
        ...

    async def unshared(self) -> tuple[AccountKey, ...]:
        """Accounts that were renewed here and of which the others do not know it yet: to be published."""
        ...

    async def publish(self, key: AccountKey) -> None:
        """Give the others the newest login of the account, where it is newer than theirs, and end the claim."""
        ...

    async def give_up(self, key: AccountKey) -> None:
        """End the claim: the refresh token was not used up."""
        ...
