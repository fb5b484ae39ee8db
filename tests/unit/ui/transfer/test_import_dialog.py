"""The import's window: what is brought in every way, ticked, taken, and told, over stores in memory and real files."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping
from datetime import UTC
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QDragLeaveEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QFileDialog,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QTextEdit,
    QTreeWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.import_files import DiskImportFiles
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.commands import Command, ShowSyncCode
from probe_tray.core.errors import KeyringLockedError, Problem, WriteError
from probe_tray.core.state import AppState
from probe_tray.core.transfer.state import (
    ForgetImport,
    ImportChanged,
    ImportPhase,
    ImportState,
    RowId,
    TakeLogins,
    TransferCommand,
)
from probe_tray.engine.account.accounts import Accounts, nothing_remembered
from probe_tray.engine.store import Store
from probe_tray.engine.transfer.export_session import ExportSession
from probe_tray.engine.transfer.import_session import ImportSession
from probe_tray.engine.transfer.login_import import LoginImport
from probe_tray.engine.transfer.transfers import Transfers
from probe_tray.ui.theme import Theme
from probe_tray.ui.transfer.file_chooser import FileChooser
from probe_tray.ui.transfer.import_controller import ImportController
from probe_tray.ui.transfer.import_dialog import ImportDialog
from probe_tray.ui.transfer.import_drop import DropWatch
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from probe_tray.view.transfer.import_view import ImportView, import_view
from tests.support.drops import drop, entering, files
from tests.support.fakes import START, FakeClock
from tests.support.files import exported, flat, official
from tests.support.patience import PATIENCE_MS
from tests.support.tokens import tokens
from tests.support.transfers import MemoryExportFiles, nothing_noted, offline_check, offline_owners
from tests.support.widgets import button, buttons, open_windows, opened, part, parts, press, rows, texts
from tests.unit.engine.bench import GatedStore, NoLocks
from tests.unit.ui import transfers

NAME, SAID = 0, 2


class LiveEngine:
    """The real benches over a vault in memory; each command is seen to its end at once."""

    def __init__(self, official_login: Path) -> None:
        self.vault = GatedStore(StoreKind.VAULT)
        self.store = Store(AppState(loaded=True))
        self.sent: list[Command] = []
        accounts = Accounts((self.vault,), self.store, nothing_remembered)
        clock = FakeClock(START)
        self._transfers = Transfers(
            ImportSession(
                DiskImportFiles(lambda: [official_login], disk=Disk()),
                LoginImport(accounts, NoLocks(), offline_check(), offline_owners(), nothing_noted),
                accounts,
                self.store,
                clock,
            ),
            ExportSession(MemoryExportFiles(), accounts, offline_check().ended, self.store, clock, UTC, "client"),
        )
        self._runner = asyncio.Runner()

    @property
    def state(self) -> AppState:
        return self.store.state

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        return self.store.subscribe(callback)

    def send(self, command: Command) -> None:
        self.sent.append(command)
        if isinstance(command, TransferCommand):
            self._transfers.send(command, self._run, lambda _: None)

    def login_address(self) -> None:
        return None

    def new_sync_key(self) -> Secret:
        raise AssertionError

    def find_login_obstacle(self, then: Callable[[str], None]) -> None:
        then("")

    def make_sync_code(self, command: ShowSyncCode, then: Callable[[Secret | None], None]) -> None:
        del command
        then(None)

    def try_hook(self, program: str, then: Callable[[Problem | None], None]) -> None:
        raise AssertionError

    def read_sync_key(self, then: Callable[[Secret | None], None]) -> None:
        then(None)

    def importing(self) -> ImportState:
        """The import as it is now."""
        assert self.state.importing is not None
        return self.state.importing

    def show(self, state: ImportState) -> None:
        """Put the import into another state."""
        self.store.dispatch(ImportChanged(state))

    def close(self) -> None:
        self._runner.close()

    def _run(self, work: Coroutine[object, object, None]) -> None:
        self._runner.run(work)


class FakeChooser(FileChooser):
    """A person who always chooses the same."""

    def __init__(self) -> None:
        self.chosen: list[str] = []
        self.asked: list[str] = []

    def files(self, parent: QWidget, title: str, chosen: Callable[[list[str]], None]) -> None:
        self.asked.append(title)
        chosen(self.chosen)

    def folder(self, parent: QWidget | None, title: str, chosen: Callable[[str], None]) -> None:
        self.asked.append(title)
        chosen(self.chosen[0])


class Bench:
    def __init__(self, app: QApplication, folder: Path) -> None:
        self.folder = folder
        self.client = folder / "home" / "auth.json"
        self.engine = LiveEngine(self.client)
        self.chooser = FakeChooser()
        now, t = Now(START, UTC), Translator()

        def words(state: AppState, ticks: Mapping[RowId, bool], nothing: bool) -> ImportView:  # noqa: FBT001 - as called
            return import_view(state, ticks, now, t, nothing_pasted=nothing)

        self.window = ImportController(self.engine, Theme(app, lambda: False), words, self.chooser)
        self.engine.subscribe(self.window.draw)

    @property
    def dialog(self) -> ImportDialog:
        return opened(ImportDialog)

    def write(self, name: str, *held: object) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(json.dumps(one) for one in held))
        return path

    def rows(self) -> dict[str, str]:
        """What is said of each login."""
        return {row[NAME].partition(" ")[0]: row[SAID] for row in rows(self.table.model())}

    @property
    def table(self) -> QTreeWidget:
        return part(self.dialog, QTreeWidget)

    def tick(self, place: int) -> None:
        """Press Space on a line."""
        tree = self.table
        tree.setFocus()
        tree.setCurrentIndex(tree.model().index(place, NAME))
        QTest.keyClick(tree, Qt.Key.Key_Space)

    def kept(self) -> set[str]:
        return {login.email.partition("@")[0] for login in self.engine.vault.held.values()}

    def close(self) -> None:
        self.window.close()
        self.engine.close()
        QGuiApplication.clipboard().clear()


def text(held: object) -> QMimeData:
    data = QMimeData()
    data.setText(json.dumps(held))
    return data


@pytest.fixture
def bench(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(qapp, tmp_path)
    yield bench
    bench.close()


def test_dropped_files_and_folders_are_shown_then_taken(bench: Bench) -> None:
    one, folder = (
        bench.write("one.json", flat("ana")),
        bench.write("more/two.json", exported("ben", "cat")).parent,
    )
    bench.window.show()
    assert drop(bench.dialog, files(one, folder))
    assert set(bench.rows()) == {f"{name}@example.com" for name in ("ana", "ben", "cat")}
    assert bench.kept() == set()
    QTest.keyClick(bench.dialog, Qt.Key.Key_Return)
    assert bench.kept() == {"ana", "ben", "cat"}
    assert "3 logins were imported" in texts(bench.dialog)
    assert {a.email for a in bench.engine.state.accounts} == set(bench.rows())
    assert one.exists()


def test_what_is_dropped_on_another_window_opens_this_one(bench: Bench, qtbot: QtBot) -> None:
    panel = QWidget()
    qtbot.addWidget(panel)
    DropWatch(panel, bench.window.drops)
    assert drop(panel, files(bench.write("a.json", flat("ana"))))
    assert bench.dialog.isVisible()
    assert set(bench.rows()) == {"ana@example.com"}


def test_what_is_no_file_and_no_text_is_not_taken(bench: Bench) -> None:
    row = QMimeData()
    row.setData("application/x-row", b"1")
    bench.window.show()
    assert not drop(bench.dialog, row)
    assert bench.engine.sent == []


def test_the_place_to_drop_shows_that_it_is_one(bench: Bench) -> None:
    bench.window.show()
    place = next(label for label in parts(bench.dialog, QLabel) if label.text() == "Drop files or folders here")
    before = place.grab().toImage()
    data = files(bench.write("a.json", flat("ana")))
    QApplication.sendEvent(bench.dialog, entering(data, Qt.DropAction.CopyAction))
    assert place.grab().toImage() != before
    QApplication.sendEvent(bench.dialog, QDragLeaveEvent())
    assert place.grab().toImage() == before


@pytest.mark.parametrize("how", ["button", "keys", "drop"])
def test_text_is_read_and_never_shown(bench: Bench, how: str) -> None:
    bench.window.show()
    assert QTest.qWaitForWindowActive(bench.dialog, PATIENCE_MS)
    data = text(official("ana"))
    if how == "drop":
        drop(bench.dialog, data)
    else:
        QGuiApplication.clipboard().setMimeData(data)
        if how == "button":
            press(bench.dialog, "Paste")
        else:
            QTest.keyClick(bench.dialog, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert bench.rows() == {"ana@example.com": "New"}
    assert not bench.dialog.findChildren(QPlainTextEdit) + bench.dialog.findChildren(QTextEdit)
    said = repr(bench.engine.sent) + repr(bench.engine.state)
    assert not any(token in said for token in tokens("ana").values())
    if how != "drop":
        assert "tokens" in QGuiApplication.clipboard().text()


@pytest.mark.parametrize("already_open", [False, True])
def test_the_keyboard_goes_to_what_was_pasted_and_return_takes_it(bench: Bench, already_open: bool) -> None:  # noqa: FBT001 - a parameter
    QGuiApplication.clipboard().setMimeData(text(official("ana")))
    if already_open:
        bench.window.show()
    bench.window.paste()
    keyboard = bench.dialog.focusWidget()
    assert keyboard is bench.table
    QTest.keyClick(keyboard, Qt.Key.Key_Return)
    assert bench.kept() == {"ana"}


def test_the_keyboard_stays_on_the_box_that_ticks_everything(bench: Bench) -> None:
    bench.window.show()
    drop(bench.dialog, files(bench.write("two.json", exported("ben", "cat"))))
    box = part(bench.dialog, QCheckBox)
    box.setFocus()
    for _ in range(2):
        QTest.keyClick(box, Qt.Key.Key_Space)
        assert bench.dialog.focusWidget() is box


def test_files_that_were_copied_are_pasted_as_files(bench: Bench) -> None:
    QGuiApplication.clipboard().setMimeData(files(bench.write("a.json", flat("ana"))))
    bench.window.show()
    press(bench.dialog, "Paste")
    assert bench.rows() == {"ana@example.com": "New"}


@pytest.mark.parametrize("kind", ["empty", "blank", "picture"])
def test_a_clipboard_with_nothing_to_read_is_said_until_something_is_read(bench: Bench, kind: str) -> None:
    data = QMimeData()
    if kind == "blank":
        data.setText("  \n")
    if kind == "picture":
        data.setImageData(QImage(2, 2, QImage.Format.Format_RGB32))
    QGuiApplication.clipboard().setMimeData(data)
    # As a key in the panel does, before there is any window.
    bench.window.paste()
    assert bench.engine.sent == []
    assert bench.dialog.isVisible()
    nothing = "The clipboard has no text and no files."
    assert any(one.startswith(nothing) for one in texts(bench.dialog))
    QGuiApplication.clipboard().setMimeData(text(official("ana")))
    press(bench.dialog, "Paste")
    assert bench.rows() == {"ana@example.com": "New"}
    assert not any(one.startswith(nothing) for one in texts(bench.dialog))


def test_a_text_that_is_no_login_is_told_what_was_looked_for(bench: Bench) -> None:
    QGuiApplication.clipboard().setMimeData(text("Dear Ana, see you on Friday."))
    bench.window.show()
    press(bench.dialog, "Paste")
    said = texts(bench.dialog)
    assert "That is not a login" in said
    assert any(one.startswith("Probe Tray reads Codex logins as JSON from codex-probe") for one in said)


def test_files_and_folders_are_chosen_in_the_systems_own_windows(bench: Bench) -> None:
    bench.chooser.chosen = [str(bench.write("a.json", flat("ana")))]
    bench.window.show()
    press(bench.dialog, "Choose files…")
    bench.chooser.chosen = [str(bench.write("more/b.json", flat("ben")).parent)]
    press(bench.dialog, "Choose folder…")
    assert bench.chooser.asked == ["Choose files with logins", "Choose a folder with logins"]
    assert set(bench.rows()) == {"ana@example.com", "ben@example.com"}


def test_hostile_files_are_named_and_cost_nobody_else(bench: Bench) -> None:
    folder = bench.write("odd/good.json", flat("ana")).parent
    (folder / "large.json").write_bytes(b"[" * (256 * 1024 + 1))
    (folder / "deep.json").write_bytes(b"[" * 5_000)
    (folder / "{brace}.json").write_text('{"access_token": "a b\\n"}')
    if sys.platform != "win32":
        os.mkfifo(folder / "pipe.json")
        (folder / "out.json").symlink_to("/etc/hostname")
    bench.window.show()
    drop(bench.dialog, files(folder))
    said = [row[SAID] for row in rows(bench.table.model())]
    assert "New" in said
    assert sum(" is not a login" in one or "can't be read" in one for one in said) == len(said) - 1
    QTest.keyClick(bench.dialog, Qt.Key.Key_Return)
    assert bench.kept() == {"ana"}


def test_a_line_is_unticked_by_keyboard_and_all_of_them_at_once(bench: Bench) -> None:
    bench.window.show()
    drop(bench.dialog, files(bench.write("a.json", flat("ana"), flat("ben"))))
    bench.tick(0)
    assert bench.rows()["ana@example.com"] == "Not selected"
    assert "Import 1 login" in buttons(bench.dialog)
    everything = part(bench.dialog, QCheckBox)
    assert everything.checkState() is Qt.CheckState.PartiallyChecked
    QTest.keyClick(everything, Qt.Key.Key_Space)
    assert "Import 2 logins" in buttons(bench.dialog)
    QTest.keyClick(everything, Qt.Key.Key_Space)
    assert not button(bench.dialog, "Import").isEnabled()
    bench.tick(1)
    press(bench.dialog, "Import 1 login")
    assert bench.kept() == {"ben"}


def test_the_clients_own_login_is_taken_only_when_it_is_ticked(bench: Bench) -> None:
    bench.window.show()
    drop(bench.dialog, files(bench.write("home/auth.json", official("ana"))))
    assert not button(bench.dialog, "Import").isEnabled()
    bench.tick(0)
    press(bench.dialog, "Import 1 login")
    assert bench.kept() == {"ana"}


@pytest.mark.parametrize("closed", [False, True])
def test_another_import_begins_without_the_ticks_of_the_last_one(bench: Bench, *, closed: bool) -> None:
    bench.window.show()
    drop(bench.dialog, files(bench.write("home/auth.json", official("ana")), bench.write("b.json", flat("ben"))))
    everything = part(bench.dialog, QCheckBox)
    QTest.keyClick(everything, Qt.Key.Key_Space)
    assert "Import 2 logins" in buttons(bench.dialog)
    bench.tick([row.email[:3] for row in bench.engine.importing().rows].index("ben"))
    press(bench.dialog, "Import 1 login")
    assert bench.kept() == {"ana"}
    if closed:
        # Not put away with its window, as while logins are taken.
        bench.engine.show(replace(bench.engine.importing(), phase=ImportPhase.TAKING))
        bench.dialog.close()
        bench.engine.show(replace(bench.engine.importing(), phase=ImportPhase.DONE))
        bench.window.show()
    bench.engine.vault.held.clear()
    drop(bench.dialog, files(bench.write("home/auth.json", official("ana")), bench.write("b.json", flat("ben"))))
    assert bench.rows() == {
        "ana@example.com": "Not selected: the Codex client on this computer uses it",
        "ben@example.com": "New",
    }


def test_a_tick_is_for_the_login_that_was_there_and_not_for_its_place(bench: Bench) -> None:
    bench.window.show()
    drop(bench.dialog, files(bench.write("home/auth.json", official("ana")), bench.write("b.json", flat("ben"))))
    for place in (0, 1):
        bench.tick(place)
    assert bench.rows() == {"ana@example.com": "New", "ben@example.com": "Not selected"}
    drop(bench.dialog, files(bench.write("home/auth.json", official("zoe")), bench.write("b.json", flat("cat"))))
    assert bench.rows() == {
        "zoe@example.com": "Not selected: the Codex client on this computer uses it",
        "cat@example.com": "New",
    }


def test_a_store_that_refuses_is_told_at_the_login_it_refused(bench: Bench) -> None:
    bench.window.show()
    drop(bench.dialog, files(bench.write("a.json", flat("ana"), flat("ben"))))
    bench.engine.vault.save_fault = WriteError(path="vault", reason="the disk is full")
    press(bench.dialog, "Import 2 logins")
    assert "0 logins were imported" in texts(bench.dialog)
    assert bench.rows()["ana@example.com"].startswith("Failed: vault can't be written: the disk is full.")
    assert not any(text.startswith("Import") for text in buttons(bench.dialog))


def test_a_locked_keyring_is_told_and_tried_again(bench: Bench) -> None:
    bench.engine.vault.fault = KeyringLockedError()
    bench.window.show()
    drop(bench.dialog, files(bench.write("a.json", flat("ana"))))
    assert any(text.startswith("The keyring is locked") for text in texts(bench.dialog))
    assert not button(bench.dialog, "Import 1 login").isEnabled()
    bench.engine.vault.fault = None
    press(bench.dialog, "Try again")
    assert not any("The keyring is locked" in text for text in texts(bench.dialog))
    assert button(bench.dialog, "Import 1 login").isEnabled()


def test_closing_forgets_what_was_read_and_what_was_ticked(bench: Bench) -> None:
    path = bench.write("a.json", flat("ana"))
    bench.window.show()
    drop(bench.dialog, files(path))
    bench.tick(0)
    QTest.keyClick(bench.dialog, Qt.Key.Key_Escape)
    assert not open_windows(ImportDialog)
    assert bench.engine.state.importing is None
    bench.window.read((str(path),))
    assert bench.rows()["ana@example.com"] == "New"


def test_closing_while_logins_are_taken_leaves_them_to_their_end(bench: Bench) -> None:
    bench.window.show()
    bench.engine.show(ImportState(phase=ImportPhase.TAKING, done=1, total=3, rows=transfers.many(3).rows))
    assert part(bench.dialog, QProgressBar).value() == 1
    bench.dialog.close()
    assert ForgetImport() not in bench.engine.sent
    bench.window.show()
    assert "1 of 3 logins imported." in texts(bench.dialog)


def test_nothing_is_taken_by_return_before_there_is_anything(bench: Bench) -> None:
    bench.window.show()
    QTest.keyClick(bench.dialog, Qt.Key.Key_Return)
    assert not any(isinstance(command, TakeLogins) for command in bench.engine.sent)
    assert bench.dialog.isVisible()


def test_the_window_holds_up_nothing(bench: Bench) -> None:
    bench.window.show()
    assert not bench.dialog.isModal()


def test_a_hundred_logins_are_listed(bench: Bench) -> None:
    bench.window.show()
    bench.engine.show(transfers.many(100))
    assert len(rows(bench.table.model())) == 100
    bench.engine.show(transfers.many(3))
    assert len(rows(bench.table.model())) == 3


def test_a_long_name_is_broken_and_where_it_was_found_stands_below(bench: Bench) -> None:
    bench.window.show()
    long = "a.long.address." * 6
    assert drop(bench.dialog, files(bench.write("short.json", flat("ana")), bench.write("long.json", flat(long))))
    tree, model = bench.table, bench.table.model()
    places = {str(model.index(row, NAME).data()): model.index(row, NAME) for row in range(model.rowCount())}
    short, broken = (next(place for name, place in places.items() if name.startswith(who)) for who in ("ana", "a.long"))
    line = tree.fontMetrics().height()
    assert tree.visualRect(short).height() >= 2 * line
    assert tree.visualRect(broken).height() >= tree.visualRect(short).height() + line
    spoken = str(short.data(Qt.ItemDataRole.AccessibleTextRole))
    assert spoken.startswith("ana@example.com")
    assert spoken.endswith("short.json")


def test_the_systems_window_for_files_is_a_child_and_waits_for_nobody(bench: Bench, tmp_path: Path) -> None:
    bench.window.show()
    chosen: list[list[str]] = []
    FileChooser().files(bench.dialog, "Choose", chosen.append)
    (asking,) = bench.dialog.findChildren(QFileDialog)
    assert (asking.windowTitle(), asking.fileMode()) == ("Choose", QFileDialog.FileMode.ExistingFiles)
    asking.filesSelected.emit([str(tmp_path)])
    asking.close()
    assert chosen == [[str(tmp_path)]]
