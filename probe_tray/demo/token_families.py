"""Login families: each login is one, each renewal moves it on, and a refresh token works exactly once."""

import hashlib
import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from enum import Enum, StrEnum
from typing import TYPE_CHECKING

import msgspec

from probe_tray.demo.claims import ACCESS_SECONDS, access_claims, id_claims, user_and_account
from probe_tray.demo.directory import Directory, Seat
from probe_tray.demo.messages import DemoRefusal, refused

if TYPE_CHECKING:
    from probe_tray.demo.signer import Signer

_UNAUTHORIZED = 401


class FamilyState(StrEnum):
    """What has become of a login."""

    LIVE = "live"
    REVOKED = "revoked"
    """Logged out, or a dead refresh token was used again: every token of it is refused."""
    EXPIRED = "expired"
    """The refresh token is too old; access tokens live on until they expire."""
    INVALIDATED = "invalidated"
    """Ended by the service, as after a change of password: every token of it is refused."""


class TokenReuse(Enum):
    """What comes of a refresh token that is used again."""

    ENDS_LOGIN = "ends_login"
    REFUSED = "refused"
    """The token is refused, and its login lives on."""
    REPEATS_ANSWER = "repeats_answer"
    """It gets the same answer, which may have been lost, until the next token is used. Then it ends the login."""


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """One login; ``current`` is SHA-256 (hex) of the only refresh token that works."""

    id: str
    user_id: str
    account_id: str
    current: str
    generation: int = 0
    state: FamilyState = FamilyState.LIVE


