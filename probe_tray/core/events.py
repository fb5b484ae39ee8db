"""What happened: facts that change the state, and nothing else does."""

from datetime import datetime

import msgspec

from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.account.credential import ApiKeyLogin
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.alerts.alert import Mute
from probe_tray.core.codex.codex_state import CodexHomesRead, CodexUseChanged
from probe_tray.core.errors import Problem
from probe_tray.core.feedback import Feedback
from probe_tray.core.models.model_test import ModelTestEnded, ModelTestProgress, ModelTestStarted
from probe_tray.core.polling.situation import Situation
from probe_tray.core.quota.history import Details, Trend
from probe_tray.core.quota.history_batch import Kept
from probe_tray.core.quota.snapshot import Snapshot
from probe_tray.core.service.connection import ConnectionChanged, ProxyChecked
from probe_tray.core.service.incident import Incident
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, LoginState, RenewalRound, Unreadable, UnsavedChange
from probe_tray.core.sync.setup import SyncChanged
from probe_tray.core.transfer.state import ExportChanged, ImportChanged
from probe_tray.core.update.release import Release


class AccountsRead(msgspec.Struct, frozen=True, kw_only=True):
    """The stores were read: these are all the accounts there are now."""

    accounts: tuple[AccountState, ...]
    """Identity, place and token life; what is known from polling is kept from before."""
    unreadable: tuple[Unreadable, ...] = ()
    store_problems: tuple[tuple[StoreKind, Problem], ...] = ()
    api_key: ApiKeyLogin | None = None


class CheckStarted(msgspec.Struct, frozen=True, kw_only=True):
    """An account's quota is being asked for."""

    key: AccountKey


class CheckSucceeded(msgspec.Struct, frozen=True, kw_only=True):
    """The service answered."""

    key: AccountKey
    snapshot: Snapshot
    next_check: datetime | None


class CheckFailed(msgspec.Struct, frozen=True, kw_only=True):
    """The quota could not be had; the last snapshot stays."""

    key: AccountKey
    at: datetime
    problem: Problem
    next_check: datetime | None


class ChecksPlanned(msgspec.Struct, frozen=True, kw_only=True):
    """The next checks of accounts were set, of many at once where there are many."""

    moments: tuple[tuple[AccountKey, datetime | None], ...]


class LoginChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A login started, moved on or ended; None puts the last one away."""

    login: LoginState | None


class SettingsChanged(msgspec.Struct, frozen=True, kw_only=True):
    """Settings were saved, and hold from now on."""

    settings: Settings


class SettingsNotChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A change of the settings could not be saved. All of them stay as they are."""

    unsaved: UnsavedChange


class RenewalStarted(msgspec.Struct, frozen=True, kw_only=True):
    """A login is being renewed."""

    key: AccountKey


class RenewalEnded(msgspec.Struct, frozen=True, kw_only=True):
    """A renewal ended, well when there is no problem."""

    key: AccountKey
    at: datetime
    problem: Problem | None


class RenewalsPlanned(msgspec.Struct, frozen=True, kw_only=True):
    """The moments of renewals were drawn, of many accounts at once where there are many."""

    moments: tuple[tuple[AccountKey, datetime | None], ...]


class ArrangementChanged(msgspec.Struct, frozen=True, kw_only=True):
    """The person has arranged the accounts anew."""

    arrangement: Arrangement


class DetailsRead(msgspec.Struct, frozen=True, kw_only=True):
    """The history of one account was read."""

    details: Details


class RoundChanged(msgspec.Struct, frozen=True, kw_only=True):
    """Renewing all that are due was begun or has ended."""

    round: RenewalRound


class KeptRead(msgspec.Struct, frozen=True, kw_only=True):
    """The history says what was last known; what is known already is newer."""

    kept: tuple[Kept, ...]


class TrendsRead(msgspec.Struct, frozen=True, kw_only=True):
    """The last days of the accounts, by slug."""

    trends: tuple[tuple[str, Trend], ...]


class SituationChanged(msgspec.Struct, frozen=True, kw_only=True):
    """The machine went on or off battery, its screen was locked, its network is another one."""

    situation: Situation


class NotificationsPaused(msgspec.Struct, frozen=True, kw_only=True):
    """The person wants no notification before ``until``; None: all of them again."""

    until: datetime | None


class NotificationsAllowed(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the person lets this program show notifications."""

    allowed: bool | None
    """None where the system does not say."""


class AccountsMuted(msgspec.Struct, frozen=True, kw_only=True):
    """The person wants no notification about the quota of these accounts before these moments, and of no others."""

    mutes: tuple[Mute, ...]


class VisibleAccountsChanged(msgspec.Struct, frozen=True, kw_only=True):
    """Other accounts are in sight: the panel was opened, scrolled, or left."""

    accounts: frozenset[AccountKey]


class WindowUseChanged(msgspec.Struct, frozen=True, kw_only=True):
    """One of the program's windows came to the front, or another program's did, or the person has gone or is back."""

    in_use: bool


class TroubleMet(msgspec.Struct, frozen=True, kw_only=True):
    """Something failed that belongs to no account and no login (saving settings…); None once it was read."""

    problem: Problem | None


class ReleaseFound(msgspec.Struct, frozen=True, kw_only=True):
    """There is a newer version than the one that runs; None: there is none any more."""

    release: Release | None


class IncidentFound(msgspec.Struct, frozen=True, kw_only=True):
    """The service's status page names an incident; None: none is known, or the checks work again."""

    incident: Incident | None


class RemovalStarted(msgspec.Struct, frozen=True, kw_only=True):
    """The person has removed an account. Nothing shows it any more, and no login was deleted yet."""

    key: AccountKey


class RemovalEnded(msgspec.Struct, frozen=True, kw_only=True):
    """A removal that had started was carried out, or was not: undone, or failed."""

    key: AccountKey
    removed: bool


class FeedbackGiven(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the person wanted was done."""

    feedback: Feedback


class FeedbackEnded(msgspec.Struct, frozen=True, kw_only=True):
    """The feedback of this number was shown long enough, or was undone."""

    number: int


class WaitingChanged(msgspec.Struct, frozen=True, kw_only=True):
    """Work waits, or waits no longer, for another process of this program that has what it needs."""

    waiting: bool


Event = (
    AccountsRead
    | CheckStarted
    | CheckSucceeded
    | CheckFailed
    | ChecksPlanned
    | LoginChanged
    | SettingsChanged
    | SettingsNotChanged
    | RenewalStarted
    | RenewalEnded
    | RenewalsPlanned
    | ArrangementChanged
    | DetailsRead
    | RoundChanged
    | KeptRead
    | TrendsRead
    | SituationChanged
    | NotificationsPaused
    | NotificationsAllowed
    | AccountsMuted
    | VisibleAccountsChanged
    | WindowUseChanged
    | ModelTestStarted
    | ModelTestProgress
    | ModelTestEnded
    | ConnectionChanged
    | ProxyChecked
    | SyncChanged
    | CodexHomesRead
    | CodexUseChanged
    | TroubleMet
    | WaitingChanged
    | ReleaseFound
    | IncidentFound
    | ImportChanged
    | ExportChanged
    | RemovalStarted
    | RemovalEnded
    | FeedbackGiven
    | FeedbackEnded
)
