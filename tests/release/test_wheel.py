"""The wheel and the source archive: complete, described for an index, and installed as a person installs them."""

import email
import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Mapping
from email.message import Message
from pathlib import Path
from typing import Final

import pytest

import build_wheel
import probe_tray
import project
from tests.release.programs import Programs, assert_both_work
from tests.tooling import pythons

PINS: Final = project.PACKAGING / "requirements.txt"
POSIX: Final = pytest.mark.skipif(sys.platform == "win32", reason="an environment as POSIX lays it out")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return build_wheel.build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def wheel(built: tuple[Path, Path]) -> Path:
    return built[0]


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    return email.message_from_bytes(_read(wheel, "METADATA"))


def _read(wheel: Path, name: str) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        return next(archive.read(one) for one in archive.namelist() if one.endswith(f".dist-info/{name}"))


class TestContents:
    def test_the_wheel_holds_the_program_with_its_resources_and_nothing_else(self, wheel: Path) -> None:
        assert build_wheel.wheel_difference(wheel) == set()
        assert {f"probe_tray/resources/{name}" for name in ("locale/zh_CN.po", "icons/probe-tray.svg")} <= set(
            zipfile.ZipFile(wheel).namelist()
        )

    def test_the_source_archive_builds_the_same_wheel_without_the_checkout(
        self, built: tuple[Path, Path], tmp_path: Path
    ) -> None:
        wheel, archive = built
        assert build_wheel.missing_sources(archive) == set()
        with tarfile.open(archive) as opened:
            opened.extractall(tmp_path, filter="data")
        (source,) = tmp_path.iterdir()
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "again")]
        subprocess.run(command, cwd=source, check=True, capture_output=True)
        (again,) = (tmp_path / "again").iterdir()
        assert again.read_bytes() == wheel.read_bytes()

    def test_it_names_both_programs_and_the_licence(self, wheel: Path) -> None:
        named = _read(wheel, "entry_points.txt").decode()
        assert "[console_scripts]\ncodex-probe = probe_tray.cli.main:main" in named
        assert "[gui_scripts]\nprobe-tray = probe_tray.app:main" in named
        assert b"MIT License" in _read(wheel, "licenses/LICENSE")

    def test_its_version_is_the_programs(self, metadata: Message) -> None:
        assert metadata["Version"] == project.VERSION == probe_tray.__version__

    def test_an_index_can_describe_it(self, metadata: Message) -> None:
        supported = {f"Programming Language :: Python :: {version}" for version in pythons.SUPPORTED}
        assert supported <= set(metadata.get_all("Classifier", []))
        named = {url.partition(", ")[0] for url in metadata.get_all("Project-URL", [])}
        assert {"Homepage", "Changelog", "Documentation", "Issues", "Source"} <= named
        assert (metadata["License-Expression"], metadata["Requires-Python"]) == ("MIT", ">=3.11")
        assert metadata["Description-Content-Type"] == "text/markdown"

    def test_its_page_shows_the_pictures_and_leads_to_the_documents_of_this_version(
        self, built: tuple[Path, Path], metadata: Message
    ) -> None:
        with tarfile.open(built[1]) as archive:
            (name,) = [name for name in archive.getnames() if name.endswith("/PKG-INFO")]
            source = archive.extractfile(name)
            assert source is not None
            described = email.message_from_bytes(source.read())
        text = metadata.get_payload()
        assert isinstance(text, str)
        assert described.get_payload() == text
        blob = f"{project.HOMEPAGE}/blob/v{project.VERSION}/"
        raw = blob.replace("github.com", "raw.githubusercontent.com").replace("/blob", "")
        targets = re.findall(r"(!?)\[[^\]]*\]\(([^)]*)\)", text)
        own = [(bool(mark), address) for mark, address in targets if "probe-tray/probe-tray" in address]
        readme = re.findall(r"\]\((?!https://)([^)]*)\)", (project.ROOT / "README.md").read_text("utf-8"))
        assert [address.removeprefix(raw if picture else blob) for picture, address in own] == readme
        assert all((project.ROOT / path).is_file() for path in readme)
        assert all(address.startswith("https://") for _, address in targets)


