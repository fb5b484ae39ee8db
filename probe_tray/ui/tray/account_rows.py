"""Accounts as rows of a menu, changed in place."""

from collections.abc import Callable
from itertools import repeat

from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QMenu

from probe_tray.core.account.identity import AccountKey
from probe_tray.ui.tray.icon import ROW_SIZES, IconPainter, Ink
from probe_tray.view.view_models import IconLook, MenuRow


class AccountRows:
    """Keeps as many rows before one of the menu's own as there are accounts to show."""

    def __init__(
        self, menu: QMenu, before: QAction, icons: IconPainter, choose: Callable[[AccountKey], None], *, checked: bool
    ) -> None:
        """Call ``choose`` with the account of a row. ``checked``: the one in use is marked."""
        self._menu, self._before, self._icons, self._choose = menu, before, icons, choose
        self._checked = checked
        self._actions: list[QAction] = []
        self._filled: list[tuple[MenuRow, Ink] | None] = []
        """What each action shows; None where it is hidden."""

    def show_model(self, rows: tuple[MenuRow, ...], ink: Ink) -> None:
        """Show these, glyphs in ``ink``."""
        while len(self._actions) < len(rows):
            self._actions.append(self._make(len(self._actions)))
            self._filled.append(None)
        wanted = [*((row, ink) for row in rows), *repeat(None, len(self._actions) - len(rows))]
        if wanted == self._filled:
            return
        before, self._filled = self._filled, wanted
        # Rows that change places take their pictures along.
        shown = zip(before, self._actions, strict=True)
        pictures = {(filled[0].look, filled[1]): action.icon() for filled, action in shown if filled is not None}
        for action, filled, now in zip(self._actions, before, wanted, strict=True):
            if filled != now:
                self._fill(action, filled, now, pictures)

    def _fill(
        self,
        action: QAction,
        before: tuple[MenuRow, Ink] | None,
        wanted: tuple[MenuRow, Ink] | None,
        pictures: dict[tuple[IconLook, Ink], QIcon],
    ) -> None:
        action.setVisible(wanted is not None)
        # Hidden rows can be read over D-Bus: no account that is gone may be named there.
        action.setText("" if wanted is None else literal(wanted[0].text))
        if wanted is None:
            action.setIcon(QIcon())
            return
        row, ink = wanted
        action.setEnabled(row.there)
        if self._checked:
            action.setChecked(row.chosen)
        if before is None or (before[0].look, before[1]) != (row.look, ink):
            if (row.look, ink) not in pictures:
                pictures[row.look, ink] = self._icons.icon(row.look, ink, sizes=ROW_SIZES)
            action.setIcon(pictures[row.look, ink])

    def _make(self, index: int) -> QAction:
        action = QAction(self._menu)
        action.setCheckable(self._checked)
        action.triggered.connect(lambda: self._press(index))
        self._menu.insertAction(self._before, action)
        return action

    def _press(self, index: int) -> None:
        filled = self._filled[index]
        if filled is None:
            # A desktop's panel may still show a row that is hidden by now.
            return
        row, _ = filled
        if self._checked:
            # Qt has turned the mark over; it stays as it is until something was done.
            self._actions[index].setChecked(row.chosen)
        if row.there:
            self._choose(row.key)


def add_row(menu: QMenu, do: Callable[[], None]) -> QAction:
    """A row of ``menu`` without a text yet, which calls ``do``."""
    action = menu.addAction("")

    def run() -> None:
        # Qt would hand its "checked" to a function that could take it.
        do()

    action.triggered.connect(run)
    return action


def literal(text: str) -> str:
    """Text in which ``&`` means itself."""
    return text.replace("&", "&&")
