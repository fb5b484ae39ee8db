"""The windows of sync over a fake engine."""

from collections.abc import Iterator
from datetime import UTC

import pytest
import zxingcpp
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QKeySequence, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QScrollArea,
    QTreeWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from probe_tray.core.account.secret import Secret
from probe_tray.core.commands import ForgetSync, SetUpSync, ShowSyncCode, StopSharing, SyncNow
from probe_tray.core.commands import TrySync as LookAtTable
from probe_tray.core.errors import (
    KeyringDeniedError,
    ProbeError,
    RowSealedError,
    SetupCodeCutError,
    SetupCodeMistypedError,
    SetupCodeNewerError,
    SetupCodeStrangeError,
    SyncCutOffError,
    SyncKeyError,
    SyncNoTableError,
    SyncOpenedError,
)
from probe_tray.core.settings import Settings
from probe_tray.core.state import AppState
from probe_tray.core.sync.rights import TableGrants
from probe_tray.core.sync.rows import StepKind, SyncItem, SyncReport
from probe_tray.core.sync.setup import SecretPlace, SetUpAnswer, SyncSetup, SyncState
from probe_tray.core.sync.setup import SyncTestResult as Look
from probe_tray.core.sync.setup_code import SetupCode, in_groups, write_code
from probe_tray.core.sync.table_change import TableChange, TableChangeKind
from probe_tray.core.sync.table_key import table_digest
from probe_tray.core.sync.table_sql import TableSql
from probe_tray.ui.question_controller import QuestionController
from probe_tray.ui.question_dialog import QuestionDialog
from probe_tray.ui.sync.result_dialog import SyncResultDialog
from probe_tray.ui.sync.setup_dialog import SyncDraft, SyncSetupDialog
from probe_tray.ui.sync.sync_box import SyncBox
from probe_tray.ui.sync.sync_controller import SyncController
from probe_tray.ui.theme import Theme
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from tests.support.widgets import button, buttons, open_windows, opened, part, parts, press, rows, texts
from tests.unit.ui import samples

URL, API_KEY, KEY = "https://x.supabase.co", "sb_publishable_1", "5e" * 32
SQL = TableSql("create table tokens;", "insert into keys values ('{digest}');")
READY = SyncSetup(url=URL, api_key=SecretPlace.KEYRING, key=SecretPlace.KEYRING)
KEPT = SyncState(setup=READY, set_up=SetUpAnswer(number=1))
NO_TABLE = SyncNoTableError(host="x.supabase.co").problem
ANA = samples.account("ana@example.com")
KEYS = [samples.account(f"{n}@example.com").key for n in range(4)]


class Bench:
    def __init__(self, app: QApplication) -> None:
        self.engine = samples.FakeEngine(AppState(accounts=(ANA,)))
        theme = Theme(app, lambda: False)
        self.asking = QuestionController(theme)
        self.syncing = SyncController(self.engine, theme, Translator(), self.asking, lambda: Now(samples.NOW, UTC), SQL)

    @property
    def page(self) -> SyncSetupDialog:
        return opened(SyncSetupDialog)

    @property
    def result(self) -> SyncResultDialog:
        return opened(SyncResultDialog)

    def change(self, sync: SyncState) -> None:
        self.engine.change(AppState(accounts=(ANA,), sync=sync))
        self.syncing.draw()

    def type(self, url: str = URL, api_key: str = API_KEY, key: str = KEY) -> None:
        for name, text in (("Address", url), ("Publishable key", api_key), ("Key", key)):
            self.field(name).clear()
            QTest.keyClicks(self.field(name), text)

    def save_and(self, text: str) -> None:
        """Press what saves first, and have it saved."""
        press(self.page, text)
        sync = self.engine.state.sync
        self.change(replace(sync, setup=READY, set_up=SetUpAnswer(number=sync.set_up.number + 1)))

    def field(self, name: str) -> QLineEdit:
        return part(self.page, QLineEdit, name)

    def said(self) -> list[str]:
        """What is said below the steps, beside the buttons."""
        (scrolls,) = parts(self.page, QScrollArea)
        inner = scrolls.findChildren(QLabel)
        return [label.text() for label in parts(self.page, QLabel) if label not in inner]

    def close(self) -> None:
        self.syncing.close()
        self.asking.close()


