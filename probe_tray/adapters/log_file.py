"""The file of what went wrong, which nobody else may read."""

import errno
import os
import stat
from logging.handlers import RotatingFileHandler
from typing import Any, final


@final
class PrivateLogFile(RotatingFileHandler):
    """Begins a new file where the old one is full. Raises OSError for what is no regular file."""

    def _open(self) -> Any:  # noqa: ANN401 - as the base class has it
        return open(self.baseFilename, self.mode, encoding=self.encoding, opener=_open_private)


def _open_private(path: str, flags: int) -> int:
    # A pipe in its place would hold up the start until somebody reads it, and keep what was logged from the others.
    file = os.open(path, flags | getattr(os, "O_NONBLOCK", 0), 0o600)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(errno.EINVAL, "it is not a regular file")
    return file
