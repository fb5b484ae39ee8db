import asyncio
import random
import sqlite3
import stat
import sys
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.adapters.files.disk import NEWER_VERSION
from probe_tray.adapters.history.schema import OURS, STEPS, NewerFileError, prepare
from probe_tray.adapters.history.sqlite_history import SqliteHistory
from probe_tray.core.errors import NotSentError, ReadError, WriteError
from probe_tray.core.quota.forecast import follow
from probe_tray.core.quota.history import Meter, Part, RenewalRecord, Sample, Span
from probe_tray.core.quota.history_batch import HistoryBatch, Kept
from probe_tray.core.quota.snapshot import Limit, Snapshot, Window, WindowKind
from tests.support.fakes import START

RENEWED = RenewalRecord(at=START)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
SHORT = Meter(kind=WindowKind.SHORT, seconds=18_000)
WEEKLY = Meter(kind=WindowKind.WEEKLY, seconds=604_800)
EXTRA = Meter(part=Part.EXTRA, name="gpt", kind=WindowKind.WEEKLY, seconds=604_800)


@asynccontextmanager
async def opened(path: Path) -> AsyncGenerator[SqliteHistory]:
    history = SqliteHistory(path, lambda: START)
    try:
        yield history
    finally:
        await history.close()


def sample(at: datetime, used: int = 10, meter: Meter = WEEKLY) -> Sample:
    return Sample(meter=meter, at=at, used=used, reset_at=START + DAY)


def batch(*samples: Sample, slug: str = "ana") -> HistoryBatch:
    return HistoryBatch(samples=tuple((slug, one) for one in samples))


def kept(slug: str = "ana", used: float = 42) -> Kept:
    window = Window(kind=WindowKind.WEEKLY, seconds=604_800, used_percent=used, reset_at=START + DAY)
    snapshot = Snapshot(taken_at=START, plan="plus", main=Limit(windows=(window,)))
    return Kept(slug=slug, snapshot=snapshot, paces=follow((), snapshot))


