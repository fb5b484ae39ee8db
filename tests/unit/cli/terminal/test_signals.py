"""Ctrl-C and its kind at a command line."""

import asyncio
import signal
import subprocess
import sys
import threading

import pytest

from probe_tray.adapters.systems.windows import WindowsSystem
from probe_tray.cli.arguments import parse
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.session.session import CommandSession, run_session
from probe_tray.cli.terminal.signals import Interruption
from tests.support.consoles import FakeConsole
from tests.support.patience import PATIENCE
from tests.support.signals import posix_signals

STATUS = parse(["--status"])


class Other:
    """Another thread, which the system gives a Ctrl-C once the loop waits."""

    def __init__(self) -> None:
        self._waiting = threading.Event()
        self._thread = threading.Thread(target=self._receive)

    def receives(self) -> None:
        self._thread.start()
        asyncio.get_running_loop().call_soon(self._waiting.set)

    def _receive(self) -> None:
        self._waiting.wait(PATIENCE)
        signal.raise_signal(signal.SIGINT)


def seconds(session: CommandSession) -> float:
    return session.runner.get_loop().time()


def test_what_must_be_seen_to_its_end_hears_at_once_of_a_signal_that_another_thread_receives() -> None:
    took = [PATIENCE]

    async def wait() -> ExitStatus | None:
        asked = asyncio.Event()
        with Interruption(asked.set, lambda: None) as interruption:
            Other().receives()
            async with asyncio.timeout(PATIENCE):
                await asked.wait()
        return interruption.status

    def action(session: CommandSession) -> ExitStatus:
        began = seconds(session)
        status = session.runner.run(wait())
        took[0] = seconds(session) - began
        return status or ExitStatus.SUCCESS

    assert run_session(STATUS, action) is ExitStatus.INTERRUPTED
    assert took[0] < PATIENCE


def test_whatever_else_waits_is_ended_at_once_too() -> None:
    took = [PATIENCE]

    async def wait() -> None:
        Other().receives()
        await asyncio.sleep(PATIENCE)

    def action(session: CommandSession) -> ExitStatus:
        began = seconds(session)
        try:
            session.runner.run(wait())
        finally:
            took[0] = seconds(session) - began
        return ExitStatus.SUCCESS

    with pytest.raises(KeyboardInterrupt):
        run_session(STATUS, action)
    assert took[0] < PATIENCE


def test_a_console_that_is_closed_waits_until_what_was_sent_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    console = FakeConsole(monkeypatch)
    monkeypatch.setattr("probe_tray.cli.session.session.this_system", WindowsSystem)

    async def renew() -> ExitStatus | None:
        asked, answered = asyncio.Event(), asyncio.Event()
        with Interruption(asked.set, lambda: None) as interruption:
            console.close()
            async with asyncio.timeout(PATIENCE):
                await asked.wait()
                asyncio.get_running_loop().call_later(0.05, answered.set)
                await answered.wait()
            console.done.append("kept")
        # And what comes after it: the renewals are closed, the result is told.
        await asyncio.sleep(0)
        console.done.append("told")
        return interruption.status

    assert run_session(STATUS, lambda session: session.runner.run(renew()) or ExitStatus.SUCCESS)
    console.wait_closed()
    assert console.done == ["kept", "told", "ended by the system"]


HELD_UP = """
import asyncio, os, signal, sys, threading, time
from probe_tray.cli.arguments import parse
from probe_tray.cli.renew.interrupted_work import interruptible
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.session.session import run_session
from probe_tray.cli.terminal import signals
from probe_tray.cli.terminal.signals import Interruption

signals.ENDING_SECONDS = 0.1

class Sent:
    sent = 1

    async def close(self):
        await asyncio.sleep(0.3)
        self.sent = 0
        print("kept")

async def left(session):
    async with interruptible(Sent(), session.console, session.t):
        await held_up()

async def told(session):
    asked = asyncio.Event()
    with Interruption(asked.set, lambda: None) as interruption:
        work = asyncio.ensure_future(held_up())
        await asked.wait()
    work.cancel()
    print("kept")
    return interruption.status

async def held_up():
    asyncio.get_running_loop().call_later(0.05, signal.raise_signal, signal.SIGTERM)
    await asyncio.to_thread(threading.Event().wait)

work = {"left": left, "told": told}[sys.argv[1]]
sys.exit(run_session(parse(["--status"]), lambda session: session.runner.run(work(session)) or ExitStatus.SUCCESS))
"""
"""A run with a disk that answers never, to which a SIGTERM comes."""


@posix_signals
@pytest.mark.parametrize("work", ["left", "told"])
def test_a_disk_that_holds_a_thread_up_keeps_no_run_from_its_end_once_what_was_sent_is_kept(work: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HELD_UP, work], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (done.returncode, done.stdout) == (ExitStatus.TERMINATED, "kept\n"), done.stderr


async def test_afterwards_signals_go_where_they_went_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interruption(lambda: None, lambda: None) as interruption:
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before
    assert interruption.status is None


def test_afterwards_nothing_is_woken() -> None:
    before = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(before)
    assert run_session(STATUS, lambda _: ExitStatus.SUCCESS) is ExitStatus.SUCCESS
    assert signal.set_wakeup_fd(before) == before
