"""Does what the buttons of cards and their menus say: commands to the engine, and questions before some of them."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import msgspec
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from probe_tray.core.account.arrangement import Density, Sort
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.commands import (
    Arrange,
    CloseCodexUse,
    DismissTrouble,
    EditSettings,
    MoveAccount,
    MuteAccount,
    OpenReleasePage,
    PutBackInCodex,
    ReadStores,
    Refresh,
    RemoveAccount,
    Renew,
    ResetVault,
    StartLogin,
    StopSharing,
    UndoLast,
    UseInCodex,
)
from probe_tray.core.settings import IconAccount, Storage, change
from probe_tray.ports.time import Clock
from probe_tray.ui.engine import EngineProtocol
from probe_tray.ui.question_controller import QuestionController
from probe_tray.ui.theme import Theme
from probe_tray.ui.transfer.file_chooser import FileChooser
from probe_tray.view.panel.account_menu import Groups, account_menu, removing, stopping_sharing, vault_reset_question
from probe_tray.view.panel.survey import label_in
from probe_tray.view.text.privacy import named_by_hand
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import ActionKind, Card, CardAction, Question

_NO_KEYS: Mapping[ActionKind, str] = MappingProxyType({})


def open_card_menu(
    parent: QWidget,
    groups: Groups,
    act: Callable[[CardAction], None],
    at: QPoint,
    title: str,
    keys: Mapping[ActionKind, str] = _NO_KEYS,
) -> QMenu:
    """Show ``groups`` of an account at ``at`` on the screen; nothing waits for it.

    ``keys`` do the same without the menu.
    """
    menu = QMenu(parent)
    menu.setAccessibleName(title)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for group in groups:
        if not menu.isEmpty():
            menu.addSeparator()
        _fill(menu, group, act, keys)
    menu.popup(at)
    return menu


def _fill(
    menu: QMenu, group: Sequence[CardAction], act: Callable[[CardAction], None], keys: Mapping[ActionKind, str]
) -> None:
    for action in group:
        row = menu.addAction(action.label)
        row.triggered.connect(_runner(action, act))
        if action.kind in keys:
            # Shown at the row's end; the list itself listens to the key.
            row.setShortcut(QKeySequence(keys[action.kind]))
            row.setShortcutVisibleInContextMenu(True)
            row.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)


def _runner(action: CardAction, act: Callable[[CardAction], None]) -> Callable[[], None]:
    # Qt would hand its "checked" to a function that could take it.
    return lambda: act(action)


_OpensWindow = Literal[
    ActionKind.SETTINGS,
    ActionKind.NETWORK_SETTINGS,
    ActionKind.STORAGE_SETTINGS,
    ActionKind.NOTIFICATION_SETTINGS,
    ActionKind.TEST_MODELS,
    ActionKind.IMPORT,
    ActionKind.EXPORT,
    ActionKind.RESET_VAULT,
]
_InCodex = Literal[
    ActionKind.USE_IN_CODEX,
    ActionKind.PUT_BACK_IN_CODEX,
    ActionKind.CLOSE_CODEX_USE,
    ActionKind.CODEX_TOLD,
]
_OnAccount = Literal[
    ActionKind.COPY_EMAIL,
    ActionKind.MOVE_TO_VAULT,
    ActionKind.MOVE_TO_FOLDER,
    ActionKind.DETAILS,
    ActionKind.RENAME,
    ActionKind.IN_ICON,
    ActionKind.MUTE,
    ActionKind.UNMUTE,
    ActionKind.STOP_SHARING,
    ActionKind.REMOVE,
]


class WindowActions(msgspec.Struct, frozen=True, kw_only=True):
    """What happens in other windows."""

    settings: Callable[[str], None]
    """Open the settings, at one of them where a key is named."""
    models: Callable[[AccountKey | None], None]
    """Test the models of an account."""
    details: Callable[[AccountKey], None]
    """Show everything that is known of an account."""
    import_logins: Callable[[], None]
    export: Callable[[AccountKey | None], None]
    """Write an account's login for another program."""
    name: Callable[[AccountKey], None]
    """Let an account's name be edited."""


