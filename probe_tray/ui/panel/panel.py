"""The window with all accounts: one sentence, the cards, and how up to date they are."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QColor,
    QGuiApplication,
    QHideEvent,
    QKeyEvent,
    QKeySequence,
    QPaintEvent,
    QShortcut,
)
from PySide6.QtWidgets import QApplication, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from probe_tray.core.account.identity import AccountKey
from probe_tray.ui.accessibility import describe, walk
from probe_tray.ui.glyphs import Glyph, glyph_icon, sharp_ratio
from probe_tray.ui.panel.banner import BannerPlace
from probe_tray.ui.panel.best_line import BestLine
from probe_tray.ui.panel.card_model import CardModel
from probe_tray.ui.panel.column_head import ColumnHead
from probe_tray.ui.panel.footer import Footer
from probe_tray.ui.panel.panel_actions import PanelActions
from probe_tray.ui.panel.panel_pages import PanelPages
from probe_tray.ui.panel.popover import Popover, first_flags
from probe_tray.ui.panel.tools_row import ToolsRow
from probe_tray.ui.placement import bring_back, fitting, free_area, keep_inside
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter
from probe_tray.ui.widgets import close_by_key, has_window_open, have, height, words
from probe_tray.view.screen import Panel, ScreenOptions
from probe_tray.view.view_models import ActionKind, CardAction

PANEL: Final = "panel"
"""The name of the window."""
NARROW: Final = 384
"""Its least width in pixels of the design."""
_WIDE, _MANY_CHIPS = 520, 3


def width_of(model: Panel | None) -> int:
    """Its width in pixels of the design: columns need more, and so does a search beside many choices."""
    wide = model is not None and (model.lines or len(model.chips) >= _MANY_CHIPS)
    return _WIDE if wide else NARROW


def shape(model: Panel) -> object:
    """What decides its size besides the height of each card."""
    parts = model.use_next, model.banner, model.release, model.welcome
    return len(model.cards), model.lines, model.searchable, len(model.chips), parts


_LOWEST, _SCREEN_SHARE, _A_LITTLE = 200, 0.7, 16
_LOOK_EVERY = 100
"""Milliseconds after which it is looked again which accounts can be seen."""


class PanelWindow(QWidget):
    """The panel. It asks for things through ``act``; it never changes anything itself."""

    closed = Signal()
    left = Signal()
    """It closes because another window is used."""
    visible_accounts = Signal(object)
    """Other accounts can be seen: a frozen set of keys, empty while the window is not in front."""

    def __init__(self, theme: Theme, icons: IconPainter, actions: PanelActions, place: QPoint | None = None) -> None:
        """Make the window; it is shown with :meth:`open_at`. ``place`` is where the last one had been put."""
        super().__init__(None, first_flags())
        self.setObjectName(PANEL)
        self._theme = theme
        self._actions = actions
        self._act: Callable[[CardAction], None] = actions.cards.act
        self._shown: Panel | None = None
        self._anchored = False
        self._returning = False
        """Whether it was hidden to change its frame, and isn't in front again yet."""
        self._popover = Popover(self, theme, actions.blends, place)
        act = actions.cards.act
        self._fitted = QSize()
        self._cards = CardModel(self, actions.changes)
        self._head = QWidget(self)
        self._headline = words(self._head, wrap=True)
        self._tool_buttons = tuple(QToolButton(self._head) for _ in range(4))
        self._refresh, self._hide, self._pin, self._settings = self._tool_buttons
        self._best = BestLine(theme, act, self._head)
        self._above = BannerPlace(theme, act, (12, 0, 12, 10), self._best.button, self)
        self._tools = ToolsRow(theme, actions.show_only, lambda value: actions.choose(value, self._cards.keys()), self)
        self._middle = PanelPages(theme, icons, actions.cards, self._cards, self._clear_search, self)
        self._list = self._middle.cards
        self._columns = ColumnHead(theme, self._list, self)
        # A screen reader goes by the order of the parts.
        self._columns.stackUnder(self._middle)
        self._below = BannerPlace(theme, act, (12, 8, 12, 4), self._list, self)
        self._foot = Footer(theme, act, self)
        for button in (self._hide, self._pin):
            button.setCheckable(True)
        self._seen: frozenset[AccountKey] = frozenset()
        self._look = QTimer(self)
        self._look.setSingleShot(True)
        self._look.setInterval(_LOOK_EVERY)
        self._arrange()
        self._connect()
        self._apply_theme()
        stops = (*self._tool_buttons, self._best.button, *self._tools.stops)
        walk(*stops, self._list, self._foot.undo_button, self._foot.log_in)

    def show_model(self, model: Panel) -> None:
        """Show this from now on."""
        if not model.searchable and self._tools.clear():
            # Nobody could end the search any more. Its end has drawn the panel anew, with all accounts.
            return
        before = self._shown
        self._shown = model
        self._show_head(model)
        self._tools.show_model(model)
        have(self._tools, shown=model.searchable)
        self._list.setAccessibleName(model.list_name)
        self._list.setAccessibleDescription(model.helps.accounts)
        self._above.show_model(model.banner)
        self._below.show_model(model.release)
        self._columns.show_names(model.columns)
        have(self._columns, shown=model.lines and model.welcome is None)
        self._list.leave_room(model.briefs)
        self._list.expect(len(model.cards), lines=model.lines)
        # Between two of a selection, nobody knows where among the others.
        self._cards.show(model.cards, lines=model.lines, movable=self._tools.options == ScreenOptions())
        self._foot.show_model(model)
        self._middle.show_model(model, found=self._tools.options == ScreenOptions() or self._cards.rowCount() > 0)
        describe(self, model.headline)
        # A size that the person chose stays while the same cards become higher or lower.
        reframed = self.isVisible() and self._take_frame()
        changed = reframed or before is None or shape(before) != shape(model) or self.size() == self._fitted
        # Nor does it jump with each letter of a search. One that isn't there is measured when it opens.
        if changed and self.isVisible() and self._tools.options == ScreenOptions():
            self._fit()
        if reframed:
            self._bring_forward()
        self._list.keep_in_view()
        self._look_soon()

    def _show_head(self, model: Panel) -> None:
        self.setWindowTitle(model.title)
        self._headline.setText(model.headline)
        self._best.show_model(model)
        names = (model.refresh, model.hide_names, model.pin, model.settings)
        for button, name in zip(self._tool_buttons, names, strict=True):
            button.setToolTip(name)
            button.setAccessibleName(name)
        self._pin.setChecked(model.pinned)
        if self._hide.isChecked() != model.names_hidden:
            self._hide.setChecked(model.names_hidden)
            self._draw_tools()

    def open_at(self, anchor: QRect | None, key: AccountKey | None = None) -> None:
        """Show the window and the account of ``key``.

        It opens by ``anchor``, the tray icon, which is empty where the desktop does not tell where it is. Without a
        tray ``anchor`` is None and the window manager decides.
        """
        self._anchored = anchor is not None
        if not self.isVisible():
            self._take_frame()
            if anchor is not None:
                self._popover.take_screen(anchor)
            self._fit()
            if anchor is not None:
                self.move(self._popover.opening_place(anchor))
            else:
                bring_back(self)
        self._bring_forward()
        if key is not None:
            self._tools.clear()
            row = self._cards.row_of(key)
            if row is not None:
                self._list.light(self._cards.index(row))
        self._middle.take_focus()

    def _take_frame(self) -> bool:
        """Be a popover by the icon, or a window where the person keeps it; whether that changed, which hides it."""
        content, self._returning = self._popover.content(), self.isVisible()
        changed = self._popover.take_frame(frameless=self._anchored and not self._pin.isChecked())
        self._whole.setContentsMargins(self._popover.margins)
        if changed:
            self._set_least_width()
            self.setGeometry(content.marginsAdded(self._popover.margins))
        self._returning = self._returning and changed
        return changed

    def _bring_forward(self) -> None:
        if not self.isVisible():
            # It is painted in a turn of its own: whatever else is due has waited while it was made and laid out.
            self.setUpdatesEnabled(False)
            QTimer.singleShot(0, self, self._begin_painting)
        # A window that was minimised or lies below others comes back.
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def _begin_painting(self) -> None:
        self.setUpdatesEnabled(True)

    def edit_name(self, key: AccountKey) -> None:
        """Let the person type another name for an account."""
        row = self._cards.row_of(key)
        if row is not None:
            self._list.edit_name(self._cards.index(row))

    def keys(self) -> tuple[AccountKey, ...]:
        """The accounts in the order they are shown in."""
        return self._cards.keys()

    @property
    def place(self) -> QPoint | None:
        """Where the person has put it, None where it opens by the icon."""
        return self._popover.place

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell that the window is gone, unless it has gone before: a closed one is closed again when it is removed."""
        shown = self.isVisible()
        if shown:
            self._popover.remember_place()
        super().closeEvent(event)
        if shown:
            self.closed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what is behind everything."""
        if sharp_ratio(self) != self._sharp_at:
            # It has come to another screen.
            self._draw_tools()
            self._tools.draw_glyphs()
        self._popover.paint(event.rect())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc ends the search, then closes the window."""
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif not self._tools.clear():
            self.close()

    def changeEvent(self, event: QEvent) -> None:
        """Grow with the system's font."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.ApplicationFontChange:
            self._apply_theme()
        elif event.type() is QEvent.Type.ActivationChange:
            self._look_soon()
            if self.isActiveWindow():
                self._returning = False
            elif not self._returning:
                # Which window comes instead is known only afterwards.
                QTimer.singleShot(0, self, self._leave)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing can be seen of it any more."""
        super().hideEvent(event)
        self._look_at()

    def sizeHint(self) -> QSize:
        """As high as the cards need, within 70 % of the screen; the first start has all of it that there is.

        Nothing scrolls for the air below the last card alone.
        """
        screen = self.screen() or QGuiApplication.primaryScreen()
        share = _SCREEN_SHARE if self._shown is None or self._shown.welcome is None else 1
        highest = int(free_area(screen).height() * share)
        parts = (self._head, self._above, self._tools, self._columns, self._below, self._foot)
        width = self._theme.px(width_of(self._shown))
        if not self.isVisible():
            # What was never shown would measure itself by a width that it will not have.
            self._list.take_width(width)
        around = sum(height(part, width) for part in parts if part.isVisibleTo(self))
        middle = max(page.sizeHint().height() for page in (self._middle.currentWidget(),) if page)
        needed = max(around + middle, self._theme.px(_LOWEST))
        wanted = QSize(width, needed if needed <= highest + self._theme.px(_A_LITTLE) else highest)
        return fitting(self, wanted.grownBy(self._popover.margins))

    def _arrange(self) -> None:
        px = self._theme.px
        title = QHBoxLayout()
        title.setSpacing(px(1))
        title.addWidget(self._headline, 1)
        for button in self._tool_buttons:
            title.addWidget(button)
        head = QVBoxLayout(self._head)
        head.setContentsMargins(px(16), px(9), px(12), px(9))
        head.setSpacing(0)
        head.addLayout(title)
        head.addWidget(self._best)
        whole = self._whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        for part in (self._head, self._above, self._tools, self._columns, self._middle, self._below, self._foot):
            whole.addWidget(part, int(part is self._middle))

    def _connect(self) -> None:
        self._refresh.clicked.connect(lambda: self._act(CardAction(kind=ActionKind.REFRESH, label="")))
        self._settings.clicked.connect(lambda: self._act(CardAction(kind=ActionKind.SETTINGS, label="")))
        self._pin.clicked.connect(self._press_pin)
        self._hide.clicked.connect(self._press_hide)
        self._tools.search.down.connect(self._middle.enter)
        self._tools.search.returnPressed.connect(self._list.open_first)
        self._theme.changed.connect(self._apply_theme)
        self._look.timeout.connect(self._look_at)
        self._list.verticalScrollBar().valueChanged.connect(self._look_soon)
        # One shortcut for both: two with the same key, as on desktops where Ctrl+R is the usual one, would do nothing.
        refresh = QShortcut(self)
        refresh.setKeys([QKeySequence("F5"), QKeySequence("Ctrl+R")])
        refresh.activated.connect(self._refresh.click)
        close_by_key(self)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Undo), self).activated.connect(self._foot.undo)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self).activated.connect(self._tools.search.setFocus)

    def _apply_theme(self) -> None:
        theme = self._theme
        theme.apply_theme(self, ToolsRow.rules(theme) + Footer.rules(theme))
        self._headline.setFont(theme.font(15, strong=True))
        self._best.apply_theme()
        self._middle.apply_theme()
        self._tools.apply_theme()
        self._above.apply_theme()
        self._below.apply_theme()
        self._foot.apply_theme()
        self._draw_tools()
        self._whole.setContentsMargins(self._popover.margins)
        self._set_least_width()
        if self._shown is not None:
            self._fit()

    def _set_least_width(self) -> None:
        least = QSize(self._theme.px(NARROW), 1).grownBy(self._popover.margins)
        self.setMinimumWidth(fitting(self, least).width())

    def _draw_tools(self) -> None:
        px, colour = self._theme.px, QColor(self._theme.tokens.secondary)
        self._sharp_at = sharp_ratio(self)
        eye = Glyph.EYE_SHUT if self._hide.isChecked() else Glyph.EYE
        for button, glyph in zip(self._tool_buttons, (Glyph.REFRESH, eye, Glyph.PIN, Glyph.GEAR), strict=True):
            button.setAutoRaise(True)
            button.setIcon(glyph_icon(glyph, colour, px(16), (self._sharp_at,)))
            button.setIconSize(QSize(px(16), px(16)))
            button.setFixedSize(px(28), px(28))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def _look_soon(self) -> None:
        if not self._look.isActive():
            self._look.start()

    def _look_at(self) -> None:
        front = self.isVisible() and self.isActiveWindow() and self._list.isVisible()
        seen = self._list.visible_keys() if front else frozenset[AccountKey]()
        if seen != self._seen:
            self._seen = seen
            self.visible_accounts.emit(seen)

    def _press_pin(self) -> None:
        self._actions.pin()  # Qt would hand its "checked" to a function that could take it.

    def _press_hide(self) -> None:
        self._actions.hide_names()

    def _clear_search(self) -> None:
        self._tools.clear()
        self._tools.search.setFocus()

    def _leave(self) -> None:
        """Close when another program is used, unless the person wants the window to stay, or it is all there is."""
        ours = QApplication.activeWindow() or QApplication.activePopupWidget()
        # One that the person has closed already was not left.
        stays = not self.isVisible() or self._returning or self._pin.isChecked() or self.isActiveWindow()
        # Nor does the system's chooser of files take its window away: Qt knows it as visible, and never as active.
        if self._anchored and ours is None and not stays and not has_window_open(self):
            self.left.emit()
            self.close()

    def _fit(self) -> None:
        self._fitted = self.sizeHint()
        if self.size() != self._fitted:
            self.resize(self._fitted)
            if self._anchored and self.isVisible():
                keep_inside(self)
