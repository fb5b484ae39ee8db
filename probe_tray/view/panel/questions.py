"""What is asked before something is done that cannot be taken back."""

from probe_tray.core.account.identity import StoreKind
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState
from probe_tray.view.panel.survey import name
from probe_tray.view.text.privacy import discreet_account
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import Question


def removing(account: AccountState, settings: Settings, t: Translator) -> Question:
    """Whether to delete an account's login; the choice is whether to end it at the service too."""
    account, words = discreet_account(account, settings), list[str]()
    if StoreKind.VAULT in account.stores:
        words.append(t("Its login is deleted from Probe Tray's encrypted records on this computer."))
    if StoreKind.FOLDER in account.stores:
        first = account.stores[0] is StoreKind.FOLDER and account.location
        words.append(t("This file is deleted: {path}", path=account.location) if first else _in_folder(settings, t))
    if StoreKind.OFFICIAL in account.stores:
        words.append(t("The Codex client keeps its own login of this account, which stays in the list."))
    words.append(t("To see its quota again, log in again."))
    return Question(
        window_title=t("Remove an account"),
        title=t("Remove {name}?", name=name(account)),
        text="\n".join(words),
        check=t("Also &end this login at the service") if account.revocable else "",
        yes=t("&Remove"),
        no=t("Cancel"),
    )


def starting_anew(t: Translator) -> Question:
    """Whether to go on with a new key for the vault."""
    return Question(
        window_title=t("A new key for your logins"),
        title=t("Start with a new key?"),
        text=t(
            "The old records are kept on this computer, set aside; only the key that is gone can open them. "
            "Afterwards log in to your accounts again. "
            "If the old keyring may come back, cancel, restore it, and press Try again."
        ),
        yes=t("&Start with a new key"),
        no=t("Cancel"),
    )


def _in_folder(settings: Settings, t: Translator) -> str:
    return t("Its file in this folder is deleted: {path}", path=settings.sync_dir)
