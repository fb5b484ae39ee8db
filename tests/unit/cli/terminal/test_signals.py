"""Ctrl-C and its kind at a command line."""

import asyncio
import signal
import threading

from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.terminal.signals import Interruption
from tests.support.patience import PATIENCE


async def test_a_signal_that_another_thread_receives_is_heard_at_once() -> None:
    asked, waiting = asyncio.Event(), threading.Event()

    def receive() -> None:
        waiting.wait(PATIENCE)
        signal.raise_signal(signal.SIGINT)

    other = threading.Thread(target=receive)
    with Interruption(asked.set, lambda: None) as interruption:
        other.start()
        # The other thread comes to its turn once the loop waits.
        asyncio.get_running_loop().call_soon(waiting.set)
        async with asyncio.timeout(PATIENCE):
            await asked.wait()
    other.join()
    assert interruption.status is ExitStatus.INTERRUPTED


async def test_afterwards_signals_go_where_they_went_before() -> None:
    before, woken = signal.getsignal(signal.SIGINT), signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(woken)
    with Interruption(lambda: None, lambda: None) as interruption:
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before
    assert signal.set_wakeup_fd(woken) == woken
    assert interruption.status is None