@pytest.fixture
def bench(qtbot: QtBot, qapp: QApplication) -> Iterator[Bench]:
    QGuiApplication.clipboard().clear()
    found = Bench(qapp)
    yield found
    found.close()


def clipboard() -> str:
    return QGuiApplication.clipboard().text()


def test_the_menu_leads_to_the_set_up_which_ends_in_the_sync_that_was_wanted(bench: Bench) -> None:
    bench.syncing.sync()
    assert bench.page.isVisible()
    assert not button(bench.page, "Save").isEnabled()
    assert bench.said() == ["Enter the address of the project."]
    bench.type()
    assert bench.said() == []
    press(bench.page, "Save")
    assert bench.engine.sent == [SetUpSync(url=URL, api_key=Secret(API_KEY), key=Secret(KEY))]
    assert bench.page.isVisible()
    bench.change(KEPT)
    assert not open_windows(SyncSetupDialog)
    assert bench.engine.sent[1:] == [SyncNow()]
    assert bench.result.isVisible()


def test_who_sets_it_up_for_later_syncs_when_wanted(bench: Bench) -> None:
    bench.syncing.set_up()
    bench.type()
    press(bench.page, "Save")
    bench.change(KEPT)
    assert not open_windows(SyncSetupDialog)
    assert [type(command) for command in bench.engine.sent] == [SetUpSync]
    bench.syncing.sync()
    assert bench.engine.sent[1:] == [SyncNow()]


def test_what_could_not_be_kept_stays_on_the_page_with_the_reason(bench: Bench) -> None:
    bench.syncing.set_up()
    bench.type()
    press(bench.page, "Save")
    refused = KeyringDeniedError().problem
    bench.change(SyncState(setup=SyncSetup(problem=refused), set_up=SetUpAnswer(number=1, problem=refused)))
    assert bench.page.isVisible()
    assert bench.page.draft.key == Secret(KEY)
    assert KeyringDeniedError.title_template in bench.said()[0]
    QTest.keyClicks(bench.field("Address"), "/")
    assert bench.said() == []


@pytest.mark.parametrize(
    "meanwhile",
    [
        SyncState(setup=READY, running=True),
        SyncState(setup=READY, running=True, done=1, total=2),
        SyncState(setup=READY, report=SyncReport(ended_at=samples.NOW)),
        SyncState(setup=READY, testing=True),
    ],
)
def test_no_other_event_of_sync_counts_as_the_answer(bench: Bench, meanwhile: SyncState) -> None:
    bench.change(SyncState(setup=READY))
    bench.syncing.set_up()
    bench.type(url=URL + "/other")
    press(bench.page, "Save")
    bench.change(meanwhile)
    assert bench.page.isVisible()
    assert bench.page.draft.key == Secret(KEY)
    press(bench.page, "Save")
    assert len(bench.engine.sent) == 1, "one that is being kept is not kept a second time"
    refused = KeyringDeniedError().problem
    bench.change(replace(meanwhile, set_up=SetUpAnswer(number=1, problem=refused)))
    assert bench.page.isVisible()
    assert KeyringDeniedError.title_template in bench.said()[0]
    press(bench.page, "Save")
    bench.change(replace(meanwhile, set_up=SetUpAnswer(number=2)))
    assert not open_windows(SyncSetupDialog)


def test_closing_the_page_forgets_what_was_typed(bench: Bench) -> None:
    bench.syncing.set_up()
    bench.type()
    bench.page.close()
    bench.syncing.set_up()
    draft = bench.page.draft
    assert (draft.url, draft.api_key, draft.key) == ("", None, None)
    assert not bench.field("Key").isUndoAvailable()
    bench.field("Key").setEchoMode(QLineEdit.EchoMode.Normal)
    bench.field("Key").undo()
    assert bench.field("Key").text() == ""
    bench.change(SyncState(setup=READY))
    assert bench.engine.sent == []


def test_a_new_key_is_hidden_until_it_is_to_be_seen(bench: Bench) -> None:
    bench.syncing.set_up()
    key = bench.field("Key")
    assert not button(bench.page, "Show").isEnabled()
    press(bench.page, "Create a new key")
    assert bench.page.draft.key == bench.engine.new_sync_key()
    assert key.echoMode() is QLineEdit.EchoMode.Password
    press(bench.page, "Show")
    assert key.echoMode() is QLineEdit.EchoMode.Normal
    press(bench.page, "Hide")
    assert key.echoMode() is QLineEdit.EchoMode.Password


