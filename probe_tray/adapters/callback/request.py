"""What one request to the loopback listener may look like, and what it brings.

Bytes come in, a decision comes out; sockets and time are elsewhere. Nothing here raises on bad input, and no refusal
says anything about the request: the request is a stranger's until its state has been compared.
"""

import enum
import re
from http import HTTPStatus
from typing import Final, final

import h11
import msgspec

from probe_tray.adapters.callback.pages import CallbackPage, PageLanguage, preferred_language
from probe_tray.core.account.secret import Secret
from probe_tray.core.login import oauth
from probe_tray.core.login.oauth import CALLBACK_PATH, Callback, CallbackFault

DONE_PATH: Final = "/done"
LINE_BYTES: Final = 8 * 1024
"""The longest request line, without its line break."""
HEADER_BYTES: Final = 16 * 1024
"""All header lines together."""

# A lone line feed and a folded header are where two parsers of one request come to disagree
# (RFC 9112 sections 2.2 and 5.2), so they are refused although h11 would take them.
_LOOSE_LINES: Final = re.compile(rb"(?<!\r)\n|\n[ \t]")


class RequestPurpose(enum.Enum):
    """The two things the listener does for a browser."""

    CALLBACK = CALLBACK_PATH
    DONE = DONE_PATH


class RequestRefusal(msgspec.Struct, frozen=True):
    """A request that has no effect, and how to say so."""

    status: HTTPStatus
    page: CallbackPage = CallbackPage.NOTHING_HERE


class Arrival(msgspec.Struct, frozen=True):
    """A well-formed request for one of the two pages. The query is not trusted yet."""

    errand: RequestPurpose
    query: Secret


BAD_REQUEST: Final = RequestRefusal(HTTPStatus.BAD_REQUEST)
OTHER_STATE: Final = RequestRefusal(HTTPStatus.BAD_REQUEST, CallbackPage.OTHER_LOGIN)
NOT_FOUND: Final = RequestRefusal(HTTPStatus.NOT_FOUND)
WRONG_METHOD: Final = RequestRefusal(HTTPStatus.METHOD_NOT_ALLOWED)
LINE_TOO_LONG: Final = RequestRefusal(HTTPStatus.REQUEST_URI_TOO_LONG)
HEADERS_TOO_LARGE: Final = RequestRefusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
OTHER_VERSION: Final = RequestRefusal(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)


@final
class RequestReader:
    """Reads the one request of a connection as its bytes arrive."""

    def __init__(self, port: int) -> None:
        """Make a reader for a connection to our ``port``."""
        self._hosts = {f"{host}:{port}" for host in ("localhost", "127.0.0.1", "[::1]")}
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=LINE_BYTES + HEADER_BYTES + 16)
        self._raw = bytearray()
        self.language = PageLanguage.ENGLISH
        """The visitor's language; English until the headers are known."""
        self.is_head = False
        """Whether the request wants headers only, once it is known."""

    def feed(self, data: bytes) -> Arrival | RequestRefusal | None:
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

    def _judge(self, request: h11.Request) -> Arrival | RequestRefusal:
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
            errand = RequestPurpose(path)
        except ValueError:
            return NOT_FOUND
        return Arrival(errand, Secret(query)) if request.method == b"GET" else WRONG_METHOD


def read_callback(query: Secret, state: Secret) -> Callback | RequestRefusal:
    """Read the query of a callback, if it belongs to the login with this ``state``."""
    found = oauth.read_callback(query, state)
    if isinstance(found, Callback):
        return found
    return BAD_REQUEST if found is CallbackFault.NO_CODE else OTHER_STATE


def _too_big(raw: bytearray) -> RequestRefusal | None:
    line_end = raw.find(b"\n", 0, LINE_BYTES + 2)
    if line_end < 0:
        return LINE_TOO_LONG if len(raw) > LINE_BYTES + 1 else None
    head_end = raw.find(b"\r\n\r\n", max(line_end - 1, 0))
    header_bytes = (len(raw) if head_end < 0 else head_end) - line_end - 1
    return HEADERS_TOO_LARGE if header_bytes > HEADER_BYTES else None
