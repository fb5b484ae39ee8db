"""The window that asks once."""

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from probe_tray.ui.question_dialog import QuestionDialog
from probe_tray.ui.theme import Theme
from probe_tray.view.panel.account_menu import vault_reset_question
from probe_tray.view.text.translate import Translator
from tests.support.patience import PATIENCE_MS


def test_it_opens_beside_the_window_that_asks(qapp: QApplication, qtbot: QtBot) -> None:
    asker, question = QWidget(), QuestionDialog(Theme(qapp, lambda: False))
    qtbot.addWidget(asker)
    qtbot.addWidget(question)
    asker.setGeometry(QRect(20, 60, 300, 300))
    asker.show()
    asker.activateWindow()
    qtbot.waitUntil(asker.isActiveWindow, timeout=PATIENCE_MS)
    question.ask(vault_reset_question(Translator()), lambda _: None)
    assert question.frameGeometry().left() > asker.frameGeometry().right()
    assert question.frameGeometry().top() == asker.frameGeometry().top()
