"""A program that runs for weeks does not grow: what one poll brought is gone after the next."""

import ctypes
import gc
import sys
from collections.abc import Iterator
from datetime import timedelta
from itertools import count, pairwise

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from probe_tray.core.quota.history_batch import HistoryBatch
from tests.scenarios.windows import Windows
from tests.unit.engine.bench import MemoryHistory

# The screenless platform has no tray to follow.
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)

PEOPLE = ("ana", "ben", "cat", "dan")
WARM_UP = 300
"""Polls after which every percentage was shown once, and is kept in the caches of texts and pictures."""
EVERY = timedelta(minutes=5)
MOST_BYTES, MOST_BLOCKS = 100, 1
"""For each poll: what the C library gave out, Qt's part above all, and objects of Python up to 512 bytes."""


_FIELDS = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")


class _Malloc(ctypes.Structure):
    """``struct mallinfo2`` of the GNU C library."""

    _fields_ = [(name, ctypes.c_size_t) for name in _FIELDS]


def bytes_in_use() -> int:
    """What the C library has given out; always 0 where it is another one."""
    ask = getattr(ctypes.CDLL(None), "mallinfo2", None) if sys.platform == "linux" else None
    if ask is None:
        return 0
    ask.restype = _Malloc
    found = ask()
    return int(found.uordblks + found.hblkhd)


def in_use() -> tuple[int, int]:
    QApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    return bytes_in_use(), sys.getallocatedblocks()


class Forgetful(MemoryHistory):
    """A history whose rows are on a disk that this test does not have."""

    async def write(self, batch: HistoryBatch) -> None:
        await super().write(batch)
        self.batches.clear()


class Lasting(Windows):
    """The program with its windows hidden, whose numbers are other ones after each poll."""

    def __init__(self, qtbot: QtBot, app: QApplication) -> None:
        super().__init__(qtbot, app)
        self._history = Forgetful()

    async def poll(self, used: Iterator[int], polls: int) -> None:
        checked = 0
        while checked < polls:
            number = next(used)
            for person in PEOPLE:
                self.set_used(person, short=number % 17 * 4, weekly=number // 3 % 19 * 3)
            before = {account.key: account.checked_at for account in self.state.accounts}
            await self.advance(EVERY)
            checked += sum(account.checked_at != before[account.key] for account in self.state.accounts)
            self.shell.draw()  # its own timer would take 50 ms for each poll


@pytest.mark.parametrize("polls", [500, pytest.param(2_000, marks=pytest.mark.heavy)])
async def test_memory_does_not_grow_with_the_polls(qtbot: QtBot, qapp: QApplication, polls: int) -> None:
    program = Lasting(qtbot, qapp)
    for person in PEOPLE:
        program.add_account(person, lives=timedelta(days=90))
    async with program.running():
        used = count(5)
        await program.poll(used, WARM_UP)
        held = [in_use()]
        for _ in range(2):
            await program.poll(used, polls)
            held.append(in_use())
    assert program.notifications() == []
    # What is lost with each poll grows both times; a cache that fills up late grows once.
    grown, blocks = (min(after - before for before, after in pairwise(series)) for series in zip(*held, strict=True))
    assert grown <= MOST_BYTES * polls
    assert blocks <= MOST_BLOCKS * polls
