import asyncio
import json
import logging
import socket
import ssl
import subprocess
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec
import pytest

from probe_tray.adapters.http import client as http_client
from probe_tray.adapters.http.client import ServiceClient
from probe_tray.adapters.http.tls import make_context
from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.proxy.proxy import ProxyChoice, detect_proxy
from probe_tray.adapters.systems.operating_system import SystemProxies
from probe_tray.core.account.credential import Credential, make_credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    CertificateError,
    NotSentError,
    ProbeError,
    StrangeAnswerError,
    UncertainError,
)
from probe_tray.core.service.answer import Answer
from probe_tray.core.service.incident import Incident, parse_incident
from probe_tray.core.service.service import Service
from probe_tray.core.service.workspace_route import WorkspaceRoute, read_route
from probe_tray.core.update.release import parse_release
from probe_tray.demo import DemoService
from tests.support.mitm import Mitm
from tests.support.patience import PATIENCE
from tests.support.ports import free_port
from tests.support.raw_server import RawServer, http, make_certificate, raw_server
from tests.support.tokens import credential

DIRECT = ProxyChoice()
TOKEN = Secret("rt_canary.0123456789")
GONE = "http://127.0.0.1:9"
"""A proxy where nobody is."""


@pytest.fixture
def demo() -> Iterator[DemoService]:
    with DemoService() as service:
        yield service


@asynccontextmanager
async def client(
    address: str, proxy: ProxyChoice = DIRECT, environment: dict[str, str] | None = None
) -> AsyncGenerator[ServiceClient]:
    made = ServiceClient(
        Service(issuer=address, backend=f"{address}/backend-api"),
        proxy,
        environment or {},
        handles=KnownSecrets().add,
        answered=lambda _: None,
    )
    try:
        yield made
    finally:
        await made.aclose()


@asynccontextmanager
async def demo_client(demo: DemoService) -> AsyncGenerator[ServiceClient]:
    where = demo.addresses
    made = ServiceClient(
        Service(issuer=where.issuer, backend=where.backend, releases=where.releases),
        DIRECT,
        {},
        handles=KnownSecrets().add,
        answered=lambda _: None,
    )
    try:
        yield made
    finally:
        await made.aclose()


def login(demo: DemoService, person: int = 0) -> Credential:
    issued = demo.issue_login(demo.people[person].email)
    made = make_credential(
        access_token=Secret(issued.access_token),
        refresh_token=Secret(issued.refresh_token),
        id_token=Secret(issued.id_token),
    )
    assert made is not None
    return made


def unkept(piece: bytes) -> None:
    """Keeps nothing of an answer that nobody needs."""
    del piece


async def failure(ask: Coroutine[object, object, Answer]) -> ProbeError:
    with pytest.raises(ProbeError) as caught:
        await ask
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    assert "canary" not in str(caught.value)
    return caught.value


async def failure_of(script: bytes, *, hang: bool = False) -> tuple[ProbeError, RawServer]:
    async with raw_server(script, hang=hang) as server, client(f"http://127.0.0.1:{server.port}") as made:
        return await failure(made.refresh(TOKEN, unkept)), server


# --- what the service is asked, judged by a server that refuses whatever it does not know


async def test_usage_models_and_credits_are_asked_as_the_service_wants(demo: DemoService) -> None:
    mine = login(demo)
    async with demo_client(demo) as made:
        answers = [await made.usage(mine), await made.models(mine), await made.reset_credits(mine)]
    assert [a.status for a in answers] == [200, 200, 200]
    assert answers[0].date is not None
    assert demo.violations == ()


async def test_a_refresh_is_asked_once_and_its_connection_not_used_again(demo: DemoService) -> None:
    mine = login(demo)
    assert mine.refresh_token is not None
    async with demo_client(demo) as made:
        first = await made.refresh(mine.refresh_token, unkept)
        again = await made.refresh(mine.refresh_token, unkept)
    assert (first.status, again.status) == (200, 401)
    assert "refresh_token_reused" in again.body.decode()
    assert demo.violations == ()


