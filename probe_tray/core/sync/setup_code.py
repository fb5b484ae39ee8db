"""The code for the next computer: the address of a table and both its keys in one word, to be scanned, pasted or typed.

``PTSYNC1`` and base32 (RFC 4648) of: two bytes with the length of all that follows, a MessagePack array, four bytes of
SHA-256 over everything before them. Hyphens, spaces and case don't count. Version 1 takes further members at the end of
the array; what an older program must not ignore needs another version.
"""

import base64
import hashlib
import re
from typing import Final

import msgspec

from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    SetupCodeCutError,
    SetupCodeMistypedError,
    SetupCodeNewerError,
    SetupCodeStrangeError,
)
from probe_tray.core.sync.setup import KEY_BYTES, base_address, is_api_key, is_key
from probe_tray.core.sync.table_key import KEY_SEPARATOR, keys_of

LONGEST_CODE: Final = 8_000
"""Characters that are read at most; a code with the longest publishable key of a project has some 600."""
_NAME: Final = "PTSYNC"
_VERSION: Final = "1"
_START: Final = re.compile(rf"{_NAME}([0-9])")
_FILLERS: Final = re.compile(r"[\s\u00ad\u200b\u2010-\u2015\u2060\ufeff-]+")
"""A program that passes a text on may break its lines, replace its hyphens, or put in what nobody sees."""
_LOOKALIKES: Final = str.maketrans("018", "OIB")
"""Base32 has none of these digits."""
_GROUP: Final = 5
_LENGTH, _CHECK = 2, 4
"""Bytes."""


class SetupCode(msgspec.Struct, frozen=True, kw_only=True):
    """What the next computer needs."""

    url: str
    """In the plain form of ``base_address``."""
    api_key: Secret
    key: Secret
    """As in a ``SyncTarget``: one key, or two while it is being changed."""


class _Content(msgspec.Struct, frozen=True, array_like=True):
    url: str
    api_key: str
    key: bytes

    def __repr__(self) -> str:
        return "_Content(…)"  # A traceback may show it, and its members are no Secret.


_CONTENT: Final = msgspec.msgpack.Decoder(_Content)


def write_code(code: SetupCode) -> Secret:
    """``code`` as one word of capital letters and digits, without hyphens."""
    key = b"".join(bytes.fromhex(one.reveal()) for one in keys_of(code.key))
    body = msgspec.msgpack.encode(_Content(code.url, code.api_key.reveal(), key))
    whole = (len(body) + _CHECK).to_bytes(_LENGTH, "big") + body
    return Secret(_NAME + _VERSION + base64.b32encode(whole + _check(whole)).decode().rstrip("="))


def in_groups(code: Secret) -> Secret:
    """The word in groups with spaces between, which a person can follow with a finger."""
    start = len(_NAME + _VERSION)
    text = code.reveal()
    groups = [text[:start], *(text[at : at + _GROUP] for at in range(start, len(text), _GROUP))]
    return Secret(" ".join(groups))


def read_code(text: str) -> SetupCode:
    """What a code holds, however it was copied.

    Raises SetupCodeStrangeError, SetupCodeNewerError, SetupCodeCutError or SetupCodeMistypedError; none of them repeats
    anything of the text.
    """
    word = _FILLERS.sub("", text).upper()
    start = _START.match(word)
    if word and _NAME.startswith(word):
        raise SetupCodeCutError
    if start is None or len(word) > LONGEST_CODE:
        raise SetupCodeStrangeError
    if start[1] != _VERSION:
        raise SetupCodeNewerError
    return _read(word[start.end() :].translate(_LOOKALIKES))


def _read(digits: str) -> SetupCode:
    raw = _decoded(digits)
    expected = _LENGTH + int.from_bytes(raw[:_LENGTH], "big")
    if len(raw) < expected or len(raw) <= _LENGTH:
        raise SetupCodeCutError
    if len(raw) > expected or _check(raw[:-_CHECK]) != raw[-_CHECK:]:
        raise SetupCodeMistypedError
    try:
        content = _CONTENT.decode(raw[_LENGTH:-_CHECK])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise SetupCodeMistypedError from None
    url, key = base_address(content.url), content.key.hex(KEY_SEPARATOR, -KEY_BYTES)
    if url is None or not is_api_key(content.api_key) or len(content.key) % KEY_BYTES or not is_key(key):
        raise SetupCodeStrangeError
    return SetupCode(url=url, api_key=Secret(content.api_key), key=Secret(key))


def _decoded(digits: str) -> bytes:
    """The whole bytes among ``digits``: a code may end anywhere."""
    try:
        # Five bits each. What is cut off in the middle of a byte is no byte.
        return base64.b32decode(digits + "A" * (-len(digits) % 8))[: len(digits) * 5 // 8]
    except ValueError:
        raise SetupCodeMistypedError from None


def _check(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:_CHECK]
