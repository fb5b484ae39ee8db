"""The table that several machines share: as much of PostgREST as sync needs, with a table ``tokens`` behind it."""

import contextlib
import enum
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final, cast

import msgspec

from probe_tray.demo import strict
from probe_tray.demo.messages import JSON_TYPE, DemoRefusal, Reply, Request, as_json
from probe_tray.demo.simulated_keys import SimulatedKeys
from probe_tray.demo.table_query import TABLE, Query, RowRange, bad_time, error, known_column, read_query, read_window
from probe_tray.demo.table_rows import COLUMNS, BadValueError, Heap, LeaseBook, TableRow, Value, changed

_CALL: Final = "/rest/v1/rpc/"
_LONGEST_NAME: Final = 64
"""Characters of whatever a lease is named by."""
PATH: Final = f"/rest/v1/{TABLE}"
MAX_ROWS: Final = 1000
"""How many rows one answer holds unless the project says otherwise."""

PUBLISHABLE_KEY: Final = "sb_publishable_demo_4ppUxXqz7cA9Jg2m"

_OK, _CREATED, _NO_CONTENT, _PARTIAL = 200, 201, 204, 206
_WRONG, _UNAUTHORIZED, _ABSENT, _CONFLICT, _OUT_OF_RANGE = 400, 401, 404, 409, 416


class Rights(enum.Enum):
    """What row level security lets the publishable key do."""

    EVERYTHING = "everything"
    READ = "read"
    NOTHING = "nothing"


