"""Small parts that several windows use."""

import re
from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QObject, QRect, QSize, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QGuiApplication,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QMenu,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from probe_tray.ui.line_breaks import breakable
from probe_tray.ui.placement import fitting
from probe_tray.ui.theme import Theme
from probe_tray.view.view_models import Tone

_FAR = 16_000
"""More pixels than any line is long."""
_BEGINNING = 6
"""Letters of a name that it is known by."""
_DOTS = re.compile(r"\.*…\.*")


class PlainLabel(QLabel):
    """A text as it is: what a service or a file says is never read as markup. Its long words break where it wraps."""

    def __init__(self, parent: QWidget | None = None, *, wrap: bool) -> None:
        """Begin empty."""
        super().__init__(parent)
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        # A long sentence never makes the window wider.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def text(self) -> str:
        """What was shown last, without the places where it may break."""
        return self._whole

    def setText(self, text: str) -> None:
        """Show this."""
        if text == self._whole:
            return
        self._whole = text
        shown = breakable(text) if self.wordWrap() else text
        super().setText(shown)
        # A screen reader must not spell the places where a word may break.
        self.setAccessibleName("" if shown == text else text)


def words(parent: QWidget | None = None, *, wrap: bool = False) -> QLabel:
    """A label for a sentence."""
    return PlainLabel(parent, wrap=wrap)


def ink(part: QWidget, colour: str) -> None:
    """Write the words of a part of a window in this colour: a style sheet of its own would take ten times as long."""
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.WindowText, QColor(colour))
    part.setPalette(palette)


def say(part: QLabel | QAbstractButton, text: str) -> None:
    """Let a part of a window say this; one that has nothing to say is not shown."""
    part.setText(text)
    part.setVisible(bool(text))


def have(part: QWidget, *, shown: bool) -> None:
    """Show a part of a window, or don't. Where nothing changes Qt would lay the part out again."""
    if part.isHidden() is shown:
        part.setVisible(shown)


def side_by_side(theme: Theme, *parts: QWidget | None) -> QHBoxLayout:
    """The parts in one row; None is space that grows."""
    row = QHBoxLayout()
    row.setSpacing(theme.px(8))
    for part in parts:
        if part is None:
            row.addStretch(1)
        else:
            row.addWidget(part)
    return row


def last_row(theme: Theme, left: Sequence[QWidget], deeds: Sequence[QWidget], close: QWidget) -> QHBoxLayout:
    """The buttons at the end of a window: ``close`` stands on the side of ``deeds`` where this system has it."""
    row = side_by_side(theme, *left, None, *((close, *deeds) if closes_first(close) else (*deeds, close)))
    for one, next_one in pairwise((*left, *deeds, close)):
        QWidget.setTabOrder(one, next_one)
    return row


_CLOSE_FIRST = frozenset({QDialogButtonBox.ButtonLayout.MacLayout, QDialogButtonBox.ButtonLayout.GnomeLayout})


def spaced(theme: Theme, box: QDialogButtonBox) -> QDialogButtonBox:
    """Qt's box of buttons with the space between them that all rows of buttons have."""
    if (row := box.layout()) is not None:
        row.setSpacing(theme.px(8))
    return box


def closes_first(beside: QWidget) -> bool:
    """Whether the button that closes a window stands before the others on this system."""
    hint = beside.style().styleHint(QStyle.StyleHint.SH_DialogButtonLayout, None, beside)
    return QDialogButtonBox.ButtonLayout(hint) in _CLOSE_FIRST


def foot(theme: Theme, *rows: QWidget | QHBoxLayout) -> QFrame:
    """What stands below a page that scrolls, with a line above it; :func:`style_foot` colours it."""
    px, part = theme.px, QFrame()
    part.setObjectName("foot")
    column = QVBoxLayout(part)
    column.setContentsMargins(px(20), px(10), px(20), px(14))
    column.setSpacing(px(8))
    for row in rows:
        if isinstance(row, QWidget):
            column.addWidget(row)
        else:
            column.addLayout(row)
    return part


def style_foot(part: QFrame, theme: Theme) -> None:
    """Give a foot the theme's line."""
    part.setStyleSheet(f"QFrame#foot {{ border: 0; border-top: 1px solid {theme.tokens.line}; }}")


def strip_style(theme: Theme, tone: Tone) -> str:
    """How a sentence looks that has to be noticed."""
    c, px = theme.tokens, theme.px
    ground, ink = {
        Tone.CALM: (c.strip_calm, c.text),
        Tone.WARNING: (c.strip, c.warning_text),
        Tone.CRITICAL: (c.strip_critical, c.critical_text),
    }[tone]
    return f"background: {ground}; color: {ink}; border-radius: {px(8)}px; padding: {px(8)}px {px(10)}px"


CHECKS = {True: Qt.CheckState.Checked, False: Qt.CheckState.Unchecked, None: Qt.CheckState.PartiallyChecked}
"""How a box looks for all, none and some."""


def show_box(box: QCheckBox, text: str, *, ticked: bool | None) -> None:
    """Let a box say this; ticked is None where it stands for several of which only some are."""
    say(box, text)
    box.setTristate(ticked is None)
    box.setCheckState(CHECKS[ticked])


def list_style(kind: str, theme: Theme) -> str:
    """How a list of this Qt class looks on a card."""
    c, px = theme.tokens, theme.px
    return f"""
        {kind} {{ background: {c.card}; border: 1px solid {c.line}; border-radius: {px(8)}px; padding: {px(4)}px; }}
        {kind}:focus {{ border-color: {c.accent}; }}
        """


SCROLL_FRAME = 2
"""Pixels of its height that an area keeps for the frame that tells where the keyboard is."""


