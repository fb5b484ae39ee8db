"""A quota is used up and a reset credit is unused: it is said, with the one that is lost first."""

from datetime import UTC, timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.alerts.alert import Level, LimitedAlert, QuotaAlert
from probe_tray.core.quota.snapshot import Limit, Snapshot, Window, WindowKind
from probe_tray.resources import resource
from probe_tray.view.alerts.notifications import notification
from probe_tray.view.presenter import present
from probe_tray.view.text.sentences import unused_credits
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator, parse_po
from tests.unit.ui import samples
from tests.unit.ui.samples import NOW, account, snapshot

HERE, T = Now(NOW, UTC), Translator()
FULL = snapshot(100, 17)


def held(count: int | None, *days: float, of: Snapshot = FULL) -> Snapshot:
    return replace(of, reset_credits=count, reset_credit_ends=tuple(NOW + timedelta(days=d) for d in days))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (held(1, 3), "You have 1 unused reset credit. It expires Wednesday 13:52."),
        (held(1, 0.1), "You have 1 unused reset credit. It expires at 16:16."),
        (held(2, 12, 3), "You have 2 unused reset credits. The first expires Wednesday 13:52."),
        (held(2, 0.1, 3), "You have 2 unused reset credits. The first expires at 16:16."),
        (held(2, -1), "You have 2 unused reset credits."),
        (held(2), "You have 2 unused reset credits."),
        (held(0, 3), ""),
        (held(-1), ""),
        (held(None, 3), ""),
        (held(1, 3, of=snapshot(99, 17)), ""),
    ],
)
def test_unused_credits_are_said_once_a_quota_is_used_up(found: Snapshot, said: str) -> None:
    assert unused_credits(found, HERE, T) == said


def test_a_credit_that_would_reset_nothing_is_not_offered() -> None:
    budget = Window(kind=WindowKind.BUDGET, seconds=None, used_percent=100, reset_at=None)
    assert unused_credits(held(1, 3, of=replace(FULL, main=Limit(windows=(budget,)))), HERE, T) == ""


def test_the_card_and_both_notifications_say_it() -> None:
    full = account("a@x.example", held(2, 12, 3))
    state = samples.only([full])
    words = "You have 2 unused reset credits. The first expires Wednesday 13:52."
    notice = present(state, NOW, UTC, T).panel.cards[0].notice
    assert notice is not None
    assert notice.text.endswith(words)
    window = Window(kind=WindowKind.SHORT, seconds=18000, used_percent=100, reset_at=NOW + timedelta(hours=1))
    for alert in (QuotaAlert(account=full.key, window=window, level=Level.EXHAUSTED), LimitedAlert(account=full.key)):
        assert notification((alert,), state, HERE, T).body.endswith(words)


def test_it_is_said_in_chinese() -> None:
    chinese = Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))
    assert unused_credits(held(2, 3, 12), HERE, chinese) == "您有 2 次未使用的重置机会。最早的一次有效期至周三 13:52。"
