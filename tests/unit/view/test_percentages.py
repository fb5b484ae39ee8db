"""Used or left: one setting turns every number, bar and sentence round, and nothing else."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, timedelta
from typing import cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.alerts.alert import Alert, Level, QuotaAlert, RestoredAlert
from probe_tray.core.quota.history import Details, HistoryLine, Meter, Point, Span
from probe_tray.core.quota.snapshot import Snapshot, SpendControl, Window, WindowKind
from probe_tray.core.settings import Percentages
from probe_tray.core.state import AppState
from probe_tray.ports.desktop import Notification
from probe_tray.resources import resource
from probe_tray.view.alerts.notifications import notification
from probe_tray.view.details.details import DetailsView, details
from probe_tray.view.presenter import present
from probe_tray.view.screen import Screen
from probe_tray.view.tables.status_table import status_header
from probe_tray.view.text.percentages import shown
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator, parse_po
from probe_tray.view.view_models import IconLook, Tone
from tests.unit.ui import samples
from tests.unit.ui.samples import NOW, account, snapshot


def left(state: AppState) -> AppState:
    return replace(state, settings=replace(state.settings, percentages=Percentages.LEFT))


def screen(state: AppState) -> Screen:
    return present(state, NOW, UTC, Translator())


def one(state: AppState) -> DetailsView:
    found = details(state, state.accounts[0].key, Span.DAY, Now(NOW, UTC), Translator())
    assert found is not None
    return found


@given(st.floats(0, 100))
def test_what_is_used_and_what_is_left_make_a_hundred(used: float) -> None:
    assert shown(used, Percentages.USED) + shown(used, Percentages.LEFT) == 100


def test_the_tray_says_what_is_left() -> None:
    state = left(samples.only(samples.four().accounts[1:2]))
    assert "\nLeft: 5 h 12% (14:30) · Week 39% (Wed 14:30)" in screen(state).tray.tooltip
    assert screen(state).menu.rows[0].text == "lee@studio.example — 12% · 39% left"


def test_the_icon_shows_what_is_left_in_the_same_colours() -> None:
    state = samples.only(samples.four().accounts[1:2])
    used, turned = screen(state).tray.look, screen(left(state)).tray.look
    assert (used.weekly, used.short, turned.weekly, turned.short) == (61, 88, 39, 12)
    assert (turned.weekly_tone, turned.short_tone) == (used.weekly_tone, used.short_tone)


def test_the_number_in_the_icon_is_that_of_the_tightest_limit() -> None:
    state = samples.only(samples.four().accounts[1:2])
    numbers = replace(state, settings=replace(state.settings, icon_number=True))
    assert (screen(numbers).tray.look.number, screen(numbers).tray.look.number_bar) == (88, 61)
    assert (screen(left(numbers)).tray.look.number, screen(left(numbers)).tray.look.number_bar) == (12, 39)
    full = samples.only(samples.four().accounts[2:3])
    full = replace(full, settings=replace(full.settings, icon_number=True))
    assert (screen(full).tray.look.number, screen(full).tray.look.number_bar) == (100, 100)
    assert (screen(left(full)).tray.look.number, screen(left(full)).tray.look.number_bar) == (0, 0)


def numbered(found: Snapshot) -> IconLook:
    state = samples.only([account("a@example.com", found)])
    return screen(replace(state, settings=replace(state.settings, icon_number=True))).tray.look


def test_the_number_is_that_of_a_limit_without_a_part_of_the_icon_too() -> None:
    found = snapshot(5, 17)
    budget = Window(kind=WindowKind.BUDGET, seconds=None, used_percent=70, reset_at=NOW + timedelta(days=8))
    look = numbered(replace(found, main=replace(found.main, windows=(*found.main.windows, budget))))
    assert (look.number, look.number_bar, look.number_tone) == (70, 17, Tone.CALM)


def test_the_number_says_that_there_is_no_capacity_whatever_is_used() -> None:
    found = snapshot(60, 17)
    look = numbered(replace(found, main=replace(found.main, reached=True)))
    assert (look.number, look.number_bar, look.exhausted) == (100, 100, True)


def test_the_number_has_the_tone_of_its_window() -> None:
    assert [numbered(snapshot(used, 17)).number_tone for used in (60, 88, 97)] == [
        Tone.CALM,
        Tone.WARNING,
        Tone.CRITICAL,
    ]


def test_cards_say_and_draw_what_is_left() -> None:
    state = samples.only(samples.four().accounts[1:2])
    used, turned = screen(state).panel.cards[0], screen(left(state)).panel.cards[0]
    assert [b.percent_text for b in turned.bars] == ["12%", "39%"]
    assert [b.filled for b in used.bars] == [88, 61]
    assert [b.faded or b.filled for b in turned.bars] == [12, 39]
    assert [(b.tone, b.reset) for b in turned.bars] == [(b.tone, b.reset) for b in used.bars]
    assert [a.pace + b.pace for a, b in zip(used.bars, turned.bars, strict=True) if a.pace and b.pace] == [100, 100]
    assert "5 h: 12% left, reset" in turned.spoken
    assert "12% left" in turned.hover
    assert not re.search(r"\bused\b", turned.spoken + turned.hover)


def test_the_heads_of_the_bars_say_what_fills_them() -> None:
    state = samples.many(20)
    assert screen(state).panel.columns == ("Account", "5 h: used", "Week: used", "Reset")
    assert screen(left(state)).panel.columns == ("Account", "5 h: left", "Week: left", "Reset")
    # Where the limit of one is of a month, its bar is no bar of a week.
    mixed = samples.conditions()
    assert screen(mixed).panel.columns == ("Account", "5 h: used", "Long limit: used", "Reset")
    assert screen(left(mixed)).panel.columns == ("Account", "5 h: left", "Long limit: left", "Reset")


CHINESE = Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))


def test_no_chinese_head_reads_as_a_time() -> None:
    for state, word in ((samples.many(20), "已用"), (left(samples.many(20)), "剩余")):
        wanted = state.settings.percentages
        assert present(state, NOW, UTC, CHINESE).panel.columns[1:3] == (f"5 小时：{word}", f"每周：{word}")
        assert status_header(wanted, CHINESE, brief=True)[2:4] == (
            f"5 小时：{word} %，距重置",
            f"每周：{word} %，距重置",
        )


def test_a_point_of_the_chart_does_not_read_as_a_time_in_chinese() -> None:
    state = left(samples.looked_at())
    assert state.details is not None
    found = details(state, state.details.account, Span.WEEK, Now(NOW, UTC), CHINESE)
    assert found is not None
    assert "5 小时：剩余 " in found.chart.read_outs[-1].text


def test_the_order_of_the_accounts_stays() -> None:
    state = samples.four()
    assert [c.key for c in screen(left(state)).panel.cards] == [c.key for c in screen(state).panel.cards]


def texts(shown_value: object, at: str = "") -> Iterator[tuple[str, str]]:
    """Everything that a person reads, and where."""
    match shown_value:
        case str():
            yield at, shown_value
        case msgspec.Struct():
            for name in shown_value.__struct_fields__:
                yield from texts(getattr(shown_value, name), name)
        case Iterable():
            for one_of_them in cast("Iterable[object]", shown_value):
                yield from texts(one_of_them, at)
        case _:
            pass


@pytest.mark.parametrize("wanted", Percentages)
@pytest.mark.parametrize(
    "make", [samples.four, samples.conditions, samples.foreseen, samples.looked_at, samples.long_names]
)
def test_every_percentage_says_what_it_is_of(make: Callable[[], AppState], wanted: Percentages) -> None:
    state = make()
    state = replace(state, settings=replace(state.settings, percentages=wanted))
    now, t = Now(NOW, UTC), Translator()
    windows = [screen(state), *(details(state, a.key, span, now, t) for a in state.accounts for span in Span)]
    word, other = ("used", "left") if wanted is Percentages.USED else ("left", "used")
    # The amount around it is what is drawn: the number alone only says which part of that is set in bold.
    read = [text for at, text in texts(windows) if re.search(r"\d%", text) and at != "percent_text"]
    assert len(read) > 10
    for text in read:
        # "Best now" says what is free, either way.
        plain = text.replace("used up", "").replace("unused", "").lower()
        assert re.search(rf"\b{word}\b|% of the (5 hours|week|month) free|\d% free", plain), text
        assert not re.search(rf"\b{other}\b", plain), text


def said(state: AppState, *alerts: Alert) -> Notification:
    return notification(alerts, state, Now(NOW, UTC), Translator())


def test_notifications_say_what_is_left() -> None:
    lee = samples.four().accounts[1]
    state = left(samples.only([lee]))
    short = Window(kind=WindowKind.SHORT, seconds=18000, used_percent=88, reset_at=NOW + timedelta(hours=2))
    alert = QuotaAlert(account=lee.key, window=short, level=Level.WARNING)
    assert said(state, alert).title == "lee@studio.example: 12% of the 5-hour quota left"
    assert said(state, RestoredAlert(account=lee.key)).body == "Left now: 5 h 12% · Week 39%."


def test_a_summary_counts_by_what_is_left() -> None:
    accounts = [account(f"a{n}@x.example", snapshot(96, 17)) for n in range(9)]
    alerts = [
        QuotaAlert(
            account=a.key,
            window=Window(kind=WindowKind.WEEKLY, seconds=604800, used_percent=used, reset_at=None),
            level=level,
        )
        for a, (used, level) in zip(accounts, [(96, Level.CRITICAL)] * 5 + [(85, Level.WARNING)] * 4, strict=True)
    ]
    found = said(left(samples.only(accounts)), *alerts)
    assert found.title == "5 weekly limits have less than 5% left, 4 have less than 20% left"


def test_the_details_draw_and_say_what_is_left() -> None:
    lee = samples.four().accounts[1]
    assert lee.snapshot is not None
    budget = replace(lee, snapshot=replace(lee.snapshot, spend=SpendControl(limit=1000, used=40)))
    points = (Point(NOW - timedelta(hours=1), 250, 400),)
    past = HistoryLine(meter=Meter(kind=WindowKind.SHORT, seconds=18000), points=points)
    state = replace(left(samples.only([budget])), details=Details(account=lee.key, span=Span.DAY, lines=(past,)))
    found = one(state)
    assert found.chart_title == "Remaining over time"
    assert found.chart.lines[0].runs[0][0][1] == 0.75
    assert (found.chart.levels[0].text, round(found.chart.levels[0].at, 3)) == ("warning at 20% left", 0.2)
    assert found.chart.spoken == "5 h: 75% left now, 60% at the lowest. The line begins today"
    assert next(f.value for f in found.facts if f.label == "Credit budget") == "960 of 1,000 credits left"
