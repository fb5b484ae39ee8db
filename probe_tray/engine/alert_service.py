"""Turns what deserves attention into desktop notifications: each once, several at once as one."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import NamedTuple

from msgspec.structs import replace

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.suggestion import suggestion
from probe_tray.core.alerts.alert import (
    Alert,
    AlertHelp,
    AlertMemory,
    AlertRecord,
    Forecast,
    Mute,
    helped_account,
    is_on_card,
    is_passing,
)
from probe_tray.core.alerts.evaluation import alerts, compared, holds, said_now, without_past
from probe_tray.core.alerts.mute import MUTE, alert_mute_end, mute_end
from probe_tray.core.alerts.quiet_hours import Pause, in_quiet_hours, pause_end
from probe_tray.core.commands import (
    CheckNotifications,
    NotificationCommand,
    OpenNotificationSettings,
    PauseNotifications,
    SendRunningNotification,
    SendTestNotification,
)
from probe_tray.core.errors import NotificationsOffError, StoreError
from probe_tray.core.events import (
    AccountsMuted,
    ChecksPlanned,
    CheckStarted,
    Event,
    NotificationsAllowed,
    NotificationsPaused,
    TroubleMet,
)
from probe_tray.core.state import AppState
from probe_tray.engine.polling.check_round import CheckRound
from probe_tray.engine.store import Store
from probe_tray.engine.timers import WakeTimer, to_the_end, until_beat
from probe_tray.ports.desktop import Notification, Notifier
from probe_tray.ports.files import AlertStorage
from probe_tray.ports.time import Clock

OnPress = Callable[[AccountKey | None, AlertHelp], None]
"""Gets the account that a pressed button is about, None where it is about several, and what the button does."""

_EVERY = 60.0
"""Seconds between two looks when nothing happens: quiet hours end and logins draw near by themselves."""
_CALM_SECONDS, _CALM_AT_START = 15.0, 30.0
"""How long at most is waited for checks that run, so that what they find comes as one notification; at the start so
long since the last account was heard of."""
_CALM_PER_ACCOUNT, _LONGEST_CALM = 1 / 3, 300.0
"""Where there are many accounts, a round of checks takes longer: one notification for all of it."""
_AT_ONCE = 100
"""Accounts that are looked at in one turn of the event loop."""

_log = logging.getLogger(__name__)


class AlertComposer(NamedTuple):
    """Puts alerts into words; the view's part, handed in."""

    alerts: Callable[[tuple[Alert, ...], AppState], Notification]
    """One notification for one alert or several."""
    test: Callable[[], Notification]
    running: Callable[[], Notification]
    """That the program goes on although its window was closed."""


