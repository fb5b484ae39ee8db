"""An answer is read from its raw bytes as it was read while they came, and a part of one is none."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.adapters.http.wire.answer import read_raw
from tests.support.raw_server import http
from tests.support.tokens import reply_body, tokens

BODY = reply_body(tokens("ana", number=2))
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1,2,\r\n2\r\n3]\r\n0\r\n\r\n"
LAST_CHUNK_MISSING = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"a": 1}\r\n'


def packed(body: bytes, coding: str) -> bytes:
    return http(body, "200 OK", f"Content-Encoding: {coding}")


@pytest.mark.parametrize(
    ("raw", "status", "body"),
    [
        pytest.param(http(BODY), 200, BODY, id="length"),
        pytest.param(CHUNKED, 200, b"[1,2,3]", id="chunks"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + CHUNKED, 200, b"[1,2,3]", id="said before"),
        pytest.param(b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + http(BODY), 200, BODY, id="hints before"),
        pytest.param(LAST_CHUNK_MISSING, 200, b'{"a": 1}', id="all but the last chunk"),
        pytest.param(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + BODY, 200, BODY, id="no length"),
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\n" + BODY, 200, BODY, id="HTTP/1.0"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", id="nothing"),
        pytest.param(http(b"<p>", "502 Bad Gateway"), 502, b"<p>", id="error"),
        pytest.param(packed(gzip.compress(BODY), "gzip"), 200, BODY, id="gzip"),
        pytest.param(packed(zlib.compress(BODY), "deflate"), 200, BODY, id="deflate"),
        pytest.param(packed(BODY, "identity"), 200, BODY, id="identity"),
        pytest.param(http(BODY) + b"more", 200, BODY, id="more than one"),
    ],
)
def test_a_whole_answer_is_read(raw: bytes, status: int, body: bytes) -> None:
    answer = read_raw(raw)
    assert answer is not None
    assert (answer.status, answer.body) == (status, body)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff no HTTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + BODY[:-1],
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ne\r\n{"a": {"b": 1}\r\n',
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nContent-Length: 8\r\n\r\n" + b"x" * 9,
        packed(gzip.compress(BODY)[:-9], "gzip"),
        packed(b"nope", "gzip"),
        packed(BODY, "br"),
        packed(gzip.compress(bytes(3 * 1024 * 1024)), "gzip"),
    ],
)
def test_what_is_no_whole_answer_is_none(raw: bytes) -> None:
    assert read_raw(raw) is None


def test_the_head_is_there_for_whoever_judges_the_answer() -> None:
    answer = read_raw(http(b"{}", "429 Too Many Requests", "Retry-After: 30", "X-Odd: \xe9"))
    assert answer is not None
    assert answer.headers["retry-after"] == "30"


@pytest.mark.parametrize("raw", [http(BODY), CHUNKED, packed(gzip.compress(BODY), "gzip")])
def test_no_part_of_an_answer_is_a_whole_one(raw: bytes) -> None:
    assert [length for length in range(len(raw)) if read_raw(raw[:length]) is not None] == []


@given(st.binary(max_size=200), st.integers(0, 300), st.binary(max_size=3))
def test_nothing_makes_reading_raise(noise: bytes, place: int, damage: bytes) -> None:
    read_raw(noise)
    read_raw(CHUNKED[:place] + damage + CHUNKED[place + len(damage) :])