def _uv(*arguments: str | Path, more: Mapping[str, str] | None = None) -> str:
    """Run uv as the person who runs the tests would, whose settings say where libraries come from."""
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("NOT TESTED: uv is not installed here, so the wheel was not installed")
    env = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    # The variables that name a certificate file are kept from tests, but not what the system itself trusts.
    env |= {
        "UV_SYSTEM_CERTS": "1",
        "HOME": str(_own_home()),
        "UV_HTTP_TIMEOUT": "30",
        **(more or {}),
    }
    done = subprocess.run([uv, *arguments], check=False, capture_output=True, encoding="utf-8", env=env)
    if done.returncode and ("Failed to fetch" in done.stderr or "network was disabled" in done.stderr):
        pytest.skip("NOT TESTED: the libraries are neither in uv's cache nor can they be downloaded here")
    assert done.returncode == 0, done.stderr
    return done.stdout


def _own_home() -> Path:
    """The home of the person who runs the tests; ``HOME`` is the test's own now."""
    import pwd

    return Path(pwd.getpwuid(os.getuid()).pw_dir)


@POSIX
def test_installed_from_the_wheel_both_programs_work(wheel: Path, tmp_path: Path) -> None:
    """The libraries are those of this Python; the program is the wheel's."""
    venv.create(tmp_path / "venv", symlinks=True)
    python = tmp_path / "venv" / "bin" / "python"
    _uv("pip", "install", "--python", python, "--no-deps", wheel, more={"UV_OFFLINE": "1"})
    (packages,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    (checkout,) = {path for path in map(Path, sys.path) if (path / "httpx").is_dir()}
    (packages / "libraries.pth").write_text(f"{checkout}\n")
    where = subprocess.run(
        [python, "-c", "import probe_tray; print(probe_tray.__file__)"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    assert Path(where.stdout.strip()).is_relative_to(packages)
    assert_both_work(Programs(python.parent, tmp_path), project.VERSION)


@POSIX
@pytest.mark.heavy
@pytest.mark.parametrize("version", pythons.SUPPORTED)
def test_it_works_on_every_supported_python_with_libraries_of_its_own(
    version: str, wheel: Path, tmp_path: Path
) -> None:
    found = pythons.find(version, [Path(sys.executable), *_interpreters(version)])
    if found is None:
        pytest.skip(f"NOT TESTED: Python {version} is not here")
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([found, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    _uv("pip", "install", "--python", python, "--constraints", PINS, wheel)
    assert_both_work(Programs(python.parent, tmp_path), project.VERSION)


def _interpreters(version: str) -> list[Path]:
    # The test's home has none; the person's own has.
    return [
        *pythons.candidates(version),
        *sorted(_own_home().glob(f".pyenv/versions/{version}.*/bin/python"), reverse=True),
    ]


@POSIX
@pytest.mark.heavy
def test_uv_installs_both_as_tools_and_runs_the_command_without_installing(wheel: Path, tmp_path: Path) -> None:
    places = {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "bin")}
    pins = ("--constraints", PINS, "--python", sys.executable)
    _uv("tool", "install", *pins, wheel, more=places)
    assert_both_work(Programs(tmp_path / "bin", tmp_path), project.VERSION)
    ran = _uv("tool", "run", *pins, "--from", wheel, "codex-probe", "--version", more=places)
    assert ran.strip() == f"codex-probe {project.VERSION}"


@POSIX
@pytest.mark.heavy
def test_pipx_installs_both_programs(wheel: Path, tmp_path: Path) -> None:
    places = {"PIPX_HOME": str(tmp_path / "pipx"), "PIPX_BIN_DIR": str(tmp_path / "bin"), "PIP_CONSTRAINT": str(PINS)}
    _uv("tool", "run", "pipx", "install", "--python", sys.executable, wheel, more=places)
    assert_both_work(Programs(tmp_path / "bin", tmp_path), project.VERSION)