async def test_a_login_is_revoked(demo: DemoService) -> None:
    mine = login(demo)
    assert mine.refresh_token is not None
    async with demo_client(demo) as made:
        answer = await made.revoke(mine.refresh_token)
    assert answer.ok
    assert not demo.is_live(mine.refresh_token.reveal())
    assert demo.violations == ()


async def test_a_device_code_is_asked_for_and_exchanged(demo: DemoService) -> None:
    async with demo_client(demo) as made:
        started = json.loads((await made.device_start()).body)
        waiting = await made.device_poll(Secret(started["device_auth_id"]), started["user_code"])
        demo.approve_device(started["user_code"], demo.people[0].email)
        done = json.loads((await made.device_poll(Secret(started["device_auth_id"]), started["user_code"])).body)
        redirect = f"{demo.addresses.issuer}/deviceauth/callback"
        tokens = await made.exchange(Secret(done["authorization_code"]), Secret(done["code_verifier"]), redirect)
    assert waiting.status in {403, 404}
    assert tokens.status == 200
    assert demo.violations == ()


async def test_a_model_is_tried_until_the_first_event(demo: DemoService) -> None:
    mine = login(demo)
    async with demo_client(demo) as made:
        slug = json.loads((await made.models(mine)).body)["models"][0]["slug"]
        answer = await made.try_model(mine, slug, read_route((await made.workspace(mine)).body, mine.account_id))
    assert answer.status == 200
    assert answer.body.count(b"data:") == 1
    assert demo.violations == ()


async def test_the_stream_of_a_model_is_closed_after_its_first_event() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    script = head + b": hello\n\nevent: response.created\ndata: {}\n\n"
    async with raw_server(script, hang=True) as server, client(f"http://127.0.0.1:{server.port}") as made:
        answer = await made.try_model(credential(), "gpt-6-sol", WorkspaceRoute())
    assert answer.body == b": hello\n\nevent: response.created\ndata: {}\n\n"


async def test_a_model_of_a_workspace_that_is_tied_to_a_region_is_asked_there() -> None:
    event = http(b"event: response.created\ndata: {}\n\n")
    async with raw_server(event) as region, raw_server(event) as usual:
        origin = f"http://127.0.0.1:{region.port}"
        async with client(f"http://127.0.0.1:{usual.port}") as made:
            await made.try_model(credential(), "m", WorkspaceRoute(origin, "EU"))
            await made.try_model(credential(), "m", WorkspaceRoute())
    assert region.received[0].startswith(b"POST /backend-api/codex/responses ")
    assert b"x-openai-account-routing-override: eu" in region.received[0].lower()
    assert usual.received[0].startswith(b"POST /backend-api/codex/responses ")
    assert b"routing-override" not in usual.received[0].lower()


async def test_a_government_account_says_so() -> None:
    plain = credential()
    marked = msgspec.structs.replace(plain, claims=msgspec.structs.replace(plain.claims, fedramp=True))
    async with raw_server(http(b"{}")) as server, client(f"http://127.0.0.1:{server.port}") as made:
        await made.usage(plain)
        await made.usage(marked)
    assert [b"x-openai-fedramp: true" in head.lower() for head in server.received] == [False, True]


# --- what is never done


async def test_no_redirect_is_followed_and_no_cookie_kept() -> None:
    script = http(b"", "302 Found", "Location: http://127.0.0.1:9/elsewhere", "Set-Cookie: a=b; Path=/")
    async with raw_server(script) as server, client(f"http://127.0.0.1:{server.port}") as made:
        assert (await made.usage(credential())).status == 302
        assert (await made.refresh(TOKEN, unkept)).status == 302
        await made.usage(credential())
    assert not any(b"cookie" in head.lower() for head in server.received)


