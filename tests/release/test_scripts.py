"""What the scripts of a release make of a changelog, a folder of packages and a list of libraries."""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import build_dmg
import build_installer
import check_system
import checksums
import linux_files
import project
import publish_release
import release_notes
import sbom
import set_time_zone
import smoke_packages
import smoke_start
from probe_tray.ports.desktop import Notification
from tests.support.patience import PATIENCE

CHANGELOG = """# Changelog

## Unreleased

- Not yet.

## 0.2.0 - 2026-12-01

### The tray app

- A point.

## [0.1.0] - 2026-11-01

- The first.
"""
TAG = f"v{project.VERSION}"


class TestNotes:
    @pytest.mark.parametrize(
        ("version", "expected"),
        [
            ("0.2.0", "### The tray app\n\n- A point."),
            ("0.1.0", "- The first."),
            ("Unreleased", "- Not yet."),
            ("0.2", ""),
            ("0.3.0", ""),
        ],
    )
    def test_the_section_of_a_version_and_nothing_else(self, version: str, expected: str) -> None:
        assert release_notes.notes(CHANGELOG, version) == expected

    @given(st.text(), st.text(max_size=10))
    def test_no_changelog_breaks_it(self, changelog: str, version: str) -> None:
        assert release_notes.notes(changelog, version) in changelog.replace("\r", "\n") or changelog

    @pytest.mark.parametrize("tag", [project.VERSION, "v99.0.0", "main", ""])
    def test_another_tag_is_refused_with_a_sentence(self, tag: str) -> None:
        with pytest.raises(SystemExit, match=f"The tag of this version is {TAG}"):
            release_notes.checked_version(tag)

    def test_a_version_without_a_section_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(release_notes, "ROOT", tmp_path)
        (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n- A point.\n")
        with pytest.raises(SystemExit, match=f'CHANGELOG.md has no section "## {project.VERSION}"'):
            release_notes.release_notes(TAG)
        (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n## {project.VERSION} - 2026-12-01\n\n- A point.\n")
        assert release_notes.release_notes(TAG) == "- A point."


class TestChecksums:
    def test_each_file_is_named_as_the_usual_program_wants_it(self, tmp_path: Path) -> None:
        (tmp_path / "b.whl").write_bytes(b"two")
        (tmp_path / "a.deb").write_bytes(b"one")
        (tmp_path / "folder").mkdir()
        done = subprocess.run([sys.executable, project.PACKAGING / "checksums.py", tmp_path], check=True)
        assert done.returncode == 0
        written = (tmp_path / "SHA256SUMS").read_text()
        one, two = (hashlib.sha256(content).hexdigest() for content in (b"one", b"two"))
        assert written == f"{one}  a.deb\n{two}  b.whl\n"
        assert checksums.checksums(tmp_path) == written

    def test_an_empty_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(SystemExit, match="Build the packages first"):
            checksums.checksums(tmp_path)


class TestSbom:
    REQUIREMENTS = (project.PACKAGING / "requirements.txt").read_text()

    def test_it_names_each_pinned_library_once_with_its_hashes(self) -> None:
        found = sbom.components(self.REQUIREMENTS)
        pins = re.findall(r"^([\w.-]+)==([^\s;\\]+)", self.REQUIREMENTS, flags=re.MULTILINE)
        assert [(one["name"], one["version"]) for one in found] == [(name.lower(), version) for name, version in pins]
        assert str(found).count("'SHA-256'") == self.REQUIREMENTS.count("--hash=sha256:")

    def test_it_is_about_this_version_and_the_same_each_time(self) -> None:
        made = sbom.document(self.REQUIREMENTS)
        assert made == sbom.document(self.REQUIREMENTS)
        assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
        assert f"pkg:pypi/probe-tray@{project.VERSION}" in str(made["metadata"])

    def test_a_library_of_one_system_says_so(self) -> None:
        (one,) = sbom.components("jeepney==0.9.0 ; sys_platform == 'linux' \\\n    --hash=sha256:" + "a" * 64 + "\n")
        assert one["properties"] == [{"name": "python:marker", "value": "sys_platform == 'linux'"}]


class TestPublishing:
    def test_gh_is_given_the_tag_the_notes_and_every_file(self, tmp_path: Path) -> None:
        for name in ("SHA256SUMS", "a.whl"):
            (tmp_path / name).touch()
        asked = [str(part) for part in publish_release.command(TAG, tmp_path / "notes.md", tmp_path)]
        assert asked[:5] == ["gh", "release", "create", TAG, "--verify-tag"]
        assert asked[-2:] == [str(tmp_path / "SHA256SUMS"), str(tmp_path / "a.whl")]
        assert "--prerelease" not in asked

    def test_nothing_is_published_without_packages(self, tmp_path: Path) -> None:
        with pytest.raises(SystemExit, match="Build the packages first"):
            publish_release.command(TAG, tmp_path / "notes.md", tmp_path)


class TestTimeZone:
    def test_only_windows_is_told_the_zone_of_the_tests(self) -> None:
        assert set_time_zone.command("win32") == ("tzutil", "/s", "China Standard Time")
        assert set_time_zone.command("linux") == set_time_zone.command("darwin") == ()


class TestSmokeStart:
    def test_the_programs_of_this_environment_start_and_quit(self, tmp_path: Path) -> None:
        done = subprocess.run(
            [sys.executable, project.PACKAGING / "smoke_start.py", Path(sys.executable).parent],
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr
        assert "start; the tray app quit after" in done.stdout

    def test_a_program_that_is_missing_or_ends_by_itself_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(SystemExit, match="has no program codex-probe"):
            smoke_start.check_versions(tmp_path, {})
        if sys.platform != "win32":
            for name in ("codex-probe", "probe-tray"):
                (tmp_path / name).write_text("#!/bin/sh\nexit 3\n")
                (tmp_path / name).chmod(0o755)
            with pytest.raises(SystemExit, match="codex-probe --version ended with 3"):
                smoke_start.check_versions(tmp_path, {})
            with pytest.raises(SystemExit, match="probe-tray ended by itself with 3"):
                smoke_start.start_and_quit(tmp_path, {})

    def test_without_a_screen_linux_draws_nowhere_and_the_others_on_theirs(self, tmp_path: Path) -> None:
        assert smoke_start.environment(tmp_path, {}, "linux")["QT_QPA_PLATFORM"] == "offscreen"
        assert "QT_QPA_PLATFORM" not in smoke_start.environment(tmp_path, {"DISPLAY": ":0"}, "linux")
        assert smoke_start.environment(tmp_path, {}, "darwin") == {}

    def test_the_app_of_macos_has_its_programs_inside(self, tmp_path: Path) -> None:
        assert smoke_start.programs_of(tmp_path) == tmp_path
        (tmp_path / "Contents" / "MacOS").mkdir(parents=True)
        assert smoke_start.programs_of(tmp_path) == tmp_path / "Contents" / "MacOS"


class TestSmokePackages:
    @pytest.mark.parametrize("healthy", [True, False])
    def test_a_package_is_installed_started_and_removed_whatever_comes_of_it(
        self, tmp_path: Path, capfd: pytest.CaptureFixture[str], *, healthy: bool
    ) -> None:
        done: list[str] = []

        def install(package: Path, folder: Path) -> Generator[Path]:
            assert folder.is_dir()
            done.append(f"{package.name} installed")
            try:
                yield Path(sys.executable).parent if healthy else tmp_path
            finally:
                done.append("removed")

        with nullcontext() if healthy else pytest.raises(SystemExit, match="has no program codex-probe"):
            smoke_packages.start_installed(Path("probe-tray.deb"), install)
        assert done == ["probe-tray.deb installed", "removed"]
        assert ("Both programs of probe-tray.deb start" in capfd.readouterr().out) == healthy

    @pytest.mark.parametrize(
        ("platform", "name"),
        [
            ("linux", f"probe-tray_{project.VERSION}_amd64.deb"),
            ("linux", f"probe-tray-{project.VERSION}-linux-{linux_files.architecture()}.tar.gz"),
            ("linux", f"probe_tray-{project.VERSION}-py3-none-any.whl"),
            ("darwin", build_dmg.image_name("arm64")),
            ("win32", f"{build_installer.NAME}.exe"),
        ],
    )
    def test_there_is_a_way_to_install_each_package_that_is_built(self, platform: str, name: str) -> None:
        fitting = [pattern for pattern in smoke_packages.PACKAGES[platform] if Path(name).match(pattern)]
        assert len(fitting) == 1

    def test_the_source_distribution_is_no_package_of_linux(self) -> None:
        sdist = Path(f"probe_tray-{project.VERSION}.tar.gz")
        assert not any(sdist.match(pattern) for pattern in smoke_packages.PACKAGES["linux"])

    def test_without_packages_nothing_is_called_started(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(smoke_packages, "DIST", tmp_path)
        with pytest.raises(SystemExit, match="build one first"):
            smoke_packages.main()


class TestCheckSystem:
    def test_what_needs_no_session_works_here_and_leaves_nothing(self, home: Path) -> None:
        done = subprocess.run(
            [
                sys.executable,
                project.PACKAGING / "check_system.py",
                "autostart",
                "proxy",
                "files",
                "locks",
                "time",
                "programs",
                "instance",
            ],
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert [line.split(":")[0] for line in done.stdout.splitlines()] == [
            "ok    autostart",
            "ok    proxy",
            "ok    files",
            "ok    locks",
            "ok    time",
            "ok    programs",
            "ok    instance",
        ]
        assert not list(home.rglob("probe-tray-check*"))

    def test_what_is_missing_is_named_and_the_rest_is_tried(self) -> None:
        done = subprocess.run(
            [sys.executable, project.PACKAGING / "check_system.py", "keyring", "proxy"],
            env=os.environ | {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"},
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        if sys.platform.startswith("linux"):
            assert done.returncode == 1
            assert done.stdout.startswith("FAIL  keyring: ")
        assert "ok    proxy" in done.stdout

    @pytest.mark.parametrize(
        ("system", "taken", "allowed", "line"),
        [
            ("windows", True, True, "ok    notification: shown"),
            ("windows", False, True, "FAIL  notification: the system didn't take it"),
            ("windows", True, False, "ok    notification: not shown here: notifications are turned off"),
            ("macos", False, True, "ok    notification: not shown here: the app would use its icon"),
        ],
    )
    async def test_a_notification_that_is_not_taken_is_a_defect_on_windows(
        self,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        system: str,
        line: str,
        *,
        taken: bool,
        allowed: bool,
    ) -> None:
        class Notifier:
            def __init__(self, fallback: Callable[[str, str], None], _icon: Path) -> None:
                self._fallback = fallback

            async def show(self, notification: Notification, _on_action: object) -> bool:
                if not taken:
                    self._fallback(notification.title, notification.body)
                return allowed

            async def close(self) -> None:
                pass

        here = SimpleNamespace(name=system, notification_picture="icons/probe-tray.svg")
        monkeypatch.setattr(check_system, "this_system", lambda: here)
        monkeypatch.setattr(check_system, "DesktopNotifier", Notifier)
        assert await check_system.check(["notification"]) is line.startswith("ok")
        assert capsys.readouterr().out == f"{line}\n"
