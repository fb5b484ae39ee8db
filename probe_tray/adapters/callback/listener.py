"""The loopback listener: open for one login, refusing everything that does not know its state.

RFC 8252 sections 7.3 and 8.3 are the ground; the ports are the ones registered for the client.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING, final

from probe_tray.adapters.callback.loopback_ports import ANOTHER_PROGRAM, bind_loopback, holder_of
from probe_tray.adapters.systems.current import this_system
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import PortsReservedError, PortsTakenError
from probe_tray.core.service.service import Service

if TYPE_CHECKING:
    from probe_tray.adapters.callback.login_listener import LoginListener


@final
class LoopbackListener:
    """Opens a listener for one login after the other; implements the port ``CallbackListener``."""

    def __init__(self, service: Service) -> None:
        """Listen on the ports of ``service``, of which the first is preferred."""
        self._service = service
        self._last: LoginListener | None = None

    def use(self, service: Service) -> None:
        """Open the next listener for ``service``."""
        self._service = service

    @asynccontextmanager
    async def open(self, state: Secret) -> AsyncGenerator["LoginListener"]:
        """Open the first free port on every loopback family there is. Raises PortsTakenError.

        Leaving closes it: at once when no callback came; otherwise in the background, as soon as the browser has
        fetched its last page, and a few seconds later at most. Nothing that arrives then has an effect.
        """
        # In a thread: what reads requests takes 15 ms to load, and most runs see no login.
        await asyncio.to_thread(import_module, "probe_tray.adapters.callback.login_listener")
        from probe_tray.adapters.callback.login_listener import LoginListener

        if self._last is not None:
            await self._last.close()
        for port in self._service.ports:
            if sockets := bind_loopback(port):
                break
        else:
            holder = await asyncio.to_thread(holder_of, self._service.ports, this_system())
            if this_system().reserves_ports and holder == ANOTHER_PROGRAM:
                raise PortsReservedError
            raise PortsTakenError(holder=holder)
        login = self._last = LoginListener(self._service.redirect_host, state, sockets)
        try:
            yield login
        finally:
            await login.leave()

    async def closed(self) -> None:
        """Wait until everything is closed: for a program that ends right after a login."""
        if self._last is not None:
            await self._last.finished()
