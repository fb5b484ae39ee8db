"""One account in one line, for prompts and bars."""

import json
from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.settings import Percentages, Settings
from probe_tray.core.state import AccountState
from probe_tray.view.quota.quota_line import (
    TEMPLATE_FIELDS,
    QuotaLineFieldError,
    line,
    template_line,
    tmux_line,
    waybar_line,
)
from probe_tray.view.text.times import Now
from tests.unit.ui import samples
from tests.unit.view.quota.test_quota_numbers import ANA, FULL, OLD, of

NOW = Now(samples.NOW, timezone(timedelta(hours=8)))
TIGHT = samples.account("lee@studio.example", samples.snapshot(42, 88, weekly_in=timedelta(days=3)))


def one(account: AccountState, *others: AccountState, settings: Settings | None = None) -> str:
    overview = of(account, *others, settings=settings)
    return line(overview.accounts[0], overview, NOW)


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (ANA, "ana 5h 42% wk 17% tomorrow"),
        (replace(ANA, alias="Work"), "Work 5h 42% wk 17%"),
        (TIGHT, "lee 5h 42% wk 88% Wed 21:52"),
        (FULL, "full 5h 100% wk 20% 22:52"),
        (OLD, "old ?"),
        (replace(ANA, problem=samples.ended()), "ana needs login"),
        (replace(ANA, alias="a\x1b[2J\n"), "a\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER} 5h"),
    ],
)
def test_a_line_has_the_name_the_windows_and_the_reset_of_the_tightest(account: AccountState, said: str) -> None:
    assert one(account).startswith(said.removesuffix(" tomorrow"))


def test_of_limits_that_are_used_alike_the_one_that_is_reset_last_counts() -> None:
    alike = samples.account("ana@example.com", samples.snapshot(50, 50, weekly_in=timedelta(days=3)))
    overview = of(alike)
    assert one(alike) == "ana 5h 50% wk 50% Wed 21:52"
    assert template_line("{reset_in}", overview.accounts[0], NOW) == "3 days"


def test_a_line_says_what_is_left_where_the_person_wants_that() -> None:
    assert one(ANA, settings=Settings(percentages=Percentages.LEFT)).startswith("ana 5h 58% wk 83% ")


def test_a_line_claims_nothing_and_everything_only_where_it_is_so() -> None:
    almost = samples.account("ana@example.com", samples.snapshot(99.6, 0.3))
    assert one(almost).startswith("ana 5h 99% wk 1% ")
    assert one(almost, settings=Settings(percentages=Percentages.LEFT)).startswith("ana 5h 1% wk 99% ")
    (quota,) = of(almost).accounts
    assert template_line("{used} {left} {week_used} {week_left}", quota, NOW) == "99 1 1 99"


def test_without_capacity_nothing_is_left_although_no_window_is_used_up() -> None:
    found = samples.snapshot(60, 17)
    reached = samples.account("ana@example.com", replace(found, main=replace(found.main, reached=True)))
    assert one(reached) == "ana 5h 60% wk 17% limited"
    overview = of(reached, settings=Settings(percentages=Percentages.LEFT))
    (quota,) = overview.accounts
    assert template_line("{used} {left} {reset} {reset_in} {5h_left}", quota, NOW) == "100 0 - - 40"
    assert json.loads(waybar_line(quota, overview, NOW))["percentage"] == 0
    assert json.loads(waybar_line(quota, of(reached), NOW))["percentage"] == 100


def test_waybar_gets_markup_that_no_name_can_break() -> None:
    overview = of(replace(ANA, alias="<b>&"), FULL)
    found = json.loads(waybar_line(overview.accounts[0], overview, NOW))
    assert found["text"].startswith("&lt;b&gt;&amp; 5h 42%")
    assert found["tooltip"].splitlines()[1].startswith("full 5h 100%")
    assert (found["class"], found["alt"], found["percentage"]) == ("available", "available", 42)
    assert json.loads(waybar_line(overview.accounts[1], overview, NOW))["class"] == "limited"


def test_tmux_gets_colours_of_its_own_and_none_of_a_name() -> None:
    overview = of(replace(ANA, alias="#[fg=red]"), TIGHT, FULL)
    plain, yellow, red = (tmux_line(account, overview, NOW) for account in overview.accounts)
    assert plain.startswith("##[fg=red] 5h")
    assert yellow.startswith("#[fg=yellow]lee")
    assert red.startswith("#[fg=red]full")
    assert red.endswith("#[default]")


def test_a_template_is_filled_with_every_field() -> None:
    overview = of(ANA)
    everything = template_line(" ".join(f"{field}={{{field}}}" for field in TEMPLATE_FIELDS), overview.accounts[0], NOW)
    said = dict(part.split("=", 1) for part in everything.replace("2 h 10 min", "2h10").split() if "=" in part)
    assert set(said) == set(TEMPLATE_FIELDS)
    assert (said["short_name"], said["5h_used"], said["week_left"], said["month_used"]) == ("ana", "42", "83", "-")
    assert (said["used"], said["left"], said["age"], said["state"]) == ("42", "58", "2", "available")


@pytest.mark.parametrize("template", ["{nope}", "{", "}", "{name", "{}", "{name.__class__}", "{0}"])
def test_what_is_no_field_is_named(template: str) -> None:
    with pytest.raises(QuotaLineFieldError):
        template_line(template, of(ANA).accounts[0], NOW)


@given(st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs"])))
def test_text_between_fields_stays_as_it_is(text: str) -> None:
    printable = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    assert template_line(f"{text}{{{{{{name}}}}}}", of(ANA).accounts[0], NOW) == f"{printable}{{ana@example.com}}"
