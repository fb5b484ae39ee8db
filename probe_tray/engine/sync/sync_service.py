"""Sync in the tray app: when it runs, how it is set up, and what the state knows of it."""

import asyncio
import math
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from probe_tray.core.account.secret import Secret
from probe_tray.core.codex.codex_state import CodexUseChanged, CodexUsePhase
from probe_tray.core.commands import ForgetSync, SetUpSync, ShowSyncCode, SyncCommand, SyncNow, TrySync
from probe_tray.core.errors import (
    KeyringHalfKeptError,
    KeyringNoAnswerError,
    ProbeError,
    Problem,
    SyncOffError,
    SyncSecretError,
)
from probe_tray.core.events import RenewalEnded, SettingsChanged, TroubleMet
from probe_tray.core.settings import Settings, change
from probe_tray.core.sync.rows import SyncOptions, SyncReport
from probe_tray.core.sync.setup import (
    KEY_BYTES,
    SetUpAnswer,
    SyncChanged,
    SyncSecrets,
    SyncSetup,
    SyncState,
    SyncTarget,
    SyncTestResult,
    base_address,
    is_undone,
    kept_key,
    target,
)
from probe_tray.core.sync.setup_code import SetupCode, write_code
from probe_tray.core.sync.table_key import keys_of
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.settings_service import SettingsService
from probe_tray.engine.store import Store
from probe_tray.engine.timers import WakeTimer, end_all, until_beat
from probe_tray.ports.accounts import SyncVault
from probe_tray.ports.time import Clock, Randomness

if TYPE_CHECKING:
    from probe_tray.engine.sync.synchronizer import Synchronizer

_AFTER_START = timedelta(minutes=1)
_AFTER_RENEWAL = timedelta(seconds=5)
"""Several logins are often renewed at once; one sync takes them all."""
_APART = timedelta(hours=1)
"""A sync reads the whole table, and a renewal has written its own row already: one sync takes those of an hour."""
_AFTER_FAILURE = timedelta(minutes=15)


