"""One private desktop session: X server, bus, keyring, window manager, panel, notifications."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from tests.desktop.bus import Bus
from tests.desktop.needs import notify_daemon
from tests.desktop.processes import Program, end_all_marked
from tests.desktop.waiting import wait_for
from tests.support.patience import PATIENCE

KEYRING_PASSWORD: Final = "a password of the tests"
START_SECONDS: Final = PATIENCE
TRAY: Final = "org.kde.StatusNotifierWatcher"
NOTIFICATIONS: Final = "org.freedesktop.Notifications"
BACKGROUND: Final = "#5b6b80"

_PANEL: Final = """<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="dark-mode" type="bool" value="true"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="icon-size" type="uint" value="16"/>
      <property name="size" type="uint" value="28"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/>
        <value type="int" value="2"/>
        <value type="int" value="3"/>
        <value type="int" value="4"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="tasklist"/>
    <property name="plugin-2" type="string" value="separator">
      <property name="expand" type="bool" value="true"/>
      <property name="style" type="uint" value="0"/>
    </property>
    <property name="plugin-3" type="string" value="systray">
      <property name="square-icons" type="bool" value="true"/>
    </property>
    <property name="plugin-4" type="string" value="clock"/>
  </property>
</channel>
"""

# A bubble that fades cannot be clicked reliably, nor one that goes away while a busy machine looks for its button.
_NOTIFICATIONS: Final = """<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-notifyd" version="1.0">
  <property name="do-fadeout" type="bool" value="false"/>
  <property name="do-slideout" type="bool" value="false"/>
  <property name="initial-opacity" type="double" value="1"/>
  <property name="expire-timeout" type="int" value="90"/>
