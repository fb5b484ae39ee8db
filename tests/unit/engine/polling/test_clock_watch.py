from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest

from probe_tray.core.errors import ClockError
from probe_tray.core.service.answer import Answer
from probe_tray.engine.polling.clock_watch import ClockWatch
from tests.support.fakes import START, FakeClock


def told(*dates: datetime | str) -> list[str]:
    """What is told of answers with these dates, in minutes."""
    minutes: list[str] = []
    watch = ClockWatch(FakeClock(), lambda error: minutes.append(error.facts["minutes"]))
    for date in dates:
        text = date if isinstance(date, str) else format_datetime(date, usegmt=True)
        watch.answered(Answer(401, {"Date": text}, b""))
    return minutes


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_clock_that_is_hours_away_is_told_once(hours: int) -> None:
    away = START + timedelta(hours=hours)
    assert told(START, away, away, START, away) == ["300"]


@pytest.mark.parametrize("date", [START, START + timedelta(seconds=120), START - timedelta(seconds=120), "", "Monday"])
def test_a_clock_that_is_right_or_cannot_be_compared_is_no_fault(date: datetime | str) -> None:
    assert told(date) == []


def test_an_answer_without_a_date_says_nothing() -> None:
    minutes: list[ClockError] = []
    ClockWatch(FakeClock(), minutes.append).answered(Answer(200, {}, b""))
    assert minutes == []
