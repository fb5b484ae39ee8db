"""What the token endpoint answers, and what a failed refresh means for the token that was used."""

import enum
from datetime import datetime, timedelta

import msgspec

from probe_tray.core.account.credential import Credential, make_credential, read_claims
from probe_tray.core.account.owner import Owner
from probe_tray.core.account.secret import Secret, token
from probe_tray.core.errors import (
    EdgeBlockedError,
    ExchangeError,
    IncompleteReplyError,
    LoginEndedError,
    LoginNotEntitledError,
    Phrase,
    ProbeError,
    RateLimitedError,
    UnavailableError,
    UncertainError,
)
from probe_tray.core.service.answer import Answer, blocked, is_page, reads_like_code, unusable_account
from probe_tray.core.service.lenient import mapping, number, object_in

_PERMANENT = {
    "refresh_token_expired": Phrase("it was not used for too long"),
    "refresh_token_reused": Phrase("it was used elsewhere"),
    "refresh_token_invalidated": Phrase("it was logged out elsewhere"),
    "invalid_grant": Phrase("OpenAI no longer knows it"),
}
_ACCOUNT_CODE = "account_deactivated"
_SIGN_IN_SPENT = Phrase("the login has expired or was already used")
_PASSING = Phrase("it's having problems right now")
_DEACTIVATED = Phrase("OpenAI has deactivated the account")
_REFUSED = Phrase("OpenAI refused it")


