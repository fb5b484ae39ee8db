"""Versions: read strictly, ordered as PEP 440 orders them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version as Reference

from probe_tray.core.update.version import Version, is_newer

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
