"""What Windows needs beyond Qt, on doubles of user32, kernel32 and the registry.

They answer as learn.microsoft.com describes ShutdownBlockReasonCreate, ShutdownBlockReasonDestroy,
SetProcessShutdownParameters and SystemParametersInfoW (HIGHCONTRASTW: the flag HCF_HIGHCONTRASTON is 1, "available"
and others come with it). The value SystemUsesLightTheme is a DWORD, 1 for a light taskbar.
"""

import ctypes
import sys
from types import SimpleNamespace
from typing import cast

import pytest

from probe_tray.adapters.systems import windows_desktop
from probe_tray.adapters.systems.windows_desktop import WindowsDesktop


class User:
    def __init__(self) -> None:
        self.reasons: dict[int | None, str | None] = {}
        self.flags = 0

    def SystemParametersInfoW(self, action: int, size: int, found: object, _save: int) -> int:
        assert action == 0x42
        flags = ctypes.cast(cast("ctypes.c_void_p", found), ctypes.POINTER(ctypes.c_uint32))
        assert flags[0] == size == ctypes.sizeof(ctypes.c_void_p) + 8
        flags[1] = self.flags
        return 1

    def ShutdownBlockReasonCreate(self, window: ctypes.c_void_p, reason: ctypes.c_wchar_p) -> int:
        self.reasons[window.value] = reason.value
        return 1

    def ShutdownBlockReasonDestroy(self, window: ctypes.c_void_p) -> int:
        del self.reasons[window.value]
        return 1


def test_the_person_reads_why_a_shutdown_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    user = User()

    def load(_name: str) -> User:
        return user

    monkeypatch.setattr(windows_desktop, "windows_library", load)
    with WindowsDesktop().hold_up_session(7, "Saving a login"):
        shown = dict(user.reasons)
    assert (shown, user.reasons) == ({7: "Saving a login"}, {})


@pytest.mark.parametrize("answer", [1, 0])
def test_the_end_of_the_session_comes_here_before_the_launchers(monkeypatch: pytest.MonkeyPatch, answer: int) -> None:
    levels: list[tuple[int, int]] = []

    class Kernel:
        def SetProcessShutdownParameters(self, level: int, flags: int) -> int:
            levels.append((level, flags))
            return answer

    def load(name: str) -> Kernel:
        assert name == "kernel32"
        return Kernel()

    monkeypatch.setattr(windows_desktop, "windows_library", load)
    environment: dict[str, str] = {}
    WindowsDesktop().prepare_start(environment)
    # A level of programs (0x100 to 0x3FF) above the usual one, 0x280, without SHUTDOWN_NORETRY.
    assert [(0x280 < level <= 0x3FF, flags) for level, flags in levels] == [(True, 0)]
    assert environment == {}


@pytest.mark.parametrize(("value", "dark"), [(0, True), (1, False), (None, True), (OSError(5, "denied"), True)])
def test_the_taskbar_is_as_the_person_chose(value: object, monkeypatch: pytest.MonkeyPatch, *, dark: bool) -> None:
    def read(_key: object, name: str) -> object:
        assert name == "SystemUsesLightTheme"
        if isinstance(value, OSError):
            raise value
        return value

    monkeypatch.setattr(windows_desktop.UserRegistry, "read", read)
    assert WindowsDesktop().panel_is_dark() is dark


@pytest.mark.parametrize(("flags", "wanted"), [(0x7E, False), (0x7F, True)])
def test_a_contrast_theme_is_known_by_its_flag(flags: int, monkeypatch: pytest.MonkeyPatch, *, wanted: bool) -> None:
    user = User()
    user.flags = flags

    def load(_name: str) -> User:
        return user

    monkeypatch.setattr(windows_desktop, "windows_library", load)
    assert WindowsDesktop().wants_contrast() is wanted


@pytest.mark.parametrize(
    ("kind", "number", "changes"),
    [
        (b"windows_generic_MSG", 0x1A, True),
        (b"windows_generic_MSG", 0x0F, False),
        (b"xcb_generic_event_t", 0x1A, False),
    ],
)
def test_a_message_tells_that_settings_changed(kind: bytes, number: int, *, changes: bool) -> None:
    class Message(ctypes.Structure):
        # MSG: the window, the message, and more.
        _fields_ = (("hwnd", ctypes.c_void_p), ("message", ctypes.c_uint32), ("wParam", ctypes.c_void_p))

    message = Message(hwnd=0x1A, message=number, wParam=0x1A)
    assert WindowsDesktop().changes_panel(kind, ctypes.addressof(message)) is changes


@pytest.mark.parametrize(("build", "is_11"), [(19045, False), (21999, False), (22000, True), (26100, True)])
def test_windows_11_draws_dark_controls_and_hides_the_icons_of_new_programs(
    monkeypatch: pytest.MonkeyPatch, build: int, *, is_11: bool
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "getwindowsversion", lambda: SimpleNamespace(build=build), raising=False)
    desktop = WindowsDesktop()
    assert (desktop.hides_new_icons(), desktop.lacks_dark_controls) == (is_11, not is_11)
