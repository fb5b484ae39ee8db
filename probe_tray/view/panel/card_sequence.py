"""The cards of the panel in their order, each made when somebody looks at it."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, final, overload

from probe_tray.core.account.identity import AccountKey
from probe_tray.view.panel.survey import SurveyFinding
from probe_tray.view.view_models import Card


class CardEntry(NamedTuple):
    """One place in the cards: an account, or a card that is there already."""

    name: str
    """Stays the same while the place is about the same thing."""
    about: SurveyFinding | Card

    @property
    def key(self) -> AccountKey | None:
        """The account, where it is about one."""
        return self.about.account.key if isinstance(self.about, SurveyFinding) else None


def place_of(account: AccountKey) -> str:
    """The name of an account's place."""
    return f"account {account.account_id} {account.user_id}"


class CardMemory:
    """The cards that were made, so that an account which has not changed is not put into words again."""

    def __init__(self) -> None:
        """Begin empty."""
        self.made: dict[AccountKey, tuple[SurveyFinding, Card]] = {}
        self._entries: dict[AccountKey, CardEntry] = {}

    def entry(self, found: SurveyFinding) -> CardEntry:
        """The place of an account: the same object while the finding is the same."""
        key = found.account.key
        known = self._entries.get(key)
        if known is None or known.about is not found:
            known = self._entries[key] = CardEntry(place_of(key), found)
        return known


@final
class CardSequence(Sequence[Card]):
    """A sequence of cards."""

    def __init__(
        self, entries: tuple[CardEntry, ...], make: Callable[[SurveyFinding], Card], memory: CardMemory
    ) -> None:
        """Make the cards of accounts with ``make``."""
        self.entries = entries
        self._make = make
        self._memory = memory

    @overload
    def __getitem__(self, index: int) -> Card: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Card]: ...
    def __getitem__(self, index: int | slice) -> Card | Sequence[Card]:
        """The card as it is now."""
        if isinstance(index, slice):
            return [self._card(entry) for entry in self.entries[index]]
        return self._card(self.entries[index])

    def __len__(self) -> int:
        """How many there are."""
        return len(self.entries)

    def __iter__(self) -> Iterator[Card]:
        """All of them, made one by one."""
        return (self._card(entry) for entry in self.entries)

    def about(self, index: int) -> Card:
        """The card as it is now, or as it was within the last minutes: good enough to measure."""
        found = self.entries[index].about
        if isinstance(found, SurveyFinding):
            made = self._memory.made.get(found.account.key)
            if made is not None and made[0].account is found.account and made[0].what is found.what:
                return made[1]
        return self[index]

    def _card(self, entry: CardEntry) -> Card:
        found = entry.about
        if isinstance(found, Card):
            return found
        made = self._memory.made.get(found.account.key)
        if made is None or made[0] is not found:
            made = found, self._make(found)
            self._memory.made[found.account.key] = made
        return made[1]
