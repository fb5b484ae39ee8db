"""The sentence that a condition is worth, and the one button that helps."""

from probe_tray.core.account.condition import Condition, free_at, local_time
from probe_tray.core.errors import (
    KeyMissingError,
    OfficialExpiredError,
    PersonalTokenRefusedError,
    Problem,
    ProxyAddressError,
    ProxyLoginError,
    Remedy,
    TokenRefusedError,
)
from probe_tray.core.quota.snapshot import Snapshot, WindowKind
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState
from probe_tray.view.codex.in_codex import NOT_IN_CODEX, InCodex, logged_out_words
from probe_tray.view.panel.renewal_status import new_login_action, renewal_notice, replace_token
from probe_tray.view.text.reasons import used_up
from probe_tray.view.text.times import Now, age, at, is_today
from probe_tray.view.text.translate import Translator, mark
from probe_tray.view.view_models import ActionKind, CardAction, Notice, Tone

_FULL = 100.0
WAITING = mark("Another Probe Tray process is busy. Waiting for it to finish…")
"""Said once another process has held a lock for a moment."""


def unused_credits(snapshot: Snapshot, now: Now, t: Translator) -> str:
    """That there are some and which is lost first; empty where there are none, or where one would reset nothing."""
    count = snapshot.reset_credits or 0
    # A credit resets a window of time, no budget of credits.
    full = any(w.used_percent >= _FULL and w.kind is not WindowKind.BUDGET for w in snapshot.main.windows)
    if count <= 0 or not full:
        return ""
    said = t.plural("You have {n} unused reset credit.", "You have {n} unused reset credits.", count)
    ends = [end for end in (local_time(e, snapshot) for e in snapshot.reset_credit_ends) if end > now.moment]
    if not ends:
        return said
    first = min(ends)
    when = at(first, now, t, long=True)
    if count == 1:
        lost = t("It expires at {when}.", when=when) if is_today(first, now) else t("It expires {when}.", when=when)
    else:
        lost = (
            t("The first expires at {when}.", when=when)
            if is_today(first, now)
            else t("The first expires {when}.", when=when)
        )
    return t.joined((said, lost))


def notice(
    account: AccountState, state: Condition, settings: Settings, now: Now, t: Translator, there: InCodex = NOT_IN_CODEX
) -> Notice | None:
    """What is said below an account's numbers; None when they say enough."""
    match state:
        case Condition.AVAILABLE | Condition.WARNING | Condition.NO_DATA | Condition.API_KEY:
            return renewal_notice(account, settings, now, t, there)
        case Condition.LIMITED:
            # The login may end before there is capacity again.
            found = renewal_notice(account, settings, now, t, there)
            return _limited(account.snapshot, found, now, t) if account.snapshot else None
        case Condition.NEEDS_LOGIN:
            return Notice(text=why_ended(account, t, there), tone=Tone.CRITICAL, action=new_login_action(account, t))
        case Condition.BLOCKED | Condition.WAITING_KEYRING | Condition.UNUSABLE:
            return _with_problem(account, t, Tone.WARNING)
        case Condition.OFFLINE | Condition.RATE_LIMITED | Condition.STALE:
            return _old_numbers(account, state, now, t)


def login_here_too(account: AccountState, t: Translator) -> Notice:
    """That the program only reads the official client's login, and what a login of its own would add."""
    return Notice(
        text=t("Log in here too, and Probe Tray keeps you logged in."),
        tone=Tone.CALM,
        action=CardAction(kind=ActionKind.LOG_IN, label=t("Log in here too"), key=account.key, primary=True),
    )


def problem_notice(problem: Problem, t: Translator, tone: Tone) -> Notice:
    """A failure that is not about one account's login, with the ways out of it."""
    key_is_gone = problem.is_a(KeyMissingError)
    return Notice(
        text=t.told(problem),
        tone=tone,
        action=_action(problem, t),
        other=CardAction(kind=ActionKind.RESET_VAULT, label=t("Start with a new key…")) if key_is_gone else None,
    )


def _action(problem: Problem, t: Translator) -> CardAction:
    if problem.kind.remedy is Remedy.NETWORK_SETTINGS:
        return CardAction(kind=ActionKind.NETWORK_SETTINGS, label=t("Settings…"))
    if problem.kind.remedy is Remedy.STORAGE_SETTINGS:
        return CardAction(kind=ActionKind.STORAGE_SETTINGS, label=t("Settings…"))
    return CardAction(kind=ActionKind.READ_STORES, label=t("Try again"))


def _limited(snapshot: Snapshot, ending: Notice | None, now: Now, t: Translator) -> Notice:
    """That there is no capacity, with the buttons of an ``ending`` login, whose end another line of the card tells."""
    free = free_at(snapshot, now.moment)
    reason = used_up(snapshot, t)
    if free is None:
        said = t("No capacity: {reason}.", reason=reason)
    else:
        when = at(free, now, t, long=True)
        said = t("No capacity until {when}: {reason}.", when=when, reason=reason)
    text = t.joined((said, unused_credits(snapshot, now, t)))
    if ending is None or ending.tone is not Tone.WARNING:
        return Notice(text=text, tone=Tone.WARNING)
    return Notice(text=text, tone=Tone.WARNING, action=ending.action, other=ending.other)


def why_ended(account: AccountState, t: Translator, there: InCodex = NOT_IN_CODEX) -> str:
    """Why only another login can help."""
    if there.logged_out:
        return logged_out_words(t)
    problem = next(
        (p for p in (account.problem, account.renewal.problem) if p is not None and p.kind.needs_login), None
    )
    if problem is not None:
        return t.title(problem)
    if account.problem is not None and account.problem.is_a(OfficialExpiredError, PersonalTokenRefusedError):
        return t.told(account.problem)
    if account.personal:
        return t.joined((t("This personal access token has ended."), replace_token(t)))
    if account.official:
        return t("The Codex client's login has ended. Start Codex once, or log in here.")
    return t("This login has ended and can't be renewed.")


def _with_problem(account: AccountState, t: Translator, tone: Tone) -> Notice | None:
    return None if account.problem is None else problem_notice(account.problem, t, tone)


def _old_numbers(account: AccountState, state: Condition, now: Now, t: Translator) -> Notice:
    problem = account.problem
    how_old = age(account.snapshot.taken_at, now, t) if account.snapshot else ""
    action = _another_try(account, t)
    if state is Condition.OFFLINE and problem and problem.kind.passing and how_old:
        return Notice(text=t("Offline, numbers are {age} old.", age=how_old), tone=Tone.WARNING, action=action)
    parts = [t.title(problem)] if problem else []
    if problem and (not how_old or (problem.kind.offline and not problem.kind.passing)):
        parts.append(t.hint(problem))
    if how_old:
        parts.append(t("The numbers are {age} old.", age=how_old))
    return Notice(text=t.joined(parts) or t("There are no numbers yet."), tone=Tone.WARNING, action=action)


def _another_try(account: AccountState, t: Translator) -> CardAction:
    if account.problem is not None and account.problem.is_a(ProxyAddressError, ProxyLoginError):
        return _action(account.problem, t)
    refused = account.problem is not None and account.problem.is_a(TokenRefusedError)
    if refused and account.renewable:
        # Asking again with the same token brings the same answer; where renewing is left to the person, it helps.
        return CardAction(kind=ActionKind.RENEW, label=t("Renew now"), key=account.key)
    return CardAction(kind=ActionKind.REFRESH, label=t("Try again"), key=account.key)