class SimulatedTable:
    """The table and its HTTP side. Its own methods may be called from any thread."""

    def __init__(
        self,
        lock: threading.RLock,
        rows: Iterable[TableRow] = (),
        digests: Mapping[str, bool] | None = None,
        *,
        api_key: str = PUBLISHABLE_KEY,
        now: Callable[[], datetime],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """Begin with ``rows``, and the ``digests`` of keys; ``lock`` is held while a request is acted on.

        ``changed`` hears of every write.

        ``now`` is the database's clock.
        """
        self._lock = lock
        self._heap = Heap(rows)
        self._changed = changed
        self.leases = LeaseBook(lock, now)
        """Which computer renews a login."""
        self.keys = SimulatedKeys(lock, digests or {}, self._admit, changed)
        """Who may use it."""
        self.api_key = api_key
        """The only key that is let in."""
        self.max_rows = MAX_ROWS
        """How many rows one answer holds at most, whatever is asked for."""
        self.rights = Rights.EVERYTHING
        """What the policies allow; without the right to read, the table looks empty."""
        self.exists = True
        """Whether the SQL has been run."""
        self.tries_rights = True
        """Whether it was the SQL of this version."""

    @property
    def rows(self) -> tuple[TableRow, ...]:
        """Every row as it is read back, in no promised order."""
        with self._lock:
            return self._heap.rows

    def row(self, row_id: str) -> TableRow:
        """One row. Raises KeyError where there is none."""
        with self._lock:
            found = self._heap.find(row_id)
        if found is None:
            raise KeyError(row_id)
        return found

    def put(self, row_id: str, *, email: Value = None, token_data: Value = None, update_time: Value = None) -> TableRow:
        """Write a row as another machine would, over whatever stands there."""
        with self._lock:
            row = changed(TableRow(id=row_id), {"email": email, "token_data": token_data, "update_time": update_time})
            self._heap.put(row)
            self._changed()
            return row

    def remove(self, row_id: str) -> None:
        """Delete a row; a missing one is no error."""
        with self._lock:
            self._heap.remove(row_id)
            self._changed()

    def routes(self) -> Mapping[tuple[str, str], Callable[[Request], Reply]]:
        """Every method and path that a request for the table may have."""
        mine = {("GET", PATH): self._read, ("POST", PATH): self._insert, ("PATCH", PATH): self._update}
        rights = {("POST", f"{_CALL}probe_tray_rights"): self._try_rights}
        return {**mine, **rights, **self.keys.routes(), **SimulatedLeases(self.leases, self._admit_call).routes()}

    def _try_rights(self, request: Request) -> Reply:
        self._admit_call(request)
        if not self.tries_rights:
            raise error(_ABSENT, "PGRST202", "Could not find the function public.probe_tray_rights in the schema cache")
        writes = self.rights is Rights.EVERYTHING
        tried = (
            {"read": self.rights is not Rights.NOTHING, "change": True} if writes else {"read": None, "change": None}
        )
        return as_json({**tried, "add": writes, "lease": self.leases.exists})

    def _read(self, request: Request) -> Reply:
        self._admit(request)
        strict.no_body(request)
        query = read_query(request)
        window = read_window(request, query, self.max_rows)
        visible = self._heap.rows if self._rights(request) is not Rights.NOTHING else ()
        matching = query.sorted(query.matching(visible))
        total = len(matching) if "count=exact" in _preferences(request) else None
        if total is not None and window.start > total:
            details = f"An offset of {window.start} was requested, but there are only {total} rows."
            headers = {"content-range": f"*/{total}"}
            message = "Requested range not satisfiable"
            raise error(_OUT_OF_RANGE, "PGRST103", message, details=details, headers=headers)
        page = matching[window.start : window.stop]
        status = _PARTIAL if total is not None and len(page) < total else _OK
        sent = page[: len(page) - request.short] if request.short else page
        return _rows_reply(status, sent, query, {"content-range": _content_range(window, len(page), total)})

    def _insert(self, request: Request) -> Reply:
        self._admit(request)
        query, wanted = read_query(request), _preferences(request)
        rows = self._new_rows(request)
        if self._rights(request) is not Rights.EVERYTHING:
            message = f'new row violates row-level security policy for table "{TABLE}"'
            raise error(_UNAUTHORIZED, "42501", message)
        merging, ignoring = "resolution=merge-duplicates" in wanted, "resolution=ignore-duplicates" in wanted
        clash = next((values["id"] for values in rows if self._heap.find(str(values["id"]))), None)
        if clash is not None and not merging and not ignoring:
            message = f'duplicate key value violates unique constraint "{TABLE}_pkey"'
            raise error(_CONFLICT, "23505", message, details=f"Key (id)=({clash}) already exists.")
        written: list[TableRow] = []
        created = False
        for values in rows:
            old = self._heap.find(str(values["id"]))
            if old and not merging:
                continue
            row = _changed(old or TableRow(id=str(values["id"])), values)
            self._heap.put(row)
            written.append(row)
            created = created or old is None
        status = _OK if merging and not created else _CREATED
        return self._written(request, status, written, query, {"content-range": "*/*"})

    def _update(self, request: Request) -> Reply:
        self._admit(request)
        query, values = read_query(request), _known(_members(_decoded(request)))
        if not query.filters:
            raise error(_WRONG, "21000", "UPDATE requires a WHERE clause")
        # Where a policy forbids a change, the rows are simply not found: no error says so.
        allowed = values and self._rights(request) is Rights.EVERYTHING
        old = query.matching(self._heap.rows) if allowed else ()
        new = [_changed(row, values) for row in old]
        for before, after in zip(old, new, strict=True):
            self._heap.remove(before.id)
            self._heap.put(after)
        headers = {"content-range": _content_range(RowRange(0, None), len(new), None)}
        return self._written(request, _OK, new, query, headers)

    def _written(
        self, request: Request, status: int, rows: list[TableRow], query: Query, headers: Mapping[str, str]
    ) -> Reply:
        self._changed()
        if "return=representation" in _preferences(request):
            return _rows_reply(status, tuple(rows), query, headers)
        return Reply(status=_NO_CONTENT if status == _OK else status, headers=tuple(headers.items()))

    def _new_rows(self, request: Request) -> list[dict[str, Value]]:
        decoded = _decoded(request)
        items = cast("list[object]", decoded) if isinstance(decoded, list) else [decoded]
        rows = [_known(_members(item)) for item in items]
        if any(row.get("id") is None for row in rows):
            message = f'null value in column "id" of relation "{TABLE}" violates not-null constraint'
            raise error(_WRONG, "23502", message)
        return rows

    def _rights(self, request: Request) -> Rights:
        return self.rights if self.keys.lets_in(request) else Rights.NOTHING

    def _admit_call(self, request: Request) -> None:
        self._admit(request)
        self.keys.check(request)

    def _admit(self, request: Request) -> None:
        key = request.header("apikey")
        if key is None:
            raise _gate("No API key found in request", "No `apikey` request header or url param was found.")
        if key != self.api_key:
            raise _gate("Invalid API key", "Double check your Supabase `anon` or `service_role` API key.")
        if request.header("authorization") != f"Bearer {key}":
            raise error(_UNAUTHORIZED, "PGRST301", "Expected 3 parts in JWT; got 1")
        if not self.exists:
            raise error(_ABSENT, "PGRST205", f"Could not find the table 'public.{TABLE}' in the schema cache")


class _LeaseCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    lease_account: str = ""
    lease_token: str
    lease_holder: str
    renewed: bool = False


_LEASE_CALL: Final = msgspec.json.Decoder(_LeaseCall)


class SimulatedLeases:
    """The three functions over HTTP."""

    def __init__(self, leases: LeaseBook, admit: Callable[[Request], None]) -> None:
        """``admit`` refuses a request without the key."""
        self._leases, self._admit = leases, admit

    def routes(self) -> Mapping[tuple[str, str], Callable[[Request], Reply]]:
        """Every method and path that a request for the leases may have."""
        return {
            ("POST", f"{_CALL}probe_tray_take_lease"): self._take,
            ("POST", f"{_CALL}probe_tray_mark_sent"): self._mark_sent,
            ("POST", f"{_CALL}probe_tray_end_lease"): self._end,
        }

    def _take(self, request: Request) -> Reply:
        given = self._arguments(request)
        if max(map(len, (given.lease_account, given.lease_token, given.lease_holder))) > _LONGEST_NAME:
            raise error(_WRONG, "22023", "not a lease")
        return as_json(self._leases.take(given.lease_account, given.lease_token, given.lease_holder))

    def _mark_sent(self, request: Request) -> Reply:
        given = self._arguments(request)
        return as_json(self._leases.mark_sent(given.lease_token, given.lease_holder))

    def _end(self, request: Request) -> Reply:
        given = self._arguments(request)
        done = self._leases.end(given.lease_account, given.lease_token, given.lease_holder, renewed=given.renewed)
        return as_json(done)

    def _arguments(self, request: Request) -> _LeaseCall:
        self._admit(request)
        if not self._leases.exists:
            name = request.path.removeprefix(_CALL)
            raise error(_ABSENT, "PGRST202", f"Could not find the function public.{name} in the schema cache")
        if request.media_type != JSON_TYPE:
            raise error(_WRONG, "PGRST102", "Empty or invalid json")
        try:
            return _LEASE_CALL.decode(request.body)
        except msgspec.DecodeError:
            raise error(_WRONG, "PGRST102", "Empty or invalid json") from None


def _gate(message: str, hint: str) -> DemoRefusal:
    """What the gateway before PostgREST says, which words its refusals in another way."""
    return DemoRefusal(as_json({"message": message, "hint": hint}, status=_UNAUTHORIZED), message)


def _preferences(request: Request) -> frozenset[str]:
    """RFC 7240, section 2: a list of preferences."""
    return frozenset(one.strip() for one in (request.header("prefer") or "").split(","))


def _decoded(request: Request) -> object:
    if request.media_type == JSON_TYPE:
        with contextlib.suppress(msgspec.DecodeError):
            return cast("object", msgspec.json.decode(request.body))
    raise error(_WRONG, "PGRST102", "Empty or invalid json")


def _members(item: object) -> dict[str, object]:
    if not isinstance(item, dict):
        raise error(_WRONG, "PGRST102", "Empty or invalid json")
    return cast("dict[str, object]", item)


def _known(members: dict[str, object]) -> dict[str, Value]:
    strange = sorted(members.keys() - set(COLUMNS))
    if strange:
        message = f"Could not find the '{strange[0]}' column of '{TABLE}' in the schema cache"
        raise error(_WRONG, "PGRST204", message)
    return {known_column(name): None if value is None else str(value) for name, value in members.items()}


def _changed(row: TableRow, values: Mapping[str, Value]) -> TableRow:
    try:
        return changed(row, values)
    except BadValueError:
        raise bad_time(values.get("update_time") or "") from None


def _content_range(window: RowRange, count: int, total: int | None) -> str:
    span = f"{window.start}-{window.start + count - 1}" if count else "*"
    return f"{span}/{'*' if total is None else total}"


def _rows_reply(status: int, rows: tuple[TableRow, ...], query: Query, headers: Mapping[str, str]) -> Reply:
    return as_json([row.as_mapping(query.select) for row in rows], status=status, headers=headers)
