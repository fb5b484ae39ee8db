"""What deserves a notification: a pure function of the state and of what was already said."""

import enum
from datetime import datetime, timedelta

import msgspec

from probe_tray.core.identity import AccountKey
from probe_tray.core.quota import Window, WindowKind
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState

_SAME_RESET = timedelta(seconds=120)
"""Service fact: ``reset_at`` jitters by a few seconds between answers."""
_EXPIRY = "expiry"


class Level(enum.Enum):
    """How far a window is used."""

    WARNING = "warning"
    CRITICAL = "critical"


class QuotaAlert(msgspec.Struct, frozen=True, kw_only=True):
    """A window has reached a level."""

    account: AccountKey
    window: Window
    level: Level


class ExpiryAlert(msgspec.Struct, frozen=True, kw_only=True):
    """A login ends soon and nothing renews it."""

    account: AccountKey
    expires_at: datetime


Alert = QuotaAlert | ExpiryAlert


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was said: the account, the topic and the period it holds for."""

    account: AccountKey
    topic: str
    until: datetime | None
    """The window's reset, or the token's end; None where the service gave none."""


def alerts(state: AppState, said: frozenset[Said], now: datetime) -> tuple[tuple[Alert, ...], frozenset[Said]]:
    """The alerts that are new, and what has been said with them."""
    new: list[Alert] = []
    memory = {s for s in said if not _is_over(s, state, now)}
    for account in state.accounts:
        for window in _live_windows(account, now):
            level = _level(window, state.settings)
            if level is None:
                continue
            topics = [f"{window.kind.value}:{step.value}" for step in Level]
            wanted = topics[: list(Level).index(level) + 1]
            if _was_said(memory, account.key, wanted[-1], window.reset_at):
                continue
            memory |= {Said(account=account.key, topic=t, until=window.reset_at) for t in wanted}
            new.append(QuotaAlert(account=account.key, window=window, level=level))
        end = account.expires_at
        if end is not None and _ends_soon(account, end, state.settings, now):
            entry = Said(account=account.key, topic=_EXPIRY, until=end)
            if entry not in memory:
                memory.add(entry)
                new.append(ExpiryAlert(account=account.key, expires_at=end))
    return tuple(new), frozenset(memory)


def _live_windows(account: AccountState, now: datetime) -> tuple[Window, ...]:
    if account.snapshot is None:
        return ()
    here = account.snapshot.service_now(now)
    named = (w for w in account.snapshot.main.windows if w.kind is not WindowKind.OTHER)
    # Past its reset an old snapshot says nothing about the window that has begun since.
    return tuple(w for w in named if w.reset_at is None or w.reset_at > here)


def _is_over(entry: Said, state: AppState, now: datetime) -> bool:
    if entry.until is None:
        return False
    account = state.account(entry.account)
    if entry.topic == _EXPIRY or account is None or account.snapshot is None:
        return entry.until <= now
    # Kept a little longer than its window: the next answer may put the same reset a few seconds later.
    return entry.until <= account.snapshot.service_now(now) - _SAME_RESET


def _level(window: Window, settings: Settings) -> Level | None:
    if window.used_percent >= settings.critical_used_percent:
        return Level.CRITICAL
    return Level.WARNING if window.used_percent >= settings.warn_used_percent else None


def _was_said(memory: set[Said], account: AccountKey, topic: str, until: datetime | None) -> bool:
    known = [entry.until for entry in memory if entry.account == account and entry.topic == topic]
    if until is None:
        # A reset that is left out for once makes no new window.
        return bool(known)
    return any(moment is not None and abs(moment - until) <= _SAME_RESET for moment in known)


def _ends_soon(account: AccountState, end: datetime, settings: Settings, now: datetime) -> bool:
    return (
        settings.expiry_warning_days > 0
        and not account.renewable
        and now < end <= now + timedelta(days=settings.expiry_warning_days)
    )
