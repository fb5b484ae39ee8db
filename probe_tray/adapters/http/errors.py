"""What a failed request was, in the program's own errors. Foreign exceptions may carry headers: none gets past here."""

import re
import socket
import ssl
from collections.abc import Iterator
from typing import cast

import httpx

from probe_tray.adapters.proxy.proxy import ProxyChoice
from probe_tray.core.errors import (
    CertificateError,
    NotSentError,
    ProxyLoginError,
    ProxyLoginMissingError,
    ServiceError,
    UncertainError,
)

_VERIFY_REASONS = {
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    18: "its certificate vouches for itself and is not trusted by this computer",
    19: "its certificate's issuer is not trusted by this computer",
    20: "its certificate's issuer is not trusted by this computer",
    62: "its certificate is for another name",
    64: "its certificate is for another name",
}
"""OpenSSL's X509_V_ERR numbers."""


_PROXY_STATUS = re.compile(r"([1-9][0-9]{2})\b")
_PROXY_LOGIN = frozenset({"401", "407"})
"""What proxies answer to a missing or a wrong password; 407 is that of RFC 9110, section 15.5.8."""


def to_service_error(error: BaseException, *, host: str, proxy: ProxyChoice | None, sent: bool) -> ServiceError:
    """The failure that ``error`` stands for, whatever a library has raised.

    ``sent`` says whether the request had begun to leave: that decides between NotSentError and UncertainError, whatever
    the exception is called. ``proxy`` is that of the request, None for a direct connection.
    """
    causes = list(_chain(error))
    untrusted = next((c for c in causes if isinstance(c, ssl.SSLCertVerificationError)), None)
    if untrusted is not None and not sent:
        reason = _VERIFY_REASONS.get(
            getattr(untrusted, "verify_code", 0), "its certificate is not trusted by this computer"
        )
        return CertificateError(host=host, reason=reason)
    if sent:
        return UncertainError(reason=_broken(causes))
    if proxy is not None and (refused := _refused_login(causes[0], proxy)) is not None:
        return refused
    return NotSentError(reason=_unsent(causes, host, proxy))


def _refused_login(error: BaseException, proxy: ProxyChoice) -> ProxyLoginError | None:
    """What a proxy says about the user and password; httpcore tells it in the text of its exception and nowhere else.

    After CONNECT that begins with the status: "407 Proxy Authentication Required". SOCKS5 (RFC 1928, section 3, and
    RFC 1929): "Requested NO AUTHENTICATION REQUIRED from proxy server, but got …", "Invalid username/password".
    """
    if not isinstance(error, httpx.ProxyError):
        return None
    said = str(error)
    status = _PROXY_STATUS.match(said)
    if status is not None and status[1] in _PROXY_LOGIN:
        found = ProxyLoginError if proxy.has_login else ProxyLoginMissingError
        return found(proxy=proxy.shown)
    if said.startswith("Invalid username/password"):
        return ProxyLoginError(proxy=proxy.shown)
    return ProxyLoginMissingError(proxy=proxy.shown) if said.startswith("Requested NO AUTH") else None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and what it came from, each once."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        current = waiting.pop(0)
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [current.__cause__, current.__context__]
        if isinstance(current, BaseExceptionGroup):
            waiting += cast("BaseExceptionGroup[BaseException]", current).exceptions


def _broken(causes: list[BaseException]) -> str:
    if any(isinstance(c, httpx.TimeoutException | TimeoutError) for c in causes):
        return "no answer came in time"
    if isinstance(causes[0], httpx.RemoteProtocolError | httpx.DecodingError):
        return "the answer was cut off or garbled"
    return "the connection was lost"


def _unsent(causes: list[BaseException], host: str, proxy: ProxyChoice | None) -> str:
    peer = host if proxy is None else f"the proxy {proxy.shown}"
    if isinstance(causes[0], httpx.ProxyError):
        if str(causes[0]).startswith("Requested USERNAME"):
            return f"{peer} takes no user name and password"
        status = _PROXY_STATUS.match(str(causes[0]))
        return f"{peer} refused to connect to {host}" + ("" if status is None else f" (status {status[1]})")
    if any(isinstance(c, httpx.LocalProtocolError | httpx.UnsupportedProtocol | UnicodeError) for c in causes):
        return "this login holds characters that cannot be sent"
    if any(isinstance(c, socket.gaierror) for c in causes):
        return f"the name of {peer} was not found"
    if any(isinstance(c, ConnectionRefusedError) for c in causes):
        return f"{peer} refused the connection"
    if any(isinstance(c, httpx.TimeoutException | TimeoutError) for c in causes):
        return f"{peer} did not answer in time"
    if any(isinstance(c, ssl.SSLError) for c in causes):
        return f"no secure connection to {host} came about"
    if any(isinstance(c, OSError | httpx.NetworkError) for c in causes):
        return f"there is no connection to {peer}"
    # Whatever else there is, comes from reading what the other side has said.
    return f"{peer} answered something that Probe Tray cannot read"
