"""What one request to the loopback listener may look like, and what it brings.

Bytes come in, a decision comes out; sockets and time are next door. Nothing here raises on bad input, and no refusal
says anything about the request: the request is a stranger's until its state has been compared.
"""

import enum
import re
from http import HTTPStatus
from typing import Final, final
from urllib.parse import parse_qsl

import h11
import msgspec

from probe_tray.adapters.callback_pages import Language, Page, preferred_language
from probe_tray.core.secret import Secret
from probe_tray.ports import Callback

CALLBACK_PATH: Final = "/auth/callback"
DONE_PATH: Final = "/done"
LINE_BYTES: Final = 8 * 1024
"""The longest request line, without its line break."""
HEADER_BYTES: Final = 16 * 1024
"""All header lines together."""

_MOST_PARAMETERS: Final = 20
_MOST_TEXT: Final = 500
# RFC 6749 appendix A.11: a code is made of visible characters and spaces.
_CODE: Final = re.compile(r"[\x20-\x7e]{1,4096}")
# A lone line feed and a folded header are where two parsers of one request come to disagree
# (RFC 9112 sections 2.2 and 5.2), so they are refused although h11 would take them.
_LOOSE_LINES: Final = re.compile(rb"(?<!\r)\n|\n[ \t]")


class Errand(enum.Enum):
    """The two things the listener does for a browser."""

    CALLBACK = CALLBACK_PATH
    DONE = DONE_PATH


class Refusal(msgspec.Struct, frozen=True):
    """A request that has no effect, and how to say so."""

    status: HTTPStatus
    page: Page = Page.NOTHING_HERE


class Arrival(msgspec.Struct, frozen=True):
    """A well-formed request for one of the two pages. The query is not trusted yet."""

    errand: Errand
    query: Secret


BAD_REQUEST: Final = Refusal(HTTPStatus.BAD_REQUEST)
OTHER_STATE: Final = Refusal(HTTPStatus.BAD_REQUEST, Page.OTHER_LOGIN)
NOT_FOUND: Final = Refusal(HTTPStatus.NOT_FOUND)
WRONG_METHOD: Final = Refusal(HTTPStatus.METHOD_NOT_ALLOWED)
LINE_TOO_LONG: Final = Refusal(HTTPStatus.REQUEST_URI_TOO_LONG)
HEADERS_TOO_LARGE: Final = Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
OTHER_VERSION: Final = Refusal(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)


@final
class RequestReader:
    """Reads the one request of a connection as its bytes arrive."""

    def __init__(self, port: int) -> None:
        """Make a reader for a connection to our ``port``."""
        self._hosts = {f"{host}:{port}" for host in ("localhost", "127.0.0.1", "[::1]")}
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=LINE_BYTES + HEADER_BYTES + 16)
        self._raw = bytearray()
        self.language = Language.ENGLISH
        """The visitor's language; English until the headers are known."""
        self.is_head = False
        """Whether the request wants headers only, once it is known."""

    def feed(self, data: bytes) -> Arrival | Refusal | None:
        """Take the next bytes: the request, its refusal, or None while the head is incomplete."""
        self._raw += data
        too_big = _too_big(self._raw)
        if too_big is not None:
            return too_big
        try:
            self._http.receive_data(data)
            event = self._http.next_event()
        except h11.RemoteProtocolError:
            # The message of this exception carries the request, so it ends here.
            return BAD_REQUEST
        if event is h11.NEED_DATA:
            return None
        if not isinstance(event, h11.Request):
            return BAD_REQUEST
        return self._judge(event)

    def _judge(self, request: h11.Request) -> Arrival | Refusal:
        headers = dict(request.headers)
        self.language = preferred_language(headers.get(b"accept-language", b""))
        self.is_head = request.method == b"HEAD"
        head = self._raw.partition(b"\r\n\r\n")[0]
        target = request.target.decode("ascii")
        if request.http_version not in {b"1.0", b"1.1"}:
            return OTHER_VERSION
        if (
            _LOOSE_LINES.search(head)
            # Lines are counted because h11 itself folds equal Content-Length lines into one.
            or len(headers) != head.count(b"\r\n")
            or b"transfer-encoding" in headers
            or headers.get(b"content-length", b"0") != b"0"
            or "#" in target
            or not target.startswith("/")
        ):
            return BAD_REQUEST
        path, _, query = target.partition("?")
        # DNS rebinding: a page of another name that resolves to this machine sends its own name here.
        if headers.get(b"host", b"").decode("latin-1").lower() not in self._hosts:
            return BAD_REQUEST
        try:
            errand = Errand(path)
        except ValueError:
            return NOT_FOUND
        return Arrival(errand, Secret(query)) if request.method == b"GET" else WRONG_METHOD


def read_callback(query: Secret, state: Secret) -> Callback | Refusal:
    """Read the query of a callback, if it belongs to the login with this ``state``.

    The state is compared first and in constant time, for an error as for a code (RFC 6749 sections 4.1.2 and 10.12).
    """
    try:
        pairs = parse_qsl(
            query.reveal(),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_PARAMETERS,
        )
    except ValueError:
        return BAD_REQUEST
    values = dict(pairs)
    # RFC 6749 section 3.1: a parameter is never included twice.
    if len(values) != len(pairs):
        return BAD_REQUEST
    if Secret(values.get("state", "")) != state:
        return OTHER_STATE
    error, code = values.get("error", ""), values.get("code", "")
    if error and "code" not in values:
        return Callback(error=_plain(error), description=_plain(values.get("error_description", "")))
    if "error" not in values and _CODE.fullmatch(code):
        return Callback(code=Secret(code))
    return BAD_REQUEST


def _too_big(raw: bytearray) -> Refusal | None:
    line_end = raw.find(b"\n", 0, LINE_BYTES + 2)
    if line_end < 0:
        return LINE_TOO_LONG if len(raw) > LINE_BYTES + 1 else None
    head_end = raw.find(b"\r\n\r\n", max(line_end - 1, 0))
    header_bytes = (len(raw) if head_end < 0 else head_end) - line_end - 1
    return HEADERS_TOO_LARGE if header_bytes > HEADER_BYTES else None


def _plain(text: str) -> str:
    """The issuer's words as one line of printable text, of a length a dialog can show."""
    words = "".join(c if c.isprintable() else " " for c in text[:_MOST_TEXT])
    return " ".join(words.split())
