"""Proxies that a script (PAC) of the system's settings chooses; who evaluates it is given."""

from collections.abc import Callable, Sequence

from probe_tray.adapters.systems.current import this_system
from probe_tray.adapters.systems.operating_system import SystemProxies
from probe_tray.core.errors import Phrase

PLACE = Phrase("the script of the network settings (PAC)")


class PacProxies:
    """Reads the system's proxies; where they are left to a script, those of the script for some hosts.

    A script that only the network may offer is looked for once a direct connection has failed: Windows comes with that
    switched on, and the search takes seconds in networks that have none.
    """

    def __init__(
        self,
        evaluate: Callable[[str], str],
        hosts: Sequence[str],
        *,
        has_script: Callable[[], bool],
        finds_script: Callable[[], bool],
        read: Callable[[], SystemProxies],
    ) -> None:
        """``evaluate`` gives the script's proxy for a host, with its scheme, empty for a direct connection.

        It is asked only where there is a script, since it may take seconds, and only for ``hosts``, once each.
        """
        self._evaluate = evaluate
        self._hosts = tuple(hosts)
        self._has_script, self._finds_script = has_script, finds_script
        self._read = read
        self._searches = False

    def search(self) -> bool:
        """From now on look for a script in the network too, where the settings say so; whether they do. Blocks."""
        self._searches = self._finds_script()
        return self._searches

    def __call__(self) -> SystemProxies:
        """The proxies now. Blocks."""
        fixed = self._read()
        if any(fixed.addresses.values()) or not (self._searches or self._has_script()):
            return fixed
        chosen = {host: self._evaluate(host) for host in self._hosts}
        address = next(filter(None, chosen.values()), "")
        if not address:
            return fixed
        kind = "socks" if address.startswith("socks") else "http"
        return SystemProxies(PLACE, {kind: address}, lambda host: not chosen.get(host, address))


def names_script() -> bool:
    """Whether the settings of macOS or Windows name a script; elsewhere they never do. Blocks."""
    return this_system().names_script()


def finds_script() -> bool:
    """Whether the settings of macOS or Windows say to look for a script in the network. Blocks."""
    return this_system().finds_script()
