"""What a person or a timer wants done."""

import msgspec

from probe_tray.core.identity import AccountKey
from probe_tray.core.settings import Settings


class LogIn(msgspec.Struct, frozen=True):
    """Sign in: a new account, or the given one again."""

    account: AccountKey | None = None


class CancelLogin(msgspec.Struct, frozen=True):
    """End the login that waits, or put away one that failed."""


class ReopenBrowser(msgspec.Struct, frozen=True):
    """Show the sign-in page of the waiting login once more."""


class Refresh(msgspec.Struct, frozen=True):
    """Ask for the quotas now: of one account, or of all."""

    account: AccountKey | None = None


class ReadStores(msgspec.Struct, frozen=True):
    """Read all stores again (the keyring was unlocked, a file was mended)."""


class SaveSettings(msgspec.Struct, frozen=True):
    """Keep and use these settings."""

    settings: Settings


class DismissTrouble(msgspec.Struct, frozen=True):
    """The person has read what went wrong."""


Command = LogIn | CancelLogin | ReopenBrowser | Refresh | ReadStores | SaveSettings | DismissTrouble
