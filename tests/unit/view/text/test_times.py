from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.resources import resource
from probe_tray.view.text.times import Now, ago, at, both, date, span, until
from probe_tray.view.text.translate import Translator, parse_po

EAST = timezone(timedelta(hours=1))
# Sunday, 14:52 for the person.
NOW = Now(datetime(2026, 11, 22, 13, 52, tzinfo=UTC), EAST)
ENGLISH = Translator()


def chinese() -> Translator:
    return Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))


def later(**how: float) -> datetime:
    return NOW.moment + timedelta(**how)


@pytest.mark.parametrize(
    ("moment", "english", "chinese_text"),
    [
        (later(seconds=20), "in 1 min · 14:52", "1 分钟后 · 14:52"),
        (later(minutes=38), "in 38 min · 15:30", "38 分钟后 · 15:30"),
        (later(hours=2), "in 2 h · 16:52", "2 小时后 · 16:52"),
        (later(hours=2, minutes=10), "in 2 h 10 min · 17:02", "2 小时 10 分后 · 17:02"),
        (later(hours=9, minutes=7), "in 9 h 7 min · 23:59", "9 小时 7 分后 · 23:59"),
        (later(hours=9, minutes=8), "in 9 h 8 min · tomorrow 00:00", "9 小时 8 分后 · 明天 00:00"),
        (later(hours=20), "in 20 h · tomorrow 10:52", "20 小时后 · 明天 10:52"),
        (later(days=1, hours=8), "in 1 d · tomorrow 22:52", "1 天后 · 明天 22:52"),
        (later(days=2, hours=4), "in 2 d · Tue 18:52", "2 天后 · 周二 18:52"),
        (later(days=6), "in 6 d · Sat 14:52", "6 天后 · 周六 14:52"),
        (later(days=7), "in 7 d · 29 Nov", "7 天后 · 11月29日"),
        (later(days=60), "in 60 d · 21 Jan 2027", "60 天后 · 2027年1月21日"),
    ],
)
def test_a_moment_is_said_both_ways(moment: datetime, english: str, chinese_text: str) -> None:
    assert both(moment, NOW, ENGLISH) == english
    assert both(moment, NOW, chinese()) == chinese_text


def test_a_moment_that_came_is_now() -> None:
    assert until(later(seconds=-1), NOW, ENGLISH) == "now"


def test_the_same_weekday_next_week_is_a_date() -> None:
    # A bare "Sun 10:00" would read as today.
    assert at(later(days=6, hours=20), NOW, ENGLISH) == "29 Nov"


def test_a_sentence_names_the_weekday_in_full() -> None:
    assert at(later(days=5), NOW, ENGLISH, long=True) == "Friday 14:52"
    assert at(later(days=5), NOW, chinese(), long=True) == "周五 14:52"


def test_the_hour_is_the_persons_own() -> None:
    assert at(later(hours=1), Now(NOW.moment, UTC), ENGLISH) == "14:52"


def test_the_past_is_told_in_one_unit() -> None:
    texts = [
        ago(later(**how), NOW, ENGLISH)
        for how in ({"seconds": -30}, {"minutes": -2}, {"minutes": -59, "seconds": -59}, {"hours": -3}, {"days": -2})
    ]
    assert texts == ["just now", "2 min ago", "59 min ago", "3 h ago", "2 days ago"]


def test_the_longest_spans_are_years() -> None:
    assert span(timedelta(days=364), ENGLISH) == "364 days"
    assert span(timedelta(minutes=525600), ENGLISH) == "1 year"
    assert ago(later(days=-800), NOW, ENGLISH) == "2 years ago"


def test_long_spans_are_whole_days() -> None:
    assert span(timedelta(days=8, hours=5), ENGLISH) == "8 days"
    assert span(timedelta(days=1), ENGLISH) == "1 day"
    assert span(timedelta(days=1, hours=1), ENGLISH) == "1 d 1 h"


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - Hypothesis wants the bounds without a zone
def test_every_moment_has_words(moment: datetime) -> None:
    for t in (ENGLISH, chinese()):
        assert both(moment, NOW, t)
        assert ago(moment, NOW, t)
        assert date(moment, NOW, t)


def test_what_has_come_is_now_without_an_hour() -> None:
    assert both(NOW.moment, NOW, ENGLISH) == both(later(hours=-3), NOW, ENGLISH) == "now"
