"""Opens the shared table over HTTP. What asks it is loaded with the first one: most runs of a tray have none."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from probe_tray.adapters.http.exchange import Exchange
from probe_tray.adapters.http.tls import make_context
from probe_tray.adapters.http.wire.pool import make_pool
from probe_tray.adapters.proxy.proxy import ProxyRoutes
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import SYNC_TABLE
from probe_tray.core.sync.setup import SyncTarget
from probe_tray.core.sync.table_key import keys_of, table_secret

if TYPE_CHECKING:
    from probe_tray.adapters.http.tables import HttpTable


class HttpTableFactory:
    """Implements ``Tables``."""

    def __init__(
        self,
        proxy: ProxyRoutes,
        environment: Mapping[str, str],
        *,
        handles: Callable[[Secret], None],
    ) -> None:
        """SSL_CERT_FILE and SSL_CERT_DIR are taken from ``environment``; ``handles`` hears of every secret sent."""
        self._proxy = proxy
        self._environment = environment
        self._handles = handles

    @asynccontextmanager
    async def open(self, target: SyncTarget) -> AsyncGenerator["HttpTable"]:
        """The table of ``target``; its connections end with the context."""
        host = urlsplit(target.url).hostname or ""
        await asyncio.to_thread(import_module, "probe_tray.adapters.http.tables")
        from probe_tray.adapters.http.rest_project import SECONDS
        from probe_tray.adapters.http.tables import HttpTable

        context = await asyncio.to_thread(make_context, self._environment, host)
        # Without TLS it goes to this computer alone: a proxy would see the key, and mean another computer by the name.
        proxy = await self._proxy.choice_for(host) if target.url.startswith("https:") else None
        address = None if proxy is None else proxy.address
        shown = [table_secret(key) for key in keys_of(target.key)]
        for secret in (target.api_key, target.key, *keys_of(target.key), *shown, address):
            if secret is not None:
                self._handles(secret)
        async with Exchange(host, proxy, SYNC_TABLE).attempt(SECONDS):
            pool = make_pool(context, address)
        try:
            yield HttpTable(target, pool, proxy)
        finally:
            with suppress(Exception):  # What was to come has come.
                await pool.retire()
