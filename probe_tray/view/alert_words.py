"""An alert as a desktop notification: what happened, what it means, and the button that helps."""

from datetime import timedelta

from probe_tray.core.alerts import Alert, ExpiryAlert, Level, QuotaAlert
from probe_tray.core.quota import Window, WindowKind
from probe_tray.core.state import AppState
from probe_tray.ports import Button, Notification, Urgency
from probe_tray.view.cards import name
from probe_tray.view.times import Now, at, span, until
from probe_tray.view.translate import Translator

OPEN, LOG_IN = "open", "log in"
"""The actions of the buttons."""
_FULL = 100.0


def notification(alert: Alert, state: AppState, now: Now, t: Translator) -> Notification:
    """The notification for ``alert``; plain text without any secret."""
    account = state.account(alert.account)
    who = name(account) if account else t("An account")
    match alert:
        case QuotaAlert():
            return _quota(alert, who, now, t)
        case ExpiryAlert():
            return Notification(
                tag=f"expiry {alert.account.slug}",
                title=t("{who}: this login ends in {span}", who=who, span=span(alert.expires_at - now.moment, t)),
                body=t("Nothing renews it by itself. Log in again so that its quota stays in view."),
                buttons=(Button(LOG_IN, t("Log in again")), Button(OPEN, t("Open"))),
            )


def _quota(alert: QuotaAlert, who: str, now: Now, t: Translator) -> Notification:
    window, used = alert.window, f"{alert.window.used_percent:.0f}"
    title = t("{who}: {percent}% of {quota} used", who=who, percent=used, quota=_quota_name(window, t))
    if window.reset_at is None:
        body = t("The service does not say when it resets.")
    else:
        when = at(window.reset_at, now, t, long=True)
        body = t("It resets {relative}: {when}.", when=when, relative=until(window.reset_at, now, t))
    if window.used_percent >= _FULL:
        body = f"{t('There is no capacity before that.')} {body}"
    return Notification(
        tag=f"quota {alert.account.slug} {window.kind.value}",
        title=title,
        body=body,
        buttons=(Button(OPEN, t("Open")),),
        urgency=Urgency.CRITICAL if alert.level is Level.CRITICAL else Urgency.NORMAL,
    )


def _quota_name(window: Window, t: Translator) -> str:
    match window.kind:
        case WindowKind.WEEKLY:
            return t("the weekly quota")
        case WindowKind.MONTHLY:
            return t("the monthly quota")
        case WindowKind.SHORT | WindowKind.OTHER:
            return t("the quota for {length}", length=span(timedelta(seconds=window.seconds or 18_000), t))
