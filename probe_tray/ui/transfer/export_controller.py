"""Between the export's window and the engine: what the person chooses is kept here, and nothing else."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.state import AccountState, AppState
from probe_tray.core.transfer.state import ExportPhase, ForgetExport, WriteLogins, WriteTable
from probe_tray.ui.engine import EngineProtocol
from probe_tray.ui.lazy_window import LazyWindow
from probe_tray.ui.question_controller import QuestionController
from probe_tray.ui.theme import Theme
from probe_tray.ui.transfer.file_chooser import FileChooser
from probe_tray.view.transfer.export_view import ExportChoices, ExportView, exportable
from probe_tray.view.view_models import Question

if TYPE_CHECKING:
    from probe_tray.ui.transfer.export_dialog import ExportDialog


class ExportWords(msgspec.Struct, frozen=True, kw_only=True):
    """Puts what is exported into words, now and here."""

    window: Callable[[AppState, ExportChoices], ExportView]
    table: Callable[[tuple[AccountState, ...], bool], bytes]
    """The quotas of accounts as a table; whether without addresses and ids."""
    replacing: Callable[[AppState, tuple[str, ...]], Question]


def open_folder(folder: str) -> None:
    """Show a folder in the system's own program."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(folder))


class ExportController:
    """Opens the window, asks where to write, and draws while it is open."""

    def __init__(
        self,
        engine: EngineProtocol,
        theme: Theme,
        words: ExportWords,
        question: QuestionController,
        chooser: FileChooser,
    ) -> None:
        """Export through ``engine``; ask with ``question`` and ``chooser``."""
        self._engine, self._theme, self._words = engine, theme, words
        self._question, self._chooser = question, chooser
        self._choices = ExportChoices()
        self._sent: WriteLogins | WriteTable | None = None
        self.show_folder: Callable[[str], None] = open_folder
        self._window = LazyWindow(self._make, lambda window: window.show_model(self._view()))

    @property
    def is_open(self) -> bool:
        """Whether the window is on the screen."""
        return self._window.visible is not None

    def show(self, account: AccountKey | None = None) -> None:
        """Open the window; with an account, for that one alone."""
        if not self.is_open:
            self._choices = ExportChoices(hide=self._engine.state.settings.privacy)
        if account is not None:
            self._choices = replace(self._choices, chosen=frozenset({account}))
        self._window.show()

    def draw(self) -> None:
        """Show the state as it is now, where anybody sees it."""
        self._window.draw()
        exporting = self._engine.state.exporting
        if self.is_open and exporting is not None and exporting.phase is ExportPhase.ASKING and self._sent is not None:
            self._ask(exporting.in_the_way)

    def close(self) -> None:
        """Take the window away for good."""
        self._window.close()

    def _make(self) -> "ExportDialog":
        from probe_tray.ui.transfer.export_dialog import ExportActions, ExportDialog

        actions = ExportActions(
            kind=lambda kind: self._change(replace(self._choices, kind=kind)),
            tick=self._tick,
            tick_all=self._tick_all,
            refresh_tokens=lambda on: self._change(replace(self._choices, refresh_tokens=on)),
            hide=lambda on: self._change(replace(self._choices, hide=on)),
            export=self._export,
            show_folder=lambda: self.show_folder(self._view().folder),
            closed=self._closed,
        )
        return ExportDialog(self._theme, actions)

    def _view(self) -> ExportView:
        return self._words.window(self._engine.state, self._choices)

    def _change(self, choices: ExportChoices) -> None:
        self._choices = choices
        self.draw()

    def _tick(self, key: AccountKey, on: bool) -> None:  # noqa: FBT001 - what a box shows
        chosen = self._choices.chosen
        if chosen is None:
            chosen = frozenset(a.key for a in self._engine.state.accounts)
        self._change(replace(self._choices, chosen=chosen | {key} if on else chosen - {key}))

    def _tick_all(self, on: bool) -> None:  # noqa: FBT001 - what a box shows
        self._change(replace(self._choices, chosen=None if on else frozenset()))

    def _export(self) -> None:
        view, made, dialog = self._view(), self._choices.kind.format, self._window.made()
        # As it is in the window now: while the place is chosen accounts may come, and others be ticked.
        write = self._writer()
        if made is not None and not made.one_file:
            self._chooser.folder(dialog, view.choose_folder, lambda place: write(place, False))
        else:
            self._chooser.new_file(dialog, view.choose_file, view.file_name, write)

    def _writer(self) -> Callable[[str, bool], None]:
        """Writes what is chosen now to the place that it is given, of which the window has asked already or not."""
        choices, accounts = self._choices, exportable(self._engine.state, self._choices)
        kind = choices.kind.format
        if kind is None:
            table = WriteTable(data=self._words.table(accounts, choices.hide), place="")
            return lambda place, asked: self._send(replace(table, place=place, replace=asked))
        logins = WriteLogins(
            accounts=tuple(account.key for account in accounts),
            format=kind,
            refresh_tokens=choices.refresh_tokens,
            place="",
            folder=not kind.one_file,
        )
        return lambda place, asked: self._send(replace(logins, place=place, replace=asked))

    def _send(self, command: WriteLogins | WriteTable) -> None:
        self._sent = command
        self._engine.send(command)

    def _ask(self, paths: tuple[str, ...]) -> None:
        sent, self._sent = self._sent, None
        if sent is None:
            return

        def worded() -> Question:
            return self._words.replacing(self._engine.state, paths)

        self._question.ask(worded(), lambda _: self._send(replace(sent, replace=True)), worded)

    def _closed(self) -> None:
        self._engine.send(ForgetExport())
