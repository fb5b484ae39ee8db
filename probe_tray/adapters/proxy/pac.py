"""Proxies that a script (PAC) of the system's settings chooses; who evaluates it is given."""

import re
import subprocess
import sys
from collections.abc import Callable, Sequence

from probe_tray.adapters.proxy.proxy import SystemProxies, read_system_proxies
from probe_tray.core.errors import Phrase

PLACE = Phrase("the script of the network settings (PAC)")
_KEY = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings"
_SCUTIL = ("/usr/sbin/scutil", "--proxy")
_SECONDS = 3.0


class PacProxies:
    """Reads the system's proxies; where they are left to a script, those of the script for some hosts."""

    def __init__(
        self,
        evaluate: Callable[[str], str],
        hosts: Sequence[str],
        *,
        has_script: Callable[[], bool] | None = None,
        read: Callable[[], SystemProxies] = read_system_proxies,
    ) -> None:
        """``evaluate`` gives the script's proxy for a host, with its scheme, empty for a direct connection.

        It is asked only where there is a script, since it may take seconds, and only for ``hosts``, once each.
        """
        self._evaluate = evaluate
        self._hosts = tuple(hosts)
        self._has_script = has_script or names_script
        self._read = read

    def __call__(self) -> SystemProxies:
        """The proxies now. Blocks."""
        fixed = self._read()
        if any(fixed.addresses.values()) or not self._has_script():
            return fixed
        chosen = {host: self._evaluate(host) for host in self._hosts}
        address = next(filter(None, chosen.values()), "")
        if not address:
            return fixed
        kind = "socks" if address.startswith("socks") else "http"
        return SystemProxies(PLACE, {kind: address}, lambda host: not chosen.get(host, address))


def names_script() -> bool:
    """Whether the settings of macOS or Windows name a script; elsewhere they never do."""
    if sys.platform == "win32":
        return _registry_names_script()
    return sys.platform == "darwin" and scutil_names_script(_scutil())


def scutil_names_script(shown: str) -> bool:
    """Whether what ``scutil --proxy`` shows has a script that is switched on."""
    enabled = re.search(r"^\s*ProxyAutoConfigEnable\s*:\s*1\s*$", shown, re.MULTILINE)
    address = re.search(r"^\s*ProxyAutoConfigURLString[ \t]*:[ \t]*\S", shown, re.MULTILINE)
    return enabled is not None and address is not None


def _scutil() -> str:
    try:
        done = subprocess.run(_SCUTIL, capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace")


def _registry_names_script() -> bool:
    if sys.platform != "win32":
        return False
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_CURRENT_USER, _KEY) as key:
            address, _ = winreg.QueryValueEx(key, "AutoConfigURL")
    except OSError:
        return False
    return isinstance(address, str) and bool(address.strip())
