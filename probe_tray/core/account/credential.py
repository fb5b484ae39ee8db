"""A login: its tokens and what they say about their owner (RFC 7519), read without judging it."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, cast

import msgspec

from probe_tray.core.account.identity import AccountKey, StoreKind, is_account_id
from probe_tray.core.account.owner import Owner, OwnerMatch
from probe_tray.core.account.secret import Secret

_LONGEST: Final = 256 * 1024
"""Characters. No store keeps a larger login, so nothing beyond it is worth decoding."""
_PART = r"([A-Za-z0-9_-]+={0,2})"
_COMPACT = re.compile(rf"{_PART}\.{_PART}\.({_PART}?)", re.ASCII)
_LAST: Final = (None, "", "AQgw", "AEIMQUYcgkosw048")
"""The last characters by the count of those beyond a multiple of four: one alone is never right."""
_AUTH = "https://api.openai.com/auth"
_PROFILE = "https://api.openai.com/profile"
PERSONAL_PREFIX: Final = "at-"
"""How a personal access token begins."""
_LATEST = 1e11
"""Unix seconds, the year 5138: milliseconds lie beyond it, and sums with what lies below stay in the calendar."""


def read_payload(token: str) -> Mapping[str, object]:
    """The claims of ``token``, unverified; empty for whatever is no JWT, and nothing raises.

    For the tokens of a login that is kept, where no key is at hand and nothing is decided by what they say. It reads as
    PyJWT does without verification, or refuses what that reads; a library for cryptography would cost each start.
    """
    if len(token) > _LONGEST or (parts := _COMPACT.fullmatch(token)) is None:
        return {}
    header, payload = _json_object(parts[1]), _json_object(parts[2])
    # RFC 7797: with "b64": false the part isn't base64url, so that what was read from it means nothing.
    if header is None or payload is None or header.get("b64", True) is False or _decoded(parts[3]) is None:
        return {}
    return payload


def _json_object(part: str) -> Mapping[str, object] | None:
    data = _decoded(part)
    try:
        # Deep nesting, integers of thousands of digits and bytes that are no UTF-8 surface as one of these.
        found: object = None if data is None else json.loads(data.decode())
    except (ValueError, RecursionError):
        return None
    return cast("Mapping[str, object]", found) if isinstance(found, dict) else None


def _decoded(part: str) -> bytes | None:
    """The bytes of base64url, of whose characters alone ``part`` is made."""
    bare = part.rstrip("=")
    if part != bare and len(part) % 4:
        return None
    # Bits left over in the last character must be zero (RFC 4648 section 3.5): one text for one token.
    last = _LAST[len(bare) % 4]
    if last is not None and bare[-1:] not in last:
        return None
    try:
        return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except (binascii.Error, ValueError):
        return None


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a pair of tokens says; display and identity only, since no signature is checked."""

    account_id: str = ""
    user_id: str = ""
    email: str = ""
    plan: str = ""
    workspace: str = ""
    """Title of the default organization."""
    organization_id: str = ""
    """Id of the default organization."""
    fedramp: bool = False
    issued_at: datetime | None = None
    """``iat`` of the access token."""
    expires_at: datetime | None = None
    """``exp`` of the access token."""


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """One login as every store keeps it. All times are aware UTC."""

    access_token: Secret
    refresh_token: Secret | None = None
    id_token: Secret | None = None
    account_id: str
    claims: Claims
    last_refresh: datetime | None = None
    expired: datetime | None = None
    """The recorded end of the access token; None where the record has none or one that cannot be read."""
    made_here: bool = False
    """True when this program obtained the login, so that it may also revoke it."""
    others: Secret | None = None
    """What other programs keep beside it in its file, see ``core/formats/other_keys.py``."""

    @property
    def key(self) -> AccountKey:
        """Whose login this is."""
        return AccountKey(self.account_id, self.claims.user_id)

    @property
    def owner(self) -> Owner:
        """What it says of its owner, to compare with another's: the key alone is not enough for older tokens."""
        return Owner(self.account_id, self.claims.user_id, self.email)

    def account_in(self, known: "Iterable[Credential]") -> AccountKey | None:
        """The account among ``known`` that this is a login of; None where it is of none of them.

        That is the one of its own key, else one of the same owner: tokens that don't name their user have another key.
        """
        keys = [login.key for login in known if login.owner.match(self.owner) is OwnerMatch.SAME]
        return self.key if self.key in keys else next(iter(keys), None)

    @property
    def email(self) -> str:
        """The owner's address, empty when the tokens do not say."""
        return self.claims.email

    @property
    def expiry(self) -> datetime | None:
        """When the access token ends: as it says itself, else as recorded.

        A record follows the clock of the computer that wrote it, or was edited; the token's ``exp`` is the issuer's.
        """
        return self.claims.expires_at or self.expired

    @property
    def renewable(self) -> bool:
        """Whether anything could renew it: it has a refresh token."""
        return self.refresh_token is not None

    @property
    def is_personal(self) -> bool:
        """Whether it is a personal access token, which a person makes at the service and nothing renews."""
        return not self.renewable and self.access_token.reveal().startswith(PERSONAL_PREFIX)


