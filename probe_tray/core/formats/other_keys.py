"""What other programs keep beside a login in its file: kept with it, so that a hand-over loses none of it."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final, cast

from probe_tray.core.account.secret import Secret
from probe_tray.core.formats.json_text import Object

FLAT: Final = "flat"
OFFICIAL: Final = "official"
TOKENS: Final = "tokens"
ENTRY: Final = "entry"
CREDENTIALS: Final = "credentials"
"""The places: a flat file, an ``auth.json`` and its tokens, an entry of a bundle and its credentials."""
_LARGEST: Final = 16 * 1024
"""Characters; a login's own values are smaller."""


def read_other_keys(text: str, places: Iterable[tuple[str, Object, frozenset[str]]]) -> Secret | None:
    """The members that are no login's, as JSON by their place; None where there are none, or too many to keep.

    ``places``: a name for each object, the object, and the keys in it that are the login's. The objects were read from
    ``text``. What they hold may be secret: another program's token.
    """
    kept: dict[str, dict[str, object]] = {}
    for place, node, known in places:
        for member in node.members:
            if member.key not in known:
                # What no file could hold again, such as a number of 5,000 digits or half a character, is left.
                with suppress(ValueError, RecursionError):
                    value: object = json.loads(text[member.value.start : member.value.end])
                    json.dumps({member.key: value}, ensure_ascii=False, allow_nan=False).encode()
                    kept.setdefault(place, {})[member.key] = value
    if not kept:
        return None
    whole = json.dumps(kept)
    return Secret(whole) if len(whole) <= _LARGEST else None


def other_keys(others: Secret | None, place: str) -> Mapping[str, object]:
    """Those of ``place``."""
    if others is None:
        return {}
    found: object = json.loads(others.reveal())
    members = cast("Mapping[str, object]", found).get(place) if isinstance(found, dict) else None
    return cast("Mapping[str, object]", members) if isinstance(members, dict) else {}
