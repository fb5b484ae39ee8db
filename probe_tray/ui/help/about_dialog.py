"""The window "About": what program this is, and the diagnostics for whoever is asked for help."""

from collections.abc import Callable

import msgspec
from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from probe_tray.ui.accessibility import describe
from probe_tray.ui.placement import fitting
from probe_tray.ui.theme import Theme
from probe_tray.ui.themed_dialog import ThemedDialog
from probe_tray.ui.tray.icon import IconPainter, card_ink
from probe_tray.ui.widgets import SCROLL_FRAME, height, scroll_area, words
from probe_tray.view.help.about import About
from probe_tray.view.view_models import IconLook

_WIDTH, _PICTURE = 440, 56
_LOOK = IconLook(weekly=35, short=60)
_THANKS = 2_000
"""Milliseconds for which the button says that it has copied."""


class AboutActions(msgspec.Struct, frozen=True, kw_only=True):
    """What its buttons do."""

    copy: Callable[[], None]
    help: Callable[[], None]
    """Open the guides."""
    release: Callable[[], None]
    """Open the page of the newer version."""


class AboutDialog(ThemedDialog):
    """The window itself."""

    def __init__(self, theme: Theme, icons: IconPainter, actions: AboutActions) -> None:
        """Make it; it gets its words with :meth:`show_model`."""
        super().__init__(theme, "about")
        self._icons = icons
        self._copy_now = actions.copy
        self._model: About | None = None
        self._rows: list[tuple[QLabel, QLabel]] = []
        self._picture = QLabel()
        self._title, self._text = words(wrap=True), words(wrap=True)
        self._licence, self._privacy = words(wrap=True), words(wrap=True)
        self._grid = QGridLayout()
        self._release, self._open_release = words(wrap=True), QPushButton()
        self._help, self._copy, self._close = QPushButton(), QPushButton(), QPushButton()
        for button in (self._open_release, self._help, self._copy, self._close):
            button.setAutoDefault(False)
        self._open_release.clicked.connect(actions.release)
        self._help.clicked.connect(actions.help)
        self._copy.clicked.connect(self._copied)
        self._close.clicked.connect(self.close)
        self._thanked = QTimer(self)
        self._thanked.setSingleShot(True)
        self._thanked.timeout.connect(self._name_buttons)
        self._arrange()
        self.apply_theme()

    def show_model(self, model: About) -> None:
        """Say this."""
        self._model = model
        self.setWindowTitle(model.window_title)
        self._title.setText(model.title)
        self._text.setText(model.text)
        self._release.setText(model.release)
        for part in (self._release, self._open_release):
            part.setVisible(bool(model.release))
        self._open_release.setAccessibleDescription(model.release)
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
        self.apply_theme()

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
        page = self._page = QWidget()
        # Its height follows from its width alone: by themselves, broken lines ask for more than they take.
        page.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        self._told = told = QVBoxLayout(page)
        told.setContentsMargins(px(20), px(18), px(20), px(4))
        told.setSpacing(px(12))
        told.addLayout(head)
        told.addLayout(self._grid)
        told.addWidget(self._release)
        told.addWidget(self._open_release, 0, Qt.AlignmentFlag.AlignLeft)
        told.addWidget(self._licence)
        told.addWidget(self._privacy)
        told.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        # On a low screen it scrolls; its buttons stay in reach.
        self._scroll = scroll_area(page)
        whole.addWidget(self._scroll, 1)
        self._buttons = self._last_row()
        whole.addLayout(self._buttons)

    def _last_row(self) -> QHBoxLayout:
        px = self._theme.px
        # Qt's own box of buttons hands the Tab key from a control outside of it to its default button alone.
        buttons = QHBoxLayout()
        buttons.setSpacing(px(8))
        buttons.addWidget(self._help)
        buttons.addWidget(self._copy)
        buttons.addStretch(1)
        buttons.addWidget(self._close)
        buttons.setContentsMargins(px(20), px(8), px(20), px(14))
        return buttons

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
            self._open_release.setText(self._model.open_release)
            self._help.setText(self._model.help)
            self._copy.setText(self._model.copy)
            self._close.setText(self._model.close)

    def apply_theme(self) -> None:
        """Take the theme's colours, fonts and measures as they are now."""
        super().apply_theme()
        theme, colours = self._theme, self._theme.tokens
        size = theme.px(_PICTURE)
        self._picture.setPixmap(self._icons.pixmap(_LOOK, card_ink(colours), size, self.devicePixelRatioF()))
        self._title.setFont(theme.font(17, strong=True))
        self._release.setStyleSheet(f"color: {colours.text}")
        for label in (self._licence, self._privacy):
            label.setFont(theme.font(12))
        for label in (self._text, self._licence, self._privacy, *(name for name, _ in self._rows)):
            label.setStyleSheet(f"color: {colours.secondary}")
        for _, value in self._rows:
            value.setStyleSheet(f"color: {colours.text}")
            # A label with a style sheet takes no features from the font of its window.
            value.setFont(theme.font())
        self._fit()

    def _fit(self) -> None:
        for layout in (self._told, self._buttons):
            layout.invalidate()
            layout.activate()
        wanted = fitting(self, QSize(self._theme.px(_WIDTH), 1)).width()
        width = max(wanted, self._told.minimumSize().width(), self._buttons.minimumSize().width())
        needed = height(self._page, width) + SCROLL_FRAME + self._buttons.sizeHint().height()
        room = fitting(self, QSize(width, needed)).height()
        # Qt keeps a bar that it has shown once where the lines break otherwise beside it and are more of them.
        bar = Qt.ScrollBarPolicy.ScrollBarAsNeeded if room < needed else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self._scroll.setVerticalScrollBarPolicy(bar)
        self.setFixedSize(width, room)
