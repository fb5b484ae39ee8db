"""Between the window of the model test and the engine; asks once before quota is used."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.commands import EditSettings, StopModelTest, TryModels
from probe_tray.core.settings import change
from probe_tray.ui.engine import EngineProtocol
from probe_tray.ui.lazy_window import LazyWindow
from probe_tray.ui.question_controller import QuestionController
from probe_tray.ui.theme import Theme
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import Question

if TYPE_CHECKING:
    from probe_tray.ui.models.model_test_dialog import ModelTestDialog


class ModelTestController:
    """Opens the window, starts and stops tests, and draws while the window is open."""

    def __init__(
        self,
        engine: EngineProtocol,
        theme: Theme,
        translator: Translator,
        question: QuestionController,
        now: Callable[[], Now],
    ) -> None:
        """Ask with ``question``."""
        self._engine = engine
        self._theme = theme
        self._translator = translator
        self._question = question
        self._now = now
        self._window = LazyWindow(self._make, self._fill)

    def show(self, account: AccountKey | None = None) -> None:
        """Test this account or all, and show how it goes; a run that goes on already is shown instead."""
        state = self._engine.state
        run = state.model_run
        if run is not None and run.running:
            self._window.show()
        else:
            self._begin(None if account is None else (account,))

    def draw(self) -> None:
        """Show the state as it is now, where anybody sees it."""
        self._window.draw()

    def close(self) -> None:
        """Take the window away for good."""
        self._window.close()

    def _begin(self, accounts: tuple[AccountKey, ...] | None) -> None:
        question = self._consent(accounts)
        if question is None and accounts is not None:
            # The account may have gone since its menu was opened.
            return
        if self._engine.state.settings.model_test_confirmed or question is None:
            self._test(accounts)
        else:
            self._question.ask(question, lambda _: self._agree(accounts), lambda: self._consent(accounts))

    def _consent(self, accounts: tuple[AccountKey, ...] | None) -> Question | None:
        """What is asked before these are tested, or all; None where none of them is there."""
        from probe_tray.view.models.model_test import consent

        count = sum(accounts is None or account.key in accounts for account in self._engine.state.accounts)
        return consent(count, self._translator) if count else None

    def _agree(self, accounts: tuple[AccountKey, ...] | None) -> None:
        self._engine.send(EditSettings(change(model_test_confirmed=True)))
        self._test(accounts)

    def _test(self, accounts: tuple[AccountKey, ...] | None) -> None:
        self._engine.send(TryModels(accounts))
        self._window.show()

    def _again(self) -> None:
        run = self._engine.state.model_run
        self._begin(None if run is None else run.accounts)

    def _make(self) -> "ModelTestDialog":
        from probe_tray.ui.models.model_test_dialog import ModelTestActions, ModelTestDialog

        actions = ModelTestActions(stop=lambda: self._engine.send(StopModelTest()), again=self._again)
        return ModelTestDialog(self._theme, actions)

    def _fill(self, window: "ModelTestDialog") -> None:
        from probe_tray.view.models.model_test import model_test

        window.show_model(model_test(self._engine.state, self._now(), self._translator))
