"""The workflows do nothing that a person could not: they call scripts, with no more rights than each needs."""

import re
from pathlib import Path

import pytest

import project
import sign_packages
from probe_tray.core.service.service import REPOSITORY

FOLDER = project.ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
_USES = re.compile(r"uses: (?P<what>\S+?)@(?P<ref>\S+)(?: # (?P<version>\S+))?")
_RUN = re.compile(r"^\s*(?:- )?run: (?P<command>.*)$", re.MULTILINE)
_SCRIPT = re.compile(
    r"uv run (?:--no-project |--group packaging )?python (?:-m tests|(?P<path>packaging/\w+\.py))(?: .*)?"
)


def test_there_is_one_for_the_tests_one_for_packages_and_one_for_releases() -> None:
    assert [path.name for path in WORKFLOWS] == ["packages.yml", "release.yml", "tests.yml"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
class TestWorkflow:
    def test_every_action_is_pinned_by_its_commit_with_the_version_beside_it(self, path: Path) -> None:
        used = list(_USES.finditer(path.read_text("utf-8")))
        assert used
        for action in used:
            assert re.fullmatch(r"[0-9a-f]{40}", action["ref"]), action[0]
            assert re.fullmatch(r"v\d+\.\d+\.\d+", action["version"] or ""), action[0]

    def test_each_step_calls_a_script_that_is_there(self, path: Path) -> None:
        for run in _RUN.finditer(path.read_text("utf-8")):
            script = _SCRIPT.fullmatch(run["command"])
            assert script is not None, run["command"]
            assert script["path"] is None or (project.ROOT / script["path"]).is_file(), run["command"]

    def test_a_job_has_only_the_rights_it_names(self, path: Path) -> None:
        text = path.read_text("utf-8")
        assert re.search(r"^permissions: \{\}$", text, re.MULTILINE)
        jobs = text.split("\njobs:\n")[1]
        names = re.findall(r"^  [\w-]+:$", jobs, re.MULTILINE)
        assert len(re.findall(r"^    permissions:$", jobs, re.MULTILINE)) == len(names)
        # Each right says what it is for.
        for right in re.findall(r"^      [\w-]+: (?:read|write).*$", jobs, re.MULTILINE):
            assert " # " in right

    def test_no_checkout_leaves_its_token_behind_and_only_the_signing_steps_see_secrets(self, path: Path) -> None:
        text = path.read_text("utf-8")
        assert text.count("actions/checkout@") == text.count("persist-credentials: false")
        assert "secrets: inherit" not in text
        for job in re.split(r"^  (?=[\w-]+:$)", text, flags=re.MULTILINE):
            for step in re.split(r"^      - ", job, flags=re.MULTILINE):
                if "secrets." in step:
                    assert step.startswith("run: uv run --no-project python packaging/sign_packages.py\n")
                    assert "    environment: signing\n" in job
        assert "pull_request_target" not in text


def test_every_package_is_built_and_kept() -> None:
    text = (FOLDER / "packages.yml").read_text("utf-8")
    for script in project.PACKAGING.glob("build_*.py"):
        assert f"packaging/{script.name}" in text
    kept = set(re.findall(r"dist/\*(\.\S+)", text))
    assert kept == {".whl", ".tar.gz", ".deb", ".AppImage", ".flatpak", ".dmg", ".exe"}


def test_the_signing_steps_get_what_the_script_reads_and_the_release_takes_what_they_leave() -> None:
    text = (FOLDER / "release.yml").read_text("utf-8")
    given = re.findall(r"^          (\w+): \$\{\{ secrets\.(\w+) \}\}$", text, re.MULTILINE)
    names = sign_packages.MAC + sign_packages.NOTARY + sign_packages.WINDOWS
    assert given == [(name, name) for name in names]
    assert "needs: [sign-macos, sign-windows]" in text


def test_the_same_action_has_the_same_commit_everywhere() -> None:
    pins = {(found["what"], found["ref"]) for path in WORKFLOWS for found in _USES.finditer(path.read_text("utf-8"))}
    assert len(pins) == len({what for what, _ in pins})


def test_the_program_looks_for_new_versions_where_the_project_is() -> None:
    assert project.HOMEPAGE == REPOSITORY
