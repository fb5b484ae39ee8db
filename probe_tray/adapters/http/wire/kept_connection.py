"""HTTP/1.1 (RFC 9112) over a connection that has answered before, for questions whose answers are small."""

import asyncio
import re
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple

from probe_tray.adapters.http.wire.byte_stream import ByteStream
from probe_tray.adapters.http.wire.kept_question import Headers, KeptQuestion, Origin
from probe_tray.adapters.http.wire.wire_errors import GarbledAnswerError, UnsendableError, WireNetworkError

if TYPE_CHECKING:
    from probe_tray.adapters.http.wire.unusual_answer import UnusualAnswer

_CHUNK: Final = 64 * 1024
_IN_VALUES: Final = bytes([*b"\t", *range(0x20, 0x7F)])
"""What a field's value may have within it (RFC 9110, section 5.5), of ASCII alone."""
_TARGET: Final = re.compile(rb"[!-~]+")
_USUAL_HEAD: Final = re.compile(
    rb"HTTP/1\.([01]) ([2-5][0-9][0-9])(?: [ -~\t\x80-\xff]*)?\r\n"
    rb"((?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[ -~\t\x80-\xff]*\r\n)*)\r\n"
)
_LENGTH: Final = re.compile(rb"[0-9]{1,9}")
_NO_BODY: Final = frozenset({204, 304})
CONNECT: Final = b"CONNECT"

_Leave = Callable[[], Awaitable[None]]


class KeptAnswer:
    """An answer while it comes."""

    def __init__(self, status: int, headers: Headers, body: AsyncGenerator[bytes] | bytes, leave: _Leave) -> None:
        """``body`` is that of an answer that has come whole, or its parts; ``leave`` is called in the end."""
        self.status, self.headers = status, headers
        self._body, self._leave = body, leave

    @property
    def whole(self) -> bytes | None:
        """The body, where all of it has come with the head, as it nearly always does."""
        return self._body if isinstance(self._body, bytes) else None

    def aiter_stream(self) -> AsyncIterator[bytes]:
        """The parts of the body. Raises a WireError."""
        return _one_part(self._body) if isinstance(self._body, bytes) else self._body

    async def aclose(self) -> None:
        """Read no further, however far it was read."""
        if not isinstance(self._body, bytes):
            await self._body.aclose()
        await self._leave()


async def _one_part(body: bytes) -> AsyncGenerator[bytes]:
    yield body


class _Head(NamedTuple):
    status: int
    headers: Headers
    length: int
    """Bytes of the body."""
    size: int
    """Bytes of the head itself."""
    stays: bool
    """Whether the connection is to be used again."""


