"""The export's window: what is chosen, where it is asked to be written, and what is said of it."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QFileDialog,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QScrollArea,
    QWidget,
)
from pytestqt.qtbot import QtBot

from probe_tray.core.account.identity import StoreKind
from probe_tray.core.settings import Settings
from probe_tray.core.state import AppState
from probe_tray.core.transfer.export import ExportFormat
from probe_tray.core.transfer.state import ExportPhase, ExportState, ForgetExport, WriteLogins, WriteTable
from probe_tray.ui.question_controller import QuestionController
from probe_tray.ui.question_dialog import QuestionDialog
from probe_tray.ui.theme import Theme
from probe_tray.ui.transfer.export_controller import ExportController, ExportWords
from probe_tray.ui.transfer.export_dialog import ExportDialog
from probe_tray.ui.transfer.file_chooser import FileChooser
from probe_tray.view.tables.usage_table import quota_table
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from probe_tray.view.transfer.export_view import ExportKind, export_view, replacing
from tests.support.widgets import button, buttons, open_windows, opened, part, parts, press, texts
from tests.unit.ui import samples, transfers

NOW = Now(samples.NOW, UTC)
ACCOUNTS = samples.four().accounts

HIDE, REFRESH_TOKENS = "Hide email addresses and IDs", "Include refresh tokens, so they can be renewed there"


class FakeChooser(FileChooser):
    """A person who always chooses /out, and gives files the name that is offered."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.has_asked = True
        self.thinking: list[Callable[[], None]] | None = None
        """What is chosen in the end, where the person takes time."""

    def folder(self, parent: QWidget | None, title: str, chosen: Callable[[str], None]) -> None:
        self.asked.append(title)
        self._choose(lambda: chosen("/out"))

    def new_file(self, parent: QWidget, title: str, name: str, chosen: Callable[[str, bool], None]) -> None:
        self.asked.append(f"{title}: {name}")
        self._choose(lambda: chosen(f"/out/{name}", self.has_asked))

    def _choose(self, answer: Callable[[], None]) -> None:
        if self.thinking is None:
            answer()
        else:
            self.thinking.append(answer)


class Bench:
    def __init__(self, app: QApplication) -> None:
        self.engine = samples.FakeEngine(AppState(loaded=True, accounts=ACCOUNTS))
        self.chooser, self.opened = FakeChooser(), list[str]()
        theme, t = Theme(app, lambda: False), Translator()
        self.asking = QuestionController(theme)
        words = ExportWords(
            window=lambda state, choices: export_view(state, choices, NOW, t),
            table=lambda accounts, hide: quota_table(accounts, NOW, hide=hide),
            replacing=lambda state, paths: replacing(paths, t, privacy=state.settings.privacy),
        )
        self.window = ExportController(self.engine, theme, words, self.asking, self.chooser)
        self.window.show_folder = self.opened.append
        self.engine.subscribe(self.window.draw)

    @property
    def dialog(self) -> ExportDialog:
        return opened(ExportDialog)

    def choose(self, kind: ExportKind) -> None:
        """Choose what to write by keyboard."""
        kinds = part(self.dialog, QComboBox)
        kinds.setFocus()
        QTest.keyClick(kinds, Qt.Key.Key_Home)
        for _ in range(list(ExportKind).index(kind)):
            QTest.keyClick(kinds, Qt.Key.Key_Down)

    @property
    def accounts(self) -> QListWidget:
        return part(self.dialog, QListWidget)

    def line(self, place: int) -> QListWidgetItem:
        item = self.accounts.item(place)
        assert item is not None
        return item

    def warning(self) -> str:
        """What is said of the dangers of a file with logins."""
        return "".join(text for text in texts(self.dialog) if text.startswith("Anyone with"))

    def tick(self, place: int) -> None:
        self.accounts.setFocus()
        self.accounts.setCurrentRow(place)
        QTest.keyClick(self.accounts, Qt.Key.Key_Space)

    def export(self) -> WriteLogins | WriteTable:
        press(self.dialog, "Export…")
        sent = self.engine.sent[-1]
        assert isinstance(sent, WriteLogins | WriteTable)
        return sent

    def names(self) -> list[str]:
        """The accounts that are ticked."""
        lines = map(self.line, range(self.accounts.count()))
        return [line.text().partition(" ")[0] for line in lines if line.checkState() is Qt.CheckState.Checked]

    def come(self, email: str) -> None:
        """Have another account come."""
        accounts = (*self.engine.state.accounts, samples.account(email, samples.snapshot(1, 2)))
        self.engine.change(replace(self.engine.state, accounts=accounts))

    def show(self, exporting: ExportState) -> None:
        self.engine.change(replace(self.engine.state, exporting=exporting))

    def close(self) -> None:
        self.window.close()
        self.asking.close()


