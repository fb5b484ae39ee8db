"""The part of the page that sets up sync in which a code is entered."""

from PySide6.QtCore import Signal

from probe_tray.core.sync.setup_code import LONGEST_CODE
from probe_tray.ui.sync.setup_steps import SetupStep, step_field, step_grid, step_label
from probe_tray.ui.theme import Theme
from probe_tray.ui.widgets import say, words
from probe_tray.view.sync.setup_view import CodeEntryView, SyncSetupView
from probe_tray.view.view_models import Tone


class CodeEntryStep(SetupStep):
    """Takes the code of another computer."""

    typed = Signal(str)
    """The whole text, after each change of it by a person."""

    def __init__(self, theme: Theme) -> None:
        """Begin empty."""
        super().__init__(theme)
        self._model: CodeEntryView | None = None
        self.field = step_field()
        self.field.setMaxLength(LONGEST_CODE)
        self._label = step_label(self.field)
        self._warning = self.note()
        self._said = words(wrap=True)
        grid = step_grid(theme)
        grid.addWidget(self._label, 0, 0)
        grid.addWidget(self.field, 0, 1)
        grid.addWidget(self._said, 1, 1)
        grid.addWidget(self._warning, 2, 1)
        self.rows.addLayout(grid)
        self.field.textEdited.connect(self.typed)

    def show_model(self, model: SyncSetupView) -> None:
        """Show this; what was typed stays."""
        self._model = model.code
        self.head(model.code.heading, model.code.text)
        self._label.setText(model.code.label)
        self.field.setAccessibleName(model.code.label.replace("&", ""))
        self.field.setAccessibleDescription(model.code.text)
        say(self._warning, model.code.warning)
        say(self._said, model.code.said)
        self._ink()

    def start(self) -> None:
        """Begin empty again: the code was taken, or the window was left."""
        # Not clear(), which Ctrl+Z takes back.
        self.field.setText("")

    def apply_theme(self) -> None:
        """Take the colours and sizes of the theme as it is now."""
        super().apply_theme()
        self._said.setFont(self._theme.font(12))
        self._ink()

    def _ink(self) -> None:
        taken = self._model is not None and self._model.taken
        self._said.setStyleSheet(f"color: {self._theme.tokens.ink(Tone.CALM if taken else Tone.CRITICAL)}")
