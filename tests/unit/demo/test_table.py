"""The shared table answers as PostgREST does, as far as sync asks it anything."""

import json
from pathlib import Path

import httpx
import pytest

from probe_tray.demo import DemoService, Fault, Rights
from probe_tray.demo.table import PATH, PUBLISHABLE_KEY
from probe_tray.demo.table_rows import BadValueError, timestamp
from tests.unit.demo.conftest import Hands

ALL = "select=id,email,token_data,update_time"


class Asker:
    """Each verb is one request, with the right key unless another is given."""

    def __init__(self, service: DemoService, http: httpx.Client) -> None:
        self._http = http
        self._url = f"{service.addresses.table}{PATH}"

    def get(self, query: str = ALL, **headers: str) -> httpx.Response:
        return self._ask("GET", query, None, headers)

    def post(self, body: object, prefer: str = "", query: str = "") -> httpx.Response:
        return self._ask("POST", query, body, {"prefer": prefer})

    def patch(self, query: str, body: object) -> httpx.Response:
        return self._ask("PATCH", query, body, {"prefer": "return=representation"})

    def _ask(self, method: str, query: str, body: object, headers: dict[str, str]) -> httpx.Response:
        url = f"{self._url}?{query}" if query else self._url
        named = {"apikey": PUBLISHABLE_KEY, "authorization": f"Bearer {PUBLISHABLE_KEY}"} | headers
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            named["content-type"] = "application/json"
        return self._http.request(
            method, url, content=content, headers={name: value for name, value in named.items() if value}
        )


@pytest.fixture
def ask(service: DemoService, http: httpx.Client) -> Asker:
    return Asker(service, http)


@pytest.fixture
def five(service: DemoService) -> DemoService:
    for number in (3, 1, 5, 2, 4):
        service.table.put(f"row-{number}", email=f"{number}@example.com", update_time=f"2026-11-0{number}T00:00:00Z")
    return service


def ids(answer: httpx.Response) -> list[str]:
    return [row["id"] for row in answer.json()]


def code(answer: httpx.Response) -> tuple[int, object]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-22T08:00:00Z", "2026-11-22T08:00:00+00:00"),
        ("2026-11-22T16:00:00+08:00", "2026-11-22T08:00:00+00:00"),
        ("2026-11-22 08:00:00-0330", "2026-11-22T11:30:00+00:00"),
        ("2026-11-22T08:00:00.120Z", "2026-11-22T08:00:00.12+00:00"),
        ("2026-11-22T08:00:00.123456789Z", "2026-11-22T08:00:00.123457+00:00"),
        ("2026-12-31T23:59:59.9999999Z", "2027-01-01T00:00:00+00:00"),
        ("2026-11-22T08:00:00", "2026-11-22T08:00:00+00:00"),
    ],
)
def test_a_time_is_read_back_as_postgresql_writes_it(written: str, read: str) -> None:
    assert timestamp(written) == read


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z", "2026-11-22T08:00:00 00:00", "1795000000"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadValueError):
        timestamp(text)


def test_all_rows_with_their_range(ask: Asker, five: DemoService) -> None:
    answer = ask.get(f"{ALL}&order=id")
    assert (answer.status_code, answer.headers["content-range"]) == (200, "0-4/*")
    assert answer.json()[0] == {
        "id": "row-1",
        "email": "1@example.com",
        "token_data": None,
        "update_time": "2026-11-01T00:00:00+00:00",
    }
    assert ids(ask.get("select=id&order=update_time.desc")) == ["row-5", "row-4", "row-3", "row-2", "row-1"]


@pytest.mark.parametrize(
    ("query", "headers", "status", "span", "found"),
    [
        ("order=id&limit=2", {"prefer": "count=exact"}, 206, "0-1/5", ["row-1", "row-2"]),
        ("order=id&limit=2", {}, 200, "0-1/*", ["row-1", "row-2"]),
        ("order=id&limit=2&offset=4", {"prefer": "count=exact"}, 206, "4-4/5", ["row-5"]),
        ("order=id", {"prefer": "count=exact", "range": "3-9"}, 206, "3-4/5", ["row-4", "row-5"]),
        ("order=id&limit=3", {"range": "0-1"}, 200, "0-1/*", ["row-1", "row-2"]),
        ("order=id&offset=5", {"prefer": "count=exact"}, 206, "*/5", []),
        ("order=id&offset=6", {}, 200, "*/*", []),
        ("order=id&id=gt.row-3", {"prefer": "count=exact"}, 200, "0-1/2", ["row-4", "row-5"]),
    ],
)
def test_pages(
    ask: Asker, five: DemoService, query: str, headers: dict[str, str], status: int, span: str, found: list[str]
) -> None:
    answer = ask.get(query, **headers)
    assert (answer.status_code, answer.headers["content-range"], ids(answer)) == (status, span, found)


def test_the_server_may_give_fewer_rows_than_asked_for(ask: Asker, five: DemoService) -> None:
    five.table.max_rows = 2
    answer = ask.get("order=id&limit=1000", prefer="count=exact")
    assert (answer.status_code, answer.headers["content-range"], len(answer.json())) == (206, "0-1/5", 2)


def test_an_offset_beyond_the_end_is_refused_where_rows_are_counted(ask: Asker, five: DemoService) -> None:
    answer = ask.get("offset=6", prefer="count=exact")
    assert (*code(answer), answer.headers["content-range"]) == (416, "PGRST103", "*/5")


