"""What was put where the official client looks for its login: the record, and what it means for what is found there."""

from datetime import datetime

import msgspec
from msgspec.structs import replace

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.owner import Owner, OwnerMatch
from probe_tray.core.account.secret import Secret
from probe_tray.core.codex.codex_state import HandOver
from probe_tray.core.errors import Phrase


class CodexPlacement(msgspec.Struct, frozen=True, kw_only=True):
    """One account's login in the place of one home. No token: fingerprints alone."""

    account_id: str
    user_id: str = ""
    email: str = ""
    way: HandOver
    access: str
    """Fingerprint of the access token that was written last, or is about to be."""
    at: datetime
    """When it was handed over, aware UTC; for people and logs, nothing is decided by it."""

    @property
    def key(self) -> AccountKey:
        """Whose login it is."""
        return AccountKey(self.account_id, self.user_id)

    def named(self, login: Credential) -> "CodexPlacement":
        """The same with the user whom ``login`` of this account names: earlier tokens may not have named one."""
        key = login.key
        return replace(self, user_id=key.user_id or self.user_id, email=login.email or self.email)

    @property
    def owner(self) -> Owner:
        """The same, to compare with a login whose tokens may say less."""
        return Owner(self.account_id, self.user_id, self.email)

    def is_login(self, found: Credential | None) -> bool:
        """Whether ``found`` in the place is what this placement put there, or what the client has made of it.

        The client never writes a login without a refresh token, so that one of this owner is ours whatever its access
        token. A login with one is the client's to renew: what it holds is the same login, renewed.
        """
        if found is None or found.owner.match(self.owner) is not OwnerMatch.SAME:
            return False
        return found.renewable is (self.way is HandOver.WHOLE)


def placement_of(login: Credential, way: HandOver, at: datetime) -> CodexPlacement:
    """The placement of ``login``."""
    key = login.key
    return CodexPlacement(
        account_id=key.account_id,
        user_id=key.user_id,
        email=login.email,
        way=way,
        access=login.access_token.fingerprint,
        at=at,
    )


class EndedPlacement(msgspec.Struct, frozen=True, kw_only=True):
    """An account whose login was in place until somebody logged out, or logged in anew, in the client."""

    account_id: str
    user_id: str = ""
    access: str
    """Fingerprint of our access token at that time; with another one the account has got a new login since."""
    way: HandOver = HandOver.LENT
    """Of a whole one the client may have spent our refresh token, so that it is never sent again."""
    home: str = ""
    """Where it was, by its real path; empty in records of earlier versions."""

    def is_back(self, found: Credential | None, ours: Credential) -> bool:
        """Whether ``found`` in that home is the login again, as it was handed over.

        Nobody but this program writes one without a refresh token. One with it is the client's to renew, unless a
        person has logged in here since.
        """
        whole = self.way is HandOver.WHOLE
        if found is None or found.renewable is not whole or (whole and ours.access_token.fingerprint != self.access):
            return False
        return found.owner.match(ours.owner) is OwnerMatch.SAME

    @property
    def key(self) -> AccountKey:
        """Whose login it was."""
        return AccountKey(self.account_id, self.user_id)


class HomeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one home."""

    home: str
    """Its real path."""
    begun: CodexPlacement | None = None
    """A hand-over of which nobody knows yet whether the place was written: the process that did it may have died."""
    current: CodexPlacement | None = None
    """What was in place before it, and still is where the place was never written."""
    back: str = ""
    """Fingerprint of what is being put back instead, until it is known to be there."""

    def after_look(self, text: Secret | None, login: Credential | None) -> "tuple[HomeRecord, CodexPlacement | None]":
        """The record after ``text``, which is ``login``, was found in the place; and what has ended there since.

        What ended there by itself, that is: an exchange that was begun by this program counts where the place holds it,
        and never happened where it does not.
        """
        if self.back and text is not None and text.fingerprint == self.back:
            return HomeRecord(home=self.home), None
        record = replace(self, begun=None, back="")
        if self.begun is not None and self.begun.is_login(login):
            return replace(record, current=self.begun), None
        if self.current is None or self.current.is_login(login):
            return record, None
        return HomeRecord(home=self.home), self.current


class PlacementBook(msgspec.Struct, frozen=True, kw_only=True):
    """All that is remembered. It is the journal of the hand-overs: written before the place is."""

    homes: tuple[HomeRecord, ...] = ()
    ended: tuple[EndedPlacement, ...] = ()

    def record(self, home: str) -> HomeRecord:
        """What is known of the home; nothing where it was never used."""
        return next((one for one in self.homes if one.home == home), HomeRecord(home=home))

    def with_record(self, record: HomeRecord) -> "PlacementBook":
        """The same with ``record`` in the place of the home's earlier one."""
        others = tuple(one for one in self.homes if one.home != record.home)
        kept = (record,) if record.begun or record.current else ()
        return replace(self, homes=(*others, *kept))

    def with_ended(self, ended: EndedPlacement) -> "PlacementBook":
        """The same with the end of a placement."""
        return replace(self, ended=(*(one for one in self.ended if one.key != ended.key), ended))

    def without_ended(self, keys: frozenset[AccountKey]) -> "PlacementBook":
        """The same without what is remembered of these accounts."""
        return replace(self, ended=tuple(one for one in self.ended if one.key not in keys))


def unfit(login: Credential, way: HandOver) -> str:
    """Why the client could not work with ``login``, as a phrase; empty where it can."""
    if login.is_personal:
        return Phrase("it is a personal access token")
    if login.id_token is None:
        return Phrase("it has no id token, which Codex needs")
    if way is HandOver.WHOLE and not login.renewable:
        return Phrase("it has no refresh token")
    return ""


def placed_login(login: Credential, way: HandOver) -> Credential:
    """What the place gets of ``login``."""
    return login if way is HandOver.WHOLE else replace(login, refresh_token=None)
