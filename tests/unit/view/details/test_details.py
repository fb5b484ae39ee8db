"""One account in full."""

from datetime import UTC, timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.account.credential import ApiKeyLogin
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.quota.forecast import Pace
from probe_tray.core.quota.history import Details, HistoryLine, Meter, Point, Span
from probe_tray.core.quota.snapshot import Credits, Limit, SpendControl, WindowKind
from probe_tray.core.settings import Percentages, Settings
from probe_tray.core.state import AppState, RenewalState
from probe_tray.view.details.details import DetailsView, details
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import ActionKind
from tests.unit.ui import samples
from tests.unit.ui.samples import NOW, account, snapshot

HERE = Now(NOW, UTC)


def shown(state: AppState, span: Span = Span.WEEK) -> DetailsView:
    found = details(state, state.accounts[0].key, span, HERE, Translator())
    assert found is not None
    return found


def facts(state: AppState) -> dict[str, str]:
    return {fact.label: fact.value for fact in shown(state).facts}


def test_every_window_of_every_limit_is_there() -> None:
    labels = [bar.label for bar in shown(samples.looked_at()).bars]
    assert labels == ["5 h", "Week", "Code review", "GPT-5.3 Spark, 5 h", "GPT-5.3 Spark, Week"]


@pytest.mark.parametrize(
    ("name", "feature", "label"),
    [("Spark", "codex_x", "Spark"), ("", "codex_x", "codex_x"), ("", "", "Other limit")],
)
def test_a_further_limit_is_called_by_its_name_else_by_what_it_counts(name: str, feature: str, label: str) -> None:
    known = snapshot(1, 1)
    extra = Limit(name=name, feature=feature, windows=known.main.windows[:1])
    state = samples.only([account("a@example.com", replace(known, extra=(extra,)))])
    assert shown(state).bars[-1].label == label


def test_why_the_service_holds_an_account_back_is_told() -> None:
    held = replace(snapshot(1, 1), reached_type="rate_limit_reached")
    assert facts(samples.only([account("a@example.com", held)]))["Limit reached"] == "the quota is used up"


def test_the_lower_part_tells_of_money_place_renewals_and_models() -> None:
    assert facts(samples.looked_at()) == {
        "Credits": "12.5 left",
        "Credit budget": "41.25 of 100 credits used, resets in 8 d · 30 Nov",
        "Reset credits": "2 unused\none expires in 3 d · Wed 13:52\none expires in 12 d · 4 Dec",
        "Kept in": "Encrypted vault; its key is in the system keyring",
        "Last renewal": "Renewed 18 Nov 13:52",
        "Earlier renewals": "17 Nov 13:52: failed",
        "Last model test": "yesterday 13:52: 2 of 2 models answered\ngpt-5 · 0.6 s\ngpt-5-mini · 0.4 s",
    }


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Credits(unlimited=True), "unlimited"),
        (Credits(has_credits=True), "there are some"),
        (Credits(), "none"),
        (Credits(balance=0, overage_limit_reached=True), "0 left; the limit for extra usage is reached"),
    ],
)
def test_credits_are_told_as_far_as_they_are_known(found: Credits, words: str) -> None:
    state = samples.only([account("a@example.com", replace(snapshot(1, 1), credits=found))])
    assert facts(state)["Credits"] == words


def test_a_spending_limit_without_numbers_says_only_that_it_is_reached() -> None:
    state = samples.only([account("a@example.com", replace(snapshot(1, 1), spend=SpendControl(reached=True)))])
    assert facts(state)["Credit budget"] == "reached"


def test_a_login_s_life_runs_from_its_tokens_to_their_end() -> None:
    life = shown(samples.looked_at()).life
    assert life is not None
    assert (life.today, life.renews_from) == (0.4, 0.7)
    assert [mark.text for mark in life.marks] == ["last renewed 18 Nov", "renews 25 Nov", "ends 28 Nov"]


def test_a_life_that_is_not_known_is_not_drawn() -> None:
    assert shown(samples.only([account("a@example.com")])).life is None


