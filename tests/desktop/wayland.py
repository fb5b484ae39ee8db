"""A Wayland compositor without a screen, beside the desktop whose bus, keyring and browser its programs use."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final, Self, cast

from msgspec import Struct

from tests.desktop.bench import SHOTS, Desktop
from tests.desktop.bus import plain
from tests.desktop.processes import Program
from tests.desktop.session import BACKGROUND, NOTIFICATIONS, START_SECONDS, TRAY
from tests.desktop.waiting import BenchError, T, wait_for
from tests.desktop.wayland_mouse import WaylandMouse
from tests.desktop.windows import Region
from tests.support.patience import PATIENCE

NOBODY: Final = 65534
"""sway refuses to run as root."""
_WIDTH, _HEIGHT = 1280, 800
_CONFIGURATION: Final = f"""
output HEADLESS-1 resolution {_WIDTH}x{_HEIGHT}
output HEADLESS-1 bg {BACKGROUND} solid_color
for_window [app_id=".*"] floating enable
"""
_BAR: Final = {"layer": "top", "position": "top", "height": 28, "modules-right": ["tray"]}
_MAKO, _MAKO_PATH = "fr.emersion.Mako", "/fr/emersion/Mako"
_ANSWER_SECONDS: Final = 10.0
"""How long a key may take to do something before it is pressed again."""


class WaylandWindow(Struct, frozen=True):
    """A window that can be seen."""

    title: str
    app_id: str
    pid: int
    focused: bool
    """Whether it has the keyboard: what is typed now comes after the news of that."""
    content: Region
    """Where what the program draws is on the screen."""


class Wayland:
    """sway with waybar, whose tray takes the place of the panel's, and mako, which shows notifications."""

    def __init__(self, desktop: Desktop) -> None:
        """Start them; the session's own panel and notifications are gone until the end of the test."""
        self._desktop = desktop
        self._folder = Path(mkdtemp(prefix="w-", dir=desktop.session.folder))
        (self._folder / "sway.conf").write_text(_CONFIGURATION, "utf-8")
        (self._folder / "bar.json").write_text(json.dumps(_BAR), "utf-8")
        run = self._folder / "run"
        run.mkdir(mode=0o700)
        self._compositor = self._start_compositor(run)
        self._display = wait_for(
            "the compositor's socket",
            lambda: next((p for p in run.glob("wayland-?") if p.is_socket()), None),
            seconds=START_SECONDS,
            instead=self._compositor.describe,
        )
        self._socket = next(run.glob("sway-ipc.*"))
        desktop.stop_tray()
        bar = desktop.start("waybar", "-c", self._folder / "bar.json", env=self.environment)
        desktop.session.wait_owner(TRAY, bar)
        # Each key is typed by a keyboard of its own. Without another one the seat has none afterwards, and the window
        # loses the focus, as if another program was used.
        desktop.start("wtype", "-k", "Shift_L", "-s", "100000000", env=self.environment)
        desktop.session.stop_notifications()
        mako = desktop.start("mako", "--default-timeout", "0", env=self.environment)
        desktop.session.wait_owner(NOTIFICATIONS, mako)

    def __enter__(self) -> Self:
        """Nothing more."""
        return self

    def __exit__(self, error: type[BaseException] | None, *_details: object) -> None:
        """End the compositor, and with it its bar; what a failure looked like is kept."""
        if error is not None and self._compositor.running:
            with suppress(OSError, subprocess.SubprocessError):
                self.screenshot("failed-wayland")
        self._compositor.stop()

    @property
    def environment(self) -> dict[str, str]:
        """What makes a program of the desktop one of Wayland."""
        return {
            "DISPLAY": "",
            "WAYLAND_DISPLAY": str(self._display),
            "QT_QPA_PLATFORM": "wayland",
            "XDG_SESSION_TYPE": "wayland",
            "XDG_CURRENT_DESKTOP": "sway",
        }

    def windows(self) -> list[WaylandWindow]:
        """Every window there is."""
        return list(_windows(json.loads(self._sway("-t", "get_tree"))))

    def wait_window(self, title: str, *, seconds: float = PATIENCE) -> WaylandWindow:
        """Wait for a window whose title holds the regular expression."""
        return wait_for(
            f"a window {title!r}",
            lambda: next((window for window in self.windows() if re.search(title, window.title)), None),
            seconds=seconds,
            instead=lambda: f"{self.windows()}\n{self._desktop.describe()}",
        )

    def wait_no_window(self, title: str, *, seconds: float = PATIENCE) -> None:
        """Wait until no window has such a title."""
        wait_for(
            f"no window {title!r}",
            lambda: not any(re.search(title, window.title) for window in self.windows()),
            seconds=seconds,
            instead=lambda: f"{self.windows()}",
        )

    def wait_keyboard(self, title: str) -> None:
        """Wait until a window has the keyboard whose title holds the regular expression."""
        wait_for(
            f"the keyboard on a window {title!r}",
            lambda: any(window.focused and re.search(title, window.title) for window in self.windows()),
            instead=lambda: f"{self.windows()}",
        )

    def dismiss(self, title: str) -> None:
        """Press Escape until no window has such a title: a key is lost while a new window takes the focus."""

        def gone() -> bool:
            if any(re.search(title, window.title) for window in self.windows()):
                self._run("wtype", "-k", "Escape")
            return not any(re.search(title, window.title) for window in self.windows())

        wait_for(f"no window {title!r}", gone, seconds=PATIENCE, instead=lambda: f"{self.windows()}")

    def key(self, name: str, *held: str) -> None:
        """Press a key by its X name, with modifiers (`ctrl`, `alt`)."""
        self._run("wtype", *(word for one in held for word in ("-M", one)), "-k", name)

    def key_until(self, probe: Callable[[], T | None], name: str, *held: str) -> T:
        """Press a key that may be pressed again until ``probe`` says so: it is lost while the focus changes."""

        def pressed() -> T | None:
            self.key(name, *held)
            with suppress(BenchError):
                return wait_for(name, probe, seconds=_ANSWER_SECONDS)
            return None

        return wait_for(f"{name} to do something", pressed, seconds=PATIENCE, instead=self._describe)

    def type_text(self, text: str) -> None:
        """Type on the keyboard."""
        self._run("wtype", text)

    def mouse(self) -> WaylandMouse:
        """A mouse, until it is closed; without one the seat has none."""
        return WaylandMouse(self._display, _WIDTH, _HEIGHT)

    def point(self, place: Region, title: str) -> tuple[int, int]:
        """Where the middle of ``place`` is on the screen, which programs tell from the corner of their window."""
        content = next(window for window in self.windows() if re.search(title, window.title)).content
        x, y = place.centre
        return content.x + x, content.y + y

    def notification(self, title: str) -> int | None:
        """The number of the notification of this title that mako shows; None where it shows none."""
        (shown,) = self._desktop.session.bus.call(NOTIFICATIONS, _MAKO_PATH, _MAKO, "ListNotifications")
        found = (plain(one) for one in cast("list[dict[str, Any]]", shown))
        return next((int(one["id"]) for one in found if one["summary"] == title), None)

    def press_notification(self, number: int, key: str) -> None:
        """Choose a button of a notification, as makoctl does: the headless seat has no mouse."""
        self._desktop.session.bus.call(NOTIFICATIONS, _MAKO_PATH, _MAKO, "InvokeAction", "us", number, key)

    def screenshot(self, name: str) -> Path:
        """Save a picture of the screen in ``tests/desktop/shots/``."""
        SHOTS.mkdir(exist_ok=True)
        path = SHOTS / f"{name}.png"
        self._run("grim", str(path))
        return path

    def _describe(self) -> str:
        keyboard = f"a screen reader was told of {self._desktop.reader.focused()}"
        return f"{keyboard}\n{self.windows()}\n{self._desktop.describe()}"

    def _start_compositor(self, run: Path) -> Program:
        user: list[str] = []
        if os.geteuid() == 0:
            user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]
            os.chown(run, NOBODY, NOBODY)
            # The way to its configuration and its socket lies through folders that are private otherwise.
            for folder in (self._desktop.session.folder, self._folder):
                folder.chmod(0o711)
        headless = {
            "WLR_BACKENDS": "headless",
            "WLR_LIBINPUT_NO_DEVICES": "1",
            "WLR_RENDERER": "pixman",
            "XDG_RUNTIME_DIR": str(run),
            "HOME": str(run),
            "DISPLAY": "",
        }
        return self._desktop.start(*user, "sway", "-c", self._folder / "sway.conf", env=headless)

    def _sway(self, *words: str) -> str:
        return self._run("swaymsg", "-s", str(self._socket), *words)

    def _run(self, *command: str) -> str:
        environment = self._desktop.environment(**self.environment)
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=PATIENCE)
        return done.stdout


def _windows(node: dict[str, Any]) -> Iterator[WaylandWindow]:
    if node.get("pid") and node.get("app_id"):
        yield WaylandWindow(
            title=str(node.get("name") or ""),
            app_id=str(node["app_id"]),
            pid=int(node["pid"]),
            focused=bool(node["focused"]),
            content=Region(
                x=node["rect"]["x"] + node["window_rect"]["x"],
                y=node["rect"]["y"] + node["window_rect"]["y"],
                width=node["window_rect"]["width"],
                height=node["window_rect"]["height"],
            ),
        )
    for part in (*node.get("nodes", ()), *node.get("floating_nodes", ())):
        yield from _windows(cast("dict[str, Any]", part))
