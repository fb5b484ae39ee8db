"""Questions over a connection that has answered before, compared with what httpcore makes of the same bytes."""

import itertools
import ssl
from collections.abc import Callable, Iterable
from typing import Final, cast

import h11
import httpcore
import pytest

from probe_tray.adapters.http.wire.httpcore_backend import HttpcoreStream, wire_errors
from probe_tray.adapters.http.wire.kept_connection import KeptConnection
from probe_tray.adapters.http.wire.kept_question import KeptQuestion, Origin
from probe_tray.adapters.http.wire.wire_errors import (
    GarbledAnswerError,
    UnsendableError,
    WireError,
    WireNetworkError,
    WireTimeoutError,
)
from tests.support.patience import PATIENCE
from tests.support.questions import kept_question

ADDRESS: Final = "https://service.test/usage?a=b"
ORIGIN: Final = Origin("https", "service.test", 443)
HEADERS: Final = [(b"Host", b"service.test"), (b"Accept", b"application/json"), (b"Authorization", b"Bearer \t x")]
OTHER: Final = Origin("https", "other.test", 443)

CHUNKED: Final = b"Transfer-Encoding: chunked\r\n\r\n"
ANSWERS: Final = {
    "with a length": b"HTTP/1.1 200 OK\r\nDate: today\r\nContent-Length: 11\r\nX-Empty:\r\n\r\nthe answer!",
    "without a reason": b"HTTP/1.1 401\r\ncontent-length:  2 \r\nX-Odd: \xe9\r\n\r\n{}",
    "empty": b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
    "asks to go on": b"HTTP/1.1 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\n1",
    "says that it ends": b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n1",
    "in chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nthe\r\n8;x=y\r\n answer!\r\n0\r\n\r\n",
    "after another one": b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1",
    "without a body": b"HTTP/1.1 204 No Content\r\n\r\n",
    "without one, though it has a length": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    "to the end": b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nthe answer",
    "of the first version": b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n1",
    "with bare ends of lines": b"HTTP/1.1 200 OK\nContent-Length: 1\n\n1",
    "with a length twice": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n1",
    "with two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12",
    "with a length that is none": b"HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n1",
    "with a length and in chunks": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n" + CHUNKED + b"0\r\n\r\n",
    "with a folded line": b"HTTP/1.1 200 OK\r\nX-Long: a\r\n b\r\nContent-Length: 1\r\n\r\n1",
    "with a space before the colon": b"HTTP/1.1 200 OK\r\nX-Odd : a\r\nContent-Length: 1\r\n\r\n1",
    "with a zero byte": b"HTTP/1.1 200 OK\r\nX-Odd: a\x00b\r\nContent-Length: 1\r\n\r\n1",
    "of another protocol": b"SSH-2.0-OpenSSH_9.2\r\n",
    "too short": b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nthe an",
    "broken in a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nth",
    "broken in the head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "nothing": b"",
    "a change of the protocol": b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
}


class Wire:
    """Implements ``ByteStream``: the other side says ``parts``, then ends; what is written is kept."""

    def __init__(self, parts: Iterable[bytes], *, ends: bool = True) -> None:
        self.parts, self.ends = [part for part in parts if part], ends
        self.sent, self.closed, self.is_readable = b"", False, False
        self.fault: Exception | None = None

    async def read(self, most: int, limit: float | None = None) -> bytes:
        assert most > 1000
        assert limit == PATIENCE
        assert self.parts or self.ends, "nothing more comes"
        return self.parts.pop(0) if self.parts else b""

    async def write(self, data: bytes, limit: float | None = None) -> None:
        assert limit == PATIENCE
        if self.fault is not None:
            raise self.fault
        self.sent += data

    async def start_tls(self, context: ssl.SSLContext, name: str, limit: float | None = None) -> None:
        raise AssertionError

    async def aclose(self) -> None:
        self.closed = True


def question(
    method: str = "GET", body: bytes = b"", *, token: bytes = b"", leaves: Callable[[], None] = lambda: None
) -> KeptQuestion:
    headers = [*HEADERS, *([(b"X-Token", token)] if token else [])]
    headers += [(b"Content-Length", str(len(body)).encode())] if body else []
    return kept_question(ADDRESS, headers, method=method, body=body, leaves=leaves)


def ours(wire: Wire) -> KeptConnection:
    return KeptConnection(ORIGIN, wire, PATIENCE)


async def outcome(connection: KeptConnection, asked: KeptQuestion) -> object:
    """Everything that can be seen of one question: what it came to, and whether another one may follow."""
    try:
        answer = await connection.ask(asked)
        body = b"".join([part async for part in answer.aiter_stream()])
        await answer.aclose()
    except WireError as error:
        await connection.aclose()
        return type(error), connection.is_closed()
    return answer.status, [(name.lower(), value) for name, value in answer.headers], body, connection.is_closed()


async def httpcores(wire: Wire, asked: KeptQuestion) -> object:
    """The same where httpcore asks."""
    origin = httpcore.Origin(b"https", b"service.test", 443)
    connection = httpcore.AsyncHTTP11Connection(origin, HttpcoreStream(wire), keepalive_expiry=PATIENCE)
    limits = dict.fromkeys(("read", "write"), PATIENCE)
    request = httpcore.Request(
        asked.method, ADDRESS, headers=asked.headers, content=asked.body, extensions={"timeout": limits}
    )
    try:
        with wire_errors():
            answer = await connection.handle_async_request(request)
            body = b"".join([part async for part in answer.aiter_stream()])
            await answer.aclose()
    except WireError as error:
        await connection.aclose()
        return type(error), connection.is_closed()
    return answer.status, [(name.lower(), value) for name, value in answer.headers], body, connection.is_closed()


