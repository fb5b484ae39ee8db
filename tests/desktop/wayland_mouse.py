"""A mouse for a compositor without devices, over the protocol that wlroots has for it."""

import socket
import struct
from pathlib import Path
from typing import Final

from tests.desktop.waiting import BenchError
from tests.support.patience import PATIENCE

_DISPLAY, _REGISTRY, _CALLBACK, _MANAGER, _POINTER = 1, 2, 3, 4, 5
"""Numbers of objects; all but the first are the client's to choose."""
_INTERFACE: Final = "zwlr_virtual_pointer_manager_v1"
_LEFT_BUTTON: Final = 0x110
_NOTCH: Final = 15
"""How far a notch of the wheel goes."""


class WaylandMouse:
    """The seat has a pointer as long as this is open.

    https://wayland.app/protocols/wlr-virtual-pointer-unstable-v1 has the requests by their numbers.
    """

    def __init__(self, display: Path, width: int, height: int) -> None:
        """Connect to the compositor's socket, whose only screen has this size."""
        self._size = width, height
        self._time = 0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(PATIENCE)
        self._socket.connect(str(display))
        self._send(_DISPLAY, 1, struct.pack("=I", _REGISTRY))
        self._send(_DISPLAY, 0, struct.pack("=I", _CALLBACK))
        bound = struct.pack("=I", self._find_manager()) + _string(_INTERFACE) + struct.pack("=II", 1, _MANAGER)
        self._send(_REGISTRY, 0, bound)
        self._send(_MANAGER, 0, struct.pack("=II", 0, _POINTER))

    def hover(self, x: int, y: int) -> None:
        """Move it to a point of the screen."""
        self._send(_POINTER, 1, struct.pack("=IIIII", self._now(), x, y, *self._size))
        self._frame()

    def click(self, x: int, y: int) -> None:
        """Press its left button at a point of the screen."""
        self.hover(x, y)
        for pressed in (1, 0):
            self._send(_POINTER, 2, struct.pack("=III", self._now(), _LEFT_BUTTON, pressed))
            self._frame()

    def turn_wheel(self, notches: int) -> None:
        """Turn its wheel where it is: up, or with a negative number down."""
        step = -1 if notches > 0 else 1
        for _ in range(abs(notches)):
            self._send(_POINTER, 5, struct.pack("=I", 0))
            self._send(_POINTER, 7, struct.pack("=IIii", self._now(), 0, step * _NOTCH * 256, step))
            self._frame()

    def close(self) -> None:
        """Take it away."""
        self._socket.close()

    def _find_manager(self) -> int:
        """The number under which the compositor offers such mice."""
        found = None
        while True:
            number, code, body = self._receive()
            if (number, code) == (_REGISTRY, 0):
                name, length = struct.unpack_from("=II", body)
                if body[8 : 8 + length - 1].decode() == _INTERFACE:
                    found = name
            elif number == _CALLBACK:
                if found is None:
                    msg = f"the compositor has no {_INTERFACE}"
                    raise BenchError(msg)
                return int(found)

    def _frame(self) -> None:
        self._send(_POINTER, 4, b"")

    def _now(self) -> int:
        self._time += 1
        return self._time

    def _send(self, number: int, code: int, body: bytes) -> None:
        self._socket.sendall(struct.pack("=II", number, (len(body) + 8) << 16 | code) + body)

    def _receive(self) -> tuple[int, int, bytes]:
        number, word = struct.unpack("=II", self._read(8))
        return number, word & 0xFFFF, self._read((word >> 16) - 8)

    def _read(self, size: int) -> bytes:
        got = b""
        while len(got) < size:
            piece = self._socket.recv(size - len(got))
            if not piece:
                msg = "the compositor has closed the mouse's connection"
                raise BenchError(msg)
            got += piece
        return got


def _string(text: str) -> bytes:
    raw = text.encode() + b"\0"
    return struct.pack("=I", len(raw)) + raw + b"\0" * (-len(raw) % 4)
