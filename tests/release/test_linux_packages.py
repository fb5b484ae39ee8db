"""What Debian's package and the archive for any Linux are made of, and how the archive installs itself."""

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

import bundle_start
import linux_files
import man_pages
import probe_tray
import project

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="packages of Linux")
SCRIPTS: Final = project.PACKAGING / "linux"


def test_the_version_is_the_same_everywhere() -> None:
    described = ET.fromstring(linux_files.metainfo())  # noqa: S314 - our own file
    release = described.find("releases/release")
    assert release is not None
    assert release.get("version") == project.VERSION == probe_tray.__version__
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", release.get("date", ""))


def test_the_description_names_the_program_as_the_menu_does() -> None:
    described = ET.fromstring(linux_files.metainfo())  # noqa: S314 - our own file
    assert described.findtext("id") == project.APP_ID
    assert described.findtext("launchable") == "probe-tray.desktop"
    assert {binary.text for binary in described.findall("provides/binary")} == {project.TRAY, project.COMMAND}
    menu = (project.RESOURCES / "probe-tray.desktop").read_text(encoding="utf-8")
    assert "Exec=probe-tray\n" in menu
    assert "Icon=probe-tray\n" in menu
    # Nothing starts at login unless the person says so.
    assert "autostart" not in menu.lower()


@pytest.mark.parametrize("program", [project.TRAY, project.COMMAND])
def test_a_manual_page_tells_every_option_and_how_it_ends(program: str) -> None:
    printed = man_pages.help_text(Path(sys.executable).with_name(program))
    page = man_pages.man_page(program, printed)
    for option in set(re.findall(r"(?m)^  (--?\w[\w-]*)", printed)):
        assert f"\\fB{option.replace('-', chr(92) + '-')}" in page
    headings = re.findall(r"(?m)^\.SH (.*)", page)
    assert headings[:4] == ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS" if program == project.TRAY else "ARGUMENTS"]
    assert headings[-4:] == ["EXIT STATUS", "ENVIRONMENT", "FILES", "SEE ALSO"]
    assert [line for line in page.splitlines() if line.startswith("'")] == []