class TokenReply(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens of a reply; each may be absent."""

    access_token: Secret | None = None
    refresh_token: Secret | None = None
    id_token: Secret | None = None
    expires_in: float | None = None
    """Seconds the access token lives, where the service says."""


class RefreshClass(enum.Enum):
    """What an answer to a refresh means for the refresh token that was sent."""

    RENEWED = "renewed"
    UNCERTAIN = "uncertain"
    TRANSIENT = "transient"
    PERMANENT = "permanent"
    BLOCKED = "blocked"


def read_token_reply(body: bytes) -> TokenReply | None:
    """The tokens in a 2xx body, or None where it is no JSON object with an access token that can be used.

    None as well when it names a refresh token that cannot be used: to go on with the old one, which is spent by then,
    could revoke the whole login.
    """
    values = object_in(body)
    if values is None:
        return None
    access = token(values.get("access_token"))
    refresh = token(values.get("refresh_token"))
    if access is None or (refresh is None and values.get("refresh_token")):
        return None
    expires = number(values.get("expires_in"))
    return TokenReply(
        access_token=access,
        refresh_token=refresh,
        id_token=token(values.get("id_token")),
        expires_in=expires if expires is not None and 0 < expires < 1e9 else None,
    )


def error_code(body: bytes) -> str:
    """The error code of a body, lower case: ``error.code``, else ``error`` as text, else top-level ``code``."""
    values = object_in(body) or {}
    error = values.get("error")
    candidates = (mapping(error).get("code"), error, values.get("code"))
    return next((c.lower() for c in candidates if isinstance(c, str) and c), "")


def classify_refresh(answer: Answer) -> RefreshClass:
    """The class of an answer to a refresh request."""
    if answer.ok:
        return RefreshClass.UNCERTAIN if read_token_reply(answer.body) is None else RefreshClass.RENEWED
    code = error_code(answer.body)
    if answer.status == 401 or code in _PERMANENT:
        return RefreshClass.PERMANENT
    if answer.status == 403 or (answer.status < 500 and answer.status != 429 and is_page(answer)):
        return RefreshClass.BLOCKED
    if answer.status >= 500 and answer.status not in {500, 503}:
        # 502, 504 and an edge's own 52x: the service may have acted on the request.
        return RefreshClass.UNCERTAIN
    return RefreshClass.TRANSIENT


def refresh_problem(answer: Answer, *, host: str, now: datetime) -> ProbeError:
    """The failure of a refresh as a person should read it."""
    code = error_code(answer.body)
    match classify_refresh(answer):
        case RefreshClass.PERMANENT:
            known = _DEACTIVATED if code == _ACCOUNT_CODE else _REFUSED
            return LoginEndedError(reason=_PERMANENT.get(code, known))
        case RefreshClass.BLOCKED | RefreshClass.TRANSIENT if (unusable := unusable_account(answer)) is not None:
            return unusable
        case RefreshClass.BLOCKED:
            return blocked(answer, host=host) or EdgeBlockedError(host=host)
        case RefreshClass.UNCERTAIN | RefreshClass.RENEWED:
            return UncertainError(reason=Phrase("status {n}", n=str(answer.status)))
        case RefreshClass.TRANSIENT if answer.status == 429:
            return RateLimitedError(retry_after=answer.retry_after(now))
        case RefreshClass.TRANSIENT:
            return UnavailableError(status=str(answer.status), retry_after=answer.retry_after(now))


def login_from_reply(answer: Answer, *, now: datetime, host: str) -> Credential:
    """The login that an exchange brought. Raises a LoginError, or what blocked the way."""
    if not answer.ok:
        raise login_problem(answer, host=host, now=now)
    reply = read_token_reply(answer.body)
    if reply is None or reply.access_token is None:
        raise IncompleteReplyError(missing=Phrase("tokens that can be used"))
    if reply.refresh_token is None and reply.id_token is None:
        raise IncompleteReplyError(missing=Phrase("the refresh token and the id token"))
    if reply.refresh_token is None:
        raise IncompleteReplyError(missing=Phrase("the refresh token"))
    if reply.id_token is None:
        raise IncompleteReplyError(missing=Phrase("the id token"))
    made = make_credential(
        access_token=reply.access_token,
        refresh_token=reply.refresh_token,
        id_token=reply.id_token,
        last_refresh=now,
        made_here=True,
    )
    if made is None:
        raise IncompleteReplyError(missing=Phrase("the account it is for"))
    return _with_end(made, reply, now)


def login_problem(answer: Answer, *, host: str, now: datetime) -> ProbeError:
    """Why the service did not go on with a login, by an answer that is no 2xx."""
    code = error_code(answer.body)
    if "missing_codex_entitlement" in answer.body.decode("utf-8", "replace"):
        return LoginNotEntitledError()
    if (block := blocked(answer, host=host)) is not None:
        return block
    if answer.status == 429:
        return RateLimitedError(retry_after=answer.retry_after(now))
    if code == "invalid_grant":
        return ExchangeError(reason=_SIGN_IN_SPENT)
    if answer.status >= 500:
        return ExchangeError(reason=_PASSING)
    # Only what reads like a code of the service: another thing may be the very secret that was sent.
    if reads_like_code(code):
        return ExchangeError(reason=Phrase("status {n}, {code}", n=str(answer.status), code=code))
    return ExchangeError(reason=Phrase("status {n}", n=str(answer.status)))


def recalled_reason(text: str) -> str:
    """Why a login has ended, as an earlier run has written it down: its English text."""
    known = (*_PERMANENT.values(), _DEACTIVATED, _REFUSED)
    return next((phrase for phrase in known if phrase == text), text or _REFUSED)


def renewed_login(old: Credential, reply: TokenReply, *, now: datetime) -> Credential | None:
    """``old`` with what the reply brings; what the reply leaves out is kept. ``now`` is when it came (aware UTC).

    None when the new tokens belong to another account, so that nothing may be overwritten.
    """
    if reply.access_token is None:
        return None
    made = make_credential(
        access_token=reply.access_token,
        refresh_token=reply.refresh_token or old.refresh_token,
        id_token=reply.id_token or old.id_token,
        account_id=old.account_id,
        email=old.email,
        last_refresh=now,
        made_here=old.made_here,
    )
    if made is None or not _same_owner(old, reply):
        return None
    return _with_end(msgspec.structs.replace(made, others=old.others), reply, now)


def _with_end(credential: Credential, reply: TokenReply, now: datetime) -> Credential:
    """``credential`` with its end recorded: ``expires_in`` from ``now`` on, and never later than the token's ``exp``.

    A clock that is ahead must not be written down as a long life: it is read long after the clock was set right.
    """
    end = credential.claims.expires_at
    if reply.expires_in is not None:
        counted = now + timedelta(seconds=reply.expires_in)
        end = counted if end is None else min(counted, end)
    return msgspec.structs.replace(credential, expired=end)


def _same_owner(old: Credential, reply: TokenReply) -> bool:
    # Without emails: a file may have one of its own, and whoever answers to the old token is its owner.
    owner = Owner(old.account_id, old.claims.user_id)
    # Each new token by itself: a kept id_token would speak for a foreign access token.
    each = (read_claims(reply.id_token, None), read_claims(None, reply.access_token))
    return all(owner.may_become(Owner(claims.account_id or old.account_id, claims.user_id)) for claims in each)
