"""The SQL that people paste into their project."""

import re

from probe_tray.demo.table_rows import COLUMNS
from probe_tray.resources import resource


def statements() -> str:
    return re.sub(r"--.*", "", resource("sql/tokens.sql").read_text("utf-8")).casefold()


def test_it_never_takes_anything_away() -> None:
    taking = ("drop", "delete", "truncate", "revoke", "disable", "replace ", "alter column", "update public")
    assert [word for word in taking if word in statements()] == []


def test_it_may_be_run_twice_and_leaves_stricter_policies_alone() -> None:
    text = statements()
    assert text.count("create table if not exists") == text.count("create table") == 1
    guarded = text[text.index("if not exists (select from pg_policies") : text.index("end if;")]
    assert guarded.count("create policy") == text.count("create policy") == 3
    assert guarded.count("grant ") == text.count("grant ") == 2


def test_it_makes_the_columns_that_are_asked_for() -> None:
    made = re.findall(r"^ {4}(\w+)\s+(?:text|timestamptz)", statements(), re.MULTILINE)
    assert tuple(made) == COLUMNS


def test_it_says_what_its_policies_mean() -> None:
    said = resource("sql/tokens.sql").read_text("utf-8")
    assert all(word in said for word in ("publishable key can READ", "can also WRITE", "Nobody can delete"))