@pytest.fixture
def bench(qtbot: QtBot, qapp: QApplication) -> Iterator[Bench]:
    bench = Bench(qapp)
    bench.window.show()
    yield bench
    bench.close()


def test_the_table_of_all_accounts_is_what_is_offered_first(bench: Bench) -> None:
    sent = bench.export()
    assert bench.chooser.asked == ["Export to a file: codex-quotas-2026-11-22.csv"]
    assert isinstance(sent, WriteTable)
    assert sent.place == "/out/codex-quotas-2026-11-22.csv"
    assert [row.split(b",")[2] for row in sent.data.splitlines()[1:]] == [a.email.encode() for a in ACCOUNTS]


def test_addresses_are_left_out_of_the_table_by_choice(bench: Bench) -> None:
    QTest.keyClick(button(bench.dialog, HIDE), Qt.Key.Key_Space)
    sent = bench.export()
    assert isinstance(sent, WriteTable)
    assert b"a\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2@e" in sent.data
    assert b"example" not in sent.data


def test_whoever_hides_names_hides_them_here_too_at_first(bench: Bench) -> None:
    bench.dialog.close()
    bench.engine.change(replace(bench.engine.state, settings=Settings(privacy=True)))
    bench.window.show()
    assert button(bench.dialog, HIDE).isChecked()
    assert bench.line(0).text() == "a•••@e••• · Plus"


@pytest.mark.parametrize(
    ("kind", "asked", "place"),
    [
        (ExportKind.PROBE, "Export into a folder", "/out"),
        (ExportKind.PROXY_API, "Export into a folder", "/out"),
        (ExportKind.OFFICIAL, "Export into a folder", "/out"),
        (ExportKind.SUB2API, "Export to a file: sub2api.json", "/out/sub2api.json"),
        (ExportKind.LINES, "Export to a file: logins.jsonl", "/out/logins.jsonl"),
    ],
)
def test_each_format_asks_for_the_place_it_needs(bench: Bench, kind: ExportKind, asked: str, place: str) -> None:
    bench.choose(kind)
    sent = bench.export()
    assert bench.chooser.asked == [asked]
    assert isinstance(sent, WriteLogins)
    assert (sent.format, sent.place, sent.folder) == (ExportFormat(kind.value), place, place == "/out")
    # The system's window for a new file has asked already.
    assert sent.replace is (place != "/out")
    assert set(sent.accounts) == {a.key for a in ACCOUNTS}


def test_the_warning_is_there_for_logins_alone_and_once(bench: Bench) -> None:
    assert bench.warning() == ""
    bench.choose(ExportKind.LINES)
    assert bench.warning().count("Anyone with this file can use") == 1


def test_refresh_tokens_can_be_left_out(bench: Bench) -> None:
    bench.choose(ExportKind.LINES)
    QTest.keyClick(button(bench.dialog, REFRESH_TOKENS), Qt.Key.Key_Space)
    assert "two renew it" not in bench.warning()
    sent = bench.export()
    assert isinstance(sent, WriteLogins)
    assert not sent.refresh_tokens


def test_refresh_tokens_left_out_stay_so_for_the_client_too(bench: Bench) -> None:
    bench.choose(ExportKind.LINES)
    QTest.keyClick(button(bench.dialog, REFRESH_TOKENS), Qt.Key.Key_Space)
    bench.choose(ExportKind.OFFICIAL)
    sent = bench.export()
    assert isinstance(sent, WriteLogins)
    assert not sent.refresh_tokens


def test_accounts_are_chosen_by_keyboard_one_by_one_and_all_at_once(bench: Bench) -> None:
    bench.choose(ExportKind.LINES)
    bench.tick(1)
    sent = bench.export()
    assert isinstance(sent, WriteLogins)
    assert sent.accounts == tuple(a.key for a in ACCOUNTS if a is not ACCOUNTS[1])
    QTest.keyClick(button(bench.dialog, "All 4 accounts"), Qt.Key.Key_Space)
    sent = bench.export()
    assert isinstance(sent, WriteLogins)
    assert len(sent.accounts) == 4
    QTest.keyClick(button(bench.dialog, "All 4 accounts"), Qt.Key.Key_Space)
    assert not button(bench.dialog, "Export…").isEnabled()


