"""The menu of the menu bar of macOS: keys that mean the same in every program, in every window of this one."""

from collections.abc import Callable

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenuBar

from probe_tray.view.view_models import Menu


class AppMenu:
    """Qt moves its rows into the menu with the program's name; the system adds the menu of windows, with Cmd-M."""

    def __init__(self, settings: Callable[[], None], about: Callable[[], None], quit_app: Callable[[], None]) -> None:
        """Make the menu; a bar without a window above it is that of all windows (Qt, QMenuBar)."""
        self._bar = QMenuBar()
        self._menu = self._bar.addMenu("Probe Tray")
        role, key = QAction.MenuRole, QKeySequence.StandardKey
        self._about = self._add(about, role.AboutRole)
        self._settings = self._add(settings, role.PreferencesRole, key.Preferences)
        self._quit = self._add(quit_app, role.QuitRole, key.Quit)

    def show_model(self, model: Menu) -> None:
        """Name the rows as the menu of the icon does."""
        for action, text in ((self._about, model.about), (self._settings, model.settings), (self._quit, model.quit)):
            action.setText(text)

    def close(self) -> None:
        """Take the menu away."""
        self._bar.deleteLater()

    def _add(
        self, do: Callable[[], None], role: QAction.MenuRole, key: QKeySequence.StandardKey | None = None
    ) -> QAction:
        action = QAction(self._menu)
        action.setMenuRole(role)
        if key is not None:
            action.setShortcut(QKeySequence(key))
        action.triggered.connect(self._without_state(do))
        self._menu.addAction(action)
        return action

    @staticmethod
    def _without_state(do: Callable[[], None]) -> Callable[[bool], None]:
        """``do`` without the state that Qt hands over, for a function that could take it for something else."""
        return lambda _checked: do()
