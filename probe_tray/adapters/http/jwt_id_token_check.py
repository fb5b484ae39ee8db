"""The id token of a fresh login, checked with PyJWT."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from probe_tray.core.account.credential import Credential
from probe_tray.core.errors import IdTokenError, IdTokenExpiredError, Phrase
from probe_tray.core.service.service import Service

if TYPE_CHECKING:
    from jwt.types import Options

_LEEWAY = timedelta(minutes=2)
"""As far as two clocks may differ before the service's is believed."""
_UNREADABLE = Phrase("its id token can't be read")


class JwtIdTokenCheck:
    """Checks whom an id token was made for, by whom, and until when (OpenID Connect Core 3.1.3.7).

    The signature isn't checked: the token came from the token endpoint over TLS, which that section accepts instead.
    """

    def __init__(self, service: Service) -> None:
        """Accept what ``service`` issues to this client."""
        self._service = service

    async def load(self) -> None:
        """Import the library, which takes 0.1 s with the cryptography that it brings."""
        await asyncio.to_thread(__import__, "jwt")

    def check(self, login: Credential, now: datetime | None) -> None:
        """Raises IdTokenError or IdTokenExpiredError. ``now`` is the service's time (aware), or None."""
        # Imported here: no start and no renewal pays for what a log-in alone needs.
        import jwt

        if login.id_token is None:
            raise IdTokenError(reason=_UNREADABLE)
        # Without a signature PyJWT checks nothing by itself, so each check is named. It would compare ``exp`` with this
        # computer's clock, which may be wrong by hours.
        options: Options = {
            "verify_signature": False,
            "verify_aud": True,
            "verify_iss": True,
            "require": ["aud", "iss", "exp"],
        }
        try:
            claims = jwt.decode(
                login.id_token.reveal(),
                options=options,
                audience=self._service.client_id,
                issuer=self._service.token_issuer,
            )
            end = datetime.fromtimestamp(claims["exp"], UTC)
        except jwt.InvalidAudienceError:
            raise IdTokenError(reason=Phrase("its id token was made for another program")) from None
        except jwt.InvalidIssuerError:
            raise IdTokenError(reason=Phrase("its id token comes from another issuer")) from None
        except jwt.MissingRequiredClaimError as error:
            raise IdTokenError(reason=Phrase("its id token has no {claim}", claim=error.claim)) from None
        except Exception:  # noqa: BLE001 - whatever a library raises over a token, it must not pass, nor the token with it
            raise IdTokenError(reason=_UNREADABLE) from None
        # By a clock of ours that is wrong, a good login would be refused and its tokens lost.
        if now is not None and end + _LEEWAY <= now:
            raise IdTokenExpiredError
