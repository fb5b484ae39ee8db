"""A way to the issuer that knows what has come out of its other end: bytes nobody read reset the connection."""

import os
import queue
import signal
import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import h11

from tests.support.patience import PATIENCE

_SPIN = 0.0005
"""Seconds that are too few to be slept."""


class Passage:
    """One request on its way, and its reply."""

    def __init__(self) -> None:
        self.sent = False
        """Whether the whole reply was handed to the system."""
        self.taken = False
        """Whether the other process had read the whole reply when it ended."""
        self._over = threading.Event()
        self._aim: queue.SimpleQueue[tuple[int, float]] = queue.SimpleQueue()
        self._aimed = False
        self._held = threading.Event()

    def hold(self) -> None:
        """Keep the reply until :meth:`aim`."""
        self._aimed = True

    def aim(self, process: int, after: float) -> None:
        """Let the reply go, and kill the process so many seconds after that."""
        assert self._held.wait(PATIENCE)
        self._aim.put((process, after))

    def wait(self) -> None:
        """Until the other process has ended."""
        assert self._over.wait(PATIENCE)

    def end(self) -> None:
        """The connection is gone."""
        self._over.set()

    def deliver(self, near: socket.socket, reply: bytes) -> None:
        """Send the reply, and find out whether it was read."""
        self._held.set()
        process, after = self._aim.get(timeout=PATIENCE) if self._aimed else (0, 0.0)
        try:
            begun = time.monotonic()
            near.sendall(reply)
            self.sent = True
            if self._aimed:
                self._kill(process, begun + after)
            # A socket that dies with bytes nobody read resets the connection (RFC 2525, section 2.17).
            ended = not near.recv(1)
            # What was sent to a socket that had gone before has reset the connection too, though its goodbye was first.
            near.sendall(b"\0")
            self.taken = ended
        except ConnectionError:
            pass

    @staticmethod
    def _kill(process: int, moment: float) -> None:
        time.sleep(max(0.0, moment - time.monotonic() - _SPIN))
        while time.monotonic() < moment:
            pass
        with suppress(ProcessLookupError):  # It was quicker.
            os.kill(process, signal.SIGKILL)


class Relay:
    """Takes one connection at a time and passes its request on."""

    def __init__(self, target: str, listener: socket.socket) -> None:
        self._target, self._listener = target, listener
        self.address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._passage = Passage()

    def expect(self) -> Passage:
        """What becomes of the next request."""
        self._passage = Passage()
        return self._passage

    def serve(self) -> None:
        """Until the listener is closed."""
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                passage = self._passage
                with near:
                    near.settimeout(PATIENCE)
                    with suppress(ConnectionError):
                        if request := _whole_request(near):
                            passage.deliver(near, self._ask(request))
                passage.end()

    def _ask(self, request: bytes) -> bytes:
        where = urlsplit(self._target)
        with socket.create_connection((where.hostname or "", where.port or 80), PATIENCE) as far:
            far.sendall(request.replace(self.address[7:].encode(), where.netloc.encode(), 1))
            parts: list[bytes] = []
            while part := far.recv(64 * 1024):
                parts.append(part)
            return b"".join(parts)


@contextmanager
def relaying(target: str) -> Generator[Relay]:
    """A relay to the address ``target``, in a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        relay = Relay(target, listener)
        thread = threading.Thread(target=relay.serve, daemon=True)
        thread.start()
        yield relay
        # Closing alone would not wake it.
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
    thread.join(PATIENCE)


def _whole_request(near: socket.socket) -> bytes:
    """The request as it came; nothing where the other side went away before."""
    wire, raw = h11.Connection(h11.SERVER), b""
    while True:
        event = wire.next_event()
        if isinstance(event, h11.EndOfMessage):
            return raw
        if event is h11.NEED_DATA:
            part = near.recv(64 * 1024)
            if not part:
                return b""
            raw += part
            wire.receive_data(part)
