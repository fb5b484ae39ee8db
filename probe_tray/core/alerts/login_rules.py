"""When the life of an account's login is worth a notification."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from probe_tray.core.account.condition import login_end, login_ended, unusable
from probe_tray.core.alerts.alert import (
    AccountAlerts,
    AlertCandidate,
    AlertRecord,
    ExpiryAlert,
    LoginAlert,
    RenewalFailedAlert,
    RenewedAlert,
    UnusableAlert,
)
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState

_LOGIN, _EXPIRY, _RENEWAL, _UNUSABLE = "login", "expiry", "renewal", "unusable"
_ABOUT_A_LOGIN = frozenset({_LOGIN, _EXPIRY, _RENEWAL})
_KEPT = timedelta(days=400)
"""How long something is remembered about the login of an account that is not there."""
_JUST_NOW = timedelta(minutes=10)


def login_alerts(
    account: AccountState, state: AppState, told: AccountAlerts, now: datetime, before: AccountState | None
) -> Iterator[AlertCandidate]:
    """What is new about the login: each once for the same login, which is told by its end."""
    end, settings = account.expires_at, state.settings
    if login_ended(account, now):
        # A new login has another end, and may be said to have ended again.
        if end not in told.marks(_LOGIN):
            yield AlertCandidate(LoginAlert(account=account.key), _says(told, end, now, _LOGIN))
        return
    if account.problem is not None and unusable(account.problem):
        # Said once until it works again: neither its login nor a renewal is news meanwhile.
        if not told.marks(_UNUSABLE):
            alert = UnusableAlert(account=account.key, problem=account.problem)
            yield AlertCandidate(alert, _says(told, None, now, _UNUSABLE))
        return
    problem = account.renewal.problem
    here = login_end(account)
    soon = here is not None and now < here <= now + timedelta(days=_days(account, state))
    failed = problem is not None and not problem.kind.quiet and not state.codex.renews(account.key)
    if problem is not None and failed and end not in told.marks(_RENEWAL):
        # It names the end of the login too, so that one message is enough.
        topics = (_RENEWAL, _EXPIRY) if soon else (_RENEWAL,)
        alert = RenewalFailedAlert(account=account.key, problem=problem)
        yield AlertCandidate(alert, _says(told, end, now, *topics))
    elif end is not None and soon and end not in told.marks(_EXPIRY):
        yield AlertCandidate(ExpiryAlert(account=account.key, expires_at=end), _says(told, end, now, _EXPIRY))
    if settings.renewed_alerts and end is not None and _was_renewed(account, settings, before, now):
        yield AlertCandidate(RenewedAlert(account=account.key, expires_at=end), frozenset())


def login_holds(
    alert: LoginAlert | UnusableAlert | RenewalFailedAlert | ExpiryAlert | RenewedAlert,
    account: AccountState,
    state: AppState,
    now: datetime,
) -> bool:
    """Whether what ``alert`` says about the login of ``account`` is still true."""
    match alert:
        case LoginAlert():
            return login_ended(account, now)
        case UnusableAlert():
            return unusable(account.problem)
        case RenewalFailedAlert():
            return account.renewal.problem is not None and _is_ours_to_renew(account, state, now)
        case ExpiryAlert(expires_at=end):
            here = login_end(account)
            ahead = here is not None and now < here and account.expires_at == end
            return ahead and _is_ours_to_renew(account, state, now)
        case RenewedAlert(expires_at=end):
            return account.expires_at == end and not login_ended(account, now)


def expects(account: AccountState, entry: AlertRecord) -> bool:
    """Whether ``entry`` still holds for ``account`` and the login that it has."""
    # Without an end one login isn't told from the next: what was said of it holds until it works again.
    if entry.topic == _UNUSABLE or (entry.topic == _LOGIN and entry.mark is None is account.expires_at):
        return account.problem is not None or account.checked_at is None
    return entry.topic not in _ABOUT_A_LOGIN or entry.mark == account.expires_at


def _is_ours_to_renew(account: AccountState, state: AppState, now: datetime) -> bool:
    """Whether anything but a renewal of ours is out of the question: of a login that has ended only that is said."""
    over = login_ended(account, now) or unusable(account.problem)
    return not over and not state.codex.renews(account.key)


def _days(account: AccountState, state: AppState) -> int:
    """How many days before its end the login is worth a message; 0 = never."""
    renews_itself = account.renewable and state.settings.auto_renew and account.renewal.problem is None
    if renews_itself or account.official or state.codex.renews(account.key):
        # Service fact: the client renews a login of its own in the last five minutes, while it is used.
        return 0
    return state.settings.expiry_warning_days


def is_untried(account: AccountState, settings: Settings) -> bool:
    """Whether the service has yet to be asked with what the last renewal brought, and will be by itself."""
    last = account.renewal.last_at
    if last is None or account.renewal.problem is not None or not settings.poll_minutes:
        return False
    return account.checking or account.checked_at is None or account.checked_at < last


def _was_renewed(account: AccountState, settings: Settings, before: AccountState | None, now: datetime) -> bool:
    if account.problem is not None or is_untried(account, settings):
        return False
    last, end = account.renewal.last_at, account.expires_at
    if before is None or before.expires_at is None or end is None or end <= before.expires_at:
        return False
    return last is not None and account.renewal.problem is None and now - last <= _JUST_NOW


def _says(told: AccountAlerts, end: datetime | None, now: datetime, *topics: str) -> frozenset[AlertRecord]:
    return frozenset(AlertRecord(account=told.account, topic=t, mark=end, forget_at=now + _KEPT) for t in topics)
