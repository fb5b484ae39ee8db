"""An answer read from its raw bytes, when the process to which it came is gone."""

import json
import re
import zlib
from typing import Final

from probe_tray.core.account.secret import Secret
from probe_tray.core.service.answer import Answer

_TOKEN: Final = re.compile(
    rb'"(?:\w+_token|authorization_code|code_verifier|device_auth_id)"\s*:\s*"([A-Za-z0-9._~+/=-]{6,16384})"'
)


def is_whole_object(body: bytearray) -> bool:
    """Whether the body is a JSON object to its end (RFC 8259): no part of one is.

    Where no length was declared, tokens that have all come must not depend on how the connection ends.
    """
    if not body.rstrip().endswith(b"}"):
        return False
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False


def end_of_event(body: bytearray) -> int:
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


def read_raw(raw: bytes) -> Answer | None:
    """The answer to a POST (RFC 9112), or None where the bytes are not a whole one. Never raises."""
    # Imported here: a start without unfinished renewals does without.
    import h11

    wire = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LARGEST_HEAD)
    wire.send(h11.Request(method="POST", target="/", headers=[("Host", "-")]))
    wire.send(h11.EndOfMessage())
    wire.receive_data(raw)
    status, headers, body, whole = 0, dict[str, str](), bytearray(), False
    try:
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
    except h11.RemoteProtocolError:
        return None
    if not whole and ("content-length" in headers or not is_whole_object(body)):
        return None
    plain = _plain(bytes(body), headers.get("content-encoding", ""))
    return None if plain is None or not status else Answer(status, headers, plain)


def _plain(body: bytes, coding: str) -> bytes | None:
    """The body without its coding, though only ``identity`` is ever asked for."""
    if coding.strip().lower() in {"", "identity"}:
        return body
    try:
        unfolding = zlib.decompressobj(_GZIP_OR_ZLIB)
        plain = unfolding.decompress(body, _LARGEST_BODY)
    except zlib.error:
        return None
    return plain if unfolding.eof else None
