"""The usage payload of a simulated account: a pure function of its shape, its seed and the time."""

import hashlib
import math
from datetime import UTC, datetime, timedelta

import msgspec

from probe_tray.demo.shapes import Shape, SimulatedWindow

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
_FULL = 100
_WIGGLE = 0.035  # Below 1 / 4π, so that what is used never falls inside a window.


class Moment(msgspec.Struct, frozen=True):
    """Now (unix seconds) as the service sees it; quotas fill ``scale`` times as fast as the clock goes."""

    now: float
    scale: float = 1.0

    def quota_time(self, real: float) -> float:
        """The time on the quota's own, faster clock."""
        return _EPOCH + (real - _EPOCH) * self.scale

    def real_time(self, quota: float) -> float:
        """The inverse of ``quota_time``."""
        return _EPOCH + (quota - _EPOCH) / self.scale


class Gauge(msgspec.Struct, frozen=True):
    """A window now: whole percent used, the unix second of its reset, the fraction of it that has gone."""

    used: int
    reset_at: int
    elapsed: float


def gauge(window: SimulatedWindow, seed: str, since: float, moment: Moment) -> Gauge:
    """Read ``window``; it began as its shape says at its anchor, or at ``since``, and renews without end."""
    anchor = moment.quota_time(since if window.at is None else window.at)
    start = anchor - window.elapsed * window.seconds
    cycle, elapsed = divmod((moment.quota_time(moment.now) - start) / window.seconds, 1.0)
    if cycle == 0:
        begun = _level(window.elapsed)
        used = window.used + window.used / max(begun, 0.25) * (_level(elapsed) - begun)
    else:
        used = (20 + _chance(seed, window.seconds, int(cycle)) % 95) * _level(elapsed)
    reset = moment.real_time(start + (cycle + 1) * window.seconds)
    # Service fact: reset_at moves by a few seconds between polls.
    jitter = _chance(seed, window.seconds, int(moment.now) // 30) % 3
    return Gauge(used=max(0, min(_FULL, round(used))), reset_at=int(reset) + jitter, elapsed=elapsed)


def usage_body(shape: Shape, seed: str, since: float, moment: Moment) -> dict[str, object]:
    """The quota part of the reply to ``GET /wham/usage``."""
    gauges = [(window, gauge(window, seed, since, moment)) for window in shape.windows]
    reached = any(reading.used >= _FULL for _, reading in gauges)
    review = shape.code_review
    return {
        "rate_limit": _limit(gauges, moment) if gauges else None,
        "code_review_rate_limit": _single(review, seed, since, moment) if review else None,
        "additional_rate_limits": [
            {
                "limit_name": extra.limit_name,
                "metered_feature": extra.metered_feature,
                "rate_limit": _single(extra.window, seed + extra.metered_feature, since, moment),
            }
            for extra in shape.extras
        ]
        or None,
        "credits": _credits(shape.balance),
        "spend_control": _spend(shape, seed, since, moment),
        "rate_limit_reached_type": {"type": "rate_limit_reached"} if reached else None,
        "rate_limit_reset_credits": {"available_count": shape.reset_credits},
    }


def exhausted_until(shape: Shape, seed: str, since: float, moment: Moment) -> int | None:
    """The unix second at which an account without capacity gets some again; None while it has capacity."""
    gauges = (gauge(window, seed, since, moment) for window in shape.windows)
    return max((reading.reset_at for reading in gauges if reading.used >= _FULL), default=None)


def reset_credits_body(shape: Shape, seed: str, since: float) -> dict[str, object]:
    """The reply to ``GET /wham/rate-limit-reset-credits``; times are ISO 8601 in UTC."""
    granted = datetime.fromtimestamp(since, UTC) - timedelta(days=20)
    return {
        "available_count": shape.reset_credits,
        "credits": [
            {
                "id": f"rlrc_{_chance(seed, index, 0):016x}",
                "status": "available",
                "granted_at": (granted + timedelta(days=4 * index)).isoformat(timespec="seconds"),
                "expires_at": (granted + timedelta(days=4 * index + 30)).isoformat(timespec="seconds"),
            }
            for index in range(shape.reset_credits)
        ],
    }


def reanchored(shape: Shape, used: dict[int, float], seed: str, since: float, moment: Moment) -> Shape:
    """``shape`` with its windows anchored at this moment, those whose length ``used`` names at that percentage."""

    def moved(window: SimulatedWindow) -> SimulatedWindow:
        reading = gauge(window, seed, since, moment)
        return SimulatedWindow(window.seconds, used.get(window.seconds, reading.used), reading.elapsed, moment.now)

    return msgspec.structs.replace(shape, windows=tuple(moved(window) for window in shape.windows))


def _level(elapsed: float) -> float:
    return elapsed + _WIGGLE * math.sin(4 * math.pi * elapsed)


def _chance(seed: str, *parts: int) -> int:
    text = ":".join((seed, *map(str, parts)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def _window_body(window: SimulatedWindow, reading: Gauge, moment: Moment) -> dict[str, object]:
    return {
        "used_percent": reading.used,
        "limit_window_seconds": window.seconds,
        "reset_after_seconds": max(0, reading.reset_at - int(moment.now)),
        "reset_at": reading.reset_at,
    }


def _limit(gauges: list[tuple[SimulatedWindow, Gauge]], moment: Moment) -> dict[str, object]:
    reached = any(reading.used >= _FULL for _, reading in gauges)
    slots = [_window_body(window, reading, moment) for window, reading in gauges]
    return {
        "allowed": not reached,
        "limit_reached": reached,
        "primary_window": slots[0],
        "secondary_window": slots[1] if len(slots) > 1 else None,
    }


def _single(window: SimulatedWindow, seed: str, since: float, moment: Moment) -> dict[str, object]:
    return _limit([(window, gauge(window, seed, since, moment))], moment)


def _credits(balance: str | None) -> dict[str, object] | None:
    if balance is None:
        return None
    local = int(float(balance) * 8)
    return {
        "has_credits": local > 0,
        "unlimited": False,
        "overage_limit_reached": False,
        "balance": balance,
        "approx_local_messages": [local, local * 2],
        "approx_cloud_messages": [local // 5, local // 3],
    }


def _spend(shape: Shape, seed: str, since: float, moment: Moment) -> dict[str, object] | None:
    limit = shape.spend_limit
    if limit is None:
        return None
    month = SimulatedWindow(30 * 86_400, shape.spent, 0.2 if shape.windows else 0.8)
    reading = gauge(month, seed, since, moment)
    used = limit * reading.used / _FULL
    return {
        "reached": reading.used >= _FULL,
        "individual_limit": {
            "limit": f"{limit:g}",
            "used": f"{used:.2f}",
            "remaining": f"{limit - used:.2f}",
            "used_percent": reading.used,
            "remaining_percent": _FULL - reading.used,
            "reset_after_seconds": max(0, reading.reset_at - int(moment.now)),
            "reset_at": reading.reset_at,
        },
    }
