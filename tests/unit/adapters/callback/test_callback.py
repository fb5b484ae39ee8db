"""The listener as a whole: real sockets, real strangers, one login."""

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import Iterator

import pytest

from probe_tray.adapters.callback import listener as listener_module
from probe_tray.adapters.callback import login_listener, loopback_ports
from probe_tray.adapters.callback.listener import LoopbackListener
from probe_tray.adapters.callback.login_listener import LoginListener
from probe_tray.adapters.callback.loopback_ports import ANOTHER_PROGRAM
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import PortsReservedError, PortsTakenError
from probe_tray.core.login.oauth import Callback
from probe_tray.core.service.service import Service
from tests.support.fakes import settle
from tests.support.patience import PATIENCE
from tests.support.ports import free_ports
from tests.unit.adapters.callback.callback_bench import (
    CODE,
    OTHER,
    STATE,
    ask,
    callback,
    get,
    has_arrived,
    header_of,
    opened,
    status_of,
)

RIGHT = Callback(code=Secret(CODE))
REFUSED = f"/auth/callback?error=access_denied&error_description=no&state={STATE}"
V4, V6 = "127.0.0.1", "::1"
# Seconds that a connection may say nothing: what has happened before was not waiting for its end.
LONGER = 5 * PATIENCE

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<b>bold</b>",
    "<a href=//evil.example>x</a>",
    "<iframe src=//evil.example>",
    "<style>*{display:none}</style>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<form action=//evil.example>",
    "<!--evil",
    "]]>evil",
    "&lt;evil&gt;",
    "&#60;evil&#62;",
    '"><evil>',
    "'><evil>",
    "</title><evil>",
    "</style><evil>",
    "</h1><evil>",
    "{{evil}}",
    "${evil}",
    "$evil",
    "%(evil)s",
    "{0.evil}",
    "javascript:evil()",
]
PLACES = {
    "path": "/{payload}",
    "parameter": "/auth/callback?{payload}=1&code=c&state=" + STATE,
    "code": "/auth/callback?code={payload}&state=" + STATE,
    "state": "/auth/callback?code=c&state={payload}",
    "error": "/auth/callback?error={payload}&state=" + STATE,
    "description": "/auth/callback?error=x&error_description={payload}&state=" + STATE,
    "fragment": "/auth/callback?code=c#{payload}",
    "done": "/done?{payload}",
}


