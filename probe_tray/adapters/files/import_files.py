"""Files of other programs, read so that their logins can be taken over; they are never changed."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import final

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.logins.credential_files import (
    CredentialFiles,
    Place,
    is_clients_here,
    is_folder,
    json_files,
)
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import ArchiveError, PathMissingError, Phrase, ProbeError, ReadError
from probe_tray.core.formats.document import ARCHIVE, is_archive, read_documents, size_limit
from probe_tray.core.transfer.import_plan import ImportCandidate, Source


@final
class DiskImportFiles:
    """Implements ``ImportFiles``; each step runs in a thread."""

    def __init__(self, official: Callable[[], Sequence[Path]], *, disk: Disk) -> None:
        """``official`` are the official client's own files now: read like any other, and marked as in use."""
        self._official, self._disk = official, disk

    async def find(self, paths: Sequence[str]) -> tuple[ImportCandidate, ...]:
        """The files behind ``paths``."""
        return await asyncio.to_thread(find_files, paths)

    async def read(self, candidates: Sequence[ImportCandidate]) -> tuple[Source, ...]:
        """What these files hold."""
        return await asyncio.to_thread(read_files, candidates, self._official(), disk=self._disk)

    async def read_text(self, location: str, text: Secret) -> Source:
        """What a person pasted."""
        return await asyncio.to_thread(_read_text, location, text)


def find_files(paths: Iterable[str]) -> tuple[ImportCandidate, ...]:
    """The files that ``paths`` name, of a folder its ``*.json`` and ``*.jsonl`` files, each once. Never raises."""
    seen: set[Path] = set()
    found: list[ImportCandidate] = []
    for given in dict.fromkeys(paths):
        for candidate in _behind(given):
            # A file may be named twice, once by itself and once by its folder.
            path = Path(candidate.location).absolute()
            if path not in seen:
                seen.add(path)
                found.append(candidate)
    return tuple(found)


def read_files(candidates: Iterable[ImportCandidate], official: Sequence[Path], *, disk: Disk) -> tuple[Source, ...]:
    """What these files hold; one that cannot be read is a source with its problem. Never raises."""
    # It remembers what it read, tokens included, so it lives no longer than this.
    files = CredentialFiles(official, disk)
    return tuple(_read(files, candidate, official) for candidate in candidates)


def in_words(data: bytes, location: str) -> Source:
    """The logins in text that is no file."""
    limit = size_limit(data)
    if is_archive(data):
        return Source(location=location, problem=ArchiveError(path=location, reason=ARCHIVE).problem)
    if len(data) > limit:
        problem = ReadError(path=location, reason=Phrase("it is larger than {n} KiB", n=str(limit // 1024))).problem
        return Source(location=location, problem=problem)
    return Source(location=location, documents=read_documents(data))


def _behind(given: str) -> list[ImportCandidate]:
    path = Path(given)
    try:
        if not is_folder(path):
            return [ImportCandidate(location=given)]
        places = json_files(path, ".jsonl")
        if not places:
            raise ReadError(path=given, reason=Phrase("it contains no credential file (*.json or *.jsonl)"))
    except ProbeError as error:
        return [ImportCandidate(location=given, problem=error.problem)]
    return [ImportCandidate(location=str(place.path), folder=given) for place in places]


def _read(files: CredentialFiles, candidate: ImportCandidate, official: Sequence[Path]) -> Source:
    location = candidate.location
    if candidate.problem is not None:
        return Source(location=location, problem=candidate.problem)
    inside = None if candidate.folder is None else Path(candidate.folder)
    try:
        held = files.read(Place(Path(location), inside))
        if held is None:
            raise PathMissingError(path=location)
    except ProbeError as error:
        return Source(location=location, problem=error.problem)
    # A backup of another computer's client has its folder's name, and is in use by nobody.
    in_use = is_clients_here(held.real, official)
    return Source(location=location, documents=held.documents, in_use=in_use, in_folder=inside is not None)


def _read_text(location: str, text: Secret) -> Source:
    return in_words(text.reveal().encode("utf-8", "replace"), location)
