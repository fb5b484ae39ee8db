"""The window with the guides: pages of Markdown that ship with the program and link to each other."""

from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QKeySequence,
    QShortcut,
    QShowEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFragment,
)
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QTextBrowser, QVBoxLayout, QWidget

from probe_tray.resources import resource
from probe_tray.ui.placement import fitting
from probe_tray.ui.search_field import SearchField
from probe_tray.ui.theme import Theme
from probe_tray.ui.themed_dialog import ThemedDialog
from probe_tray.ui.widgets import list_style, say, words
from probe_tray.view.help.guides import Guides

_WIDTH, _HEIGHT, _MARGIN = 660, 640, 16
_LINE = 122.0
_PICTURE_RATIO = 2.0
"""Pixels of a picture for each pixel of the design."""


class ReadingPlace(NamedTuple):
    """Where a person is in the guides."""

    guides: Guides
    pages: tuple[QUrl, ...]
    """The pages on the way back, the one that is shown last."""
    scrolled: int
    """How far, in the scroll bar's steps."""


class HelpDialog(ThemedDialog):
    """The window itself."""

    def __init__(self, theme: Theme) -> None:
        """Make it; it gets its words with :meth:`show_model`."""
        super().__init__(theme, "help")
        self._shown: Guides | None = None
        self._first = QUrl()
        self._scrolled = 0
        """How far the page is scrolled once the window is laid out."""
        # The keyboard begins with the search, from where Down goes on to the page.
        self._search, self._complaint = SearchField(self), words()
        self._page = _Pages(self, theme)
        self._search.down.connect(self._page.setFocus)
        self._search.setClearButtonEnabled(True)
        self._search.returnPressed.connect(self._find)
        self._search.textChanged.connect(lambda: say(self._complaint, ""))
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.activated.connect(self._search.setFocus)
        self._contents, self._back, self._close = (QPushButton(self) for _ in range(3))
        for button in (self._contents, self._back, self._close):
            button.setAutoDefault(False)
        self._contents.clicked.connect(lambda: self._page.setSource(self._first))
        self._back.clicked.connect(self._page.backward)
        self._page.backwardAvailable.connect(self._back.setEnabled)
        self._close.clicked.connect(self.close)
        self._back.setEnabled(False)
        px = theme.px
        buttons = QHBoxLayout()
        buttons.addWidget(self._contents)
        buttons.addWidget(self._back)
        buttons.addStretch(1)
        buttons.addWidget(self._close)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(px(_MARGIN), px(_MARGIN), px(_MARGIN), px(_MARGIN - 4))
        whole.setSpacing(px(10))
        whole.addWidget(self._search)
        whole.addWidget(self._complaint)
        whole.addWidget(self._page, 1)
        whole.addLayout(buttons)
        self.apply_theme()
        self.resize(fitting(self, QSize(px(_WIDTH), px(_HEIGHT))))

    def show_model(self, model: Guides) -> None:
        """Show these words, from the first page on where they are others."""
        if model == self._shown:
            return
        self._shown = model
        self.setWindowTitle(model.window_title)
        self._page.setAccessibleName(model.name)
        self._search.setPlaceholderText(model.search_hint)
        self._search.setAccessibleName(model.search_hint)
        say(self._complaint, "")
        for button, text in ((self._contents, model.contents), (self._back, model.back), (self._close, model.close)):
            button.setText(text)
        for part in (self._page, self._contents, self._back, self._close):
            part.setAccessibleDescription(model.about)
        self._first = QUrl.fromLocalFile(str(resource(model.first_page)))
        self._page.setSource(self._first)
        self._page.clearHistory()

    @property
    def place(self) -> ReadingPlace | None:
        """Where the person is now; None before there are guides."""
        if self._shown is None:
            return None
        pages = (self._page.historyUrl(at) for at in range(-self._page.backwardHistoryCount(), 1))
        return ReadingPlace(self._shown, tuple(pages), self._page.verticalScrollBar().value())

    def read_on(self, place: ReadingPlace) -> None:
        """Show the guides from ``place`` on; for a window that isn't shown yet."""
        self.show_model(place.guides)
        for page in place.pages:
            self._page.setSource(page)
        self._scrolled = place.scrolled

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc takes back the search, then closes the window."""
        if event.key() == Qt.Key.Key_Escape and self._search.text():
            self._search.clear()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Scroll to where the person was: the page has its height only now."""
        super().showEvent(event)
        if self._scrolled:
            self._page.verticalScrollBar().setValue(self._scrolled)
            self._scrolled = 0

    def _find(self) -> None:
        """Go to the next place with the text, on this page or on those after it; from the last one to the first."""
        text = self._search.text().strip()
        if not text or self._page.find(text):
            return
        first = Path(self._first.toLocalFile())
        pages = [first, *sorted(page for page in first.parent.glob("*.md") if page != first)]
        shown = Path(self._page.source().toLocalFile())
        here = pages.index(shown) + 1 if shown in pages else 0
        for page in (*pages[here:], *pages[:here]):
            if contains(page, text):
                self._page.setSource(QUrl.fromLocalFile(str(page)))
                self._page.moveCursor(QTextCursor.MoveOperation.Start)
                self._page.find(text)
                return
        say(self._complaint, self._shown.not_found if self._shown else "")

    def apply_theme(self) -> None:
        """Take the theme's colours, fonts and measures as they are now."""
        super().apply_theme()
        self._complaint.setFont(self._theme.font(12.5))
        self._complaint.setStyleSheet(f"color: {self._theme.tokens.warning_text}")
        self.setStyleSheet(self.styleSheet() + list_style("QTextBrowser", self._theme))
        self._page.setFont(self._theme.font(13))
        # A page takes the colour of its links when it is made.
        self._page.reload()


