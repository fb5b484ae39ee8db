"""Where Windows 11 hides the icon is told once."""

import os

import pytest
from msgspec.structs import replace
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from probe_tray.adapters.systems.desktop import PlainDesktop
from probe_tray.adapters.systems.macos_desktop import MacosDesktop
from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.commands import Arrange
from probe_tray.core.state import AppState
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter
from probe_tray.ui.tray.tray import OverflowHint, TrayIcon
from probe_tray.ui.tray.tray_watcher import TrayWatcher
from probe_tray.view.text.translate import Translator
from probe_tray.view.tray.tray import overflow_words
from probe_tray.view.view_models import IconLook, Tray
from tests.support.widgets import no_icon_yet
from tests.unit.ui.samples import FakeEngine

# The screenless platform has no tray to follow.
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)
READ = AppState(loaded=True)


class Bench:
    def __init__(self, app: QApplication, monkeypatch: pytest.MonkeyPatch, *, hides: bool = True) -> None:
        self.engine = FakeEngine()
        self.there = True
        self.tray = TrayIcon(
            no_icon_yet(),
            lambda _: None,
            IconPainter(),
            Theme(app, lambda: False),
            PlainDesktop(os.environ),
            lambda: self.there,
            TrayWatcher(None, x11=True),
        )
        self.said: list[tuple[str, str]] = []
        self.tray.show_model(Tray(look=IconLook(), tooltip="Probe Tray"))
        monkeypatch.setattr(self.tray, "message", self._say)
        self.hint = OverflowHint(self.engine, self.tray, Translator(), hidden=lambda: hides)

    def _say(self, title: str, text: str) -> None:
        self.said.append((title, text))

    def close(self) -> None:
        self.hint.close()
        self.tray.close()


def test_it_is_told_once_when_the_icon_is_there_and_the_memory_was_read(
    qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(qapp, monkeypatch)
    bench.tray.look()
    assert bench.said == []
    bench.engine.change(READ)
    bench.engine.change(replace(READ, arrangement=Arrangement()))
    words = overflow_words(Translator())
    assert bench.said == [(words.title, words.text)]
    assert bench.engine.sent == [Arrange(Arrangement(overflow_told=True))]
    bench.close()


def test_an_icon_that_comes_late_is_told_of_then(
    qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(qapp, monkeypatch)
    bench.there = False
    bench.tray.look()
    bench.engine.change(READ)
    assert bench.said == []
    bench.there = True
    bench.tray.look()
    assert len(bench.said) == 1
    bench.close()


@pytest.mark.parametrize(("hides", "told"), [(True, True), (False, False)])
def test_nothing_is_told_twice_or_where_nothing_is_hidden(
    qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch, *, hides: bool, told: bool
) -> None:
    bench = Bench(qapp, monkeypatch, hides=hides)
    bench.tray.look()
    bench.engine.change(replace(READ, arrangement=Arrangement(overflow_told=told)))
    assert (bench.said, bench.engine.sent, bench.engine.watched) == ([], [], False)
    bench.close()


def test_windows_shows_all_of_the_words() -> None:
    words = overflow_words(Translator())
    assert len(words.title) <= 63
    assert len(words.text) <= 255


def test_other_systems_hide_nothing() -> None:
    assert not PlainDesktop({}).hides_new_icons()
    assert not MacosDesktop().hides_new_icons()