def test_why_a_renewal_failed_is_said_once() -> None:
    state = samples.troubled_lives()
    found = shown(state)
    assert found.notice is not None
    assert "during a renewal" in found.notice.text
    assert facts(state)["Last renewal"] == "Failed 3 min ago"
    # Where the notice is about something else, the reason stands there.
    first = state.accounts[0]
    other = samples.only([replace(first, problem=samples.ended())])
    assert facts(other)["Last renewal"].startswith("Renewal failed 3 min ago. The connection broke")


def test_a_login_that_is_not_renewed_by_itself_says_why() -> None:
    state = samples.looked_at()
    off = replace(state, settings=Settings(auto_renew=False))
    life = shown(off).life
    assert life is not None
    assert life.renews_from is None
    assert facts(off)["Renewal"] == "Automatic renewal is off in Settings."


def test_the_official_login_can_only_be_tested() -> None:
    official = account(
        "a@example.com",
        stores=(StoreKind.OFFICIAL,),
        renewable=False,
        renewal=RenewalState(),
        location="~/.codex/auth.json",
    )
    view = shown(samples.only([official]))
    assert [a.kind for a in view.actions] == [ActionKind.TEST_MODELS]
    assert {f.label: f.value for f in view.facts}["Kept in"] == "the Codex client · ~/.codex/auth.json"


def test_the_chart_shows_gaps_as_gaps() -> None:
    chart = shown(samples.looked_at()).chart
    assert [(line.label, len(line.runs)) for line in chart.lines] == [("Week", 2), ("5 h", 2)]
    everything = [xy for line in chart.lines for run in line.runs for xy in run]
    assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y in everything)
    assert not chart.empty
    assert chart.spoken == "Week: 72% used now, 72% at most. 5 h: 42% used now, 87% at most"


def test_the_dashed_line_is_told_once_where_both_windows_warn_alike_else_for_each() -> None:
    state = samples.looked_at()
    assert [(round(x.at, 2), x.text) for x in shown(state).chart.levels] == [(0.8, "warning at 80% used")]
    apart = shown(replace(state, settings=Settings(warn_weekly_percent=70))).chart
    assert [(round(x.at, 2), x.text) for x in apart.levels] == [
        (0.7, "Week: warning at 70% used"),
        (0.8, "5 h: warning at 80% used"),
    ]
    assert shown(replace(state, details=None)).chart.levels == ()


@pytest.mark.parametrize(
    ("span", "first", "last", "count"),
    [(Span.DAY, "16:00", "12:00", 6), (Span.WEEK, "Mon", "Sun", 7), (Span.MONTH, "28 Oct", "22 Nov", 6)],
)
def test_the_days_below_the_chart_are_the_persons_own(span: Span, first: str, last: str, count: int) -> None:
    ticks = shown(samples.looked_at(), span).chart.ticks
    assert (ticks[0].text, ticks[-1].text, len(ticks)) == (first, last, count)
    assert [t.at for t in ticks] == sorted(t.at for t in ticks)
    assert all(0 < t.at <= 1 for t in ticks)


def test_until_the_past_is_read_and_where_there_is_none_it_says_so() -> None:
    state = samples.looked_at()
    assert shown(state, Span.MONTH).chart.empty == "Reading the history…"
    assert shown(replace(state, details=None)).chart.empty == "Reading the history…"
    nothing = replace(state, details=Details(account=state.accounts[0].key, span=Span.WEEK))
    assert shown(nothing).chart.empty == "No data for this period."


def test_the_past_of_another_account_is_not_shown() -> None:
    state = samples.looked_at()
    other = Details(account=AccountKey("other"), span=Span.WEEK)
    assert shown(replace(state, details=other)).chart.empty == "Reading the history…"


def test_a_problem_stands_above_with_its_button() -> None:
    notice = shown(samples.troubled_lives()).notice
    assert notice is not None
    assert notice.actions


def test_an_account_that_is_gone_has_no_details() -> None:
    assert details(AppState(api_key=ApiKeyLogin(location="x")), AccountKey("a"), Span.DAY, HERE, Translator()) is None


@pytest.mark.parametrize("hours", [0, 1, 24 * 9])
def test_any_account_at_any_time_can_be_shown(hours: int) -> None:
    later = Now(NOW + timedelta(hours=hours), UTC)
    for state in (samples.conditions(), samples.long_names(), samples.looked_at()):
        for found in state.accounts:
            for span in Span:
                assert details(state, found.key, span, later, Translator()) is not None