class CardActionHandler:
    """Between what is clicked and the engine."""

    def __init__(
        self,
        engine: EngineProtocol,
        theme: Theme,
        translator: Translator,
        clock: Clock,
        elsewhere: WindowActions,
    ) -> None:
        """Send commands to ``engine``; ``clock`` tells what there is to do by now."""
        self._engine = engine
        self._translator = translator
        self._clock = clock
        self._elsewhere = elsewhere
        self.question = QuestionController(theme)

    def act(self, action: CardAction) -> None:
        """Do what a button says."""
        match action.kind:
            case ActionKind.LOG_IN:
                self._engine.send(StartLogin(action.key))
            case ActionKind.REFRESH:
                self._engine.send(Refresh(action.key))
            case ActionKind.RENEW:
                self._engine.send(Renew(action.key))
            case ActionKind.READ_STORES:
                self._engine.send(ReadStores())
            case ActionKind.UNDO:
                self._engine.send(UndoLast(action.number))
            case ActionKind.DISMISS:
                self._engine.send(DismissTrouble())
            case ActionKind.RELEASE_PAGE:
                self._engine.send(OpenReleasePage())
            case (
                ActionKind.SETTINGS
                | ActionKind.NETWORK_SETTINGS
                | ActionKind.STORAGE_SETTINGS
                | ActionKind.NOTIFICATION_SETTINGS
                | ActionKind.TEST_MODELS
                | ActionKind.IMPORT
                | ActionKind.EXPORT
                | ActionKind.RESET_VAULT
            ) as kind:
                self._open_window(kind, action.key)
            case ActionKind.CHOOSE_FOLDER:
                self._choose_folder(action.label)
            case (
                ActionKind.USE_IN_CODEX
                | ActionKind.PUT_BACK_IN_CODEX
                | ActionKind.CLOSE_CODEX_USE
                | ActionKind.CODEX_TOLD
            ) as kind:
                self._act_in_codex(kind, action)
            case kind:
                self._act_on(action.key, kind)

    def _open_window(self, kind: _OpensWindow, key: AccountKey | None) -> None:
        match kind:
            case ActionKind.NETWORK_SETTINGS:
                self._elsewhere.settings("proxy")
            case ActionKind.STORAGE_SETTINGS:
                self._elsewhere.settings("sync_dir")
            case ActionKind.NOTIFICATION_SETTINGS:
                # Whoever goes there has read it.
                self._engine.send(DismissTrouble())
                self._elsewhere.settings("warn_used_percent")
            case ActionKind.TEST_MODELS:
                self._elsewhere.models(key)
            case ActionKind.IMPORT:
                self._elsewhere.import_logins()
            case ActionKind.EXPORT:
                self._elsewhere.export(key)
            case ActionKind.SETTINGS:
                self._elsewhere.settings("")
            case ActionKind.RESET_VAULT:
                self._ask(lambda: vault_reset_question(self._translator), lambda _: self._engine.send(ResetVault()))

    def _act_in_codex(self, kind: _InCodex, action: CardAction) -> None:
        state = self._engine.state
        match kind:
            case ActionKind.USE_IN_CODEX:
                if action.key is not None:
                    way = state.settings.codex_hand_over
                    self._engine.send(UseInCodex(account=action.key, home=action.home, way=way))
            case ActionKind.PUT_BACK_IN_CODEX:
                self._engine.send(PutBackInCodex(action.home))
            case ActionKind.CLOSE_CODEX_USE:
                self._engine.send(CloseCodexUse())
            case ActionKind.CODEX_TOLD:
                self._engine.send(Arrange(replace(state.arrangement, codex_told=True)))

    def _choose_folder(self, title: str) -> None:
        # A child of the panel, which stays open behind it.
        FileChooser().folder(QApplication.activeWindow(), title, self._use_folder)

    def _use_folder(self, folder: str) -> None:
        self._engine.send(EditSettings(change(storage=Storage.FOLDER, sync_dir=folder)))

    def choose(self, value: Sort | Density, keys: tuple[AccountKey, ...]) -> None:
        """List the accounts like this from now on; ``keys`` is their order now, where an own order begins."""
        arrangement = self._engine.state.arrangement
        if isinstance(value, Density):
            arrangement = replace(arrangement, density=value)
        elif value is Sort.OWN and not arrangement.order:
            arrangement = replace(arrangement, sort=value, order=tuple(key.slug for key in keys))
        else:
            arrangement = replace(arrangement, sort=value)
        self._engine.send(Arrange(arrangement))

    def name(self, key: AccountKey, name: str) -> None:
        """Call an account like this from now on; an empty name, or its own, takes the person's name away."""
        account, arrangement = self._engine.state.account(key), self._engine.state.arrangement
        if account is not None:
            given = named_by_hand(account, name, self._engine.state.settings)
            self._engine.send(Arrange(arrangement.named(key.slug, given)))

    def pin(self) -> None:
        """Keep the panel open from now on, or no longer."""
        arrangement = self._engine.state.arrangement
        self._engine.send(Arrange(replace(arrangement, pinned=not arrangement.pinned)))

    def hide_names(self) -> None:
        """Hide the names of accounts from now on, or show them again."""
        self._engine.send(EditSettings(change(privacy=not self._engine.state.settings.privacy)))

    def move(self, keys: tuple[AccountKey, ...], key: AccountKey, before: AccountKey | None) -> None:
        """Put an account before another, or at the end, among ``keys``."""
        arrangement, shown = self._engine.state.arrangement, tuple(k.slug for k in keys)
        # Those that are not there just now keep their places behind.
        slugs = (*shown, *(slug for slug in arrangement.order if slug not in shown))
        self._engine.send(Arrange(arrangement.moved(slugs, key.slug, None if before is None else before.slug)))

    def open_account_menu(self, key: AccountKey, parent: QWidget, at: QPoint) -> QMenu | None:
        """Show what can be done with an account; None where that is nothing."""
        account, groups = self._engine.state.account(key), self._groups(key)
        if account is None or not groups:
            return None
        title = label_in(self._engine.state, account, self._translator)
        return open_card_menu(parent, groups, self.act, at, title)

    def _groups(self, key: AccountKey | None) -> Groups:
        account = None if key is None else self._engine.state.account(key)
        if account is None:
            return ()
        return account_menu(account, self._engine.state, self._clock.now(), self._translator)

    def open_menu(self, parent: QWidget, card: Card, at: QPoint) -> QMenu | None:
        """Show what can be done with a card; None where that is nothing."""
        groups = self._groups(card.key)
        if card.notice is not None and not groups:
            groups = (card.notice.actions, *groups)
        pressed = card.notice is not None and card.notice.action is not None
        # What the keys of the list do with this card.
        keys = {ActionKind.RENAME: "F2"} | ({} if pressed else {ActionKind.DETAILS: "Return"})
        return open_card_menu(parent, groups, self.act, at, card.label, keys) if any(groups) else None

    def _act_on(self, key: AccountKey | None, kind: _OnAccount) -> None:
        # The account may have gone since its menu was opened.
        account = None if key is None else self._engine.state.account(key)
        if account is None:
            return
        match kind:
            case ActionKind.COPY_EMAIL:
                QGuiApplication.clipboard().setText(account.email)
            case ActionKind.DETAILS:
                self._elsewhere.details(account.key)
            case ActionKind.RENAME:
                self._elsewhere.name(account.key)
            case ActionKind.IN_ICON:
                self._show_in_icon(account.key.slug)
            case ActionKind.MUTE | ActionKind.UNMUTE:
                self._engine.send(MuteAccount(account.key, muted=kind is ActionKind.MUTE))
            case ActionKind.MOVE_TO_VAULT:
                self._engine.send(MoveAccount(account.key, StoreKind.VAULT))
            case ActionKind.MOVE_TO_FOLDER:
                self._engine.send(MoveAccount(account.key, StoreKind.FOLDER))
            case ActionKind.STOP_SHARING:
                self._ask_stop(account.key)
            case ActionKind.REMOVE:
                self._ask_removal(account.key)

    def _show_in_icon(self, slug: str) -> None:
        """Have the icon show that account, or the tightest again where it does already."""
        state = self._engine.state
        chosen = "" if state.pinned == slug else slug
        if chosen and state.settings.icon_account is not IconAccount.PINNED:
            self._engine.send(EditSettings(change(icon_account=IconAccount.PINNED)))
        self._engine.send(Arrange(replace(state.arrangement, in_icon=chosen)))

    def _ask_removal(self, key: AccountKey) -> None:
        def worded() -> Question | None:
            # Its login may be kept elsewhere by now, or the account may have gone.
            state = self._engine.state
            account = state.account(key)
            return None if account is None or account.official else removing(account, state, self._translator)

        self._ask(worded, lambda revoke: self._engine.send(RemoveAccount(key, revoke)))

    def _ask_stop(self, key: AccountKey) -> None:
        def worded() -> Question | None:
            state = self._engine.state
            account = state.account(key)
            return None if account is None else stopping_sharing(account, state, self._translator)

        self._ask(worded, lambda _: self._engine.send(StopSharing(key)))

    def _ask(self, worded: Callable[[], Question | None], answer: Callable[[bool], None]) -> None:
        question = worded()
        if question is not None:
            self.question.ask(question, answer, worded)
