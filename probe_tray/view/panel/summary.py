"""The one sentence that comes first, and the words for how up to date it is."""

from datetime import datetime, timedelta

from probe_tray.core.account.arrangement import Sort
from probe_tray.core.account.best_account import tightest_live_window
from probe_tray.core.account.condition import USABLE, Condition, free_at
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.quota.snapshot import FIVE_HOURS, WindowKind
from probe_tray.core.settings import Percentages
from probe_tray.core.state import AccountState
from probe_tray.view.panel.renewal_status import round_words
from probe_tray.view.panel.survey import NEEDS_PERSON, Seen
from probe_tray.view.text.percentages import shown
from probe_tray.view.text.reasons import in_short
from probe_tray.view.text.times import Now, age, at, span, until
from probe_tray.view.text.translate import Translator, mark
from probe_tray.view.view_models import Tone

_FEW = 4
_UNKNOWN = frozenset({Condition.STALE, Condition.RATE_LIMITED, Condition.OFFLINE})
_NAME, _UNCUT = 28, 1_000
_PAGE_WORDS = frozenset(
    {
        mark("Partially Degraded Service"),
        mark("Minor Service Outage"),
        mark("Partial System Outage"),
        mark("Major Service Outage"),
        mark("Service Under Maintenance"),
    }
)
"""What a status page says by itself; everything else was written by a person there, and is quoted as it is."""


def headline(seen: Seen, t: Translator, *, brief: bool = False) -> str:
    """The state of everything in one sentence; ``brief``: for who has no room for more than can be acted on."""
    state, now = seen.state, seen.now
    if not state.loaded:
        return t("Reading your logins…")
    found = seen.counts
    if not found:
        return t("Your logins are waiting") if state.store_problems else t("No account yet")
    if all(c is Condition.NO_DATA for c in found) and any(a.checking for a in state.accounts):
        return t("Checking quotas…")
    if Condition.OFFLINE in found and all(c is Condition.OFFLINE or c in NEEDS_PERSON for c in found):
        # What is there now is not known; a number of accounts without capacity would be a claim.
        return t("Offline")
    if len(seen.found) == 1:
        return _only(state.accounts[0], seen.found[0].what, now, t)
    if seen.count(_UNKNOWN) and all(c in _UNKNOWN | NEEDS_PERSON | {Condition.NO_DATA} for c in found):
        # Nor is it where all checks fail at the service.
        old = any(f.account.snapshot for f in seen.found if f.what in _UNKNOWN)
        return t("The numbers are old") if old else t("No numbers yet")
    unlimited = _unlimited(seen)
    if found[Condition.NO_DATA] and all(c is Condition.NO_DATA or c in NEEDS_PERSON for c in found):
        # Nor of those for which the service reports no limit, or has not answered yet.
        return _no_limit(t) if unlimited == found[Condition.NO_DATA] else t("No numbers yet")
    words = t("{k} of {n} can work", k=str(seen.count(USABLE)), n=str(len(seen.found) - unlimited))
    return _joined(words, t("{n} without a known limit", n=str(unlimited)) if unlimited and not brief else "")


def _unlimited(seen: Seen) -> int:
    """How many accounts there are for which the service reports no limit."""
    if not seen.counts[Condition.NO_DATA]:
        return 0
    return sum(f.what is Condition.NO_DATA and f.account.snapshot is not None for f in seen.found)


def _no_limit(t: Translator) -> str:
    return t("OpenAI reports no limit")


def best_now(seen: Seen, t: Translator, most: int = _NAME) -> tuple[AccountKey, str] | None:
    """The account to go on with, and the sentence that says so, its name cut to ``most``; None without a choice."""
    found = seen.suggested
    usable = seen.best_first
    best = found.next if found is not None else usable[0].account if usable else None
    if best is None or len(seen.found) == 1:
        return None
    words = best_words(best, seen.short_label(best, most, t), seen.now.moment, t)
    return (best.key, words) if words else None


def best_words(best: AccountState, called: str, now: datetime, t: Translator) -> str:
    """That ``best`` is the account to go on with, and how much it has left; empty where it has no limit.

    ``called``: what it is called among the others.
    """
    if best.snapshot is None or not best.snapshot.main.windows:
        return ""
    window = tightest_live_window(best.snapshot, now)
    if window is None:
        # All of them have been reset since, and the next check tells what is left.
        return t("Best now: {name}", name=called)
    percent = str(shown(window.used_percent, Percentages.LEFT))
    match window.kind:
        case WindowKind.SHORT if window.named_seconds == FIVE_HOURS:
            return t("Best now: {name}, {percent}% of the 5 hours free", name=called, percent=percent)
        case WindowKind.WEEKLY:
            return t("Best now: {name}, {percent}% of the week free", name=called, percent=percent)
        case WindowKind.MONTHLY:
            return t("Best now: {name}, {percent}% of the month free", name=called, percent=percent)
        case WindowKind.SHORT | WindowKind.BUDGET | WindowKind.OTHER:
            return t("Best now: {name}, {percent}% free", name=called, percent=percent)