def test_the_kept_key_is_fetched_only_when_it_is_to_be_seen_or_copied(bench: Bench) -> None:
    bench.change(SyncState(setup=READY))
    bench.engine.sync_key = Secret(KEY)
    bench.syncing.set_up()
    key = bench.field("Key")
    assert key.text() == ""
    press(bench.page, "Copy")
    assert clipboard() == KEY
    assert key.text() == ""
    assert any("removed from the clipboard" in text for text in texts(bench.page))
    press(bench.page, "Show")
    assert (key.text(), key.echoMode()) == (KEY, QLineEdit.EchoMode.Normal)


def test_a_copied_key_is_taken_out_of_the_clipboard_unless_something_else_is_there(bench: Bench) -> None:
    bench.syncing.set_up()
    bench.type()
    press(bench.page, "Copy")
    hints = QGuiApplication.clipboard().mimeData().data("x-kde-passwordManagerHint")
    assert hints.data() == b"secret"
    bench.syncing.close()
    assert clipboard() == ""
    bench.syncing.set_up()
    bench.type()
    press(bench.page, "Copy")
    QGuiApplication.clipboard().setText("a shopping list")
    bench.syncing.close()
    assert clipboard() == "a shopping list"


def test_another_key_is_made_only_after_a_question(bench: Bench) -> None:
    bench.change(SyncState(setup=READY))
    bench.syncing.set_up()
    bench.type(url="https://another.supabase.co", key="")
    press(bench.page, "Create a new key")
    assert opened(QuestionDialog)
    opened(QuestionDialog).reject()
    assert bench.page.draft.key is None
    press(bench.page, "Create a new key")
    opened(QuestionDialog).accept()
    assert bench.page.draft.key == bench.engine.new_sync_key()


def test_a_key_of_the_configuration_file_is_shown_and_not_typed_over(bench: Bench) -> None:
    bench.change(SyncState(setup=replace(READY, key=SecretPlace.FILE)))
    bench.engine.sync_key = Secret(KEY)
    bench.syncing.set_up()
    key = bench.field("Key")
    assert key.isReadOnly()
    assert button(bench.page, "Change key…").isEnabled(), "it says how, or goes on with the two that are there"
    press(bench.page, "Show")
    assert key.text() == KEY
    press(bench.page, "Save")
    assert bench.engine.sent == [SetUpSync(url=URL)]


def test_the_test_takes_what_is_typed_and_shows_what_it_found(bench: Bench) -> None:
    bench.change(SyncState(setup=READY))
    bench.syncing.set_up()
    press(bench.page, "Test connection")
    assert bench.engine.sent == [LookAtTable(url=URL)]
    bench.change(SyncState(setup=READY, testing=True))
    assert not button(bench.page, "Test connection").isEnabled()
    rights = TableGrants(read=True, add=True, change=True, lease=True)
    bench.change(SyncState(setup=READY, test=Look(rows=2, opened=2, rights=rights)))
    assert bench.said() == [
        "It works: the table has 2 rows, and the key opens all of them.",
        "Reading, adding and changing rows and leases were tested. Nothing was left in the table.",
    ]
    bench.field("Address").end(False)
    QTest.keyClicks(bench.field("Address"), "/")
    assert bench.said() == [], "that was about something else"


def test_an_earlier_test_is_not_shown_when_the_page_opens(bench: Bench) -> None:
    bench.change(SyncState(setup=READY, test=Look(problem=SyncKeyError().problem)))
    bench.syncing.set_up()
    assert bench.said() == []


def test_the_sql_lets_in_only_who_has_the_key_unless_other_programs_use_the_table(bench: Bench) -> None:
    bench.engine.sync_key = Secret(KEY)
    bench.syncing.set_up()
    assert not button(bench.page, "Copy SQL").isEnabled()
    assert any(text.startswith("Complete steps 1 and 2 first") for text in texts(bench.page))
    bench.type()
    bench.save_and("Save and copy SQL")
    own = SQL.table + SQL.protection.replace("{digest}", table_digest(Secret(KEY)))
    assert clipboard() == own
    assert not parts(bench.page, QPlainTextEdit)
    press(bench.page, "Show SQL")
    assert part(bench.page, QPlainTextEdit).toPlainText() == own
    bench.page.table.compatible.click()
    assert not parts(bench.page, QPlainTextEdit), "it is another one now"
    assert any(text.startswith("Anyone with the publishable key") for text in texts(bench.page))
    press(bench.page, "Copy SQL")
    assert clipboard() == "create table tokens;"


