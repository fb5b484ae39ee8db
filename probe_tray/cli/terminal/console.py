"""What the command prints, on whatever terminal, file or pipe it prints to."""

import errno
import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Self, TextIO

from msgspec.structs import replace

from probe_tray.adapters.files.disk import reason_of
from probe_tray.adapters.systems.current import this_system
from probe_tray.cli.tables.layout import Line, TextPiece, TextTable, aligned, folded, laid_out, width
from probe_tray.cli.terminal.pipes import discard_errors, discard_output, is_terminal, say
from probe_tray.core.errors import OutputError
from probe_tray.view.tables.status_table import Weight, printable

# ECMA-48, 8.3.117 (SGR): 1 is bold, 31 to 33 are red, green and yellow. Every terminal has its own shades of them.
_BOLD = "1"
_COLORS = {Weight.PLAIN: "", Weight.GOOD: "32", Weight.WARNING: "33", Weight.CRITICAL: "1;31"}
_WITHOUT_COLOR = {Weight.CRITICAL: _BOLD}
_WITHOUT_CURSOR = frozenset({"dumb", "unknown"})
_USUAL = os.terminal_size((80, 24))
_HUNG_UP = frozenset({errno.EIO, errno.ENXIO})
# What old encodings lack, and what is as wide and stands for it.
_PLAIN = str.maketrans("─━–·…", "-=--~")


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
        if not this_system().obeys_sequences(stream):
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

    def draw_light_on_dark(self, lines: Iterable[str]) -> None:
        """Print these lines so, whatever the terminal's own colors are, unless nobody wants any. Raises OSError."""
        self.clear()
        start, end = ("", "") if self._codes is _WITHOUT_COLOR else ("\x1b[97;40m", "\x1b[0m")
        self._stream.write("".join(f"{start}{line}{end}\n" for line in lines))
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


class Console:
    """Results go to standard output, everything else to standard error.

    Where one of them is a terminal, lines may be shown there meanwhile that are taken back again.
    """

    def __init__(self, *, quiet: bool) -> None:
        """``quiet``: no notes, and nothing that moves."""
        self.quiet = quiet
        for stream in (sys.stdout, sys.stderr):
            # A terminal of an old encoding shows what it cannot as "?", instead of ending the run.
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportOptionalMemberAccess] - TextIO does not declare what the line above has checked
        self._out, self._err = Terminal.of(sys.stdout, os.environ), Terminal.of(sys.stderr, os.environ)
        # Once it was closed, a terminal no longer says that it is one.
        self._printed_to_person = is_terminal(sys.stdout)
        self._below_table = False

    def note(self, text: str) -> None:
        """Say something that is neither result nor failure."""
        if not self.quiet:
            self._say(text)

    def prompt(self, text: str, *, end: str = "\n") -> None:
        """Say what the person has to know or do now, which no flag silences."""
        self._say(text, end=end)

    def failure(self, text: str) -> None:
        """Say what went wrong."""
        self._say(f"codex-probe: {text}")

    def result(self, data: bytes) -> None:
        """Print a result that is text in UTF-8: as these bytes, for programs, unless it is a terminal."""
        self.take_back()
        with self._printing():
            if sys.stdout is None or is_terminal(sys.stdout):  # pyright: ignore[reportUnnecessaryComparison] - it is None when started with it closed
                self.lines(_escaped(data.decode("utf-8", "replace")))
                return
            sys.stdout.flush()
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()

    def lines(self, text: str) -> None:
        """Print lines for people that are a result."""
        self.take_back()
        with self._printing():
            print(_spelled(text, sys.stdout), end="", flush=True)

    def picture(self, lines: Sequence[str]) -> None:
        """Print a picture of light blocks, where results go to a terminal that is wide enough and has these letters."""
        self.take_back()
        if self._out is None or self._out.size.columns < max(map(len, lines)) or not _has_letters(lines, sys.stdout):
            return
        with self._printing():
            self._out.draw_light_on_dark(lines)

    def table(self, table: TextTable, brief: Callable[[], TextTable] | None = None) -> None:
        """Print a table: as wide as the terminal and coloured there, plain aligned lines elsewhere.

        ``brief`` makes one that says the same in fewer words, for terminals that are not wide enough for the first.
        """
        self.take_back()
        with self._printing():
            if self._out is None:
                print(_spelled("\n".join(aligned(table)), sys.stdout), flush=True)
            else:
                tables = [table, *([] if brief is None else [brief()])]
                self._out.draw(_plainer([(), *laid_out(tables, self._out.size.columns)], sys.stdout))
                self._below_table = self._err is not None

    def watched(self, *, table: bool) -> "Watched | None":
        """What somebody looks at meanwhile; None where nobody does. ``table``: the results are a table for people."""
        if self.quiet:
            return None
        if table and self._out is not None:
            return Watched(self._out, sys.stdout, results=True)
        if self._err is not None:
            return Watched(self._err, sys.stderr, results=False)
        return None

    def take_back(self) -> None:
        """Remove what is shown for a while."""
        for terminal, quieten in ((self._out, discard_output), (self._err, discard_errors)):
            if terminal is not None:
                try:
                    terminal.clear()
                except OSError:
                    # Its window was closed.
                    quieten()

    def end_line(self) -> None:
        """Leave the line on which the terminal itself has written "^C"; an area that is shown is redrawn anyway."""
        if self._err is not None and not any(t is not None and t.is_showing for t in (self._out, self._err)):
            say("")

    @contextmanager
    def _printing(self) -> Generator[None]:
        """Raises OutputError where the results cannot be printed; a reader who has gone is no failure."""
        try:
            yield
        except BrokenPipeError:
            discard_output()
        except OSError as error:
            discard_output()
            # A terminal that was closed answers so; of a file it means that the disk has failed.
            if not (self._printed_to_person and error.errno in _HUNG_UP):
                raise OutputError(reason=reason_of(error)) from None

    def _say(self, text: str, end: str = "\n") -> None:
        self.take_back()
        if self._below_table:
            self._below_table = False
            say("")
        lines = [printable(text)] if self._err is None else folded(printable(text), self._err.size.columns)
        say(_spelled("\n".join(lines), sys.stderr), end=end)


class Watched:
    """A terminal whose last lines may change."""

    def __init__(self, terminal: Terminal, stream: TextIO, *, results: bool) -> None:
        """``results``: it is that of standard output."""
        self.terminal = terminal
        self.results = results
        self._stream = stream

    def show(self, lines: Sequence[Line]) -> bool:
        """Let these lines take the place of those that were shown before; False where nobody sees them any more."""
        try:
            self.terminal.show(list(_plainer(lines, self._stream)))
        except OSError:
            # Its window was closed. What is under way goes on.
            (discard_output if self.results else discard_errors)()
            return False
        return True


def _escaped(text: str) -> str:
    """``text`` with JSON's escapes for what could move the cursor: anybody may have written a row's id."""
    return "".join(c if c == "\n" or c.isprintable() else _escape(c) for c in text)


def _escape(letter: str) -> str:
    units = letter.encode("utf-16-be", "replace").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _spelled(text: str, stream: TextIO | None) -> str:
    """``text`` in letters that ``stream`` has."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return text.translate(_PLAIN)
    return text


def _has_letters(lines: Sequence[str], stream: TextIO) -> bool:
    try:
        "".join(lines).encode(stream.encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _plainer(lines: Sequence[Line], stream: TextIO | None) -> Iterator[Line]:
    for line in lines:
        yield tuple(replace(piece, text=_spelled(piece.text, stream)) for piece in line)