async def test_token_requests_have_connections_of_their_own() -> None:
    async with raw_server(http(b"{}"), hang=True) as server, client(f"http://127.0.0.1:{server.port}") as made:
        await made.usage(credential())
        for _ in range(3):
            await made.refresh(TOKEN, unkept)
    assert server.connections == 4
    assert [b"connection: close" in head.lower() for head in server.received] == [False, True, True, True]


class CountingServer(RawServer):
    """Keeps its connections open, and knows how many the other side has not closed yet."""

    def __init__(self) -> None:
        super().__init__(http(b"{}"))
        self.open = 0
        self.answers = asyncio.Event()
        self.answers.set()
        self.changed = asyncio.Condition()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await self._count(1)
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    await reader.readuntil(b"\r\n\r\n")
                    await self.answers.wait()
                    writer.write(self.script)
                    await writer.drain()
        finally:
            writer.close()
            await self._count(-1)

    async def until(self, opened: int) -> None:
        """Return once so many connections are open."""
        async with asyncio.timeout(PATIENCE), self.changed:
            await self.changed.wait_for(lambda: self.open == opened)

    async def _count(self, more: int) -> None:
        async with self.changed:
            self.open += more
            self.changed.notify_all()


@asynccontextmanager
async def counting_server() -> AsyncGenerator[CountingServer]:
    server = CountingServer()
    listening = await asyncio.start_server(server.accept, "127.0.0.1", 0)
    server.port = int(listening.sockets[0].getsockname()[1])
    async with listening:
        yield server
        await asyncio.gather(*server.tasks)


class ChangingProxy:
    """A proxy that changes while the program runs."""

    def __init__(self) -> None:
        self.choice = ProxyChoice()

    async def choice_for(self, host: str) -> ProxyChoice | None:
        return await self.choice.choice_for(host)

    async def changed_by_failure(self, host: str) -> bool:
        return await self.choice.changed_by_failure(host)


@asynccontextmanager
async def changing_client(port: int) -> AsyncGenerator[tuple[ServiceClient, ChangingProxy]]:
    address, proxy = f"http://127.0.0.1:{port}", ChangingProxy()
    made = ServiceClient(
        Service(issuer=address, backend=address), proxy, {}, handles=KnownSecrets().add, answered=lambda _: None
    )
    try:
        yield made, proxy
    finally:
        await made.aclose()


async def test_settings_that_are_saved_again_and_again_leave_no_connection_behind() -> None:
    async with counting_server() as server, changing_client(server.port) as (made, proxy):
        for _ in range(20):
            await asyncio.gather(*(made.usage(credential("ana")) for _ in range(8)))
            # The same proxy: nothing is dropped, and nothing more is opened.
            proxy.choice = ProxyChoice()
        assert server.connections == 8
        for number in range(20):
            proxy.choice = ProxyChoice(address=Secret(GONE), bypasses=lambda _, n=number: n % 2 == 0)
            asked = [made.usage(credential("ana")) for _ in range(8)]
            answers = await asyncio.gather(*asked, return_exceptions=True)
            assert all(isinstance(answer, Answer) is (number % 2 == 0) for answer in answers)
        await server.until(0)


async def test_a_request_under_way_keeps_its_connection_when_the_proxy_changes() -> None:
    async with counting_server() as server, changing_client(server.port) as (made, proxy):
        server.answers.clear()
        asked = asyncio.create_task(made.usage(credential("ana")))
        await server.until(1)
        proxy.choice = ProxyChoice(address=Secret(GONE))
        await failure(made.usage(credential("ana")))
        server.answers.set()
        assert (await asked).status == 200
        await server.until(0)


async def test_the_environment_of_the_process_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with raw_server(http(b"{}")) as server, client(f"http://127.0.0.1:{server.port}") as made:
        assert (await made.usage(credential())).ok


async def test_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await failure_of(http(b"{}")[:-1])
    assert "canary" not in caplog.text
    assert not [r for r in caplog.records if r.name.startswith(("probe_tray", "httpx")) and r.levelno > logging.DEBUG]


