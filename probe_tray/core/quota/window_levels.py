"""At how much use a person wants to be warned, by the length of the window."""

import msgspec

from probe_tray.core.quota.snapshot import Window, WindowKind
from probe_tray.core.settings import Settings

_DAY = 86_400
_LIKE_WEEKLY, _LIKE_MONTHLY = 4 * _DAY, 18 * _DAY


class WindowLevels(msgspec.Struct, frozen=True):
    """The two levels of a window, in percent used."""

    warning: int
    critical: int


def levels(window: Window, settings: Settings) -> WindowLevels:
    """The levels for ``window``.

    A window of no usual length follows the kind that its length is nearest to: below 4 days the 5-hour quota, below 18
    days the weekly one, above that the monthly one. A budget is reset once a month too.
    """
    warning, critical = settings.warn_used_percent, settings.critical_used_percent
    match _like(window):
        case WindowKind.WEEKLY:
            return WindowLevels(settings.warn_weekly_percent or warning, settings.critical_weekly_percent or critical)
        case WindowKind.MONTHLY | WindowKind.BUDGET:
            return WindowLevels(settings.warn_monthly_percent or warning, settings.critical_monthly_percent or critical)
        case WindowKind.SHORT | WindowKind.OTHER:
            return WindowLevels(warning, critical)


def _like(window: Window) -> WindowKind:
    if window.kind is not WindowKind.OTHER:
        return window.kind
    seconds = window.seconds or 0
    if seconds < _LIKE_WEEKLY:
        return WindowKind.SHORT
    return WindowKind.WEEKLY if seconds < _LIKE_MONTHLY else WindowKind.MONTHLY
