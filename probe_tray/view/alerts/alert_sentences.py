"""Each alert in two sentences: what happened, and what it means."""

from datetime import datetime
from typing import assert_never

import msgspec

from probe_tray.core.account.condition import free_at, local_end, local_time
from probe_tray.core.alerts.alert import (
    Alert,
    CreditAlert,
    ExpiryAlert,
    Level,
    LimitedAlert,
    LoginAlert,
    PaceAlert,
    QuotaAlert,
    RenewalFailedAlert,
    RenewedAlert,
    RestoredAlert,
    UnusableAlert,
)
from probe_tray.core.errors import OfficialExpiredError
from probe_tray.core.quota.snapshot import Window
from probe_tray.core.quota.usage_parser import used_up_window
from probe_tray.core.settings import Percentages
from probe_tray.core.state import AccountState
from probe_tray.view.panel.looks import label, ordered
from probe_tray.view.panel.renewal_status import replace_token
from probe_tray.view.text.percentages import shown
from probe_tray.view.text.reasons import own_reason, quota_name, used_up
from probe_tray.view.text.sentences import unused_credits
from probe_tray.view.text.times import Now, at, date, is_today
from probe_tray.view.text.translate import Translator


class Sentences(msgspec.Struct, frozen=True):
    """What a notification says."""

    title: str
    body: str


def sentences(
    alert: Alert, account: AccountState | None, who: str, wanted: Percentages, now: Now, t: Translator
) -> Sentences:
    """What ``alert`` says about ``account``, which is called ``who``; the account may be gone meanwhile."""
    match alert:
        case QuotaAlert(level=Level.EXHAUSTED, window=window):
            title = t("{who}: {quota} is used up", who=who, quota=quota_name(window, t))
            return Sentences(title, _until_reset(window, account, now, t))
        case QuotaAlert(window=window):
            return Sentences(_level(window, who, wanted, t), _reset(window, account, now, t))
        case LimitedAlert():
            return _limited(account, who, now, t)
        case RestoredAlert():
            return Sentences(t("{who}: there is capacity again", who=who), _numbers(account, wanted, t))
        case PaceAlert(window=window):
            title = t("{who}: {quota} will run out early", who=who, quota=quota_name(window, t))
            return Sentences(title, t.joined((_runs_out(alert, account, now, t), _reset(window, account, now, t))))
        case ExpiryAlert():
            return _ends(alert, account, who, now, t)
        case RenewedAlert():
            title = t("{who}: the login was renewed", who=who)
            return Sentences(title, t("It lasts until {date}.", date=date(_login_end(alert, account), now, t)))
        case RenewalFailedAlert(problem=problem):
            title = t("{who}: the login couldn't be renewed", who=who)
            return Sentences(title, t.told(problem))
        case LoginAlert():
            return Sentences(_ended(account, who, t), _why_ended(account, t))
        case UnusableAlert(problem=problem):
            title = t("{who}: this account can't be used at the moment", who=who)
            return Sentences(title, t.told(problem))
        case CreditAlert():
            return _credits(alert, account, who, now, t)
        case _:
            assert_never(alert)


def _until_reset(window: Window, account: AccountState | None, now: Now, t: Translator) -> str:
    snapshot = None if account is None else account.snapshot
    # Another one may keep from working for longer.
    last = (None if snapshot is None else used_up_window(snapshot)) or window
    body = _no_capacity(_local(last.reset_at, account), now, t)
    return t.joined([body, *_reasons(account, t), _unused_credits(account, now, t)])


def _runs_out(alert: PaceAlert, account: AccountState | None, now: Now, t: Translator) -> str:
    when = _local(alert.runs_out_at, account) or alert.runs_out_at
    moment = at(when, now, t, long=True)
    if is_today(when, now):
        return t("At this pace it runs out at {when}.", when=moment)
    return t("At this pace it runs out {when}.", when=moment)


def _level(window: Window, who: str, wanted: Percentages, t: Translator) -> str:
    percent, quota = str(shown(window.used_percent, wanted)), quota_name(window, t)
    if wanted is Percentages.USED:
        return t("{who}: {percent}% of {quota} used", who=who, percent=percent, quota=quota)
    return t("{who}: {percent}% of {quota} left", who=who, percent=percent, quota=quota)


