"""The page of a first start: one friendly sentence, and the three ways to begin."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter, card_ink
from probe_tray.ui.widgets import height, ink, scroll_area, words
from probe_tray.view.view_models import ActionKind, CardAction, IconLook, Welcome

_LOOK = IconLook(weekly=35, short=60)
_PICTURE, _SPACING, _AIR = 72, 8, 40
_WIDTH = 384
"""The panel's, in pixels of the design, while there is no account."""


class WelcomePage(QWidget):
    """What the panel shows while there is no account."""

    def __init__(self, theme: Theme, icons: IconPainter, act: Callable[[CardAction], None]) -> None:
        """Make the page."""
        super().__init__()
        self._theme = theme
        self._icons = icons
        self._page = QWidget()
        self._picture = QLabel()
        self._title, self._text, self._hint = words(wrap=True), words(wrap=True), words(wrap=True)
        self._button = QPushButton()
        self._button.setDefault(True)
        self.setFocusProxy(self._button)
        self._button.clicked.connect(lambda: act(CardAction(kind=ActionKind.LOG_IN, label="")))
        self._folder, self._import = QPushButton(), QPushButton()
        self._import.clicked.connect(lambda: act(CardAction(kind=ActionKind.IMPORT, label="")))
        self._folder.clicked.connect(lambda: act(CardAction(kind=ActionKind.CHOOSE_FOLDER, label=self._folder_title)))
        self._folder_title = ""
        for label in (self._picture, self._title, self._text, self._hint):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._arrange()
        theme.changed.connect(self._apply_theme)
        self._apply_theme()

    def _arrange(self) -> None:
        px = self._theme.px
        page = self._layout = QVBoxLayout(self._page)
        page.setContentsMargins(px(32), px(18), px(32), px(24))
        page.setSpacing(px(_SPACING))
        page.addStretch(1)
        page.addWidget(self._picture)
        page.addSpacing(px(8))
        page.addWidget(self._title)
        page.addWidget(self._text)
        page.addSpacing(px(10))
        buttons = QVBoxLayout()
        buttons.setSpacing(px(8))
        for button in (self._button, self._import, self._folder):
            buttons.addWidget(button)
        # All as wide as the widest of them.
        row = QHBoxLayout()
        row.addStretch(1)
        row.addLayout(buttons)
        row.addStretch(1)
        page.addLayout(row)
        page.addSpacing(px(10))
        page.addWidget(self._hint)
        page.addStretch(1)
        # On a screen that is too low even without the picture; the keyboard brings the buttons into view.
        scroll = scroll_area(self._page)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # Its height follows from its width alone: by themselves, broken lines ask for more than they take.
        self._page.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)

    def sizeHint(self) -> QSize:
        """As high as everything on it, the picture included, with some air."""
        # Until they have taken their style sheet, buttons measure themselves without the sheet's edges.
        for button in (self._button, self._import, self._folder):
            button.ensurePolished()
        # The layouts inside this one look again, too.
        self._layout.invalidate()
        self._layout.activate()
        width = self._theme.px(_WIDTH)
        return QSize(width, height(self._page, width) + self._left_out() + self._theme.px(_AIR))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Do without the picture where there is no room for it."""
        super().resizeEvent(event)
        self._picture.setVisible(self.height() >= height(self._page, self.width()) + self._left_out())

    def _left_out(self) -> int:
        """How much higher the page would be with its picture."""
        return self._theme.px(_PICTURE + _SPACING) if self._picture.isHidden() else 0

    def show_model(self, model: Welcome | None) -> None:
        """Show these words."""
        if model is None:
            return
        self._title.setText(model.title)
        self._text.setText(model.text)
        self._hint.setText(model.hint)
        self._button.setText(model.button)
        self._folder.setText(model.folder)
        self._folder_title = model.choose_folder
        self._import.setText(model.import_logins)

    def _apply_theme(self) -> None:
        theme, colours = self._theme, self._theme.tokens
        size = theme.px(_PICTURE)
        self._picture.setPixmap(self._icons.pixmap(_LOOK, card_ink(colours), size, self.devicePixelRatioF()))
        self._title.setFont(theme.font(15, strong=True))
        self._hint.setFont(theme.font(12))
        for label in (self._text, self._hint):
            ink(label, colours.secondary)
