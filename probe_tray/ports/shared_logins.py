"""What several computers of one person know of each other's renewals."""

from typing import Protocol

from probe_tray.core.account.identity import AccountKey


class SharedLogins(Protocol):
    """Keeps this computer from using a refresh token that another one has used.

    The caller holds the account's lock. Every method raises StoreError where the stores here fail, and
    TableUncheckedError where the others cannot be asked. Without sync all do nothing.
    """

    async def adopt_newer(self, key: AccountKey) -> bool:
        """Take over what another computer has renewed, in all stores here; whether there was anything newer."""
        ...

    async def claim(self, key: AccountKey) -> bool:
        """Look again and let the others know that this computer renews the account now.

        True where a newer login was taken over instead; there is nothing to renew then. Raises ClaimedElsewhereError
        while another computer renews it. A claim ends with :meth:`publish`, else by itself within minutes.
        """
        ...

    async def publish(self, key: AccountKey) -> None:
        """Give the others the newest login of the account, where it is newer than theirs, and end the claim."""
        ...