# --- what a failure was


@pytest.mark.parametrize(
    "script",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"a',
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"\x00\xff not http\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
    ],
)
async def test_an_answer_that_is_not_whole_is_uncertain(script: bytes) -> None:
    error, server = await failure_of(script)
    assert type(error) is UncertainError
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "head",
    [b"Transfer-Encoding: chunked\r\n\r\nf\r\n", b"Connection: close\r\n\r\n"],
    ids=["chunks without the last one", "no length at all"],
)
@pytest.mark.parametrize("hang", [False, True])
async def test_tokens_that_have_all_come_do_not_depend_on_the_end_of_the_connection(
    head: bytes, monkeypatch: pytest.MonkeyPatch, *, hang: bool
) -> None:
    monkeypatch.setattr(http_client, "_SECONDS", 5)
    script = b"HTTP/1.1 200 OK\r\n" + head + b'{"a": {"b": 1}}\r\n'
    async with raw_server(script, hang=hang) as server, client(f"http://127.0.0.1:{server.port}") as made:
        answer = await made.refresh(TOKEN, unkept)
    assert answer.body.strip() == b'{"a": {"b": 1}}'
    assert len(server.received) == 1


async def test_chunks_that_end_inside_the_tokens_are_uncertain() -> None:
    error, _ = await failure_of(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ne\r\n{"a": {"b": 1}\r\n')
    assert type(error) is UncertainError


async def test_no_answer_in_time_is_uncertain(monkeypatch: pytest.MonkeyPatch) -> None:
    # Enough for the request to be sent.
    monkeypatch.setattr(http_client, "_SECONDS", 1)
    error, server = await failure_of(b"", hang=True)
    assert type(error) is UncertainError
    assert "in time" in str(error)
    assert len(server.received) == 1


async def test_a_body_that_trickles_ends_at_the_limit_too(monkeypatch: pytest.MonkeyPatch) -> None:
    # Enough for the request to be sent.
    monkeypatch.setattr(http_client, "_SECONDS", 1)
    error, _ = await failure_of(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", hang=True)
    assert type(error) is UncertainError


async def test_a_huge_body_is_cut_off() -> None:
    error, _ = await failure_of(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 3_000_000)
    assert type(error) is StrangeAnswerError


async def test_a_refused_connection_was_not_sent() -> None:
    async with client(f"http://127.0.0.1:{free_port()}") as made:
        error = await failure(made.refresh(TOKEN, unkept))
    assert type(error) is NotSentError
    assert "127.0.0.1 refused the connection" in str(error)


async def test_an_unknown_name_was_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(*_: object, **__: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    async with client("https://service.example") as made:
        error = await failure(made.refresh(TOKEN, unkept))
    assert type(error) is NotSentError
    assert "the name of service.example was not found" in str(error)


@pytest.mark.parametrize("bad", ["canary\nX: y", "canary\r\n", "canary\x00", "canaryé", "canary\ud800"])
async def test_a_token_that_cannot_be_sent_is_never_shown(bad: str) -> None:
    odd = msgspec.structs.replace(credential(), access_token=Secret(bad))
    async with raw_server(http(b"{}")) as server, client(f"http://127.0.0.1:{server.port}") as made:
        error = await failure(made.usage(odd))
    assert type(error) is NotSentError
    assert "can't be sent" in str(error)
    assert server.received == []


async def test_a_code_of_any_characters_is_sent_in_the_body(demo: DemoService) -> None:
    async with demo_client(demo) as made:
        answer = await made.exchange(Secret("a&b=c\ud800 d"), Secret("v"), "http://localhost:1455/auth/callback")
    assert 400 <= answer.status < 500


async def test_whoever_hears_of_answers_cannot_harm_them(demo: DemoService) -> None:
    statuses: list[int] = []

    def fail(answer: Answer) -> None:
        statuses.append(answer.status)
        raise RuntimeError("a listener's own fault")

    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context["exception"]))
    where, mine = demo.addresses, login(demo)
    made = ServiceClient(
        Service(issuer=where.issuer, backend=where.backend), DIRECT, {}, answered=fail, handles=KnownSecrets().add
    )
    assert mine.refresh_token is not None
    assert (await made.refresh(mine.refresh_token, unkept)).ok
    assert (await made.usage(mine)).status
    await made.aclose()
    assert len(statuses) == len(faults) == 2


# --- proxies


Ask = Callable[[ServiceClient], Coroutine[object, object, Answer]]


def refreshed(made: ServiceClient) -> Coroutine[object, object, Answer]:
    """Over a connection of its own."""
    return made.refresh(TOKEN, unkept)


def looked_at(made: ServiceClient) -> Coroutine[object, object, Answer]:
    """Over one that is kept."""
    return made.usage(credential())


def through(port: int) -> ProxyChoice:
    return detect_proxy(f"http://ana:s3cret@127.0.0.1:{port}", {}, override_name="--proxy", system=SystemProxies)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "refused to connect to service.example"),
        (b"", "the proxy http://127.0.0.1"),
    ],
)
@pytest.mark.parametrize("ask", [refreshed, looked_at])
async def test_what_the_proxy_refuses_was_not_sent(reply: bytes, words: str, ask: Ask) -> None:
    async with (
        raw_server(reply) as proxy,
        client("https://service.example", through(proxy.port)) as made,
    ):
        error = await failure(ask(made))
    assert type(error) is NotSentError
    assert words in str(error)
    assert "s3cret" not in str(error)
    assert proxy.received[0].startswith(b"CONNECT service.example:443 ")
    assert b"proxy-authorization: basic" in proxy.received[0].lower()


