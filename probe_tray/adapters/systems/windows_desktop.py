"""What windows, icon and session need of Windows beyond what Qt does."""

import contextlib
import sys
from collections.abc import Generator, MutableMapping
from typing import Final, final

from probe_tray.adapters.systems.user_registry import UserRegistry
from probe_tray.adapters.systems.windows_library import windows_library

PERSONALIZE_KEY: Final = r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
"""What the person chose under Personalization > Colors."""

_WINDOWS_11: Final = 22_000
"""Its first build."""
_ASKED_FIRST: Final = 0x300
"""Of the "application reserved first shutdown range" (learn.microsoft.com); programs have 0x280 otherwise."""
_SETTING_CHANGE: Final = 0x001A
"""WM_SETTINGCHANGE."""
_GET_HIGH_CONTRAST: Final = 0x0042
_IS_ON: Final = 0x0001
"""HCF_HIGHCONTRASTON."""


@final
class WindowsDesktop:
    """Implements ``SystemDesktop``."""

    asks_before_ending = True  # WM_QUERYENDSESSION, then WM_ENDSESSION, which says whether it ends.
    kills_at_end = True
    # Qt looks for the QWindow of a message first (5.15 to 6.9, ``qwindowscontext.cpp``, ``windowsProc``); those of its
    # icon and of its theme are none.
    tells_end_to_windows = True
    has_menu_bar = False
    click_opens_menu = False
    repeats_second_click = True  # Qt 6.11, ``qwindowssystemtrayicon.cpp``.
    draws_icon = False
    draws_menu = True
    tells_panel_changes = True

    def hides_new_icons(self) -> bool:
        """Since Windows 11."""
        return _build_number() >= _WINDOWS_11

    def session_ends(self) -> bool:
        """Qt asks for nothing else (6.12, ``qwindowscontext.cpp``)."""
        return True

    @contextlib.contextmanager
    def hold_up_session(self, window: int, reason: str) -> Generator[None]:
        """Name the reason, which Windows shows after 5 seconds (ShutdownBlockReasonCreate).

        Without one it ends a program that has no visible window, however long it needs.
        """
        import ctypes

        user = windows_library("user32")
        user.ShutdownBlockReasonCreate(ctypes.c_void_p(window), ctypes.c_wchar_p(reason))
        try:
            yield
        finally:
            user.ShutdownBlockReasonDestroy(ctypes.c_void_p(window))

    @contextlib.contextmanager
    def keep_punctual(self, reason: str) -> Generator[None]:
        """Timers are."""
        del reason
        yield

    @property
    def lacks_dark_controls(self) -> bool:
        """On Windows 10: Qt 6.5 and later follow the dark appearance on Windows 11 alone.

        Its style before that, windowsvista, knows none.
        """
        return _build_number() < _WINDOWS_11

    def prepare_start(self, environment: MutableMapping[str, str]) -> None:
        """Be asked about the end of the session before the launchers of pip, uv and virtual environments.

        They have no window, so they are ended at once, and take this process along (python/cpython#96289). A refusal
        leaves it to chance who is asked first.
        """
        del environment
        windows_library("kernel32").SetProcessShutdownParameters(_ASKED_FIRST, 0)

    def show_in_dock(self, *, shown: bool) -> None:
        """The taskbar has every window."""

    def place_popover(self, window: int) -> None:
        """Every window opens on the desktop that is in front."""

    def bring_forward(self, window: int) -> None:
        """Qt does, as far as the program in front lets it."""

    def panel_is_dark(self) -> bool | None:
        """As the person chose for taskbar and start menu, which need not be so for programs."""
        # It is missing before build 18362 (version 1903), where every taskbar is dark.
        with contextlib.suppress(OSError):
            return UserRegistry(PERSONALIZE_KEY).read("SystemUsesLightTheme") in {0, None}
        return True

    def changes_panel(self, kind: bytes, message: int) -> bool:
        """By WM_SETTINGCHANGE, which comes for many settings, and also where only "Windows mode" is another."""
        import ctypes

        # MSG begins with the window's handle, then has the number of the message.
        place = message + ctypes.sizeof(ctypes.c_void_p)
        return kind == b"windows_generic_MSG" and ctypes.c_uint32.from_address(place).value == _SETTING_CHANGE

    def wants_contrast(self) -> bool:
        """By a contrast theme (SystemParametersInfoW with SPI_GETHIGHCONTRAST, and HIGHCONTRASTW)."""
        import ctypes

        class HighContrast(ctypes.Structure):
            _fields_ = (("size", ctypes.c_uint32), ("flags", ctypes.c_uint32), ("scheme", ctypes.c_wchar_p))

        found = HighContrast(size=ctypes.sizeof(HighContrast))
        asked = windows_library("user32").SystemParametersInfoW
        return bool(asked(_GET_HIGH_CONTRAST, found.size, ctypes.byref(found), 0)) and bool(found.flags & _IS_ON)


def _build_number() -> int:
    return sys.getwindowsversion().build if sys.platform == "win32" else 0
