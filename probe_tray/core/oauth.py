"""One attempt at a browser login: PKCE, state and the address to open."""

import base64
import hashlib
from collections.abc import Callable
from urllib.parse import urlencode

import msgspec

from probe_tray.core.secret import Secret
from probe_tray.core.service import ORIGINATOR, SCOPE, Service


class Attempt(msgspec.Struct, frozen=True):
    """What one login attempt keeps to itself; new for every attempt, and it dies with it."""

    state: Secret
    verifier: Secret


def new_attempt(token_bytes: Callable[[int], bytes]) -> Attempt:
    """Draw state (32 bytes) and verifier (64 bytes, 86 characters; RFC 7636 section 4.1)."""
    return Attempt(state=Secret(_base64url(token_bytes(32))), verifier=Secret(_base64url(token_bytes(64))))


def authorize_address(service: Service, attempt: Attempt, redirect_uri: str) -> Secret:
    """The sign-in page of this attempt. A secret, since it carries the state."""
    challenge = _base64url(hashlib.sha256(attempt.verifier.reveal().encode("ascii")).digest())
    query = urlencode(
        {
            "response_type": "code",
            "client_id": service.client_id,
            "redirect_uri": redirect_uri,
            "scope": SCOPE,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "state": attempt.state.reveal(),
            "id_token_add_organizations": "true",
            "codex_cli_simplified_flow": "true",
            "originator": ORIGINATOR,
        }
    )
    return Secret(f"{service.issuer}/oauth/authorize?{query}")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
