"""The browser's part of a login: from an address to tokens."""

import asyncio
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from probe_tray.core.credential import Credential
from probe_tray.core.errors import (
    BrowserError,
    ExchangeError,
    LoginDeniedError,
    LoginNotEntitledError,
    LoginTimedOutError,
    ProbeError,
)
from probe_tray.core.oauth import authorize_address, new_attempt
from probe_tray.core.secret import Secret
from probe_tray.core.service import Service
from probe_tray.core.token_reply import login_from_reply
from probe_tray.engine.waiting import wait_for
from probe_tray.ports import AuthService, Browser, Callback, CallbackListener, Clock, OpenCallback, Randomness

_PATIENCE = timedelta(minutes=10)


class BrowserSignIn:
    """Authorization code with PKCE (RFC 7636) over a loopback listener (RFC 8252 section 7.3)."""

    def __init__(
        self,
        service: Service,
        auth: AuthService,
        listener: CallbackListener,
        browser: Browser,
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        """Take the ports a sign-in passes through."""
        self._service = service
        self._auth = auth
        self._listener = listener
        self._browser = browser
        self._clock = clock
        self._randomness = randomness
        self._address: Secret | None = None

    @property
    def address(self) -> Secret | None:
        """The sign-in page of the attempt that waits now."""
        return self._address

    async def run(
        self, waiting: Callable[[int, datetime], None], trouble: Callable[[ProbeError], None], back: Callable[[], None]
    ) -> Credential:
        """Sign in and return the login. Raises what ended it otherwise.

        ``waiting(port, ends_at)`` is called when the part of the person begins, ``trouble`` when no browser opens (it
        goes on, since the address can be copied), ``back`` when the browser has answered. Cancelling ends the attempt:
        state and verifier are gone, the listener is closed.
        """
        attempt = new_attempt(self._randomness.token_bytes)
        async with self._listener.open(attempt.state) as callback:
            self._address = authorize_address(self._service, attempt, callback.redirect_uri)
            try:
                ends_at = self._clock.now() + _PATIENCE
                waiting(callback.port, ends_at)
                await self.show_page(trouble)
                answer = await self._first(callback)
            finally:
                self._address = None
            code = _code(answer)
            back()
            reply = await self._auth.exchange(code, attempt.verifier, callback.redirect_uri)
        return login_from_reply(reply, now=self._clock.now(), host=urlsplit(self._service.issuer).netloc)

    async def show_page(self, trouble: Callable[[ProbeError], None]) -> None:
        """Open the sign-in page of the waiting attempt, again if need be."""
        if self._address is None:
            return
        try:
            await self._browser.open(self._address.reveal())
        except BrowserError as error:
            trouble(error)

    async def _first(self, callback: OpenCallback) -> Callback:
        patience = asyncio.create_task(wait_for(self._clock, _PATIENCE))
        answer = asyncio.create_task(callback.wait())
        try:
            await asyncio.wait({patience, answer}, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                return answer.result()
            raise LoginTimedOutError
        finally:
            patience.cancel()
            answer.cancel()


def _code(callback: Callback) -> Secret:
    if callback.code is not None:
        return callback.code
    if callback.error == "access_denied":
        raise LoginNotEntitledError if "missing_codex_entitlement" in callback.description else LoginDeniedError
    known = re.fullmatch("[a-z_]{1,60}", callback.error)
    raise ExchangeError(reason=f"the sign-in page ended with {callback.error if known else 'no code'}")
