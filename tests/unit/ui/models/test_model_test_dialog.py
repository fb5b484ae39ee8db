"""The window of the model test over a fake engine."""

from collections.abc import Iterator
from datetime import UTC

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QProgressBar, QTreeWidget
from pytestqt.qtbot import QtBot

from probe_tray.core.commands import EditSettings, StopModelTest, TryModels
from probe_tray.core.errors import ModelFailedError
from probe_tray.core.models.model_test import ListedBy, ModelResult, ModelRun, ModelTest
from probe_tray.core.settings import Settings, change
from probe_tray.core.state import AppState
from probe_tray.ui.models.model_test_controller import ModelTestController
from probe_tray.ui.models.model_test_dialog import ModelTestDialog
from probe_tray.ui.question_controller import QuestionController
from probe_tray.ui.question_dialog import QuestionDialog
from probe_tray.ui.theme import Theme
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from tests.support.widgets import buttons, open_windows, opened, part, press, rows, texts
from tests.unit.ui import samples

ANA, LEE = samples.account("ana@example.com"), samples.account("lee@example.com")
AGREED = Settings(model_test_confirmed=True)


def state(*results: ModelResult, running: bool, settings: Settings = AGREED) -> AppState:
    test = ModelTest(started_at=samples.NOW, models=("a", "b"), listed_by=ListedBy.SERVICE, results=results)
    run = ModelRun(started_at=samples.NOW, accounts=(ANA.key, LEE.key), running=running)
    return AppState(loaded=True, accounts=(replace(ANA, models=test), LEE), model_run=run, settings=settings)


class Bench:
    def __init__(self, app: QApplication, settings: Settings) -> None:
        self.engine = samples.FakeEngine(AppState(loaded=True, accounts=(ANA, LEE), settings=settings))
        theme = Theme(app, lambda: False)
        self.asking = QuestionController(theme)
        here, t = Now(samples.NOW, UTC), Translator()
        self.testing = ModelTestController(self.engine, theme, t, self.asking, lambda: here)

    @property
    def dialog(self) -> ModelTestDialog:
        return opened(ModelTestDialog)

    def rows(self) -> list[tuple[str, ...]]:
        """Every line of the tree, the models' lines behind their account's."""
        return rows(self.results.model())

    @property
    def results(self) -> QTreeWidget:
        return part(self.dialog, QTreeWidget)

    def change(self, after: AppState) -> None:
        self.engine.change(after)
        self.testing.draw()

    def close(self) -> None:
        self.testing.close()
        self.asking.close()


@pytest.fixture
def new(qtbot: QtBot, qapp: QApplication) -> Iterator[Bench]:
    bench = Bench(qapp, Settings())
    yield bench
    bench.close()


@pytest.fixture
def bench(qtbot: QtBot, qapp: QApplication) -> Iterator[Bench]:
    bench = Bench(qapp, AGREED)
    yield bench
    bench.close()


def test_the_first_time_it_asks_and_nothing_is_sent_before(new: Bench) -> None:
    new.testing.show()
    assert opened(QuestionDialog)
    assert new.engine.sent == []
    opened(QuestionDialog).accept()
    assert new.engine.sent == [EditSettings(change(model_test_confirmed=True)), TryModels(None)]
    assert new.dialog.isVisible()


def test_who_says_no_has_nothing_tested_and_is_asked_again(new: Bench) -> None:
    new.testing.show(ANA.key)
    opened(QuestionDialog).reject()
    assert new.engine.sent == []
    assert not open_windows(ModelTestDialog)
    new.testing.show(ANA.key)
    assert opened(QuestionDialog)


def test_once_agreed_it_begins_at_once(bench: Bench) -> None:
    bench.testing.show(LEE.key)
    assert not open_windows(QuestionDialog)
    assert bench.engine.sent == [TryModels((LEE.key,))]
    assert bench.dialog.isVisible()
    assert not bench.dialog.isModal()


