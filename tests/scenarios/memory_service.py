"""A service in memory: quotas, and logins whose refresh tokens work once."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import NotSentError
from probe_tray.core.service.answer import Answer
from probe_tray.core.service.workspace_route import WorkspaceRoute
from probe_tray.ports.time import Clock
from tests.support.tokens import credential, reply_body, tokens

_LENGTHS = (timedelta(hours=5), timedelta(days=7))


@dataclass
class _Person:
    number: int = 0
    """Of the one refresh token that works."""
    ended: bool = False
    renewals: int = 0
    used: Mapping[timedelta, int] = field(default_factory=lambda: dict.fromkeys(_LENGTHS, 10))
    set_at: datetime | None = None


class MemoryService:
    """Implements both ports of the service."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._people: dict[str, _Person] = {}
        self.offline = False
        self.faults: list[str] = []

    def person(self, name: str) -> _Person:
        return self._people.setdefault(name, _Person())

    def issue(self, name: str, lives: timedelta) -> Credential:
        days = lives / timedelta(days=1)
        return credential(name, number=self._next(name), at=self._clock.now(), days=days)

    def set_used(self, name: str, short: int, weekly: int) -> None:
        known = self.person(name)
        known.used, known.set_at = dict(zip(_LENGTHS, (short, weekly), strict=True)), self._clock.now()

    def is_live(self, token: Secret) -> bool:
        name, number = _parts(token)
        known = self.person(name)
        return not known.ended and number == known.number

    async def exchange(self, code: Secret, verifier: Secret, redirect_uri: str) -> Answer:
        self._reach()
        name = code.reveal()
        self.person(name).ended = False
        return self._tokens(name)

    async def refresh(self, refresh_token: Secret, arrived: Callable[[bytes], None]) -> Answer:
        self._reach()
        name, number = _parts(refresh_token)
        known = self.person(name)
        if number != known.number:
            self.faults.append(f"a spent refresh token of {name}")
            return _refusal("refresh_token_reused")
        if known.ended:
            return _refusal("refresh_token_invalidated")
        known.renewals += 1
        return self._tokens(name)

    async def revoke(self, refresh_token: Secret) -> Answer:
        self._reach()
        self.person(_parts(refresh_token)[0]).ended = True
        return Answer(200, {}, b"{}")

    async def usage(self, credential: Credential) -> Answer:
        self._reach()
        known = self.person(credential.email.partition("@")[0])
        expiry = credential.expiry
        if known.ended or expiry is None or expiry <= self._clock.now():
            return _refusal("token_revoked")
        short, weekly = (self._window(known, length) for length in _LENGTHS)
        limit = {"allowed": True, "limit_reached": False, "primary_window": short, "secondary_window": weekly}
        return Answer(200, {}, json.dumps({"plan_type": "plus", "rate_limit": limit}).encode())

    async def reach(self) -> None:
        self._reach()

    async def device_start(self) -> Answer:
        raise AssertionError

    async def device_poll(self, device_auth_id: Secret, user_code: str) -> Answer:
        raise AssertionError

    async def reset_credits(self, credential: Credential) -> Answer:
        raise AssertionError

    async def models(self, credential: Credential) -> Answer:
        raise AssertionError

    async def workspace(self, credential: Credential) -> Answer:
        raise AssertionError

    async def try_model(self, credential: Credential, model: str, route: WorkspaceRoute) -> Answer:
        raise AssertionError

    def _reach(self) -> None:
        if self.offline:
            raise NotSentError(reason="there is no connection")

    def _next(self, name: str) -> int:
        known = self.person(name)
        known.number += 1
        return known.number

    def _tokens(self, name: str) -> Answer:
        made = tokens(name, number=self._next(name), at=self._clock.now())
        return Answer(200, {}, reply_body(made, expires_in=864000))

    def _window(self, known: _Person, length: timedelta) -> dict[str, int]:
        now = self._clock.now()
        since = known.set_at or now
        periods = (now - since) // length
        return {
            "used_percent": 0 if periods else known.used[length],
            "limit_window_seconds": int(length.total_seconds()),
            "reset_at": int((since + (periods + 1) * length).timestamp()),
        }


def _parts(token: Secret) -> tuple[str, int]:
    name, _, number = token.reveal().removeprefix("rt_").partition(".")
    return name, int(number)


def _refusal(code: str) -> Answer:
    return Answer(401, {}, json.dumps({"error": {"code": code}}).encode())