def encoded(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


async def done_page(login: LoginListener, *headers: str) -> bytes:
    return await ask(login.port, get("/done", login.port, *headers))


async def test_the_right_callback_ends_the_wait_and_leads_to_a_page_without_a_query() -> None:
    async with opened() as login:
        reply = await ask(login.port, get(callback(), login.port))
        assert await login.wait() == RIGHT
        assert (status_of(reply), header_of(reply, "Location")) == (303, "/done")
        page = await done_page(login)
        assert status_of(page) == 200
        assert b"Login received" in page


async def test_both_loopback_families_are_served() -> None:
    async with opened() as login:
        for host in (V4, V6):
            assert status_of(await ask(login.port, get("/", login.port), host)) == 404


async def test_the_redirect_address_names_the_configured_host_and_the_port() -> None:
    listener = LoopbackListener(Service(ports=(0,), redirect_host="127.0.0.1"))
    async with listener.open(Secret(STATE)) as login:
        assert login.redirect_uri == f"http://127.0.0.1:{login.port}/auth/callback"


async def test_a_changed_service_holds_from_the_next_login_on() -> None:
    listener = LoopbackListener(Service(ports=(0,)))
    async with listener.open(Secret(STATE)) as login:
        listener.use(Service(ports=(0,), redirect_host="127.0.0.1"))
        assert login.redirect_uri.startswith("http://localhost:")
    async with listener.open(Secret(STATE)) as login:
        assert login.redirect_uri.startswith("http://127.0.0.1:")


async def test_a_refusal_of_the_issuer_ends_the_wait_and_the_page_says_so() -> None:
    async with opened() as login:
        await ask(login.port, get(REFUSED, login.port))
        assert await login.wait() == Callback(error="access_denied", description="no")
        assert b"The login was refused" in await done_page(login)


async def test_pages_come_in_the_language_of_the_browser() -> None:
    async with opened() as login:
        await ask(login.port, get(callback(), login.port))
        page = await done_page(login, "Accept-Language: zh-CN,zh;q=0.9,en;q=0.8")
        assert "已收到登录信息" in page.decode()
        assert header_of(page, "Content-Language") == "zh-Hans"


@pytest.mark.parametrize("count", [150, pytest.param(1000, marks=pytest.mark.heavy)])
async def test_many_wrong_states_change_nothing_and_say_nothing(caplog: pytest.LogCaptureFixture, count: int) -> None:
    caplog.set_level("DEBUG")
    asyncio.get_running_loop().set_debug(True)
    replies: set[bytes] = set()
    async with opened() as login:
        for number in range(count):
            # Lengths and beginnings of all sorts, also nearly right ones.
            wrong = f"{STATE[: number % 40]}{number}"
            replies.add(await ask(login.port, get(callback(wrong), login.port)))
        assert not await has_arrived(login)
        assert {status_of(reply) for reply in replies} == {400}
        replies.add(await ask(login.port, get(callback(), login.port)))
        assert await login.wait() == RIGHT
    assert not any(STATE.encode() in reply or CODE.encode() in reply for reply in replies)
    assert STATE not in caplog.text
    assert CODE not in caplog.text


async def test_favicons_and_repeated_callbacks_make_one_login() -> None:
    async with opened() as login:
        icons = [await ask(login.port, get("/favicon.ico", login.port)) for _ in range(50)]
        replies = [await ask(login.port, get(callback(code=f"c{n}"), login.port)) for n in range(4)]
        assert {status_of(icon) for icon in icons} == {404}
        assert {status_of(reply) for reply in replies} == {303}
        assert len(set(replies)) == 1
        assert await login.wait() == Callback(code=Secret("c0"))


async def test_a_later_error_does_not_undo_a_code() -> None:
    async with opened() as login:
        await ask(login.port, get(callback(), login.port))
        await ask(login.port, get(REFUSED, login.port))
        assert await login.wait() == RIGHT
        assert b"Login received" in await done_page(login)


@pytest.fixture
def crowd() -> Iterator[list[socket.socket]]:
    sockets: list[socket.socket] = []
    yield sockets
    for one in sockets:
        one.close()


@pytest.mark.parametrize("sent", [b"", b"GET /auth/call", b"GET / HTTP/1.1\r\nHost: "])
async def test_a_real_callback_gets_through_two_hundred_half_open_connections(
    crowd: list[socket.socket], sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_listener, "REQUEST_SECONDS", LONGER)
    async with opened() as login:
        for number in range(200):
            # Without a turn of the loop between them: all of them wait in the queue before the callback does.
            one = socket.create_connection(((V4, V6)[number % 2], login.port))
            crowd.append(one)
            one.sendall(sent)
        async with asyncio.timeout(PATIENCE):
            reply = await ask(login.port, get(callback(), login.port))
            assert await login.wait() == RIGHT
        assert status_of(reply) == 303


async def test_a_callback_in_front_of_a_crowd_is_read_before_the_crowd_pushes_it_out(
    crowd: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_listener, "REQUEST_SECONDS", LONGER)
    async with opened() as login:
        first = socket.create_connection((V4, login.port))
        crowd.append(first)
        first.sendall(get(callback(), login.port))
        crowd.extend(socket.create_connection((V4, login.port)) for _ in range(200))
        async with asyncio.timeout(PATIENCE):
            assert await login.wait() == RIGHT


def is_open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) != b""
    except BlockingIOError:
        return True
    except ConnectionResetError:
        return False