class DemoLogin(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens of one login, live until one of them is used."""

    id_token: str
    access_token: str
    refresh_token: str
    account_id: str
    user_id: str
    email: str
    expires_at: datetime

    def __repr__(self) -> str:
        """Name the account only."""
        return f"DemoLogin({self.email}, {self.account_id})"


def digest(token: str) -> str:
    """SHA-256 of a token, hex: how the service remembers it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class TokenFamilies:
    """All families. Not locked: its owner is."""

    def __init__(
        self,
        directory: Directory,
        now: Callable[[], float],
        *,
        families: Iterable[Family] = (),
        pem: str | None = None,
        reuse: TokenReuse = TokenReuse.ENDS_LOGIN,
    ) -> None:
        """Continue with ``families`` and the signing key ``pem``; ``now`` gives unix seconds."""
        self._directory = directory
        self._now = now
        self._personal: dict[str, Seat] = {}
        """By the digest of the token; forgotten with the process."""
        self._families = {family.id: family for family in families}
        self._pem = pem
        self._signer: Signer | None = None
        self._reuse = reuse
        self._answers: dict[str, DemoLogin] = {}
        self.repeated = 0
        """How many answers were given again."""

    @property
    def families(self) -> tuple[Family, ...]:
        """Every login ever made, oldest first."""
        return tuple(self._families.values())

    @property
    def pem(self) -> str | None:
        """The signing key, once there is one."""
        return self._signer.pem() if self._signer else self._pem

    def begin(self, seat: Seat, lifetime: int = ACCESS_SECONDS) -> tuple[str, DemoLogin]:
        """A new login, and the id of its family; it replaces nothing. Its access token lives ``lifetime`` seconds."""
        family_id, (account_id, user_id) = secrets.token_hex(8), seat.key
        refresh = _new_refresh_token(family_id)
        family = Family(id=family_id, user_id=user_id, account_id=account_id, current=digest(refresh))
        login = self._mint(seat, family_id, refresh, lifetime)
        self._families[family_id] = family
        return family_id, login

    def renew(self, refresh_token: str, *, keep: bool = False) -> DemoLogin:
        """The next tokens of a login; with ``keep`` the refresh token stays what it was.

        Raises Refusal (401) for a token which is unknown, ended, or was used before. The last revokes the whole login.
        """
        family = self.family_of(refresh_token)
        if family is None:
            raise _dead("refresh_token_invalidated", "This refresh token is unknown or has been invalidated.")
        if family.state is FamilyState.EXPIRED:
            raise _dead("refresh_token_expired", "This refresh token has expired. Log in again.")
        if family.state is not FamilyState.LIVE:
            raise _dead("refresh_token_invalidated", "This login has ended. Log in again.")
        if digest(refresh_token) != family.current:
            answer = self._answers.get(digest(refresh_token))
            if answer is not None and digest(answer.refresh_token) == family.current:
                self.repeated += 1
                return answer
            if self._reuse is not TokenReuse.REFUSED:
                self._put(family, state=FamilyState.REVOKED)
            raise _dead("refresh_token_reused", "This refresh token was used before. Log in again.")
        seat = self._directory.seat(family.user_id, family.account_id)
        if seat is None:
            raise _dead("refresh_token_invalidated", "This membership has ended.")
        successor = refresh_token if keep else _new_refresh_token(family.id)
        login = self._mint(seat, family.id, successor)
        self._put(family, current=digest(successor), generation=family.generation + 1)
        if self._reuse is TokenReuse.REPEATS_ANSWER:
            self._answers[digest(refresh_token)] = login
        return login

    def end(self, family_id: str, state: FamilyState) -> None:
        """Put an end to one login."""
        self._put(self._families[family_id], state=state)

    def end_all(self, user_id: str, state: FamilyState) -> None:
        """Put an end to every login of a user."""
        for family in self.families:
            if family.user_id == user_id:
                self._put(family, state=state)

    def family_of(self, refresh_token: str) -> Family | None:
        """The login that a refresh token belongs or belonged to."""
        prefix, _, rest = refresh_token.partition("_")
        return self._families.get(rest.partition(".")[0]) if prefix == "rt" else None

    def make_personal(self, seat: Seat) -> str:
        """A new personal access token: it names nobody, lives until it is revoked, and nothing renews it."""
        token = f"at-{secrets.token_urlsafe(32)}"
        self._personal[digest(token)] = seat
        return token

    def revoke_personal(self, token: str) -> None:
        """Put an end to one."""
        del self._personal[digest(token)]

    def personal(self, token: str) -> Seat | None:
        """Whose personal access token it is; None where it is none, or was revoked."""
        return self._personal.get(digest(token))

    def is_live(self, refresh_token: str) -> bool:
        """Whether a renewal with this token would succeed now."""
        family = self.family_of(refresh_token)
        return bool(family and family.state is FamilyState.LIVE and family.current == digest(refresh_token))

    def bearer(self, access_token: str) -> Seat:
        """Who an access token speaks for.

        Raises Refusal (401) for a token with a wrong signature, an expired one, or one whose login has ended.
        """
        from probe_tray.demo.signer import BadSignatureError

        if (owner := self.personal(access_token)) is not None:
            return owner
        try:
            claims = self._signing().claims(access_token)
            expiry, family = int(str(claims["exp"])), self._families[str(claims["session_id"])]
            seat = self._directory.seat(*user_and_account(claims))
        except (BadSignatureError, KeyError, ValueError):
            raise _dead("invalid_token", "This access token is not one of ours.") from None
        if seat is None:
            raise _dead("invalid_token", "This membership has ended.")
        if expiry <= self._now():
            raise _dead("token_expired", "This access token has expired.")
        if family.state in {FamilyState.REVOKED, FamilyState.INVALIDATED}:
            raise _dead("token_revoked", "This login has ended.")
        return seat

    def _put(self, family: Family, **changes: object) -> None:
        self._families[family.id] = msgspec.structs.replace(family, **changes)

    def _mint(self, seat: Seat, family_id: str, refresh_token: str, lifetime: int = ACCESS_SECONDS) -> DemoLogin:
        now, signer = int(self._now()), self._signing()
        return DemoLogin(
            id_token=signer.sign(id_claims(seat, family_id, now)),
            access_token=signer.sign(access_claims(seat, family_id, now, lifetime)),
            refresh_token=refresh_token,
            account_id=seat.workspace.account_id,
            user_id=seat.person.user_id,
            email=seat.person.email,
            expires_at=datetime.fromtimestamp(now + lifetime, UTC),
        )

    def _signing(self) -> "Signer":
        if self._signer is None:
            from probe_tray.demo.signer import Signer

            self._signer = Signer(self._pem)
        return self._signer


def _new_refresh_token(family_id: str) -> str:
    return f"rt_{family_id}.{secrets.token_urlsafe(48)}"


def _dead(code: str, message: str) -> DemoRefusal:
    return refused(_UNAUTHORIZED, code, message)
