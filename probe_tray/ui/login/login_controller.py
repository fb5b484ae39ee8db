"""Between the login's window and the engine."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication

from probe_tray.core.commands import CancelLogin, PasteAddress, ReopenBrowser, StartLogin
from probe_tray.ui.engine import EngineProtocol
from probe_tray.ui.lazy_window import LazyWindow
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter
from probe_tray.view.view_models import LoginView

if TYPE_CHECKING:
    from probe_tray.ui.login.login_dialog import LoginActions, LoginDialog


class LoginController:
    """Shows the window while there is something to say of a login."""

    def __init__(self, engine: EngineProtocol, theme: Theme, icons: IconPainter, settings: Callable[[], None]) -> None:
        """Log in through ``engine``; ``settings`` opens the settings."""
        self._engine, self._theme, self._icons, self._settings = engine, theme, icons, settings
        self._model: LoginView | None = None
        self._window = LazyWindow(self._make, lambda window: window.show_model(self._model))

    def show_model(self, model: LoginView | None) -> None:
        """Show this, or nothing any more."""
        self._model = model
        if model is not None and self._window.visible is None:
            self._window.show()
        else:
            self._window.draw()

    def close(self) -> None:
        """Take the window away for good."""
        # Closing it by hand would cancel the login, which ends with the program anyhow.
        self.show_model(None)
        self._window.close()

    def _make(self) -> "LoginDialog":
        from probe_tray.ui.login.login_dialog import LoginDialog

        return LoginDialog(self._theme, self._icons, login_actions(self._engine, self._settings))


def login_actions(engine: EngineProtocol, settings: Callable[[], None]) -> "LoginActions":
    """Everything goes to ``engine``; ``settings`` opens the settings."""
    from probe_tray.ui.login.login_dialog import LoginActions

    def copy_address() -> None:
        address = engine.login_address()
        if address is not None:
            QGuiApplication.clipboard().setText(address.reveal())

    return LoginActions(
        open_again=lambda: engine.send(ReopenBrowser()),
        copy_address=copy_address,
        copy_text=QGuiApplication.clipboard().setText,
        log_in=lambda account, way: engine.send(StartLogin(account, way)),
        paste=lambda text: engine.send(PasteAddress(text)),
        settings=settings,
        cancel=lambda: engine.send(CancelLogin()),
    )
