import csv
import io
import json
import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.account.report import AccountReport
from probe_tray.core.errors import NotSentError, TokenRefusedError
from probe_tray.core.quota.snapshot import Limit, Snapshot, Window, WindowKind
from probe_tray.core.settings import Percentages
from probe_tray.view.tables.csv_table import defused, models_csv, status_csv, to_csv
from probe_tray.view.tables.json_table import accounts_json
from probe_tray.view.tables.status_table import Weight, status_header, status_rows, summary
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
EAST = timezone(timedelta(hours=8))
HEADER = (
    "file,account_id,email,plan_type,5h_used_pct,5h_reset_at,weekly_used_pct,weekly_reset_at,upstream_status,error\n"
)


def local(moment: datetime) -> datetime:
    return moment.astimezone(EAST)


def window(kind: WindowKind, used: float, after: timedelta | None = timedelta(hours=2)) -> Window:
    seconds = {WindowKind.SHORT: 18000, WindowKind.WEEKLY: 604800, WindowKind.MONTHLY: 2592000}.get(kind, 172800)
    reset = None if after is None else NOW + after
    return Window(kind=kind, seconds=seconds, used_percent=used, reset_at=reset)


def report(*windows: Window, name: str = "ana", extra: tuple[Limit, ...] = ()) -> AccountReport:
    return AccountReport(
        location=f"{name}.json",
        account_id=f"account-{name}",
        email=f"{name}@example.com",
        plan="plus",
        snapshot=Snapshot(taken_at=NOW, main=Limit(allowed=True, windows=windows), extra=extra),
        upstream_status=200,
    )


FAILED = AccountReport(
    location="bo.json", account_id="account-bo", plan="team", upstream_status=401, problem=TokenRefusedError().problem
)


def test_the_bytes_of_the_status_table() -> None:
    both = report(window(WindowKind.SHORT, 42), window(WindowKind.WEEKLY, 4.25, None))
    alone = report(window(WindowKind.WEEKLY, 100, timedelta(days=3)), name="cy")
    unreadable = AccountReport(location="x, y.json", problem=NotSentError(reason='"why"').problem)
    assert status_csv([both, alone, FAILED, unreadable], local).decode() == (
        HEADER
        + "ana.json,account-ana,ana@example.com,plus,42.0,2026-11-22 16:00:00,4.2,-,200,\n"
        + "cy.json,account-cy,cy@example.com,plus,,,100.0,2026-11-25 14:00:00,200,\n"
        + "bo.json,account-bo,,team,,,,,401,OpenAI no longer accepts this login's access token.\n"
        + '"x, y.json",,,,,,,,0,"OpenAI can\'t be reached: ""why""."\n'
    )


def test_no_rows_are_a_header_alone() -> None:
    assert status_csv([], local).decode() == HEADER


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "\uff1d1"])
def test_formulas_are_defused(cell: str) -> None:
    assert defused(cell) == f"'{cell}"


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("a;=1+1", "a;'=1+1"),
        ("a;-1;b;@x", "a;'-1;b;'@x"),
        ('a;"=1+1"', 'a;\'"=1+1"'),
        ("=a;\uff1d1", "'=a;'\uff1d1"),
        ("gpt-5;gpt-5-mini; -", "gpt-5;gpt-5-mini; -"),
    ],
)
def test_a_spreadsheet_that_ends_cells_at_semicolons_runs_none_either(cell: str, safe: str) -> None:
    assert defused(cell) == safe


def test_names_of_files_and_people_are_defused_but_missing_resets_are_not() -> None:
    odd = AccountReport(location="=cmd", account_id="+a", email="@e", plan="-p")
    row = status_csv([odd], local).decode().splitlines()[1]
    assert row == "'=cmd,'+a,'@e,'-p,,,,,0,"
    assert ",-," in status_csv([report(window(WindowKind.SHORT, 1, None))], local).decode()


@given(
    cells=st.lists(
        st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" ")), min_size=1, max_size=5
    )
)
def test_every_cell_comes_back_from_the_csv(cells: list[str]) -> None:
    read = list(csv.reader(io.StringIO(to_csv([cells]).decode(), newline="")))
    assert read == [cells]


@given(cells=st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=2, max_size=5))
def test_no_cell_moves_a_cursor_or_begins_a_line(cells: list[str]) -> None:
    text = to_csv([cells]).decode()
    assert text.removesuffix("\n") == "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Zl", "Zp"})


def test_escape_sequences_in_a_file_name_are_written_out() -> None:
    odd = AccountReport(location="a\x1b]0;x\x07\r\n\u202egnp.json")
    assert status_csv([odd], local).decode().splitlines()[1] == r"a\x1b]0;x\x07\r\n\u202egnp.json,,,,,,,,0,"
    assert models_csv([odd]).decode().splitlines()[1] == r"a\x1b]0;x\x07\r\n\u202egnp.json,,,false"


def test_lines_end_as_scripts_of_the_go_program_expect() -> None:
    rows = [report(), FAILED]
    assert [len(data.split(b"\n")) for data in (status_csv(rows, local), models_csv(rows))] == [4, 4]
    assert b"\r" not in status_csv(rows, local) + models_csv(rows)


def test_file_names_that_are_no_text_are_written_all_the_same() -> None:
    odd = AccountReport(location="a\udcff.json", problem=NotSentError(reason="\udcff").problem)
    assert b"a?.json" in status_csv([odd], local)
    assert json.loads(accounts_json([odd]))["accounts"][0]["file"] == "a?.json"


