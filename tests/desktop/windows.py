"""The screen: windows, pictures, mouse and keyboard."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from tests.desktop.waiting import BenchError, scrub, wait_for
from tests.support.patience import PATIENCE

TOOL_SECONDS: Final = PATIENCE
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

    def windows(self, *, pid: int | None = None) -> list[Window]:
        """Return the visible windows of programs (of one program), the panel and bubbles among them."""
        found: list[Window] = []
        for number in self._xdotool("search", "--onlyvisible", "--name", "", check=False).split():
            window = self._window(int(number))
            if window is not None and pid in (None, window.pid):
                found.append(window)
        return found

    def wait_window(self, title: str, *, seconds: float = PATIENCE) -> Window:
        """Wait for a window whose title matches the regular expression `title` somewhere."""

        def look() -> Window | None:
            matching = (w for w in self.windows() if re.search(title, w.title))
            return next(matching, None)

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
            lambda: not any(re.search(title, w.title) for w in self.windows()),
            seconds=seconds,
            instead=self.describe,
        )

    def wait_active(self, title: str) -> None:
        """Wait until the window manager says that a window is in use whose title matches `title`."""

        def look() -> bool:
            number = self._xdotool("getactivewindow", check=False).strip()
            return bool(number) and re.search(title, self._xdotool("getwindowname", number, check=False)) is not None

        wait_for(f"a window titled {title!r} in use", look, instead=self.describe)

    def describe(self) -> str:
        """List the windows for a failure text."""
        return "windows:\n" + "\n".join(f"  {w}" for w in self.windows())

    def click(self, x: int, y: int, button: int = LEFT) -> None:
        """Move the mouse there and press a button (1 left, 2 middle, 3 right)."""
        self._xdotool("mousemove", str(x), str(y), "click", str(button))

    def hover(self, x: int, y: int) -> None:
        """Move the mouse there."""
        self._xdotool("mousemove", str(x), str(y))

    def turn_wheel(self, notches: int) -> None:
        """Turn the wheel where the mouse is: up, or with a negative number down."""
        self._xdotool("click", "--repeat", str(abs(notches)), str(WHEEL_UP if notches > 0 else WHEEL_DOWN))

    def key(self, *names: str) -> None:
        """Press keys by their X names: `Return`, `Escape`, `ctrl+a`."""
        self._xdotool("key", *names)

    def type_text(self, text: str) -> None:
        """Type on the keyboard."""
        self._xdotool("type", "--delay", "5", text)

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

    def _window(self, number: int) -> Window | None:
        # A window may go away between two questions.
        geometry = self._xdotool("getwindowgeometry", "--shell", str(number), check=False)
        pid = self._xdotool("getwindowpid", str(number), check=False).strip()
        values = dict(line.split("=", 1) for line in geometry.splitlines() if "=" in line)
        if not pid.isdigit() or "WIDTH" not in values or int(values["HEIGHT"]) <= 1:
            return None
        region = Region(*(int(values[key]) for key in ("X", "Y", "WIDTH", "HEIGHT")))
        if region.x + region.width <= 0 or region.y + region.height <= 0:
            return None
        title = self._xdotool("getwindowname", str(number), check=False).strip()
        return Window(number, int(pid), title, region)

    def _xdotool(self, *arguments: str, check: bool = True) -> str:
        return self._run("xdotool", *arguments, check=check).decode("utf-8", errors="replace")

    def _run(self, *argv: str, check: bool = True) -> bytes:
        done = subprocess.run(
            argv,
            env=self._env,
            capture_output=True,
            check=False,
            timeout=TOOL_SECONDS,
            stdin=subprocess.DEVNULL,
        )
        if check and done.returncode != 0:
            complaint = scrub(done.stderr.decode("utf-8", errors="replace"))
            msg = f"{' '.join(argv[:3])} ended with {done.returncode}: {complaint}"
            raise BenchError(msg)
        return done.stdout
