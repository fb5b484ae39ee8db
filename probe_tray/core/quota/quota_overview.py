"""Every account's last numbers as other programs get them: no token, and nothing that only this program understands.

It imports little: the command that only asks the running app for it is to answer at once.
"""

from datetime import datetime

import msgspec
from msgspec.structs import replace

from probe_tray.core.account.account_names import AccountNames, matching


class WindowQuota(msgspec.Struct, frozen=True, kw_only=True):
    """One window of the main limit."""

    name: str
    """``5h``, ``week``, ``month`` or ``budget``; any other is named by its length, such as ``90min`` or ``2d``."""
    used_percent: float
    """0 to 100."""
    left_percent: float
    reset_at: datetime | None
    """Aware UTC, by this computer's clock; None where the service gave none."""


class AccountQuota(msgspec.Struct, frozen=True, kw_only=True):
    """One account."""

    id: str
    """24 hex digits that stay the same, and show neither address nor account id."""
    name: str
    """The person's own name for it, else its address, its workspace or its account id."""
    masked_name: str
    """What it is called where its name is to be hidden."""
    alias: str
    email: str
    account_id: str
    plan: str
    in_use: bool
    """Whether the official client is logged in with it."""
    state: str
    """A value of ``Condition``."""
    usable: bool
    """Whether the next request is expected to go through."""
    limited: bool
    """Whether it has no capacity."""
    settled: bool
    """Whether asking the service again brings nothing better: the numbers are fresh, or it is known why not."""
    taken_at: datetime | None
    """When the service gave the numbers, aware UTC; None where there are none."""
    free_at: datetime | None
    """Without capacity: when there is some again by itself, aware UTC; None where that is not known."""
    windows: tuple[WindowQuota, ...]
    """Those of the main limit."""


class QuotaOverview(msgspec.Struct, frozen=True, kw_only=True):
    """All accounts."""

    next: str | None
    """The id of the account to go on with; None where none has capacity."""
    shows_left: bool
    """Whether the person wants to see what is left, and not what is used."""
    privacy: bool
    """Whether names are hidden where they are shown."""
    accounts: tuple[AccountQuota, ...]
    is_whole: bool = True
    """Whether every login could be read; otherwise an account that is missing here may have capacity."""

    def account(self, slug: str | None) -> AccountQuota | None:
        """The account with that id."""
        return next((account for account in self.accounts if account.id == slug), None)

    def matching(self, text: str) -> tuple[AccountQuota, ...]:
        """The accounts that ``text`` names: by the person's own name, address, account id or id."""

        def names(account: AccountQuota) -> AccountNames:
            return AccountNames(account.alias, (account.email, account.account_id, account.id))

        return matching(text, self.accounts, names)

    @property
    def usual(self) -> AccountQuota | None:
        """The account that is meant where none is named.

        The one that the official client uses, else the next one, else that which has capacity first, else the first.
        """
        used = next((account for account in self.accounts if account.in_use), None) or self.account(self.next)
        free = [(account.free_at, account.id) for account in self.accounts if account.free_at is not None]
        soonest = self.account(min(free)[1]) if free else None
        return used or soonest or next(iter(self.accounts), None)

    def may_be_another(self, account: AccountQuota) -> bool:
        """Whether ``account``, the usual one, may only be that because the right one can't be read."""
        return not (self.is_whole or account.in_use)

    @property
    def settled(self) -> bool:
        """Whether asking the service once more would bring nothing better for any account."""
        return bool(self.accounts) and all(account.settled for account in self.accounts)

    @property
    def is_unknown(self) -> bool:
        """Whether no account has numbers that say whether it has capacity."""
        return not any(account.usable or account.limited for account in self.accounts)

    def discreet(self) -> "QuotaOverview":
        """The same without names, addresses and account ids."""
        hidden = (
            replace(account, name=account.masked_name, alias="", email="", account_id="") for account in self.accounts
        )
        return replace(self, accounts=tuple(hidden))

    def reference(self, account: AccountQuota) -> str:
        """What names ``account`` alone: its name where no other has it and it is not hidden, else its id."""
        alike = sum(other.name == account.name for other in self.accounts)
        return account.name if alike == 1 and account.name != account.masked_name else account.id