def cut(whole: bytes, places: Iterable[int]) -> list[bytes]:
    edges = sorted({0, len(whole), *places})
    return [whole[start:end] for start, end in itertools.pairwise(edges)]


@pytest.mark.parametrize("name", [name for name in ANSWERS if name != "a change of the protocol"])
async def test_an_answer_is_read_as_httpcore_reads_it_however_it_comes(name: str) -> None:
    whole = ANSWERS[name]
    for places in ([], range(len(whole)), *([place] for place in range(1, len(whole)))):
        theirs, wire = Wire(cut(whole, places)), Wire(cut(whole, places))
        expected = await httpcores(theirs, question())
        assert await outcome(ours(wire), question()) == expected
        assert wire.closed == theirs.closed


async def test_an_answer_that_changes_the_protocol_is_none() -> None:
    wire = Wire([ANSWERS["a change of the protocol"]])
    assert await outcome(ours(wire), question()) == (GarbledAnswerError, True)


@pytest.mark.parametrize(("method", "body"), [("GET", b""), ("POST", b'{"a": 1}')])
async def test_what_is_sent_is_what_httpcore_would_send(method: str, body: bytes) -> None:
    theirs, wire = Wire([ANSWERS["with a length"]]), Wire([ANSWERS["with a length"]])
    assert await httpcores(theirs, question(method, body)) == await outcome(ours(wire), question(method, body))
    assert wire.sent == theirs.sent
    assert wire.sent.endswith(body)


@pytest.mark.parametrize("token", [b"a\r\nX-Other: b", b"a\nb", b"a\x00b", b" a", b"a\t", b"a\x7f", b"\xe9"])
async def test_a_value_that_would_be_more_than_a_value_is_never_sent(token: bytes) -> None:
    wire, left = Wire([]), list[bytes]()
    with pytest.raises(UnsendableError) as refused:
        await ours(wire).ask(question(token=token, leaves=lambda: left.append(wire.sent)))
    assert (wire.sent, left) == (b"", [])
    assert token.decode("latin-1") not in str(refused.value)


async def test_questions_follow_each_other_and_usual_answers_need_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    made = list[object]()
    connection = h11.Connection

    def counted(*how: object, **more: object) -> h11.Connection:
        made.append(how)
        return cast("h11.Connection", connection(*how, **more))  # type: ignore[arg-type]

    monkeypatch.setattr(h11, "Connection", counted)
    answer, left = ANSWERS["with a length"], list[int]()
    wire = Wire([answer, answer[:-9], answer[-9:], ANSWERS["in chunks"], answer], ends=False)
    kept = ours(wire)
    for libraries in (0, 0, 1, 1):
        assert kept.leads_to(ORIGIN)
        assert not kept.has_expired()
        found = await outcome(kept, question(leaves=lambda: left.append(wire.sent.count(b"GET "))))
        assert found[2:] == (b"the answer!", False)  # type: ignore[index]
        assert len(made) == libraries
    # Each is told of before it is sent.
    assert left == [0, 1, 2, 3]
    assert wire.sent.count(b"GET /usage?a=b HTTP/1.1\r\n") == 4


@pytest.mark.parametrize("name", ["with a length", "in chunks", "empty", "without a body"])
async def test_bytes_that_belong_to_no_question_end_the_connection(name: str) -> None:
    wire = Wire([ANSWERS[name] + b"HTTP/1.1 200 OK\r\n"])
    found = await outcome(ours(wire), question())
    assert found[-1] is True  # type: ignore[index]
    assert wire.closed


@pytest.mark.parametrize("name", ["with a length", "in chunks"])
async def test_an_answer_that_is_left_in_the_middle_ends_the_connection(name: str) -> None:
    kept = ours(wire := Wire(cut(ANSWERS[name], [len(ANSWERS[name]) - 9])))
    answer = await kept.ask(question())
    async for part in answer.aiter_stream():
        assert part
        break
    await answer.aclose()
    assert (kept.is_closed(), wire.closed) == (True, True)


async def test_what_a_server_says_before_it_has_read_the_question_is_read() -> None:
    theirs, wire = Wire([ANSWERS["says that it ends"]]), Wire([ANSWERS["says that it ends"]])
    theirs.fault = wire.fault = WireNetworkError()
    found = await outcome(ours(wire), question("POST", b"much"))
    assert found == await httpcores(theirs, question("POST", b"much"))
    assert found[0] == 200  # type: ignore[index]


async def test_a_question_that_takes_too_long_to_send_waits_for_no_answer() -> None:
    theirs, wire = Wire([ANSWERS["with a length"]]), Wire([ANSWERS["with a length"]])
    theirs.fault = wire.fault = WireTimeoutError()
    found = await outcome(ours(wire), question())
    assert found == await httpcores(theirs, question()) == (WireTimeoutError, True)


async def test_it_is_over_after_a_while_and_where_the_other_side_has_closed_it() -> None:
    assert KeptConnection(ORIGIN, Wire([]), -1.0).has_expired()
    kept = ours(wire := Wire([]))
    assert not kept.has_expired()
    wire.is_readable = True
    assert kept.has_expired()
    assert not kept.leads_to(OTHER)


@pytest.mark.parametrize("name", ["with a length", "without a reason", "empty", "says that it ends"])
async def test_an_answer_that_came_in_one_piece_is_there_at_once(name: str) -> None:
    whole = ANSWERS[name]
    at_once = await ours(Wire([whole])).ask(question())
    assert at_once.whole == b"".join([part async for part in at_once.aiter_stream()])
    in_two = await ours(Wire(cut(whole, [len(whole) - 1]))).ask(question())
    assert in_two.whole is None
