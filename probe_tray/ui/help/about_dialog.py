"""The window "About": what program this is, and the diagnostics for whoever is asked for help."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from probe_tray.core.machine import Machine, Toolkit
from probe_tray.ui.accessibility import describe
from probe_tray.ui.engine import EngineProtocol
from probe_tray.ui.placement import fitting
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter, card_ink
from probe_tray.ui.widgets import words
from probe_tray.view.help.about import About, about, diagnostics
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import IconLook

_WIDTH, _PICTURE = 440, 56
_LOOK = IconLook(weekly=35, short=60)
_THANKS = 2_000
"""Milliseconds for which the button says that it has copied."""


class DiagnosticsSource(Protocol):
    """Looks at the machine."""

    def machine(self) -> Machine:
        """What the program runs on now."""
        ...

    def clean(self, text: str) -> str:
        """``text`` without what is nobody else's business."""
        ...


class AboutWindow:
    """Between the window, which is made when it is first wanted, and what it tells."""

    def __init__(
        self,
        engine: EngineProtocol,
        theme: Theme,
        icons: IconPainter,
        inspector: DiagnosticsSource,
        translator: Translator,
        show_help: Callable[[], None],
    ) -> None:
        """Tell about ``engine``'s state and the machine of ``inspector``; ``show_help`` opens the guides."""
        self._engine = engine
        self._theme = theme
        self._icons = icons
        self._inspector = inspector
        self._translator = translator
        self._show_help = show_help
        self._now: Callable[[], datetime] | None = None
        self._tray = False
        self.dialog: AboutDialog | None = None

    def show(self, now: Callable[[], datetime], *, tray: bool) -> None:
        """Open the window. ``now`` is aware UTC; ``tray``: whether the icon is in one."""
        self._now, self._tray = now, tray
        if self.dialog is None:
            self.dialog = AboutDialog(self._theme, self._icons, self._copy, self._show_help)
        self.retell()
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def retell(self) -> None:
        """Say it anew, in the language of now."""
        if self.dialog is not None:
            self.dialog.show_model(about(self._inspector.machine(), self._toolkit(), self._translator))

    def close(self) -> None:
        """Take the window away for good."""
        if self.dialog is not None:
            self.dialog.close()
            self.dialog.deleteLater()
            self.dialog = None

    def _toolkit(self) -> Toolkit:
        return Toolkit(qt=qVersion(), platform=QGuiApplication.platformName(), tray=self._tray)

    def _copy(self) -> None:
        if self._now is not None:
            text = diagnostics(self._engine.state, self._inspector.machine(), self._toolkit(), self._now())
            QGuiApplication.clipboard().setText(self._inspector.clean(text))


class AboutDialog(QDialog):
    """The window itself."""

    def __init__(
        self, theme: Theme, icons: IconPainter, copy: Callable[[], None], show_help: Callable[[], None]
    ) -> None:
        """Make it; it gets its words with :meth:`show_model`."""
        super().__init__(None, Qt.WindowType.Window)
        self.setModal(False)
        self.setObjectName("about")
        self._theme = theme
        self._icons = icons
        self._copy_now = copy
        self._model: About | None = None
        self._rows: list[tuple[QLabel, QLabel]] = []
        self._picture = QLabel()
        self._title, self._text = words(wrap=True), words(wrap=True)
        self._licence, self._privacy = words(wrap=True), words(wrap=True)
        self._grid = QGridLayout()
        self._help, self._copy, self._close = QPushButton(), QPushButton(), QPushButton()
        for button in (self._help, self._copy):
            button.setAutoDefault(False)
        self._help.clicked.connect(show_help)
        self._copy.clicked.connect(self._copied)
        self._close.setDefault(True)
        self._close.clicked.connect(self.close)
        self._thanked = QTimer(self)
        self._thanked.setSingleShot(True)
        self._thanked.timeout.connect(self._name_buttons)
        self._arrange()
        theme.changed.connect(self._dress)
        self._dress()

    def show_model(self, model: About) -> None:
        """Say this."""
        self._model = model
        self.setWindowTitle(model.window_title)
        self._title.setText(model.title)
        self._text.setText(model.text)
        self._licence.setText(model.licence)
        self._privacy.setText(model.privacy)
        while len(self._rows) < len(model.rows):
            self._add_row()
        for (label, value), (name, told) in zip(self._rows, model.rows, strict=True):
            label.setText(name)
            value.setText(told)
            value.setAccessibleName(f"{name}: {told}")
            value.setAccessibleDescription(name)
        self._copy.setAccessibleDescription(model.privacy)
        describe(self, model.text)
        self._name_buttons()
        self._dress()

    def changeEvent(self, event: QEvent) -> None:
        """Grow with the system's font."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.ApplicationFontChange:
            self._dress()

    def _arrange(self) -> None:
        px = self._theme.px
        head = QHBoxLayout()
        head.setSpacing(px(14))
        head.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        names = QVBoxLayout()
        names.setSpacing(px(4))
        names.addWidget(self._title)
        names.addWidget(self._text)
        head.addLayout(names, 1)
        self._grid.setHorizontalSpacing(px(14))
        self._grid.setVerticalSpacing(px(5))
        self._grid.setColumnStretch(1, 1)
        buttons = QDialogButtonBox(self)
        buttons.addButton(self._help, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(self._copy, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(self._close, QDialogButtonBox.ButtonRole.RejectRole)
        self._whole = whole = QVBoxLayout(self)
        whole.setContentsMargins(px(20), px(18), px(20), px(14))
        whole.setSpacing(px(12))
        whole.addLayout(head)
        whole.addLayout(self._grid)
        whole.addWidget(self._licence)
        whole.addWidget(self._privacy)
        whole.addStretch(1)
        whole.addWidget(buttons)

    def _add_row(self) -> None:
        label, value = QLabel(), words(wrap=True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(label, len(self._rows), 0)
        self._grid.addWidget(value, len(self._rows), 1)
        self._rows.append((label, value))

    def _copied(self) -> None:
        self._copy_now()
        if self._model is not None:
            self._copy.setText(self._model.copied)
            self._thanked.start(_THANKS)

    def _name_buttons(self) -> None:
        if self._model is not None:
            self._help.setText(self._model.help)
            self._copy.setText(self._model.copy)
            self._close.setText(self._model.close)

    def _dress(self) -> None:
        theme, colours = self._theme, self._theme.tokens
        theme.dress(self)
        size = theme.px(_PICTURE)
        self._picture.setPixmap(self._icons.pixmap(_LOOK, card_ink(colours), size, self.devicePixelRatioF()))
        self._title.setFont(theme.font(17, strong=True))
        for label in (self._licence, self._privacy):
            label.setFont(theme.font(12))
        for label in (self._text, self._licence, self._privacy, *(name for name, _ in self._rows)):
            label.setStyleSheet(f"color: {colours.secondary}")
        for _, value in self._rows:
            value.setStyleSheet(f"color: {colours.text}")
        self._fit()

    def _fit(self) -> None:
        layout = self._whole
        layout.invalidate()
        layout.activate()
        wanted = fitting(self, QSize(self._theme.px(_WIDTH), 1)).width()
        width = max(wanted, layout.minimumSize().width())
        self.setFixedSize(width, max(layout.heightForWidth(width), layout.minimumSize().height()))
