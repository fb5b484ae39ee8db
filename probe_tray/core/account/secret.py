"""A value that never shows itself."""

import hashlib
import hmac
import string
from typing import Final, NoReturn, final

_TOKEN_CHARACTERS: Final = (string.ascii_letters + string.digits + "._~+/=-").encode()


@final
class Secret:
    """A string that repr, str, format, pickle and JSON never show; ``reveal()`` is the only way to it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Wrap ``value``."""
        self._value = value

    def reveal(self) -> str:
        """The value itself. Call it at the border only, where the value leaves the program."""
        return self._value

    @property
    def fingerprint(self) -> str:
        """The first 16 hex digits of SHA-256: names the secret in journals and memories without holding it."""
        return hashlib.sha256(self._value.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        msg = "a Secret is never pickled or copied by value"
        raise TypeError(msg)

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        return self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        ours, theirs = (x.encode("utf-8", "surrogatepass") for x in (self._value, other._value))
        return hmac.compare_digest(ours, theirs)

    def __hash__(self) -> int:
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)


def token(value: object) -> Secret | None:
    """``value`` as a token, or None when it is not text made of token characters only.

    A token with a line break in it would be printed whole by an HTTP library's header error, so it is refused here.
    The characters are those of RFC 6750's ``b64token``.
    """
    if not isinstance(value, str) or not value or not value.isascii():
        return None
    # A check looks at thousands of characters: without a regular expression, which takes six times as long.
    return None if value.encode("ascii").translate(None, _TOKEN_CHARACTERS) else Secret(value)
