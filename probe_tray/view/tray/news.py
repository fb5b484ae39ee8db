"""What of a check is news to whoever sees no more than icon, tooltip and menu."""

import enum
from datetime import datetime
from operator import attrgetter
from typing import Final, NamedTuple

from probe_tray.core.account.condition import USABLE, Condition, condition, is_recent, local_time, login_end, tightest
from probe_tray.core.quota.snapshot import Limit, Snapshot, Window
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState
from probe_tray.view.view_models import Tray

_BY_NUMBERS: Final = USABLE | {Condition.LIMITED}
"""The conditions of which nothing says how old they are, or that they are looked into."""
_IN_WINDOWS: Final = frozenset({"snapshot", "checking", "checked_at", "next_check", "paces", "trend"})
_COMPARED: Final = frozenset({"main", "code_review", "extra", "windows", "reset_at", "taken_at", "clock_offset"})
# Each check of an account asks three times: a tuple of all fields takes a tenth of the time of one after the other.
_of_account: Final = attrgetter(*(name for name in AccountState.__struct_fields__ if name not in _IN_WINDOWS))
_of_snapshot: Final = attrgetter(*(name for name in Snapshot.__struct_fields__ if name not in _COMPARED))
_of_limit: Final = attrgetter(*(name for name in Limit.__struct_fields__ if name not in _COMPARED))
_of_window: Final = attrgetter(*(name for name in Window.__struct_fields__ if name not in _COMPARED))


class _Resets(NamedTuple):
    """Compares when windows are reset, as clocks without seconds show it."""

    before: Snapshot
    after: Snapshot
    now: datetime

    def look_alike(self, there: Window, here: Window) -> bool:
        if there.reset_at is None or here.reset_at is None:
            return there.reset_at is here.reset_at
        return self._shown(there.reset_at, self.before) == self._shown(here.reset_at, self.after)

    def _shown(self, moment: datetime, snapshot: Snapshot) -> tuple[datetime, tuple[datetime, bool]]:
        # By the first of them accounts are ranked.
        return moment.replace(second=0, microsecond=0), _as_shown(local_time(moment, snapshot), self.now)


class News(enum.Enum):
    """What has something else to say."""

    NONE = "nothing"
    MENU = "the menu"
    ICON = "the icon or its tooltip, and the menu"


def news(before: AppState, after: AppState, shown: Tray, now: datetime) -> News:
    """What has something else to say at ``now`` (aware UTC) of ``after`` than of ``before``; ``shown`` is said now.

    Both have the same accounts in the same places, and differ in these alone. Most checks bring what was known, of an
    account that nobody works with, and of the others few are about the account in the icon.
    """
    found, settings = News.NONE, after.settings
    for here in after.accounts_not_in(before):
        there = before.account(here.key)
        if there is not None and _differ(there, here, settings, now):
            if _is_in_icon(there, here, shown, settings, now):
                return News.ICON
            found = News.MENU
    return found


def _is_in_icon(before: AccountState, after: AccountState, shown: Tray, settings: Settings, now: datetime) -> bool:
    """Whether icon or tooltip may say something else: they count conditions, and are about one account."""
    if before.snapshot is None or after.snapshot is None or shown.about is None or after.key == shown.about:
        return True
    if _of_account(before) != _of_account(after) or before.snapshot.plan != after.snapshot.plan:
        # Such as the one in use now; and of two with one name each is told with its plan.
        return True
    if not after.snapshot.main.windows:
        # It is told that it is being asked for.
        return True
    is_tighter = shown.tightest is not None and tightest(after.snapshot) >= shown.tightest
    return is_tighter or condition(before, settings, now) is not condition(after, settings, now)


def _differ(before: AccountState, after: AccountState, settings: Settings, now: datetime) -> bool:
    there, here = before.snapshot, after.snapshot
    if there is None or here is None or not here.main.windows:
        # Then it is told whether it is being asked for, and when that was.
        return True
    if _of_account(before) != _of_account(after):
        return True
    if there is here and before.checked_at == after.checked_at:
        # The next check was planned, or has begun: that says something of old numbers alone.
        return not is_recent(here, settings, now)
    if not _same_numbers(there, here, now) or not _end_alike(login_end(before), login_end(after), now):
        return True
    what = condition(after, settings, now)
    return what not in _BY_NUMBERS or condition(before, settings, now) is not what


def _end_alike(there: datetime | None, here: datetime | None, now: datetime) -> bool:
    """Whether two ends of a login look alike: by the clock of each check they may be another moment, or none."""
    if there is None or here is None or there == here:
        return there == here
    return _as_shown(there, now) == _as_shown(here, now)


def _as_shown(moment: datetime, now: datetime) -> tuple[datetime, bool]:
    return moment.replace(second=0, microsecond=0), moment <= now


def _same_numbers(before: Snapshot, after: Snapshot, now: datetime) -> bool:
    if len(before.extra) != len(after.extra) or _of_snapshot(before) != _of_snapshot(after):
        return False
    there, here = (before.main, before.code_review, *before.extra), (after.main, after.code_review, *after.extra)
    pairs = zip(there, here, strict=True)
    resets = _Resets(before, after, now)
    return all(_same_limit(one, other, resets) for one, other in pairs)


def _same_limit(one: Limit | None, other: Limit | None, resets: _Resets) -> bool:
    if one is None or other is None:
        return one is other
    if len(one.windows) != len(other.windows) or _of_limit(one) != _of_limit(other):
        return False
    windows = zip(one.windows, other.windows, strict=True)
    return all(_of_window(there) == _of_window(here) and resets.look_alike(there, here) for there, here in windows)
