import os
from collections.abc import Callable
from typing import cast

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QColor, QIcon, QPalette
from PySide6.QtWidgets import QApplication, QSystemTrayIcon
from pytestqt.qtbot import QtBot

from probe_tray.adapters.systems.desktop import PlainDesktop, SystemDesktop
from probe_tray.adapters.systems.macos_desktop import MacosDesktop
from probe_tray.adapters.systems.windows_desktop import WindowsDesktop
from probe_tray.core.settings import IconInk
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import ON_DARK, ON_EITHER, ON_LIGHT, IconPainter, Ink
from probe_tray.ui.tray.panel_change_filter import PanelChangeFilter
from probe_tray.ui.tray.tray import TrayIcon, clicks
from probe_tray.ui.tray.tray_watcher import TrayWatcher
from probe_tray.view.view_models import IconLook, Tray
from tests.support.patience import PATIENCE_MS
from tests.support.widgets import no_icon_yet

# The screenless platform has no tray to follow.
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)


def make_icon(app: QApplication, is_there: Callable[[], bool]) -> TrayIcon:
    desktop, watcher = PlainDesktop(os.environ), TrayWatcher(None, x11=True)
    return TrayIcon(no_icon_yet(), lambda _: None, IconPainter(), Theme(app, lambda: False), desktop, is_there, watcher)


@pytest.mark.parametrize(
    ("desktop", "expected"),
    [
        ("", ON_EITHER),
        ("KDE", ON_EITHER),
        ("MATE", ON_EITHER),
        ("LXQt", ON_EITHER),
        ("sway", ON_EITHER),
        ("XFCE", ON_DARK),
        ("ubuntu:GNOME", ON_DARK),
        ("X-Cinnamon", ON_DARK),
    ],
)
def test_the_ink_reads_on_the_panel_of_the_desktop(
    qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch, desktop: str, expected: object
) -> None:
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", desktop)
    icon = make_icon(qapp, lambda: False)
    assert icon.ink == expected


def test_the_ink_of_macos_reads_on_any_wallpaper(
    qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    icon = make_icon(qapp, lambda: False)
    monkeypatch.setattr("sys.platform", "darwin")
    assert icon.ink == ON_EITHER


def test_a_double_click_on_windows_does_not_shut_what_its_first_click_opened() -> None:
    reason = QSystemTrayIcon.ActivationReason
    assert clicks(WindowsDesktop()) == {reason.Trigger}
    assert clicks(PlainDesktop({})) == {reason.Trigger, reason.DoubleClick}
    assert clicks(MacosDesktop()) == frozenset()


def test_a_panel_that_nobody_describes_may_be_dark_over_light_windows_and_light_over_dark_ones(
    qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "KDE")
    icon = make_icon(qapp, lambda: False)
    before, dark = QPalette(qapp.palette()), QPalette(qapp.palette())
    dark.setColor(QPalette.ColorRole.Window, QColor("#202020"))
    dark.setColor(QPalette.ColorRole.WindowText, QColor("#eeeeee"))
    try:
        qapp.setPalette(dark)
        assert icon.ink == ON_EITHER
    finally:
        qapp.setPalette(before)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [(IconInk.DARK_PANEL, ON_DARK), (IconInk.LIGHT_PANEL, ON_LIGHT), (IconInk.COLOURED, ON_EITHER)],
)
def test_the_person_chooses_the_ink(
    qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch, chosen: IconInk, expected: Ink
) -> None:
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "XFCE" if chosen is not IconInk.DARK_PANEL else "KDE")
    icon = make_icon(qapp, lambda: False)
    icon.show_model(Tray(look=IconLook(), tooltip="", ink=chosen))
    assert icon.ink == expected


@pytest.mark.parametrize("background", ["#ffffff", "#000000"])
@pytest.mark.parametrize("colour", [ON_EITHER.plain, ON_EITHER.warning, ON_EITHER.warning_number, ON_EITHER.critical])
def test_the_ink_for_any_panel_reads_on_white_and_on_black(colour: str, background: str) -> None:
    assert _contrast(colour, background) >= 3


def test_what_stands_on_the_badge_reads_too() -> None:
    assert _contrast(ON_EITHER.on_critical, ON_EITHER.critical) >= 3


