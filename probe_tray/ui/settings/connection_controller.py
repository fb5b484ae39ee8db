"""Between the connection in the settings window and the engine."""

from typing import TYPE_CHECKING, cast

from probe_tray.core.account.secret import Secret
from probe_tray.core.commands import FindProxy, StopConnectionCheck, TryConnection
from probe_tray.core.service.connection import ConnectionCheck
from probe_tray.ui.engine import EngineProtocol
from probe_tray.view.settings.connection import connection
from probe_tray.view.text.translate import Translator

if TYPE_CHECKING:
    from probe_tray.ui.settings.settings_dialog import SettingsDialog


class ConnectionController:
    """Sends what the window asks for, and draws what is known."""

    def __init__(self, engine: EngineProtocol, dialog: "SettingsDialog", translator: Translator) -> None:
        """Serve ``dialog``."""
        self._engine = engine
        self._dialog = dialog
        self._translator = translator
        dialog.proxy_wanted.connect(self._find)
        dialog.pages.connection_wanted.connect(self._check)
        dialog.pages.connection_unwanted.connect(self._stop)
        # Nobody is there any more to read what comes of it.
        dialog.finished.connect(self._stop)
        self.draw()

    def draw(self) -> None:
        """Show the state as it is now."""
        self._dialog.pages.show_connection(connection(self._engine.state.connection, self._translator))

    def _find(self, setting: object) -> None:
        # What was known at the last opening may hold no longer.
        self._dialog.pages.show_connection(connection(ConnectionCheck(), self._translator))
        self._engine.send(FindProxy(_secret(setting)))

    def _check(self, setting: object) -> None:
        self._engine.send(TryConnection(_secret(setting)))

    def _stop(self) -> None:
        if self._engine.state.connection.running:
            self._engine.send(StopConnectionCheck())


def _secret(setting: object) -> Secret | None:
    """The setting of the proxy, which may hold a password."""
    return None if setting is None else Secret(cast("str", setting))
