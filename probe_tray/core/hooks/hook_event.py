"""What a hook is told of, and when: pure, by comparing an account with what was noted of it before."""

import enum
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from probe_tray.core.account.condition import USABLE, Condition, condition
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.polling.schedule import has_been_reset
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState

_UNTIL_READ = timedelta(minutes=1)
"""The stores are read again right after a renewal."""
_QUOTA = USABLE | {Condition.LIMITED}


class HookEvent(enum.Enum):
    """What happened."""

    QUOTA_LOW = "quota_low"
    """A limit has passed its warning level."""
    USED_UP = "used_up"
    RESTORED = "restored"
    RENEWED = "renewed"
    RENEWAL_FAILED = "renewal_failed"
    NEEDS_LOGIN = "needs_login"
    TEST = "test"
    """The person wants to see it run."""


class HookNote(msgspec.Struct, frozen=True):
    """What is noted of an account."""

    quota: Condition | None
    """The last condition that told of its quota; None before the first."""
    needs_login: bool
    renewed_at: datetime | None
    """When its last renewal was over, as far as that was told."""
    ends_at: datetime | None
    """The end of its access token before a renewal that runs or wasn't told yet, else the end that it has."""


HookNotes = Mapping[AccountKey, HookNote]


def hook_events(notes: HookNotes, state: AppState, now: datetime) -> list[tuple[HookEvent, AccountKey]]:
    """What happened since ``notes``, in the order of the accounts. Of a new account nothing has happened yet."""
    found: list[tuple[HookEvent, AccountKey]] = []
    for account in state.accounts:
        if (note := notes.get(account.key)) is not None:
            found += [(event, account.key) for event in _happened(note, account, state.settings, now)]
    return found


def hook_notes(notes: HookNotes, state: AppState, now: datetime) -> HookNotes:
    """What is to be noted of each account now."""
    return {account.key: _noted(notes.get(account.key), account, state.settings, now) for account in state.accounts}


def _happened(note: HookNote, account: AccountState, settings: Settings, now: datetime) -> list[HookEvent]:
    new = _noted(note, account, settings, now)
    events: list[HookEvent] = []
    if note.quota is Condition.AVAILABLE and new.quota is Condition.WARNING:
        events.append(HookEvent.QUOTA_LOW)
    if note.quota in USABLE and new.quota is Condition.LIMITED:
        events.append(HookEvent.USED_UP)
    if note.quota is Condition.LIMITED and new.quota in USABLE:
        events.append(HookEvent.RESTORED)
    if account.renewal.problem is not None and account.renewal.last_at != note.renewed_at:
        events.append(HookEvent.RENEWAL_FAILED)
    elif _was_renewed(note, account):
        events.append(HookEvent.RENEWED)
    if new.needs_login and not note.needs_login:
        events.append(HookEvent.NEEDS_LOGIN)
    return events


def _was_renewed(note: HookNote, account: AccountState) -> bool:
    """Whether the renewal that isn't told yet brought a newer token: one that wasn't due brings none."""
    last, end = account.renewal.last_at, account.expires_at
    if last is None or last == note.renewed_at or account.renewal.problem is not None or end is None:
        return False
    return note.ends_at is None or end > note.ends_at


def _noted(before: HookNote | None, account: AccountState, settings: Settings, now: datetime) -> HookNote:
    what = condition(account, settings, now)
    quota = before and before.quota
    # Old numbers say nothing, nor do those from before a reset, and capacity that came back without one waits for the
    # next answer to agree.
    snapshot = account.snapshot
    doubted = snapshot is not None and (snapshot.unconfirmed or has_been_reset(snapshot, now))
    if what in _QUOTA and not doubted:
        quota = what
    renewed_at, ends_at = account.renewal.last_at, account.expires_at
    if before is not None and _awaits_renewed_token(before, account, now):
        renewed_at, ends_at = before.renewed_at, before.ends_at
    return HookNote(quota or None, what is Condition.NEEDS_LOGIN, renewed_at, ends_at)


def _awaits_renewed_token(note: HookNote, account: AccountState, now: datetime) -> bool:
    """Whether a renewal runs, or is over without the new token having been read from the store yet."""
    last = account.renewal.last_at
    if account.renewal.running:
        return True
    if last is None or last == note.renewed_at or account.renewal.problem is not None or _was_renewed(note, account):
        return False
    return now - last < _UNTIL_READ
