"""The one frozen state of the program. It holds no token: what is not here cannot be shown by mistake."""

import enum
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cached_property
from itertools import compress
from operator import is_not
from typing import Final

import msgspec
from msgspec.structs import replace

from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.account.credential import ApiKeyLogin
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.owner import Owner
from probe_tray.core.codex.codex_state import CodexState
from probe_tray.core.errors import Problem
from probe_tray.core.feedback import Feedback
from probe_tray.core.models.model_test import ModelRun, ModelTest
from probe_tray.core.polling.situation import Situation
from probe_tray.core.quota.forecast import Pace
from probe_tray.core.quota.history import Details, Trend
from probe_tray.core.quota.snapshot import Snapshot
from probe_tray.core.service.connection import ConnectionCheck
from probe_tray.core.service.incident import Incident
from probe_tray.core.settings import IconAccount, Settings, SettingsPatch
from probe_tray.core.sync.setup import SyncState
from probe_tray.core.transfer.state import ExportState, ImportState
from probe_tray.core.update.release import Release

_LONGEST_LOG: Final = 1000
"""Changes after which a state begins to count anew."""


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A file or record that could not be read as a login, and why. It is left as it was."""

    location: str
    problem: Problem


class RenewalState(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is known of an account's renewals. Times are aware UTC."""

    running: bool = False
    next_at: datetime | None = None
    """When the program means to renew it by itself; None when it never will."""
    last_at: datetime | None = None
    problem: Problem | None = None
    """Why the last one failed; None when it went well or there was none."""


