"""The alerts there are, the button that helps with each, and what is remembered of those that were said."""

import enum
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import Problem
from probe_tray.core.quota.snapshot import Window
from probe_tray.core.state import AccountState

SPENT = "no capacity"
"""The topic of what is remembered from the word that there is no capacity until the one that there is some again."""

Forecast = Callable[[AccountState, Window], datetime | None]
"""When a window of the main limit runs out before its reset, by the service's clock; None when it lasts, or nobody
knows."""


class Level(enum.Enum):
    """How far a window is used; the later ones are the higher ones."""

    WARNING = "warning"
    CRITICAL = "critical"
    EXHAUSTED = "exhausted"


class QuotaAlert(msgspec.Struct, frozen=True, kw_only=True):
    """A window has reached a level."""

    account: AccountKey
    window: Window
    level: Level


class LimitedAlert(msgspec.Struct, frozen=True, kw_only=True):
    """The service says that there is no capacity, although no window is full (a spending limit, for one)."""

    account: AccountKey


class RestoredAlert(msgspec.Struct, frozen=True, kw_only=True):
    """There is capacity again, after it was said that there is none."""

    account: AccountKey


class PaceAlert(msgspec.Struct, frozen=True, kw_only=True):
    """A window runs out before its reset if it is used on like this."""

    account: AccountKey
    window: Window
    runs_out_at: datetime
    """By the service's clock."""


class ExpiryAlert(msgspec.Struct, frozen=True, kw_only=True):
    """A login ends soon and nothing renews it."""

    account: AccountKey
    expires_at: datetime


class RenewedAlert(msgspec.Struct, frozen=True, kw_only=True):
    """A login was renewed."""

    account: AccountKey
    expires_at: datetime


class RenewalFailedAlert(msgspec.Struct, frozen=True, kw_only=True):
    """A login could not be renewed, for a reason that does not go away by waiting."""

    account: AccountKey
    problem: Problem


class LoginAlert(msgspec.Struct, frozen=True, kw_only=True):
    """A login has ended: only signing in again helps."""

    account: AccountKey


class UnusableAlert(msgspec.Struct, frozen=True, kw_only=True):
    """The service says that an account or its workspace cannot be used; neither a renewal nor a login helps."""

    account: AccountKey
    problem: Problem


class CreditAlert(msgspec.Struct, frozen=True, kw_only=True):
    """Reset credits are lost soon unless they are used."""

    account: AccountKey
    count: int
    expires_at: datetime
    """When the first of them is lost."""


LimitAlert = QuotaAlert | LimitedAlert | PaceAlert
"""Those about a limit that is used up or soon will be: a muted account says none of them until it is reset."""

Alert = (
    LimitAlert
    | RestoredAlert
    | ExpiryAlert
    | RenewedAlert
    | RenewalFailedAlert
    | LoginAlert
    | UnusableAlert
    | CreditAlert
)


class AlertHelp(enum.Enum):
    """What the buttons of a notification do."""

    OPEN = "open"
    LOG_IN = "log in"
    RENEW = "renew"
    NEXT = "next account"
    """Has the official client go on with the account that is suggested for the one in use there."""


class Gravity(enum.Enum):
    """How much an alert matters, the gravest first."""

    BLOCKED = "blocked"
    """Something does not work any more."""
    DANGER = "danger"
    """Something will soon not work."""
    NEWS = "news"


def help_with(alert: Alert, account: AccountState | None) -> AlertHelp:
    """The button that helps with ``alert``."""
    match alert:
        case LoginAlert() | ExpiryAlert() if account is not None and account.personal:
            # What helps is a new one from where it was made.
            return AlertHelp.OPEN
        case LoginAlert():
            return AlertHelp.LOG_IN
        case RenewalFailedAlert():
            return AlertHelp.RENEW
        case ExpiryAlert():
            return AlertHelp.RENEW if account is not None and account.renewable else AlertHelp.LOG_IN
        case (
            QuotaAlert()
            | LimitedAlert()
            | RestoredAlert()
            | PaceAlert()
            | RenewedAlert()
            | UnusableAlert()
            | CreditAlert()
        ):
            return AlertHelp.OPEN


def asks_for_another(alert: Alert) -> bool:
    """Whether ``alert`` is a reason to go on with another account, should this one be in use."""
    match alert:
        case LimitedAlert() | QuotaAlert(level=Level.CRITICAL | Level.EXHAUSTED):
            return True
        case (
            QuotaAlert()
            | RestoredAlert()
            | PaceAlert()
            | CreditAlert()
            | LoginAlert()
            | ExpiryAlert()
            | RenewalFailedAlert()
            | RenewedAlert()
            | UnusableAlert()
        ):
            return False


