"""The listener of one login: what it waits for, what came, and who is connected."""

import asyncio
import contextlib
from collections.abc import Sequence
from http import HTTPStatus
from socket import socket
from typing import Final, cast, final

from probe_tray.adapters.callback.pages import CallbackPage, PageLanguage, page_reply, redirect_reply
from probe_tray.adapters.callback.request import (
    DONE_PATH,
    NOT_FOUND,
    Arrival,
    RequestPurpose,
    RequestReader,
    RequestRefusal,
    read_callback,
)
from probe_tray.core.account.secret import Secret
from probe_tray.core.login.oauth import Callback, callback_address

MOST_CONNECTIONS: Final = 16
REQUEST_SECONDS: Final = 5.0
"""How long a connection may take to send its request."""
FAREWELL_SECONDS: Final = 2.0
"""How long the page behind the redirect stays available when nobody fetches it."""

_FAREWELL_STEPS: Final = 10
_DRAIN_SECONDS: Final = 0.5
_ACCEPT_PAUSE_SECONDS: Final = 0.1


@final
class LoginListener:
    """The listener of one login: what it waits for, what came, and who is connected."""

    def __init__(self, host: str, state: Secret, sockets: Sequence[socket]) -> None:
        """Serve ``sockets``, which are closed in the end, until the login is left."""
        self._port: int = sockets[0].getsockname()[1]
        self._host = host
        self._state = state
        self._arrived: asyncio.Future[Callback] = asyncio.get_running_loop().create_future()
        self._left = asyncio.Event()
        self._page_fetched = asyncio.Event()
        self._connections: dict[_Connection, None] = {}
        self._task = asyncio.create_task(self._serve(sockets))
        # Not in the task itself: one that is cancelled before its first step never runs.
        self._task.add_done_callback(lambda _task: self._shut(sockets))

    @property
    def redirect_uri(self) -> str:
        """The callback address the issuer must be told."""
        return callback_address(self._host, self._port)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._port

    async def wait(self) -> Callback:
        """The first callback with the right state. Waits without limit; cancel it to stop."""
        return await asyncio.shield(self._arrived)

    async def leave(self) -> None:
        """End the login; only a browser that was promised a page may still fetch it."""
        self._left.set()
        if not self._arrived.done() or self._page_fetched.is_set():
            await self.close()

    async def close(self) -> None:
        """Close everything now."""
        self._task.cancel()
        await self.finished()

    async def finished(self) -> None:
        """Wait until everything is closed."""
        await asyncio.wait([self._task])

    def answer(self, arrival: Arrival, language: PageLanguage) -> bytes | RequestRefusal:
        """Decide what a well-formed request gets; the first right callback ends :meth:`wait`."""
        if arrival.errand is RequestPurpose.DONE:
            if not self._arrived.done():
                return NOT_FOUND
            self._page_fetched.set()
            signed_in = self._arrived.result().code is not None
            return page_reply(HTTPStatus.OK, CallbackPage.SIGNED_IN if signed_in else CallbackPage.REFUSED, language)
        found = read_callback(arrival.query, self._state)
        if isinstance(found, RequestRefusal):
            return found
        # A browser may send the callback again (reload, prefetch): the same page, and no second effect.
        if not self._arrived.done():
            self._arrived.set_result(found)
        return redirect_reply(DONE_PATH)

    def joined(self, connection: "_Connection") -> None:
        """Make room by dropping the oldest: a browser sends its request at once, so the oldest is the least likely."""
        if len(self._connections) >= MOST_CONNECTIONS:
            next(iter(self._connections)).drop()
        self._connections[connection] = None

    def parted(self, connection: "_Connection") -> None:
        """Forget a connection."""
        self._connections.pop(connection, None)

    async def _serve(self, sockets: Sequence[socket]) -> None:
        async with asyncio.TaskGroup() as group:
            accepting = [group.create_task(self._accept(one)) for one in sockets]
            await self._left.wait()
            await self._offer_page()
            for task in accepting:
                task.cancel()

    async def _offer_page(self) -> None:
        # In steps: while a busy computer holds up this program, a browser may have come that it could not hear yet.
        for _ in range(_FAREWELL_STEPS):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FAREWELL_SECONDS / _FAREWELL_STEPS):
                    await self._page_fetched.wait()
                    return

    async def _accept(self, listening: socket) -> None:
        # One at a time, so that every connection is read once before newer ones can push it out; an
        # asyncio server accepts a whole backlog first.
        loop = asyncio.get_running_loop()
        while True:
            try:
                incoming, _ = await loop.sock_accept(listening)
                await loop.connect_accepted_socket(lambda: _Connection(self), incoming)
            except OSError:
                # Out of file descriptors, or gone again already: the login goes on.
                await asyncio.sleep(_ACCEPT_PAUSE_SECONDS)

    def _shut(self, sockets: Sequence[socket]) -> None:
        for one in sockets:
            one.close()
        for connection in [*self._connections]:
            connection.close()


@final
class _Connection(asyncio.Protocol):
    """One connection: one request in, one answer out."""

    def __init__(self, login: LoginListener) -> None:
        self._login = login
        self._reader = RequestReader(login.port)
        self._answered = False
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.Handle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._limit(REQUEST_SECONDS)
        self._login.joined(self)

    def data_received(self, data: bytes) -> None:
        if self._answered or self._transport is None:
            return
        found = self._reader.feed(data)
        if found is None:
            return
        self._answered = True
        language = self._reader.language
        reply = self._login.answer(found, language) if isinstance(found, Arrival) else found
        if isinstance(reply, RequestRefusal):
            reply = page_reply(reply.status, reply.page, language, to_head=self._reader.is_head)
        self._transport.write(reply)
        # Closing with unread bytes would reset the connection and destroy the answer (RFC 9112 section 9.6).
        with contextlib.suppress(OSError):
            self._transport.write_eof()
        self._limit(_DRAIN_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc  # why it ended makes no difference
        if self._timer is not None:
            self._timer.cancel()
        self._login.parted(self)

    def close(self) -> None:
        """Close after what was written has been sent."""
        if self._transport is not None:
            self._transport.close()

    def drop(self) -> None:
        """Close without a word."""
        self._login.parted(self)
        if self._transport is not None:
            self._transport.abort()

    def _limit(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.drop)
