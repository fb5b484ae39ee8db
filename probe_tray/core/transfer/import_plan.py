"""What taking logins out of files would do to the accounts there are. Nothing is taken here."""

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from probe_tray.core.account.age import age, newest, newest_renewable
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.worth import best_of_each, lifeline, worth
from probe_tray.core.errors import CredentialFileError, DeadLoginError, Phrase, Problem
from probe_tray.core.formats.document import Document
from probe_tray.core.formats.login_fields import Format, NoLogin

COPY_WARNING = (
    "If another program keeps using an imported login too, one of the two will be logged out. Use "
    "each login in one program only, or log in here instead."
)
"""Said once, before anything is taken that could be renewed here and elsewhere."""
_API_KEY = Phrase("it is an API key, which has no quota to show")
_ENDED = Phrase("its access token has expired and it has no refresh token")
_NEVER = datetime.min.replace(tzinfo=UTC)


class ImportAction(enum.Enum):
    """What will happen to one login."""

    ADD = "add"
    """Its account is new."""
    REPLACE = "replace"
    """It takes the place of an older login of its account."""
    EXCHANGE = "exchange"
    """It takes the place of a login of its account that may be as new, and isn't worth as much, or doesn't say when it
    was made."""
    SAME = "same"
    """It is the one that is kept already."""
    OLDER = "older"
    """The one that is kept is not older."""
    NOT_RENEWABLE = "not_renewable"
    """It is newer than the one that is kept, or as good as that one, which alone can be renewed."""
    DOUBLE = "double"
    """Another login of its account was found with it, and counts."""
    NOT_A_LOGIN = "not_a_login"
    """A file of its folder that is plainly something else."""
    ANOTHER_SERVICE = "another_service"
    """An entry of a bundle that is for another service, or an API key."""
    DEAD = "dead"
    """A login that works no longer: refused by the service, or ended without a way to renew it."""
    UNUSABLE = "unusable"
    """It is no login."""

    @property
    def takes(self) -> bool:
        """Whether the login is kept."""
        return self in {ImportAction.ADD, ImportAction.REPLACE, ImportAction.EXCHANGE}