def _ends(alert: ExpiryAlert, account: AccountState | None, who: str, now: Now, t: Translator) -> Sentences:
    end = _login_end(alert, account)
    when, today = at(end, now, t, long=True), is_today(end, now)
    title = (
        t("{who}: this login ends at {when}", who=who, when=when)
        if today
        else t("{who}: this login ends {when}", who=who, when=when)
    )
    if account is None:
        return Sentences(title, "")
    problem = account.renewal.problem
    if problem is not None:
        body = t("Probe Tray hasn't been able to renew it: {reason}", reason=t.title(problem))
    elif account.personal:
        body = replace_token(t)
    elif account.renewable:
        body = t("Automatic renewal is off. Renew it now to keep seeing its quota.")
    else:
        body = t("It isn't renewed automatically. Log in again to keep seeing its quota.")
    return Sentences(title, body)


def _limited(account: AccountState | None, who: str, now: Now, t: Translator) -> Sentences:
    title = t("{who}: no capacity", who=who)
    snapshot = None if account is None else account.snapshot
    if snapshot is None:
        return Sentences(title, "")
    reason, end = used_up(snapshot, t), free_at(snapshot, now.moment)
    if end is None:
        said = t("No capacity: {reason}.", reason=reason)
    else:
        said = t("No capacity until {when}: {reason}.", when=at(end, now, t, long=True), reason=reason)
    return Sentences(title, t.joined((said, unused_credits(snapshot, now, t))))


def _no_capacity(reset: datetime | None, now: Now, t: Translator) -> str:
    if reset is None:
        return t("OpenAI doesn't say when it resets.")
    return t("No capacity until {when}.", when=at(reset, now, t, long=True))


def _reasons(account: AccountState | None, t: Translator) -> list[str]:
    """What the service says besides that a quota is used up, as a sentence."""
    reason = "" if account is None or account.snapshot is None else own_reason(account.snapshot, t)
    return [t("Why: {reason}.", reason=reason)] if reason else []


def _unused_credits(account: AccountState | None, now: Now, t: Translator) -> str:
    return "" if account is None or account.snapshot is None else unused_credits(account.snapshot, now, t)


def _reset(window: Window, account: AccountState | None, now: Now, t: Translator) -> str:
    reset = _local(window.reset_at, account)
    if reset is None:
        return t("OpenAI doesn't say when it resets.")
    when = at(reset, now, t, long=True)
    return t("Resets at {when}.", when=when) if is_today(reset, now) else t("Resets {when}.", when=when)


def _credits(alert: CreditAlert, account: AccountState | None, who: str, now: Now, t: Translator) -> Sentences:
    end = _local(alert.expires_at, account) or alert.expires_at
    title = t.plural(
        "{who}: {n} reset credit expires soon", "{who}: {n} reset credits expire soon", alert.count, who=who
    )
    body = t("It resets a used-up quota at once. Use it before {when}.", when=at(end, now, t, long=True))
    return Sentences(title, body)


def _ended(account: AccountState | None, who: str, t: Translator) -> str:
    if account is not None and account.personal:
        return t("{who}: the access token has ended", who=who)
    official = account is not None and account.official
    return t("{who}: start Codex once", who=who) if official else t("{who}: log in again", who=who)


def _why_ended(account: AccountState | None, t: Translator) -> str:
    problems = [] if account is None else [p for p in (account.problem, account.renewal.problem) if p is not None]
    said = next((p for p in problems if p.kind.needs_login or p.is_a(OfficialExpiredError)), None)
    if account is not None and account.personal:
        return replace_token(t)
    if said is not None:
        return t.told(said)
    if account is not None and account.official:
        return t("The Codex client's login has ended. Start Codex once, or log in here.")
    return t("This login has ended and can't be renewed.")


def _numbers(account: AccountState | None, wanted: Percentages, t: Translator) -> str:
    windows = [] if account is None or account.snapshot is None else ordered(account.snapshot)
    numbers = " · ".join(
        t("{window} {percent}", window=label(w, t), percent=f"{shown(w.used_percent, wanted)}%") for w in windows
    )
    if not numbers:
        return t("You can use it again.")
    if wanted is Percentages.USED:
        return t("Used now: {numbers}.", numbers=numbers)
    return t("Left now: {numbers}.", numbers=numbers)


def _login_end(alert: ExpiryAlert | RenewedAlert, account: AccountState | None) -> datetime:
    return local_end(alert.expires_at, None if account is None else account.snapshot)


def _local(moment: datetime | None, account: AccountState | None) -> datetime | None:
    """A moment of the service's clock by this computer's."""
    if moment is None or account is None or account.snapshot is None:
        return moment
    return local_time(moment, account.snapshot)
