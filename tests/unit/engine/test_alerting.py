import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, timedelta, timezone

import pytest

from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.alerts.alert import Alert, AlertHelp, AlertMemory, QuotaAlert
from probe_tray.core.alerts.quiet_hours import Pause
from probe_tray.core.errors import WriteError
from probe_tray.core.events import (
    AccountsRead,
    CheckStarted,
    CheckSucceeded,
    SettingsChanged,
    SightChanged,
    SituationChanged,
)
from probe_tray.core.polling.situation import Situation
from probe_tray.core.quota.snapshot import Limit, Snapshot, Window, WindowKind
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState
from probe_tray.engine.alert_service import AlertService, Phrases
from probe_tray.engine.store import Store
from probe_tray.ports.desktop import Notification
from tests.support.fakes import START, FakeClock, FakeNotifier, settle
from tests.unit.engine.bench import MemoryOfAlerts, no_forecast, running

ANA, BEN = AccountKey("ana"), AccountKey("ben")
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
RESET = START + timedelta(hours=15)
HERE = timezone(timedelta(hours=2))
"""Where it is 8 in the morning at the start."""


class Desk:
    """A desktop whose notifications are looked at."""

    def __init__(self, file: MemoryOfAlerts | None = None, clock: FakeClock | None = None) -> None:
        self.store, self.notifier, self.clock = Store(AppState()), FakeNotifier(), clock or FakeClock()
        self.file = file or MemoryOfAlerts()
        phrases = Phrases(self.compose, lambda: Notification(tag="test", title="test", body=""))
        self.alerting = AlertService(self.notifier, phrases, self.store, self.clock, self.file, HERE, no_forecast)
        self.pressed: list[tuple[AccountKey | None, AlertHelp]] = []
        self.store.dispatch(
            AccountsRead(accounts=tuple(AccountState(key=key, stores=(StoreKind.VAULT,)) for key in (ANA, BEN)))
        )

    def compose(self, batch: tuple[Alert, ...], state: AppState) -> Notification:
        assert state is self.store.state
        levels = [a.level.value if isinstance(a, QuotaAlert) else type(a).__name__ for a in batch]
        return Notification(tag=" ".join(a.account.account_id for a in batch), title=" ".join(levels), body="")

    def uses(self, key: AccountKey, percent: float) -> None:
        window = Window(kind=WindowKind.WEEKLY, seconds=604_800, used_percent=percent, reset_at=RESET)
        snapshot = Snapshot(taken_at=self.clock.now(), main=Limit(windows=(window,)))
        self.store.dispatch(CheckSucceeded(key=key, snapshot=snapshot, next_check=None))

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
    desk = Desk()
    desk.uses(ANA, 85)
    desk.uses(BEN, 0)
    async with desk.running():
        assert desk.shown == [("ana", "warning")]
        desk.uses(ANA, 86)
        await settle()
        desk.uses(ANA, 97)
        await settle()
        await desk.clock.advance(HOUR)
    assert desk.shown == [("ana", "warning"), ("ana", "critical")]


async def test_at_the_start_all_accounts_are_waited_for_and_told_in_one_notification() -> None:
    desk = Desk()
    async with desk.running():
        desk.uses(ANA, 85)
        await desk.clock.advance(5 * SECOND)
        assert desk.shown == []
        desk.uses(BEN, 99)
        await desk.clock.advance(SECOND)
        assert desk.shown == [("ana ben", "warning critical")]


async def test_an_account_that_never_answers_holds_nothing_up_for_long() -> None:
    desk = Desk()
    async with desk.running():
        desk.uses(ANA, 85)
        desk.store.dispatch(CheckStarted(key=BEN))
        await desk.clock.advance(31 * SECOND)
    assert desk.shown == [("ana", "warning")]


async def test_a_first_round_of_many_accounts_is_waited_for_and_told_in_one_notification() -> None:
    desk = Desk()
    keys = [AccountKey(f"a{n}") for n in range(1000)]
    desk.store.dispatch(AccountsRead(accounts=tuple(AccountState(key=key, stores=(StoreKind.VAULT,)) for key in keys)))
    async with desk.running():
        for key in keys:
            assert desk.shown == []
            desk.uses(key, 85)
            await desk.clock.advance(SECOND / 3)
        await desk.clock.advance(SECOND)
    ((tag, _),) = desk.shown
    assert len(tag.split()) == 1000


async def test_a_later_round_of_many_accounts_is_one_notification_too() -> None:
    desk = Desk()
    keys = [AccountKey(f"a{n}") for n in range(300)]
    desk.store.dispatch(AccountsRead(accounts=tuple(AccountState(key=key, stores=(StoreKind.VAULT,)) for key in keys)))
    for key in keys:
        desk.uses(key, 10)
    async with desk.running():
        for place, key in enumerate(keys):
            if place + 1 < len(keys):
                desk.store.dispatch(CheckStarted(key=keys[place + 1]))
            desk.uses(key, 85)
            await desk.clock.advance(SECOND / 3)
        await desk.clock.advance(SECOND)
    assert len(desk.shown) == 1


async def test_what_the_panel_in_front_shows_is_notified_neither_now_nor_later() -> None:
    desk = Desk()
    desk.uses(ANA, 0)
    desk.uses(BEN, 0)
    async with desk.running():
        desk.store.dispatch(SightChanged(accounts=frozenset({ANA})))
        desk.uses(ANA, 85)
        desk.uses(BEN, 99)
        await desk.clock.advance(MINUTE)
        assert desk.shown == [("ben", "critical")]
        desk.store.dispatch(SightChanged(accounts=frozenset()))
        await desk.clock.advance(HOUR)
        assert desk.shown == [("ben", "critical")]
        desk.uses(ANA, 100)
        await desk.clock.advance(MINUTE)
    assert desk.shown == [("ben", "critical"), ("ana", "exhausted")]


