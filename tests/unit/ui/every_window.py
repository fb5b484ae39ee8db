"""Opens every window that the desktop has, each with as much in it as there can be, and reads all its texts."""

from collections.abc import Iterator

from msgspec.structs import replace
from PySide6.QtCore import QAbstractItemModel, QCoreApplication, QEvent, QModelIndex, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QTreeWidget,
    QWidget,
)

from probe_tray.adapters.systems.current import this_desktop
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.codex.codex_state import CodexHome, CodexState, CodexUse, CodexUsePhase, HandOver
from probe_tray.core.errors import CredentialFileError, NotRevokedError
from probe_tray.core.errors.phrase import Phrase
from probe_tray.core.models.model_test import ModelRun
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState, LoginPhase, LoginState, Unreadable, Way
from probe_tray.core.update.release import Release
from probe_tray.ui.settings.settings_dialog import SettingsDialog
from probe_tray.ui.shell import Shell
from probe_tray.ui.sync.sync_box import SyncBox
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import ActionKind, CardAction
from tests.support.widgets import opened, parts, tray_icon, tray_menu
from tests.unit.ui import samples, transfers
from tests.unit.ui.samples import FakeEngine
from tests.unit.ui.settings_walk import each_page
from tests.unit.ui.shell_contexts import shell_context
from tests.unit.ui.sync_samples import changing

_ROLES = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)

_MOST_COLUMNS = 8


def rich(*, privacy: bool = False) -> AppState:
    """Every condition, files and places named after people, a login that waits, a past, and tested models."""
    looked_at, odd = samples.looked_at(), samples.conditions()
    first = replace(
        looked_at.accounts[0], stores=(StoreKind.FOLDER,), location="/home/ana/codex_ends_at_example_com_20261122.json"
    )
    broken = CredentialFileError(path="/logins/lost@example.com.json", reason="no login of lost@example.com").problem
    return replace(
        odd,
        settings=Settings(privacy=privacy, model_test_confirmed=True),
        accounts=(first, *odd.accounts, *samples.long_names().accounts),
        unreadable=(Unreadable(location="/logins/lost@example.com.json", problem=broken),),
        details=looked_at.details,
        sync=changing(),
        importing=transfers.found(),
        exporting=transfers.failed(),
        model_run=ModelRun(started_at=samples.NOW, accounts=(first.key,), running=False),
        login=LoginState(
            phase=LoginPhase.WAITING, way=Way.CODE, user_code="ABCD-EFGH", page="https://example.com/device"
        ),
        release=Release(version="2.0.0", changes=("Read the guides in Chinese too.",)),
        trouble=NotRevokedError(who="ana@example.com", reason=Phrase("status {n}", n="503")).problem,
        codex=_in_codex(first),
    )


def _in_codex(account: AccountState) -> CodexState:
    """Its login is in a home that is named after a person, and a hand-over asks about another's."""
    home = CodexHome(
        path="/home/ana@example.com/codex", is_default=False, account=account.key, way=HandOver.LENT, has_kept=True
    )
    use = CodexUse(account=account.key, home=home.path, phase=CodexUsePhase.ASKING, found="mia@example.com")
    return CodexState(homes=(CodexHome(path="~/.codex", is_default=True), home), use=use)


class EveryWindow:
    """A desktop whose windows are all open."""

    def __init__(self, app: QApplication, state: AppState, translator: Translator | None = None) -> None:
        """Open them."""
        # Other tests of this process may have left some, which are not this desktop's.
        self._others = QApplication.topLevelWidgets()
        self.engine = FakeEngine(state)
        around = shell_context(translator=translator, desktop=this_desktop())
        self._shell = Shell(app, self.engine, around, lambda: None)
        self.menu: QMenu = tray_menu(self._shell)
        for action in self.rows():
            # Whatever the menu opens, windows that are yet to come included.
            if action.text() not in {"", "&Quit"} and not isinstance(action.menu(), QMenu) and action.isEnabled():
                action.trigger()
        key = state.accounts[0].key
        self._shell.show_details(key)
        for _ in each_page(opened(SettingsDialog)):
            for box in parts(opened(SettingsDialog), SyncBox):
                for button in (box.set_up, box.key_change):
                    button.click()
        self._shell.act(CardAction(kind=ActionKind.REMOVE, label="", key=key))
        self.draw()
        # Sizes hold only once the windows were laid out.
        app.processEvents()

    def rows(self) -> list[QAction]:
        """The rows of the menu and of the menus in it, hidden ones too."""
        return list(_actions(self.menu))

    def draw(self) -> None:
        """Draw the state as it is now."""
        self._shell.draw()

    def change(self, state: AppState) -> None:
        """Show another state in the same windows."""
        self.engine.change(state)
        self.draw()

    def windows(self) -> list[QWidget]:
        """All that are open."""
        return [w for w in QApplication.topLevelWidgets() if w.isVisible() and w.isWindow()]

    def tooltip(self) -> str:
        """What the icon in the tray says."""
        return tray_icon(self._shell).toolTip()

    def texts(self) -> Iterator[str]:
        """Everything that can be read, seen or heard."""
        yield self.tooltip()
        yield from (action.text() for action in self.rows())
        for window in self.windows():
            yield from _all_texts(window)

    def texts_in_memory(self) -> Iterator[str]:
        """Everything in windows, those that were closed and are kept for a while included: screen readers find it."""
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        for window in QApplication.topLevelWidgets():
            if window not in self._others:
                yield from _all_texts(window)

    def close(self) -> None:
        """Close all of them, as the program does at its end."""
        self._shell.close()
        # What goes later goes now: no loop of Qt's runs between two tests.
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def _actions(menu: QMenu) -> Iterator[QAction]:
    for action in menu.actions():
        yield action
        inner = action.menu()
        if isinstance(inner, QMenu):
            yield from _actions(inner)


def _all_texts(window: QWidget) -> Iterator[str]:
    yield window.windowTitle()
    for widget in (window, *window.findChildren(QWidget)):
        yield from _texts(widget)


def _texts(widget: QWidget) -> Iterator[str]:
    yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription(), widget.statusTip())
    match widget:
        case QLabel() | QAbstractButton():
            yield widget.text()
        case QLineEdit():
            yield from (widget.text(), widget.placeholderText())
        case QComboBox():
            yield from (widget.itemText(row) for row in range(widget.count()))
        case QTreeWidget():
            yield from _cells(widget.model())
        case QAbstractItemView():
            yield from _cells(widget.model())
        case _:
            pass


def _cells(model: QAbstractItemModel, parent: QModelIndex | None = None) -> Iterator[str]:
    for row in range(model.rowCount(parent or QModelIndex())):
        for column in range(_MOST_COLUMNS):
            index = model.index(row, column, parent or QModelIndex())
            if index.isValid():
                yield from (str(index.data(role) or "") for role in _ROLES)
                yield from _cells(model, index) if column == 0 else ()
