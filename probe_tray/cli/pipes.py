"""Standard output that nobody reads any more."""

import os

_STANDARD_OUTPUT = 1


def hush() -> None:
    """Let nothing more come out of standard output: the interpreter would stumble over the rest when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, _STANDARD_OUTPUT)
    os.close(nowhere)


def finish() -> None:
    """Bring out what was printed, as far as somebody reads it."""
    try:
        print(end="", flush=True)
    except OSError:
        hush()
