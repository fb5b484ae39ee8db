import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import ON_DARK, ON_LIGHT, IconPainter
from probe_tray.ui.tray.tray import TrayIcon


@pytest.mark.parametrize(
    ("desktop", "expected"),
    [("", ON_LIGHT), ("KDE", ON_LIGHT), ("XFCE", ON_DARK), ("ubuntu:GNOME", ON_DARK), ("X-Cinnamon", ON_DARK)],
)
def test_the_ink_reads_on_the_panel_of_the_desktop(
    qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch, desktop: str, expected: object
) -> None:
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", desktop)
    icon = TrayIcon(QMenu(), IconPainter(), Theme(qapp), lambda: False)
    assert icon.ink == expected


def test_dark_windows_mean_a_dark_panel(qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "KDE")
    icon = TrayIcon(QMenu(), IconPainter(), Theme(qapp), lambda: False)
    before, dark = QPalette(qapp.palette()), QPalette(qapp.palette())
    dark.setColor(QPalette.ColorRole.Window, QColor("#202020"))
    dark.setColor(QPalette.ColorRole.WindowText, QColor("#eeeeee"))
    try:
        qapp.setPalette(dark)
        assert icon.ink == ON_DARK
    finally:
        qapp.setPalette(before)