@pytest.mark.parametrize("wanted", ["Save and copy SQL", "Save and show SQL"])
def test_a_new_key_is_kept_before_its_sql_is_handed_out(bench: Bench, wanted: str) -> None:
    bench.syncing.set_up()
    bench.type(key="")
    press(bench.page, "Create a new key")
    new = bench.engine.new_sync_key()
    press(bench.page, wanted)
    assert bench.engine.sent == [SetUpSync(url=URL, api_key=Secret(API_KEY), key=new)]
    assert (clipboard(), parts(bench.page, QPlainTextEdit)) == ("", []), "not while a crash would lose the key"
    refused = KeyringDeniedError().problem
    bench.change(SyncState(setup=SyncSetup(problem=refused), set_up=SetUpAnswer(number=1, problem=refused)))
    assert (clipboard(), parts(bench.page, QPlainTextEdit)) == ("", []), "nor where no keyring keeps it"
    assert KeyringDeniedError.title_template in bench.said()[0]
    assert bench.page.draft.key == new
    press(bench.page, wanted)
    bench.engine.sync_key = new
    bench.change(replace(KEPT, set_up=SetUpAnswer(number=2)))
    assert bench.page.isVisible(), "the page goes on: the SQL is to be run, and the table to be tested"
    shown = [field.toPlainText() for field in parts(bench.page, QPlainTextEdit)]
    assert table_digest(new) in (clipboard() or shown[0])
    assert bench.page.draft == SyncDraft(url=URL, api_key=None, key=None)
    assert "Saved. Type to replace it." in bench.field("Key").placeholderText()
    assert "Close" in buttons(bench.page)
    assert "Cancel" not in buttons(bench.page), "nothing is left to lose"


def test_what_is_typed_while_the_key_is_being_kept_stays_and_gets_no_sql(bench: Bench) -> None:
    bench.engine.sync_key = Secret(KEY)
    bench.syncing.set_up()
    bench.type()
    press(bench.page, "Save and copy SQL")
    bench.type(key="07" * 32)
    bench.change(KEPT)
    assert bench.page.draft.key == Secret("07" * 32)
    assert clipboard() == ""


@pytest.mark.parametrize("pressed", ["Save", "Save and copy SQL"])
def test_another_key_that_is_kept_is_replaced_only_after_a_question(bench: Bench, pressed: str) -> None:
    bench.change(SyncState(setup=replace(READY, is_protected=True)))
    bench.engine.sync_key = Secret("07" * 32)
    bench.syncing.set_up()
    bench.type()
    press(bench.page, pressed)
    assert texts(opened(QuestionDialog))[0] == "Replace the key?"
    assert "Replace the key" in buttons(opened(QuestionDialog))
    opened(QuestionDialog).reject()
    assert (bench.engine.sent, clipboard()) == ([], "")
    press(bench.page, pressed)
    opened(QuestionDialog).accept()
    assert bench.engine.sent == [SetUpSync(url=URL, api_key=Secret(API_KEY), key=Secret(KEY))]


@pytest.mark.parametrize(("kept", "url"), [(KEY, URL), (f"{'07' * 32}:{KEY}", URL), (KEY.upper(), URL + "/other")])
def test_a_key_that_is_kept_already_is_saved_without_a_question(bench: Bench, kept: str, url: str) -> None:
    bench.change(SyncState(setup=replace(READY, is_protected=True)))
    bench.engine.sync_key = Secret(kept)
    bench.syncing.set_up()
    bench.type(url=url)
    press(bench.page, "Save")
    assert not open_windows(QuestionDialog)
    assert bench.engine.sent == [SetUpSync(url=url, api_key=Secret(API_KEY), key=Secret(KEY))]


def test_one_of_two_keys_does_not_move_to_another_table_unasked(bench: Bench) -> None:
    bench.change(SyncState(setup=replace(READY, is_key_changing=True)))
    bench.engine.sync_key = Secret(f"{'07' * 32}:{KEY}")
    bench.syncing.set_up()
    bench.type(url=URL + "/other")
    press(bench.page, "Save")
    assert opened(QuestionDialog)


