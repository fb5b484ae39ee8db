"""A budget is shown wherever a quota is, and why there is no capacity wherever that is said."""

import json
from datetime import UTC, timedelta

import pytest

from probe_tray.core.account.condition import Condition
from probe_tray.core.account.report import AccountReport
from probe_tray.core.alerts.alert import AlertMemory, Level, LimitedAlert, QuotaAlert
from probe_tray.core.alerts.evaluation import alerts
from probe_tray.core.quota.forecast import Pace, follow
from probe_tray.core.quota.history import samples_of
from probe_tray.core.quota.snapshot import Limit, Snapshot, SpendControl, WindowKind
from probe_tray.core.quota.usage_parser import read_usage
from probe_tray.core.settings import Percentages
from probe_tray.core.state import AccountState
from probe_tray.view.alerts.notifications import notification
from probe_tray.view.presenter import present
from probe_tray.view.quota.quota_line import line, template_line
from probe_tray.view.quota.quota_numbers import quota_overview
from probe_tray.view.screen import Screen
from probe_tray.view.tables.json_table import accounts_json
from probe_tray.view.tables.status_table import status_rows
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import Card, Tone
from tests.unit.ui import samples
from tests.unit.ui.samples import NOW, account

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
READ_AT = NOW - timedelta(minutes=2)
RESET = int((NOW + 6 * DAY).timestamp())
BUDGET = {
    "plan_type": "business",
    "rate_limit": None,
    "spend_control": {"individual_limit": {"limit": "1000", "remaining": "80", "reset_at": RESET}},
}


def read(body: object) -> Snapshot:
    return read_usage(json.dumps(body).encode(), now=READ_AT, server_date=None)


def windows(*, allowed: bool, **more: object) -> Snapshot:
    def window(used: float, seconds: int, after: timedelta) -> dict[str, object]:
        at = int((NOW + after).timestamp())
        return {"used_percent": used, "limit_window_seconds": seconds, "reset_at": at}

    rate = {
        "allowed": allowed,
        "limit_reached": not allowed,
        "primary_window": window(12, 18_000, HOUR),
        "secondary_window": window(30, 604_800, 3 * DAY),
    }
    return read({"plan_type": "business", "rate_limit": rate, **more})


def shown(owner: AccountState) -> Screen:
    return present(samples.only([owner]), NOW, UTC, Translator())


def card_of(owner: AccountState) -> Card:
    return shown(owner).panel.cards[0]


def state_of(found: Snapshot, *, brief: bool = False) -> tuple[str, str]:
    report = AccountReport(location="a.json", snapshot=found)
    (row,) = status_rows([report], Percentages.USED, Now(NOW, UTC), Translator(), brief=brief)
    return row[4].text, row[5].text


def test_a_budget_alone_is_a_bar_an_icon_and_a_warning() -> None:
    owner = account("bo@company.example", read(BUDGET))
    card, screen = card_of(owner), shown(owner)
    assert [(bar.label, bar.percent, bar.tone) for bar in card.bars] == [("Budget", 92, Tone.WARNING)]
    assert card.condition is Condition.WARNING
    assert (screen.tray.look.weekly, screen.tray.look.weekly_tone) == (92, Tone.WARNING)
    assert "Used: Budget 92% (Sat 13:52)" in screen.tray.tooltip


def test_a_budget_is_in_the_table_and_in_json() -> None:
    found = read(BUDGET)
    assert state_of(found) == ("budget 92% used, resets in 6 days", "available")
    told = json.loads(accounts_json([AccountReport(location="a.json", snapshot=found)]))["accounts"][0]
    assert [(w["kind"], w["used_percent"]) for w in told["quota"]["main"]["windows"]] == [("budget", 92)]
    assert told["quota"]["spend"] == {
        "reached": False,
        "limit": 1000,
        "used": 920,
        "remaining": 80,
        "used_percent": 92,
        "reset_at": "2026-11-28T13:52:00Z",
    }


def test_a_budget_is_kept_in_the_history_and_foreseen() -> None:
    paces: tuple[Pace, ...] = ()
    for hours, remaining in ((-40, 110), (-20, 95), (0, 80)):
        own = {"limit": "1000", "remaining": remaining, "reset_at": RESET}
        body = json.dumps({"spend_control": {"individual_limit": own}}).encode()
        found = read_usage(body, now=READ_AT + hours * HOUR, server_date=None)
        paces = follow(paces, found)
    assert [(s.meter.kind, s.used) for s in samples_of(found)] == [(WindowKind.BUDGET, 920)]
    (bar,) = card_of(account("bo@company.example", found, paces=paces)).bars
    assert bar.runs_out
    assert bar.outlook.startswith("At this pace it runs out ")


