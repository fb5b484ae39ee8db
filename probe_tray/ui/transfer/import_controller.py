"""Between the import's window and the engine: what the person ticks is kept here, and nothing else."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from probe_tray.core.state import AppState
from probe_tray.core.transfer.state import (
    CompareAgain,
    ForgetImport,
    ImportPhase,
    ImportRow,
    ReadFiles,
    ReadPasted,
    RowId,
    StopImport,
    TakeLogins,
)
from probe_tray.ui.engine import EngineProtocol
from probe_tray.ui.lazy_window import LazyWindow
from probe_tray.ui.theme import Theme
from probe_tray.ui.transfer.file_chooser import FileChooser
from probe_tray.ui.transfer.import_drop import DropActions, take

if TYPE_CHECKING:
    from probe_tray.ui.transfer.import_dialog import ImportDialog
    from probe_tray.view.transfer.import_view import ImportView

Words = Callable[[AppState, Mapping[RowId, bool], bool], "ImportView"]
"""Puts the import into words, now and here; the last: nothing was there to paste."""
_Choice = tuple[RowId, AccountKey | None]
"""A login that was found and whose it is: a file that is read again may hold another one."""


class ImportController:
    """Opens the window, hands on what is brought, and draws while it is open."""

    def __init__(self, engine: EngineProtocol, theme: Theme, words: Words, chooser: FileChooser) -> None:
        """Import through ``engine``; ask for places with ``chooser``."""
        self._engine, self._theme, self._words, self._chooser = engine, theme, words, chooser
        self._ticks: dict[_Choice, bool] = {}
        self._closing = False
        self._nothing_pasted = False
        self.drops = DropActions(files=self.read, text=self._read_text, hover=lambda _over: None)
        self._window = LazyWindow(self._make, lambda window: window.show_model(self._view()))

    def show(self) -> None:
        """Open the window, at an import that goes on if there is one."""
        self._window.show()

    def read(self, paths: tuple[str, ...]) -> None:
        """Read these files and folders and show what is in them."""
        self._begin()
        self._engine.send(ReadFiles(paths))
        self.show()

    def paste(self) -> None:
        """Read what is on the clipboard, or say in the window that there is nothing to read."""
        # The window never shows what was pasted, and keeps nothing of it; the clipboard is the person's own.
        if self._phase() is ImportPhase.TAKING:
            return
        self._nothing_pasted = not take(QGuiApplication.clipboard().mimeData(), self.drops)
        self.show()
        self.draw()

    def draw(self) -> None:
        """Show the state as it is now, where anybody sees it."""
        self._window.draw()

    def close(self) -> None:
        """Take the window away for good."""
        self._closing = True
        self._window.close()

    def _make(self) -> "ImportDialog":
        from probe_tray.ui.transfer.import_dialog import ImportCallbacks, ImportDialog

        send = self._engine.send
        actions = ImportCallbacks(
            choose_files=self._choose_files,
            choose_folder=self._choose_folder,
            paste=self.paste,
            drop=self.drops,
            tick=self._tick,
            tick_all=self._tick_all,
            take=self._take,
            stop=lambda: send(StopImport()),
            again=lambda: send(CompareAgain()),
            closed=self._closed,
        )
        return ImportDialog(self._theme, actions)

    def _view(self) -> "ImportView":
        return self._words(self._engine.state, self._chosen(), self._nothing_pasted)

    def _phase(self) -> ImportPhase | None:
        importing = self._engine.state.importing
        return None if importing is None else importing.phase

    def _rows(self) -> tuple[ImportRow, ...]:
        importing = self._engine.state.importing
        return () if importing is None else importing.rows

    def _chosen(self) -> dict[RowId, bool]:
        choices = ((row.id, self._ticks.get(_choice(row))) for row in self._rows())
        return {row: on for row, on in choices if on is not None}

    def _choose_files(self) -> None:
        dialog = self._window.made()
        self._chooser.files(dialog, self._view().choose_files_title, lambda paths: self.read(tuple(paths)))

    def _choose_folder(self) -> None:
        dialog = self._window.made()
        self._chooser.folder(dialog, self._view().choose_folder_title, lambda path: self.read((path,)))

    def _read_text(self, text: Secret) -> None:
        self._begin()
        self._engine.send(ReadPasted(text))
        self.show()

    def _begin(self) -> None:
        self._nothing_pasted = False
        if self._phase() in {None, ImportPhase.DONE}:
            # What is read now is another import: its rows have the names of the last one's.
            self._ticks.clear()

    def _tick(self, row: RowId, on: bool) -> None:  # noqa: FBT001 - what a box shows
        self._ticks |= {_choice(found): on for found in self._rows() if found.id == row}
        self.draw()

    def _tick_all(self, on: bool) -> None:  # noqa: FBT001 - what a box shows
        self._ticks |= {_choice(row): on for row in self._rows() if row.takeable}
        self.draw()

    def _take(self) -> None:
        from probe_tray.view.transfer.import_view import ticked

        chosen = self._chosen()
        self._engine.send(TakeLogins(tuple(row.id for row in self._rows() if ticked(row, chosen))))

    def _closed(self) -> None:
        self._nothing_pasted = False
        # Logins that are being taken are taken; whoever opens the window again sees what came of it.
        if not self._closing and self._phase() not in {None, ImportPhase.TAKING}:
            self._ticks.clear()
            self._engine.send(ForgetImport())


def _choice(row: ImportRow) -> _Choice:
    return row.id, row.account