@pytest.mark.parametrize(
    ("sync", "protects"),
    [
        (SyncState(), True),
        (SyncState(setup=READY), False),
        (SyncState(setup=replace(READY, is_protected=True)), True),
        (SyncState(setup=READY, report=SyncReport(ended_at=samples.NOW, problem=NO_TABLE)), True),
    ],
)
def test_the_sql_shuts_nobody_out_of_a_table_in_use_unless_that_is_chosen(
    bench: Bench, sync: SyncState, *, protects: bool
) -> None:
    bench.change(replace(sync, setup=replace(sync.setup, key=SecretPlace.KEYRING)))
    bench.engine.sync_key = Secret(KEY)
    bench.syncing.set_up()
    press(bench.page, "Copy SQL")
    assert ("insert into keys" in clipboard()) is protects
    bench.page.table.compatible.click()
    press(bench.page, "Copy SQL")
    assert ("insert into keys" in clipboard()) is not protects
    bench.page.close()
    bench.syncing.set_up()
    press(bench.page, "Copy SQL")
    assert ("insert into keys" in clipboard()) is protects, "nobody has chosen anything yet"


def test_the_sql_names_the_kept_key_and_while_that_is_changed_the_new_one(bench: Bench) -> None:
    bench.change(SyncState(setup=replace(READY, is_protected=True)))
    bench.engine.sync_key = Secret(f"{KEY}:{'07' * 32}")
    bench.syncing.set_up()
    press(bench.page, "Copy SQL")
    assert table_digest(Secret(KEY)) in clipboard()
    assert KEY not in clipboard()


def test_syncing_is_stopped_only_after_a_question(bench: Bench) -> None:
    bench.change(SyncState(setup=READY))
    bench.syncing.set_up()
    press(bench.page, "Stop syncing…")
    assert bench.engine.sent == []
    opened(QuestionDialog).accept()
    assert bench.engine.sent == [ForgetSync()]
    assert not open_windows(SyncSetupDialog)


CODE = write_code(SetupCode(url=URL, api_key=Secret(API_KEY), key=Secret(KEY)))


def scanned(page: SyncSetupDialog) -> list[str]:
    """What a camera reads from the window."""
    picture = page.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    rows = memoryview(bytes(picture.constBits())).cast("B", (picture.height(), picture.bytesPerLine()))
    return [found.text for found in zxingcpp.read_barcodes(rows)]


def test_the_code_of_another_computer_fills_in_the_page(bench: Bench) -> None:
    bench.syncing.set_up()
    QGuiApplication.clipboard().setText(f" {in_groups(CODE).reveal()}\n")
    bench.field("Sync code").setFocus()
    QTest.keySequence(bench.field("Sync code"), QKeySequence(QKeySequence.StandardKey.Paste))
    assert bench.page.draft == SyncDraft(url=URL, api_key=Secret(API_KEY), key=Secret(KEY))
    assert bench.field("Sync code").text() == ""
    assert bench.field("Key").echoMode() is QLineEdit.EchoMode.Password
    assert "The code was entered. Test the connection, then save." in texts(bench.page)
    press(bench.page, "Save")
    assert bench.engine.sent == [SetUpSync(url=URL, api_key=Secret(API_KEY), key=Secret(KEY))]


@pytest.mark.parametrize("fixed", ["api_key", "key"])
def test_what_the_configuration_file_sets_is_not_said_to_come_from_the_code(bench: Bench, fixed: str) -> None:
    bench.change(SyncState(setup=replace(READY, **{fixed: SecretPlace.FILE})))
    bench.syncing.set_up()
    QTest.keyClicks(bench.field("Sync code"), CODE.reveal())
    said = "The code was entered, but the configuration file sets one of the keys. Change it there."
    assert said in texts(bench.page)
    given = bench.page.draft
    assert (given.api_key is None, given.key is None) == (fixed == "api_key", fixed == "key")


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        (CODE.reveal()[:-9], SetupCodeCutError),
        (CODE.reveal()[:-3] + "QQQ", SetupCodeMistypedError),
        ("PTSYNC9" + CODE.reveal()[7:], SetupCodeNewerError),
        (KEY, SetupCodeStrangeError),
    ],
)
def test_a_code_that_is_not_whole_changes_nothing_and_says_why(
    bench: Bench, typed: str, error: type[ProbeError]
) -> None:
    bench.syncing.set_up()
    QTest.keyClicks(bench.field("Sync code"), typed)
    assert f"{error.title_template} {error.hint_template}" in texts(bench.page)
    assert bench.page.draft == SyncDraft(url="", api_key=None, key=None)
    bench.field("Sync code").selectAll()
    QTest.keyClick(bench.field("Sync code"), Qt.Key.Key_Delete)
    assert error.title_template not in " ".join(texts(bench.page))


