"""HTTP/1.1 (RFC 9112) over a connection that has answered before, for questions whose answers are small."""

import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Final, NamedTuple, cast

import h11
import httpcore

_CHUNK: Final = 64 * 1024
_LARGEST_HEAD: Final = 100 * 1024
"""As where answers are read otherwise."""
_SENDABLE: Final = re.compile(rb"(?:[!-~](?:[ -~\t]*[!-~])?)?")
"""A field's value (RFC 9110, section 5.5), of ASCII alone."""
_TARGET: Final = re.compile(rb"[!-~]+")
_USUAL_HEAD: Final = re.compile(
    rb"HTTP/1\.1 ([2-5][0-9][0-9])(?: [ -~\t\x80-\xff]*)?\r\n"
    rb"((?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[ -~\t\x80-\xff]*\r\n)*)\r\n"
)
_LENGTH: Final = re.compile(rb"[0-9]{1,9}")
_NO_BODY: Final = frozenset({204, 304})

Headers = list[tuple[bytes, bytes]]
_Leave = Callable[[], Awaitable[None]]
_Trace = Callable[[str, Mapping[str, object]], Awaitable[None]]
"""Hears how far a request has come, by httpcore's names of the steps."""


class KeptAnswer:
    """An answer while it comes."""

    def __init__(self, status: int, headers: Headers, parts: AsyncGenerator[bytes], leave: _Leave) -> None:
        """``parts`` is the body; ``leave`` is called in the end, however far it was read."""
        self.status, self.headers = status, headers
        self._parts, self._leave = parts, leave

    def aiter_stream(self) -> AsyncIterator[bytes]:
        """The parts of the body. Raises what httpcore raises."""
        return self._parts

    async def aclose(self) -> None:
        """Read no further."""
        await self._parts.aclose()
        await self._leave()


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
    """Does what the pool needs of ``httpcore.AsyncConnectionInterface``, in a tenth of the steps.

    An answer whose head comes at once and says how long its body is, is read here; every other is left to h11.
    """

    def __init__(self, origin: httpcore.Origin, stream: httpcore.AsyncNetworkStream, kept_for: float) -> None:
        """Go on with ``stream``, on which nothing is under way. It may lie idle for ``kept_for`` seconds."""
        self._origin, self._stream, self._kept_for = origin, stream, kept_for
        self._ends = time.monotonic() + kept_for
        self._is_free = True
        """Whether nothing is under way, or left over."""
        self._closed = False

    def can_handle_request(self, origin: httpcore.Origin) -> bool:
        """Whether it leads there."""
        return origin == self._origin

    def has_expired(self) -> bool:
        """Whether its time is over, or the other side has closed it or said something that nobody asked for."""
        return time.monotonic() > self._ends or bool(self._stream.get_extra_info("is_readable"))

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

    async def handle_async_request(self, request: httpcore.Request) -> KeptAnswer:
        """Ask. Raises what httpcore raises; the connection is then closed."""
        how = cast("Mapping[str, object]", request.extensions)  # pyright: ignore[reportUnknownMemberType]
        limits = cast("Mapping[str, float]", how.get("timeout", {}))
        try:
            sent = _request_head(request) + await _body_of(request)
            self._is_free = False
            if trace := cast("_Trace | None", how.get("trace")):
                await trace("http11.send_request_headers.started", {"request": request})
            # A server may refuse before it has read everything, and says why.
            with suppress(httpcore.WriteError):
                await self._stream.write(sent, limits.get("write"))
            come = await self._stream.read(_CHUNK, limits.get("read"))
            if head := _usual_head(come):
                parts = self._counted(come[head.size :], head, limits.get("read"))
                return KeptAnswer(head.status, head.headers, parts, self._left)
            return await self._any_answer(_Reading(request, come, self._stream, limits.get("read")))
        except BaseException:
            await self.aclose()
            raise

    async def _counted(self, come: bytes, head: _Head, limit: float | None) -> AsyncGenerator[bytes]:
        """The body by its length. A connection on which more has come is not used again."""
        left = head.length
        while True:
            if part := come[:left]:
                yield part
            left -= len(come)
            if left <= 0:
                break
            if not (come := await self._stream.read(_CHUNK, limit)):
                msg = "the connection ended in the middle of the body"
                raise httpcore.RemoteProtocolError(msg)
        self._is_free = left == 0 and head.stays

    async def _any_answer(self, reading: "_Reading") -> KeptAnswer:
        event = await reading.event()
        while not isinstance(event, h11.Response):
            # Another one may come ahead of it (RFC 9110, section 15.2).
            if not isinstance(event, h11.InformationalResponse):
                msg = "the answer is none to a question"
                raise httpcore.RemoteProtocolError(msg)
            event = await reading.event()
        return KeptAnswer(event.status_code, event.headers.raw_items(), self._framed(reading), self._left)

    async def _framed(self, reading: "_Reading") -> AsyncGenerator[bytes]:
        """The body as its own frame has it."""
        while isinstance(event := await reading.event(), h11.Data):
            yield bytes(event.data)
        self._is_free = reading.is_whole

    async def _left(self) -> None:
        if self._is_free:
            self._ends = time.monotonic() + self._kept_for
        else:
            await self.aclose()


