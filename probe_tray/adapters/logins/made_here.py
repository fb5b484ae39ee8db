"""Which logins in plain files this program obtained, so that it may also end them at the service.

A credential file's format is other programs' too, so this stands beside it in the data folder: for each account a
small file with the fingerprints of the refresh tokens that a login or a renewal of this program brought. A login of
another origin has another token, whoever put it into the file; one that another program renewed counts as its own.
"""

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol, final

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.safe_files import is_absent, make_private_folder, read_regular, remove_file, replace_file
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import ReadError, WriteError

_FINGERPRINT: Final = re.compile(r"[0-9a-f]{16}")
_NEWER: Final = "version "
"""The first line of a note in another form begins so; this form has no such line."""
_KEPT: Final = 4
"""More than one: between noting a token and saving it the file holds the one before, and a backup may come back."""


class LoginOrigins(Protocol):
    """Knows which logins this program obtained."""

    def knows(self, credential: Credential) -> bool:
        """Whether this program obtained the login."""
        ...

    def note(self, credential: Credential) -> None:
        """This program obtained it; called before the login is saved."""
        ...

    def forget(self, key: AccountKey) -> None:
        """The account is gone, or its login is another program's now."""
        ...


@final
class MadeHere:
    """Implements ``LoginOrigins``.

    Everything here blocks and never raises: without a note a login is only not ended elsewhere.
    """

    def __init__(self, folder: Path, *, disk: Disk) -> None:
        """Keep the notes in ``folder``, which is made with the first one."""
        self._folder, self._disk = folder, disk

    def knows(self, credential: Credential) -> bool:
        """Whether this program obtained the login."""
        token = credential.refresh_token
        return token is not None and token.fingerprint in self._noted(credential.key)

    def note(self, credential: Credential) -> None:
        """This program obtained it; call it before the login is saved."""
        token, text = credential.refresh_token, self._text(credential.key)
        known = _fingerprints(text)
        if token is None or known[:1] == [token.fingerprint] or text.startswith(_NEWER):
            # What a newer version wrote is its own. Without a note this login is only not ended elsewhere.
            return
        latest = [token.fingerprint, *(other for other in known if other != token.fingerprint)][:_KEPT]
        with suppress(WriteError):
            make_private_folder(self._folder)
            replace_file(self._path(credential.key), "".join(f"{one}\n" for one in latest).encode(), disk=self._disk)

    def forget(self, key: AccountKey) -> None:
        """The account is gone, or its login is another program's now."""
        if self._noted(key):
            with suppress(WriteError):
                remove_file(self._path(key), disk=self._disk)

    def _noted(self, key: AccountKey) -> list[str]:
        """The newest first."""
        return _fingerprints(self._text(key))

    def _text(self, key: AccountKey) -> str:
        if is_absent(f"{self._folder}{os.sep}{key.slug}"):
            return ""
        try:
            return read_regular(self._path(key), disk=self._disk).decode("ascii", "replace")
        except (FileNotFoundError, ReadError):
            return ""

    def _path(self, key: AccountKey) -> Path:
        return self._folder / key.slug


def _fingerprints(text: str) -> list[str]:
    return [] if text.startswith(_NEWER) else [line for line in text.splitlines() if _FINGERPRINT.fullmatch(line)]
