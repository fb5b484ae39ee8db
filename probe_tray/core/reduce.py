"""``reduce(state, event)``: the only way the state changes."""

from collections.abc import Callable

from msgspec.structs import replace

from probe_tray.core.events import (
    AccountsRead,
    CheckFailed,
    CheckPlanned,
    CheckStarted,
    CheckSucceeded,
    Event,
    LoginChanged,
    RenewalEnded,
    RenewalPlanned,
    RenewalStarted,
    RoundChanged,
    SettingsChanged,
    TroubleMet,
)
from probe_tray.core.identity import AccountKey
from probe_tray.core.model_reduce import reduce_models
from probe_tray.core.state import AccountState, AppState, Renewal


def reduce(state: AppState, event: Event) -> AppState:
    """The state after the event. An event about an account that is gone changes nothing."""
    match event:
        case AccountsRead():
            return _accounts_read(state, event)
        case CheckStarted(key=key):
            return _change(state, key, lambda a: replace(a, checking=True))
        case CheckSucceeded(key=key, snapshot=snapshot, next_check=moment):
            return _change(
                state,
                key,
                lambda a: replace(
                    a,
                    checking=False,
                    snapshot=snapshot,
                    checked_at=snapshot.taken_at,
                    next_check=moment,
                    problem=None,
                ),
            )
        case CheckFailed(key=key, at=at, problem=problem, next_check=moment):
            return _change(
                state,
                key,
                lambda a: replace(a, checking=False, checked_at=at, next_check=moment, problem=problem),
            )
        case CheckPlanned(key=key, next_check=moment):
            return _change(state, key, lambda a: replace(a, next_check=moment))
        case LoginChanged(login=login):
            return replace(state, login=login)
        case SettingsChanged(settings=settings):
            return replace(state, settings=settings)
        case RenewalStarted(key=key):
            return _change(
                state,
                key,
                lambda a: replace(a, renewal=replace(a.renewal, running=True)),
            )
        case RenewalEnded(key=key, at=at, problem=problem):
            return _change(
                state,
                key,
                lambda a: replace(a, renewal=Renewal(last_at=at, problem=problem, next_at=None)),
            )
        case RenewalPlanned(key=key, next_at=moment):
            return _change(
                state,
                key,
                lambda a: replace(a, renewal=replace(a.renewal, next_at=moment)),
            )
        case RoundChanged(round=latest):
            return replace(state, round=latest)
        case TroubleMet(problem=problem):
            return replace(state, trouble=problem)
        case _:
            return reduce_models(state, event)


def _accounts_read(state: AppState, event: AccountsRead) -> AppState:
    before = {a.key: a for a in state.accounts}
    now: dict[AccountKey, AccountState] = {}
    for account in event.accounts:
        now.setdefault(account.key, _keep_known(before.get(account.key), account))
    # A login in a store that could not be read this time is not gone.
    unread = {kind for kind, _ in event.store_problems}
    hidden = [a for a in state.accounts if a.key not in now and not unread.isdisjoint(a.stores)]
    after = replace(
        state,
        loaded=True,
        accounts=(*now.values(), *hidden),
        unreadable=event.unreadable,
        store_problems=event.store_problems,
        api_key=event.api_key,
    )
    # Stores are read again for many reasons; what changes nothing is drawn by nobody.
    return state if after == state else after


def _keep_known(old: AccountState | None, new: AccountState) -> AccountState:
    if old is None:
        return new
    same_login = old.expires_at == new.expires_at and old.renewable == new.renewable
    return replace(
        new,
        snapshot=old.snapshot,
        models=old.models,
        checking=old.checking,
        checked_at=old.checked_at,
        next_check=old.next_check,
        # What was wrong with the old tokens says nothing about new ones.
        problem=old.problem if same_login else None,
        renewal=_known_renewal(old.renewal, new.renewal, same_login=same_login),
    )


def _known_renewal(old: Renewal, read: Renewal, *, same_login: bool) -> Renewal:
    """What is known of renewals, where ``read`` says what is remembered against the tokens that were just read."""
    if read.problem is not None and (old.problem is None or not same_login):
        # Another process has met it, or these tokens are an old copy.
        return replace(read, running=old.running)
    return old if same_login else Renewal(running=old.running, last_at=old.last_at)


def _change(state: AppState, key: AccountKey, change: Callable[[AccountState], AccountState]) -> AppState:
    if state.account(key) is None:
        return state
    return replace(state, accounts=tuple(change(a) if a.key == key else a for a in state.accounts))
