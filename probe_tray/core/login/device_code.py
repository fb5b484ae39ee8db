"""Signing in with a device code: what the service answers, and what that means.

Service facts: device code login. It resembles RFC 8628 and differs from it in every name.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    DeviceCodeEndedError,
    DeviceCodeOffError,
    EdgeBlockedError,
    IncompleteReplyError,
    LoginDeniedError,
    Phrase,
    ProbeError,
    RateLimitedError,
    RegionBlockedError,
    UnavailableError,
)
from probe_tray.core.login.oauth import Grant
from probe_tray.core.renewal.token_reply import error_code, login_problem
from probe_tray.core.service.answer import Answer, blocked
from probe_tray.core.service.lenient import number, object_in
from probe_tray.core.service.service import Service

LIFETIME = timedelta(minutes=15)
"""How long a code lives."""

_USUAL, _SHORTEST, _LONGEST = 5.0, 1.0, 60.0
_LONGEST_VALUE = 4096
_PASSING = frozenset({408, 425})
_CODE = Phrase("a code to type")
_GRANT = Phrase("the code to finish with")
_WAITING = frozenset({"authorization_pending", "slow_down"})
"""RFC 8628, section 3.5, should the service ever follow it."""
_SHOWN_CODE = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z-]{0,38}[0-9A-Za-z])?")


class DeviceCode(msgspec.Struct, frozen=True, kw_only=True):
    """A code that waits to be typed."""

    device_auth_id: Secret
    user_code: str
    """Letters, digits and dashes; for the person."""
    interval: float
    """Seconds between two questions, 1 to 60."""


def device_page(service: Service) -> str:
    """Where the person types the code."""
    return f"{service.issuer}/codex/device"


def read_device_code(answer: Answer, *, host: str, now: datetime) -> DeviceCode:
    """The code that the service hands out. Raises a LoginError, or what blocked the way."""
    if answer.status == 404:
        raise DeviceCodeOffError
    if not answer.ok:
        raise login_problem(answer, host=host, now=now)
    values = _object(answer, missing=_CODE)
    identity, user_code = _secret(values.get("device_auth_id")), values.get("user_code")
    if identity is None or not isinstance(user_code, str) or not _SHOWN_CODE.fullmatch(user_code):
        raise IncompleteReplyError(missing=_CODE)
    asked = number(values.get("interval"))
    interval = _USUAL if asked is None else min(max(asked, _SHORTEST), _LONGEST)
    return DeviceCode(device_auth_id=identity, user_code=user_code, interval=interval)


def passing_trouble(answer: Answer, *, host: str, now: datetime) -> ProbeError | None:
    """What is said of an answer that ends no wait: the service, or the network's edge, is in trouble for a while."""
    if answer.status >= 500 or answer.status in _PASSING:
        return UnavailableError(status=str(answer.status), retry_after=answer.retry_after(now))
    problem = None if answer.ok else login_problem(answer, host=host, now=now)
    return problem if isinstance(problem, RateLimitedError | EdgeBlockedError) else None


def read_device_grant(answer: Answer, service: Service) -> Grant | None:
    """What the typed code brought; None while nobody has typed it (403 or 404). Raises when it is over."""
    code = "" if answer.ok else error_code(answer.body)
    block = blocked(answer, host=service.issuer)
    if isinstance(block, RegionBlockedError):
        raise block
    if answer.status in {403, 404} or code in _WAITING:
        return None
    if not answer.ok:
        if code == "access_denied":
            raise LoginDeniedError
        expired = code == "expired_token"
        raise DeviceCodeEndedError(
            reason=Phrase("it has expired") if expired else Phrase("status {n}", n=str(answer.status))
        )
    values = _object(answer, missing=_GRANT)
    code, verifier = _secret(values.get("authorization_code")), _secret(values.get("code_verifier"))
    if code is None or verifier is None:
        raise IncompleteReplyError(missing=_GRANT)
    return Grant(code=code, verifier=verifier, redirect_uri=f"{service.issuer}/deviceauth/callback")


def _object(answer: Answer, *, missing: str) -> Mapping[str, object]:
    values = object_in(answer.body)
    if values is None:
        raise IncompleteReplyError(missing=missing)
    return values


def _secret(value: object) -> Secret | None:
    return Secret(value) if isinstance(value, str) and 0 < len(value) <= _LONGEST_VALUE else None