async def test_no_more_than_sixteen_connections_are_kept(crowd: list[socket.socket]) -> None:
    async with opened() as login:
        crowd.extend(socket.create_connection((V4, login.port)) for _ in range(60))
        await ask(login.port, get("/", login.port))
        # The sixteenth was the one that has just asked.
        assert sum(map(is_open, crowd)) == 15


async def test_a_connection_that_sends_nothing_is_closed_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert login_listener.REQUEST_SECONDS == 5
    monkeypatch.setattr(login_listener, "REQUEST_SECONDS", 0.02)
    async with opened() as login:
        reader, writer = await asyncio.open_connection(V4, login.port)
        writer.write(b"GET / HTTP/1.1\r\n")
        assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
        writer.close()


async def test_a_reply_reaches_a_visitor_who_never_stops_talking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_listener, "REQUEST_SECONDS", LONGER)
    async with opened() as login:
        reader, writer = await asyncio.open_connection(V4, login.port)
        writer.write(get("/", login.port) + b"x" * 1_000_000)
        reply = await asyncio.wait_for(reader.read(), PATIENCE)
        assert status_of(reply) == 404
        writer.close()


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("place", PLACES)
async def test_nothing_of_a_request_is_echoed(place: str, payload: str) -> None:
    async with opened() as login:
        target = PLACES[place].replace("{payload}", encoded(payload))
        replies = [
            await ask(login.port, get(target, login.port, f"Accept-Language: {payload}", f"User-Agent: {payload}")),
            await done_page(login, f"Accept-Language: {payload}"),
        ]
        for reply in replies:
            assert payload.encode() not in reply
            assert encoded(payload).encode() not in reply
            assert b"evil" not in reply


@pytest.mark.parametrize(
    "target", ["/", "/done", "/auth/callback", callback(), callback(OTHER), REFUSED], ids=lambda t: t[:20]
)
async def test_every_reply_carries_the_headers_that_keep_it_harmless(target: str) -> None:
    async with opened() as login:
        reply = await ask(login.port, get(target, login.port))
        assert {
            name: header_of(reply, name)
            for name in (
                "Content-Security-Policy",
                "X-Content-Type-Options",
                "Cache-Control",
                "Referrer-Policy",
                "Connection",
            )
        } == {
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "Connection": "close",
        }


# Who holds what.


def hold(held: contextlib.ExitStack, host: str, port: int) -> None:
    family = socket.AF_INET6 if host == V6 else socket.AF_INET
    one = held.enter_context(socket.socket(family))
    if family is socket.AF_INET6:
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    one.bind((host, port))
    one.listen()


@pytest.mark.parametrize("host", [V4, V6])
async def test_a_first_port_that_is_taken_in_one_family_is_left_for_the_second(host: str) -> None:
    first, second = free_ports(2)
    with contextlib.ExitStack() as held:
        hold(held, host, first)
        async with LoopbackListener(Service(ports=(first, second))).open(Secret(STATE)) as login:
            assert login.port == second
            assert status_of(await ask(second, get("/", second), V6)) == 404
            # Nothing of the first port is kept either.
            hold(held, V6 if host == V4 else V4, first)


@pytest.mark.parametrize("host", [V4, V6])
async def test_a_second_port_that_is_taken_does_not_matter(host: str) -> None:
    first, second = free_ports(2)
    with contextlib.ExitStack() as held:
        hold(held, host, second)
        async with LoopbackListener(Service(ports=(first, second))).open(Secret(STATE)) as login:
            assert login.port == first


