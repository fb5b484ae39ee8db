"""HTTP/1.1 on loopback: bytes to requests and replies to bytes, with h11."""

import asyncio
from email.utils import format_datetime

import h11

from probe_tray.demo.dispatcher import Dispatcher, Outcome
from probe_tray.demo.messages import Reply, Request, Role, as_json

LOOPBACK = "127.0.0.1"

_BODY_LIMIT = 256 * 1024
_HEAD_LIMIT = 32 * 1024
_CHUNK = 16 * 1024


class Server:
    """One listening port for one of the hosts."""

    def __init__(self, role: Role, dispatcher: Dispatcher) -> None:
        """Serve ``role``'s routes of ``dispatcher``."""
        self._role = role
        self._dispatcher = dispatcher
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, port: int) -> int:
        """Listen on ``port`` (0: any free one) and return it. Raises OSError where it is taken."""
        self._server = await asyncio.start_server(self._accept, LOOPBACK, port, limit=_CHUNK, backlog=256)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening and cut every connection."""
        if self._server:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(_Conversation(self._role, self._dispatcher, reader, writer).run())
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (mistake := task.exception()):
            self._dispatcher.broken(f"the simulated service itself failed: {type(mistake).__name__}")


class _Conversation:
    """One connection, from its first byte to its end."""

    def __init__(
        self, role: Role, dispatcher: Dispatcher, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._role = role
        self._dispatcher = dispatcher
        self._reader = reader
        self._writer = writer
        self._wire = h11.Connection(h11.SERVER, max_incomplete_event_size=_HEAD_LIMIT)
        self._port = int(writer.get_extra_info("sockname")[1])
        self._nth = 0
        self._headless = False

    async def run(self) -> None:
        try:
            while request := await self._next():
                outcome = await self._dispatcher.serve(request)
                # Noted first, since whoever has read the reply may look it up at once.
                self._dispatcher.sent(outcome, delivered=not outcome.half)
                if not await self._send(outcome):
                    self._dispatcher.sent(outcome, delivered=False)
                    break
                if self._wire.our_state is not h11.DONE or self._wire.their_state is not h11.DONE:
                    break
                self._wire.start_next_cycle()
                self._nth += 1
            self._writer.close()  # Unlike abort, it lets a long reply go out to its end.
            await self._writer.wait_closed()
        except h11.RemoteProtocolError:
            await self._reject()
        except ConnectionError:
            pass  # The other side has gone, which is its right.
        finally:
            self._writer.transport.abort()

    async def _next(self) -> Request | None:
        head: h11.Request | None = None
        body = bytearray()
        while True:
            event = self._wire.next_event()
            if event is h11.NEED_DATA:
                self._wire.receive_data(await self._reader.read(_CHUNK))
            elif isinstance(event, h11.Request):
                head = event
                self._headless = event.method == b"HEAD"
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > _BODY_LIMIT:
                    msg = "the body is too large"
                    raise h11.RemoteProtocolError(msg)
            elif isinstance(event, h11.EndOfMessage) and head:
                return self._request(head, bytes(body))
            else:
                return None

    def _request(self, head: h11.Request, body: bytes) -> Request:
        path, _, query = head.target.decode("ascii").partition("?")
        return Request(
            role=self._role,
            method=head.method.decode("ascii"),
            path=path,
            query=query,
            headers=tuple((name.decode("ascii"), value.decode("latin-1")) for name, value in head.headers),
            body=body,
            port=self._port,
            nth=self._nth,
        )

    async def _reject(self) -> None:
        if self._reader.at_eof():
            return  # Cut off in the middle: an accident, not a strange request.
        self._dispatcher.broken("not a well-formed HTTP request")
        if self._wire.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            self._writer.write(b"".join(self._bytes(as_json({"error": "bad_request"}, status=400))))

    async def _send(self, outcome: Outcome) -> bool:
        """Whether all of the reply has been handed over."""
        if outcome.reply is None:
            return False
        try:
            head, *rest = self._bytes(outcome.reply)
            if outcome.half:
                everything = b"".join((head, *rest))
                self._writer.write(everything[: len(everything) // 2])
                await self._writer.drain()
                return False
            self._writer.write(head)
            await self._writer.drain()
            for part in rest:
                await asyncio.sleep(outcome.reply.pause)
                if self._reader.at_eof():
                    return False
                self._writer.write(part)
                await self._writer.drain()
        except ConnectionError:
            return False
        return True

    def _bytes(self, reply: Reply) -> list[bytes]:
        """The head with the body, then each later chunk."""
        date = format_datetime(self._dispatcher.now, usegmt=True)
        headers = [("date", date), ("server", "probe-tray-demo"), *reply.headers]
        if reply.chunks:
            headers.append(("transfer-encoding", "chunked"))
        else:
            headers.append(("content-length", str(len(reply.body))))
        parts = [self._wire.send(h11.Response(status_code=reply.status, headers=headers)) or b""]
        # RFC 9110, section 9.3.2: the answer to HEAD has no body.
        if reply.body and not self._headless:
            parts[0] += self._wire.send(h11.Data(data=reply.body)) or b""
        parts += [self._wire.send(h11.Data(data=chunk)) or b"" for chunk in reply.chunks]
        parts[-1] += self._wire.send(h11.EndOfMessage()) or b""
        return parts
