from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLineEdit, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from probe_tray.core.errors import WriteError
from probe_tray.core.settings import Settings, SettingsChange, Storage, change
from probe_tray.core.state import UnsavedChange
from probe_tray.ui.preferences import load_catalogue
from probe_tray.ui.settings.settings_dialog import SettingsDialog
from probe_tray.ui.theme import DARK, LIGHT, Theme
from probe_tray.view.settings.form import form
from probe_tray.view.text.translate import Translator


class Opened:
    """The dialog, and what it saved."""

    def __init__(self, app: QApplication) -> None:
        self.saved: list[SettingsChange] = []
        self.theme = Theme(app)
        self.dialog = SettingsDialog(self.theme, form(Translator()), self.saved.append, Translator().told)


@pytest.fixture
def settings(qtbot: QtBot, qapp: QApplication) -> Iterator[Opened]:
    opened = Opened(qapp)
    yield opened
    opened.dialog.close()
    opened.dialog.deleteLater()


@pytest.mark.parametrize(
    "given",
    [
        Settings(),
        Settings(proxy="", poll_minutes=0, auto_renew=False),
        Settings(proxy="socks5://127.0.0.1:1080", storage=Storage.FOLDER, sync_dir="logins", redirect_host="127.0.0.1"),
    ],
)
def test_what_is_not_touched_is_not_saved_again(settings: Opened, given: Settings) -> None:
    settings.dialog.open_with(given)
    settings.dialog.accept()
    assert settings.saved == []
    assert not settings.dialog.isVisible()


def test_it_opens_at_the_setting_that_is_asked_for(settings: Opened) -> None:
    settings.dialog.open_with(Settings())
    settings.dialog.reveal("proxy")
    widget, focused = settings.dialog.field("proxy").widget, settings.dialog.focusWidget()
    assert focused is not None
    assert widget.isAncestorOf(focused)
    assert not widget.visibleRegion().isEmpty()


def test_cancel_saves_nothing(settings: Opened, qtbot: QtBot) -> None:
    settings.dialog.open_with(Settings())
    settings.dialog.field("poll_minutes").show(30)
    QTest.keyClick(settings.dialog, Qt.Key.Key_Escape)
    settings.dialog.open_with(Settings())
    assert settings.dialog.settings() == Settings()
    assert settings.saved == []


def test_a_folder_must_be_chosen_before_it_is_used(settings: Opened) -> None:
    settings.dialog.open_with(Settings())
    settings.dialog.field("storage").show("folder")
    assert settings.dialog._complaint.text() == "Choose the folder first, or store logins in the vault."
    assert not settings.dialog._saver.isEnabled()
    settings.dialog.accept()
    assert settings.saved == []
    settings.dialog.field("sync_dir").show("logins")
    assert settings.dialog._complaint.text() == ""
    settings.dialog.accept()
    assert settings.saved == [change(storage=Storage.FOLDER, sync_dir="logins")]


def test_the_window_closes_once_its_change_is_saved(settings: Opened) -> None:
    dialog = settings.dialog
    dialog.open_with(Settings())
    dialog.field("poll_minutes").show(15)
    dialog.accept()
    dialog.accept()
    assert settings.saved == [change(poll_minutes=15)]
    dialog.follow(Settings(privacy=True), None)
    assert dialog.isVisible()
    dialog.follow(Settings(privacy=True, poll_minutes=15), None)
    assert not dialog.isVisible()


def test_a_change_that_could_not_be_saved_stays_in_the_window_with_the_reason(settings: Opened) -> None:
    dialog = settings.dialog
    full = WriteError(path="config.json", reason="the disk is full").problem
    dialog.open_with(Settings())
    dialog.field("poll_minutes").show(15)
    dialog.accept()
    other = UnsavedChange(change=change(privacy=True), problem=full)
    dialog.follow(Settings(), other)
    assert dialog._complaint.text() == ""
    refused = UnsavedChange(change=change(poll_minutes=15), problem=full)
    dialog.follow(Settings(), refused)
    assert "the disk is full" in dialog._complaint.text()
    assert dialog.isVisible()
    assert dialog.settings() == Settings(poll_minutes=15)
    dialog.accept()
    # The refusal before is no answer to this try.
    dialog.follow(Settings(), refused)
    dialog.follow(Settings(poll_minutes=15), None)
    assert not dialog.isVisible()
    assert settings.saved == [change(poll_minutes=15)] * 2


def test_the_folder_is_chosen_in_a_window_that_blocks_nothing(settings: Opened, tmp_path: Path) -> None:
    settings.dialog.open_with(Settings())
    widget = settings.dialog.field("sync_dir").widget
    browse = widget.findChild(QPushButton)
    assert isinstance(browse, QPushButton)
    browse.click()
    chooser = settings.dialog.findChild(QFileDialog)
    assert isinstance(chooser, QFileDialog)
    chooser.fileSelected.emit(str(tmp_path))
    assert settings.dialog.field("sync_dir").value() == str(tmp_path)
    chooser.close()


def test_numbers_stay_in_their_range(settings: Opened) -> None:
    box = settings.dialog.field("warn_used_percent").widget
    assert isinstance(box, QSpinBox)
    box.setValue(1000)
    assert box.value() == 100


def test_every_control_has_a_name(settings: Opened) -> None:
    settings.dialog.open_with(Settings())
    for kind in (QSpinBox, QComboBox):
        assert all(control.accessibleName() for control in settings.dialog.findChildren(kind))
    edits = [e for e in settings.dialog.findChildren(QLineEdit) if not isinstance(e.parent(), QSpinBox)]
    assert all(edit.accessibleName() for edit in edits)


def test_windows_follow_the_system_into_the_dark_and_back(settings: Opened, qapp: QApplication) -> None:
    before = QPalette(qapp.palette())
    dark = QPalette(before)
    dark.setColor(QPalette.ColorRole.Window, QColor("#202020"))
    dark.setColor(QPalette.ColorRole.WindowText, QColor("#eeeeee"))
    settings.dialog.open_with(Settings())
    assert settings.dialog.palette().window().color().name() == LIGHT.window
    try:
        qapp.setPalette(dark)
        assert settings.theme.dark
        assert settings.dialog.palette().window().color().name() == DARK.window
    finally:
        qapp.setPalette(before)
    assert settings.dialog.palette().window().color().name() == LIGHT.window


@pytest.mark.parametrize(
    ("wanted", "language"),
    [(["zh-Hans-CN"], "zh_CN"), (["de-DE", "zh"], "zh_CN"), (["en-GB", "zh-CN"], "en"), (["fr"], "en"), ([], "en")],
)
def test_the_first_language_that_is_known_is_spoken(wanted: list[str], language: str) -> None:
    assert load_catalogue(system=wanted).language == language
