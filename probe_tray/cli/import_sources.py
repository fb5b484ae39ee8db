"""What ``codex-probe --import`` reads: files, folders and standard input."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from probe_tray.adapters.credential_files import CredentialFiles, Place, is_folder, json_files
from probe_tray.adapters.disk import Disk, reason_of
from probe_tray.adapters.safe_files import LIMIT
from probe_tray.core.errors import ProbeError, ReadError
from probe_tray.core.formats import read_documents
from probe_tray.core.importing import Source

STANDARD_INPUT = "-"
_SHOWN = "standard input"


def read_sources(paths: Sequence[str], official: Path) -> list[Source]:
    """Everything that is to be imported, in its order; what cannot be read is a source with its problem.

    ``official`` is the official client's own file: it is read like any other, and a copy of its login is made.
    """
    reader = _Reader(official)
    return [source for path in dict.fromkeys(paths) for source in reader.read(path)]


class _Reader:
    def __init__(self, official: Path) -> None:
        self._files = CredentialFiles(official, Disk())
        self._seen: set[Path] = set()

    def read(self, given: str) -> list[Source]:
        try:
            if given == STANDARD_INPUT:
                return [Source(location=_SHOWN, documents=read_documents(_standard_input()))]
            path = Path(given)
            places = json_files(path) if is_folder(path) else [Place(path)]
            if not places:
                raise ReadError(path=given, reason="it holds no credential file (*.json)")
        except ProbeError as error:
            return [Source(location=_SHOWN if given == STANDARD_INPUT else given, problem=error.problem)]
        return self._all(places)

    def _all(self, places: Iterable[Place]) -> list[Source]:
        sources: list[Source] = []
        for place in places:
            # A file may be named twice, once by itself and once by its folder.
            if place.path.absolute() not in self._seen:
                self._seen.add(place.path.absolute())
                sources.append(self._one(place))
        return sources

    def _one(self, place: Place) -> Source:
        location = str(place.path)
        try:
            held = self._files.read(place)
            if held is None:
                raise ReadError(path=location, reason="there is no such file or folder")
        except ProbeError as error:
            return Source(location=location, problem=error.problem)
        return Source(location=location, documents=held.documents)


def _standard_input() -> bytes:
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] - it is None when started with it closed
        raise ReadError(path=_SHOWN, reason="it is closed")
    try:
        data = sys.stdin.buffer.read(LIMIT + 1)
    except OSError as error:
        raise ReadError(path=_SHOWN, reason=reason_of(error)) from None
    if len(data) > LIMIT:
        raise ReadError(path=_SHOWN, reason=f"it is larger than {LIMIT // 1024} KiB")
    return data
