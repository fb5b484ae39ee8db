"""What deserves a notification: a pure function of the state and of what was already said."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec.structs import replace

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
from probe_tray.core.alerts.quota_rules import credit_alerts, quota_alerts, quota_holds, still_said
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
    everyone: bool = True,
) -> tuple[tuple[Alert, ...], AlertMemory]:
    """The alerts that are new at ``now`` (aware UTC), and what is remembered with them.

    ``before`` is the state of the look before this one, None for the first. While it is ``quiet`` nothing is said:
    what passes is forgotten, everything else waits and is said by the first look after, if it still holds. So it is
    with the quota of an account that is muted.

    Without ``everyone``, accounts that are the same as in ``before`` are left as they are: only time has passed.
    """
    remembered = _sorted_by_account(_still_known(memory.said, state, now))
    changed = changed_accounts(state, None if everyone else before)
    earlier = {account.key: account for account in before.accounts} if before is not None and changed else {}
    new: list[Alert] = []
    for account in changed:
        slug = account.key.slug
        told = still_said(account, state.settings, AccountAlerts(slug, remembered.get(slug, frozenset())), now)
        muted = any(mute.account == slug and now < mute.until for mute in memory.mutes)
        for candidate in _candidates(account, state, told, now, forecast, earlier.get(account.key)):
            passing = is_passing(candidate.alert)
            silent = quiet or (muted and isinstance(candidate.alert, LimitAlert))
            # Not remembered: the first look after the quiet hours has to find it new.
            if silent and not passing:
                continue
            told = _remember(told, candidate, now)
            if not silent:
                new.append(candidate.alert)
        remembered[slug] = told.said
    everything = frozenset[AlertRecord]().union(*remembered.values())
    return tuple(new), replace(memory, said=everything)


def changed_accounts(state: AppState, before: AppState | None) -> tuple[AccountState, ...]:
    """The accounts of ``state`` that ``before`` has not, or has otherwise; all of them without one."""
    # States are frozen, so an account that is the same object has not changed: a look at a thousand costs nothing.
    same = frozenset[int]() if before is None else frozenset(map(id, before.accounts))
    return tuple(account for account in state.accounts if id(account) not in same)


def holds(alert: Alert, state: AppState, now: datetime, forecast: Forecast) -> bool:
    """Whether what ``alert`` says is still true at ``now`` (aware UTC)."""
    account = state.account(alert.account)
    if account is None:
        return False
    match alert:
        case LoginAlert() | UnusableAlert() | RenewalFailedAlert() | ExpiryAlert() | RenewedAlert():
            return login_holds(alert, account, now)
        case QuotaAlert() | LimitedAlert() | RestoredAlert() | PaceAlert() | CreditAlert():
            return quota_holds(alert, account, state.settings, now, forecast)


def compared(before: AppState | None, state: AppState) -> AppState:
    """What the next look compares with: ``state``, where the login of an account was tried since it was renewed.

    Until then the account stays as it was before: a renewal is no good news where the service refuses what it brought.
    """
    renewed = (account for account in state.accounts if account.renewal.last_at is not None)
    untried = {id(account) for account in renewed if is_untried(account, state.settings)}
    if before is None or not untried:
        return state
    earlier = {account.key: account for account in before.accounts}
    accounts = (earlier.get(a.key, a) if id(a) in untried else a for a in state.accounts)
    return replace(state, accounts=tuple(accounts))


def _candidates(
    account: AccountState,
    state: AppState,
    told: AccountAlerts,
    now: datetime,
    forecast: Forecast,
    before: AccountState | None,
) -> Iterator[AlertCandidate]:
    yield from login_alerts(account, state.settings, told, now, before)
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


def _still_known(said: frozenset[AlertRecord], state: AppState, now: datetime) -> Iterator[AlertRecord]:
    present = {account.key.slug: account for account in state.accounts}
    for entry in said:
        account = present.get(entry.account)
        if now < entry.forget_at and (account is None or expects(account, entry)):
            yield entry


def _sorted_by_account(said: Iterator[AlertRecord]) -> dict[str, frozenset[AlertRecord]]:
    found: dict[str, set[AlertRecord]] = {}
    for entry in said:
        found.setdefault(entry.account, set()).add(entry)
    return {slug: frozenset(entries) for slug, entries in found.items()}
