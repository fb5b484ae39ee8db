"""A small stand-in for PostgREST: it sets role and request.headers as PostgREST does, and runs real SQL.

What it does with a request, and how it words a refusal, is from PostgREST's documentation
(https://docs.postgrest.org/en/v12/references/transactions.html, errors.html, api/tables_views.html). The key in front
of it is checked as Supabase's gateway does.
"""

import json
import re
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, NamedTuple, Self, cast
from urllib.parse import parse_qsl, urlsplit

from tests.support.postgres import Database, DatabaseConnection, DatabaseRefusal, literal

API_KEY: Final = "sb_publishable_of_the_tests"
ROLE: Final = "anon"
MAX_ROWS: Final = 1000
_PREFIX: Final = "/rest/v1/"
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]*")
_OPERATORS: Final = {"eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_STATUS: Final = (
    ("08", 503),
    ("09", 500),
    ("0L", 403),
    ("0P", 403),
    ("23503", 409),
    ("23505", 409),
    ("25006", 405),
    ("25", 500),
    ("28", 403),
    ("2D", 500),
    ("38", 500),
    ("39", 500),
    ("3B", 500),
    ("40", 500),
    ("53400", 500),
    ("53", 503),
    ("54", 500),
    ("55", 500),
    ("57", 500),
    ("58", 500),
    ("F0", 500),
    ("HV", 500),
    ("P0001", 400),
    ("P0", 500),
    ("XX", 500),
    ("42883", 404),
    ("42P01", 404),
    ("42P17", 500),
    # 403 for whoever has shown a token of a user; nobody has here.
    ("42501", 401),
)
"""SQLSTATE to HTTP status, the first that fits; 400 for every other."""


class _Answer(NamedTuple):
    status: int
    body: object = None
    headers: Mapping[str, str] = {}


class _RefusedError(Exception):
    def __init__(self, status: int, code: str, message: str, details: str | None = None) -> None:
        super().__init__(message)
        body = {"code": code, "details": details, "hint": None, "message": message}
        self.answer = _Answer(status, body)


