"""Where the official client of one home keeps its login: ``auth.json``, or an entry of the OS keyring."""

import asyncio
import os
from pathlib import Path
from typing import Final, Protocol, final

from probe_tray.adapters.files.disk import Disk, reason_of
from probe_tray.adapters.files.safe_files import read_regular, remove_stale, replace_file
from probe_tray.adapters.logins.credential_files import is_folder, is_there
from probe_tray.adapters.logins.official_store import FILE, SEALED, keyring_service, keyring_user
from probe_tray.adapters.systems.current import this_system
from probe_tray.core.account.secret import Secret
from probe_tray.core.codex.codex_state import CodexKeeper
from probe_tray.core.codex.place_content import PlaceContent, place_content
from probe_tray.core.errors import (
    CodexHomeMissingError,
    CodexKeyringError,
    CodexPlaceChangedError,
    CodexSettingsError,
    KeyringAbsentError,
    OfficialSealedError,
    PathMissingError,
    Phrase,
    ReadError,
)

_CONFIG: Final = "config.toml"
_KEY: Final = "cli_auth_credentials_store"
_LOOKS: Final = 5
_BETWEEN_LOOKS: Final = 0.05
"""Seconds."""


class KeyringEntries(Protocol):
    """The OS keyring. Raises the Keyring errors."""

    async def read_entry(self, service: str, user: str, *, silently: bool = False) -> Secret | None:
        """An entry; with ``silently`` nobody is asked for it."""
        ...

    async def write_entry(self, service: str, user: str, value: Secret, *, silently: bool = False) -> None:
        """Keep an entry, and compare."""
        ...


@final
class ClientPlace:
    """Implements ``CodexPlace``.

    Service facts (client 0.171): ``cli_auth_credentials_store`` of ``config.toml`` is file, keyring or auto, file where
    it is not given. With auto an entry of the keyring goes before the file, which it uses alone where there is no
    keyring.
    """

    def __init__(self, home: Path, keyring: KeyringEntries, *, disk: Disk, real: Path | None = None) -> None:
        """Of the client whose home is ``home``, with the real path ``real``; without that the disk is asked for it."""
        self._home, self._keyring, self._disk = home, keyring, disk
        self._real = real or Path(os.path.realpath(home))

    @property
    def home(self) -> str:
        """The real path."""
        return str(self._real)

    @property
    def path(self) -> str:
        """As it was named."""
        return str(self._home)

    async def read(self, *, asks: bool = False) -> PlaceContent:
        """What the client would read."""
        kept = await asyncio.to_thread(self._configured)
        if kept == "file":
            return await self._file()
        user = await asyncio.to_thread(keyring_user, self._home)
        try:
            entry = await self._keyring.read_entry(keyring_service(user), user, silently=not asks)
        except KeyringAbsentError:
            if kept == "auto":
                return await self._file()
            raise CodexKeyringError(path=str(self._real / _CONFIG)) from None
        if kept == "auto" and entry is None:
            return await self._file()
        if entry is None:
            await asyncio.to_thread(self._check_sealed)
        data = None if entry is None else entry.reveal().encode("utf-8", "surrogatepass")
        return place_content(CodexKeeper.KEYRING, data)

    async def write(self, text: Secret, before: PlaceContent, *, asks: bool = False) -> None:
        """Where the client would write it."""
        # As late as can be: the client knows none of our locks.
        if await self.read(asks=asks) != before:
            raise CodexPlaceChangedError(path=self.path)
        if before.keeper is CodexKeeper.FILE:
            await asyncio.to_thread(self._replace, text)
            return
        user = await asyncio.to_thread(keyring_user, self._home)
        await self._keyring.write_entry(keyring_service(user), user, text, silently=not asks)

    async def _file(self) -> PlaceContent:
        found = place_content(CodexKeeper.FILE, await asyncio.to_thread(self._bytes))
        for _ in range(_LOOKS):
            if found.is_whole:
                break
            # The client writes its file in place, so a look may meet half of it.
            await asyncio.sleep(_BETWEEN_LOOKS)
            found = place_content(CodexKeeper.FILE, await asyncio.to_thread(self._bytes))
        return found

    def _bytes(self) -> bytes | None:
        self._check_home()
        # What a killed hand-over left there holds a token.
        remove_stale(self._real)
        try:
            return read_regular(self._real / FILE, disk=self._disk)
        except FileNotFoundError:
            self._check_sealed()
            return None

    def _replace(self, text: Secret) -> None:
        replace_file(self._real / FILE, text.reveal().encode("utf-8", "surrogateescape"), disk=self._disk)

    def _check_home(self) -> None:
        if not is_folder(self._real):
            if not is_folder(self._real.parent):
                # On a drive that is not connected now: the login in it is not gone.
                raise PathMissingError(path=self.path)
            raise CodexHomeMissingError(path=self.path)
        if this_system().belongs_to_another(self._real.stat()):
            raise ReadError(path=self.path, reason=Phrase("it belongs to another user"))

    def _check_sealed(self) -> None:
        if is_there(self._real / SEALED):
            raise OfficialSealedError(path=str(self._real / SEALED))

    def _configured(self) -> str:
        """Where the client's settings say that it keeps its login. Raises ReadError for what cannot be understood."""
        self._check_home()
        path = self._real / _CONFIG
        try:
            data = read_regular(path, inside=None, disk=self._disk) if not path.is_symlink() else path.read_bytes()
        except FileNotFoundError:
            return "file"
        except OSError as error:
            raise ReadError(path=str(path), reason=reason_of(error)) from None
        # Where there is no such file, nobody pays 0.5 MB for it.
        import tomllib

        try:
            found = tomllib.loads(data.decode()).get(_KEY, "file")
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            raise CodexSettingsError(path=str(path), reason=Phrase("it is not valid TOML")) from None
        if not isinstance(found, str) or found not in {"file", "keyring", "auto"}:
            raise CodexSettingsError(
                path=str(path), reason=Phrase('its "{key}" is not file, keyring or auto', key=_KEY)
            )
        return found