def test_json_has_every_window_and_times_in_utc() -> None:
    extra = Limit(name="Spark", windows=(window(WindowKind.SHORT, 30),))
    full = report(window(WindowKind.SHORT, 11), window(WindowKind.WEEKLY, 100, timedelta(days=3)), extra=(extra,))
    data = accounts_json([full, FAILED])
    assert data.endswith(b"}\n")
    first, second = json.loads(data)["accounts"]
    assert (first["state"], first["no_capacity_until"]) == ("limited", "2026-11-25T06:00:00Z")
    assert [w["kind"] for w in first["quota"]["main"]["windows"]] == ["5h", "weekly"]
    assert first["quota"]["extra"][0]["windows"][0]["reset_at"] == "2026-11-22T08:00:00Z"
    assert first["error"] is None
    assert (second["error"]["kind"], second["upstream_status"], second["quota"]) == ("TokenRefused", 401, None)


def words(*reports: AccountReport) -> list[list[str]]:
    return [[cell.text for cell in row] for row in status_rows(reports, Percentages.USED, Now(NOW, EAST), Translator())]


def test_a_row_for_people() -> None:
    assert words(report(window(WindowKind.SHORT, 42), window(WindowKind.WEEKLY, 17, None))) == [
        ["ana@example.com", "plus", "42% used, resets in 2 h", "17% used", "", "available"]
    ]


def test_an_exhausted_week_is_said_plainly() -> None:
    row = words(report(window(WindowKind.SHORT, 11), window(WindowKind.WEEKLY, 100, timedelta(hours=3))))[0]
    assert row[-1] == "no capacity until it resets in 3 h · 17:00"


def test_every_other_window_is_named() -> None:
    extra = Limit(name="Spark", windows=(window(WindowKind.SHORT, 30, None),))
    row = words(report(window(WindowKind.MONTHLY, 63, None), window(WindowKind.OTHER, 5, None), extra=(extra,)))[0]
    assert row[2:5] == ["–", "–", "month 63% used; 2 days 5% used; Spark 5 h 30% used"]


@pytest.mark.parametrize(
    ("seconds", "said"), [(18_000, "5 h"), (18_060, "5 h"), (3_600, "1 h"), (5_400, "1 h 30 min"), (None, "5 h")]
)
def test_a_window_is_named_by_its_own_length(seconds: int | None, said: str) -> None:
    extra = Limit(name="Spark", windows=(replace(window(WindowKind.SHORT, 30, None), seconds=seconds),))
    assert words(report(extra=(extra,)))[0][4] == f"Spark {said} 30% used"


def test_a_failure_takes_the_place_of_the_state() -> None:
    assert words(FAILED)[0][-1] == "OpenAI no longer accepts this login's access token."


def test_what_could_move_the_cursor_is_not_shown() -> None:
    row = words(AccountReport(location="\x1b[2Ja\n.json", problem=NotSentError(reason="\x1b[31m").problem))[0]
    assert all(text.isprintable() for text in row)


@pytest.mark.parametrize(("used", "weight"), [(79.9, Weight.PLAIN), (80, Weight.WARNING), (95, Weight.CRITICAL)])
def test_full_windows_ask_to_be_looked_at(used: float, weight: Weight) -> None:
    row = status_rows([report(window(WindowKind.SHORT, used))], Percentages.USED, Now(NOW, EAST), Translator())[0]
    assert row[2].weight is weight
    assert len(row) == len(status_header(Percentages.USED, Translator()))


def test_the_last_line_counts() -> None:
    t = Translator()
    assert summary([report()], t) == "1 account"
    assert summary([report(), FAILED], t) == "2 accounts, 1 failed"


def test_in_brief_each_window_is_told_in_two_numbers_and_a_failure_beside_its_row() -> None:
    use = report(window(WindowKind.SHORT, 42), window(WindowKind.WEEKLY, 100, timedelta(days=3)))
    rows = status_rows([use, report(), FAILED], Percentages.USED, Now(NOW, EAST), Translator(), brief=True)
    assert [[cell.text for cell in row] for row in rows] == [
        ["ana@example.com", "plus", "42%, 2 h", "100%, 3 days", "", "no capacity"],
        ["ana@example.com", "plus", "–", "–", "", "available"],
        ["account-bo", "team", "–", "–", "OpenAI no longer accepts this login's access token.", "failed"],
    ]


def test_the_table_says_what_is_left_where_the_person_wants_that() -> None:
    use = report(window(WindowKind.SHORT, 42.4), window(WindowKind.MONTHLY, 99.7, None))
    t, left = Translator(), Percentages.LEFT
    full = status_rows([use], left, Now(NOW, EAST), t)[0]
    brief = status_rows([use], left, Now(NOW, EAST), t, brief=True)[0]
    assert [cell.text for cell in full[2:5]] == ["58% left, resets in 2 h", "–", "month 1% left"]
    assert [cell.text for cell in brief[2:5]] == ["58%, 2 h", "–", "month 1% left"]
    assert full[4].weight is Weight.CRITICAL
    assert status_header(left, t, brief=True)[2:4] == ("5 h: % left, resets in", "Week: % left, resets in")
    assert status_header(Percentages.USED, t, brief=True)[2:4] == ("5 h: % used, resets in", "Week: % used, resets in")
