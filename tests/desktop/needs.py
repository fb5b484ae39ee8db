"""What a machine must have for these tests, and what is missing here."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

# Program -> the Debian package that brings it.
PROGRAMS: Final = (
    ("Xvfb", "xvfb"),
    ("dbus-daemon", "dbus-x11"),
    ("gnome-keyring-daemon", "gnome-keyring"),
    ("xfwm4", "xfwm4"),
    ("xfce4-panel", "xfce4-panel"),
    ("xfconf-query", "xfconf"),
    ("xfce4-notifyd", "xfce4-notifyd"),
    ("/usr/libexec/at-spi-bus-launcher", "at-spi2-core"),
    ("import", "imagemagick"),
    ("display", "imagemagick"),
    ("xdotool", "xdotool"),
    ("chromium", "chromium"),
    ("chromedriver", "chromium-driver"),
    ("setpriv", "util-linux"),
)
WAYLAND: Final = (
    ("sway", "sway"),
    ("swaymsg", "sway"),
    ("waybar", "waybar"),
    ("mako", "mako-notifier"),
    ("grim", "grim"),
    ("wtype", "wtype"),
)
"""What the tests on Wayland need besides; those on X11 run without."""
OTHER_PANELS: Final = (("mate-panel", "mate-panel"), ("lxqt-panel", "lxqt-panel"))
"""What the tests of other desktops' trays need besides."""


def notify_daemon() -> str | None:
    """Return the path of xfce4-notifyd, which is not on PATH and lies in a folder per architecture."""
    found = sorted(Path("/usr/lib").glob("*/xfce4/notifyd/xfce4-notifyd"))
    return str(found[0]) if found else None


def missing(programs: Iterable[tuple[str, str]] = PROGRAMS) -> list[str]:
    """Return `program (package name)` for everything that these tests need and that is not here."""
    return [f"{program} (package {package})" for program, package in programs if not _present(program)]


def _present(program: str) -> bool:
    if program == "xfce4-notifyd":
        return notify_daemon() is not None
    return shutil.which(program) is not None
