from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QScrollArea,
    QScrollBar,
    QSpinBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from probe_tray.core.errors import FolderMissingError, ProxyAddressError, WriteError
from probe_tray.core.settings import Language, Settings, SettingsPatch, Storage, change
from probe_tray.core.state import UnsavedChange
from probe_tray.ui.preferences import load_catalogue
from probe_tray.ui.settings.fields import RING_ROOM, ToggleSwitch
from probe_tray.ui.settings.setting_card import SettingRow
from probe_tray.ui.settings.settings_dialog import SettingsDialog
from probe_tray.ui.theme import Theme
from probe_tray.ui.tokens import DARK, LIGHT
from probe_tray.view.settings.form import form
from probe_tray.view.text.translate import Translator
from tests.support.widgets import parts
from tests.unit.ui.held_return import hold_return
from tests.unit.ui.settings_walk import each_page
from tests.unit.ui.wheel import wheel


class Opened:
    """The dialog, and what it saved."""

    def __init__(self, app: QApplication) -> None:
        self.saved: list[SettingsPatch] = []
        self.theme = Theme(app, lambda: False)
        self.dialog = SettingsDialog(self.theme, Translator(), self.saved.append)

    def red(self) -> list[str]:
        """What is said of values that cannot be saved, as far as it is in sight."""
        ink = self.theme.tokens.critical_text
        labels = [label for label in self.dialog.findChildren(QLabel) if label.isVisible() and label.text()]
        return [label.text() for label in labels if label.palette().windowText().color().name() == ink]

    def focused_in(self, key: str) -> bool:
        """Whether the keyboard is in a field that can be seen whole."""
        widget, focused = self.dialog.pages.field(key).widget, self.dialog.focusWidget()
        inside = widget is focused or widget.isAncestorOf(focused)
        return inside and widget.visibleRegion().boundingRect().size() == widget.size()

    def page(self) -> str:
        """The title of the page that is open."""
        return self.dialog.findChildren(QListWidget)[0].currentItem().text()

    def rows(self) -> list[str]:
        """The settings that are in sight or a scroll away."""
        shown = {label.text() for label in self.dialog.findChildren(QLabel) if label.isVisible()}
        return [row.label for row in form(Translator()).rows if row.label in shown]


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


def test_what_is_not_touched_stays_when_the_window_is_opened_again(settings: Opened) -> None:
    warned = Settings(warn_weekly_percent=85, critical_weekly_percent=96)
    for _ in range(2):
        settings.dialog.open_with(warned)
        assert settings.dialog.settings() == warned
        settings.dialog.reject()


def test_it_opens_at_the_setting_that_is_asked_for(settings: Opened) -> None:
    settings.dialog.open_with(Settings())
    settings.dialog.reveal("proxy")
    assert settings.page() == "Network"
    assert settings.focused_in("proxy")


def test_cancel_saves_nothing(settings: Opened, qtbot: QtBot) -> None:
    settings.dialog.open_with(Settings())
    settings.dialog.pages.field("poll_minutes").show(30)
    QTest.keyClick(settings.dialog, Qt.Key.Key_Escape)
    settings.dialog.open_with(Settings())
    assert settings.dialog.settings() == Settings()
    assert settings.saved == []


def test_a_folder_must_be_chosen_before_it_is_used(settings: Opened) -> None:
    settings.dialog.open_with(Settings())
    settings.dialog.pages.field("storage").show("folder")
    settings.dialog.accept()
    assert settings.saved == []
    assert settings.red() == ["Choose the folder first, or store logins in the vault.", "1 value needs a look"]
    assert settings.focused_in("sync_dir")
    settings.dialog.pages.field("sync_dir").show("logins")
    assert settings.red() == []
    settings.dialog.accept()
    assert settings.saved == [change(storage=Storage.FOLDER, sync_dir="logins")]


def test_only_the_frame_of_a_wrong_value_is_styled_by_itself(settings: Opened) -> None:
    # Qt takes most of the time of an opening to read the style sheets of single parts.
    def styled() -> list[str]:
        names = {"field", "note", "fault", "line"}
        parts = settings.dialog.findChildren(QWidget)
        return [part.objectName() for part in parts if part.objectName() in names and part.styleSheet()]

    settings.dialog.open_with(Settings())
    assert styled() == []
    settings.dialog.pages.field("storage").show("folder")
    settings.dialog.accept()
    assert styled() == ["field"]
    settings.dialog.pages.field("sync_dir").show("logins")
    assert styled() == []


