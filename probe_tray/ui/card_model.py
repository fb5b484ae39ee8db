"""The cards as rows of a list: only what changed is drawn again, and nothing moves that did not."""

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from probe_tray.core.identity import AccountKey
from probe_tray.view.models import Card

CARD_ROLE = Qt.ItemDataRole.UserRole + 1
SEARCH_ROLE = Qt.ItemDataRole.UserRole + 2

_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class CardModel(QAbstractListModel):
    """The cards in their order."""

    def __init__(self, parent: QObject) -> None:
        """Begin without cards."""
        super().__init__(parent)
        self._cards: tuple[Card, ...] = ()

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        """How many cards there are."""
        return 0 if parent.isValid() else len(self._cards)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A card, or its words."""
        if not index.isValid() or index.row() >= len(self._cards):
            return None
        card = self._cards[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return card.title
            case Qt.ItemDataRole.ToolTipRole:
                return card.hover or None
            case Qt.ItemDataRole.AccessibleTextRole:
                return card.spoken
            case _:
                return {CARD_ROLE: card, SEARCH_ROLE: card.searched}.get(role)

    def show(self, cards: tuple[Card, ...]) -> None:
        """Show these cards now."""
        old = self._cards
        if [c.name for c in old] == [c.name for c in cards]:
            self._cards = cards
            for row, (before, after) in enumerate(zip(old, cards, strict=True)):
                if before != after:
                    self.dataChanged.emit(self.index(row), self.index(row))
            return
        # The list keeps its place and its current card although the cards change places.
        self.layoutAboutToBeChanged.emit()
        places = {card.name: row for row, card in enumerate(cards)}
        kept = self.persistentIndexList()
        moved = [self._moved(index, old, places) for index in kept]
        self._cards = cards
        self.changePersistentIndexList(kept, [QModelIndex() if row is None else self.index(row) for row in moved])
        self.layoutChanged.emit()

    def row_of(self, key: AccountKey) -> int | None:
        """Where the account's card is."""
        return next((row for row, card in enumerate(self._cards) if card.key == key), None)

    @staticmethod
    def _moved(index: QModelIndex, old: tuple[Card, ...], places: dict[str, int]) -> int | None:
        return places.get(old[index.row()].name) if index.row() < len(old) else None
