"""The small window that asks once. It never blocks anything else."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QDialogButtonBox, QVBoxLayout

from probe_tray.ui.accessibility import describe
from probe_tray.ui.place_watch import PlaceWatch
from probe_tray.ui.placement import bring_back, fitting, move_beside
from probe_tray.ui.theme import Theme
from probe_tray.ui.themed_dialog import ThemedDialog, is_held_return
from probe_tray.ui.widgets import spaced, words
from probe_tray.view.view_models import Question

_WIDTH = 420


class QuestionDialog(ThemedDialog):
    """Asks one thing; a new question takes the place of one that was not answered."""

    def __init__(self, theme: Theme) -> None:
        """Make the window; it opens with :meth:`ask`."""
        super().__init__(theme, "question")
        self._answer: Callable[[bool], None] | None = None
        self._declined: Callable[[], None] | None = None
        self._worded: Callable[[], Question | None] | None = None
        self._shown: Question | None = None
        self._place = PlaceWatch(self)
        self._title, self._text = words(wrap=True), words(wrap=True)
        self._check = QCheckBox(self)
        self._buttons = QDialogButtonBox(self)
        self._yes = self._buttons.addButton("", QDialogButtonBox.ButtonRole.AcceptRole)
        self._no = self._buttons.addButton("", QDialogButtonBox.ButtonRole.RejectRole)
        for button in (self._yes, self._no):
            button.setAutoDefault(False)
            button.installEventFilter(self)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        px = theme.px
        spaced(theme, self._buttons)
        self._whole = whole = QVBoxLayout(self)
        whole.setContentsMargins(px(20), px(18), px(20), px(14))
        whole.setSpacing(px(10))
        for part in (self._title, self._text, self._check):
            whole.addWidget(part)
        whole.addStretch(1)
        whole.addSpacing(px(4))
        whole.addWidget(self._buttons)
        self.apply_theme()

    def ask(
        self,
        question: Question,
        answer: Callable[[bool], None],
        worded: Callable[[], Question | None] | None = None,
        declined: Callable[[], None] | None = None,
    ) -> None:
        """Ask; ``answer`` is called when the person says yes, with whether the choice was made too.

        ``worded`` words the question as it is put now, or returns None where what it is about has gone: then it goes
        too, without an answer. ``declined`` is called when the person says no, or another question takes the place of
        this one.
        """
        self._decline()
        self._answer, self._worded, self._declined = answer, worded, declined
        self._check.setChecked(False)
        asked_before = self._shown is not None
        self._show_words(question)
        if not self.isVisible():
            if asked_before:
                self._place.stay()
            move_beside(self, QApplication.activeWindow())
            bring_back(self)
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        # Not before: where no button is the default one, the box makes one so when it is shown.
        self._yes.setDefault(not question.destructive)
        self._fit()
        self.raise_()
        self.activateWindow()
        (self._no if question.destructive else self._yes).setFocus()

    def take_back(self) -> None:
        """Go away without an answer: what was asked is settled."""
        self._answer = self._declined = None
        self.reject()

    def draw(self) -> None:
        """Word the question as it is put now: names may be hidden, the language may be another."""
        if self._worded is None or not self.isVisible():
            return
        now = self._worded()
        if now is None:
            self.take_back()
        elif now != self._shown:
            self._show_words(now)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return presses the button that the keyboard is on; elsewhere, none that cannot be taken back."""
        is_return = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and not event.isAutoRepeat()
        if is_return and self._shown is not None and self._shown.destructive:
            (self._yes if self.focusWidget() is self._yes else self._no).click()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep a held Return from the buttons: the one that led to the question is no answer to it."""
        return is_held_return(event) or super().eventFilter(watched, event)

    def accept(self) -> None:
        """Yes."""
        answer, self._answer, self._declined = self._answer, None, None
        super().accept()
        if answer is not None:
            answer(self._check.isChecked() and self._check.isVisibleTo(self))

    def reject(self) -> None:
        """No: for Esc, the button and the window's own cross."""
        self._answer = None
        super().reject()
        self._decline()

    def _decline(self) -> None:
        declined, self._declined = self._declined, None
        if declined is not None:
            declined()

    def _show_words(self, question: Question) -> None:
        self._shown = question
        self.setWindowTitle(question.window_title)
        self._title.setText(question.title)
        self._text.setText(question.text)
        self._check.setText(question.check)
        self._check.setVisible(bool(question.check))
        self._yes.setText(question.yes)
        self._yes.setObjectName("destructive" if question.destructive else "")
        self._no.setText(question.no)
        describe(self, question.text)
        self.apply_theme()

    def apply_theme(self) -> None:
        """Take the theme's colours, fonts and measures as they are now."""
        super().apply_theme()
        theme = self._theme
        self._title.setFont(theme.font(15, strong=True))
        self._text.setFont(theme.font(13))
        self._text.setStyleSheet(f"color: {theme.tokens.secondary}")
        self._fit()

    def _fit(self) -> None:
        width = fitting(self, QSize(self._theme.px(_WIDTH), 1)).width()
        self.setFixedSize(QSize(width, max(self._whole.heightForWidth(width), self._whole.minimumSize().height())))
