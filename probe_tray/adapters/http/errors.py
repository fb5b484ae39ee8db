"""What a failed request was, in the program's own errors. Foreign exceptions may carry headers: none gets past here."""

import re
import socket
import ssl
from collections.abc import Iterator
from typing import cast

import httpx

from probe_tray.adapters.proxy.proxy import ProxyChoice
from probe_tray.core.errors import (
    SERVICE,
    CertificateError,
    NotSentError,
    Phrase,
    ProxyLoginError,
    ProxyLoginMissingError,
    ServiceError,
    UncertainError,
)

_VERIFY_REASONS = {
    9: Phrase("its certificate is not valid yet"),
    10: Phrase("its certificate has expired"),
    18: Phrase("its certificate is self-signed and not trusted by this computer"),
    19: Phrase("its certificate's issuer is not trusted by this computer"),
    20: Phrase("its certificate's issuer is not trusted by this computer"),
    62: Phrase("its certificate is for another name"),
    64: Phrase("its certificate is for another name"),
}
"""OpenSSL's X509_V_ERR numbers."""


_PROXY_STATUS = re.compile(r"([1-9][0-9]{2})\b")
_PROXY_LOGIN = frozenset({"401", "407"})
"""What proxies answer to a missing or a wrong password; 407 is that of RFC 9110, section 15.5.8."""


def to_service_error(
    error: BaseException, *, host: str, proxy: ProxyChoice | None, sent: bool, party: str = SERVICE
) -> ServiceError:
    """The failure that ``error`` stands for, whatever a library has raised.

    ``sent`` says whether the request had begun to leave: that decides between NotSentError and UncertainError, whatever
    the exception is called. ``party`` is whom the request was for, and ``proxy`` that of the request, None for a direct
    connection.
    """
    causes = list(_chain(error))
    untrusted = next((c for c in causes if isinstance(c, ssl.SSLCertVerificationError)), None)
    if untrusted is not None and not sent:
        reason = _VERIFY_REASONS.get(
            getattr(untrusted, "verify_code", 0), Phrase("its certificate is not trusted by this computer")
        )
        return CertificateError(host=host, reason=reason)
    if sent:
        return UncertainError(reason=_broken(causes))
    if proxy is not None and (refused := _refused_login(causes[0], proxy)) is not None:
        return refused
    return NotSentError(party=party, reason=_unsent(causes, host, proxy))


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
        return Phrase("no answer came in time")
    if isinstance(causes[0], httpx.RemoteProtocolError | httpx.DecodingError):
        return Phrase("the answer was cut off or garbled")
    return Phrase("the connection was lost")


def _unsent(causes: list[BaseException], host: str, proxy: ProxyChoice | None) -> str:
    peer = host if proxy is None else Phrase("the proxy {proxy}", proxy=proxy.shown)
    if isinstance(causes[0], httpx.ProxyError):
        if str(causes[0]).startswith("Requested USERNAME"):
            return Phrase("{peer} takes no user name and password", peer=peer)
        status = _PROXY_STATUS.match(str(causes[0]))
        if status is None:
            return Phrase("{peer} refused to connect to {host}", peer=peer, host=host)
        return Phrase("{peer} refused to connect to {host} (status {n})", peer=peer, host=host, n=status[1])
    if any(isinstance(c, httpx.LocalProtocolError | httpx.UnsupportedProtocol | UnicodeError) for c in causes):
        return Phrase("this login contains characters that can't be sent")
    if any(isinstance(c, socket.gaierror) for c in causes):
        return Phrase("the name of {peer} was not found", peer=peer)
    if any(isinstance(c, ConnectionRefusedError) for c in causes):
        return Phrase("{peer} refused the connection", peer=peer)
    if any(isinstance(c, httpx.TimeoutException | TimeoutError) for c in causes):
        return Phrase("{peer} didn't answer in time", peer=peer)
    if any(isinstance(c, ssl.SSLError) for c in causes):
        return Phrase("a secure connection to {host} could not be made", host=host)
    if any(isinstance(c, OSError | httpx.NetworkError) for c in causes):
        return Phrase("there is no connection to {peer}", peer=peer)
    # Whatever else there is, comes from reading what the other side has said.
    return Phrase("{peer} sent an answer Probe Tray can't read", peer=peer)
