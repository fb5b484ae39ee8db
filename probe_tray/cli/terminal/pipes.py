"""Standard output and standard error, whoever reads them: somebody, nobody any more, or nobody from the start."""

import os
import sys
from typing import TextIO

from probe_tray.adapters.systems.current import this_system

_STANDARD_OUTPUT, _STANDARD_ERROR = 1, 2


def say(text: str, *, end: str = "\n") -> None:
    """Print to standard error; where nobody can read it there is nobody to be told that either."""
    # It is None in a process that was started with it closed, for which print would take standard output.
    if sys.stderr is not None:  # pyright: ignore[reportUnnecessaryComparison] - see above
        try:
            print(text, end=end, file=sys.stderr, flush=True)
        except OSError:
            _silence(_STANDARD_ERROR)


def end_line() -> None:
    """Leave the line that a question or the terminal's own "^C" has begun."""
    if is_terminal(sys.stderr):
        say("")


def discard_output() -> None:
    """Let nothing more come out of standard output: the interpreter would stumble over the rest when it ends."""
    _silence(_STANDARD_OUTPUT)


def discard_errors() -> None:
    """Let nothing more come out of standard error."""
    _silence(_STANDARD_ERROR)


def said_yes() -> bool:
    """Whether the next line of standard input says yes; a terminal that was closed meanwhile does not."""
    try:
        this_system().wait_for_input(sys.stdin)
        return sys.stdin.readline().strip().lower() in {"y", "yes"}
    except (OSError, ValueError):
        return False


def finish() -> bool:
    """Bring out what was printed, as far as somebody reads it; whether nothing else than a reader was missing."""
    try:
        print(end="", flush=True)
    except BrokenPipeError:
        discard_output()
    except OSError:
        discard_output()
        return False
    return True


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person sits there. Each of the three streams is None in a process that was started with it closed."""
    return stream is not None and stream.isatty()


def _silence(number: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