def test_one_account_is_exported_from_its_card(bench: Bench) -> None:
    bench.window.show(ACCOUNTS[2].key)
    bench.choose(ExportKind.LINES)
    sent = bench.export()
    assert isinstance(sent, WriteLogins)
    assert sent.accounts == (ACCOUNTS[2].key,)


def test_an_account_that_comes_later_is_ticked_only_where_all_are(bench: Bench) -> None:
    bench.come("ben@example.com")
    assert len(bench.names()) == 5
    bench.tick(4)
    bench.come("zoe@example.com")
    assert bench.names() == [a.email for a in ACCOUNTS]
    everybody = button(bench.dialog, "All 6 accounts")
    for expected in (6, 0):
        QTest.keyClick(everybody, Qt.Key.Key_Space)
        assert len(bench.names()) == expected
    bench.come("mia@example.com")
    assert bench.names() == []
    bench.window.show(ACCOUNTS[1].key)
    bench.come("pia@example.com")
    assert bench.names() == [ACCOUNTS[1].email]


@pytest.mark.parametrize("one", [True, False])
@pytest.mark.parametrize("kind", list(ExportKind))
def test_what_was_in_the_window_is_written_whatever_happens_while_the_place_is_chosen(
    bench: Bench, kind: ExportKind, *, one: bool
) -> None:
    if one:
        bench.window.show(ACCOUNTS[0].key)
    bench.choose(kind)
    bench.chooser.thinking = []
    press(bench.dialog, "Export…")
    bench.come("ben@example.com")
    bench.window.show(ACCOUNTS[2].key)
    bench.choose(ExportKind.LINES)
    QTest.keyClick(button(bench.dialog, REFRESH_TOKENS.replace("they", "it")), Qt.Key.Key_Space)
    bench.dialog.close()
    (answer,) = bench.chooser.thinking
    answer()
    sent, expected = bench.engine.sent[-1], ACCOUNTS[:1] if one else ACCOUNTS
    if kind.format is None:
        assert isinstance(sent, WriteTable)
        assert [row.split(b",")[2].decode() for row in sent.data.splitlines()[1:]] == [a.email for a in expected]
        assert sent.place.startswith("/out/codex-quotas")
        return
    assert isinstance(sent, WriteLogins)
    assert (sent.accounts, sent.format, sent.refresh_tokens) == (tuple(a.key for a in expected), kind.format, True)
    assert sent.place.startswith("/out")


def test_the_clients_own_login_is_listed_with_the_reason_and_not_chosen(bench: Bench) -> None:
    client = samples.account("cat@example.com", stores=(StoreKind.OFFICIAL,), renewable=False)
    bench.engine.change(replace(bench.engine.state, accounts=(ACCOUNTS[0], client)))
    bench.choose(ExportKind.LINES)
    item = bench.line(1)
    assert item.text() == "cat@example.com · Plus: the Codex client's own login, which is not copied"
    assert not item.flags() & Qt.ItemFlag.ItemIsEnabled
    sent = bench.export()
    assert isinstance(sent, WriteLogins)
    assert sent.accounts == (ACCOUNTS[0].key,)


def test_files_in_the_way_are_replaced_only_after_one_question(bench: Bench) -> None:
    bench.choose(ExportKind.PROBE)
    sent = bench.export()
    assert isinstance(sent, WriteLogins)
    assert not sent.replace
    bench.show(ExportState(phase=ExportPhase.ASKING, in_the_way=("/out/a.json",)))
    assert opened(QuestionDialog)
    assert any("a.json" in text for text in texts(opened(QuestionDialog)))
    opened(QuestionDialog).reject()
    bench.window.draw()
    assert not open_windows(QuestionDialog)
    assert bench.engine.sent[-1] is sent
    bench.export()
    bench.show(ExportState(phase=ExportPhase.ASKING, in_the_way=("/out/a.json", "/out/b.json")))
    opened(QuestionDialog).accept()
    assert bench.engine.sent[-1] == replace(sent, replace=True)


def test_what_came_of_it_is_told_and_shown_in_its_folder(bench: Bench) -> None:
    assert "Show in folder" not in buttons(bench.dialog)
    bench.show(transfers.written(3))
    assert "Saved 3 files in /home/ana/Documents." in texts(bench.dialog)
    press(bench.dialog, "Show in folder")
    assert bench.opened == ["/home/ana/Documents"]


