"""What the icon shows. Small, for the icon is there before the rest of the program is."""

import enum
from typing import Final

import msgspec

from probe_tray.core.settings import IconInk

_FULL = 100


class Tone(enum.Enum):
    """How much something matters; never told by colour alone."""

    CALM = "calm"
    WARNING = "warning"
    CRITICAL = "critical"


class IconLook(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All that an account's glyph shows, in whole percents, so that a picture can be kept for it.

    The ring is the long window, the disc the short one: what is used of it, or what is left. Without either: hollow
    with a badge when a login is needed, else dashed.
    """

    weekly: int | None = None
    short: int | None = None
    weekly_tone: Tone = Tone.CALM
    short_tone: Tone = Tone.CALM
    exhausted: bool = False
    stale: bool = False
    badge: bool = False
    """Something needs the person: here, or with another account."""
    paused: bool = False
    """No notification comes: of all accounts, or of this one's quota."""
    number: int | None = None
    """Percents to be written in place of ring and disc; None where these are drawn."""
    number_bar: int = 0
    """How far the bar below the number is filled."""
    number_tone: Tone = Tone.CALM
    """That of the window whose percents the number is, which may be neither ring nor disc."""


class LastIcon(msgspec.Struct, frozen=True, kw_only=True):
    """What the tray showed last, kept for the next start: percents and colours, and nobody's name."""

    version: int = 1
    look: IconLook
    ink: IconInk

    def is_sound(self) -> bool:
        """Whether all percents are such."""
        look = self.look
        percents = (look.weekly or 0, look.short or 0, look.number or 0, look.number_bar)
        return all(0 <= percent <= _FULL for percent in percents)


LAST_ICON: Final = msgspec.json.Decoder(LastIcon)
"""Reads one."""
