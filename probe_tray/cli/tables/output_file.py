"""The file of ``--output``: checked before anything is asked, written whole at the end."""

import stat
from pathlib import Path

from probe_tray.adapters.files.safe_files import replace_file
from probe_tray.core.errors import UsageError


class OutputFile:
    """A file that takes a result, .csv or .json."""

    def __init__(self, path: Path) -> None:
        """Take ``path``. Raises UsageError when it could not be written for a reason that shows beforehand."""
        self.path = path
        self.is_json = path.suffix.lower() == ".json"
        if not self.is_json and path.suffix.lower() != ".csv":
            raise UsageError(what=f"--output {path} must end in .csv or .json.")
        if not path.absolute().parent.is_dir():
            raise UsageError(what=f"--output {path}: there is no folder {path.absolute().parent}.")
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            raise UsageError(what=f"--output {path} is not a file that can be replaced.")

    def write(self, data: bytes) -> None:
        """Put ``data`` in the file's place, 0600. Raises WriteError; then the old content is unchanged."""
        # A link stays a link: what it leads to is replaced.
        replace_file(self.path.resolve(), data)
