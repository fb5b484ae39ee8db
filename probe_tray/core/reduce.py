"""``reduce(state, event)``: the only way the state changes."""

from collections.abc import Callable, Collection, Mapping
from typing import assert_never

from msgspec.structs import replace

from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.codex.codex_state import CodexHomesRead, CodexUseChanged
from probe_tray.core.events import (
    AccountsMuted,
    AccountsRead,
    ArrangementChanged,
    CheckFailed,
    ChecksPlanned,
    CheckStarted,
    CheckSucceeded,
    DetailsRead,
    Event,
    FeedbackEnded,
    FeedbackGiven,
    IncidentFound,
    KeptRead,
    LoginChanged,
    NotificationsAllowed,
    NotificationsPaused,
    ReleaseFound,
    RemovalEnded,
    RemovalStarted,
    RenewalEnded,
    RenewalsPlanned,
    RenewalStarted,
    RoundChanged,
    SettingsChanged,
    SettingsNotChanged,
    SituationChanged,
    TrendsRead,
    TroubleMet,
    VisibleAccountsChanged,
    WaitingChanged,
    WindowUseChanged,
)
from probe_tray.core.models.model_test import ModelRun, ModelTestEnded, ModelTestProgress, ModelTestStarted
from probe_tray.core.quota.forecast import follow
from probe_tray.core.quota.glitch_filter import steady
from probe_tray.core.quota.history import Trend
from probe_tray.core.quota.history_batch import Kept
from probe_tray.core.service.connection import ConnectionChanged, ProxyChecked
from probe_tray.core.state import AccountState, AppState, RenewalState
from probe_tray.core.sync.setup import SyncChanged
from probe_tray.core.transfer.state import ExportChanged, ImportChanged


def reduce_models(state: AppState, event: ModelTestStarted | ModelTestProgress | ModelTestEnded) -> AppState:
    """The state after the event. What an account's last test brought stays until the next one of it begins."""
    match event:
        case ModelTestStarted(accounts=accounts, at=at):
            return replace(state, model_run=ModelRun(started_at=at, accounts=accounts))
        case ModelTestProgress(key=key, test=test):
            if state.account(key) is None:
                return state
            accounts = tuple(replace(a, models=test) if a.key == key else a for a in state.accounts)
            return replace(state, accounts=accounts)
        case ModelTestEnded():
            run = state.model_run
            return state if run is None else replace(state, model_run=replace(run, running=False))


_AboutMany = AccountsRead | ChecksPlanned | RenewalsPlanned | KeptRead | TrendsRead | AccountsMuted
_AboutCodex = CodexHomesRead | CodexUseChanged
_AboutWork = LoginChanged | RoundChanged | ConnectionChanged | SyncChanged | ImportChanged | ExportChanged | _AboutCodex
_AboutDesktop = (
    SituationChanged | NotificationsPaused | NotificationsAllowed | VisibleAccountsChanged | WindowUseChanged
)
_AboutBanner = WaitingChanged | TroubleMet | ProxyChecked | ReleaseFound | IncidentFound
_AboutFeedback = RemovalStarted | RemovalEnded | FeedbackGiven | FeedbackEnded
_AboutOne = CheckStarted | CheckSucceeded | CheckFailed | RenewalStarted | RenewalEnded


def reduce(state: AppState, event: Event) -> AppState:
    """The state after the event. An event about an account that is gone changes nothing."""
    if isinstance(event, _AboutWork):
        return _work_changed(state, event)
    match event:
        case AccountsRead() | ChecksPlanned() | RenewalsPlanned() | KeptRead() | TrendsRead() | AccountsMuted():
            return _change_many(state, event)
        case SettingsChanged(settings=settings):
            release = state.release if settings.check_for_updates else None
            incident = state.incident if settings.ask_status_page else None
            return replace(state, settings=settings, unsaved=None, release=release, incident=incident)
        case SettingsNotChanged(unsaved=unsaved):
            return replace(state, unsaved=unsaved)
        case (
            SituationChanged()
            | NotificationsPaused()
            | NotificationsAllowed()
            | VisibleAccountsChanged()
            | WindowUseChanged()
        ):
            return _desktop_changed(state, event)
        case ArrangementChanged(arrangement=arrangement):
            return _named(replace(state, arrangement=arrangement))
        case DetailsRead(details=details):
            return replace(state, details=details)
        case ModelTestStarted() | ModelTestProgress() | ModelTestEnded():
            return reduce_models(state, event)
        case WaitingChanged() | TroubleMet() | ProxyChecked() | ReleaseFound() | IncidentFound():
            return _banner_changed(state, event)
        case RemovalStarted() | RemovalEnded() | FeedbackGiven() | FeedbackEnded():
            return _feedback_changed(state, event)
        case CheckStarted() | CheckSucceeded() | CheckFailed() | RenewalStarted() | RenewalEnded():
            return _change(state, event)


