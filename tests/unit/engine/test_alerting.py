from datetime import timedelta

from probe_tray.core.alerts import Alert, QuotaAlert
from probe_tray.core.events import AccountsRead, CheckSucceeded
from probe_tray.core.identity import AccountKey, StoreKind
from probe_tray.core.quota import Limit, Snapshot, Window, WindowKind
from probe_tray.core.state import AccountState, AppState
from probe_tray.engine.alerting import Alerting
from probe_tray.engine.store import Store
from probe_tray.ports import Notification
from tests.support.fakes import START, FakeClock, FakeNotifier

ANA, BEN = AccountKey("ana"), AccountKey("ben")


class Desk:
    """A desktop whose notifications are looked at."""

    def __init__(self) -> None:
        self.store, self.notifier, self.clock = Store(AppState()), FakeNotifier(), FakeClock()
        self.alerting = Alerting(self.notifier, self.compose, self.store, self.clock)
        self.pressed: list[tuple[Alert, str]] = []
        self.store.dispatch(
            AccountsRead(accounts=tuple(AccountState(key=key, stores=(StoreKind.VAULT,)) for key in (ANA, BEN)))
        )

    def compose(self, alert: Alert, state: AppState) -> Notification:
        assert state is self.store.state
        level = alert.level.value if isinstance(alert, QuotaAlert) else "expiry"
        return Notification(tag=alert.account.account_id, title=level, body="")

    def uses(self, key: AccountKey, percent: float) -> None:
        window = Window(kind=WindowKind.SHORT, seconds=18000, used_percent=percent, reset_at=START + timedelta(hours=5))
        snapshot = Snapshot(taken_at=self.clock.now(), main=Limit(windows=(window,)))
        self.store.dispatch(CheckSucceeded(key=key, snapshot=snapshot, next_check=None))

    async def look(self) -> list[tuple[str, str]]:
        before = len(self.notifier.shown)
        await self.alerting.look(lambda alert, action: self.pressed.append((alert, action)))
        return [(shown.tag, shown.title) for shown in self.notifier.shown[before:]]


async def test_each_alert_is_shown_once() -> None:
    desk = Desk()
    assert await desk.look() == []
    desk.uses(ANA, 85)
    assert await desk.look() == [("ana", "warning")]
    assert await desk.look() == []
    desk.uses(ANA, 97)
    assert await desk.look() == [("ana", "critical")]


async def test_several_alerts_are_all_shown() -> None:
    desk = Desk()
    desk.uses(ANA, 85)
    desk.uses(BEN, 99)
    assert await desk.look() == [("ana", "warning"), ("ben", "critical")]


async def test_a_button_reaches_the_program_with_the_alert_it_belongs_to() -> None:
    desk = Desk()
    desk.uses(ANA, 85)
    desk.uses(BEN, 99)
    await desk.look()
    desk.notifier.press(1, "open")
    desk.notifier.press(0, "log-in")
    assert [(alert.account, action) for alert, action in desk.pressed] == [(BEN, "open"), (ANA, "log-in")]
