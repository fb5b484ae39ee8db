"""Between the window in which the key of the shared table is changed, and the engine."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from probe_tray.core.account.secret import Secret
from probe_tray.core.commands import ChangeSyncKey, EndOldSyncKey, ShowSyncCode, SyncNow
from probe_tray.core.sync.table_key import keys_of
from probe_tray.ui.engine import EngineProtocol
from probe_tray.ui.lazy_window import LazyWindow
from probe_tray.ui.login.concealed_clipboard import SECONDS, ConcealedClipboard
from probe_tray.ui.question_controller import QuestionController
from probe_tray.ui.theme import Theme
from probe_tray.view.sync.key_change_view import ending_key, key_change
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import Question

if TYPE_CHECKING:
    from probe_tray.ui.sync.key_change_dialog import KeyChangeDialog


class KeyChangeController:
    """Opens the window when it is wanted, sends what its buttons say, and draws it while it is open."""

    def __init__(
        self,
        engine: EngineProtocol,
        theme: Theme,
        translator: Translator,
        question: QuestionController,
        now: Callable[[], Now],
        clipboard: ConcealedClipboard,
        replace: Callable[[], None],
    ) -> None:
        """``replace`` replaces the key of a table that knows none, after a question."""
        self._engine, self._theme, self._translator = engine, theme, translator
        self._question, self._now, self._clipboard, self._replace = question, now, clipboard, replace
        self._since = 0
        """The number of the last change before the window opened."""
        self._window = LazyWindow(self._make, self._fill)

    def show(self) -> None:
        """Open the window; a change that is under way goes on."""
        if self._window.visible is None:
            change = self._engine.state.sync.change
            self._since = 0 if change is None else change.number - change.running
        self._window.show()

    def draw(self) -> None:
        """Show the state as it is now, where anybody sees it."""
        self._window.draw()

    def close(self) -> None:
        """Take the window away for good."""
        self._window.close()

    def _end(self) -> None:
        def worded() -> Question:
            return ending_key(self._engine.state.sync, self._translator)

        self._question.ask(worded(), lambda _: self._engine.send(EndOldSyncKey()), worded)

    def _take_its_place(self) -> None:
        if (window := self._window.visible) is not None:
            window.close()
        self._replace()

    def _make_code(self, use: Callable[[Secret], None]) -> None:
        command = ShowSyncCode(url=self._engine.state.sync.setup.url)
        self._engine.make_sync_code(command, self._if_still_open(use))

    def _fetch_key(self, use: Callable[[Secret], None]) -> None:
        self._engine.read_sync_key(self._if_still_open(lambda key: use(keys_of(key)[0])))

    def _if_still_open(self, use: Callable[[Secret], None]) -> Callable[[Secret | None], None]:
        """Takes a secret for the window as it is open now: it may be closed before that comes."""
        window = self._window.visible

        def got(secret: Secret | None) -> None:
            if secret is not None and window is not None and window is self._window.visible:
                use(secret)

        return got

    def _make(self) -> "KeyChangeDialog":
        from probe_tray.ui.sync.key_change_dialog import KeyChangeActions, KeyChangeDialog

        engine = self._engine
        actions = KeyChangeActions(
            copy_secret=self._clipboard.put,
            begin=lambda: engine.send(ChangeSyncKey()),
            end=self._end,
            replace=self._take_its_place,
            check=lambda: engine.send(SyncNow()),
        )
        window = KeyChangeDialog(self._theme, actions)
        window.code.fetched.connect(self._make_code)
        window.key_fetched.connect(self._fetch_key)
        return window

    def _fill(self, window: "KeyChangeDialog") -> None:
        window.show_model(key_change(self._engine.state, self._since, SECONDS, self._now(), self._translator))
