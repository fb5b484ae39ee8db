import json
import random  # noqa: TID251 - seeded: the same payloads every time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypedDict, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.errors import StrangeAnswerError
from probe_tray.core.quota.snapshot import Capacity, Snapshot, Window, WindowKind
from probe_tray.core.quota.usage_parser import blocked_until, capacity, kind_of, read_usage, used_up_window

NOW = datetime(2026, 11, 22, 7, 7, 4, tzinfo=UTC)
DAY = 24 * 3600


class Sample(TypedDict):
    name: str
    read_as: dict[str, object]
    body: object


def samples() -> list[Sample]:
    path = Path(__file__).parents[3] / "data" / "usage-samples.json"
    return cast("list[Sample]", json.loads(path.read_text("utf-8")))


def read(body: object, *, now: datetime = NOW, server_date: datetime | None = None) -> Snapshot:
    return read_usage(json.dumps(body).encode(), now=now, server_date=server_date)


def main(**windows: object) -> Snapshot:
    return read({"rate_limit": windows})


def window(used: object = 10, seconds: object = 18000, **more: object) -> dict[str, object]:
    return {"used_percent": used, "limit_window_seconds": seconds, **more}


def used(found: Window | None) -> float | None:
    return found.used_percent if found else None


BUDGET_RESET = 1797436782


def budget(**individual: object) -> Snapshot:
    return read({"plan_type": "business", "rate_limit": None, "spend_control": {"individual_limit": individual}})


@pytest.mark.parametrize(
    "individual",
    [
        {"limit": "1000", "used": "920", "remaining": "80", "used_percent": 92, "remaining_percent": 8},
        {"limit": "1000", "remaining": "80"},
        {"limit": 1000, "used": 920},
        {"used": "920.00", "remaining": 80},
        {"used_percent": "92"},
        {"remaining_percent": 8},
    ],
)
def test_a_budget_is_a_window_however_it_is_said(individual: dict[str, object]) -> None:
    found = budget(**individual, reset_at=BUDGET_RESET)
    assert found.main.windows == (
        Window(
            kind=WindowKind.BUDGET,
            seconds=None,
            used_percent=92,
            reset_at=datetime.fromtimestamp(BUDGET_RESET, UTC),
        ),
    )
    assert capacity(found) is Capacity.AVAILABLE


def test_a_budget_stands_beside_the_other_windows() -> None:
    found = read(
        {
            "rate_limit": {"primary_window": window(12)},
            "spend_control": {"reached": False, "individual_limit": {"limit": "10", "remaining": "10"}},
        }
    )
    assert [(w.kind, w.used_percent) for w in found.main.windows] == [(WindowKind.SHORT, 12), (WindowKind.BUDGET, 0)]


def test_a_budget_that_is_used_up_leaves_no_capacity_until_its_reset() -> None:
    found = budget(limit="1000", used="1000.5", reset_at=BUDGET_RESET)
    assert (capacity(found), blocked_until(found)) == (
        Capacity.LIMITED,
        datetime.fromtimestamp(BUDGET_RESET, UTC),
    )


@pytest.mark.parametrize(
    "individual", [{}, {"limit": "1000"}, {"limit": "0", "used": "0", "remaining": "0"}, {"limit": "much", "used": []}]
)
def test_a_budget_whose_use_nobody_knows_makes_no_window(individual: dict[str, object]) -> None:
    found = budget(**individual)
    assert (found.main.windows, capacity(found)) == ((), Capacity.UNKNOWN)


def test_credits_that_are_the_only_limit_are_a_budget_where_their_whole_is_known() -> None:
    alone = read({"rate_limit": None, "credits": {"has_credits": True, "limit": "200", "balance": "50"}})
    assert [(w.kind, w.used_percent) for w in alone.main.windows] == [(WindowKind.BUDGET, 75)]
    unknown = read({"rate_limit": None, "credits": {"has_credits": True, "balance": "50"}})
    assert (unknown.main.windows, capacity(unknown)) == ((), Capacity.AVAILABLE)


AMOUNTS = st.integers(0, 10_000)


@given(AMOUNTS, AMOUNTS, st.sets(st.sampled_from(["limit", "used", "remaining"]), min_size=2), st.booleans())
def test_a_missing_amount_follows_from_the_other_two(used: int, left: int, told: set[str], words: bool) -> None:  # noqa: FBT001
    amounts = {"limit": used + left, "used": used, "remaining": left}
    found = budget(**{key: str(value) if words else value for key, value in amounts.items() if key in told}).spend
    assert found is not None
    assert (found.limit, found.used, found.remaining) == (used + left, used, left)
    assert found.used_percent == (None if not used + left else pytest.approx(100 * used / (used + left)))


