"""Arranging accounts: at once on the screen, soon in the file."""

import asyncio

import pytest

from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.errors import WriteError
from probe_tray.core.state import AppState
from probe_tray.engine.account.arrangement import ArrangementService
from probe_tray.engine.store import Store

ONE, TWO, THREE = (Arrangement(order=(slug,)) for slug in "abc")


class SlowFile:
    """Saves when it is let to."""

    def __init__(self) -> None:
        self.saved: list[Arrangement] = []
        self.open = asyncio.Event()
        self.fault: WriteError | None = None

    async def load(self) -> Arrangement:
        return ONE

    async def save(self, arrangement: Arrangement) -> None:
        await self.open.wait()
        if self.fault is not None:
            raise self.fault
        self.saved.append(arrangement)


async def test_what_was_kept_is_taken_up() -> None:
    store = Store(AppState())
    await ArrangementService(SlowFile(), store).load()
    assert store.state.arrangement == ONE


async def test_it_shows_at_once_and_of_many_changes_the_last_is_saved() -> None:
    store, file = Store(AppState()), SlowFile()
    service = ArrangementService(file, store)
    saves = [asyncio.create_task(service.arrange(arrangement)) for arrangement in (ONE, TWO, THREE)]
    await asyncio.sleep(0)
    assert store.state.arrangement == THREE
    file.open.set()
    await asyncio.gather(*saves)
    assert file.saved[-1] == THREE
    assert TWO not in file.saved


async def test_what_cannot_be_saved_holds_all_the_same() -> None:
    store, file = Store(AppState()), SlowFile()
    file.open.set()
    file.fault = WriteError(path="arrangement.json", reason="the disk is full")
    with pytest.raises(WriteError):
        await ArrangementService(file, store).arrange(TWO)
    assert store.state.arrangement == TWO
