"""What a person sees on a terminal: programs under test draw, and these lines are what is left on the glass."""

import codecs
import errno
import os
import re
import select
import signal
import struct
import subprocess
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Self

from tests.support.patience import PATIENCE

_SEQUENCE = re.compile(r"\x1b\[(\??)([\d;]*)([A-Za-z])|\x1b\][^\x07]*\x07")
_BOTTOM = 10_000


class Screen:
    """A terminal of so many columns and lines, with everything that was ever scrolled off its top."""

    def __init__(self, columns: int = 80, height: int = 24) -> None:
        self.columns, self.height = columns, height
        self.cursor_shown = True
        self._lines: list[list[str]] = [[]]
        self._row = self._column = 0
        self._rest = ""

    @property
    def lines(self) -> list[str]:
        """All lines from the first one on, those that have been scrolled away included."""
        lines = ["".join(line).rstrip() for line in self._lines]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    @property
    def at_line_start(self) -> bool:
        """Whether the shell's prompt would begin on a line of its own."""
        return self._column == 0

    def feed(self, text: str) -> None:
        """Take what a program has written; a sequence may come in two parts."""
        text, self._rest = self._rest + text, ""
        position = 0
        while position < len(text):
            if text[position] != "\x1b":
                self._put(text[position])
                position += 1
            elif found := _SEQUENCE.match(text, position):
                self._obey(found)
                position = found.end()
            elif len(text) - position < 16:
                self._rest = text[position:]
                return
            else:
                raise AssertionError(f"an unknown sequence: {text[position : position + 16]!r}")

    def _put(self, character: str) -> None:
        match character:
            case "\n":
                self._row += 1
                self._grow()
            case "\r":
                self._column = 0
            case "\x07":
                pass
            case _:
                assert character.isprintable(), repr(character)
                self._show(character)

    def _show(self, character: str) -> None:
        width = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if self._column + width > self.columns:
            self._row, self._column = self._row + 1, 0
            self._grow()
        line = self._lines[self._row]
        line += [" "] * (self._column + width - len(line))
        # The second half of a wide character holds nothing of its own.
        line[self._column : self._column + width] = [character, ""][:width]
        self._column += width

    def _grow(self) -> None:
        self._lines += [[] for _ in range(self._row + 1 - len(self._lines))]

    def _obey(self, found: re.Match[str]) -> None:
        private, given, letter = found.groups()
        number = int(given.split(";")[0] or 0) if given else 0
        match letter:
            case "A":
                # What has left the screen at its top cannot be reached any more.
                top = max(0, len(self._lines) - self.height)
                self._row = max(top, self._row - max(1, number))
            case "K":
                del self._lines[self._row][self._column :]
            case "J":
                del self._lines[self._row][self._column :]
                del self._lines[self._row + 1 :]
            case "h" | "l" if private:
                if number == 25:
                    self.cursor_shown = letter == "h"
            case "m" | None:
                pass
            case _:
                raise AssertionError(f"an unknown sequence: {found[0]!r}")


class Session:
    """A program on a terminal of its own; ``screen`` is what a person would see there."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        columns: int = 80,
        height: int = 24,
        elsewhere: Mapping[str, int] | None = None,
    ) -> None:
        """``elsewhere``: standard streams ("stdout", …) that are not the terminal."""
        # Imported here: other tests want the screen alone, and Windows has no such terminals.
        import fcntl
        import pty
        import termios

        self.screen = Screen(columns, height)
        self.raw = bytearray()
        # A read may end within a character.
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", height, columns, 0, 0))
        streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs} | dict(elsewhere or {})

        def own_terminal() -> None:
            fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            command,
            env=environment,
            start_new_session=True,
            preexec_fn=own_terminal,  # noqa: PLW1509 - the tests' own process has no other thread that holds a lock then
            stdin=streams["stdin"],
            stdout=streams["stdout"],
            stderr=streams["stderr"],
        )
        os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        self.hang_up()

    def hang_up(self) -> None:
        """Close the terminal's window, or drop the connection it is at the end of."""
        if self._ours >= 0:
            os.close(self._ours)
            self._ours = -1

    def type(self, keys: bytes) -> None:
        """Press keys; ``b"\\x03"`` is Ctrl-C."""
        os.write(self._ours, keys)

    def watch(self, seen: Callable[[Screen], bool], timeout: float = PATIENCE) -> None:
        """Look on until the screen shows it. Raises AssertionError when it does not in time, or the program ends."""
        ends = time.monotonic() + timeout
        while not seen(self.screen):
            left = ends - time.monotonic()
            assert left > 0, "\n".join(self.screen.lines)
            assert self._read(left), "\n".join(self.screen.lines)

    def watch_until(self, arrived: Callable[[], bool], timeout: float = PATIENCE) -> None:
        """Look on until something outside has happened: a terminal that nobody reads stops the program some day.

        Raises AssertionError with what the screen shows when it does not happen in time, or the program ends.
        """
        ends = time.monotonic() + timeout
        while not arrived():
            seen = "\n".join(self.screen.lines)
            assert time.monotonic() < ends, seen
            assert self.process.poll() is None, f"it ended with {self.process.returncode}\n{seen}"
            self._read(0.02)

    def end(self, timeout: float = PATIENCE) -> int:
        """Look on until the program ends, and return its exit status."""
        ends = time.monotonic() + timeout
        while self._read(max(0.0, ends - time.monotonic())):
            pass
        return self.process.wait(max(0.1, ends - time.monotonic()))

    def _read(self, timeout: float) -> bool:
        if not select.select([self._ours], [], [], timeout)[0]:
            return False
        try:
            part = os.read(self._ours, 65536)
        except OSError as error:
            if error.errno != errno.EIO:  # Linux reports the end of a terminal so.
                raise
            return False
        self.raw += part
        self.screen.feed(self._decoder.decode(part))
        return bool(part)