class FullDisk:
    """Lets every connection to a database be made so that the test can end its room."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._connect = sqlite3.connect
        self._made: list[sqlite3.Connection] = []
        monkeypatch.setattr(sqlite3, "connect", self._noted)

    def begin(self) -> None:
        """From now on the file gets no page more."""
        pages = self._made[-1].execute("PRAGMA page_count").fetchone()[0]
        self._made[-1].execute(f"PRAGMA max_page_count = {pages}")

    def _noted(self, path: Path, timeout: float, isolation_level: None) -> sqlite3.Connection:
        made = self._connect(path, timeout=timeout, isolation_level=isolation_level, check_same_thread=False)
        self._made.append(made)
        return made


def modes(folder: Path) -> list[int]:
    return [stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()]


def aside(folder: Path) -> list[Path]:
    return list(folder.glob("history.db.unusable-*"))


def count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - a table of this test's


async def test_what_was_last_known_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    async with opened(path) as history:
        assert await history.read_kept() == ()
        await history.write(HistoryBatch(kept=(kept("ana", 1), kept("ben"))))
        await history.write(HistoryBatch(kept=(kept("ana", 2),)))
    async with opened(path) as history:
        assert sorted(await history.read_kept(), key=lambda k: k.slug) == [kept("ana", 2), kept("ben")]


async def test_what_another_version_kept_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    async with opened(path) as history:
        await history.write(HistoryBatch(kept=(kept("ana"), kept("ben"))))
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("""UPDATE kept SET content = '{"slug": 5}' WHERE account = 1""")
    async with opened(path) as history:
        assert [k.slug for k in await history.read_kept()] == ["ben"]


async def test_a_chart_shows_one_meter_of_one_account_in_its_span(tmp_path: Path) -> None:
    async with opened(tmp_path / "history.db") as history:
        await history.write(batch(sample(START, 10), sample(START - 2 * DAY, 7), sample(START, 99, SHORT)))
        await history.write(batch(sample(START, 50), slug="ben"))
        day = await history.chart("ana", WEEKLY, Span.DAY, START)
        week = await history.chart("ana", WEEKLY, Span.WEEK, START)
        assert [(p.at, p.used) for p in day] == [(START, 10)]
        assert [(p.at, p.used) for p in week] == [(START - 2 * DAY, 7), (START, 10)]
        assert await history.chart("ana", EXTRA, Span.WEEK, START) == ()
        assert await history.chart("nobody", WEEKLY, Span.WEEK, START) == ()


async def test_a_chart_has_few_points_and_keeps_the_last_and_the_highest_use_of_each(tmp_path: Path) -> None:
    rows = [sample(START - 7 * DAY + 5 * n * MINUTE, n % 60, SHORT) for n in range(1, 2017)]
    async with opened(tmp_path / "history.db") as history:
        await history.write(batch(*rows))
        for span in Span:
            points = await history.chart("ana", SHORT, span, START)
            inside = [row for row in rows if row.at > START - span.value]
            assert len(points) <= 300
            assert [p.at for p in points] == sorted(p.at for p in points)
            assert (points[-1].at, points[-1].used) == (START, inside[-1].used)
            assert max(p.most for p in points) == max(row.used for row in inside)
            known = {row.at: row.used for row in inside}
            assert all(known[p.at] == p.used <= p.most for p in points)


async def test_trends_bring_the_week_of_every_account_at_once(tmp_path: Path) -> None:
    async with opened(tmp_path / "history.db") as history:
        await history.write(batch(sample(START, 123), sample(START - 3 * HOUR, 90), sample(START - 8 * DAY, 999)))
        await history.write(batch(sample(START - 7 * DAY + MINUTE, 456, SHORT), slug="ben"))
        await history.write(batch(sample(START, 5, EXTRA), slug="eva"))
        trends = dict(await history.trends(START))
    assert set(trends) == {"ana", "ben"}
    assert (trends["ana"].meter, trends["ben"].meter) == (WEEKLY, SHORT)
    assert len(trends["ana"].percents) == len(trends["ben"].percents) == 60
    assert trends["ana"].percents[-2:] == (9, 12)
    assert trends["ana"].percents[:-2] == (None,) * 58
    assert trends["ben"].percents == (46, *(None,) * 59)


async def test_a_trend_is_of_a_window_that_the_account_still_has(tmp_path: Path) -> None:
    monthly = Meter(kind=WindowKind.MONTHLY, seconds=2_592_000)
    now_monthly = [sample(START - n * DAY, 500, monthly) for n in range(7)]
    async with opened(tmp_path / "history.db") as history:
        await history.write(batch(*now_monthly, sample(START - 20 * DAY, 300)))
        await history.write(batch(*now_monthly, sample(START - 3 * DAY, 900), slug="ben"))
        # The computer was off, and a check of tomorrow was made by a clock that was wrong.
        away = [sample(START - 5 * DAY, 900), sample(START + DAY), sample(START - 2 * DAY, 500, monthly)]
        await history.write(batch(*away, slug="eva"))
        trends = dict(await history.trends(START))
    assert {slug: trend.meter for slug, trend in trends.items()} == dict.fromkeys(("ana", "ben", "eva"), monthly)


async def test_after_eight_days_an_hour_is_one_row_and_after_a_year_none(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    old = [sample(START - 9 * DAY + 5 * n * MINUTE, used) for n, used in enumerate((10, 80, 20))]
    later = START - 9 * DAY + 6 * HOUR
    fresh = [sample(START - 7 * DAY, 5), sample(START - 7 * DAY + MINUTE, 6)]
    async with opened(path) as history:
        await history.write(batch(*old, sample(later, 30), *fresh))
        await history.tidy(START)
        assert (count(path, "samples"), count(path, "hours")) == (2, 2)
        points = await history.chart("ana", WEEKLY, Span.MONTH, START)
        assert [(p.at, p.used, p.most) for p in points[:2]] == [(old[-1].at, 20, 80), (later, 30, 30)]
        assert points[-1].used == 6
        await history.tidy(START)
        assert (count(path, "samples"), count(path, "hours")) == (2, 2)
        await history.tidy(START + 358 * DAY)
        assert (count(path, "samples"), count(path, "hours")) == (0, 1)
        await history.tidy(START + 500 * DAY)
        assert count(path, "hours") == 0


async def test_tidying_reaches_every_series(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    async with opened(path) as history:
        for number in range(120):
            await history.write(batch(sample(START - 9 * DAY), slug=f"{number}"))
        await history.tidy(START)
        assert (count(path, "samples"), count(path, "hours")) == (0, 120)


async def test_renewals_are_told_the_newest_first_and_forgotten_after_a_year(tmp_path: Path) -> None:
    went_well, failed = RenewalRecord(at=START - 366 * DAY), RenewalRecord(at=START, reason=NotSentError.__name__)
    async with opened(tmp_path / "history.db") as history:
        await history.write(HistoryBatch(renewals=(("ana", went_well), ("ana", failed), ("ben", went_well))))
        assert await history.renewals("ana") == (failed, went_well)
        await history.tidy(START + DAY)
        assert await history.renewals("ana") == (failed,)
        assert await history.renewals("nobody") == ()


@pytest.mark.parametrize("content", [b"no database at all" * 500, b"SQLite format 3\0" + b"\xff" * 5000])
async def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "history.db"
    path.write_bytes(content)
    async with opened(path) as history:
        await history.write(HistoryBatch(kept=(kept(),)))
        assert await history.read_kept() == (kept(),)
    assert (tmp_path / f"history.db.unusable-{START:%Y%m%dT%H%M%SZ}").read_bytes() == content


async def test_another_program_s_database_is_set_aside_whole(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE theirs (x)")
        db.execute("INSERT INTO theirs VALUES (1)")
    async with opened(path) as history:
        assert await history.read_kept() == ()
    (theirs,) = aside(tmp_path)
    assert count(theirs, "theirs") == 1


async def test_a_newer_version_s_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with closing(sqlite3.connect(path)) as db:
        prepare(db, (*STEPS, "CREATE TABLE later (x)"))
    async with opened(path) as history:
        with pytest.raises(ReadError, match=NEWER_VERSION):
            await history.read_kept()
        with pytest.raises(WriteError, match=NEWER_VERSION):
            await history.write(HistoryBatch(kept=(kept(),)))
    assert aside(tmp_path) == []
    assert count(path, "later") == count(path, "kept") == 0


async def test_a_page_that_breaks_while_the_program_runs_costs_the_old_file_only(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    async with opened(path) as history:
        await history.write(batch(*(sample(START - n * MINUTE) for n in range(5000))))
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xaa" * (len(data) - 4096)
    path.write_bytes(data)
    async with opened(path) as history:
        await history.write(batch(sample(START)))
        assert len(await history.chart("ana", WEEKLY, Span.DAY, START)) == 1
    assert len(aside(tmp_path)) == 1


@pytest.mark.parametrize("damage", ["bytes", "pages"])
async def test_no_damage_to_the_file_is_fatal(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "history.db"
    async with opened(path) as history:
        rows = [sample(START - n * HOUR, n % 100, meter) for n in range(400) for meter in (SHORT, WEEKLY)]
        await history.write(replace(batch(*rows), kept=(kept("ana"), kept("ben")), renewals=(("ana", RENEWED),)))
        await history.tidy(START)
    whole, chance = path.read_bytes(), random.Random(1)  # noqa: S311 - the same damage in every run
    for number in range(80):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 30) if damage == "bytes" else 1):
            start, length = chance.randrange(len(data)), 1 if damage == "bytes" else chance.choice((16, 200, 4096))
            data[start : start + length] = chance.randbytes(len(data[start : start + length]))
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "history.db").write_bytes(data)
        async with opened(folder / "history.db") as history:
            await history.read_kept()
            await history.trends(START)
            await history.chart("ana", WEEKLY, Span.MONTH, START)
            await history.renewals("ana")
            await history.write(batch(sample(START + HOUR, 3)))
            await history.tidy(START + 20 * DAY)
        # What replaced it is sound.
        assert len(aside(folder)) <= 1


@pytest.mark.parametrize("content", ["NULL", "5", "x'22ff22'"])
async def test_what_was_kept_and_is_damaged_hides_nothing_beside_it(tmp_path: Path, content: str) -> None:
    path = tmp_path / "history.db"
    async with opened(path) as history:
        await history.write(HistoryBatch(kept=(kept("ana"), kept("ben"))))
    with closing(sqlite3.connect(path)) as db, db:
        # As a page that is damaged has it, whatever the definition of the table forbids.
        db.execute("ALTER TABLE kept RENAME TO old")
        db.execute("CREATE TABLE kept (account INTEGER PRIMARY KEY, content BLOB)")
        db.execute("INSERT INTO kept SELECT * FROM old")
        db.execute(f"UPDATE kept SET content = {content} WHERE account = 1")  # noqa: S608 - a value of this test's
    async with opened(path) as history:
        assert [k.slug for k in await history.read_kept()] == ["ben"]
    assert aside(tmp_path) == []


def test_an_older_file_is_brought_up_to_date_and_keeps_what_it_holds(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "history.db", isolation_level=None)) as db:
        prepare(db, STEPS)
        db.execute("INSERT INTO renewals VALUES (1, 2, '')")
        newer = (*STEPS, "ALTER TABLE renewals ADD COLUMN place TEXT")
        prepare(db, newer)
        prepare(db, newer)
        assert db.execute("SELECT * FROM renewals").fetchall() == [(1, 2, "", None)]
        assert db.execute("PRAGMA user_version").fetchone() == (2,)
        assert db.execute("PRAGMA application_id").fetchone() == (OURS,)
        with pytest.raises(NewerFileError):
            prepare(db, STEPS)


async def test_a_full_disk_is_told_and_nothing_is_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, disk = tmp_path / "history.db", FullDisk(monkeypatch)
    async with opened(path) as history:
        await history.write(batch(sample(START, 1)))
        disk.begin()
        with pytest.raises(WriteError) as told:
            await history.write(batch(*(sample(START + n * MINUTE, 2) for n in range(1, 5000)), slug="ben"))
        assert told.value.facts["reason"] == "the disk is full"
        # Room again: what was numbered in the failed transaction is numbered anew.
        await history.write(batch(sample(START, 3), slug="ben"))
        assert [p.used for p in await history.chart("ben", WEEKLY, Span.DAY, START)] == [3]
        assert [p.used for p in await history.chart("ana", WEEKLY, Span.DAY, START)] == [1]


async def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    async with opened(tmp_path / "gone" / "history.db") as history:
        with pytest.raises(ReadError) as unread:
            await history.read_kept()
        with pytest.raises(WriteError) as unwritten:
            await history.write(HistoryBatch())
    assert unread.value.facts["reason"] == unwritten.value.facts["reason"] == "its folder doesn't exist"


async def test_two_runs_of_the_program_share_the_file(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    async with opened(path) as one, opened(path) as other:
        await asyncio.gather(one.write(batch(sample(START, 1))), other.write(batch(sample(START + HOUR, 2))))
        assert [p.used for p in await one.chart("ana", WEEKLY, Span.DAY, START + HOUR)] == [1, 2]


async def test_nothing_is_done_on_the_thread_of_the_loop(tmp_path: Path) -> None:
    threads: set[str] = set()

    def now() -> datetime:
        threads.add(threading.current_thread().name)
        return START

    (tmp_path / "history.db").write_bytes(b"broken" * 1000)
    history = SqliteHistory(tmp_path / "history.db", now)
    await history.read_kept()
    await history.close()
    assert [name[:7] for name in threads] == ["history"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
async def test_the_files_are_this_user_s_alone(tmp_path: Path) -> None:
    async with opened(tmp_path / "history.db") as history:
        await history.write(HistoryBatch(kept=(kept(),)))
        assert modes(tmp_path) == [0o600] * 3


SAMPLES = st.lists(
    st.tuples(st.integers(-20 * 86_400, 0), st.integers(0, 1000), st.sampled_from([SHORT, WEEKLY, EXTRA])), max_size=40
)


@given(SAMPLES)
async def test_whatever_is_written_is_charted_within_its_bounds(rows: list[tuple[int, int, Meter]]) -> None:
    with TemporaryDirectory() as folder:
        await chart_all(Path(folder) / "history.db", rows)


async def chart_all(path: Path, rows: list[tuple[int, int, Meter]]) -> None:
    async with opened(path) as history:
        await history.write(batch(*(sample(START + timedelta(seconds=at), used, meter) for at, used, meter in rows)))
        await history.tidy(START)
        for span in Span:
            points = await history.chart("ana", SHORT, span, START)
            assert all(START - span.value < p.at <= START and 0 <= p.used <= p.most <= 1000 for p in points)
        most = max((used for at, used, meter in rows if meter == SHORT and at > -86_400), default=None)
        day = await history.chart("ana", SHORT, Span.DAY, START)
        # Of two samples in one second the later one holds.
        assert max((p.most for p in day), default=None) == most or len({at for at, _, _ in rows}) < len(rows)
