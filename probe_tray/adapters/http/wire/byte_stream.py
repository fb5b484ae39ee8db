"""What HTTP is spoken over."""

import ssl
from typing import Final, Protocol

_LONGEST_LABEL: Final = 63


class ByteStream(Protocol):
    """One connection. Each step may take ``limit`` seconds, None for any time."""

    @property
    def is_readable(self) -> bool:
        """Whether something has come that nobody has read, be it the end."""
        ...

    async def read(self, most: int, limit: float | None = None) -> bytes:
        """Some bytes, none at the end. Raises WireNetworkError, WireTimeoutError."""
        ...

    async def write(self, data: bytes, limit: float | None = None) -> None:
        """Send all of it. Raises WireNetworkError, WireTimeoutError."""
        ...

    async def start_tls(self, context: ssl.SSLContext, name: str, limit: float | None = None) -> None:
        """Go on inside TLS, or inside one more layer of it. Raises WireNetworkError, WireTimeoutError."""
        ...

    async def aclose(self) -> None:
        """Close it."""
        ...


def plain_name(host: str) -> str | bytes:
    """``host`` for ``ssl`` and ``socket``: as bytes where their codec for names would change nothing.

    That codec (``idna``, RFC 3490) takes half a megabyte of tables, and of a name in ASCII it only says how long a
    label may be (RFC 1035, section 2.3.4).
    """
    *labels, last = host.split(".")
    usual = host.isascii() and all(0 < len(label) <= _LONGEST_LABEL for label in labels) and len(last) <= _LONGEST_LABEL
    return host.encode("ascii") if usual else host
