"""Looks once a day whether there is a newer version, where the person has asked for that. It never downloads one."""

import logging
from datetime import datetime
from typing import Final

from probe_tray.core.errors import BrowserError, NotSentError, ProbeError, ReleasePageError
from probe_tray.core.events import ReleaseFound, SettingsChanged
from probe_tray.core.update.release import Release, UpdateMemory, is_due, is_newer, next_check, parse_release
from probe_tray.engine.store import Store
from probe_tray.engine.timers import WakeTimer
from probe_tray.ports.desktop import Browser
from probe_tray.ports.files import UpdateStorage
from probe_tray.ports.http import ReleaseFeed
from probe_tray.ports.time import Clock, Randomness

_EVERY: Final = 600.0
"""Seconds between two looks at the clock."""
_CALM_AT_START: Final = (60.0, 300.0)
"""Seconds after the start: the network comes up, and many computers are switched on at the same minute."""

_log: Final = logging.getLogger(__name__)


class UpdateService:
    """The check for a newer version, and the way to its page."""

    def __init__(
        self,
        feed: ReleaseFeed,
        file: UpdateStorage,
        browser: Browser,
        store: Store,
        clock: Clock,
        randomness: Randomness,
        running: str,
    ) -> None:
        """Ask ``feed`` as ``store``'s settings say; ``running`` is the version that runs now."""
        self._feed, self._file, self._browser = feed, file, browser
        self._store, self._clock, self._randomness = store, clock, randomness
        self._running = running
        self._memory: UpdateMemory | None = None
        self._timer = WakeTimer(clock)

    async def run(self) -> None:
        """Look until cancelled. Nothing that fails here is told to the person."""
        unsubscribe = self._store.on_event(self._on_settings, SettingsChanged)
        try:
            if self._wanted:
                self._tell((await self._recall()).release)
                await self._timer.wait(self._randomness.uniform(*_CALM_AT_START))
            while True:
                self._timer.clear()
                if self._wanted:
                    await self._look()
                await self._timer.wait(_EVERY if self._wanted else None)
        finally:
            unsubscribe()

    async def open_page(self) -> None:
        """Show the page of the newer version in the browser. Raises ReleasePageError."""
        release = self._store.state.release
        if release is not None:
            try:
                await self._browser.open(release.page)
            except BrowserError:
                raise ReleasePageError(page=release.page) from None

    @property
    def _wanted(self) -> bool:
        return self._store.state.settings.check_for_updates

    def _on_settings(self, _event: SettingsChanged) -> None:
        self._timer.wake()

    async def _look(self) -> None:
        memory, now = await self._recall(), self._clock.now()
        self._tell(memory.release)
        if not is_due(memory, now):
            return
        # Remembered first: whatever happens meanwhile, no second question follows on the same day.
        if not await self._keep(next_check(now, self._randomness.uniform(0, 1)), memory.release):
            return
        release = await self._ask()
        if release is not None and release != memory.release:
            await self._keep((await self._recall()).next_at or now, release)
            self._tell(release)

    async def _ask(self) -> Release | None:
        try:
            answer = await self._feed.latest_release()
        except ProbeError as error:
            _log.info("the list of releases could not be read: %s", type(error).__name__)
            if isinstance(error, NotSentError):
                memory = await self._recall()
                later = next_check(self._clock.now(), self._randomness.uniform(0, 1), sent=False)
                await self._keep(later, memory.release)
            return None
        if not answer.ok:
            _log.info("the list of releases could not be read: status %d", answer.status)
            return None
        return parse_release(answer.body)

    def _tell(self, release: Release | None) -> None:
        newer = release if release is not None and is_newer(release.version, self._running) else None
        if self._wanted and newer != self._store.state.release:
            self._store.dispatch(ReleaseFound(release=newer))

    async def _recall(self) -> UpdateMemory:
        if self._memory is None:
            self._memory = await self._file.load()
        return self._memory

    async def _keep(self, next_at: datetime, release: Release | None) -> bool:
        """Whether it will be remembered after a restart."""
        before, self._memory = self._memory, UpdateMemory(next_at=next_at, release=release)
        if before == self._memory:
            return True
        try:
            await self._file.save(self._memory)
        except ProbeError as error:
            _log.info("when the list of releases was read could not be kept: %s", type(error).__name__)
            return False
        return True
