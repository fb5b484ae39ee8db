"""What belongs together on a page of the settings: a card with one row below the other."""

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from probe_tray.ui.settings.fields import RING_ROOM, ToggleSwitch
from probe_tray.ui.theme import Theme
from probe_tray.ui.widgets import have, words

_INSET, _GAP, _LEAST_CONTROL, _LEAST_LABEL = 14, 11, 130, 200
_FRAME = 1
"""Pixels of the frame that marks a value, and of the gap inside it."""


class SettingRow(QWidget):
    """A label with what there is to say about it, and its control: beside it, or below it where that is a wide one."""

    remedy_wanted = Signal()
    """What is wrong with the value is to be set right."""

    def __init__(self, theme: Theme, control: QWidget, label: str, note: str, *, wide: bool) -> None:
        """Show ``control`` by the name of ``label``."""
        super().__init__()
        self._theme = theme
        self.control = control
        self._label = words(wrap=True)
        self._label.setText(label)
        # A choice beside its field is what the label names, and not the row that holds both.
        self._label.setBuddy(control.focusProxy() or control)
        self._note, self._fault = words(wrap=True), words(wrap=True)
        # The card colours them by these names: a style sheet of its own for each would take most of the opening.
        self._note.setObjectName("note")
        self._fault.setObjectName("fault")
        self._usual = note
        self._fault.hide()
        self._frame = QFrame()
        self._frame.setObjectName("field")
        inner = QHBoxLayout(self._frame)
        inner.setContentsMargins(_FRAME, _FRAME, _FRAME, _FRAME)
        inner.addWidget(control)
        self._remedy = QPushButton()
        self._marked = ("", "")
        """What is wrong with the value, and what sets it right."""
        self._texts = self._column(wide=wide)
        self._line = line = QHBoxLayout(self)
        edge = theme.px(_INSET)
        # A switch keeps room for its ring: what is seen of it ends below the other controls.
        ring = theme.px(RING_ROOM) if isinstance(control, ToggleSwitch) else 0
        line.setContentsMargins(edge, theme.px(_GAP), edge - ring, theme.px(_GAP))
        line.addLayout(self._texts, 1)
        if not wide:
            self._frame.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
            line.addWidget(self._frame, 0, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        self._wide = wide
        # Not before it is in here: by itself it would be shown as a window.
        self.remark("")

    def _column(self, *, wide: bool) -> QVBoxLayout:
        """The texts, a wide control between them, and the button that sets a value right."""
        column = QVBoxLayout()
        column.setSpacing(self._theme.px(2))
        for part in (self._label, self._note, self._fault):
            # As far from the edge as a control in its frame.
            part.setContentsMargins(2 * _FRAME, 0, 0, 0)
        for part in (self._label, self._note):
            column.addWidget(part)
        if wide:
            column.addSpacing(self._theme.px(4))
            column.addWidget(self._frame)
        self._remedy.hide()
        self._remedy.clicked.connect(self.remedy_wanted)
        column.addWidget(self._fault)
        column.addWidget(self._remedy, 0, Qt.AlignmentFlag.AlignLeft)
        return column

    @property
    def is_beside(self) -> bool:
        """Whether the control stands beside its label, where there is room."""
        return not self._wide

    def mark(self, fault: str, remedy: str) -> None:
        """Say why the value cannot be saved, nothing where it can; ``remedy`` is the button that sets it right."""
        if (fault, remedy) == self._marked:
            return
        self._marked = fault, remedy
        for part, text in ((self._fault, fault), (self._remedy, remedy)):
            part.setText(text)
            part.setVisible(bool(text))
        self._colour_frame()

    def _colour_frame(self) -> None:
        faulty = bool(self._marked[0])
        style = field_style(self._theme, self._theme.tokens.critical) if faulty else ""
        if self._frame.styleSheet() != style:
            self._frame.setStyleSheet(style)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the control below its label where the label would be squeezed: large letters, a small screen."""
        super().resizeEvent(event)
        self._place_control()

    def _place_control(self) -> None:
        room = self.width() - self._frame.sizeHint().width()
        below = not self._wide and self.width() > 0 and room < self._theme.px(_LEAST_LABEL)
        if below:
            inside = self.width() - 2 * self._theme.px(_INSET) - 4
            self.control.setMinimumWidth(min(self.control.minimumWidth(), inside))
        self._line.setDirection(QBoxLayout.Direction.TopToBottom if below else QBoxLayout.Direction.LeftToRight)
        self._line.setSpacing(self._theme.px(6 if below else 16))

    def remark(self, text: str) -> None:
        """Say ``text`` below the label in place of the usual note, which comes back where it is empty."""
        self._note.setText(text or self._usual)
        have(self._note, shown=bool(text or self._usual))

    def apply_theme(self) -> None:
        """Take the colours and sizes of the theme as it is now."""
        theme = self._theme
        self._note.setFont(theme.font(12))
        self._fault.setFont(theme.font(12))
        # Until a control has taken its style sheet, it measures itself without the sheet's edges.
        self.control.ensurePolished()
        if not self._wide and self.control.sizeHint().width() > theme.px(60):
            self.control.setMinimumWidth(max(theme.px(_LEAST_CONTROL), self.control.minimumSizeHint().width()))
        self._colour_frame()


def field_style(theme: Theme, colour: str) -> str:
    """The style sheet of the frames of fields."""
    return f"#field {{ border: 1px solid {colour}; border-radius: {theme.px(7)}px; background: transparent; }}"


def align_controls(rows: Iterable[SettingRow]) -> None:
    """Make the controls beside their labels as wide as the widest of them: they begin and end below each other."""
    controls = [row.control for row in rows if row.is_beside and not isinstance(row.control, ToggleSwitch)]
    widest = max((control.minimumWidth() for control in controls), default=0)
    for control in controls:
        control.setMinimumWidth(widest)


class SettingCard(QFrame):
    """Rows with a thin line between those that are shown."""

    def __init__(self, theme: Theme, parent: QWidget, rows: Iterable[QWidget]) -> None:
        """Show ``rows``; :meth:`arrange` is called after some were hidden or shown."""
        super().__init__(parent)
        self.setObjectName("card")
        self._theme = theme
        self._rows: list[tuple[QFrame, QWidget]] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        # Before there is anything that it styles.
        self.apply_theme()
        for row in rows:
            line = QFrame(self)
            line.setObjectName("line")
            line.setFixedHeight(1)
            column.addWidget(line)
            column.addWidget(row)
            self._rows.append((line, row))

    @property
    def rows(self) -> list[QWidget]:
        """All of them, from top to bottom."""
        return [row for _, row in self._rows]

    def arrange(self) -> None:
        """Draw the lines, and go away with the last row."""
        first = True
        for line, row in self._rows:
            shown = not row.isHidden()
            have(line, shown=shown and not first)
            first = first and not shown
        have(self, shown=not first)

    def apply_theme(self) -> None:
        """Take the colours of the theme as it is now."""
        colours = self._theme.tokens
        # On a card a field of the card's colour would be hard to see.
        kinds = ", ".join(f"#card {kind}" for kind in ("QLineEdit", "QPushButton", "QComboBox", "QAbstractSpinBox"))
        fields = f"{kinds} {{ background: {colours.window}; }}" if self._theme.flat else ""
        style = (
            f"#card {{ background: {colours.card}; border: 1px solid {colours.line};"
            f" border-radius: {self._theme.px(10)}px; }} {fields}"
            f"#line {{ background: {colours.line}; }} #note {{ color: {colours.secondary}; }}"
            f"#fault {{ color: {colours.critical_text}; }} {field_style(self._theme, 'transparent')}"
        )
        if style != self.styleSheet():
            self.setStyleSheet(style)
