"""What the listener answers to requests of every shape, and that none of them but the right one ends a login."""

import random
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.adapters.callback.request import Arrival, RequestPurpose, RequestReader, RequestRefusal, read_callback
from probe_tray.core.account.secret import Secret
from probe_tray.core.login.oauth import Callback
from tests.unit.adapters.callback.callback_bench import (
    CODE,
    OTHER,
    STATE,
    ask,
    callback,
    get,
    has_arrived,
    opened,
    status_of,
)

PORT = 1455
RIGHT = callback()
FUZZED = 10_000

# Each is sent to a listener on the port that stands for {port}; 0 means closed without an answer.
RAW_REQUESTS: list[tuple[str, bytes, int]] = [
    # Who is asked: exactly one Host, one of our three names, our port.
    ("host localhost", b"GET {right} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 303),
    ("host 127.0.0.1", b"GET {right} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n", 303),
    ("host [::1]", b"GET {right} HTTP/1.1\r\nHost: [::1]:{port}\r\n\r\n", 303),
    ("host in capitals", b"GET {right} HTTP/1.1\r\nHost: LOCALHOST:{port}\r\n\r\n", 303),
    ("host of somebody", b"GET {right} HTTP/1.1\r\nHost: evil.example:{port}\r\n\r\n", 400),
    ("host without port", b"GET {right} HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    ("host with other port", b"GET {right} HTTP/1.1\r\nHost: localhost:1\r\n\r\n", 400),
    ("host with a dot", b"GET {right} HTTP/1.1\r\nHost: localhost.:{port}\r\n\r\n", 400),
    ("host with our name in front", b"GET {right} HTTP/1.1\r\nHost: localhost.evil.example:{port}\r\n\r\n", 400),
    ("host with user", b"GET {right} HTTP/1.1\r\nHost: a@localhost:{port}\r\n\r\n", 400),
    ("host of all interfaces", b"GET {right} HTTP/1.1\r\nHost: 0.0.0.0:{port}\r\n\r\n", 400),
    ("host of another loopback", b"GET {right} HTTP/1.1\r\nHost: 127.0.0.2:{port}\r\n\r\n", 400),
    ("host ::1 without brackets", b"GET {right} HTTP/1.1\r\nHost: ::1:{port}\r\n\r\n", 400),
    ("host as a number", b"GET {right} HTTP/1.1\r\nHost: 2130706433:{port}\r\n\r\n", 400),
    ("host empty", b"GET {right} HTTP/1.1\r\nHost:\r\n\r\n", 400),
    ("host list", b"GET {right} HTTP/1.1\r\nHost: localhost:{port}, evil.example\r\n\r\n", 400),
    ("host missing", b"GET {right} HTTP/1.1\r\n\r\n", 400),
    ("host missing in 1.0", b"GET {right} HTTP/1.0\r\n\r\n", 400),
    ("host twice", b"GET {right} HTTP/1.1\r\nHost: localhost:{port}\r\nHost: localhost:{port}\r\n\r\n", 400),
    ("host twice, other first", b"GET {right} HTTP/1.1\r\nHost: evil\r\nHost: localhost:{port}\r\n\r\n", 400),
    # Which page.
    ("root", b"GET / HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 404),
    ("favicon", b"GET /favicon.ico HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 404),
    ("cancel", b"GET /cancel HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 404),
    ("done too early", b"GET /done HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 404),
    ("success", b"GET /success HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 404),
    ("path with slash", b"GET /auth/callback/?{query} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 404),
    ("path doubled slash", b"GET //auth/callback?{query} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 404),
    ("path with dots", b"GET /x/../auth/callback?{query} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 404),
    ("path in capitals", b"GET /AUTH/callback?{query} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 404),
    ("path encoded", b"GET /auth%2fcallback?{query} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 404),
    ("path with parameter", b"GET /auth/callback;x?{query} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 404),
    ("fragment", b"GET {right}#x HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
    ("absolute form", b"GET http://localhost:{port}{right} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
    ("asterisk", b"OPTIONS * HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
    ("authority form", b"CONNECT localhost:{port} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
    ("no slash", b"GET auth/callback?{query} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
    # How.
    ("head", b"HEAD {right} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 405),
    ("post", b"POST {right} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 405),
    ("put", b"PUT {right} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 405),
    ("delete", b"DELETE {right} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 405),
    ("options", b"OPTIONS {right} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 405),
    ("trace", b"TRACE {right} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 405),
    ("small letters", b"get {right} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 405),
    ("post elsewhere", b"POST / HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 404),
    ("version 1.0", b"GET {right} HTTP/1.0\r\nHost: localhost:{port}\r\n\r\n", 303),
    ("version 0.9", b"GET {right}\r\n\r\n", 400),
    ("version 2.0", b"GET {right} HTTP/2.0\r\nHost: localhost:{port}\r\n\r\n", 505),
    ("version 3", b"GET {right} HTTP/3\r\nHost: localhost:{port}\r\n\r\n", 400),
    ("http/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ("tls", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    ("not http", b"SSH-2.0-OpenSSH_9.2\r\n\r\n", 400),
    ("empty line first", b"\r\n\r\nGET {right} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
    ("nothing at all", b"", 0),
    ("line unfinished", b"GET {right} HTTP/1.1", 0),
    ("headers unfinished", b"GET {right} HTTP/1.1\r\nHost: localhost:{port}\r\n", 0),
    # Bodies and smuggling (RFC 9112 sections 2.2, 5.2, 6.1, 6.3, 11.2).
    ("chunked", b"GET {right} HTTP/1.1\r\nHost: localhost:{port}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("odd coding", b"GET {right} HTTP/1.1\r\nHost: localhost:{port}\r\nTransfer-Encoding: identity\r\n\r\n", 400),
    (
        "both lengths",
        b"GET {right} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
        400,
    ),
    ("body", b"GET {right} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: 4\r\n\r\nbody", 400),
    ("no body, said so", b"GET {right} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: 0\r\n\r\n", 303),
    ("length negative", b"GET {right} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: -1\r\n\r\n", 400),
    ("length a list", b"GET {right} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: 0, 0\r\n\r\n", 303),
    (
        "length twice",
        b"GET {right} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
        400,
    ),
    ("any header twice", b"GET {right} HTTP/1.1\r\nHost: localhost:{port}\r\nX-A: 1\r\nx-a: 2\r\n\r\n", 400),
    ("folded header", b"GET {right} HTTP/1.1\r\nHost: localhost:{port}\r\nX-A: 1\r\n 2\r\n\r\n", 400),
    ("folded first header", b"GET {right} HTTP/1.1\r\n Host: localhost:{port}\r\n\r\n", 400),
    ("space before colon", b"GET {right} HTTP/1.1\r\nHost : localhost:{port}\r\n\r\n", 400),
    ("header without colon", b"GET {right} HTTP/1.1\r\nHost: localhost:{port}\r\nnonsense\r\n\r\n", 400),
    ("header without name", b"GET {right} HTTP/1.1\r\nHost: localhost:{port}\r\n: x\r\n\r\n", 400),
    ("line feeds only", b"GET {right} HTTP/1.1\nHost: localhost:{port}\n\n", 400),
    ("one lone line feed", b"GET {right} HTTP/1.1\r\nX-A: 1\nHost: localhost:{port}\r\n\r\n", 400),
    ("lone carriage return", b"GET {right} HTTP/1.1\r\nX-A: 1\rHost: localhost:{port}\r\n\r\n", 400),
    ("nul in a header", b"GET {right} HTTP/1.1\r\nHost: localhost:{port}\r\nX-A: \x00\r\n\r\n", 400),
    ("nul in the target", b"GET /auth/callback?\x00{query} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
    ("space in the target", b"GET /auth/callback? {query} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
    ("tab for space", b"GET\t{right}\tHTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
    ("raw utf-8", "GET /auth/callback?é{query} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode(), 400),
    ("line of 8 KiB and more", b"GET /" + b"a" * 8192 + b" HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 414),
    ("endless line", b"GET /" + b"a" * 30_000, 414),
    ("a line that just fits", b"GET /" + b"a" * 8178 + b" HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 404),
    ("headers of 16 KiB and more", b"GET {right} HTTP/1.1\r\nX-A: " + b"a" * 16_384 + b"\r\n\r\n", 431),
    ("endless headers", b"GET {right} HTTP/1.1\r\n" + b"X-A: b\r\n" * 3000, 431),
    ("upgrade", b"GET / HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 404),
    # One request a connection: what follows is not read.
    (
        "second request behind a wrong one",
        b"GET / HTTP/1.1\r\nHost: localhost:{port}\r\n\r\nGET {right} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n",
        404,
    ),
    # Parameters (RFC 6749 sections 3.1, 4.1.2).
    ("state wrong", b"GET /auth/callback?code=x&state={other} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
    ("state missing", b"GET /auth/callback?code=x HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
    ("state empty", b"GET /auth/callback?code=x&state= HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
    ("state shorter", b"GET {right}! HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
    ("state twice", b"GET {right}&state={state} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
    ("state twice, encoded", b"GET {right}&%73tate={state} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
    ("code twice", b"GET {right}&code=y HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
    ("stranger twice", b"GET {right}&a=1&a=2 HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
    ("stranger once", b"GET {right}&scope=openid HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 303),
    ("code missing", b"GET /auth/callback?state={state} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
    ("code empty", b"GET /auth/callback?code=&state={state} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
    ("code of bytes", b"GET /auth/callback?code=%00&state={state} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
    ("code not utf-8", b"GET /auth/callback?code=%ff&state={state} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
    (
        "code with a line break",
        b"GET /auth/callback?code=a%0d%0ab&state={state} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n",
        400,
    ),
    ("code and error", b"GET {right}&error=x HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
    ("error", b"GET /auth/callback?error=x&state={state} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 303),
    ("error, wrong state", b"GET /auth/callback?error=x&state={other} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
    ("error empty", b"GET /auth/callback?error=&state={state} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
    ("21 parameters", b"GET {right}" + b"&a=1" * 20 + b" HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
    ("no query", b"GET /auth/callback HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", 400),
]
ACCEPTED = {name for name, _raw, status in RAW_REQUESTS if status == 303}


def filled(raw: bytes, port: int) -> bytes:
    right = RIGHT.encode()
    for name, value in (
        (b"{right}", right),
        (b"{query}", right.partition(b"?")[2]),
        (b"{state}", STATE.encode()),
        (b"{other}", OTHER.encode()),
        (b"{port}", str(port).encode()),
    ):
        raw = raw.replace(name, value)
    return raw


@pytest.mark.parametrize(("name", "raw", "status"), RAW_REQUESTS, ids=[name for name, _, _ in RAW_REQUESTS])
async def test_a_raw_request_gets_its_status_and_no_more(name: str, raw: bytes, status: int) -> None:
    async with opened() as login:
        reply = await ask(login.port, filled(raw, login.port))
        assert status_of(reply) == status
        assert STATE.encode() not in reply
        assert CODE.encode() not in reply
        assert await has_arrived(login) == (name in ACCEPTED)


async def test_a_head_request_gets_no_body() -> None:
    async with opened() as login:
        reply = await ask(login.port, filled(b"HEAD / HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", login.port))
        assert reply.endswith(b"\r\n\r\n")


def reader_result(raw: bytes) -> Arrival | RequestRefusal | None:
    return RequestReader(PORT).feed(raw)


def test_a_request_that_comes_byte_by_byte_is_the_same_request() -> None:
    reader = RequestReader(PORT)
    raw = get(RIGHT, PORT)
    results = [reader.feed(raw[i : i + 1]) for i in range(len(raw))]
    assert results[:-1] == [None] * (len(raw) - 1)
    assert isinstance(results[-1], Arrival)
    assert results[-1].errand is RequestPurpose.CALLBACK


def test_a_right_query_gives_its_code() -> None:
    found = read_callback(Secret(f"code={CODE}&state={STATE}"), Secret(STATE))
    assert found == Callback(code=Secret(CODE))


def test_an_encoded_code_is_decoded() -> None:
    found = read_callback(Secret(f"code=a%2Fb%3D&state={STATE}"), Secret(STATE))
    assert found == Callback(code=Secret("a/b="))


def test_an_error_gives_what_the_issuer_says_as_one_plain_line() -> None:
    query = f"error=access_denied&error_description=missing_codex_entitlement%0A%1b[31m++now&state={STATE}"
    found = read_callback(Secret(query), Secret(STATE))
    assert found == Callback(error="access_denied", description="missing_codex_entitlement [31m now")


def test_a_very_long_description_is_cut() -> None:
    query = f"error=x&error_description={'a' * 9000}&state={STATE}"
    found = read_callback(Secret(query), Secret(STATE))
    assert isinstance(found, Callback)
    assert len(found.description) == 500


@given(st.text())
def test_no_query_with_another_state_is_a_callback(state: str) -> None:
    found = read_callback(Secret(f"code=x&state={state}"), Secret(STATE))
    assert isinstance(found, RequestRefusal)


@given(st.binary(max_size=200))
def test_no_bytes_are_a_callback_by_chance(raw: bytes) -> None:
    assert not isinstance(reader_result(raw), Arrival)


def mutated(source: random.Random, raw: bytes) -> bytes:
    """`raw` with a few bytes changed, dropped, doubled or moved."""
    data = bytearray(raw)
    for _ in range(source.randint(1, 6)):
        here, there = source.randrange(len(data)), source.randrange(len(data))
        match source.randrange(5):
            case 0:
                data[here] = source.randrange(256)
            case 1:
                del data[here : here + source.randrange(1, 4)]
                data += b"\n"
            case 2:
                data[here:here] = data[there : there + 12]
            case 3:
                data[here:here] = source.choice(
                    [b"\r\n", b"\n", b"\r\n\r\n", b"&", b"=", b"%", b"%0", b"\x00", b": ", b"?"]
                )
            case _:
                data[here], data[there] = data[there], data[here]
    return bytes(data)


def test_ten_thousand_damaged_requests_make_no_crash_and_no_false_login() -> None:
    source = random.Random(20261122)  # noqa: S311 - the same sequence in every run is what is wanted
    state = Secret(STATE)
    seen: set[HTTPStatus | str] = set()
    for number in range(FUZZED):
        right = number % 2 == 0
        raw = mutated(
            source, get(callback(STATE if right else OTHER), PORT, "Accept-Language: zh", "Content-Length: 0")
        )
        found = reader_result(raw)
        if isinstance(found, Arrival):
            outcome = read_callback(found.query, state)
            if isinstance(outcome, Callback):
                assert right
                assert f"state={STATE}".encode() in raw
            found = outcome
        seen.add(found.status if isinstance(found, RequestRefusal) else type(found).__name__)
    # The damage reaches every stage.
    assert {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, "Callback", "NoneType"} <= seen
