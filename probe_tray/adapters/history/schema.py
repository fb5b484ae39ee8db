"""Numbers for accounts and their meters, so that a sample's row has four small integers and no text."""

import sqlite3
from typing import Final, final

from probe_tray.core.quota.history import Meter, Part
from probe_tray.core.quota.snapshot import WindowKind

_KINDS: Final = {kind.value: kind for kind in WindowKind}
_NUMBER: Final = "SELECT id FROM series WHERE account = ? AND part = ? AND name = ? AND kind = ? AND seconds = ?"
_PARTS: Final = {part.value: part for part in Part}


@final
class SeriesTable:
    """The tables ``accounts`` and ``series`` in memory."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._accounts: dict[str, int] = {}
        self._series: dict[str, dict[Meter, int]] = {}

    def load(self, db: sqlite3.Connection) -> None:
        """Read both tables anew."""
        self.forget()
        self._accounts.update(db.execute("SELECT slug, id FROM accounts"))
        for slug, number, part, name, kind, seconds in db.execute(
            "SELECT slug, series.id, part, name, kind, seconds FROM series JOIN accounts ON accounts.id = account"
        ):
            if part in _PARTS and kind in _KINDS:
                meter = Meter(part=_PARTS[part], name=name, kind=_KINDS[kind], seconds=seconds)
                self._series.setdefault(slug, {})[meter] = number

    def forget(self) -> None:
        """Know nothing again."""
        self._accounts.clear()
        self._series.clear()

    def account(self, db: sqlite3.Connection, slug: str) -> int:
        """The number of an account, made when needed."""
        if slug not in self._accounts:
            # Another process may have made it meanwhile.
            db.execute("INSERT OR IGNORE INTO accounts (slug) VALUES (?)", (slug,))
            self._accounts[slug] = db.execute("SELECT id FROM accounts WHERE slug = ?", (slug,)).fetchone()[0]
        return self._accounts[slug]

    def of(self, db: sqlite3.Connection, slug: str, meter: Meter) -> int:
        """The number of a meter of an account, made when needed."""
        found = self.find(slug, meter)
        if found is None:
            row = (self.account(db, slug), meter.part.value, meter.name, meter.kind.value, meter.seconds)
            db.execute("INSERT OR IGNORE INTO series (account, part, name, kind, seconds) VALUES (?, ?, ?, ?, ?)", row)
            found = int(db.execute(_NUMBER, row).fetchone()[0])
            self._series.setdefault(slug, {})[meter] = found
        return found

    def find(self, slug: str, meter: Meter) -> int | None:
        """The number of a meter; None when it was never written."""
        return self._series.get(slug, {}).get(meter)

    def by_account(self) -> dict[str, tuple[Meter, ...]]:
        """The meters of every account."""
        return {slug: tuple(meters) for slug, meters in self._series.items()}
