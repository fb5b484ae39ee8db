"""The rules of the project that no linter knows, and the tools that check the rest."""

import ast
import gc
import logging
import os
import re
import runpy
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import grimp
import keyring.errors
import pytest
from pytest_socket import SocketConnectBlockedError

from tests import __main__ as runner
from tests import conftest
from tests.support import postgres
from tests.support.patience import PATIENCE
from tests.tooling import assertions, debian, isolation, logs, other_system, pythons, source, vocabulary
from tests.tooling.steps import Pytest, Step, print_all_but_last, run_all, system_packages
from tests.tooling.workflows import Checker, command

ROOT = source.ROOT
ERRORS = source.error_names()


@pytest.fixture(scope="module")
def pins() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "packaging" / "refresh_pins.py"))


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def locked() -> str:
    lock = ROOT / "uv.lock"
    if not lock.exists():
        pytest.skip("uv has not resolved the packages of this checkout; run the checks through uv")
    return lock.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def requirements() -> str:
    return (ROOT / "packaging" / "requirements.txt").read_text(encoding="utf-8")


class TestPins:
    def test_every_locked_package_is_pinned_at_its_version(
        self, pins: dict[str, Any], project: dict[str, Any], locked: str
    ) -> None:
        expected = [pin.line() for pin in pins["locked_pins"](locked)]
        assert project["tool"]["uv"]["constraint-dependencies"] == expected

    def test_the_build_backend_and_its_needs_are_pinned(
        self, pins: dict[str, Any], project: dict[str, Any], locked: str
    ) -> None:
        expected = [pin.line() for pin in pins["builder_pins"](locked)]
        assert project["tool"]["uv"]["build-constraint-dependencies"] == expected
        assert project["build-system"]["requires"][0] in expected

    def test_the_bundles_take_the_pinned_versions(self, project: dict[str, Any], requirements: str) -> None:
        pinned = {line.split(" ;")[0] for line in project["tool"]["uv"]["constraint-dependencies"]}
        exported = set(re.findall(r"^\S+==\S+", requirements, flags=re.MULTILINE))
        assert exported
        assert exported <= pinned

    def test_the_bundles_hold_every_library_of_the_program_and_no_tool(
        self, project: dict[str, Any], requirements: str
    ) -> None:
        wanted = {re.split(r"[^\w-]", need)[0].lower() for need in project["project"]["dependencies"]}
        tools = {re.split(r"[^\w-]", need)[0].lower() for need in project["dependency-groups"]["dev"]}
        exported = set(re.findall(r"^([\w.-]+)==", requirements, flags=re.MULTILINE))
        assert wanted <= exported
        assert not tools & exported

    def test_every_package_of_the_bundles_has_a_hash(self, requirements: str) -> None:
        entries = re.split(r"^(?=\S)", requirements, flags=re.MULTILINE)[1:]
        assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []

    @pytest.mark.parametrize("name", ["pyproject.toml", "packaging/requirements.txt"])
    def test_no_download_address_is_committed(self, name: str, project: dict[str, Any]) -> None:
        text = (ROOT / name).read_text(encoding="utf-8")
        # A person opens these; nothing is downloaded from them.
        for link in project["project"]["urls"].values():
            text = text.replace(f'"{link}"', '""')
        assert re.findall(r"\S*://\S*|--(?:index|find-links|extra)\S*", text) == []

    def test_a_version_that_depends_on_python_keeps_its_marker(self, pins: dict[str, Any]) -> None:
        lock = """
            [[package]]
            name = "probe-tray"
            version = "0.1.0"
            [[package]]
            name = "two"
            version = "2"
            resolution-markers = ["python_full_version >= '3.12'"]
            [[package]]
            name = "one"
            version = "1"
        """
        lines = [pin.line() for pin in pins["locked_pins"](lock)]
        assert lines == ["one==1", "two==2 ; python_full_version >= '3.12'"]


