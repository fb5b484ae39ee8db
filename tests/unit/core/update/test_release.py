"""What the feed says of a release, and when it is asked again."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version as Reference

from probe_tray.core.update.release import (
    LONGEST_CHANGE,
    MOST_CHANGES,
    Release,
    UpdateMemory,
    Version,
    is_due,
    is_newer,
    next_check,
    parse_release,
)

NUMBERS = st.integers(0, 12)


@st.composite
def versions(draw: st.DrawFn) -> str:
    text = ".".join(str(part) for part in draw(st.lists(NUMBERS, min_size=1, max_size=4)))
    if draw(st.booleans()):
        text += f"{draw(st.sampled_from(['a', 'b', 'rc']))}{draw(NUMBERS)}"
    if draw(st.booleans()):
        text += f".post{draw(NUMBERS)}"
    if draw(st.booleans()):
        text += f".dev{draw(NUMBERS)}"
    return text


@given(versions(), versions())
def test_any_two_versions_are_ordered_as_pythons_packages_are(one: str, other: str) -> None:
    assert is_newer(one, other) == (Reference(one) > Reference(other))
    assert (Version.parse(one) == Version.parse(other)) == (Reference(one) == Reference(other))


@given(versions())
def test_the_letter_of_a_tag_means_nothing(text: str) -> None:
    tagged = Version.parse(f"v{text}")
    assert tagged is not None
    assert tagged == Version.parse(text)
    assert tagged.text == text
    assert len({tagged, Version.parse(text)}) == 1


@given(st.text(max_size=30))
def test_no_text_breaks_it(text: str) -> None:
    found = Version.parse(text)
    assert found is None or set(found.text) <= set("0123456789.abrcdevpost")


@pytest.mark.parametrize(
    "text", ["", "v", "latest", "1..2", "1.0-beta", "1.0/../..", "1.0 ", "１.0", "1" * 10, "1.0+local", "1!1.0", "vv1"]
)
def test_what_is_no_version_is_newer_than_none(text: str) -> None:
    assert Version.parse(text) is None
    assert not is_newer(text, "0.1.0")
    assert not is_newer("0.1.0", text)


NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
NOTES = """## The tray app

- **See** the [guides](https://example.com/x) in `Chinese` too,
  with every picture.
* Another point.

Words that are no point.
  Nor is this.
"""


def published(**fields: object) -> bytes:
    return json.dumps({"tag_name": "v1.2.0", "draft": False, "prerelease": False} | fields).encode()


def test_a_release_is_read_with_its_first_points() -> None:
    found = parse_release(published(body=NOTES, html_url="https://evil.example/", assets=[{"id": 1}]))
    assert found == Release(
        version="1.2.0", changes=("See the guides in Chinese too, with every picture.", "Another point.")
    )
    assert found is not None
    assert found.page == "https://github.com/probe-tray/probe-tray/releases/tag/v1.2.0"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"message": "Not Found"}',
        published(tag_name=7),
        published(tag_name="nightly"),
        published(tag_name="v1/../../../evil"),
        published(draft=True),
        published(prerelease=True),
    ],
)
def test_what_names_no_release_for_everybody_is_none(body: bytes) -> None:
    assert parse_release(body) is None


@given(st.text())
def test_whatever_the_notes_hold_the_points_are_a_few_short_lines(notes: str) -> None:
    found = parse_release(published(body=notes + "\n- " + notes))
    assert found is not None
    assert len(found.changes) <= MOST_CHANGES
    assert all(0 < len(change) <= LONGEST_CHANGE and change.isprintable() for change in found.changes)


@given(st.binary())
def test_no_answer_breaks_it(body: bytes) -> None:
    assert parse_release(body) is None or b"tag_name" in body


@given(st.floats(0, 1), st.integers(0, 86_399))
def test_a_check_is_never_followed_by_another_on_the_same_day(fraction: float, later: int) -> None:
    memory = UpdateMemory(next_at=next_check(NOW, fraction))
    assert not is_due(memory, NOW + timedelta(seconds=later))
    assert is_due(memory, NOW + timedelta(hours=28))


@given(st.floats(0, 1))
def test_a_question_that_never_left_is_tried_again_within_two_hours(fraction: float) -> None:
    wait = next_check(NOW, fraction, sent=False) - NOW
    assert timedelta(hours=1) <= wait <= timedelta(hours=2)


def test_a_clock_that_was_set_back_by_years_does_not_keep_it_silent_for_years() -> None:
    assert is_due(UpdateMemory(next_at=NOW + timedelta(days=900)), NOW)
    assert is_due(UpdateMemory(), NOW)
