"""The browser's part of a login: from an address to a code that can be traded for tokens."""

import asyncio
import re
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    BrowserError,
    ExchangeError,
    LoginDeniedError,
    LoginNotEntitledError,
    LoginTimedOutError,
    PastedAddressError,
    Phrase,
    ProbeError,
)
from probe_tray.core.login.oauth import (
    Callback,
    CallbackFault,
    Grant,
    LoginAttempt,
    authorize_address,
    callback_address,
    new_attempt,
    read_pasted,
)
from probe_tray.core.service.service import Service
from probe_tray.engine.timers import end_all, wait_for
from probe_tray.ports.desktop import Browser, CallbackListener, OpenCallback
from probe_tray.ports.time import Clock, Randomness

_PATIENCE = timedelta(minutes=10)


class Waiting(NamedTuple):
    """What the person's part of a sign-in is."""

    ends_at: datetime
    """When waiting ends by itself, aware UTC."""
    port: int | None = None
    user_code: str = ""
    page: str = ""


class LoginMethod(Protocol):
    """One way to sign in; one attempt at a time."""

    @property
    def address(self) -> Secret | None:
        """The page of the attempt that waits now."""
        ...

    async def run(self, waits: Callable[[Waiting], None], trouble: Callable[[ProbeError], None]) -> Grant:
        """Have the person sign in. Raises what ended it otherwise.

        ``waits`` is called when the part of the person begins, ``trouble`` when something needs a hand and it goes on.
        Cancelling ends the attempt and everything that belongs to it.
        """
        ...

    async def show_page(self) -> None:
        """Open the page of the waiting attempt. Raises BrowserError."""
        ...


class _Open(NamedTuple):
    attempt: LoginAttempt
    address: Secret
    pasted: asyncio.Future[Callback]


class BrowserLogin:
    """Authorization code with PKCE (RFC 7636), over a loopback listener (RFC 8252 section 7.3) or brought by hand."""

    def __init__(
        self,
        service: Service,
        listener: CallbackListener | None,
        browser: Browser,
        clock: Clock,
        randomness: Randomness,
        *,
        handles: Callable[[Secret], None],
    ) -> None:
        """Without a ``listener`` only what is pasted ends the wait.

        ``handles`` hears of every secret of an attempt, and of what was pasted, before anything is done with it.
        """
        self._service = service
        self._listener = listener
        self._browser = browser
        self._clock = clock
        self._randomness = randomness
        self._handles = handles
        self._open: _Open | None = None

    def use(self, service: Service) -> None:
        """Sign in to ``service`` from the next attempt on."""
        self._service = service

    @property
    def address(self) -> Secret | None:
        """The sign-in page of the attempt that waits now."""
        return None if self._open is None else self._open.address

    async def run(self, waits: Callable[[Waiting], None], trouble: Callable[[ProbeError], None]) -> Grant:
        """Sign in through the browser, within ten minutes. It goes on without one: the address can be copied.

        Cancelling closes the listener; state and verifier are gone.
        """
        attempt = new_attempt(self._randomness.token_bytes)
        self._handles(attempt.state)
        self._handles(attempt.verifier)
        async with AsyncExitStack() as stack:
            opened: OpenCallback | None = None
            if self._listener is not None:
                opened = await stack.enter_async_context(self._listener.open(attempt.state))
            first_port = self._service.ports[0]
            address = (
                callback_address(self._service.redirect_host, first_port) if opened is None else opened.redirect_uri
            )
            pasted: asyncio.Future[Callback] = asyncio.get_running_loop().create_future()
            self._open = _Open(attempt, authorize_address(self._service, attempt, address), pasted)
            try:
                waits(Waiting(self._clock.now() + _PATIENCE, port=None if opened is None else opened.port))
                try:
                    await self.show_page()
                except BrowserError as error:
                    trouble(error)
                callback = await self._first(pasted, opened)
            finally:
                self._open = None
        return Grant(code=_code(callback), verifier=attempt.verifier, redirect_uri=address)

    async def show_page(self) -> None:
        """Open the sign-in page of the waiting attempt, again if need be. Raises BrowserError."""
        if self._open is not None:
            await self._browser.open(self._open.address.reveal())

    def paste(self, text: Secret) -> None:
        """End the wait with the address that the browser ended at.

        Raises PastedAddressError where it is none of this attempt's; then it goes on waiting.
        """
        if self._open is None or self._open.pasted.done():
            return
        self._handles(text)
        found = read_pasted(text, self._open.attempt.state)
        if isinstance(found, CallbackFault):
            raise PastedAddressError(reason=found.phrase)
        self._open.pasted.set_result(found)

    async def _first(self, pasted: asyncio.Future[Callback], opened: OpenCallback | None) -> Callback:
        patience = asyncio.create_task(wait_for(self._clock, _PATIENCE))
        answers = [pasted] if opened is None else [pasted, asyncio.create_task(opened.wait())]
        try:
            await asyncio.wait({patience, *answers}, return_when=asyncio.FIRST_COMPLETED)
            for answer in answers:
                if answer.done():
                    return answer.result()
            raise LoginTimedOutError(minutes="10")
        finally:
            await end_all((patience, *answers))


def _code(callback: Callback) -> Secret:
    if callback.code is not None:
        return callback.code
    if callback.error == "access_denied":
        raise LoginNotEntitledError if "missing_codex_entitlement" in callback.description else LoginDeniedError
    known = re.fullmatch("[a-z_]{1,60}", callback.error)
    if known:
        raise ExchangeError(reason=Phrase("the login page ended with {code}", code=callback.error))
    raise ExchangeError(reason=Phrase("the login page ended with no code"))
