"""HTTP messages of the simulated service: what was asked, what is answered, and how a request is refused."""

import enum
import json
from collections.abc import Mapping

import msgspec

JSON_TYPE = "application/json"
HTML_TYPE = "text/html; charset=utf-8"


class Role(enum.StrEnum):
    """Which of the hosts a connection reached."""

    ISSUER = "issuer"
    BACKEND = "backend"
    TABLE = "table"
    RELEASES = "releases"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One parsed request. Header names are lower case; ``path`` has no query."""

    role: Role
    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    port: int
    """The local port that took the connection."""
    nth: int
    """How many requests this connection had carried before: 0 on a fresh one."""
    omit: frozenset[str] = frozenset()
    """Members that the reply of the token endpoint leaves out, by order of a scripted fault."""
    short: int = 0
    """How many rows at its end a page of the table leaves out, likewise."""

    def header(self, name: str) -> str | None:
        """The first value of the header ``name`` (lower case), or None."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def media_type(self) -> str:
        """The content type without its parameters, lower case; empty when there is none."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    def __repr__(self) -> str:
        """Name method and path only: headers and body carry tokens."""
        return f"Request({self.method} {self.path})"


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """One answer. With ``chunks`` the body is streamed, ``pause`` seconds apart, after ``body``."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    chunks: tuple[bytes, ...] = ()
    pause: float = 0.0

    def __repr__(self) -> str:
        """Name the status only: the body may carry tokens."""
        return f"Reply({self.status})"


class DemoRefusal(Exception):
    """The request is understood and refused, as the real service would."""

    def __init__(self, reply: Reply, reason: str) -> None:
        """Refuse with ``reply``; ``reason`` never names a secret."""
        super().__init__(reason)
        self.reply = reply


class Strange(DemoRefusal):
    """The specification does not know such a request: it is refused, and recorded as a violation."""

    def __init__(self, problem: str, *, status: int = 400, oauth: str | None = None) -> None:
        """Refuse with ``status``; ``problem`` names parameters and headers, never their secret values.

        With ``oauth`` the body is RFC 6749's, with this error code; else it is the nested one.
        """
        nested = {"message": problem, "type": "invalid_request_error", "code": "invalid_request"}
        body = {"error": oauth, "error_description": problem} if oauth else {"error": nested}
        super().__init__(as_json(body, status=status), problem)


def as_json(body: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A JSON answer which nobody may store (RFC 6749, section 5.1)."""
    extra = tuple((headers or {}).items())
    return Reply(
        status=status,
        body=json.dumps(body).encode(),
        headers=(("content-type", JSON_TYPE), ("cache-control", "no-store"), *extra),
    )


def refused(status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None) -> DemoRefusal:
    """A refusal in the nested shape: ``{"error": {"message", "type", "code"}}``."""
    body = {"error": {"message": message, "type": "invalid_request_error", "code": code}}
    return DemoRefusal(as_json(body, status=status, headers=headers), code)
