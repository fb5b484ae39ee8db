"""The simulated service's memory between two runs.

No token is in it in the clear: only SHA-256 of each living refresh token, and the table's rows, which are sealed.
"""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

import msgspec

from probe_tray.demo.directory import Enrolled
from probe_tray.demo.table_rows import TableRow
from probe_tray.demo.token_families import Family


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that outlives a run. The signing key signs make-believe tokens only."""

    version: int = 1
    pem: str | None = None
    people: tuple[Enrolled, ...] = ()
    families: tuple[Family, ...] = ()
    rows: tuple[TableRow, ...] = ()


_SAVED: Final = msgspec.json.Decoder(Saved)


class StateFile:
    """One file, 0600, replaced as a whole."""

    def __init__(self, path: Path) -> None:
        """Keep the state at ``path``; its folder must exist."""
        self._path = path
        self._written = b""

    def load(self) -> Saved:
        """What the last run left.

        A file nobody can read is set aside as ``*.broken``, one of a newer version as ``*.newer``, and all begins anew.
        """
        try:
            self._written = self._path.read_bytes()
            saved = _SAVED.decode(self._written)
        except FileNotFoundError:
            return Saved()
        except msgspec.DecodeError:
            self._path.replace(self._path.with_suffix(".broken"))
            return Saved()
        if saved.version > Saved().version:
            self._path.replace(self._path.with_suffix(".newer"))
            return Saved()
        return saved

    def save(self, saved: Saved) -> None:
        """Write what has changed. Raises OSError when that fails; the old file is whole then."""
        data = msgspec.json.encode(saved)
        if data == self._written:
            return
        draft = self._path.with_name(f"{self._path.name}.{secrets.token_hex(6)}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                out.write(data)
            draft.replace(self._path)
        except OSError:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise
        self._written = data