class ImportCandidate(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is to be read, or what was given in its place."""

    location: str
    folder: str | None = None
    """The folder it may not lead out of; None for a file that was named by itself."""
    problem: Problem | None = None
    """Why there is nothing to read."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A file, or what else was given."""

    location: str
    documents: tuple[Document, ...] = ()
    problem: Problem | None = None
    """Why it could not be read at all."""
    in_use: bool = False
    """Whether it is the login that the official client on this computer goes on using."""
    in_folder: bool = False
    """Whether it was found in a folder, and not named by itself."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One login that was found, and what will happen to it: a row of the preview."""

    location: str
    entry: int = 0
    """Its number in a file of several, from 1; 0 in a file of one."""
    format: Format | None = None
    credential: Credential | None = None
    account: AccountKey | None = None
    """The account here that it is a login of; its own key where there is none."""
    action: ImportAction = ImportAction.UNUSABLE
    problem: Problem | None = None
    """Why it is unusable."""
    notes: tuple[str, ...] = ()
    """Oddities that do no harm, as sentences."""
    in_use: bool = False
    """Whether the official client on this computer goes on using it."""
    personal: bool = False
    """Whether it is a personal access token of which it isn't known whose it is."""

    @property
    def taken(self) -> bool:
        """Whether it will be kept."""
        return self.action.takes


def plan(
    sources: Iterable[Source], known: Iterable[Credential], now: datetime, ended: Collection[str] = ()
) -> tuple[Item, ...]:
    """What will happen to each login of ``sources``, in their order; ``known`` is all that the stores hold.

    ``ended`` as of :func:`verdict`.

    Accounts are told apart by their owner. Of several logins of one owner only that of most worth counts.
    """
    return replan([item for source in sources for item in _read(source, now)], known, ended)


def replan(items: Iterable[Item], known: Iterable[Credential], ended: Collection[str]) -> tuple[Item, ...]:
    """As :func:`plan`, once some of ``items`` were found to be dead."""
    items = tuple(items)
    usable = (item.credential for item in items if item.credential is not None and item.problem is None)
    best = best_of_each(usable, lambda login: worth(login, ended))
    # By identity: of two copies of one login the first is taken.
    chosen = {id(login) for login in best}
    held: dict[str, list[Credential]] = {}
    for credential in known:
        held.setdefault(credential.account_id, []).append(credential)
    return tuple(_decided(item, chosen, held, ended) for item in items)


def warns_of_copies(items: Iterable[Item]) -> bool:
    """Whether :data:`COPY_WARNING` belongs to the preview: something is taken that two programs could renew."""
    return any(i.taken and i.credential is not None and i.credential.renewable for i in items)


def verdict(login: Credential, held: Sequence[Credential], ended: Collection[str] = ()) -> ImportAction:
    """What becomes of ``login`` where ``held`` are the logins that are kept of its account.

    ``ended`` has the lifelines of logins that work no longer: such a login is worth less than any.
    """
    if not held:
        return ImportAction.ADD
    living = [kept for kept in held if lifeline(kept) not in ended]
    if not living and all(kept.access_token != login.access_token for kept in held):
        return _replacing(login, newest(held))
    held = living or held
    # That of which another program keeps an access token alone is newer than what keeps the account alive, at times.
    kept = newest_renewable(held)
    if login.is_personal and login.access_token != kept.access_token:
        # It doesn't say when it was made: of two the person means the one that is imported.
        return ImportAction.NOT_RENEWABLE if kept.renewable else ImportAction.EXCHANGE
    if login.access_token == kept.access_token:
        return ImportAction.EXCHANGE if login.renewable and not kept.renewable else ImportAction.SAME
    if kept.renewable and not login.renewable:
        return ImportAction.OLDER if age(login) <= age(kept) else ImportAction.NOT_RENEWABLE
    if kept.renewable == login.renewable and age(login) <= age(kept):
        return ImportAction.OLDER
    return _replacing(login, kept)


def _replacing(login: Credential, kept: Credential) -> ImportAction:
    return ImportAction.REPLACE if _is_newer(login, kept) else ImportAction.EXCHANGE


def _is_newer(login: Credential, kept: Credential) -> bool:
    """Whether both say when they were made, and ``login`` later."""
    one, other = login.claims.issued_at, kept.claims.issued_at
    if one == other:
        one, other = login.last_refresh, kept.last_refresh
    return one is not None and other is not None and one > other


def _read(source: Source, now: datetime) -> list[Item]:
    if source.problem is not None:
        return [Item(location=source.location, problem=source.problem)]
    several = len(source.documents) > 1
    return [
        Item(
            location=source.location,
            entry=document.index + 1 if several else 0,
            format=document.format,
            credential=document.credential,
            action=action,
            problem=problem,
            notes=document.notes,
            in_use=source.in_use,
            personal=document.personal is not None,
        )
        for document in source.documents
        for action, problem in (_beforehand(document, source, now),)
    ]


def _beforehand(document: Document, source: Source, now: datetime) -> tuple[ImportAction, Problem | None]:
    """What is known of a document before it is compared with others, and what is wrong with it."""
    login, reason = document.credential, document.reason
    match document.no_login:
        case NoLogin.ANOTHER_SERVICE:
            return ImportAction.ANOTHER_SERVICE, None
        case NoLogin.SOMETHING_ELSE | NoLogin.SIGNED_OUT if source.in_folder:
            return ImportAction.NOT_A_LOGIN, None
        case NoLogin.REFUSED:
            return ImportAction.DEAD, DeadLoginError(path=source.location, reason=reason).problem
        case NoLogin.API_KEY:
            reason = _API_KEY
        case NoLogin.SOMETHING_ELSE | NoLogin.SIGNED_OUT | NoLogin.ACCESS_TOKEN | None:
            pass
    if login is not None and not login.renewable and login.expiry is not None and login.expiry <= now:
        return ImportAction.DEAD, DeadLoginError(path=source.location, reason=_ENDED).problem
    problem = CredentialFileError(path=source.location, reason=reason).problem if reason else None
    return ImportAction.UNUSABLE, problem


def _decided(
    item: Item, chosen: Collection[int], held: Mapping[str, Sequence[Credential]], ended: Collection[str]
) -> Item:
    login = item.credential
    if login is None:
        return item
    members = held.get(login.account_id, ())
    account = login.account_in(members) or login.key
    if item.problem is not None:
        return msgspec.structs.replace(item, account=account)
    same = [member for member in members if member.key == account]
    action = verdict(login, same, ended) if id(login) in chosen else ImportAction.DOUBLE
    return msgspec.structs.replace(item, account=account, action=action)