def test_a_budget_that_matters_more_than_the_week_is_what_the_icon_shows() -> None:
    own = {"individual_limit": {"limit": "100", "used": "96"}}
    busy = shown(account("bo@company.example", windows(allowed=True, spend_control=own)))
    assert (busy.tray.look.weekly, busy.tray.look.weekly_tone) == (96, Tone.CRITICAL)
    assert "Week 30%" in busy.tray.tooltip
    assert "Budget 96%" in busy.tray.tooltip
    own["individual_limit"]["used"] = "50"
    calm = shown(account("bo@company.example", windows(allowed=True, spend_control=own)))
    assert calm.tray.look.weekly == 30


def test_a_budget_is_called_so_in_a_notification() -> None:
    owner = account("bo@company.example", read(BUDGET))
    assert owner.snapshot is not None
    alert = QuotaAlert(account=owner.key, window=owner.snapshot.main.windows[0], level=Level.WARNING)
    found = notification((alert,), samples.only([owner]), Now(NOW, UTC), Translator())
    assert (found.title, found.body) == (
        "bo@company.example: 92% of the credit budget used",
        "Resets Saturday 13:52.",
    )


def test_credits_that_are_the_only_limit_are_named() -> None:
    found = read({"rate_limit": None, "credits": {"has_credits": True, "balance": "1250.5"}})
    assert state_of(found) == ("1,250.5 credits left", "available")


DEPLETED = "the workspace's credits are used up; its owner can add more"


@pytest.mark.parametrize("told", ["workspace_member_credits_depleted", {"type": "workspace_member_credits_depleted"}])
def test_the_reason_is_said_wherever_no_capacity_is(told: object) -> None:
    found = windows(allowed=False, rate_limit_reached_type=told)
    owner = account("bo@company.example", found)
    card, screen = card_of(owner), shown(owner)
    assert card.notice is not None
    assert card.notice.text == f"No capacity: {DEPLETED}."
    said = notification((LimitedAlert(account=owner.key),), samples.only([owner]), Now(NOW, UTC), Translator())
    assert said.body == f"No capacity: {DEPLETED}."
    assert screen.panel.headline == "No capacity: workspace credits used up"
    assert "No capacity: workspace credits used up" in screen.tray.tooltip
    assert screen.menu.rows[0].text.endswith(" — workspace credits used up")
    assert state_of(found)[1] == f"no capacity: {DEPLETED}"
    assert state_of(found, brief=True)[1] == "no capacity: workspace credits used up"
    told_json = json.loads(accounts_json([AccountReport(location="a.json", snapshot=found)]))["accounts"][0]
    assert told_json["no_capacity_reason"] == DEPLETED


def test_a_reason_that_nobody_knows_is_said_as_the_service_says_it() -> None:
    found = windows(allowed=False, rate_limit_reached_type="moon_phase")
    card = card_of(account("bo@company.example", found))
    assert card.notice is not None
    assert card.notice.text == "No capacity: the service's reason is moon_phase."
    assert state_of(found)[1] == "no capacity: the service's reason is moon_phase"


def test_the_window_and_the_service_s_reason_are_both_said() -> None:
    body = {
        "rate_limit": {
            "allowed": False,
            "primary_window": {"used_percent": 100, "limit_window_seconds": 604_800, "reset_at": RESET},
        },
        "rate_limit_reached_type": "workspace_owner_usage_limit_reached",
    }
    owner = account("bo@company.example", read(body))
    card = card_of(owner)
    budget = "your credit budget in the workspace is used up; as its owner you can raise it"
    assert card.notice is not None
    assert card.notice.text == f"No capacity until Saturday 13:52: the weekly quota is used up; {budget}."
    assert owner.snapshot is not None
    alert = QuotaAlert(account=owner.key, window=owner.snapshot.main.windows[0], level=Level.EXHAUSTED)
    found = notification((alert,), samples.only([owner]), Now(NOW, UTC), Translator())
    assert found.body == f"No capacity until Saturday 13:52. Why: {budget}."


