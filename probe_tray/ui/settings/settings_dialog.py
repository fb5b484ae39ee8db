"""The settings window, made from the settings table: every setting that exists, and no other."""

from collections.abc import Callable, Mapping
from typing import cast

import msgspec
from msgspec.structs import replace
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from probe_tray.core.settings import Settings, SettingsPatch, difference
from probe_tray.core.state import UnsavedChange
from probe_tray.ui.accessibility import describe
from probe_tray.ui.placement import fitting
from probe_tray.ui.settings.connection_box import ConnectionBox
from probe_tray.ui.settings.fields import Field, ProgramField, ToggleSwitch, make_field
from probe_tray.ui.settings.page_list import PageList
from probe_tray.ui.settings.setting_card import SettingRow, align_controls
from probe_tray.ui.settings.settings_page import SearchedPart, SettingsPage
from probe_tray.ui.sync.sync_box import SyncBox
from probe_tray.ui.theme import Theme
from probe_tray.ui.themed_dialog import ThemedDialog
from probe_tray.ui.widgets import height, spaced, style_foot, words
from probe_tray.view.settings.faults import SettingFault, check, faults_words, refusal
from probe_tray.view.settings.form import ELSEWHERE, FormPage, FormRow, Kind, contains, form
from probe_tray.view.text.translate import Translator

_WIDTH, _HEIGHT = 780, 580
_WIDE = frozenset({Kind.FOLDER, Kind.FOLDERS, Kind.PROGRAM, Kind.PROXY, Kind.NAMES})
_NO_FAULT = SettingFault("", "")