def test_the_code_for_the_next_computer_is_shown_when_it_is_asked_for_and_only_then(bench: Bench) -> None:
    bench.engine.sync_code = CODE
    bench.syncing.set_up()
    assert not button(bench.page, "Show code").isEnabled()
    bench.type()
    assert bench.engine.codes == []
    bench.page.resize(800, 1900)
    assert scanned(bench.page) == []
    press(bench.page, "Show code")
    assert bench.engine.codes == [ShowSyncCode(url=URL, api_key=Secret(API_KEY), key=Secret(KEY))]
    assert scanned(bench.page) == [CODE.reveal()]
    assert in_groups(CODE).reveal() in texts(bench.page)
    assert part(bench.page, QLabel, "QR code of the sync code").isVisible()
    press(bench.page, "Hide code")
    assert scanned(bench.page) == []
    assert in_groups(CODE).reveal() not in texts(bench.page)


@pytest.mark.parametrize("end", ["close", "type"])
def test_the_code_is_hidden_again_when_the_window_closes_or_something_else_is_typed(bench: Bench, end: str) -> None:
    bench.change(SyncState(setup=READY))
    bench.engine.sync_code = CODE
    bench.syncing.set_up()
    press(bench.page, "Show code")
    assert bench.engine.codes == [ShowSyncCode(url=URL)]
    if end == "close":
        bench.page.close()
        bench.syncing.set_up()
    else:
        QTest.keyClicks(bench.field("Address"), "/")
    assert all(CODE.reveal()[:12] not in label.text() for label in bench.page.findChildren(QLabel))
    assert all(label.pixmap().isNull() for label in bench.page.findChildren(QLabel))
    assert button(bench.page, "Show code").isVisible()


def test_a_copied_code_is_concealed_from_the_clipboards_history_and_taken_out(bench: Bench) -> None:
    bench.change(SyncState(setup=READY))
    bench.engine.sync_code = CODE
    bench.syncing.set_up()
    press(bench.page, "Copy code")
    assert clipboard() == CODE.reveal()
    hints = QGuiApplication.clipboard().mimeData().data("x-kde-passwordManagerHint")
    assert hints.data() == b"secret"
    assert any("removed from the clipboard in 60 seconds" in text for text in texts(bench.page))
    bench.syncing.close()
    assert clipboard() == ""


def test_the_code_can_be_read_in_a_dark_window(bench: Bench, qapp: QApplication) -> None:
    bench.syncing.close()
    before = QPalette(qapp.palette())
    qapp.setPalette(QPalette(QColor("#101418")))
    dark = Bench(qapp)
    try:
        dark.change(SyncState(setup=READY))
        dark.engine.sync_code = CODE
        dark.syncing.set_up()
        dark.page.resize(800, 1900)
        press(dark.page, "Show code")
        assert scanned(dark.page) == [CODE.reveal()]
    finally:
        dark.close()
        qapp.setPalette(before)


def test_what_the_key_does_not_allow_is_named(bench: Bench) -> None:
    bench.change(SyncState(setup=READY))
    bench.syncing.set_up()
    press(bench.page, "Test connection")
    rights = TableGrants(read=True, add=False, change=None, lease=False)
    bench.change(SyncState(setup=READY, test=Look(rights=rights)))
    assert bench.said()[0] == "The table doesn't allow: adding rows, leases."
    assert bench.said()[1].startswith("Run all of the SQL")


def report(*items: SyncItem) -> SyncState:
    return SyncState(setup=READY, report=SyncReport(ended_at=samples.NOW, items=items))


