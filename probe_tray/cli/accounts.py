"""Which logins the command works on, and the stores that hold them."""

from collections.abc import Collection, Iterable, Sequence
from functools import partial
from pathlib import Path

import msgspec

from probe_tray.adapters.files.config_file import LoadedSettings
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.logins.credential_files import CredentialFiles, Place, is_folder, json_files
from probe_tray.adapters.logins.folder_store import NamedFileStore
from probe_tray.adapters.logins.made_here import MadeHere
from probe_tray.adapters.logins.official_store import OfficialStore
from probe_tray.adapters.system import SystemClock
from probe_tray.cli.arguments import Arguments
from probe_tray.cli.session.session import CommandSession
from probe_tray.cli.subcommand import LOOKS
from probe_tray.cli.terminal.console import Console
from probe_tray.core.account.credential import StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.personal_token import PersonalToken
from probe_tray.core.account.report import AccountReport
from probe_tray.core.errors import (
    CredentialFileError,
    PathMissingError,
    Phrase,
    ProbeError,
    Problem,
    ReadError,
    UsageError,
)
from probe_tray.core.formats.login_fields import NoLogin
from probe_tray.ports.accounts import AccountStore
from probe_tray.view.text.privacy import mask
from probe_tray.view.text.translate import Translator


class UnownedToken(AccountReport, frozen=True, kw_only=True):
    """A personal access token whose owner the service was not asked for; a login after :func:`with_owners`."""

    found: PersonalToken
    store: StoreKind


def _unowned(found: PersonalToken, store: StoreKind) -> UnownedToken:
    return UnownedToken(location=found.location, no_login=NoLogin.ACCESS_TOKEN, found=found, store=store)


Entry = StoredCredential | AccountReport
"""A login, or the report on what is none."""


