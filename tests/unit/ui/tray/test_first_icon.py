"""The icon of the very start: what it shows, and what becomes of clicks that nobody could do yet."""

import pytest
from msgspec.structs import replace
from PySide6.QtGui import QIcon, QImage
from PySide6.QtWidgets import QApplication, QSystemTrayIcon
from pytestqt.qtbot import QtBot

from probe_tray.adapters.systems.desktop import PlainDesktop
from probe_tray.core.settings import IconInk
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.first_icon import FirstIcon
from probe_tray.ui.tray.icon import ON_DARK, ON_EITHER, IconPainter
from probe_tray.ui.tray.tray import TrayIcon
from probe_tray.ui.tray.tray_watcher import TrayWatcher
from probe_tray.view.tray.icon_look import IconLook, LastIcon
from probe_tray.view.view_models import Tray

# The screenless platform has no tray to follow.
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)
LOOK = IconLook(weekly=35, short=60)
LAST = LastIcon(look=LOOK, ink=IconInk.DARK_PANEL)


class Start:
    """A start with a tray, and the parts that come later."""

    def __init__(self, app: QApplication, last: LastIcon | None) -> None:
        self.first = FirstIcon(last, PlainDesktop({}), lambda: True)
        self.app = app
        self.kept: list[LastIcon] = []
        self.told: list[str] = []

    @property
    def shown(self) -> QSystemTrayIcon:
        (icon,) = self.first.findChildren(QSystemTrayIcon)
        return icon

    def go_on(self, model: Tray) -> TrayIcon:
        tray = TrayIcon(
            self.first,
            self.kept.append,
            IconPainter(),
            Theme(self.app, lambda: False),
            PlainDesktop({}),
            lambda: True,
            TrayWatcher(None, x11=True),
        )
        tray.show_model(model)
        tray.clicked.connect(lambda: self.told.append("clicked"))
        tray.refresh_wanted.connect(lambda: self.told.append("refresh"))
        return tray


def picture(icon: QIcon) -> QImage:
    return icon.pixmap(22).toImage()


def test_what_was_shown_last_is_there_at_once_and_looks_old(qtbot: QtBot, qapp: QApplication) -> None:
    start = Start(qapp, LAST)
    expected = IconPainter().icon(replace(LOOK, stale=True), ON_DARK)
    assert start.shown.isVisible()
    assert picture(start.shown.icon()) == picture(expected)
    start.first.close()


def test_a_first_start_shows_that_nothing_is_known(qtbot: QtBot, qapp: QApplication) -> None:
    start = Start(qapp, None)
    assert picture(start.shown.icon()) == picture(IconPainter().icon(IconLook(stale=True), ON_EITHER))
    start.first.close()


def test_the_same_icon_goes_on_and_changes_once_something_is_known(qtbot: QtBot, qapp: QApplication) -> None:
    start = Start(qapp, LAST)
    shown, before = start.shown, picture(start.shown.icon())
    tray = start.go_on(Tray(look=IconLook(), tooltip="Reading", known=False))
    tray.look()
    assert tray.findChildren(QSystemTrayIcon) == [shown]
    assert (picture(shown.icon()), shown.toolTip(), start.kept) == (before, "Reading", [])
    tray.show_model(Tray(look=LOOK, tooltip="35%", ink=IconInk.DARK_PANEL))
    assert picture(shown.icon()) == picture(IconPainter().icon(LOOK, ON_DARK))
    assert start.kept == [LAST]
    tray.close()


def test_clicks_before_anything_can_be_done_are_done_once_it_can(qtbot: QtBot, qapp: QApplication) -> None:
    start = Start(qapp, LAST)
    reason = QSystemTrayIcon.ActivationReason
    for one in (reason.Trigger, reason.MiddleClick):
        start.shown.activated.emit(one)
    tray = start.go_on(Tray(look=LOOK, tooltip=""))
    assert start.told == []
    tray.look()
    assert start.told == ["clicked", "refresh"]
    tray.look()
    assert start.told == ["clicked", "refresh"]
    tray.close()


def test_a_start_that_fails_takes_its_icon_away(qtbot: QtBot, qapp: QApplication) -> None:
    start = Start(qapp, LAST)
    shown = start.shown
    start.first.close()
    assert not shown.isVisible()


def test_only_percents_are_shown() -> None:
    assert LAST.is_sound()
    assert LastIcon(look=IconLook(), ink=IconInk.AUTOMATIC).is_sound()
    for wrong in (replace(LOOK, weekly=101), replace(LOOK, short=-1), replace(LOOK, number=10**9)):
        assert not replace(LAST, look=wrong).is_sound()
