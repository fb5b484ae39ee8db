"""Where the official client keeps its login, written: its file, or the keyring entry that stands for it."""

import asyncio
import contextlib
import os
import secrets
import tomllib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, final

from probe_tray.adapters.files.disk import Disk, reason_of
from probe_tray.adapters.files.safe_files import (
    make_private_folder,
    prove_writable,
    read_regular,
    real_path,
    remove_file,
    replace_file,
)
from probe_tray.adapters.logins.official_store import FILE, SEALED, ReadKeyring, keyring_service, keyring_user
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import ClientBusyError, ClientStoreError, Phrase, ReadError, StoreError
from probe_tray.core.formats.document import read_documents
from probe_tray.core.handover.hand_over import ClientContent

CONFIG: Final = "config.toml"
_SETTING: Final = "cli_auth_credentials_store"
_SPACE: Final = 64 * 1024
"""Bytes for which the place must have room; a login has a few thousand."""

WriteKeyring = Callable[[str, str, Secret], Awaitable[None]]
"""Keeps an entry of the OS keyring, by service and user. Raises the Keyring errors."""


@final
class OfficialPlace:
    """Implements ``ClientPlace``.

    Service fact: ``cli_auth_credentials_store`` in the client's config.toml is ``file`` (also where it is absent),
    ``keyring``, ``auto`` (the keyring where it works, else the file) or ``ephemeral`` (nowhere). Of ``auto`` the
    client reads the keyring first.
    """

    def __init__(self, codex_home: Path, read_keyring: ReadKeyring, write_keyring: WriteKeyring, *, disk: Disk) -> None:
        """``codex_home`` is the client's own folder."""
        self._home, self._disk = codex_home, disk
        self._read_keyring, self._write_keyring = read_keyring, write_keyring

    @property
    def home(self) -> str:
        """The folder's real path: two names of one folder are one place."""
        return os.path.realpath(self._home)

    async def read(self) -> ClientContent:
        """The keyring's entry, or the file's text."""
        if await self._uses_keyring():
            entry = await self._entry()
            return self._content(entry)
        return await asyncio.to_thread(self._read_file)

    async def check_writable(self) -> None:
        """Write a trial file into the client's folder; a keyring shows that it works when it is read."""
        if await self._uses_keyring():
            await self._entry()
        else:
            await asyncio.to_thread(self._check_file)

    async def write(self, text: Secret, seen: ClientContent) -> ClientContent | None:
        """Into the keyring, or over the file."""
        if not await self._uses_keyring():
            return await asyncio.to_thread(self._write_file, text, seen)
        if (await self.read()).text != seen.text:
            raise ClientBusyError
        user = await asyncio.to_thread(keyring_user, self._home)
        await self._write_keyring(keyring_service(user), user, text)
        # As the client does: a file that was left would be read where the keyring is locked.
        await asyncio.to_thread(remove_file, self._home / FILE, disk=self._disk)
        return None

    async def _entry(self) -> Secret | None:
        user = await asyncio.to_thread(keyring_user, self._home)
        return await self._read_keyring(keyring_service(user), user)

    async def _uses_keyring(self) -> bool:
        chosen = await asyncio.to_thread(self._setting)
        if chosen != "auto":
            return chosen == "keyring"
        try:
            entry = await self._entry()
        except StoreError:
            return False
        # A keyring that works takes the login at the client's next renewal; a file that is there is what it reads now.
        return entry is not None or not await asyncio.to_thread((self._home / FILE).exists)

    def _setting(self) -> str:
        config = self._home / CONFIG
        sealed = self._home / SEALED
        try:
            read = tomllib.loads(read_regular(real_path(config), disk=self._disk).decode())
        except FileNotFoundError:
            read = {}
        except (ReadError, OSError, ValueError):
            raise ClientStoreError(reason=Phrase("its settings can't be read"), path=str(config)) from None
        chosen = read.get(_SETTING, "file")
        if chosen not in {"file", "keyring", "auto"}:
            raise ClientStoreError(reason=Phrase("its settings keep it in memory only"), path=str(config))
        if chosen != "file" and sealed.exists():
            raise ClientStoreError(reason=Phrase("it is sealed in {path}", path=str(sealed)), path=str(config))
        return str(chosen)

    def _content(self, text: Secret | None) -> ClientContent:
        location = str(self._home / FILE)
        if text is None:
            return ClientContent(location=location)
        data = text.reveal().encode("utf-8", "surrogatepass")
        return ClientContent(location=location, text=text, documents=read_documents(data))

    def _read_file(self) -> ClientContent:
        return self._content(self._text_of(real_path(self._home / FILE)))

    def _text_of(self, path: Path) -> Secret | None:
        try:
            data = read_regular(path, disk=self._disk)
        except FileNotFoundError:
            return None
        except ReadError as error:
            raise ReadError(path=str(self._home / FILE), reason=error.facts["reason"]) from None
        # Bytes that are no text are kept as they are: they come back the same.
        return Secret(data.decode("utf-8", "surrogateescape"))

    def _check_file(self) -> None:
        make_home(self._home)
        prove_writable(real_path(self._home / FILE).parent, _SPACE, disk=self._disk)

    def _write_file(self, text: Secret, seen: ClientContent) -> ClientContent | None:
        make_home(self._home)
        # A link is the person's arrangement: what it leads to is replaced, and the link stays.
        target = real_path(self._home / FILE)
        before = target.with_name(f".{secrets.token_hex(8)}.probe-tray.tmp")
        try:
            # Another name for the file that is about to be replaced: what the client writes into it in this very
            # moment would be gone otherwise.
            with suppress(FileNotFoundError):
                os.link(target, before)
        except OSError:
            # A file system without a second name for a file: only the look right before is left.
            before = target
        try:
            if self._text_of(target) != seen.text:
                raise ClientBusyError
            replace_file(target, text.reveal().encode("utf-8", "surrogateescape"), disk=self._disk)
            replaced = seen.text if before == target else self._text_of(before)
            return None if replaced == seen.text else self._content(replaced)
        finally:
            if before != target:
                with contextlib.suppress(OSError):
                    before.unlink()


def make_home(home: Path) -> None:
    """Make the client's folder where there is none, 0700. Raises WriteError."""
    if not home.exists():
        try:
            make_private_folder(Path(os.path.realpath(home)))
        except OSError as error:
            raise ReadError(path=str(home), reason=reason_of(error)) from None