def scroll_area(page: QWidget) -> QScrollArea:
    """``page`` where it scrolls up and down, on the ground of its window."""
    scroll = QScrollArea()
    scroll.setWidget(page)
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    for part in (page, scroll.viewport()):
        part.setAutoFillBackground(False)
    return scroll


def leave_room(window: QWidget) -> None:
    """Keep a window from becoming so low that its sentences are cut off, as far as the screen is high enough."""
    layout = window.layout()
    if layout is not None:
        wraps = layout.hasHeightForWidth()
        needed = layout.minimumHeightForWidth(window.width()) if wraps else layout.minimumSize().height()
        window.setMinimumHeight(fitting(window, QSize(window.width(), needed)).height())


def height(part: QWidget, width: int) -> int:
    """How high a part of a window wants to be at this width."""
    # Qt learns in a later turn of its event loop that a button has gone, and measures with its room until then.
    for layout in reversed(part.findChildren(QLayout)):
        layout.activate()
    return part.heightForWidth(width) if part.hasHeightForWidth() else part.sizeHint().height()


def elided(metrics: QFontMetrics, text: str, how: Qt.TextElideMode, room: int) -> str:
    """``text`` cut to ``room``. A full stop beside the ellipsis would read as one more dot of it."""
    shown = metrics.elidedText(text, how, room)
    return shown if shown == text else _DOTS.sub("…", shown)


def address_in(address: str, metrics: QFontMetrics, room: int) -> str:
    """``address`` cut to ``room``: its beginning and, where that leaves any room for it, its whole domain."""
    name, at, domain = address.rpartition("@")
    left = room - metrics.horizontalAdvance(at + domain)
    if at and left >= metrics.horizontalAdvance(f"{name[:_BEGINNING]}…"):
        return f"{elided(metrics, name, Qt.TextElideMode.ElideRight, left)}{at}{domain}"
    return elided(metrics, address, Qt.TextElideMode.ElideMiddle, room)


class ElidedLabel(QLabel):
    """One line of plain text, cut with an ellipsis where the window ends; the whole of it is then the tooltip."""

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._whole = ""

    def show_text(self, text: str) -> None:
        """Show this."""
        if text != self._whole:
            self._whole = text
            self.updateGeometry()
        self.setAccessibleName(text)
        self._cut()

    def sizeHint(self) -> QSize:
        """As high as the whole text, also while nothing of it has room: a fallback font may be higher."""
        hint = super().sizeHint()
        whole = self.fontMetrics().boundingRect(QRect(0, 0, _FAR, _FAR), 0, self._whole)
        return hint.expandedTo(QSize(hint.width(), whole.height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut anew."""
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        room = max(self.width() - 2, 0)
        shown = elided(self.fontMetrics(), self._whole, Qt.TextElideMode.ElideRight, room)
        if shown != self.text():
            self.setText(shown)
        self.setToolTip("" if shown == self._whole else self._whole)


class Dot(QWidget):
    """A small coloured dot beside a sentence that says the same."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        """Show nothing yet."""
        super().__init__(parent)
        self._theme = theme
        self._tone: Tone | None = None
        self.setFixedSize(theme.px(8), theme.px(8))

    def show_tone(self, tone: Tone | None) -> None:
        """Show how good it is; None hides the dot."""
        self._tone = tone
        have(self, shown=tone is not None)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the dot."""
        if self._tone is None:
            return
        colours = self._theme.tokens
        colour = {Tone.CALM: colours.good, Tone.WARNING: colours.warning, Tone.CRITICAL: colours.critical}[self._tone]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawEllipse(self.rect())
        painter.end()


_SHOWN = 2_000
"""Milliseconds."""


class ConfirmingButton(QObject):
    """Says it on one button of a window at a time."""

    def __init__(self, parent: QObject) -> None:
        """Live as long as ``parent``."""
        super().__init__(parent)
        self._button: QPushButton | None = None
        self._label = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SHOWN)
        self._timer.timeout.connect(self.end)

    def confirm(self, button: QPushButton, words: str) -> None:
        """Let ``button`` say ``words`` for two seconds, as wide as it is."""
        self.end()
        self._button, self._label = button, button.text()
        button.setMinimumWidth(button.width())
        button.setText(words)
        self._timer.start()

    def label(self, button: QPushButton, text: str) -> None:
        """Let ``button`` say this, as :func:`say` does; one that confirms says it afterwards."""
        if button is not self._button:
            say(button, text)
            return
        self._label = text
        if not text:
            self.end()
            say(button, text)

    def end(self) -> None:
        """Let it say again what it does."""
        self._timer.stop()
        button, self._button = self._button, None
        if button is not None:
            button.setText(self._label)
            button.setMinimumWidth(0)


def enter_menu(menu: QMenu) -> None:
    """Begin on the first row of a menu that a key has opened: otherwise a screen reader has nothing to read."""
    menu.setActiveAction(menu.actions()[0])


def pressed_by_key() -> bool:
    """Whether the button that is being pressed just now is pressed without the mouse."""
    return QGuiApplication.mouseButtons() is Qt.MouseButton.NoButton


def close_by_key(window: QWidget) -> None:
    """Let the system's key for it close ``window``, such as Cmd-W; Windows' Alt-F4 needs no help of ours."""
    keys = [key for key in QKeySequence.keyBindings(QKeySequence.StandardKey.Close) if key != QKeySequence("Alt+F4")]
    if keys:
        shortcut = QShortcut(window)
        shortcut.setKeys(keys)
        shortcut.activated.connect(window.close)


def has_window_open(window: QWidget) -> bool:
    """Whether a window that belongs to ``window`` is open, such as the system's chooser of files."""
    return any(child.isWindow() and child.isVisible() for child in window.findChildren(QWidget))
