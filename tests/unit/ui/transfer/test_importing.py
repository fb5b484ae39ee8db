"""The import's window: what is brought in every way, ticked, taken, and told, over stores in memory and real files."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QDragLeaveEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QPlainTextEdit, QTextEdit, QWidget
from pytestqt.qtbot import QtBot

from probe_tray.adapters.files.import_files import DiskImportFiles
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.commands import Command
from probe_tray.core.errors import KeyringLockedError, WriteError
from probe_tray.core.state import AppState
from probe_tray.core.transfer.state import (
    ForgetImport,
    ImportChanged,
    ImportPhase,
    ImportState,
    TakeLogins,
    TransferCommand,
)
from probe_tray.engine.account.accounts import Accounts
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
from probe_tray.view.transfer.import_view import import_view
from tests.support.drops import drop, entering, files
from tests.support.fakes import START, FakeClock
from tests.support.files import exported, flat, official
from tests.support.tokens import tokens
from tests.support.transfers import MemoryExportFiles
from tests.unit.engine.bench import GatedStore, NoLocks
from tests.unit.ui import transfers

NAME, SAID = 0, 4


class LiveEngine:
    """The real desks over a vault in memory; each command is seen to its end at once."""

    def __init__(self, official_login: Path) -> None:
        self.vault = GatedStore(StoreKind.VAULT)
        self.store = Store(AppState(loaded=True))
        self.sent: list[Command] = []
        accounts = Accounts((self.vault,), self.store)
        clock = FakeClock(START)
        self._transfers = Transfers(
            ImportSession(
                DiskImportFiles(official_login), LoginImport(accounts, NoLocks()), accounts, self.store, clock
            ),
            ExportSession(MemoryExportFiles(), accounts, self.store, clock, UTC, "client"),
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

    def read_sync_key(self, then: Callable[[Secret | None], None]) -> None:
        then(None)

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

    def folder(self, parent: QWidget, title: str, chosen: Callable[[str], None]) -> None:
        self.asked.append(title)
        chosen(self.chosen[0])


class Desk:
    def __init__(self, app: QApplication, folder: Path) -> None:
        self.folder = folder
        self.client = folder / "home" / "auth.json"
        self.engine = LiveEngine(self.client)
        self.chooser = FakeChooser()
        now, t = Now(START, UTC), Translator()
        self.window = ImportController(
            self.engine, Theme(app), lambda state, ticks: import_view(state, ticks, now, t), self.chooser
        )
        self.engine.subscribe(self.window.draw)

    @property
    def dialog(self) -> ImportDialog:
        assert self.window.dialog is not None
        return self.window.dialog

    def write(self, name: str, *held: object) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(json.dumps(one) for one in held))
        return path

    def rows(self) -> dict[str, str]:
        """What is said of each login."""
        tree = self.dialog._tree
        items = [tree.topLevelItem(place) for place in range(tree.topLevelItemCount())]
        return {item.text(NAME).partition(" ")[0]: item.text(SAID) for item in items if item is not None}

    def tick(self, place: int) -> None:
        """Press Space on a line."""
        tree = self.dialog._tree
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
def desk(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(qapp, tmp_path)
    yield desk
    desk.close()


def test_dropped_files_and_folders_are_shown_then_taken(desk: Desk) -> None:
    one, folder = desk.write("one.json", flat("ana")), desk.write("more/two.json", exported("ben", "cat")).parent
    desk.window.show()
    assert drop(desk.dialog, files(one, folder))
    assert set(desk.rows()) == {f"{name}@example.com" for name in ("ana", "ben", "cat")}
    assert desk.kept() == set()
    QTest.keyClick(desk.dialog, Qt.Key.Key_Return)
    assert desk.kept() == {"ana", "ben", "cat"}
    assert desk.dialog._title.text() == "3 logins were imported"
    assert {a.email for a in desk.engine.state.accounts} == set(desk.rows())
    assert one.exists()


def test_what_is_dropped_on_another_window_opens_this_one(desk: Desk, qtbot: QtBot) -> None:
    panel = QWidget()
    qtbot.addWidget(panel)
    DropWatch(panel, desk.window.drops)
    assert drop(panel, files(desk.write("a.json", flat("ana"))))
    assert desk.dialog.isVisible()
    assert set(desk.rows()) == {"ana@example.com"}


def test_what_is_no_file_and_no_text_is_not_taken(desk: Desk) -> None:
    row = QMimeData()
    row.setData("application/x-row", b"1")
    desk.window.show()
    assert not drop(desk.dialog, row)
    assert desk.engine.sent == []


def test_the_place_to_drop_shows_that_it_is_one(desk: Desk) -> None:
    desk.window.show()
    before = desk.dialog._drop.styleSheet()
    data = files(desk.write("a.json", flat("ana")))
    QApplication.sendEvent(desk.dialog, entering(data, Qt.DropAction.CopyAction))
    assert desk.dialog._drop.styleSheet() != before
    QApplication.sendEvent(desk.dialog, QDragLeaveEvent())
    assert desk.dialog._drop.styleSheet() == before


@pytest.mark.parametrize("how", ["button", "keys", "drop"])
def test_text_is_read_and_never_shown(desk: Desk, how: str) -> None:
    desk.window.show()
    assert QTest.qWaitForWindowActive(desk.dialog)
    data = text(official("ana"))
    if how == "drop":
        drop(desk.dialog, data)
    else:
        QGuiApplication.clipboard().setMimeData(data)
        if how == "button":
            QTest.mouseClick(desk.dialog._paste, Qt.MouseButton.LeftButton)
        else:
            QTest.keyClick(desk.dialog, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert desk.rows() == {"ana@example.com": "New"}
    assert not desk.dialog.findChildren(QPlainTextEdit) + desk.dialog.findChildren(QTextEdit)
    said = repr(desk.engine.sent) + repr(desk.engine.state)
    assert not any(token in said for token in tokens("ana").values())
    if how != "drop":
        assert "tokens" in QGuiApplication.clipboard().text()


def test_files_that_were_copied_are_pasted_as_files(desk: Desk) -> None:
    QGuiApplication.clipboard().setMimeData(files(desk.write("a.json", flat("ana"))))
    desk.window.show()
    QTest.mouseClick(desk.dialog._paste, Qt.MouseButton.LeftButton)
    assert desk.rows() == {"ana@example.com": "New"}


def test_an_empty_clipboard_is_no_import(desk: Desk) -> None:
    QGuiApplication.clipboard().clear()
    desk.window.show()
    QTest.mouseClick(desk.dialog._paste, Qt.MouseButton.LeftButton)
    assert desk.engine.sent == []


def test_files_and_folders_are_chosen_in_the_systems_own_windows(desk: Desk) -> None:
    desk.chooser.chosen = [str(desk.write("a.json", flat("ana")))]
    desk.window.show()
    QTest.mouseClick(desk.dialog._files, Qt.MouseButton.LeftButton)
    desk.chooser.chosen = [str(desk.write("more/b.json", flat("ben")).parent)]
    QTest.mouseClick(desk.dialog._folder, Qt.MouseButton.LeftButton)
    assert desk.chooser.asked == ["Choose files with logins", "Choose a folder with logins"]
    assert set(desk.rows()) == {"ana@example.com", "ben@example.com"}


def test_hostile_files_are_named_and_cost_nobody_else(desk: Desk) -> None:
    folder = desk.write("odd/good.json", flat("ana")).parent
    (folder / "large.json").write_bytes(b"[" * (256 * 1024 + 1))
    (folder / "deep.json").write_bytes(b"[" * 5_000)
    (folder / "{brace}.json").write_text('{"access_token": "a b\\n"}')
    if sys.platform != "win32":
        os.mkfifo(folder / "pipe.json")
        (folder / "out.json").symlink_to("/etc/hostname")
    desk.window.show()
    drop(desk.dialog, files(folder))
    tree = desk.dialog._tree
    said = [item.text(SAID) for place in range(tree.topLevelItemCount()) if (item := tree.topLevelItem(place))]
    assert "New" in said
    assert sum(" is not a login" in one or "can't be read" in one for one in said) == len(said) - 1
    QTest.keyClick(desk.dialog, Qt.Key.Key_Return)
    assert desk.kept() == {"ana"}


def test_a_line_is_unticked_by_keyboard_and_all_of_them_at_once(desk: Desk) -> None:
    desk.window.show()
    drop(desk.dialog, files(desk.write("a.json", flat("ana"), flat("ben"))))
    desk.tick(0)
    assert desk.rows()["ana@example.com"] == "not selected"
    assert desk.dialog._take.text() == "&Import 1 login"
    assert desk.dialog._everything.checkState() is Qt.CheckState.PartiallyChecked
    QTest.keyClick(desk.dialog._everything, Qt.Key.Key_Space)
    assert desk.dialog._take.text() == "&Import 2 logins"
    QTest.keyClick(desk.dialog._everything, Qt.Key.Key_Space)
    assert not desk.dialog._take.isEnabled()
    desk.tick(1)
    QTest.mouseClick(desk.dialog._take, Qt.MouseButton.LeftButton)
    assert desk.kept() == {"ben"}


def test_the_clients_own_login_is_taken_only_when_it_is_ticked(desk: Desk) -> None:
    desk.window.show()
    drop(desk.dialog, files(desk.write("home/auth.json", official("ana"))))
    assert not desk.dialog._take.isEnabled()
    desk.tick(0)
    QTest.mouseClick(desk.dialog._take, Qt.MouseButton.LeftButton)
    assert desk.kept() == {"ana"}


def test_a_store_that_refuses_is_told_at_the_login_it_refused(desk: Desk) -> None:
    desk.window.show()
    drop(desk.dialog, files(desk.write("a.json", flat("ana"), flat("ben"))))
    desk.engine.vault.save_fault = WriteError(path="vault", reason="the disk is full")
    QTest.mouseClick(desk.dialog._take, Qt.MouseButton.LeftButton)
    assert desk.dialog._title.text() == "0 logins were imported"
    assert desk.rows()["ana@example.com"].startswith("failed: vault can't be written: the disk is full.")
    assert not desk.dialog._take.isVisible()


def test_a_locked_keyring_is_told_and_tried_again(desk: Desk) -> None:
    desk.engine.vault.fault = KeyringLockedError()
    desk.window.show()
    drop(desk.dialog, files(desk.write("a.json", flat("ana"))))
    assert desk.dialog._trouble.text().startswith("The keyring is locked")
    assert not desk.dialog._take.isEnabled()
    desk.engine.vault.fault = None
    QTest.mouseClick(desk.dialog._again, Qt.MouseButton.LeftButton)
    assert not desk.dialog._trouble.isVisible()
    assert desk.dialog._take.isEnabled()


def test_closing_forgets_what_was_read_and_what_was_ticked(desk: Desk) -> None:
    path = desk.write("a.json", flat("ana"))
    desk.window.show()
    drop(desk.dialog, files(path))
    desk.tick(0)
    QTest.keyClick(desk.dialog, Qt.Key.Key_Escape)
    assert not desk.dialog.isVisible()
    assert desk.engine.state.importing is None
    desk.window.read((str(path),))
    assert desk.rows()["ana@example.com"] == "New"


def test_closing_while_logins_are_taken_leaves_them_to_their_end(desk: Desk) -> None:
    desk.window.show()
    desk.engine.show(ImportState(phase=ImportPhase.TAKING, done=1, total=3, rows=transfers.many(3).rows))
    assert desk.dialog._progress.isVisible()
    desk.dialog.close()
    assert ForgetImport() not in desk.engine.sent
    desk.window.show()
    assert desk.dialog._text.text() == "1 of 3 logins imported."


def test_nothing_is_taken_by_return_before_there_is_anything(desk: Desk) -> None:
    desk.window.show()
    QTest.keyClick(desk.dialog, Qt.Key.Key_Return)
    assert not any(isinstance(command, TakeLogins) for command in desk.engine.sent)
    assert desk.dialog.isVisible()


def test_the_window_holds_up_nothing(desk: Desk) -> None:
    desk.window.show()
    assert not desk.dialog.isModal()


def test_a_hundred_logins_are_listed(desk: Desk) -> None:
    desk.window.show()
    desk.engine.show(transfers.many(100))
    assert desk.dialog._tree.topLevelItemCount() == 100
    desk.engine.show(transfers.many(3))
    assert desk.dialog._tree.topLevelItemCount() == 3


def test_the_systems_window_for_files_is_a_child_and_waits_for_nobody(desk: Desk, tmp_path: Path) -> None:
    desk.window.show()
    chosen: list[list[str]] = []
    FileChooser().files(desk.dialog, "Choose", chosen.append)
    (asking,) = desk.dialog.findChildren(QFileDialog)
    assert (asking.windowTitle(), asking.fileMode()) == ("Choose", QFileDialog.FileMode.ExistingFiles)
    asking.filesSelected.emit([str(tmp_path)])
    asking.close()
    assert chosen == [[str(tmp_path)]]
