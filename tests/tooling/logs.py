"""Collects what the program and its loop log at WARNING or above."""

import logging
from typing import Final, Self

WATCHED: Final = ("probe_tray", "asyncio", "qasync")


class Unexpected(logging.Handler):
    """Within its `with` block, `texts` grows by one line for each record of the watched loggers."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the record as a line of text."""
        self.texts.append(f"{record.levelname} {record.name}: {record.getMessage()}")

    def __enter__(self) -> Self:
        """Begin to watch."""
        for name in WATCHED:
            logging.getLogger(name).addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop watching."""
        for name in WATCHED:
            logging.getLogger(name).removeHandler(self)