def test_a_failure_is_told_where_it_was_asked_for(bench: Bench) -> None:
    bench.show(replace(transfers.failed(), written=()))
    assert any("the disk is full" in text for text in texts(bench.dialog))
    assert "Show in folder" not in buttons(bench.dialog)


def test_where_the_window_is_low_the_list_keeps_its_rows_and_the_result_is_scrolled_to(bench: Bench) -> None:
    bench.choose(ExportKind.OFFICIAL)
    bench.dialog.resize(520, 380)
    QApplication.processEvents()
    bench.show(transfers.failed())
    QApplication.processEvents()
    (page,), accounts = parts(bench.dialog, QScrollArea), part(bench.dialog, QListWidget)
    assert page.verticalScrollBar().isVisible()
    assert accounts.viewport().height() >= 4 * accounts.sizeHintForRow(0)
    (told,) = (label for label in parts(bench.dialog, QLabel) if "the disk is full" in label.text())
    assert told.visibleRegion().boundingRect() == told.rect()
    # The bar stands in the margin: all edges are those of the buttons below.
    close = button(bench.dialog, "Close")
    edges = {one.mapTo(bench.dialog, one.rect().topRight()).x() for one in (accounts, close)}
    assert len(edges) == 1


def test_nothing_is_asked_twice_while_it_is_written(bench: Bench) -> None:
    bench.show(ExportState(phase=ExportPhase.WRITING))
    assert parts(bench.dialog, QProgressBar)
    assert not button(bench.dialog, "Export…").isEnabled()


def test_closing_puts_the_result_away_and_the_next_time_begins_anew(bench: Bench) -> None:
    bench.choose(ExportKind.LINES)
    bench.tick(0)
    QTest.keyClick(bench.dialog, Qt.Key.Key_Escape)
    assert not open_windows(ExportDialog)
    assert bench.engine.sent == [ForgetExport()]
    bench.window.show()
    sent = bench.export()
    assert isinstance(sent, WriteTable)
    assert len(sent.data.splitlines()) == 5


def test_the_window_holds_up_nothing(bench: Bench) -> None:
    assert not bench.dialog.isModal()


def test_what_is_sent_holds_no_token(bench: Bench) -> None:
    bench.choose(ExportKind.LINES)
    assert "rt_" not in json.dumps(repr(bench.export()))


def test_the_systems_window_for_a_new_file_asks_before_it_replaces(bench: Bench) -> None:
    chosen: list[tuple[str, bool]] = []
    FileChooser().new_file(bench.dialog, "Export", "logins.jsonl", lambda path, asked: chosen.append((path, asked)))
    (asking,) = bench.dialog.findChildren(QFileDialog)
    assert asking.acceptMode() is QFileDialog.AcceptMode.AcceptSave
    assert not asking.testOption(QFileDialog.Option.DontConfirmOverwrite)
    # A suffix that Qt adds comes after some desktops' windows have asked about the name without it.
    assert asking.defaultSuffix() == ""
    for path in ("/out/x.jsonl", "/out/x", "/out.d/x"):
        asking.fileSelected.emit(path)
    asking.close()
    assert chosen == [("/out/x.jsonl", True), ("/out/x.jsonl", False), ("/out.d/x.jsonl", False)]


@pytest.mark.parametrize("kind", [ExportKind.LINES, ExportKind.TABLE])
@pytest.mark.parametrize("has_asked", [True, False])
def test_a_file_of_which_the_systems_window_has_not_asked_is_asked_about(
    bench: Bench,
    kind: ExportKind,
    has_asked: bool,  # noqa: FBT001 - a case
) -> None:
    bench.chooser.has_asked = has_asked
    bench.choose(kind)
    sent = bench.export()
    assert isinstance(sent, WriteLogins | WriteTable)
    assert sent.replace is has_asked


def test_without_accounts_the_window_has_no_choices_and_no_empty_room(bench: Bench) -> None:
    full = bench.dialog.height()
    bench.engine.change(AppState(loaded=True))
    QApplication.processEvents()
    # What is said is seen whole, without scrolling.
    assert not [page for page in bench.dialog.findChildren(QScrollArea) if page.verticalScrollBar().isVisible()]
    assert "Log in or import a login first." in texts(bench.dialog)
    assert [box for box in bench.dialog.findChildren(QComboBox) if box.isVisible()] == []
    assert bench.dialog.height() < full / 2
    bench.engine.change(AppState(loaded=True, accounts=ACCOUNTS))
    assert (bench.dialog.height(), part(bench.dialog, QComboBox).isVisible()) == (full, True)
