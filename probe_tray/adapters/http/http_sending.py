"""Whether a request had left when it failed: only one that had not may be sent again."""

from collections.abc import Mapping
from typing import Protocol, cast


class _Stream(Protocol):
    async def aclose(self) -> None: ...


class Sending:
    """How far a request has come. Talking to the proxy does not count as sending it."""

    def __init__(self) -> None:
        """Nothing has left yet."""
        self.begun = False
        self._connected: _Stream | None = None

    async def trace(self, event: str, info: Mapping[str, object]) -> None:
        """Hear of a step of httpcore's."""
        if event.endswith("send_request_headers.started"):
            method = cast("object", getattr(info.get("request"), "method", b""))
            self.begun = self.begun or method != b"CONNECT"
        elif event.endswith("connect_tcp.complete"):
            self._connected = cast("_Stream", info["return_value"])

    async def clean_up(self) -> None:
        """Leave no connection open that nothing was sent over."""
        # WORKAROUND httpcore 1.0.9: after a SOCKS proxy's refusal the connection to it stays open
        # (https://github.com/encode/httpcore, _async/socks_proxy.py).
        if self._connected is not None and not self.begun:
            await self._connected.aclose()