@pytest.mark.parametrize("ask", [refreshed, looked_at])
async def test_a_proxy_that_says_nothing_was_not_sent(monkeypatch: pytest.MonkeyPatch, ask: Ask) -> None:
    monkeypatch.setattr(http_client, "_SECONDS", 0.2)
    async with (
        raw_server(b"", hang=True) as proxy,
        client("https://service.example", through(proxy.port)) as made,
    ):
        error = await failure(ask(made))
    assert type(error) is NotSentError


async def test_a_proxy_that_is_gone_is_named() -> None:
    port = free_port()
    async with client("https://service.example", through(port)) as made:
        error = await failure(made.usage(credential()))
    assert f"the proxy http://127.0.0.1:{port} refused the connection" in str(error)


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "401 Unauthorized"])
@pytest.mark.parametrize("ask", [refreshed, looked_at])
async def test_a_proxy_says_what_is_wrong_with_the_password(status: str, ask: Ask) -> None:
    async with raw_server(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()) as proxy:
        async with client("https://service.example", through(proxy.port)) as made:
            wrong = await failure(ask(made))
        async with client(
            "https://service.example",
            detect_proxy(f"http://127.0.0.1:{proxy.port}", {}, override_name="--proxy", system=SystemProxies),
        ) as made:
            missing = await failure(ask(made))
    shown = f"The proxy http://127.0.0.1:{proxy.port}"
    assert wrong.title == f"{shown} didn't accept the user name and password."
    assert missing.title == f"{shown} asks for a user name and a password."


