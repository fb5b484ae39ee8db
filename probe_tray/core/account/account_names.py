"""Which accounts a person means by a word: the only place that knows.

It imports little: the command that only asks the running app needs it, and is to answer at once.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

Item = TypeVar("Item")


class AccountNames(NamedTuple):
    """What an account is known by. What is empty names nobody."""

    alias: str
    """The person's own name for it."""
    others: tuple[str, ...]
    """Its address and its ids."""


def matching(word: str, items: Iterable[Item], names: Callable[[Item], AccountNames]) -> tuple[Item, ...]:
    """Those of ``items`` that ``word`` names. Case and the space around it don't count.

    An alias goes first, since the person chose it: it may be the address of another account.
    """
    wanted = _plain(word)
    known = tuple((item, names(item)) for item in items) if wanted else ()
    by_alias = tuple(item for item, named in known if wanted == _plain(named.alias))
    return by_alias or tuple(item for item, named in known if wanted in map(_plain, named.others))


def _plain(text: str) -> str:
    return text.strip().casefold()
