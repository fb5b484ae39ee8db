"""When a login is renewed, and why."""

import enum
from datetime import datetime, timedelta

import msgspec

from probe_tray.core.account.credential import Credential

_DAY = timedelta(days=1)
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


def renew_reason(credential: Credential, *, now: datetime, days: int, records_end: bool = True) -> Reason | None:
    """Why the policy renews this login now, or None while it is fresh.

    ``days`` is how long before its end a login counts as ending, 0 = only once it has ended. ``records_end``: whether
    it was read from a format that has a field for ``expired``.
    """
    if credential.id_token is None:
        return Reason.NO_ID_TOKEN
    if records_end and credential.expired is None:
        return Reason.NO_EXPIRY
    end = policy_end(credential, records_end=records_end)
    # An end that nobody knows is no reason: every run would spend a token. The service will say when it is over.
    if end is None:
        return None
    if end <= now:
        return Reason.EXPIRED
    # As a difference: a record may say the year 1, and any number of days may be set.
    return Reason.EXPIRES_SOON if days and (end - now) / _DAY <= days else None


def policy_end(credential: Credential, *, records_end: bool) -> datetime | None:
    """The end that the policy looks at: the token's own, or a recorded one that is earlier.

    A person may have set that to have it renewed. A later one, written by a clock that was ahead, puts nothing off.
    """
    own, recorded = credential.claims.expires_at, credential.expired
    if own is None or recorded is None:
        return own or recorded
    return min(own, recorded) if records_end else own


def due_on_arrival(credential: Credential, *, brought: datetime, days: int, records_end: bool) -> bool:
    """Whether the policy called this login due at the very moment when a renewal ``brought`` it (aware UTC).

    By the token's own end where it has one: a record that was set back since is a person's wish.
    """
    end = credential.claims.expires_at
    if end is not None and credential.expired is not None:
        credential = msgspec.structs.replace(credential, expired=end)
    return renew_reason(credential, now=brought, days=days, records_end=records_end) is not None


def half_life(credential: Credential) -> timedelta:
    """Half of the time that the access token was made for; half a day where it does not say."""
    begins, ends = credential.claims.issued_at, credential.claims.expires_at
    whole = _DAY if begins is None or ends is None else ends - begins
    return max(whole, timedelta()) / 2


def planned_renewal(expires_at: datetime, *, now: datetime, days: int, fraction: float) -> datetime:
    """A moment for renewing by timer, so that many logins are not renewed all at once.

    ``fraction`` in 0…1 chooses the moment inside the allowed window, which opens ``days`` before ``expires_at``. A
    window that is open already is measured from ``now``.
    """
    # As a difference: a record may say the year 1, and any number of days may be set.
    opens = now if (expires_at - now) / _DAY <= days else expires_at - timedelta(days=days)
    span = max(expires_at - opens, timedelta())
    return opens + span * fraction * _LATEST
