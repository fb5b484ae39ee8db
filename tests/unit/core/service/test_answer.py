import email.utils
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.service.answer import Answer
from tests.support.fakes import START

HOUR = timedelta(hours=1)


def wait(value: str, **more: str) -> timedelta | None:
    return Answer(429, {"Retry-After": value, **more}, b"").retry_after(START)


def test_its_repr_shows_the_status_alone() -> None:
    assert repr(Answer(200, {"set-cookie": "canary"}, b"canary")) == "Answer(200)"


@pytest.mark.parametrize(
    ("status", "ok"), [(199, False), (200, True), (204, True), (299, True), (300, False), (0, False)]
)
def test_2xx_is_ok(status: int, ok: bool) -> None:  # noqa: FBT001 - a column of the table
    assert Answer(status, {}, b"").ok is ok


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        (" 7 ", 7),
        ("3600", 3600),
        ("3601", 3600),
        ("0000000007", 7),
        ("9" * 5000, 3600),
        ("Sun, 22 Nov 2026 06:01:30 GMT", 90),
        ("Sun, 22 Nov 2026 14:01:30 +0800", 90),
        ("Sun, 22 Nov 2026 05:00:00 GMT", 0),
        ("Sun, 22 Nov 2099 05:00:00 GMT", 3600),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("soon", None),
        ("Fri, 31 Dec 9999 23:59:59 -2300", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_an_hour_at_most(value: str, seconds: int | None) -> None:
    assert wait(value) == (None if seconds is None else timedelta(seconds=seconds))


def test_a_date_counts_from_the_service_s_own_clock() -> None:
    here_it_is_hours_later = format_datetime(START - 3 * HOUR, usegmt=True)
    asked = format_datetime(START - 3 * HOUR + timedelta(seconds=40), usegmt=True)
    assert wait(asked, Date=here_it_is_hours_later) == timedelta(seconds=40)


def test_header_names_have_no_case() -> None:
    assert Answer(200, {"DATE": "Sun, 22 Nov 2026 06:00:00 GMT"}, b"").date == START


@pytest.mark.parametrize(
    "value", ["Sun, 22 Nov 2026 06:00:00 -0000", "22 Nov 2026 06:00:00 GMT", "Sun Nov 22 06:00:00 2026"]
)
def test_older_forms_of_a_date_are_read(value: str) -> None:
    assert Answer(200, {"date": value}, b"").date == START


def test_a_date_is_read_once_however_many_ask_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    read, said = email.utils.parsedate_to_datetime, list[str]()

    def counted(value: str) -> datetime:
        said.append(value)
        return read(value)

    monkeypatch.setattr(email.utils, "parsedate_to_datetime", counted)
    answer = Answer(200, {"date": "Sun Nov 22 06:00:00 2026"}, b"")
    assert [answer.date, answer.issued_at(START + 2 * HOUR), answer.issued_at(START)] == [START] * 3
    assert len(said) == 1


def by_the_library(value: str) -> datetime | None:
    try:
        return email.utils.parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


@given(
    st.one_of(
        st.datetimes(timezones=st.just(UTC)).map(lambda moment: format_datetime(moment, usegmt=True)),
        st.from_regex(r"(Sun|Fri), [0-3][0-9] (Jan|Feb|Dec) [012][0-9]{3} [012][0-9]:[0-6][0-9]:[0-6][0-9] GMT\Z"),
    )
)
def test_a_date_in_the_form_that_is_sent_is_what_the_library_makes_of_it(value: str) -> None:
    assert Answer(200, {"date": value}, b"").date == by_the_library(value)


def test_without_a_date_there_is_none() -> None:
    assert Answer(200, {}, b"").date is None


@given(st.one_of(st.text(), st.integers().map(str)), st.text())
def test_any_header_is_read(value: str, date: str) -> None:
    found = wait(value, Date=date)
    assert found is None or timedelta() <= found <= HOUR


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_a_wait_until_any_date_stays_in_bounds(asked: datetime, now: datetime) -> None:
    found = Answer(429, {"retry-after": format_datetime(asked, usegmt=True)}, b"").retry_after(now)
    assert found is None or timedelta() <= found <= HOUR
