"""Moments and spans in a person's words, both ways: how long still, and when that is on the clock."""

from datetime import datetime, timedelta, tzinfo
from functools import cached_property

import msgspec

from probe_tray.view.text.translate import Translator, mark

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_WEEK_DAYS, _YEAR_DAYS = 7, 365
_DAYS = (mark("Mon"), mark("Tue"), mark("Wed"), mark("Thu"), mark("Fri"), mark("Sat"), mark("Sun"))
_LONG_DAYS = (
    mark("Monday"),
    mark("Tuesday"),
    mark("Wednesday"),
    mark("Thursday"),
    mark("Friday"),
    mark("Saturday"),
    mark("Sunday"),
)
_MONTHS = (
    mark("Jan"),
    mark("Feb"),
    mark("Mar"),
    mark("Apr"),
    mark("May"),
    mark("Jun"),
    mark("Jul"),
    mark("Aug"),
    mark("Sep"),
    mark("Oct"),
    mark("Nov"),
    mark("Dec"),
)


class Now(msgspec.Struct, frozen=True, dict=True):
    """When and where the words are read."""

    moment: datetime
    """Aware UTC."""
    zone: tzinfo

    @property
    def minute(self) -> int:
        """The minutes since 1970: words count in them."""
        return int(self.moment.timestamp() // _MINUTE)

    @cached_property
    def local(self) -> datetime:
        """``moment`` as the person has it, found once: the system is asked for it, and a thousand cards ask."""
        return self.moment.astimezone(self.zone)


def until(moment: datetime, now: Now, t: Translator) -> str:
    """How long it is to ``moment``: "in 38 min", "in 2 h 10 min", "in 2 d 4 h", "in 12 days"; "now" once it came."""
    seconds = (moment - now.moment).total_seconds()
    if seconds <= 0:
        return t("now")
    return t("in {span}", span=span(timedelta(seconds=seconds), t))


def span(length: timedelta, t: Translator) -> str:
    """A length of time in at most two units, whole minutes rounded up (a reset in 30 s is "1 min" away, not 0)."""
    seconds = length.total_seconds()
    minutes = max(1, -int(-seconds // _MINUTE))
    hours, rest = divmod(minutes, 60)
    days, day_hours = divmod(hours, 24)
    if not hours:
        return t("{m} min", m=str(minutes))
    if not days:
        return t("{h} h {m} min", h=str(hours), m=str(rest)) if rest else t("{h} h", h=str(hours))
    if days < _WEEK_DAYS:
        return t("{d} d {h} h", d=str(days), h=str(day_hours)) if day_hours else whole_days(days, t)
    return _days_or_years(days, t)


def _days_or_years(days: int, t: Translator) -> str:
    return whole_days(days, t) if days < _YEAR_DAYS else t.plural("{n} year", "{n} years", days // _YEAR_DAYS)


def whole_days(days: int, t: Translator) -> str:
    """So many days."""
    return t.plural("{n} day", "{n} days", days)


def ago(moment: datetime, now: Now, t: Translator) -> str:
    """How long ago ``moment`` was; "just now" within the last minute or in the future."""
    seconds = (now.moment - moment).total_seconds()
    return t("just now") if seconds < _MINUTE else t("{span} ago", span=age(moment, now, t))


def age(moment: datetime, now: Now, t: Translator) -> str:
    """The time since ``moment`` in one unit, rounded down."""
    seconds = int(max((now.moment - moment).total_seconds(), _MINUTE))
    if seconds < _HOUR:
        return t("{m} min", m=str(seconds // _MINUTE))
    if seconds < _DAY:
        return t("{h} h", h=str(seconds // _HOUR))
    return _days_or_years(seconds // _DAY, t)


def at(
    moment: datetime, now: Now, t: Translator, *, long: bool = False, brief: bool = False, about: bool = False
) -> str:
    """When that is: the hour alone only today, then "tomorrow 10:07", the weekday, and beyond a week the date.

    ``long``: as in a sentence. ``brief``: where there is no room for more than a weekday, nor for a year.
    ``about``: where nobody knows it to the minute: "tomorrow around 10:07".
    """
    local = moment.astimezone(now.zone)
    days, time = _midnights(local, now), _clock(local)
    time = t("around {clock}", clock=time) if about else time
    if days == 0:
        return time
    if days == 1 and not brief:
        return t("tomorrow {clock}", clock=time)
    if days == -1 and not brief:
        return t("yesterday {clock}", clock=time)
    if 0 < days < _WEEK_DAYS:
        names = _LONG_DAYS if long else _DAYS
        return t("{weekday} {clock}", weekday=t(names[local.weekday()]), clock=time)
    day = _date(local, now, t, brief=brief)
    return t("around {clock}", clock=day) if about else day


def stamp(moment: datetime, now: Now, t: Translator) -> str:
    """A moment that is past, exactly: "09:12" today, "yesterday 22:10", else "18 Nov 09:12"."""
    if _midnights(moment.astimezone(now.zone), now) in {0, -1}:
        return at(moment, now, t)
    return t("{date} {clock}", date=date(moment, now, t), clock=clock(moment, now))


def is_today(moment: datetime, now: Now) -> bool:
    """Whether :func:`at` says no more than the hour."""
    return not _midnights(moment.astimezone(now.zone), now)


def _midnights(local: datetime, now: Now) -> int:
    """How many midnights, as the person has them, lie before ``local``."""
    return (local.date() - now.local.date()).days


def weekday(moment: datetime, now: Now, t: Translator) -> str:
    """The day of the week of ``moment``: "Mon"."""
    return t(_DAYS[moment.astimezone(now.zone).weekday()])


def clock(moment: datetime, now: Now) -> str:
    """The time of day of ``moment``, "09:12": for a person only where the day is plain, else :func:`at`."""
    return _clock(moment.astimezone(now.zone))


def _clock(local: datetime) -> str:
    return f"{local.hour:02}:{local.minute:02}"


def date(moment: datetime, now: Now, t: Translator, *, brief: bool = False) -> str:
    """The day of ``moment``, with the year where it is another one, unless it is to be ``brief``."""
    return _date(moment.astimezone(now.zone), now, t, brief=brief)


def _date(local: datetime, now: Now, t: Translator, *, brief: bool) -> str:
    month = t(_MONTHS[local.month - 1])
    if brief or local.year == now.local.year:
        return t("{day} {month}", day=str(local.day), month=month)
    return t("{day} {month} {year}", day=str(local.day), month=month, year=str(local.year))


def both(moment: datetime, now: Now, t: Translator) -> str:
    """Both ways at once: "in 38 min · 14:30"; beyond a day whole days are exact enough: "in 4 d · Thu 09:00".

    Once it came, "now" says it all.
    """
    left = moment - now.moment
    if left <= timedelta(0):
        return until(moment, now, t)
    days = round(left / timedelta(days=1))
    relative = until(moment, now, t)
    if left >= timedelta(days=1):
        relative = t("in {span}", span=t("{d} d", d=str(days)))
    return t("{relative} · {absolute}", relative=relative, absolute=at(moment, now, t))


def widest(t: Translator) -> str:
    """The widest text of :func:`both` within a day."""
    left = t("in {span}", span=t("{h} h {m} min", h="22", m="22"))
    return t("{relative} · {absolute}", relative=left, absolute="22:22")
