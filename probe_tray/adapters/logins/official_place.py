"""Where the official client keeps its login, written: its file."""

import asyncio
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
    remove_stale,
    replace_file,
)
from probe_tray.adapters.logins.official_store import FILE
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import ClientBusyError, ClientStoreError, Phrase, ReadError, WriteError
from probe_tray.core.formats.document import read_documents
from probe_tray.core.handover.hand_over import ClientContent

CONFIG: Final = "config.toml"
_SETTING: Final = "cli_auth_credentials_store"
_SPACE: Final = 64 * 1024
"""Bytes for which the place must have room; a login has a few thousand."""


@final
class OfficialPlace:
    """Implements ``ClientPlace``.

    Service fact: ``cli_auth_credentials_store`` in the client's config.toml is ``file`` (also where it is absent),
    ``keyring``, ``auto`` (the keyring where it works, else the file) or ``ephemeral`` (nowhere).
    """

    def __init__(self, codex_home: Path, *, disk: Disk) -> None:
        """``codex_home`` is the client's own folder."""
        self._home, self._disk = codex_home, disk

    @property
    def home(self) -> str:
        """The folder's real path: two names of one folder are one place."""
        return os.path.realpath(self._home)

    async def read(self) -> ClientContent:
        """The file's text."""
        return await asyncio.to_thread(self._read)

    async def check_writable(self) -> None:
        """Write a trial file into the client's folder."""
        await asyncio.to_thread(self._check)

    async def write(self, text: Secret, seen: ClientContent, keep: Callable[[ClientContent], Awaitable[None]]) -> None:
        """Replace the file. Another name keeps the old one until that is done."""
        before, slipped = await asyncio.to_thread(self._link), None
        try:
            slipped = await asyncio.to_thread(self._replace, text, seen, before)
            if slipped is not None:
                await keep(slipped)
        except BaseException:
            # What slipped in and could not be kept has no other copy: it is put back, as if nothing had been written.
            await asyncio.to_thread(self._drop if slipped is None else self._restore, before)
            raise
        await asyncio.to_thread(self._drop, before)

    def _drop(self, before: Path | None) -> None:
        if before is not None:
            with suppress(OSError):
                before.unlink()

    def _restore(self, before: Path | None) -> None:
        if before is not None:
            try:
                before.replace(real_path(self._home / FILE))
            except OSError as error:
                raise WriteError(path=str(before), reason=reason_of(error)) from None

    def _check_settings(self) -> None:
        config = self._home / CONFIG
        try:
            read = tomllib.loads(read_regular(real_path(config), disk=self._disk).decode())
        except FileNotFoundError:
            read = {}
        except (ReadError, OSError, ValueError):
            raise ClientStoreError(reason=Phrase("its settings can't be read"), path=str(config)) from None
        chosen = read.get(_SETTING, "file")
        if chosen in {"keyring", "auto"}:
            # The file may hold what the keyring does not, and the client reads whichever it can open at the time.
            raise ClientStoreError(reason=Phrase("its settings name the keyring"), path=str(config))
        if chosen != "file":
            raise ClientStoreError(reason=Phrase("its settings keep it in memory only"), path=str(config))

    def _content(self, text: Secret | None) -> ClientContent:
        location = str(self._home / FILE)
        if text is None:
            return ClientContent(location=location, has_home=self._home.is_dir())
        data = text.reveal().encode("utf-8", "surrogateescape")
        return ClientContent(location=location, text=text, documents=read_documents(data))

    def _read(self) -> ClientContent:
        self._check_settings()
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

    def _check(self) -> None:
        self._check_settings()
        make_home(self._home)
        folder = real_path(self._home / FILE).parent
        # A run that was killed may have left the old login there by another name.
        remove_stale(folder)
        prove_writable(folder, _SPACE, disk=self._disk)

    def _link(self) -> Path | None:
        """Another name for the file that is about to be replaced: what the client writes into it meanwhile is there.

        None where there is no file, or its file system has no second names: only the look right before is left then.
        """
        target = real_path(self._home / FILE)
        before = target.with_name(f".{secrets.token_hex(8)}.probe-tray.tmp")
        try:
            os.link(target, before)
        except OSError:
            return None
        return before

    def _replace(self, text: Secret, seen: ClientContent, before: Path | None) -> ClientContent | None:
        self._check_settings()
        # A link is the person's arrangement: what it leads to is replaced, and the link stays.
        target = real_path(self._home / FILE)
        if self._text_of(target) != seen.text:
            raise ClientBusyError
        replace_file(target, text.reveal().encode("utf-8", "surrogateescape"), disk=self._disk)
        replaced = seen.text if before is None else self._text_of(before)
        return None if replaced == seen.text else self._content(replaced)


def make_home(home: Path) -> None:
    """Make the client's folder where there is none, 0700. Raises WriteError."""
    if not home.exists():
        try:
            make_private_folder(Path(os.path.realpath(home)))
        except OSError as error:
            raise ReadError(path=str(home), reason=reason_of(error)) from None
