"""``codex-probe watch``: a line of JSON now and at each change."""

import asyncio

import msgspec

from probe_tray.adapters.system import SystemClock
from probe_tray.cli.arguments import Arguments
from probe_tray.cli.quota.quota_account import one_account, tell_which
from probe_tray.cli.quota.quota_action import printed, running_numbers, shown
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.terminal.pipes import discard_output
from probe_tray.core.quota.quota_overview import QuotaOverview

_ASK_SECONDS = 300.0
"""Between two questions to the service where no app runs."""
_LOOK_SECONDS = 10.0
"""Between two looks whether one runs."""


def run_watch(arguments: Arguments) -> ExitStatus:
    """Follow the running app, and ask the service every five minutes while none runs. Raises KeyboardInterrupt."""
    watch, clock = _Watch(arguments), SystemClock()
    due = clock.monotonic()
    while watch.ended is None:
        found = running_numbers(arguments)
        for overview in () if found is None else found.changes():
            if overview.accounts:
                watch.tell(overview)
                due = clock.monotonic() + _ASK_SECONDS
            if watch.ended is not None:
                return watch.ended
        if clock.monotonic() >= due:
            _ask(arguments, watch)
            due = clock.monotonic() + _ASK_SECONDS
        elif watch.ended is None:
            asyncio.run(clock.sleep(_LOOK_SECONDS))
    return watch.ended


class _Watch:
    """Prints each line that differs from the one before."""

    def __init__(self, arguments: Arguments) -> None:
        self._arguments = arguments
        self._last = b""
        self.ended: ExitStatus | None = None
        """What it ended with; None while somebody reads it."""
        self.told: set[str] = set()
        """What was said of logins that can't be read, so that it is said once."""

    def tell(self, overview: QuotaOverview) -> ExitStatus:
        """Print what is new."""
        line = msgspec.json.encode(shown(overview, self._arguments))
        if self._arguments.account is not None:
            found = one_account(overview, self._arguments)
            if found is None:
                self.ended = tell_which(overview, self._arguments)
                return self.ended
            line = msgspec.json.encode(found[0])
        if line != self._last:
            self._last = line
            self._print(line)
        return self.ended or ExitStatus.SUCCESS

    def _print(self, line: bytes) -> None:
        try:
            print(line.decode(), flush=True)
        except BrokenPipeError:
            # Whoever read it has gone.
            discard_output()
            self.ended = ExitStatus.SUCCESS
        except OSError:
            self.ended = printed("", self._arguments)


def _ask(arguments: Arguments, watch: _Watch) -> None:
    # Only now, for it brings the network and all that belongs to it.
    from probe_tray.cli.quota.service_numbers import ask_service
    from probe_tray.cli.session.session import CommandSession, run_session

    def ask(session: CommandSession) -> ExitStatus:
        found = ask_service(session, watch.told)
        if found.overview is not None and not found.may_hide(arguments.account):
            return watch.tell(found.overview)
        # A store that can't be opened now may be later; the files that were named stay what they are.
        return ExitStatus.FAILURE if arguments.paths else ExitStatus.SUCCESS

    status = run_session(arguments, ask, quiet=True)
    if status is not ExitStatus.SUCCESS:
        watch.ended = status
