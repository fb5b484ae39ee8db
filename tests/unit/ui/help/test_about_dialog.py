"""The window "About", opened as a person does."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from PySide6.QtGui import QFont, QGuiApplication, QTextLayout
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea
from pytestqt.qtbot import QtBot

from probe_tray.core.commands import OpenReleasePage
from probe_tray.core.settings import Language
from probe_tray.core.update.release import Release
from probe_tray.ui.help.about_controller import AboutController
from probe_tray.ui.help.about_dialog import AboutDialog
from probe_tray.ui.preferences import load_catalogue
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter
from probe_tray.view.text.translate import Translator
from tests.support.patience import PATIENCE_MS
from tests.support.widgets import open_windows, opened
from tests.unit.ui import samples
from tests.unit.ui.samples import FakeEngine, FakeInspector


class Opened:
    def __init__(self, app: QApplication) -> None:
        self.translator = Translator()
        self.helped = 0
        self.engine = FakeEngine(samples.four())
        self.window = AboutController(
            self.engine, Theme(app, lambda: False), IconPainter(), FakeInspector(), self.translator, self._help
        )
        self.window.show(lambda: samples.NOW, tray=True, ink="#3792a5")

    def _help(self) -> None:
        self.helped += 1

    @property
    def dialog(self) -> AboutDialog:
        return opened(AboutDialog)

    def texts(self) -> list[str]:
        return [label.text() for label in self.dialog.findChildren(QLabel) if label.text()]

    def button(self, text: str) -> QPushButton:
        return next(b for b in self.dialog.findChildren(QPushButton) if b.text() == text)


def glyphs(text: str, font: QFont) -> list[int]:
    """The shapes that are drawn for a text."""
    layout = QTextLayout(text, font)
    layout.beginLayout()
    layout.createLine()
    layout.endLayout()
    return [glyph for run in layout.glyphRuns() for glyph in run.glyphIndexes()]


@pytest.fixture
def about(qtbot: QtBot, qapp: QApplication) -> Iterator[Opened]:
    opened = Opened(qapp)
    yield opened
    opened.window.close()


def test_with_large_letters_it_is_as_high_as_what_it_says(qtbot: QtBot, qapp: QApplication) -> None:
    before = QFont(qapp.font())
    font = QFont(["Inter", "Noto Sans CJK SC"])
    font.setPixelSize(20)
    qapp.setFont(font)
    about = Opened(qapp)
    QApplication.processEvents()
    (page,) = about.dialog.findChildren(QScrollArea)
    assert not page.verticalScrollBar().isVisible()
    inside = page.widget()
    assert inside is not None
    assert page.viewport().height() >= inside.heightForWidth(page.viewport().width())
    about.window.close()
    qapp.setFont(before)


def test_every_letter_is_drawn_as_it_is_written(qapp: QApplication) -> None:
    before = QFont(qapp.font())
    qapp.setFont(QFont(["Inter", "Noto Sans CJK SC"]))
    about = Opened(qapp)
    QApplication.processEvents()
    texts = [label for label in about.dialog.findChildren(QLabel) if "SecretService" in label.text()]
    fonts = [label.font() for label in texts] + [Theme(qapp, lambda: False).font(figures=True)]
    drawn = {glyphs("6.1 x86_64", font)[4] == glyphs("x", font)[0] for font in fonts}
    about.window.close()
    qapp.setFont(before)
    assert drawn == {True}
    assert len(fonts) == 2


def test_it_opens_the_guides(about: Opened) -> None:
    about.button("Help and &guides").click()
    assert about.helped == 1


def test_it_tells_version_machine_and_license(about: Opened) -> None:
    texts = about.texts()
    assert about.dialog.isVisible()
    assert not about.dialog.isModal()
    assert about.dialog.windowTitle() == "About Probe Tray"
    assert "Probe Tray 1.2.3" in texts
    assert "SecretService" in texts
    assert any("MIT license" in text for text in texts)


def test_the_diagnostics_are_copied_cleaned_and_masked(about: Opened, qtbot: QtBot) -> None:
    about.button("&Copy diagnostics").click()
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("cleaned:\nProbe Tray 1.2.3, 2026-11-22")
    assert "ana@example.com" not in copied
    assert about.button("Copied")
    buttons = about.dialog.findChildren
    qtbot.waitUntil(lambda: any(b.text() == "&Copy diagnostics" for b in buttons(QPushButton)), timeout=PATIENCE_MS)


def test_it_follows_the_language(about: Opened) -> None:
    about.translator.use(load_catalogue(Language.CHINESE, ()))
    about.window.draw()
    assert about.dialog.windowTitle() == "关于 Probe Tray"
    assert about.button("关闭")


def test_close_and_escape_take_it_away(about: Opened) -> None:
    about.button("Close").click()
    assert not open_windows(AboutDialog)
    about.window.show(lambda: samples.NOW, tray=False, ink="#3792a5")
    assert "none found; the window is used instead" in about.texts()


def test_nothing_in_it_is_cut_off(about: Opened) -> None:
    for label in about.dialog.findChildren(QLabel):
        if label.text():
            assert label.height() >= label.heightForWidth(label.width()) or not label.wordWrap()


def test_a_newer_version_is_named_with_a_button_to_its_page(about: Opened) -> None:
    assert not any(b.isVisible() and "new" in b.text() for b in about.dialog.findChildren(QPushButton))
    about.engine.change(replace(samples.four(), release=Release(version="2.0.0", changes=("A <b>point</b>.",))))
    about.window.show(lambda: samples.NOW, tray=True, ink="#3792a5")
    assert "Probe Tray 2.0.0 is available.\n• A <b>point</b>." in about.texts()
    about.button("What's &new").click()
    assert about.engine.sent[-1] == OpenReleasePage()
    test_nothing_in_it_is_cut_off(about)
