"""The window that asks once."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from probe_tray.ui.question_controller import QuestionController
from probe_tray.ui.question_dialog import QuestionDialog
from probe_tray.ui.theme import Theme
from probe_tray.view.models.model_test import consent
from probe_tray.view.panel.account_menu import vault_reset_question
from probe_tray.view.text.translate import Translator
from tests.support.patience import PATIENCE_MS
from tests.unit.ui.held_return import hold_return


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


def test_it_opens_on_a_screen_that_is_there(qapp: QApplication, qtbot: QtBot) -> None:
    question = QuestionDialog(Theme(qapp, lambda: False))
    qtbot.addWidget(question)
    for _ in range(2):
        question.ask(vault_reset_question(Translator()), lambda _: None)
        assert question.screen().availableGeometry().contains(question.frameGeometry())
        question.move(3000, 200)
        question.close()


def test_one_that_was_minimised_comes_back_with_the_next_question(qapp: QApplication, qtbot: QtBot) -> None:
    question = QuestionDialog(Theme(qapp, lambda: False))
    qtbot.addWidget(question)
    question.ask(vault_reset_question(Translator()), lambda _: None)
    question.showMinimized()
    question.ask(consent(2, Translator()), lambda _: None)
    assert (question.isVisible(), question.isMinimized()) == (True, False)


def test_the_return_that_led_to_a_question_does_not_answer_it(qapp: QApplication, qtbot: QtBot) -> None:
    question, answers = QuestionDialog(Theme(qapp, lambda: False)), list[bool]()
    qtbot.addWidget(question)
    question.ask(consent(2, Translator()), answers.append)
    hold_return(question.focusWidget())
    assert (answers, question.isVisible()) == ([], True)
    QTest.keyClick(question.focusWidget(), Qt.Key.Key_Return)
    assert (answers, question.isVisible()) == ([False], False)


def test_to_take_a_question_back_makes_no_window(qapp: QApplication) -> None:
    asking = QuestionController(Theme(qapp, lambda: False))
    before = set(QApplication.topLevelWidgets())
    asking.take_back()
    assert set(QApplication.topLevelWidgets()) == before