@given(
    st.dictionaries(
        st.sampled_from(["limit", "used", "remaining", "used_percent", "reset_at"]), st.floats() | st.text()
    )
)
def test_whatever_stands_in_a_budget_is_read_or_left_out(individual: dict[str, object]) -> None:
    for found in budget(**individual).main.windows:
        assert 0 <= found.used_percent <= 100


@pytest.mark.parametrize("sample", samples(), ids=lambda s: s["name"])
def test_samples_are_read_as_the_specification_says(sample: Sample) -> None:
    found = read(sample["body"])
    as_said = {
        "plan": found.plan,
        "5h": used(found.short),
        "weekly": used(found.weekly),
        "monthly": used(found.monthly),
        "extra": len(found.extra),
        "state": capacity(found).value,
    }
    assert {key: as_said[key] for key in sample["read_as"]} == sample["read_as"]


@pytest.mark.parametrize(
    ("seconds", "kind"),
    [
        (1, WindowKind.SHORT),
        (DAY - 1, WindowKind.SHORT),
        (DAY, WindowKind.OTHER),
        (6 * DAY - 1, WindowKind.OTHER),
        (6 * DAY, WindowKind.WEEKLY),
        (8 * DAY, WindowKind.WEEKLY),
        (8 * DAY + 1, WindowKind.OTHER),
        (28 * DAY, WindowKind.MONTHLY),
        (31 * DAY, WindowKind.MONTHLY),
        (31 * DAY + 1, WindowKind.OTHER),
    ],
)
def test_a_window_is_named_by_its_length(seconds: int, kind: WindowKind) -> None:
    assert kind_of(seconds) is kind


@pytest.mark.parametrize("length", [None, 0, -1, "soon", True, [], 10**30, "NaN"])
def test_a_window_without_a_usable_length_is_named_by_its_slot(length: object) -> None:
    found = main(primary_window=window(1, length), secondary_window=window(2, length))
    assert (used(found.short), used(found.weekly)) == (1, 2)
    assert [w.seconds for w in found.main.windows] == [None, None]


def test_the_only_window_of_the_free_plan_is_the_weekly_one() -> None:
    found = read({"plan_type": "FREE", "rate_limit": {"primary_window": {"used_percent": 3}}})
    assert (found.plan, used(found.short), used(found.weekly)) == ("free", None, 3)


def test_the_plan_may_stand_inside_rate_limit() -> None:
    assert read({"rate_limit": {"plan_type": "Plus"}}).plan == "plus"


@pytest.mark.parametrize("bad", [None, "soon", 42, [], {}, {"used_percent": None}, {"used_percent": True}, [[]]])
def test_a_malformed_window_is_missing_and_drops_no_other(bad: object) -> None:
    found = main(primary_window=bad, secondary_window=window(7, 7 * DAY))
    assert (used(found.short), used(found.weekly)) == (None, 7)


@pytest.mark.parametrize(
    ("raw", "read_as"),
    [("4.5", 4.5), (" 7 ", 7), ("0E-10", 0), (137, 100), (-3, 0), ("1e300", 100), (10**400, None), ("١", None)],
)
def test_percentages_come_in_many_shapes(raw: object, read_as: float | None) -> None:
    assert used(main(primary_window=window(raw)).short) == read_as


def test_numbers_that_json_does_not_know_hide_nothing() -> None:
    body = b'{"plan_type":"plus","credits":{"balance":NaN,"has_credits":true},"x":-Infinity,"y":' + b"9" * 5000
    body += b',"rate_limit":{"primary_window":{"used_percent":Infinity},"secondary_window":{"used_percent":5}}}'
    found = read_usage(body, now=NOW, server_date=None)
    assert (found.plan, used(found.short), used(found.weekly)) == ("plus", None, 5)
    assert found.credits is not None
    assert found.credits.balance is None


def test_text_that_cannot_be_shown_is_left_out() -> None:
    body = b'{"plan_type":"pl\\ud800us\\n","additional_rate_limits":[{"limit_name":"a\\u202eb\\u0000"}]}'
    found = read_usage(body, now=NOW, server_date=None)
    assert (found.plan, found.extra[0].name) == ("plus", "ab")


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"<html>", b"{", b'"x"', b"\xff\xfe", b'{"a":' + b"[" * 100_000])
def test_a_body_that_is_no_object_is_a_strange_answer(body: bytes) -> None:
    with pytest.raises(StrangeAnswerError):
        read_usage(body, now=NOW, server_date=None)


