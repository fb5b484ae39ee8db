"""The official client's own login, which is shown and never changed."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final, NoReturn

from probe_tray.adapters.files.disk import Disk, reason_of
from probe_tray.adapters.logins.credential_files import CredentialFiles, Held, Place, is_folder, is_there
from probe_tray.adapters.systems.current import this_system
from probe_tray.core.account.credential import ApiKeyLogin, Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.personal_token import PersonalToken
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    CredentialFileError,
    OfficialBrokenError,
    OfficialLoginError,
    OfficialSealedError,
    Phrase,
    ReadError,
    StoreError,
)
from probe_tray.core.formats.document import Document, read_documents
from probe_tray.core.formats.json_text import JsonTextError, parse
from probe_tray.core.formats.login_fields import NoLogin
from probe_tray.core.state import Unreadable
from probe_tray.ports.accounts import StoreContents

FILE: Final = "auth.json"
SEALED: Final = Path("secrets", "codex_auth.age")
"""Where the client keeps its login with its setting ``secret_auth_storage``; nobody else can open it."""
_KEYRING_SERVICE: Final = "Codex Auth"
_BETWEEN_LOOKS: Final = 60.0
"""Seconds between two looks at the keyring entry."""
_WHILE_ABSENT: Final = 5.0
"""Seconds between them while the client has no login: it may be about to keep a new one there."""
_LOOK_TAKES: Final = 1.0
"""Seconds after which one is given up: the other stores wait for it."""

_LOOKS: Final = 5
_BETWEEN_BROKEN: Final = 0.05
"""Seconds between two of so many looks at a file that is broken."""

ReadKeyring = Callable[[str, str], Awaitable[Secret | None]]
"""Asks the OS keyring for an entry by service and user. Raises the Keyring errors."""


class OfficialStore:
    """Implements ``AccountStore`` read only, over ``auth.json`` or the keyring entry that stands for it.

    Service fact: where the client keeps its login in the keyring, the file is absent.
    """

    def __init__(
        self,
        codex_home: Path,
        read_keyring: ReadKeyring,
        *,
        read_silently: ReadKeyring | None,
        now: Callable[[], float],
        disk: Disk,
    ) -> None:
        """``codex_home`` is the client's own folder.

        ``read_silently`` asks the keyring only where no person is asked for it: with it the entry is looked at once a
        minute, and every five seconds while there is none, and ``read_keyring`` is for a load alone that a person waits
        for; without it the entry is read only when it is used. ``now`` counts seconds.
        """
        self._home, self._read_keyring, self._read_silently = codex_home, read_keyring, read_silently
        self._now, self._looked = now, now()
        # The keyring entry as it is now and as it was told; None where there is a file, or nothing is known of it.
        self._entry: str | None = None
        self._in_keyring = False
        """Whether the client was here, when it was read last, and had no file."""
        self._told: str | None = None
        self._place = Place(codex_home / FILE)
        self._files = CredentialFiles((), disk)

    @property
    def kind(self) -> StoreKind:
        """The official client's."""
        return StoreKind.OFFICIAL

    async def load(self, *, asks: bool = False) -> StoreContents:
        """The client's login, if there is one. The keyring is used only where the client has a folder but no file."""
        await asyncio.to_thread(self._files.notice, [self._place])
        self._looked = self._now()
        try:
            documents, location = await self._documents(asks=asks)
            self._told = self._entry
        except (ReadError, OfficialSealedError) as error:
            return StoreContents(unreadable=(Unreadable(location=error.facts["path"], problem=error.problem),))
        except StoreError as error:
            return StoreContents(problem=error.problem)
        found: list[StoredCredential] = []
        unreadable: list[Unreadable] = []
        api_key: ApiKeyLogin | None = None
        personal: list[PersonalToken] = []
        for document in documents:
            if document.credential is not None:
                found.append(_stored(document.credential, location))
            elif document.no_login in {NoLogin.API_KEY, NoLogin.ACCESS_TOKEN}:
                api_key = ApiKeyLogin(location=location, personal=document.no_login is NoLogin.ACCESS_TOKEN)
                if document.personal is not None:
                    personal.append(PersonalToken(token=document.personal, location=location))
            elif document.no_login is not NoLogin.SIGNED_OUT:
                problem = CredentialFileError(path=location, reason=document.reason).problem
                unreadable.append(Unreadable(location=location, problem=problem))
        return StoreContents(
            found=tuple(found), unreadable=tuple(unreadable), api_key=api_key, personal=tuple(personal)
        )

    async def read(self, key: AccountKey) -> StoredCredential | None:
        """The client's login as it is now, where it is this account's.

        Raises OfficialBrokenError where its file stays broken for longer than the client takes to write it, ReadError
        where it can't be understood, and a Keyring error where the login was in the keyring and the keyring no longer
        opens.
        """
        documents, location = await self._documents()
        for _ in range(_LOOKS):
            if not any(map(_is_broken, documents)):
                break
            # The client writes its file in place, so a look may meet half of it.
            await asyncio.sleep(_BETWEEN_BROKEN)
            documents, location = await self._documents()
        for document in documents:
            if document.credential is not None and document.credential.key == key:
                return _stored(document.credential, location)
        for document in documents:
            if _is_broken(document):
                raise OfficialBrokenError(path=location, reason=document.reason)
            if document.credential is None and document.no_login is None:
                raise ReadError(path=location, reason=document.reason)
        return None

    async def glance(self, key: AccountKey) -> StoredCredential | None:
        """As :meth:`read`: there is one place."""
        return await self.read(key)

    async def check_writable(self, key: AccountKey) -> None:
        """Raise OfficialLoginError, always."""
        del key
        self._refuse()

    async def save(self, credential: Credential, replaces: AccountKey | None = None) -> StoredCredential:
        """Raise OfficialLoginError, always."""
        del credential, replaces
        self._refuse()

    async def remove(self, key: AccountKey) -> None:
        """Raise OfficialLoginError, always."""
        del key
        self._refuse()

    def folders(self) -> tuple[Path, ...] | None:
        """The client's own; None while its login may be in the keyring, which tells of no change."""
        return None if self._in_keyring else (self._home,)

    async def changed(self) -> bool:
        """Whether the client changed its file or its keyring entry since :meth:`load`.

        Of the entry that is known after its next use here, and within a minute where the keyring asks nobody for it:
        within seconds of a new one where there was none.
        """
        pause, now = _BETWEEN_LOOKS if self._told else _WHILE_ABSENT, self._now()
        with_entry = self._read_silently is not None and now - self._looked >= pause
        if with_entry:
            self._looked = now
        is_changed, user = await asyncio.to_thread(self._look_for_change, with_entry=with_entry)
        if user:
            await self._look_at_entry(user)
        return is_changed or self._entry != self._told

    def _look_for_change(self, *, with_entry: bool) -> tuple[bool, str]:
        """Whether the file has changed, and the user of the keyring entry where that is to be looked at."""
        is_changed = self._files.changed([self._place])
        looks = with_entry and not is_changed and self._has_no_file()
        return is_changed, keyring_user(self._home) if looks else ""

    async def _look_at_entry(self, user: str) -> None:
        # A keyring that is locked, or busy with a person, is no news of this login.
        with suppress(StoreError, TimeoutError):
            if self._read_silently is not None:
                async with asyncio.timeout(_LOOK_TAKES):
                    self._entry = _mark(await self._read_silently(keyring_service(user), user))

    def _refuse(self) -> NoReturn:
        raise OfficialLoginError(path=str(self._place.path))

    def _has_no_file(self) -> bool:
        """Whether the client is here and may have its login in the keyring instead."""
        return is_folder(self._home) and not is_there(self._place.path)

    def _read_file(self) -> Held | None:
        """The client's file. Raises ReadError, also where the client's folder cannot be looked into."""
        held = self._files.read(self._place)
        if held is None and is_there(self._home) and not is_folder(self._home):
            raise ReadError(path=str(self._home), reason=_obstacle(self._home))
        return held

    def _look_at_file(self) -> tuple[Held | None, bool]:
        """The client's file, and whether its login may be in the keyring instead. Raises ReadError."""
        held = self._read_file()
        return held, held is None and self._has_no_file()

    def _check_sealed(self) -> None:
        """Raise OfficialSealedError where the client keeps its login so that nobody else can open it."""
        sealed = self._home / SEALED
        if is_there(sealed):
            raise OfficialSealedError(path=str(sealed))

    async def _documents(self, *, asks: bool = False) -> tuple[tuple[Document, ...], str]:
        held, self._in_keyring = await asyncio.to_thread(self._look_at_file)
        if not self._in_keyring:
            self._entry = None
            return ((), "") if held is None else (held.documents, str(self._place.path))
        try:
            user = await asyncio.to_thread(keyring_user, self._home)
            # Most people have no login there: they are not asked for one whenever the program starts.
            read = self._read_keyring if asks else self._read_silently or self._read_keyring
            entry = await read(keyring_service(user), user)
        except StoreError:
            if self._told:
                # A login that was there is not gone because the keyring was locked since.
                raise
            # Most people have no entry there, so a keyring that does not open is no news of this login.
            entry = None
        else:
            self._entry = _mark(entry)
        if entry is None:
            await asyncio.to_thread(self._check_sealed)
            return (), ""
        return read_documents(entry.reveal().encode("utf-8", "surrogatepass")), str(self._place.path)


