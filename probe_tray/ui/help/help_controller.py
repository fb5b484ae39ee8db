"""Opens the window with the guides."""

from typing import TYPE_CHECKING

from probe_tray.ui.theme import Theme
from probe_tray.view.help.guides import help_view
from probe_tray.view.text.translate import Translator

if TYPE_CHECKING:
    from probe_tray.ui.help.help_dialog import HelpDialog


class HelpController:
    """Makes the window when it is first wanted."""

    def __init__(self, theme: Theme, translator: Translator) -> None:
        """Show the guides in the language of ``translator``."""
        self._theme = theme
        self._translator = translator
        self.dialog: HelpDialog | None = None

    def show(self) -> None:
        """Open the window, at the page where it was left."""
        if self.dialog is None:
            from probe_tray.ui.help.help_dialog import HelpDialog

            self.dialog = HelpDialog(self._theme)
            self.dialog.show_model(help_view(self._translator))
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def retell(self) -> None:
        """Say it anew, in the language of now."""
        if self.dialog is not None:
            self.dialog.show_model(help_view(self._translator))

    def close(self) -> None:
        """Take the window away for good."""
        if self.dialog is not None:
            self.dialog.close()
            self.dialog.deleteLater()
            self.dialog = None
