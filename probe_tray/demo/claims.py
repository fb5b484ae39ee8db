"""What the tokens of the simulated service say."""

import hashlib
import secrets
from typing import cast

from probe_tray.demo.directory import Seat

CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann"
SCOPE = "openid profile email offline_access"
ACCESS_SECONDS = 10 * 86_400
ID_SECONDS = 3600

_ISSUER = "https://auth.openai.com"
_AUTH = "https://api.openai.com/auth"
_PROFILE = "https://api.openai.com/profile"
_MONTH = 30 * 86_400


def id_claims(seat: Seat, family: str, now: int) -> dict[str, object]:
    """The id_token's claims; ``now`` in unix seconds."""
    space = seat.workspace
    auth = _auth(seat) | {
        "chatgpt_account_is_fedramp": space.fedramp,
        "chatgpt_subscription_active_start": now - _MONTH // 2,
        "chatgpt_subscription_active_until": now + _MONTH // 2,
        "chatgpt_subscription_last_checked": now,
        "groups": [],
        "organizations": [
            {
                "id": f"org-{_digest(one.account_id)[:24]}",
                "title": one.title,
                "role": one.role,
                "is_default": one.account_id == space.account_id,
            }
            for one in seat.person.workspaces
        ],
    }
    return _common(seat, family, now, ID_SECONDS) | {
        "aud": [CLIENT_ID],
        "auth_time": now,
        "email": seat.person.email,
        "email_verified": True,
        "sid": family,
        _AUTH: auth,
    }


def access_claims(seat: Seat, family: str, now: int, lifetime: int = ACCESS_SECONDS) -> dict[str, object]:
    """The access token's claims, as many as make it as long as the real one: more than 1,400 characters."""
    auth = _auth(seat) | {
        "chatgpt_account_user_id": f"{seat.person.user_id}__{seat.workspace.account_id}",
        "chatgpt_compute_residency": "no_constraint",
        "localhost": True,
        "verified_org_ids": [f"org-{_digest(f'{seat.seed}{number}')[:24]}" for number in range(8)],
    }
    return _common(seat, family, now, lifetime) | {
        "aud": ["https://api.openai.com/v1"],
        "client_id": CLIENT_ID,
        "nbf": now,
        "scp": SCOPE.split(),
        "session_id": family,
        _AUTH: auth,
        _PROFILE: {"email": seat.person.email, "email_verified": True},
    }


def user_and_account(claims: dict[str, object]) -> tuple[str, str]:
    """The user and the workspace that an access token of this service names."""
    auth = cast("dict[str, object]", claims[_AUTH])
    return str(auth["chatgpt_user_id"]), str(auth["chatgpt_account_id"])


def _auth(seat: Seat) -> dict[str, object]:
    return {
        "chatgpt_account_id": seat.workspace.account_id,
        "chatgpt_plan_type": seat.workspace.plan,
        "chatgpt_user_id": seat.person.user_id,
        "user_id": seat.person.user_id,
    }


def _common(seat: Seat, family: str, now: int, lifetime: int) -> dict[str, object]:
    return {
        "iss": _ISSUER,
        "sub": f"auth0|{_digest(family)[:24]}{_digest(seat.person.user_id)[:8]}",
        "iat": now,
        "exp": now + lifetime,
        "jti": secrets.token_hex(16),
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
