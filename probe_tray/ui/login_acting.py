"""What the buttons of the login's window do."""

from collections.abc import Callable

from PySide6.QtGui import QGuiApplication

from probe_tray.core.commands import CancelLogin, LogIn, PasteAddress, ReopenBrowser
from probe_tray.ui.engine import Engine
from probe_tray.ui.login_dialog import LoginActions


def login_actions(engine: Engine, settings: Callable[[], None]) -> LoginActions:
    """Everything goes to ``engine``; ``settings`` opens the settings."""

    def copy_address() -> None:
        address = engine.login_address()
        if address is not None:
            QGuiApplication.clipboard().setText(address.reveal())

    return LoginActions(
        open_again=lambda: engine.send(ReopenBrowser()),
        copy_address=copy_address,
        copy_text=QGuiApplication.clipboard().setText,
        log_in=lambda account, way: engine.send(LogIn(account, way)),
        paste=lambda text: engine.send(PasteAddress(text)),
        settings=settings,
        cancel=lambda: engine.send(CancelLogin()),
    )
