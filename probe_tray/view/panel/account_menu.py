"""What a person can do with one account."""

from probe_tray.core.account.identity import StoreKind
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import Action, ActionKind

Groups = tuple[tuple[Action, ...], ...]
"""Rows of a menu; a line is drawn between the groups. ``&`` stands before the letter for the keyboard."""


def account_menu(account: AccountState, settings: Settings, t: Translator, *, in_icon: bool = False) -> Groups:
    """Everything that makes sense for this account; of the official client's login only what leaves it as it is.

    ``in_icon``: whether the person has chosen it for the tray icon.
    """

    def row(kind: ActionKind, label: str) -> Action:
        return Action(kind=kind, label=label, key=account.key)

    login = [row(ActionKind.DETAILS, t("&Details…")), row(ActionKind.REFRESH, t("Re&fresh now"))]
    if account.renewable:
        login.append(row(ActionKind.RENEW, t("Re&new now")))
    login.append(row(ActionKind.LOG_IN, t("&Log in here…") if account.official else t("&Log in again…")))
    login.append(row(ActionKind.TEST_MODELS, t("&Test models…")))
    # A login in both places would keep being renewed in both.
    alone = len({StoreKind.VAULT, StoreKind.FOLDER}.intersection(account.stores)) == 1
    places: list[Action] = []
    if StoreKind.FOLDER in account.stores:
        label = t("Move to the &vault") if alone else t("Keep in the &vault only")
        places.append(row(ActionKind.MOVE_TO_VAULT, label))
    if StoreKind.VAULT in account.stores and settings.sync_dir:
        label = t("Move to the f&older") if alone else t("Keep in the f&older only")
        places.append(row(ActionKind.MOVE_TO_FOLDER, label))
    places.append(row(ActionKind.RENAME, t("Rena&me…")))
    shown = t("Show the tightest account in the &icon") if in_icon else t("Always show it in the &icon")
    places.append(row(ActionKind.IN_ICON, shown))
    if not account.official:
        places.append(row(ActionKind.EXPORT, t("E&xport…")))
    if account.email:
        places.append(row(ActionKind.COPY_EMAIL, t("&Copy email address")))
    groups = (tuple(login), tuple(places), () if account.official else (row(ActionKind.REMOVE, t("&Remove…")),))
    return tuple(group for group in groups if group)
