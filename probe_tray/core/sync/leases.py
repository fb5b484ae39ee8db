"""Leases on refresh tokens: which computer may renew a login, as the shared table's own clock decides."""

import enum

import msgspec


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """What a computer asks for. Nothing of it shows whose login it is."""

    account: str
    """The account's slug: one computer at a time renews an account."""
    token: str
    """The fingerprint of the refresh token that is to be used."""
    holder: str
    """This computer, by a name that no other has."""


class LeaseAnswer(enum.Enum):
    """What the table says to it."""

    GRANTED = "granted"
    AGAIN = "again"
    """Granted; this computer has sent the token before, and it is not known what came of it."""
    BUSY = "busy"
    """Another computer renews the account now; its lease ends within two minutes."""
    SENT = "sent"
    """Another computer has sent this token and has not shared the new login: nobody else may ever use it."""

    @property
    def is_granted(self) -> bool:
        """Whether this computer may renew the login."""
        return self in {LeaseAnswer.GRANTED, LeaseAnswer.AGAIN}