def test_the_window_closes_once_its_change_is_saved(settings: Opened) -> None:
    dialog = settings.dialog
    dialog.open_with(Settings())
    dialog.pages.field("poll_minutes").show(15)
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
    dialog.pages.field("poll_minutes").show(15)
    dialog.accept()
    other = UnsavedChange(change=change(privacy=True), problem=full)
    dialog.follow(Settings(), other)
    assert settings.red() == []
    refused = UnsavedChange(change=change(poll_minutes=15), problem=full)
    dialog.follow(Settings(), refused)
    assert [text for text in settings.red() if "the disk is full" in text]
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
    widget = settings.dialog.pages.field("sync_dir").widget
    browse = widget.findChild(QPushButton)
    assert isinstance(browse, QPushButton)
    browse.click()
    chooser = settings.dialog.findChild(QFileDialog)
    assert isinstance(chooser, QFileDialog)
    chooser.fileSelected.emit(str(tmp_path))
    assert settings.dialog.pages.field("sync_dir").value() == str(tmp_path)
    chooser.close()


def test_save_goes_to_the_first_value_that_is_wrong_and_marks_all_of_them(settings: Opened) -> None:
    dialog = settings.dialog
    dialog.open_with(Settings())
    dialog.resize(700, 300)
    dialog.pages.field("critical_weekly_percent").show(70)
    dialog.pages.field("storage").show("folder")
    assert settings.red() == []
    dialog.accept()
    assert settings.page() == "Storage and sync"
    assert settings.red()[-1] == "2 values need a look"
    dialog.pages.field("storage").show("vault")
    dialog.accept()
    assert settings.page() == "Notifications"
    assert settings.focused_in("critical_weekly_percent")
    assert settings.red() == ["Must be higher than the first warning.", "1 value needs a look"]


def test_a_value_that_was_refused_is_marked_until_it_is_changed(settings: Opened) -> None:
    dialog = settings.dialog
    dialog.open_with(Settings())
    dialog.pages.field("proxy").show("nonsense://")
    dialog.accept()
    problem = ProxyAddressError(
        place="the settings", reason="it isn't an http, https, socks5 or socks5h address"
    ).problem
    dialog.follow(Settings(), UnsavedChange(change=change(proxy="nonsense://"), problem=problem))
    assert settings.focused_in("proxy")
    assert settings.red()[0].startswith(
        "This address can't be used: it isn't an http, https, socks5 or socks5h address."
    )
    dialog.pages.field("proxy").show("http://p:1")
    assert settings.red() == []


def test_a_folder_that_does_not_exist_can_be_made_from_where_that_is_said(settings: Opened) -> None:
    dialog = settings.dialog
    dialog.open_with(Settings())
    dialog.pages.field("sync_dir").show("/srv/logins")
    dialog.accept()
    missing = FolderMissingError(path="/srv/logins").problem
    dialog.follow(Settings(), UnsavedChange(change=change(sync_dir="/srv/logins"), problem=missing))
    assert settings.red()[0] == "The folder /srv/logins doesn't exist. Create it, or choose another one."
    assert settings.focused_in("sync_dir")
    create = next(b for b in dialog.findChildren(QPushButton) if b.text() == "Create &folder" and b.isVisible())
    create.click()
    assert settings.saved[-1] == SettingsPatch({"sync_dir": "/srv/logins"}, makes_folder=True)
    dialog.follow(Settings(sync_dir="/srv/logins"), None)
    assert not dialog.isVisible()


def test_every_opening_is_a_fresh_start(settings: Opened) -> None:
    dialog = settings.dialog
    dialog.open_with(Settings())
    dialog.resize(700, 300)
    dialog.pages.field("storage").show("folder")
    dialog.accept()
    dialog.reveal("models")
    assert any(bar.value() for bar in dialog.findChildren(QScrollBar) if bar.isVisible())
    QTest.keyClicks(_search(dialog), "quiet until")
    assert settings.rows() == ["Quiet until"]
    dialog.reject()
    dialog.open_with(Settings())
    assert (settings.page(), settings.red(), _search(dialog).text()) == ("General", [], "")
    assert all(bar.value() == 0 for bar in dialog.findChildren(QScrollBar))


