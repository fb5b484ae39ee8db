"""One attempt at a login: PKCE, state, the address to open, and what comes back from it."""

import base64
import enum
import hashlib
import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode

import msgspec

from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import Phrase
from probe_tray.core.service.service import ORIGINATOR, SCOPE, Service

CALLBACK_PATH = "/auth/callback"

_MOST_PARAMETERS = 20
_MOST_TEXT = 500
_LONGEST_PASTE = 8 * 1024
# RFC 6749 appendix A.11: a code is made of visible characters and spaces.
_CODE = re.compile(r"[\x20-\x7e]{1,4096}")
# What mail programs, chats and people put around an address.
_AROUND = "\"'`<>«»‹›“”„‘’‚「」『』《》〈〉"
_BEFORE_QUERY = re.compile(r"[^?=&]*\?")


class LoginAttempt(msgspec.Struct, frozen=True):
    """What one login attempt keeps to itself; new for every attempt, and it dies with it."""

    state: Secret
    verifier: Secret


class Callback(msgspec.Struct, frozen=True, kw_only=True):
    """What the browser brought back: a code, or the issuer's error."""

    code: Secret | None = None
    error: str = ""
    description: str = ""


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What is traded for tokens, once (RFC 6749 section 4.1.3, RFC 7636 section 4.5)."""

    code: Secret
    verifier: Secret
    redirect_uri: str
    """The very address that was authorized."""


class CallbackFault(enum.Enum):
    """Why an address does not finish the login that waits, as the end of a sentence."""

    OTHER_LOGIN = "it belongs to another login attempt"
    NO_STATE = "it has no state= in it"
    NO_CODE = "it has no code in it"

    @property
    def phrase(self) -> Phrase:
        """The same, for a view."""
        match self:
            case CallbackFault.OTHER_LOGIN:
                return Phrase("it belongs to another login attempt")
            case CallbackFault.NO_STATE:
                return Phrase("it has no state= in it")
            case CallbackFault.NO_CODE:
                return Phrase("it has no code in it")


def new_attempt(token_bytes: Callable[[int], bytes]) -> LoginAttempt:
    """Draw state (32 bytes) and verifier (64 bytes, 86 characters; RFC 7636 section 4.1)."""
    return LoginAttempt(state=Secret(_base64url(token_bytes(32))), verifier=Secret(_base64url(token_bytes(64))))


def callback_address(host: str, port: int) -> str:
    """The address the browser is sent to in the end. Service fact: only its registered ports are accepted."""
    return f"http://{host}:{port}{CALLBACK_PATH}"


def authorize_address(service: Service, attempt: LoginAttempt, redirect_uri: str) -> Secret:
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


def read_callback(query: Secret, state: Secret) -> Callback | CallbackFault:
    """Read the query of a callback, if it belongs to the login with this ``state``.

    The state is compared first and in constant time, for an error as for a code (RFC 6749 sections 4.1.2 and 10.12).
    """
    try:
        pairs = parse_qsl(query.reveal(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        return CallbackFault.NO_CODE
    values = dict(pairs)
    # RFC 6749 section 3.1: a parameter is never included twice.
    if len(values) != len(pairs):
        return CallbackFault.NO_CODE
    if Secret(values.get("state", "")) != state:
        if values.get("state"):
            return CallbackFault.OTHER_LOGIN
        return CallbackFault.NO_STATE if "code" in values or "error" in values else CallbackFault.NO_CODE
    error, code = values.get("error", ""), values.get("code", "")
    if error and "code" not in values:
        return Callback(error=_plain(error), description=_plain(values.get("error_description", "")))
    if "error" not in values and _CODE.fullmatch(code):
        return Callback(code=Secret(code))
    return CallbackFault.NO_CODE


def read_pasted(text: Secret, state: Secret) -> Callback | CallbackFault:
    """Read what a person pasted: a whole callback address, or only its query, with or without ``?``.

    What copying adds is taken away: line breaks and spaces anywhere, and quotes or brackets around it.
    """
    if len(text.reveal()) > _LONGEST_PASTE:
        return CallbackFault.NO_CODE
    # An address has neither spaces nor characters that cannot be seen.
    bare = "".join(c for c in text.reveal() if c.isprintable() and not c.isspace())
    address = bare.strip(_AROUND).partition("#")[0]
    before = _BEFORE_QUERY.match(address)
    return read_callback(Secret(address[before.end() :] if before else address), state)


def _plain(text: str) -> str:
    """The issuer's words as one line of printable text, of a length a dialog can show."""
    words = "".join(c if c.isprintable() else " " for c in text[:_MOST_TEXT])
    return " ".join(words.split())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