async def test_ports_that_nobody_holds_and_nobody_gets_are_reserved(monkeypatch: pytest.MonkeyPatch) -> None:
    # bind fails with WSAEACCES 10013 there, and netstat lists no listener (netsh, "show excludedportrange").
    monkeypatch.setattr(listener_module, "bind_loopback", refuse_port)
    monkeypatch.setattr(listener_module, "holder_of", hold_by_nobody)
    monkeypatch.setattr("sys.platform", "win32")
    with pytest.raises(PortsReservedError):
        async with LoopbackListener(Service(ports=(1455, 1457))).open(Secret(STATE)):
            pass


def refuse_port(_port: int) -> tuple[socket.socket, ...]:
    return ()


def hold_by_nobody(*_asked: object) -> str:
    return ANOTHER_PROGRAM


@pytest.mark.parametrize("on_first", [V4, V6])
@pytest.mark.parametrize("on_second", [V4, V6])
async def test_when_both_ports_are_taken_the_holder_is_named(on_first: str, on_second: str) -> None:
    first, second = free_ports(2)
    with contextlib.ExitStack() as held:
        hold(held, on_first, first)
        hold(held, on_second, second)
        with pytest.raises(PortsTakenError) as caught:
            async with LoopbackListener(Service(ports=(first, second))).open(Secret(STATE)):
                pass
    if sys.platform == "linux":
        assert f"(process {os.getpid()})" in caught.value.facts["holder"]


async def test_a_port_held_on_all_interfaces_is_taken() -> None:
    first, second = free_ports(2)
    with contextlib.ExitStack() as held:
        hold(held, "0.0.0.0", first)  # noqa: S104 - that is the case to show
        async with LoopbackListener(Service(ports=(first, second))).open(Secret(STATE)) as login:
            assert login.port == second


async def test_a_machine_without_ipv6_listens_on_ipv4_only(monkeypatch: pytest.MonkeyPatch) -> None:
    # A family whose loopback address does not exist answers as one that is switched off.
    monkeypatch.setattr(loopback_ports, "_LOOPBACK", ((socket.AF_INET, V4), (socket.AF_INET6, "2001:db8::1")))
    async with opened() as login:
        await ask(login.port, get(callback(), login.port))
        assert await login.wait() == RIGHT


@pytest.mark.allow_hosts(["127.0.0.2"])
@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has no second loopback address")
async def test_other_addresses_of_this_machine_are_not_served() -> None:
    async with opened() as login:
        with pytest.raises(ConnectionRefusedError):
            await ask(login.port, get("/", login.port), "127.0.0.2")


async def test_the_sockets_are_bound_to_loopback_and_to_one_family_each() -> None:
    sockets = loopback_ports.bind_loopback(0)
    with contextlib.ExitStack() as held:
        for one in sockets:
            held.enter_context(one)
        assert [one.getsockname()[0] for one in sockets] == [V4, V6]
        assert sockets[1].getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)


# How it ends.


async def refused(port: int) -> bool:
    try:
        await ask(port, get("/", port))
    except ConnectionRefusedError:
        return True
    return False


async def test_a_cancelled_login_closes_at_once_and_a_late_callback_has_no_effect() -> None:
    listener = LoopbackListener(Service(ports=(0,)))
    async with listener.open(Secret(STATE)) as login:
        waiting = asyncio.create_task(login.wait())
        await asyncio.sleep(0)
        waiting.cancel()
    assert await refused(login.port)
    with pytest.raises(ConnectionRefusedError):
        await ask(login.port, get(callback(), login.port))
    assert not await has_arrived(login)


async def test_leaving_by_an_exception_closes_at_once() -> None:
    listener = LoopbackListener(Service(ports=(0,)))
    ports: list[int] = []

    async def failing() -> None:
        async with listener.open(Secret(STATE)) as login:
            ports.append(login.port)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await failing()
    assert await refused(ports[0])


async def test_open_connections_end_with_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_listener, "REQUEST_SECONDS", LONGER)
    listener = LoopbackListener(Service(ports=(0,)))
    async with listener.open(Secret(STATE)) as login:
        reader, writer = await asyncio.open_connection(V4, login.port)
        await ask(login.port, get("/", login.port))
    assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
    writer.close()


