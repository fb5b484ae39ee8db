"""What the command prints and writes."""

import shutil
import stat
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from probe_tray.adapters.disk import reason_of
from probe_tray.adapters.safe_files import replace_file
from probe_tray.cli.pipes import hush
from probe_tray.core.errors import UsageError, WriteError
from probe_tray.view.status_table import Cell, Weight, printable

_STYLES = {Weight.PLAIN: "", Weight.GOOD: "green", Weight.WARNING: "yellow", Weight.CRITICAL: "bold red"}
_GAP = "  "


class Console:
    """Results go to standard output, everything else to standard error."""

    def __init__(self, *, quiet: bool) -> None:
        """``quiet``: no notes."""
        self._quiet = quiet
        for stream in (sys.stdout, sys.stderr):
            # A terminal of an old encoding shows what it cannot as "?", instead of ending the run.
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportOptionalMemberAccess] - TextIO does not declare what the line above has checked

    def note(self, text: str) -> None:
        """Say something that is neither result nor failure."""
        if not self._quiet:
            print(printable(text), file=sys.stderr)

    def prompt(self, text: str) -> None:
        """Say what the person has to do now, which no flag silences."""
        print(printable(text), file=sys.stderr, flush=True)

    def failure(self, text: str) -> None:
        """Say what went wrong."""
        print(f"codex-probe: {printable(text)}", file=sys.stderr)

    def result(self, data: bytes) -> None:
        """Print a result that is text in UTF-8 already."""
        with _printing():
            print(data.decode(), end="", flush=True)

    def table(self, header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
        """Print a table: drawn and coloured on a terminal, plain aligned lines elsewhere."""
        if sys.stdout is not None and sys.stdout.isatty():  # pyright: ignore[reportUnnecessaryComparison] - it is None when started with it closed
            with _printing():
                _draw(header, rows)
        else:
            with _printing():
                print("\n".join(aligned(header, rows)), flush=True)


@contextmanager
def _printing() -> Generator[None]:
    """Raises WriteError where the results cannot be printed; a reader who has had enough is no failure."""
    try:
        yield
    except BrokenPipeError:
        hush()
    except OSError as error:
        hush()
        raise WriteError(path="standard output", reason=reason_of(error)) from None


def aligned(header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[str]:
    """The table as plain lines, its columns two spaces apart."""
    lines = [list(header), *([cell.text for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return [_GAP.join(text.ljust(w) for text, w in zip(line, widths, strict=True)).rstrip() for line in lines]


def _draw(header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    from rich import box
    from rich.console import Console as Terminal
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in header:
        table.add_column(Text(name), overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell.text, _STYLES[cell.weight]) for cell in row))
    # Narrower than its words a table is unreadable; the terminal breaks the lines then, as it does for a pipe's.
    columns = max(shutil.get_terminal_size().columns, 60)
    Terminal(width=columns, highlight=False).print(table)


class OutputFile:
    """The file of ``--output``: checked before anything is asked, written whole at the end."""

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