class _Reading:
    """An answer that h11 reads."""

    def __init__(
        self, request: httpcore.Request, come: bytes, stream: httpcore.AsyncNetworkStream, limit: float | None
    ) -> None:
        self._stream, self._limit = stream, limit
        self._wire = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LARGEST_HEAD)
        # It was sent before, and how its answer ends depends on it.
        asked = h11.Request(method=request.method, target=b"/", headers=[(b"Host", b"-")])
        for event in (asked, h11.EndOfMessage()):
            self._wire.send(event)
        self._take(come)

    @property
    def is_whole(self) -> bool:
        """Whether the answer has ended, nothing follows it, and the connection may go on."""
        states = {self._wire.our_state, self._wire.their_state}
        return states == {h11.DONE} and not self._wire.trailing_data[0]

    async def event(self) -> h11.Event | type[h11.PAUSED]:
        """What comes next. Raises what httpcore raises."""
        while True:
            try:
                event = self._wire.next_event()
            except h11.RemoteProtocolError as error:
                raise httpcore.RemoteProtocolError(str(error)) from error
            if event is not h11.NEED_DATA:
                return cast("h11.Event | type[h11.PAUSED]", event)
            self._take(await self._stream.read(_CHUNK, self._limit))

    def _take(self, come: bytes) -> None:
        if not come and self._wire.their_state is h11.SEND_RESPONSE:
            msg = "the connection ended without an answer"
            raise httpcore.RemoteProtocolError(msg)
        self._wire.receive_data(come)


async def _body_of(request: httpcore.Request) -> bytes:
    return b"".join([part async for part in cast("AsyncIterator[bytes]", request.stream)])


def _request_head(request: httpcore.Request) -> bytes:
    """Raises LocalProtocolError for what must not be in it."""
    target, headers = request.url.target, request.headers
    if not _TARGET.fullmatch(target) or not all(_SENDABLE.fullmatch(value) for _, value in headers):
        # Not told what: it may be a token.
        msg = "the request has characters that cannot be sent"
        raise httpcore.LocalProtocolError(msg)
    lines = [request.method + b" " + target + b" HTTP/1.1", *(name + b": " + value for name, value in headers)]
    return b"\r\n".join([*lines, b"", b""])


def _usual_head(come: bytes) -> _Head | None:
    """The head of an answer with a length; None where it is not whole, or anything about it is unusual."""
    found = _USUAL_HEAD.match(come)
    if found is None:
        return None
    headers, length, stays, status = Headers(), b"", True, int(found[1])
    for line in found[2].splitlines():
        name, _, value = line.partition(b":")
        name, value = name.lower(), value.strip()
        headers.append((name, value))
        if name == b"content-length":
            if length or not _LENGTH.fullmatch(value):
                return None
            length = value
        elif name == b"transfer-encoding":
            return None
        elif name == b"connection":
            stays = value.lower() == b"keep-alive"
    if not length or status in _NO_BODY:
        return None
    return _Head(status, headers, int(length), found.end(), stays)
