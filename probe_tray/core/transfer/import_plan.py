"""What taking logins out of files would do to the accounts there are. Nothing is taken here."""

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from probe_tray.core.account.age import age, newest, newest_of_each
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import CredentialFileError, Phrase, Problem
from probe_tray.core.formats.document import Document
from probe_tray.core.formats.login_fields import Format, NoLogin

COPY_WARNING = (
    "If another program keeps using this login too, one of the two will be logged out. Use "
    "it in one program only, or log in here instead."
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
    """It takes the place of an older login of its account, or of one that cannot be renewed."""
    SAME = "same"
    """It is the one that is kept already."""
    OLDER = "older"
    """The one that is kept is not older."""
    NOT_RENEWABLE = "not_renewable"
    """It is newer than the one that is kept, or as good as that one, which alone can be renewed."""
    DOUBLE = "double"
    """A newer login of its account is imported along with it."""
    NOT_A_LOGIN = "not_a_login"
    """A file of its folder that is plainly something else."""
    ANOTHER_SERVICE = "another_service"
    """An entry of a bundle that is for another service, or an API key."""
    UNUSABLE = "unusable"
    """It is no login, or one that is of no use."""


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
        return self.action in {ImportAction.ADD, ImportAction.REPLACE}


def plan(sources: Iterable[Source], known: Iterable[Credential], now: datetime) -> tuple[Item, ...]:
    """What will happen to each login of ``sources``, in their order; ``known`` is all that the stores hold.

    Accounts are told apart by their owner. Of several logins of one owner only the newest counts.
    """
    items = [item for source in sources for item in _read(source, now)]
    best = newest_of_each(i.credential for i in items if i.credential is not None and i.problem is None)
    # By identity: of two copies of one login the first is taken.
    chosen = {id(login) for login in best}
    held: dict[str, list[Credential]] = {}
    for credential in known:
        held.setdefault(credential.account_id, []).append(credential)
    return tuple(_decided(item, chosen, held) for item in items)


def warns_of_copies(items: Iterable[Item]) -> bool:
    """Whether :data:`COPY_WARNING` belongs to the preview: something is taken that two programs could renew."""
    return any(i.taken and i.credential is not None and i.credential.renewable for i in items)


def verdict(login: Credential, held: Sequence[Credential]) -> ImportAction:
    """What becomes of ``login`` where ``held`` are the logins that are kept of its account."""
    if not held:
        return ImportAction.ADD
    kept = newest(held)
    if login.is_personal and login.access_token != kept.access_token:
        # It doesn't say when it was made: of two the person means the one that is imported.
        return ImportAction.NOT_RENEWABLE if kept.renewable else ImportAction.REPLACE
    if login.access_token == kept.access_token:
        return ImportAction.REPLACE if login.renewable and not kept.renewable else ImportAction.SAME
    if age(login) <= age(kept):
        return ImportAction.OLDER
    return ImportAction.REPLACE if login.renewable or not kept.renewable else ImportAction.NOT_RENEWABLE


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
            problem=_problem(source.location, document, now) if action is ImportAction.UNUSABLE else None,
            notes=document.notes,
            in_use=source.in_use,
            personal=document.personal is not None,
        )
        for document in source.documents
        for action in (_beforehand(document, in_folder=source.in_folder),)
    ]


def _beforehand(document: Document, *, in_folder: bool) -> ImportAction:
    """What is known of a document before it is compared with others."""
    match document.no_login:
        case NoLogin.ANOTHER_SERVICE:
            return ImportAction.ANOTHER_SERVICE
        case NoLogin.SOMETHING_ELSE | NoLogin.SIGNED_OUT if in_folder:
            return ImportAction.NOT_A_LOGIN
        case NoLogin.SOMETHING_ELSE | NoLogin.SIGNED_OUT | NoLogin.API_KEY | NoLogin.ACCESS_TOKEN | None:
            return ImportAction.UNUSABLE


def _problem(location: str, document: Document, now: datetime) -> Problem | None:
    login = document.credential
    reason = _API_KEY if document.no_login is NoLogin.API_KEY else document.reason
    if login is not None and not login.renewable and login.expiry is not None and login.expiry <= now:
        reason = _ENDED
    return CredentialFileError(path=location, reason=reason).problem if reason else None


def _decided(item: Item, chosen: Collection[int], held: Mapping[str, Sequence[Credential]]) -> Item:
    login = item.credential
    if login is None or item.problem is not None:
        return item
    members = held.get(login.account_id, ())
    account = login.account_in(members) or login.key
    same = [member for member in members if member.key == account]
    action = verdict(login, same) if id(login) in chosen else ImportAction.DOUBLE
    return msgspec.structs.replace(item, account=account, action=action)