def _obstacle(home: Path) -> str:
    """Why the client's folder, of which there is something, cannot be looked into."""
    try:
        home.stat()
    except FileNotFoundError:
        return Phrase("it is a link that leads nowhere")
    except OSError as error:
        return reason_of(error)
    except RuntimeError:  # Python 3.11 and 3.12 report a circle of links so.
        return Phrase("it is a link that leads back to itself")
    return Phrase("it is not a folder")


def keyring_user(codex_home: Path) -> str:
    """The user name of the client's keyring entry. Service fact: it is made from the real path of its folder."""
    # It may hold bytes that are no text, which the client replaces as this does.
    path = os.fsencode(this_system().shared_path(os.path.realpath(codex_home))).decode("utf-8", "replace")
    return f"cli|{sha256(path.encode()).hexdigest()[:16]}"


def keyring_service(user: str) -> str:
    """The service name of that entry."""
    # The client is written in Rust, whose library names entries of Windows in another way than Python's.
    return this_system().shared_entry(_KEYRING_SERVICE, user)


def _is_broken(document: Document) -> bool:
    """Whether it is no JSON text, as half of one is none."""
    if document.credential is not None or document.no_login is not None:
        return False
    try:
        parse(document.text.reveal())
    except JsonTextError:
        return True
    return False


def _mark(entry: Secret | None) -> str:
    """Tells one entry from another, and both from none."""
    return "" if entry is None else entry.fingerprint


def _stored(credential: Credential, location: str) -> StoredCredential:
    return StoredCredential(credential=credential, store=StoreKind.OFFICIAL, location=location)
