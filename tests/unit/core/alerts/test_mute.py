"""Until when an account is muted, and what is not said meanwhile."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.alerts.alert import Alert, Level, LimitAlert, LimitedAlert, LoginAlert, PaceAlert, QuotaAlert
from probe_tray.core.alerts.mute import alert_mute_end, mute_end
from probe_tray.core.quota.snapshot import Window, WindowKind
from tests.unit.ui.samples import NOW, account, snapshot, window

HOUR = timedelta(hours=1)


def test_an_account_is_muted_until_the_window_that_limits_it_most_is_reset() -> None:
    short, week = window(WindowKind.SHORT, 90, 2 * HOUR), window(WindowKind.WEEKLY, 40, 50 * HOUR)
    found = snapshot(90, 40)
    found = replace(found, main=replace(found.main, windows=(short, week)))
    assert mute_end(account("a@x.example", found), NOW) == NOW + 2 * HOUR
    full = replace(
        found, main=replace(found.main, windows=(replace(short, used_percent=100), replace(week, used_percent=100)))
    )
    assert mute_end(account("a@x.example", full), NOW) == NOW + 50 * HOUR


def test_where_no_reset_is_known_or_ahead_nothing_is_muted() -> None:
    assert mute_end(account("a@x.example"), NOW) is None
    assert mute_end(account("a@x.example", snapshot(90, 10)), NOW + timedelta(days=30)) is None


def test_a_notification_mutes_until_the_reset_of_its_own_window() -> None:
    one = account("a@x.example", snapshot(80, 90))
    short = Window(kind=WindowKind.SHORT, seconds=18000, used_percent=80, reset_at=NOW + HOUR)
    for alert in (
        QuotaAlert(account=one.key, window=short, level=Level.WARNING),
        PaceAlert(account=one.key, window=short, runs_out_at=NOW),
    ):
        assert alert_mute_end(alert, one, NOW) == NOW + HOUR
    assert alert_mute_end(LimitedAlert(account=one.key), one, NOW) == mute_end(one, NOW)


@pytest.mark.parametrize("alert", [LoginAlert(account=account("a@x.example").key)])
def test_what_is_about_no_quota_is_said_all_the_same(alert: Alert) -> None:
    assert not isinstance(alert, LimitAlert)
    assert alert_mute_end(alert, account("a@x.example", snapshot(80, 90)), NOW) is None