def test_levels_of_week_and_month_are_shown_where_they_are_different(settings: Opened) -> None:
    dialog = settings.dialog
    dialog.open_with(Settings())
    dialog.reveal("warn_used_percent")
    switch = next(b for b in dialog.findChildren(QCheckBox) if b.accessibleName() == "Different for week and month")
    weekly = "Warn when the weekly quota reaches"
    assert weekly not in settings.rows()
    switch.click()
    assert weekly in settings.rows()
    dialog.pages.field("warn_weekly_percent").show(60)
    switch.click()
    assert weekly not in settings.rows()
    assert dialog.settings() == Settings()
    dialog.reject()
    dialog.open_with(Settings(critical_monthly_percent=99))
    dialog.reveal("critical_monthly_percent")
    assert weekly in settings.rows()


def test_a_search_goes_from_the_keyboard_to_the_field(settings: Opened) -> None:
    dialog = settings.dialog
    dialog.open_with(Settings())
    QTest.keyClicks(_search(dialog), "proxy")
    assert (settings.page(), settings.rows()) == ("Network", ["Proxy"])
    QTest.keyClick(_search(dialog), Qt.Key.Key_Return)
    assert settings.focused_in("proxy")
    QTest.keyClick(_search(dialog), Qt.Key.Key_Escape)
    assert dialog.isVisible()
    assert "Proxy" in settings.rows()
    QTest.keyClicks(_search(dialog), "qqq")
    clear = next(b for b in dialog.findChildren(QPushButton) if b.text() == "Clear search" and b.isVisible())
    clear.click()
    assert settings.rows()
    assert settings.saved == []


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Down])
def test_a_search_that_finds_nothing_leads_to_its_end_by_keyboard(settings: Opened, key: Qt.Key) -> None:
    dialog = settings.dialog
    dialog.open_with(Settings())
    QTest.keyClicks(_search(dialog), "qqq")
    QTest.keyClick(_search(dialog), key)
    clear = dialog.focusWidget()
    assert isinstance(clear, QPushButton)
    assert clear.text() == "Clear search"
    QTest.keyClick(clear, Qt.Key.Key_Space)
    assert settings.rows()


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_return_at_the_side_goes_to_the_settings_of_the_page_and_saves_nothing(settings: Opened, key: Qt.Key) -> None:
    dialog = settings.dialog
    dialog.open_with(Settings())
    dialog.pages.field("poll_minutes").show(30)
    QTest.keyClick(_search(dialog), key)
    assert settings.focused_in("language")
    pages = dialog.findChild(QListWidget)
    assert pages is not None
    pages.setFocus()
    QTest.keyClick(pages, Qt.Key.Key_Down)
    QTest.keyClick(pages, key)
    assert not pages.hasFocus()
    assert settings.page() == "Accounts"
    assert (settings.saved, dialog.isVisible()) == ([], True)


def test_a_return_that_is_held_in_the_search_saves_nothing(settings: Opened) -> None:
    dialog = settings.dialog
    dialog.open_with(Settings())
    dialog.pages.field("poll_minutes").show(30)
    QTest.keyClicks(_search(dialog), "proxy")
    QTest.keyClick(_search(dialog), Qt.Key.Key_Return)
    hold_return(dialog.focusWidget())
    assert (settings.saved, dialog.isVisible(), settings.focused_in("proxy")) == ([], True, True)
    QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Return)
    assert settings.saved == [change(poll_minutes=30)]


def test_what_has_no_effect_cannot_be_changed(settings: Opened) -> None:
    settings.dialog.open_with(Settings(quiet_hours=False))
    until = settings.dialog.pages.field("quiet_to_hour").widget
    assert not until.isEnabled()
    settings.dialog.pages.field("quiet_hours").show(True)
    assert until.isEnabled()


