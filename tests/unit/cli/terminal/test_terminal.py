"""How lines look on a terminal."""

import ctypes
import io
import sys
from types import SimpleNamespace

import pytest

from probe_tray.adapters.systems import windows_console
from probe_tray.cli.tables.layout import TextPiece
from probe_tray.cli.terminal.console import Terminal
from probe_tray.view.tables.status_table import Weight

LINE = (TextPiece("Account", heading=True), TextPiece(" a "), *(TextPiece(w.name, w) for w in Weight))


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1


def drawn(**environment: str) -> str:
    screen = Screen()
    terminal = Terminal.of(screen, environment)
    assert terminal is not None
    terminal.draw([LINE, ()])
    return screen.getvalue()


def test_headings_are_bold_and_weights_have_colors() -> None:
    assert drawn(TERM="xterm", NO_COLOR="") == (
        "\x1b[1mAccount\x1b[0m a PLAIN\x1b[32mGOOD\x1b[0m\x1b[33mWARNING\x1b[0m\x1b[1;31mCRITICAL\x1b[0m\n\n"
    )


def test_without_colors_what_is_critical_is_still_bold() -> None:
    assert drawn(TERM="xterm", NO_COLOR="1") == ("\x1b[1mAccount\x1b[0m a PLAINGOODWARNING\x1b[1mCRITICAL\x1b[0m\n\n")


@pytest.mark.parametrize("kind", ["dumb", "unknown"])
def test_a_terminal_without_a_cursor_is_treated_as_a_pipe(kind: str) -> None:
    assert Terminal.of(Screen(), {"TERM": kind}) is None


@pytest.mark.parametrize(("has_mode", "can"), [(1, 1), (1, 0), (0, 0)])
def test_a_console_of_windows_is_a_terminal_if_it_takes_sequences(
    has_mode: int, can: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[tuple[int | None, int]] = []

    def get_mode(_handle: object, mode: SimpleNamespace) -> int:
        mode._obj.value = 3  # noqa: SLF001 - how ctypes gives the variable behind byref
        return has_mode

    def set_mode(handle: ctypes.c_void_p, mode: int) -> int:
        modes.append((handle.value, mode))
        return can

    def get_handle(number: int) -> int:
        assert number == -11
        return 77

    kernel = SimpleNamespace(GetStdHandle=get_handle, GetConsoleMode=get_mode, SetConsoleMode=set_mode)
    monkeypatch.setattr(windows_console, "windows_library", {"kernel32": kernel}.__getitem__)
    monkeypatch.setattr(sys, "platform", "win32")
    assert (Terminal.of(Screen(), {}) is not None) == bool(can)
    assert modes == ([(77, 3 | 4)] if has_mode else [])
