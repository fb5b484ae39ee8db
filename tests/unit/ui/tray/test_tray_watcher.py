"""On a real bus of the test's own, a tray that comes or goes is told of and need not be asked for."""

from collections.abc import Iterator

import pytest
from PySide6.QtDBus import QDBusConnection
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter
from probe_tray.ui.tray.tray import TrayIcon
from probe_tray.ui.tray.tray_watcher import TrayWatcher
from probe_tray.view.view_models import IconLook, Tray
from tests.support.desktops import FakeDesktop
from tests.support.patience import PATIENCE_MS
from tests.support.session_bus import DAEMON, MISSING, session_bus
from tests.support.widgets import no_icon_yet

NAME = "org.kde.StatusNotifierWatcher"

pytestmark = [
    pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True),
    pytest.mark.skipif(DAEMON is None, reason=MISSING),
]


@pytest.fixture
def address() -> Iterator[str]:
    with session_bus() as bus:
        yield bus
        for name in ("desktop", "program"):
            QDBusConnection.disconnectFromBus(name)


@pytest.mark.parametrize("x11", [False, True])
def test_a_tray_that_goes_and_comes_back_is_told_of_and_not_asked_for(
    qtbot: QtBot, qapp: QApplication, address: str, *, x11: bool
) -> None:
    desktop = QDBusConnection.connectToBus(address, "desktop")
    assert desktop.registerService(NAME)
    asked = list[bool]()

    def available() -> bool:
        asked.append(bool(desktop.interface().isServiceRegistered(NAME).value()))
        return asked[-1]

    watcher = TrayWatcher(QDBusConnection.connectToBus(address, "program"), x11=x11)
    icon = TrayIcon(
        no_icon_yet(), lambda _: None, IconPainter(), Theme(qapp, lambda: False), FakeDesktop(), available, watcher
    )
    icon.show_model(Tray(look=IconLook(), tooltip="Probe Tray"))
    icon.look()
    assert (icon.present, watcher.tells_after(available=True), asked) == (True, True, [True])
    with qtbot.waitSignal(watcher.changed, timeout=PATIENCE_MS):
        assert desktop.unregisterService(NAME)
    assert (asked, watcher.tells_after(available=True), watcher.tells_after(available=False)) == (
        [True, False],
        False,
        True,
    )
    with qtbot.waitSignal(watcher.changed, timeout=PATIENCE_MS):
        assert desktop.registerService(NAME)
    assert asked == [True, False, True]
    icon.close()


def test_a_tray_that_no_bus_knows_is_asked_for(qtbot: QtBot, qapp: QApplication, address: str) -> None:
    alone = TrayWatcher(QDBusConnection.connectToBus(address, "program"), x11=True)
    assert (alone.tells_after(available=True), alone.tells_after(available=False)) == (False, False)
    wayland = TrayWatcher(QDBusConnection.connectToBus(address, "program"), x11=False)
    assert wayland.tells_after(available=False)
    nowhere = TrayWatcher(None, x11=False)
    assert (nowhere.tells_after(available=True), nowhere.tells_after(available=False)) == (False, False)
