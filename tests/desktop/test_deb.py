"""The package for Debian in a clean Debian of its own: it installs, lives on the desktop, upgrades and is purged."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import build_deb
import project
from tests.desktop.bench import Desktop
from tests.desktop.test_bundle import bundle, walk
from tests.desktop.walking import data_folder

pytestmark = [pytest.mark.heavy, pytest.mark.desktop, pytest.mark.timeout(1800)]
__all__ = ["bundle"]

SUITE: Final = "bookworm"
INSTALLED: Final = Path("/usr/lib/probe-tray/probe-tray")


class CleanDebian:
    """A Debian in a folder, with nothing but what every Debian has."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.inside = ("chroot", str(root))
        self._mounted: list[Path] = []

    def run(self, *command: str) -> str:
        """Run a command inside, which must end well, and return what it prints."""
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
        done = subprocess.run([*self.inside, *command], check=False, capture_output=True, encoding="utf-8", env=env)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def mount(self) -> None:
        """Show it the session's sockets and homes, which lie in /tmp, and what the kernel shows."""
        for folder in ("tmp", "proc", "dev"):
            project.run("mount", "--rbind", f"/{folder}", self.root / folder)
            self._mounted.append(self.root / folder)

    def unmount(self) -> None:
        """Take it away again, before the folder is removed."""
        while self._mounted:
            project.run("umount", "--recursive", "--lazy", self._mounted.pop())


@pytest.fixture(scope="module")
def packages(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The package, and one of a later version, which is the same but for its number."""
    folder = tmp_path_factory.mktemp("deb")
    package = build_deb.build(bundle, folder, level=0)
    project.run("dpkg-deb", "-R", package, folder / "later")
    control = folder / "later" / "DEBIAN" / "control"
    control.write_text(control.read_text().replace(f"Version: {project.VERSION}\n", "Version: 99.0\n"))
    later = folder / "later.deb"
    project.run("dpkg-deb", "--root-owner-group", "-Znone", "--build", folder / "later", later)
    return package, later


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CleanDebian]:
    """One that is made now, or the one that ``TEST_DEBIAN`` names, made with debootstrap before."""
    tool = shutil.which("debootstrap")
    if os.geteuid() != 0 or tool is None:
        pytest.skip("NOT TESTED: only root can make a Debian, with debootstrap")
    root = Path(os.environ.get("TEST_DEBIAN") or tmp_path_factory.mktemp("debian"))
    if not (root / "usr" / "bin" / "apt-get").exists():
        made = subprocess.run([tool, "--variant=minbase", SUITE, root], check=False, capture_output=True)
        if made.returncode:
            pytest.skip("NOT TESTED: debootstrap could not make a Debian here")
    clean = CleanDebian(root)
    clean.mount()
    yield clean
    clean.unmount()


def test_nothing_is_left_to_say_for_those_who_check_packages(packages: tuple[Path, Path], tmp_path: Path) -> None:
    package, _ = packages
    project.run("dpkg-deb", "-x", package, tmp_path)
    share = tmp_path / "usr" / "share"
    checks = (
        ("lintian", "--allow-root", "--fail-on", "error,warning", str(package)),
        ("desktop-file-validate", str(share / "applications" / "probe-tray.desktop")),
        ("appstreamcli", "validate", "--no-net", str(share / "metainfo" / f"{project.APP_ID}.metainfo.xml")),
        ("man", "--warnings", "-l", str(share / "man" / "man1" / "probe-tray.1.gz")),
        ("man", "--warnings", "-l", str(share / "man" / "man1" / "codex-probe.1.gz")),
    )
    if absent := {command for command, *_ in checks if shutil.which(command) is None}:
        pytest.skip(f"NOT TESTED: {', '.join(absent)} missing")
    for command in checks:
        done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8")
        assert (done.returncode, done.stderr) == (0, ""), f"{command}\n{done.stdout}\n{done.stderr}"


def test_it_installs_lives_upgrades_and_goes(
    desktop: Desktop, debian: CleanDebian, packages: tuple[Path, Path]
) -> None:
    for number, package in enumerate(packages):
        shutil.copyfile(package, debian.root / "root" / f"{number}.deb")
    debian.run("apt-get", "install", "-qy", "--no-install-recommends", "/root/0.deb")
    for program in (project.TRAY, project.COMMAND):
        assert debian.run(program, "--version").strip() == f"{program} {project.VERSION}"
    walk(desktop, Path("/usr/bin/probe-tray"), before=debian.inside, started=INSTALLED)
    lacks_a_library(desktop, debian)
    kept = contents(data_folder(desktop))
    assert any(path.parts[0] == "vault" for path in kept)
    debian.run("dpkg", "-i", "/root/1.deb")
    assert "99.0" in debian.run("dpkg-query", "--show", "probe-tray")
    assert contents(data_folder(desktop)) == kept
    debian.run("dpkg", "--purge", "probe-tray")
    assert contents(data_folder(desktop)) == kept
    left = debian.run("find", "/usr", "/etc", "/var/lib", "-name", "*probe*tray*", "-not", "-path", "/var/lib/apt/*")
    assert left == ""


def lacks_a_library(desktop: Desktop, debian: CleanDebian) -> None:
    """Without a library of the system the tray app says which one, and the command works all the same."""
    library = next((debian.root / "usr" / "lib").glob("*/libEGL.so.1"))
    hidden = library.rename(library.with_suffix(".hidden"))
    try:
        tray = desktop.start(*debian.inside, "/usr/bin/probe-tray", "--demo")
        assert tray.wait_exit() == 2
        assert "the system library libEGL.so.1 is missing." in tray.errors()
        assert debian.run(project.COMMAND, "--version")
    finally:
        hidden.rename(library)


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file below it with what it holds, but for sockets."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
