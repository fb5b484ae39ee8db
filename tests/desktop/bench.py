"""A desktop of the test's own, with verbs for what a person does and sees there."""

import base64
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.desktop.browser import BrowserScript, Chromium
from tests.desktop.keyring import Keyring
from tests.desktop.notifications import Notifications
from tests.desktop.processes import Program
from tests.desktop.reader import Reader
from tests.desktop.session import KEYRING_PASSWORD, Session
from tests.desktop.tray import Tray
from tests.desktop.waiting import BenchError, wait_for
from tests.desktop.windows import Region, Screen, Window

SHOTS: Final = Path(__file__).parent / "shots"


class Desktop:
    """One running desktop. Programs get a home folder that is new for each test.

    `tray`, `notifications`, `keyring`, `browser`, `screen` (windows, mouse, keyboard, pictures) and
    `reader` (what is written on the screen) are its parts; the methods here belong to all of them.
    """

    def __init__(self) -> None:
        """Start everything; nothing is left behind when a part does not come up."""
        self.session = Session()
        self._programs: list[Program] = []
        self._browsers: list[Chromium] = []
        self._started = 0
        self._panel_dark = True
        try:
            self._home = self.session.new_home()
            self.screen = Screen(self.session.env, SHOTS)
            self.browser = BrowserScript(self.session.folder)
            self.reader = Reader(self.session.bus, self.screen)
            self.keyring = Keyring(self.session.bus, self.screen, KEYRING_PASSWORD)
            self.tray = Tray(self.session.bus, self.describe)
            self.notifications = Notifications(self.session.bus, self.reader, self.describe)
        except BaseException:
            self.session.close()
            raise

    @property
    def home(self) -> Path:
        """The home folder of the programs that are started now."""
        return Path(self._home["HOME"])

    def folder(self, variable: str) -> Path:
        """Return a folder of the present home by its variable, such as `XDG_CONFIG_HOME`."""
        return Path(self._home[variable])

    def environment(self, **more: str) -> dict[str, str]:
        """Return the variables that a program of this session gets; `more` wins.

        Nothing of the test run's own environment is in it but PATH.
        """
        path = self.session.env["PATH"]
        return {
            **self.session.env,
            **self._home,
            "PATH": f"{self.browser.bin}:{path}",
            "BROWSER": str(self.browser.program),
            "PYTHONUNBUFFERED": "1",
            "PYTHONFAULTHANDLER": "1",
            **more,
        }

    def start(self, *argv: str | Path, env: Mapping[str, str] | None = None) -> Program:
        """Start a program in the session; it is ended after the test."""
        self._started += 1
        name = f"{Path(argv[0]).name}-{self._started}"
        program = Program(name, argv, self.environment(**(env or {})), self.session.logs)
        self._programs.append(program)
        return program

    def run(self, *argv: str | Path, env: Mapping[str, str] | None = None) -> Program:
        """Start a program and wait until it ends; fails unless it ends with 0."""
        program = self.start(*argv, env=env)
        if program.wait_exit() != 0:
            raise BenchError(program.describe())
        return program

    def chromium(self, url: str | None = None, *, proxy: str | None = None, language: str = "en") -> Chromium:
        """Start a real browser with a fresh profile, at `url`; it is ended after the test."""
        self._started += 1
        profile = self.session.folder / f"profile-{self._started}"
        browser = Chromium(self.environment(), self.session.logs, profile, SHOTS, proxy=proxy, language=language)
        self._browsers.append(browser)
        if url is not None:
            browser.go(url)
        return browser

    def screenshot(self, name: str, region: Region | None = None, *, zoom: int = 1) -> Path:
        """Save a picture of the screen (of a region, enlarged) in `tests/desktop/shots/`."""
        return self.screen.screenshot(name, region, zoom=zoom)

    def tray_region(self) -> Region:
        """Return where the panel shows the tray's icons."""
        return self.tray_window().region

    def tray_window(self) -> Window:
        """Return the window in which the panel shows the tray's icons."""
        # Its menus are titled so, too, but lie above it.
        found = wait_for(
            "the tray's icons in the panel",
            lambda: self.screen.windows(r"^wrapper-2\.0$") or None,
            instead=self.screen.describe,
        )
        return found[-1]

    def set_panel_dark(self, *, dark: bool) -> None:
        """Make the panel dark (as it is at the start of a test) or light, as its settings do."""
        self._panel_dark = dark
        value = "true" if dark else "false"
        self.run("xfconf-query", "-c", "xfce4-panel", "-p", "/panels/dark-mode", "-s", value)

    def stop_tray(self) -> None:
        """Take the panel away: from now on there is no tray."""
        self.session.stop_panel()

    def start_tray(self) -> None:
        """Bring the panel (back)."""
        self.session.start_panel()

    def files_containing(self, secrets: Iterable[bytes]) -> list[Path]:
        """Return the files under the present home that hold a secret, in the clear or as base64.

        The keyring's own files and the browser's profile lie elsewhere.
        """
        needles = [needle for secret in secrets for needle in spellings(secret)]
        return [
            path
            for path in sorted(self.home.parent.rglob("*"))
            if path.is_file() and any(needle in path.read_bytes() for needle in needles)
        ]

    def fresh_home(self) -> Path:
        """Give the programs that are started from now on a home folder that nobody used."""
        self._home = self.session.new_home()
        return self.home

    def reset(self) -> None:
        """End all programs and forget what was: the state in which each test begins."""
        if not self._panel_dark:
            self.set_panel_dark(dark=True)
        for browser in self._browsers:
            browser.close()
        self._browsers.clear()
        for program in reversed(self._programs):
            program.stop()
        self._programs.clear()
        self.start_tray()
        self.session.start_notifications()
        self.tray.wait_empty()
        self.notifications.forget()
        # A window that appears below the mouse is not entered by it, and a click there does nothing.
        self.screen.hover(2, 400)
        self.keyring.clear()
        self.browser.forget()
        self.fresh_home()

    def describe(self) -> str:
        """Say which programs of the test run and how their output ends."""
        return "\n".join(program.describe() for program in self._programs) or "no program was started"

    def crashed(self) -> str:
        """Describe the programs of the test that have crashed, for a failure text; empty where none has."""
        return "\n".join(program.describe() for program in self._programs if program.crashed)

    def close(self) -> None:
        """End everything."""
        try:
            for browser in self._browsers:
                browser.close()
            for program in reversed(self._programs):
                program.stop()
            self.notifications.close()
            self.reader.close()
        finally:
            self.session.close()


def installed(command: str) -> Path:
    """Return the path of a command that was installed beside this Python. Raises BenchError."""
    path = Path(sys.executable).with_name(command)
    if not path.exists():
        msg = f"{command} is not installed beside {Path(sys.executable).name}"
        raise BenchError(msg)
    return path


def spellings(secret: bytes) -> Sequence[bytes]:
    """Return how a secret may stand in a file: as it is, in hex, and in base64 at each alignment."""
    found = [secret, secret.hex().encode()]
    for shift in range(3):
        # The characters at both ends depend on the neighbours of the secret and are left out.
        padded = base64.b64encode(b"\0" * shift + secret)
        start = (0, 2, 3)[shift]
        end = len(padded) - (0, 3, 2)[(shift + len(secret)) % 3]
        inner = padded[start:end]
        found += [inner, inner.translate(bytes.maketrans(b"+/", b"-_"))]
    return found
