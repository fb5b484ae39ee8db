"""Blocking reads that leave the bytes with the system until they are kept: over TCP, and in layers of TLS above it."""

import socket
import ssl
import threading
from collections.abc import Callable
from typing import Final

_RECORD: Final = 64 * 1024
"""Bytes asked of the layer below at once: several TLS records (RFC 8446, section 5.2)."""


class Tcp:
    """A connected socket, whose time limit is the caller's business."""

    def __init__(self, made: socket.socket) -> None:
        """Read and write ``made``, each in one thread at a time."""
        self._socket = made
        self.turn = threading.RLock()
        """Held by whoever touches a layer above: one reads what comes there while another writes."""

    def take(self, count: int, keep: Callable[[bytes], None]) -> bytes:
        """At most ``count`` bytes, none at the end; they go to ``keep`` before they leave the system's queue.

        Raises OSError.
        """
        part = self._socket.recv(count, socket.MSG_PEEK)
        if part:
            keep(part)
        left = len(part)
        while left and (gone := self._socket.recv(left)):
            left -= len(gone)
        return part

    def send(self, data: bytes) -> None:
        """Send all of it. Raises OSError."""
        self._socket.sendall(data)


class Tls:
    """TLS over a pipe, which may be TLS itself where the way leads through a proxy that is spoken to in TLS."""

    def __init__(self, below: "Tcp | Tls", context: ssl.SSLContext, name: str | None) -> None:
        """Speak with the owner of ``name``, once :meth:`shake_hands` has been called."""
        self._below, self.turn = below, below.turn
        self._come, self._gone = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._come, self._gone, server_hostname=name)

    def shake_hands(self) -> None:
        """Begin. Raises OSError, of which ssl.SSLError is one."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
            else:
                self._flush()
                return
            if not self._below.take(_RECORD, self._feed):
                self._come.write_eof()

    def take(self, count: int, keep: Callable[[bytes], None]) -> bytes:
        """As :meth:`Tcp.take`; ``keep`` has all that the bytes hold that leave the queue, be it more than ``count``."""
        plain = self._open(b"", count, keep)

        def feed(sealed: bytes) -> None:
            nonlocal plain
            plain = self._open(sealed, count, keep)

        while plain is None:
            if not self._below.take(_RECORD, feed):
                self._come.write_eof()
                plain = self._open(b"", count, keep)
        return plain

    def send(self, data: bytes) -> None:
        """Send all of it. Raises OSError."""
        rest = memoryview(data)
        with self.turn:
            while rest:
                rest = rest[self._tls.write(rest) :]
            self._flush()

    def _open(self, sealed: bytes, count: int, keep: Callable[[bytes], None]) -> bytes | None:
        """All that has come, none at the end; None while it is no whole record."""
        parts: list[bytes] = []
        with self.turn:
            # Nothing may be written once the end has come.
            if sealed:
                self._come.write(sealed)
            try:
                while part := self._tls.read(count):
                    parts.append(part)
            except ssl.SSLWantReadError:
                if not parts:
                    return None
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                # An end without a goodbye is an end: whether the answer was whole is told by its own length.
                pass
            finally:
                self._flush()
        plain = b"".join(parts)
        if plain:
            keep(plain)
        return plain

    def _feed(self, sealed: bytes) -> None:
        self._come.write(sealed)

    def _flush(self) -> None:
        if sealed := self._gone.read():
            self._below.send(sealed)