@pytest.mark.parametrize(
    ("fields", "reset"),
    [
        ({"reset_at": 1795338424, "reset_after_seconds": 1}, datetime(2026, 11, 22, 9, 7, 4, tzinfo=UTC)),
        ({"reset_at": "1795338424"}, datetime(2026, 11, 22, 9, 7, 4, tzinfo=UTC)),
        ({"reset_at": 0, "reset_after_seconds": 60}, None),
        ({"reset_after_seconds": 60}, NOW + timedelta(seconds=60)),
        ({"reset_at": "soon", "reset_after_seconds": "60"}, NOW + timedelta(seconds=60)),
        ({"reset_at": 1795338424000, "reset_after_seconds": 60}, NOW + timedelta(seconds=60)),
        ({"reset_at": 10**40}, None),
        ({"reset_after_seconds": -5}, None),
        ({}, None),
    ],
)
def test_reset_times(fields: dict[str, object], reset: datetime | None) -> None:
    found = main(primary_window=window(**fields)).short
    assert found is not None
    assert found.reset_at == reset


def test_times_count_from_the_services_clock_where_this_one_is_wrong() -> None:
    ahead = timedelta(hours=3)
    body = {
        "rate_limit": {
            "primary_window": window(reset_after_seconds=60),
            "secondary_window": window(1, 7 * DAY, reset_at=1795338424),
        }
    }
    found = read(body, now=NOW + ahead, server_date=NOW)
    assert found.short is not None
    assert found.weekly is not None
    assert found.short.reset_at == NOW + timedelta(seconds=60)
    assert found.weekly.reset_at == datetime.fromtimestamp(1795338424, UTC)
    assert found.taken_at == NOW + ahead
    assert found.service_now(NOW + ahead) == NOW


@pytest.mark.parametrize("off", [timedelta(minutes=2), timedelta(minutes=-2), timedelta(days=200_000)])
def test_a_small_or_absurd_difference_of_clocks_is_ignored(off: timedelta) -> None:
    found = read({"rate_limit": {"primary_window": window(reset_after_seconds=3650 * DAY)}}, server_date=NOW + off)
    assert found.clock_offset == 0


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ({"rate_limit": {"limit_reached": True}}, Capacity.LIMITED),
        ({"rate_limit": {"allowed": False}}, Capacity.LIMITED),
        ({"rate_limit": {"allowed": True}}, Capacity.AVAILABLE),
        ({"rate_limit": {"primary_window": window(100)}}, Capacity.LIMITED),
        (
            {"rate_limit": {"primary_window": window(5, 30 * DAY), "secondary_window": window(100, DAY)}},
            Capacity.LIMITED,
        ),
        ({"rate_limit": {"primary_window": window(99.9)}}, Capacity.AVAILABLE),
        ({"spend_control": {"reached": True}, "rate_limit": {"allowed": True}}, Capacity.LIMITED),
        ({"rate_limit_reached_type": {"type": "rate_limit_reached"}}, Capacity.LIMITED),
        ({"rate_limit_reached_type": "workspace_owner_credits_depleted"}, Capacity.LIMITED),
        ({"additional_rate_limits": [{"rate_limit": {"primary_window": window(100)}}]}, Capacity.UNKNOWN),
        ({"credits": {"unlimited": True}}, Capacity.AVAILABLE),
    ],
)
def test_capacity(body: object, state: Capacity) -> None:
    assert capacity(read(body)) is state


def test_blocked_until_is_the_last_reset_of_what_is_exhausted() -> None:
    week = window(100, 7 * DAY, reset_after_seconds=300_000)
    assert blocked_until(main(primary_window=window(11), secondary_window=week)) == NOW + timedelta(seconds=300_000)
    both = main(primary_window=window(100, reset_after_seconds=10), secondary_window=week)
    assert blocked_until(both) == NOW + timedelta(seconds=300_000)
    assert blocked_until(main(primary_window=window(11))) is None


def test_blocked_until_is_not_told_where_one_reset_is_unknown() -> None:
    unknown = window(100, 7 * DAY, reset_at=0)
    assert blocked_until(main(primary_window=window(100, reset_after_seconds=10), secondary_window=unknown)) is None


def test_of_what_is_exhausted_the_last_that_is_reset_keeps_from_working() -> None:
    def named(short: int, weekly: int, **spend: object) -> WindowKind | None:
        rate = {
            "primary_window": window(100, reset_after_seconds=short),
            "secondary_window": window(100, 7 * DAY, reset_after_seconds=weekly),
        }
        found = used_up_window(read({"rate_limit": rate, "spend_control": spend}))
        return None if found is None else found.kind

    assert named(10, 3_000) is WindowKind.WEEKLY
    assert named(3_000, 10) is WindowKind.SHORT
    assert named(10, 10) is WindowKind.WEEKLY
    # A budget that the service calls reached, although it is not quite used.
    budget = {"used_percent": 99.5, "reset_after_seconds": 9_000}
    assert named(10, 3_000, reached=True, individual_limit=budget) is WindowKind.BUDGET
    assert named(10, 3_000, reached=False, individual_limit=budget) is WindowKind.WEEKLY
    assert used_up_window(main(primary_window=window(99))) is None


