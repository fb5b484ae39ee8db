"""What the documents name is there, and what the program does is named in them."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Final

import pytest

from probe_tray import __version__
from probe_tray.adapters.desktop.instance_socket import StartRequest
from probe_tray.adapters.files.app_folders import AppFolders
from probe_tray.core.demo_scene import DemoScene
from tests.support.patience import PATIENCE
from tests.tooling import source

ROOT = source.ROOT
FOR_DEVELOPERS = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "probe_tray/README.md", "probe_tray/DECISIONS.md")
REFERENCES = ("resources/help/reference.md", "resources/help/zh_CN/reference.md")

_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)#\s]+)")
# A path of the repository: words and slashes, perhaps the name of a test after it.
_PATH = re.compile(r"(?=.*[./])[\w-]+(?:/[\w.-]+)*(?:/|\.\w+)?(?:::[\w:]+)?")
_ENDINGS = (".py", ".md", ".po", ".toml", ".txt", ".json", "/")
_COMMAND = re.compile(r"\btests/[\w/.:]+")
_VARIABLE = re.compile(r"""environ(?:ment)?(?:\.get\(|\[)"([A-Z_]+)\"""")
# Where the code names a file of the data folder.
_IN_DATA_FOLDER = re.compile(r"""data_folder / "([^"]+)\"""")
# Packages of which the table of layers says enough.
_WHOLE = frozenset({"demo"})
# Named although they are not in the repository: files of a person, and what is made by a run.
_ELSEWHERE = frozenset({"uv.lock", "config.json", "auth.json", "result.csv", "dist/probe-tray"})


@cache
def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def paths(text: str) -> set[str]:
    """What a document names that looks like a file, a folder or a module of this repository."""
    named = set(_COMMAND.findall(text))
    named |= {one for one in _CODE.findall(text) if _PATH.fullmatch(one) and _is_path(one)}
    return {one.rstrip(".:") for one in named} - _ELSEWHERE


def _is_path(text: str) -> bool:
    path = text.partition("::")[0]
    return path.endswith(_ENDINGS) or "/" in path


def exists(path: str) -> bool:
    """Whether it is there: from the top, beside the program's packages, or among the scenarios, with its test."""
    file, *names = path.split("::")
    places = [
        place / file for place in (ROOT, ROOT / "probe_tray", ROOT / "tests/scenarios") if (place / file).exists()
    ]
    if not names:
        return bool(places)
    return bool(places) and all(re.search(rf"(?:class|def) {name}\b", places[0].read_text()) for name in names)


@pytest.mark.parametrize("document", FOR_DEVELOPERS)
def test_every_path_in_a_document_is_there(document: str) -> None:
    text = read(document)
    linked = {one for one in _LINK.findall(text) if "://" not in one}
    assert sorted(one for one in linked if not (ROOT / document).parent.joinpath(one).exists()) == []
    assert sorted(one for one in paths(text) if not exists(one)) == []


def test_the_architecture_names_enough_to_be_worth_checking() -> None:
    assert len(paths(read("probe_tray/README.md"))) > 100


def unmapped(text: str, modules: Iterable[PurePosixPath]) -> list[str]:
    """The modules that neither a document's text names nor a package of them, a whole layer being too much for that."""
    named = {one.strip("/") for one in _CODE.findall(text)}
    return sorted(
        str(module)
        for module in modules
        if module.name != "__init__.py"
        and str(module) not in named
        and not any(str(package) in named for package in module.parents if len(package.parts) > 1)
        and str(module.parent) not in _WHOLE
    )


def test_every_module_is_on_the_map_of_the_architecture() -> None:
    root = ROOT / "probe_tray"
    modules = [PurePosixPath(path.relative_to(root).as_posix()) for path in root.rglob("*.py")]
    assert len(modules) > 200
    assert unmapped(read("probe_tray/README.md"), modules) == []


def test_a_module_that_is_not_on_the_map_is_found() -> None:
    modules = map(PurePosixPath, ["core/sync/plan.py", "core/lost.py", "ui/lost/one.py", "demo/usage.py"])
    assert unmapped("`core/sync` `ui` `ui/loop.py`", modules) == ["core/lost.py", "ui/lost/one.py"]


@pytest.mark.parametrize(
    "text",
    ["`core/nothing.py`", "`nothing/there`", "uv run pytest tests/unit/nothing", "`tests/test_documents.py::gone`"],
)
def test_a_path_that_is_gone_is_found(text: str) -> None:
    assert [one for one in paths(text) if not exists(one)]


@pytest.mark.parametrize("text", ["`uv run`", "`-flag=true`", "`~/.codex`", "`a.json b.json`", "`Accounts.keep`"])
def test_what_is_no_path_is_left_alone(text: str) -> None:
    assert paths(text) == set()


def test_every_class_in_the_walks_is_there() -> None:
    # A call such as `Poller.run` names a class and a method.
    calls = set(re.findall(r"`([A-Z][a-z][A-Za-z]+)\.(\w+)`", read("probe_tray/README.md")))
    assert len(calls) > 5
    code = "\n".join(path.read_text(encoding="utf-8") for _, path in source.files())
    missing = [call for call in calls if not re.search(rf"class {call[0]}\b", code) or f"def {call[1]}(" not in code]
    assert missing == []


@pytest.mark.parametrize("name", REFERENCES)
class TestReference:
    def test_names_every_variable_that_is_read(self, name: str) -> None:
        code = "\n".join(path.read_text(encoding="utf-8") for _, path in source.files())
        read_ones = set(_VARIABLE.findall(code)) - {"PATH"}
        assert {"CODEX_HOME", "BROWSER", "NO_PROXY"} <= read_ones
        assert sorted(one for one in read_ones if f"`{one}`" not in read(name)) == []

    def test_names_every_file_of_the_program(self, name: str) -> None:
        data = Path("data")
        places = AppFolders(config_file=data / "config.json", data_folder=data, codex_home=Path("codex"))
        members = (getattr(places, one) for one in vars(AppFolders) if isinstance(vars(AppFolders)[one], property))
        files = {path.name for path in members if path.parent == data} | {places.config_file.name}
        assert len(files) > 10
        assert sorted(one for one in files if f"`{one}`" not in read(name) and f"`{one}/" not in read(name)) == []

    def test_names_what_else_is_put_into_the_data_folder(self, name: str) -> None:
        code = "\n".join(path.read_text(encoding="utf-8") for _, path in source.files())
        # The logins of a scene of the demo are in a temporary folder.
        files = set(_IN_DATA_FOLDER.findall(code)) - {"logins"}
        assert {"vault", "service.json", "logins without a place"} <= files
        assert sorted(one for one in files if not re.search(f"`{re.escape(one)}[`/]", read(name))) == []

    def test_names_every_exit_code(self, name: str) -> None:
        assert {"`0`", "`1`", "`2`", "`130`", "`143`", "`129`"} <= {f"`{one}`" for one in _CODE.findall(read(name))}


def test_both_languages_name_the_same_things() -> None:
    english, chinese = (sorted(set(_CODE.findall(read(name)))) for name in REFERENCES)
    assert english == chinese


CHECKS: Final = ".ci/run"
"""What README tells a person to type for all checks: a run of them is a run of this."""
WORKFLOW: Final = ".github/workflows/tests.yml"
PACKAGES: Final = ".github/workflows/packages.yml"
"""Runs what works on macOS or Windows alone."""
DEB: Final = "tests/desktop/test_deb.py::test_it_installs_lives_upgrades_and_goes"
BY_HAND: Final = (
    "tests/desktop/test_manners.py"
    "::test_a_start_by_hand_opens_on_the_clients_login_and_one_in_the_background_opens_nothing"
)
ARCHIVE: Final = "tests/desktop/test_bundle.py::test_the_archive_installs_it_for_one_person"
INSTALLED: Final = "tests/release/test_wheel.py::test_uv_installs_both_as_tools_and_runs_the_command_without_installing"
# A command that a document shows -> the test that runs it, or the file in which it stands and which is run.
SHOWN: Final = {
    r"pip install uv|uv run python -m tests": CHECKS,
    r"uv run codex-probe .*": "tests/command/test_readme.py::test_it_works_as_shown",
    r"uv run probe-tray": BY_HAND,
    r"uv run probe-tray --demo": "tests/unit/test_app.py::test_with_none_running_the_program_starts_and_does_it",
    r"uv run python -m tests --quick": WORKFLOW,
    r"uv run python -m tests (--(coverage|heavy|no-install|pythons)|-k renew)": (
        "tests/test_tooling.py::TestRunner::test_each_option_has_its_steps"
    ),
    r"uv run pytest .*": "tests/test_documents.py::test_pytest_finds_the_tests_that_are_shown",
    r"uv run python packaging/build_wheel\.py": "tests/release/test_wheel.py::built",
    r"uv tool install dist/probe_tray-\S+\.whl": INSTALLED,
    r"uvx --from dist/probe_tray-\S+\.whl codex-probe --version": INSTALLED,
    r"uv run python packaging/build_deb\.py": DEB,
    r"sudo apt-get install \./dist/probe-tray_\S+\.deb": DEB,
    r"uv run python packaging/build_tarball\.py|tar -xzf dist/probe-tray-\S+\.tar\.gz": ARCHIVE,
    r"\./probe-tray-\S+/install\.sh --user": ARCHIVE,
    r"uv run python packaging/build_dmg\.py": PACKAGES,
    r"uv run python packaging/build_installer\.py": PACKAGES,
    r"uv run --group packaging python packaging/build_bundle\.py": "tests/desktop/test_bundle.py::bundle",
}
GUIDES: Final = tuple(
    str(path.relative_to(ROOT)) for path in sorted((ROOT / "resources/help").rglob("*.md")) if path.name != "index.md"
)
_FENCED: Final = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(text: str) -> list[str]:
    """The commands in the blocks of a document, without the remarks behind them."""
    lines = "".join(_FENCED.findall(text)).splitlines()
    return [command for line in lines if (command := re.sub(r" +# .*$", "", line).strip())]


@pytest.mark.parametrize("document", [*FOR_DEVELOPERS, *GUIDES])
def test_every_command_in_a_document_is_run_by_a_test(document: str) -> None:
    for command in (part for line in commands(read(document)) for part in line.split(" && ")):
        found = [test for pattern, test in SHOWN.items() if re.fullmatch(pattern, command)]
        assert found, f"{document} shows {command!r}: name the test that runs it in SHOWN"
        assert all(exists(test) if "::" in test else command in read(test) for test in found), found


@pytest.mark.parametrize(
    "shown", [one for one in commands(read("CONTRIBUTING.md")) if one.startswith("uv run pytest ")]
)
def test_pytest_finds_the_tests_that_are_shown(shown: str) -> None:
    arguments = shlex.split(shown.removeprefix("uv run pytest "))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", "--no-cov", "-q", "--collect-only", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert any(line.startswith("tests/") for line in done.stdout.splitlines())


def test_readme_begins_with_the_two_commands() -> None:
    assert commands(read("README.md"))[:2] == [
        "pip install uv && uv run probe-tray",
        "pip install uv && uv run python -m tests",
    ]


def test_what_readme_installs_is_of_this_version() -> None:
    named = set(re.findall(r"dist/probe[_-]tray[_-](\d[\d.]*\d)", read("README.md")))
    assert named == {__version__}


@pytest.mark.parametrize("name", GUIDES)
def test_every_option_in_a_guide_is_one_of_the_programs(name: str) -> None:
    # A guide names the option where it is told what it does; its own test runs it.
    known = set(re.findall(r'"(--?[a-z][\w-]*)"', read("probe_tray/cli/arguments.py")))
    known |= set(re.findall(r'"(--?[a-z][\w-]*)"', read("probe_tray/cli/subcommand.py")))
    known |= {f"--{request.value}" for request in StartRequest} | {"--demo", "--background", "--version", "--help"}
    known |= {f"--demo={scene.value}" for scene in DemoScene}
    shown = [one for one in _CODE.findall(read(name)) if re.match(r"(codex-probe|probe-tray) ", one)]
    options = {part for one in shown for part in one.split()[1:] if part.startswith("-")}
    assert options <= known
