import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone

import pytest

from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.alerts import evaluation
from probe_tray.core.alerts.alert import Alert, AlertHelp, AlertMemory, Forecast, QuotaAlert
from probe_tray.core.alerts.mute import MUTE
from probe_tray.core.alerts.quiet_hours import Pause
from probe_tray.core.commands import CheckNotifications, OpenNotificationSettings
from probe_tray.core.errors import NotificationsOffError, WriteError
from probe_tray.core.events import (
    AccountsRead,
    ChecksPlanned,
    CheckStarted,
    CheckSucceeded,
    SettingsChanged,
    SituationChanged,
    VisibleAccountsChanged,
    WindowUseChanged,
)
from probe_tray.core.polling.situation import Situation
from probe_tray.core.quota.snapshot import Limit, Snapshot, Window, WindowKind
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState
from probe_tray.engine.alert_service import AlertComposer, AlertService
from probe_tray.engine.store import Store
from probe_tray.ports.desktop import Notification
from tests.support.fakes import START, FakeClock, FakeNotifier, settle
from tests.unit.engine.bench import MemoryOfAlerts, no_forecast, running

ANA, BEN = AccountKey("ana"), AccountKey("ben")
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
RESET = START + timedelta(hours=15)
HERE = timezone(timedelta(hours=2))
"""Where it is 8 in the morning at the start."""


def composer(alerts: Callable[[tuple[Alert, ...], AppState], Notification]) -> AlertComposer:
    return AlertComposer(
        alerts,
        lambda: Notification(tag="test", title="test", body=""),
        lambda: Notification(tag="running", title="running", body=""),
    )


class Bench:
    """A desktop whose notifications are looked at."""

    def __init__(self, file: MemoryOfAlerts | None = None, clock: FakeClock | None = None) -> None:
        self.store, self.notifier, self.clock = Store(AppState()), FakeNotifier(), clock or FakeClock()
        self.file = file or MemoryOfAlerts()
        phrases = composer(self.compose)
        self.alerting = AlertService(self.notifier, phrases, self.store, self.clock, self.file, HERE, no_forecast)
        self.pressed: list[tuple[AccountKey | None, AlertHelp]] = []
        self.told: list[Alert] = []
        self.store.dispatch(
            AccountsRead(accounts=tuple(AccountState(key=key, stores=(StoreKind.VAULT,)) for key in (ANA, BEN)))
        )

    def compose(self, batch: tuple[Alert, ...], state: AppState) -> Notification:
        assert state is self.store.state
        self.told += batch
        levels = [a.level.value if isinstance(a, QuotaAlert) else type(a).__name__ for a in batch]
        return Notification(tag=" ".join(a.account.account_id for a in batch), title=" ".join(levels), body="")

    def uses(self, key: AccountKey, percent: float) -> None:
        window = Window(kind=WindowKind.WEEKLY, seconds=604_800, used_percent=percent, reset_at=RESET)
        snapshot = Snapshot(taken_at=self.clock.now(), main=Limit(windows=(window,)))
        self.store.dispatch(CheckSucceeded(key=key, snapshot=snapshot, next_check=None))

    async def falls(self, key: AccountKey, percent: float) -> None:
        # A fall counts once it was seen several times.
        for _ in range(3):
            self.uses(key, percent)
            await self.clock.advance(MINUTE)

    def looks_at(self, *keys: AccountKey) -> None:
        """Bring the panel to the front, where it shows the cards of these accounts."""
        self.store.dispatch(WindowUseChanged(in_use=True))
        self.store.dispatch(VisibleAccountsChanged(accounts=frozenset(keys)))

    def leaves(self) -> None:
        """Use another program."""
        self.store.dispatch(VisibleAccountsChanged(accounts=frozenset()))
        self.store.dispatch(WindowUseChanged(in_use=False))

    def press(self, account: AccountKey | None, wanted: AlertHelp) -> None:
        self.pressed.append((account, wanted))

    @property
    def shown(self) -> list[tuple[str, str]]:
        return [(shown.tag, shown.title) for shown in self.notifier.shown]

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        async with running(self.alerting.run(self.press)):
            yield


