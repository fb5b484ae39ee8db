"""A terminal that a person looks at: how wide it is, what its letters and colours can show, an area that changes."""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Self, TextIO

from rich.console import Console
from rich.text import Text

from probe_tray.cli.tables.layout import Line, TextPiece, width
from probe_tray.cli.terminal.pipes import is_terminal
from probe_tray.view.tables.status_table import Weight

_STYLES = {Weight.PLAIN: "", Weight.GOOD: "green", Weight.WARNING: "yellow", Weight.CRITICAL: "bold red"}
_WITHOUT_CURSOR = frozenset({"dumb", "unknown"})
_USUAL = os.terminal_size((80, 24))


class _Console(Console):
    def on_broken_pipe(self) -> None:
        # By itself it would end the program, whatever that is waiting for.
        raise BrokenPipeError


class Terminal:
    """One of the two output streams, where it is a terminal that can do more than print lines."""

    def __init__(self, stream: TextIO) -> None:
        """Draw on ``stream``."""
        self._stream = stream
        # NO_COLOR and the kind of terminal are looked at there.
        self._console = _Console(file=stream, highlight=False, emoji=False, markup=False)
        self._shown: list[int] = []
        """How wide each line of the area is that changes."""

    @classmethod
    def of(cls, stream: TextIO | None, environment: Mapping[str, str]) -> Self | None:
        """The terminal behind ``stream``; None where there is none, or one that cannot do more than a pipe."""
        if stream is None or not is_terminal(stream) or environment.get("TERM", "") in _WITHOUT_CURSOR:
            return None
        return cls(stream)

    @property
    def size(self) -> os.terminal_size:
        """Columns and lines, as they are now."""
        try:
            size = os.get_terminal_size(self._stream.fileno())
        except (OSError, ValueError):
            return _USUAL
        # Some consoles do not know their size.
        return size if size.columns and size.lines else _USUAL

    @property
    def can_redraw(self) -> bool:
        """Whether lines that were drawn can be taken back: old consoles of Windows cannot."""
        return not self._console.legacy_windows

    @property
    def is_showing(self) -> bool:
        """Whether there are lines that can be taken back."""
        return bool(self._shown)

    def draw(self, lines: Iterable[Line]) -> None:
        """Print these lines. Raises OSError."""
        self.clear()
        self._print(lines)
        self._stream.flush()

    def show(self, lines: Sequence[Line]) -> None:
        """Let these lines take the place of those that were shown before. Raises OSError."""
        with self._console.capture() as capture:
            self._print(lines)
        # In one piece, so that nobody sees the area empty.
        self._stream.write(self._erase() + capture.get())
        self._stream.flush()
        self._shown = [sum(width(piece.text) for piece in line) for line in lines]

    def clear(self) -> None:
        """Take the lines back that are shown, and leave the cursor where they began. Raises OSError."""
        if self._shown:
            self._stream.write(self._erase())
            self._stream.flush()
            self._shown = []

    def _erase(self) -> str:
        if not self._shown:
            return ""
        # A window that was made narrower has broken what is wider than it is.
        columns = self.size.columns
        rows = sum(max(1, -(-line // columns)) for line in self._shown)
        return f"\r\x1b[{rows}A\x1b[J"

    def _print(self, lines: Iterable[Line]) -> None:
        for line in lines:
            self._console.print(Text.assemble(*map(_styled, line)), soft_wrap=True)


def _styled(piece: TextPiece) -> tuple[str, str]:
    return piece.text, "bold" if piece.heading else _STYLES[piece.weight]