async def test_behind_a_locked_screen_nobody_sees_the_panel() -> None:
    desk = Desk()
    desk.uses(ANA, 0)
    desk.uses(BEN, 0)
    async with desk.running():
        desk.store.dispatch(SightChanged(accounts=frozenset({ANA})))
        desk.store.dispatch(SituationChanged(situation=Situation(locked=True)))
        desk.uses(ANA, 85)
        await desk.clock.advance(MINUTE)
    assert desk.shown == [("ana", "warning")]


async def test_what_checks_of_the_same_moment_find_is_one_notification() -> None:
    desk = Desk()
    desk.uses(ANA, 0)
    desk.uses(BEN, 0)
    async with desk.running():
        for key in (ANA, BEN):
            desk.store.dispatch(CheckStarted(key=key))
        desk.uses(ANA, 85)
        await desk.clock.advance(2 * SECOND)
        desk.uses(BEN, 85)
        await desk.clock.advance(SECOND)
    assert desk.shown == [("ana ben", "warning warning")]


async def test_a_button_reaches_the_program_with_the_account_it_is_about() -> None:
    desk = Desk()
    desk.uses(ANA, 85)
    desk.uses(BEN, 99)
    async with desk.running():
        desk.uses(BEN, 100)
        await settle()
        desk.notifier.press(0, "open")
        desk.notifier.press(1, "open")
    assert desk.pressed == [(None, AlertHelp.OPEN), (BEN, AlertHelp.OPEN)]


async def test_a_restart_repeats_nothing() -> None:
    before = Desk()
    before.uses(ANA, 85)
    before.uses(BEN, 99)
    async with before.running():
        assert len(before.shown) == 1
    after = Desk(before.file, before.clock)
    after.uses(ANA, 85)
    after.uses(BEN, 100)
    async with after.running():
        await after.clock.advance(MINUTE)
    assert after.shown == [("ben", "exhausted")]


async def test_a_file_that_cannot_be_written_keeps_nothing_from_being_shown(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(_Full())
    desk.uses(ANA, 85)
    desk.uses(BEN, 0)
    async with desk.running():
        await desk.clock.advance(HOUR)
    assert desk.shown == [("ana", "warning")]
    assert caplog.text.count("could not be kept") == 1


class _Full(MemoryOfAlerts):
    async def save(self, memory: AlertMemory) -> None:
        del memory
        raise WriteError(path="alerts.json", reason="the disk is full")


async def test_quiet_hours_end_with_one_notification_of_what_still_matters() -> None:
    desk = Desk()
    desk.store.dispatch(SettingsChanged(settings=Settings(quiet_hours=True, quiet_from_hour=8, quiet_to_hour=9)))
    desk.uses(ANA, 85)
    desk.uses(BEN, 85)
    async with desk.running():
        desk.uses(ANA, 96)
        desk.uses(BEN, 100)
        await desk.clock.advance(HOUR - MINUTE)
        assert desk.shown == []
        await desk.clock.advance(2 * MINUTE)
    assert desk.shown == [("ana ben", "critical exhausted")]


async def test_a_pause_is_known_to_everybody_outlives_a_restart_and_ends_by_itself() -> None:
    desk = Desk()
    desk.uses(ANA, 0)
    desk.uses(BEN, 0)
    async with desk.running():
        await desk.alerting.pause(Pause.HOUR)
        assert desk.store.state.paused_until == START + HOUR
        desk.uses(ANA, 96)
        await desk.clock.advance(10 * MINUTE)
    again = Desk(desk.file, desk.clock)
    again.uses(ANA, 96)
    again.uses(BEN, 0)
    async with again.running():
        assert again.store.state.paused_until == START + HOUR
        await again.clock.advance(49 * MINUTE)
        assert again.shown == []
        await again.clock.advance(2 * MINUTE)
        assert again.store.state.paused_until is None
    assert desk.shown + again.shown == [("ana", "critical")]


async def test_a_pause_can_be_ended() -> None:
    desk = Desk()
    desk.uses(ANA, 0)
    desk.uses(BEN, 0)
    async with desk.running():
        await desk.alerting.pause(Pause.TOMORROW)
        assert desk.store.state.paused_until == START + timedelta(days=1)
        desk.uses(ANA, 96)
        await desk.clock.advance(MINUTE)
        assert desk.shown == []
        await desk.alerting.pause(None)
        await settle()
    assert desk.shown == [("ana", "critical")]
    assert desk.file.kept.paused_until is None


async def test_a_test_is_shown_whatever_the_hour_and_its_button_works() -> None:
    desk = Desk()
    await desk.alerting.pause(Pause.HOUR)
    await desk.alerting.show_test(desk.press)
    desk.notifier.press(0, "open")
    assert (desk.shown, desk.pressed) == ([("test", "test")], [(None, AlertHelp.OPEN)])


async def test_quitting_while_a_notification_hangs_still_keeps_what_was_said() -> None:
    desk = Desk()
    desk.notifier = hanging = _Hanging()
    phrases = Phrases(desk.compose, lambda: Notification(tag="test", title="test", body=""))
    desk.alerting = AlertService(hanging, phrases, desk.store, desk.clock, desk.file, UTC, no_forecast)
    desk.uses(ANA, 85)
    desk.uses(BEN, 0)
    async with desk.running():
        assert hanging.asked
        assert desk.file.kept == AlertMemory()
    assert len(desk.file.kept.said) == 1


class _Hanging(FakeNotifier):
    asked = False

    async def show(self, notification: Notification, on_action: object) -> None:
        del notification, on_action
        self.asked = True
        await asyncio.Event().wait()
