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
    memory = {s for s in said if s.until is None or s.until > now}
    for account in state.accounts:
        for window in _named_windows(account):
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
            entry = Said(account=account.key, topic="expiry", until=end)
            if entry not in memory:
                memory.add(entry)
                new.append(ExpiryAlert(account=account.key, expires_at=end))
    return tuple(new), frozenset(memory)


def _named_windows(account: AccountState) -> tuple[Window, ...]:
    if account.snapshot is None:
        return ()
    return tuple(w for w in account.snapshot.main.windows if w.kind is not WindowKind.OTHER)


def _level(window: Window, settings: Settings) -> Level | None:
    if window.used_percent >= settings.critical_used_percent:
        return Level.CRITICAL
    return Level.WARNING if window.used_percent >= settings.warn_used_percent else None


def _was_said(memory: set[Said], account: AccountKey, topic: str, until: datetime | None) -> bool:
    for entry in memory:
        if entry.account == account and entry.topic == topic:
            if entry.until is None or until is None:
                return entry.until is until
            if abs(entry.until - until) <= _SAME_RESET:
                return True
    return False


def _ends_soon(account: AccountState, end: datetime, settings: Settings, now: datetime) -> bool:
    return (
        settings.expiry_warning_days > 0
        and not account.renewable
        and now < end <= now + timedelta(days=settings.expiry_warning_days)
    )