def test_without_an_order_a_changed_row_comes_last(ask: Asker, five: DemoService) -> None:
    ask.patch("id=eq.row-3", {"email": "new@example.com"})
    assert ids(ask.get("select=id"))[-1] == "row-3"


def test_a_page_can_be_cut_short_without_a_word(ask: Asker, five: DemoService) -> None:
    five.faults.add(PATH, Fault(short=2))
    answer = ask.get("order=id", prefer="count=exact")
    assert (answer.status_code, answer.headers["content-range"], len(answer.json())) == (200, "0-4/5", 3)


def test_a_new_row_is_told_from_one_that_was_there(ask: Asker, service: DemoService) -> None:
    row = {"id": "a", "email": None, "token_data": "x", "update_time": "2026-11-22T16:00:00.5+08:00"}
    wanted = "resolution=ignore-duplicates,return=representation"
    first, second = ask.post(row, wanted), ask.post(row | {"token_data": "y"}, wanted)
    assert (first.status_code, first.json()) == (201, [row | {"update_time": "2026-11-22T08:00:00.5+00:00"}])
    assert (second.status_code, second.json()) == (201, [])
    assert service.table.row("a").token_data == "x"


def test_merging_writes_over_what_is_there(ask: Asker, service: DemoService) -> None:
    assert ask.post([{"id": "a", "email": "a@example.com"}], "resolution=merge-duplicates").status_code == 201
    assert ask.post([{"id": "a", "token_data": "x"}], "resolution=merge-duplicates").status_code == 204
    assert service.table.row("a").as_mapping() == {
        "id": "a",
        "email": "a@example.com",
        "token_data": "x",
        "update_time": None,
    }


def test_a_second_row_with_the_same_key_is_a_conflict(ask: Asker) -> None:
    assert ask.post({"id": "a"}).status_code == 201
    assert code(ask.post({"id": "a"})) == (409, "23505")


def test_a_change_finds_the_row_only_as_it_was_read(ask: Asker, service: DemoService) -> None:
    service.table.put("a", update_time="2026-11-22T16:00:00+08:00")
    service.table.put("b")
    missed = ask.patch("id=eq.a&update_time=eq.2026-11-22T08:00:01%2B00:00", {"token_data": "x"})
    assert (missed.status_code, missed.json(), missed.headers["content-range"]) == (200, [], "*/*")
    hit = ask.patch("id=eq.a&update_time=eq.2026-11-22T08:00:00%2B00:00", {"token_data": "x"})
    assert (ids(hit), hit.headers["content-range"]) == (["a"], "0-0/*")
    assert ids(ask.patch("id=eq.b&update_time=is.null", {"token_data": "y"})) == ["b"]
    assert ask.patch("id=eq.a&update_time=is.null", {"token_data": "z"}).json() == []


def test_a_plus_that_was_not_encoded_is_no_time(ask: Asker) -> None:
    assert code(ask.patch("id=eq.a&update_time=eq.2026-11-22T08:00:00+00:00", {"token_data": "x"})) == (400, "22007")


def test_a_change_of_every_row_is_refused(ask: Asker) -> None:
    assert code(ask.patch("", {"token_data": "x"})) == (400, "21000")


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("select=id,nothing", "42703"),
        ("nothing=eq.1", "42703"),
        ("order=nothing", "42703"),
        ("id=like.a", "PGRST100"),
        ("limit=many", "PGRST100"),
    ],
)
def test_what_is_not_understood_is_refused(ask: Asker, query: str, wanted: str) -> None:
    assert code(ask.get(query)) == (400, wanted)


@pytest.mark.parametrize(
    ("body", "wanted"),
    [({"id": "a", "nothing": 1}, "PGRST204"), ({"email": "a"}, "23502"), ([1], "PGRST102")],
)
def test_rows_that_do_not_fit_are_refused(ask: Asker, service: DemoService, body: object, wanted: str) -> None:
    assert code(ask.post(body)) == (400, wanted)
    assert service.table.rows == ()


def test_a_key_is_needed_in_both_headers(ask: Asker, service: DemoService) -> None:
    missing, wrong = ask.get(apikey=""), ask.get(apikey="sb_publishable_other")
    assert (missing.status_code, missing.json()["message"]) == (401, "No API key found in request")
    assert (wrong.status_code, wrong.json()["message"]) == (401, "Invalid API key")
    assert code(ask.get(authorization="Bearer other")) == (401, "PGRST301")
    assert service.violations == ()


def test_a_table_that_nobody_has_made(ask: Asker, service: DemoService) -> None:
    service.table.exists = False
    assert code(ask.get()) == (404, "PGRST205")
    assert code(ask.post({"id": "a"})) == (404, "PGRST205")


def test_policies_that_allow_reading_only(ask: Asker, five: DemoService) -> None:
    five.table.rights = Rights.READ
    assert len(ask.get().json()) == 5
    assert code(ask.post({"id": "a"})) == (401, "42501")
    assert ask.patch("id=eq.row-1", {"token_data": "x"}).json() == []
    five.table.rights = Rights.NOTHING
    assert ask.get().json() == []


def test_rows_outlive_a_restart(tmp_path: Path, http: httpx.Client, hands: Hands) -> None:
    with DemoService(state_file=tmp_path / "state", now=hands.now) as service:
        Asker(service, http).post({"id": "a", "token_data": "x"})
    assert [row.id for row in DemoService(state_file=tmp_path / "state", now=hands.now).table.rows] == ["a"]