@pytest.fixture(scope="class")
def parsed_once() -> Iterator[None]:
    """One process looks at the source (tests/tooling/scheduling.py) and parses it once; none of that is garbage."""
    gc.disable()
    yield
    source.forget_trees()
    gc.enable()


@pytest.mark.usefixtures("parsed_once")
class TestLayers:
    @pytest.mark.parametrize(("module", "path"), [pytest.param(*one, id=one[0]) for one in source.files()])
    def test_a_module_keeps_the_rules(self, module: str, path: Path) -> None:
        tree = source.tree(path)
        assert source.strangers(module, tree) == [], "a library that only other modules may import"
        assert source.mutable_state(tree) == [], "state that outlives every object"
        if not module.startswith("probe_tray.ui"):  # one thread
            assert source.late_decoders(tree) == [], "make the decoder once, at import"
        longest = source.LONGER_FILES.get(module, source.LONGEST_FILE)
        assert len(path.read_text(encoding="utf-8").splitlines()) <= longest, (
            "split it by ideas: it is about more than one thing"
        )
        assert source.long_functions(module, tree) == [], "split it, or say in tests/tooling/source.py why not"
        assert source.names_in_text(tree, ERRORS) == [], "compare with the class, or put a fact on it"

    def test_a_module_is_named_after_a_class_and_not_after_what_it_does(self) -> None:
        modules = {module: _classes(path) for module, path in source.files() if path.name != "__init__.py"}
        assert [module for module, names in modules.items() if not source.is_well_named(module, names)] == []
        assert [module for module in modules if module.endswith("ing") and module not in source.GERUNDS] == []
        assert source.crowded(modules) == {}

    def test_no_name_is_private_vocabulary(self) -> None:
        paths = [path for top in ("probe_tray", "tests", "packaging") for path in (source.ROOT / top).rglob("*.py")]
        assert len(paths) > 500
        found = {
            str(path.relative_to(source.ROOT)): words
            for path in paths
            if (words := vocabulary.private_words(path.stem, source.tree(path)))
        }
        assert found == {}

    @pytest.mark.parametrize(
        ("module", "text"),
        [
            ("p.a", "class SyncDesk: pass"),
            ("p.a", "def _tend_all(): pass"),
            ("p.a", "def f(wish): pass"),
            ("p.a", "WISHES = 1"),
            ("p.a", "self._holdings = 1"),
            ("p.keeping", ""),
        ],
    )
    def test_a_private_word_is_found(self, module: str, text: str) -> None:
        assert vocabulary.private_words(module, ast.parse(text))

    @pytest.mark.parametrize("text", ["def test_a_wish(): pass", "extend = attend.wish()", "class Wisher: pass"])
    def test_another_word_or_a_name_of_others_is_left_alone(self, text: str) -> None:
        assert vocabulary.private_words("p.a", ast.parse(text)) == []

    def test_no_class_is_taken_for_another(self) -> None:
        assert source.much_alike({module: _classes(path) for module, path in source.files()}) == []

    def test_every_exception_is_still_needed(self) -> None:
        trees = {module: source.tree(path) for module, path in source.files()}
        functions = {f"{module}.{name}" for module, tree in trees.items() for name in _functions(tree)}
        assert source.LONGER_FUNCTIONS.keys() - functions == set()
        assert (source.NAMED_OTHERWISE | source.GERUNDS | source.LONGER_FILES).keys() - trees.keys() == set()

    def test_a_test_that_proves_nothing_is_found(self) -> None:
        helper = "def check(): assert read()\nclass Bench:\n def look(self): check()\n def run(self): read()"
        tests = (
            "from tests.helper import check\n"
            "def test_assert(): assert read()\n"
            "def test_raises():\n with pytest.raises(OSError): read()\n"
            "def test_helper(): check()\n"
            "def test_method(bench): bench.look()\n"
            "def test_of_another_file(): look()\n"
            "def test_nothing(bench): bench.run()\n"
        )
        files = {"helper.py": ast.parse(helper), "test_x.py": ast.parse(tests)}
        found = assertions.without_assertion(files)
        assert found == ["test_x.py::test_of_another_file", "test_x.py::test_nothing"]

    def test_every_test_asserts_what_it_proves(self) -> None:
        assert assertions.without_assertion(assertions.trees(ROOT / "tests")) == []

    def test_no_modules_import_each_other(self) -> None:
        # What only a type checker imports joins nothing while the program runs.
        graph = grimp.build_graph("probe_tray", exclude_type_checking_imports=True, cache_dir=None)
        assert source.import_circle({one: graph.find_modules_directly_imported_by(one) for one in graph.modules}) == []

    def test_only_the_files_of_the_systems_ask_which_system_this_is(self) -> None:
        trees = {module: source.tree(path) for module, path in source.files()}
        elsewhere = {module for module in trees if not module.startswith("probe_tray.adapters.systems")}
        asking = {module for module in elsewhere if source.names_of_systems(trees[module])}
        assert asking == source.BY_SYSTEM.keys(), "ask adapters.systems, or say in tests/tooling/source.py why not"
        past_the_port = {module for module in elsewhere if source.files_of_systems(trees[module])}
        assert past_the_port == source.BY_FILE.keys(), "add it to the port in adapters.systems"

    @pytest.mark.parametrize(
        "text",
        [
            "import sys\nif sys.platform == 'win32': x()",
            "import os\nx = os.name",
            "from sys import platform",
            "import platform\nplatform.system()",
            "if this_system().name == 'macos': x()",
        ],
    )
    def test_a_question_which_system_this_is_is_found(self, text: str) -> None:
        assert source.names_of_systems(ast.parse(text))

    def test_what_is_taken_from_the_file_of_one_system_is_found(self) -> None:
        shared = "from probe_tray.adapters.systems.current import this_system"
        assert source.files_of_systems(ast.parse(shared)) == []
        assert source.files_of_systems(ast.parse("from probe_tray.adapters.systems.windows_files import is_held"))

    @pytest.mark.parametrize(
        ("module", "classes"),
        [
            ("disk_files", ["Other", "SafeDiskFile"]),
            ("disk_file", ["DiskFileError"]),
            ("disk_file", ["_Row"]),
            ("address", ["Address"]),
        ],
    )
    def test_a_good_name_of_a_module(self, module: str, classes: list[str]) -> None:
        assert source.is_well_named(f"probe_tray.{module}", classes)

    @pytest.mark.parametrize(
        ("module", "classes"), [("disk_file", ["File"]), ("keeping", ["Keeper"]), ("disk", ["DiskettePile"])]
    )
    def test_a_bad_name_of_a_module(self, module: str, classes: list[str]) -> None:
        assert not source.is_well_named(f"probe_tray.{module}", classes)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("_Two", "_Two"),
            ("Two", "_Two"),
            ("Levels", "Level"),
            ("LogIn", "InLog"),
            ("FileStore", "FilesStore"),
        ],
    )
    def test_two_class_names_that_are_much_alike_are_found(self, one: str, other: str) -> None:
        assert source.much_alike({"a": ["One", one], "b": [other]}) == [[f"a.{one}", f"b.{other}"]]

    @pytest.mark.parametrize(
        "text",
        [
            "problem.kind == 'WriteError'",
            "SET = frozenset({'ReadError', 'WriteError'})",
            "{'WriteError': 'a hint'}",
            "def f(kind='WriteError'): pass",
            "match kind:\n case 'WriteError': pass",
        ],
    )
    def test_a_cause_that_is_told_by_a_name_is_found(self, text: str) -> None:
        assert source.names_in_text(ast.parse(text), ERRORS)

    @pytest.mark.parametrize(
        "text", ["__all__ = ['WriteError']", "def f(e: 'WriteError') -> 'type[WriteError]': pass", "KIND = WriteError"]
    )
    def test_a_class_or_a_type_is_no_name(self, text: str) -> None:
        assert source.names_in_text(ast.parse(text), ERRORS) == []

    def test_a_long_function_is_found(self) -> None:
        tree = ast.parse("class C:\n async def f(self):\n" + "  pass\n" * 40 + "def g():\n" + " pass\n" * 39)
        assert source.long_functions("probe_tray.a", tree) == ["f has 41 lines"]

    def test_a_circle_is_found(self) -> None:
        assert set(source.import_circle({"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"]})) == {"a", "b", "c"}
        assert source.import_circle({"a": ["b"], "b": [], "c": ["a", "b"]}) == []

    def test_a_crowded_package_is_found(self) -> None:
        assert source.crowded([*(f"p.q.m{n}" for n in range(31)), *(f"p.m{n}" for n in range(30))]) == {"p.q": 31}

    @pytest.mark.parametrize(
        "text",
        [
            "seen = []",
            "seen: dict[str, int] = {}",
            "seen = set()",
            "seen = collections.deque()",
            "def f():\n global a",
            "SEEN = {}\ndef f():\n SEEN['a'] = 1",
            "SEEN = []\ndef f():\n SEEN.append(1)",
        ],
    )
    def test_mutable_state_is_found(self, text: str) -> None:
        assert len(source.mutable_state(ast.parse(text))) == 1

    @pytest.mark.parametrize(
        "text", ["__all__ = ['a']", "A: Final = ('a',)", "_A = {'a': 1}\ndef f():\n return _A['a']", "a = frozenset()"]
    )
    def test_constants_are_no_state(self, text: str) -> None:
        assert source.mutable_state(ast.parse(text)) == []

    @pytest.mark.parametrize("text", ["import httpx", "def f():\n from httpx import get", "import httpx._client"])
    def test_a_stranger_is_found(self, text: str) -> None:
        assert source.strangers("probe_tray.engine.poll", ast.parse(text)) == ["httpx"]
        assert source.strangers("probe_tray.adapters.http.usage", ast.parse(text)) == []

    @pytest.mark.parametrize(
        "call",
        [
            "msgspec.json.decode(data, type=A)",
            "msgspec.msgpack.decode(data, type=list[A])",
            "msgspec.json.Decoder(A).decode(data)",
            "msgspec.convert(data, A)",
        ],
    )
    def test_a_type_that_is_taken_apart_while_the_program_runs_is_found(self, call: str) -> None:
        assert len(source.late_decoders(ast.parse(f"def f(data):\n return {call}"))) == 1
        assert len(source.late_decoders(ast.parse(f"class C:\n async def f(data):\n  return {call}"))) == 1

    def test_a_decoder_made_at_import_is_none_of_those(self) -> None:
        text = "_A = msgspec.json.Decoder(A)\ndef f(data):\n return _A.decode(data), msgspec.json.decode(data)"
        assert source.late_decoders(ast.parse(text)) == []


