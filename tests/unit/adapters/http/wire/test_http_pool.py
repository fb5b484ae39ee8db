"""Which connections are kept between questions, and which are used again."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from probe_tray.adapters.http.exchange import read_body
from probe_tray.adapters.http.wire.pool import ConnectionPool, content, fields, make_pool
from probe_tray.adapters.http.wire.stream import SocketStream
from probe_tray.adapters.systems.current import this_system
from probe_tray.core.account.secret import Secret
from tests.support.patience import PATIENCE
from tests.support.questions import kept_question


class Server:
    """Answers each request with the number of its connection, once it may."""

    def __init__(self) -> None:
        self.connections = 0
        self.open = 0
        self.waiting = 0
        self.may = asyncio.Event()
        self.may.set()
        self.changed = asyncio.Condition()
        self.answer = b""
        """Another answer than that number."""
        self.closes = False
        self.asked: list[bytes] = []
        """The first line of each request."""
        self.tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        self.connections += 1
        number = self.connections
        await self.count(open=1)
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                self.asked.append(request.partition(b"\r\n")[0])
                await self.count(waiting=1)
                await self.may.wait()
                await self.count(waiting=-1)
                writer.write(self.answer or b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n%04d" % number)
                await writer.drain()
                if self.closes:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            await self.count(open=-1)

    async def count(self, *, open: int = 0, waiting: int = 0) -> None:  # noqa: A002 - what it counts
        async with self.changed:
            self.open += open
            self.waiting += waiting
            self.changed.notify_all()

    async def until(self, *, open: int | None = None, waiting: int | None = None) -> None:  # noqa: A002
        async with asyncio.timeout(PATIENCE), self.changed:
            await self.changed.wait_for(lambda: open in {None, self.open} and waiting in {None, self.waiting})


@asynccontextmanager
async def serving() -> AsyncGenerator[tuple[Server, ConnectionPool, str]]:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    async with listening:
        pool = make_pool(ssl.create_default_context(), None, kept_for=PATIENCE)
        yield server, pool, f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
        await pool.retire()
        await server.until(open=0)


async def ask(pool: ConnectionPool, address: str) -> bytes:
    async with pool.answer(kept_question(address)) as response:
        headers = fields(response.headers)
        return await read_body(content(response, headers), largest=1_000_000)


async def test_one_question_after_the_other_takes_the_same_connection() -> None:
    async with serving() as (server, pool, address):
        assert [await ask(pool, address) for _ in range(5)] == [b"0001"] * 5
        assert server.open == 1


async def test_a_proxy_without_tls_is_told_the_whole_address_each_time() -> None:
    async with serving() as (server, direct, address):
        pool = make_pool(ssl.create_default_context(), Secret(address), kept_for=PATIENCE)
        assert [await ask(pool, "http://service.test/usage") for _ in range(3)] == [b"0001"] * 3
        assert server.asked == [b"GET http://service.test/usage HTTP/1.1"] * 3
        await pool.retire()
        assert await ask(direct, address) == b"0002"


async def test_as_many_as_ask_at_once_find_their_connections_again() -> None:
    async with serving() as (server, pool, address):
        for _ in range(3):
            server.may.clear()
            asking = [asyncio.create_task(ask(pool, address)) for _ in range(32)]
            await server.until(waiting=32)
            server.may.set()
            await asyncio.gather(*asking)
        assert server.connections == 32


async def test_no_more_than_that_stay_open() -> None:
    async with serving() as (server, pool, address):
        server.may.clear()
        asking = [asyncio.create_task(ask(pool, address)) for _ in range(40)]
        await server.until(waiting=40)
        server.may.set()
        assert len(set(await asyncio.gather(*asking))) == 40
        await server.until(open=32)


async def test_a_connection_that_was_closed_meanwhile_is_not_used_again() -> None:
    async with serving() as (server, pool, address):
        server.closes = True
        assert [await ask(pool, address) for _ in range(3)] == [b"0001", b"0002", b"0003"]


@pytest.mark.skipif(this_system().verifies_certificates, reason="another stream is used here")
async def test_the_system_is_asked_once_whether_a_connection_still_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    looks, is_readable = list[object](), SocketStream.is_readable.fget
    assert is_readable is not None

    def counted(stream: SocketStream) -> bool:
        looks.append(stream)
        return is_readable(stream)

    async with serving() as (_, pool, address):
        assert await ask(pool, address) == b"0001"
        monkeypatch.setattr(SocketStream, "is_readable", property(counted))
        assert [await ask(pool, address) for _ in range(3)] == [b"0001"] * 3
        assert len(looks) == 3


async def test_what_is_retired_answers_the_question_it_has_and_closes_then() -> None:
    async with serving() as (server, pool, address):
        server.may.clear()
        asking = asyncio.create_task(ask(pool, address))
        await server.until(waiting=1)
        await pool.retire()
        assert server.open == 1
        server.may.set()
        assert await asking == b"0001"
        await server.until(open=0)


async def test_a_question_that_is_given_up_closes_its_connection() -> None:
    async with serving() as (server, pool, address):
        server.may.clear()
        asking = asyncio.create_task(ask(pool, address))
        await server.until(waiting=1)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        server.may.set()
        await server.until(open=0)
        assert await ask(pool, address) == b"0002"


async def test_an_answer_that_is_left_in_the_middle_takes_its_connection_with_it() -> None:
    async with serving() as (server, pool, address):
        server.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nthe beginning"
        async with pool.answer(kept_question(address)) as response:
            assert response.status == 200
        await server.until(open=0)


async def test_a_body_that_nobody_wanted_packed_is_unpacked() -> None:
    async with serving() as (server, pool, address):
        packed = gzip.compress(b"the answer")
        server.answer = (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed
        )
        assert await ask(pool, address) == b"the answer"


def test_fields_are_found_by_their_names_in_lower_case() -> None:
    raw = [(b"Date", b"today"), (b"Via", b"a"), (b"VIA", b"b"), (b"X-Odd", b"\xe9")]
    assert fields(raw) == {"date": "today", "via": "a, b", "x-odd": "é"}
