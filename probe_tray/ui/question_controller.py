"""Asks: a window that is made for the first question, and goes some time after the last one."""

from collections.abc import Callable

from probe_tray.ui.lazy_window import LazyWindow
from probe_tray.ui.question_dialog import QuestionDialog
from probe_tray.ui.theme import Theme
from probe_tray.view.view_models import Question


class QuestionController:
    """Asks one thing at a time, in the same window."""

    def __init__(self, theme: Theme) -> None:
        """Ask in ``theme``."""
        self._window = LazyWindow(lambda: QuestionDialog(theme), lambda window: window.draw())

    def ask(
        self,
        question: Question,
        answer: Callable[[bool], None],
        worded: Callable[[], Question | None] | None = None,
        declined: Callable[[], None] | None = None,
    ) -> None:
        """Ask, as :meth:`QuestionDialog.ask` does."""
        self._window.made().ask(question, answer, worded, declined)

    def take_back(self) -> None:
        """Ask no longer: what was asked is settled."""
        if (window := self._window.visible) is not None:
            window.take_back()

    def come_forward(self) -> None:
        """Stand before a window that has just opened: it is the question that waits for the person."""
        if (window := self._window.visible) is not None:
            window.raise_()
            window.activateWindow()

    def draw(self) -> None:
        """Word the question as it is put now; one about something that has gone goes too."""
        self._window.draw()

    def close(self) -> None:
        """Take the window away for good, which is no answer."""
        self._window.close()