class StoredCredential(msgspec.Struct, frozen=True, kw_only=True):
    """A login and where it was found."""

    credential: Credential
    store: StoreKind
    location: str = ""
    """Path of the file as a person would look for it; empty for the vault."""
    records_end: bool = False
    """Whether its format has a field for the end, which counts then (codex-probe, CLIProxyAPI).

    An ``auth.json`` and the vault have none: that it is missing there is no reason to renew."""

    @property
    def may_be_renewed(self) -> bool:
        """Whether this program may renew it: the official client's own login is that client's to renew."""
        return self.store is not StoreKind.OFFICIAL and self.credential.renewable


class ApiKeyLogin(msgspec.Struct, frozen=True, kw_only=True):
    """An official client that is logged in with an API key, which has no quota to show."""

    location: str
    personal: bool = False
    """With a personal access token instead, of which it isn't known whose it is."""


def read_claims(id_token: Secret | None, access_token: Secret | None) -> Claims:
    """What the tokens say; a token that cannot be read says nothing, and nothing raises.

    The id_token goes before the access_token. Service fact: claim names under ``https://api.openai.com/auth``.
    """
    identity, access = _payload(id_token), _payload(access_token)
    auths = [_mapping(p.get(_AUTH)) for p in (identity, access)]
    profiles = [_mapping(p.get(_PROFILE)) for p in (identity, access)]

    def first(*candidates: object) -> str:
        return next((c for c in candidates if isinstance(c, str) and c and c.isprintable()), "")

    return Claims(
        account_id=next(filter(is_account_id, (first(a.get("chatgpt_account_id")) for a in auths)), ""),
        user_id=first(*(a.get(name) for a in auths for name in ("chatgpt_user_id", "user_id"))),
        email=first(
            identity.get("email"),
            *(p.get("email") for p in profiles),
            access.get("email"),
        ),
        plan=first(*(a.get("chatgpt_plan_type") for a in auths)).lower(),
        workspace=_of_default_organization(auths, "title"),
        organization_id=_of_default_organization(auths, "id"),
        fedramp=any(a.get("chatgpt_account_is_fedramp") is True for a in auths),
        issued_at=_time(access.get("iat")),
        expires_at=_time(access.get("exp")),
    )


def make_credential(  # noqa: PLR0913 - named parts of one record, given by keyword only
    *,
    access_token: Secret,
    refresh_token: Secret | None,
    id_token: Secret | None,
    account_id: str = "",
    email: str = "",
    last_refresh: datetime | None = None,
    expired: datetime | None = None,
    made_here: bool = False,
) -> Credential | None:
    """A login from its parts, or None where nothing says which account it is.

    ``account_id`` and ``email`` are what the record itself says; they count only where the tokens say nothing.
    """
    claims = read_claims(id_token, access_token)
    account = claims.account_id or account_id
    if not account:
        return None
    if not claims.email and email:
        claims = msgspec.structs.replace(claims, email=email)
    return Credential(
        access_token=access_token,
        refresh_token=refresh_token,
        id_token=id_token,
        account_id=account,
        claims=claims,
        last_refresh=last_refresh,
        expired=expired,
        made_here=made_here,
    )


def _of_default_organization(auths: list[Mapping[str, object]], name: str) -> str:
    for auth in auths:
        found = auth.get("organizations")
        entries = [_mapping(o) for o in cast("list[object]", found)] if isinstance(found, list) else []
        for entry in sorted(entries, key=lambda e: e.get("is_default") is not True):
            said = entry.get(name)
            if isinstance(said, str) and said and said.isprintable():
                return said
    return ""


def _payload(secret: Secret | None) -> Mapping[str, object]:
    return {} if secret is None else read_payload(secret.reveal())


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _time(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _LATEST:
        return None
    return datetime.fromtimestamp(value, UTC)
