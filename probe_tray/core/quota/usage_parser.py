"""The service's answer about an account's quota, read leniently.

Service fact: usage. Windows are told by their length and never by the slot they came in, since a lone weekly or
monthly window arrives in the primary slot and both may be swapped.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from msgspec.structs import replace

from probe_tray.core.formats.login_fields import read_time
from probe_tray.core.quota.snapshot import Capacity, Credits, Limit, Snapshot, SpendControl, Window, WindowKind
from probe_tray.core.quota.used_window import deciding_window
from probe_tray.core.service.lenient import flag, json_object, mapping, number, object_in, sequence, text, whole

_MOST = 100
_LAST_YEAR = 9000
"""Go and others write a time that never comes as year 9999, of which no time zone can be told."""
_USABLE = frozenset({"", "available", "active", "granted"})


def read_reset_credits(body: bytes) -> tuple[datetime, ...]:
    """The ends of the credits that can still be used, aware UTC, the nearest first.

    One malformed element hides no other; a body that cannot be read at all has none.
    """
    answer = object_in(body) or {}
    found = (mapping(element) for element in sequence(answer.get("credits"))[:_MOST])
    ends = (read_time(text(e.get("expires_at"))) for e in found if text(e.get("status")).lower() in _USABLE)
    return tuple(sorted(end for end in ends if end is not None and end.year < _LAST_YEAR))


_HOUR = 3600
_DAY = 24 * _HOUR
_LONGEST = 3650 * _DAY
_SKEW = timedelta(minutes=2)
_LARGEST_SKEW = timedelta(seconds=_LONGEST)
_FULL = 100.0
_MOST_LIMITS = 100
_MOST_CREDITS = 9999
"""More are not meant, and a number of any length has no place on a card."""
_T = TypeVar("_T")


def read_usage(body: bytes, *, now: datetime, server_date: datetime | None) -> Snapshot:
    """The quota that ``body`` tells, as of ``now`` (this computer's clock, aware UTC).

    ``reset_at`` of every window is kept as the service gave it, in true time. Where only ``reset_after_seconds`` came,
    it counts from ``server_date`` when the two clocks differ by more than two minutes, else from ``now``. How far they
    differ then is kept in ``clock_offset``, for whoever counts down to a reset.

    Raises StrangeAnswerError only when the body is no JSON object that can be read at all.
    """
    answer = json_object(body)
    offset = server_date - now if server_date and _SKEW < abs(server_date - now) <= _LARGEST_SKEW else timedelta()
    base = now + offset
    rate = mapping(answer.get("rate_limit"))
    plan = text(answer.get("plan_type")).lower() or text(rate.get("plan_type")).lower()
    review = _limit(answer.get("code_review_rate_limit"), base, plan)
    main = _limit(rate, base, plan) or Limit()
    spend = _part(answer.get("spend_control"), lambda found: _spend(found, base))
    budget = _budget(spend) or (None if main.windows else _credit_budget(mapping(answer.get("credits")), base))
    return Snapshot(
        taken_at=now,
        clock_offset=offset.total_seconds(),
        plan=plan,
        main=replace(main, windows=(*main.windows, budget)) if budget else main,
        code_review=review,
        extra=_extra(answer.get("additional_rate_limits"), base, plan),
        credits=_part(answer.get("credits"), _credits),
        spend=spend,
        reached_type=_reached_type(answer),
        reset_credits=_count(mapping(answer.get("rate_limit_reset_credits")).get("available_count")),
    )


def capacity(snapshot: Snapshot) -> Capacity:
    """What the numbers mean for the next request.

    Any exhausted window of the main limit means no capacity, whatever the others show and whatever credits remain;
    so does the service saying it.
    """
    main = snapshot.main
    refused = main.reached is True or main.allowed is False
    spent = snapshot.spend is not None and snapshot.spend.reached
    named = bool(snapshot.reached_type) and main.allowed is not True
    if refused or spent or named or _exhausted(main):
        return Capacity.LIMITED
    credit = snapshot.credits is not None and (snapshot.credits.unlimited or snapshot.credits.has_credits)
    return Capacity.AVAILABLE if main.windows or main.allowed or credit else Capacity.UNKNOWN


def blocked_until(snapshot: Snapshot) -> datetime | None:
    """When every exhausted window of the main limit will have been reset, aware UTC.

    None when nothing is exhausted, or when the service did not say when one of them is reset.
    """
    last = used_up_window(snapshot)
    return None if last is None else last.reset_at


def used_up_window(snapshot: Snapshot) -> Window | None:
    """The exhausted window of the main limit that keeps from working longest; None where none is exhausted.

    A budget that the service calls reached counts, whatever its percentage.
    """
    spend, full = snapshot.spend, _exhausted(snapshot.main)
    if spend is not None and spend.reached and not any(w.kind is WindowKind.BUDGET for w in full):
        full.append(Window(kind=WindowKind.BUDGET, seconds=None, used_percent=_FULL, reset_at=spend.reset_at))
    if len(full) < 2:
        # Asked of every account again and again.
        return full[0] if full else None
    # Of those that are reset together, the longest is worth naming.
    return deciding_window(sorted(full, key=lambda w: w.length or timedelta(), reverse=True))


def _exhausted(limit: Limit) -> list[Window]:
    return [w for w in limit.windows if w.used_percent >= _FULL]


def _part(value: object, read: Callable[[Mapping[str, object]], _T]) -> _T | None:
    found = mapping(value)
    return read(found) if found else None


def _limit(value: object, base: datetime, plan: str, name: str = "", feature: str = "") -> Limit | None:
    found = mapping(value)
    slots = (("primary_window", WindowKind.SHORT), ("secondary_window", WindowKind.WEEKLY))
    windows = tuple(
        window
        for slot, usual in slots
        if (window := _window(found.get(slot), base, WindowKind.WEEKLY if plan == "free" else usual))
    )
    limit = Limit(
        name=name,
        feature=feature,
        allowed=flag(found.get("allowed")),
        reached=flag(found.get("limit_reached")),
        windows=windows,
    )
    said = windows or name or feature or limit.allowed is not None or limit.reached is not None
    return limit if said else None


def _window(value: object, base: datetime, usual: WindowKind) -> Window | None:
    found = mapping(value)
    used = number(found.get("used_percent"))
    if used is None:
        return None
    length = whole(found.get("limit_window_seconds"))
    seconds = length if length is not None and 0 < length <= _LONGEST else None
    return Window(
        kind=usual if seconds is None else kind_of(seconds),
        seconds=seconds,
        used_percent=min(max(used, 0.0), _FULL),
        reset_at=_reset(found, base),
    )


def kind_of(seconds: int) -> WindowKind:
    """The kind of a window of that length: under 24 h, 6 to 8 days, 28 to 31 days, or other."""
    if seconds < _DAY:
        return WindowKind.SHORT
    if 6 * _DAY <= seconds <= 8 * _DAY:
        return WindowKind.WEEKLY
    if 28 * _DAY <= seconds <= 31 * _DAY:
        return WindowKind.MONTHLY
    return WindowKind.OTHER


def _reset(found: Mapping[str, object], base: datetime) -> datetime | None:
    # 0 means none; a moment more than ten years away is not meant either (milliseconds, for one).
    raw = found.get("reset_at")
    at = number(raw)
    if at == 0:
        return None
    if at is not None and abs(at - base.timestamp()) <= _LONGEST:
        return datetime.fromtimestamp(at, UTC)
    after = number(found.get("reset_after_seconds"))
    if after is not None and 0 <= after <= _LONGEST:
        return base + timedelta(seconds=after)
    return None


def _extra(value: object, base: datetime, plan: str) -> tuple[Limit, ...]:
    limits = (
        _limit(e.get("rate_limit"), base, plan, text(e.get("limit_name")), text(e.get("metered_feature")))
        for e in map(mapping, sequence(value)[:_MOST_LIMITS])
    )
    return tuple(limit for limit in limits if limit)


def _credits(found: Mapping[str, object]) -> Credits:
    return Credits(
        has_credits=flag(found.get("has_credits")) is True,
        unlimited=flag(found.get("unlimited")) is True,
        overage_limit_reached=flag(found.get("overage_limit_reached")) is True,
        balance=number(found.get("balance")),
    )


def _spend(found: Mapping[str, object], base: datetime) -> SpendControl:
    own = mapping(found.get("individual_limit"))
    return replace(_amounts(own, base), reached=flag(found.get("reached")) is True)


def _amounts(own: Mapping[str, object], base: datetime) -> SpendControl:
    """What a budget says of itself; of limit, used and remaining a missing one follows from the other two."""
    # Through number() again: of two huge ones comes an infinite one.
    limit, used, remaining = (number(own.get(key)) for key in ("limit", "used", "remaining"))
    if limit is None and used is not None and remaining is not None:
        limit = number(used + remaining)
    if limit is not None:
        used = number(limit - remaining) if used is None and remaining is not None else used
        remaining = number(limit - used) if remaining is None and used is not None else remaining
    return SpendControl(
        limit=limit,
        used=used,
        remaining=remaining,
        used_percent=_percent(own, limit, used),
        reset_at=_reset(own, base),
    )


def _percent(own: Mapping[str, object], limit: float | None, used: float | None) -> float | None:
    """The service's own percentage, else the one that the amounts come to; None where neither says anything."""
    percent, left = number(own.get("used_percent")), number(own.get("remaining_percent"))
    if percent is None and left is not None:
        percent = _FULL - left
    if percent is None and limit is not None and limit > 0 and used is not None:
        percent = number(used / limit * _FULL)
    return None if percent is None else min(max(percent, 0.0), _FULL)


def _budget(spend: SpendControl | None) -> Window | None:
    if spend is None or spend.used_percent is None:
        return None
    return Window(kind=WindowKind.BUDGET, seconds=None, used_percent=spend.used_percent, reset_at=spend.reset_at)


def _credit_budget(found: Mapping[str, object], base: datetime) -> Window | None:
    """The workspace's credits, where they are all that limits and the answer says how many there were."""
    left = found.get("remaining", found.get("balance"))
    return _budget(_amounts({**found, "remaining": left}, base))


def _count(value: object) -> int | None:
    found = whole(value)
    return found if found is not None and 0 <= found <= _MOST_CREDITS else None


def _reached_type(answer: Mapping[str, object]) -> str:
    raw = answer.get("rate_limit_reached_type")
    return text(raw) or text(mapping(raw).get("type"))
