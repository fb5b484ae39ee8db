"""Between the settings window and the engine."""

from typing import TYPE_CHECKING

from probe_tray.core.commands import (
    CheckNotifications,
    EditSettings,
    OpenNotificationSettings,
    SendTestNotification,
)
from probe_tray.core.errors import NotificationsOffError, Problem
from probe_tray.core.settings import SettingsPatch
from probe_tray.ui.engine import EngineProtocol
from probe_tray.ui.lazy_window import LazyWindow
from probe_tray.ui.sync.sync_opener import SyncOpener
from probe_tray.ui.theme import Theme
from probe_tray.view.text.translate import Translator

if TYPE_CHECKING:
    from probe_tray.ui.settings.connection_controller import ConnectionController
    from probe_tray.ui.settings.settings_dialog import SettingsDialog


class SettingsController:
    """Opens the window, sends what was changed in it, and has it follow what was changed elsewhere."""

    def __init__(self, engine: EngineProtocol, theme: Theme, translator: Translator, syncing: SyncOpener) -> None:
        """``syncing`` serves the box in which sync is set up."""
        self._engine, self._theme, self._translator, self._syncing = engine, theme, translator, syncing
        self._connection: ConnectionController | None = None
        self._window = LazyWindow(
            self._make,
            lambda window: window.open_with(engine.state.settings),
            waits=lambda window: window.saving,
            gone=self._forget,
        )

    def show(self, key: str = "") -> None:
        """Open the window, at one of the settings where its key is named."""
        window = self._window.show()
        if key:
            window.reveal(key)
        self._engine.find_login_obstacle(self._remark)
        self._engine.send(CheckNotifications())

    def draw(self) -> None:
        """Follow the state, also while nobody sees the window: a change may be on its way to the file."""
        if self._window.window is not None and self._connection is not None:
            state = self._engine.state
            self._window.window.follow(state.settings, state.unsaved)
            self._connection.draw()
            off = state.notifications_allowed is False
            problem = NotificationsOffError().problem
            self._window.window.pages.show_notifications(self._translator.told(problem) if off else "")

    def retranslate(self) -> None:
        """Make the window anew, in the language of now; its words are those it was made with."""
        # The change of the language may have come from there: then the window closes now.
        self.draw()
        reopen = self._window.visible is not None
        self.close()
        if reopen:
            self.show()

    def close(self) -> None:
        """Take the window away for good."""
        self._window.close()

    def _forget(self) -> None:
        self._connection = None
        self._syncing.leave()

    def _make(self) -> "SettingsDialog":
        from probe_tray.ui.settings.connection_controller import ConnectionController
        from probe_tray.ui.settings.settings_dialog import SettingsDialog

        t = self._translator
        window = SettingsDialog(self._theme, t, self._save)
        window.pages.test_wanted.connect(lambda: self._engine.send(SendTestNotification()))
        window.pages.system_settings_wanted.connect(lambda: self._engine.send(OpenNotificationSettings()))
        window.pages.program_wanted.connect(self._try_hook)
        self._connection = ConnectionController(self._engine, window, t)
        window.pages.sync_made.connect(self._syncing.serve)
        return window

    def _remark(self, obstacle: str) -> None:
        if self._window.window is not None:
            self._window.window.pages.remark("start_at_login", self._translator(obstacle) if obstacle else "")

    def _try_hook(self, program: str) -> None:
        if self._window.window is not None:
            # Until it has come to its end, half a minute at most.
            self._window.window.pages.remark("hook", self._translator("Running it…"))
        self._engine.try_hook(program, lambda problem: self._tell_hook(program, problem))

    def _tell_hook(self, program: str, problem: Problem | None) -> None:
        t, window = self._translator, self._window.visible
        # The window may have been closed since, or have another program in the field.
        if window is not None and window.pages.values["hook"] == program:
            window.pages.remark("hook", t("It works.") if problem is None else t.title(problem))

    def _save(self, change: SettingsPatch) -> None:
        self._engine.send(EditSettings(change))
