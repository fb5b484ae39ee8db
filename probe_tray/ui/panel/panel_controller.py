"""Opens the panel: a window that is made when it is first wanted, and goes some time after it was closed."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, QTimer

from probe_tray.core.account.identity import AccountKey
from probe_tray.ui.lazy_window import LazyWindow
from probe_tray.ui.panel.panel import PanelWindow
from probe_tray.view.screen import Panel


class PanelController:
    """Has the panel while it is wanted, and what outlives the window."""

    def __init__(
        self, make: Callable[[QPoint | None], PanelWindow], fill: Callable[[], None], opened: Callable[[], None]
    ) -> None:
        """``make`` returns a new window for where the last one was left; ``fill`` has it shown what is known now.

        ``opened`` is called once a new window is there, some time after it was wanted.
        """
        self._make_window, self._fill, self._opened = make, fill, opened
        self._place: QPoint | None = None
        self._new: PanelWindow | None = None
        """The window while it was never shown."""
        self._opening: tuple[QRect | None, AccountKey | None] | None = None
        """Where and at which account a new window opens in a moment."""
        self._renamed: AccountKey | None = None
        """The account that gets another name once the window is open."""
        # Not by a call that Qt posts: those come before the timers that have waited.
        self._turn = QTimer()
        self._turn.setSingleShot(True)
        self._turn.setInterval(0)
        self._turn.timeout.connect(self._open_new)
        self._window = LazyWindow(self._make, lambda _: fill())

    @property
    def visible(self) -> PanelWindow | None:
        """The window while it is on the screen."""
        return self._window.visible

    @property
    def is_open(self) -> bool:
        """Whether it is on the screen."""
        return self.visible is not None

    def made(self) -> PanelWindow:
        """The window, shown or not."""
        return self._window.made()

    def open_at(self, anchor: QRect | None, account: AccountKey | None) -> None:
        """Bring it to the front, by ``anchor``, and at an account if one is named.

        A new window is filled and shown in a turn of its own: what else is due has waited while it was made.
        """
        window = self.made()
        if window is not self._new:
            self._open(window, anchor, account)
            return
        # Who only wants it open takes nothing from who wants it at an account.
        wanted = None if self._opening is None else self._opening[1]
        self._opening = anchor, account or wanted
        self._turn.start()

    def show_model(self, model: Panel) -> None:
        """Show this from now on, where there is a window to show it."""
        if self._window.window is not None:
            self._window.window.show_model(model)

    def edit_name(self, account: AccountKey, show: Callable[[AccountKey], None]) -> None:
        """Let the person type another name for an account; ``show`` opens the panel at it where it isn't in front."""
        if (window := self.visible) is not None and window.isActiveWindow():
            window.edit_name(account)
        else:
            self._renamed = account
            show(account)

    def keys(self) -> tuple[AccountKey, ...]:
        """The accounts in the order they are shown in."""
        return () if self._window.window is None else self._window.window.keys()

    def close(self) -> None:
        """Take the window away for good."""
        self._turn.stop()
        self._new = self._opening = None
        self._window.close()

    def _open_new(self) -> None:
        window, opening = self._new, self._opening
        self._new = self._opening = None
        if window is not None and opening is not None:
            self._open(window, *opening)
            self._opened()

    def _open(self, window: PanelWindow, anchor: QRect | None, account: AccountKey | None) -> None:
        if not window.isVisible():
            self._fill()
        window.open_at(anchor, account)
        renamed, self._renamed = self._renamed, None
        if renamed is not None:
            window.edit_name(renamed)

    def _make(self) -> PanelWindow:
        window = self._new = self._make_window(self._place)
        window.closed.connect(lambda: self._remember(window))
        return window

    def _remember(self, window: PanelWindow) -> None:
        self._place = window.place
