"""Signed tokens. PyJWT and cryptography are loaded with this module, so it is imported when the first one is made."""

from collections.abc import Mapping

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.types import Options

_ALGORITHM = "ES256"
_UNJUDGED: Options = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


class BadSignatureError(Exception):
    """The text is not a token that this service has signed."""


class Signer:
    """Signs and checks JWTs (RFC 7519) with one P-256 key."""

    def __init__(self, pem: str | None = None) -> None:
        """Use the private key in ``pem`` (PKCS 8), or make one."""
        self._key = _loaded(pem) if pem else ec.generate_private_key(ec.SECP256R1())

    def pem(self) -> str:
        """The private key, PKCS 8."""
        return self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode("ascii")

    def sign(self, claims: Mapping[str, object]) -> str:
        """A token with exactly these claims."""
        return jwt.encode(dict(claims), self._key, algorithm=_ALGORITHM, headers={"kid": "demo-1"})

    def claims(self, token: str) -> dict[str, object]:
        """The claims of a token which this key has signed; times are the caller's to judge.

        Raises BadSignatureError for anything else.
        """
        try:
            return jwt.decode(token, self._key.public_key(), algorithms=[_ALGORITHM], options=_UNJUDGED)
        except jwt.InvalidTokenError:
            raise BadSignatureError from None


def _loaded(pem: str) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem.encode("ascii"), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        msg = "the saved signing key is of another kind"
        raise TypeError(msg)
    return key