class KeptConnection:
    """Implements ``PooledConnection``, in a tenth of the steps that httpcore takes.

    An answer whose head comes at once and says how long its body is, is read here; every other is left to h11.
    """

    def __init__(self, origin: Origin, stream: ByteStream, kept_for: float) -> None:
        """Go on with ``stream``, on which nothing is under way. It may lie idle for ``kept_for`` seconds."""
        self._origin, self._stream, self._kept_for = origin, stream, kept_for
        self._ends = time.monotonic() + kept_for
        self._is_free = True
        """Whether nothing is under way, or left over."""
        self._closed = False

    def leads_to(self, origin: Origin) -> bool:
        """Whether it leads there."""
        return origin == self._origin

    def is_over(self) -> bool:
        """Whether it has lain idle for its time."""
        return time.monotonic() > self._ends

    def has_expired(self) -> bool:
        """Whether its time is over, or the other side has closed it or said something that nobody asked for."""
        return self.is_over() or self._stream.is_readable

    def is_closed(self) -> bool:
        """Whether it can be used no more."""
        return self._closed

    def kept(self) -> "KeptConnection":
        """This one, for the next question."""
        return self

    async def aclose(self) -> None:
        """Close it."""
        self._closed = True
        await self._stream.aclose()

    async def ask(self, question: KeptQuestion) -> KeptAnswer:
        """Ask. Raises a WireError; the connection is then closed."""
        limit = question.limits.step
        try:
            sent = request_head(question) + question.body
            self._is_free = False
            question.leaves()
            # A server may refuse before it has read everything, and says why.
            with suppress(WireNetworkError):
                await self._stream.write(sent, limit)
            come = await self._stream.read(_CHUNK, limit)
            if not come:
                msg = "the connection ended without an answer"
                raise GarbledAnswerError(msg)
            if head := _usual_head(come, tunnel=question.method == CONNECT):
                return KeptAnswer(head.status, head.headers, self._body(come[head.size :], head, limit), self._left)
            return await self._any_answer(question, come)
        except BaseException:
            await self.aclose()
            raise

    def _body(self, come: bytes, head: _Head, limit: float | None) -> AsyncGenerator[bytes] | bytes:
        """The body by its length. A connection on which more has come is not used again."""
        if len(come) < head.length:
            return self._counted(come, head, limit)
        self._is_free = len(come) == head.length and head.stays
        return come[: head.length]

    async def _counted(self, come: bytes, head: _Head, limit: float | None) -> AsyncGenerator[bytes]:
        left = head.length
        while True:
            if part := come[:left]:
                yield part
            left -= len(come)
            if left <= 0:
                break
            if not (come := await self._stream.read(_CHUNK, limit)):
                msg = "the connection ended in the middle of the body"
                raise GarbledAnswerError(msg)
        self._is_free = left == 0 and head.stays

    async def _any_answer(self, question: KeptQuestion, come: bytes) -> KeptAnswer:
        if "h11" not in sys.modules:
            # Milliseconds, in which the event loop has other work.
            await asyncio.to_thread(import_module, "h11")
        from probe_tray.adapters.http.wire.unusual_answer import UnusualAnswer

        limit = question.limits.step
        answer = UnusualAnswer(question.method, come, lambda: self._stream.read(_CHUNK, limit))
        status, headers = await answer.head()
        return KeptAnswer(status, headers, self._framed(answer), self._left)

    async def _framed(self, answer: "UnusualAnswer") -> AsyncGenerator[bytes]:
        """The body as its own frame has it."""
        async for part in answer.parts():
            yield part
        self._is_free = answer.is_whole

    async def _left(self) -> None:
        if self._is_free:
            self._ends = time.monotonic() + self._kept_for
        else:
            await self.aclose()


def request_head(question: KeptQuestion) -> bytes:
    """What is sent ahead of the body. Raises UnsendableError for what must not be in it."""
    target, headers = question.target, question.headers
    if not _TARGET.fullmatch(target) or not all(_is_sendable(value) for _, value in headers):
        # Not told what: it may be a token.
        msg = "the request has characters that cannot be sent"
        raise UnsendableError(msg)
    lines = [question.method + b" " + target + b" HTTP/1.1", *(name + b": " + value for name, value in headers)]
    return b"\r\n".join([*lines, b"", b""])


def _is_sendable(value: bytes) -> bool:
    # A token is long, and a pattern looks at each of its characters by itself.
    return not value.translate(None, _IN_VALUES) and value.strip(b" \t") == value


def _usual_head(come: bytes, *, tunnel: bool) -> _Head | None:
    """The head of an answer with a length; None where it is not whole, or anything about it is unusual.

    ``tunnel``: it answers CONNECT.
    """
    found = _USUAL_HEAD.match(come)
    if found is None:
        return None
    headers, length, stays, status = Headers(), b"", True, int(found[2])
    # Such a one has no body, whatever its fields say (RFC 9110, section 9.3.6).
    opens = tunnel and 200 <= status <= 299
    if found[1] == b"0" and not opens:
        return None
    for line in found[3].splitlines():
        name, _, value = line.partition(b":")
        name, value = name.lower(), value.strip()
        headers.append((name, value))
        if opens:
            continue
        if name == b"content-length":
            if length or not _LENGTH.fullmatch(value):
                return None
            length = value
        elif name == b"transfer-encoding":
            return None
        elif name == b"connection":
            stays = value.lower() == b"keep-alive"
    if opens:
        return _Head(status, headers, 0, found.end(), stays=True)
    if not length or status in _NO_BODY:
        return None
    return _Head(status, headers, int(length), found.end(), stays)