def test_a_run_that_goes_on_is_shown_and_no_other_begins(bench: Bench) -> None:
    bench.change(state(running=True))
    bench.testing.show()
    assert bench.engine.sent == []
    assert "Testing models…" in texts(bench.dialog)


def test_answers_appear_in_place_as_they_come(bench: Bench) -> None:
    bench.testing.show()
    bench.change(state(running=True))
    first = bench.results.topLevelItem(0)
    assert bench.rows() == [
        ("ana@example.com", "", "0 of 2 tested"),
        ("a", "", "Asking…"),
        ("b", "", "Asking…"),
        ("lee@example.com", "", "Waiting…"),
    ]
    good = ModelResult(model="a", latency=0.5)
    bad = ModelResult(model="b", problem=ModelFailedError(reason="it is busy").problem)
    bench.change(state(good, bad, running=False))
    assert bench.results.topLevelItem(0) is first
    assert bench.rows()[:3] == [
        ("ana@example.com", "", "1 of 2 available"),
        ("a", "0.5 s", "Available"),
        ("b", "–", "The model returned an error: it is busy."),
    ]
    assert first is not None
    second = first.child(1)
    assert second is not None
    assert second.toolTip(2) == "The model returned an error: it is busy. Test it again later."


def test_stop_and_again_do_what_they_say(bench: Bench) -> None:
    bench.testing.show()
    bench.change(state(running=True))
    press(bench.dialog, "Stop")
    bench.change(state(running=False))
    assert buttons(bench.dialog) == ["Test again", "Close"]
    press(bench.dialog, "Test again")
    assert bench.engine.sent == [TryModels(None), StopModelTest(), TryModels((ANA.key, LEE.key))]


def test_closing_the_window_stops_nothing(bench: Bench) -> None:
    bench.testing.show()
    bench.change(state(running=True))
    QTest.keyClick(bench.dialog, Qt.Key.Key_Escape)
    assert not open_windows(ModelTestDialog)
    assert bench.engine.sent == [TryModels(None)]
    bench.change(state(running=True))
    assert not open_windows(ModelTestDialog)


def test_fewer_accounts_and_models_leave_no_old_lines(bench: Bench) -> None:
    bench.testing.show()
    bench.change(state(running=True))
    alone = replace(ANA, models=ModelTest(started_at=samples.NOW, models=("z",), listed_by=ListedBy.SERVICE))
    run = ModelRun(started_at=samples.NOW, accounts=(ANA.key,))
    bench.change(AppState(accounts=(alone,), model_run=run, settings=AGREED))
    assert bench.rows() == [("ana@example.com", "", "0 of 1 tested"), ("z", "", "Asking…")]


def test_every_part_has_a_name_for_a_screen_reader(bench: Bench) -> None:
    bench.testing.show()
    bench.change(state(running=True))
    assert bench.results.accessibleName()
    assert part(bench.dialog, QProgressBar).accessibleName()


def test_without_accounts_it_says_so_without_asking(new: Bench) -> None:
    new.change(AppState(loaded=True))
    new.testing.show()
    assert not open_windows(QuestionDialog)
    assert "No account to test" in texts(new.dialog)


def test_what_it_asks_follows_the_accounts_and_goes_with_them(new: Bench) -> None:
    new.testing.show()
    here = new.engine.state
    assert "each of 2 accounts" in texts(opened(QuestionDialog))[1]
    new.engine.change(replace(here, accounts=(ANA,)))
    new.asking.draw()
    assert "of 1 account " in texts(opened(QuestionDialog))[1]
    new.testing.show(ANA.key)
    new.engine.change(replace(here, accounts=(LEE,)))
    new.asking.draw()
    assert not open_windows(QuestionDialog)
    # Its menu may still be open.
    new.testing.show(ANA.key)
    assert (open_windows(QuestionDialog), open_windows(ModelTestDialog), new.engine.sent) == ([], [], [])