async def test_each_alert_is_shown_once() -> None:
    bench = Bench()
    bench.uses(ANA, 85)
    bench.uses(BEN, 0)
    async with bench.running():
        assert bench.shown == [("ana", "warning")]
        bench.uses(ANA, 86)
        await settle()
        bench.uses(ANA, 97)
        await settle()
        await bench.clock.advance(HOUR)
    assert bench.shown == [("ana", "warning"), ("ana", "critical")]


async def test_at_the_start_all_accounts_are_waited_for_and_told_in_one_notification() -> None:
    bench = Bench()
    async with bench.running():
        bench.uses(ANA, 85)
        await bench.clock.advance(5 * SECOND)
        assert bench.shown == []
        bench.uses(BEN, 99)
        await bench.clock.advance(SECOND)
        assert bench.shown == [("ana ben", "warning critical")]


async def test_an_account_that_never_answers_holds_nothing_up_for_long() -> None:
    bench = Bench()
    async with bench.running():
        bench.uses(ANA, 85)
        bench.store.dispatch(CheckStarted(key=BEN))
        await bench.clock.advance(31 * SECOND)
    assert bench.shown == [("ana", "warning")]


async def test_a_first_round_of_many_accounts_is_waited_for_and_told_in_one_notification() -> None:
    bench = Bench()
    keys = [AccountKey(f"a{n}") for n in range(1000)]
    bench.store.dispatch(AccountsRead(accounts=tuple(AccountState(key=key, stores=(StoreKind.VAULT,)) for key in keys)))
    async with bench.running():
        for key in keys:
            assert bench.shown == []
            bench.uses(key, 85)
            await bench.clock.advance(SECOND / 3)
        await bench.clock.advance(SECOND)
    ((tag, _),) = bench.shown
    assert len(tag.split()) == 1000


async def test_a_later_round_of_many_accounts_is_one_notification_too() -> None:
    bench = Bench()
    keys = [AccountKey(f"a{n}") for n in range(300)]
    bench.store.dispatch(AccountsRead(accounts=tuple(AccountState(key=key, stores=(StoreKind.VAULT,)) for key in keys)))
    for key in keys:
        bench.uses(key, 10)
    async with bench.running():
        for place, key in enumerate(keys):
            if place + 1 < len(keys):
                bench.store.dispatch(CheckStarted(key=keys[place + 1]))
            bench.uses(key, 85)
            await bench.clock.advance(SECOND / 3)
        await bench.clock.advance(SECOND)
    assert len(bench.shown) == 1


