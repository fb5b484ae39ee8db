"""Personal access tokens: a person makes one at the service, it names nobody, and nothing renews it.

Service facts: it begins with ``at-``, and the issuer says whose it is (``whoami``).
"""

import re
from typing import Final

import msgspec

from probe_tray.core.account.credential import PERSONAL_PREFIX, Claims, Credential
from probe_tray.core.account.identity import is_account_id
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import StrangeAnswerError
from probe_tray.core.service.lenient import flag, json_object, text

_PERSONAL: Final = re.compile(re.escape(PERSONAL_PREFIX) + r"[A-Za-z0-9._~+/=-]+")


class PersonalToken(msgspec.Struct, frozen=True, kw_only=True):
    """One that was found and doesn't say whose it is."""

    token: Secret
    location: str
    """The file it stands in."""


def personal_token(value: str) -> Secret | None:
    """``value`` as a personal access token, None where it isn't one."""
    return Secret(value) if _PERSONAL.fullmatch(value) else None


def read_owner(token: Secret, body: bytes) -> Credential:
    """The login that ``token`` is, by the answer to the question whose it is.

    Raises StrangeAnswerError where the answer names no account.
    """
    told = json_object(body)
    account, user = text(told.get("chatgpt_account_id")), text(told.get("chatgpt_user_id"))
    if not is_account_id(account) or (user and not is_account_id(user)):
        raise StrangeAnswerError(status="200")
    claims = Claims(
        user_id=user,
        email=text(told.get("email")),
        plan=text(told.get("chatgpt_plan_type")).lower(),
        fedramp=flag(told.get("chatgpt_account_is_fedramp")) is True,
    )
    return Credential(access_token=token, account_id=account, claims=claims)
