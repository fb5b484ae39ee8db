"""Asks what has to be known before an account is used in the official client."""

from collections.abc import Callable

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.codex.codex_state import CodexUse
from probe_tray.core.commands import CloseCodexUse, UseInCodex
from probe_tray.ui.engine import EngineProtocol
from probe_tray.ui.question_controller import QuestionController
from probe_tray.view.codex.use_actions import unknown_login_question
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import ActionKind, CardAction


class CodexUseController:
    """Puts the question of a hand-over once, and gives the engine its answer."""

    def __init__(
        self,
        engine: EngineProtocol,
        translator: Translator,
        question: QuestionController,
        act: Callable[[CardAction], None],
        show_panel: Callable[[AccountKey | None], None],
    ) -> None:
        """Ask with ``question``; ``act`` does what a button says, and ``show_panel`` opens the panel."""
        self._engine, self._translator, self._question = engine, translator, question
        self._act, self._show_panel = act, show_panel
        self._asked: CodexUse | None = None
        """The hand-over that waits for an answer."""
        self._open = False
        """Whether its question is still on the screen."""

    def use(self, account: AccountKey) -> None:
        """Have the client work with an account; what comes of it is told in the panel."""
        home = self._engine.state.codex.default
        self.act(CardAction(kind=ActionKind.USE_IN_CODEX, label="", key=account, home=home))

    def act(self, action: CardAction) -> None:
        """Do what a row of the tray's menu says, where the panel shows what comes of it."""
        self._act(action)
        self._show_panel(action.key)

    def draw(self) -> None:
        """Ask where a hand-over waits for an answer; one that goes on without it is asked about no longer."""
        question = unknown_login_question(self._engine.state, self._translator)
        use = None if question is None else self._engine.state.codex.use
        before, self._asked = self._asked, use
        if question is None or use is None:
            if self._open:
                self._open = False
                self._question.take_back()
        elif use != before:
            self._question.ask(
                question,
                lambda _: self._keep(use),
                lambda: unknown_login_question(self._engine.state, self._translator) or question,
                self._close,
            )
            self._open = True

    def _keep(self, use: CodexUse) -> None:
        self._open = False
        if use.account is not None:
            self._engine.send(UseInCodex(account=use.account, home=use.home, way=use.way, keep=use.asks_about))

    def _close(self) -> None:
        self._open = False
        self._engine.send(CloseCodexUse())