def test_the_wheel_changes_only_a_field_that_was_clicked(settings: Opened) -> None:
    dialog = settings.dialog
    dialog.open_with(Settings())
    dialog.reveal("poll_minutes")
    choice, number = (dialog.pages.field(key).widget for key in ("poll_minutes", "renew_before_expiry_days"))
    for field in (choice, number):
        field.setFocus(Qt.FocusReason.TabFocusReason)
        wheel(field)
    assert dialog.settings() == Settings()
    for field in (choice, number):
        QTest.mouseClick(field, Qt.MouseButton.LeftButton, pos=QPoint(8, field.height() // 2))
        popup = QApplication.activePopupWidget()
        if popup is not None:
            QTest.keyClick(popup, Qt.Key.Key_Escape)
        wheel(field)
    now = dialog.settings()
    assert (now.poll_minutes, now.renew_before_expiry_days) == (15, 2)


def test_the_wheel_over_a_field_scrolls_the_page(settings: Opened, qapp: QApplication) -> None:
    dialog = settings.dialog
    dialog.open_with(Settings())
    dialog.reveal("warn_used_percent")
    dialog.resize(700, 300)
    qapp.processEvents()
    wheel(dialog.pages.field("warn_used_percent").widget)
    assert max(bar.value() for bar in dialog.findChildren(QScrollBar) if bar.isVisible()) > 0
    assert dialog.settings() == Settings()


def test_a_click_on_free_space_focuses_nothing(settings: Opened) -> None:
    dialog = settings.dialog
    dialog.open_with(Settings())
    before = dialog.focusWidget()
    page = next(p for p in dialog.findChildren(QScrollArea) if p.isVisible())
    QTest.mouseClick(page.viewport(), Qt.MouseButton.LeftButton, pos=page.viewport().rect().bottomRight())
    assert dialog.focusWidget() is before


def _search(dialog: SettingsDialog) -> QLineEdit:
    return next(edit for edit in dialog.findChildren(QLineEdit) if edit.accessibleName() == "Search settings")


def test_numbers_stay_in_their_range(settings: Opened) -> None:
    settings.dialog.open_with(Settings())
    settings.dialog.reveal("warn_used_percent")
    box = settings.dialog.pages.field("warn_used_percent").widget
    assert isinstance(box, QSpinBox)
    box.setValue(1000)
    assert box.value() == 100


def test_every_choice_shows_whole_what_is_chosen(settings: Opened) -> None:
    settings.dialog.open_with(Settings())
    seen = list[QComboBox]()
    for _ in each_page(settings.dialog):
        seen += [box for box in settings.dialog.findChildren(QComboBox) if not box.visibleRegion().isEmpty()]
    assert len(seen) > 5
    for box in seen:
        longest = max(box.fontMetrics().horizontalAdvance(box.itemText(row)) for row in range(box.count()))
        assert box.width() >= longest + settings.theme.px(14 + 16)


def test_every_control_has_a_name(settings: Opened) -> None:
    settings.dialog.open_with(Settings())
    for _ in each_page(settings.dialog):
        for kind in (QSpinBox, QComboBox):
            assert all(control.accessibleName() for control in parts(settings.dialog, kind))
        edits = [e for e in parts(settings.dialog, QLineEdit) if not isinstance(e.parent(), QSpinBox)]
        assert all(edit.accessibleName() for edit in edits)
        for kind in (QSpinBox, QComboBox, QCheckBox, QPushButton):
            assert all(control.accessibleDescription() for control in parts(settings.dialog, kind))


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
    assert load_catalogue(Language.AUTO, wanted).language == language


def test_a_program_is_chosen_and_tried(qtbot: QtBot, settings: Opened) -> None:
    dialog = settings.dialog
    dialog.open_with(Settings())
    qtbot.addWidget(dialog)
    dialog.reveal("hook")
    row = dialog.pages.field("hook").widget
    (path,), (browse, attempt) = row.findChildren(QLineEdit), row.findChildren(QPushButton)
    assert not attempt.isEnabled()
    browse.click()
    (chooser,) = dialog.findChildren(QFileDialog)
    assert chooser.fileMode() is QFileDialog.FileMode.ExistingFile
    chooser.fileSelected.emit("/usr/local/bin/hook")
    chooser.close()
    assert path.text() == "/usr/local/bin/hook"
    tried: list[str] = []
    dialog.pages.program_wanted.connect(tried.append)
    attempt.click()
    assert tried == ["/usr/local/bin/hook"]
    dialog.pages.remark("hook", "It works.")
    assert "It works." in [label.text() for label in dialog.findChildren(QLabel) if label.isVisible()]
    dialog.accept()
    assert settings.saved == [change(hook="/usr/local/bin/hook")]


def test_a_program_is_tried_as_it_is_kept(settings: Opened) -> None:
    dialog = settings.dialog
    dialog.open_with(Settings(hook="/usr/local/bin/hook "))
    dialog.reveal("hook")
    tried: list[str] = []
    dialog.pages.program_wanted.connect(tried.append)
    dialog.pages.field("hook").widget.findChildren(QPushButton)[1].click()
    assert tried == ["/usr/local/bin/hook "] == [dialog.pages.values["hook"]]


def test_folders_of_codex_are_typed_or_added_and_a_search_finds_them(settings: Opened, tmp_path: Path) -> None:
    dialog = settings.dialog
    dialog.open_with(Settings(codex_homes=("~/.codex-work", "~/.codex-home")))
    dialog.reveal("codex_homes")
    row = dialog.pages.field("codex_homes").widget
    (typed,), (add,) = row.findChildren(QLineEdit), row.findChildren(QPushButton)
    assert typed.text() == "~/.codex-work; ~/.codex-home"
    typed.setText(" ~/.codex-work ;; ")
    for _ in range(2):
        add.click()
        chooser = dialog.findChildren(QFileDialog)[-1]
        chooser.fileSelected.emit(str(tmp_path))
        chooser.close()
    dialog.accept()
    assert settings.saved == [change(codex_homes=("~/.codex-work", str(tmp_path)))]
    settings.dialog.findChildren(QLineEdit)[0].setText("codex folder")
    assert settings.rows() == ["More Codex folders"]


@pytest.mark.parametrize(
    ("key", "typed", "words"),
    [
        (
            "codex_homes",
            "; ".join(f"~/.codex-{n}" for n in range(17)),
            "Enter at most 16 folders, each with at most 1000 characters.",
        ),
        ("codex_homes", "~/" + "a" * 999, "Enter at most 16 folders, each with at most 1000 characters."),
        (
            "models",
            ", ".join(f"gpt-{n}" for n in range(65)),
            "Enter at most 64 models, each with at most 100 characters.",
        ),
    ],
)
def test_a_list_that_is_too_long_is_said_and_not_cut(settings: Opened, key: str, typed: str, words: str) -> None:
    settings.dialog.open_with(Settings())
    settings.dialog.reveal(key)
    widget = settings.dialog.pages.field(key).widget
    text = widget if isinstance(widget, QLineEdit) else widget.findChildren(QLineEdit)[0]
    text.setText(typed)
    settings.dialog.accept()
    assert settings.saved == []
    assert words in [label.text() for label in settings.dialog.findChildren(QLabel) if label.isVisible()]
    assert text.text() == typed


@pytest.mark.parametrize("number", range(7))
def test_controls_begin_and_end_below_each_other(settings: Opened, number: int) -> None:
    settings.dialog.open_with(Settings(warn_weekly_percent=85))
    settings.dialog.findChildren(QListWidget)[0].setCurrentRow(number)
    QApplication.processEvents()
    kinds = (QComboBox, QSpinBox)
    beside = [row.control for row in settings.dialog.findChildren(SettingRow) if row.is_beside and row.isVisible()]
    fields = [control for control in beside if isinstance(control, kinds)]
    assert beside, "the page has controls"
    places = {(at(field), field.width()) for field in fields}
    assert len(places) <= 1
    # What is seen of a switch ends where a field ends.
    ring = settings.theme.px(RING_ROOM)
    switches = {at(switch) + switch.width() - ring for switch in beside if isinstance(switch, ToggleSwitch)}
    assert len(switches | {left + width for left, width in places}) <= 1


def at(part: QWidget) -> int:
    return part.mapTo(part.window(), QPoint()).x()


def test_labels_begin_where_the_fields_below_them_do(settings: Opened) -> None:
    settings.dialog.open_with(Settings())
    settings.dialog.reveal("models")
    QApplication.processEvents()
    row = next(row for row in settings.dialog.findChildren(SettingRow) if row.control.isVisible() and not row.is_beside)
    label = next(label for label in row.findChildren(QLabel) if label.isVisible())
    assert at(label) + label.contentsMargins().left() == at(row.control)