def _classes(path: Path) -> list[str]:
    return source.class_names(source.tree(path))


def _functions(tree: ast.Module) -> list[str]:
    return [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


class TestIsolation:
    @pytest.mark.filterwarnings("ignore:A test tried to use socket")
    def test_only_this_machine_can_be_reached(self) -> None:
        with socket.socket() as outside, pytest.raises(SocketConnectBlockedError):
            outside.connect(("198.51.100.1", 443))  # RFC 5737: an address that belongs to nobody

    def test_no_keyring_answers(self) -> None:
        with pytest.raises(keyring.errors.NoKeyringError):
            keyring.set_password("probe-tray-tests", "nobody", "nothing")

    def test_the_home_belongs_to_the_test(self, home: Path) -> None:
        assert Path.home() == home
        assert os.environ["XDG_RUNTIME_DIR"] == str(home / "run")
        assert not [name for name in os.environ if name.lower().endswith("_proxy")]

    @pytest.mark.parametrize("kept", ["", "1"])
    def test_what_python_compiles_is_kept_for_the_run_alone_where_nothing_may_be_kept(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: str
    ) -> None:
        monkeypatch.setattr(sys, "dont_write_bytecode", bool(kept))
        monkeypatch.setattr(sys, "pycache_prefix", None)
        monkeypatch.setenv("PYTHONPYCACHEPREFIX", "")
        monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", kept)
        isolation.keep_bytecode(tmp_path / "bytecode")
        program = "import sys, probe_tray; print(probe_tray.__cached__)"
        said = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
        made = Path(said.stdout.strip())
        assert made.is_relative_to(tmp_path / "bytecode") == bool(kept)
        assert made.is_file()
        assert not sys.dont_write_bytecode

    def test_a_warning_in_the_log_is_seen_and_a_note_is_not(self, caplog: pytest.LogCaptureFixture) -> None:
        del caplog  # expects what is logged here
        with logs.Unexpected() as seen:
            logging.getLogger("probe_tray.engine").warning("the clock went %s", "back")
            logging.getLogger("probe_tray.engine").info("all is well")
        assert seen.texts == ["WARNING probe_tray.engine: the clock went back"]


class TestRunner:
    def test_all_steps_run_and_the_failed_ones_are_named(self, capsys: pytest.CaptureFixture[str]) -> None:
        steps = [Step("first", lambda: False), Step("second", lambda: True), Step("third", lambda: False)]
        assert run_all(steps) == ["first", "third"]
        assert capsys.readouterr().out.split("\n\n") == ["\n==== first ====", "==== second ====", "==== third ====\n"]

    def test_the_last_line_is_kept_for_the_end(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert print_all_but_last(["tests/a.py .\n", "\n", "1 passed\n", "\n"]) == "1 passed"
        assert capsys.readouterr().out == "tests/a.py .\n"

    @pytest.mark.parametrize(
        "count",
        [
            "===== 3 failed, 4563 passed, 1 skipped, 1 deselected in 812.47s (0:13:32) ======",
            "945 passed in 23.80s",
            "\x1b[32m===== \x1b[32m\x1b[1m2 passed\x1b[0m\x1b[32m in 0.10s\x1b[0m\x1b[32m =====\x1b[0m",
            "no tests ran in 0.00s",
        ],
    )
    def test_what_comes_after_the_count_does_not_take_its_place(
        self, count: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lines = ["tests/a.py .\n", f"{count}\n", "a warning\n", "  of the 3 failed attempts\n"]
        assert print_all_but_last(lines) == count
        assert capsys.readouterr().out == "tests/a.py .\na warning\n  of the 3 failed attempts\n"

    @pytest.mark.parametrize(
        ("option", "first", "last"),
        [
            ([], "system packages, installed: True", "pytest"),
            (["--quick"], "ruff format --check .", "pytest --quick"),
            (["--heavy"], "system packages, installed: True", "pytest --heavy"),
            (["--no-install"], "system packages, installed: False", "pytest"),
            (["--coverage"], "system packages, installed: True", "pytest --coverage"),
            (["-k", "renew"], "system packages, installed: True", "pytest -k renew"),
            (["--pythons"], "another Python", "another Python"),
        ],
    )
    def test_each_option_has_its_steps(
        self, monkeypatch: pytest.MonkeyPatch, option: list[str], first: str, last: str
    ) -> None:
        seen: list[str] = []

        def note(steps: list[Step]) -> list[str]:
            seen.extend(step.name for step in steps)
            return []

        def packages(*, install: bool) -> Step:
            return Step(f"system packages, installed: {install}", lambda: True)

        def others(_running: str, arguments: list[str]) -> list[Step]:
            return [Step(" ".join(("another Python", *arguments)), lambda: True)]

        monkeypatch.setattr(runner, "run_all", note)
        monkeypatch.setattr(runner, "system_packages", packages)
        monkeypatch.setattr(runner, "other_pythons", others)
        assert runner.main(option) == 0
        assert (seen[0], seen[-1]) == (first, last)

    @pytest.mark.parametrize("measured", [True, False])
    def test_coverage_is_measured_where_that_is_asked(self, *, measured: bool) -> None:
        assert ("--cov" in Pytest([], measures=measured).command()) == measured

    @pytest.mark.parametrize(
        ("arguments", "cores", "processes"),
        [([], 1, 2), ([], 2, 3), ([], 16, 5), (["--quick"], 2, 2), (["--quick"], 1, 1), (["-k", "renew"], 4, 1)],
    )
    def test_a_process_more_than_cores_runs_tests_where_some_wait_for_a_desktop(
        self, monkeypatch: pytest.MonkeyPatch, arguments: list[str], cores: int, processes: int
    ) -> None:
        monkeypatch.setattr(os, "cpu_count", lambda: cores)
        words = Pytest(arguments).command()
        assert (int(words[words.index("-n") + 1]) if "-n" in words else 1) == processes

    def test_a_heavy_test_may_take_as_long_as_its_mark_says(self) -> None:
        named = [one for one in Pytest(["--heavy"]).command() if one.startswith("faulthandler_timeout=")]
        marks = (re.findall(r"mark\.timeout\(([\d_]+)\)", path.read_text()) for path in ROOT.glob("tests/**/*.py"))
        longest = max(int(seconds) for found in marks for seconds in found)
        assert [int(one.partition("=")[2]) > longest for one in named] == [True]
        assert "faulthandler_timeout" not in " ".join(Pytest([]).command())

    def test_the_other_pythons_are_all_that_the_program_supports(self, project: dict[str, Any]) -> None:
        running = f"{sys.version_info.major}.{sys.version_info.minor}"
        steps = [step.name for step in pythons.other_pythons(running, [])]
        assert {*steps, f"Python {running}"} == {f"Python {version}" for version in pythons.SUPPORTED}
        assert project["project"]["requires-python"] == f">={pythons.SUPPORTED[0]}"
        assert all((ROOT / suite).is_dir() for suite in pythons.SUITES)

    def test_a_python_is_used_only_where_it_starts_and_is_the_one_that_is_looked_for(self, tmp_path: Path) -> None:
        named, broken, mine = tmp_path / "python3.11", tmp_path / "broken", Path(sys.executable)
        named.write_text("#!/bin/sh\necho 'command not found' >&2\nexit 127\n")
        named.chmod(0o755)
        running = f"{sys.version_info.major}.{sys.version_info.minor}"
        assert pythons.find(running, [tmp_path / "none", broken, named, mine]) == mine
        assert pythons.find("3.9", [named, mine]) is None

    def test_a_python_that_is_not_here_is_named_aloud_and_stops_nothing(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def nowhere(_version: str) -> list[Path]:
            return []

        monkeypatch.setattr(pythons, "candidates", nowhere)
        assert run_all(pythons.other_pythons("3.11", [])) == []
        said = capsys.readouterr().out
        for version in pythons.SUPPORTED[1:]:
            assert f"PYTHON {version} IS NOT HERE: NOTHING WAS TESTED ON IT." in said

    def test_other_pythons_run_the_suites_on_all_cores_and_measure_nothing(self, tmp_path: Path) -> None:
        command = Pytest([], python=tmp_path / "python", suites=pythons.SUITES).command()
        assert command[0] == str(tmp_path / "python")
        assert command[-len(pythons.SUITES) :] == list(pythons.SUITES)
        assert "--cov" not in command

    def test_a_run_without_a_count_says_so(self) -> None:
        assert print_all_but_last(["ERROR: usage\n"]) == "pytest ended without a count."

    @pytest.fixture
    def installs(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str]]:
        """A Debian where xvfb is missing: each package installed, with what was printed before."""
        installed: list[tuple[str, str]] = []

        def install(wanted: list[str], prefix: list[str]) -> str:
            installed.append((" ".join(wanted), capsys.readouterr().out))
            return ""

        def missing(wanted: tuple[str, ...]) -> list[str]:
            return [package for package in wanted if package == "xvfb"]

        answers = {"is_debian": True, "as_root": list[str]()}
        for name, answer in answers.items():
            monkeypatch.setattr(debian, name, lambda answer=answer: answer)
        monkeypatch.setattr(debian, "missing", missing)
        monkeypatch.setattr(debian, "install", install)
        return installed

    def test_system_packages_are_named_before_they_are_installed(self, installs: list[tuple[str, str]]) -> None:
        assert run_all([system_packages()]) == []
        assert [packages for packages, _ in installs] == ["xvfb"]
        assert "Installing 1 system packages with apt-get (some minutes): xvfb\n" in installs[0][1]

    def test_nothing_is_installed_where_a_person_says_so(
        self, installs: list[tuple[str, str]], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run_all([system_packages(install=False)]) == []
        assert installs == []
        assert "Missing, and left out: xvfb\n" in capsys.readouterr().out

    def test_without_a_database_it_is_said_what_is_missing(
        self, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
    ) -> None:
        monkeypatch.setattr(postgres, "programs", lambda: None)
        said = "\n".join(conftest.pytest_report_header(pytestconfig))
        assert "DATABASE TESTS ARE SKIPPED, this is missing: PostgreSQL (package postgresql)" in said
        assert "postgresql" in debian.packages()

    @pytest.mark.parametrize(("hours", "said"), [(8, False), (1, True)])
    def test_on_windows_it_is_said_when_the_time_zone_is_another(
        self, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config, hours: int, *, said: bool
    ) -> None:
        monkeypatch.setattr("sys.platform", "win32")
        monkeypatch.setattr(conftest, "this_system", lambda: LocalTime(hours))
        lines = "\n".join(conftest.pytest_report_header(pytestconfig))
        assert ("TESTS THAT TELL LOCAL TIMES WILL FAIL" in lines) is said

    def test_a_package_that_was_removed_counts_as_missing(self) -> None:
        listing = "xvfb installed\nxdotool config-files\n"
        assert debian.not_installed(("xvfb", "xdotool", "chromium"), listing) == ["xdotool", "chromium"]


class LocalTime:
    """A system so many hours before UTC."""

    def __init__(self, hours: int) -> None:
        self._hours = hours

    def offset_at(self, _moment: datetime) -> timedelta:
        return timedelta(hours=self._hours)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
def test_a_checker_is_not_installed_where_its_download_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uv, asked, elsewhere = tmp_path / "uv", tmp_path / "asked", tmp_path / "elsewhere"
    uv.write_text(f"#!/bin/sh\ntouch {asked}\n")
    uv.chmod(0o755)
    monkeypatch.setenv("UV", str(uv))
    checker = Checker("no-such-checker", "checker==1", "--version", (), elsewhere.as_uri())
    assert command(checker) is None
    assert not asked.exists()
    elsewhere.touch()
    assert command(checker) is not None
    assert asked.exists()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("system", ["macos", "windows"])
def test_every_suite_is_collected_on_the_other_systems(system: str) -> None:
    # What Linux alone has is taken away: an import at the top of one test file would keep all of them from running.
    # Hypothesis would read all of the program for examples.
    pytest_alone = [sys.executable, "-m", "pytest", "-n0", "--no-cov", "-p", "no:hypothesispytest"]
    done = subprocess.run(
        [*pytest_alone, "--collect-only", "-q", "-p", "tests.tooling.other_system"],
        cwd=ROOT,
        env=os.environ | {other_system.VARIABLE: system},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    collected = {line.partition("::")[0] for line in done.stdout.splitlines() if "::" in line}
    assert {one.split("/")[1] for one in collected} >= {
        "command",
        "contracts",
        "release",
        "safety",
        "scenarios",
        "unit",
    }
