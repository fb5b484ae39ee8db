"""Running the person's own program."""

import asyncio
import os
import stat
import sys
from pathlib import Path

import pytest

from probe_tray.adapters.desktop.hook_runner import ProcessHookRunner
from probe_tray.core.errors import HookFailedError
from tests.support.patience import PATIENCE

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
    [("exit 3", "it exited with code 3"), ("exec sleep 600", "it took longer than 0.2 seconds and was stopped")],
)
async def test_what_goes_wrong_is_said(home: Path, text: str, said: str) -> None:
    with pytest.raises(HookFailedError, match=said):
        await ProcessHookRunner(seconds=0.2 if "sleep" in text else 30).run(script(home, text), b"")


async def test_what_cannot_be_run_is_said(home: Path) -> None:
    for program in (
        str(home / "missing"),
        str(home),
        script(home, "exit", executable=False),
        "hook",
        "",
        "/a\0b",
        "/\ud800",
    ):
        with pytest.raises(HookFailedError):
            await ProcessHookRunner().run(program, b"")


async def test_what_a_stopped_one_has_started_is_stopped_too(home: Path) -> None:
    pipe = home / "pipe"
    os.mkfifo(pipe)
    # It ends once nobody holds the other end any more.
    reading = asyncio.create_task(asyncio.to_thread(pipe.read_bytes))
    with pytest.raises(HookFailedError, match="was stopped"):
        await ProcessHookRunner(seconds=1).run(script(home, f"sleep 600 > '{pipe}' & wait"), b"")
    assert await asyncio.wait_for(reading, PATIENCE) == b""


async def test_one_that_runs_when_the_program_quits_ends_with_what_it_started(home: Path) -> None:
    pipe, begun = home / "pipe", home / "begun"
    os.mkfifo(pipe)
    os.mkfifo(begun)
    reading = asyncio.create_task(asyncio.to_thread(pipe.read_bytes))
    hook = asyncio.create_task(
        ProcessHookRunner().run(script(home, f"sleep 600 > '{pipe}' & echo 1 > '{begun}'; wait"), b"")
    )
    assert await asyncio.wait_for(asyncio.to_thread(begun.read_bytes), PATIENCE) == b"1\n"
    hook.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hook
    assert await asyncio.wait_for(reading, PATIENCE) == b""


async def test_one_that_has_not_begun_when_the_program_quits_ends_as_well(home: Path) -> None:
    hook = asyncio.create_task(ProcessHookRunner().run(script(home, f"sleep 600; touch '{home}/lived'"), b""))
    await asyncio.sleep(0)
    hook.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(hook, PATIENCE)
    assert not (home / "lived").exists()


async def test_one_that_hangs_keeps_no_thread_of_the_others(home: Path) -> None:
    hanging = [
        asyncio.create_task(ProcessHookRunner(seconds=1).run(script(home, "exec sleep 600"), b"")) for _ in range(40)
    ]
    await asyncio.sleep(0)
    assert await asyncio.to_thread(lambda: 1) == 1
    assert not any(task.done() for task in hanging)
    assert all(isinstance(end, HookFailedError) for end in await asyncio.gather(*hanging, return_exceptions=True))
