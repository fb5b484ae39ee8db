"""The protected form of a row: what it says in the clear, and what its seal is bound to.

``v2.KEY-ID.GENERATION.BASE64``. The account's id, the key's name and the generation are the associated data of the
seal: a row that was put under another id, or whose generation was changed, does not open. The generation grows with
each write of a row, so that an older one is known for what it is by whoever has seen a newer one.
"""

import base64
import binascii
import enum
import re
from datetime import UTC, datetime
from typing import Final

import msgspec

_FORM: Final = re.compile(r"v2\.([0-9a-f]{16})\.([1-9][0-9]{0,14})\.([A-Za-z0-9+/]+={0,2})\s*")
_MARKS: Final = 1_000_000
"""Microseconds of a second, in which the time of a row shows its generation."""


class RowAction(enum.Enum):
    """What a computer did when it wrote a row."""

    RENEWED = "renewed"
    SHARED = "shared"
    """It gave the table a login that it had, or sealed the one of the row anew."""
    REMOVED = "removed"
    """It took the account out of the table for all computers."""


class InCodexOn(msgspec.Struct, frozen=True, kw_only=True):
    """A computer on which the official client works with the account of a row, without its refresh token."""

    computer_id: str
    computer: str
    """Its name."""
    at: datetime | None = None
    """When it said so, by its own clock: it says it again after a day. None in rows of earlier versions; aware UTC."""


class RowStamp(msgspec.Struct, frozen=True, kw_only=True):
    """Which write of a row this is, and whose. Only a holder of the key can have made it."""

    generation: int
    key_id: str
    action: RowAction = RowAction.SHARED
    computer: str = ""
    """The name of the computer; empty where it has none."""
    computer_id: str = ""
    """Which computer it is, whatever its name: random, made once. Empty in rows of earlier versions of the program."""
    at: datetime | None = None
    """When, by that computer's clock; aware UTC."""
    newest_key_id: str = ""
    """The newest key that this computer had then, which is another one than ``key_id`` while the key is changed."""
    in_codex: tuple[InCodexOn, ...] = ()
    """Each computer says it for itself with its syncs. A program that doesn't know it leaves it out when it writes."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed row."""

    key_id: str
    generation: int
    sealed: bytes

    @property
    def text(self) -> str:
        """As the table holds it."""
        return f"v2.{self.key_id}.{self.generation}.{base64.b64encode(self.sealed).decode('ascii')}"


def is_protected_form(data: str) -> bool:
    """Whether it is meant to be a row in this form."""
    return data.startswith("v2.")


def read_envelope(data: str) -> Envelope | None:
    """What a row holds; None where it is no row in this form."""
    found = _FORM.fullmatch(data)
    if found is None:
        return None
    name, generation, text = found.groups()
    try:
        return Envelope(key_id=name, generation=int(generation), sealed=base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return None


def associated_data(row_id: str, key_id: str, generation: int) -> bytes:
    """What the seal of a row is bound to."""
    # An id is anybody's word: half a character in it must not raise.
    return f"probe-tray row 2\0{key_id}\0{generation}\0{row_id}".encode("utf-8", "surrogatepass")


def next_generation(known: int, now: datetime) -> int:
    """The generation of a row that takes the place of one of the generation ``known`` (0: none) at ``now``, aware.

    The seconds since 1970, or one more than what is known: so also a row that was deleted begins above what anybody saw
    of it.
    """
    found = max(known + 1, int(now.timestamp()))
    # It shows as microseconds: 0 would look like no mark, and that of the row before like no change.
    while found % _MARKS in {0, known % _MARKS}:
        found += 1
    return found


def marked_time(moment: datetime | None, generation: int) -> str:
    """The time of a row (aware): each write has another one, so that no change of a row since it was read is missed."""
    whole = (moment or datetime.fromtimestamp(generation, UTC)).astimezone(UTC)
    return whole.replace(microsecond=generation % _MARKS).isoformat(timespec="microseconds")