def _banner_changed(state: AppState, event: _AboutBanner) -> AppState:
    """What is said above or below all accounts is another."""
    match event:
        case WaitingChanged(waiting=waiting):
            return replace(state, waiting=waiting)
        case TroubleMet(problem=problem):
            return replace(state, trouble=problem)
        case ProxyChecked(problem=problem):
            return replace(state, proxy_problem=problem)
        case ReleaseFound(release=release):
            return replace(state, release=release)
        case IncidentFound(incident=incident):
            return replace(state, incident=incident)


def _feedback_changed(state: AppState, event: _AboutFeedback) -> AppState:
    """Something was done, or undone, or is no news any more."""
    match event:
        case RemovalStarted(key=key):
            # Nothing tells how a check or a renewal of it ends.
            going = tuple(
                replace(a, checking=False, renewal=replace(a.renewal, running=False))
                for a in state.accounts
                if a.key == key
            )
            left = tuple(shown for a in state.accounts if (shown := _without_ours(a) if a.key == key else a))
            return replace(state, accounts=left, removing=(*state.removing, *going))
        case RemovalEnded(key=key, removed=removed):
            back = () if removed else tuple(a for a in state.removing if a.key == key)
            gone = {a.key for a in back}
            others = tuple(a for a in state.removing if a.key != key)
            accounts = (*(a for a in state.accounts if a.key not in gone), *back)
            return _named(replace(state, accounts=accounts, removing=others))
        case FeedbackGiven(feedback=given):
            return replace(state, feedback=(*state.feedback, given))
        case FeedbackEnded(number=number):
            return replace(state, feedback=tuple(f for f in state.feedback if f.number != number))


def _without_ours(account: AccountState) -> AccountState | None:
    """What is left to show of an account without its logins of ours: the official client's, if there is one."""
    if not account.in_use:
        return None
    return replace(account, stores=(StoreKind.OFFICIAL,), renewable=False, revocable=False, outdated=False)


def _desktop_changed(state: AppState, event: _AboutDesktop) -> AppState:
    """What the machine is like, or what the person looks at and wants to hear, is another."""
    match event:
        case SituationChanged(situation=situation):
            return replace(state, situation=situation)
        case NotificationsPaused(until=until):
            return replace(state, paused_until=until)
        case NotificationsAllowed(allowed=allowed):
            return replace(state, notifications_allowed=allowed)
        case VisibleAccountsChanged(accounts=accounts):
            return state if accounts == state.visible_accounts else replace(state, visible_accounts=accounts)
        case WindowUseChanged(in_use=in_use):
            return replace(state, windows_in_use=in_use)


def _change_many(state: AppState, event: _AboutMany) -> AppState:
    match event:
        case AccountsRead():
            return _accounts_read(state, event)
        case ChecksPlanned(moments=moments):
            planned = dict(moments)
            return _change_those(state, planned.keys(), lambda a: replace(a, next_check=planned[a.key]))
        case RenewalsPlanned(moments=moments):
            due = dict(moments)
            return _change_those(
                state, due.keys(), lambda a: replace(a, renewal=replace(a.renewal, next_at=due[a.key]))
            )
        case KeptRead(kept=kept):
            return _kept_read(state, {k.slug: k for k in kept})
        case TrendsRead(trends=trends):
            return _trends_read(state, dict(trends))
        case AccountsMuted(mutes=mutes):
            ends = {mute.account: mute.until for mute in mutes}
            changed = {a.key: ends.get(a.key.slug) for a in state.accounts if a.muted_until != ends.get(a.key.slug)}
            return _change_those(state, changed.keys(), lambda a: replace(a, muted_until=changed[a.key]))
        case _:
            assert_never(event)


def _work_changed(state: AppState, event: _AboutWork) -> AppState:
    """What a person asked for has moved on."""
    match event:
        case LoginChanged(login=login):
            return replace(state, login=login)
        case RoundChanged(round=found):
            return replace(state, round=found)
        case ConnectionChanged(check=check):
            return replace(state, connection=check)
        case SyncChanged(sync=sync):
            return replace(state, sync=sync)
        case ImportChanged(importing=importing):
            return replace(state, importing=importing)
        case ExportChanged(exporting=exporting):
            return replace(state, exporting=exporting)
        case CodexHomesRead() | CodexUseChanged():
            return _codex_changed(state, event)


def _codex_changed(state: AppState, event: _AboutCodex) -> AppState:
    """Another account is in use in the official client, or a hand-over has moved on."""
    match event:
        case CodexHomesRead(homes=homes, logged_out=logged_out):
            codex = replace(state.codex, homes=homes, logged_out=logged_out)
            # The homes are looked at again and again; what changes nothing is drawn by nobody.
            return state if codex == state.codex else replace(state, codex=codex)
        case CodexUseChanged(use=use):
            return replace(state, codex=replace(state.codex, use=use))


