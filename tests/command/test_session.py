"""How every action of the command starts and ends."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.tables.layout import width
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


HAN = re.compile("[\u4e00-\u9fff]")
CHINESE = {"LC_ALL": "zh_CN.UTF-8", "LANG": "zh_CN.UTF-8", "LANGUAGE": "", "PYTHONUTF8": "1"}


def test_the_help_speaks_the_language_of_the_terminal_and_its_columns_stay_in_line(bench: Bench) -> None:
    english = bench.run("--help", COLUMNS="80").stdout.decode()
    done = bench.run("--help", COLUMNS="80", **CHINESE)
    said = done.stdout.decode()
    assert (done.returncode, done.stderr, bool(HAN.search(english))) == (0, b"", False)
    flags = re.compile(r"^  (-.*?)(?: {2,}|$)", re.MULTILINE)
    assert flags.findall(said) == flags.findall(english)
    described = [line for line in said.partition("[FILE-OR-FOLDER ...]")[2].partition("示例")[0].splitlines() if line]
    assert all(width(line) <= 80 for line in described)
    # A flag that leaves no room has its description in the next line.
    with_next = zip(described, [*described[1:], ""], strict=True)
    assert all(HAN.search(line + following) for line, following in with_next if re.match(r"  -", line))
    examples = [line for line in said.partition("示例")[2].splitlines() if line.startswith("  ")]
    theirs = [line for line in english.partition("examples")[2].splitlines() if line.startswith("  ")]
    assert len(examples) == len(theirs)
    column = theirs[0].index("log in and save")
    assert all(line[:column].isascii() and line[column - 1] == " " != line[column] for line in examples)


def test_the_help_and_what_is_wrong_with_flags_speak_the_language_of_the_settings(bench: Bench) -> None:
    (bench.logins.parent / "chinese.json").write_text('{"language": "zh_CN"}')
    (bench.logins.parent / "english.json").write_text('{"language": "en"}')
    for words in (["--config", "chinese.json", "--help"], ["--help", "--config", "chinese.json"]):
        told = bench.run(*words, PYTHONUTF8="1")
        assert "退出状态" in told.stdout.decode()
    wrong = bench.run("--sync", "--status", "--config", "chinese.json", PYTHONUTF8="1")
    assert (wrong.returncode, wrong.stderr.decode().count("--sync 不能与其他操作一起使用")) == (2, 1)
    assert "options:" in bench.run("--config", "english.json", "--help", **CHINESE).stdout.decode()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--nope", "没有参数 --nope。"),
        ("--output", "--output 需要一个值。"),
        ("--status=maybe", "--status 只接受 true 或 false，不能是“maybe”。"),
        ("--jobs 0", "--jobs 只接受 1 到 64 的整数，不能是“0”。"),
        ("--export yaml", "“yaml”不在其中。"),
        ("--apitest --models ,", "--models 需要用逗号分隔的模型名称"),
        ("--login", "--login 需要 -o"),
        ("a.json", "请选择操作"),
    ],
)
def test_wrong_use_is_told_in_the_person_s_language(bench: Bench, words: str, said: str) -> None:
    done = bench.run(*words.split(), **CHINESE)
    assert done.returncode == ExitStatus.WRONG_USE
    assert said in done.stderr.decode()
    assert "用 --help 查看可用的参数。" in done.stderr.decode()


@pytest.mark.skipif(sys.platform != "linux", reason="needs a device that is always full")
@pytest.mark.parametrize("words", ["--version", "--help"])
def test_that_nothing_can_be_printed_is_told_in_the_person_s_language(words: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "probe_tray.cli.main", words],
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, **CHINESE},
            check=False,
        )
    assert (done.returncode, done.stderr.decode()) == (ExitStatus.FAILURE, "codex-probe: 标准输出无法写入。\n")


def test_every_exit_code_is_explained_in_the_reference() -> None:
    table = REFERENCE.read_text("utf-8").partition("`probe-tray`:")[0]
    assert {int(code) for code in re.findall(r"^\| `(\d+)` \|", table, re.MULTILINE)} == set(ExitStatus)
