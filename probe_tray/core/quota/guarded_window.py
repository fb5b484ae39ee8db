"""What ``guard`` looks at. It imports nothing of ours: the command line is read before anything is loaded."""

import enum


class GuardedWindow(enum.Enum):
    """The windows that are to have enough left."""

    FIVE_HOURS = "5h"
    WEEK = "week"
    ANY = "any"
    """One window with enough is enough."""
    ALL = "all"
    """Every window has to have it."""