def test_a_message_by_the_icon_has_its_picture(
    qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Qt's own takes 1 MB for good.
    said: list[tuple[str, str, bool]] = []

    def show(icon: QSystemTrayIcon, title: str, text: str, picture: QIcon) -> None:
        said.append((title, text, picture.cacheKey() == icon.icon().cacheKey()))

    monkeypatch.setattr(QSystemTrayIcon, "showMessage", show)
    tray = make_icon(qapp, lambda: True)
    tray.show_model(Tray(look=IconLook(), tooltip="Probe Tray"))
    tray.look()
    tray.message("Title", "Text")
    assert said == [("Title", "Text", True)]
    tray.close()


@pytest.mark.parametrize("tells", [True, False])
def test_the_icon_follows_a_taskbar_that_turns_dark_or_light(
    qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch, *, tells: bool
) -> None:
    class Taskbar:
        dark = False
        draws_icon = False
        tells_panel_changes = tells

        def changes_panel(self, kind: bytes, message: int) -> bool:
            return (kind, message) == (b"windows_generic_MSG", 4711)

        def panel_is_dark(self) -> bool:
            return self.dark

        def __getattr__(self, name: str) -> object:
            return getattr(PlainDesktop({}), name)

    taskbar, drawn, filters = Taskbar(), list[Ink](), list[PanelChangeFilter]()

    def install(_app: QCoreApplication, one: PanelChangeFilter) -> None:
        filters.append(one)

    def remove(_app: QCoreApplication, one: PanelChangeFilter) -> None:
        filters.remove(one)

    monkeypatch.setattr(QCoreApplication, "installNativeEventFilter", install)
    monkeypatch.setattr(QCoreApplication, "removeNativeEventFilter", remove)

    class Painter:
        def icon(self, look: IconLook, ink: Ink, *, template: bool) -> QIcon:
            drawn.append(ink)
            return IconPainter().icon(look, ink, template=template)

    painter = cast("IconPainter", Painter())
    icon = TrayIcon(
        no_icon_yet(),
        lambda _: None,
        painter,
        Theme(qapp, lambda: False),
        cast("SystemDesktop", taskbar),
        lambda: True,
        TrayWatcher(None, x11=True),
    )
    icon.show_model(Tray(look=IconLook(), tooltip=""))
    icon.look()
    taskbar.dark = True
    if tells:
        (hears,) = filters
        for kind, message in ((b"xcb_generic_event_t", 4711), (b"windows_generic_MSG", 1)):
            assert hears.nativeEventFilter(kind, message) == (False, 0)
        qapp.processEvents()
        assert drawn == [ON_LIGHT]
        assert hears.nativeEventFilter(b"windows_generic_MSG", 4711) == (False, 0)
        qtbot.waitUntil(lambda: len(drawn) > 1, timeout=PATIENCE_MS)
    else:
        # By itself it looks every ten seconds.
        icon.look()
        icon.look()
    icon.close()
    assert (drawn, filters) == ([ON_LIGHT, ON_DARK], [])


class Session:
    """A session whose tray comes and goes."""

    def __init__(self, app: QApplication) -> None:
        self.there = True
        self.told: list[str] = []
        self.icon = make_icon(app, lambda: self.there)
        self.icon.show_model(Tray(look=IconLook(), tooltip="Probe Tray"))
        self.icon.absent.connect(self.note("absent"))
        self.icon.appeared.connect(self.note("appeared"))

    def note(self, word: str) -> Callable[[], None]:
        return lambda: self.told.append(word)

    def look(self, times: int) -> None:
        for _ in range(times):
            self.icon.look()


def test_a_tray_that_is_lost_while_the_program_runs_is_told_of_once(qtbot: QtBot, qapp: QApplication) -> None:
    session = Session(qapp)
    session.look(2)
    session.there = False
    session.look(3)
    assert (session.icon.present, session.told) == (True, ["appeared"])
    session.look(3)
    assert (session.icon.present, session.told) == (False, ["appeared", "absent"])
    session.there = True
    session.look(2)
    assert (session.icon.present, session.told) == (True, ["appeared", "absent", "appeared"])
    session.icon.close()


def test_a_panel_that_is_started_again_at_once_is_no_loss(qtbot: QtBot, qapp: QApplication) -> None:
    session = Session(qapp)
    session.look(1)
    for _ in range(3):
        session.there = False
        session.look(3)
        session.there = True
        session.look(1)
    assert session.told == ["appeared"]
    session.icon.close()


def _contrast(one: str, other: str) -> float:
    """By WCAG 2: 1 for equal colours, 21 for black on white."""
    low, high = sorted((_luminance(QColor(one)), _luminance(QColor(other))))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: QColor) -> float:
    weights = ((colour.redF(), 0.2126), (colour.greenF(), 0.7152), (colour.blueF(), 0.0722))
    return sum(w * (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4) for p, w in weights)


def test_a_middle_click_asks_for_new_numbers_and_opens_nothing(qtbot: QtBot, qapp: QApplication) -> None:
    session = Session(qapp)
    session.icon.clicked.connect(session.note("clicked"))
    session.icon.refresh_wanted.connect(session.note("refresh"))
    session.look(1)
    (shown,) = session.icon.findChildren(QSystemTrayIcon)
    shown.activated.emit(QSystemTrayIcon.ActivationReason.MiddleClick)
    assert session.told == ["appeared", "refresh"]
    session.icon.close()
