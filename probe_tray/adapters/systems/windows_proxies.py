"""The proxy settings of Windows: fixed addresses, their exceptions, and scripts."""

import contextlib
import fnmatch
from collections.abc import Callable, Mapping
from typing import Final, cast

from probe_tray.adapters.systems.operating_system import SystemProxies
from probe_tray.adapters.systems.user_registry import CONNECTIONS_KEY, INTERNET_KEY, UserRegistry
from probe_tray.core.errors import Phrase

_FLAGS: Final = 8
"""Where a value of WinINet's connections has its flags: after its version and its counter of changes."""
_AUTO_DETECT: Final = 0x08
"""PROXY_TYPE_AUTO_DETECT of INTERNET_PER_CONN_FLAGS (wininet.h)."""


def system_proxies() -> SystemProxies:
    """Those of the internet settings."""
    # Imported here: it brings megabytes that other systems do without.
    import urllib.request

    # The general getproxies() prefers the environment as soon as it holds NO_PROXY alone.
    read = cast("Callable[[], Mapping[str, str]]", vars(urllib.request)["getproxies_registry"])
    exceptions = UserRegistry(INTERNET_KEY).text("ProxyOverride")
    found = usable_proxies(read())
    return SystemProxies(Phrase("the network settings of Windows"), found, lambda host: is_excepted(host, exceptions))


def names_script() -> bool:
    """Whether there is an address of one."""
    return bool(UserRegistry(INTERNET_KEY).text("AutoConfigURL").strip())


def finds_script() -> bool:
    """Whether "Automatically detect settings" is on, as it is unless somebody switched it off."""
    with contextlib.suppress(OSError):
        found = UserRegistry(CONNECTIONS_KEY).read("DefaultConnectionSettings")
        return isinstance(found, bytes) and len(found) > _FLAGS and bool(found[_FLAGS] & _AUTO_DETECT)
    return False


def usable_proxies(addresses: Mapping[str, str]) -> dict[str, str]:
    """What Python found in the settings, without its copies of a SOCKS proxy.

    WORKAROUND CPython 3.11 to 3.14 (``getproxies_registry``): where the settings name a SOCKS proxy alone, it puts that
    in for http and https too, as ``socks4``, which Windows does not say and few proxies speak.
    """
    socks = addresses.get("socks", "").rpartition("://")[2]
    return {
        kind: address
        for kind, address in addresses.items()
        if kind == "socks" or not (socks and address.lower() == f"socks4://{socks}".lower())
    }


def is_excepted(host: str, exceptions: str) -> bool:
    """Whether ``ProxyOverride`` excepts ``host``: names with ``*``, and ``<local>`` for every name without a dot.

    Python's own answer asks the DNS for each host, which takes seconds behind a proxy (3.11 and 3.12).
    """
    host = host.lower().rstrip(".")
    for entry in exceptions.lower().split(";"):
        pattern = entry.strip().rpartition("://")[2]
        if pattern == "<local>":
            if "." not in host and ":" not in host:
                return True
        # A bracket would begin a set of characters.
        elif pattern and fnmatch.fnmatchcase(host, pattern.replace("[", "[[]")):
            return True
    return False
