"""Tables within the width there is: nothing lost, nothing wider than the terminal."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.cli.tables.layout import Line, TextTable, aligned, folded, in_lines, laid_out, shortened, width
from probe_tray.view.tables.status_table import Cell

TEXTS = st.text(st.sampled_from("abc 12 h,;%é上海研…"), max_size=40).map(lambda text: " ".join(text.split()))
ROWS = st.lists(st.lists(TEXTS, min_size=4, max_size=4), min_size=1, max_size=5)


def table(rows: Sequence[Sequence[str]], header: Sequence[str] = ("Name", "5 h", "More", "State")) -> TextTable:
    return TextTable(header=header, rows=[[Cell(text) for text in row] for row in rows], aside=2)


def shown(lines: Sequence[Line]) -> list[str]:
    return ["".join(piece.text for piece in line).rstrip() for line in lines]


FULL = table([["ana@example.com", "42 %, resets in 2 h 10 m", "week 3 %, resets in 3 d", "available"]])
BRIEF = table([["ana@example.com", "42 %, 2 h 10 m", "week 3 %, 3 d", "available"]], ("Name", "5 h", "More", "State"))


def test_where_there_is_room_each_row_is_one_line_in_full_words() -> None:
    assert shown(laid_out([FULL, BRIEF], 90)) == [
        "Name             5 h                       More                     State",
        "───────────────  ────────────────────────  ───────────────────────  ─────────",
        "ana@example.com  42 %, resets in 2 h 10 m  week 3 %, resets in 3 d  available",
    ]


def test_where_there_is_less_the_brief_words_do() -> None:
    assert shown(laid_out([FULL, BRIEF], 60))[-1] == "ana@example.com  42 %, 2 h 10 m  week 3 %, 3 d  available"


def test_the_column_that_may_stands_below_its_row() -> None:
    assert shown(laid_out([FULL, BRIEF], 50)) == [
        "Name             5 h             State",
        "───────────────  ──────────────  ─────────",
        "ana@example.com  42 %, 2 h 10 m  available",
        "  week 3 %, 3 d",
    ]


def test_a_narrow_terminal_gets_a_block_for_each_row_in_full_words() -> None:
    assert shown(laid_out([FULL, BRIEF], 30)) == [
        "ana@example.com",
        "  5 h    42 %, resets in",
        "         2 h 10 m",
        "  More   week 3 %, resets in",
        "         3 d",
        "  State  available",
    ]


def test_no_line_ends_between_a_number_and_its_unit() -> None:
    lines = shown(laid_out([table([["ana", "42 %, resets in 2 h 10 m", "", "available"]])], 26))
    assert not any(line.rstrip().endswith((" 2", " 10", "42", " 2 h")) for line in lines)


def test_a_column_that_is_empty_everywhere_is_left_out() -> None:
    assert "More" not in shown(laid_out([table([["ana", "1 %", "", "available"]])], 80))[0]


def test_chinese_names_take_two_columns_a_character() -> None:
    lines = aligned(table([["上海研究团队", "42 %", "x", "y"], ["ana", "7 %", "x", "y"]]))
    assert lines[1:] == ["上海研究团队  42 %  x     y", "ana           7 %   x     y"]
    assert (width("上海a"), shortened("上海研究团队", 7), shortened("ana", 7)) == (5, "上海研…", "ana")


@given(rows=ROWS, columns=st.integers(20, 120))
def test_nothing_is_wider_than_the_terminal(rows: list[list[str]], columns: int) -> None:
    given = [table(rows, ("Name", "5 h, resets in", "More", "State of it"))]
    for lines in (laid_out(given, columns), in_lines(given, columns)):
        assert all(width(line) <= columns for line in shown(lines))


@given(rows=ROWS, columns=st.integers(20, 120))
def test_nothing_of_a_result_is_lost(rows: list[list[str]], columns: int) -> None:
    def letters(text: str) -> list[str]:
        return sorted(text.replace(" ", ""))

    wide, narrow = ("".join(shown(laid_out([table(rows)], n))) for n in (10_000, columns))
    cells = "".join(text for row in rows for text in row)
    assert letters(cells) == letters("".join(shown(laid_out([table(rows)], 10_000))[2:]))
    assert not set(letters(cells)) - set(letters(narrow))
    assert len(letters(narrow)) >= len(letters(cells)), wide


@given(rows=ROWS, columns=st.integers(1, 120))
def test_what_changes_on_the_screen_has_one_line_for_each_row(rows: list[list[str]], columns: int) -> None:
    assert len(in_lines([table(rows)], columns)) == 2 + len(rows)


def test_name_and_outcome_stay_where_there_is_least_room() -> None:
    assert shown(in_lines([FULL, BRIEF], 20)) == [
        "Name       State",
        "─────────  ─────────",
        "ana@exam…  available",
    ]


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        ("Open this address:", 10, ["Open this", "address:"]),
        ("https://example.com/a/long/one", 10, ["https://example.com/a/long/one"]),
        ("Go on? ", 20, ["Go on? "]),
        ("请检查网络", 6, ["请检查", "网络"]),
        ("", 10, [""]),
    ],
)
def test_sentences_break_at_words_and_addresses_do_not(text: str, columns: int, lines: list[str]) -> None:
    assert folded(text, columns) == lines
