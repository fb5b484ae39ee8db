"""The last step of every login: a code becomes tokens."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

from probe_tray.core.account.credential import Credential
from probe_tray.core.login.oauth import Grant
from probe_tray.core.renewal.token_reply import login_from_reply
from probe_tray.core.service.service import Service
from probe_tray.ports.http import AuthService, IdTokenCheck
from probe_tray.ports.time import Clock


class CodeExchange:
    """Trades a code for tokens, once: it works a single time (RFC 6749 section 4.1.2)."""

    def __init__(self, service: Service, auth: AuthService, id_tokens: IdTokenCheck, clock: Clock) -> None:
        """Trade at ``service``."""
        self._host = urlsplit(service.issuer).netloc
        self._auth = auth
        self._id_tokens = id_tokens
        self._clock = clock

    async def check(self) -> None:
        """Prove that the service can be reached. Raises a ServiceError."""
        await self._id_tokens.load()
        await self._auth.reach()

    async def run(self, grant: Grant, clock_off: Callable[[timedelta], None]) -> Credential:
        """The login that ``grant`` brings. Raises a LoginError or ServiceError.

        ``clock_off`` is called when the service's clock is more than two minutes ahead of ours (or behind: negative);
        the service's is believed then.
        """
        answer = await self._auth.exchange(grant.code, grant.verifier, grant.redirect_uri)
        now = self._clock.now()
        issued = answer.issued_at(now)
        if issued != now:
            clock_off(issued - now)
        login = login_from_reply(answer, now=issued, host=self._host)
        # No await between the answer and the login: a cancellation there would lose tokens that exist nowhere else.
        self._id_tokens.check(login, None if answer.date is None else issued)
        return login
