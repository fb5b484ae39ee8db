"""Which account the tray icon is about."""

import enum


class IconAccount(enum.Enum):
    """Which account the tray icon is about; the tightest one where there is no such account."""

    PINNED = "pinned"
    """The one that the person chose in its menu."""
    TIGHTEST = "tightest"
    BEST = "best"
    """The one to go on with."""
    IN_USE = "in_use"
    """The one that the official client is logged in with."""
