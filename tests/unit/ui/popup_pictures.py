"""What opens over a window: menus, tooltips and lists of choices in the theme's colours, for the contact sheets."""

from collections.abc import Callable

from PySide6.QtCore import QPoint
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QComboBox, QToolTip, QWidget

from probe_tray.core.account.identity import StoreKind
from probe_tray.core.settings import Settings
from probe_tray.core.state import AppState
from probe_tray.ui.panel.card_actions import open_card_menu
from probe_tray.ui.panel.panel import PanelWindow
from probe_tray.view.panel.account_menu import account_menu
from probe_tray.view.text.translate import Translator
from tests.support.widgets import parts
from tests.unit.ui import samples
from tests.unit.ui.settings_walk import each_page

_HERE = QPoint(40, 40)


def popups(panel: PanelWindow, settings: QWidget, t: Translator, grab: Callable[[QWidget], QPixmap]) -> list[QPixmap]:
    """The menus of two cards, a tooltip of the panel, and each list of choices in the settings, open."""
    for window in (panel, settings):
        window.show()
    both = (StoreKind.FOLDER, StoreKind.OFFICIAL)
    ours = samples.account("ana@example.com", revocable=True)
    file = samples.account("lee@studio.example", stores=both, location="/home/ana/logins/codex-lee@studio.example.json")
    drawn: list[QPixmap] = []
    state = AppState(accounts=(ours, file), settings=Settings(sync_dir="~/logins"))
    for account in state.accounts:
        groups = account_menu(account, state, samples.NOW, t)
        menu = open_card_menu(panel, groups, lambda _: None, _HERE, account.email)
        menu.setActiveAction(menu.actions()[1])
        drawn.append(grab(menu))
    told = next(part for part in panel.findChildren(QWidget) if part.toolTip() and part.isVisible())
    QToolTip.showText(_HERE, told.toolTip(), told)
    drawn.append(grab(next(w for w in QApplication.topLevelWidgets() if w.inherits("QTipLabel"))))
    for _ in each_page(settings):
        for combo in parts(settings, QComboBox):
            combo.showPopup()
            drawn.append(grab(combo.view().window()))
            combo.hidePopup()
    for window in (panel, settings):
        window.hide()
    return drawn
