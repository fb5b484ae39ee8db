"""Which accounts a person means by a word."""

from collections.abc import Iterable

from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.state import AccountState


def matching(word: str, accounts: Iterable[AccountState], arrangement: Arrangement) -> tuple[AccountState, ...]:
    """The accounts whose address, alias or id (of the account, or the program's own) ``word`` is; case is ignored.

    An alias goes before an address: the person has chosen it.
    """
    wanted, known = word.strip().casefold(), tuple(accounts)
    named = tuple(a for a in known if arrangement.alias(a.key.slug).casefold() == wanted)
    if named or not wanted:
        return named if wanted else ()
    return tuple(a for a in known if wanted in {a.email.casefold(), a.key.account_id.casefold(), a.key.slug})
