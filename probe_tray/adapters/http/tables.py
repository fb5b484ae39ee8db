"""The shared table over HTTP: ``RemoteTable`` of ports.http as PostgREST offers it.

It asks over connections that are kept, as the service is asked: no redirects, no cookies, no retries, no log of
addresses.
"""

import asyncio
import re
from contextlib import suppress
from typing import Final, NamedTuple
from urllib.parse import quote

import msgspec

from probe_tray.adapters.http.rest_project import RestProject
from probe_tray.adapters.http.wire.pool import ConnectionPool
from probe_tray.adapters.proxy.proxy import ProxyChoice
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    RowAlteredError,
    SyncCutOffError,
    SyncEndlessError,
    SyncError,
    SyncFloodedError,
    SyncNewerError,
    SyncRefusedError,
    SyncStrangeError,
    SyncUnsteadyError,
)
from probe_tray.core.service.answer import Answer
from probe_tray.core.sync.leases import Lease, LeaseAnswer
from probe_tray.core.sync.rights import TableGrants
from probe_tray.core.sync.rows import LARGEST_ROW, RemoteRow
from probe_tray.core.sync.setup import SyncTarget
from probe_tray.core.sync.table_record import TABLE_VERSION, TableStatus


class TablePage(NamedTuple):
    """One answer, whole as far as it says itself."""

    rows: tuple[RemoteRow, ...]
    total: int | None
    """How many rows the table has; None where the service does not count."""


class TableReading:
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

    def add(self, page: TablePage) -> None:
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


_TABLE: Final = "tokens"
_PAGE: Final = 500
"""Rows asked for at once: some 5 MB. The service may give fewer."""
_SMALLEST_PAGE: Final = 2
"""The last row of one page is asked for again with the next one."""
_MOST_ROWS: Final = 100_000
_MOST_PAGES: Final = 1_000
"""Requests for one reading of the table: a service may give one row at a time, for ever."""
_LONGEST_READING: Final = 180.0
"""Seconds for the same."""
_TRIES: Final = 3
"""How often the whole table is read when rows come or go between its pages."""
_COLUMNS: Final = "id,email,token_data,update_time"
_RANGE: Final = re.compile(r"(?:([0-9]{1,9})-([0-9]{1,9})|\*)/([0-9]{1,9}|\*)")
_OUT_OF_RANGE: Final = 416
_CONFLICT: Final = 409


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    email: str | None = None
    token_data: str | None = None
    update_time: str | None = None


_ROWS: Final = msgspec.json.Decoder(list[_Row])
_STATUS: Final = msgspec.json.Decoder(TableStatus)
_LEASE: Final = msgspec.json.Decoder(LeaseAnswer)
_RIGHTS: Final = msgspec.json.Decoder(TableGrants)


