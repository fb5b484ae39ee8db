"""What a person can do with one account."""

from datetime import datetime

from probe_tray.core.account.identity import StoreKind
from probe_tray.core.alerts.mute import mute_end
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState
from probe_tray.view.codex.use_actions import use_actions
from probe_tray.view.panel.survey import label_in
from probe_tray.view.sync.sync_menu import can_stop_sharing
from probe_tray.view.text.privacy import discreet_account
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import ActionKind, CardAction, Question


def removing(account: AccountState, state: AppState, t: Translator) -> Question:
    """Whether to delete an account's login; the choice is whether to end it at the service too."""
    called, settings = label_in(state, account, t), state.settings
    account, words = discreet_account(account, settings), list[str]()
    if StoreKind.VAULT in account.stores:
        words.append(t("This deletes its login from Probe Tray's encrypted vault on this computer."))
    if StoreKind.FOLDER in account.stores:
        first = account.stores[0] is StoreKind.FOLDER and account.location
        words.append(t("This deletes the file {path}.", path=account.location) if first else _in_folder(settings, t))
    if StoreKind.OFFICIAL in account.stores:
        words.append(t("The Codex client keeps its own login for this account, so the account stays in the list."))
    if settings.sync_url:
        words.append(t("Your other computers keep it. Sync doesn't bring it back to this one."))
    if can_stop_sharing(state.sync, account.key):
        words.append(t("To remove it for all computers, choose Stop sharing first."))
    words.append(t("You can log in again at any time."))
    return Question(
        window_title=t("Remove an account"),
        title=t("Remove {name}?", name=called),
        text="\n".join(words),
        check=t("Also &end this login at OpenAI") if account.revocable else "",
        yes=t("&Remove"),
        no=t("Cancel"),
    )


def stopping_sharing(account: AccountState, state: AppState, t: Translator) -> Question:
    """Whether to take an account out of the shared table for all computers."""
    return Question(
        window_title=t("Stop sharing an account"),
        title=t("Stop sharing {name}?", name=label_in(state, account, t)),
        text="\n".join(
            (
                t(
                    "This removes its login from the table, and no computer brings it back. The logins on your "
                    "computers stay there, but only one of them can keep using it. Log in again on the others."
                ),
                t("To shut out a computer instead, change the key: Settings, Storage and sync, Change setup."),
            )
        ),
        yes=t("&Stop sharing"),
        no=t("Cancel"),
    )


def vault_reset_question(t: Translator) -> Question:
    """Whether to go on with a new key for the vault."""
    return Question(
        window_title=t("New key for your logins"),
        title=t("Start with a new key?"),
        text=t(
            "The old logins stay on this computer, but only the missing key can open them. You'll "
            "need to log in to your accounts again. If you can restore the old keyring, press "
            "Cancel, restore it, and press Try again."
        ),
        yes=t("&Start with a new key"),
        no=t("Cancel"),
    )


def _in_folder(settings: Settings, t: Translator) -> str:
    return t("This deletes its file in the folder {path}.", path=settings.sync_dir)


Groups = tuple[tuple[CardAction, ...], ...]
"""Rows of a menu; a line is drawn between the groups. ``&`` stands before the letter for the keyboard."""


def account_menu(account: AccountState, state: AppState, now: datetime, t: Translator) -> Groups:
    """Everything that makes sense by ``now`` (aware UTC); of the client's login only what leaves it as it is."""

    def row(kind: ActionKind, label: str) -> CardAction:
        return CardAction(kind=kind, label=label, key=account.key)

    uses = use_actions(state, account, t)
    login = [row(ActionKind.DETAILS, t("&Details…")), *uses, row(ActionKind.REFRESH, t("Re&fresh now"))]
    if account.renewable and not state.codex.renews(account.key):
        login.append(row(ActionKind.RENEW, t("Re&new now")))
    has_own = not (account.official or account.personal)
    login.append(row(ActionKind.LOG_IN, t("&Log in again…") if has_own else t("&Log in here…")))
    login.append(row(ActionKind.TEST_MODELS, t("&Test models…")))
    places = [row(kind, label) for kind, label in _moves(account, state.settings, t)]
    places.append(row(ActionKind.RENAME, t("Ren&ame…")))
    # As the person has chosen, not where it is there as the tightest one.
    is_in_icon = state.pinned == account.key.slug
    shown = t("Show the tightest account in the &icon") if is_in_icon else t("Show in the tray &icon")
    places.append(row(ActionKind.IN_ICON, shown))
    if account.muted_until is not None:
        places.append(row(ActionKind.UNMUTE, t("Un&mute notifications")))
    elif mute_end(account, now) is not None:
        places.append(row(ActionKind.MUTE, t("&Mute until reset")))
    if not account.official:
        places.append(row(ActionKind.EXPORT, t("E&xport…")))
    if account.email:
        places.append(row(ActionKind.COPY_EMAIL, t("&Copy email address")))
    stop = (row(ActionKind.STOP_SHARING, t("Stop s&haring…")),) if can_stop_sharing(state.sync, account.key) else ()
    ends = () if account.official else (*stop, row(ActionKind.REMOVE, t("&Remove…")))
    return tuple(group for group in (tuple(login), tuple(places), ends) if group)


def _moves(account: AccountState, settings: Settings, t: Translator) -> list[tuple[ActionKind, str]]:
    """Where else its login can be kept."""
    # A login in both places would keep being renewed in both.
    alone = len({StoreKind.VAULT, StoreKind.FOLDER}.intersection(account.stores)) == 1
    moves: list[tuple[ActionKind, str]] = []
    if StoreKind.FOLDER in account.stores:
        moves.append((ActionKind.MOVE_TO_VAULT, t("Move to the &vault") if alone else t("Keep only in the &vault")))
    if StoreKind.VAULT in account.stores and settings.sync_dir:
        moves.append((ActionKind.MOVE_TO_FOLDER, t("Move to the f&older") if alone else t("Keep only in the f&older")))
    return moves
