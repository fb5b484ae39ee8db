"""An answer is read from its raw bytes as it was read while they came, and a part of one is none."""

import gzip
import itertools
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.adapters.http.wire.answer import read_raw
from probe_tray.core.service.answer import Answer
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
        packed(b"\x0b\x02\x80{}\x03", "br")[:-5],
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


def odd(*fields: str, body: bytes = BODY, status: str = "HTTP/1.1 200 OK") -> bytes:
    """The tokens in an answer with these header fields and no others."""
    return "\r\n".join([status, *fields, "", ""]).encode("latin-1") + body


CHUNKS = "Transfer-Encoding: chunked"
ODD = {
    "a length one too long": odd(f"Content-Length: {len(BODY) + 1}"),
    "a length far too long": odd("Content-Length: 99999"),
    "a length one too short": odd(f"Content-Length: {len(BODY) - 1}"),
    "a length of nothing": odd("Content-Length: 0"),
    "two lengths": odd(f"Content-Length: {len(BODY)}", "Content-Length: 5"),
    "two lengths in one field": odd(f"Content-Length: {len(BODY)}, 7"),
    "a length that is no number": odd("Content-Length: much"),
    "a negative length": odd("Content-Length: -1"),
    "no chunk at all": odd(CHUNKS),
    "a chunk's length too long": odd(CHUNKS, body=b"fff\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "a chunk's length too short": odd(CHUNKS, body=b"5\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "chunks and a length": odd(CHUNKS, "Content-Length: 3", body=b"%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n"),
    "chunks that nobody announced": odd(body=b"%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n"),
    "an unknown coding of the transfer": odd("Transfer-Encoding: whatever"),
    "a coding that is not there": odd("Content-Encoding: br", f"Content-Length: {len(BODY)}"),
    "a field without a name": odd(": empty", f"Content-Length: {len(BODY)}"),
    "a field without a colon": odd("no colon here", f"Content-Length: {len(BODY)}"),
    "a field with a control character": odd("X-Odd: a\x00b"),
    "line ends without returns": odd("A: b").replace(b"\r\n", b"\n"),
    "no empty line": b"HTTP/1.1 200 OK\r\n" + BODY,
    "a status line of HTTP/2": odd(status="HTTP/2 200"),
    "no head": BODY,
    "a mark of byte order": odd(f"Content-Length: {len(BODY) + 3}", body=b"\xef\xbb\xbf" + BODY),
    "something before it": odd(body=b")]}',\n" + BODY),
    "a page after it": odd(f"Content-Length: {len(BODY) + 9}", body=BODY + b"<!-- x-->"),
    "the same again": odd(f"Content-Length: {len(BODY) * 2}", body=BODY * 2),
    "another answer behind a short one": odd("Content-Length: 4", body=BODY + http(b"{}")),
    "a hint before a wrong length": b"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n" + odd("Content-Length: 9999"),
    "packed with a length too long": odd("Content-Encoding: gzip", "Content-Length: 9999", body=gzip.compress(BODY)),
}
"""Answers whose framing is wrong, and whose tokens have all come."""


@pytest.mark.parametrize("name", ODD)
def test_tokens_that_have_all_come_count_whatever_the_framing_says(name: str) -> None:
    answer = read_raw(ODD[name])
    assert answer is not None
    assert answer.status == 200
    assert json.loads(answer.body) == json.loads(BODY)


@pytest.mark.parametrize("name", ["a length one too long", "two lengths", "no empty line", "a status line of HTTP/2"])
def test_a_refusal_counts_too(name: str) -> None:
    refusal = b'{"error": {"code": "refresh_token_reused"}}'
    answer = read_raw(ODD[name].replace(b"200", b"401").replace(BODY, refusal))
    assert answer is not None
    assert (answer.status, answer.body) == (401, refusal)


def test_an_object_in_a_page_of_an_error_is_not_taken_for_the_answer() -> None:
    page = b'<html><script>{"error": "invalid_grant"}</script></html>'
    assert read_raw(odd("Content-Length: 999", body=page, status="HTTP/1.1 400 Bad Request")) is None


@given(
    st.lists(st.integers(1, len(BODY)), max_size=8),
    st.lists(st.integers(-40, 40), min_size=10, max_size=10),
    st.sampled_from([CHUNKS, "Content-Length: 10", "Connection: close"]),
)
def test_no_wrong_length_of_a_chunk_changes_a_token(cuts: list[int], wrong: list[int], field: str) -> None:
    edges = [0, *sorted(set(cuts)), len(BODY)]
    parts = [BODY[start:end] for start, end in itertools.pairwise(edges)]
    body = b"".join(b"%x\r\n" % max(1, len(part) + by) + part + b"\r\n" for part, by in zip(parts, wrong, strict=False))
    answer = read_raw(odd(field, body=body + b"0\r\n\r\n"))
    assert answer is not None
    assert json.loads(answer.body) == json.loads(BODY)


@given(st.binary(max_size=200), st.integers(0, 300), st.binary(max_size=3))
def test_nothing_makes_reading_raise(noise: bytes, place: int, damage: bytes) -> None:
    for raw in (noise, CHUNKED[:place] + damage + CHUNKED[place + len(damage) :]):
        assert isinstance(read_raw(raw), Answer | None)
