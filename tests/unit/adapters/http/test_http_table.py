import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from probe_tray.adapters.http.table_factory import HttpTableFactory
from probe_tray.adapters.http.tables import HttpTable, TablePage
from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.proxy.proxy import ProxyChoice, detect_proxy
from probe_tray.adapters.systems.operating_system import SystemProxies
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    NotSentError,
    ProbeError,
    RateLimitedError,
    RowAlteredError,
    SyncColumnsError,
    SyncCutOffError,
    SyncEndlessError,
    SyncFloodedError,
    SyncNoTableError,
    SyncPageError,
    SyncPausedError,
    SyncRefusedError,
    SyncStrangeError,
    SyncUnsteadyError,
    UnavailableError,
    UncertainError,
)
from probe_tray.core.sync.rows import RemoteRow
from probe_tray.core.sync.setup import SyncTarget
from probe_tray.demo import DemoService, Fault, Rights
from probe_tray.demo.table import PATH, PUBLISHABLE_KEY
from tests.support.demos import faultless_demo
from tests.support.raw_server import RawServer, http, raw_server

KEY = Secret("5a" * 32)
PAGE = b"<!DOCTYPE html><html><title>Sign in to the hotel</title></html>"


@pytest.fixture
def service() -> Iterator[DemoService]:
    with faultless_demo() as running:
        yield running


@asynccontextmanager
async def table_at(url: str, api_key: str = PUBLISHABLE_KEY) -> AsyncGenerator[HttpTable]:
    target = SyncTarget(url=url, api_key=Secret(api_key), key=KEY)
    async with HttpTableFactory(ProxyChoice(), {}, handles=KnownSecrets().add).open(target) as table:
        yield table


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncGenerator[tuple[HttpTable, RawServer]]:
    """A server that gives the same answer to everything."""
    async with raw_server(b"".join(answers)) as server, table_at(f"http://127.0.0.1:{server.port}") as table:
        yield table, server


def fill(service: DemoService, count: int) -> None:
    for number in range(count):
        service.table.put(f"row-{number:05}", token_data="x", update_time="2026-11-22T06:00:00Z")


@pytest.mark.parametrize(("count", "most"), [(1001, 1000), (1001, 300), (7, 2), (500, 1000), (4, 2)])
async def test_every_row_comes_however_few_the_service_gives_at_once(
    service: DemoService, count: int, most: int
) -> None:
    fill(service, count)
    service.table.max_rows = most
    async with table_at(service.addresses.table) as table:
        rows = await table.rows()
    assert [row.id for row in rows] == [f"row-{number:05}" for number in range(count)]


async def test_a_page_that_lacks_rows_is_not_taken_for_the_table(service: DemoService) -> None:
    fill(service, 5)
    service.faults.add(PATH, Fault(short=2))
    async with table_at(service.addresses.table) as table:
        with pytest.raises(SyncCutOffError) as caught:
            await table.rows()
    assert caught.value.facts == {"got": "3", "expected": "5"}


class Shifting(HttpTable):
    """Something happens to the table between two pages."""

    def happens(self, *moments: object) -> None:
        self.moments = list(moments)

    async def _page(self, offset: int, size: int):  # noqa: ANN202 - as the base has it
        page = await super()._page(offset, size)
        if self.moments:
            moment = self.moments.pop(0)
            if callable(moment):
                await asyncio.to_thread(moment)
        return page


async def shifting(service: DemoService, *moments: object) -> list[str]:
    fill(service, 6)
    service.table.max_rows = 2
    async with table_at(service.addresses.table) as table:
        table.__class__ = Shifting
        assert isinstance(table, Shifting)
        table.happens(*moments)
        return [row.id for row in await table.rows()]


async def test_a_row_that_comes_between_two_pages_is_there_and_none_is_twice(service: DemoService) -> None:
    found = await shifting(service, lambda: service.table.put("row-00000a", token_data="x"))
    assert found == ["row-00000", "row-00000a", *(f"row-{number:05}" for number in range(1, 6))]


async def test_a_row_that_goes_between_two_pages_takes_no_other_with_it(service: DemoService) -> None:
    found = await shifting(service, lambda: service.table.remove("row-00000"))
    assert found == [f"row-{number:05}" for number in range(1, 6)]


async def test_rows_that_go_until_a_page_lies_beyond_the_end(service: DemoService) -> None:
    def clear() -> None:
        for number in range(1, 6):
            service.table.remove(f"row-{number:05}")

    assert await shifting(service, clear) == ["row-00000"]


async def test_a_table_that_never_stands_still_is_not_taken(service: DemoService) -> None:
    numbers = iter(range(100))

    def more() -> None:
        service.table.remove(f"row-{next(numbers):05}")
        service.table.put("zzz" * (next(numbers) + 1), token_data="x")

    with pytest.raises(SyncUnsteadyError):
        await shifting(service, *([more, None, None, None] * 4))


