"""Opens the window with the guides."""

from typing import TYPE_CHECKING

from probe_tray.ui.lazy_window import LazyWindow
from probe_tray.ui.theme import Theme
from probe_tray.view.help.guides import help_view
from probe_tray.view.text.translate import Translator

if TYPE_CHECKING:
    from probe_tray.ui.help.help_dialog import HelpDialog, ReadingPlace


class HelpController:
    """Shows the guides, at the page where they were left."""

    def __init__(self, theme: Theme, translator: Translator) -> None:
        """Show the guides in the language of ``translator``."""
        self._theme = theme
        self._place: ReadingPlace | None = None
        """Where the window was left that is closed."""
        self._window = LazyWindow(self._make, lambda window: window.show_model(help_view(translator)))

    def show(self) -> None:
        """Open the window."""
        self._window.show()

    def draw(self) -> None:
        """Show the guides in the language of now."""
        self._window.draw()

    def close(self) -> None:
        """Take the window away for good."""
        self._window.close()

    def _make(self) -> "HelpDialog":
        from probe_tray.ui.help.help_dialog import HelpDialog

        dialog = HelpDialog(self._theme)
        if self._place is not None:
            dialog.read_on(self._place)
        dialog.finished.connect(lambda: self._leave(dialog.place))
        return dialog

    def _leave(self, place: "ReadingPlace | None") -> None:
        self._place = place
