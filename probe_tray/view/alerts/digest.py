"""Several alerts in one notification: counted by kind, with one account named."""

from collections.abc import Callable, Iterable
from functools import reduce

from probe_tray.core.alerts.alert import (
    Alert,
    CreditAlert,
    ExpiryAlert,
    Gravity,
    Level,
    LimitedAlert,
    LoginAlert,
    PaceAlert,
    QuotaAlert,
    RenewalFailedAlert,
    RenewedAlert,
    RestoredAlert,
    UnusableAlert,
    gravity,
)
from probe_tray.core.quota.snapshot import FIVE_HOURS, Window, WindowKind
from probe_tray.core.quota.window_levels import levels
from probe_tray.core.settings import Percentages, Settings
from probe_tray.core.state import AppState
from probe_tray.view.text.percentages import shown
from probe_tray.view.text.translate import Translator

_MOST_LINES = 6
"""What the usual desktops show of a notification without cutting it."""
_GOOD_NEWS = RestoredAlert | RenewedAlert


def digest(batch: tuple[Alert, ...], state: AppState, say: Callable[[Alert], str], t: Translator) -> tuple[str, str]:
    """Title and body; ``say`` is the one sentence about an alert alone.

    A few are said one by one. Of many each kind is counted, and one account is named: the pinned one where it is
    among them, else the tightest.
    """
    ranked = by_gravity(batch)
    counted = _counted(ranked, state.settings, t)
    if len(ranked) > _MOST_LINES:
        lines = [say(_named(ranked, state)), *counted[1:]]
        return counted[0], "\n".join(lines[:_MOST_LINES])
    lines = [say(alert) for alert in ranked]
    if len({alert.account for alert in ranked}) == 1:
        return lines[0], "\n".join(lines[1:])
    bad = len({alert.account for alert in ranked if not isinstance(alert, _GOOD_NEWS)})
    if len(counted) == 1 or not bad:
        return _listed(counted, t), "\n".join(lines)
    return t.plural("{n} account needs a look", "{n} accounts need a look", bad), "\n".join(lines)


def by_gravity(batch: Iterable[Alert]) -> list[Alert]:
    """The gravest first, then the tightest."""
    order = list(Gravity)
    return sorted(batch, key=lambda a: (order.index(gravity(a)), -_used(a)))


def _named(ranked: list[Alert], state: AppState) -> Alert:
    return next((a for a in ranked if a.account.slug == state.pinned), ranked[0])


def _used(alert: Alert) -> float:
    return alert.window.used_percent if isinstance(alert, QuotaAlert | PaceAlert) else 0.0


def _counted(ranked: list[Alert], settings: Settings, t: Translator) -> list[str]:
    """A sentence for each kind, the gravest first."""
    kinds: dict[object, list[Alert]] = {}
    for alert in ranked:
        kinds.setdefault(_kind(alert), []).append(alert)
    return [_count(alerts, settings, t) for alerts in kinds.values()]


def _kind(alert: Alert) -> object:
    return _limit_kind(alert.window) if isinstance(alert, QuotaAlert) else type(alert)


def _limit_kind(window: Window) -> WindowKind:
    usual = window.kind is not WindowKind.SHORT or window.named_seconds == FIVE_HOURS
    return window.kind if usual else WindowKind.OTHER


def _count(alerts: list[Alert], settings: Settings, t: Translator) -> str:
    n = len(alerts)
    match alerts[0]:
        case QuotaAlert():
            return _limits([a for a in alerts if isinstance(a, QuotaAlert)], settings, t)
        case LoginAlert():
            return t.plural("{n} account needs you to log in again", "{n} accounts need you to log in again", n)
        case UnusableAlert():
            return t.plural("{n} account can't be used", "{n} accounts can't be used", n)
        case LimitedAlert():
            return t.plural("{n} account has no capacity", "{n} accounts have no capacity", n)
        case RenewalFailedAlert():
            return t.plural("{n} login couldn't be renewed", "{n} logins couldn't be renewed", n)
        case ExpiryAlert():
            return t.plural("{n} login ends soon", "{n} logins end soon", n)
        case PaceAlert():
            return t.plural("{n} limit will run out early", "{n} limits will run out early", n)
        case CreditAlert():
            return t.plural(
                "{n} account has reset credits that expire soon", "{n} accounts have reset credits that expire soon", n
            )
        case RestoredAlert():
            return t.plural("{n} account has capacity again", "{n} accounts have capacity again", n)
        case RenewedAlert():
            return t.plural("{n} login was renewed", "{n} logins were renewed", n)