class SettingsDialog(ThemedDialog):
    """Edits a copy; ``save`` gets what was changed in it when the person says so. It closes once that is saved."""

    test_wanted = Signal()
    """The person wants to see a notification."""
    system_settings_wanted = Signal()
    """The person wants to let the program show notifications."""
    connection_wanted = Signal(object)
    """The person wants to know whether the service is reached with this setting of the proxy, a text or None."""
    program_wanted = Signal(str)
    """This program is to be tried as a hook."""
    proxy_wanted = Signal(object)
    """The proxy that this setting leads to is to be shown."""

    def __init__(self, theme: Theme, translator: Translator, save: Callable[[SettingsPatch], None]) -> None:
        """Make the window; fill it with :meth:`open_with`."""
        super().__init__(theme, "settings")
        self._translator, self._save = translator, save
        self._form = form(translator)
        self.setWindowTitle(self._form.title)
        self._saved: Settings | None = None
        self._pending: SettingsPatch | None = None
        """What is being saved."""
        self._seen: UnsavedChange | None = None
        """The refusal that was seen last."""
        self._refused = _NO_FAULT
        """Why the last try to save failed, until its field is changed."""
        self._marks = False
        """Whether faults are marked: from the first try to save on, not while a number is still being typed."""
        self._others: dict[str, object] = {}
        """What no control is for."""
        self._fields: dict[str, Field] = {}
        self._rows: dict[str, SettingRow] = {}
        self._apart = ToggleSwitch(theme)
        self._apart.toggled.connect(self._set_apart)
        self._test = QPushButton(self._form.test)
        self._test.clicked.connect(self.test_wanted)
        self._off = words(wrap=True)
        """Why no notification can be seen."""
        self._turn_on = QPushButton(self._form.turn_on)
        """Leads to where the person lets the program show some."""
        self._turn_on.clicked.connect(self.system_settings_wanted)
        self._turn_on.hide()
        self.connection, self.sync = ConnectionBox(theme), SyncBox(theme)
        self._join_connection()
        self._side = PageList(theme, self._form)
        self._others_rows: list[SettingRow] = []
        self._stack = QStackedWidget()
        self._pages = [self._page(page) for page in self._form.pages]
        self._clear_search = QPushButton(self._form.clear_search)
        self._nothing = self._make_nothing()
        self._arrange()
        describe(self, self._form.about)
        self.apply_theme()

    @property
    def saving(self) -> bool:
        """Whether a change is on its way to the file: it may be refused."""
        return self._pending is not None

    def open_with(self, settings: Settings) -> None:
        """Show these settings from the start; a window that is open already stays as it is."""
        if not self.isVisible():
            values = _values(settings)
            self._saved, self._pending = settings, None
            self._marks, self._refused = False, _NO_FAULT
            self._others = {key: value for key, value in values.items() if key in ELSEWHERE}
            # Before the values are shown, for this takes away those that stand apart.
            self._apart.setChecked(False)
            for key, field in self._fields.items():
                field.show(values[key])
                # What was said at the last opening may hold no longer.
                self._rows[key].remark("")
            self._show_apart()
            self._mark()
            self._side.search.clear()
            self._side.choose(0)
            for page in self._pages:
                page.verticalScrollBar().setValue(0)
            self._side.search.setFocus()
            self.proxy_wanted.emit(self.field("proxy").value())
        self.show()
        self.raise_()
        self.activateWindow()

    def reveal(self, key: str) -> None:
        """Bring a setting into view, ready to be changed."""
        self._side.search.clear()
        self._show_apart()
        row, control = self._rows[key], self._fields[key].widget
        number = next(n for n, page in enumerate(self._pages) if page.isAncestorOf(row))
        self._side.choose(number)
        self._bring_into_view(row)
        control.setFocus(Qt.FocusReason.OtherFocusReason)

    def remark(self, key: str, text: str) -> None:
        """Say ``text`` of a setting in place of what is said of it else; the usual again where it is empty."""
        self._rows[key].remark(text)

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
        self._show_apart()
        refused, self._seen = unsaved is not self._seen, unsaved
        if self._pending is None:
            return
        if unsaved is not None and refused and unsaved.change == self._pending:
            self._pending = None
            self._refused = refusal(unsaved.problem, self._translator)
            self._mark()
            if self._refused.key in self._rows:
                self.reveal(self._refused.key)
        elif self._pending.applied_to(settings) == settings:
            super().accept()

    def show_notifications(self, problem: str) -> None:
        """Say beside the test why no notification can be seen; nothing where they can."""
        self._off.setText(problem)
        self._turn_on.setVisible(bool(problem))

    def accept(self) -> None:
        """Save what was changed here, or go to the first value that keeps it from being saved."""
        self._try_to_save(makes_folder=False)

    def settings(self) -> Settings:
        """What the controls show now."""
        shown = {key: field.value() for key, field in self._fields.items()}
        # A list may be longer than it may: `check` says so, where this would raise.
        lists = {key: tuple(cast("list[str]", value)) for key, value in shown.items() if isinstance(value, list)}
        values = {key: value for key, value in shown.items() if key not in lists}
        return replace(msgspec.convert(self._others | values, Settings), **lists)

    def field(self, key: str) -> Field:
        """The control of one setting."""
        return self._fields[key]

    def apply_theme(self) -> None:
        """Take the theme's colours, fonts and measures as they are now."""
        super().apply_theme()
        theme, colours = self._theme, self._theme.tokens
        for part in (self._side, *self._pages, *self._rows.values(), *self._others_rows):
            part.apply_theme()
        for page in self._pages:
            align_controls(page.findChildren(SettingRow))
        style_foot(self._foot, theme)
        self._complaint.setStyleSheet(f"color: {colours.critical_text}")
        self._off.setStyleSheet(f"color: {colours.warning_text}")
        self.connection.apply_theme()
        self.sync.apply_theme()
        # Its buttons must be in reach on a small screen too; the rows scroll.
        self.resize(fitting(self, QSize(theme.px(_WIDTH), theme.px(_HEIGHT))))

    def _join_connection(self) -> None:
        self.connection.wanted.connect(lambda: self.connection_wanted.emit(self.field("proxy").value()))
        self.connection.told.connect(lambda: self._bring_into_view(self.connection))

    def _bring_into_view(self, part: QWidget) -> None:
        """Scroll its page to it."""
        page = next(page for page in self._pages if page.isAncestorOf(part))
        page.ensurePolished()
        inside = cast("QWidget", page.widget())
        # Where it stands is known once the page has been laid out with it.
        inside.resize(inside.width(), max(height(inside, inside.width()), page.viewport().height()))
        page.ensureWidgetVisible(part)

    def _page(self, page: FormPage) -> SettingsPage:
        cards = [[part for row in card for part in self._parts(row)] for card in page.cards]
        below: list[SearchedPart] = []
        if page.title == self._form.test_page:
            below += [
                self._part(widget, page.title, self._form.test) for widget in (self._test, self._off, self._turn_on)
            ]
        made = SettingsPage(self._theme, page.title, cards, below)
        self._stack.addWidget(made)
        return made

    def _parts(self, row: FormRow) -> list[SearchedPart]:
        """The row of a setting, with what stands before and after it."""
        field = self._fields[row.key] = make_field(row, self._form, self._theme, self._reporter(row.key))
        made = self._rows[row.key] = SettingRow(self._theme, field.widget, row.label, row.note, wide=row.kind in _WIDE)
        if isinstance(field, ProgramField):
            field.wanted.connect(self.program_wanted)
        made.remedy_wanted.connect(lambda: self._try_to_save(makes_folder=True))
        shown = self._apart.isChecked if row.apart else _always
        parts = [SearchedPart(made, row.matches, shown)]
        if row.apart and not self._apart.accessibleName():
            self._apart.setAccessibleName(self._form.apart)
            parts.insert(0, self._other(self._apart, self._form.apart, row))
        if row.key == "sync_after_renewal":
            parts.insert(0, self._other(self.sync, self._form.sync_title, row))
        if row.key == "proxy":
            parts.append(self._other(self.connection, self._form.connection_title, row))
        return parts

    def _other(self, control: QWidget, label: str, beside: FormRow) -> SearchedPart:
        """A row that is about no setting of its own."""
        row = SettingRow(self._theme, control, label, "", wide=control is not self._apart)
        self._others_rows.append(row)
        return self._part(row, beside.page, label, beside.label)

    def _part(self, widget: QWidget, *texts: str) -> SearchedPart:
        return SearchedPart(widget, lambda wanted: contains(texts, wanted), _always)

    def _arrange(self) -> None:
        px = self._theme.px
        self._complaint = words(wrap=True)
        self._buttons = spaced(self._theme, QDialogButtonBox())
        self._saver = self._buttons.addButton(self._form.save, QDialogButtonBox.ButtonRole.AcceptRole)
        self._buttons.addButton(self._form.cancel, QDialogButtonBox.ButtonRole.RejectRole)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._foot = QFrame()
        self._foot.setObjectName("foot")
        end = QHBoxLayout(self._foot)
        end.setContentsMargins(px(20), px(10), px(16), px(12))
        end.addWidget(self._complaint, 1)
        end.addWidget(self._buttons)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self._side)
        middle.addWidget(self._stack, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(middle, 1)
        whole.addWidget(self._foot)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)
        self._saver.setDefault(True)
        self._side.chosen.connect(self._stack.setCurrentIndex)
        self._side.searched.connect(self._search)
        self._side.found.connect(self._go_to_hit)
        self._side.listen(self)
        self._search("")

    def _make_nothing(self) -> QWidget:
        """What stands in place of a page where a search finds nothing."""
        px, nothing = self._theme.px, QWidget()
        said, clear = words(), self._clear_search
        said.setText(self._form.nothing_found)
        clear.clicked.connect(self._side.search.clear)
        column = QVBoxLayout(nothing)
        column.setContentsMargins(px(24), px(20), px(24), px(20))
        column.addWidget(said)
        column.addWidget(clear, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        self._stack.addWidget(nothing)
        return nothing

    def _try_to_save(self, *, makes_folder: bool) -> None:
        settings = self.settings()
        if self._saved is None or self._pending is not None:
            return
        self._marks, self._refused = True, _NO_FAULT
        self._mark()
        if faults := check(settings, self._form):
            self.reveal(faults[0].key)
            return
        change = replace(difference(self._saved, settings), makes_folder=makes_folder)
        if not change.values:
            super().accept()
            return
        self._pending = change
        self._saver.setEnabled(False)
        self._save(change)

    def _reporter(self, key: str) -> Callable[[], None]:
        def changed() -> None:
            if self._saved is not None:
                self._changed(key)

        return changed

    def _changed(self, key: str) -> None:
        if key == self._refused.key:
            self._refused = _NO_FAULT
        if isinstance(self._fields[key], ProgramField):
            # It was said of the program that stood here.
            self._rows[key].remark("")
        self._mark()

    def _mark(self) -> None:
        """Show which values have an effect now, and which cannot be saved."""
        for row in self._form.rows:
            if row.needs:
                self._rows[row.key].setEnabled(self._fields[row.needs].value() is True)
        faults = {fault.key: fault for fault in check(self.settings(), self._form)} if self._marks else {}
        if self._refused.text:
            faults[self._refused.key] = self._refused
        for key, row in self._rows.items():
            fault = faults.get(key, _NO_FAULT)
            row.mark(fault.text, fault.remedy)
        elsewhere = faults.pop("", _NO_FAULT)
        self._complaint.setText(elsewhere.text or faults_words(len(faults), self._translator))
        self._saver.setEnabled(self._pending is None)

    def _show_apart(self) -> None:
        if any(self._fields[row.key].value() for row in self._form.rows if row.apart):
            self._apart.setChecked(True)

    def _set_apart(self) -> None:
        if not self._apart.isChecked():
            for row in self._form.rows:
                if row.apart:
                    self._fields[row.key].show(0)
        self._search(self._side.search.text())

    def _search(self, text: str) -> None:
        hits = [page.search(text) for page in self._pages]
        self._side.show_hits(hits)
        if not any(hits):
            self._stack.setCurrentWidget(self._nothing)
        else:
            self._stack.setCurrentIndex(max(self._side.pages.currentRow(), 0))

    def _go_to_hit(self) -> None:
        page = self._stack.currentWidget()
        first = page.first() if isinstance(page, SettingsPage) else None
        control = first.control if isinstance(first, SettingRow) else first
        if page is self._nothing:
            control = self._clear_search
        if control is not None:
            control.setFocus(Qt.FocusReason.OtherFocusReason)


def _always() -> bool:
    return True


def _values(settings: Settings) -> Mapping[str, object]:
    return cast("Mapping[str, object]", msgspec.to_builtins(settings))