</channel>
"""


class Session:
    """Starts everything in order, each after the one before has answered; ends it in reverse."""

    def __init__(self, *, width: int = 1280, height: int = 800) -> None:
        """Start; whatever was started is ended again when a part fails to come up."""
        # The paths of sockets are limited to 107 bytes, so this one is short.
        self.folder = Path(mkdtemp(prefix="pt-", dir="/tmp"))
        self.logs = self.folder / "logs"
        self.programs: list[Program] = []
        self._width, self._height = width, height
        self._bus: Bus | None = None
        self._panel: Program | None = None
        self._notifier: Program | None = None
        self._homes = 0
        try:
            self.env = self._start()
        except BaseException:
            self.close()
            raise

    @property
    def bus(self) -> Bus:
        """The test's own connection to the session bus."""
        if self._bus is None:
            self._bus = Bus(self.env["DBUS_SESSION_BUS_ADDRESS"])
        return self._bus

    def new_home(self) -> dict[str, str]:
        """Make a home folder that nobody used and return the variables that lead to it."""
        self._homes += 1
        return _home(self.folder / f"h{self._homes}")

    def describe(self) -> str:
        """Say how each part of the desktop is."""
        return "\n".join(program.describe() for program in self.programs)

    def close(self) -> None:
        """End all of it and remove the folder."""
        if self._bus is not None:
            self._bus.close()
        for program in reversed(self.programs):
            program.stop()
        end_all_marked(str(self.folder))
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, name: str, *argv: str, stdin: bytes = b"") -> Program:
        """Start one more part of the desktop."""
        program = Program(name, argv, self.env, self.logs, stdin=stdin)
        self.programs.append(program)
        return program

    def start_panel(self) -> None:
        """Start the panel, unless it runs, and wait for its tray."""
        if self._panel is None or not self._panel.running:
            self._panel = self.run("xfce4-panel", "xfce4-panel", "--disable-wm-check")
            self.wait_owner(TRAY, self._panel)

    def stop_panel(self) -> None:
        """End the panel, and with it the tray, as a crash would."""
        if self._panel is not None:
            self._panel.stop()
            self.programs.remove(self._panel)
            self._panel = None
        wait_for("the tray to go away", lambda: not self.bus.has_owner(TRAY), seconds=START_SECONDS)

    def start_notifications(self) -> None:
        """Start what shows notifications, unless it runs."""
        if self._notifier is None or not self._notifier.running:
            self._notifier = self.run("xfce4-notifyd", notify_daemon() or "xfce4-notifyd")
            self.wait_owner(NOTIFICATIONS, self._notifier)

    def stop_notifications(self) -> None:
        """End it, so that another one can take its place."""
        if self._notifier is not None:
            self._notifier.stop()
            self.programs.remove(self._notifier)
            self._notifier = None
        wait_for("no notifications", lambda: not self.bus.has_owner(NOTIFICATIONS), seconds=START_SECONDS)

    def wait_owner(self, name: str, program: Program) -> None:
        """Wait until the bus knows `name`."""
        wait_for(
            f"{name} on the session bus",
            lambda: self.bus.has_owner(name),
            seconds=START_SECONDS,
            instead=program.describe,
        )

    def _start(self) -> dict[str, str]:
        self.logs.mkdir()
        home = _home(self.folder / "session")
        settings = Path(home["XDG_CONFIG_HOME"]) / "xfce4/xfconf/xfce-perchannel-xml"
        settings.mkdir(parents=True)
        (settings / "xfce4-panel.xml").write_text(_PANEL, "utf-8")
        (settings / "xfce4-notifyd.xml").write_text(_NOTIFICATIONS, "utf-8")
        self.env = {
            **home,
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "XDG_CURRENT_DESKTOP": "XFCE",
            "XDG_SESSION_TYPE": "x11",
            "NO_PROXY": "localhost,127.0.0.1,::1",
        }
        self.env["DISPLAY"] = self._start_screen()
        # Its exit status is 1 even when it has painted.
        painter = Program("background", ["display", "-window", "root", f"xc:{BACKGROUND}"], self.env, self.logs)
        painter.wait_exit()
        address = f"unix:path={home['XDG_RUNTIME_DIR']}/bus"
        self.env["DBUS_SESSION_BUS_ADDRESS"] = address
        bus = self.run("dbus-daemon", "dbus-daemon", "--session", "--nofork", f"--address={address}")
        wait_for(
            "the session bus",
            (Path(home["XDG_RUNTIME_DIR"]) / "bus").exists,
            seconds=START_SECONDS,
            instead=bus.describe,
        )
        keyring = self.run(
            "gnome-keyring-daemon",
            "gnome-keyring-daemon",
            "--foreground",
            "--unlock",
            "--components=secrets",
            stdin=KEYRING_PASSWORD.encode(),
        )
        self.wait_owner("org.freedesktop.secrets", keyring)
        self.run("xfwm4", "xfwm4", "--compositor=off")
        self.start_notifications()
        self.start_panel()
        return self.env

    def _start_screen(self) -> str:
        reading, writing = os.pipe()
        with os.fdopen(reading, "rb") as pipe:
            # The server chooses a free display itself and writes its number when it is ready.
            screen = Program(
                "Xvfb",
                [
                    "Xvfb",
                    *("-displayfd", str(writing)),
                    *("-screen", "0", f"{self._width}x{self._height}x24"),
                    *("-nolisten", "tcp", "-noreset"),
                    # On a busy machine a key is let go late: it must not be typed twice.
                    "-r",
                ],
                self.env,
                self.logs,
                pass_fds=[writing],
            )
            self.programs.append(screen)
            os.close(writing)
            number = pipe.readline().decode().strip()
        if not number:
            wait_for("a display", lambda: None, seconds=0, instead=screen.describe)
        return f":{number}"


def _home(folder: Path) -> dict[str, str]:
    parts: Mapping[str, str] = {
        "HOME": "home",
        "XDG_CONFIG_HOME": "config",
        "XDG_DATA_HOME": "data",
        "XDG_CACHE_HOME": "cache",
        "XDG_STATE_HOME": "state",
        "XDG_RUNTIME_DIR": "run",
    }
    for part in parts.values():
        (folder / part).mkdir(parents=True, mode=0o700)
    return {variable: str(folder / part) for variable, part in parts.items()}