def _change(state: AppState, event: _AboutOne) -> AppState:
    place = state.place(event.key)
    return state if place is None else state.with_account(place, _changed(state.accounts[place], event))


def _changed(account: AccountState, event: _AboutOne) -> AccountState:
    match event:
        case CheckStarted():
            return replace(account, checking=True)
        case CheckSucceeded(next_check=moment):
            snapshot = steady(account.snapshot, event.snapshot)
            return replace(
                account,
                checking=False,
                snapshot=snapshot,
                paces=follow(account.paces, snapshot),
                checked_at=snapshot.taken_at,
                next_check=moment,
                problem=None,
            )
        case CheckFailed(at=at, problem=problem, next_check=moment):
            return replace(account, checking=False, checked_at=at, next_check=moment, problem=problem)
        case RenewalStarted():
            return replace(account, renewal=replace(account.renewal, running=True))
        case RenewalEnded(at=at, problem=problem):
            return replace(account, renewal=RenewalState(last_at=at, problem=problem, next_at=None))
        case _:
            assert_never(event)


def _accounts_read(state: AppState, event: AccountsRead) -> AppState:
    before = {a.key: a for a in (*state.accounts, *state.removing)}
    now: dict[AccountKey, AccountState] = {}
    for account in event.accounts:
        now.setdefault(account.key, _keep_known(before.get(account.key), account))
    removing = tuple(now.pop(a.key, a) for a in state.removing)
    now |= {a.key: left for a in removing if (left := _without_ours(a)) is not None}
    # A login in a store that could not be read this time is not gone.
    unread = {kind for kind, _ in event.store_problems}
    hidden = [a for a in state.accounts if a.key not in now and not unread.isdisjoint(a.stores)]
    after = _named(
        replace(
            state,
            loaded=True,
            accounts=(*now.values(), *hidden),
            removing=removing,
            unreadable=event.unreadable,
            store_problems=event.store_problems,
            api_key=event.api_key,
        )
    )
    # Stores are read again for many reasons; what changes nothing is drawn by nobody.
    return state if after == state else after


def _keep_known(old: AccountState | None, new: AccountState) -> AccountState:
    if old is None:
        return new
    same_login = old.expires_at == new.expires_at and old.renewable == new.renewable
    # New tokens are tried at once, unless the service asked to wait.
    asked_to_wait = old.problem is not None and old.problem.retry_after is not None
    return replace(
        new,
        snapshot=old.snapshot,
        models=old.models,
        paces=old.paces,
        trend=old.trend,
        checking=old.checking,
        checked_at=old.checked_at,
        next_check=old.next_check if same_login or asked_to_wait else None,
        # What was wrong with the old tokens says nothing about new ones.
        problem=old.problem if same_login else None,
        muted_until=old.muted_until,
        renewal=_known_renewal(old.renewal, new.renewal, same_login=same_login),
    )


def _named(state: AppState) -> AppState:
    names = {alias.slug: alias.name for alias in state.arrangement.aliases}

    def named(account: AccountState) -> AccountState:
        # A slug costs a hash, which nobody needs as long as no account has a name.
        alias = names.get(account.key.slug, "") if names else ""
        return account if account.alias == alias else replace(account, alias=alias)

    return replace(state, accounts=tuple(named(a) for a in state.accounts))


def _known_renewal(old: RenewalState, read: RenewalState, *, same_login: bool) -> RenewalState:
    """What is known of renewals, where ``read`` says what is remembered against the tokens that were just read."""
    if read.problem is not None and (old.problem is None or not same_login):
        # Another process has met it, or these tokens are an old copy.
        return replace(read, running=old.running)
    if same_login:
        return old
    # What failed with the old tokens did not bring the new ones: somebody signed in again.
    return RenewalState(running=old.running, last_at=old.last_at if old.problem is None else None)


def _change_those(
    state: AppState, keys: Collection[AccountKey], change: Callable[[AccountState], AccountState]
) -> AppState:
    places = [place for key in keys if (place := state.place(key)) is not None]
    if not places:
        return state
    accounts = list(state.accounts)
    for place in places:
        accounts[place] = change(accounts[place])
    return state.with_accounts(tuple(accounts), places)


def _kept_read(state: AppState, kept: Mapping[str, Kept]) -> AppState:
    def filled(account: AccountState) -> AccountState:
        found = None if account.snapshot is not None else kept.get(account.key.slug)
        return account if found is None else replace(account, snapshot=found.snapshot, paces=found.paces)

    return replace(state, accounts=tuple(filled(a) for a in state.accounts))


def _trends_read(state: AppState, trends: Mapping[str, Trend]) -> AppState:
    accounts = tuple(replace(a, trend=trends.get(a.key.slug)) for a in state.accounts)
    return state if accounts == state.accounts else replace(state, accounts=accounts)
