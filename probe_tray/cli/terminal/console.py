"""What the command prints."""

import errno
import os
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from msgspec.structs import replace

from probe_tray.adapters.files.disk import reason_of
from probe_tray.cli.tables.layout import Line, TextTable, aligned, folded, laid_out
from probe_tray.cli.terminal.pipes import discard_errors, discard_output, is_terminal, say
from probe_tray.cli.terminal.terminal import Terminal
from probe_tray.core.errors import Phrase, WriteError
from probe_tray.view.tables.status_table import printable

_HUNG_UP = frozenset({errno.EIO, errno.ENXIO})


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

    def table(self, *tables: TextTable) -> None:
        """Print a table: as wide as the terminal and coloured there, plain aligned lines elsewhere.

        ``tables`` say the same in ever fewer words, for terminals that are not wide enough for the first of them.
        """
        self.take_back()
        with self._printing():
            if self._out is None:
                print(_spelled("\n".join(aligned(tables[0])), sys.stdout), flush=True)
            else:
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
        """Raises WriteError where the results cannot be printed; a reader who has gone is no failure."""
        try:
            yield
        except BrokenPipeError:
            discard_output()
        except OSError as error:
            discard_output()
            # A terminal that was closed answers so; of a file it means that the disk has failed.
            if not (self._printed_to_person and error.errno in _HUNG_UP):
                raise WriteError(path=Phrase("standard output"), reason=reason_of(error)) from None

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


# What old encodings lack, and what is as wide and stands for it.
_PLAIN = str.maketrans("─━–·…", "-=--~")


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


def _plainer(lines: Sequence[Line], stream: TextIO | None) -> Iterator[Line]:
    for line in lines:
        yield tuple(replace(piece, text=_spelled(piece.text, stream)) for piece in line)
