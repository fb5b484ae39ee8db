"""How a person has arranged the accounts: kept, and there again after a restart."""

import asyncio

from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.events import DeskChanged
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
        self._store.dispatch(DeskChanged(desk=await self._file.load()))

    async def arrange(self, desk: Arrangement) -> None:
        """Use and keep ``desk``. Raises WriteError; it holds until the end of this run all the same."""
        self._store.dispatch(DeskChanged(desk=desk))
        async with self._saving:
            # Of several that wait only the newest matters.
            if self._store.state.desk == desk:
                await self._file.save(desk)
