"""The window of a sync is as high as what it has to say."""

from datetime import UTC

from PySide6.QtWidgets import QApplication, QTreeWidget
from pytestqt.qtbot import QtBot

from probe_tray.core.errors import SyncKeyError
from probe_tray.core.state import AppState
from probe_tray.core.sync.rows import SyncReport
from probe_tray.core.sync.setup import SyncState
from probe_tray.ui.sync.result_dialog import SyncResultActions, SyncResultDialog
from probe_tray.ui.theme import Theme
from probe_tray.view.sync.sync_view import sync_result
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from tests.unit.ui import samples
from tests.unit.ui.sync_samples import synced


def test_it_is_low_without_a_list_and_grows_with_one(qtbot: QtBot, qapp: QApplication) -> None:
    def nothing(*_: object) -> None:
        return

    actions = SyncResultActions(
        again=nothing, overwrite=nothing, overwrite_all=nothing, withdraw=nothing, allow_open=nothing
    )
    window = SyncResultDialog(Theme(qapp, lambda: False), actions)
    qtbot.addWidget(window)
    failed = SyncState(report=SyncReport(ended_at=samples.NOW, problem=SyncKeyError().problem))
    window.show_model(sync_result(AppState(sync=failed), Now(samples.NOW, UTC), Translator()))
    window.show()
    low = window.height()
    assert low < 200
    window.show_model(sync_result(AppState(sync=synced()), Now(samples.NOW, UTC), Translator()))
    window.grab()
    assert window.findChildren(QTreeWidget)[0].height() > low
    # A later one that fails leaves no empty half behind; while one runs, nothing jumps.
    high = window.height()
    running = SyncState(report=synced().report, running=True)
    window.show_model(sync_result(AppState(sync=running), Now(samples.NOW, UTC), Translator()))
    assert window.height() == high
    window.show_model(sync_result(AppState(sync=failed), Now(samples.NOW, UTC), Translator()))
    assert window.height() < high / 2
