"""The settings window, made from the settings table: every setting that exists, and no other."""

from collections.abc import Callable, Mapping
from typing import cast

import msgspec
from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from probe_tray.core.errors import Problem
from probe_tray.core.settings import Settings, SettingsChange, difference
from probe_tray.core.state import UnsavedChange
from probe_tray.ui.accessibility import describe, walk
from probe_tray.ui.placement import fitting
from probe_tray.ui.settings.connection_box import ConnectionBox
from probe_tray.ui.settings.fields import Field, make_field
from probe_tray.ui.sync.sync_box import SyncBox
from probe_tray.ui.theme import Theme
from probe_tray.ui.widgets import words
from probe_tray.view.settings.form import ELSEWHERE, Form, FormRow, check

_WIDTH, _HEIGHT = 580, 600


class SettingsDialog(QDialog):
    """Edits a copy; ``save`` gets what was changed in it when the person says so. It closes once that is saved."""

    test_wanted = Signal()
    """The person wants to see a notification."""
    connection_wanted = Signal(object)
    """The person wants to know whether the service is reached with this setting of the proxy, a text or None."""
    proxy_wanted = Signal(object)
    """The proxy that this setting leads to is to be shown."""

    def __init__(
        self, theme: Theme, form: Form, save: Callable[[SettingsChange], None], told: Callable[[Problem], str]
    ) -> None:
        """Make the window; fill it with :meth:`open_with`. ``told`` puts into words why something was not saved."""
        super().__init__(None, Qt.WindowType.Window)
        self.setModal(False)
        self.setObjectName("settings")
        self.setWindowTitle(form.title)
        self._theme = theme
        self._form = form
        self._save, self._told = save, told
        self._saved: Settings | None = None
        self._pending: SettingsChange | None = None
        """What is being saved."""
        self._refused: UnsavedChange | None = None
        """The refusal that was seen last."""
        self._labels: list[QLabel] = []
        self._notes: list[QLabel] = []
        self._groups: list[QLabel] = []
        self._others: dict[str, object] = {}
        """What no control is for."""
        self._fields: dict[str, Field] = {row.key: make_field(row, form, self._check) for row in form.rows}
        self._test = QPushButton(form.test)
        self._test.setAutoDefault(False)
        self._test.clicked.connect(self.test_wanted)
        self.connection = ConnectionBox(theme)
        self.connection.wanted.connect(lambda: self.connection_wanted.emit(self.field("proxy").value()))
        self.sync = SyncBox(theme)
        self._complaint = words(wrap=True)
        self._buttons = QDialogButtonBox(self)
        self._saver = self._buttons.addButton(form.save, QDialogButtonBox.ButtonRole.AcceptRole)
        self._buttons.addButton(form.cancel, QDialogButtonBox.ButtonRole.RejectRole)
        self._saver.setDefault(True)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._arrange()
        describe(self, form.about)
        # The buttons stand below the rows; made before them, they would come first.
        walk(*self._stops(), *self._buttons.buttons())
        theme.changed.connect(self._dress)
        self._dress()

    def open_with(self, settings: Settings) -> None:
        """Show these settings; a window that is open already keeps what was typed."""
        if not self.isVisible():
            values = _values(settings)
            self._saved, self._pending = settings, None
            self._others = {key: value for key, value in values.items() if key in ELSEWHERE}
            for key, field in self._fields.items():
                field.show(values[key])
            self._check()
            self._look_for_proxy()
            self._fields[self._form.rows[0].key].widget.setFocus()
        self.show()
        self.raise_()
        self.activateWindow()

    def reveal(self, key: str) -> None:
        """Bring a setting into view, ready to be changed."""
        widget = self._fields[key].widget
        self._scroll.ensureWidgetVisible(widget)
        widget.setFocus()

    def follow(self, settings: Settings, unsaved: UnsavedChange | None) -> None:
        """Show what was changed elsewhere meanwhile.

        Close once the change from here is saved, or say why it was not.
        """
        before, self._saved = self._saved, settings
        values = _values(settings)
        self._others = {key: value for key, value in values.items() if key in ELSEWHERE}
        for key in () if before is None else difference(before, settings).values:
            if key in self._fields:
                self._fields[key].show(values[key])
        refused, self._refused = unsaved is not self._refused, unsaved
        if self._pending is None:
            return
        if unsaved is not None and refused and unsaved.change == self._pending:
            self._pending = None
            self._check()
            self._complain(self._told(unsaved.problem))
        elif self._pending.applied_to(settings) == settings:
            super().accept()

    def accept(self) -> None:
        """Save what was changed here."""
        settings = self.settings()
        if self._saved is None or self._pending is not None or check(settings, self._form):
            return
        change = difference(self._saved, settings)
        if not change.values:
            super().accept()
            return
        self._pending = change
        self._saver.setEnabled(False)
        self._save(change)

    def settings(self) -> Settings:
        """What the controls show now."""
        shown = {key: field.value() for key, field in self._fields.items()}
        return msgspec.convert(self._others | shown, Settings)

    def field(self, key: str) -> Field:
        """The control of one setting."""
        return self._fields[key]

    def changeEvent(self, event: QEvent) -> None:
        """Grow with the system's font."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.ApplicationFontChange:
            self._dress()

    def _arrange(self) -> None:
        px = self._theme.px
        page = QWidget()
        rows = QGridLayout(page)
        rows.setContentsMargins(px(20), px(8), px(20), px(12))
        rows.setHorizontalSpacing(px(14))
        rows.setVerticalSpacing(px(3))
        rows.setColumnStretch(1, 1)
        group = ""
        for row in self._form.rows:
            if row.group != group:
                group = row.group
                title = words()
                title.setText(group)
                self._groups.append(title)
                line, beside = rows.rowCount(), group == self._form.test_group
                rows.addWidget(title, line, 0, 1, 1 if beside else 2)
                if beside:
                    rows.addWidget(self._test, line, 1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom)
                if group == self._form.sync_group:
                    rows.addWidget(self.sync, rows.rowCount(), 0, 1, 2)
            self._add(rows, row)
        scroll = self._scroll = QScrollArea(self)
        scroll.setWidget(page)
        scroll.setWidgetResizable(True)
        for part in (page, scroll.viewport()):
            part.setAutoFillBackground(False)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, px(14))
        whole.addWidget(scroll, 1)
        for part in (self._complaint, self._buttons):
            part.setContentsMargins(px(20), 0, px(20), 0)
            whole.addWidget(part)

    def _add(self, rows: QGridLayout, row: FormRow) -> None:
        widget, line = self._fields[row.key].widget, rows.rowCount()
        label = QLabel(row.label)
        label.setTextFormat(Qt.TextFormat.PlainText)
        self._labels.append(label)
        # A choice beside its field is what the label names, and not the row that holds both.
        label.setBuddy(widget.focusProxy() or widget)
        rows.addWidget(label, line, 0)
        rows.addWidget(widget, line, 1)
        if row.note:
            note = words(wrap=True)
            note.setText(row.note)
            self._notes.append(note)
            rows.addWidget(note, line + 1, 1)
        else:
            rows.setRowMinimumHeight(line + 1, self._theme.px(6))
        if row.key == "proxy":
            rows.addWidget(self.connection, line + 2, 1)

    def _dress(self) -> None:
        theme, colours = self._theme, self._theme.tokens
        theme.dress(self)
        for title in self._groups:
            title.setFont(theme.font(15, strong=True))
            title.setContentsMargins(0, theme.px(12), 0, theme.px(2))
        for note in self._notes:
            note.setFont(theme.font(12))
            note.setStyleSheet(f"color: {colours.secondary}; padding-bottom: {theme.px(8)}px")
        self._complaint.setStyleSheet(f"color: {colours.critical_text}")
        self.connection.dress()
        self.sync.dress()
        # Its buttons must be in reach on a small screen too; the rows scroll.
        wanted = QSize(theme.px(_WIDTH), theme.px(_HEIGHT))
        room = fitting(self, wanted)
        for label in self._labels:
            label.setWordWrap(room.width() < wanted.width())
        self.resize(room)

    def _stops(self) -> list[QWidget]:
        last = self._fields[self._form.rows[-1].key].widget
        return [last.focusProxy() or last]

    def _look_for_proxy(self) -> None:
        self.proxy_wanted.emit(self.field("proxy").value())

    def _check(self) -> None:
        # Fields report while they are being made, before the window stands.
        if hasattr(self, "_complaint"):
            complaint = check(self.settings(), self._form)
            self._complain(complaint)
            self._saver.setEnabled(not complaint and self._pending is None)

    def _complain(self, text: str) -> None:
        self._complaint.setText(text)
        self._complaint.setVisible(bool(text))


def _values(settings: Settings) -> Mapping[str, object]:
    return cast("Mapping[str, object]", msgspec.to_builtins(settings))
