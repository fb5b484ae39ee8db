"""Signing in without a browser on this machine: a short code, typed into a page anywhere."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    EdgeBlockedError,
    LoginTimedOutError,
    NotSentError,
    ProbeError,
    RateLimitedError,
    UnavailableError,
    UncertainError,
)
from probe_tray.core.login.device_code import (
    LIFETIME,
    device_page,
    passing_trouble,
    read_device_code,
    read_device_grant,
)
from probe_tray.core.login.oauth import Grant
from probe_tray.core.service.service import Service
from probe_tray.engine.login.browser_login import Waiting
from probe_tray.engine.timers import wait_for
from probe_tray.ports.desktop import Browser
from probe_tray.ports.http import AuthService
from probe_tray.ports.time import Clock

_PASSING = (NotSentError, UncertainError, RateLimitedError, UnavailableError, EdgeBlockedError)
"""Failures that a code outlives: it stays good for its fifteen minutes."""


class DeviceLogin:
    """Shows a code and asks until somebody has typed it, at most fifteen minutes."""

    def __init__(self, service: Service, auth: AuthService, browser: Browser, clock: Clock) -> None:
        """Take the ports a sign-in passes through."""
        self._service = service
        self._auth = auth
        self._browser = browser
        self._clock = clock
        self._waits = False

    @property
    def address(self) -> Secret | None:
        """The page for the code while one waits; the same for everybody."""
        return Secret(device_page(self._service)) if self._waits else None

    async def run(self, waits: Callable[[Waiting], None], trouble: Callable[[ProbeError], None]) -> Grant:
        """Sign in with a code. The page is not opened by itself: the browser may be anywhere.

        ``trouble`` tells of a network or a service that fails meanwhile. Raises a LoginError, or what blocked the way.
        """
        host = urlsplit(self._service.issuer).netloc
        code = read_device_code(await self._auth.device_start(), host=host, now=self._clock.now())
        end = self._clock.monotonic() + LIFETIME.total_seconds()
        waiting = Waiting(self._clock.now() + LIFETIME, user_code=code.user_code, page=device_page(self._service))
        self._waits, failing = True, False
        waits(waiting)
        try:
            while (left := end - self._clock.monotonic()) > 0:
                await wait_for(self._clock, timedelta(seconds=min(code.interval, left)))
                try:
                    answer = await self._auth.device_poll(code.device_auth_id, code.user_code)
                    if (passing := passing_trouble(answer, host=host, now=self._clock.now())) is not None:
                        raise passing
                except _PASSING as error:
                    failing = True
                    trouble(error)
                    # Asked before the service wants to be, it would only go on refusing.
                    asked = timedelta() if error.retry_after is None else error.retry_after
                    await wait_for(self._clock, min(asked, timedelta(seconds=end - self._clock.monotonic())))
                    continue
                if failing:
                    failing = False
                    waits(waiting)
                if (grant := read_device_grant(answer, self._service)) is not None:
                    return grant
        finally:
            self._waits = False
        raise LoginTimedOutError(minutes="15")

    async def show_page(self) -> None:
        """Open the page for the code. Raises BrowserError."""
        if (address := self.address) is not None:
            await self._browser.open(address.reveal())
