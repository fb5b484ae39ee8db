"""Running the person's own program."""

import stat
import sys
from pathlib import Path

import pytest

from probe_tray.adapters.desktop.hook_runner import ProcessHookRunner
from probe_tray.core.errors import HookFailedError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a script that the system runs by itself")


def script(home: Path, text: str, *, executable: bool = True) -> str:
    path = home / "a hook; with $signs"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    if executable:
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


async def test_it_gets_the_event_and_no_shell_reads_its_name(home: Path) -> None:
    await ProcessHookRunner().run(script(home, f"cat > '{home}/told'"), b'{"event":"renewed"}\n')
    assert (home / "told").read_bytes() == b'{"event":"renewed"}\n'


async def test_one_that_reads_nothing_is_none_the_worse(home: Path) -> None:
    await ProcessHookRunner().run(script(home, f"exec 0<&-; touch '{home}/ran'"), b"x" * 1_000_000)
    assert (home / "ran").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [("exit 3", "it ended with 3"), ("exec sleep 600", "it took longer than 0.2 seconds and was stopped")],
)
async def test_what_goes_wrong_is_said(home: Path, text: str, said: str) -> None:
    with pytest.raises(HookFailedError, match=said):
        await ProcessHookRunner(seconds=0.2 if "sleep" in text else 30).run(script(home, text), b"")


async def test_what_cannot_be_run_is_said(home: Path) -> None:
    for program in (str(home / "missing"), str(home), script(home, "exit", executable=False), "hook", ""):
        with pytest.raises(HookFailedError):
            await ProcessHookRunner().run(program, b"")
