"""What Windows needs beyond Qt, on doubles of user32 and of the registry.

They answer as learn.microsoft.com describes ShutdownBlockReasonCreate and ShutdownBlockReasonDestroy. The value
SystemUsesLightTheme is a DWORD, 1 for a light taskbar.
"""

import ctypes

import pytest

from probe_tray.adapters.systems import windows_desktop
from probe_tray.adapters.systems.windows_desktop import WindowsDesktop


class User:
    def __init__(self) -> None:
        self.reasons: dict[int | None, str | None] = {}

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


@pytest.mark.parametrize(("value", "dark"), [(0, True), (1, False), (None, True), (OSError(5, "denied"), True)])
def test_the_taskbar_is_as_the_person_chose(value: object, monkeypatch: pytest.MonkeyPatch, *, dark: bool) -> None:
    def read(_key: object, name: str) -> object:
        assert name == "SystemUsesLightTheme"
        if isinstance(value, OSError):
            raise value
        return value

    monkeypatch.setattr(windows_desktop.UserRegistry, "read", read)
    assert WindowsDesktop().panel_is_dark() is dark
