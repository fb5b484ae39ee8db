"""The window that writes logins or numbers for other programs: what, which accounts, and what came of it."""

from collections.abc import Callable

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QWidget,
)

from probe_tray.core.account.identity import AccountKey
from probe_tray.ui.accessibility import describe
from probe_tray.ui.theme import Theme
from probe_tray.ui.transfer.transfer_dialog import TransferDialog
from probe_tray.ui.widgets import (
    CHECKS,
    last_row,
    leave_room,
    list_style,
    say,
    show_box,
    side_by_side,
    strip_style,
    words,
)
from probe_tray.ui.wrapping_tree import OneLineDelegate
from probe_tray.view.transfer.export_view import ExportAccount, ExportKind, ExportView
from probe_tray.view.view_models import Tone

_WIDTH, _HEIGHT, _LEAST = 520, 560, 110


class ExportActions(msgspec.Struct, frozen=True, kw_only=True):
    """What the window asks for."""

    kind: Callable[[ExportKind], None]
    tick: Callable[[AccountKey, bool], None]
    tick_all: Callable[[bool], None]
    refresh_tokens: Callable[[bool], None]
    hide: Callable[[bool], None]
    export: Callable[[], None]
    show_folder: Callable[[], None]
    closed: Callable[[], None]


class ExportDialog(TransferDialog):
    """Shows what would be written; it never writes anything itself."""

    def __init__(self, theme: Theme, actions: ExportActions) -> None:
        """Make the window; fill it with :meth:`show_model`."""
        super().__init__(theme, "export", actions.closed)
        self._actions = actions
        self._shown: ExportView | None = None
        self._result = words(wrap=True)
        self._what, self._who = QLabel(self), QLabel(self)
        self._kinds = QComboBox(self)
        self._what.setBuddy(self._kinds)
        # The keyboard walks through them in the order in which they are made.
        self._everything = QCheckBox(self)
        self._accounts = QListWidget(self)
        self._accounts.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        OneLineDelegate(self._accounts)
        self._accounts.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._who.setBuddy(self._accounts)
        self._refresh, self._hide = QCheckBox(self), QCheckBox(self)
        self._folder, self._close = self.button(actions.show_folder), self.button(self.close)
        self._export = self.button(actions.export)
        self._strip = QWidget(self)
        self._arrange()
        self._connect()
        self.apply_theme()
        self.open_at(_WIDTH, _HEIGHT)

    def show_model(self, model: ExportView) -> None:
        """Show this, in place of what was shown."""
        if model == self._shown:
            return
        before, self._shown = self._shown, model
        self.setWindowTitle(model.window_title)
        self._what.setText(model.what)
        self._who.setText(model.who)
        self.head(model.title, model.help)
        say(self._warning, model.warning)
        say(self._result, model.result)
        self._strip.setVisible(bool(model.result))
        self._show_kinds(model)
        self._show_accounts(model.accounts)
        for part in (self._what, self._kinds, self._who, self._accounts, self._export):
            part.setVisible(bool(model.accounts))
        for box, text, state in (
            (self._everything, model.everybody, model.all_ticked),
            (self._refresh, model.refresh, model.refresh_ticked),
            (self._hide, model.hide, model.hide_ticked),
        ):
            show_box(box, text, ticked=state)
        self.show_progress(0, 0, busy=model.busy)
        say(self._folder, model.show_folder if model.folder else "")
        self._export.setText(model.export)
        self._export.setEnabled(model.can_export)
        self._export.setDefault(model.can_export)
        self._close.setText(model.close)
        self._result.setStyleSheet(strip_style(self._theme, model.result_tone))
        describe(self, model.help)
        leave_room(self)
        if model.result and (before is None or before.result != model.result):
            self.bring_into_view(self._strip)
        if (before is None or bool(before.accounts)) is not bool(model.accounts):
            if model.accounts:
                self.open_at(_WIDTH, _HEIGHT)
            else:
                # There is nothing to choose, and no need for the room of a list.
                self.open_low(_WIDTH)

    def showEvent(self, event: QShowEvent) -> None:
        """Open with the keyboard on the first choice."""
        super().showEvent(event)
        if not event.spontaneous():
            (self._kinds if self._kinds.isVisible() else self._close).setFocus()

    def _show_kinds(self, model: ExportView) -> None:
        # What is written here is no choice of a person.
        self._kinds.blockSignals(True)
        for place, (_, text) in enumerate(model.kinds):
            if place < self._kinds.count():
                self._kinds.setItemText(place, text)
            else:
                self._kinds.addItem(text)
        self._kinds.setCurrentIndex([kind for kind, _ in model.kinds].index(model.kind))
        self._kinds.setAccessibleName(model.what.replace("&", ""))
        self._kinds.setAccessibleDescription(model.help)
        self._kinds.blockSignals(False)

    def _show_accounts(self, accounts: tuple[ExportAccount, ...]) -> None:
        self._accounts.blockSignals(True)
        for _ in range(len(accounts), self._accounts.count()):
            self._accounts.takeItem(len(accounts))
        for place, account in enumerate(accounts):
            item = self._accounts.item(place) or QListWidgetItem(self._accounts)
            item.setText(account.name)
            item.setToolTip(account.name)
            usual = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable
            item.setFlags(Qt.ItemFlag.ItemIsSelectable if account.note else usual | Qt.ItemFlag.ItemIsEnabled)
            item.setCheckState(CHECKS[account.ticked])
        self._accounts.setAccessibleName(self._who.text().replace("&", ""))
        self._accounts.blockSignals(False)

    def _changed(self, item: QListWidgetItem) -> None:
        place = self._accounts.row(item)
        if self._shown is not None and place < len(self._shown.accounts):
            self._actions.tick(self._shown.accounts[place].key, item.checkState() is Qt.CheckState.Checked)

    def _choose(self, place: int) -> None:
        if self._shown is not None:
            self._actions.kind(self._shown.kinds[place][0])

    def _tick_all(self) -> None:
        self._actions.tick_all(self._shown is not None and self._shown.all_ticked is not True)

    def _connect(self) -> None:
        self._kinds.activated.connect(self._choose)
        self._accounts.itemChanged.connect(self._changed)
        self._everything.clicked.connect(self._tick_all)
        self._refresh.clicked.connect(self._actions.refresh_tokens)
        self._hide.clicked.connect(self._actions.hide)

    def _arrange(self) -> None:
        px = self._theme.px
        strip = QHBoxLayout(self._strip)
        strip.setContentsMargins(0, 0, 0, 0)
        strip.setSpacing(px(8))
        strip.addWidget(self._result, 1)
        strip.addWidget(self._folder, 0, Qt.AlignmentFlag.AlignVCenter)
        end = last_row(self._theme, (), (self._export,), self._close)
        upper = self.lay_out(8, self._accounts, _LEAST, end)
        upper.addSpacing(px(2))
        for part in (self._what, self._kinds, self._text):
            upper.addWidget(part)
        upper.addSpacing(px(4))
        upper.addLayout(side_by_side(self._theme, self._who, None, self._everything))
        upper.addWidget(self._accounts, 1)
        # Takes the place of a list that isn't shown, and none beside one that is.
        upper.addStretch()
        for part in (self._refresh, self._hide, self._warning, self._strip):
            upper.addWidget(part)

    def apply_theme(self) -> None:
        """Take the theme's colours, fonts and measures as they are now."""
        super().apply_theme()
        theme, px = self._theme, self._theme.px
        self.setStyleSheet(
            self.styleSheet()
            + list_style("QListWidget", theme)
            + f"""
            QListWidget::item {{ padding: {px(3)}px; }}
            """
        )
        for label in (self._warning, self._result):
            label.setFont(theme.font(12))
        self._warning.setStyleSheet(strip_style(theme, Tone.WARNING))
        self._result.setStyleSheet(strip_style(theme, Tone.CALM if self._shown is None else self._shown.result_tone))