def subline(seen: Seen, t: Translator) -> str:
    """The account to go on with and who needs the person, or what will change next."""
    state, now = seen.state, seen.now
    needy = seen.needing
    # Whoever draws it cuts a name to the room that it has.
    best = best_now(seen, t, _UNCUT)
    if best is not None:
        return _joined(_in_codex(seen, t), best[1], _needing(needy, t))
    if needy and len(state.accounts) > _FEW:
        if state.arrangement.sort is not Sort.NEED:
            return _needing(needy, t)
        return t.plural("{n} needs you · tightest first", "{n} need you · tightest first", needy)
    coming = _next_reset(seen)
    if coming is None:
        return _needing(needy, t)
    account, moment = coming
    when, relative = at(moment, now, t), until(moment, now, t)
    if len(state.accounts) == 1:
        return _joined(t("Next reset {when}, {relative}", when=when, relative=relative), _needing(needy, t))
    reset = t("Next reset {when}, {relative}: {name}", when=when, relative=relative, name=seen.label(account, t))
    return _joined(reset, _needing(needy, t))


def _joined(*parts: str) -> str:
    return " · ".join(filter(None, parts))


def _in_codex(seen: Seen, t: Translator) -> str:
    """Why another account comes into question."""
    found = seen.suggested
    if found is None:
        return ""
    return t("Used up in Codex") if found.is_used_up else t("Nearly used up in Codex")


def _needing(needy: int, t: Translator) -> str:
    return t.plural("{n} needs you", "{n} need you", needy) if needy else ""


def status(seen: Seen, t: Translator) -> tuple[str, Tone]:
    """That notifications are paused, and what is wrong with the numbers; else how up to date they are."""
    words, tone = _status(seen, t)
    until_ = seen.state.paused_until
    if until_ is None or until_ <= seen.now.moment:
        return words, tone
    paused = t("Notifications paused until {when}", when=at(until_, seen.now, t))
    return paused if tone is Tone.CALM else f"{paused} · {words}", tone


def _status(seen: Seen, t: Translator) -> tuple[str, Tone]:
    state, now = seen.state, seen.now
    if (news := round_words(state, now, t)) is not None:
        return news
    if not state.accounts:
        return "", Tone.CALM
    if state.incident is not None:
        said = state.incident.description
        return t("OpenAI reports: {incident}", incident=t(said) if said in _PAGE_WORDS else said), Tone.WARNING
    found = seen.counts
    if any(a.checking for a in state.accounts):
        return t("Checking…"), Tone.CALM
    if Condition.OFFLINE in found:
        offline = [f.account.snapshot for f in seen.found if f.what is Condition.OFFLINE]
        taken = [snapshot.taken_at for snapshot in offline if snapshot]
        if not taken:
            return t("Offline"), Tone.WARNING
        return t("Offline, numbers are {age} old", age=age(min(taken), now, t)), Tone.WARNING
    planned = [a.next_check for a in state.accounts if a.next_check is not None]
    known = [c for c in found if c not in NEEDS_PERSON]
    old = any(c in {Condition.STALE, Condition.RATE_LIMITED} for c in known)
    words = t("Some numbers are old") if old else t("Up to date")
    tone = Tone.WARNING if old else Tone.CALM
    if not known:
        return "", Tone.CALM
    if not planned:
        return words, tone
    wait = max(min(planned) - now.moment, timedelta())
    return t("{status} · next check in {span}", status=words, span=span(wait, t)), tone


def no_capacity(account: AccountState, now: Now, t: Translator, *, long: bool = False) -> str:
    """That there is none, until when and why, as far as the service says. ``long``: as in a sentence."""
    snapshot = account.snapshot
    if snapshot is None:
        return t("No capacity")
    free = free_at(snapshot, now.moment)
    when = None if free is None else at(free, now, t, long=long)
    words = t("No capacity") if when is None else t("No capacity until {when}", when=when)
    reason = in_short(snapshot, t)
    return t("{words}: {reason}", words=words, reason=reason) if reason else words


def _only(account: AccountState, what: Condition, now: Now, t: Translator) -> str:
    match what:
        case Condition.AVAILABLE | Condition.WARNING:
            return t("There is capacity")
        case Condition.LIMITED:
            return no_capacity(account, now, t, long=True)
        case Condition.NEEDS_LOGIN:
            if account.personal:
                return t("The access token has ended")
            return t("Start Codex once") if account.official else t("Login needed")
        case Condition.WAITING_KEYRING:
            return t("Your logins are waiting")
        case Condition.UNUSABLE:
            return t("This account can't be used at the moment")
        case Condition.BLOCKED:
            return t("The network is blocking it")
        case Condition.STALE | Condition.RATE_LIMITED:
            return t("The numbers are old") if account.snapshot else t("No numbers yet")
        case Condition.NO_DATA if account.snapshot is not None:
            return _no_limit(t)
        case Condition.OFFLINE | Condition.NO_DATA | Condition.API_KEY:
            return t("No numbers yet")


def _next_reset(seen: Seen) -> tuple[AccountState, datetime] | None:
    """The reset that gives capacity back soonest: of those that have none, else of those in use."""
    coming = [(f.reset, place) for place, f in enumerate(seen.found) if f.reset is not None]
    coming = [(moment, place) for moment, place in coming if moment > seen.now.moment]
    if not coming:
        return None
    moment, place = min(coming)
    return seen.found[place].account, moment