def test_every_part_is_read() -> None:
    found = read(
        {
            "code_review_rate_limit": {"primary_window": window(20, 7 * DAY)},
            "credits": {"has_credits": True, "overage_limit_reached": True, "balance": "0E-10"},
            "spend_control": {"individual_limit": {"limit": "1000", "used": "36.79", "used_percent": 4, "reset_at": 0}},
            "rate_limit_reset_credits": {"available_count": "2"},
        }
    )
    assert found.code_review is not None
    assert found.code_review.windows[0].kind is WindowKind.WEEKLY
    assert found.credits is not None
    assert (found.credits.balance, found.credits.overage_limit_reached) == (0, True)
    assert found.spend is not None
    assert (found.spend.limit, found.spend.used, found.spend.reset_at) == (1000, 36.79, None)
    assert found.reset_credits == 2


@pytest.mark.parametrize("count", [-1, 1e300, 10**30, "soon", None, True])
def test_a_count_of_reset_credits_that_cannot_be_meant_is_missing(count: object) -> None:
    assert read({"plan_type": "plus", "rate_limit_reset_credits": {"available_count": count}}).reset_credits is None


_KEYS = st.sampled_from(
    [
        "plan_type",
        "rate_limit",
        "primary_window",
        "secondary_window",
        "used_percent",
        "limit_window_seconds",
        "reset_at",
        "credits",
        "balance",
        "reset_after_seconds",
        "additional_rate_limits",
        "spend_control",
        "individual_limit",
        "rate_limit_reached_type",
        "x",
    ]
)
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("1e9")
_JSON = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=6), max_leaves=25
)


def check(found: Snapshot) -> None:
    assert all(0 <= w.used_percent <= 100 for w in found.main.windows)
    assert all(w.reset_at is None or w.reset_at.tzinfo is UTC for w in found.main.windows)
    assert capacity(found) in Capacity
    assert (until := blocked_until(found)) is None or until.tzinfo is UTC


@given(body=st.dictionaries(_KEYS, _JSON, max_size=8), skew=st.none() | st.timedeltas())
def test_any_object_is_read(body: object, skew: timedelta | None) -> None:
    date = None
    if skew is not None and abs(skew) < timedelta(days=365_000):
        date = NOW + skew
    check(read(body, server_date=date))


@given(body=st.binary(max_size=200))
def test_any_bytes_are_read_or_a_strange_answer(body: bytes) -> None:
    try:
        check(read_usage(body, now=NOW, server_date=None))
    except StrangeAnswerError:
        return


def _seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - damage that comes out the same every time, nothing secret


def _mangled(value: object, chance: random.Random) -> object:
    """``value`` with some pieces replaced, removed or wrapped."""
    odd: tuple[object, ...] = (None, "soon", -1, 1e308, 10**30, "\ud800", [], {}, True, "NaN", float("nan"), "12.5")
    if chance.random() < 0.12:
        return chance.choice(odd)
    if isinstance(value, dict):
        items = cast("dict[str, object]", value).items()
        return {k: _mangled(v, chance) for k, v in items if chance.random() > 0.05}
    if isinstance(value, list):
        return [_mangled(v, chance) for v in cast("list[object]", value)]
    return value


def _mangled_object(body: object, chance: random.Random) -> dict[str, object]:
    return {key: _mangled(value, chance) for key, value in cast("dict[str, object]", body).items()}


def test_ten_thousand_damaged_samples_never_raise() -> None:
    chance = _seeded(20261122)
    bodies = [sample["body"] for sample in samples()]
    for number in range(10_000):
        check(read({"plan_type": "plus", "rate_limit": None} | _mangled_object(bodies[number % len(bodies)], chance)))


def test_ten_thousand_damaged_texts_are_read_or_strange() -> None:
    chance = _seeded(7)
    texts = [json.dumps(sample["body"]).encode() for sample in samples()]
    read_whole = 0
    for number in range(10_000):
        text = bytearray(texts[number % len(texts)])
        for _ in range(chance.randint(1, 4)):
            text[chance.randrange(len(text))] = chance.randrange(256)
        try:
            check(read_usage(bytes(text), now=NOW, server_date=None))
            read_whole += 1
        except StrangeAnswerError:
            continue
    assert read_whole > 1_000