def _limits(alerts: list[QuotaAlert], settings: Settings, t: Translator) -> str:
    """How many limits of one kind are used up, and how many above each level: "57 … are used up, 34 are above 95%"."""
    steps: dict[tuple[Level, int], int] = {}
    for alert in alerts:
        wanted = levels(alert.window, settings)
        percent = {Level.WARNING: wanted.warning, Level.CRITICAL: wanted.critical, Level.EXHAUSTED: 100}[alert.level]
        steps[alert.level, percent] = steps.get((alert.level, percent), 0) + 1
    parts: list[str] = []
    for (level, percent), n in sorted(steps.items(), key=lambda step: -step[0][1]):
        if parts:
            # The kind is plain from the part before.
            parts.append(_also_above(n, percent, settings.percentages, t))
        elif level is Level.EXHAUSTED:
            parts.append(_used_up(_limit_kind(alerts[0].window), n, t))
        else:
            kind = _limit_kind(alerts[0].window)
            parts.append(
                _above(kind, n, str(percent), t)
                if settings.percentages is Percentages.USED
                else _below(kind, n, str(shown(percent, settings.percentages)), t)
            )
    return _listed(parts, t)


def _listed(parts: list[str], t: Translator) -> str:
    return reduce(lambda first, second: t("{first}, {second}", first=first, second=second), parts)


def _also_above(n: int, percent: int, wanted: Percentages, t: Translator) -> str:
    number = str(shown(percent, wanted))
    if wanted is Percentages.USED:
        return t.plural("{n} is above {percent}%", "{n} are above {percent}%", n, percent=number)
    return t.plural("{n} has less than {percent}% left", "{n} have less than {percent}% left", n, percent=number)


def _used_up(kind: WindowKind, n: int, t: Translator) -> str:
    match kind:
        case WindowKind.SHORT:
            return t.plural("{n} 5-hour limit is used up", "{n} 5-hour limits are used up", n)
        case WindowKind.WEEKLY:
            return t.plural("{n} weekly limit is used up", "{n} weekly limits are used up", n)
        case WindowKind.MONTHLY:
            return t.plural("{n} monthly limit is used up", "{n} monthly limits are used up", n)
        case WindowKind.BUDGET:
            return t.plural("{n} credit budget is used up", "{n} credit budgets are used up", n)
        case WindowKind.OTHER:
            return t.plural("{n} other limit is used up", "{n} other limits are used up", n)


def _above(kind: WindowKind, n: int, p: str, t: Translator) -> str:
    match kind:
        case WindowKind.SHORT:
            return t.plural(
                "{n} 5-hour limit is above {percent}%", "{n} 5-hour limits are above {percent}%", n, percent=p
            )
        case WindowKind.WEEKLY:
            return t.plural(
                "{n} weekly limit is above {percent}%", "{n} weekly limits are above {percent}%", n, percent=p
            )
        case WindowKind.MONTHLY:
            return t.plural(
                "{n} monthly limit is above {percent}%", "{n} monthly limits are above {percent}%", n, percent=p
            )
        case WindowKind.BUDGET:
            return t.plural(
                "{n} credit budget is above {percent}%", "{n} credit budgets are above {percent}%", n, percent=p
            )
        case WindowKind.OTHER:
            return t.plural(
                "{n} other limit is above {percent}%", "{n} other limits are above {percent}%", n, percent=p
            )


def _below(kind: WindowKind, n: int, p: str, t: Translator) -> str:
    match kind:
        case WindowKind.SHORT:
            return t.plural(
                "{n} 5-hour limit has less than {percent}% left",
                "{n} 5-hour limits have less than {percent}% left",
                n,
                percent=p,
            )
        case WindowKind.WEEKLY:
            return t.plural(
                "{n} weekly limit has less than {percent}% left",
                "{n} weekly limits have less than {percent}% left",
                n,
                percent=p,
            )
        case WindowKind.MONTHLY:
            return t.plural(
                "{n} monthly limit has less than {percent}% left",
                "{n} monthly limits have less than {percent}% left",
                n,
                percent=p,
            )
        case WindowKind.BUDGET:
            return t.plural(
                "{n} credit budget has less than {percent}% left",
                "{n} credit budgets have less than {percent}% left",
                n,
                percent=p,
            )
        case WindowKind.OTHER:
            return t.plural(
                "{n} other limit has less than {percent}% left",
                "{n} other limits have less than {percent}% left",
                n,
                percent=p,
            )
