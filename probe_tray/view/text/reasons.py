"""Why there is no capacity, and what a quota is called in a sentence."""

from datetime import datetime

from probe_tray.core.quota.snapshot import Capacity, Snapshot, Window, WindowKind
from probe_tray.core.quota.usage_parser import capacity, used_up_window
from probe_tray.view.text.times import Now, both
from probe_tray.view.text.translate import Translator, mark

_HOUR, _DAY = 3600, 86_400
_LONGEST_CODE = 40
_NO_NEWS = "rate_limit_reached"
"""Service fact: what the service says where a window is used up, which the windows say better."""
_OWNER_CREDITS, _MEMBER_CREDITS = "workspace_owner_credits_depleted", "workspace_member_credits_depleted"
_OWNER_LIMIT, _MEMBER_LIMIT = "workspace_owner_usage_limit_reached", "workspace_member_usage_limit_reached"
_REASONS = {
    _NO_NEWS: mark("the quota is used up"),
    _OWNER_CREDITS: mark("the workspace's credits are used up; as its owner you can add more"),
    _MEMBER_CREDITS: mark("the workspace's credits are used up; its owner can add more"),
    _OWNER_LIMIT: mark("your credit budget in the workspace is used up; as its owner you can raise it"),
    _MEMBER_LIMIT: mark("your credit budget in the workspace is used up; its owner can raise it"),
}
"""Service fact: the reasons known in November 2026, "owner" and "member" being who asks; there may be others."""
_BUDGET = mark("the credit budget")
_CREDITS_WORDS, _LIMIT_WORDS = mark("workspace credits used up"), mark("credit budget used up")
_IN_SHORT = {
    _OWNER_CREDITS: _CREDITS_WORDS,
    _MEMBER_CREDITS: _CREDITS_WORDS,
    _OWNER_LIMIT: _LIMIT_WORDS,
    _MEMBER_LIMIT: _LIMIT_WORDS,
}


def used_up(snapshot: Snapshot, t: Translator) -> str:
    """Why there is no capacity, as the end of a sentence: which quota is used up, and the service's own reason."""
    last = used_up_window(snapshot)
    reason = own_reason(snapshot, t)
    if last is not None and (last.kind is not WindowKind.BUDGET or not reason):
        named = t("{quota} is used up", quota=quota_name(last, t))
        return t("{first}; {second}", first=named, second=reason) if reason else named
    return reason or t("the service reports that the limit is reached")


def used_up_words(resets_at: datetime, said: str, now: Now, t: Translator) -> str:
    """``said``, that a quota is used up, and when it is reset; where that has come since, that another try may do."""
    if resets_at <= now.moment:
        return t("The quota of this account was used up and has been reset since. Test again.")
    return t("{first} {second}", first=said, second=t("It resets {when}.", when=both(resets_at, now, t)))


def own_reason(snapshot: Snapshot, t: Translator) -> str:
    """The service's own reason, as the end of a sentence; empty where it says no more than that a quota is used up."""
    code = snapshot.reached_type
    if not code or code.lower() == _NO_NEWS:
        return ""
    return known_reason(code, t) or t("the service's reason is {code}", code=code)


def known_reason(code: str, t: Translator) -> str:
    """What the service means by ``code``, as the end of a sentence; empty where nobody knows."""
    known = _REASONS.get(code.lower())
    return "" if known is None else t(known)


def in_short(snapshot: Snapshot, t: Translator) -> str:
    """Why there is no capacity, in a few words; empty where the windows say it, or where there is some."""
    if capacity(snapshot) is not Capacity.LIMITED:
        return ""
    code = snapshot.reached_type
    if code and code.lower() != _NO_NEWS:
        known = _IN_SHORT.get(code.lower())
        return code[:_LONGEST_CODE] if known is None else t(known)
    return t(_LIMIT_WORDS) if snapshot.spend is not None and snapshot.spend.reached else ""


def quota_name(window: Window, t: Translator) -> str:
    """What a window is called in a sentence: "the weekly quota", "the 5-hour quota"."""
    match window.kind:
        case WindowKind.WEEKLY:
            return t("the weekly quota")
        case WindowKind.MONTHLY:
            return t("the monthly quota")
        case WindowKind.BUDGET:
            return t(_BUDGET)
        case WindowKind.SHORT | WindowKind.OTHER:
            seconds = window.named_seconds
            if seconds >= 2 * _DAY:
                return t("the {n}-day quota", n=str(round(seconds / _DAY)))
            if seconds >= _DAY or (seconds >= _HOUR and seconds % _HOUR == 0):
                return t("the {n}-hour quota", n=str(round(seconds / _HOUR)))
            return t("the {n}-minute quota", n=str(max(1, round(seconds / 60))))