class _Ask(NamedTuple):
    method: str
    name: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes

    @property
    def preferences(self) -> frozenset[str]:
        return frozenset(one.strip() for one in self.headers.get("prefer", "").split(","))

    def parameter(self, name: str) -> str | None:
        return next((value for known, value in self.query if known == name), None)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Many computers may connect at once.
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as socketserver has it
        """A computer that was killed, or asks no more, closes its connection as it likes."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class PostgRest:
    """Serves one database on loopback, while the context lasts."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.instead: list[int] = []
        """Statuses of the next answers, each in place of what would have been said."""
        self.lost: list[str] = []
        """Names of tables or functions: the next request for each is acted on, and its answer is lost."""
        self.afterwards: dict[str, Callable[[], None]] = {}
        """By the name of a table or function: what happens, once, when a request for it was acted on."""
        self.always = 0
        """The status of every answer, in place of what would have been said; 0: none."""
        self.calls = 0
        """The status of the answer to every call of a function, as of a proxy that passes the table alone; 0: none."""
        self.is_cut = False
        """Whether no request arrives."""
        self.requests: list[tuple[str, str]] = []
        """Method and name of each request."""
        self.reads: list[str] = []
        """For each read of the logins the id that was asked for, empty where it was all rows."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer._serve(self)

            do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
                del format, args

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        parts = urlsplit(handler.path)
        name = parts.path.removeprefix(_PREFIX)
        headers = {key.lower(): value for key, value in handler.headers.items()}
        ask = _Ask(handler.command, name, parse_qsl(parts.query, keep_blank_values=True), headers, body)
        if self.is_cut:
            handler.close_connection = True
            return
        self.requests.append((ask.method, name))
        if self.requests[-1] == ("GET", "tokens"):
            self.reads.append((ask.parameter("id") or "").removeprefix("eq."))
        try:
            answer = self._answer(ask)
        except _RefusedError as refused:
            answer = refused.answer
        if name in self.afterwards:
            self.afterwards.pop(name)()
        if name in self.lost:
            self.lost.remove(name)
            handler.close_connection = True
            return
        content = b"" if answer.body is None else json.dumps(answer.body).encode()
        handler.send_response(answer.status)
        for key, value in answer.headers.items():
            handler.send_header(key, value)
        handler.send_header("Content-Type", "application/json; charset=utf-8")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def _answer(self, ask: _Ask) -> _Answer:
        if ask.headers.get("apikey") != API_KEY:
            return _Answer(401, {"message": "Invalid API key", "hint": "Double check your Supabase API key."})
        if status := self.always or (self.instead.pop(0) if self.instead else 0):
            return _Answer(status, {"message": "the gateway answers"})
        if self.calls and ask.name.startswith("rpc/"):
            return _Answer(self.calls, {"message": "the proxy answers"})
        with self.database.connect() as connection:
            try:
                connection.run(_transaction(ask))
                answer = _Request(connection, ask).answer()
                connection.run("commit")
            except DatabaseRefusal as refusal:
                return _Answer(
                    _status(refusal.state),
                    {
                        "code": refusal.state,
                        "details": refusal.detail,
                        "hint": refusal.hint,
                        "message": refusal.message,
                    },
                )
            return answer


def _status(state: str) -> int:
    if state.startswith("PT"):
        # A function's own word for the status.
        return int(state[2:])
    return next((status for start, status in _STATUS if state.startswith(start)), 400)


def _transaction(ask: _Ask) -> str:
    """What PostgREST sets ahead of each request; only a function may be read only by its own word."""
    mode = "read only" if ask.method == "GET" else "read write"
    settings = {
        "request.method": ask.method,
        "request.path": f"/{ask.name}",
        "request.headers": json.dumps(ask.headers),
    }
    local = "".join(f"select set_config({literal(name)}, {literal(value)}, true);" for name, value in settings.items())
    return f"begin isolation level read committed {mode}; set local role {ROLE}; {local}"


class _Request:
    """One request inside its transaction."""

    def __init__(self, connection: DatabaseConnection, ask: _Ask) -> None:
        self._run, self._ask = connection.run, ask

    def answer(self) -> _Answer:
        if self._ask.name.startswith("rpc/"):
            return self._call(self._ask.name.removeprefix("rpc/"))
        name = self._ask.name
        if not _NAME.fullmatch(name) or self._value(f"select to_regclass({literal('public.' + name)})") is None:
            raise _RefusedError(404, "PGRST205", f"Could not find the table 'public.{name}' in the schema cache")
        match self._ask.method:
            case "GET":
                return self._read()
            case "POST":
                return self._insert()
            case "PATCH":
                return self._update()
            case _:
                return self._delete()

    def _read(self) -> _Answer:
        ask, table = self._ask, f"public.{self._ask.name}"
        where = self._where()
        limit = min(int(ask.parameter("limit") or MAX_ROWS), MAX_ROWS)
        offset = int(ask.parameter("offset") or 0)
        total = (
            int(self._value(f"select count(*) from {table} {where}") or 0) if "count=exact" in ask.preferences else None
        )
        if total is not None and offset > total:
            raise _RefusedError(416, "PGRST103", "Requested range not satisfiable")
        order = ", ".join(_ordered(one) for one in (ask.parameter("order") or "").split(",") if one)
        order = f"order by {order}" if order else ""
        rows = self._rows(f"select {_columns(ask)} from {table} {where} {order} limit {limit} offset {offset}")
        status = 206 if total is not None and len(rows) < total else 200
        return _Answer(status, rows, {"Content-Range": _range(offset, len(rows), total)})

    def _insert(self) -> _Answer:
        ask, table = self._ask, f"public.{self._ask.name}"
        given = self._json()
        items = cast("list[dict[str, object]]", given if isinstance(given, list) else [given])
        columns = ", ".join(self._known(list(items[0])))
        source = f"select {columns} from json_populate_recordset(null::{table}, {literal(json.dumps(items))})"
        conflict = ""
        key = self._value(
            "select string_agg(quote_ident(a.attname), ', ') from pg_index i join pg_attribute a"
            " on a.attrelid = i.indrelid and a.attnum = any(i.indkey)"
            f" where i.indisprimary and i.indrelid = {literal(table)}::regclass"
        )
        if "resolution=ignore-duplicates" in ask.preferences:
            conflict = f"on conflict ({key}) do nothing"
        elif "resolution=merge-duplicates" in ask.preferences:
            sets = ", ".join(f"{one} = excluded.{one}" for one in self._known(list(items[0])))
            conflict = f"on conflict ({key}) do update set {sets}"
        return self._written(201, f"insert into {table} ({columns}) {source} {conflict}", "*/*")

    def _update(self) -> _Answer:
        table, where = f"public.{self._ask.name}", self._where()
        if not where:
            # Supabase loads pg-safeupdate.
            raise _RefusedError(400, "21000", "UPDATE requires a WHERE clause")
        values = self._json()
        sets = ", ".join(f"{one} = given.{one}" for one in self._known(list(values)))
        source = f"json_populate_record(null::{table}, {literal(json.dumps(values))}) given"
        qualified = self._where(table)
        return self._written(200, f"update {table} set {sets} from {source} {qualified}", "0-0/*")

    def _delete(self) -> _Answer:
        where = self._where()
        if not where:
            raise _RefusedError(400, "21000", "DELETE requires a WHERE clause")
        return self._written(200, f"delete from public.{self._ask.name} {where}", "*/*")

    def _written(self, status: int, statement: str, span: str) -> _Answer:
        table = f"public.{self._ask.name}"
        if "return=representation" not in self._ask.preferences:
            self._run(statement)
            return _Answer(status if status == 201 else 204, None, {"Content-Range": span})
        text = self._value(
            f"with written as ({statement} returning {table}.*) select coalesce(json_agg(written), '[]') from written"
        )
        return _Answer(status, json.loads(text or "[]"), {"Content-Range": span})

    def _call(self, name: str) -> _Answer:
        given: dict[str, object] = self._json() if self._ask.method == "POST" else dict(self._ask.query)
        found = self._run(
            "select coalesce(array_to_string(proargnames[1:pronargs], ','), ''), array_to_string(array(select "
            "format_type(t, null) from unnest(proargtypes) t), ','), proretset from pg_proc where pronamespace = "
            f"'public'::regnamespace and proname = {literal(name)}"
        )
        for names, types, is_set in found:
            known = dict(zip((names or "").split(","), (types or "").split(","), strict=True)) if names else {}
            if known.keys() == given.keys():
                values = ", ".join(f"{one} => {_argument(given[one])}::{known[one]}" for one in known)
                call = f"public.{name}({values})"
                sql = (
                    f"select coalesce(json_agg(t), '[]') from {call} t" if is_set == "t" else f"select to_json({call})"
                )
                text = self._value(sql)
                return _Answer(200, None if text is None else json.loads(text))
        raise _RefusedError(404, "PGRST202", f"Could not find the function public.{name} in the schema cache")

    def _json(self) -> Any:  # noqa: ANN401 - whatever was sent
        try:
            return json.loads(self._ask.body)
        except ValueError:
            raise _RefusedError(400, "PGRST102", "Empty or invalid json") from None

    def _known(self, columns: list[str]) -> list[str]:
        table = self._ask.name
        there = {row[0] for row in self._run(
            f"select attname from pg_attribute where attrelid = {literal('public.' + table)}::regclass and attnum > 0"
        )}  # fmt: skip
        for one in columns:
            if one not in there:
                raise _RefusedError(
                    400, "PGRST204", f"Could not find the '{one}' column of '{table}' in the schema cache"
                )
        return columns

    def _where(self, table: str = "") -> str:
        conditions: list[str] = []
        for name, value in self._ask.query:
            if name in {"select", "order", "limit", "offset", "columns", "on_conflict"}:
                continue
            operator, _, operand = value.partition(".")
            column = f"{table}.{_column(name)}" if table else _column(name)
            if operator == "is" and operand == "null":
                conditions.append(f"{column} is null")
            elif operator in _OPERATORS:
                conditions.append(f"{column} {_OPERATORS[operator]} {literal(operand)}")
            else:
                raise _RefusedError(400, "PGRST100", "failed to parse filter")
        return f"where {' and '.join(conditions)}" if conditions else ""

    def _rows(self, inner: str) -> list[object]:
        return json.loads(self._value(f"select coalesce(json_agg(found), '[]') from ({inner}) found") or "[]")

    def _value(self, sql: str) -> str | None:
        rows = self._run(sql)
        return rows[0][0] if rows else None


def _column(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise _RefusedError(400, "PGRST100", "failed to parse column")
    return name


def _columns(ask: _Ask) -> str:
    return ", ".join("*" if one == "*" else _column(one) for one in (ask.parameter("select") or "*").split(","))


def _ordered(text: str) -> str:
    name, _, direction = text.partition(".")
    return f"{_column(name)} {'desc' if direction == 'desc' else 'asc'}"


def _range(offset: int, count: int, total: int | None) -> str:
    span = f"{offset}-{offset + count - 1}" if count else "*"
    return f"{span}/{'*' if total is None else total}"


def _argument(value: object) -> str:
    if value is None or isinstance(value, str):
        return literal(value)
    return literal(json.dumps(value))
