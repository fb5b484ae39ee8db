"""The windows that import and export, in their phases, for the contact sheets."""

from datetime import UTC

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDialog

from probe_tray.core.state import AccountState, AppState
from probe_tray.core.transfer.state import ExportPhase, ExportState, ImportPhase, ImportState
from probe_tray.ui.placement import fitting
from probe_tray.ui.theme import Theme
from probe_tray.ui.transfer.export_dialog import ExportActions, ExportDialog
from probe_tray.ui.transfer.import_dialog import ImportCallbacks, ImportDialog
from probe_tray.ui.transfer.import_drop import DropActions
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from probe_tray.view.transfer.export_view import ExportChoices, ExportKind, export_view
from probe_tray.view.transfer.import_view import import_view
from tests.unit.ui import samples, transfers

NOW = Now(samples.NOW, UTC)


def _nothing(*_: object) -> None:
    return


def imports(theme: Theme, t: Translator) -> list[QDialog]:
    """Before anything is brought, what was found, what came of it, a locked keyring, and a hundred logins."""
    reading = ImportState(phase=ImportPhase.READING, done=40, total=120, rows=transfers.many(3).rows)
    states = (None, transfers.found(), transfers.taken(), transfers.locked(), reading, transfers.many(100))
    return [_import(state, theme, t) for state in states]


def exports(theme: Theme, t: Translator) -> list[QDialog]:
    """A table, logins of every condition, what came of it, a failure, and nobody."""
    four, odd = samples.four().accounts, samples.conditions().accounts
    named = (*samples.long_names().accounts, samples.account("lee@example.com"))
    writing = ExportState(phase=ExportPhase.WRITING)
    return [
        _export(None, ExportChoices(), four, theme, t),
        _export(writing, ExportChoices(kind=ExportKind.PROBE), odd, theme, t),
        _export(transfers.written(1), ExportChoices(kind=ExportKind.SUB2API), samples.many(100).accounts, theme, t),
        _export(transfers.failed(), ExportChoices(kind=ExportKind.OFFICIAL), named, theme, t),
        _export(None, ExportChoices(), (), theme, t),
    ]


def _import(state: ImportState | None, theme: Theme, t: Translator) -> QDialog:
    actions = ImportCallbacks(
        choose_files=_nothing,
        choose_folder=_nothing,
        paste=_nothing,
        drop=DropActions(files=_nothing, text=_nothing, hover=_nothing),
        tick=_nothing,
        tick_all=_nothing,
        take=_nothing,
        stop=_nothing,
        again=_nothing,
        closed=_nothing,
    )
    dialog = ImportDialog(theme, actions)
    dialog.show_model(import_view(AppState(), {}, NOW, t))
    dialog.show()
    dialog.resize(fitting(dialog, QSize(theme.px(820), theme.px(500))))
    # As it comes in the program: to a window that is open.
    dialog.show_model(import_view(AppState(importing=state), {}, NOW, t))
    return dialog


def _export(
    state: ExportState | None, choices: ExportChoices, accounts: tuple[AccountState, ...], theme: Theme, t: Translator
) -> QDialog:
    actions = ExportActions(
        kind=_nothing,
        tick=_nothing,
        tick_all=_nothing,
        refresh_tokens=_nothing,
        hide=_nothing,
        export=_nothing,
        show_folder=_nothing,
        closed=_nothing,
    )
    dialog = ExportDialog(theme, actions)
    dialog.show_model(export_view(AppState(accounts=accounts), choices, NOW, t))
    dialog.show()
    if accounts:
        dialog.resize(fitting(dialog, QSize(theme.px(520), theme.px(560))))
    # As it comes in the program: to a window that is open.
    dialog.show_model(export_view(AppState(exporting=state, accounts=accounts), choices, NOW, t))
    return dialog
