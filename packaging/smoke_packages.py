"""Install what was built for this system as a person does, start both programs from there, and remove it again.

uv run python packaging/smoke_packages.py        every package in dist that this system can install
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from project import APP_ID, COMMAND, DIST, TITLE, TRAY, output, run, stop
from smoke_start import check_versions, environment, programs_of, start_and_quit

# A container is root's, and often has no sudo.
_AS_ROOT: Final = ("sudo",) if shutil.which("sudo") else ()

Installed = Callable[[Path, Path], Generator[Path]]
"""Installs a package below a folder, gives the folder with the programs, and removes it."""


def from_deb(package: Path, folder: Path) -> Generator[Path]:
    """For everybody, with what it depends on."""
    del folder
    run(*_AS_ROOT, "apt-get", "install", "--yes", "--no-install-recommends", package)
    try:
        yield Path("/usr/bin")
    finally:
        run(*_AS_ROOT, "apt-get", "purge", "--yes", TRAY)


def from_tarball(package: Path, folder: Path) -> Generator[Path]:
    """For one person, below a home folder of its own."""
    run("tar", "-xzf", package, "-C", folder)
    home = folder / "home"
    home.mkdir()
    unpacked = next(path.parent for path in folder.glob("*/install.sh"))
    run(unpacked / "install.sh", "--user", env={**os.environ, "HOME": str(home)})
    try:
        yield home / ".local" / "bin"
    finally:
        run(home / ".local" / "lib" / TRAY / "uninstall.sh", env={**os.environ, "HOME": str(home)})


def from_appimage(package: Path, folder: Path) -> Generator[Path]:
    """Unpacked, as it does by itself where FUSE is missing."""
    package.chmod(0o755)
    run(package, "--appimage-extract", cwd=folder)
    yield next(path.parent for path in folder.rglob(COMMAND) if path.is_file())


def from_dmg(package: Path, folder: Path) -> Generator[Path]:
    """Dragged out of the disk image."""
    mounted = folder / "mounted"
    run("hdiutil", "attach", "-nobrowse", "-readonly", "-mountpoint", mounted, package)
    try:
        run("ditto", mounted / f"{TITLE}.app", folder / f"{TITLE}.app")
    finally:
        run("hdiutil", "detach", mounted)
    yield programs_of(folder / f"{TITLE}.app")


def from_installer(package: Path, folder: Path) -> Generator[Path]:
    """As its window does it, without the window."""
    target = folder / TITLE
    run(package, "/VERYSILENT", "/SUPPRESSMSGBOXES", "/NORESTART", f"/DIR={target}")
    try:
        yield target
    finally:
        run(target / "unins000.exe", "/VERYSILENT", "/SUPPRESSMSGBOXES", "/NORESTART")


def from_wheel(package: Path, folder: Path) -> Generator[Path]:
    """With uv, into a folder of its own."""
    env = {**os.environ, "UV_TOOL_DIR": str(folder / "tools"), "UV_TOOL_BIN_DIR": str(folder / "bin")}
    run("uv", "tool", "install", package, env=env)
    yield folder / "bin"


_EVERYWHERE: Final[Mapping[str, Installed]] = {"*.whl": from_wheel}
PACKAGES: Final[Mapping[str, Mapping[str, Installed]]] = {
    "linux": {
        **_EVERYWHERE,
        "*.deb": from_deb,
        "*-linux-*.tar.gz": from_tarball,
        "*.AppImage": from_appimage,
    },
    "darwin": {**_EVERYWHERE, "*.dmg": from_dmg},
    "win32": {**_EVERYWHERE, "*.exe": from_installer},
}
"""How the packages of each system are installed, by the pattern of their file's name."""


def start_flatpak(package: Path) -> None:
    """Install it for one person and ask both programs for their version: it brings a sandbox of its own."""
    run("flatpak", "install", "--user", "--noninteractive", "--bundle", package)
    try:
        for program in (TRAY, COMMAND):
            print(output(["flatpak", "run", f"--command={program}", APP_ID, "--version"]).strip())
    finally:
        run("flatpak", "uninstall", "--user", "--noninteractive", APP_ID)


def start_installed(package: Path, install: Installed) -> None:
    """Install ``package``, start both programs, and remove it whatever came of that."""
    with ExitStack() as opened:
        folder = Path(
            opened.enter_context(tempfile.TemporaryDirectory(prefix="probe-tray-", ignore_cleanup_errors=True))
        )
        home = folder / "person"
        home.mkdir()
        programs = opened.enter_context(contextmanager(install)(package, folder))
        env = environment(home, os.environ, sys.platform)
        check_versions(programs, env)
        seconds = start_and_quit(programs, env)
    print(f"Both programs of {package.name} start; the tray app quit after {seconds:.1f} s.", flush=True)


def main() -> None:
    """Run the command."""
    found = [
        (package, install)
        for pattern, install in PACKAGES.get(sys.platform, {}).items()
        for package in sorted(DIST.glob(pattern))
    ]
    flatpaks: list[Path] = sorted(DIST.glob("*.flatpak")) if "*.AppImage" in PACKAGES.get(sys.platform, {}) else []
    if not found and not flatpaks:
        stop(f"{DIST} has no package for this system: build one first.")
    for package, install in found:
        start_installed(package, install)
    for package in flatpaks:
        start_flatpak(package)


if __name__ == "__main__":
    try:
        main()
    except subprocess.TimeoutExpired as late:
        stop(f"{late.cmd} did not end within {late.timeout} s.")
