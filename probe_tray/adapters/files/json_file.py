"""How a small JSON file is kept that this program writes for itself: one rule for versions, damage and writing.

The file is one object with the number ``version`` in it. An older one is brought up to date, a newer one is left alone
and never overwritten, a damaged one is set aside with a note in the log. Writing is atomic and private. A file that
several processes change is read and replaced under a lock of theirs.
"""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Generic, Protocol, TypeVar, final

import msgspec

from probe_tray.adapters.files.disk import NEWER_VERSION, Disk
from probe_tray.adapters.files.safe_files import make_private_folder, read_regular, replace_file, set_aside
from probe_tray.core.errors import Phrase, ReadError, WriteError

_log: Final = logging.getLogger(__name__)
_DAMAGE: Final = (msgspec.MsgspecError, ValueError, RecursionError, LookupError, TypeError, AttributeError)
"""What comes of it, the last three in a step from an older version."""
_OBJECT: Final = msgspec.json.Decoder(dict[str, Any])


class Versioned(Protocol):
    """What such a file holds."""

    @property
    def version(self) -> int:
        """The version that wrote it."""
        ...


_T = TypeVar("_T", bound=Versioned)
Step = Callable[[dict[str, Any]], dict[str, Any]]
"""Makes an object of the next version out of one, or fails over one that is damaged."""


class JsonFormat(msgspec.Struct, Generic[_T], frozen=True, kw_only=True):
    """What a file is read with. Made at import, once: files are read in threads."""

    what: str
    """Begins the sentence of the log: "how the accounts were arranged"."""
    log_level: int = logging.WARNING
    """How much it matters where the file cannot be read."""
    version: int
    """The one that is written."""
    decoder: msgspec.json.Decoder[_T]
    is_sound: Callable[[_T], bool] = lambda _: True
    """Whether values that are of the right type also make sense."""
    limit: int
    """Bytes of the largest file that is read."""
    damage: type[ReadError] | None = None
    """What a damaged file raises to who is not alone with it; None: such a file counts as none."""
    steps: Mapping[int, Step] = {}
    """For each older version, from the first on, the step to the next one."""


@final
class JsonFile(Generic[_T]):
    """One such file. Everything here blocks."""

    def __init__(self, path: Path, form: JsonFormat[_T], *, disk: Disk) -> None:
        """Keep it in ``path``, whose folder is made when needed."""
        self._path, self._form, self._disk = path, form, disk

    def read(self, *, alone: bool) -> _T | None:
        """What it holds; None where there is none, or a damaged one.

        That one is set aside, if this process is ``alone`` with it: it has its lock, or no other process writes it.
        Raises ReadError for one that cannot be read, or is newer.
        """
        try:
            data = read_regular(self._path, limit=self._form.limit, disk=self._disk)
        except FileNotFoundError:
            return None
        try:
            return self._parse(data)
        except _DAMAGE:
            if alone:
                set_aside(self._path, self._form.what, disk=self._disk)
            elif self._form.damage is not None:
                raise self._form.damage(path=str(self._path), reason=Phrase("its content was damaged")) from None
            return None

    def recall(self, *, alone: bool) -> _T | None:
        """As :meth:`read`, for who does without what cannot be read: the log says why."""
        try:
            return self.read(alone=alone)
        except ReadError as error:
            _log.log(self._form.log_level, "%s cannot be read: %s", self._form.what, error.facts["reason"])
            return None

    def replace(self, content: _T) -> None:
        """Put ``content`` in its place. Raises WriteError; what is there then stays, as a newer one does always."""
        make_private_folder(self._path.parent)
        try:
            self.read(alone=True)
        except ReadError as error:
            raise WriteError(path=str(self._path), reason=error.facts["reason"]) from None
        replace_file(self._path, msgspec.json.encode(content) + b"\n", disk=self._disk)

    def _parse(self, data: bytes) -> _T:
        found = _OBJECT.decode(data)
        # The first versions of some files did not write it.
        version = found.get("version", 1)
        if not isinstance(version, int) or version < 1:
            raise ValueError
        if version > self._form.version:
            raise ReadError(path=str(self._path), reason=NEWER_VERSION)
        if version < self._form.version:
            for older in range(version, self._form.version):
                found = {**self._form.steps[older](found), "version": older + 1}
            data = msgspec.json.encode(found)
        content = self._form.decoder.decode(data)
        if not self._form.is_sound(content):
            raise ValueError
        return content