async def test_after_a_callback_the_login_goes_on_while_the_browser_fetches_its_page() -> None:
    listener = LoopbackListener(Service(ports=(0,)))
    async with listener.open(Secret(STATE)) as login:
        await ask(login.port, get(callback(), login.port))
    assert status_of(await done_page(login)) == 200
    await listener.closed()
    assert await refused(login.port)


async def test_a_page_that_was_fetched_already_leaves_nothing_open() -> None:
    listener = LoopbackListener(Service(ports=(0,)))
    async with listener.open(Secret(STATE)) as login:
        await ask(login.port, get(callback(), login.port))
        await done_page(login)
    assert await refused(login.port)


async def test_a_page_that_nobody_fetches_is_offered_for_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert login_listener.FAREWELL_SECONDS == 2
    monkeypatch.setattr(login_listener, "FAREWELL_SECONDS", 0.02)
    listener = LoopbackListener(Service(ports=(0,)))
    async with listener.open(Secret(STATE)) as login:
        await ask(login.port, get(callback(), login.port))
    async with asyncio.timeout(PATIENCE):
        await listener.closed()
    assert await refused(login.port)


async def test_a_browser_that_came_while_the_program_was_held_up_gets_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, ahead = asyncio.get_running_loop(), 0.0
    now = loop.time
    monkeypatch.setattr(loop, "time", lambda: now() + ahead)
    listener = LoopbackListener(Service(ports=(0,)))
    async with listener.open(Secret(STATE)) as login:
        await ask(login.port, get(callback(), login.port))
    await settle()
    with socket.create_connection((V4, login.port), PATIENCE) as browser:
        browser.sendall(get("/done", login.port))
        ahead = login_listener.FAREWELL_SECONDS
        assert status_of(await asyncio.to_thread(browser.recv, 65536)) == 200
    await listener.closed()


async def test_the_next_login_gets_the_same_port_at_once_and_only_its_own_state_counts() -> None:
    ports = free_ports(1)
    listener = LoopbackListener(Service(ports=ports))
    async with listener.open(Secret(OTHER)) as before:
        await ask(before.port, get(callback(OTHER), before.port))
    async with listener.open(Secret(STATE)) as login:
        assert login.port == ports[0]
        assert status_of(await ask(login.port, get(callback(OTHER), login.port))) == 400
        assert status_of(await ask(login.port, get(callback(), login.port))) == 303
        assert await login.wait() == RIGHT
        await done_page(login)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows frees a port at once")
async def test_a_connection_that_we_closed_first_does_not_block_the_port_for_the_next_login() -> None:
    listener = LoopbackListener(Service(ports=free_ports(1)))
    for _ in range(2):
        async with listener.open(Secret(STATE)) as login:
            # Read to the end before closing: then the connection lingers on our side (TIME_WAIT).
            reader, writer = await asyncio.open_connection(V4, login.port)
            writer.write(get("/", login.port))
            assert status_of(await reader.read()) == 404
            writer.close()
            await writer.wait_closed()


async def test_nothing_to_close_is_closed() -> None:
    closing = asyncio.create_task(LoopbackListener(Service(ports=(0,))).closed())
    await asyncio.sleep(0)
    assert closing.done()


async def test_running_out_of_file_descriptors_does_not_end_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_listener, "_ACCEPT_PAUSE_SECONDS", 0.0)
    loop = asyncio.get_running_loop()
    accept = loop.sock_accept
    failures = iter(range(3))

    async def scarce(sock: socket.socket) -> tuple[socket.socket, object]:
        if next(failures, None) is not None:
            raise OSError(24, "Too many open files")
        return await accept(sock)

    monkeypatch.setattr(loop, "sock_accept", scarce)
    async with opened() as login:
        await ask(login.port, get(callback(), login.port))
        assert await login.wait() == RIGHT
