import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    SetupCodeCutError,
    SetupCodeMistypedError,
    SetupCodeNewerError,
    SetupCodeStrangeError,
    SyncError,
)
from probe_tray.core.sync.setup_code import SetupCode, in_groups, read_code, write_code

CODE = SetupCode(
    url="https://abcdefghijklmnopqrst.supabase.co", api_key=Secret("sb_publishable_" + "x" * 31), key=Secret("5a" * 32)
)
WORD = write_code(CODE).reveal()
OTHERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

codes = st.builds(
    SetupCode,
    url=st.sampled_from(["https://x.supabase.co", "http://127.0.0.1:54321", "https://db.example:8443/base"]),
    api_key=st.text(string.ascii_letters + string.digits + "-_.", min_size=1, max_size=300).map(Secret),
    key=st.sampled_from([32, 64])
    .flatmap(lambda size: st.binary(min_size=size, max_size=size))
    .map(lambda key: Secret(key.hex(":", -32))),
)


def spaced(word: str) -> str:
    return "\n ".join(word[at : at + 60] for at in range(0, len(word), 60))


@given(codes)
def test_what_one_computer_shows_the_next_one_reads(code: SetupCode) -> None:
    word = write_code(code)
    assert re.fullmatch("PTSYNC1[A-Z2-7]+", word.reveal())
    for shown in (word, in_groups(word)):
        text = shown.reveal()
        for arrived in (
            text,
            text.lower(),
            f" {spaced(text)}\r\n",
            text.replace(" ", "\N{EN DASH}"),
            text.replace(" ", "-"),
        ):
            assert read_code(arrived) == code


@given(st.integers(1, len(WORD) - 1))
def test_a_code_that_was_cut_off_says_so(end: int) -> None:
    with pytest.raises(SetupCodeCutError):
        read_code(WORD[:end])


# The last character alone may hold bits that mean nothing.
@given(st.integers(len("PTSYNC1"), len(WORD) - 2), st.sampled_from(OTHERS))
def test_one_wrong_character_is_noticed(at: int, other: str) -> None:
    if WORD[at] != other:
        # One in the length makes it look like another length.
        with pytest.raises((SetupCodeMistypedError, SetupCodeCutError)):
            read_code(WORD[:at] + other + WORD[at + 1 :])


@given(st.integers(len("PTSYNC1"), len(WORD) - 3))
def test_two_swapped_characters_are_noticed(at: int) -> None:
    swapped = WORD[:at] + WORD[at + 1] + WORD[at] + WORD[at + 2 :]
    if swapped != WORD:
        with pytest.raises((SetupCodeMistypedError, SetupCodeCutError)):
            read_code(swapped)


def test_digits_that_look_like_letters_are_taken_for_them() -> None:
    typed = WORD[:7] + WORD[7:].replace("O", "0").replace("I", "1").replace("B", "8")
    assert read_code(typed) == CODE


@pytest.mark.parametrize("filler", ["\ufeff", "\u200b", "\u2060", "\u00ad"])
def test_characters_that_nobody_sees_do_not_count(filler: str) -> None:
    assert read_code(f"{filler}{WORD[:40]}{filler}{WORD[40:]}{filler}\r\n") == CODE


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", SetupCodeStrangeError),
        ("5a" * 32, SetupCodeStrangeError),
        ("PTSYNK", SetupCodeStrangeError),
        ("PTSYNC2" + WORD[7:], SetupCodeNewerError),
        (WORD + "AA", SetupCodeMistypedError),
        (WORD + WORD, SetupCodeMistypedError),
        ("PTSYNC1!" + WORD[8:], SetupCodeMistypedError),
        (WORD + "A" * 8_000, SetupCodeStrangeError),
    ],
)
def test_what_is_no_code_of_this_version_has_its_own_sentence(text: str, error: type[SyncError]) -> None:
    with pytest.raises(error):
        read_code(text)


@given(st.text(max_size=400))
def test_no_text_makes_it_fail_in_another_way(text: str) -> None:
    for start in ("", "PTSYNC1", "ptsync1-"):
        with pytest.raises(SyncError) as caught:
            read_code(start + text)
        assert not caught.value.facts


def test_an_address_that_would_not_be_taken_from_a_person_is_not_taken_from_a_code() -> None:
    code = write_code(SetupCode(url="http://evil.example", api_key=Secret("k"), key=Secret("5a" * 32)))
    with pytest.raises(SetupCodeStrangeError):
        read_code(code.reveal())


def test_a_code_is_not_shown_by_accident() -> None:
    assert "5a5a" not in repr(CODE)
    assert WORD[:20] not in repr(write_code(CODE))
