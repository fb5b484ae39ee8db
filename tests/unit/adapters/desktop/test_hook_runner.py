"""Running the person's own program."""

import asyncio
import os
import stat
import sys
from pathlib import Path
from typing import IO

import pytest

from probe_tray.adapters.desktop.hook_runner import ProcessHookRunner
from probe_tray.core.errors import HookFailedError
from tests.desktop.waiting import wait_for
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a script that the system runs by itself")


def script(home: Path, text: str, *, executable: bool = True) -> str:
    path = home / "a hook; with $signs"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    if executable:
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def reader(pipe: Path) -> IO[bytes]:
    """Make a named pipe, and open its end for reading: no test waits in a thread for a writer that never comes."""
    os.mkfifo(pipe)
    return os.fdopen(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0)


async def has_read(pipe: IO[bytes], expected: bytes) -> None:
    """Wait until the pipe gives that; nothing is what it gives as long as no process can write into it."""

    def look() -> bool:
        # None: a process that can write into it has not done so.
        return pipe.read(len(expected) + 1) == expected

    with pipe:
        await asyncio.to_thread(wait_for, f"{expected!r} from the pipe", look)


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
        await ProcessHookRunner(seconds=0.2 if "sleep" in text else PATIENCE).run(script(home, text), b"")


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
    pipe = reader(home / "pipe")
    with pytest.raises(HookFailedError, match="was stopped"):
        await ProcessHookRunner(seconds=1).run(script(home, f"sleep 600 > '{home}/pipe' & wait"), b"")
    # It ends once nobody holds the other end any more.
    await has_read(pipe, b"")


async def test_one_that_runs_when_the_program_quits_ends_with_what_it_started(home: Path) -> None:
    pipe, begun = reader(home / "pipe"), reader(home / "begun")
    text = f"sleep 600 > '{home}/pipe' & echo 1 > '{home}/begun'; wait"
    hook = asyncio.create_task(ProcessHookRunner(seconds=PATIENCE).run(script(home, text), b""))
    await has_read(begun, b"1\n")
    hook.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hook
    await has_read(pipe, b"")


async def test_one_that_has_not_begun_when_the_program_quits_ends_as_well(home: Path) -> None:
    hook = asyncio.create_task(ProcessHookRunner().run(script(home, f"sleep 600; touch '{home}/lived'"), b""))
    await asyncio.sleep(0)
    hook.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(hook, PATIENCE)
    assert not (home / "lived").exists()


async def test_one_that_hangs_keeps_no_thread_of_the_others(home: Path) -> None:
    runner, hook = ProcessHookRunner(seconds=PATIENCE), script(home, "exec sleep 600")
    hanging = [asyncio.create_task(runner.run(hook, b"")) for _ in range(40)]
    await asyncio.sleep(0)
    assert await asyncio.to_thread(lambda: 1) == 1
    # However many hang, each has its own end: one more is stopped by its own time.
    with pytest.raises(HookFailedError, match="was stopped"):
        await ProcessHookRunner(seconds=0.2).run(hook, b"")
    assert not any(task.done() for task in hanging)
    for task in hanging:
        task.cancel()
    ends = await asyncio.gather(*hanging, return_exceptions=True)
    assert all(isinstance(end, asyncio.CancelledError) for end in ends)