class HttpTable:
    """Implements ``RemoteTable``.

    A protected table seems to be empty to whoever isn't let in. So where there is nothing, it is asked for its status,
    which then is refused: nobody is to think that the logins are gone.
    """

    def __init__(self, target: SyncTarget, pool: ConnectionPool, proxy: ProxyChoice | None) -> None:
        """``proxy`` is the one that the connections of ``pool`` go through, None for a direct connection."""
        self._project = RestProject(target, pool, proxy)
        self._host = self._project.host
        self._is_alone = False
        """Whether the service has answered that there is the table alone, and nothing that can be called."""

    async def status(self) -> TableStatus | None:
        """As the port says."""
        # Before there was anything to ask, the table alone was enough: a proxy may pass nothing else.
        answer = await self._project.call("probe_tray_status", b"{}", optional=True)
        self._is_alone = answer is None
        if answer is None:
            return None
        try:
            status = _STATUS.decode(answer.body)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise SyncStrangeError(host=self._host, status=str(answer.status)) from None
        if status.version > TABLE_VERSION:
            raise SyncNewerError(host=self._host)
        return status

    async def add_key(self, digest: str) -> bool:
        """As the port says."""
        body = msgspec.json.encode({"new_digest": digest})
        return self._is_true(await self._project.call("probe_tray_add_key", body))

    async def end_other_keys(self, digest: str) -> bool:
        """As the port says."""
        body = msgspec.json.encode({"kept_digest": digest})
        return self._is_true(await self._project.call("probe_tray_end_other_keys", body))

    async def rows(self) -> tuple[RemoteRow, ...]:
        """All of them, page by page. Rows that come or go meanwhile make it begin again, three times at most.

        Raises SyncEndlessError where it has not come to the end after 1,000 pages or three minutes.
        """
        try:
            async with asyncio.timeout(_LONGEST_READING):
                return await self._all_rows()
        except TimeoutError:
            raise SyncEndlessError(host=self._host) from None

    async def _all_rows(self) -> tuple[RemoteRow, ...]:
        pages, size, asked = TableReading(), _PAGE, 0
        for _ in range(_TRIES):
            pages = TableReading()
            while not pages.whole and not pages.moved:
                asked += 1
                if asked > _MOST_PAGES:
                    raise SyncEndlessError(host=self._host)
                try:
                    pages.add(await self._page(pages.next, size))
                except SyncFloodedError:
                    # Anybody may have put a few huge rows there; they must not hide the others.
                    if size == _SMALLEST_PAGE:
                        raise
                    size = max(_SMALLEST_PAGE, size // 4)
                if len(pages.rows) > _MOST_ROWS:
                    raise SyncFloodedError
            if not pages.moved:
                if not pages.rows:
                    await self._confirm_key()
                return tuple(pages.rows)
        raise _incomplete(pages.count, pages.total or 0) if pages.whole else SyncUnsteadyError

    async def row(self, row_id: str) -> RemoteRow | None:
        """One of them as it is now."""
        answer = await self._project.ask("GET", f"{_TABLE}?select={_COLUMNS}&id={_equals(row_id)}")
        found = [row for row in self._rows(answer) if row.id == row_id]
        if not found:
            await self._confirm_key()
        return found[0] if found else None

    async def insert(self, row: RemoteRow) -> bool:
        """Add a row, unless there is one of that id: the service then answers with none."""
        wanted = "resolution=ignore-duplicates,return=representation"
        try:
            answer = await self._project.ask("POST", _TABLE, _body(row, with_id=True), prefer=wanted, conflict=True)
        except SyncRefusedError:
            # It may be for the key of the logins, not for the publishable one.
            await self._confirm_key()
            raise
        return answer.status != _CONFLICT and self._is_written(answer, row)

    async def replace(self, row: RemoteRow, seen: RemoteRow) -> bool:
        """Put ``row`` in the place of ``seen``, where its time is still the one that was read."""
        time = "is.null" if seen.update_time is None else _equals(seen.update_time)
        query = f"{_TABLE}?id={_equals(seen.id)}&update_time={time}"
        answer = await self._project.ask("PATCH", query, _body(row, with_id=False), prefer="return=representation")
        written = self._is_written(answer, row)
        if not written:
            await self._confirm_key()
        return written

    async def take_lease(self, lease: Lease) -> LeaseAnswer | None:
        """As the port says. Raises SyncLeasesError where only a part of the SQL was run."""
        answer = await self._project.call("probe_tray_take_lease", _lease_body(lease), optional=self._is_alone)
        if answer is None:
            return None
        try:
            return _LEASE.decode(answer.body)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise SyncStrangeError(host=self._host, status=str(answer.status)) from None

    async def mark_sent(self, lease: Lease) -> bool:
        """As the port says."""
        body = msgspec.json.encode({"lease_token": lease.token, "lease_holder": lease.holder})
        return self._is_true(await self._project.call("probe_tray_mark_sent", body))

    async def end_lease(self, lease: Lease, *, renewed: bool) -> bool:
        """As the port says."""
        body = _lease_body(lease, renewed=renewed)
        return self._is_true(await self._project.call("probe_tray_end_lease", body, optional=self._is_alone))

    async def rights(self) -> TableGrants | None:
        """As the port says."""
        answer = await self._project.call("probe_tray_rights", b"{}")
        if answer is None:
            return None
        try:
            return _RIGHTS.decode(answer.body)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise SyncStrangeError(host=self._host, status=str(answer.status)) from None

    async def _confirm_key(self) -> None:
        # Whatever else it answers has nothing to do with what was asked before.
        with suppress(SyncStrangeError):
            await self.status()

    def _is_true(self, answer: Answer | None) -> bool:
        if answer is None:
            return False
        if answer.body.strip() not in {b"true", b"false"}:
            raise SyncStrangeError(host=self._host, status=str(answer.status))
        return answer.body.strip() == b"true"

    def _is_written(self, answer: Answer, row: RemoteRow) -> bool:
        """Whether the table holds ``row`` now; not where it says that it changed nothing.

        Raises RowAlteredError where it holds something else: a trigger may write another value, or another row.
        """
        found = self._rows(answer)
        if not found:
            return False
        if [(one.id, one.token_data) for one in found] != [(row.id, row.token_data)]:
            raise RowAlteredError
        return True

    async def _page(self, offset: int, size: int) -> TablePage:
        query = f"{_TABLE}?select={_COLUMNS}&order=id.asc&limit={size}&offset={offset}"
        answer = await self._project.ask("GET", query, prefer="count=exact", beyond=offset > 0)
        rows = () if answer.status == _OUT_OF_RANGE else self._rows(answer)
        told = _RANGE.fullmatch(answer.headers.get("content-range", "").strip())
        if told is None:
            raise SyncStrangeError(host=self._host, status=str(answer.status))
        first, last, whole = told.groups()
        total = None if whole == "*" else int(whole)
        expected = 0 if first is None else int(last) - int(first) + 1
        if expected < 0:
            raise SyncStrangeError(host=self._host, status=str(answer.status))
        if first is not None and int(first) != offset:
            raise SyncUnsteadyError
        if len(rows) != expected:
            raise _incomplete(offset + len(rows), total or offset + expected)
        return TablePage(rows, total)

    def _rows(self, answer: Answer) -> tuple[RemoteRow, ...]:
        try:
            found = _ROWS.decode(answer.body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise SyncStrangeError(host=self._host, status=str(answer.status)) from None
        return tuple(
            RemoteRow(
                id=row.id,
                email=row.email,
                # What is longer is no login: it need not be held to be told.
                token_data=Secret((row.token_data or "")[: LARGEST_ROW + 1]),
                update_time=row.update_time,
            )
            for row in found
        )


def _equals(value: str) -> str:
    """A filter. Whatever means something in a query is encoded: the ``+`` of a time would be read as a space."""
    return f"eq.{quote(value, safe='')}"


def _lease_body(lease: Lease, **more: bool) -> bytes:
    named = {"lease_account": lease.account, "lease_token": lease.token, "lease_holder": lease.holder}
    return msgspec.json.encode(named | more)


def _incomplete(got: int, expected: int) -> SyncError:
    return SyncCutOffError(got=str(got), expected=str(expected)) if got < expected else SyncUnsteadyError()


def _body(row: RemoteRow, *, with_id: bool) -> bytes:
    cells = {"email": row.email, "token_data": row.token_data.reveal(), "update_time": row.update_time}
    return msgspec.json.encode(({"id": row.id} | cells) if with_id else cells)
