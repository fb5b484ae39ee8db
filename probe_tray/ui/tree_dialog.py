"""What the dialogs have in common that list what became of each account."""

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from probe_tray.ui.theme import Theme
from probe_tray.ui.themed_dialog import TaskDialog
from probe_tray.ui.widgets import last_row
from probe_tray.ui.wrapping_tree import WrappingTree


class TreeDialog(TaskDialog):
    """A dialog with a line for each thing that a task is about; closing it changes nothing about the task."""

    def __init__(self, theme: Theme, name: str, columns: int) -> None:
        """Make the parts; a subclass makes its buttons and calls :meth:`lay_out`."""
        super().__init__(theme, name)
        self._tree = WrappingTree(theme, columns=columns)

    def lay_out(self, left: Sequence[QWidget], deeds: Sequence[QWidget], close: QWidget) -> None:
        """Put everything in its place, the buttons as :func:`last_row` does."""
        px = self._theme.px
        whole = QVBoxLayout(self)
        whole.setContentsMargins(px(20), px(18), px(20), px(14))
        whole.setSpacing(px(10))
        for part in (self._title, self._text, self._progress):
            whole.addWidget(part)
        whole.addWidget(self._tree, 1)
        # Takes the place of a list that isn't shown, and none beside one that is.
        whole.addStretch()
        whole.addLayout(last_row(self._theme, left, deeds, close))

    def apply_theme(self) -> None:
        """Take the theme's colours, fonts and measures as they are now."""
        super().apply_theme()
        self._tree.apply_theme()
