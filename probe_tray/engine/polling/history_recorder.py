"""Writes what is learnt into the history, a little later and in one go, and brings back what it knows at the start."""

import asyncio
from collections import deque
from contextlib import suppress
from datetime import datetime, timedelta
from typing import get_args

from msgspec.structs import replace

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import ReadError, WriteError
from probe_tray.core.events import (
    AccountsRead,
    CheckSucceeded,
    DetailsRead,
    KeptRead,
    RenewalEnded,
    TrendsRead,
    TroubleMet,
)
from probe_tray.core.quota.history import (
    Details,
    HistoryLine,
    Meter,
    Part,
    RenewalRecord,
    Run,
    Sample,
    Span,
    samples_of,
    thin,
)
from probe_tray.core.quota.history_batch import HistoryBatch, Kept
from probe_tray.core.quota.snapshot import Snapshot
from probe_tray.engine.store import Store
from probe_tray.engine.timers import WakeTimer, until_beat
from probe_tray.ports.files import History
from probe_tray.ports.time import Clock

Recorded = CheckSucceeded | RenewalEnded | AccountsRead
"""The events of which the history keeps something, or that show which accounts it can give something back to."""

_EVERY = timedelta(seconds=30)
_ROWS = 200
"""So many rows are written before their time."""
_MOST_ROWS = 20_000
"""So many wait in memory while the disk takes none; then the oldest go."""
_KEPT_EVERY = timedelta(minutes=5)
"""How often the last snapshots are written: a crash costs at most so much of them, and the samples are there anyway."""
_TRENDS_EVERY = timedelta(minutes=15)
_LINES = 3
"""A chart with more lines than these says nothing any more."""
_TIDY_EVERY = timedelta(hours=6)


