"""The menu of a card: made when it opens, gone when it closes."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QWidget

from probe_tray.view.account_menu import Groups
from probe_tray.view.models import Action


def open_card_menu(parent: QWidget, groups: Groups, act: Callable[[Action], None], at: QPoint) -> QMenu:
    """Show ``groups`` at ``at`` on the screen; nothing waits for it."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for group in groups:
        if not menu.isEmpty():
            menu.addSeparator()
        _fill(menu, group, act)
    menu.popup(at)
    return menu


def _fill(menu: QMenu, group: Sequence[Action], act: Callable[[Action], None]) -> None:
    for action in group:
        menu.addAction(action.label).triggered.connect(_runner(action, act))


def _runner(action: Action, act: Callable[[Action], None]) -> Callable[[], None]:
    # Qt would hand its "checked" to a function that could take it.
    return lambda: act(action)
