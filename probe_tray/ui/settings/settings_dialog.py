"""The settings window, made from the settings table: every setting that exists, and no other."""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

import msgspec
from msgspec.structs import replace
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from probe_tray.core.settings import Settings, SettingsPatch, difference
from probe_tray.core.state import UnsavedChange
from probe_tray.ui.accessibility import describe, walk
from probe_tray.ui.placement import fitting
from probe_tray.ui.settings.page_list import PageList
from probe_tray.ui.settings.page_stack import NO_FAULT, PageStack
from probe_tray.ui.settings.setting_card import SettingRow
from probe_tray.ui.settings.settings_page import SettingsPage
from probe_tray.ui.theme import Theme
from probe_tray.ui.themed_dialog import ThemedDialog
from probe_tray.ui.widgets import closes_first, last_row, style_foot, words
from probe_tray.view.settings.faults import check, faults_words, refusal
from probe_tray.view.settings.form import form
from probe_tray.view.text.translate import Translator

_WIDTH, _HEIGHT = 780, 580


class SettingsDialog(ThemedDialog):
    """Edits a copy; ``save`` gets what was changed in it when the person says so. It closes once that is saved."""

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
        self._refused = NO_FAULT
        """Why the last try to save failed, until its field is changed."""
        self._marks = False
        """Whether faults are marked: from the first try to save on, not while a number is still being typed."""
        self._side = PageList(theme, self._form)
        self.pages = PageStack(theme, self._form)
        self.pages.changed.connect(self._changed)
        self.pages.apart_changed.connect(lambda: self._search(self._side.search.text()))
        self.pages.remedy_wanted.connect(lambda: self._try_to_save(makes_folder=True))
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
            self._saved, self._pending = settings, None
            self._marks, self._refused = False, NO_FAULT
            self.pages.open_with(_values(settings))
            self._mark()
            self._side.search.clear()
            self._side.choose(0)
            self._side.search.setFocus()
            self.proxy_wanted.emit(self.pages.values["proxy"])
        self.show()
        self.raise_()
        self.activateWindow()

    def reveal(self, key: str) -> None:
        """Bring a setting into view, ready to be changed."""
        self._side.search.clear()
        self.pages.show_apart()
        self._side.choose(self.pages.page_of(key))
        self.pages.bring_into_view(key)
        self.pages.field(key).widget.setFocus(Qt.FocusReason.OtherFocusReason)

    def follow(self, settings: Settings, unsaved: UnsavedChange | None) -> None:
        """Show what was changed elsewhere meanwhile.

        Close once the change from here is saved, or say why it was not.
        """
        before, self._saved = self._saved, settings
        for key, value in () if before is None else difference(before, settings).values.items():
            self.pages.show_value(key, value)
        self.pages.show_apart()
        refused, self._seen = unsaved is not self._seen, unsaved
        if self._pending is None:
            return
        if unsaved is not None and refused and unsaved.change == self._pending:
            self._pending = None
            self._refused = refusal(unsaved.problem, self._translator)
            self._mark()
            if self._refused.key:
                self.reveal(self._refused.key)
        elif self._pending.applied_to(settings) == settings:
            super().accept()

    def accept(self) -> None:
        """Save what was changed here, or go to the first value that keeps it from being saved."""
        self._try_to_save(makes_folder=False)

    def settings(self) -> Settings:
        """What the window shows now."""
        values = self.pages.values
        # A list may be longer than it may: `check` says so, where this would raise.
        lists = {
            key: tuple(cast("Sequence[str]", value)) for key, value in values.items() if isinstance(value, list | tuple)
        }
        others = {key: value for key, value in values.items() if key not in lists}
        return replace(msgspec.convert(others, Settings), **lists)

    def apply_theme(self) -> None:
        """Take the theme's colours, fonts and measures as they are now."""
        super().apply_theme()
        theme, colours = self._theme, self._theme.tokens
        self._side.apply_theme()
        self.pages.apply_theme()
        style_foot(self._foot, theme)
        self._complaint.setStyleSheet(f"color: {colours.critical_text}")
        # Its buttons must be in reach on a small screen too; the rows scroll.
        self.resize(fitting(self, QSize(theme.px(_WIDTH), theme.px(_HEIGHT))))

    def _arrange(self) -> None:
        px = self._theme.px
        self._complaint = words(wrap=True)
        self._saver, self._canceller = self.button(self.accept), self.button(self.reject)
        self._saver.setText(self._form.save)
        self._canceller.setText(self._form.cancel)
        self._foot = QFrame()
        self._foot.setObjectName("foot")
        end = QHBoxLayout(self._foot)
        end.setContentsMargins(px(20), px(10), px(16), px(12))
        end.addWidget(self._complaint, 1)
        end.addLayout(last_row(self._theme, (), (self._saver,), self._canceller))
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self._side)
        middle.addWidget(self.pages, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(middle, 1)
        whole.addWidget(self._foot)
        self._clear_search.setAutoDefault(False)
        self._saver.setDefault(True)
        self._side.chosen.connect(self.pages.show_page)
        self._side.searched.connect(self._search)
        self._side.found.connect(self._go_to_hit)
        self._side.listen(self)
        self.pages.made.connect(self._keep_foot_last)

    def _keep_foot_last(self) -> None:
        """Let the Tab key come to the buttons below the pages after a page that was made later than they."""
        foot = (self._canceller, self._saver) if closes_first(self) else (self._saver, self._canceller)
        last = self.previousInFocusChain()
        while last is not None and last.focusPolicy() is Qt.FocusPolicy.NoFocus:
            last = last.previousInFocusChain()
        walk(cast("QWidget", last), *foot)

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
        self.pages.addWidget(nothing)
        return nothing

    def _try_to_save(self, *, makes_folder: bool) -> None:
        settings = self.settings()
        if self._saved is None or self._pending is not None:
            return
        self._marks, self._refused = True, NO_FAULT
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

    def _changed(self, key: str) -> None:
        if key == self._refused.key:
            self._refused = NO_FAULT
        self._mark()

    def _mark(self) -> None:
        faults = {fault.key: fault for fault in check(self.settings(), self._form)} if self._marks else {}
        if self._refused.text:
            faults[self._refused.key] = self._refused
        elsewhere = faults.pop("", NO_FAULT)
        self.pages.mark(faults)
        self._complaint.setText(elsewhere.text or faults_words(len(faults), self._translator))
        self._saver.setEnabled(self._pending is None)

    def _search(self, text: str) -> None:
        hits = self.pages.search(text)
        self._side.show_hits(hits)
        if not any(hits):
            self.pages.setCurrentWidget(self._nothing)
        else:
            self.pages.show_page(max(self._side.pages.currentRow(), 0))

    def _go_to_hit(self) -> None:
        page = self.pages.currentWidget()
        first = page.first() if isinstance(page, SettingsPage) else None
        control = first.control if isinstance(first, SettingRow) else first
        if page is self._nothing:
            control = self._clear_search
        if control is not None:
            control.setFocus(Qt.FocusReason.OtherFocusReason)


def _values(settings: Settings) -> Mapping[str, object]:
    return cast("Mapping[str, object]", msgspec.to_builtins(settings))
