"""What the service says of an account beyond its windows: why it is held back, credits, spending, reset credits."""

from datetime import datetime

from probe_tray.core.account.condition import local_time
from probe_tray.core.quota.snapshot import Credits, Snapshot, SpendControl
from probe_tray.view.panel.looks import whole
from probe_tray.view.text.times import Now, both
from probe_tray.view.text.translate import Translator, mark

_REASONS = {
    "rate_limit_reached": mark("the quota is used up"),
    "workspace_owner_credits_depleted": mark("the workspace's credits are used up; as its owner you can add more"),
    "workspace_member_credits_depleted": mark("the workspace's credits are used up; its owner can add more"),
    "workspace_owner_usage_limit_reached": mark(
        "your spending limit in the workspace is reached; as its owner you can raise it"
    ),
    "workspace_member_usage_limit_reached": mark(
        "your spending limit in the workspace is reached; its owner can raise it"
    ),
}
"""Service fact: the reasons known in November 2026, "owner" and "member" being who asks; there may be others."""

_MOST_ENDS = 5
_LONGEST_PLAIN = 1e15
"""From here on a float has no cents any more, and its digits would not fit into a line."""


def money(snapshot: Snapshot | None, now: Now, t: Translator) -> list[tuple[str, str]]:
    """Labels and values of what is known; an empty value where nothing is."""
    if snapshot is None:
        return []
    reason = snapshot.reached_type
    known = _REASONS.get(reason.lower())
    return [
        (t("Limit reached"), reason if known is None else t(known)),
        (t("Credits"), _credits(snapshot.credits, t)),
        (t("Spending limit"), _spending(snapshot, now, t)),
        (t("Reset credits"), _reset_credits(snapshot, now, t)),
    ]


def plain(value: float) -> str:
    """An amount as people write it, with at most two decimals: "1234567", "12.5"."""
    if abs(value) >= _LONGEST_PLAIN:
        return f"{value:g}"
    # Adding 0 makes 0 of the -0 that a small negative amount is rounded to.
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


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
        return t("{words}; the limit for use beyond the quota is reached", words=words)
    return words


def _spending(snapshot: Snapshot, now: Now, t: Translator) -> str:
    spend = snapshot.spend
    words = "" if spend is None else _spent(spend, t)
    if spend is None or not words or spend.reset_at is None:
        return words
    return t("{words}, reset {when}", words=words, when=_when(spend.reset_at, snapshot, now, t))


def _spent(spend: SpendControl, t: Translator) -> str:
    reached = t("reached") if spend.reached else ""
    if spend.limit is not None and spend.used is not None:
        words = t("{used} of {limit} used", used=plain(spend.used), limit=plain(spend.limit))
    elif spend.used_percent is not None:
        percent = f"{whole(spend.used_percent)}%"
        limit = None if spend.limit is None else plain(spend.limit)
        words = (
            t("{used} used", used=percent) if limit is None else t("{used} of {limit} used", used=percent, limit=limit)
        )
    elif spend.used is not None:
        words = t("{used} used", used=plain(spend.used))
    else:
        words = "" if spend.limit is None else plain(spend.limit)
    return t("{words} ({note})", words=words, note=reached) if words and reached else words or reached


def _reset_credits(snapshot: Snapshot, now: Now, t: Translator) -> str:
    if not snapshot.reset_credits:
        return ""
    ahead = [end for end in snapshot.reset_credit_ends if local_time(end, snapshot) > now.moment]
    ends = [t("one is lost {when}", when=_when(end, snapshot, now, t)) for end in ahead[:_MOST_ENDS]]
    return "\n".join((str(snapshot.reset_credits), *ends))


def _when(moment: datetime, snapshot: Snapshot, now: Now, t: Translator) -> str:
    return both(local_time(moment, snapshot), now, t)
