"""The window with all accounts: one sentence, the cards, and how up to date they are."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRect, QSize, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QCloseEvent, QColor, QGuiApplication, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from probe_tray.core.identity import AccountKey
from probe_tray.ui.banner import Banner
from probe_tray.ui.card_list import CardActions, CardList
from probe_tray.ui.card_model import SEARCH_ROLE, CardModel
from probe_tray.ui.glyphs import Glyph, glyph_icon
from probe_tray.ui.icon import IconPainter
from probe_tray.ui.placing import by_the_panel, near
from probe_tray.ui.theme import Theme
from probe_tray.ui.welcome import WelcomePage
from probe_tray.ui.widgets import Dot, Line, words
from probe_tray.view.models import Action, ActionKind, Panel

_WIDTH, _LOWEST, _SCREEN_SHARE = 384, 200, 0.7


class PanelWindow(QWidget):
    """The panel. It asks for things through ``act``; it never changes anything itself."""

    closed = Signal()

    def __init__(self, theme: Theme, icons: IconPainter, actions: CardActions) -> None:
        """Make the window; it is shown with :meth:`open_at`."""
        super().__init__(None, Qt.WindowType.Window)
        self.setObjectName("panel")
        self._theme = theme
        self._act: Callable[[Action], None] = actions.act
        self._shown: Panel | None = None
        self._cards = CardModel(self)
        self._found = QSortFilterProxyModel(self)
        self._found.setSourceModel(self._cards)
        self._found.setFilterRole(SEARCH_ROLE)
        self._found.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._headline, self._subline = words(wrap=True), Line()
        self._refresh, self._settings = QToolButton(self), QToolButton(self)
        self._search = QLineEdit(self)
        self._banner = Banner(theme, actions.act)
        self._list = CardList(self._found, theme, icons, actions)
        self._nothing = words(wrap=True)
        self._welcome = WelcomePage(theme, icons, actions.act)
        self._middle = QStackedWidget(self)
        self._dot, self._status = Dot(theme), Line()
        self._log_in = QPushButton(self)
        self._arrange()
        self._connect()
        self._dress()

    def show_model(self, model: Panel) -> None:
        """Show this from now on."""
        first, before = self._shown is None, self._shown
        self._shown = model
        self.setWindowTitle(model.title)
        self._headline.setText(model.headline)
        self._subline.show_text(model.subline)
        self._subline.setVisible(bool(model.subline))
        for button, name in ((self._refresh, model.refresh), (self._settings, model.settings)):
            button.setToolTip(name)
            button.setAccessibleName(name)
        self._refresh.setVisible(model.welcome is None)
        self._search.setPlaceholderText(model.search_hint)
        self._search.setAccessibleName(model.search_hint)
        self._search.setVisible(model.searchable)
        if not model.searchable:
            self._search.clear()
        self._nothing.setText(model.nothing_found)
        self._list.setAccessibleName(model.list_name)
        self._banner.show_model(model.banner)
        self._above.setVisible(model.banner is not None)
        self._cards.show(model.cards)
        self._welcome.show_model(model.welcome)
        self._status.show_text(model.status)
        self._dot.show_tone(model.status_tone if model.status else None)
        self._log_in.setText(model.log_in)
        self._foot.setVisible(model.welcome is None)
        self._choose_page()
        if first or before is None or (len(before.cards), before.banner) != (len(model.cards), model.banner):
            self._fit()

    def open_at(self, anchor: QRect | None, key: AccountKey | None = None) -> None:
        """Show the window and the account of ``key``.

        It opens by ``anchor``, the tray icon, which is empty where the desktop does not tell where it is. Without a
        tray ``anchor`` is None and the window manager decides.
        """
        if not self.isVisible():
            self._fit()
            size = self.frameSize()
            place = None if anchor is None else near(anchor, size) or by_the_panel(size)
            if place is not None:
                self.move(place)
        # A window that was minimised or lies below others comes back.
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()
        if key is not None:
            self._search.clear()
            row = self._cards.row_of(key)
            if row is not None:
                self._list.go_to(self._found.mapFromSource(self._cards.index(row)))
        (self._list if self._middle.currentWidget() is self._list else self._welcome).setFocus()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell that the window is gone."""
        super().closeEvent(event)
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc ends the search, then closes the window."""
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self._search.text():
            self._search.clear()
        else:
            self.close()

    def changeEvent(self, event: QEvent) -> None:
        """Grow with the system's font."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.ApplicationFontChange:
            self._dress()

    def sizeHint(self) -> QSize:
        """As high as the cards need, within 70 % of the screen."""
        screen = self.screen() or QGuiApplication.primaryScreen()
        highest = int(screen.availableGeometry().height() * _SCREEN_SHARE)
        around = sum(part.sizeHint().height() for part in (self._head, self._foot) if part.isVisibleTo(self)) + (
            self._tools.sizeHint().height() if self._search.isVisibleTo(self) else 0
        )
        if self._above.isVisibleTo(self):
            around += self._above.heightForWidth(self._theme.px(_WIDTH))
        middle = max(page.sizeHint().height() for page in (self._middle.currentWidget(),) if page)
        return QSize(self._theme.px(_WIDTH), min(max(around + middle, self._theme.px(_LOWEST)), highest))

    def _arrange(self) -> None:
        px = self._theme.px
        self._head, self._tools, self._foot, self._above = (QWidget(self) for _ in range(4))
        self._foot.setObjectName("foot")
        title = QVBoxLayout()
        title.setSpacing(0)
        title.addWidget(self._headline)
        title.addWidget(self._subline)
        head = QHBoxLayout(self._head)
        head.setContentsMargins(px(16), px(12), px(12), px(10))
        head.setSpacing(px(4))
        head.addLayout(title, 1)
        head.addWidget(self._refresh)
        head.addWidget(self._settings)
        tools = QHBoxLayout(self._tools)
        tools.setContentsMargins(px(12), 0, px(12), px(10))
        tools.addWidget(self._search)
        above = QVBoxLayout(self._above)
        above.setContentsMargins(px(12), 0, px(12), px(10))
        above.addWidget(self._banner)
        self._above.setVisible(False)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        # Else the highest page would set the least height of all of them.
        self._middle.setMinimumHeight(1)
        for page in (self._list, self._nothing, self._welcome):
            self._middle.addWidget(page)
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(px(16), px(9), px(12), px(9))
        foot.setSpacing(px(8))
        foot.addWidget(self._dot)
        foot.addWidget(self._status, 1)
        foot.addWidget(self._log_in)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        for part in (self._head, self._above, self._tools):
            whole.addWidget(part)
        whole.addWidget(self._middle, 1)
        whole.addWidget(self._foot)

    def _connect(self) -> None:
        self._refresh.clicked.connect(lambda: self._act(Action(kind=ActionKind.REFRESH, label="")))
        self._settings.clicked.connect(lambda: self._act(Action(kind=ActionKind.SETTINGS, label="")))
        self._log_in.clicked.connect(lambda: self._act(Action(kind=ActionKind.LOG_IN, label="")))
        self._search.textChanged.connect(self._filter)
        self._theme.changed.connect(self._dress)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Refresh), self).activated.connect(self._refresh.click)
        QShortcut(QKeySequence("Ctrl+R"), self).activated.connect(self._refresh.click)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self).activated.connect(self._search.setFocus)

    def _dress(self) -> None:
        theme, colours = self._theme, self._theme.tokens
        theme.dress(self)
        self._headline.setFont(theme.font(15, strong=True))
        for label in (self._subline, self._status):
            label.setFont(theme.font(12, figures=True))
            label.setStyleSheet(f"color: {colours.secondary}")
        self._nothing.setStyleSheet(f"color: {colours.secondary}; padding: {theme.px(24)}px")
        self._search.setFont(theme.font(12.5))
        self._banner.dress()
        self._log_in.setFont(theme.font(12.5))
        self._foot.setStyleSheet(f"QWidget#foot {{ border-top: 1px solid {colours.line} }}")
        for button, glyph in ((self._refresh, Glyph.REFRESH), (self._settings, Glyph.GEAR)):
            button.setAutoRaise(True)
            button.setIcon(glyph_icon(glyph, QColor(colours.secondary), theme.px(16)))
            button.setIconSize(QSize(theme.px(16), theme.px(16)))
            button.setFixedSize(theme.px(30), theme.px(30))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for action in self._search.actions():
            self._search.removeAction(action)
        icon = glyph_icon(Glyph.SEARCH, QColor(colours.secondary), theme.px(14))
        self._search.addAction(icon, QLineEdit.ActionPosition.LeadingPosition)
        self.setMinimumWidth(theme.px(_WIDTH))
        self._fit()

    def _filter(self, text: str) -> None:
        self._found.setFilterFixedString(text.strip().casefold())
        self._choose_page()

    def _choose_page(self) -> None:
        self._tools.setVisible(self._search.isVisibleTo(self._tools))
        if self._shown is not None and self._shown.welcome is not None:
            self._middle.setCurrentWidget(self._welcome)
        elif self._search.text().strip() and not self._found.rowCount():
            self._middle.setCurrentWidget(self._nothing)
        else:
            self._middle.setCurrentWidget(self._list)

    def _fit(self) -> None:
        self.resize(self.sizeHint())