class SelectedLogins(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to work on, in the order in which it was named."""

    entries: tuple[Entry, ...] = ()
    troubles: tuple[Problem, ...] = ()
    """Stores that could not be opened."""
    left_out: tuple[Problem, ...] = ()
    """What is no login and no failure, each with its reason."""
    stores: tuple[AccountStore, ...] = ()
    """Every store that may hold one of the logins, those that were not named included."""

    @property
    def logins(self) -> list[StoredCredential]:
        """The logins alone."""
        return _logins(self.entries)


def tell_left_out(found: SelectedLogins, console: Console, t: Translator, *, hide_names: bool) -> None:
    """A line for each file or entry that is no login and no failure."""
    for problem in (left.with_facts(mask) if hide_names else left for left in found.left_out):
        facts = dict(problem.facts)
        console.note(t("{file} was skipped: {reason}.", file=facts["path"], reason=t.said(facts["reason"])))


async def find_logins(session: CommandSession, loaded: LoadedSettings) -> SelectedLogins:
    """The logins of the files and folders that were named; without any, those of the tray app: vault and sync_dir.

    What only shows quotas then sees the official client's login as well, where its account is not among them.
    The keyring is asked only where the vault itself is to be worked on. Raises UsageError where there is nothing.
    """
    vault, paths = session.vault, session.arguments.paths
    official = session.places.official_logins(loaded.settings.codex_homes)
    reader = _Reader(official, session.disk)
    if paths:
        entries = reader.named(paths)
        # A copy in the shared folder must not be left behind with a token that is spent.
        left_out = tuple(reader.left_out)
        return SelectedLogins(
            entries=tuple(entries),
            left_out=left_out,
            stores=_stores(_logins([*entries, *reader.shared(loaded)]), official, session),
        )
    contents = await vault.load()
    broken = [AccountReport(location=u.location, problem=u.problem) for u in contents.unreadable]
    entries = [*contents.found, *broken, *reader.shared(loaded)]
    if _sees_official(session.arguments):
        entries += await _official(session, loaded, {stored.credential.key for stored in _logins(entries)})
    troubles = () if contents.problem is None else (contents.problem,)
    if not entries and not troubles:
        raise UsageError(what=_nothing(loaded))
    return SelectedLogins(
        entries=tuple(entries),
        troubles=troubles,
        left_out=tuple(reader.left_out),
        stores=_stores(_logins(entries), official, session),
    )


async def with_owners(found: SelectedLogins, session: CommandSession, loaded: LoadedSettings) -> SelectedLogins:
    """``found`` with the personal access tokens as the logins they are, or with why they are none.

    The service is asked where there are any. Raises ProxyAddressError.
    """
    if not any(isinstance(entry, UnownedToken) for entry in found.entries):
        return found
    # Only here: few have one.
    from probe_tray.engine.account.token_owners import FoundTokenStore, TokenOwners, stored_token

    client = session.client(session.proxy(loaded.settings))
    owners = TokenOwners(client, SystemClock())
    entries: list[Entry] = []
    try:
        for entry in found.entries:
            if not isinstance(entry, UnownedToken):
                entries.append(entry)
                continue
            try:
                login = await owners.find(entry.found.token)
            except ProbeError as error:
                entries.append(AccountReport(location=entry.found.location, personal=True, problem=error.problem))
            else:
                entries.append(stored_token(login, entry.found, entry.store))
    finally:
        await client.aclose()
    new = [entry for entry in entries if entry not in found.entries and isinstance(entry, StoredCredential)]
    stores = (*found.stores, FoundTokenStore(StoreKind.OFFICIAL, new))
    return msgspec.structs.replace(found, entries=tuple(entries), stores=stores)


def _sees_official(arguments: Arguments) -> bool:
    """Whether quotas are only looked at: the client's login is never changed."""
    return (arguments.status and not arguments.renew) or arguments.subcommand in LOOKS or arguments.format is not None


def official_stores(session: CommandSession, loaded: LoadedSettings) -> tuple[OfficialStore, ...]:
    """The official client's logins in all its homes; nobody is asked for one to be seen."""
    silently = partial(session.keyring.read_entry, silently=True)
    now, disk = SystemClock().monotonic, session.disk
    return tuple(
        OfficialStore(home, silently, read_silently=None, now=now, disk=disk)
        for home in session.places.codex_homes(loaded.settings.codex_homes)
    )


async def _official(session: CommandSession, loaded: LoadedSettings, known: Collection[AccountKey]) -> list[Entry]:
    entries: list[Entry] = []
    seen = set(known)
    for store in official_stores(session, loaded):
        contents = await store.load()
        found = [stored for stored in contents.found if stored.credential.key not in seen]
        seen |= {stored.credential.key for stored in found}
        entries += found
        entries += [AccountReport(location=u.location, problem=u.problem) for u in contents.unreadable]
        entries += [_unowned(one, StoreKind.OFFICIAL) for one in contents.personal]
        if contents.api_key is not None and not contents.personal:
            entries.append(AccountReport(location=contents.api_key.location, no_login=NoLogin.API_KEY))
    return entries


def _nothing(settings: LoadedSettings) -> str:
    folder = settings.login_folder
    if folder is not None and not is_folder(folder):
        # It may be on a drive that is not connected, so nothing is said of logins that there never were.
        return Phrase(
            "There is no login: the vault is empty, and the folder {folder} (sync_dir) is not there.",
            folder=str(folder),
        )
    return Phrase("There is no login yet. Choose credential files or a folder, or log in with Probe Tray.")


class _Reader:
    """Each file stands for itself: two that hold the same account are two entries."""

    def __init__(self, official: Sequence[Path], disk: Disk) -> None:
        self._files = CredentialFiles(official, disk)
        self._seen: set[Path] = set()
        self.left_out: list[Problem] = []
        """What is no login and no failure: other things in a folder, other services in a bundle."""

    def named(self, paths: Iterable[str]) -> list[Entry]:
        entries: list[Entry] = []
        for path in map(Path, paths):
            try:
                places = json_files(path) if is_folder(path) else [Place(path)]
            except ProbeError as error:
                entries.append(AccountReport(location=str(path), problem=error.problem))
                continue
            skipped = len(self.left_out)
            found = self._all(places)
            if not places or (is_folder(path) and not found and len(self.left_out) > skipped):
                problem = ReadError(path=str(path), reason=Phrase("it contains no credential file (*.json)")).problem
                entries.append(AccountReport(location=str(path), problem=problem))
            entries += found
        return entries

    def shared(self, settings: LoadedSettings) -> list[Entry]:
        """What sync_dir holds besides; one that is missing holds nothing."""
        folder = settings.login_folder
        if folder is None:
            return []
        try:
            return self._all(json_files(folder))
        except ProbeError as error:
            return [AccountReport(location=str(folder), problem=error.problem)]

    def _all(self, places: Iterable[Place]) -> list[Entry]:
        entries: list[Entry] = []
        for place in places:
            # A file may be named twice, once by itself and once by its folder.
            path = place.path.absolute()
            if path not in self._seen:
                self._seen.add(path)
                entries += self._one(place)
        return entries

    def _one(self, place: Place) -> list[Entry]:
        location = str(place.path)
        try:
            held = self._files.read(place)
        except ProbeError as error:
            return [AccountReport(location=location, problem=error.problem)]
        if held is None and place.inside:
            # It was removed since its folder was listed.
            return []
        if held is None:
            return [AccountReport(location=location, problem=PathMissingError(path=location).problem)]
        kind = StoreKind.OFFICIAL if held.official else StoreKind.FILES
        entries: list[Entry] = []
        for document in held.documents:
            if document.credential is not None:
                entries.append(StoredCredential(credential=document.credential, store=kind, location=location))
            elif document.personal is not None:
                token = PersonalToken(token=document.personal, location=location)
                entries.append(_unowned(token, kind))
            elif document.no_login is NoLogin.API_KEY:
                entries.append(AccountReport(location=location, no_login=document.no_login))
            elif document.no_login is NoLogin.ANOTHER_SERVICE or (place.inside and document.no_login):
                self.left_out.append(CredentialFileError(path=location, reason=document.reason).problem)
            else:
                problem = CredentialFileError(path=location, reason=document.reason).problem
                entries.append(AccountReport(location=location, problem=problem))
        return entries


def _logins(entries: Iterable[Entry]) -> list[StoredCredential]:
    return [entry for entry in entries if isinstance(entry, StoredCredential)]


def _stores(
    logins: Iterable[StoredCredential], official: Sequence[Path], session: CommandSession
) -> tuple[AccountStore, ...]:
    """The vault, and the files: each store has one file of each account, so that several of them are told apart."""
    accounts: dict[Path, set[AccountKey]] = {}
    for stored in logins:
        if stored.store is StoreKind.FILES:
            accounts.setdefault(Path(stored.location), set()).add(stored.credential.key)
    groups: list[dict[AccountKey, Path]] = []
    for path, keys in accounts.items():
        group = next((group for group in groups if group.keys().isdisjoint(keys)), None)
        if group is None:
            groups.append(group := {})
        group.update(dict.fromkeys(keys, path))
    made = MadeHere(session.places.made_here, disk=session.disk)
    disk, now = session.disk, SystemClock().monotonic
    files = (
        NamedFileStore(list(held.values()), held=held, official=official, made=made, disk=disk, now=now)
        for held in groups
    )
    return (*files, session.vault)
