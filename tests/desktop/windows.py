"""The screen: windows, pictures, mouse and keyboard."""

import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from tests.desktop.waiting import BenchError, scrub, wait_for
from tests.support.patience import PATIENCE

TOOL_SECONDS: Final = PATIENCE
_PLACE_LINES: Final = len(("WINDOW", "X", "Y", "WIDTH", "HEIGHT", "SCREEN"))
LEFT, MIDDLE, RIGHT, WHEEL_UP, WHEEL_DOWN = 1, 2, 3, 4, 5


class Region(Struct, frozen=True):
    """A rectangle in pixels of the screen."""

    x: int
    y: int
    width: int
    height: int

    @property
    def centre(self) -> tuple[int, int]:
        """The point to click at."""
        return self.x + self.width // 2, self.y + self.height // 2

    def has(self, x: int, y: int) -> bool:
        """Say whether a point lies inside."""
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height


class Window(Struct, frozen=True):
    """A window that can be seen."""

    id: int
    pid: int
    title: str
    region: Region


class Screen:
    """What is on the screen and what a hand can do there."""

    def __init__(self, env: Mapping[str, str], shots: Path) -> None:
        """Look at the display of `env`; pictures go into the folder `shots`."""
        self._env = dict(env)
        self._shots = shots

    def windows(self, title: str = "", *, pid: int | None = None) -> list[Window]:
        """Return the visible windows of programs (of one program): menus and bubbles, then those with a frame.

        With `title`, only those whose title matches the regular expression somewhere.
        """
        seen = wait_for("windows that all stay while they are asked where they are", self._seen)
        named = ((number, region, name.strip()) for number, region, name in seen if region is not None)
        found = (
            Window(number, self._pid(number), name, region) for number, region, name in named if re.search(title, name)
        )
        return [window for window in found if window.pid and pid in (None, window.pid)]

    def wait_window(self, title: str, *, seconds: float = PATIENCE) -> Window:
        """Wait for a window whose title matches the regular expression `title` somewhere, at rest in its place."""
        before: Window | None = None

        def look() -> Window | None:
            nonlocal before
            now, last = next(iter(self.windows(title)), None), before
            before = now
            return now if now == last else None

        return wait_for(
            f"a window titled {title!r}",
            look,
            seconds=seconds,
            instead=self.describe,
        )

    def wait_no_window(self, title: str, *, seconds: float = PATIENCE) -> None:
        """Wait until no window's title matches `title`."""
        wait_for(
            f"no window titled {title!r}",
            lambda: not self.windows(title),
            seconds=seconds,
            instead=self.describe,
        )

    def wait_active(self, title: str) -> None:
        """Wait until the window manager says that a window is in use whose title matches `title`."""

        def look() -> bool:
            return re.search(title, self._xdotool("getactivewindow", "getwindowname", check=False)) is not None

        wait_for(f"a window titled {title!r} in use", look, instead=self.describe)

    def describe(self) -> str:
        """List the windows for a failure text."""
        return "windows:\n" + "\n".join(f"  {w}" for w in self.windows())

    def window_at(self, x: int, y: int) -> Window | None:
        """Return the window on top at a point of the screen; None where there is only the background."""
        self.hover(x, y)
        return self._window_under_mouse(x, y)

    def click(self, x: int, y: int, button: int = LEFT, *, pid: int) -> None:
        """Move the mouse there and press a button (1 left, 2 middle, 3 right), once a window of `pid` is on top."""

        def is_on_top() -> bool:
            window = self.window_at(x, y)
            return window is not None and window.pid == pid

        wait_for(
            f"a window of process {pid} on top at {x}, {y}",
            is_on_top,
            instead=lambda: f"there is {self.window_at(x, y)}\n{self.describe()}",
        )
        self._xdotool("click", str(button))

    def hover(self, x: int, y: int) -> None:
        """Move the mouse there, from the side: a window that came up below it is entered, too."""
        self._xdotool("mousemove", str(x - 1), str(y), "mousemove", str(x), str(y))

    def turn_wheel(self, notches: int) -> None:
        """Turn the wheel where the mouse is: up, or with a negative number down."""
        self._xdotool("click", "--repeat", str(abs(notches)), str(WHEEL_UP if notches > 0 else WHEEL_DOWN))

    def key(self, *names: str, to: str | None) -> None:
        """Press keys by their X names (`Return`, `Escape`, `ctrl+a`), once the window titled `to` has the keyboard.

        None: whichever has it, such as an open menu of the desktop, which takes all keys without the focus.
        """
        if to is not None:
            self.wait_keyboard(to)
        self._xdotool("key", *names)

    def type_text(self, text: str, *, to: str) -> None:
        """Type on the keyboard, once the window titled `to` (a regular expression) has it."""
        self.wait_keyboard(to)
        self._xdotool("type", "--delay", "5", text)

    def wait_keyboard(self, title: str) -> None:
        """Wait until the keyboard is on a window whose title matches `title` somewhere: a new one has it late.

        What is typed from then on reaches the program after the news that it has the keyboard.
        """
        wait_for(
            f"the keyboard on a window titled {title!r}",
            lambda: re.search(title, self._focused_title()),
            instead=lambda: f"it is on {self._focused_title()!r}\n{self.describe()}",
        )

    def screenshot(self, name: str, region: Region | None = None, *, zoom: int = 1) -> Path:
        """Save a picture of the screen (or a part) once it has stopped changing; return its path.

        The panel's clock may change while waiting: after 3 s the picture is taken as it is.
        """
        self._shots.mkdir(parents=True, exist_ok=True)
        path = self._shots / f"{name}.png"
        options = ["-window", "root"]
        if region is not None:
            options += ["-crop", f"{region.width}x{region.height}+{region.x}+{region.y}", "+repage"]
        before = b""
        for _attempt in range(8):
            pixels = self._run("import", *options, "rgb:-")
            if pixels == before:
                break
            before = pixels
        self._run("import", *options, f"png:{path}")
        if zoom != 1:
            self._run("mogrify", "-scale", f"{100 * zoom}%", str(path))
        return path

    def _focused_title(self) -> str:
        # A window may go away between the question which it is and that for its title.
        return self._xdotool("getwindowfocus", "getwindowname", check=False).strip()

    def _window_under_mouse(self, x: int, y: int) -> Window | None:
        said = self._xdotool("getmouselocation", "--shell")
        number = next(int(line.removeprefix("WINDOW=")) for line in said.split() if line.startswith("WINDOW="))
        if number != 0:
            return self._window(number)
        # It names only windows with a frame, and menus and bubbles lie above those.
        return next((window for window in self.windows() if window.region.has(x, y)), None)

    def _seen(self) -> list[tuple[int, Region | None, str]] | None:
        """All windows with their places and titles; None where one of them has gone away meanwhile."""
        places = ("getwindowgeometry", "--shell", "%@")
        said = self._ask("xdotool", "search", "--onlyvisible", "--name", "", *places, "getwindowname", "%@")
        lines = (said or "").removesuffix("\n").split("\n")
        count, rest = divmod(len(lines), _PLACE_LINES + 1)
        if rest:
            return None
        starts = range(0, count * _PLACE_LINES, _PLACE_LINES)
        names = lines[count * _PLACE_LINES :]
        return [(*_place(lines[at : at + _PLACE_LINES]), name) for at, name in zip(starts, names, strict=True)]

    def _window(self, number: int) -> Window | None:
        # A window may go away between two questions.
        said = self._ask("xdotool", "getwindowgeometry", "--shell", str(number), "getwindowname", str(number))
        if said is None:
            return None
        *place, name = said.removesuffix("\n").split("\n", _PLACE_LINES)
        region, pid = _place(place)[1], self._pid(number)
        return Window(number, pid, name.strip(), region) if region is not None and pid else None

    def _pid(self, number: int) -> int:
        """The program whose window it is; 0 where it belongs to none or has gone away."""
        return int(self._ask("xdotool", "getwindowpid", str(number)) or 0)

    def _xdotool(self, *arguments: str, check: bool = True) -> str:
        return self._run("xdotool", *arguments, check=check).decode("utf-8", errors="replace")

    def _ask(self, *argv: str) -> str | None:
        """What a program says; None where it fails."""
        done = self._call(argv)
        return None if done.returncode != 0 else done.stdout.decode("utf-8", errors="replace")

    def _run(self, *argv: str, check: bool = True) -> bytes:
        done = self._call(argv)
        if check and done.returncode != 0:
            complaint = scrub(done.stderr.decode("utf-8", errors="replace"))
            msg = f"{' '.join(argv[:3])} ended with {done.returncode}: {complaint}"
            raise BenchError(msg)
        return done.stdout

    def _call(self, argv: Sequence[str]) -> "subprocess.CompletedProcess[bytes]":
        nothing = subprocess.DEVNULL
        return subprocess.run(
            argv, env=self._env, capture_output=True, check=False, timeout=TOOL_SECONDS, stdin=nothing
        )


def _place(lines: Iterable[str]) -> tuple[int, Region | None]:
    """A window's number and where it is; None where nobody sees it."""
    values = dict(line.split("=", 1) for line in lines)
    region = Region(*(int(values[key]) for key in ("X", "Y", "WIDTH", "HEIGHT")))
    is_seen = region.height > 1 and region.x + region.width > 0 and region.y + region.height > 0
    return int(values["WINDOW"]), region if is_seen else None
