"""Which of several logins of one account to keep, or to hand on, where there is room for one."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable

import msgspec

from probe_tray.core.account.age import Age, age
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey


class Worth(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """What a login is worth; of two the greater is kept. Each part decides only where those before it are equal."""

    lives: bool
    lasts: bool
    """Whether it can be renewed: an access token alone, however new, works for days."""
    made: Age


def lifeline(login: Credential) -> str:
    """The fingerprint of what keeps ``login`` alive: of its refresh token, else of its access token."""
    return (login.refresh_token or login.access_token).fingerprint


def worth(login: Credential, ended: Collection[str]) -> Worth:
    """What ``login`` is worth; ``ended`` has the :func:`lifeline` of each that works no longer, as far as is known."""
    return Worth(lives=lifeline(login) not in ended, lasts=login.renewable, made=age(login))


def rivals(logins: Iterable[Credential]) -> list[Credential]:
    """Those of ``logins`` with another one of their account among them: what the others are worth decides nothing."""
    found = list(logins)
    count = Counter(login.account_id for login in found)
    return [login for login in found if count[login.account_id] > 1]


def best_of_each(logins: Iterable[Credential], rank: Callable[[Credential], Worth]) -> list[Credential]:
    """Of each owner the login of the highest ``rank``, in the order in which the owners first came.

    Of several of one rank the first is taken.
    """
    found: dict[AccountKey, Credential] = {}
    for login in logins:
        known = found.get(login.key)
        found[login.key] = login if known is None else max(known, login, key=rank)
    for key in [key for key in found if not key.user_id]:
        login = found[key]
        named = login.account_in(other for other in found.values() if other.key.user_id)
        if named is not None:
            # At the place of whichever came first.
            first, second = sorted((key, named), key=list(found).index)
            found[first] = max(found[first], found.pop(second), key=rank)
    return list(found.values())
