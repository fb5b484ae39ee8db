"""A past for the accounts of a home."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.history.sqlite_history import SqliteHistory
from probe_tray.adapters.logins.folder_store import FolderStore
from probe_tray.adapters.logins.made_here import MadeHere
from probe_tray.core.quota.history import Meter, Sample
from probe_tray.core.quota.history_batch import HistoryBatch
from probe_tray.core.quota.snapshot import WindowKind
from tests.bench.bench import Place

_METERS = (
    Meter(kind=WindowKind.SHORT, seconds=5 * 3600),
    Meter(kind=WindowKind.WEEKLY, seconds=7 * 86_400),
)
_EVERY = timedelta(hours=1)


def fill_history(place: Place, *, days: int) -> Path:
    """Give each account of ``place`` samples of so many days, one an hour and window; returns the file."""
    data = Path(place.environment["XDG_DATA_HOME"]) / "probe-tray"
    data.mkdir(mode=0o700, exist_ok=True)
    asyncio.run(_write(place.logins, data, days))
    return data / "history.db"


async def _write(logins: Path, data: Path, days: int) -> None:
    disk, now = Disk(), datetime.now(UTC)
    store = FolderStore(logins, official=(), made=MadeHere(data / "none", disk=disk), disk=disk, now=monotonic)
    history = SqliteHistory(data / "history.db", lambda: now)
    for held in (await store.load()).found:
        slug = held.credential.key.slug
        samples = tuple(
            (slug, Sample(meter=meter, at=now - _EVERY * hour, used=hour * 7 % 1000, reset_at=now + _EVERY))
            for meter in _METERS
            for hour in range(days * 24, 0, -1)
        )
        await history.write(HistoryBatch(samples=samples))
    # As the program leaves it every six hours: samples of the last days, and hours of what is older.
    await history.tidy(now)
    await history.close()
