"""The packages of Debian and Ubuntu that the tests need, and how they get onto the machine."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from tests.desktop.needs import OTHER_PANELS, PROGRAMS, WAYLAND

# Qt loads these libraries when it starts; the fonts make Latin and Chinese texts readable in pictures.
LIBRARIES: Final = (
    "libdbus-1-3",
    "libegl1",
    "libgl1",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-image0",
    "libxcb-keysyms1",
    "libxcb-render-util0",
    "libxcb-shape0",
    "libxcb-xinerama0",
    "libxkbcommon-x11-0",
)
DATABASE: Final = ("postgresql",)
"""What the tests of the shared table run their SQL on. The cluster that Debian makes with it is not used."""
FONTS: Final = ("fonts-dejavu-core", "fonts-inter", "fonts-noto-cjk")
# Enough for a slow mirror; the packages are about 400 MB with what they need.
INSTALL_SECONDS: Final = 900


def packages() -> tuple[str, ...]:
    """Return every package that the tests need, sorted."""
    programs = (*PROGRAMS, *WAYLAND, *OTHER_PANELS)
    return tuple(sorted({*LIBRARIES, *DATABASE, *FONTS, *(package for _program, package in programs)}))


def is_debian() -> bool:
    """Tell whether the packages of this machine are Debian's or Ubuntu's."""
    return all(map(shutil.which, ("apt-get", "dpkg-query"))) and Path("/etc/debian_version").exists()


def missing(wanted: tuple[str, ...]) -> list[str]:
    """Return those of the packages that are not installed."""
    answer = subprocess.run(
        ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n", *wanted],  # noqa: S607 (PATH was asked)
        check=False,
        capture_output=True,
        text=True,
    )
    return not_installed(wanted, answer.stdout)


def not_installed(wanted: tuple[str, ...], listing: str) -> list[str]:
    """Return those of the packages that dpkg-query's listing does not call installed."""
    here = {line.split()[0] for line in listing.splitlines() if line.endswith(" installed")}
    return [package for package in wanted if package not in here]


def as_root() -> list[str] | None:
    """Return what to write before a command so that root runs it, or None where nobody may."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], check=False, capture_output=True).returncode == 0:
        return [sudo, "-n"]
    return None


def install(wanted: list[str], prefix: list[str]) -> str:
    """Install the packages; return an empty string, or what apt-get said when it failed."""
    get = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"]
    for command in ([*get, "update"], [*get, "install", "-y", "--no-install-recommends", *wanted]):
        try:
            done = subprocess.run(
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=INSTALL_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return f"apt-get was still not done after {INSTALL_SECONDS} seconds."
        if done.returncode:
            return done.stdout
    return ""
