"""What a signal means for work that may renew logins: it is left, but what was sent is seen to its end."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from probe_tray.cli.terminal.console import Console
from probe_tray.cli.terminal.signals import Interruption, SignalledError
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.view.text.translate import Translator


@asynccontextmanager
async def interruptible(renewals: Renewals, console: Console, t: Translator) -> AsyncGenerator[None]:
    """Close ``renewals`` after the work inside, whatever ended it. Raises SignalledError where that was a signal.

    Work that has more to tell about a signal takes it over with an :class:`Interruption` of its own.
    """
    task, working = _current_task(), True

    def stop() -> None:
        console.end_line()
        if renewals.sent:
            console.prompt(waits_for(renewals.sent, t))
        # Not while the renewals are closed: that would leave them.
        if working:
            task.cancel()

    def last_words() -> None:
        console.failure(t("interrupted."))
        if renewals.sent:
            console.failure(left_unanswered(renewals.sent, t))

    with Interruption(stop, last_words) as interruption:
        try:
            yield
        except asyncio.CancelledError:
            if interruption.status is None:
                raise
            task.uncancel()
        finally:
            working = False
            await renewals.close()
    if interruption.status is not None:
        raise SignalledError(interruption.status)


def waits_for(sent: int, t: Translator) -> str:
    """What a person is told who ends a run while so many renewals wait for their answer."""
    return t.plural(
        (
            "Waiting up to 45 s for the answer to {n} renewal, so that its login is not lost. Press "
            "Ctrl-C again to stop at once."
        ),
        (
            "Waiting up to 45 s for the answers to {n} renewals, so that their logins are not lost. "
            "Press Ctrl-C again to stop at once."
        ),
        sent,
    )


def left_unanswered(sent: int, t: Translator) -> str:
    """What a person is told for whom so many renewals were left."""
    return t.plural(
        ("Stopped before the answer to {n} renewal arrived. Run it again in 15 minutes. The login is kept."),
        ("Stopped before the answers to {n} renewals arrived. Run it again in 15 minutes. The logins are kept."),
        sent,
    )


def _current_task() -> "asyncio.Task[object]":
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine always runs in one
    return task
