"""The recipes for macOS, Windows, Flatpak and AppImage, read where they cannot be built."""

import hashlib
import json
import os
import plistlib
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import build_appimage
import build_dmg
import build_flatpak
import build_installer
import project
import sign_packages
import write_manifests
from probe_tray.adapters.systems.windows import APP_ID

FLATPAK = project.PACKAGING / "flatpak" / f"{project.APP_ID}.yml"


@pytest.fixture
def script() -> str:
    return build_installer.SCRIPT.read_text(encoding="utf-8")


class TestWindows:
    def test_the_installer_needs_no_administrator(self, script: str) -> None:
        assert "PrivilegesRequired=lowest" in script
        assert "HKLM" not in script

    def test_its_shortcut_carries_the_name_that_the_program_gives_itself(self, script: str) -> None:
        assert build_installer.definitions()["AppUserModelID"] == APP_ID
        assert 'AppUserModelID: "{#AppUserModelID}"' in script

    def test_it_is_told_everything_that_it_asks_for(self, script: str) -> None:
        assert set(re.findall(r"\{#(\w+)\}", script)) == build_installer.definitions().keys()

    def test_every_file_of_the_project_that_it_names_is_there(self, script: str) -> None:
        named = [name.replace("\\", "/") for name in re.findall(r"\{#Root\}\\(\S+)", script)]
        assert len(named) == 2
        assert all((project.ROOT / name).is_file() for name in named)

    def test_nothing_starts_at_login_and_the_entry_goes_with_the_program(self, script: str) -> None:
        (line,) = [line for line in script.splitlines() if "CurrentVersion\\Run" in line]
        assert "ValueType: none" in line
        assert "uninsdeletevalue" in line

    def test_the_command_is_found_in_terminals_only_if_the_person_asks_and_goes_again(self, script: str) -> None:
        (task,) = re.findall(r'^Name: "path";.*$', script, re.MULTILINE)
        assert task.endswith("Flags: unchecked")
        assert "PutOnPath(WizardIsTaskSelected('path'))" in script
        assert "if Step = usUninstall then\n    PutOnPath(False);" in script
        assert "ChangesEnvironment=yes" in script

    def test_it_says_everything_in_english_and_in_chinese(self, script: str) -> None:
        texts = {
            language: set(re.findall(rf"^{language}\.(\w+)=\S", script, re.MULTILINE)) for language in ("en", "zh")
        }
        used = set(re.findall(r"\{cm:(\w+)\}|CustomMessage\('(\w+)'\)", script))
        assert texts["en"] == texts["zh"] == {one or other for one, other in used}
        # Inno Setup would read a file without the mark in the code page of the machine.
        assert script.startswith("\ufeff")

    def test_chinese_is_left_out_where_the_compiler_has_none(self, script: str, tmp_path: Path) -> None:
        assert build_installer.languages(tmp_path / "ISCC.exe") == []
        (tmp_path / "Languages").mkdir()
        (tmp_path / build_installer.CHINESE).touch()
        assert build_installer.languages(tmp_path / "ISCC.exe") == ["/DChinese"]
        conditional = "".join(re.findall(r"#ifdef Chinese\n(.*?)#endif\n", script, re.DOTALL))
        assert all(line in conditional for line in script.splitlines() if "zh" in line.partition("=")[0])

    def test_data_is_kept_unless_the_person_says_otherwise(self, script: str) -> None:
        code = script.partition("[Code]")[2]
        assert "not UninstallSilent" in code
        assert "MB_DEFBUTTON2" in code
        assert script.count("DelTree") == 1


