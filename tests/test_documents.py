"""What the documents name is there, and what the program does is named in them."""

import re
from functools import cache
from pathlib import Path

import pytest

from probe_tray.adapters.files.app_folders import AppFolders
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
# Named although they are not in the repository: files of a person, and what is made by a run.
_ELSEWHERE = frozenset({"uv.lock", "config.json", "auth.json", "result.csv"})


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

    def test_names_every_exit_code(self, name: str) -> None:
        assert {"`0`", "`1`", "`2`", "`130`", "`143`", "`129`"} <= {f"`{one}`" for one in _CODE.findall(read(name))}


def test_both_languages_name_the_same_things() -> None:
    english, chinese = (sorted(set(_CODE.findall(read(name)))) for name in REFERENCES)
    assert english == chinese
