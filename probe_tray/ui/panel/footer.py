"""The lowest line of the panel: how up to date the numbers are, or what the person has just done."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from probe_tray.ui.theme import Theme
from probe_tray.ui.widgets import Dot, have, ink, words
from probe_tray.view.screen import Panel
from probe_tray.view.view_models import ActionKind, CardAction

_LINES = 2
"""Of feedback that stands beside the buttons; more of it stands above them."""


class Footer(QWidget):
    """Shows feedback in place of the status.

    The button for logging in never moves, nor does another take its place: a click on "Undo" that comes too late must
    not log anybody in.
    """

    def __init__(self, theme: Theme, act: Callable[[CardAction], None], parent: QWidget) -> None:
        """``act`` does what a button says."""
        super().__init__(parent)
        self.setObjectName("foot")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme, self._act = theme, act
        self._last: CardAction | None = None
        self._said = 0
        """The number of the feedback that was announced last."""
        self._dot, self._status, self._feedback = Dot(theme, self), words(self, wrap=True), words(self, wrap=True)
        self.undo_button, self.log_in = QToolButton(self), QPushButton(self)
        self.undo_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.undo_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.undo_button.clicked.connect(self.undo)
        self.log_in.clicked.connect(lambda: self._act(CardAction(kind=ActionKind.LOG_IN, label="")))
        px, self._whole, self._line = theme.px, QVBoxLayout(self), QHBoxLayout()
        self._whole.setContentsMargins(px(16), px(9), px(12), px(9))
        self._line.setSpacing(px(8))
        self._line.addWidget(self._dot)
        self._line.addWidget(self._status, 1)
        self._line.addWidget(self._feedback, 1)
        # Where no text stands beside them the buttons stay at the right.
        self._line.addStretch(0)
        self._line.addWidget(self.undo_button)
        self._line.addWidget(self.log_in)
        self._whole.setSpacing(px(8))
        self._whole.addLayout(self._line)

    @staticmethod
    def rules(theme: Theme) -> str:
        """Its part of the window's style sheet."""
        return (
            f"QWidget#foot {{ border-top: 1px solid {theme.tokens.line} }}"
            f"QWidget#foot QToolButton {{ color: {theme.tokens.accent} }}"
        )

    def show_model(self, model: Panel) -> None:
        """Show this from now on."""
        feedback, self._last = model.feedback, model.undo
        self.log_in.setText(model.log_in)
        self.log_in.setAccessibleDescription(model.helps.log_in)
        # The welcome page has its own.
        have(self.log_in, shown=model.welcome is None)
        self._status.setText(model.status)
        have(self._status, shown=feedback is None)
        self._dot.show_tone(model.status_tone if model.status and feedback is None else None)
        self._feedback.setText("" if feedback is None else feedback.text)
        have(self._feedback, shown=feedback is not None)
        shown = None if feedback is None else feedback.undo
        if shown is not None:
            self.undo_button.setText(shown.label)
            keys = QKeySequence(QKeySequence.StandardKey.Undo).toString(QKeySequence.SequenceFormat.NativeText)
            self.undo_button.setToolTip(f"{shown.label} ({keys})")
        have(self.undo_button, shown=shown is not None)
        have(self, shown=model.welcome is None or feedback is not None)
        self._place_feedback()
        if feedback is not None and feedback.number != self._said:
            self._said = feedback.number
            self._feedback.setAccessibleName(feedback.text)
            from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent

            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, feedback.text))

    def undo(self) -> None:
        """Undo the last thing that can be undone."""
        if self._last is not None:
            self._act(self._last)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put feedback where there is room for it."""
        super().resizeEvent(event)
        self._place_feedback()

    def _place_feedback(self) -> None:
        """Beside the buttons; above them where it would be a narrow column of many lines."""
        edges = self._whole.contentsMargins()
        shown = [button for button in (self.undo_button, self.log_in) if not button.isHidden()]
        taken = sum(button.sizeHint().width() + self._line.spacing() for button in shown)
        beside = self.width() - edges.left() - edges.right() - taken
        line = self._feedback.fontMetrics().lineSpacing()
        above = self._feedback.heightForWidth(max(beside, 1)) > (_LINES + 0.5) * line
        if above is (self._line.indexOf(self._feedback) < 0):
            return
        if above:
            self._whole.insertWidget(0, self._feedback)
        else:
            self._line.insertWidget(self._line.indexOf(self._status) + 1, self._feedback, 1)

    def apply_theme(self) -> None:
        """Take the theme's colours and fonts as they are now."""
        theme, colours = self._theme, self._theme.tokens
        self._status.setFont(theme.font(12, figures=True))
        ink(self._status, colours.secondary)
        self._feedback.setFont(theme.font(12, figures=True))
        ink(self._feedback, colours.text)
        self.log_in.setFont(theme.font(12.5))
        self.undo_button.setFont(theme.font(12.5, strong=True))
        self._place_feedback()
