"""Importing and exporting on the desktop: their windows, and the windows on which files may be dropped."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.state import AppState
from probe_tray.core.transfer.state import RowId
from probe_tray.ui.engine import EngineProtocol
from probe_tray.ui.question_controller import QuestionController
from probe_tray.ui.theme import Theme
from probe_tray.ui.transfer.file_chooser import FileChooser
from probe_tray.ui.transfer.import_controller import ImportController
from probe_tray.ui.transfer.import_drop import DropWatch
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator

if TYPE_CHECKING:
    from probe_tray.ui.transfer.export_controller import ExportController
    from probe_tray.view.transfer.import_view import ImportView


class TransferController:
    """Both windows, each made when it is first wanted."""

    def __init__(
        self, engine: EngineProtocol, theme: Theme, t: Translator, question: QuestionController, now: Callable[[], Now]
    ) -> None:
        """Import and export through ``engine``; ask with ``question``."""
        self.chooser = FileChooser()
        self._engine, self._theme, self._t, self._question, self._now = engine, theme, t, question, now
        self._importing = ImportController(engine, theme, self._import_view, self.chooser)
        self._exporting: ExportController | None = None
        """None until somebody wants to export."""

    @property
    def is_exporting(self) -> bool:
        """Whether the export's window is on the screen, which names the plans of the accounts."""
        return self._exporting is not None and self._exporting.is_open

    def show_import(self) -> None:
        """Let the person bring logins."""
        self._importing.show()

    def show_export(self, account: AccountKey | None = None) -> None:
        """Let the person write logins or numbers; with an account, that one's."""
        if self._exporting is None:
            self._exporting = self._make_export()
        self._exporting.show(account)

    def watch(self, window: QWidget) -> None:
        """Import what is dropped on ``window`` or pasted into it."""
        DropWatch(window, self._importing.drops)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), window).activated.connect(self._importing.paste)

    def draw(self) -> None:
        """Show the state as it is now, where anybody sees it."""
        self._importing.draw()
        if self._exporting is not None:
            self._exporting.draw()

    def close(self) -> None:
        """Take both windows away for good."""
        self._importing.close()
        if self._exporting is not None:
            self._exporting.close()

    def _import_view(self, state: AppState, ticks: Mapping[RowId, bool], nothing: bool) -> "ImportView":  # noqa: FBT001 - as the window asks for its words
        from probe_tray.view.transfer.import_view import import_view

        return import_view(state, ticks, self._now(), self._t, nothing_pasted=nothing)

    def _make_export(self) -> "ExportController":
        from probe_tray.ui.transfer.export_controller import ExportController, ExportWords
        from probe_tray.view.tables.usage_table import quota_table
        from probe_tray.view.transfer.export_view import export_view, replacing

        now, t = self._now, self._t
        words = ExportWords(
            window=lambda state, choices: export_view(state, choices, now(), t),
            table=lambda accounts, hide: quota_table(accounts, now(), hide=hide),
            replacing=lambda state, paths: replacing(paths, t, privacy=state.settings.privacy),
        )
        return ExportController(self._engine, self._theme, words, self._question, self.chooser)
