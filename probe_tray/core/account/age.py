"""Which of several logins of one account is the newest: one answer for stores, renewals, imports, exports and sync.

The order of its parts, each deciding only where those before it are equal:

1. ``iat`` of the access token. Nobody but the issuer can set it, and every copy of a token says the same.
2. Whether there is a refresh token. Copies of one access token are equally new; the one that can be renewed is worth
   more, whatever a file's own dates say.
3. ``last_refresh``, which any program may have written, in whole seconds: that is all that some formats hold, so finer
   times would make a login differ from its own copy.

What a row of the shared table or a file says beside the tokens (``update_time``, ``expired``, the file's own date) has
no say.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey

_NEVER = datetime.min.replace(tzinfo=UTC)


class Age(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """How new a login is; of two the greater is newer. Aware UTC, the year 1 where nobody says."""

    issued: datetime
    renewable: bool = False
    """False also where an older version of this program wrote it down: nothing counts as older for that."""
    refreshed: datetime


def age(credential: Credential) -> Age:
    """How new ``credential`` is among the logins of its account."""
    return Age(
        issued=credential.claims.issued_at or _NEVER,
        renewable=credential.renewable,
        refreshed=(credential.last_refresh or _NEVER).replace(microsecond=0),
    )


def newest(logins: Iterable[Credential]) -> Credential:
    """The newest of at least one; of several that are equally new the first."""
    return max(logins, key=age)


def newest_renewable(logins: Iterable[Credential]) -> Credential:
    """The newest of those with a refresh token, of at least one login; of all of them where none has one.

    For what computers share: an access token alone, however new, must not take the place of what keeps a login alive.
    """
    return max(logins, key=lambda login: (login.renewable, age(login)))


def are_apart(logins: Iterable[Credential]) -> bool:
    """Whether stores that hold these logins of one account have different ones of those that are renewed.

    An access token alone beside a login that can be renewed is somebody's own, and nothing takes its place.
    """
    found = list(logins)
    return len({login.access_token for login in [one for one in found if one.renewable] or found}) > 1


def newest_by_key(logins: Iterable[Credential]) -> dict[AccountKey, Credential]:
    """The newest login of each account key, in the order in which the keys first came.

    One owner can have two keys, where older tokens don't name their user.
    """
    found: dict[AccountKey, Credential] = {}
    for login in logins:
        known = found.get(login.key)
        found[login.key] = login if known is None else newest((known, login))
    return found
