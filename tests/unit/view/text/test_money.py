"""What is said of an account beyond its windows."""

import json
from datetime import UTC, timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.quota.snapshot import Credits, Snapshot, SpendControl
from probe_tray.core.quota.usage_parser import read_usage
from probe_tray.core.settings import Percentages
from probe_tray.resources import resource
from probe_tray.view.text.money import money, plain
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator, parse_po
from tests.unit.ui.samples import NOW

HERE = Now(NOW, UTC)
BARE = Snapshot(taken_at=NOW)
DAY = timedelta(days=1)


def told(found: Snapshot, t: Translator | None = None) -> dict[str, str]:
    return {label: value for label, value in money(found, Percentages.USED, HERE, t or Translator()) if value}


def test_nothing_is_told_of_what_the_service_did_not_say() -> None:
    assert told(BARE) == {}
    assert money(None, Percentages.USED, HERE, Translator()) == []


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("rate_limit_reached", "the quota is used up"),
        ("Rate_Limit_Reached", "the quota is used up"),
        ("workspace_owner_credits_depleted", "the workspace's credits are used up; as its owner you can add more"),
        ("workspace_member_credits_depleted", "the workspace's credits are used up; its owner can add more"),
        (
            "workspace_owner_usage_limit_reached",
            "your credit budget in the workspace is used up; as its owner you can raise it",
        ),
        (
            "workspace_member_usage_limit_reached",
            "your credit budget in the workspace is used up; its owner can raise it",
        ),
        ("Moon_phase", "Moon_phase"),
    ],
)
def test_the_reason_of_a_limit_is_told_in_words_and_an_unknown_one_as_it_is(reason: str, words: str) -> None:
    assert told(replace(BARE, reached_type=reason)) == {"Limit reached": words}


def test_a_reason_with_characters_that_cannot_be_shown_is_told_without_them() -> None:
    body = json.dumps({"rate_limit_reached_type": {"type": "moon\u202e\n\x1b[31m phase"}}).encode()
    found = read_usage(body, now=NOW, server_date=None)
    assert told(found)["Limit reached"] == "moon[31m phase"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1234567, "1,234,567"),
        (1234567.891, "1,234,567.89"),
        (12.5, "12.5"),
        (100, "100"),
        (0, "0"),
        (-0.001, "0"),
        (-3.25, "-3.25"),
        (1e300, "1e+300"),
    ],
)
def test_amounts_are_written_plainly_with_at_most_two_decimals(value: float, words: str) -> None:
    assert plain(value) == words


def test_a_large_balance_is_told_to_the_last_unit() -> None:
    assert told(replace(BARE, credits=Credits(balance=1234567)))["Credits"] == "1,234,567 left"


@pytest.mark.parametrize(
    ("spend", "words"),
    [
        (SpendControl(limit=1234567, used=36.789), "36.79 of 1,234,567 credits used"),
        (SpendControl(used_percent=4), "4% used"),
        (SpendControl(used_percent=4, reset_at=NOW + 8 * DAY), "4% used, resets in 8 d · 30 Nov"),
        (SpendControl(used_percent=4, limit=1000), "4% of 1,000 credits used"),
        (SpendControl(used=36.79), "36.79 credits used"),
        (SpendControl(limit=1000), "1,000"),
        (SpendControl(reached=True, used_percent=100), "100% used (reached)"),
        (SpendControl(reached=True, reset_at=NOW + 8 * DAY), "reached, resets in 8 d · 30 Nov"),
    ],
)
def test_a_spending_limit_is_told_as_far_as_it_is_known(spend: SpendControl, words: str) -> None:
    assert told(replace(BARE, spend=spend)) == {"Credit budget": words}


def test_a_spending_limit_of_which_nothing_is_known_is_left_out() -> None:
    assert told(replace(BARE, spend=SpendControl(reset_at=NOW + DAY))) == {}


def test_reset_credits_say_when_each_is_lost() -> None:
    found = replace(BARE, reset_credits=3, reset_credit_ends=(NOW - DAY, NOW + 3 * DAY, NOW + 12 * DAY))
    assert told(found)["Reset credits"] == "3 unused\none expires in 3 d · Wed 13:52\none expires in 12 d · 4 Dec"


def test_when_reset_credits_are_lost_is_told_by_this_computers_clock() -> None:
    found = replace(BARE, clock_offset=3600.0, reset_credits=1, reset_credit_ends=(NOW + timedelta(hours=3),))
    assert told(found)["Reset credits"] == "1 unused\none expires in 2 h · 15:52"


def test_many_reset_credits_tell_only_of_the_first_five() -> None:
    ends = tuple(NOW + n * DAY for n in range(1, 10))
    found = told(replace(BARE, reset_credits=9, reset_credit_ends=ends))["Reset credits"].split("\n")
    assert len(found) == 6
    assert found[1] == "one expires in 1 d · tomorrow 13:52"


def test_all_of_it_is_told_in_chinese() -> None:
    chinese = Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))
    found = replace(
        BARE,
        reached_type="rate_limit_reached",
        spend=SpendControl(used_percent=4, reached=True),
        reset_credits=1,
        reset_credit_ends=(NOW + timedelta(hours=3),),
    )
    assert told(found, chinese) == {
        "已达上限": "额度已用完",
        "点数预算": "已用 4%（已达上限）",
        "重置机会": "1 次未使用\n其中一次失效：3 小时后 · 16:52",
    }