def past(span: Span, *lines: tuple[WindowKind, list[tuple[timedelta, int]]]) -> AppState:
    """An account whose meters showed so many tenths of a percent, so long ago."""
    seconds = {WindowKind.SHORT: 18_000, WindowKind.WEEKLY: 604_800}
    known = tuple(
        HistoryLine(
            meter=Meter(kind=kind, seconds=seconds[kind]),
            points=tuple(Point(NOW - ago, used, used) for ago, used in points),
        )
        for kind, points in lines
    )
    state = samples.looked_at()
    return replace(state, details=Details(account=state.accounts[0].key, span=span, lines=known))


def test_the_line_of_a_new_account_begins_today() -> None:
    hours = [(timedelta(hours=n), 100 - n) for n in (3, 2, 1, 0)]
    chart = shown(past(Span.WEEK, (WindowKind.WEEKLY, hours))).chart
    assert chart.begins is not None
    assert (chart.begins.text, round(chart.begins.at, 3)) == ("The line begins today", round(1 - 3 / 168, 3))
    assert chart.spoken.endswith("The line begins today")
    older = shown(past(Span.WEEK, (WindowKind.WEEKLY, [(timedelta(days=1), 10), *hours]))).chart
    assert older.begins is None


def test_every_moment_of_the_chart_can_be_read() -> None:
    week = [(timedelta(hours=h), u) for h, u in ((30, 110), (2, 400), (0, 420))]
    short = [(timedelta(hours=h), u) for h, u in ((2, 50), (1, 600))]
    chart = shown(past(Span.WEEK, (WindowKind.WEEKLY, week), (WindowKind.SHORT, short))).chart
    assert [(r.text, len(r.heights)) for r in chart.read_outs] == [
        ("yesterday 07:52 · Week 11% used", 1),
        ("11:52 · Week 40% used · 5 h 5% used", 2),
        ("12:52 · Week 40% used · 5 h 60% used", 2),
        ("13:52 · Week 42% used · 5 h 60% used", 2),
    ]
    assert [r.at for r in chart.read_outs] == sorted(r.at for r in chart.read_outs)


@pytest.mark.parametrize(
    ("wanted", "label", "height", "text"),
    [
        (Percentages.USED, "5 h, daily maximum", 0.88, "Week 61% used · 5 h, daily maximum 88% used"),
        (Percentages.LEFT, "5 h, daily minimum", 0.12, "Week 39% left · 5 h, daily minimum 12% left"),
    ],
)
def test_thirty_days_show_the_peaks_of_short_windows(wanted: Percentages, label: str, height: float, text: str) -> None:
    hours = [(timedelta(days=d, hours=h), u) for d in (3, 2, 1, 0) for h, u in ((3, 100), (2, 880), (1, 40))]
    state = past(Span.MONTH, (WindowKind.WEEKLY, [(timedelta(days=3, hours=3), 610)]), (WindowKind.SHORT, hours))
    chart = shown(replace(state, settings=Settings(percentages=wanted)), Span.MONTH).chart
    assert chart.lines[1].label == label
    assert [round(y, 2) for run in chart.lines[1].runs for _, y in run] == [height] * 4
    assert text in chart.read_outs[0].text
    days = shown(past(Span.WEEK, (WindowKind.SHORT, hours)), Span.WEEK).chart
    assert days.lines[0].label == "5 h"


def test_what_becomes_of_a_window_names_it() -> None:
    state = samples.looked_at()
    known = state.accounts[0]
    assert known.snapshot is not None
    week = known.snapshot.main.windows[-1]
    assert week.reset_at is not None
    pace = Pace(
        meter=Meter(kind=week.kind, seconds=week.seconds or 0),
        reset_at=week.reset_at,
        since=NOW - timedelta(days=4),
        base=0,
        at=NOW,
        used=week.used_percent,
        samples=40,
    )
    paced = replace(known, paces=(pace,))
    assert shown(replace(state, accounts=(paced,))).outlook.startswith("Week: ")
