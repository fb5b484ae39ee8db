"""Bytes stay with the system until they are kept."""

import os
import socket
import ssl
import threading
from pathlib import Path

import pytest

from probe_tray.adapters.http.wire.connection import Tcp, Tls
from tests.support.certificates import make_certificates


def unread(end: socket.socket) -> bytes:
    return end.recv(100_000, socket.MSG_PEEK | socket.MSG_DONTWAIT)


@pytest.mark.skipif(os.name != "posix", reason="MSG_DONTWAIT is POSIX")
def test_bytes_leave_the_queue_only_when_they_are_kept() -> None:
    near, far = socket.socketpair()
    with near, far:
        far.sendall(b"the answer")
        kept: list[tuple[bytes, bytes]] = []
        pipe = Tcp(near)
        assert pipe.take(6, lambda part: kept.append((part, unread(near)))) == b"the an"
        assert pipe.take(6, lambda part: kept.append((part, unread(near)))) == b"swer"
        assert kept == [(b"the an", b"the answer"), (b"swer", b"swer")]
        far.shutdown(socket.SHUT_WR)
        assert pipe.take(6, lambda part: kept.append((part, b""))) == b""
        assert len(kept) == 2


@pytest.mark.skipif(os.name != "posix", reason="MSG_DONTWAIT is POSIX")
@pytest.mark.parametrize("step", [1, 7, 1000, 100_000])
def test_what_tls_holds_leaves_the_queue_only_when_it_is_kept(tmp_path: Path, step: int) -> None:
    made = make_certificates(tmp_path, ("localhost",))
    outer = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    outer.load_cert_chain(made.chain, made.key)
    inner = ssl.create_default_context(cafile=made.ca)
    come, gone = ssl.MemoryBIO(), ssl.MemoryBIO()
    service = outer.wrap_bio(come, gone, server_side=True)
    near, far = socket.socketpair()
    with near, far:
        pipe = Tls(Tcp(near), inner, "localhost")
        shaking = threading.Thread(target=pipe.shake_hands)
        shaking.start()
        while True:
            try:
                service.do_handshake()
                break
            except ssl.SSLWantReadError:
                if hello := gone.read():
                    far.sendall(hello)
                come.write(far.recv(10_000))
        far.sendall(gone.read())
        shaking.join()
        for record in (b"one ", b"two ", b"three"):
            service.write(record)
        sealed = gone.read()
        kept, left = b"", list[int]()

        def keep(part: bytes) -> None:
            nonlocal kept
            kept += part
            left.append(len(unread(near)))

        sender = threading.Thread(
            target=lambda: [far.sendall(sealed[i : i + step]) for i in range(0, len(sealed), step)]
        )
        sender.start()
        taken = b""
        while len(taken) < 13:
            taken += pipe.take(4, keep)
        sender.join()
        # No goodbye.
        far.shutdown(socket.SHUT_WR)
        assert pipe.take(4, keep) == b""
    assert taken == kept == b"one two three"
    assert all(left)
