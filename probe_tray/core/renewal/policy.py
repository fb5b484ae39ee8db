"""When a login is renewed, and why."""

import enum
from datetime import datetime, timedelta

from probe_tray.core.account.credential import Credential

_LATEST = 0.5
"""A planned renewal falls into the first half of the allowed window; the second half is for trying again."""


class Reason(enum.Enum):
    """Why a login is to be renewed."""

    FORCED = "forced"
    REFUSED = "refused"
    """The service refused the access token."""
    NO_ID_TOKEN = "no id_token"
    NO_EXPIRY = "no expiry"
    EXPIRED = "expired"
    EXPIRES_SOON = "expires soon"


def renew_reason(credential: Credential, *, now: datetime, days: int) -> Reason | None:
    """Why the policy renews this login now, or None while it is fresh.

    ``days`` is how long before its recorded end a login counts as ending, 0 = only once it has ended.
    """
    if credential.id_token is None:
        return Reason.NO_ID_TOKEN
    if credential.expired is None:
        return Reason.NO_EXPIRY
    if credential.expired <= now:
        return Reason.EXPIRED
    return Reason.EXPIRES_SOON if days and credential.expired - timedelta(days=days) <= now else None


def planned_renewal(expires_at: datetime, *, now: datetime, days: int, fraction: float) -> datetime:
    """A moment for renewing by timer, so that many logins are not renewed all at once.

    ``fraction`` in 0…1 chooses the moment inside the allowed window, which opens ``days`` before ``expires_at``. A
    window that is open already is measured from ``now``.
    """
    # Added to now and not taken from the end: a record may say the year 1.
    opens = now if expires_at <= now + timedelta(days=days) else expires_at - timedelta(days=days)
    span = max(expires_at - opens, timedelta())
    return opens + span * fraction * _LATEST
