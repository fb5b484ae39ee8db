"""The pages of the settings window: each is made when it is first shown, for most people see one or two."""

from collections.abc import Callable, Mapping
from typing import cast

from PySide6.QtCore import QCoreApplication, QEvent, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from probe_tray.ui.accessibility import describe
from probe_tray.ui.settings.connection_box import ConnectionBox
from probe_tray.ui.settings.fields import Field, ProgramField, ToggleSwitch, make_field
from probe_tray.ui.settings.notification_test import NotificationTest
from probe_tray.ui.settings.setting_card import SettingRow
from probe_tray.ui.settings.settings_page import PageContent, PagePart, SettingsPage
from probe_tray.ui.sync.sync_box import SyncBox
from probe_tray.ui.theme import Theme
from probe_tray.ui.widgets import height
from probe_tray.view.settings.connection import ConnectionView
from probe_tray.view.settings.faults import SettingFault
from probe_tray.view.settings.form import Form, FormPage, FormRow, Kind, contains

_WIDE = frozenset({Kind.FOLDER, Kind.FOLDERS, Kind.PROGRAM, Kind.PROXY, Kind.NAMES})
NO_FAULT = SettingFault("", "")


class PageStack(QStackedWidget):
    """Holds every value, and what is said of it, for the pages that are made and for those that are yet to come."""

    made = Signal()
    """There is one more page."""
    changed = Signal(str)
    """The setting of this key has another value."""
    apart_changed = Signal()
    """Other rows are there than before, and so for a search."""
    remedy_wanted = Signal()
    """What is wrong with a value is to be set right."""
    test_wanted = Signal()
    """The person wants to see a notification."""
    system_settings_wanted = Signal()
    """The person wants to let the program show notifications."""
    connection_wanted = Signal(object)
    """The person wants to know whether the service is reached with this setting of the proxy, a text or None."""
    connection_unwanted = Signal()
    """That test is to end."""
    program_wanted = Signal(str)
    """This program is to be tried as a hook."""
    sync_made = Signal(SyncBox)
    """This can show how sync stands from now on, and says what the person wants done about it."""

    def __init__(self, theme: Theme, form: Form) -> None:
        """Make no page yet; :meth:`open_with` comes before the first."""
        super().__init__()
        self._theme, self._form = theme, form
        self._values: dict[str, object] = {}
        """Of every setting, as in the file."""
        self._remarks: dict[str, str] = {}
        """What is said of settings in place of their usual notes."""
        self._faults: Mapping[str, SettingFault] = {}
        self._is_apart = False
        """Whether weeks and months have levels of their own."""
        self._wanted = ""
        """What is searched for."""
        self._problem = ""
        """Why no notification can be seen."""
        self._way: ConnectionView | None = None
        """What is known of the way to the service."""
        self._contents = [self._content(page) for page in form.pages]
        # What there is of the pages that are made.
        self._pages: dict[int, SettingsPage] = {}
        self._fields: dict[str, Field] = {}
        self._rows: dict[str, SettingRow] = {}
        self._apart: ToggleSwitch | None = None
        self._test: NotificationTest | None = None
        self._connection: ConnectionBox | None = None
        self._boxes: list[ConnectionBox | NotificationTest | SyncBox] = []

    @property
    def values(self) -> Mapping[str, object]:
        """The value of every setting, as it would be in the file."""
        return self._values

    def open_with(self, values: Mapping[str, object]) -> None:
        """Show these values, each page from its top, and nothing that was said before."""
        # First, for this takes away those that stand apart.
        self._set_apart(shown=False)
        for key, value in values.items():
            self.show_value(key, value)
        for key in tuple(self._remarks):
            self.remark(key, "")
        self.show_apart()
        for page in self._pages.values():
            page.verticalScrollBar().setValue(0)

    def show_value(self, key: str, value: object) -> None:
        """Have another value for one setting."""
        if key in self._fields:
            self._fields[key].show(value)
        # As it is in the file: a field may have a way of its own to write it.
        self._values[key] = value
        self._tell(key)

    def show_page(self, number: int) -> None:
        """Bring this page to the front."""
        page = self._page(number)
        self.setCurrentWidget(page)
        # What its scroll bar takes from its width is laid out before it is seen, and not a turn later.
        QCoreApplication.sendPostedEvents(page.widget(), QEvent.Type.LayoutRequest.value)

    def page_of(self, key: str) -> int:
        """The number of the page with this setting."""
        pages = enumerate(self._form.pages)
        return next(number for number, page in pages if any(row.key == key for card in page.cards for row in card))

    def field(self, key: str) -> Field:
        """The control of one setting, whose page comes with it."""
        self._page(self.page_of(key))
        return self._fields[key]

    def bring_into_view(self, key: str) -> None:
        """Scroll its page to a setting."""
        self.field(key)
        self._bring_into_view(self._rows[key])

    def remark(self, key: str, text: str) -> None:
        """Say ``text`` of a setting in place of what is said of it else; the usual again where it is empty."""
        self._remarks[key] = text
        if key in self._rows:
            self._rows[key].remark(text)

    def mark(self, faults: Mapping[str, SettingFault]) -> None:
        """Show which values have an effect now, and which of them cannot be saved."""
        self._faults = faults
        for row in self._form.rows:
            if (made := self._rows.get(row.key)) is not None:
                fault = faults.get(row.key, NO_FAULT)
                made.mark(fault.text, fault.remedy)
                made.setEnabled(not row.needs or self._values[row.needs] is True)

    def show_notifications(self, problem: str) -> None:
        """Say beside the test why no notification can be seen; nothing where they can."""
        self._problem = problem
        if self._test is not None:
            self._test.show_problem(problem)

    def show_connection(self, way: ConnectionView) -> None:
        """Say below the proxy what is known of the way to the service."""
        self._way = way
        if self._connection is not None:
            self._connection.show_model(way)

    def show_apart(self) -> None:
        """Show the levels for weeks and months where there are any."""
        if any(self._values[row.key] for row in self._form.rows if row.apart):
            self._set_apart(shown=True)

    def search(self, text: str) -> list[bool]:
        """Show what ``text`` finds, everything where it is empty; on which pages there is any of it."""
        self._wanted = text
        for page in self._pages.values():
            page.search(text)
        return [content.is_found(text) for content in self._contents]

    def apply_theme(self) -> None:
        """Take the colours and sizes of the theme as it is now."""
        for part in (*self._pages.values(), *self._boxes):
            part.apply_theme()

    def _page(self, number: int) -> SettingsPage:
        if number not in self._pages:
            page = SettingsPage(self._theme, self._contents[number], self)
            page.search(self._wanted)
            self.insertWidget(sum(other < number for other in self._pages), page)
            self._pages[number] = page
            for part in (page, *(box for box in self._boxes if page.isAncestorOf(box))):
                part.apply_theme()
            describe(page, self._form.about)
            self.mark(self._faults)
            page.settle()
            self.made.emit()
        return self._pages[number]

    def _bring_into_view(self, part: QWidget) -> None:
        page = next(page for page in self._pages.values() if page.isAncestorOf(part))
        page.ensurePolished()
        inside = cast("QWidget", page.widget())
        # Where it stands is known once the page has been laid out with it.
        inside.resize(inside.width(), max(height(inside, inside.width()), page.viewport().height()))
        page.ensureWidgetVisible(part)

    def _set_apart(self, *, shown: bool) -> None:
        """Show the levels for weeks and months, or have none."""
        if shown is self._is_apart:
            return
        self._is_apart = shown
        if self._apart is not None:
            self._apart.setChecked(shown)
        if not shown:
            for row in self._form.rows:
                if row.apart:
                    self.show_value(row.key, 0)
        self.apart_changed.emit()

    def _reporter(self, key: str) -> Callable[[], None]:
        def changed() -> None:
            # Not before it is shown.
            if key in self._fields:
                self._values[key] = self._fields[key].value()
                self._tell(key)

        return changed

    def _tell(self, key: str) -> None:
        if isinstance(self._fields.get(key), ProgramField):
            # It was said of the program that stood here.
            self.remark(key, "")
        self.changed.emit(key)

    def _content(self, page: FormPage) -> PageContent:
        cards = tuple(tuple(part for row in card for part in self._parts(row)) for card in page.cards)
        test = self._part(self._make_test, page.title, self._form.test)
        return PageContent(title=page.title, cards=cards, below=(test,) if page.title == self._form.test_page else ())

    def _parts(self, row: FormRow) -> tuple[PagePart, ...]:
        """The row of a setting, with what stands before and after it."""
        own = PagePart(lambda: self._make_row(row), row.matches, lambda: self._is_apart or not row.apart)
        if row == next(row for row in self._form.rows if row.apart):
            return self._other(self._make_apart, self._form.apart, row), own
        if row.key == "sync_after_renewal":
            return self._other(self._make_sync, self._form.sync_title, row), own
        if row.key == "proxy":
            return own, self._other(self._make_connection, self._form.connection_title, row)
        return (own,)

    def _other(self, make: Callable[[], QWidget], label: str, beside: FormRow) -> PagePart:
        """A row that is about no setting of its own."""

        def row() -> SettingRow:
            control = make()
            return SettingRow(self._theme, control, label, "", wide=not isinstance(control, ToggleSwitch))

        return self._part(row, beside.page, label, beside.label)

    def _part(self, make: Callable[[], QWidget], *texts: str) -> PagePart:
        return PagePart(make, lambda wanted: contains(texts, wanted), lambda: True)

    def _make_row(self, row: FormRow) -> SettingRow:
        field = make_field(row, self._form, self._theme, self._reporter(row.key))
        field.show(self._values[row.key])
        made = SettingRow(self._theme, field.widget, row.label, row.note, wide=row.kind in _WIDE)
        made.remark(self._remarks.get(row.key, ""))
        made.remedy_wanted.connect(self.remedy_wanted)
        if isinstance(field, ProgramField):
            # As it is kept: with a space at its end, the field shows another one than would be run.
            field.wanted.connect(lambda: self.program_wanted.emit(str(self._values[row.key])))
        self._fields[row.key], self._rows[row.key] = field, made
        return made

    def _make_apart(self) -> QWidget:
        self._apart = switch = ToggleSwitch(self._theme)
        switch.setAccessibleName(self._form.apart)
        switch.setChecked(self._is_apart)
        switch.toggled.connect(lambda: self._set_apart(shown=switch.isChecked()))
        return switch

    def _make_test(self) -> QWidget:
        self._test = test = NotificationTest(self._theme, self._form)
        test.wanted.connect(self.test_wanted)
        test.system_settings_wanted.connect(self.system_settings_wanted)
        test.show_problem(self._problem)
        self._boxes.append(test)
        return test

    def _make_connection(self) -> QWidget:
        self._connection = box = ConnectionBox(self._theme)
        if self._way is not None:
            box.show_model(self._way)
        box.wanted.connect(lambda: self.connection_wanted.emit(self._values["proxy"]))
        box.unwanted.connect(self.connection_unwanted)
        box.told.connect(lambda: self._bring_into_view(box))
        self._boxes.append(box)
        return box

    def _make_sync(self) -> QWidget:
        box = SyncBox(self._theme)
        self._boxes.append(box)
        self.sync_made.emit(box)
        return box