class Unpacked:
    """The archive of a bundle whose programs are scripts, unpacked, and a home to install it in."""

    def __init__(self, folder: Path) -> None:
        self.archive, self.home = folder / "archive", folder / "a home"
        self.home.mkdir()
        bundle = self.archive / "lib" / "probe-tray"
        (bundle / "_internal").mkdir(parents=True)
        for program in (project.TRAY, project.COMMAND):
            (bundle / program).write_text("#!/bin/sh\necho ran $*\n")
            (bundle / program).chmod(0o755)
        (bundle / "_internal" / bundle_start.FILES).write_text("")
        menu = self.archive / "share" / "applications"
        menu.mkdir(parents=True)
        shutil.copy(project.RESOURCES / "probe-tray.desktop", menu)
        for script in ("install.sh", "uninstall.sh"):
            shutil.copy(SCRIPTS / script, self.archive)
        (self.archive / "glibc-version").write_text("2.17\n")

    @property
    def prefix(self) -> Path:
        """Where it is installed for one person."""
        return self.home / ".local"

    def run(self, script: Path, *arguments: str, env: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Run a script; its status, and what it said."""
        mine = {"HOME": str(self.home), "PATH": os.environ["PATH"], **(env or {})}
        done = subprocess.run([script, *arguments], env=mine, check=False, capture_output=True, encoding="utf-8")
        return done.returncode, done.stdout + done.stderr

    def install(self, **env: str) -> tuple[int, str]:
        """Install it for one person."""
        return self.run(self.archive / "install.sh", "--user", env=env)


@pytest.fixture
def unpacked(tmp_path: Path) -> Unpacked:
    return Unpacked(tmp_path)


class TestArchive:
    def test_it_installs_for_one_person_and_is_removed_again(self, unpacked: Unpacked) -> None:
        data = unpacked.home / ".local" / "share" / "probe-tray" / "vault"
        data.mkdir(parents=True)
        (data / "login").write_text("mine")
        status, said = unpacked.install()
        assert (status, "Installed." in said) == (0, True)
        assert unpacked.run(unpacked.prefix / "bin" / "codex-probe", "--status") == (0, "ran --status\n")
        menu = (unpacked.prefix / "share" / "applications" / "probe-tray.desktop").read_text()
        assert f'Exec="{unpacked.prefix}/bin/probe-tray"\n' in menu
        entry = unpacked.home / ".config" / "autostart" / "probe-tray.desktop"
        entry.parent.mkdir(parents=True)
        entry.write_text(f'Exec="{unpacked.prefix}/lib/probe-tray/probe-tray" "--background"\n')
        status, said = unpacked.run(unpacked.prefix / "lib" / "probe-tray" / "uninstall.sh")
        assert (status, "still in" in said) == (0, True)
        left = [path for path in unpacked.home.rglob("*") if path.is_file() or path.is_symlink()]
        assert left == [data / "login"]

    def test_nothing_is_removed_while_the_program_still_saves_a_login(self, unpacked: Unpacked) -> None:
        unpacked.install()
        program = unpacked.prefix / "lib" / "probe-tray" / project.TRAY
        uninstall = program.with_name("uninstall.sh")
        program.write_text("#!/bin/sh\nexit 3\n")
        status, said = unpacked.run(uninstall)
        assert (status, "Nothing was removed." in said, program.exists()) == (1, True, True)
        # One that cannot start keeps nobody from removing it.
        program.write_text("#!/bin/sh\nexit 1\n")
        assert unpacked.run(uninstall)[0] == 0
        assert not program.exists()

    def test_installing_again_replaces_the_programs_and_clears_an_interrupted_copy(self, unpacked: Unpacked) -> None:
        unpacked.install()
        (unpacked.prefix / "lib" / "probe-tray" / "of-an-old-version").touch()
        (unpacked.prefix / "lib" / "probe-tray.new").mkdir()
        assert unpacked.install()[0] == 0
        assert sorted(path.name for path in (unpacked.prefix / "lib").iterdir()) == ["probe-tray"]
        assert not (unpacked.prefix / "lib" / "probe-tray" / "of-an-old-version").exists()

    def test_an_old_c_library_is_named_and_nothing_is_installed(self, unpacked: Unpacked) -> None:
        (unpacked.archive / "glibc-version").write_text("99.1\n")
        status, said = unpacked.install()
        assert status == 1
        assert re.search(r"needs glibc 99\.1 or newer; this system has 2\.\d+\. Nothing was installed\.", said)
        assert list(unpacked.home.iterdir()) == []

    def test_an_archive_that_was_cut_is_not_installed(self, unpacked: Unpacked) -> None:
        (unpacked.archive / "lib" / "probe-tray" / "_internal" / bundle_start.FILES).unlink()
        status, said = unpacked.install()
        assert (status, said) == (1, "install.sh: The archive is not complete. Unpack it again.\n")
        assert list(unpacked.home.iterdir()) == []

    def test_a_home_that_cannot_be_written_is_named(self, unpacked: Unpacked) -> None:
        unpacked.prefix.write_text("a file")
        status, said = unpacked.install()
        assert (status, said) == (1, f"install.sh: {unpacked.prefix} can't be written. Nothing was installed.\n")

    def test_without_saying_for_whom_nothing_happens(self, unpacked: Unpacked) -> None:
        status, said = unpacked.run(unpacked.archive / "install.sh")
        assert (status, "--user for you alone" in said) == (1, True)

    def test_the_uninstaller_of_the_archive_removes_nothing(self, unpacked: Unpacked) -> None:
        status, said = unpacked.run(unpacked.archive / "uninstall.sh")
        assert (status, "Run the one that was installed" in said) == (1, True)
        assert (unpacked.archive / "lib" / "probe-tray").is_dir()