class AlertService:
    """Watches the state and says what is new."""

    def __init__(
        self,
        notifier: Notifier,
        phrases: AlertComposer,
        store: Store,
        clock: Clock,
        file: AlertStorage,
        zone: tzinfo,
        forecast: Forecast,
    ) -> None:
        """Say what is new in ``store``'s state through ``notifier``; quiet hours are those of ``zone``."""
        self._notifier = notifier
        self._phrases = phrases
        self._store = store
        self._clock = clock
        self._file = file
        self._zone = zone
        self._forecast = forecast
        self._memory: AlertMemory | None = None
        self._said: frozenset[AlertRecord] = frozenset()
        """What was said when nothing was held back."""
        self._kept: AlertMemory | None = None
        self._before: AppState | None = None
        self._muted, self._mutes = AppState(), tuple[Mute, ...]()
        """The state whose accounts were last told which of them are muted, and what they were told."""
        self._basis: object = None
        """What decides, beside the accounts themselves, what there is to say; with the minute."""
        self._held: tuple[Alert, ...] = ()
        """What is said once no window of the program is in front any more, if it still holds then."""
        self._shown: dict[str, tuple[Alert, ...]] = {}
        """What the notifications that may still be on the screen say, by their tags."""
        self._running: str | None = None
        """The tag of the notification that tells how the panel is opened again, while it may be on the screen."""
        self._has_news = False
        """Whether there was an event since the last wake that may give something to say."""
        self._turn = asyncio.Lock()
        self._timer = WakeTimer(clock)
        self._checks = CheckRound(store, clock)

    async def run(self, on_press: OnPress) -> None:
        """Say what is new until cancelled; what was said is then in the file."""
        unsubscribe, end_hearing = self._store.subscribe(self._on_change), self._store.on_event(self._on_event)
        end_following = self._checks.follow()
        try:
            paused = (await self._recall()).paused_until
            self._store.dispatch(NotificationsPaused(until=paused))
            await self._checks.first_ended(_CALM_AT_START)
            while True:
                self._timer.clear()
                await self.look(on_press)
                if await self._timer.wait(until_beat(self._clock, _EVERY)):
                    round_of_checks = len(self._store.state.accounts) * _CALM_PER_ACCOUNT
                    await self._checks.ended(max(_CALM_SECONDS, min(round_of_checks, _LONGEST_CALM)))
        finally:
            for end in (unsubscribe, end_hearing, end_following):
                end()
            # First what must not be lost: a desktop may take its time.
            await to_the_end(self._save())
            await to_the_end(self._notifier.close())

    def _on_event(self, event: Event) -> None:
        # That a check is due or has begun is no news: what it brings is.
        self._has_news = self._has_news or not isinstance(event, ChecksPlanned | CheckStarted)

    def _on_change(self) -> None:
        if self._has_news:
            self._has_news = False
            self._timer.wake()

    async def look(self, on_press: OnPress) -> None:
        """Say what is new since the last look."""
        known = await self._recall()
        now, state, quiet, new, memory = await self._find(known)
        while self._memory is not known:
            # The person has muted an account or paused meanwhile.
            known = await self._recall()
            now, state, quiet, new, memory = await self._find(known)
        self._memory, self._basis = memory, _basis(memory, state, now, quiet=quiet)
        self._before = compared(self._before, state)
        await self._withdraw(lambda batch: not any(holds(alert, state, now, self._forecast) for alert in batch))
        await self.withdraw_seen()
        # What the panel shows while it is looked at needs no notification, and none later.
        held = (alert for alert in self._held if not (quiet and is_passing(alert)))
        new = tuple(alert for alert in (*held, *new) if not _is_seen(alert, state))
        # A bubble would lie over the window that the person works in.
        self._held = new if quiet or _is_in_front(state) else ()
        if not self._held:
            told, self._said = self._said, self._memory.said
            await self._show(said_now(new, state, now, self._forecast, told), state, on_press)
        await self._save()

    async def _find(self, memory: AlertMemory) -> "_Found":
        """What is new for who remembers ``memory``."""
        now = self._clock.now()
        paused = memory.paused_until is not None and now < memory.paused_until
        if memory.paused_until is not None and not paused:
            memory = replace(memory, paused_until=None)
            self._store.dispatch(NotificationsPaused(until=None))
        if any(mute.until <= now for mute in memory.mutes):
            memory = replace(memory, mutes=tuple(mute for mute in memory.mutes if now < mute.until))
        self._tell_mutes(memory)
        state = self._store.state
        quiet = paused or in_quiet_hours(state.settings, now, self._zone)
        # With every answer of the service only its account is looked at, and everybody as soon as that may say more.
        if self._before is None or _basis(memory, state, now, quiet=quiet) != self._basis:
            memory, accounts = without_past(memory, now), state.accounts
        else:
            accounts = state.accounts_not_in(self._before)
        new: list[Alert] = []
        for first in range(0, len(accounts), _AT_ONCE):
            if first:
                # A thousand in one go would let the windows wait.
                await asyncio.sleep(0)
            some = replace(state, accounts=accounts[first : first + _AT_ONCE])
            found, memory = alerts(some, memory, now, forecast=self._forecast, before=self._before, quiet=quiet)
            new += found
        return _Found(now, state, quiet, tuple(new), memory)

    async def _show(self, batch: tuple[Alert, ...], state: AppState, on_press: OnPress) -> None:
        if not batch:
            return
        accounts = {alert.account for alert in batch}
        await self._withdraw(lambda older: accounts.issuperset(alert.account for alert in older))
        notification = self._phrases.alerts(batch, state)
        self._shown[notification.tag] = batch
        now = self._clock.now()

        def press(action: str) -> None:
            if action == AlertHelp.NEXT.value:
                # As the notification says it, whatever is best by the time that somebody presses.
                suggested = suggestion(state, now)
                on_press(None if suggested is None else suggested.next.key, AlertHelp.NEXT)
            else:
                self._press(batch, state, action, on_press)

        await self._notify(notification, press)

    async def withdraw_seen(self) -> None:
        """Take off the screen what the panel, which is being looked at, says too: it would lie over its buttons."""
        state = self._store.state
        await self._withdraw(lambda batch: _is_answered(batch, state))

    async def panel_opened(self) -> None:
        """Take off the screen how the panel is opened again."""
        running, self._running = self._running, None
        if running is not None:
            await self._notifier.withdraw(running)

    async def _withdraw(self, over: Callable[[tuple[Alert, ...]], bool]) -> None:
        for tag, batch in tuple(self._shown.items()):
            # While one is taken away, another look may have taken away the next.
            if over(batch) and self._shown.pop(tag, None) is not None:
                await self._notifier.withdraw(tag)

    async def do(self, command: NotificationCommand, on_press: OnPress) -> None:
        """Do what a person asks of the notifications."""
        match command:
            case PauseNotifications(pause=pause):
                await self.pause(pause)
            case SendRunningNotification():
                await self.show_running(on_press)
            case SendTestNotification():
                await self.show_test(on_press)
            case CheckNotifications():
                self._note_permission(allowed=await self._notifier.allowed())
            case OpenNotificationSettings():
                await self._notifier.open_settings()

    async def pause(self, pause: Pause | None) -> None:
        """Say nothing for a while, or with None say everything again."""
        until = None if pause is None else pause_end(pause, self._clock.now(), self._zone)
        self._memory = replace(await self._recall(), paused_until=until)
        self._store.dispatch(NotificationsPaused(until=until))
        await self._save()

    async def mute(self, key: AccountKey, *, muted: bool) -> None:
        """Say nothing of an account's quota until what limits it most is reset, or all of it again."""
        await self._recall()
        account = self._store.state.account(key)
        end = None if account is None or not muted else mute_end(account, self._clock.now())
        self._mute(key, end)
        await self._save()

    def _mute(self, key: AccountKey, until: datetime | None) -> None:
        if self._memory is None:
            return
        others = tuple(mute for mute in self._memory.mutes if mute.account != key.slug)
        mutes = others if until is None else (*others, Mute(key.slug, until))
        self._memory = replace(self._memory, mutes=mutes)
        # Whoever waits for a change of the state looks again, and keeps it.
        self._tell_mutes(self._memory)

    def _tell_mutes(self, memory: AlertMemory) -> None:
        state, ends = self._store.state, {mute.account: mute.until for mute in memory.mutes}
        # An account that is the same as then still has what it was told.
        accounts = state.accounts_not_in(self._muted) if memory.mutes == self._mutes else state.accounts
        if any(account.muted_until != ends.get(account.key.slug) for account in accounts):
            self._store.dispatch(AccountsMuted(mutes=memory.mutes))
        self._muted, self._mutes = self._store.state, memory.mutes

    def _press(self, batch: tuple[Alert, ...], state: AppState, action: str, on_press: OnPress) -> None:
        if action == MUTE:
            alert, now = batch[0], self._clock.now()
            account = self._store.state.account(alert.account)
            end = None if account is None else alert_mute_end(alert, account, now)
            if end is not None:
                self._mute(alert.account, end)
            return
        # By the state that the buttons were made from.
        wanted = AlertHelp(action)
        on_press(helped_account(batch, wanted, state.accounts), wanted)

    async def show_running(self, on_press: OnPress) -> None:
        """Say now, whatever the hour, that the program goes on although its window was closed."""
        notification = self._phrases.running()
        self._running = notification.tag
        await self._recall()
        await self._notify(notification, lambda action: on_press(None, AlertHelp(action)))
        await self._save()

    async def show_test(self, on_press: OnPress) -> None:
        """Show a notification now, whatever the hour."""
        await self._recall()
        await self._notify(self._phrases.test(), lambda action: on_press(None, AlertHelp(action)))
        await self._save()

    async def _notify(self, notification: Notification, on_action: Callable[[str], None]) -> None:
        allowed = await self._notifier.show(notification, on_action)
        self._note_permission(allowed=allowed)
        if self._memory is None or self._memory.off_told is not allowed:
            return
        # Once is enough, over restarts too: whoever has turned them off knows.
        self._memory = replace(self._memory, off_told=not allowed)
        if not allowed:
            self._store.dispatch(TroubleMet(problem=NotificationsOffError().problem))

    def _note_permission(self, *, allowed: bool | None) -> None:
        if allowed != self._store.state.notifications_allowed:
            self._store.dispatch(NotificationsAllowed(allowed=allowed))

    async def _recall(self) -> AlertMemory:
        if self._memory is not None:
            return self._memory
        async with self._turn:
            if self._memory is None:
                self._memory = self._kept = await self._file.load()
                self._said = self._memory.said
            return self._memory

    async def _save(self) -> None:
        async with self._turn:
            memory = self._memory
            if memory is not None and self._held:
                # What is held back would never be said, should the program end now.
                memory = replace(memory, said=self._said)
            if memory is None or memory == self._kept:
                return
            # Also when it fails: the next change tries again, and a full disk is not asked every minute.
            self._kept = memory
            try:
                await self._file.save(memory)
            except StoreError as error:
                _log.warning("what was said could not be kept, a restart may say it again: %s", type(error).__name__)


class _Found(NamedTuple):
    """What a look has found."""

    now: datetime
    state: AppState
    """As it was looked at."""
    quiet: bool
    new: tuple[Alert, ...]
    memory: AlertMemory
    """What is remembered with them."""


def _basis(memory: AlertMemory, state: AppState, now: datetime, *, quiet: bool) -> object:
    return quiet, memory.mutes, state.settings, now.timestamp() // _EVERY


def _is_in_front(state: AppState) -> bool:
    """Whether somebody is using a window of the program."""
    return state.windows_in_use and not state.situation.locked


def _is_seen(alert: Alert, state: AppState) -> bool:
    return alert.account in state.visible_accounts and is_on_card(alert) and _is_in_front(state)


def _is_answered(batch: tuple[Alert, ...], state: AppState) -> bool:
    """Whether the panel says all of it; of several accounts one is enough, since that panel is what it asks to open."""
    seen = [_is_seen(alert, state) for alert in batch]
    return all(seen) or (any(seen) and len({alert.account for alert in batch}) > 1)
