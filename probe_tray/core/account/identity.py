"""Who an account is."""

import enum
import hashlib
import re
from collections.abc import Container
from functools import cached_property

import msgspec

_ID = re.compile(r"[!-~]{1,200}")


def is_account_id(text: str) -> bool:
    """Whether it can be one: it goes into a header of every request, so it holds what a header may hold."""
    return _ID.fullmatch(text) is not None


class AccountKey(msgspec.Struct, frozen=True, order=True, dict=True):
    """The identity of an account: a team's members share the account id, so the user id belongs to the key."""

    account_id: str
    user_id: str = ""

    @cached_property
    def slug(self) -> str:
        """24 hex digits that name this account in file names and lock names, without showing its ids."""
        return hashlib.sha256(f"{self.account_id}\0{self.user_id}".encode("utf-8", "replace")).hexdigest()[:24]


class _EveryAccount:
    def __contains__(self, account: object) -> bool:
        return isinstance(account, AccountKey)


EVERY_ACCOUNT: Container[AccountKey] = _EveryAccount()
"""What holds each account there can be."""


class StoreKind(enum.Enum):
    """The places a login can live in."""

    VAULT = "vault"
    """Encrypted records, their key in the OS keyring."""
    FOLDER = "folder"
    """A folder of credential files shared with other tools (``sync_dir``)."""
    FILES = "files"
    """Files named on the command line."""
    OFFICIAL = "official"
    """The official client's own login: shown, never renewed, written or revoked."""

    # An enum hashes its name in Python: several times for each check of an account.
    __hash__ = object.__hash__
