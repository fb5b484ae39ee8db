"""The window in which the key of the shared table is changed, over a fake engine."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QProgressBar, QScrollArea
from pytestqt.qtbot import QtBot

from probe_tray.core.account.secret import Secret
from probe_tray.core.commands import ChangeSyncKey, EndOldSyncKey, SetUpSync, ShowSyncCode, SyncNow
from probe_tray.core.errors import (
    KeyInFileError,
    KeyringLockedError,
    NotSentError,
    ProbeError,
    Problem,
    RowForgedError,
    SyncUnprotectedError,
)
from probe_tray.core.settings import Settings
from probe_tray.core.sync.envelope import RowAction, RowStamp
from probe_tray.core.sync.rows import StepKind, SyncItem, SyncReport
from probe_tray.core.sync.setup import SecretPlace, SyncState
from probe_tray.core.sync.setup_code import SetupCode, write_code
from probe_tray.core.sync.table_change import TableChange, TableChangeKind
from probe_tray.ui.question_dialog import QuestionDialog
from probe_tray.ui.sync.key_change_dialog import KeyChangeDialog
from probe_tray.ui.sync.sync_box import SyncBox
from probe_tray.ui.theme import Theme
from probe_tray.view.text.translate import Translator
from tests.support.widgets import buttons, open_windows, opened, parts, press, texts
from tests.unit.ui import samples
from tests.unit.ui.sync.test_sync_dialogs import API_KEY, KEY, READY, URL, Bench, clipboard

NEW = "07" * 32
PROTECTED = replace(READY, is_protected=True)
CHANGING = replace(PROTECTED, is_key_changing=True)
CODE = write_code(SetupCode(url=URL, api_key=Secret(API_KEY), key=Secret(f"{NEW}:{KEY}")))


def written(computer: str, newest: str, hours: int) -> SyncItem:
    at = samples.NOW - timedelta(hours=hours)
    stamp = RowStamp(
        generation=1, key_id="old", action=RowAction.RENEWED, computer=computer, at=at, newest_key_id=newest
    )
    return SyncItem(kind=StepKind.SAME, row_id=computer, who="ana@example.com", stamp=stamp)


REPORT = SyncReport(
    ended_at=samples.NOW,
    items=(written("study-pc", "new", 2), written("old-laptop", "old", 48)),
    newest_key_id="new",
)


def state(
    number: int = 0,
    kind: TableChangeKind = TableChangeKind.NEW_KEY,
    *,
    running: bool = False,
    problem: Problem | None = None,
    **more: object,
) -> SyncState:
    change = TableChange(kind=kind, number=number, running=running, problem=problem) if number else None
    return replace(SyncState(setup=CHANGING, report=REPORT, change=change), **more)


@pytest.fixture
def bench(qtbot: QtBot, qapp: QApplication) -> Iterator[Bench]:
    found = Bench(qapp)
    found.change(SyncState(setup=PROTECTED))
    yield found
    found.close()


def window() -> KeyChangeDialog:
    return opened(KeyChangeDialog)


def begin(bench: Bench) -> None:
    bench.syncing.set_up()
    press(bench.page, "Change key…")


def test_the_key_of_a_table_in_use_is_changed_and_never_replaced_on_the_page(bench: Bench) -> None:
    begin(bench)
    assert not open_windows(QuestionDialog)
    assert bench.page.draft.key is None
    assert any("don't give that computer the new code" in text for text in texts(window())), "how one is removed"
    assert bench.engine.sent == []
    press(window(), "Make a new key")
    assert bench.engine.sent == [ChangeSyncKey()]
    bench.change(state(1, running=True, setup=PROTECTED))
    assert "Making a new key…" in texts(window())
    assert parts(window(), QProgressBar)
    assert buttons(window()) == ["Close"]


def test_the_code_is_shown_when_it_is_asked_for_and_every_computer_with_what_is_known(bench: Bench) -> None:
    begin(bench)
    bench.change(state(1))
    bench.engine.sync_code = CODE
    said = "\n".join(texts(window()))
    assert "study-pc: has the new key. Last renewed a login 2 h ago." in said
    assert "old-laptop: not known to have the new key. Last renewed a login 2 days ago." in said
    assert not parts(window(), QProgressBar)
    assert window().code.picture.isHidden()
    press(window(), "Show code")
    assert window().code.picture.isVisible()
    assert bench.engine.codes == [ShowSyncCode(url=URL)]
    press(window(), "Check again")
    assert bench.engine.sent == [SyncNow()]
    window().close()
    assert window_is_empty(bench)


def window_is_empty(bench: Bench) -> bool:
    begin(bench)
    return window().code.written.text() == "" and window().code.picture.isHidden()


def test_both_windows_open_again_where_they_were_at_their_top_and_say_nothing_of_before(bench: Bench) -> None:
    begin(bench)
    bench.change(state(1))
    bench.engine.sync_code = CODE
    said: list[list[str]] = []
    for again in (False, True):
        if again:
            begin(bench)
        QApplication.processEvents()
        places = {QPoint(90, 40): bench.page, QPoint(310, 120): window()}
        for place, dialog in places.items():
            (scroll,) = parts(dialog, QScrollArea)
            if again:
                assert (dialog.pos(), scroll.verticalScrollBar().value()) == (place, 0)
            dialog.move(place)
        said.append(texts(bench.page) + texts(window()))
        press(window(), "Show code")
        press(bench.page, "Show code")
        for dialog in places.values():
            (scroll,) = parts(dialog, QScrollArea)
            dialog.resize(dialog.width(), 300)
            QApplication.processEvents()
            scroll.verticalScrollBar().setValue(scroll.verticalScrollBar().maximum())
            assert scroll.verticalScrollBar().value() > 0
            dialog.close()
    assert said[0] == said[1]


def test_the_copy_is_the_new_key_alone_and_leaves_the_clipboard(bench: Bench) -> None:
    begin(bench)
    bench.change(state(1))
    bench.engine.sync_key = Secret(f"{NEW}:{KEY}")
    press(window(), "Copy new key")
    assert clipboard() == NEW
    hint = QGuiApplication.clipboard().mimeData().data("x-kde-passwordManagerHint")
    assert hint.data() == b"secret"
    assert any(text.startswith("Copied. Keep it where you keep your passwords.") for text in texts(window()))
    bench.syncing.close()
    assert clipboard() == ""


def test_the_old_key_is_ended_after_a_question_that_says_whom_that_shuts_out(bench: Bench) -> None:
    begin(bench)
    bench.change(state(1))
    press(window(), "End old key…")
    said = "\n".join(texts(opened(QuestionDialog)))
    assert "Computers that don't have the new key can't use the table anymore." in said
    assert "old-laptop doesn't seem to have it yet." in said
    assert "an old copy can't open anything" in said
    assert "One that never shared a login isn't listed." in said
    assert bench.engine.sent == []
    opened(QuestionDialog).accept()
    assert bench.engine.sent == [EndOldSyncKey()]
    bench.change(state(2, TableChangeKind.END_OLD_KEY, running=True))
    assert "Ending the old key…" in texts(window())
    bench.change(state(2, TableChangeKind.END_OLD_KEY, setup=PROTECTED))
    assert "The key is changed" in texts(window())
    assert buttons(window()) == ["Copy new key", "Close"]
    window().close()
    begin(bench)
    assert "Make a new key" in buttons(window()), "the next change begins anew"


def test_rows_that_could_not_be_sealed_anew_are_told_and_the_sync_is_done_again(bench: Bench) -> None:
    begin(bench)
    failed = SyncReport(ended_at=samples.NOW, problem=NotSentError(host="x", reason="refused").problem)
    bench.change(state(2, TableChangeKind.END_OLD_KEY, report=failed))
    assert any(text.startswith("The last sync failed:") for text in texts(window()))
    press(window(), "Sync again")
    assert bench.engine.sent == [SyncNow()]
    bench.change(state(2, TableChangeKind.END_OLD_KEY))
    assert "Some rows still need the old key." in texts(window())


FORGED = SyncItem(kind=StepKind.ALTERED, row_id="account-ana", who="ana@example.com", problem=RowForgedError().problem)


def test_rows_that_keep_the_old_key_are_named_with_the_reason_after_a_restart_too(bench: Bench) -> None:
    bench.change(state(report=replace(REPORT, items=(FORGED,), only_old_key=("account-ana",))))
    begin(bench)
    (said,) = [text for text in texts(window()) if text.startswith("This computer keeps the old key because")]
    assert said.splitlines()[1:] == [f"ana@example.com: {RowForgedError.title_template}"]
    assert any(text.startswith("Delete them in Supabase") for text in texts(window()))
    assert "The key is changed" in texts(window())
    hidden = replace(bench.engine.state, settings=Settings(privacy=True))
    bench.engine.change(hidden)
    bench.syncing.draw()
    assert not any("ana@" in text for text in texts(window()))


def test_nobody_is_told_to_delete_a_row_that_the_next_sync_writes_with_the_new_key(bench: Bench) -> None:
    report = replace(
        REPORT, items=(*REPORT.items, FORGED), only_old_key=("account-ana", "study-pc", "account-eve"), resealable=True
    )
    bench.change(state(report=report))
    begin(bench)
    said = "\n".join(texts(window()))
    assert "account-eve: It isn't written with the new key yet." in said
    assert "Delete them" not in said
    press(window(), "Sync again")
    assert bench.engine.sent == [SyncNow()]


def test_before_the_first_sync_nobody_is_said_to_be_missing_or_to_have_the_key(bench: Bench) -> None:
    bench.change(state(report=None))
    begin(bench)
    assert "Not known yet. Choose “Check again” to see them." in texts(window())
    press(window(), "End old key…")
    assert "Which computers have it isn't known yet." in "\n".join(texts(opened(QuestionDialog)))


def test_what_nobody_expected_is_told_too(bench: Bench) -> None:
    begin(bench)
    bench.change(state(1, problem=ProbeError().problem))
    assert ProbeError.title_template in texts(window())


def test_a_keyring_that_gives_no_code_is_told(bench: Bench) -> None:
    locked = KeyringLockedError().problem
    bench.change(SyncState(setup=PROTECTED))
    bench.syncing.set_up()
    for shown in ("Copy SQL", "Show code", "Show"):
        bench.change(SyncState(setup=replace(PROTECTED, problem=locked)))
        press(bench.page, shown)
        assert KeyringLockedError.title_template in " ".join(bench.said())
    bench.change(state())
    begin(bench)
    bench.change(state(setup=replace(CHANGING, problem=locked)))
    assert KeyringLockedError.title_template in texts(window())


def test_what_failed_is_said_and_can_be_done_again(bench: Bench) -> None:
    begin(bench)
    problem = NotSentError(host="x", reason="refused").problem
    bench.change(state(1, problem=problem, setup=PROTECTED))
    assert Translator().title(problem) in texts(window())
    press(window(), "Make a new key")
    assert bench.engine.sent == [ChangeSyncKey()]


def test_the_key_of_a_table_without_protection_is_replaced_after_a_question(bench: Bench) -> None:
    begin(bench)
    bench.change(state(1, problem=SyncUnprotectedError().problem, setup=READY))
    assert SyncUnprotectedError.title_template in texts(window())
    press(window(), "Replace the key…")
    assert not open_windows(KeyChangeDialog)
    opened(QuestionDialog).accept()
    assert bench.page.draft.key == bench.engine.new_sync_key()


def test_a_key_of_the_configuration_file_is_changed_there_and_ended_here(bench: Bench) -> None:
    in_file = replace(PROTECTED, key=SecretPlace.FILE)
    bench.change(SyncState(setup=in_file))
    begin(bench)
    bench.change(state(1, problem=KeyInFileError().problem, setup=in_file))
    assert KeyInFileError.hint_template in texts(window())
    both = replace(in_file, is_key_changing=True)
    bench.change(SyncState(setup=both, report=REPORT))
    assert "End old key…" in buttons(window())
    bench.change(SyncState(setup=both, report=replace(REPORT, old_key_ended=True)))
    assert any("Remove the colon and the old key from sync_aes_gcm_key" in text for text in texts(window()))


def test_a_change_that_is_under_way_goes_on_from_the_settings(bench: Bench, qapp: QApplication) -> None:
    box = SyncBox(Theme(qapp, lambda: False))
    bench.syncing.serve(box)
    assert "Key change…" not in buttons(box)
    bench.change(state())
    assert any(text.startswith("The encryption key is being changed.") for text in texts(box))
    press(box, "Key change…")
    assert "End old key…" in buttons(window())
    bench.syncing.set_up()
    assert any(text.startswith("The encryption key is being changed.") for text in texts(bench.page))
    bench.syncing.leave()
    box.deleteLater()


def test_a_page_that_shows_the_old_key_cannot_save_it_over_the_new_one(bench: Bench) -> None:
    bench.engine.sync_key = Secret(KEY)
    bench.syncing.set_up()
    press(bench.page, "Show")
    assert bench.page.draft.key == Secret(KEY)
    bench.change(state(1))
    press(bench.page, "Save")
    assert bench.engine.sent == [SetUpSync(url=URL)]
