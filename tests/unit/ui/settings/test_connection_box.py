"""The way to the service in the settings window, over a fake engine."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from probe_tray.core.account.secret import Secret
from probe_tray.core.commands import FindProxy, StopConnectionCheck, TryConnection
from probe_tray.core.errors import ProxyFailedError
from probe_tray.core.service.connection import ConnectionCheck, ConnectionStep, FoundProxy, Reached
from probe_tray.core.settings import Settings
from probe_tray.core.state import AppState
from probe_tray.ui.settings.connection_box import ConnectionBox
from probe_tray.ui.settings.connection_controller import ConnectionController
from probe_tray.ui.settings.setting_card import SettingCard
from probe_tray.ui.settings.settings_dialog import SettingsDialog
from probe_tray.ui.settings.settings_page import SettingsPage
from probe_tray.ui.theme import Theme
from probe_tray.view.text.translate import Translator
from tests.support.widgets import part, parts, texts
from tests.unit.ui import samples


class Bench:
    def __init__(self, app: QApplication) -> None:
        self.engine = samples.FakeEngine(AppState())
        self.dialog = SettingsDialog(Theme(app, lambda: False), Translator(), lambda _: None)
        self.testing = ConnectionController(self.engine, self.dialog, Translator())

    def change(self, check: ConnectionCheck) -> None:
        self.engine.change(AppState(connection=check))
        self.testing.draw()

    def press(self) -> None:
        """The only button there, which says what it does now."""
        self.dialog.reveal("proxy")
        QTest.mouseClick(part(self.box, QPushButton), Qt.MouseButton.LeftButton)

    def lines(self) -> list[str]:
        self.dialog.reveal("proxy")
        return texts(self.box)

    @property
    def box(self) -> ConnectionBox:
        """What stands below the proxy, whose page is open."""
        return part(self.dialog, ConnectionBox)


@pytest.fixture
def bench(qtbot: QtBot, qapp: QApplication) -> Iterator[Bench]:
    found = Bench(qapp)
    yield found
    found.dialog.close()
    found.dialog.deleteLater()


def test_opening_the_settings_looks_for_the_proxy_that_they_lead_to(bench: Bench) -> None:
    bench.dialog.open_with(Settings())
    assert bench.engine.sent == [FindProxy(None)]
    bench.change(ConnectionCheck(proxy=FoundProxy(place="HTTPS_PROXY", shown="http://proxy:8080")))
    assert bench.lines() == ["From HTTPS_PROXY: http://proxy:8080"]


def test_the_test_takes_what_is_typed_and_not_yet_saved(bench: Bench) -> None:
    bench.dialog.open_with(Settings())
    bench.dialog.pages.field("proxy").show("http://ana:s3cret@typed:1")
    bench.press()
    assert bench.engine.sent[1:] == [TryConnection(Secret("http://ana:s3cret@typed:1"))]
    assert "s3cret" not in repr(bench.engine.sent)


def test_a_test_that_runs_is_ended_by_the_same_button(bench: Bench) -> None:
    bench.dialog.open_with(Settings(proxy=""))
    bench.change(ConnectionCheck(running=True))
    bench.press()
    assert bench.engine.sent == [FindProxy(Secret("")), StopConnectionCheck()]


def test_a_test_that_runs_ends_with_the_window(bench: Bench) -> None:
    bench.dialog.open_with(Settings(proxy=""))
    bench.change(ConnectionCheck(running=True))
    bench.dialog.reject()
    assert bench.engine.sent == [FindProxy(Secret("")), StopConnectionCheck()]


def test_the_step_that_failed_is_named_with_its_remedy_and_forgotten_at_the_next_opening(bench: Bench) -> None:
    bench.dialog.open_with(Settings())
    problem = ProxyFailedError(reason="it is gone").problem
    reached = Reached(steps=(ConnectionStep.NAME, ConnectionStep.PROXY), failed=ConnectionStep.PROXY, problem=problem)
    bench.change(ConnectionCheck(reached=reached))
    assert bench.lines() == [
        "✓",
        "The address of the proxy was found",
        "✗",
        "No connection through the proxy",
        "Can't connect: it is gone.",
        "Check the proxy's address and that it is running, or ask your network administrator.",
    ]
    bench.dialog.reject()
    bench.dialog.open_with(Settings())
    assert bench.lines() == []


def test_what_a_test_has_come_to_is_scrolled_into_sight_on_a_low_screen(bench: Bench) -> None:
    bench.dialog.open_with(Settings())
    bench.dialog.reveal("proxy")
    bench.dialog.resize(bench.dialog.width(), 260)
    QApplication.processEvents()
    problem = ProxyFailedError(reason="it is gone").problem
    steps = (ConnectionStep.NAME, ConnectionStep.PROXY)
    bench.change(ConnectionCheck(reached=Reached(steps=steps, failed=ConnectionStep.PROXY, problem=problem)))
    QApplication.processEvents()
    said = next(label for label in parts(bench.box, QLabel) if "gone" in label.text())
    page = next(p for p in parts(bench.dialog, SettingsPage) if p.isAncestorOf(said))
    assert page.viewport().rect().contains(QRect(said.mapTo(page.viewport(), QPoint()), said.size()))


def test_the_cards_of_a_page_that_scrolls_end_where_those_of_the_others_do(bench: Bench) -> None:
    bench.dialog.open_with(Settings())
    bench.dialog.reveal("proxy")
    QApplication.processEvents()
    page = next(p for p in parts(bench.dialog, SettingsPage) if p.isVisible())

    def edge() -> int:
        card = next(card for card in parts(page, SettingCard) if card.isVisible())
        return card.mapTo(bench.dialog, QPoint(card.width(), 0)).x()

    before = edge()
    bench.dialog.resize(bench.dialog.width(), 260)
    QApplication.processEvents()
    assert page.verticalScrollBar().maximum() > 0
    assert edge() == before
