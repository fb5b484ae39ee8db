"""A question for a connection that is kept: what is asked, and where."""

from collections.abc import Callable
from typing import Final, NamedTuple, final
from urllib.parse import SplitResult

Headers = list[tuple[bytes, bytes]]
_PORTS: Final = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}


class Origin(NamedTuple):
    """Whom a connection leads to (RFC 6454): a service, or a proxy."""

    scheme: str
    host: str
    """In ASCII, an IPv6 address without brackets."""
    port: int

    @classmethod
    def of(cls, parts: SplitResult) -> "Origin":
        """That of an address. Raises ValueError, of which UnicodeError is one, for one that no connection leads to."""
        host = (parts.hostname or "").encode("ascii").decode("ascii")
        port = parts.port or _PORTS.get(parts.scheme)
        if port is None:
            msg = "the scheme has no port"
            raise ValueError(msg)
        return cls(parts.scheme, host, port)

    @property
    def told_port(self) -> int | None:
        """The port as an address tells it: None where the scheme says it."""
        return None if self.port == _PORTS.get(self.scheme) else self.port


class StepLimits(NamedTuple):
    """How many seconds one step may take."""

    connect: float
    """Each of those that make a connection."""
    step: float
    """Each of those after it."""


@final
class KeptQuestion:
    """One request of HTTP/1.1. Its repr shows no header: one may hold a token."""

    __slots__ = ("body", "headers", "leaves", "limits", "method", "origin", "target")

    def __init__(
        self,
        method: str,
        origin: Origin,
        target: str,
        headers: Headers,
        body: bytes,
        limits: StepLimits,
        leaves: Callable[[], None],
    ) -> None:
        """Ask ``origin`` for ``target`` (RFC 9112, section 3.2); ``leaves`` is called right before anything is sent.

        Raises UnicodeError for a target that is not ASCII.
        """
        self.method, self.origin, self.target = method.encode("ascii"), origin, target.encode("ascii")
        self.headers, self.body, self.limits, self.leaves = headers, body, limits, leaves

    def __repr__(self) -> str:
        return f"KeptQuestion({self.method!r})"