def contains(page: Path, text: str) -> bool:
    """Whether a page says ``text`` where it is read, in capitals or not."""
    document = QTextDocument()
    document.setMarkdown(page.read_text("utf-8"))
    return not document.find(text).isNull()


class _Pages(QTextBrowser):
    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent)
        self._theme = theme
        # Everything a page links to has shipped with it: nothing is fetched, and nothing else is started.
        self.setOpenExternalLinks(False)
        self.document().setDocumentMargin(theme.px(_MARGIN))
        self.sourceChanged.connect(self._arrange)

    def _arrange(self) -> None:
        """Give a page room between its parts, links that can be read on every ground, and sharp pictures."""
        block = self.document().begin()
        while block.isValid():
            self._space(block)
            for part in _parts(block):
                if part.charFormat().isImageFormat():
                    self._sharpen(part.charFormat().toImageFormat().name())
                elif part.charFormat().isAnchor():
                    self._colour(part)
            block = block.next()
        self.document().markContentsDirty(0, self.document().characterCount())

    def _sharpen(self, name: str) -> None:
        address, ratio = self.source().resolved(QUrl(name)), self.devicePixelRatioF()
        picture = QImage(address.toLocalFile())
        wanted = round(min(picture.width() / _PICTURE_RATIO, self._theme.px(_WIDTH) - 6 * _MARGIN) * ratio)
        picture = picture.scaledToWidth(wanted, Qt.TransformationMode.SmoothTransformation)
        picture.setDevicePixelRatio(ratio)
        for known in (QUrl(name), address):
            self.document().addResource(QTextDocument.ResourceType.ImageResource.value, known, picture)

    def _colour(self, link: QTextFragment) -> None:
        cursor = QTextCursor(self.document())
        cursor.setPosition(link.position())
        cursor.setPosition(link.position() + link.length(), QTextCursor.MoveMode.KeepAnchor)
        colour = QTextCharFormat()
        colour.setForeground(QColor(self._theme.tokens.accent))
        cursor.mergeCharFormat(colour)

    def _space(self, block: QTextBlock) -> None:
        px, form = self._theme.px, QTextBlockFormat()
        cursor = QTextCursor(block)
        level = block.blockFormat().headingLevel()
        if level:
            size = QTextCharFormat()
            size.setFont(self._theme.font(20 if level == 1 else 15, strong=True))
            cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
            cursor.mergeCharFormat(size)
        in_list, in_table = bool(block.textList()), bool(cursor.currentTable())
        form.setTopMargin(px(16) if level > 1 else 0)
        form.setBottomMargin(px(3 if in_table else 5 if in_list else 8))
        if not any(part.charFormat().isImageFormat() for part in _parts(block)):
            form.setLineHeight(_LINE, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor.mergeBlockFormat(form)


def _parts(block: QTextBlock) -> list[QTextFragment]:
    found: list[QTextFragment] = []
    part = block.begin()
    while not part.atEnd():
        found.append(part.fragment())
        part += 1
    return found
