"""The parts of the bench that need no desktop: what it searches for, scrubs and calls missing."""

import pytest

from tests.desktop.bench import spellings
from tests.desktop.needs import missing
from tests.desktop.waiting import BenchError, scrub, wait_for


def test_spellings_of_a_secret_are_long_enough_to_mean_something() -> None:
    assert min(len(spelling) for spelling in spellings(b"0123456789abcdef")) >= 16


def test_what_is_missing_is_named_with_its_package() -> None:
    assert missing([("no-such-program", "such-package")]) == ["no-such-program (package such-package)"]


@pytest.mark.parametrize(
    "text",
    [
        "Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl",
        "refresh rt_0123456789abcdef",
        "GET /auth/callback?code=ac_12&state=0123",
    ],
)
def test_failure_texts_hold_no_secret(text: str) -> None:
    assert "[scrubbed]" in scrub(text)
    assert not any(part in scrub(text) for part in ("eyJ", "0123", "ac_12"))


def test_waiting_ends_at_the_deadline_with_what_is_there_instead() -> None:
    with pytest.raises(BenchError, match=r"waited 0 s for an icon\n2 windows"):
        wait_for("an icon", lambda: None, seconds=0, instead=lambda: "2 windows")
