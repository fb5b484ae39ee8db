"""An answer read from its raw bytes: where the process to which it came is gone, or HTTP's own rules were broken.

Tokens are in such an answer once: one whole JSON object counts, whatever the framing around it says.
"""

import json
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, cast

from probe_tray.core.account.secret import Secret
from probe_tray.core.service.answer import Answer

_TOKEN: Final = re.compile(
    rb'"(?:\w+_token|authorization_code|code_verifier|device_auth_id)"\s*:\s*"([A-Za-z0-9._~+/=-]{6,16384})"'
)


def is_whole_object(body: bytes | bytearray) -> bool:
    """Whether the body is a JSON object to its end (RFC 8259): no part of one is."""
    if not body.rstrip().endswith(b"}"):
        return False
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False


def first_object(body: bytes, *, anywhere: bool) -> bytes | None:
    """The first JSON object, if it is there to its end, whatever follows it; ``anywhere``: and whatever precedes it."""
    text = body.decode("utf-8-sig", "replace").lstrip()
    start = text.find("{") if anywhere else 0
    if start < 0:
        return None
    try:
        found, end = cast("tuple[object, int]", json.JSONDecoder().raw_decode(text, start))
    except (ValueError, RecursionError):
        return None
    return text[start:end].encode("utf-8", "replace") if isinstance(found, dict) else None


def end_of_event(body: bytes | bytearray) -> int:
    """The length of the first event that is more than a comment, 0 while it is not whole."""
    lines = 0
    data = False
    for line in body.splitlines(keepends=True):
        lines += len(line)
        if not line.endswith((b"\n", b"\r")):
            return 0
        bare = line.rstrip(b"\r\n")
        if not bare and data:
            return lines
        data = data or (bool(bare) and not bare.startswith(b":"))
    return 0


def tokens_in(body: bytes) -> list[Secret]:
    """Tokens and codes by their names in an answer, however broken it is; never raises."""
    return [Secret(found.decode("ascii")) for found in _TOKEN.findall(body)]


_LARGEST_HEAD: Final = 100 * 1024
"""As where answers are read while they come."""
_LARGEST_BODY: Final = 2 * 1024 * 1024
_GZIP_OR_ZLIB: Final = 32 + zlib.MAX_WBITS
_STATUS_LINE: Final = re.compile(rb"\s*HTTP/[0-9](?:\.[0-9])?[ \t]+([0-9]{3})(?![0-9])[^\r\n]*(?:\r?\n)?")
_FIELDS: Final = re.compile(rb"((?:[^\r\n]+\r?\n)*)(?:\r?\n)?")
_CHUNK: Final = re.compile(rb"(?:\r?\n)?([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_CHUNK_LINE: Final = re.compile(rb"(?:^|\r?\n)[0-9A-Fa-f]{1,8}[ \t]*(?:;[^\r\n]*)?(?:\r?\n|$)")


def read_raw(raw: bytes) -> Answer | None:
    """The answer to a POST (RFC 9112), or None where the bytes are not a whole one. Never raises.

    Where the framing leads to no JSON object (a length that is wrong or given twice, broken chunks, a connection that
    ended too early, bytes that belong to nothing), an object that is there to its end is the body all the same.
    """
    strict = _by_the_rules(raw)
    if strict is not None and is_whole_object(strict.body):
        return strict
    return _salvaged(raw) or strict


def _by_the_rules(raw: bytes) -> Answer | None:
    # Imported here: a start without unfinished renewals does without.
    import h11

    status, headers, body, whole = 0, dict[str, str](), bytearray(), False
    try:
        wire = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LARGEST_HEAD)
        wire.send(h11.Request(method="POST", target="/", headers=[("Host", "-")]))
        wire.send(h11.EndOfMessage())
        wire.receive_data(raw)
        while not whole:
            event = wire.next_event()
            if isinstance(event, h11.Response):
                status = event.status_code
                headers = {name.decode("ascii"): value.decode("latin-1") for name, value in event.headers}
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                whole = True
            elif not isinstance(event, h11.InformationalResponse):
                break
    except Exception:  # noqa: BLE001 - whatever the library makes of bytes that are no HTTP, they are none
        return None
    if not whole and ("content-length" in headers or not is_whole_object(body)):
        return None
    plain = _plain(bytes(body), headers.get("content-encoding", ""))
    return None if plain is None or not status else Answer(status, headers, plain)


def _salvaged(raw: bytes) -> Answer | None:
    status, headers, rest = _head(raw)
    succeeded = status is None or 200 <= status < 300
    coding = headers.get("content-encoding", "")
    for payload in _payloads(rest, chunked="chunked" in headers.get("transfer-encoding", "").lower()):
        plain = _plain(payload, coding)
        found = first_object(payload if plain is None else plain, anywhere=succeeded)
        if found is None:
            continue
        if status is not None:
            return Answer(status, headers, found)
        if b'"access_token"' in found:
            # Without a head, tokens are a success: nothing else answers with them.
            return Answer(200, {}, found)
    return None


def _head(raw: bytes) -> tuple[int | None, dict[str, str], bytes]:
    """Status, fields and what follows, however they are written; no status where there is no head."""
    status, fields, rest = None, b"", raw
    while (line := _STATUS_LINE.match(rest)) is not None:
        status, rest = int(line[1]), rest[line.end() :]
        if rest.lstrip()[:1] == b"{":
            break
        found = _FIELDS.match(rest)
        fields, rest = (b"", rest) if found is None else (found[1], rest[found.end() :])
        if status >= 200:
            break
    headers: dict[str, str] = {}
    for field in fields.splitlines():
        name, colon, value = field.decode("latin-1").partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    return status, headers, rest


def _payloads(rest: bytes, *, chunked: bool) -> Iterator[bytes]:
    """What the body may be: by the lengths of its chunks, as it stands, and without lines that look like lengths."""
    if chunked:
        yield _joined_chunks(rest)
    yield rest
    yield _CHUNK_LINE.sub(b"", rest)


def _joined_chunks(rest: bytes) -> bytes:
    body, place = bytearray(), 0
    while (line := _CHUNK.match(rest, place)) is not None and (size := int(line[1], 16)):
        body += rest[line.end() : line.end() + size]
        place = line.end() + size
    return bytes(body) + rest[place:]


def _plain(body: bytes, coding: str) -> bytes | None:
    """The body without its coding, though only ``identity`` is ever asked for."""
    if coding.strip().lower() in {"", "identity"}:
        return body
    unfolding = zlib.decompressobj(_GZIP_OR_ZLIB)
    with suppress(zlib.error):
        plain = unfolding.decompress(body, _LARGEST_BODY)
        return plain if unfolding.eof else None
    return None
