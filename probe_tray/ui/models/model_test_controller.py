"""Between the window of the model test and the engine; asks once before quota is used."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.commands import ChangeSettings, StopModelTest, TryModels
from probe_tray.core.settings import change
from probe_tray.core.state import AppState
from probe_tray.ui.engine import EngineProtocol
from probe_tray.ui.question_dialog import QuestionDialog
from probe_tray.ui.theme import Theme
from probe_tray.view.models.model_test import ModelTestView, consent
from probe_tray.view.text.translate import Translator

if TYPE_CHECKING:
    from probe_tray.ui.models.model_test_dialog import ModelTestDialog


class ModelTestController:
    """Opens the window, starts and stops tests, and draws while the window is open."""

    def __init__(
        self,
        engine: EngineProtocol,
        theme: Theme,
        translator: Translator,
        question: QuestionDialog,
        view: Callable[[AppState], ModelTestView],
    ) -> None:
        """Ask with ``question``; ``view`` is what the window shows of a state."""
        self._engine = engine
        self._theme = theme
        self._translator = translator
        self._question = question
        self._view = view
        self.dialog: ModelTestDialog | None = None
        """None until it was first wanted."""

    def show(self, account: AccountKey | None = None) -> None:
        """Test this account or all, and show how it goes; a run that goes on already is shown instead."""
        state = self._engine.state
        run = state.model_run
        if run is not None and run.running:
            self._open()
        else:
            self._begin(None if account is None else (account,))

    def draw(self) -> None:
        """Show the state as it is now, where anybody sees it."""
        if self.dialog is not None and self.dialog.isVisible():
            self.dialog.show_model(self._view(self._engine.state))

    def _begin(self, accounts: tuple[AccountKey, ...] | None) -> None:
        state = self._engine.state
        count = len(state.accounts) if accounts is None else len(accounts)
        if state.settings.model_test_confirmed or not count:
            self._test(accounts)
        else:
            self._question.ask(consent(count, self._translator), lambda _: self._agree(accounts))

    def _agree(self, accounts: tuple[AccountKey, ...] | None) -> None:
        self._engine.send(ChangeSettings(change(model_test_confirmed=True)))
        self._test(accounts)

    def _test(self, accounts: tuple[AccountKey, ...] | None) -> None:
        self._engine.send(TryModels(accounts))
        self._open()

    def _again(self) -> None:
        run = self._engine.state.model_run
        self._begin(None if run is None else run.accounts)

    def _open(self) -> None:
        if self.dialog is None:
            from probe_tray.ui.models.model_test_dialog import ModelTestActions, ModelTestDialog

            actions = ModelTestActions(stop=lambda: self._engine.send(StopModelTest()), again=self._again)
            self.dialog = ModelTestDialog(self._theme, actions)
        self.dialog.show_model(self._view(self._engine.state))
        self.dialog.present()
