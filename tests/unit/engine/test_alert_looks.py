"""Each look of the service says what a look at everybody's past would: whatever it leaves out had nothing new."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.alerts.alert import Alert, AlertHelp, AlertMemory, AlertRecord, Mute
from probe_tray.core.alerts.evaluation import alerts, holds
from probe_tray.core.alerts.login_rules import expects, is_untried
from probe_tray.core.alerts.quiet_hours import in_quiet_hours
from probe_tray.core.errors import LoginEndedError, NotSentError
from probe_tray.core.events import (
    AccountsRead,
    CheckFailed,
    CheckStarted,
    CheckSucceeded,
    Event,
    RemovalEnded,
    RemovalStarted,
    RenewalEnded,
    SettingsChanged,
)
from probe_tray.core.quota.snapshot import Limit, Snapshot, Window, WindowKind
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState
from probe_tray.engine.alert_service import AlertComposer, AlertService
from probe_tray.engine.store import Store
from probe_tray.ports.desktop import Notification
from tests.support.fakes import START, FakeClock, FakeNotifier
from tests.unit.engine.bench import MemoryOfAlerts

KEYS = tuple(AccountKey(name) for name in ("ana", "ben", "cy"))
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
ZONE = UTC


class Checked(msgspec.Struct, frozen=True):
    """A check went well."""

    key: AccountKey
    used: int
    resets_in: timedelta


class Muted(msgspec.Struct, frozen=True):
    """The person mutes an account, or ends that."""

    key: AccountKey
    muted: bool


Step = Event | Checked | Muted | timedelta

keys = st.sampled_from(KEYS)
problems = st.sampled_from([NotSentError(reason="x").problem, LoginEndedError(reason="x").problem])
ends = st.sampled_from([START + DAY, START + 2 * DAY, START + 30 * DAY])
accounts = st.builds(
    AccountState, key=keys, stores=st.just((StoreKind.VAULT,)), expires_at=ends, renewable=st.booleans()
)
steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(Checked, keys, st.sampled_from([10, 70, 85, 96, 100]), st.sampled_from([2 * MINUTE, DAY])),
    st.builds(CheckStarted, key=keys),
    st.builds(CheckFailed, key=keys, at=st.just(START), problem=problems, next_check=st.none()),
    st.builds(RenewalEnded, key=keys, at=st.sampled_from([START, START + DAY]), problem=st.none() | problems),
    st.builds(AccountsRead, accounts=st.lists(accounts, max_size=3, unique_by=lambda a: a.key).map(tuple)),
    st.builds(RemovalStarted, key=keys),
    st.builds(RemovalEnded, key=keys, removed=st.booleans()),
    st.builds(
        SettingsChanged,
        settings=st.builds(
            Settings,
            warn_used_percent=st.sampled_from([60, 80]),
            poll_minutes=st.sampled_from([0, 5]),
            quiet_hours=st.booleans(),
            renewed_alerts=st.just(True),
            pace_alerts=st.just(True),
        ),
    ),
    st.builds(Muted, keys, st.booleans()),
    st.sampled_from([SECOND, 20 * SECOND, MINUTE, 7 * MINUTE, 12 * 60 * MINUTE, 3 * DAY]),
)


def forecast(account: AccountState, window: Window) -> datetime | None:
    del account
    return None if window.used_percent < 60 else START + MINUTE


class PlainLook:
    """Looks as simply as it can be said."""

    def __init__(self) -> None:
        self.said: frozenset[AlertRecord] = frozenset()
        self.before: dict[AccountKey, AccountState] = {}
        self.basis: object = None

    def look(self, state: AppState, mutes: tuple[Mute, ...], now: datetime) -> list[Alert]:
        quiet = in_quiet_hours(state.settings, now, ZONE)
        basis = (quiet, mutes, state.settings, now.replace(second=0, microsecond=0))
        everyone, self.basis = basis != self.basis, basis
        by_slug = {account.key.slug: account for account in state.accounts}
        self.said = frozenset(e for e in self.said if now < e.forget_at and is_expected(e, by_slug.get(e.account)))
        before = AppState(accounts=tuple(self.before.values()))
        new: list[Alert] = []
        for slug, account in by_slug.items():
            if everyone or self.before.get(account.key) is not account:
                mine = frozenset(entry for entry in self.said if entry.account == slug)
                found, after = alerts(
                    replace(state, accounts=(account,)),
                    AlertMemory(said=mine, mutes=mutes),
                    now,
                    forecast=forecast,
                    before=before,
                    quiet=quiet,
                )
                self.said = self.said - mine | after.said
                new += found
        self.before = {a.key: self.before.get(a.key, a) if is_untried(a, state.settings) else a for a in state.accounts}
        return [alert for alert in new if holds(alert, state, now, forecast)]


def is_expected(entry: AlertRecord, account: AccountState | None) -> bool:
    return account is None or expects(account, entry)


class Program:
    """The service, and beside it who looks plainly."""

    def __init__(self) -> None:
        self.store, self.clock, self.file = Store(AppState()), FakeClock(), MemoryOfAlerts()
        self.told: list[Alert] = []
        composer = AlertComposer(self._compose, self._nothing, self._nothing)
        self.service = AlertService(FakeNotifier(), composer, self.store, self.clock, self.file, ZONE, forecast)
        self.plain = PlainLook()
        self.store.dispatch(AccountsRead(accounts=tuple(AccountState(key=key, stores=()) for key in KEYS)))

    async def take(self, step: Step) -> None:
        match step:
            case timedelta():
                await self.clock.advance(step)
            case Muted(key=key, muted=muted):
                await self.service.mute(key, muted=muted)
            case Checked(key=key, used=used, resets_in=span):
                now = self.clock.now()
                window = Window(kind=WindowKind.SHORT, seconds=18_000, used_percent=used, reset_at=now + span)
                snapshot = Snapshot(taken_at=now, main=Limit(windows=(window,)))
                self.store.dispatch(CheckSucceeded(key=key, snapshot=snapshot, next_check=None))
            case _:
                self.store.dispatch(step)

    async def look(self) -> None:
        now, self.told = self.clock.now(), []
        await self.service.look(press)
        state, kept = self.store.state, self.file.kept
        ends = {mute.account: mute.until for mute in kept.mutes}
        assert all(mute.until > now for mute in kept.mutes)
        assert [a.muted_until for a in state.accounts] == [ends.get(a.key.slug) for a in state.accounts]
        assert self.told == self.plain.look(state, kept.mutes, now)
        present = {account.key.slug: account for account in state.accounts}

        def left_of(said: frozenset[AlertRecord]) -> set[AlertRecord]:
            return {e for e in said if now < e.forget_at and is_expected(e, present.get(e.account))}

        assert left_of(kept.said) == left_of(self.plain.said)

    def _compose(self, batch: tuple[Alert, ...], state: AppState) -> Notification:
        del state
        self.told += batch
        return self._nothing()

    def _nothing(self) -> Notification:
        return Notification(tag="", title="", body="")


def press(account: AccountKey | None, wanted: AlertHelp) -> None:
    del account, wanted


@settings(max_examples=60)
@given(st.lists(st.tuples(steps, st.booleans()), min_size=10, max_size=40))
def test_a_look_says_what_one_that_leaves_nothing_out_would_say(days: list[tuple[Step, bool]]) -> None:
    async def live() -> None:
        program = Program()
        for step, looks in days:
            await program.take(step)
            if looks:
                await program.look()
        await program.look()

    asyncio.run(live())


def test_an_account_that_has_come_back_between_two_looks_is_told_again_that_it_is_muted() -> None:
    async def live() -> None:
        program = Program()
        await program.take(Checked(KEYS[0], 10, DAY))
        await program.take(Muted(KEYS[0], muted=True))
        await program.look()
        there = AccountsRead(accounts=tuple(AccountState(key=key, stores=()) for key in KEYS))
        program.store.dispatch(AccountsRead(accounts=there.accounts[1:]))
        program.store.dispatch(there)
        assert program.store.state.accounts[0].muted_until is None
        await program.look()
        assert program.store.state.accounts[0].muted_until == START + DAY

    asyncio.run(live())