def helped_account(
    batch: tuple[Alert, ...], wanted: AlertHelp, accounts: tuple[AccountState, ...]
) -> AccountKey | None:
    """The account that a button of the notification for ``batch`` is about; None where it is about no single one."""
    known = {a.key: a for a in accounts}
    found = {a.account for a in batch if wanted is AlertHelp.OPEN or help_with(a, known.get(a.account)) is wanted}
    return found.pop() if len(found) == 1 else None


def gravity(alert: Alert) -> Gravity:
    """How much ``alert`` matters."""
    match alert:
        case LoginAlert() | UnusableAlert() | LimitedAlert() | QuotaAlert(level=Level.EXHAUSTED):
            return Gravity.BLOCKED
        case QuotaAlert(level=Level.CRITICAL) | ExpiryAlert() | RenewalFailedAlert():
            return Gravity.DANGER
        case QuotaAlert() | RestoredAlert() | PaceAlert() | RenewedAlert() | CreditAlert():
            return Gravity.NEWS


def is_passing(alert: Alert) -> bool:
    """Whether ``alert`` is worth nothing any more when quiet hours are over."""
    match alert:
        case PaceAlert() | RenewedAlert() | QuotaAlert(level=Level.WARNING):
            return True
        case (
            QuotaAlert()
            | LimitedAlert()
            | RestoredAlert()
            | ExpiryAlert()
            | RenewalFailedAlert()
            | LoginAlert()
            | UnusableAlert()
            | CreditAlert()
        ):
            return False


def is_on_card(alert: Alert) -> bool:
    """Whether an account's card in the panel says it too."""
    match alert:
        case CreditAlert() | RenewedAlert():
            return False
        case (
            QuotaAlert()
            | LimitedAlert()
            | RestoredAlert()
            | PaceAlert()
            | ExpiryAlert()
            | RenewalFailedAlert()
            | LoginAlert()
            | UnusableAlert()
        ):
            return True


class AlertRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was said of an account."""

    account: str
    """The account's slug: what is kept in a file shows no id."""
    topic: str
    mark: datetime | None = None
    """What it was about: the window's reset as it was heard last, the end of the login or of the credit."""
    used: float | None = None
    """The highest use of the window since, in percent; None where it is about no window."""
    forget_at: datetime
    """When it is of no use any more."""


class Mute(msgspec.Struct, frozen=True):
    """The person wants no notification about the quota of an account for a while."""

    account: str
    """The account's slug."""
    until: datetime


class AlertMemory(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What outlives a restart."""

    said: frozenset[AlertRecord] = frozenset()
    paused_until: datetime | None = None
    mutes: tuple[Mute, ...] = ()
    off_told: bool = False
    """Whether the person was told that notifications are turned off, and they were never on since."""

    @cached_property
    def by_account(self) -> Mapping[str, frozenset[AlertRecord]]:
        """What was said, by the slugs of the accounts."""
        found: dict[str, set[AlertRecord]] = {}
        for entry in self.said:
            found.setdefault(entry.account, set()).add(entry)
        return {slug: frozenset(entries) for slug, entries in found.items()}

    def with_said(self, said: Mapping[str, frozenset[AlertRecord]]) -> "AlertMemory":
        """The memory with ``said`` of the accounts of these slugs, in the place of what was said of them."""
        if not said:
            return self
        by_account = {slug: entries for slug, entries in {**self.by_account, **said}.items() if entries}
        after = replace(self, said=frozenset[AlertRecord]().union(*by_account.values()))
        # A check changes what was said of one account among a thousand.
        vars(after)["by_account"] = by_account
        return after


class AccountAlerts(NamedTuple):
    """What was said of one account."""

    account: str
    said: frozenset[AlertRecord]

    @property
    def spent(self) -> bool:
        """Whether it was said that there is no capacity, and not yet that there is some again."""
        return any(entry.topic == SPENT for entry in self.said)

    @property
    def topics(self) -> frozenset[str]:
        """Everything that was said."""
        return frozenset(entry.topic for entry in self.said)

    def marks(self, topic: str) -> list[datetime | None]:
        """What was said under ``topic``."""
        return [entry.mark for entry in self.said if entry.topic == topic]


class AlertCandidate(NamedTuple):
    """An alert that is worth saying, and what is to be remembered when it is."""

    alert: Alert
    says: frozenset[AlertRecord]
    spent: bool | None = None
    """Whether it says that there is no capacity (True) or some again (False)."""
    takes_back: frozenset[str] = frozenset()
    """The topics that it contradicts: they are said again when they hold again."""
