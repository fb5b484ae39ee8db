"""Of the addresses of a name, one that answers is found."""

import asyncio
import socket

import pytest

from probe_tray.adapters.http.client import ServiceClient
from probe_tray.adapters.http.wire.stream_backend import dial
from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.proxy.proxy import ProxyChoice
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import NotSentError
from probe_tray.core.service.service import Service
from tests.support.fakes import settle


async def test_an_address_that_refuses_gives_way_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    await dialled(monkeypatch, refuses=True)


async def test_an_address_that_is_silent_gives_way_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    await dialled(monkeypatch, refuses=False)


async def dialled(monkeypatch: pytest.MonkeyPatch, *, refuses: bool) -> None:
    loop = asyncio.get_running_loop()
    connect = loop.sock_connect
    tried: list[str] = []

    async def answers(*_: object, **__: object) -> list[tuple[object, ...]]:
        names = ("127.0.0.2", "127.0.0.3", "127.0.0.1")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (name, port)) for name in names]

    async def some_connect(made: socket.socket, address: tuple[str, int]) -> None:
        tried.append(address[0])
        if address[0] == "127.0.0.1":
            await connect(made, address)
        elif refuses:
            raise ConnectionRefusedError
        else:
            await asyncio.Event().wait()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        monkeypatch.setattr(loop, "getaddrinfo", answers)
        monkeypatch.setattr(loop, "sock_connect", some_connect)
        made = await dial("service.example", port)
        assert made.getpeername() == ("127.0.0.1", port)
        made.close()
    assert tried == ["127.0.0.2", "127.0.0.3", "127.0.0.1"]


@pytest.mark.parametrize(("host", "family"), [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)])
async def test_the_system_is_not_asked_for_an_address_of_this_computer(
    host: str, family: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[tuple[int, object]] = []

    async def no_answer(*_: object, **__: object) -> list[tuple[object, ...]]:
        raise socket.gaierror

    async def connect(made: socket.socket, address: object) -> None:
        tried.append((made.family, address))

    loop = asyncio.get_running_loop()
    (known, _, _, _, address), *_ = await loop.getaddrinfo(host, 9, type=socket.SOCK_STREAM)
    monkeypatch.setattr(loop, "getaddrinfo", no_answer)
    monkeypatch.setattr(loop, "sock_connect", connect)
    (await dial(host, 9)).close()
    assert tried == [(known, address)]
    assert known == family
    with pytest.raises(socket.gaierror):
        await dial("service.example", 9)


async def test_where_no_address_answers_the_best_known_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()

    async def answers(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 9, 0, 0)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 9)),
        ]

    async def no_connect(made: socket.socket, _: object) -> None:
        raise ConnectionRefusedError if made.family == socket.AF_INET else OSError("no route")

    monkeypatch.setattr(loop, "getaddrinfo", answers)
    monkeypatch.setattr(loop, "sock_connect", no_connect)
    client = ServiceClient(
        Service(issuer="https://service.example", backend=""),
        ProxyChoice(),
        {},
        handles=KnownSecrets().add,
        answered=lambda _: None,
    )
    with pytest.raises(NotSentError) as failure:
        await client.refresh(Secret("rt_canary.0123456789"), lambda _piece: None)
    assert "refused the connection" in str(failure.value)


async def test_breaking_it_off_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[socket.socket] = []
    begun = asyncio.Event()

    async def silent(made: socket.socket, _: object) -> None:
        opened.append(made)
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", silent)
    dialling = asyncio.create_task(dial("127.0.0.1", 9))
    await begun.wait()
    dialling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dialling
    await settle()
    assert [made.fileno() for made in opened] == [-1]


async def test_of_two_that_come_about_at_once_one_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    opened: list[socket.socket] = []
    both = asyncio.Event()

    async def answers(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (name, 9)) for name in ("127.0.0.1", "127.0.0.2")]

    async def together(made: socket.socket, _: object) -> None:
        opened.append(made)
        if len(opened) == 2:
            both.set()
        await both.wait()

    monkeypatch.setattr(loop, "getaddrinfo", answers)
    monkeypatch.setattr(loop, "sock_connect", together)
    chosen = await dial("service.example", 9)
    await settle()
    assert [made.fileno() == -1 for made in opened].count(False) == 1
    assert chosen.fileno() != -1
    chosen.close()