def test_a_usual_reason_adds_nothing_to_the_window() -> None:
    body = {
        "rate_limit": {"primary_window": {"used_percent": 100, "limit_window_seconds": 604_800, "reset_at": RESET}},
        "rate_limit_reached_type": "rate_limit_reached",
    }
    card = card_of(account("bo@company.example", read(body)))
    assert card.notice is not None
    assert card.notice.text == "No capacity until Saturday 13:52: the weekly quota is used up."


@pytest.mark.parametrize(
    ("short", "weekly", "reason", "clock"),
    [
        (4 * HOUR, HOUR, "the 5-hour quota is used up", "17:52"),
        (HOUR, 4 * HOUR, "the weekly quota is used up", "17:52"),
        (HOUR, None, "the weekly quota is used up", ""),
        (None, HOUR, "the 5-hour quota is used up", ""),
    ],
)
def test_of_two_limits_that_are_used_up_the_one_that_is_reset_last_is_named_everywhere(
    short: timedelta | None, weekly: timedelta | None, reason: str, clock: str
) -> None:
    full = (samples.window(WindowKind.SHORT, 100, short), samples.window(WindowKind.WEEKLY, 100, weekly))
    owner = account("bo@company.example", Snapshot(taken_at=READ_AT, main=Limit(windows=full)))
    screen, card = shown(owner), card_of(owner)
    until = f" until {clock}" if clock else ""
    assert screen.panel.headline == f"No capacity{until}"
    assert [row.text for row in screen.menu.rows] == [f"bo@company.example — full{until}"]
    assert card.notice is not None
    assert (card.notice.text, card.brief) == (f"No capacity{until}: {reason}.", clock or "limited")
    (alert,), _ = alerts(samples.only([owner]), AlertMemory(), NOW, forecast=lambda _account, _window: None)
    said = notification((alert,), samples.only([owner]), Now(NOW, UTC), Translator())
    body = f"No capacity{until}." if clock else "OpenAI doesn't say when it resets."
    assert (said.title, said.body) == (f"bo@company.example: {reason}", body)
    overview = quota_overview(samples.only([owner]), NOW)
    (quota,) = overview.accounts
    assert line(quota, overview, Now(NOW, UTC)) == f"bo 5h 100% wk 100% {clock or 'limited'}"
    assert template_line("{reset}", quota, Now(NOW, UTC)) == (clock or "-")
    assert ("until it resets" in state_of(Snapshot(taken_at=READ_AT, main=Limit(windows=full)))[1]) is bool(clock)


def test_a_reached_budget_puts_off_the_capacity_that_a_reset_would_bring() -> None:
    full = samples.window(WindowKind.SHORT, 100, HOUR)
    spend = SpendControl(reached=True, used_percent=99.5, reset_at=NOW + 6 * DAY)
    found = Snapshot(taken_at=READ_AT, main=Limit(windows=(full,)), spend=spend)
    owner = account("bo@company.example", found)
    card = card_of(owner)
    assert card.notice is not None
    assert card.notice.text == "No capacity until Saturday 13:52: the credit budget is used up."
    alert = QuotaAlert(account=owner.key, window=full, level=Level.EXHAUSTED)
    said = notification((alert,), samples.only([owner]), Now(NOW, UTC), Translator())
    assert said.body == "No capacity until Saturday 13:52."


def test_no_capacity_until_a_time_of_tomorrow_says_so_everywhere() -> None:
    at = int((NOW + 20 * HOUR).timestamp())
    body = {"rate_limit": {"primary_window": {"used_percent": 100, "limit_window_seconds": 604_800, "reset_at": at}}}
    owner = account("bo@company.example", read(body))
    screen, card = shown(owner), card_of(owner)
    assert screen.panel.headline == "No capacity until tomorrow 09:52"
    assert screen.tray.tooltip.splitlines()[1] == "No capacity until tomorrow 09:52"
    assert [row.text for row in screen.menu.rows] == ["bo@company.example — full until tomorrow 09:52"]
    assert card.notice is not None
    assert card.notice.text.startswith("No capacity until tomorrow 09:52: ")
    assert (card.bars[0].reset, card.bars[0].reset_short) == ("in 20 h · tomorrow 09:52", "Mon 09:52")
    assert owner.snapshot is not None
    alert = QuotaAlert(account=owner.key, window=owner.snapshot.main.windows[0], level=Level.EXHAUSTED)
    said = notification((alert,), samples.only([owner]), Now(NOW, UTC), Translator())
    assert said.body == "No capacity until tomorrow 09:52."
    assert state_of(owner.snapshot)[1] == "no capacity until it resets in 20 h · tomorrow 09:52"
