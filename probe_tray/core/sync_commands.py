"""What a person or a timer wants done about sync."""

import msgspec

from probe_tray.core.account.secret import Secret


class SyncCommand(msgspec.Struct, frozen=True):
    """The base of all of them."""


class SyncNow(SyncCommand, frozen=True):
    """Synchronise the logins with the table now; one that runs is joined."""

    overwrite: frozenset[str] = frozenset()
    """Ids of rows that cannot be read and may be replaced: the person has agreed to that."""


class SetUpSync(SyncCommand, frozen=True, kw_only=True):
    """Keep what sync needs: the address in the settings, the secrets in the OS keyring.

    None leaves a secret as it is; one that the configuration file holds goes before the keyring's.
    """

    url: str
    api_key: Secret | None = None
    key: Secret | None = None


class TestSync(SyncCommand, frozen=True, kw_only=True):
    """Look at the table with these, and change nothing; None stands for the secret that is kept."""

    url: str
    api_key: Secret | None = None
    key: Secret | None = None


class ForgetSync(SyncCommand, frozen=True):
    """Take the address out of the settings and the secrets out of the keyring; the table stays as it is."""
