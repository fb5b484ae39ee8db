"""The proxy of a program whose settings change while it runs: looked for in threads, for that may take seconds."""

import asyncio
from collections.abc import Callable, Mapping

from probe_tray.adapters.proxy.proxy import ProxyChoice, detect_proxy
from probe_tray.adapters.systems.operating_system import SystemProxies
from probe_tray.core.errors import Phrase

IN_SETTINGS = Phrase("the settings")
"""Where an address stands that a person has entered."""


class ProxySource:
    """Implements ``ProxyRoutes``: looks once for each setting, when the first request wants to know."""

    def __init__(
        self,
        setting: str | None,
        environment: Mapping[str, str],
        system: Callable[[], SystemProxies],
        search: Callable[[], bool],
    ) -> None:
        """Begin with ``setting``: None = detect, empty = direct. ``system`` reads the system's, and may block.

        ``search`` has it look in the network too, and says whether it will; it may block as well.
        """
        self._setting, self._environment, self._system, self._search = setting, environment, system, search
        self._looking: asyncio.Future[ProxyChoice] | None = None
        self._direct: dict[str, bool] = {}
        self.known: ProxyChoice | None = None
        """What was found last; None before that, and while it cannot be used."""

    def use(self, setting: str | None) -> None:
        """Look again with this setting, from the next request on. One that is the same changes nothing."""
        if setting != self._setting:
            self._setting, self._looking, self._direct, self.known = setting, None, {}, None

    async def choice_for(self, host: str) -> ProxyChoice | None:
        """The proxy for requests to ``host``, None where they go directly. Raises ProxyAddressError."""
        if self._looking is None:
            self._looking = asyncio.ensure_future(asyncio.to_thread(self._look))
        direct = self._direct
        # One request that is given up must not take the answer from the others.
        self.known = choice = await asyncio.shield(self._looking)
        if host not in direct:
            # The exceptions of a system may ask its DNS.
            direct[host] = await asyncio.to_thread(choice.address_for, host) is None
        return None if direct[host] else choice

    async def changed_by_failure(self, host: str) -> bool:
        """Look again after a direct connection to ``host`` failed; whether requests to it take a proxy now.

        Raises ProxyAddressError.
        """
        tried = self._looking
        if self._setting is not None or self.known is None or self.known.address is not None:
            return False
        if not await asyncio.to_thread(self._search):
            return False
        if self._looking is tried:  # Of several requests that failed together, one looks.
            self._looking, self._direct = None, {}
        return await self.choice_for(host) is not None

    def _look(self) -> ProxyChoice:
        return detect_proxy(self._setting, self._environment, override_name=IN_SETTINGS, system=self._system)