class AccountState(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One account as the program knows it."""

    key: AccountKey
    stores: tuple[StoreKind, ...]
    """Where its login lives, the newest first."""
    location: str = ""
    email: str = ""
    alias: str = ""
    """The person's own name for it."""
    workspace: str = ""
    plan: str = ""
    """By the tokens; the snapshot's plan is fresher."""
    expires_at: datetime | None = None
    """End of the access token."""
    renewable: bool = False
    """Whether there is a refresh token that is ours to use."""
    renewed_at: datetime | None = None
    """When the tokens were obtained, by signing in or by a renewal; None where the record does not say."""
    personal: bool = False
    """Whether it is a personal access token, which nothing renews and a person replaces."""
    revocable: bool = False
    """Whether this program obtained the login, so that it may also end it at the service."""
    outdated: bool = False
    """Whether the official client itself holds a newer login of this account, and this one may be a copy of it."""
    snapshot: Snapshot | None = None
    """The newest; at the start the one that an earlier run of the program kept."""
    paces: tuple[Pace, ...] = ()
    """The use of each window so far, from which its end is forecast."""
    trend: Trend | None = None
    checking: bool = False
    checked_at: datetime | None = None
    """The last try of this run, whatever came of it."""
    next_check: datetime | None = None
    problem: Problem | None = None
    """Why the last check failed; None when it went well or there was none."""
    renewal: RenewalState = RenewalState()
    models: ModelTest | None = None
    """The last test of its models; None before the first."""
    muted_until: datetime | None = None
    """Until when nothing is notified of its quota, aware UTC; None where all is."""

    @property
    def owner(self) -> Owner:
        """Whose it is, as its tokens say."""
        return Owner(self.key.account_id, self.key.user_id, self.email)

    @property
    def official(self) -> bool:
        """Whether the login belongs to the official client, so that it is only ever read."""
        return self.stores == (StoreKind.OFFICIAL,)

    @property
    def in_use(self) -> bool:
        """Whether the official client is logged in with this account."""
        return StoreKind.OFFICIAL in self.stores


class Way(enum.Enum):
    """How a person signs in."""

    BROWSER = "browser"
    """In a browser here, which calls back on loopback."""
    CODE = "code"
    """With a short code, typed into a page on any device."""
    PASTE = "paste"
    """In any browser; the person brings the callback's address back by hand."""


class LoginPhase(enum.Enum):
    """How far a login has come."""

    OPENING = "opening"
    WAITING = "waiting"
    EXCHANGING = "exchanging"
    DONE = "done"
    FAILED = "failed"


class LoginState(msgspec.Struct, frozen=True, kw_only=True):
    """The login that runs or that ended last."""

    phase: LoginPhase
    way: Way = Way.BROWSER
    account: AccountKey | None = None
    """The account it is for (signing in again), or that it brought (done)."""
    port: int | None = None
    """Where the browser is waited for; None where nothing listens."""
    user_code: str = ""
    """What the person types into ``page``: shown, and of no use to anybody who does not sign in."""
    page: str = ""
    """The address for the user code, the same for everybody."""
    ends_at: datetime | None = None
    """When waiting ends by itself, aware UTC."""
    problem: Problem | None = None
    """Why it failed; while waiting: what needs a hand (no browser)."""
    pasted: Problem | None = None
    """Why the address that was pasted last did not help."""
    unsaved: bool = False
    """It failed after the service had said yes: the tokens wait in memory for a store that takes them."""
    clock_off: timedelta | None = None
    """How far the service's clock is ahead of this computer's, where that is more than two minutes."""


class RenewalRound(msgspec.Struct, frozen=True, kw_only=True):
    """What came of renewing all that were due because a person asked."""

    ended_at: datetime | None = None
    """Aware UTC; None while it runs."""
    renewed: int = 0
    fresh: int = 0
    """Not due by the policy."""
    failed: int = 0
    unable: int = 0
    """Logins that nothing can renew: they came without a refresh token."""


class UnsavedChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of the settings that could not be saved."""

    change: SettingsPatch
    problem: Problem


class AppState(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Everything the views are drawn from."""

    settings: Settings = Settings()
    unsaved: UnsavedChange | None = None
    """The last change of the settings, where it failed."""
    loaded: bool = False
    """Whether the stores have been read once."""
    accounts: tuple[AccountState, ...] = ()
    removing: tuple[AccountState, ...] = ()
    """Those that the person has just removed, as long as that can be undone: the stores hold their logins still."""
    feedback: tuple[Feedback, ...] = ()
    """What was done last, the newest at the end."""
    unreadable: tuple[Unreadable, ...] = ()
    store_problems: tuple[tuple[StoreKind, Problem], ...] = ()
    api_key: ApiKeyLogin | None = None
    login: LoginState | None = None
    model_run: ModelRun | None = None
    """The test of models that runs or that ran last."""
    connection: ConnectionCheck = ConnectionCheck()
    sync: SyncState = SyncState()
    codex: CodexState = CodexState()
    """Which account the official client works with, and the last hand-over."""
    importing: ImportState | None = None
    exporting: ExportState | None = None
    arrangement: Arrangement = Arrangement()
    details: Details | None = None
    """The past of the account that was looked at last."""
    round: RenewalRound | None = None
    """The last one that was asked for."""
    situation: Situation = Situation()
    paused_until: datetime | None = None
    """Until when no notification is wanted, aware UTC; None while they are."""
    notifications_allowed: bool | None = None
    """Whether the person lets the program show notifications; None while nobody has found out."""
    visible_accounts: frozenset[AccountKey] = frozenset()
    """The accounts that the panel shows while it is open and in front."""
    windows_in_use: bool = False
    """Whether one of the program's own windows is in front, and somebody is there to use it."""
    waiting: bool = False
    """Whether work waits for another process of this program."""
    release: Release | None = None
    """A newer version than the one that runs; None while nothing is known of one, or nobody wants to know."""
    incident: Incident | None = None
    """What the service's status page names while checks fail; None while nothing is known of any."""
    trouble: Problem | None = None
    """What went wrong last outside any account or login, until the person has read it."""
    proxy_problem: Problem | None = None
    """Why the proxy that was found or entered cannot be used: until then nothing is asked of the service."""

    @property
    def pinned(self) -> str:
        """The slug of the account that the person has chosen for the icon; empty where there is none."""
        return self.arrangement.in_icon if self.settings.icon_account is IconAccount.PINNED else ""

    def logged_out_in_codex(self, key: AccountKey) -> bool:
        """Whether the account's login has ended because somebody logged out, or logged in anew, in the client."""
        account = self.account(key)
        if account is None or key not in self.codex.logged_out:
            return False
        return any(p is not None and p.kind.needs_login for p in (account.problem, account.renewal.problem))

    def account(self, key: AccountKey) -> AccountState | None:
        """The account of that key."""
        place = self.place(key)
        return None if place is None else self.accounts[place]

    def place(self, key: AccountKey) -> int | None:
        """Where among the accounts that key is."""
        return self._places.get(key)

    def with_account(self, place: int, account: AccountState) -> "AppState":
        """The state with ``account`` in that place, in which an account of the same key was."""
        return self.with_accounts((*self.accounts[:place], account, *self.accounts[place + 1 :]), [place])

    def with_accounts(self, accounts: tuple[AccountState, ...], changed: Collection[int] | None = None) -> "AppState":
        """The state with ``accounts``, which have the same keys in the same places as those that it has.

        Only those in the places ``changed`` are others; without it, any may be.
        """
        after = replace(self, accounts=accounts)
        # Each check of a thousand asks several times where an account is, and moves none.
        vars(after)["_places"] = self._places
        if changed is not None:
            log, length = self._changes
            if length < len(log) or length > _LONGEST_LOG:
                # Another state has gone on from this one.
                log = []
            log.extend(changed)
            vars(after)["_changes"] = log, len(log)
        return after

    def has_accounts_of(self, other: "AppState") -> bool:
        """Whether both have accounts of the same keys in the same places."""
        here, there = self._places, other._places  # noqa: SLF001 - another one of this class
        # Mostly one comes from the other by what moves none.
        return (here is there or here == there) and len(self.accounts) == len(other.accounts)

    def accounts_not_in(self, other: "AppState") -> tuple[AccountState, ...]:
        """The accounts that ``other`` has not, or has otherwise."""
        # States are frozen, so an account that is the same object has not changed.
        (log, end), (their_log, begin) = self._changes, other._changes  # noqa: SLF001 - as above
        if log is their_log:
            # Each check of one among a thousand asks this several times, mostly of one step.
            places = set(log[begin:end] or log[end:begin])
            here, there = self.accounts, other.accounts
            return tuple([here[place] for place in sorted(places) if here[place] is not there[place]])
        if self.has_accounts_of(other):
            return tuple(compress(self.accounts, map(is_not, self.accounts, other.accounts)))
        same = set(map(id, other.accounts))
        return tuple(account for account in self.accounts if id(account) not in same)

    @cached_property
    def _changes(self) -> tuple[list[int], int]:
        """The places of the accounts that have changed one after the other, and how many of them this state has seen.

        States that come from each other have the same list, to which only the last of them adds.
        """
        return [], 0

    @cached_property
    def _places(self) -> dict[AccountKey, int]:
        # Backwards: of two with the same key the first one counts.
        return {account.key: place for place, account in reversed([*enumerate(self.accounts)])}