def test_a_row_that_nobody_can_read_is_overwritten_after_a_question(bench: Bench) -> None:
    sealed = SyncItem(
        kind=StepKind.UNDECRYPTABLE,
        row_id="row-1",
        key=ANA.key,
        who="ana@example.com",
        problem=RowSealedError().problem,
    )
    bench.change(report(sealed, SyncItem(kind=StepKind.SAME, row_id="row-2", who="lee@example.com")))
    bench.syncing.show_result()
    lines = part(bench.result, QTreeWidget)
    assert button(bench.result, "Overwrite this row…").isEnabled()
    QTest.keyClick(lines, Qt.Key.Key_Down)
    assert not button(bench.result, "Overwrite this row…").isEnabled()
    QTest.keyClick(lines, Qt.Key.Key_Up)
    press(bench.result, "Overwrite this row…")
    assert texts(opened(QuestionDialog))[0] == "Overwrite the row of ana@example.com?"
    assert bench.engine.sent == []
    opened(QuestionDialog).accept()
    assert bench.engine.sent == [SyncNow(overwrite=frozenset({"row-1"}))]


def test_what_was_removed_here_is_taken_out_of_the_table_after_a_question(bench: Bench) -> None:
    removed = SyncItem(kind=StepKind.REMOVED, row_id="row-1", key=ANA.key, who="mia@example.com")
    same = SyncItem(kind=StepKind.SAME, row_id="row-2", who="lee@example.com")
    bench.change(replace(report(removed, same), setup=replace(READY, is_protected=True)))
    bench.syncing.show_result()
    press(bench.result, "Remove from the table…")
    assert texts(opened(QuestionDialog))[0] == "Remove mia@example.com from the table?"
    assert bench.engine.sent == []
    opened(QuestionDialog).accept()
    assert bench.engine.sent == [StopSharing(ANA.key)]
    QTest.keyClick(part(bench.result, QTreeWidget), Qt.Key.Key_Down)
    assert not button(bench.result, "Remove from the table…").isEnabled()
    bench.change(report(removed, same))
    assert buttons(bench.result) == ["Sync again", "Close"]


def test_the_row_that_was_chosen_stays_chosen_and_the_next_one_comes_after_it(bench: Bench) -> None:
    def found(*numbers: int) -> SyncState:
        items = (SyncItem(kind=StepKind.REMOVED, row_id=f"{n}", key=KEYS[n], who=f"{n}@example.com") for n in numbers)
        return replace(report(*items), setup=replace(READY, is_protected=True))

    def chosen() -> str:
        return str(lines.currentIndex().siblingAtColumn(0).data())

    bench.change(found(0, 1, 2, 3))
    bench.syncing.show_result()
    lines = part(bench.result, QTreeWidget)
    assert chosen() == "0@example.com"
    for _ in range(2):
        QTest.keyClick(lines, Qt.Key.Key_Down)
    removing = TableChange(kind=TableChangeKind.STOP_SHARING, number=1, account=KEYS[2], running=True)
    for now, stays in (
        (replace(found(0, 1, 2, 3), change=removing), "2@example.com"),
        (found(1, 2, 3), "2@example.com"),
        (replace(found(1, 2, 3), running=True), None),
        (found(1, 3), "3@example.com"),
        (found(1), "1@example.com"),
    ):
        bench.change(now)
        assert (chosen() if lines.isVisible() else None) == stays


@pytest.mark.parametrize("kind", [StepKind.UNDECRYPTABLE, StepKind.REMOVED])
def test_a_question_about_a_row_goes_once_another_sync_has_settled_it(bench: Bench, kind: StepKind) -> None:
    item = SyncItem(
        kind=kind,
        row_id="row-1",
        key=ANA.key,
        who="mia@example.com",
        problem=RowSealedError().problem if kind is StepKind.UNDECRYPTABLE else None,
    )
    asked = replace(report(item), setup=replace(READY, is_protected=True))
    bench.change(asked)
    bench.syncing.show_result()
    press(bench.result, "Overwrite this row…" if kind is StepKind.UNDECRYPTABLE else "Remove from the table…")
    running = replace(asked, running=True)
    bench.change(running)
    bench.engine.change(replace(bench.engine.state, settings=Settings(privacy=True)))
    bench.asking.draw()
    assert "m•••@e•••" in texts(opened(QuestionDialog))[0]
    bench.change(replace(report(replace(item, kind=StepKind.SAME, problem=None)), setup=asked.setup))
    bench.asking.draw()
    assert not open_windows(QuestionDialog)


