"""The state as numbers for other programs."""

from collections.abc import Collection
from datetime import datetime

import msgspec

from probe_tray.core.account.best_account import best_account
from probe_tray.core.account.condition import USABLE, Condition, condition, free_at, local_time
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.hooks.hook_event import HookEvent
from probe_tray.core.polling.schedule import has_been_reset
from probe_tray.core.quota.percent import tenths
from probe_tray.core.quota.quota_overview import AccountQuota, QuotaOverview, WindowQuota
from probe_tray.core.quota.snapshot import Snapshot, Window, WindowKind, length_name
from probe_tray.core.settings import Percentages, Settings
from probe_tray.core.state import AccountState, AppState
from probe_tray.view.panel.survey import NEEDS_PERSON, name
from probe_tray.view.text.privacy import masked_name

_FULL = 100
_BY_NUMBERS = USABLE | {Condition.LIMITED}
_UNSETTLED = frozenset({Condition.STALE, Condition.NO_DATA})
_NAMES = {WindowKind.WEEKLY: "week", WindowKind.MONTHLY: "month", WindowKind.BUDGET: "budget"}


def quota_overview(state: AppState, now: datetime, only: Collection[AccountKey] | None = None) -> QuotaOverview:
    """What is known of the accounts at ``now`` (aware UTC), or of ``only`` these."""
    accounts = [a for a in state.accounts if only is None or a.key in only]
    usable = [a for a in accounts if condition(a, state.settings, now) in USABLE]
    best = best_account(usable, now, state.pinned)
    return QuotaOverview(
        next=None if best is None else best.key.slug,
        shows_left=state.settings.percentages is Percentages.LEFT,
        privacy=state.settings.privacy,
        accounts=tuple(_account(a, state.settings, now) for a in accounts),
        is_whole=not (state.store_problems or state.unreadable),
    )


class _HookPayload(msgspec.Struct):
    event: str
    at: datetime
    account: AccountQuota | None


def hook_payload(event: HookEvent, account: AccountKey | None, state: AppState, now: datetime) -> bytes:
    """The JSON that a hook gets for ``event`` at ``now`` (aware UTC): no token, and no name in privacy mode."""
    overview = quota_overview(state, now, () if account is None else (account,))
    shown = overview.discreet() if overview.privacy else overview
    return msgspec.json.encode(_HookPayload(event.value, now, next(iter(shown.accounts), None))) + b"\n"


def _account(account: AccountState, settings: Settings, now: datetime) -> AccountQuota:
    what, snapshot = condition(account, settings, now), account.snapshot
    return AccountQuota(
        id=account.key.slug,
        name=name(account),
        masked_name=masked_name(account),
        alias=account.alias,
        email=account.email,
        account_id=account.key.account_id,
        plan=(snapshot.plan if snapshot else "") or account.plan,
        in_use=account.in_use,
        state=what.value,
        usable=what in USABLE,
        limited=what is Condition.LIMITED,
        settled=what not in _UNSETTLED and not (what in _BY_NUMBERS and snapshot and has_been_reset(snapshot, now)),
        taken_at=None if snapshot is None else snapshot.taken_at,
        free_at=None if snapshot is None or what in NEEDS_PERSON else free_at(snapshot, now),
        windows=() if snapshot is None else tuple(_window(w, snapshot) for w in snapshot.main.windows),
    )


def _window(window: Window, snapshot: Snapshot) -> WindowQuota:
    used = tenths(window.used_percent)
    return WindowQuota(
        name=_window_name(window),
        used_percent=used,
        left_percent=round(_FULL - used, 1),
        reset_at=None if window.reset_at is None else local_time(window.reset_at, snapshot),
    )


def _window_name(window: Window) -> str:
    return _NAMES.get(window.kind) or length_name(window.seconds)
