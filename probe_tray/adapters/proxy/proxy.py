"""Which proxy the requests take: asked for, else found in the environment, else in the system's settings."""

import logging
import re
from collections.abc import Callable, Mapping
from typing import Protocol, Self
from urllib.parse import SplitResult, urlsplit

import msgspec

from probe_tray.adapters.systems.current import this_system
from probe_tray.adapters.systems.operating_system import SystemProxies
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import Phrase, ProxyAddressError

_log = logging.getLogger(__name__)
_VARIABLES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
_SCHEMES = ("http", "https", "socks5", "socks5h")
_SOCKS = re.compile(r"(?i)socks://")
_SYSTEM_KINDS = (("https", "http"), ("http", "http"), ("socks", "socks5"))
_LOOPBACK = re.compile(r"127(?:\.(?:0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])){3}")
"""RFC 1122, section 3.2.1.3."""
_HOST = re.compile(r"[A-Za-z0-9._\-:%]+")


class ProxyRoutes(Protocol):
    """Knows which proxy a request takes."""

    async def choice_for(self, host: str) -> "ProxyChoice | None":
        """The proxy for requests to ``host``, None where they go directly. Raises ProxyAddressError."""
        ...

    async def changed_by_failure(self, host: str) -> bool:
        """Look again after a direct connection to ``host`` failed; whether requests to it take a proxy now.

        Raises ProxyAddressError.
        """
        ...


class ProxyChoice(msgspec.Struct, frozen=True, kw_only=True):
    """The proxy of this run. ``shown`` and ``found_in`` carry no user name and no password."""

    address: Secret | None = None
    """With user name and password where there are; None = direct."""
    found_in: str = Phrase("nothing found")
    shown: str = Phrase("direct")
    bypasses: Callable[[str], bool] = lambda _: False

    @property
    def has_login(self) -> bool:
        """Whether the address holds a user name."""
        return self.address is not None and urlsplit(self.address.reveal()).username is not None

    def address_for(self, host: str) -> Secret | None:
        """The proxy for requests to ``host``, None where they go directly."""
        return None if self.address is None or self.bypasses(host) else self.address

    async def choice_for(self, host: str) -> Self | None:
        """This one, unless requests to ``host`` go directly: implements ``ProxyRoutes``."""
        return None if self.address_for(host) is None else self

    async def changed_by_failure(self, host: str) -> bool:
        """Never: implements ``ProxyRoutes``."""
        del host
        return False


def detect_proxy(
    override: str | None,
    environment: Mapping[str, str],
    *,
    override_name: str,
    system: Callable[[], SystemProxies],
) -> ProxyChoice:
    """The proxy to use: ``override`` (empty = direct, None = detect), variables, system settings, direct.

    An ``override`` holds for every host. What was found keeps to NO_PROXY, or to the exceptions of the system's
    settings, and never takes requests to this computer itself. Raises ProxyAddressError for an address that cannot
    be used.
    """
    if override is not None:
        if not override.strip():
            return ProxyChoice(found_in=override_name)
        return _choice(override, override_name, lambda _: False)
    exceptions = environment.get("NO_PROXY") or environment.get("no_proxy") or ""
    for name in _VARIABLES:
        for spelled in (name, name.lower()):
            if value := environment.get(spelled, "").strip():
                return _choice(value, spelled, lambda host: is_local(host) or matches_no_proxy(host, exceptions))
    found = _safely(system)
    for kind, scheme in _SYSTEM_KINDS:
        if value := found.addresses.get(kind, "").strip():
            # The system writes a SOCKS proxy with the scheme of an HTTP one.
            address = f"{scheme}://{value.rpartition('://')[2]}" if kind == "socks" else value
            return _choice(address, found.name, lambda host: is_local(host) or found.bypasses(host))
    return ProxyChoice()


def _safely(system: Callable[[], SystemProxies]) -> SystemProxies:
    try:
        return system()
    except Exception as error:  # noqa: BLE001 - libraries of the system and Python's own: settings of any shape
        _log.warning("the system's proxy settings cannot be read: %s", type(error).__name__)
        return SystemProxies()


def read_system_proxies() -> SystemProxies:
    """The proxy settings of macOS or Windows. Reads the system, so call it off the event loop."""
    return this_system().proxies()


def is_local(host: str) -> bool:
    """Whether ``host`` is this computer."""
    if host.lower() == "localhost" or _LOOPBACK.fullmatch(host):
        return True
    if ":" not in host:
        return False
    # Imported here, as below.
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def matches_no_proxy(host: str, exceptions: str) -> bool:
    """Whether NO_PROXY's list excepts ``host``: ``*``, names with their subdomains, addresses, networks (CIDR)."""
    host = host.lower().rstrip(".")
    return any(_matches(host, entry) for entry in re.split(r"[\s,]+", exceptions.lower()) if entry)


def _matches(host: str, entry: str) -> bool:
    if entry == "*":
        return True
    if (inside := _is_inside(host, entry)) is not None:
        return inside
    # The port is ignored: every request goes to port 443.
    name = entry.removeprefix("*").lstrip(".").partition(":")[0].rstrip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _is_inside(host: str, network: str) -> bool | None:
    """Whether the address ``host`` belongs to ``network``; None where one of them is a name."""
    if ":" not in host and not host.replace(".", "").isdigit():
        return None
    # Imported here: half a megabyte, and most hosts are names.
    import ipaddress

    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network.strip("[]"), strict=False)
    except ValueError:
        return None


def _choice(value: str, name: str, bypasses: Callable[[str], bool]) -> ProxyChoice:
    value = value.strip()
    # GNOME and Clash write it so; names are for the proxy to look up, as theirs do.
    address = _SOCKS.sub("socks5h://", value, count=1) if _SOCKS.match(value) else value
    address = address if "://" in address else f"http://{address}"
    parts, port = _parts(address, name)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    shown = f"{parts.scheme}://{host}" + ("" if port is None else f":{port}")
    return ProxyChoice(address=Secret(address), found_in=name, shown=shown, bypasses=bypasses)


def _parts(address: str, name: str) -> tuple[SplitResult, int | None]:
    """The parts of a usable address. No message shows the address: it may hold a password."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise ProxyAddressError(place=name, reason=_why(address, Phrase("it has no usable host and port"))) from None
    if parts.scheme not in _SCHEMES:
        raise ProxyAddressError(place=name, reason=Phrase("it isn't an http, https, socks5 or socks5h address"))
    if not _HOST.fullmatch(parts.hostname or "") or not address.isascii() or not address.isprintable():
        raise ProxyAddressError(place=name, reason=_why(address, Phrase("it has no usable host")))
    return parts, port


def _why(address: str, otherwise: str) -> str:
    """Why there is no host: most often a password holds what ends one (RFC 3986, section 3.2)."""
    login, at, _ = address.partition("://")[2].rpartition("@")
    if at and any(mark in login for mark in "#/?"):
        return Phrase("a #, / or ? in its user name or password has to be written as %23, %2F or %3F")
    return otherwise