def test_where_the_key_is_lost_the_rows_of_the_accounts_here_may_be_overwritten(bench: Bench) -> None:
    bench.change(SyncState(setup=READY, report=SyncReport(ended_at=samples.NOW, problem=SyncKeyError().problem)))
    bench.syncing.show_result()
    press(bench.result, "Overwrite the rows of my accounts…")
    assert bench.engine.sent == []
    opened(QuestionDialog).accept()
    assert bench.engine.sent == [SyncNow(overwrite=frozenset({ANA.key.account_id}))]
    bench.change(SyncState(setup=READY, report=SyncReport(ended_at=samples.NOW, problem=SyncCutOffError().problem)))
    assert buttons(bench.result) == ["Sync again", "Close"]


def test_a_table_that_is_not_protected_any_more_is_used_after_a_question(bench: Bench) -> None:
    found = SyncReport(ended_at=samples.NOW, problem=SyncOpenedError(host="x.example").problem)
    bench.change(SyncState(setup=READY, report=found))
    bench.syncing.show_result()
    press(bench.result, "Use it unprotected…")
    assert "Anyone with the publishable key can then damage rows" in texts(opened(QuestionDialog))[1]
    assert bench.engine.sent == []
    opened(QuestionDialog).accept()
    assert bench.engine.sent == [SyncNow(allow_open=True)]


def test_the_result_follows_the_sync_while_it_is_open(bench: Bench) -> None:
    bench.change(SyncState(setup=READY, running=True, done=1, total=3))
    bench.syncing.sync()
    assert bench.engine.sent == [], "the one that runs is shown"
    assert part(bench.result, QProgressBar).value() == 1
    bench.change(report(SyncItem(kind=StepKind.RESTORE, row_id="a", who="mia@laptop.example")))
    assert not parts(bench.result, QProgressBar)
    assert texts(bench.result)[0] == "Done: 1 received"
    assert [who for who, _ in rows(part(bench.result, QTreeWidget).model())] == ["mia@laptop.example"]


def test_the_box_in_the_settings_leads_everywhere(bench: Bench, qapp: QApplication) -> None:
    box = SyncBox(Theme(qapp, lambda: False))
    bench.syncing.serve(box)
    assert buttons(box) == ["Set up sync…"]
    bench.change(report(SyncItem(kind=StepKind.SAME, row_id="a", who="ana@example.com")))
    assert "Last sync just now: 1 the same." in texts(box)
    press(box, "Last result…")
    assert bench.result.isVisible()
    press(box, "Sync now")
    press(box, "Change setup…")
    assert bench.engine.sent == [SyncNow()]
    assert bench.page.isVisible()
    bench.syncing.leave()
    box.deleteLater()


def test_everything_on_the_page_is_reached_by_keyboard_and_has_a_name(bench: Bench) -> None:
    bench.change(SyncState(setup=READY))
    bench.syncing.set_up()
    page = bench.page
    fields = [bench.field(name) for name in ("Address", "Publishable key", "Key")]
    pressed = ("Copy SQL", "Show SQL", "Change key…", "Show", "Copy", "Test connection", "Save", "Stop syncing…")
    wanted: set[QWidget] = {*fields, *(button(page, text) for text in pressed)}
    reached = set[QWidget]()
    where: QWidget | None = fields[0]
    while where is not None and where not in reached:
        reached.add(where)
        where = where.nextInFocusChain()
    assert wanted <= reached
    fields = (page.project.address, page.project.api_key, page.key.field)
    assert all(field.accessibleName() and field.accessibleDescription() for field in fields)


def test_taking_an_account_out_of_the_table_shows_how_far_it_is_and_what_failed(bench: Bench) -> None:
    change = TableChange(kind=TableChangeKind.STOP_SHARING, number=1, account=ANA.key)
    bench.change(SyncState(setup=READY, change=change))
    assert "Removing the account from the table…" in texts(bench.result)
    assert parts(bench.result, QProgressBar)
    assert buttons(bench.result) == ["Close"]
    failed = replace(change, running=False, problem=SyncCutOffError(got="1", expected="2").problem)
    bench.change(SyncState(setup=READY, change=failed))
    assert "Only 1 of the table's 2 rows arrived." in texts(bench.result)
    bench.result.close()
    bench.change(SyncState(setup=READY, change=failed, running=True))
    assert not open_windows(SyncResultDialog), "it is shown once"
