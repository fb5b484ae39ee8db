"""What all dialogs have in common: they hold up no other window, and follow the theme and the system's font."""

from collections.abc import Callable
from typing import cast

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QProgressBar, QPushButton, QScrollArea, QWidget

from probe_tray.ui.placement import fitting
from probe_tray.ui.theme import Theme
from probe_tray.ui.widgets import close_by_key, say, words


class ThemedDialog(QDialog):
    """A window of its own."""

    def __init__(self, theme: Theme, name: str) -> None:
        """``name`` is what programs call the window; a subclass calls :meth:`apply_theme` once its parts are made."""
        super().__init__(None, Qt.WindowType.Window)
        self.setModal(False)
        self.setObjectName(name)
        self._theme = theme
        close_by_key(self)
        theme.changed.connect(self.apply_theme)

    def apply_theme(self) -> None:
        """Take the theme's colours, fonts and measures as they are now."""
        self._theme.apply_theme(self)

    def changeEvent(self, event: QEvent) -> None:
        """Grow with the system's font."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.ApplicationFontChange:
            self.apply_theme()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Press no button by a Return that is held down: it was meant for whatever had the keyboard before."""
        if not is_held_return(event):
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Open with the keyboard on something that does something: not on a page that it may only scroll."""
        super().showEvent(event)
        keyboard = cast("QWidget | None", self.focusWidget())
        if keyboard is not None and not isinstance(keyboard, QScrollArea):
            return
        part = self.nextInFocusChain()
        while part is not None and part is not self:
            if _does_something(part, self):
                part.setFocus(Qt.FocusReason.ActiveWindowFocusReason)
                return
            part = part.nextInFocusChain()

    def button(self, do: Callable[[], object]) -> QPushButton:
        """A button that does this, and that Enter in a field doesn't press."""
        button = QPushButton(self)
        button.clicked.connect(do)
        button.setAutoDefault(False)
        return button


def _does_something(part: QWidget, window: QWidget) -> bool:
    takes_tab = bool(part.focusPolicy().value & Qt.FocusPolicy.TabFocus.value)
    return takes_tab and part.isEnabled() and part.isVisibleTo(window) and not isinstance(part, QScrollArea)


def is_held_return(event: QEvent) -> bool:
    """Whether it is the repetition of a Return that was not let go yet."""
    if not isinstance(event, QKeyEvent) or event.type() is not QEvent.Type.KeyPress:
        return False
    return event.isAutoRepeat() and event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}


class TaskDialog(ThemedDialog):
    """A dialog about something that takes a while: a title, a sentence about it, and how far it is."""

    def __init__(self, theme: Theme, name: str) -> None:
        """Begin with nothing said."""
        super().__init__(theme, name)
        self._title, self._text = words(wrap=True), words(wrap=True)
        self._progress = QProgressBar(self)
        self._progress.setTextVisible(False)

    def open_at(self, width: int, height: int) -> None:
        """Take this size of the design, as far as the screen has room for it."""
        px = self._theme.px
        self.resize(fitting(self, QSize(px(width), px(height))))

    def head(self, title: str, text: str) -> None:
        """Say this."""
        say(self._title, title)
        say(self._text, text)
        self._progress.setAccessibleName(title)

    def show_progress(self, done: int, total: int, *, busy: bool) -> None:
        """Show that ``done`` of ``total`` are done, with a total of 0 only that it goes on; nothing unless ``busy``."""
        self._progress.setRange(0, total)
        self._progress.setValue(done)
        self._progress.setVisible(busy)

    def apply_theme(self) -> None:
        """Take the theme's colours, fonts and measures as they are now."""
        super().apply_theme()
        theme, c, px = self._theme, self._theme.tokens, self._theme.px
        # Qt draws square corners where they are rounder than half of the bar is high.
        high, radius = px(6), px(6) // 2
        self.setStyleSheet(
            self.styleSheet()
            + f"""
            QProgressBar {{ background: {c.track}; border: none; border-radius: {radius}px; max-height: {high}px; }}
            QProgressBar::chunk {{ background: {c.accent}; border-radius: {radius}px; }}
            """
        )
        self._title.setFont(theme.font(15, strong=True))
        self._text.setFont(theme.font(12.5))
        self._text.setStyleSheet(f"color: {c.secondary}")
