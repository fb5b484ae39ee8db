"""How a person has arranged the accounts: kept, and there again after a restart."""

import asyncio

from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.events import ArrangementChanged
from probe_tray.engine.store import Store
from probe_tray.ports.files import ArrangementFile


class ArrangementService:
    """Changes the arrangement at once and saves it behind that, one save at a time."""

    def __init__(self, file: ArrangementFile, store: Store) -> None:
        """Keep it in ``file``."""
        self._file = file
        self._store = store
        self._saving = asyncio.Lock()

    async def load(self) -> None:
        """Take up what an earlier run kept."""
        self._store.dispatch(ArrangementChanged(arrangement=await self._file.load()))

    async def arrange(self, arrangement: Arrangement) -> None:
        """Use and keep ``arrangement``. Raises WriteError; it holds until the end of this run all the same."""
        self._store.dispatch(ArrangementChanged(arrangement=arrangement))
        async with self._saving:
            # Of several that wait only the newest matters.
            if self._store.state.arrangement == arrangement:
                await self._file.save(arrangement)
