"""How every action of the command starts and ends."""

import re
from pathlib import Path

import pytest

from probe_tray.cli.session.exit_status import ExitStatus
from tests.command.bench import Bench

REFERENCE = Path(__file__).resolve().parents[2] / "resources" / "help" / "reference.md"
ACTIONS = [
    ["--status", "a.json"],
    ["--renew", "a.json"],
    ["--sync"],
    ["--login", "-o", "new.json"],
    ["--import", "--yes", "logins"],
    ["--export", "jsonl"],
]


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action[0])
def test_a_configuration_that_cannot_be_used_ends_every_action_with_2(bench: Bench, action: list[str]) -> None:
    (bench.logins.parent / "config.json").write_text('{"jobs": 1, "poll_minutes": "often"}')
    done = bench.run(*action, "--config", "config.json", LANG="zh_CN.UTF-8")
    said = done.stderr.decode()
    assert done.returncode == ExitStatus.WRONG_USE, said
    assert "poll_minutes" in said
    assert said.startswith("codex-probe: ")


def test_the_error_that_ends_an_action_is_told_in_the_language_of_the_settings(bench: Bench) -> None:
    (bench.logins.parent / "config.json").write_text('{"language": "zh_CN"}')
    done = bench.run("--status", "logins", "--proxy", "ftp://x", "--config", "config.json")
    assert done.returncode == ExitStatus.WRONG_USE
    assert re.search(r"[\u4e00-\u9fff]", done.stderr.decode())


def test_every_exit_code_is_explained_in_the_reference() -> None:
    table = REFERENCE.read_text("utf-8").partition("`probe-tray`:")[0]
    assert {int(code) for code in re.findall(r"^\| `(\d+)` \|", table, re.MULTILINE)} == set(ExitStatus)
