"""What a check of one account among many looks at."""

from datetime import UTC, timedelta
from typing import ClassVar

from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.alerts.alert import Alert
from probe_tray.core.events import AccountsRead
from probe_tray.core.quota.snapshot import Limit, Snapshot, Window, WindowKind
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState
from probe_tray.engine.alert_service import AlertComposer, AlertService
from probe_tray.engine.polling.poller import Poller
from probe_tray.engine.polling.usage_check import UsageCheck
from probe_tray.engine.store import Store
from probe_tray.ports.desktop import Notification
from tests.support.fakes import START, FakeClock, FakeNotifier, FakeRandomness, settle
from tests.unit.engine.bench import MemoryOfAlerts, no_forecast, running

MINUTE = timedelta(minutes=1)


class NotedAccount(AccountState, frozen=True, kw_only=True):
    """An account that notes when something asks for what is known of it."""

    looked_at: ClassVar[set[AccountKey]] = set()

    def __getattribute__(self, name: str) -> object:
        if name in {"checking", "next_check", "muted_until", "snapshot", "renewal", "problem"}:
            NotedAccount.looked_at.add(object.__getattribute__(self, "key"))
        return object.__getattribute__(self, name)


class CountedChecks(UsageCheck):
    """Answers at once, and counts."""

    def __init__(self, clock: FakeClock) -> None:
        self._time = clock
        self.count = 0

    async def snapshot(self, key: AccountKey, settings: Settings) -> Snapshot:
        del key, settings
        self.count += 1
        window = Window(kind=WindowKind.WEEKLY, seconds=604_800, used_percent=10, reset_at=START + 5000 * MINUTE)
        return Snapshot(taken_at=self._time.now(), main=Limit(windows=(window,)))


def nothing_said() -> Notification:
    return Notification(tag="", title="", body="")


def nothing_found(batch: tuple[Alert, ...], state: AppState) -> Notification:
    del batch, state
    return nothing_said()


async def test_a_check_of_one_account_looks_at_no_other() -> None:
    clock, store = FakeClock(), Store(AppState())
    checks = CountedChecks(clock)
    poller = Poller(checks, store, clock, FakeRandomness())
    composer = AlertComposer(nothing_found, nothing_said, nothing_said)
    alerting = AlertService(FakeNotifier(), composer, store, clock, MemoryOfAlerts(), UTC, no_forecast)
    keys = [AccountKey(f"a{number}") for number in range(100)]
    store.dispatch(
        AccountsRead(accounts=tuple(NotedAccount(key=key, stores=(StoreKind.VAULT,)) for key in keys)),
    )
    async with running(poller.run()), running(alerting.run(lambda _account, _help: None)):
        await clock.advance(2 * MINUTE)
        assert checks.count == 100
        poller.refresh([keys[8]])
        await settle()
        NotedAccount.looked_at.clear()
        poller.refresh([keys[7]])
        await settle()
        assert checks.count == 102
        # That of the check before is put into its new place in the order now.
        assert {keys[7]} <= NotedAccount.looked_at <= {keys[7], keys[8]}
