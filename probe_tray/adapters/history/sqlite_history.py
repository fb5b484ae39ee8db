"""The history in one SQLite file, worked on by one thread of its own."""

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar, final

import msgspec

from probe_tray.adapters.files.disk import NEWER_VERSION, reason_of
from probe_tray.adapters.history.schema import ForeignFileError, NewerFileError, SeriesTable, prepare
from probe_tray.core.errors import Phrase, ReadError, WriteError
from probe_tray.core.quota.history import Meter, Point, RenewalRecord, Span, Trend, trend_meter
from probe_tray.core.quota.history_batch import HistoryBatch, Kept

_T = TypeVar("_T")

_KEPT: Final = msgspec.json.Decoder(Kept)

_HOUR: Final = 3600
_FULL_DETAIL: Final = timedelta(days=8)
_YEAR: Final = timedelta(days=366)
_CHART_POINTS: Final = 300
_TREND_POINTS: Final = 60
_TREND: Final = timedelta(days=7)
_AT_ONCE: Final = 50
"""Series that one transaction of tidying works on, so that nothing else waits long for the thread."""
_PATIENCE: Final = 2.0
"""Seconds to wait for another process that uses the file."""
_TRIES: Final = 40
# SQLITE_CORRUPT and SQLITE_NOTADB.
_BROKEN: Final = frozenset({11, 26})
_GARBLED: Final = (ValueError, TypeError, LookupError, OverflowError)
"""What a value of the wrong kind leads to: pages have no checksums, so damage may also look like a value."""
_UNLIKE_OURS: Final = ("no such table: ", "no such column: ", "Could not decode to UTF-8")
_REASONS: Final = {
    5: Phrase("another program is using it"),
    8: Phrase("the file is read-only"),
    10: Phrase("the disk reported an error"),
    13: Phrase("the disk is full"),
    14: Phrase("it can't be opened"),
}
"""What SQLite's primary result codes mean."""
# In both, time and use are one number, so that the newest sample of a group brings its use along.
_CHART: Final = """
    SELECT max(at * 1024 + used), max(most) FROM (
        SELECT at, used, most FROM hours WHERE series = :series AND at > :end - :length AND at <= :end
        UNION ALL
        SELECT at, used, used FROM samples WHERE series = :series AND at > :end - :length AND at <= :end
    ) GROUP BY (:end - at) * :points / :length ORDER BY 1
"""
_TO_HOURS: Final = """
    INSERT OR REPLACE INTO hours
    SELECT series, max(at * 1024 + used) >> 10, max(at * 1024 + used) & 1023, max(used) FROM samples
    WHERE series = :series AND at < :full GROUP BY at / 3600
"""
_NEWEST: Final = "SELECT max(at) FROM samples WHERE series = ? AND at <= ?"
_TREND_OF: Final = """
    SELECT (:end - at) * :points / :length AS place, max(used) FROM samples
    WHERE series = :series AND at > :end - :length AND at <= :end
    GROUP BY place
"""


