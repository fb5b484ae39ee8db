"""The parts of the page that sets up sync: one for each step."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from probe_tray.core.account.secret import Secret
from probe_tray.ui.theme import Theme
from probe_tray.ui.widgets import say, side_by_side, words
from probe_tray.view.sync.setup_view import KeyStepView, ProjectStepView, TableStepView

_SQL_HEIGHT = 180
_LABEL = 110
"""The least width of the labels, so that the fields of all steps begin at one line."""
_LONGEST = 4_200
"""Characters that a field takes: more than the longest key."""


class SetupStep(QWidget):
    """A heading, a sentence, and what belongs below them."""

    def __init__(self, theme: Theme) -> None:
        """Begin with the two alone."""
        super().__init__()
        self._theme = theme
        self._heading, self._sentence = words(), words(wrap=True)
        self._notes: list[QLabel] = []
        self.rows = QVBoxLayout(self)
        self.rows.setContentsMargins(0, 0, 0, theme.px(10))
        self.rows.setSpacing(theme.px(6))
        self.rows.addWidget(self._heading)
        self.rows.addWidget(self._sentence)

    def head(self, heading: str, sentence: str) -> None:
        """Say this."""
        self._heading.setText(heading)
        self._sentence.setText(sentence)

    def note(self) -> QLabel:
        """A further small sentence, hidden while it is empty."""
        label = words(wrap=True)
        label.hide()
        self._notes.append(label)
        return label

    def apply_theme(self) -> None:
        """Take the colours and sizes of the theme as it is now."""
        theme, colours = self._theme, self._theme.tokens
        self._heading.setFont(theme.font(14, strong=True))
        for label in (self._sentence, *self._notes):
            label.setFont(theme.font(12))
            label.setStyleSheet(f"color: {colours.secondary}")


class ProjectStep(SetupStep):
    """Where the table is: an address and a publishable key."""

    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        """Begin empty."""
        super().__init__(theme)
        self.address, self.api_key = step_field(), step_field()
        self.api_key.setEchoMode(QLineEdit.EchoMode.Password)
        self._labels = step_label(self.address), step_label(self.api_key)
        self._kept = self.note()
        grid = step_grid(theme)
        for line, (label, field) in enumerate(zip(self._labels, (self.address, self.api_key), strict=True)):
            grid.addWidget(label, line, 0)
            grid.addWidget(field, line, 1)
            field.textChanged.connect(self.changed)
        grid.addWidget(self._kept, 2, 1)
        self.rows.addLayout(grid)

    def show_model(self, model: ProjectStepView) -> None:
        """Show this; what was typed stays."""
        self.head(model.heading, model.text)
        for label, field, text in zip(
            self._labels, (self.address, self.api_key), (model.address, model.api_key), strict=True
        ):
            label.setText(text)
            field.setAccessibleName(text.replace("&", ""))
            field.setAccessibleDescription(model.text)
        self.address.setPlaceholderText(model.address_example)
        say(self._kept, model.api_key_kept)
        self.api_key.setPlaceholderText(model.placeholder_kept if model.api_key_kept else "")
        self.api_key.setEnabled(not model.api_key_fixed)


class TableStep(SetupStep):
    """The SQL, to copy or to read. It names the key of those it lets in, unless other programs use the table too."""

    changed = Signal()
    fetched = Signal(object)
    """The SQL is wanted by the function that is given with it, which takes a string."""

    def __init__(self, theme: Theme, copy: Callable[[str], None]) -> None:
        """Begin without any; ``copy`` puts it into the clipboard."""
        super().__init__(theme)
        self._model: TableStepView | None = None
        self._put = copy
        self._copied = self._saves = False
        self._warning, self._said = self.note(), self.note()
        self.compatible = QCheckBox()
        self.copy, self.show_sql = push_button(), push_button()
        self.sql = QPlainTextEdit()
        self.sql.setReadOnly(True)
        self.sql.setTabChangesFocus(True)
        self.sql.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.sql.hide()
        self.compatible.toggled.connect(self._choose)
        self.copy.clicked.connect(lambda: self.fetched.emit(self._copy))
        self.show_sql.clicked.connect(self._toggle)
        self.rows.addWidget(self.compatible)
        self.rows.addLayout(side_by_side(theme, self.copy, self.show_sql, None))
        for part in (self._said, self.sql, self._warning):
            self.rows.addWidget(part)

    def apply_theme(self) -> None:
        """Take the colours and sizes of the theme as it is now."""
        super().apply_theme()
        self.sql.setFont(self._theme.fixed_font(13))
        self.sql.setFixedHeight(self._theme.px(_SQL_HEIGHT))

    def show_model(self, model: TableStepView, *, saves: bool, complete: bool) -> None:
        """Show this. ``saves``: a key is typed, which the SQL needs kept; ``complete``: there is all that it needs."""
        self._model = model
        compatible = self.compatible.isChecked()
        self._saves = saves and not compatible
        self.head(model.heading, model.text)
        self.compatible.setText(model.compatible)
        self.copy.setText(model.save_and_copy if self._saves else model.copy)
        self.sql.setAccessibleName(model.name)
        say(self._warning, model.warning if compatible else model.protection if complete else model.incomplete)
        for button in (self.copy, self.show_sql):
            button.setEnabled(compatible or complete)
        self._name()

    def begin(self, model: TableStepView) -> None:
        """Take the choice that suits the table."""
        self.compatible.setChecked(model.begins_compatible)
        self.start()

    def start(self) -> None:
        """Begin anew: nothing copied, the SQL out of sight."""
        self._copied = False
        self.sql.setPlainText("")
        self.sql.hide()
        self._name()

    def _choose(self) -> None:
        self.start()
        self.changed.emit()

    def _copy(self, sql: str) -> None:
        self._put(sql)
        self._copied = True
        self._name()

    def _toggle(self) -> None:
        if self.sql.isHidden():
            self.fetched.emit(self._show)
        else:
            self.sql.hide()
            self._name()

    def _show(self, sql: str) -> None:
        self.sql.setPlainText(sql)
        self.sql.show()
        self._name()

    def _name(self) -> None:
        if self._model is not None:
            show = self._model.save_and_show if self._saves else self._model.show
            self.show_sql.setText(show if self.sql.isHidden() else self._model.hide)
            say(self._said, self._model.copied if self._copied else "")


class KeyStep(SetupStep):
    """The key: made here, typed, or shown where there is one. It is hidden until the person wants to see it."""

    changed = Signal()
    created = Signal()
    """A new one is wanted."""
    fetched = Signal(object)
    """The kept one is wanted by the function that is given with it, which takes a ``Secret``."""

    def __init__(self, theme: Theme, copy: Callable[[Secret], None]) -> None:
        """Begin empty; ``copy`` puts a key into the clipboard for a while."""
        super().__init__(theme)
        self._model: KeyStepView | None = None
        self._put = copy
        self._copied = False
        self.field = step_field()
        self._label = step_label(self.field)
        self._kept, self._said = self.note(), self.note()
        self.make, self.show_key, self.copy = push_button(), push_button(), push_button()
        self.make.clicked.connect(self.created)
        self.show_key.clicked.connect(self._toggle)
        self.copy.clicked.connect(self._copy)
        self.field.textChanged.connect(self._typed)
        grid = step_grid(theme)
        grid.addWidget(self._label, 0, 0)
        grid.addWidget(self.field, 0, 1)
        grid.addLayout(side_by_side(theme, self.make, self.show_key, self.copy, None), 1, 1)
        for line, note in enumerate((self._said, self._kept)):
            grid.addWidget(note, 2 + line, 1)
        self.rows.addLayout(grid)
        self.start()

    def show_model(self, model: KeyStepView) -> None:
        """Show this; what was typed stays."""
        self._model = model
        self.head(model.heading, model.text)
        self._label.setText(model.label)
        self.field.setAccessibleName(model.label.replace("&", ""))
        self.field.setAccessibleDescription(model.text)
        self.field.setPlaceholderText(model.placeholder_kept if model.exists and not model.fixed else "")
        self.field.setReadOnly(model.fixed)
        self.make.setText(model.create)
        self.make.setEnabled(not model.fixed or model.changes)
        self.copy.setText(model.copy)
        say(self._kept, model.kept)
        self._name()

    def start(self) -> None:
        """Begin anew: nothing typed, nothing to be seen."""
        self._copied = False
        # Not clear(), which Ctrl+Z takes back.
        self.field.setText("")
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self._name()

    def offer(self, key: Secret) -> None:
        """Put a key into the field, hidden as it is; shown where its digits were to be seen already."""
        self.field.setText(key.reveal())
        self.field.setCursorPosition(0)

    def _typed(self) -> None:
        self._copied = False
        self._name()
        self.changed.emit()

    def _toggle(self) -> None:
        if self.field.echoMode() is QLineEdit.EchoMode.Normal:
            self.field.setEchoMode(QLineEdit.EchoMode.Password)
            self._name()
        elif self.field.text():
            self._reveal()
        else:
            self.fetched.emit(self._show_kept)

    def _show_kept(self, key: Secret) -> None:
        self.offer(key)
        self._reveal()

    def _reveal(self) -> None:
        self.field.setEchoMode(QLineEdit.EchoMode.Normal)
        self._name()

    def _copy(self) -> None:
        if self.field.text():
            self._hand_out(Secret(self.field.text().strip()))
        else:
            self.fetched.emit(self._hand_out)

    def _hand_out(self, key: Secret) -> None:
        self._put(key)
        self._copied = True
        self._name()

    def _name(self) -> None:
        model = self._model
        if model is None:
            return
        hidden = self.field.echoMode() is QLineEdit.EchoMode.Password
        self.show_key.setText(model.show if hidden else model.hide)
        for button in (self.show_key, self.copy):
            button.setEnabled(bool(self.field.text()) or model.exists)
        say(self._said, model.copied if self._copied else "")


def step_field() -> QLineEdit:
    """A field for one line."""
    field = QLineEdit()
    field.setMaxLength(_LONGEST)
    return field


def step_label(field: QLineEdit) -> QLabel:
    """What stands before ``field`` and leads to it."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setBuddy(field)
    return label


def push_button() -> QPushButton:
    """A button that Enter in a field doesn't press."""
    button = QPushButton()
    button.setAutoDefault(False)
    return button


def step_grid(theme: Theme) -> QGridLayout:
    """Labels and fields, which begin at one line in all steps."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(theme.px(12))
    grid.setVerticalSpacing(theme.px(6))
    grid.setColumnMinimumWidth(0, theme.px(_LABEL))
    return grid
