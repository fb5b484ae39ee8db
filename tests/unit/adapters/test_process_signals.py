"""The signals that end the program; those of Windows as Python's documentation of ``signal`` names them."""

import signal

import pytest

from probe_tray.adapters.process_signals import ending_signals
from probe_tray.cli.session.exit_status import ExitStatus


def test_on_windows_ctrl_break_and_a_closed_console_end_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "SIGBREAK", 21, raising=False)
    assert 21 in ending_signals()
    assert ExitStatus.of_signal(21) is ExitStatus.INTERRUPTED


def test_elsewhere_there_is_no_such_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(signal, "SIGBREAK", raising=False)
    assert {signal.SIGINT, signal.SIGTERM} <= set(ending_signals())
    assert ExitStatus.of_signal(signal.SIGTERM) is ExitStatus.TERMINATED
