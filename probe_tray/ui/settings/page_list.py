"""The side of the settings window: a search, and the pages to choose from."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QSizePolicy, QVBoxLayout, QWidget

from probe_tray.ui.theme import Theme
from probe_tray.view.settings.form import Form

_WIDTH = 178


class PageList(QFrame):
    """Says which page is wanted, and what is searched for."""

    chosen = Signal(int)
    """The number of a page."""
    searched = Signal(str)
    found = Signal()
    """The first setting of the page, or hit of the search, is wanted."""

    def __init__(self, theme: Theme, form: Form) -> None:
        """List the pages of ``form``."""
        super().__init__()
        self.setObjectName("side")
        self._theme = theme
        self.search = QLineEdit()
        self.search.setPlaceholderText(form.search)
        self.search.setAccessibleName(form.search)
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self.searched)
        self.search.installEventFilter(self)
        self.pages = QListWidget()
        self.pages.setAccessibleName(form.page_list)
        self.pages.setFrameShape(QFrame.Shape.NoFrame)
        self.pages.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.pages.addItems([page.title for page in form.pages])
        self.pages.currentRowChanged.connect(self.chosen)
        self.pages.installEventFilter(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(12), theme.px(16), theme.px(12), theme.px(12))
        column.setSpacing(theme.px(12))
        column.addWidget(self.search)
        column.addWidget(self.pages, 1)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def choose(self, page: int) -> None:
        """Go to a page."""
        self.pages.setCurrentRow(page)

    def show_hits(self, hits: Sequence[bool]) -> None:
        """List the pages on which something was found, and stay on the one that is open where it is one of them."""
        for number, hit in enumerate(hits):
            self.pages.item(number).setHidden(not hit)
        if any(hits) and not hits[self.pages.currentRow()]:
            self.choose(list(hits).index(True))

    def apply_theme(self) -> None:
        """Take the colours and sizes of the theme as it is now."""
        c, px = self._theme.tokens, self._theme.px
        widest = max(self.pages.sizeHintForColumn(0) + px(44), px(_WIDTH))
        self.setFixedWidth(widest)
        self.setStyleSheet(f"""
            #side {{ border: 0; border-right: 1px solid {c.line}; }}
            QListWidget {{ background: transparent; border: 0; outline: 0; }}
            QListWidget::item {{ color: {c.text}; padding: {px(7)}px {px(10)}px; border-radius: {px(7)}px;
                border: 1px solid transparent; }}
            QListWidget::item:hover:!selected {{ background: {c.track}; }}
            QListWidget::item:selected {{ background: {c.accent}; color: {c.on_accent}; }}
            QListWidget::item:selected:focus {{ border: 2px solid {c.secondary}; padding: {px(6)}px {px(9)}px; }}
        """)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the keys that lead somewhere, before they answer the whole window."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            return self._take_key(event.key(), searching=watched is self.search) or super().eventFilter(watched, event)
        return super().eventFilter(watched, event)

    def _take_key(self, key: int, *, searching: bool) -> bool:
        """Walk from the search to the pages, and from both to the settings; Escape takes back the search first."""
        found_nothing = all(self.pages.isRowHidden(row) for row in range(self.pages.count()))
        match key:
            case Qt.Key.Key_Down if searching and not found_nothing:
                self.pages.setFocus(Qt.FocusReason.OtherFocusReason)
            case Qt.Key.Key_Down if searching:
                self.found.emit()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.found.emit()
            case Qt.Key.Key_Escape if searching and self.search.text():
                self.search.clear()
            case _:
                return False
        return True

    def listen(self, window: QWidget) -> None:
        """Let the system's key for a search lead here."""
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), window).activated.connect(self._look)

    def _look(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()
