"""An account that the official client works with, and what becomes of the login that its place holds before."""

import enum
from collections.abc import Mapping
from datetime import datetime

import msgspec

from probe_tray.core.account.age import age
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.owner import OwnerMatch
from probe_tray.core.account.secret import Secret
from probe_tray.core.formats.document import Document
from probe_tray.core.formats.login_fields import NoLogin


class HandOver(msgspec.Struct, frozen=True, kw_only=True):
    """An account that the official client works with because this program gave it, without its refresh token.

    This program alone renews it, and gives the client each new access token.
    """

    key: AccountKey
    at: datetime
    """Aware UTC."""


class TakenLogin(msgspec.Struct, frozen=True, kw_only=True):
    """What the client's place held and a hand-over overwrites: it lies aside until that is done."""

    fingerprint: str
    """Of all of its text."""
    adopted: bool
    """Whether it goes into our stores. Not before it is gone from the client's place: two that renew it end it."""


class PendingHandOver(msgspec.Struct, frozen=True, kw_only=True):
    """What is about to be written into the client's place, noted before so that a kill leaves nothing in doubt."""

    written: str
    """Fingerprint of the text that is written."""
    hand_over: HandOver | None
    """What then holds; None where what was there before is put back."""
    taken: tuple[TakenLogin, ...] = ()
    """The oldest first."""


class HandOverRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered, by the client's home."""

    lent: Mapping[str, HandOver] = {}
    pending: Mapping[str, PendingHandOver] = {}


class ClientContent(msgspec.Struct, frozen=True, kw_only=True):
    """What the official client's place holds."""

    location: str
    """Path of the client's file."""
    text: Secret | None = None
    """All of it; None where there is nothing."""
    documents: tuple[Document, ...] = ()
    has_home: bool = True
    """Whether the client's folder is there; it may lie on a medium that is not."""

    @property
    def is_clear(self) -> bool:
        """Whether it says who is logged in. A file that is being written, or is damaged, does not."""
        if self.text is None:
            return self.has_home
        return any(document.credential or document.no_login for document in self.documents)

    @property
    def login(self) -> Credential | None:
        """The login in it."""
        return next((d.credential for d in self.documents if d.credential is not None), None)

    @property
    def is_empty(self) -> bool:
        """Whether nobody is logged in: overwriting it loses nothing."""
        if self.text is None or not self.text.reveal().strip():
            return True
        return all(document.no_login is NoLogin.SIGNED_OUT for document in self.documents)


class Returned(enum.Enum):
    """What becomes of what the client's place holds before another account is written there."""

    NOTHING = "nothing"
    """It holds nothing that is not in our stores."""
    ADOPTED = "adopted"
    """Its tokens are newer than ours of that account, and go into our stores."""
    ASIDE = "aside"
    """No store of ours has it, or it is no login that one could have: it is kept as it is, to be put back."""


def returned(content: ClientContent, ours: Credential | None) -> Returned:
    """What becomes of ``content``; ``ours`` is our login of the same account, if there is one."""
    if content.is_empty:
        return Returned.NOTHING
    theirs = content.login
    if theirs is None or ours is None or ours.owner.match(theirs.owner) is not OwnerMatch.SAME:
        return Returned.ASIDE
    if not theirs.renewable:
        # It was lent: its access token is one of ours, and what renews it never left our stores.
        return Returned.NOTHING if ours.renewable or age(theirs) <= age(ours) else Returned.ASIDE
    if ours.refresh_token == theirs.refresh_token and age(theirs) <= age(ours):
        return Returned.NOTHING
    if age(theirs) > age(ours) and not ours.made_here:
        return Returned.ADOPTED
    # An older copy, or a login of its own that may still live.
    return Returned.NOTHING if ours.refresh_token == theirs.refresh_token else Returned.ASIDE
