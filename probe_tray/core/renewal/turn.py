"""When a login that is due already is renewed: not at the same moment by all computers that have it.

Computers are often started together, and scheduled runs begin at the same minute. So each waits for a part of two
minutes first. The app draws it; in a run of the command it follows from the account and the computer.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from probe_tray.core.renewal.policy import Reason

_SPREAD: Final = timedelta(minutes=2)
_URGENT: Final = timedelta(hours=1)
_BYTES: Final = 6


def turn(begun: datetime, fraction: float) -> datetime:
    """The moment for a login that was due when this computer looked, at ``begun``; ``fraction`` in 0…1."""
    return begun + _SPREAD * fraction


def turn_fraction(account: str, computer_id: str) -> float:
    """The part of one computer for one account, by the account's slug: in 0…1, and the same each time."""
    digest = hashlib.sha256(f"turn\0{computer_id}\0{account}".encode()).digest()
    return int.from_bytes(digest[:_BYTES]) / (1 << (8 * _BYTES))


def has_time(reason: Reason | None, ends_at: datetime | None, now: datetime) -> bool:
    """Whether a renewal for this reason may wait for its turn: its token works for more than an hour (times aware)."""
    return reason is Reason.EXPIRES_SOON and ends_at is not None and ends_at - now > _URGENT
