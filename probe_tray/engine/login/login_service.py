"""What a person asks for around logins: one runs at a time, and another one takes its place."""

import asyncio
import math
from collections.abc import Callable
from typing import NamedTuple

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.commands import CancelLogin, PasteAddress, ReopenBrowser, StartLogin
from probe_tray.core.events import LoginChanged
from probe_tray.core.feedback import FeedbackKind
from probe_tray.core.state import LoginPhase, LoginState
from probe_tray.engine.feedback_service import FeedbackService
from probe_tray.engine.login.login_runner import REPLACED, LoginRunner
from probe_tray.engine.store import Store
from probe_tray.engine.timers import Start
from probe_tray.ports.time import Clock

LoginCommand = StartLogin | CancelLogin | ReopenBrowser | PasteAddress

_AT_ONCE = 5.0
"""Seconds after one wish within which the same one is no new wish."""


class _RunningLogin(NamedTuple):
    wanted: StartLogin
    task: asyncio.Task[None]
    ending: frozenset[asyncio.Task[None]] = frozenset()
    """Those that it takes the place of; they hold ports until they have ended."""


class LoginService:
    """Starts and ends logins as the commands say; never waits."""

    def __init__(
        self,
        login: LoginRunner,
        store: Store,
        start: Start,
        signed_in: Callable[[AccountKey], None],
        feedback: FeedbackService,
        clock: Clock,
    ) -> None:
        """Have ``start`` own the tasks; ``signed_in`` is told of every account that came in."""
        self._clock = clock
        self._feedback = feedback
        self._asked_at = -math.inf
        """When a login was asked for last, by the monotonic clock."""
        self._login = login
        self._store = store
        self._start = start
        self._signed_in = signed_in
        self._last: _RunningLogin | None = None

    def send(self, command: LoginCommand) -> None:
        """Have ``command`` done."""
        match command:
            case StartLogin():
                self._log_in(command)
            case ReopenBrowser():
                self._start(self._login.show_page())
            case PasteAddress(text=text):
                self._login.paste(text)
            case CancelLogin():
                if (running := self._running()) is not None:
                    running.task.cancel()
                    if self._finishes():
                        # Nobody knows yet whether it was cancelled in time.
                        self._start(self._tell_end(running))
                    else:
                        self._feedback.give(FeedbackKind.LOGIN_CANCELLED, running.wanted.account)
                self._store.dispatch(LoginChanged(login=None))

    def _log_in(self, wanted: StartLogin) -> None:
        running, before, self._asked_at = self._running(), self._asked_at, self._clock.monotonic()
        if running is None:
            self._last = _RunningLogin(wanted, self._start(self._run(wanted, frozenset())))
        elif running.wanted == wanted:
            # Many starts at once want one login, and its page once.
            if self._asked_at - before > _AT_ONCE:
                self._start(self._login.show_page())
        elif not self._finishes():
            running.task.cancel(REPLACED)
            ending = running.ending | {running.task}
            self._last = _RunningLogin(wanted, self._start(self._run(wanted, ending)), ending)

    async def _run(self, wanted: StartLogin, ending: frozenset[asyncio.Task[None]]) -> None:
        if ending:
            await asyncio.wait(ending)
        key = await self._login.run(wanted.account, wanted.way)
        if key is not None:
            self._signed_in(key)

    async def _tell_end(self, cancelled: _RunningLogin) -> None:
        await asyncio.wait({cancelled.task})
        if self._last is not cancelled:
            # Another login has begun meanwhile and tells its own.
            return
        if (key := self._login.kept) is None:
            self._feedback.give(FeedbackKind.LOGIN_CANCELLED, cancelled.wanted.account)
            return
        self._signed_in(key)
        self._feedback.give(FeedbackKind.LOGGED_IN_AFTER_ALL, key)
        self._store.dispatch(LoginChanged(login=LoginState(phase=LoginPhase.DONE, account=key)))

    def _running(self) -> _RunningLogin | None:
        return None if self._last is None or self._last.task.done() else self._last

    def _finishes(self) -> bool:
        """Whether the person's part is over, so that ending the login now would throw their sign-in away."""
        login = self._store.state.login
        return login is not None and login.phase is LoginPhase.EXCHANGING