class Crowd(Bench):
    """A desktop with 250 accounts, of which is noted how many are looked at in which turn of the loop."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.keys = [AccountKey(f"a{n}") for n in range(250)]
        accounts = (AccountState(key=key, stores=(StoreKind.VAULT,)) for key in self.keys)
        self.store.dispatch(AccountsRead(accounts=tuple(accounts)))
        for key in self.keys:
            self.uses(key, 10)
        self.turn = 0
        self.looked: list[tuple[int, int]] = []
        """The turn, and how many accounts."""
        self.meanwhile: Callable[[], object] = lambda: None
        """Called once, in the first turn."""
        find = evaluation.alerts

        def noted(
            state: AppState,
            memory: AlertMemory,
            now: datetime,
            *,
            forecast: Forecast,
            before: AppState | None,
            quiet: bool,
        ) -> tuple[tuple[Alert, ...], AlertMemory]:
            self.looked.append((self.turn, len(state.accounts)))
            asyncio.get_running_loop().call_soon(self._pass)
            meanwhile, self.meanwhile = self.meanwhile, lambda: None
            meanwhile()
            return find(state, memory, now, forecast=forecast, before=before, quiet=quiet)

        monkeypatch.setattr("probe_tray.engine.alert_service.alerts", noted)

    def _pass(self) -> None:
        self.turn += 1

    def compose(self, batch: tuple[Alert, ...], state: AppState) -> Notification:
        del state
        return Notification(tag=" ".join(a.account.account_id for a in batch), title="", body="")


async def test_many_accounts_are_looked_at_in_several_turns_for_one_notification(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Crowd(monkeypatch)
    async with bench.running():
        await settle()
        first, bench.looked = bench.looked, []
        assert [count for _, count in first] == [100, 100, 50]
        assert len({turn for turn, _ in first}) == 3
        for key in bench.keys[:120]:
            bench.uses(key, 85)
        await bench.clock.advance(SECOND)
        assert [count for _, count in bench.looked if count] == [100, 20], "those that changed"
    ((tag, _),) = bench.shown
    assert tag.split() == [key.account_id for key in bench.keys[:120]]


async def test_what_is_muted_while_many_accounts_are_looked_at_is_muted(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Crowd(monkeypatch)
    async with bench.running():
        await settle()
        muted = bench.keys[-1]
        bench.meanwhile = lambda: asyncio.ensure_future(bench.alerting.mute(muted, muted=True))
        for key in bench.keys[100:]:
            bench.uses(key, 85)
        await bench.clock.advance(SECOND)
        await settle()
        ((tag, _),) = bench.shown
        assert tag.split() == [key.account_id for key in bench.keys[100:-1]]
    assert [mute.account for mute in bench.file.kept.mutes] == [muted.slug]


async def test_nothing_is_notified_while_the_panel_is_in_front_and_what_it_showed_not_later_either() -> None:
    bench = Bench()
    bench.uses(ANA, 0)
    bench.uses(BEN, 0)
    async with bench.running():
        bench.looks_at(ANA)
        bench.uses(ANA, 85)
        bench.uses(BEN, 99)
        await bench.clock.advance(MINUTE)
        assert bench.shown == []
        bench.leaves()
        await bench.clock.advance(HOUR)
        assert bench.shown == [("ben", "critical")]
        bench.uses(ANA, 100)
        await bench.clock.advance(MINUTE)
    assert bench.shown == [("ben", "critical"), ("ana", "exhausted")]


async def test_none_lies_over_a_dialog_that_is_in_use_and_what_still_holds_is_told_afterwards() -> None:
    bench = Bench()
    bench.uses(ANA, 0)
    bench.uses(BEN, 0)
    async with bench.running():
        bench.looks_at()
        bench.uses(ANA, 85)
        bench.uses(BEN, 99)
        await bench.clock.advance(MINUTE)
        await bench.falls(BEN, 3)
        assert bench.shown == []
        bench.leaves()
        await bench.clock.advance(MINUTE)
    assert bench.shown == [("ana", "warning")]


async def test_a_limit_that_was_used_on_meanwhile_is_told_once_and_as_it_is_now() -> None:
    bench = Bench()
    bench.uses(ANA, 0)
    bench.uses(BEN, 0)
    async with bench.running():
        bench.looks_at()
        for percent in (82, 88, 96, 100):
            bench.uses(ANA, percent)
            bench.uses(BEN, min(percent, 90))
            await bench.clock.advance(MINUTE)
        assert bench.shown == []
        bench.leaves()
        await bench.clock.advance(MINUTE)
    assert bench.shown == [("ana ben", "exhausted warning")]
    assert [alert.window.used_percent for alert in bench.told if isinstance(alert, QuotaAlert)] == [100, 90]


async def test_a_notification_goes_when_the_panel_shows_in_front_what_it_says() -> None:
    bench = Bench()
    bench.uses(ANA, 99)
    bench.uses(BEN, 0)
    async with bench.running():
        assert bench.shown == [("ana", "critical")]
        bench.looks_at(BEN)
        await bench.alerting.withdraw_seen()
        assert bench.notifier.withdrawn == []
        bench.looks_at(ANA)
        await bench.alerting.withdraw_seen()
        assert bench.notifier.withdrawn == ["ana"]


async def test_two_looks_at_once_take_each_notification_away_once(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    bench.uses(ANA, 99)
    bench.uses(BEN, 0)
    withdrawn: list[str] = []

    async def withdraw(tag: str) -> None:
        await asyncio.sleep(0)
        withdrawn.append(tag)

    async with bench.running():
        bench.uses(BEN, 99)
        await bench.clock.advance(MINUTE)
        monkeypatch.setattr(bench.notifier, "withdraw", withdraw)
        bench.looks_at(ANA, BEN)
        await asyncio.gather(bench.alerting.withdraw_seen(), bench.alerting.withdraw_seen())
    assert sorted(withdrawn) == ["ana", "ben"]


async def test_one_about_several_goes_once_the_panel_that_it_asks_to_open_shows_one_of_them() -> None:
    bench = Bench()
    bench.uses(ANA, 85)
    bench.uses(BEN, 85)
    async with bench.running():
        bench.looks_at()
        await bench.alerting.withdraw_seen()
        assert bench.notifier.withdrawn == []
        bench.looks_at(BEN)
        await bench.alerting.withdraw_seen()
        assert bench.notifier.withdrawn == ["ana ben"]


async def test_the_button_about_the_next_account_is_about_the_one_that_was_named() -> None:
    bench = Bench()
    theirs = AccountState(key=ANA, stores=(StoreKind.VAULT, StoreKind.OFFICIAL))
    bench.store.dispatch(AccountsRead(accounts=(theirs, *bench.store.state.accounts[1:])))
    bench.uses(ANA, 50)
    bench.uses(BEN, 20)
    async with bench.running():
        bench.uses(ANA, 100)
        await settle()
        assert bench.shown == [("ana", "exhausted")]
        # By then that one is used up too, and whoever presses still gets the account that the button names.
        bench.uses(BEN, 100)
        bench.notifier.press(0, "next account")
        assert bench.pressed == [(BEN, AlertHelp.NEXT)]


async def test_how_the_panel_opens_again_is_told_until_it_is_open() -> None:
    bench = Bench()
    async with bench.running():
        await bench.alerting.panel_opened()
        await bench.alerting.show_running(bench.press)
        assert bench.shown == [("running", "running")]
        bench.notifier.press(0, "open")
        assert bench.pressed == [(None, AlertHelp.OPEN)]
        await bench.alerting.panel_opened()
        await bench.alerting.panel_opened()
        assert bench.notifier.withdrawn == ["running"]


async def test_what_was_held_back_while_the_panel_was_in_front_is_said_after_a_restart() -> None:
    before = Bench()
    before.uses(ANA, 0)
    before.uses(BEN, 0)
    async with before.running():
        before.looks_at(ANA)
        before.uses(BEN, 99)
        await before.clock.advance(MINUTE)
        assert before.shown == []
    after = Bench(before.file, before.clock)
    after.uses(ANA, 0)
    after.uses(BEN, 99)
    async with after.running():
        await after.clock.advance(MINUTE)
    assert after.shown == [("ben", "critical")]


async def test_what_is_over_when_the_panel_leaves_is_not_notified() -> None:
    bench = Bench()
    bench.uses(ANA, 0)
    bench.uses(BEN, 0)
    async with bench.running():
        bench.looks_at(ANA)
        bench.uses(BEN, 99)
        await bench.clock.advance(MINUTE)
        await bench.falls(BEN, 10)
        bench.leaves()
        await bench.clock.advance(MINUTE)
    assert bench.shown == []


async def test_a_notification_goes_when_it_is_no_longer_true() -> None:
    bench = Bench()
    bench.uses(ANA, 99)
    bench.uses(BEN, 0)
    async with bench.running():
        assert bench.shown == [("ana", "critical")]
        bench.uses(ANA, 99.5)
        await bench.clock.advance(MINUTE)
        assert bench.notifier.withdrawn == []
        await bench.falls(ANA, 3)
        assert bench.notifier.withdrawn == ["ana"]


async def test_a_notification_goes_at_the_reset() -> None:
    bench = Bench()
    bench.uses(ANA, 99)
    bench.uses(BEN, 0)
    async with bench.running():
        await bench.clock.advance(RESET - bench.clock.now())
        assert bench.notifier.withdrawn == ["ana"]


async def test_what_one_about_several_says_again_takes_the_place_of_what_was_said_of_each() -> None:
    bench = Bench()
    bench.uses(ANA, 85)
    bench.uses(BEN, 0)
    async with bench.running():
        assert bench.shown == [("ana", "warning")]
        bench.uses(ANA, 99)
        bench.uses(BEN, 99)
        await bench.clock.advance(MINUTE)
        assert bench.shown[1:] == [("ana ben", "critical critical")]
        assert bench.notifier.withdrawn == ["ana"]


async def test_a_window_that_the_person_has_left_in_front_holds_nothing_back() -> None:
    bench = Bench()
    bench.uses(ANA, 0)
    bench.uses(BEN, 0)
    async with bench.running():
        bench.looks_at(ANA)
        bench.store.dispatch(WindowUseChanged(in_use=False))
        bench.uses(ANA, 85)
        await bench.clock.advance(MINUTE)
        assert bench.shown == [("ana", "warning")]
        bench.store.dispatch(WindowUseChanged(in_use=True))
        await bench.alerting.withdraw_seen()
        assert bench.notifier.withdrawn == ["ana"]


async def test_one_about_several_goes_where_all_of_it_is_said_again_or_over() -> None:
    bench = Bench()
    bench.uses(ANA, 85)
    bench.uses(BEN, 85)
    async with bench.running():
        assert bench.shown == [("ana ben", "warning warning")]
        bench.uses(ANA, 99)
        await bench.clock.advance(MINUTE)
        assert bench.notifier.withdrawn == []
        await bench.falls(ANA, 0)
        await bench.falls(BEN, 0)
        assert sorted(bench.notifier.withdrawn) == ["ana", "ana ben"]


async def test_quitting_takes_every_notification_away() -> None:
    bench = Bench()
    bench.uses(ANA, 99)
    bench.uses(BEN, 0)
    async with bench.running():
        assert not bench.notifier.closed
    assert bench.notifier.closed


async def test_behind_a_locked_screen_nobody_sees_the_panel() -> None:
    bench = Bench()
    bench.uses(ANA, 0)
    bench.uses(BEN, 0)
    async with bench.running():
        bench.looks_at(ANA)
        bench.store.dispatch(SituationChanged(situation=Situation(locked=True)))
        bench.uses(ANA, 85)
        await bench.clock.advance(MINUTE)
    assert bench.shown == [("ana", "warning")]


async def test_what_checks_of_the_same_moment_find_is_one_notification() -> None:
    bench = Bench()
    bench.uses(ANA, 0)
    bench.uses(BEN, 0)
    async with bench.running():
        for key in (ANA, BEN):
            bench.store.dispatch(CheckStarted(key=key))
        bench.uses(ANA, 85)
        await bench.clock.advance(2 * SECOND)
        bench.uses(BEN, 85)
        await bench.clock.advance(SECOND)
    assert bench.shown == [("ana ben", "warning warning")]


async def test_that_a_check_is_due_or_begins_wakes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    for key in (ANA, BEN):
        bench.uses(key, 0)
    looks = [0]
    look = bench.alerting.look

    async def noted(on_press: Callable[[AccountKey | None, AlertHelp], None]) -> None:
        looks[0] += 1
        await look(on_press)

    monkeypatch.setattr(bench.alerting, "look", noted)
    async with bench.running():
        looks[0] = 0
        bench.store.dispatch(ChecksPlanned(moments=((ANA, START),)))
        bench.store.dispatch(CheckStarted(key=ANA))
        await bench.clock.advance(20 * SECOND)
        assert looks == [0]
        bench.uses(ANA, 85)
        await settle()
        assert bench.shown == [("ana", "warning")]


async def test_what_a_check_finds_is_said_as_soon_as_it_ends() -> None:
    bench = Bench()
    bench.uses(ANA, 0)
    bench.uses(BEN, 0)
    async with bench.running():
        bench.store.dispatch(CheckStarted(key=ANA))
        await settle()
        bench.uses(ANA, 85)
        await settle()
        assert bench.shown == [("ana", "warning")]


async def test_a_button_reaches_the_program_with_the_account_it_is_about() -> None:
    bench = Bench()
    bench.uses(ANA, 85)
    bench.uses(BEN, 99)
    async with bench.running():
        bench.uses(BEN, 100)
        await settle()
        bench.notifier.press(0, "open")
        bench.notifier.press(1, "open")
    assert bench.pressed == [(None, AlertHelp.OPEN), (BEN, AlertHelp.OPEN)]


async def test_a_restart_repeats_nothing() -> None:
    before = Bench()
    before.uses(ANA, 85)
    before.uses(BEN, 99)
    async with before.running():
        assert len(before.shown) == 1
    after = Bench(before.file, before.clock)
    after.uses(ANA, 85)
    after.uses(BEN, 100)
    async with after.running():
        await after.clock.advance(MINUTE)
    assert after.shown == [("ben", "exhausted")]


async def test_a_file_that_cannot_be_written_keeps_nothing_from_being_shown(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(_Full())
    bench.uses(ANA, 85)
    bench.uses(BEN, 0)
    async with bench.running():
        await bench.clock.advance(HOUR)
    assert bench.shown == [("ana", "warning")]
    assert caplog.text.count("could not be kept") == 1


class _Full(MemoryOfAlerts):
    async def save(self, memory: AlertMemory) -> None:
        del memory
        raise WriteError(path="alerts.json", reason="the disk is full")


async def test_quiet_hours_end_with_one_notification_of_what_still_matters() -> None:
    bench = Bench()
    bench.store.dispatch(SettingsChanged(settings=Settings(quiet_hours=True, quiet_from_hour=8, quiet_to_hour=9)))
    bench.uses(ANA, 85)
    bench.uses(BEN, 85)
    async with bench.running():
        bench.uses(ANA, 96)
        bench.uses(BEN, 100)
        await bench.clock.advance(HOUR - MINUTE)
        assert bench.shown == []
        await bench.clock.advance(2 * MINUTE)
    assert bench.shown == [("ana ben", "critical exhausted")]


async def test_a_pause_is_known_to_everybody_outlives_a_restart_and_ends_by_itself() -> None:
    bench = Bench()
    bench.uses(ANA, 0)
    bench.uses(BEN, 0)
    async with bench.running():
        await bench.alerting.pause(Pause.HOUR)
        assert bench.store.state.paused_until == START + HOUR
        bench.uses(ANA, 96)
        await bench.clock.advance(10 * MINUTE)
    again = Bench(bench.file, bench.clock)
    again.uses(ANA, 96)
    again.uses(BEN, 0)
    async with again.running():
        assert again.store.state.paused_until == START + HOUR
        await again.clock.advance(49 * MINUTE)
        assert again.shown == []
        await again.clock.advance(2 * MINUTE)
        assert again.store.state.paused_until is None
    assert bench.shown + again.shown == [("ana", "critical")]


async def test_a_pause_can_be_ended() -> None:
    bench = Bench()
    bench.uses(ANA, 0)
    bench.uses(BEN, 0)
    async with bench.running():
        await bench.alerting.pause(Pause.TOMORROW)
        assert bench.store.state.paused_until == START + timedelta(days=1)
        bench.uses(ANA, 96)
        await bench.clock.advance(MINUTE)
        assert bench.shown == []
        await bench.alerting.pause(None)
        await settle()
    assert bench.shown == [("ana", "critical")]
    assert bench.file.kept.paused_until is None


async def test_a_muted_account_says_nothing_of_its_quota_until_the_reset_also_after_a_restart() -> None:
    bench = Bench()
    bench.uses(ANA, 0)
    bench.uses(BEN, 0)
    async with bench.running():
        await bench.alerting.mute(ANA, muted=True)
        bench.uses(ANA, 85)
        bench.uses(BEN, 85)
        await bench.clock.advance(MINUTE)
        assert bench.shown == [("ben", "warning")]
        assert [a.muted_until for a in bench.store.state.accounts] == [RESET, None]
    again = Bench(bench.file, bench.clock)
    again.uses(ANA, 96)
    again.uses(BEN, 85)
    async with again.running():
        await again.clock.advance(MINUTE)
        assert again.shown == []
        assert [a.muted_until for a in again.store.state.accounts] == [RESET, None]
        await again.clock.advance(RESET - again.clock.now() + MINUTE)
        assert [a.muted_until for a in again.store.state.accounts] == [None, None]
    assert again.file.kept.mutes == ()


async def test_a_button_of_a_notification_mutes_its_account() -> None:
    bench = Bench()
    bench.uses(ANA, 0)
    bench.uses(BEN, 0)
    async with bench.running():
        bench.uses(ANA, 85)
        await bench.clock.advance(MINUTE)
        assert bench.shown == [("ana", "warning")]
        bench.notifier.press(0, MUTE)
        bench.uses(ANA, 96)
        await bench.clock.advance(MINUTE)
        assert bench.store.state.accounts[0].muted_until == RESET
    assert bench.shown == [("ana", "warning")]
    assert bench.pressed == []
    assert [mute.until for mute in bench.file.kept.mutes] == [RESET]


async def test_muting_can_be_ended() -> None:
    bench = Bench()
    bench.uses(ANA, 0)
    bench.uses(BEN, 0)
    async with bench.running():
        await bench.alerting.mute(ANA, muted=True)
        bench.uses(ANA, 96)
        await bench.clock.advance(MINUTE)
        await bench.alerting.mute(ANA, muted=False)
        await bench.clock.advance(MINUTE)
    assert bench.shown == [("ana", "critical")]


async def test_a_test_is_shown_whatever_the_hour_and_its_button_works() -> None:
    bench = Bench()
    await bench.alerting.pause(Pause.HOUR)
    await bench.alerting.show_test(bench.press)
    bench.notifier.press(0, "open")
    assert (bench.shown, bench.pressed) == ([("test", "test")], [(None, AlertHelp.OPEN)])


async def test_that_they_are_turned_off_is_told_once_over_restarts_until_they_were_on_again() -> None:
    bench, off = Bench(), NotificationsOffError().problem
    bench.notifier.may_show = False
    bench.uses(ANA, 85)
    bench.uses(BEN, 0)
    async with bench.running():
        assert (bench.store.state.trouble, bench.store.state.notifications_allowed) == (off, False)
    for allowed, told in ((False, None), (True, None), (False, off)):
        bench = Bench(bench.file)
        bench.notifier.may_show = allowed
        await bench.alerting.show_test(bench.press)
        assert bench.store.state.trouble == told
        # Where it was asked for, it is said each time.
        assert bench.store.state.notifications_allowed is allowed


@pytest.mark.parametrize("allowed", [True, False])
async def test_whether_they_are_turned_off_is_found_out_without_showing_any(*, allowed: bool) -> None:
    bench = Bench()
    assert bench.store.state.notifications_allowed is None
    bench.notifier.may_show = allowed
    await bench.alerting.do(CheckNotifications(), bench.press)
    assert (bench.store.state.notifications_allowed, bench.store.state.trouble) == (allowed, None)
    await bench.alerting.do(OpenNotificationSettings(), bench.press)
    assert (bench.notifier.shown, bench.notifier.settings_opened) == ([], 1)


async def test_quitting_while_a_notification_hangs_still_keeps_what_was_said() -> None:
    bench = Bench()
    bench.notifier = hanging = _Hanging()
    phrases = composer(bench.compose)
    bench.alerting = AlertService(hanging, phrases, bench.store, bench.clock, bench.file, UTC, no_forecast)
    bench.uses(ANA, 85)
    bench.uses(BEN, 0)
    async with bench.running():
        assert hanging.asked
        assert bench.file.kept == AlertMemory()
    assert len(bench.file.kept.said) == 1


class _Hanging(FakeNotifier):
    asked = False

    async def show(self, notification: Notification, on_action: object) -> bool:
        del notification, on_action
        self.asked = True
        return await asyncio.Event().wait()
