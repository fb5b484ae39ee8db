"""What deserves a notification: a pure function of the state and of what was already said."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.alerts.alert import (
    SPENT,
    AccountAlerts,
    Alert,
    AlertCandidate,
    AlertMemory,
    AlertRecord,
    CreditAlert,
    ExpiryAlert,
    Forecast,
    Level,
    LimitAlert,
    LimitedAlert,
    LoginAlert,
    PaceAlert,
    QuotaAlert,
    RenewalFailedAlert,
    RenewedAlert,
    RestoredAlert,
    UnusableAlert,
    is_passing,
)
from probe_tray.core.alerts.login_rules import expects, is_untried, login_alerts, login_holds
from probe_tray.core.alerts.quota_rules import (
    credit_alerts,
    is_same_limit,
    quota_alerts,
    quota_holds,
    still_said,
    with_numbers_of_now,
)
from probe_tray.core.state import AccountState, AppState

_REMEMBERED = timedelta(days=40)
"""How long it is known that an account was said to be without capacity."""


def alerts(
    state: AppState,
    memory: AlertMemory,
    now: datetime,
    *,
    forecast: Forecast,
    before: AppState | None = None,
    quiet: bool = False,
) -> tuple[tuple[Alert, ...], AlertMemory]:
    """The alerts that are new at ``now`` (aware UTC), and what is remembered with them.

    ``before`` is the state of the look before this one, None for the first. While it is ``quiet`` nothing is said:
    what passes is forgotten, everything else waits and is said by the first look after, if it still holds. So it is
    with the quota of an account that is muted.
    """
    new: list[Alert] = []
    said: dict[str, frozenset[AlertRecord]] = {}
    for account in state.accounts:
        slug = account.key.slug
        known = memory.by_account.get(slug, frozenset())
        expected = frozenset(entry for entry in known if now < entry.forget_at and expects(account, entry))
        told = still_said(account, state.settings, AccountAlerts(slug, expected), now)
        muted = any(mute.account == slug and now < mute.until for mute in memory.mutes)
        earlier = None if before is None else before.account(account.key)
        for candidate in _candidates(account, state, told, now, forecast, earlier):
            passing = is_passing(candidate.alert)
            silent = quiet or (muted and isinstance(candidate.alert, LimitAlert))
            # Not remembered: the first look after the quiet hours has to find it new.
            if silent and not passing:
                continue
            told = _remember(told, candidate, now)
            if not silent:
                new.append(candidate.alert)
        if told.said != known:
            said[slug] = told.said
    return tuple(new), memory.with_said(said)


def without_past(memory: AlertMemory, now: datetime) -> AlertMemory:
    """``memory`` without what is of no use any more at ``now`` (aware UTC), also of accounts that are gone."""
    past = {entry.account for entry in memory.said if entry.forget_at <= now}
    known = memory.by_account
    return memory.with_said({slug: frozenset(e for e in known[slug] if now < e.forget_at) for slug in past})


def holds(alert: Alert, state: AppState, now: datetime, forecast: Forecast) -> bool:
    """Whether what ``alert`` says is still true at ``now`` (aware UTC)."""
    account = state.account(alert.account)
    if account is None:
        return False
    match alert:
        case LoginAlert() | UnusableAlert() | RenewalFailedAlert() | ExpiryAlert() | RenewedAlert():
            return login_holds(alert, account, state, now)
        case QuotaAlert() | LimitedAlert() | RestoredAlert() | PaceAlert() | CreditAlert():
            return quota_holds(alert, account, state.settings, now, forecast)


def said_now(
    batch: tuple[Alert, ...],
    state: AppState,
    now: datetime,
    forecast: Forecast,
    told: frozenset[AlertRecord] = frozenset(),
) -> tuple[Alert, ...]:
    """What of ``batch``, the oldest first, is said at ``now`` (aware UTC): what still holds, with the numbers of now.

    What waited while a window of the program was in front is said as if it were new: of a limit only the last, and
    where there is no capacity only that. ``told`` is what was said before anything of ``batch``.
    """
    kept: dict[AccountKey, list[Alert]] = {}
    untold: set[AccountKey] = set()
    for alert in batch:
        if _is_no_capacity(alert):
            untold.add(alert.account)
        elif isinstance(alert, RestoredAlert) and alert.account in untold:
            untold.remove(alert.account)
            if not _is_spent(alert.account, told):
                # Nobody was told that there was none.
                continue
        if holds(alert, state, now, forecast):
            # A whole round of checks is said at once: an alert is compared with those of its account alone.
            others = [older for older in kept.get(alert.account, ()) if not _contains(alert, older)]
            kept[alert.account] = [*others, _with_numbers_of_now(alert, state, now, forecast)]
    return tuple(chain.from_iterable(kept.values()))


def _with_numbers_of_now(alert: Alert, state: AppState, now: datetime, forecast: Forecast) -> Alert:
    account = state.account(alert.account)
    if account is None or not isinstance(alert, QuotaAlert | PaceAlert | CreditAlert):
        return alert
    return with_numbers_of_now(alert, account, state.settings, now, forecast)


def _contains(newer: Alert, older: Alert) -> bool:
    """Whether nothing is left to say of ``older`` once ``newer``, of the same account, is said."""
    if _is_no_capacity(newer) and isinstance(older, LimitAlert):
        return True
    match newer, older:
        case QuotaAlert(), QuotaAlert():
            return is_same_limit(newer.window, older.window)
        case QuotaAlert(level=Level.CRITICAL), PaceAlert():
            return is_same_limit(newer.window, older.window)
        case PaceAlert(), PaceAlert():
            return is_same_limit(newer.window, older.window)
        case _:
            return type(newer) is type(older)


def _is_spent(account: AccountKey, told: frozenset[AlertRecord]) -> bool:
    return any(record.topic == SPENT and record.account == account.slug for record in told)


def _is_no_capacity(alert: Alert) -> bool:
    return isinstance(alert, LimitedAlert) or (isinstance(alert, QuotaAlert) and alert.level is Level.EXHAUSTED)


def compared(before: AppState | None, state: AppState) -> AppState:
    """What the next look compares with: ``state``, where the login of an account was tried since it was renewed.

    Until then the account stays as it was before: a renewal is no good news where the service refuses what it brought.
    """
    if before is None:
        return state
    # One that is the same in both stays as it was either way.
    untried = [a.key for a in state.accounts_not_in(before) if is_untried(a, state.settings)]
    earlier = {state.place(key): old for key in untried if (old := before.account(key)) is not None}
    if not earlier:
        return state
    return state.with_accounts(tuple(earlier.get(place, a) for place, a in enumerate(state.accounts)))


def _candidates(
    account: AccountState,
    state: AppState,
    told: AccountAlerts,
    now: datetime,
    forecast: Forecast,
    before: AccountState | None,
) -> Iterator[AlertCandidate]:
    yield from login_alerts(account, state, told, now, before)
    yield from quota_alerts(account, state.settings, told, now, forecast)
    yield from credit_alerts(account, state.settings, told, now)


def _remember(told: AccountAlerts, candidate: AlertCandidate, now: datetime) -> AccountAlerts:
    kept = frozenset(s for s in told.said if s.topic not in candidate.takes_back) | candidate.says
    # None where the alert says nothing about capacity.
    if candidate.spent is not None:
        kept = frozenset(s for s in kept if s.topic != SPENT)
        if candidate.spent:
            kept |= {AlertRecord(account=told.account, topic=SPENT, forget_at=now + _REMEMBERED)}
    return AccountAlerts(told.account, kept)