async def socks(kind: str, *replies: bytes, login: str = "") -> ProbeError:
    """What becomes of a request through a SOCKS proxy that answers so, each of them to one message, then hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for reply in replies:
            await reader.read(1000)
            writer.write(reply)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        address = f"{kind}://{login}127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with client(
            "https://service.example", detect_proxy(address, {}, override_name="--proxy", system=SystemProxies)
        ) as made:
            error = await failure(made.refresh(TOKEN, unkept))
    assert isinstance(error, NotSentError)
    assert "s3cret" not in str(error)
    return error


ANA = "ana:s3cret@"


@pytest.mark.parametrize("kind", ["socks5", "socks5h"])
@pytest.mark.parametrize(
    ("login", "replies", "words"),
    [
        # RFC 1928, section 3: no acceptable method; RFC 1929: any status but 0 is a failure.
        ("", [b"\x05\xff"], "asks for a user name and a password."),
        ("", [b"\x05\x02"], "asks for a user name and a password."),
        (ANA, [b"\x05\x02", b"\x01\x01"], "didn't accept the user name and password."),
        (ANA, [b"\x05\xff"], "takes no user name and password."),
        ("", [b"\x05\x00", b"\x05\x02\x00\x01" + bytes(6)], "refused to connect to service.example."),
        ("", [b""], "can't read"),
        ("", [b"HTTP/1.1 400 Bad Request\r\n\r\n"], "can't read"),
        ("", [b"\x05"], "can't read"),
        ("", [b"\x04\x00"], "can't read"),
        ("", [b"\x05\x77"], "can't read"),
        ("", [b"\x05\x00", b""], "can't read"),
        ("", [b"\x05\x00", b"\x05\x99\x00\x01" + bytes(6)], "can't read"),
        ("", [b"\x05\x00", b"\x05\x00\x00\x09"], "can't read"),
        # Some hang up instead.
        (ANA, [b"\x05\x02", b""], "didn't accept the user name and password."),
    ],
)
async def test_a_socks_proxy_that_refuses_or_answers_anything_else_was_sent_nothing(
    kind: str, login: str, replies: list[bytes], words: str
) -> None:
    assert words in (await socks(kind, *replies, login=login)).title


# --- certificates


async def over_tls(
    folder: Path, environment: dict[str, str], *, name: str = "localhost", days: tuple[int, int] = (-1, 30)
) -> Answer:
    context = make_certificate(folder, name=name, days=days)
    async with (
        raw_server(http(b"{}"), context=context) as server,
        client(f"https://localhost:{server.port}", environment=environment) as made,
    ):
        return await made.refresh(TOKEN, unkept)


async def test_ssl_cert_file_is_trusted(tmp_path: Path) -> None:
    assert (await over_tls(tmp_path, {"SSL_CERT_FILE": str(tmp_path / "ca.pem")})).ok


async def test_ssl_cert_dir_is_trusted(tmp_path: Path) -> None:
    folder = tmp_path / "trusted"
    folder.mkdir()
    make_certificate(tmp_path)
    asked = await asyncio.create_subprocess_exec(
        "openssl", "x509", "-subject_hash", "-noout", "-in", str(tmp_path / "ca.pem"), stdout=subprocess.PIPE
    )
    name = (await asked.communicate())[0].decode().strip()
    context = make_certificate(tmp_path)
    (folder / f"{name}.0").write_bytes((tmp_path / "ca.pem").read_bytes())
    async with (
        raw_server(http(b"{}"), context=context) as server,
        client(f"https://localhost:{server.port}", environment={"SSL_CERT_DIR": str(folder)}) as made,
    ):
        assert (await made.refresh(TOKEN, unkept)).ok


@pytest.mark.parametrize(
    ("name", "days", "words"),
    [
        ("localhost", (-1, 30), "not trusted by this computer"),
        ("localhost", (-30, -1), "expired"),
        ("localhost", (1, 30), "not valid yet"),
        ("other.example", (-1, 30), "for another name"),
    ],
)
async def test_a_certificate_that_fails_is_told_with_its_reason(
    tmp_path: Path, name: str, days: tuple[int, int], words: str
) -> None:
    trusted = {} if "not trusted" in words else {"SSL_CERT_FILE": str(tmp_path / "ca.pem")}
    error = await failure(over_tls(tmp_path, trusted, name=name, days=days))
    assert type(error) is CertificateError
    assert words in str(error)
    assert "localhost" in str(error)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
@pytest.mark.parametrize("name", ["absent", f"absent{'x' * 300}"])
async def test_a_wrong_path_gets_a_sentence(tmp_path: Path, variable: str, name: str) -> None:
    async with client("https://localhost:9", environment={variable: str(tmp_path / name)}) as made:
        error = await failure(made.refresh(TOKEN, unkept))
    assert type(error) is CertificateError
    assert variable in str(error)
    assert "absent" in str(error)


async def test_a_file_without_certificates_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text("no certificate")
    async with client("https://localhost:9", environment={"SSL_CERT_FILE": str(tmp_path / "x.pem")}) as made:
        assert "contains no PEM certificate" in str(await failure(made.refresh(TOKEN, unkept)))


def test_what_the_system_trusts_stays_trusted_beside_the_variables(tmp_path: Path) -> None:
    make_certificate(tmp_path)
    plain = make_context({}, "localhost")
    both = make_context({"SSL_CERT_FILE": str(tmp_path / "ca.pem")}, "localhost")
    assert both.cert_store_stats()["x509"] == plain.cert_store_stats()["x509"] + 1
    assert both.verify_mode is ssl.CERT_REQUIRED
    assert both.check_hostname


async def test_something_that_is_no_tls_was_not_sent() -> None:
    async with (
        raw_server(b"SSH-2.0-hello\r\n", hang=True) as server,
        client(f"https://localhost:{server.port}") as made,
    ):
        server.greeting = b"SSH-2.0-hello\r\n"
        error = await failure(made.refresh(TOKEN, unkept))
    assert type(error) is NotSentError


async def test_reaching_the_service_sends_nothing() -> None:
    async with raw_server(b"", hang=True) as server, client(f"http://127.0.0.1:{server.port}") as made:
        await made.reach()
    assert (server.connections, server.received) == (1, [])


# --- what the project's page is asked


async def test_the_newest_release_is_asked_for_without_anything_about_the_person(demo: DemoService) -> None:
    async with demo_client(demo) as made:
        found = parse_release((await made.latest_release()).body)
    assert found is not None
    assert found.version == "99.1.0"
    assert found.changes[0] == "See when a newer version is out, if you ask for it in Settings."
    assert demo.violations == ()


async def test_a_feed_that_cannot_be_reached_or_breaks_off_fails_as_every_service_does() -> None:
    async with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{") as server:
        where = f"http://127.0.0.1:{server.port}"
        made = ServiceClient(Service(releases=where), DIRECT, {}, handles=KnownSecrets().add, answered=lambda _: None)
        assert type(await failure(made.latest_release())) is UncertainError
        await made.aclose()
    made = ServiceClient(Service(releases=where), DIRECT, {}, handles=KnownSecrets().add, answered=lambda _: None)
    assert type(await failure(made.latest_release())) is NotSentError
    await made.aclose()


async def test_the_status_page_is_asked_through_the_proxy_without_anything_about_the_person(
    demo: DemoService, tmp_path: Path
) -> None:
    with Mitm(demo.addresses, tmp_path) as proxy:
        made = ServiceClient(
            Service(),
            detect_proxy(proxy.url, {}, override_name="--proxy", system=SystemProxies),
            proxy.environment,
            handles=KnownSecrets().add,
            answered=lambda _: None,
        )
        answer = await made.service_status()
        await made.aclose()
    assert parse_incident(answer.body) == Incident("Partial System Outage")
    assert [one.host for one in proxy.connects] == ["status.openai.com"]
    assert demo.violations == ()


async def test_the_feed_is_asked_through_the_proxy_of_the_settings(demo: DemoService, tmp_path: Path) -> None:
    with Mitm(demo.addresses, tmp_path) as proxy:
        made = ServiceClient(
            Service(),
            detect_proxy(proxy.url, {}, override_name="--proxy", system=SystemProxies),
            proxy.environment,
            handles=KnownSecrets().add,
            answered=lambda _: None,
        )
        answer = await made.latest_release()
        await made.aclose()
    assert answer.ok
    assert [one.host for one in proxy.connects] == ["api.github.com"]
