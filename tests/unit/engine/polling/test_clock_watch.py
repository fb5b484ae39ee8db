from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest

from probe_tray.core.errors import ClockError
from probe_tray.core.service.answer import Answer
from probe_tray.engine.polling.clock_watch import ClockWatch
from tests.support.fakes import START, FakeClock

SECOND = timedelta(seconds=1)


def told(*dates: datetime | str) -> list[str]:
    """What is told of answers with these dates."""
    told: list[str] = []
    watch = ClockWatch(FakeClock(), lambda error: told.append(error.facts["away"]))
    for date in dates:
        text = date if isinstance(date, str) else format_datetime(date, usegmt=True)
        watch.answered(Answer(401, {"Date": text}, b""))
    return told


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_clock_that_is_hours_away_is_told_once_until_it_was_right(hours: int) -> None:
    away = START + timedelta(hours=hours)
    assert told(START, away, away + SECOND, away) == ["5 hours"]
    assert told(away, START, away) == ["5 hours", "5 hours"]


def test_a_clock_at_the_very_edge_is_told_once() -> None:
    assert told(*(START + 120 * SECOND, START + 122 * SECOND) * 5) == ["2 minutes"]


def test_a_clock_that_is_set_to_another_wrong_time_is_told_again() -> None:
    assert told(START + timedelta(hours=5), START - timedelta(days=365)) == ["5 hours", "1 year"]


@pytest.mark.parametrize("date", [START, START + timedelta(seconds=120), START - timedelta(seconds=120), "", "Monday"])
def test_a_clock_that_is_right_or_cannot_be_compared_is_no_fault(date: datetime | str) -> None:
    assert told(date) == []


def test_an_answer_without_a_date_says_nothing() -> None:
    minutes: list[ClockError] = []
    ClockWatch(FakeClock(), minutes.append).answered(Answer(200, {}, b""))
    assert minutes == []
