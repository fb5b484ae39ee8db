import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.quota.usage_parser import read_reset_credits

FIRST, SECOND = datetime(2026, 12, 1, 8, tzinfo=UTC), datetime(2026, 12, 5, 8, tzinfo=UTC)


def credit(expires_at: object, status: object = "available") -> dict[str, object]:
    return {"id": "c", "status": status, "granted_at": "2026-11-01T08:00:00Z", "expires_at": expires_at}


def read(*credits_: object) -> tuple[datetime, ...]:
    return read_reset_credits(json.dumps({"available_count": 2, "credits": credits_}).encode())


def test_the_ends_are_read_in_their_order() -> None:
    assert read(credit("2026-12-05T09:00:00+01:00"), credit("2026-12-01T08:00:00Z")) == (FIRST, SECOND)


def test_what_was_used_or_is_lost_does_not_count() -> None:
    assert read(credit("2026-12-01T08:00:00Z", "consumed"), credit("2026-12-05T08:00:00Z", None)) == (SECOND,)


def test_garbage_hides_no_other_credit() -> None:
    assert read("x", None, credit("soon"), credit(None), credit("2026-12-01T08:00:00Z")) == (FIRST,)


def test_a_credit_that_is_never_lost_has_no_end() -> None:
    assert read(credit("9999-12-31T23:59:59Z"), credit("2026-12-01T08:00:00Z")) == (FIRST,)


def test_a_body_that_cannot_be_read_has_none() -> None:
    assert read_reset_credits(b"<html>") == ()
    assert read_reset_credits(b"[]") == ()


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_no_answer_raises(credits_: object) -> None:
    assert read(credits_, {"expires_at": credits_, "status": credits_}) == ()
