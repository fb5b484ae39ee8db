"""The body with the desktop's own windows over doubles: what a person clicks, and what Qt shows."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from probe_tray.adapters.systems.current import this_desktop
from probe_tray.engine.runtime import Engine
from probe_tray.ui.panel.card_model import CardModel
from probe_tray.ui.panel.panel import PanelWindow
from probe_tray.ui.question_dialog import QuestionDialog
from probe_tray.ui.shell import Shell
from probe_tray.view.view_models import ActionKind, CardAction
from tests.scenarios.doubles import Doubles
from tests.support.patience import PATIENCE_MS
from tests.support.widgets import tray_icon
from tests.unit.ui.shell_contexts import shell_context

_W = TypeVar("_W", bound=QWidget)


class Windows(Doubles):
    """Nothing is asked of the shell but what it does by itself after a change, and after a click."""

    def __init__(self, qtbot: QtBot, app: QApplication) -> None:
        super().__init__()
        self._bot, self._app = qtbot, app
        self._shell: Shell | None = None
        self._others: set[QWidget] = set()

    @property
    def shell(self) -> Shell:
        assert self._shell is not None, "the program was not started"
        return self._shell

    def choose_log_in(self) -> None:
        self._choose("Log in to Codex")

    def choose_refresh(self) -> None:
        self._choose("Refresh now")

    def choose_use(self, person: str) -> None:
        def rows() -> list[QAction]:
            menus = [menu for menu in self._own(QMenu) if menu.title() == "Use in &Codex"]
            return [a for menu in menus for a in menu.actions() if a.text().startswith(f"{person}@example.com")]

        # It is drawn anew only some time after a change.
        self._bot.waitUntil(lambda: bool(rows()), timeout=PATIENCE_MS)
        rows()[0].trigger()

    def choose_removal(self, person: str) -> None:
        self.shell.act(CardAction(kind=ActionKind.REMOVE, label="", key=self.account(person).key))
        question = next(window for window in self._own(QuestionDialog) if window.isVisible())
        question.findChildren(QCheckBox)[0].setChecked(True)
        yes = next(button for button in question.findChildren(QPushButton) if not button.isDefault())
        QTest.mouseClick(yes, Qt.MouseButton.LeftButton)

    def tray_text(self) -> str:
        return self._drawn(super().tray_text(), tray_icon(self.shell).toolTip)

    def card(self, person: str) -> str:
        # A closed panel is not drawn.
        self.shell.show_panel()
        self._bot.waitUntil(lambda: any(window.isVisible() for window in self._own(PanelWindow)), timeout=PATIENCE_MS)
        (panel,) = (window for window in self._own(PanelWindow) if window.isVisible())
        cards, key = panel.findChildren(CardModel)[0], self.account(person).key

        def spoken() -> str:
            row = cards.row_of(key)
            return "" if row is None else cards.index(row).data(Qt.ItemDataRole.AccessibleTextRole)

        try:
            return self._drawn(super().card(person), spoken)
        finally:
            panel.hide()

    @asynccontextmanager
    async def built(self) -> AsyncGenerator[Engine]:
        async with super().built() as engine:
            # Before the first icon is made, whose menu is one of this program's windows.
            self._others = set(QApplication.topLevelWidgets())
            around = shell_context(clock=self.clock, desktop=this_desktop())
            self._shell = Shell(self._app, engine, around, lambda: None)
            try:
                yield engine
            finally:
                self._shell.close()

    def _choose(self, text: str) -> None:
        actions = [action for menu in self._own(QMenu) for action in menu.actions()]
        next(action for action in actions if action.isVisible() and text in action.text()).trigger()

    def _own(self, kind: type[_W]) -> list[_W]:
        """The windows of this program, and of none that another test has left."""
        windows = QApplication.topLevelWidgets()
        return [window for window in windows if isinstance(window, kind) and window not in self._others]

    def _drawn(self, wanted: str, shown: Callable[[], str]) -> str:
        """What is ``shown`` once the windows were drawn anew, which must be what the state is worded like."""
        self._bot.waitUntil(lambda: shown() == wanted, timeout=PATIENCE_MS)
        return shown()
