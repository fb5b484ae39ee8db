"""What ``codex-probe --import`` reads: files, folders and standard input."""

import sys
from collections.abc import Sequence
from pathlib import Path

from probe_tray.adapters.files.disk import Disk, reason_of
from probe_tray.adapters.files.import_files import find_files, in_words, read_files
from probe_tray.core.errors import Phrase, ReadError
from probe_tray.core.formats.document import LARGEST_LIST
from probe_tray.core.transfer.import_plan import Source

STANDARD_INPUT = "-"
_SHOWN = "standard input"


def read_sources(paths: Sequence[str], official: Path, *, disk: Disk) -> list[Source]:
    """Everything that is to be imported, files in their order; what cannot be read is a source with its problem.

    ``official`` is the official client's own file: it is read like any other, and a copy of its login is made.
    """
    given = [_standard_input()] if STANDARD_INPUT in paths else []
    return [*given, *read_files(find_files(path for path in paths if path != STANDARD_INPUT), official, disk=disk)]


def _standard_input() -> Source:
    try:
        if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] - it is None when started with it closed
            raise ReadError(path=Phrase(_SHOWN), reason=Phrase("it is closed"))
        return in_words(sys.stdin.buffer.read(LARGEST_LIST + 1), _SHOWN)
    except ReadError as error:
        return Source(location=_SHOWN, problem=error.problem)
    except OSError as error:
        return Source(location=_SHOWN, problem=ReadError(path=Phrase(_SHOWN), reason=reason_of(error)).problem)