class SyncService:
    """One sync at a time; whoever asks meanwhile gets the one that runs."""

    def __init__(
        self,
        syncing: "Callable[[], Synchronizer]",
        secrets: SyncVault,
        accounts: Accounts,
        store: Store,
        clock: Clock,
        randomness: Randomness,
        settings: SettingsService,
    ) -> None:
        """The address of the table is one of ``settings``. ``syncing`` is wanted where there is one."""
        self._syncing, self._secrets, self._accounts, self._store = syncing, secrets, accounts, store
        self._clock, self._randomness, self._service = clock, randomness, settings
        self._running: asyncio.Task[None] | None = None
        self._timer = WakeTimer(clock)
        self._stale = False
        self._failed: type[ProbeError] | None = None
        """Why the last sync that began by itself failed. Likewise ``_told``, what was said of that."""
        self._told: type[ProbeError] | None = None
        self._synced_at = -math.inf
        """When the last sync that went well ended, by the monotonic clock. Likewise ``_soon``."""
        self._soon: float | None = None
        """When to begin for a reason, by the monotonic clock; None: there is none."""
        self._is_use_done = False
        """Whether what was last heard of use in Codex is that it is done."""

    def new_key(self) -> Secret:
        """A key that nobody else has: 64 hexadecimal digits."""
        return Secret(self._randomness.token_bytes(KEY_BYTES).hex())

    async def hand_out_key(self, then: Callable[[Secret | None], None]) -> None:
        """Call ``then`` with the key that is kept, for a person to carry to another machine; None: not to be had."""
        try:
            then((await self._secrets.load()).key)
        except ProbeError as error:
            self._tell(replace(self._state, setup=replace(self._state.setup, problem=error.problem)))
            then(None)

    async def hand_out_code(self, command: ShowSyncCode, then: Callable[[Secret | None], None]) -> None:
        """Call ``then`` with the code that sets up the next computer; None: what it needs is not to be had."""
        try:
            goal = await self._target(SyncSecrets(api_key=command.api_key, key=command.key), command.url)
        except ProbeError as error:
            self._tell(replace(self._state, setup=replace(self._state.setup, problem=error.problem)))
            then(None)
        else:
            then(write_code(SetupCode(url=goal.url, api_key=goal.api_key, key=goal.key)))

    async def do(self, command: SyncCommand) -> None:
        """Do what a person asked for. What fails is in the state."""
        match command:
            case SyncNow(overwrite=overwrite, allow_open=allow_open):
                await self.sync(SyncOptions(overwrite=overwrite, allow_open=allow_open))
            case SetUpSync():
                await self._set_up(command)
            case TrySync():
                await self._test(command)
            case ForgetSync():
                await self._forget()

    async def sync(self, options: SyncOptions, *, again: bool = False) -> None:
        """Run one sync, or wait for the one that runs; ``again``: begin after that one, which has missed a change."""
        if self._running is None or again or options != SyncOptions():
            while self._running is not None:
                await asyncio.wait({self._running})
            task = self._running = asyncio.ensure_future(self._run(options))
            task.add_done_callback(lambda _: setattr(self, "_running", None))
        await asyncio.shield(self._running)

    async def target(self) -> SyncTarget:
        """The table that is set up. Raises a ProbeError that says what is missing or wrong."""
        return await self._target(SyncSecrets())

    async def watch(self) -> None:
        """Begin by itself as the settings say, until cancelled."""
        unsubscribe = self._store.on_event(self._on_event, SettingsChanged, CodexUseChanged, RenewalEnded)
        try:
            await self.look()
            hours, regular = self._hours, self._after(_AFTER_START) if self._hours else None
            while True:
                left = math.inf if self._soon is None else self._soon - self._clock.monotonic()
                await self._timer.wait(max(0.0, min(until_beat(self._clock), left)))
                self._timer.clear()
                if self._stale:
                    self._stale = False
                    await self.look()
                if hours != self._hours:
                    hours = self._hours
                    regular = self._after(timedelta(hours=hours)) if hours else None
                if min(self._soon or math.inf, regular or math.inf) <= self._clock.monotonic():
                    self._soon = None
                    regular = self._after(timedelta(hours=hours)) if hours else None
                    await self._begin()
        finally:
            unsubscribe()
            if self._running is not None:
                await end_all((self._running,))

    def _on_event(self, event: SettingsChanged | CodexUseChanged | RenewalEnded) -> None:
        if isinstance(event, SettingsChanged):
            self._stale = True
            self._timer.wake()
        elif self._is_for_others(event) and self._settings.sync_after_renewal:
            rest = timedelta(seconds=max(0.0, self._synced_at - self._after(-_APART)))
            self._begin_within(max(_AFTER_RENEWAL, rest))

    def _is_for_others(self, event: CodexUseChanged | RenewalEnded) -> bool:
        """Whether other computers have something to learn: a new login, or which account Codex uses here."""
        if isinstance(event, CodexUseChanged):
            # Each program that ends later has the same use told once more.
            before = self._is_use_done
            self._is_use_done = event.use is not None and event.use.phase is CodexUsePhase.DONE
            return self._is_use_done and not before
        return event.problem is None

    async def _begin(self) -> None:
        await self.look()
        if self._state.setup.ready:
            await self.sync(SyncOptions())
            report = self._state.report
            self._tell_trouble(None if report is None else report.problem)

    def _tell_trouble(self, problem: Problem | None) -> None:
        """Say below the accounts why nothing is shared: once for each reason, and one that passes only if it stays."""
        kind = None if problem is None else problem.kind
        stays, self._failed = self._failed is kind, kind
        shown = self._store.state.trouble
        if kind is None:
            if shown is not None and shown.kind is self._told:
                self._store.dispatch(TroubleMet(problem=None))
            self._told = None
        elif kind is not self._told and not kind.offline and (stays or not kind.passing):
            self._told = kind
            self._store.dispatch(TroubleMet(problem=problem))

    def _after(self, span: timedelta) -> float:
        return self._clock.monotonic() + span.total_seconds()

    def _begin_within(self, span: timedelta) -> None:
        self._soon = min(self._soon or math.inf, self._after(span))
        self._timer.wake()

    async def _run(self, options: SyncOptions) -> None:
        change = self._state.change
        over = change is not None and change.problem is not None
        # What failed before is no news of this sync.
        self._tell(replace(self._state, running=True, done=0, total=0, change=None if over else change))
        report = self._state.report
        try:
            try:
                goal = await self.target()
            except ProbeError as error:
                report = SyncReport(ended_at=self._clock.now(), problem=error.problem)
            else:
                report = await self._syncing().run(goal, options, self._progress)
                if report.old_key_ended:
                    from probe_tray.engine.sync.table_owner import forget_old_key

                    # A keyring that fails now is asked again after the next sync.
                    with suppress(ProbeError):
                        await forget_old_key(self._secrets, goal)
                await self._accounts.read()
            if report.problem is None:
                self._synced_at = self._clock.monotonic()
            elif report.problem.kind.passing and self._is_automatic:
                self._begin_within(_AFTER_FAILURE)
            await self.look()
        except BaseException:
            # What the sync before this one came to is not what this one came to.
            report = SyncReport(ended_at=self._clock.now(), problem=ProbeError().problem)
            raise
        finally:
            self._tell(replace(self._state, running=False, report=report))

    async def _test(self, command: TrySync) -> None:
        self._tell(replace(self._state, testing=True, test=None))
        outcome: SyncTestResult | None = None
        try:
            goal = await self._target(SyncSecrets(api_key=command.api_key, key=command.key), command.url)
            outcome = await self._syncing().test(goal)
        except ProbeError as error:
            outcome = SyncTestResult(problem=error.problem)
        except BaseException:
            outcome = SyncTestResult(problem=ProbeError().problem)
            raise
        finally:
            self._tell(replace(self._state, testing=False, test=outcome))

    async def _set_up(self, command: SetUpSync) -> None:
        try:
            goal = await self._target(SyncSecrets(api_key=command.api_key, key=command.key), command.url)
            former = self._settings
            stays = base_address(former.sync_url) == goal.url
            # What is kept must stay what it was when the given key was compared with it.
            async with self._secrets.hold():
                if command.key is not None and stays and (problem := await self._refusal(goal)) is not None:
                    self._answer(problem)
                    return
                await self._keep(command, goal, former)
            await self._save_address(goal.url, former)
        except ProbeError as error:
            self._tell(replace(self._state, setup=replace(self._state.setup, problem=error.problem)))
            self._answer(error.problem)
        except BaseException:
            self._answer(ProbeError().problem)
            raise
        else:
            await self.look()
            self._answer(None)

    async def _keep(self, command: SetUpSync, goal: SyncTarget, former: Settings) -> None:
        """Save what ``command`` gives of the secrets of ``goal``.

        Raises a ProbeError. Then nothing has changed; where it isn't known what the keyring holds, no table is set up.
        """
        key, stays = None if command.key is None else goal.key, base_address(former.sync_url) == goal.url
        moves, has_begun = bool(former.sync_url) and not stays, False

        def begins() -> None:
            nonlocal has_begun
            has_begun = True

        try:
            if moves:
                # The former table must never see the keys of the new one, whatever ends this process in between.
                await self._service.change(change(sync_url=""))
            if key is not None and stays:
                held = (await self._secrets.load()).key
                key = None if kept_key(held, key, same_table=True) == held else key
            await self._secrets.save(api_key=None if command.api_key is None else goal.api_key, key=key, begins=begins)
        except BaseException as error:
            # Likewise where the keyring has them, or has them soon.
            if moves and (not has_begun or is_undone(error)):
                await self._service.change(change(sync_url=former.sync_url))
            elif moves and isinstance(error, KeyringNoAnswerError):
                raise KeyringHalfKeptError from None
            raise

    async def _refusal(self, goal: SyncTarget) -> Problem | None:
        """Why another key than the one that is kept can't take its place: the table doesn't let it in.

        Whoever pastes an old copy would lose the only key that does.
        """
        held = (await self._secrets.load()).key
        if held is None or kept_key(held, goal.key, same_table=True) == held:
            return None
        problem = (await self._syncing().test(goal)).problem
        return problem if problem is not None and problem.is_a(SyncSecretError) else None

    def _answer(self, problem: Problem | None) -> None:
        answer = SetUpAnswer(number=self._state.set_up.number + 1, problem=problem)
        self._tell(replace(self._state, set_up=answer))

    async def _forget(self) -> None:
        try:
            url = self._settings.sync_url
            # First, so that nothing begins by itself with half of it gone.
            await self._save_address("", self._settings)
            async with self._secrets.hold():
                await self._secrets.forget()
            await self._syncing().forget(base_address(url) or url)
        except ProbeError as error:
            self._tell(replace(self._state, setup=replace(self._state.setup, problem=error.problem)))
        else:
            self._tell(replace(self._state, setup=SyncSetup(), earlier=None, test=None))

    async def _save_address(self, url: str, former: Settings) -> None:
        if self._settings.sync_url != url:
            # Machines that share a login and do not tell each other of renewals would end it.
            after = former.sync_after_renewal or not former.sync_url
            await self._service.change(change(sync_url=url, sync_after_renewal=after and bool(url)))

    async def _target(self, given: SyncSecrets, url: str | None = None) -> SyncTarget:
        """Raises a ProbeError that says what is missing or wrong. ``given`` goes before what is kept."""
        if given.api_key is None or given.key is None:
            held = await self._secrets.load()
            given = replace(held, api_key=given.api_key or held.api_key, key=given.key or held.key)
        return target(self._settings.sync_url if url is None else url, given, self._service.place)

    async def look(self) -> None:
        """Tell whether it is set up. The keyring is asked only where there is an address."""
        url = self._settings.sync_url
        setup, earlier = SyncSetup(url=url), None
        if url:
            # Before the keyring, which may wait for a person.
            with suppress(ProbeError):
                earlier = await self._syncing().last_sync(base_address(url) or url)
            self._tell(replace(self._state, earlier=earlier))
            try:
                held = await self._secrets.load()
                setup = replace(setup, api_key=held.api_key_place, key=held.key_place)
                goal = target(url, held, self._service.place)
                changing = len(keys_of(goal.key)) > 1
                protected = await self._syncing().is_protected(goal.url)
                setup = replace(setup, is_protected=protected, is_key_changing=changing)
            except SyncOffError:
                # What is missing is seen; it is no fault.
                pass
            except ProbeError as error:
                setup = replace(setup, problem=error.problem)
        self._tell(replace(self._state, setup=setup, earlier=earlier))

    def _progress(self, done: int, total: int) -> None:
        self._tell(replace(self._state, done=done, total=total))

    def _tell(self, sync: SyncState) -> None:
        self._store.dispatch(SyncChanged(sync=sync))

    @property
    def _state(self) -> SyncState:
        return self._store.state.sync

    @property
    def _settings(self) -> Settings:
        return self._store.state.settings

    @property
    def _hours(self) -> int:
        return self._settings.sync_every_hours

    @property
    def _is_automatic(self) -> bool:
        return bool(self._hours) or self._settings.sync_after_renewal
