"""The one way in which settings change: saved first, then known to the state, then used by the adapters."""

import asyncio
from collections.abc import Awaitable, Callable

from probe_tray.core.errors import ProbeError
from probe_tray.core.events import SettingsChanged, SettingsNotChanged
from probe_tray.core.settings import Settings, SettingsPatch
from probe_tray.core.state import UnsavedChange
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.polling.poller import Poller
from probe_tray.engine.store import Store
from probe_tray.engine.timers import to_the_end
from probe_tray.ports.files import SettingsFile

Prepare = Callable[[Settings], Awaitable[Callable[[], None]]]
"""Does whatever may fail with a ProbeError; what it returns puts the settings into the adapters and cannot fail."""


class SettingsService:
    """One change at a time. The state holds the settings; one that could not be saved leaves everything as it was."""

    def __init__(
        self, file: SettingsFile, store: Store, prepare: Prepare, accounts: Accounts, poller: Poller, place: str
    ) -> None:
        """Keep the settings in ``file``, which is ``place`` in sentences.

        ``accounts`` and ``poller`` look again after each change.
        """
        self.place = place
        self._file, self._store, self._prepare = file, store, prepare
        self._accounts, self._poller = accounts, poller
        self._turn = asyncio.Lock()

    async def change(self, change: SettingsPatch) -> None:
        """Merge ``change`` into the settings. Raises a ProbeError, which the state knows as well, and changes nothing.

        What another process, or a person with an editor, wrote into the file meanwhile holds from then on too.
        """
        async with self._turn:
            # Cut short after the file was written, the state and the adapters would be left behind.
            await to_the_end(self._change(change))
        await self._accounts.read()
        self._poller.replan()

    async def _change(self, change: SettingsPatch) -> None:
        use: Callable[[], None] | None = None

        async def check(settings: Settings) -> None:
            nonlocal use
            use = await self._prepare(settings)

        try:
            settings = await self._file.change(change, self._store.state.settings, check)
        except ProbeError as error:
            self._store.dispatch(SettingsNotChanged(unsaved=UnsavedChange(change=change, problem=error.problem)))
            raise
        self._store.dispatch(SettingsChanged(settings=settings))
        if use is not None:
            use()