class TestMac:
    def test_the_notary_gets_no_secret_as_an_argument(self, tmp_path: Path) -> None:
        key = tmp_path / "key.p8"
        key.write_text("the secret")
        environ = {"NOTARY_KEY_FILE": str(key), "NOTARY_KEY_ID": "ID", "NOTARY_ISSUER": "issuer"}
        command = build_dmg.notary_command(tmp_path / "a.dmg", environ)
        assert command is not None
        assert str(key) in command
        assert "the secret" not in " ".join(command)

    @pytest.mark.parametrize("absent", ["NOTARY_KEY_FILE", "NOTARY_KEY_ID", "NOTARY_ISSUER"])
    def test_without_the_key_nothing_is_notarised(self, absent: str) -> None:
        environ = dict.fromkeys(("NOTARY_KEY_FILE", "NOTARY_KEY_ID", "NOTARY_ISSUER"), "x") | {absent: ""}
        assert build_dmg.notary_command(Path("a.dmg"), environ) is None

    def test_the_hardened_runtime_is_opened_only_for_what_is_needed(self) -> None:
        allowed = plistlib.loads((project.PACKAGING / "macos" / "entitlements.plist").read_bytes())
        assert all(allowed.values())
        assert {name.rpartition(".")[2] for name in allowed} == {
            "allow-unsigned-executable-memory",
            "disable-library-validation",
        }

    def test_programs_and_libraries_are_signed_from_the_inside_out(self, tmp_path: Path) -> None:
        for name, begin in (
            ("Contents/MacOS/probe-tray", b"\xcf\xfa\xed\xfe"),
            ("Contents/Frameworks/Qt.framework/Versions/A/Qt", b"\xca\xfe\xba\xbe"),
            ("Contents/Resources/a.png", b"\x89PNG"),
            ("Contents/Resources/empty", b""),
        ):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(begin)
        assert [path.name for path in build_dmg.code_in(tmp_path)] == ["Qt", "probe-tray"]


