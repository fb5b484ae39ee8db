"""What windows, icon and session need of each system beyond what Qt does."""

from collections.abc import Generator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager
from typing import Final, Protocol, final

_DARK_PANELS: Final = frozenset({"BUDGIE", "GNOME", "UNITY", "X-CINNAMON", "XFCE"})
"""Desktops whose own panel is dark in both appearances, unless somebody changed it."""


class SystemDesktop(Protocol):
    """The desktop of one operating system. A refusal changes only looks or places, so none is reported."""

    asks_before_ending: bool
    """Whether the session asks every program before it ends, and may go on after that."""
    kills_at_end: bool
    """Whether a program is killed once it has heard of the session's end."""
    tells_end_to_windows: bool
    """Whether only a window of the program hears of the session's end, be it shown or not."""
    has_menu_bar: bool
    """Whether the programs' menus are at the top of the screen, with keys that are the same in every program."""

    click_opens_menu: bool
    """Whether the system opens the icon's menu with the same click that the program hears of."""
    repeats_second_click: bool
    """Whether the second of two quick clicks is told as a double click that follows a click of its own."""
    draws_icon: bool
    """Whether the system colors the icon itself, from its shape alone."""
    draws_menu: bool
    """Whether the menu looks as the program's windows do; else the panel draws it in colors of its own."""

    tells_panel_changes: bool
    """Whether a message to the program's windows tells that the panel may look otherwise."""

    @property
    def lacks_dark_controls(self) -> bool:
        """Whether the style that Qt takes here draws light controls in dark windows."""
        ...

    def hides_new_icons(self) -> bool:
        """Whether the icons of programs that the system has not met before are hidden at first."""
        ...

    def session_ends(self) -> bool:
        """Whether the request to end that is handled now is about the session, not about this program alone."""
        ...

    def hold_up_session(self, window: int, reason: str) -> AbstractContextManager[None]:
        """Tell the person why the session can't end yet.

        ``window`` is the handle of the one that hears of its end, 0 where that is told to none.
        """
        ...

    def keep_punctual(self, reason: str) -> AbstractContextManager[None]:
        """Have timers end when they should although no window is open; the machine may sleep all the same."""
        ...

    def prepare_start(self, environment: MutableMapping[str, str]) -> None:
        """Set what Qt must find in this process's ``environment`` to start in the background.

        Tell the system, too, what it must know of this process before there is a window.
        """
        ...

    def show_in_dock(self, *, shown: bool) -> None:
        """Be a program among those to switch to, or one that has its icon alone. Call it once Qt runs."""
        ...

    def place_popover(self, window: int) -> None:
        """Let a window open where the person is, also over a program in full screen."""
        ...

    def bring_forward(self, window: int) -> None:
        """Put a window before those of other programs, even while this program is not the active one."""
        ...

    def panel_is_dark(self) -> bool | None:
        """Whether the panel, taskbar or menu bar that has the icon is dark; None where nobody knows."""
        ...

    def changes_panel(self, kind: bytes, message: int) -> bool:
        """Whether a native message, as Qt hands it to a filter, tells that the panel may look otherwise."""
        ...

    def wants_contrast(self) -> bool:
        """Whether the person asks the system for strong contrasts, so that its colors are to be kept."""
        ...


@final
class PlainDesktop:
    """Implements ``SystemDesktop`` where Qt does all that is needed."""

    asks_before_ending = False
    kills_at_end = False
    tells_end_to_windows = False
    has_menu_bar = False
    click_opens_menu = False
    repeats_second_click = False
    draws_icon = False
    draws_menu = False
    tells_panel_changes = False
    lacks_dark_controls = False

    def __init__(self, environment: Mapping[str, str]) -> None:
        """``environment`` is this process's."""
        self._environment = environment

    def hides_new_icons(self) -> bool:
        """None are hidden."""
        return False

    def session_ends(self) -> bool:
        """Each request is about the session: nobody else sends one."""
        return True

    @contextmanager
    def hold_up_session(self, window: int, reason: str) -> Generator[None]:
        """The session waits without a word."""
        del window, reason
        yield

    @contextmanager
    def keep_punctual(self, reason: str) -> Generator[None]:
        """Timers are."""
        del reason
        yield

    def prepare_start(self, environment: MutableMapping[str, str]) -> None:
        """Nothing."""

    def show_in_dock(self, *, shown: bool) -> None:
        """There is none."""

    def place_popover(self, window: int) -> None:
        """The window manager does."""

    def bring_forward(self, window: int) -> None:
        """Qt does, as far as the window manager lets it."""

    def panel_is_dark(self) -> bool | None:
        """By the desktop's name; elsewhere it has a theme (KDE, MATE, LXQt) or a bar's configuration (i3, sway)."""
        desktops = self._environment.get("XDG_CURRENT_DESKTOP", "").upper().split(":")
        return None if _DARK_PANELS.isdisjoint(desktops) else True

    def changes_panel(self, kind: bytes, message: int) -> bool:
        """None does."""
        del kind, message
        return False

    def wants_contrast(self) -> bool:
        """The desktop's theme says so by its colors."""
        return False