async def test_the_same_page_again_and_again_is_no_table() -> None:
    rows = [{"id": name} for name in "abcdef"]
    async with answering(refusal("206 Partial Content", rows, "Content-Range: 0-5/12")) as (table, server):
        with pytest.raises(SyncUnsteadyError):
            await table.rows()
    assert len(server.received) == 2


async def test_a_row_that_comes_on_two_pages_hides_no_other(service: DemoService) -> None:
    class Twice(HttpTable):
        async def _page(self, offset: int, size: int):  # noqa: ANN202 - as the base has it
            page = await super()._page(offset, size)
            return page._replace(rows=tuple(replace(row, id="row-00000") for row in page.rows))

    fill(service, 3)
    service.table.max_rows = 1
    async with table_at(service.addresses.table) as table:
        table.__class__ = Twice
        with pytest.raises(SyncUnsteadyError):
            await table.rows()


async def test_rows_larger_than_any_login_keep_nobody_from_the_others(
    service: DemoService, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(service, 40)
    for number in range(6):
        service.table.put(f"row-0000{number}", token_data="A" * 600_000)
    monkeypatch.setattr("probe_tray.adapters.http.rest_project.LARGEST_BODY", 2_000_000)
    async with table_at(service.addresses.table) as table:
        rows = await table.rows()
        assert [row.id for row in rows] == [f"row-{number:05}" for number in range(40)]
        assert max(len(row.token_data.reveal()) for row in rows) < 600_000
        service.table.put("row-00003", token_data="A" * 2_000_000)
        with pytest.raises(SyncFloodedError):
            await table.rows()


async def test_a_wrong_key_and_a_table_without_rights_are_refused(service: DemoService) -> None:
    row = RemoteRow(id="a", token_data=Secret("x"))
    async with table_at(service.addresses.table, "sb_publishable_wrong") as table:
        with pytest.raises(SyncRefusedError) as caught:
            await table.rows()
    assert caught.value.facts == {"status": "401"}
    assert "sb_publishable_wrong" not in repr(caught.value) + str(caught.value)
    service.table.rights = Rights.READ
    async with table_at(service.addresses.table) as table:
        with pytest.raises(SyncRefusedError):
            await table.insert(row)


async def test_a_table_that_is_not_there(service: DemoService) -> None:
    service.table.exists = False
    async with table_at(service.addresses.table) as table:
        with pytest.raises(SyncNoTableError):
            await table.rows()


def refusal(status: str, body: object, *headers: str) -> bytes:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return http(text, status, *headers)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refusal("403 Forbidden", {"code": "42501"}), SyncRefusedError),
        (refusal("400 Bad Request", {"code": "42703"}), SyncColumnsError),
        (refusal("404 Not Found", {"code": "PGRST205"}), SyncNoTableError),
        (refusal("404 Not Found", b"nothing here"), SyncNoTableError),
        (refusal("404 Not Found", PAGE), SyncPageError),
        (refusal("200 OK", PAGE), SyncPageError),
        (refusal("403 Forbidden", PAGE), SyncPageError),
        (refusal("302 Found", b"", "Location: https://elsewhere.example/"), SyncStrangeError),
        (refusal("429 Too Many Requests", b"", "Retry-After: 7"), RateLimitedError),
        (refusal("500 Internal Server Error", b""), UnavailableError),
        (refusal("503 Service Unavailable", PAGE), UnavailableError),
        (refusal("540 Project paused", b""), SyncPausedError),
        (refusal("540 Project paused", PAGE), SyncPausedError),
        (refusal("200 OK", b"not json", "Content-Range: 0-0/1"), SyncStrangeError),
        (refusal("200 OK", [{"no": "id"}], "Content-Range: 0-0/1"), SyncStrangeError),
        (refusal("200 OK", {"an": "object"}, "Content-Range: 0-0/1"), SyncStrangeError),
        (refusal("200 OK", b"[" * 100_000, "Content-Range: 0-0/1"), SyncStrangeError),
        (refusal("200 OK", []), SyncStrangeError),
        (refusal("200 OK", [], "Content-Range: nonsense"), SyncStrangeError),
        (refusal("200 OK", [{"id": "a"}], "Content-Range: 5-5/6"), SyncUnsteadyError),
        (refusal("200 OK", [], "Content-Range: */5"), SyncCutOffError),
        (refusal("200 OK", [{"id": "a"}], "Content-Range: 3-3/1"), SyncUnsteadyError),
        (refusal("200 OK", [{"id": "a"}, {"id": "b"}], "Content-Range: 0-1/1"), SyncUnsteadyError),
        (refusal("200 OK", [{"id": "a"}, {"id": "a"}], "Content-Range: 0-1/2"), SyncCutOffError),
        (refusal("200 OK", [{"id": "a"}, {"id": "b"}], "Content-Range: 0-1/*"), SyncUnsteadyError),
        (refusal("200 OK", [{"id": "a"}, {"id": "b"}], "Content-Range: 5-2/6"), SyncStrangeError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n[{", UncertainError),
        (b"", UncertainError),
    ],
)
async def test_what_an_answer_means(answer: bytes, expected: type[ProbeError]) -> None:
    async with answering(answer) as (table, _):
        with pytest.raises(expected) as caught:
            await table.rows()
    assert PUBLISHABLE_KEY not in repr(caught.value) + str(caught.value)
    assert caught.value.__cause__ is None


async def test_how_long_a_busy_service_asks_to_wait() -> None:
    async with answering(refusal("429 Too Many Requests", b"", "Retry-After: 7")) as (table, _):
        with pytest.raises(RateLimitedError) as caught:
            await table.rows()
    assert caught.value.problem.retry_after == 7
    assert caught.value.title == "Your sync table is limiting requests."


async def test_a_service_that_cannot_be_reached() -> None:
    async with answering(b"") as (_, server):
        port = server.port
    async with table_at(f"http://127.0.0.1:{port}") as table:
        with pytest.raises(NotSentError) as caught:
            await table.rows()
    assert caught.value.title == "Your sync table can't be reached: 127.0.0.1 refused the connection."


async def test_a_service_that_does_not_count_is_read_to_its_end() -> None:
    async with answering(refusal("200 OK", [], "Content-Range: */*")) as (table, _):
        assert await table.rows() == ()


async def test_what_stays_on_this_computer_is_shown_to_no_proxy(service: DemoService) -> None:
    # On the way to a proxy it would be as open as to any other host.
    proxy = detect_proxy("http://127.0.0.1:9", {}, override_name="--proxy", system=SystemProxies)
    target = SyncTarget(url=service.addresses.table, api_key=Secret(PUBLISHABLE_KEY), key=KEY)
    async with HttpTableFactory(proxy, {}, handles=KnownSecrets().add).open(target) as table:
        assert await table.rows() == ()


async def test_a_conflict_is_an_answer(service: DemoService) -> None:
    service.faults.add(PATH, Fault(status=409, body={"code": "23505"}))
    async with table_at(service.addresses.table) as table:
        assert not await table.insert(RemoteRow(id="a", token_data=Secret("x")))


async def test_the_key_is_in_the_headers_and_the_time_is_encoded() -> None:
    row = RemoteRow(id="a b", token_data=Secret("x"), update_time="2026-11-22T06:00:00.5+00:00")
    async with answering(refusal("200 OK", [])) as (table, server):
        assert not await table.replace(row, row)
    head = server.received[0].decode()
    assert head.startswith(
        "PATCH /rest/v1/tokens?id=eq.a%20b&update_time=eq.2026-11-22T06%3A00%3A00.5%2B00%3A00 HTTP/1.1\r\n"
    )
    lines = {line.lower() for line in head.split("\r\n")}
    assert {f"apikey: {PUBLISHABLE_KEY}".lower(), f"authorization: bearer {PUBLISHABLE_KEY}".lower()} <= lines
    assert "prefer: return=representation" in lines


@pytest.mark.parametrize(
    "back",
    [
        [{"id": "a", "token_data": "another"}],
        [{"id": "b", "token_data": "x"}],
        [{"id": "a", "token_data": None}],
        [{"id": "a", "token_data": "x"}, {"id": "b", "token_data": "x"}],
    ],
)
async def test_a_row_that_comes_back_as_another_one_is_not_sent(back: list[dict[str, str]]) -> None:
    row = RemoteRow(id="a", token_data=Secret("x"), update_time="2026-11-22T06:00:00+00:00")
    async with answering(refusal("200 OK", back)) as (table, _):
        with pytest.raises(RowAlteredError):
            await table.replace(row, row)
    async with answering(refusal("201 Created", back)) as (table, _):
        with pytest.raises(RowAlteredError):
            await table.insert(row)


async def test_a_time_that_the_table_writes_itself_does_not_matter() -> None:
    row = RemoteRow(id="a", token_data=Secret("x"), update_time="2026-11-22T06:00:00+00:00")
    back = [{"id": "a", "token_data": "x", "update_time": "2027-01-01T00:00:00+00:00"}]
    async with answering(refusal("200 OK", back)) as (table, _):
        assert await table.replace(row, row)


async def test_a_table_without_an_end_is_left() -> None:
    class Endless(HttpTable):
        asked = 0

        async def _page(self, offset: int, size: int) -> TablePage:
            del size
            self.asked += 1
            return TablePage((RemoteRow(id=f"row-{offset:06}", token_data=Secret("x")),), None)

    async with answering(b"") as (table, _):
        table.__class__ = Endless
        assert isinstance(table, Endless)
        with pytest.raises(SyncEndlessError):
            await table.rows()
        assert table.asked == 1000
