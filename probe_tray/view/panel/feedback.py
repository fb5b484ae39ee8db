"""What was done, in one short sentence, and how it is undone."""

from typing import Literal

import msgspec

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors.phrase import all_of
from probe_tray.core.feedback import Feedback, FeedbackKind
from probe_tray.core.state import AccountState
from probe_tray.view.codex.use_actions import use_undo
from probe_tray.view.panel.survey import Seen
from probe_tray.view.text.times import at
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import ActionKind, CardAction

_LONGEST_NAME = 30

_AboutAll = Literal[
    FeedbackKind.SORTED,
    FeedbackKind.LAID_OUT,
    FeedbackKind.PINNED,
    FeedbackKind.UNPINNED,
    FeedbackKind.NOT_IN_ICON,
    FeedbackKind.NAMES_HIDDEN,
    FeedbackKind.NAMES_SHOWN,
    FeedbackKind.SETTINGS_SAVED,
    FeedbackKind.UNDONE,
]
"""What concerns no account."""
_Removal = Literal[
    FeedbackKind.REMOVED, FeedbackKind.REMOVED_AND_ENDED, FeedbackKind.NOT_REMOVED, FeedbackKind.RESTORED
]


class FeedbackView(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence that stands until it is no news any more."""

    number: int
    """Another one is said by a screen reader even if it is worded the same."""
    text: str
    undo: CardAction | None


def feedback(seen: Seen, t: Translator) -> FeedbackView | None:
    """What was done last; None where that is no news."""
    if not seen.state.feedback:
        return None
    latest = seen.state.feedback[-1]
    return FeedbackView(number=latest.number, text=_sentence(latest, seen, t), undo=_undo(latest, seen, t))


def undo(seen: Seen, t: Translator) -> CardAction | None:
    """How the last thing that can be undone is undone, whatever was done since."""
    return next((action for f in reversed(seen.state.feedback) if (action := _undo(f, seen, t)) is not None), None)


def _undo(feedback: Feedback, seen: Seen, t: Translator) -> CardAction | None:
    if feedback.kind is FeedbackKind.USED_IN_CODEX:
        return use_undo(seen, t)
    if feedback.undo is None:
        return None
    return CardAction(kind=ActionKind.UNDO, label=t("Undo"), number=feedback.number)


def _sentence(given: Feedback, seen: Seen, t: Translator) -> str:
    account = _account(given.account, seen)
    # One that is gone meanwhile has no name any more.
    called = t("the account") if account is None else seen.short_label(account, _LONGEST_NAME, t)
    match given.kind:
        case FeedbackKind.RENAMED:
            return t("Renamed to {name}.", name=called)
        case FeedbackKind.REMOVED | FeedbackKind.REMOVED_AND_ENDED | FeedbackKind.NOT_REMOVED | FeedbackKind.RESTORED:
            return _removal(given.kind, called, t)
        case FeedbackKind.LOGGED_IN | FeedbackKind.LOGGED_IN_AFTER_ALL | FeedbackKind.LOGIN_CANCELLED:
            return _login(given, called, t)
        case FeedbackKind.USED_IN_CODEX | FeedbackKind.PUT_BACK_IN_CODEX:
            return _in_codex(given.kind, called, seen, t)
        case FeedbackKind.RENEWED:
            return t("Renewed {name}.", name=called)
        case FeedbackKind.MOVED:
            return t("Moved the login of {name}.", name=called)
        case FeedbackKind.MUTED | FeedbackKind.UNMUTED:
            return _muting(account, called, seen, t)
        case FeedbackKind.IN_ICON:
            return t("The tray icon shows {name}.", name=called)
        case FeedbackKind.IMPORTED:
            return t.plural("Imported {n} login.", "Imported {n} logins.", given.count)
        case _:
            return _about_all(given.kind, t)


def _removal(kind: _Removal, called: str, t: Translator) -> str:
    match kind:
        case FeedbackKind.REMOVED:
            return t("Removed {name}.", name=called)
        case FeedbackKind.REMOVED_AND_ENDED:
            return t("Logged out and removed.")
        case FeedbackKind.NOT_REMOVED:
            return t("{name} has a new login and was not removed.", name=called)
        case FeedbackKind.RESTORED:
            return t("{name} is back.", name=called)


def _login(given: Feedback, called: str, t: Translator) -> str:
    if given.kind is FeedbackKind.LOGGED_IN:
        return t("Logged in as {name}.", name=called)
    if given.kind is FeedbackKind.LOGGED_IN_AFTER_ALL:
        return t("It was too late to cancel. Logged in as {name}.", name=called)
    if given.account is None:
        return t("Login cancelled. Nothing was changed.")
    return t("Login cancelled. {name} was not logged in.", name=called)


def _in_codex(
    kind: Literal[FeedbackKind.USED_IN_CODEX, FeedbackKind.PUT_BACK_IN_CODEX], called: str, seen: Seen, t: Translator
) -> str:
    if kind is FeedbackKind.PUT_BACK_IN_CODEX:
        done = t("Codex uses its earlier login again from its next start.")
    else:
        done = t("Codex uses {name} from its next start.", name=called)
    return t.joined((done, _still_running(seen, t)))


def _still_running(seen: Seen, t: Translator) -> str:
    """Which programs of the client go on with the account that they began with."""
    use = seen.state.codex.use
    clients = () if use is None else tuple(dict.fromkeys(process.name for process in use.running))
    if not clients:
        return ""
    # There is little room. What they go on with is on the account's card.
    return t("To switch now, restart {clients}.", clients=t.said(all_of(clients)))


def _about_all(kind: _AboutAll, t: Translator) -> str:
    match kind:
        case FeedbackKind.SORTED:
            return t("Changed the order.")
        case FeedbackKind.LAID_OUT:
            return t("Changed the layout.")
        case FeedbackKind.PINNED:
            return t("This window stays open.")
        case FeedbackKind.UNPINNED:
            return t("This window closes when you click elsewhere.")
        case FeedbackKind.NOT_IN_ICON:
            return t("The tray icon shows the tightest account.")
        case FeedbackKind.NAMES_HIDDEN:
            return t("Names are hidden.")
        case FeedbackKind.NAMES_SHOWN:
            return t("Names are shown.")
        case FeedbackKind.SETTINGS_SAVED:
            return t("Settings saved.")
        case FeedbackKind.UNDONE:
            return t("Undone.")


def _muting(account: AccountState | None, called: str, seen: Seen, t: Translator) -> str:
    until = None if account is None else account.muted_until
    if until is None:
        return t("Notifications for {name} are on.", name=called)
    return t("Muted {name} until {when}.", name=called, when=at(until, seen.now, t))


def _account(key: AccountKey | None, seen: Seen) -> AccountState | None:
    return next((a for a in (*seen.state.accounts, *seen.state.removing) if a.key == key), None)
