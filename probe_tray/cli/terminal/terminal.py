"""A terminal that a person looks at: how wide it is, whether it shows colors, an area that changes."""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Self, TextIO

from probe_tray.adapters.systems.windows import understands_sequences
from probe_tray.cli.tables.layout import Line, TextPiece, width
from probe_tray.cli.terminal.pipes import is_terminal
from probe_tray.view.tables.status_table import Weight

# ECMA-48, 8.3.117 (SGR): 1 is bold, 31 to 33 are red, green and yellow. Every terminal has its own shades of them.
_BOLD = "1"
_COLORS = {Weight.PLAIN: "", Weight.GOOD: "32", Weight.WARNING: "33", Weight.CRITICAL: "1;31"}
_WITHOUT_COLOR = {Weight.CRITICAL: _BOLD}
_WITHOUT_CURSOR = frozenset({"dumb", "unknown"})
_USUAL = os.terminal_size((80, 24))


class Terminal:
    """One of the two output streams, where it is a terminal that can do more than print lines."""

    def __init__(self, stream: TextIO, *, colored: bool) -> None:
        """Draw on ``stream``; bold is used also where it is not ``colored``."""
        self._stream = stream
        self._codes = _COLORS if colored else _WITHOUT_COLOR
        self._shown: list[int] = []
        """How wide each line of the area is that changes."""

    @classmethod
    def of(cls, stream: TextIO | None, environment: Mapping[str, str]) -> Self | None:
        """The terminal behind ``stream``; None where there is none, or one that cannot do more than a pipe."""
        if stream is None or not is_terminal(stream) or environment.get("TERM", "") in _WITHOUT_CURSOR:
            return None
        if not understands_sequences(stream):
            return None
        return cls(stream, colored=not environment.get("NO_COLOR"))

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
    def is_showing(self) -> bool:
        """Whether there are lines that can be taken back."""
        return bool(self._shown)

    def draw(self, lines: Iterable[Line]) -> None:
        """Print these lines. Raises OSError."""
        self.clear()
        self._stream.write(self._text(lines))
        self._stream.flush()

    def show(self, lines: Sequence[Line]) -> None:
        """Let these lines take the place of those that were shown before. Raises OSError."""
        # In one piece, so that nobody sees the area empty.
        self._stream.write(self._erase() + self._text(lines))
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

    def _text(self, lines: Iterable[Line]) -> str:
        return "".join("".join(map(self._styled, line)) + "\n" for line in lines)

    def _styled(self, piece: TextPiece) -> str:
        code = _BOLD if piece.heading else self._codes.get(piece.weight, "")
        return f"\x1b[{code}m{piece.text}\x1b[0m" if code and piece.text else piece.text
