"""Takes logins that were found in files into the stores, each under its account's lock."""

from typing import NamedTuple

from probe_tray.core.credential import Credential
from probe_tray.core.errors import StoreError
from probe_tray.core.importing import Action, verdict
from probe_tray.engine.accounts import Accounts
from probe_tray.ports import AccountLocks


class Taken(NamedTuple):
    """What became of one login."""

    action: Action
    """What was found to be right once nobody else could change the account any more."""
    faults: tuple[StoreError, ...] = ()
    """Why some of the stores that hold the account did not take it; another one did."""


class Importing:
    """Keeps logins of other programs; they are never revoked from here, for they were not obtained here."""

    def __init__(self, accounts: Accounts, locks: AccountLocks) -> None:
        """Keep them in the stores of ``accounts``: where the account is already, else in the first."""
        self._accounts = accounts
        self._locks = locks

    async def take(self, login: Credential) -> Taken:
        """Keep ``login`` unless what is kept of its account is as good.

        A renewal may have brought a newer one since the preview was made. Raises StoreError or DataFolderError when no
        store took it, or when it cannot be told what they hold; then nothing was changed.
        """
        async with self._locks.hold(login.key):
            held = [stored.credential for _, stored in await self._accounts.holders(login.key)]
            action = verdict(login, held)
            if action not in {Action.ADD, Action.REPLACE}:
                return Taken(action)
            await self._accounts.check_writable(login.key)
            return Taken(action, await self._accounts.keep(login))
