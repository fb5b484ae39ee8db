"""One control for each kind of setting; each knows its value and how to show one."""

from collections.abc import Callable, Sequence
from typing import Protocol, cast

from PySide6.QtCore import QDir, QObject, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QSpinBox, QWidget

from probe_tray.core.settings import MODELS
from probe_tray.ui.settings.choice_box import ChoiceBox
from probe_tray.ui.theme import Theme
from probe_tray.view.settings.form import Form, FormRow, Kind

_WIDTH, _HEIGHT, _EDGE = 34.0, 20.0, 3.0
_RING = 2.0
RING_ROOM = _RING + 1
"""Between the edge of a switch and its track, in pixels of the design."""


class ToggleSwitch(QCheckBox):
    """On or off."""

    def __init__(self, theme: Theme) -> None:
        """Off at first."""
        super().__init__()
        self._theme = theme

    def sizeHint(self) -> QSize:
        """The switch, and the ring around it that shows where the keyboard is."""
        ring = 2 * RING_ROOM
        return QSize(self._theme.px(_WIDTH + ring), self._theme.px(_HEIGHT + ring))

    def minimumSizeHint(self) -> QSize:
        """It does not shrink."""
        return self.sizeHint()

    def hitButton(self, pos: QPoint) -> bool:
        """All of it can be clicked."""
        return self.rect().contains(pos)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the track, the knob, and the ring."""
        colours, scale = self._theme.tokens, self._theme.scale
        track = QRectF(0, 0, _WIDTH * scale, _HEIGHT * scale)
        track.moveCenter(QRectF(self.rect()).center())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(1.0 if self.isEnabled() else 0.45)
        if self.hasFocus():
            away = (_RING + 0.5) * scale
            ring = track.adjusted(-away, -away, away, away)
            painter.setPen(QColor(colours.accent))
            painter.drawRoundedRect(ring, ring.height() / 2, ring.height() / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.accent if self.isChecked() else colours.faint))
        painter.drawRoundedRect(track, track.height() / 2, track.height() / 2)
        knob = QRectF(0, 0, track.height() - 2 * _EDGE * scale, track.height() - 2 * _EDGE * scale)
        from_left = self.isChecked() is not (self.layoutDirection() is Qt.LayoutDirection.RightToLeft)
        knob.moveCenter(track.center())
        if from_left:
            knob.moveRight(track.right() - _EDGE * scale)
        else:
            knob.moveLeft(track.left() + _EDGE * scale)
        painter.setBrush(QColor(colours.on_accent if self.isChecked() else colours.card))
        painter.drawEllipse(knob)
        painter.end()


class Field(Protocol):
    """A control for one value, as the settings table stores it."""

    @property
    def widget(self) -> QWidget:
        """What stands in the form."""
        ...

    def value(self) -> object:
        """The value as it would be in the configuration file."""
        ...

    def show(self, value: object) -> None:
        """Show a value of the configuration."""
        ...


def make_field(row: FormRow, form: Form, theme: Theme, changed: Callable[[], None]) -> Field:
    """The control for ``row``. It calls ``changed`` whenever its value may be another one."""
    match row.kind:
        case Kind.NUMBER:
            return _NumberField(row, theme, changed)
        case Kind.SWITCH:
            return _Switch(row, theme, changed)
        case Kind.CHOICE:
            return _Choice(row, changed)
        case Kind.FOLDER:
            return _Folder(row, form, theme, changed)
        case Kind.PROGRAM:
            return ProgramField(row, form, theme, changed)
        case Kind.PROXY:
            return _Proxy(row, form, theme, changed)
        case Kind.NAMES:
            return _Names(row, changed)
        case Kind.FOLDERS:
            return _HomeList(row, form, theme, changed)


class _NumberField:
    def __init__(self, row: FormRow, theme: Theme, changed: Callable[[], None]) -> None:
        self.widget = box = QSpinBox()
        # A style sheet's padding would move the field and not its text.
        box.lineEdit().setTextMargins(theme.px(6), 0, 0, 0)
        box.setRange(row.low, row.high)
        self._row = row
        self._count(row.low)
        if row.at_low:
            box.setSpecialValueText(row.at_low)
        box.valueChanged.connect(self._count)
        box.setAccessibleName(row.label)
        box.setAccessibleDescription(row.help)
        box.valueChanged.connect(changed)

    def value(self) -> object:
        return self.widget.value()

    def show(self, value: object) -> None:
        if isinstance(value, int):
            self.widget.setValue(value)

    def _count(self, number: int) -> None:
        before, _, after = (self._row.unit_of_one if number == 1 else self._row.unit).partition("{n}")
        self.widget.setPrefix(before)
        self.widget.setSuffix(after)


class _Switch:
    def __init__(self, row: FormRow, theme: Theme, changed: Callable[[], None]) -> None:
        self.widget = box = ToggleSwitch(theme)
        box.setAccessibleName(row.label)
        box.setAccessibleDescription(row.help)
        box.toggled.connect(changed)

    def value(self) -> object:
        return self.widget.isChecked()

    def show(self, value: object) -> None:
        self.widget.setChecked(value is True)


class _Choice:
    def __init__(self, row: FormRow, changed: Callable[[], None]) -> None:
        self.widget = box = ChoiceBox(row.label)
        for choice in row.choices:
            box.add(choice.label, choice.value)
        box.setAccessibleName(row.label)
        box.setAccessibleDescription(row.help)
        box.currentIndexChanged.connect(changed)

    def value(self) -> object:
        return self.widget.currentData()

    def show(self, value: object) -> None:
        self.widget.setCurrentIndex(max(0, self.widget.findData(value)))


class _Folder:
    def __init__(self, row: FormRow, form: Form, theme: Theme, changed: Callable[[], None]) -> None:
        self.widget = QWidget()
        self._form = form
        self._text = QLineEdit()
        self._text.setAccessibleName(row.label)
        self._text.setAccessibleDescription(row.help)
        self._text.textChanged.connect(changed)
        browse = QPushButton(form.browse)
        browse.setAutoDefault(False)
        browse.setAccessibleDescription(row.help)
        browse.clicked.connect(self._browse)
        _side_by_side(theme, self.widget, self._text, browse)

    def value(self) -> object:
        return self._text.text().strip()

    def show(self, value: object) -> None:
        self._text.setText(str(value))

    def _browse(self) -> None:
        dialog = QFileDialog(self.widget.window(), self._form.choose_folder, self._text.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self._text.setText)
        # open(), never exec(): a loop inside the loop would hold up everything else.
        dialog.open()


class ProgramField(QObject):
    """A program, with buttons to choose it and to try it."""

    wanted = Signal()
    """It is to be tried."""

    def __init__(self, row: FormRow, form: Form, theme: Theme, changed: Callable[[], None]) -> None:
        """Show none."""
        super().__init__()
        self.widget = QWidget()
        self._form = form
        self._text = QLineEdit()
        self._text.setAccessibleName(row.label)
        self._text.setAccessibleDescription(row.help)
        browse, self._try = QPushButton(form.browse), QPushButton(form.try_program)
        for button in (browse, self._try):
            button.setAutoDefault(False)
            button.setAccessibleDescription(row.help)
        browse.clicked.connect(self._browse)
        self._try.clicked.connect(self.wanted)
        self._text.textChanged.connect(changed)
        self._text.textChanged.connect(self._follow)
        self._follow()
        _side_by_side(theme, self.widget, self._text, browse, self._try)

    def value(self) -> object:
        """Its path, empty for none."""
        return self._text.text().strip()

    def show(self, value: object) -> None:
        """Show this path."""
        self._text.setText(str(value))

    def _follow(self) -> None:
        self._try.setEnabled(bool(self.value()))

    def _browse(self) -> None:
        dialog = QFileDialog(self.widget.window(), self._form.choose_program, self._text.text())
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._text.setText)
        dialog.open()


class _Names:
    def __init__(self, row: FormRow, changed: Callable[[], None]) -> None:
        self.widget = text = QLineEdit()
        text.setAccessibleName(row.label)
        text.setAccessibleDescription(row.help)
        text.setPlaceholderText(", ".join(MODELS))
        text.textChanged.connect(changed)

    def value(self) -> object:
        names = [name for part in self.widget.text().split(",") if (name := part.strip())]
        # Left empty, it shows the list that ships, and means it.
        return names or list(MODELS)

    def show(self, value: object) -> None:
        if isinstance(value, tuple | list):
            self.widget.setText(", ".join(map(str, cast("Sequence[object]", value))))
            self.widget.setCursorPosition(0)


class _HomeList:
    """Several folders in one line, and a button that adds one."""

    def __init__(self, row: FormRow, form: Form, theme: Theme, changed: Callable[[], None]) -> None:
        self.widget = QWidget()
        self._form = form
        self._text = QLineEdit()
        self._text.setAccessibleName(row.label)
        self._text.setAccessibleDescription(row.help)
        self._text.setPlaceholderText("~/.codex-work; ~/.codex-home")
        self._text.textChanged.connect(changed)
        add = QPushButton(form.add_folder)
        add.setAutoDefault(False)
        add.setAccessibleDescription(row.help)
        add.clicked.connect(self._browse)
        _side_by_side(theme, self.widget, self._text, add)

    def value(self) -> object:
        return self._folders()

    def show(self, value: object) -> None:
        if isinstance(value, tuple | list):
            self._text.setText("; ".join(map(str, cast("Sequence[object]", value))))
            self._text.setCursorPosition(0)

    def _folders(self) -> list[str]:
        return [folder for part in self._text.text().split(";") if (folder := part.strip())]

    def _browse(self) -> None:
        dialog = QFileDialog(self.widget.window(), self._form.choose_codex_home)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        # The folder of Codex is a hidden one.
        dialog.setFilter(dialog.filter() | QDir.Filter.Hidden)
        dialog.fileSelected.connect(self._add)
        dialog.open()

    def _add(self, folder: str) -> None:
        self._text.setText("; ".join(dict.fromkeys((*self._folders(), folder))))


class _Proxy:
    """Detect (None), none (empty text), or an address."""

    def __init__(self, row: FormRow, form: Form, theme: Theme, changed: Callable[[], None]) -> None:
        self.widget = QWidget()
        self._mode = _Choice(row, self._mode_changed)
        self._address = QLineEdit()
        self._address.setAccessibleName(form.proxy_address)
        self._address.setAccessibleDescription(row.help)
        self._address.setPlaceholderText("http://host:port")
        self._address.textChanged.connect(changed)
        self._changed = changed
        _side_by_side(theme, self.widget, self._mode.widget, self._address)

    def value(self) -> object:
        mode = self._mode.value()
        if mode == "detect":
            return None
        return "" if mode == "none" else self._address.text().strip()

    def show(self, value: object) -> None:
        self._mode.show("detect" if value is None else "address" if value else "none")
        self._address.setText(str(value or ""))
        self._mode_changed()

    def _mode_changed(self) -> None:
        self._address.setEnabled(self._mode.value() == "address")
        self._changed()


def _side_by_side(theme: Theme, parent: QWidget, *widgets: QWidget) -> None:
    row = QHBoxLayout(parent)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.px(6))
    for widget in widgets:
        row.addWidget(widget)
    parent.setFocusProxy(widgets[0])
