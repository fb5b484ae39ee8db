"""What the command reads of the running app, over both kinds of socket."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from probe_tray.adapters.desktop.instance import Instance
from probe_tray.adapters.desktop.instance_socket import InstanceSocket, StartRequest
from probe_tray.adapters.desktop.running_numbers import RunningNumbers
from probe_tray.core.quota.quota_overview import QuotaOverview
from tests.support.numbers import ACCOUNT_QUOTA, FakeNumbers
from tests.support.patience import PATIENCE
from tests.unit.adapters.desktop.test_instance import SOCKETS, MakeSocket


def overview(used: str, accounts: int = 1) -> QuotaOverview:
    account = replace(ACCOUNT_QUOTA, id=used)
    return QuotaOverview(next=used, shows_left=False, privacy=False, accounts=(account,) * accounts)


def line(of: QuotaOverview) -> bytes:
    return msgspec.json.encode(of)


@pytest.fixture(params=SOCKETS)
def make_socket(request: pytest.FixtureRequest) -> MakeSocket:
    return request.param


@contextlib.asynccontextmanager
async def running(folder: Path, make_socket: MakeSocket, numbers: FakeNumbers) -> AsyncGenerator[InstanceSocket]:
    requests: list[StartRequest] = []
    first = Instance(folder, make_socket(folder))
    assert first.claim(StartRequest.NOTHING)
    async with first.serve(requests.append, numbers):
        yield make_socket(folder)
    first.release()
    assert requests == []


async def test_the_numbers_of_a_thousand_accounts_come_in_one_answer(home: Path, make_socket: MakeSocket) -> None:
    many = overview("1", 1000)
    async with running(home, make_socket, FakeNumbers(line(many))) as place:
        assert await asyncio.to_thread(RunningNumbers(place).now) == many


async def test_changes_come_until_the_app_ends_and_one_line_for_a_burst(home: Path, make_socket: MakeSocket) -> None:
    numbers, came = FakeNumbers(line(overview("1"))), asyncio.Queue[str | None]()
    loop = asyncio.get_running_loop()

    def follow(place: InstanceSocket) -> None:
        for found in RunningNumbers(place).changes():
            loop.call_soon_threadsafe(came.put_nowait, found.next)
        loop.call_soon_threadsafe(came.put_nowait, None)

    async with asyncio.timeout(PATIENCE):
        async with running(home, make_socket, numbers) as place:
            following = asyncio.create_task(asyncio.to_thread(follow, place))
            assert await came.get() == "1"
            for used in ("2", "3", "4"):
                numbers.become(line(overview(used)))
            assert await came.get() == "4"
            # What changes nothing in the line is no news.
            numbers.become(line(overview("4")))
            numbers.become(line(overview("5")))
            assert await came.get() == "5"
        assert await came.get() is None
        await following
    assert numbers.listeners == []


async def test_a_follower_that_goes_is_forgotten_and_too_many_are_turned_away(
    home: Path, make_socket: MakeSocket
) -> None:
    numbers = FakeNumbers(line(overview("1")))
    async with asyncio.timeout(PATIENCE), running(home, make_socket, numbers) as place:
        following = [RunningNumbers(place).changes() for _ in range(16)]
        for one in following:
            assert await asyncio.to_thread(next, one) is not None
        assert await asyncio.to_thread(next, RunningNumbers(place).changes(), None) is None
        following[0].close()
        await numbers.left.wait()
        assert await asyncio.to_thread(RunningNumbers(place).now) == overview("1")
        for one in following:
            one.close()


@pytest.mark.parametrize(
    "answer", [b"", b"ok\n{}\n", b"{right}\n", b"{right}\n{}\n", b"{right}\nnot JSON\n", b'{right}\n{"next": 1}\n']
)
async def test_one_that_answers_nothing_of_use_counts_as_none(
    home: Path, make_socket: MakeSocket, answer: bytes
) -> None:
    listener, passwords = make_socket(home).open()

    async def lie(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(answer.replace(b"{right}", passwords.answerer.encode()))
        writer.close()

    server = await asyncio.start_server(lie, sock=listener)
    assert await asyncio.to_thread(RunningNumbers(make_socket(home)).now) is None
    server.close()


def test_where_none_runs_there_is_nothing(home: Path, make_socket: MakeSocket) -> None:
    found = RunningNumbers(make_socket(home))
    assert (found.now(), list(found.changes())) == (None, [])


async def test_a_stranger_gets_no_numbers(home: Path, make_socket: MakeSocket) -> None:
    async with running(home, make_socket, FakeNumbers(line(overview("1")))) as place:
        found = await asyncio.to_thread(place.connect, 10)
        assert found is not None
        caller, _ = found

        def say() -> bytes:
            with caller:
                caller.sendall(b"guess quota\n")
                caller.shutdown(socket.SHUT_WR)
                return caller.recv(200)

        assert await asyncio.to_thread(say) == b""
