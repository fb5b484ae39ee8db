"""How much of an answer's body is enough, told from the bytes that have come."""

import json
import re
from typing import Final

from probe_tray.core.account.secret import Secret

_TOKEN: Final = re.compile(
    rb'"(?:\w+_token|authorization_code|code_verifier|device_auth_id)"\s*:\s*"([A-Za-z0-9._~+/=-]{6,16384})"'
)


def is_whole_object(body: bytearray) -> bool:
    """Whether the body is a JSON object to its end (RFC 8259): no part of one is.

    Where no length was declared, tokens that have all come must not depend on how the connection ends.
    """
    if not body.rstrip().endswith(b"}"):
        return False
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False


def end_of_event(body: bytearray) -> int:
    """The length of the first event that is more than a comment, 0 while it is not whole."""
    lines = 0
    data = False
    for line in body.splitlines(keepends=True):
        lines += len(line)
        if not line.endswith((b"\n", b"\r")):
            return 0
        bare = line.rstrip(b"\r\n")
        if not bare and data:
            return lines
        data = data or (bool(bare) and not bare.startswith(b":"))
    return 0


def tokens_in(body: bytes) -> list[Secret]:
    """Tokens and codes by their names in an answer, however broken it is; never raises."""
    return [Secret(found.decode("ascii")) for found in _TOKEN.findall(body)]
