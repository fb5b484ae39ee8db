"""An answer read from its raw bytes, when the process to which it came is gone."""

import zlib
from typing import Final

from probe_tray.adapters.http.wire.http_body import is_whole_object
from probe_tray.core.service.answer import Answer

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
