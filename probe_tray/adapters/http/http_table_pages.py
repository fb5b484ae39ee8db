"""The shared table, put together from the pages in which it came."""

from typing import NamedTuple

from probe_tray.core.sync.rows import RemoteRow


class Page(NamedTuple):
    """One answer, whole as far as it says itself."""

    rows: tuple[RemoteRow, ...]
    total: int | None
    """How many rows the table has; None where the service does not count."""


class Pages:
    """The pages of one reading. Each begins with the last row of the one before: if it does not, rows have moved."""

    def __init__(self) -> None:
        self.rows: list[RemoteRow] = []
        self.total: int | None = None
        self.moved = False
        self.whole = False
        self._again = 0
        self._ids: set[str] = set()

    @property
    def count(self) -> int:
        """How many different rows there are so far."""
        return len(self._ids)

    @property
    def next(self) -> int:
        """Where the next page begins."""
        return len(self.rows) - self._again

    def add(self, page: Page) -> None:
        """Take the page that was asked for at :attr:`next`."""
        known = self.rows[self.next :]
        self.moved = (bool(self.rows) and page.total != self.total) or (
            [row.id for row in page.rows[: len(known)]] != [row.id for row in known]
        )
        self.total = page.total
        new = page.rows[len(known) :]
        self.rows += new
        self._ids.update(row.id for row in new)
        # A service that gives one row at a time would never come to the next one.
        self._again = 1 if len(page.rows) > 1 else 0
        self.whole = not new or (page.total is not None and len(self.rows) >= page.total)
        # A row that came twice stands where another one should.
        twice = len(self._ids) < len(self.rows)
        self.moved = self.moved or twice or (self.whole and page.total not in {None, len(self.rows)})
