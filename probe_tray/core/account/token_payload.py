"""What a JWT carries (RFC 7519), read without judging it."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Final, cast

_LONGEST: Final = 256 * 1024
"""Characters. No store keeps a larger login, so nothing beyond it is worth decoding."""
_PART = r"([A-Za-z0-9_-]+={0,2})"
_COMPACT = re.compile(rf"{_PART}\.{_PART}\.({_PART}?)", re.ASCII)


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
    bare = part.rstrip("=")
    if part != bare and len(part) % 4:
        return None
    try:
        data = base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except (binascii.Error, ValueError):
        return None
    # Bits left over in the last character must be zero (RFC 4648 section 3.5): one text for one token.
    return data if base64.urlsafe_b64encode(data).rstrip(b"=").decode() == bare else None