class HistoryRecorder:
    """Keeps the history; a history that does not work is told once and stops nothing."""

    def __init__(self, history: History, store: Store, clock: Clock) -> None:
        """Hear what ``store`` is told from :meth:`start` on, and write it into ``history``."""
        self._history, self._store, self._clock = history, store, clock
        self._runs: dict[tuple[str, Meter], Run] = {}
        self._samples: deque[tuple[str, Sample]] = deque(maxlen=_MOST_ROWS)
        self._renewals: deque[tuple[str, RenewalRecord]] = deque(maxlen=_MOST_ROWS)
        self._changed: set[AccountKey] = set()
        self._known: tuple[Kept, ...] = ()
        self._new_accounts = False
        self._failing = False
        self._timer = WakeTimer(clock)

    async def start(self) -> None:
        """Show what was last known before anything is asked."""
        self._store.on_event(self._on_event, *get_args(Recorded))
        with suppress(ReadError):
            self._known = await self._history.read_kept()
        self._give_back()

    async def run(self) -> None:
        """Write now and then until cancelled; :meth:`close` writes the rest."""
        trends = tidied = kept = datetime.min.replace(tzinfo=self._clock.now().tzinfo)
        while True:
            now = self._clock.now()
            with suppress(ReadError, WriteError):
                if _is_time(now, trends, _TRENDS_EVERY):
                    trends = now
                    self._store.dispatch(TrendsRead(trends=await self._history.trends(now)))
                if _is_time(now, tidied, _TIDY_EVERY):
                    tidied = now
                    await self._history.tidy(now)
            await self._pause()
            if self._new_accounts:
                self._give_back()
            if due := _is_time(self._clock.now(), kept, _KEPT_EVERY):
                kept = self._clock.now()
            await self._write(self._take_kept() if due else ())

    async def look_up(self, key: AccountKey, span: Span) -> None:
        """Tell the past of one account, what waits to be written included; nothing of it where it cannot be read."""
        account, now = self._store.state.account(key), self._clock.now()
        details = Details(account=key, span=span)
        await self._write(())
        with suppress(ReadError):
            meters = [] if account is None or account.snapshot is None else _main_meters(account.snapshot)
            charts = [HistoryLine(meter=m, points=await self._history.chart(key.slug, m, span, now)) for m in meters]
            renewals = await self._history.renewals(key.slug)
            details = replace(details, lines=tuple(line for line in charts if line.points), renewals=renewals)
        self._store.dispatch(DetailsRead(details=details))

    async def close(self) -> None:
        """Write what is left, and end the history."""
        ends = [(slug, run.last) for (slug, _), run in self._runs.items() if run.last is not run.written]
        self._samples.extend(ends)
        await self._write(self._take_kept())
        await self._history.close()

    def _on_event(self, event: Recorded) -> None:
        match event:
            case CheckSucceeded(key=key):
                self._note(key)
            case RenewalEnded(key=key, at=at, problem=problem):
                self._renewals.append((key.slug, RenewalRecord(at=at, reason=problem.name if problem else "")))
            case AccountsRead():
                self._new_accounts = True

    def _note(self, key: AccountKey) -> None:
        account = self._store.state.account(key)
        if account is None or account.snapshot is None:
            return
        self._changed.add(key)
        slug = key.slug
        for sample in samples_of(account.snapshot):
            rows, self._runs[slug, sample.meter] = thin(self._runs.get((slug, sample.meter)), sample)
            self._samples.extend((slug, row) for row in rows)
        if len(self._samples) >= _ROWS:
            self._timer.wake()

    def _give_back(self) -> None:
        self._new_accounts = False
        empty = {a.key.slug for a in self._store.state.accounts if a.snapshot is None}
        found = tuple(kept for kept in self._known if kept.slug in empty)
        if found:
            self._store.dispatch(KeptRead(kept=found))

    def _take_kept(self) -> tuple[Kept, ...]:
        accounts = [a for a in self._store.state.accounts if a.key in self._changed]
        self._changed.clear()
        return tuple(
            Kept(slug=a.key.slug, snapshot=a.snapshot, paces=a.paces) for a in accounts if a.snapshot is not None
        )

    async def _write(self, kept: tuple[Kept, ...]) -> None:
        batch = HistoryBatch(samples=tuple(self._samples), kept=kept, renewals=tuple(self._renewals))
        if not (batch.samples or batch.kept or batch.renewals):
            return
        self._samples.clear()
        self._renewals.clear()
        try:
            await self._history.write(batch)
        except asyncio.CancelledError:
            # It may be written or not; written twice it is the same.
            self._take_back(batch)
            raise
        except WriteError as error:
            self._take_back(batch)
            if not self._failing:
                self._failing = True
                self._store.dispatch(TroubleMet(problem=error.problem))
        else:
            self._failing = False

    def _take_back(self, batch: HistoryBatch) -> None:
        # Before what came meanwhile; where there is too much, the oldest goes.
        self._samples = deque((*batch.samples, *self._samples), maxlen=_MOST_ROWS)
        self._renewals = deque((*batch.renewals, *self._renewals), maxlen=_MOST_ROWS)
        slugs = {kept.slug for kept in batch.kept}
        self._changed |= {a.key for a in self._store.state.accounts if a.key.slug in slugs}

    async def _pause(self) -> None:
        """Wait for the next time to write; while writing fails, rows that wait hurry nothing."""
        if self._failing:
            await self._clock.sleep(_EVERY.total_seconds())
        else:
            self._timer.clear()
            await self._timer.wait(until_beat(self._clock))


def _main_meters(snapshot: Snapshot) -> list[Meter]:
    """The windows of the main limit, the longest first."""
    meters = [sample.meter for sample in samples_of(snapshot) if sample.meter.part is Part.MAIN]
    return sorted(meters, key=lambda meter: meter.length or timedelta(), reverse=True)[:_LINES]


def _is_time(now: datetime, last: datetime, every: timedelta) -> bool:
    # A clock that was set back must not stop it for long.
    return not last <= now < last + every
