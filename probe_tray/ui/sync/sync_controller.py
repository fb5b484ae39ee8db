"""Between the windows of sync and the engine."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from probe_tray.core import commands as sync_commands
from probe_tray.core.account.secret import Secret
from probe_tray.core.commands import ForgetSync, SetUpSync, ShowSyncCode, StopSharing, SyncNow
from probe_tray.core.errors import Problem, SyncError
from probe_tray.core.sync.setup import SecretPlace, SyncState, base_address, is_lost, kept_key
from probe_tray.core.sync.setup_code import read_code
from probe_tray.core.sync.table_change import TableChange, TableChangeKind
from probe_tray.core.sync.table_sql import TableSql
from probe_tray.ui.engine import EngineProtocol
from probe_tray.ui.lazy_window import LazyWindow
from probe_tray.ui.login.concealed_clipboard import SECONDS, ConcealedClipboard
from probe_tray.ui.question_controller import QuestionController
from probe_tray.ui.sync.key_change_controller import KeyChangeController
from probe_tray.ui.theme import Theme
from probe_tray.view.sync.setup_view import (
    TypedCode,
    changes_key,
    complaint,
    forgetting,
    refusal,
    replacing_kept_key,
    replacing_key,
    sync_setup,
)
from probe_tray.view.sync.sync_questions import allowing_open, overwriting, overwriting_all, withdrawing
from probe_tray.view.sync.sync_view import SyncRow, can_begin, result_row, sync_box, sync_result
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import Question

if TYPE_CHECKING:
    from probe_tray.ui.sync.result_dialog import SyncResultDialog
    from probe_tray.ui.sync.setup_dialog import SyncDraft, SyncSetupDialog
    from probe_tray.ui.sync.sync_box import SyncBox


class _Saving(NamedTuple):
    """What is being kept."""

    number: int
    """Of the answer before the one that is waited for."""
    draft: "SyncDraft"
    use: Callable[[str], None] | None
    """What gets the SQL afterwards; None: the page is closed instead."""


class SyncController(QObject):
    """Opens the windows when they are wanted, sends what their buttons say, and draws while they are open."""

    def __init__(
        self,
        engine: EngineProtocol,
        theme: Theme,
        translator: Translator,
        question: QuestionController,
        now: Callable[[], Now],
        sql: TableSql,
    ) -> None:
        """Ask with ``question``; ``sql`` makes the table."""
        super().__init__(theme)
        self._engine = engine
        self._theme = theme
        self._translator = translator
        self._question = question
        self._now = now
        self._sql = sql
        self._clipboard = ConcealedClipboard(self)
        self._saving: _Saving | None = None
        """None while nothing is being saved."""
        self._agreed: Secret | None = None
        """A key that a person wants in place of the one that is kept."""
        self._refused: Problem | None = None
        """Why the page could not be kept as it is."""
        self._typed_code = TypedCode()
        self._change: TableChange | None = None
        """What the state told last of a change of the table."""
        self._sync_then = False
        """Whether a sync was wanted before it was set up."""
        self._box: SyncBox | None = None
        self._key_change = KeyChangeController(
            engine, theme, translator, question, now, self._clipboard, self._replace_key
        )
        self._setup = LazyWindow(self._make_setup, self._fill_setup)
        self._result = LazyWindow(
            self._make_result, lambda window: window.show_model(sync_result(engine.state, now(), translator))
        )

    def sync(self) -> None:
        """Sync now and show what comes of it; where it is not set up, set it up first."""
        sync = self._engine.state.sync
        if sync.running:
            self.show_result()
        elif can_begin(sync.setup):
            self._sync(SyncNow())
        else:
            self.set_up()
            self._sync_then = True

    def set_up(self) -> None:
        """Open the page on which it is set up."""
        if self._setup.visible is None:
            # One that is open already keeps what was typed.
            sync = self._engine.state.sync
            model = sync_setup(sync, sync.setup.url, self._typed_code, SECONDS, self._translator)
            self._setup.made().begin(sync.setup.url, model)
        self._setup.show()

    def show_result(self) -> None:
        """Open the window with what came of the last sync, or how far the one is that runs."""
        self._result.show()

    def serve(self, box: "SyncBox") -> None:
        """Draw ``box`` too from now on, and do what its buttons say."""
        self._box = box
        box.set_up_wanted.connect(self.set_up)
        box.sync_wanted.connect(self.sync)
        box.result_wanted.connect(self.show_result)
        box.key_change_wanted.connect(self._key_change.show)
        self.draw()

    def leave(self) -> None:
        """Draw the box no more: its window goes."""
        self._box = None

    def draw(self) -> None:
        """Show the state as it is now, where anybody sees it."""
        state = self._engine.state
        self._settle(state.sync)
        if self._box is not None:
            self._box.show_model(sync_box(state, self._now(), self._translator))
        self._setup.draw()
        self._result.draw()
        self._key_change.draw()

    def close(self) -> None:
        """Take the windows away for good, and the key out of the clipboard."""
        self._clipboard.clear()
        self._setup.close()
        self._result.close()
        self._key_change.close()

    def _sync(self, command: SyncNow) -> None:
        self._engine.send(command)
        self.show_result()

    def _overwrite(self, row: SyncRow) -> None:
        command = SyncNow(overwrite=frozenset({row.row_id}))

        def worded() -> Question | None:
            now = self._as_now(row)
            return overwriting(now, self._translator) if now is not None and now.overwritable else None

        self._question.ask(overwriting(row, self._translator), lambda _: self._sync(command), worded)

    def _overwrite_all(self) -> None:
        accounts = self._engine.state.accounts
        command = SyncNow(overwrite=frozenset(account.key.account_id for account in accounts))
        self._question.ask(overwriting_all(len(accounts), self._translator), lambda _: self._sync(command))

    def _allow_open(self) -> None:
        self._question.ask(allowing_open(self._translator), lambda _: self._sync(SyncNow(allow_open=True)))

    def _withdraw(self, row: SyncRow) -> None:
        def worded() -> Question | None:
            now = self._as_now(row)
            return withdrawing(now, self._translator) if now is not None and now.removable is not None else None

        if (key := row.removable) is not None:
            stop = StopSharing(key)
            self._question.ask(withdrawing(row, self._translator), lambda _: self._engine.send(stop), worded)

    def _as_now(self, row: SyncRow) -> SyncRow | None:
        """The row as it is by now: names may have been hidden since, or another sync has settled it."""
        return result_row(row.row_id, self._engine.state, self._translator)

    def _test(self, draft: "SyncDraft") -> None:
        self._engine.send(sync_commands.TrySync(url=draft.url, api_key=draft.api_key, key=draft.key))

    def _save(self, draft: "SyncDraft", use: Callable[[str], None] | None = None) -> None:
        """Keep what is typed, and close the page; with ``use`` let it stay open, and give that the SQL of the key.

        Asks first where that costs another key that is kept.
        """
        page, setup, key = self._setup.visible, self._engine.state.sync.setup, draft.key
        if self._saving is not None or page is None:
            return
        if key is None or key == self._agreed or setup.key is not SecretPlace.KEYRING:
            self._keep(draft, use)
            return

        def compared(kept: Secret | None) -> None:
            if page is not self._setup.visible or page.draft != draft:
                return
            stays = base_address(draft.url) == base_address(setup.url)
            if kept is None or not is_lost(kept, kept_key(kept, key, same_table=stays)):
                self._keep(draft, use)
            else:
                self._question.ask(replacing_kept_key(self._translator), lambda _: self._keep(draft, use))

        self._engine.read_sync_key(compared)

    def _keep(self, draft: "SyncDraft", use: Callable[[str], None] | None) -> None:
        if self._saving is None and self._setup.visible is not None:
            self._saving = _Saving(self._engine.state.sync.set_up.number, draft, use)
            self._engine.send(SetUpSync(url=draft.url, api_key=draft.api_key, key=draft.key))

    def _settle(self, sync: SyncState) -> None:
        """Close the page once what it held is kept. Until then it keeps what was typed: a keyring may say no."""
        page = self._setup.visible
        if page is not None and sync.change != self._change and sync.change is not None:
            # The key that it shows may be the old one by now.
            page.key.start()
        self._change, before = sync.change, self._change
        change = sync.change
        is_new = change is not None and change.running and change != before
        if change is not None and is_new and change.kind is TableChangeKind.STOP_SHARING:
            # It was chosen in the menu of an account, which has no place for how far it is.
            self.show_result()
        saving = self._saving
        if saving is None or sync.set_up.number == saving.number:
            return
        self._saving = None
        # Kept, and all the same of no use: the keyring may have locked itself since.
        self._refused = sync.set_up.problem or sync.setup.problem
        if page is None or self._refused is not None:
            return
        if saving.use is not None:
            self._go_on(page, saving.draft, saving.use)
            return
        then, self._sync_then = self._sync_then, False
        page.close()
        if then:
            self._sync(SyncNow())

    def _go_on(self, page: "SyncSetupDialog", kept: "SyncDraft", use: Callable[[str], None]) -> None:
        if page.draft == kept:
            page.forget_secrets()
            self._fetch(lambda key: use(self._sql.protected(key)))

    def _left(self) -> None:
        self._saving, self._refused, self._sync_then, self._agreed = None, None, False, None
        self._typed_code = TypedCode()

    def _typed(self) -> None:
        self._refused, self._typed_code = None, TypedCode()
        self._setup.draw()

    def _enter_code(self, text: str) -> None:
        page = self._setup.visible
        typed = TypedCode()
        if page is not None and text.strip():
            try:
                typed = TypedCode(taken=True, fixed=not page.enter(read_code(text)))
            except SyncError as error:
                typed = TypedCode(problem=error.problem)
        self._typed_code = typed
        self._setup.draw()

    def _forget(self) -> None:
        self._engine.send(ForgetSync())
        if (page := self._setup.visible) is not None:
            page.close()

    def _create(self) -> None:
        page, setup = self._setup.visible, self._engine.state.sync.setup
        if page is not None and changes_key(setup, page.draft.url):
            self._key_change.show()
        elif page is not None and (page.draft.key or setup.key is not SecretPlace.NOWHERE):
            self._replace_key()
        else:
            self._offer(self._engine.new_sync_key())

    def _replace_key(self) -> None:
        self.set_up()
        self._question.ask(replacing_key(self._translator), lambda _: self._offer_instead(self._engine.new_sync_key()))

    def _offer_instead(self, key: Secret) -> None:
        self._agreed = key
        self._offer(key)

    def _offer(self, key: Secret) -> None:
        if (page := self._setup.visible) is not None:
            page.key.offer(key)

    def _fetch(self, use: Callable[[Secret], None]) -> None:
        self._engine.read_sync_key(self._if_still_open(use))

    def _make_sql(self, use: Callable[[str], None]) -> None:
        page = self._setup.visible
        if page is None:
            return
        if page.table.compatible.isChecked():
            use(self._sql.table)
        elif page.draft.key is None:
            self._fetch(lambda key: use(self._sql.protected(key)))
        else:
            # Once it runs, the table lets in nobody but who has this key: it must not be lost with the page.
            self._save(page.draft, use)

    def _make_code(self, use: Callable[[Secret], None]) -> None:
        if (page := self._setup.visible) is not None:
            draft = page.draft
            command = ShowSyncCode(url=draft.url, api_key=draft.api_key, key=draft.key)
            self._engine.make_sync_code(command, self._if_still_open(use))

    def _if_still_open(self, use: Callable[[Secret], None]) -> Callable[[Secret | None], None]:
        """Takes a secret for the page as it is open and filled now: it may be left, or changed, before that comes."""
        page, draft = self._setup.visible, None if self._setup.visible is None else self._setup.visible.draft

        def got(secret: Secret | None) -> None:
            if page is None or page is not self._setup.visible or page.draft != draft:
                return
            if secret is not None:
                use(secret)
            else:
                self._refused = self._engine.state.sync.setup.problem
                self._setup.draw()

        return got

    def _make_setup(self) -> "SyncSetupDialog":
        from probe_tray.ui.sync.setup_dialog import SyncSetupActions, SyncSetupDialog

        actions = SyncSetupActions(
            copy_sql=QGuiApplication.clipboard().setText,
            copy_secret=self._clipboard.put,
            test=self._test,
            save=self._save,
            forget=lambda: self._question.ask(forgetting(self._translator), lambda _: self._forget()),
        )
        page = SyncSetupDialog(self._theme, actions)
        page.changed.connect(self._typed)
        page.closed.connect(self._left)
        page.key.created.connect(self._create)
        page.key.fetched.connect(self._fetch)
        page.code.typed.connect(self._enter_code)
        page.next.fetched.connect(self._make_code)
        page.table.fetched.connect(self._make_sql)
        return page

    def _make_result(self) -> "SyncResultDialog":
        from probe_tray.ui.sync.result_dialog import SyncResultActions, SyncResultDialog

        actions = SyncResultActions(
            again=lambda: self._sync(SyncNow()),
            overwrite=self._overwrite,
            overwrite_all=self._overwrite_all,
            withdraw=self._withdraw,
            allow_open=self._allow_open,
        )
        return SyncResultDialog(self._theme, actions)

    def _fill_setup(self, page: "SyncSetupDialog") -> None:
        sync, t = self._engine.state.sync, self._translator
        draft = page.draft
        api_key, key = (found.reveal() if found else "" for found in (draft.api_key, draft.key))
        said = complaint(draft.url, api_key, key, sync.setup, t)
        refused = "" if self._refused is None else refusal(self._refused, t)
        page.show_model(sync_setup(sync, draft.url, self._typed_code, SECONDS, t), said, refused)
