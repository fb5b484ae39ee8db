"""The numbers of the running app, which it gives to any program of the same user.

This module imports little: the command that only prints one of them is to answer at once.
"""

import socket
from collections.abc import Generator
from typing import Final, final

import msgspec

from probe_tray.adapters.desktop.instance_socket import InstanceSocket, NumbersRequest, same
from probe_tray.core.quota.quota_overview import QuotaOverview

_CONNECT_SECONDS: Final = 0.5
_ANSWER_SECONDS: Final = 2.0
_LONGEST_LINE: Final = 16 * 1024 * 1024
_PIECE: Final = 64 * 1024
_DECODER: Final = msgspec.json.Decoder(QuotaOverview)


@final
class RunningNumbers:
    """Asks the running app. Every call blocks, for two seconds at most where the app has hung."""

    def __init__(self, socket: InstanceSocket) -> None:
        """Nothing is asked yet."""
        self._socket = socket

    def now(self) -> QuotaOverview | None:
        """What it knows now; None where none runs, or an earlier version that has no answer to this."""
        return next(self._lines(NumbersRequest.NOW, _ANSWER_SECONDS), None)

    def changes(self) -> Generator[QuotaOverview]:
        """What it knows now and after each change, until it ends; nothing where none runs."""
        return self._lines(NumbersRequest.CHANGES, None)

    def _lines(self, request: NumbersRequest, seconds: float | None) -> Generator[QuotaOverview]:
        found = self._socket.connect(_CONNECT_SECONDS)
        if found is None:
            return
        caller, passwords = found
        with caller:
            try:
                if not self._socket.trusts(caller):
                    return
                caller.settimeout(_ANSWER_SECONDS)
                caller.sendall(f"{passwords.caller} {request.value}\n".encode())
                lines = _read_lines(caller)
                if not same(next(lines, b"").decode("ascii", "replace"), passwords.answerer):
                    return
                caller.settimeout(seconds)
                for line in lines:
                    yield _DECODER.decode(line)
            except (OSError, msgspec.MsgspecError):
                return


def _read_lines(caller: socket.socket) -> Generator[bytes]:
    rest = b""
    while piece := caller.recv(_PIECE):
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
        if len(rest) > _LONGEST_LINE:
            return
