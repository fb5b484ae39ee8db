"""The line that names the account to go on with, and the button that has the official client do so."""

import re
from collections.abc import Callable

from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from probe_tray.ui.line_breaks import breakable_in
from probe_tray.ui.theme import Theme
from probe_tray.ui.widgets import PlainLabel, address_in, have, ink
from probe_tray.view.screen import Panel
from probe_tray.view.view_models import CardAction

_DOT = " · "
_FAR = 10_000
_ADDRESS = re.compile(r"[!-~]+@[!-~]*[^\W_]|[!-~]{24,}[^\W_]")
_SHORT = 3
"""This part of a line has room for a few words before an address; behind more of them it has a line of its own."""


class _PartsLabel(PlainLabel):
    """Parts with a middle dot between those in one line: no line ends with a dot. Its addresses never break."""

    def __init__(self, parent: QWidget) -> None:
        """Begin empty."""
        super().__init__(parent, wrap=True)
        # At most widths its parts stand in one line. If they did not before it gets its width, all would be laid out
        # once more.
        self.resize(_FAR, self.height())

    def setText(self, text: str) -> None:
        """Show this."""
        super().setText(text)
        self._divide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Divide the parts for the width."""
        super().resizeEvent(event)
        self._divide()

    def changeEvent(self, event: QEvent) -> None:
        """Divide the parts for the font."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._divide()

    def heightForWidth(self, width: int) -> int:
        """As high as the lines are that fit into ``width``."""
        room = QRect(0, 0, width, _FAR)
        broken = self._broken(width)
        return self.fontMetrics().boundingRect(room, int(Qt.TextFlag.TextWordWrap), broken).height()

    def _broken(self, width: int) -> str:
        return breakable_in(self._lines(width), self.fontMetrics(), width)

    def _fitting(self, part: str, width: int) -> str:
        """With its address cut in the middle where it has no room, on the line that it begins in or on one of its own.

        What follows it without a space stays beside it.
        """
        found = _ADDRESS.search(part)
        if found is None:
            return part
        measure = self.fontMetrics().horizontalAdvance
        before, after = measure(part[: found.start()]), measure(part[found.end() : found.end() + 1])
        room = width - after if before > width / _SHORT else width - after - before
        return f"{part[: found.start()]}{address_in(found[0], self.fontMetrics(), room)}{part[found.end() :]}"

    def _lines(self, width: int) -> str:
        lines = list[str]()
        for part in (self._fitting(part, width) for part in self.text().split(_DOT)):
            longer = f"{lines[-1]}{_DOT}{part}" if lines else part
            if lines and self.fontMetrics().horizontalAdvance(longer) <= width:
                lines[-1] = longer
            else:
                lines.append(part)
        return "\n".join(lines)

    def _divide(self) -> None:
        shown = self._broken(self.width())
        if shown != QLabel.text(self):
            QLabel.setText(self, shown)
            self.setAccessibleName(self.text())


class BestLine(QWidget):
    """Stands below the headline, as wide as the panel: beside its buttons an address would have no room."""

    def __init__(self, theme: Theme, act: Callable[[CardAction], None], parent: QWidget | None = None) -> None:
        """``act`` does what the button says."""
        super().__init__(parent)
        self._theme, self._act = theme, act
        self._action: CardAction | None = None
        self._text, self.button = _PartsLabel(self), QPushButton(self)
        self.button.clicked.connect(self._press)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.px(10))
        line.addWidget(self._text, 1)
        line.addWidget(self.button)

    def show_model(self, model: Panel) -> None:
        """Show this from now on."""
        self._action = model.use_next
        self._text.setText(model.subline)
        self.button.setText("" if self._action is None else self._action.label)
        self.button.setAccessibleDescription(model.subline)
        have(self.button, shown=self._action is not None)
        have(self, shown=bool(model.subline))

    def apply_theme(self) -> None:
        """Take the theme's colours and fonts as they are now."""
        self._text.setFont(self._theme.font(12, figures=True))
        ink(self._text, self._theme.tokens.secondary)
        self.button.setFont(self._theme.font(12.5))

    def _press(self) -> None:
        if self._action is not None:
            self._act(self._action)