class TestSigning:
    def test_without_certificates_the_packages_stay_as_they_are_and_it_says_so(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        package = tmp_path / "package"
        package.write_bytes(b"unsigned")
        sign_packages.sign_image(package, {})
        sign_packages.sign_installer(package, dict.fromkeys(sign_packages.WINDOWS, ""))
        assert package.read_bytes() == b"unsigned"
        assert capsys.readouterr().out.count("Not signed: ") == 2

    @pytest.mark.parametrize("names", [sign_packages.MAC, sign_packages.NOTARY, sign_packages.WINDOWS])
    def test_half_of_what_is_needed_is_said_and_not_taken_for_nothing(self, names: tuple[str, ...]) -> None:
        with pytest.raises(SystemExit, match=f"Not signed, because {names[-1]} is missing"):
            sign_packages.is_complete(names, dict.fromkeys(names[:-1], "x"))
        assert sign_packages.is_complete(names, dict.fromkeys(names, "x"))

    @pytest.mark.parametrize("password", ['a"b', "a\\b", "a\nb"])
    def test_a_password_that_would_end_its_quotation_is_refused_without_showing_it(self, password: str) -> None:
        with pytest.raises(SystemExit) as stopped:
            sign_packages.keychain_commands(Path("k"), "own", Path("c"), password)
        assert password not in str(stopped.value)

    def test_something_else_than_base64_is_refused_without_showing_it(self) -> None:
        assert sign_packages.certificate_bytes("YWJj\nZGVm\n", "NAME") == b"abcdef"
        with pytest.raises(SystemExit, match=r"^NAME is not Base64\.$"):
            sign_packages.certificate_bytes("-----BEGIN", "NAME")


class TestManifests:
    @pytest.fixture
    def dist(self, tmp_path: Path) -> Path:
        for name in (*map(build_dmg.image_name, ("arm64", "x86_64")), f"{build_installer.NAME}.exe"):
            (tmp_path / name).write_bytes(name.encode())
        return tmp_path

    def test_they_name_each_file_with_its_checksum(self, dist: Path) -> None:
        written = write_manifests.manifests(dist)
        for path in dist.iterdir():
            told = hashlib.sha256(path.read_bytes()).hexdigest()
            assert any(told in text.lower() for text in written.values()), path.name
        for text in written.values():
            assert project.VERSION in text

    def test_they_lead_to_the_release(self, dist: Path) -> None:
        written = write_manifests.manifests(dist)
        release = f"{project.HOMEPAGE}/releases/download/v{project.VERSION}/{build_installer.NAME}.exe"
        assert f"InstallerUrl: {release}\n" in written["ProbeTray.ProbeTray.installer.yaml"]
        scoop = json.loads(written["probe-tray.json"])
        assert scoop["architecture"]["64bit"]["url"] == release
        assert "/releases/download/v#{version}/probe-tray-#{version}-macos-#{arch}.dmg" in written["probe-tray.rb"]

    def test_where_there_is_one_kind_of_mac_the_other_is_refused(self, dist: Path) -> None:
        (dist / build_dmg.image_name("x86_64")).unlink()
        cask = write_manifests.manifests(dist)["probe-tray.rb"]
        assert "depends_on arch: :arm64\n" in cask
        assert '-macos-arm64.dmg"\n' in cask
        assert "#{arch}" not in cask

    def test_a_system_whose_files_are_missing_gets_none(self, dist: Path) -> None:
        for machine in ("arm64", "x86_64"):
            (dist / build_dmg.image_name(machine)).unlink()
        assert "probe-tray.rb" not in write_manifests.manifests(dist)
        (dist / f"{build_installer.NAME}.exe").unlink()
        assert write_manifests.manifests(dist) == {}


class TestOtherLinux:
    def test_flatpak_takes_what_is_laid_out_for_it(self) -> None:
        recipe = FLATPAK.read_text(encoding="utf-8")
        (taken,) = re.findall(r"path: (\S+)", recipe)
        assert (FLATPAK.parent / taken).resolve() == build_flatpak.SOURCE
        assert build_flatpak.RECIPE == FLATPAK

    def test_flatpak_gets_the_network_the_tray_and_the_keyring_but_not_the_home(self) -> None:
        recipe = FLATPAK.read_text(encoding="utf-8")
        assert f"id: {project.APP_ID}\n" in recipe
        for wanted in ("--share=network", "org.kde.StatusNotifierWatcher", "org.freedesktop.secrets"):
            assert wanted in recipe
        assert re.findall(r"--filesystem=(\S+)", recipe) == ["~/.codex:ro"]

    @pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
    def test_the_appimage_gets_the_runtime_that_was_checked_and_needs_no_fuse(self, tmp_path: Path) -> None:
        tool, told = tmp_path / "appimagetool", tmp_path / "told"
        tool.write_text(f'#!/bin/sh\necho "$ARCH" "$APPIMAGE_EXTRACT_AND_RUN" "$@" > {told}\n')
        build_appimage.pack(Path("folder"), Path("image"), tool, Path("runtime"))
        assert told.read_text() == "x86_64 1 --no-appstream --runtime-file runtime folder image\n"

    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks for the C library of Linux")
    @pytest.mark.parametrize(
        ("called", "started"),
        [("/x/Probe.AppImage", "probe-tray"), ("codex-probe", "codex-probe"), ("/bin/codex-probe", "codex-probe")],
    )
    def test_the_appimage_starts_the_program_that_it_is_called_by(
        self, called: str, started: str, tmp_path: Path
    ) -> None:
        assert self.started_image(tmp_path, "2.2", called) == (0, f"{started} --a b\n", "")

    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks for the C library of Linux")
    def test_on_a_system_that_is_too_old_the_appimage_says_so(self, tmp_path: Path) -> None:
        status, printed, said = self.started_image(tmp_path, "99.1", "probe-tray")
        assert (status, printed) == (2, "")
        assert re.fullmatch(r"Probe Tray needs glibc 99\.1 or newer; this system has 2\.\d+\.\n", said)

    @staticmethod
    def started_image(folder: Path, needed: str, called: str) -> tuple[int, str, str]:
        programs = folder / "usr" / "bin"
        programs.mkdir(parents=True)
        for name in ("probe-tray", "codex-probe"):
            (programs / name).write_text(f'#!/bin/sh\necho {name} "$@"\n')
            (programs / name).chmod(stat.S_IRWXU)
        (folder / "glibc-version").write_text(f"{needed}\n")
        runner = folder / "AppRun"
        runner.write_text(build_appimage.APP_RUN)
        runner.chmod(stat.S_IRWXU)
        env = {**os.environ, "APPDIR": str(folder), "ARGV0": called}
        done = subprocess.run([runner, "--a b"], env=env, check=False, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr
