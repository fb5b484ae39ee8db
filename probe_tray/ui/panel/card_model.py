"""The cards as rows of a list: only what changed is drawn again, and nothing moves that did not."""

from collections.abc import Callable, Sequence

import msgspec
from PySide6.QtCore import QAbstractListModel, QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from probe_tray.core.account.identity import AccountKey
from probe_tray.view.panel.card_sequence import CardEntry, CardSequence
from probe_tray.view.panel.survey import SurveyFinding
from probe_tray.view.view_models import Card

CARD_ROLE = Qt.ItemDataRole.UserRole + 1
ABOUT_ROLE = Qt.ItemDataRole.UserRole + 2
"""The card as it is now or was a little while ago: enough to measure it."""
LINE_ROLE = Qt.ItemDataRole.UserRole + 3
"""Whether it takes one line."""

_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_ACCOUNT = "application/x-probe-tray-account"


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What a person can change in the list itself."""

    move: Callable[[AccountKey, AccountKey | None], None]
    """Put an account before another, or at the end."""
    name: Callable[[AccountKey, str], None]
    """Call an account like this."""


class CardModel(QAbstractListModel):
    """The cards in their order, each made when the list asks for it."""

    looked_at_again = Signal()
    """The words may be others: time has passed. No card has changed its size that anybody knows of."""

    def __init__(self, parent: QObject, changes: Changes) -> None:
        """Begin without cards."""
        super().__init__(parent)
        self._sequence: CardSequence | None = None
        self._entries: tuple[CardEntry, ...] = ()
        self._lines = False
        self._line_rows = range(0)
        self._movable = True
        self._changes = changes

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        """How many cards there are."""
        return 0 if parent.isValid() else len(self._entries)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A card, or its words."""
        row = index.row()
        if not index.isValid() or row >= len(self._entries) or self._sequence is None:
            return None
        match role:
            case _ if role == CARD_ROLE:
                return self._sequence[row]
            case _ if role == ABOUT_ROLE:
                return self._sequence.about(row)
            case _ if role == LINE_ROLE:
                return self.is_line(row)
            case Qt.ItemDataRole.DisplayRole:
                return self._sequence[row].title
            case Qt.ItemDataRole.ToolTipRole:
                return self._sequence[row].hover or None
            case Qt.ItemDataRole.AccessibleTextRole:
                return self._sequence[row].spoken
            case _:
                return None

    def card(self, row: int) -> Card | None:
        """The card as it is now. For one that paints: asking :meth:`data` through Qt takes ten times as long."""
        return self._sequence[row] if self._sequence is not None and 0 <= row < len(self._entries) else None

    def is_line(self, row: int) -> bool:
        """Whether it takes one line."""
        return row in self._line_rows

    @property
    def line_rows(self) -> range:
        """The rows that take one line. Accounts stand below each other, with nothing else between them."""
        return self._line_rows

    def show(self, cards: CardSequence, *, lines: bool = False, movable: bool = True) -> None:
        """Show these cards now. ``movable``: all accounts are there, so that one can be put between two others."""
        self._movable = movable
        old, new = self._entries, cards.entries
        relined, self._lines = self._lines != lines, lines
        accounts = [row for row, entry in enumerate(new) if isinstance(entry.about, SurveyFinding)] if lines else []
        self._line_rows = range(accounts[0], accounts[-1] + 1) if accounts else range(0)
        if [e.name for e in old] == [e.name for e in new]:
            self._sequence, self._entries = cards, new
            changed = [row for row, (a, b) in enumerate(zip(old, new, strict=True)) if relined or _differ(a, b)]
            if changed:
                self.dataChanged.emit(self.index(changed[0]), self.index(changed[-1]))
            self.looked_at_again.emit()
            return
        # The list keeps its place and its current card although the cards change places.
        self.layoutAboutToBeChanged.emit()
        places = {entry.name: row for row, entry in enumerate(new)}
        kept = self.persistentIndexList()
        moved = [_moved(index, old, places) for index in kept]
        self._sequence, self._entries = cards, new
        self.changePersistentIndexList(kept, [QModelIndex() if row is None else self.index(row) for row in moved])
        self.layoutChanged.emit()

    def row_of(self, key: AccountKey) -> int | None:
        """Where the account's card is."""
        return next((row for row, entry in enumerate(self._entries) if entry.key == key), None)

    def keys(self) -> tuple[AccountKey, ...]:
        """The accounts in the order that is shown."""
        return tuple(entry.key for entry in self._entries if entry.key is not None)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """An account may be dragged to between two others."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if not index.isValid():
            return flags | Qt.ItemFlag.ItemIsDropEnabled
        if self._entries[index.row()].key is None:
            return flags
        flags |= Qt.ItemFlag.ItemIsEditable
        return flags | Qt.ItemFlag.ItemIsDragEnabled if self._movable else flags

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for another name of the account."""
        key = self._entries[index.row()].key if index.isValid() and role == Qt.ItemDataRole.EditRole else None
        if key is None:
            return False
        self._changes.name(key, str(value))
        return True

    def supportedDropActions(self) -> Qt.DropAction:
        """Accounts are moved, never copied."""
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        """What is dragged means nothing to any other window."""
        return [_ACCOUNT]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """The account that is dragged: while that lasts, the rows may change places."""
        data = QMimeData()
        keys = [key for index in indexes if (key := self._entries[index.row()].key) is not None]
        data.setData(_ACCOUNT, keys[0].slug.encode() if keys else b"")
        return data

    def dropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: _Index) -> bool:
        """Move the account to before ``row``. False: the list itself must remove nothing."""
        del action, column, parent
        slug = data.data(_ACCOUNT).data()
        entries = enumerate(self._entries)
        dragged = next((at for at, e in entries if e.key is not None and e.key.slug.encode() == slug), None)
        if dragged is not None:
            self.move_row(dragged, row)
        return False

    def move_row(self, row: int, before: int) -> None:
        """Ask for the account of ``row`` to stand before that of another row; past the last one, at the end."""
        key = self._entries[row].key if 0 <= row < len(self._entries) else None
        if key is None or not self._movable or before in {row, row + 1}:
            return
        rest = (entry.key for entry in self._entries[max(before, 0) :] if entry.key is not None)
        self._changes.move(key, next(rest, None) if before >= 0 else None)


def _differ(old: CardEntry, new: CardEntry) -> bool:
    """Whether more has changed than the time."""
    if old is new:
        return False
    a, b = old.about, new.about
    if isinstance(a, SurveyFinding) and isinstance(b, SurveyFinding):
        return a.account is not b.account or a.what is not b.what
    return a != b


def _moved(index: QModelIndex, old: tuple[CardEntry, ...], places: dict[str, int]) -> int | None:
    return places.get(old[index.row()].name) if index.row() < len(old) else None
