"""The SQL that people paste into their project."""

import re

from probe_tray.demo.table_rows import COLUMNS
from probe_tray.resources import resource


def statements() -> str:
    return re.sub(r"--.*", "", resource("sql/tokens.sql").read_text("utf-8")).casefold()


def test_it_never_takes_anything_away() -> None:
    # Rights on its own tables and functions are taken from others, its own functions are replaced, and leases that
    # ended long ago go: nobody has data there. The test of the rights changes the row that it has just added.
    text = statements().replace("create or replace function public.probe_tray_", "")
    text = re.sub(r"revoke all on (function )?public\.probe_tray_", "", text)
    text = re.sub(r"(update|delete from) public\.probe_tray_(leases|keys)", "", text)
    text = text.replace("for update skip locked", "")
    text = text.replace("update public.tokens t set token_data = 'changed' where t.id = name;", "")
    taking = ("drop", "delete", "truncate", "revoke", "disable", "replace ", "alter column", "update public")
    assert [word for word in taking if word in text] == []


def test_it_may_be_run_twice_and_leaves_stricter_policies_alone() -> None:
    text = statements()
    assert text.count("create table if not exists") == text.count("create table") == 3
    text = text[: text.index("create table if not exists public.probe_tray_keys")]
    guarded = text[text.index("if not exists (select from pg_policies") : text.index("end if;")]
    assert guarded.count("create policy") == text.count("create policy") == 3
    assert guarded.count("grant ") == text.count("grant ") == 2


def test_it_makes_the_columns_that_are_asked_for() -> None:
    table = statements().partition(");")[0]
    made = re.findall(r"^ {4}(\w+)\s+(?:text|timestamptz)", table, re.MULTILINE)
    assert tuple(made) == COLUMNS


def test_it_says_what_its_policies_mean() -> None:
    said = resource("sql/tokens.sql").read_text("utf-8")
    assert all(word in said for word in ("publishable key can READ", "can also WRITE", "Nobody can delete"))
