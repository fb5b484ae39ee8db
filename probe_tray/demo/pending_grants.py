"""Authorization codes: from the consent of a person to the exchange for tokens, with PKCE (RFC 7636)."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable

import msgspec

from probe_tray.demo.claims import CLIENT_ID, SCOPE
from probe_tray.demo.directory import Directory, Seat
from probe_tray.demo.messages import Strange
from probe_tray.demo.token_families import DemoLogin, FamilyState, TokenFamilies

AUTHORIZE_FIELDS = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "code_challenge",
    "code_challenge_method",
    "state",
    "id_token_add_organizations",
    "codex_cli_simplified_flow",
    "originator",
)

_FIXED = {
    "response_type": "code",
    "client_id": CLIENT_ID,
    "scope": SCOPE,
    "code_challenge_method": "S256",
    "id_token_add_organizations": "true",
    "codex_cli_simplified_flow": "true",
    "originator": "codex_cli_rs",
}
_SHAPES = {
    # Service fact: only these two ports are registered for the client, under either name of this machine.
    "redirect_uri": re.compile(r"http://(localhost|127\.0\.0\.1):(1455|1457)/auth/callback"),
    "code_challenge": re.compile(r"[A-Za-z0-9_-]{43}"),
    "state": re.compile(r"[A-Za-z0-9_-]{43}=?"),
}
_VERIFIER = re.compile(r"[A-Za-z0-9_-]{86}")
_LIFETIME = 600


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """An authorization request that waits for a person's answer."""

    redirect_uri: str
    challenge: str
    state: str
    asked_at: float


class _Code(msgspec.Struct, frozen=True, kw_only=True):
    seat: tuple[str, str]
    redirect_uri: str
    challenge: str
    issued_at: float
    family: str | None = None


class PendingGrants:
    """Pending requests and codes; they die with the service. Not locked: its owner is."""

    def __init__(self, directory: Directory, logins: TokenFamilies, now: Callable[[], float]) -> None:
        """Turn codes into ``logins``; ``now`` gives unix seconds."""
        self._directory = directory
        self._logins = logins
        self._now = now
        self._tickets: dict[str, Ticket] = {}
        self._codes: dict[str, _Code] = {}

    def ask(self, fields: dict[str, str]) -> str:
        """Keep a request until a person has answered it; returns its ticket.

        Raises Strange where a value is not the specified one.
        """
        for name, wanted in _FIXED.items():
            if fields[name] != wanted:
                msg = f"{name} is not {wanted}"
                raise Strange(msg)
        for name, shape in _SHAPES.items():
            if not shape.fullmatch(fields[name]):
                msg = f"{name} is not of the specified form"
                raise Strange(msg)
        ticket = secrets.token_urlsafe(18)
        self._tickets[ticket] = Ticket(
            redirect_uri=fields["redirect_uri"],
            challenge=fields["code_challenge"],
            state=fields["state"],
            asked_at=self._now(),
        )
        return ticket

    def pending(self, ticket: str) -> Ticket | None:
        """The request with this ticket, for 10 minutes."""
        found = self._tickets.get(ticket)
        return found if found and self._now() - found.asked_at <= _LIFETIME else None

    def allow(self, seat: Seat, *, redirect_uri: str, challenge: str) -> str:
        """A code for this seat; it lives 10 minutes and works once."""
        code = f"ac_{secrets.token_urlsafe(32)}"
        account_id, user_id = seat.key
        self._codes[code] = _Code(
            seat=(user_id, account_id), redirect_uri=redirect_uri, challenge=challenge, issued_at=self._now()
        )
        return code

    def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> DemoLogin:
        """The tokens for a code. Raises Strange for whatever RFC 6749 (4.1.3) and RFC 7636 (4.6) forbid."""
        found = self._codes.get(code)
        if found is None:
            raise _invalid("the code is unknown")
        if found.family is not None:
            # RFC 6749, section 4.1.2: tokens that came from a code used twice should be revoked.
            self._logins.end(found.family, FamilyState.REVOKED)
            raise _invalid("the code was used before")
        if self._now() - found.issued_at > _LIFETIME:
            raise _invalid("the code is older than 10 minutes")
        if redirect_uri != found.redirect_uri:
            raise _invalid("redirect_uri is not the authorized one")
        if not _VERIFIER.fullmatch(verifier) or not hmac.compare_digest(challenge_of(verifier), found.challenge):
            raise _invalid("code_verifier does not prove the code_challenge")
        seat = self._directory.seat(*found.seat)
        if seat is None:
            raise _invalid("the membership has ended")
        family, login = self._logins.begin(seat)
        self._codes[code] = msgspec.structs.replace(found, family=family)
        return login


def challenge_of(verifier: str) -> str:
    """BASE64URL(SHA256(verifier)) without padding: RFC 7636, section 4.2, method S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _invalid(problem: str) -> Strange:
    return Strange(problem, oauth="invalid_grant")
