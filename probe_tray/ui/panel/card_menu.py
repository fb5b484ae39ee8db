"""The menu of a card: made when it opens, gone when it closes."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from probe_tray.view.panel.account_menu import Groups
from probe_tray.view.view_models import ActionKind, CardAction

_NO_KEYS: Mapping[ActionKind, str] = MappingProxyType({})


def open_card_menu(
    parent: QWidget,
    groups: Groups,
    act: Callable[[CardAction], None],
    at: QPoint,
    keys: Mapping[ActionKind, str] = _NO_KEYS,
) -> QMenu:
    """Show ``groups`` at ``at`` on the screen; nothing waits for it. ``keys`` do the same without the menu."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for group in groups:
        if not menu.isEmpty():
            menu.addSeparator()
        _fill(menu, group, act, keys)
    menu.popup(at)
    return menu


def _fill(
    menu: QMenu, group: Sequence[CardAction], act: Callable[[CardAction], None], keys: Mapping[ActionKind, str]
) -> None:
    for action in group:
        row = menu.addAction(action.label)
        row.triggered.connect(_runner(action, act))
        if action.kind in keys:
            # Shown at the row's end; the list itself listens to the key.
            row.setShortcut(QKeySequence(keys[action.kind]))
            row.setShortcutVisibleInContextMenu(True)
            row.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)


def _runner(action: CardAction, act: Callable[[CardAction], None]) -> Callable[[], None]:
    # Qt would hand its "checked" to a function that could take it.
    return lambda: act(action)
