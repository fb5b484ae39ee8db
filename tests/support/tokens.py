"""Tokens of made-up people, shaped like the service's but signed by nobody."""

import base64
import json
from datetime import datetime, timedelta

from probe_tray.core.account.credential import Credential, make_credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.service.service import OFFICIAL
from tests.support.fakes import START


def jwt(**claims: object) -> str:
    """An unsigned JWT with these claims."""
    parts: list[dict[str, object]] = [{"alg": "ES256", "typ": "JWT"}, claims]
    return ".".join([*(_encode(json.dumps(p).encode()) for p in parts), _encode(b"no signature")])


def tokens(
    person: str = "ana", *, account: str = "", user: str = "", number: int = 1, at: datetime = START, days: float = 10
) -> dict[str, str]:
    """The three tokens of a person's ``number``-th login or renewal, issued ``at``, living for ``days``."""
    auth = {
        "chatgpt_account_id": account or f"account-{person}",
        "chatgpt_user_id": user or f"user-{person}",
        "chatgpt_plan_type": "plus",
        "organizations": [{"id": "org-1", "title": "Personal", "role": "owner", "is_default": True}],
    }
    email = f"{person}@example.com"
    name = "https://api.openai.com/"
    return {
        "id_token": jwt(
            iss=OFFICIAL.token_issuer,
            aud=[OFFICIAL.client_id],
            exp=int((at + timedelta(days=days)).timestamp()),
            email=email,
            jti=f"id-{number}",
            **{f"{name}auth": auth},
        ),
        "access_token": jwt(
            iat=int(at.timestamp()),
            exp=int((at + timedelta(days=days)).timestamp()),
            jti=f"access-{number}",
            **{f"{name}auth": auth, f"{name}profile": {"email": email}},
        ),
        "refresh_token": f"rt_{person}.{number}",
    }


def reply_body(given: dict[str, str], *leave_out: str, **more: object) -> bytes:
    """A token endpoint's reply with these tokens."""
    return json.dumps({k: v for k, v in (given | more).items() if k not in leave_out}).encode()


def credential(
    person: str = "ana", *, number: int = 1, at: datetime = START, days: float = 10, **more: str
) -> Credential:
    """A login of a person."""
    given = tokens(person, number=number, at=at, days=days, **more)
    made = make_credential(
        access_token=Secret(given["access_token"]),
        refresh_token=Secret(given["refresh_token"]),
        id_token=Secret(given["id_token"]),
        last_refresh=at,
        expired=at + timedelta(days=days),
        made_here=True,
    )
    assert made is not None
    return made


def nameless(login: Credential, email: str | None = None) -> Credential:
    """The same login as older tokens say it: without its user. ``email`` is another address, or none at all."""
    body = {"iat": login.claims.issued_at, "exp": login.expiry}
    made = make_credential(
        access_token=Secret(jwt(**{name: int(at.timestamp()) for name, at in body.items() if at is not None})),
        refresh_token=login.refresh_token,
        id_token=None,
        account_id=login.account_id,
        email=login.email if email is None else email,
        last_refresh=login.last_refresh,
        expired=login.expired,
        made_here=login.made_here,
    )
    assert made is not None
    return made


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
