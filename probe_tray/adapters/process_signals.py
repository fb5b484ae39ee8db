"""The signals that ask a process to end."""

import signal


def ending_signals() -> tuple[signal.Signals, ...]:
    """SIGINT, SIGTERM and, where there is one, SIGHUP: a terminal was closed, or an ssh dropped.

    Windows has SIGBREAK for Ctrl-Break, and inside ``OperatingSystem.outlive_console`` for a console that is closed.

    Without SIGHUP where the process ignores it: ``nohup`` lets a program outlive its terminal.
    """
    hang_up: signal.Signals | None = getattr(signal, "SIGHUP", None)
    ignored = hang_up is None or signal.getsignal(hang_up) is signal.SIG_IGN
    broken: signal.Signals | None = getattr(signal, "SIGBREAK", None)
    found = (signal.SIGINT, signal.SIGTERM, broken, None if ignored else hang_up)
    return tuple(number for number in found if number is not None)
