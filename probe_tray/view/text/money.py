"""What the service says of an account beyond its windows: why it is held back, credits, spending, reset credits."""

from datetime import datetime

from probe_tray.core.account.condition import local_time
from probe_tray.core.quota.snapshot import Credits, Snapshot, SpendControl
from probe_tray.core.settings import Percentages
from probe_tray.view.text.percentages import amount, shown
from probe_tray.view.text.reasons import known_reason
from probe_tray.view.text.times import Now, both
from probe_tray.view.text.translate import Translator

_MOST_ENDS = 5
_LONGEST_PLAIN = 1e15
"""From here on a float has no cents any more, and its digits would not fit into a line."""


def money(snapshot: Snapshot | None, wanted: Percentages, now: Now, t: Translator) -> list[tuple[str, str]]:
    """Labels and values of what is known; an empty value where nothing is."""
    if snapshot is None:
        return []
    return [
        (t("Limit reached"), _reached(snapshot, t)),
        (t("Credits"), _credits(snapshot.credits, t)),
        (t("Credit budget"), _spending(snapshot, wanted, now, t)),
        (t("Reset credits"), _reset_credits(snapshot, now, t)),
    ]


def _reached(snapshot: Snapshot, t: Translator) -> str:
    """Why the limit is reached, where the service says it."""
    return known_reason(snapshot.reached_type, t) or snapshot.reached_type


def plain(value: float) -> str:
    """An amount as people write it, with at most two decimals: "1,234,567", "12.5"."""
    if abs(value) >= _LONGEST_PLAIN:
        return f"{value:g}"
    # Adding 0 makes 0 of the -0 that a small negative amount is rounded to.
    return f"{round(value, 2) + 0.0:,.2f}".rstrip("0").rstrip(".")


def _credits(found: Credits | None, t: Translator) -> str:
    if found is None:
        return ""
    if found.unlimited:
        words = t("unlimited")
    elif found.balance is not None:
        words = t("{amount} left", amount=plain(found.balance))
    else:
        words = t("there are some") if found.has_credits else t("none")
    if found.overage_limit_reached:
        return t("{words}; the limit for extra usage is reached", words=words)
    return words


def _spending(snapshot: Snapshot, wanted: Percentages, now: Now, t: Translator) -> str:
    spend = snapshot.spend
    words = "" if spend is None else _spent(spend, wanted, t)
    if spend is None or not words or spend.reset_at is None:
        return words
    return t("{words}, resets {when}", words=words, when=_when(spend.reset_at, snapshot, now, t))


def _spent(spend: SpendControl, wanted: Percentages, t: Translator) -> str:
    reached = t("reached") if spend.reached else ""
    if spend.limit is not None and spend.used is not None:
        used = spend.used if wanted is Percentages.USED else max(spend.limit - spend.used, 0)
        words = _of_limit(plain(used), plain(spend.limit), wanted, t)
    elif spend.used_percent is not None and spend.limit is None:
        words = amount(spend.used_percent, wanted, t)
    elif spend.used_percent is not None and spend.limit is not None:
        words = _of_limit(f"{shown(spend.used_percent, wanted)}%", plain(spend.limit), wanted, t)
    elif spend.used is not None:
        words = t("{used} credits used", used=plain(spend.used))
    else:
        words = "" if spend.limit is None else plain(spend.limit)
    return t("{words} ({note})", words=words, note=reached) if words and reached else words or reached


def _of_limit(number: str, limit: str, wanted: Percentages, t: Translator) -> str:
    if wanted is Percentages.USED:
        return t("{used} of {limit} credits used", used=number, limit=limit)
    return t("{left} of {limit} credits left", left=number, limit=limit)


def _reset_credits(snapshot: Snapshot, now: Now, t: Translator) -> str:
    if not snapshot.reset_credits:
        return ""
    ahead = [end for end in snapshot.reset_credit_ends if local_time(end, snapshot) > now.moment]
    ends = [t("one expires {when}", when=_when(end, snapshot, now, t)) for end in ahead[:_MOST_ENDS]]
    return "\n".join((t("{n} unused", n=str(snapshot.reset_credits)), *ends))


def _when(moment: datetime, snapshot: Snapshot, now: Now, t: Translator) -> str:
    return both(local_time(moment, snapshot), now, t)