@final
class SqliteHistory:
    """Implements ``History``. The file is opened by the first call."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        """Keep it in the file ``path``; ``now`` dates a file that is set aside."""
        self._path, self._now = path, now
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="history")
        self._connection: sqlite3.Connection | None = None
        self._series = SeriesTable()

    async def read_kept(self) -> tuple[Kept, ...]:
        """What was last known of each account; what an older version wrote and nobody can read is left out."""
        return await self._reading(self._read_kept)

    async def write(self, batch: HistoryBatch) -> None:
        """Write in one transaction."""
        await self._writing(lambda db: self._write(db, batch))

    async def tidy(self, now: datetime) -> None:
        """Make hours of old samples, a few series in each transaction."""
        first = 0
        while first >= 0:
            first = await self._writing(lambda db, first=first: _tidy(db, first, now))

    async def chart(self, slug: str, meter: Meter, span: Span, now: datetime) -> tuple[Point, ...]:
        """Read from the samples, and for what is older from the hours."""
        return await self._reading(lambda db: self._chart(db, slug, meter, span.value, now))

    async def trends(self, now: datetime) -> tuple[tuple[str, Trend], ...]:
        """Read account by account: to sort all samples at once takes megabytes."""
        return await self._reading(lambda db: self._trends(db, now))

    async def renewals(self, slug: str) -> tuple[RenewalRecord, ...]:
        """Read all there are; old ones go with :meth:`tidy`."""
        return await self._reading(
            lambda db: tuple(
                RenewalRecord(at=_moment(at), reason=reason)
                for at, reason in db.execute(
                    "SELECT at, reason FROM renewals JOIN accounts ON id = account WHERE slug = ? ORDER BY at DESC",
                    (slug,),
                )
            )
        )

    async def close(self) -> None:
        """Close the file and end the thread."""
        await self._in_thread(self._shut)
        self._thread.shutdown(wait=False)

    async def _reading(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        return await self._in_thread(lambda: self._attempt(work, ReadError))

    async def _writing(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        def transaction(db: sqlite3.Connection) -> _T:
            with db:
                db.execute("BEGIN IMMEDIATE")
                return work(db)

        return await self._in_thread(lambda: self._attempt(transaction, WriteError))

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _attempt(self, work: Callable[[sqlite3.Connection], _T], failure: type[ReadError | WriteError]) -> _T:
        try:
            return self._twice(work)
        except Exception as error:  # noqa: BLE001 - a file that replaced a broken one may be no better
            raise failure(path=str(self._path), reason=_reason(error)) from None

    def _twice(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        try:
            return work(self._connect())
        except sqlite3.DatabaseError as error:
            if not _is_broken(error):
                # Numbers that were given in a transaction which was undone are none.
                self._shut()
                raise
        except (ForeignFileError, *_GARBLED):
            pass
        self._set_aside()
        return work(self._connect())

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None:
            # Made here, so that it is ours alone from its first byte on; what SQLite puts beside it has the same mode.
            with contextlib.suppress(FileExistsError):
                os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            connection = sqlite3.connect(self._path, timeout=_PATIENCE, isolation_level=None)
            try:
                _use_wal(connection)
                connection.execute("PRAGMA synchronous = NORMAL").close()
                # Samples of many accounts lie far apart: more than 0.5 MB of pages in memory saves no reading.
                connection.execute("PRAGMA cache_size = -512").close()
                prepare(connection)
                self._series.load(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _shut(self) -> None:
        self._series.forget()
        if self._connection is not None:
            # Nothing depends on it: what was written was committed, and the file is opened anew for the next work.
            with contextlib.suppress(Exception):
                self._connection.close()
            self._connection = None

    def _set_aside(self) -> None:
        self._shut()
        stamp = f"{self._now():%Y%m%dT%H%M%SZ}"
        # The log of changes first: beside the new file it would be taken for its own.
        for suffix in ("-wal", "-shm", ""):
            with contextlib.suppress(FileNotFoundError):
                Path(f"{self._path}{suffix}").replace(f"{self._path}.unusable-{stamp}{suffix}")

    def _read_kept(self, db: sqlite3.Connection) -> tuple[Kept, ...]:
        found: list[Kept] = []
        for (content,) in db.execute("SELECT content FROM kept"):
            with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError, TypeError):
                found.append(_KEPT.decode(content))
        return tuple(found)

    def _write(self, db: sqlite3.Connection, batch: HistoryBatch) -> None:
        series = self._series
        db.executemany(
            "INSERT OR REPLACE INTO samples VALUES (?, ?, ?, ?)",
            [(series.of(db, slug, s.meter), _seconds(s.at), s.used, _seconds(s.reset_at)) for slug, s in batch.samples],
        )
        db.executemany(
            "INSERT OR REPLACE INTO kept VALUES (?, ?)",
            [(series.account(db, kept.slug), msgspec.json.encode(kept)) for kept in batch.kept],
        )
        db.executemany(
            "INSERT OR REPLACE INTO renewals VALUES (?, ?, ?)",
            [(series.account(db, slug), _seconds(r.at), r.reason) for slug, r in batch.renewals],
        )

    def _chart(
        self, db: sqlite3.Connection, slug: str, meter: Meter, span: timedelta, now: datetime
    ) -> tuple[Point, ...]:
        series = self._series.find(slug, meter)
        if series is None:
            return ()
        end, length = _seconds(now), int(span.total_seconds())
        rows = db.execute(_CHART, {"series": series, "end": end, "length": length, "points": _CHART_POINTS})
        return tuple(Point(_moment(newest >> 10), newest & 1023, most) for newest, most in rows)

    def _trends(self, db: sqlite3.Connection, now: datetime) -> tuple[tuple[str, Trend], ...]:
        meters = {slug: self._trend_meter(db, slug, known, now) for slug, known in self._series.by_account().items()}
        values = {"end": _seconds(now), "points": _TREND_POINTS, "length": int(_TREND.total_seconds())}
        trends: list[tuple[str, Trend]] = []
        for slug, meter in meters.items():
            series = self._series.find(slug, meter) if meter else None
            found = dict[int, int](db.execute(_TREND_OF, values | {"series": series}))
            if meter and found:
                places = (found.get(place) for place in reversed(range(_TREND_POINTS)))
                percents = tuple(None if most is None else round(most / 10) for most in places)
                trends.append((slug, Trend(meter=meter, percents=percents)))
        return tuple(trends)

    def _trend_meter(self, db: sqlite3.Connection, slug: str, known: tuple[Meter, ...], now: datetime) -> Meter | None:
        newest: dict[Meter, datetime] = {}
        for meter in known:
            (at,) = db.execute(_NEWEST, (self._series.find(slug, meter), _seconds(now))).fetchone()
            if at is not None:
                newest[meter] = _moment(at)
        return trend_meter(newest)


def _tidy(db: sqlite3.Connection, first: int, now: datetime) -> int:
    """Tidy the series from the number ``first`` on; the number to go on with, negative at the end."""
    full = _seconds(now - _FULL_DETAIL) // _HOUR * _HOUR
    oldest = _seconds(now - _YEAR)
    numbers = [
        row[0] for row in db.execute("SELECT id FROM series WHERE id > ? ORDER BY id LIMIT ?", (first, _AT_ONCE))
    ]
    for number in numbers:
        # An hour's entry has the time of its last sample; an hour that was begun before goes on.
        db.execute(_TO_HOURS, {"series": number, "full": full})
        db.execute("DELETE FROM samples WHERE series = ? AND at < ?", (number, full))
        db.execute("DELETE FROM hours WHERE series = ? AND at < ?", (number, oldest))
    if len(numbers) == _AT_ONCE:
        return int(numbers[-1])
    db.execute("DELETE FROM renewals WHERE at < ?", (oldest,))
    return -1


def _use_wal(connection: sqlite3.Connection) -> None:
    # SQLite does not wait here, whatever its patience, for another run of the program that opens the same new file.
    for _ in range(_TRIES):
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
        except sqlite3.OperationalError:
            time.sleep(_PATIENCE / _TRIES)
        else:
            return
    connection.execute("PRAGMA journal_mode = WAL").close()


def _seconds(moment: datetime | None) -> int:
    return 0 if moment is None else int(moment.timestamp())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _is_broken(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    # A garbled definition lacks what every statement here relies on.
    return code in _BROKEN or str(error).startswith(_UNLIKE_OURS)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return reason_of(error)
    if isinstance(error, NewerFileError):
        return NEWER_VERSION
    return _REASONS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, Phrase("the database reported an error"))
