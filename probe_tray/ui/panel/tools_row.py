"""The row above the cards: search, which accounts, and in what order."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QAction, QActionGroup, QColor, QFontMetrics, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from probe_tray.core.account.arrangement import Density, Sort
from probe_tray.ui.accessibility import walk
from probe_tray.ui.glyphs import Glyph, glyph_icon, sharp_ratio
from probe_tray.ui.search_field import SearchField
from probe_tray.ui.theme import Theme
from probe_tray.ui.widgets import enter_menu, have, pressed_by_key
from probe_tray.view.screen import Chip, Panel, ScreenContent, ScreenOptions, SortChoice

_AIR = 26
"""Pixels of the design between the text of the search and its edges."""


class ToolsRow(QWidget):
    """Tells what a person sent to see, and how they want it listed."""

    def __init__(
        self,
        theme: Theme,
        show_only: Callable[[ScreenOptions], None],
        choose: Callable[[Sort | Density], None],
        parent: QWidget,
    ) -> None:
        """Call ``show_only`` for what is to be shown now, ``choose`` for what is to be remembered."""
        super().__init__(parent)
        self._theme = theme
        self._tell = show_only
        self._choose = choose
        self.options = ScreenOptions()
        self.search = SearchField(self)
        self.search.textChanged.connect(self._searched)
        self._chips: list[QToolButton] = []
        self._shown: tuple[Chip, ...] = ()
        self._chip_help = ""
        self._choices: tuple[tuple[SortChoice, ...], ...] = ()
        self.arrange = QToolButton(self)
        self.arrange.setObjectName("arrange")
        self.arrange.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.arrange.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._menu = QMenu(self)
        self.arrange.setMenu(self._menu)
        self._menu.aboutToShow.connect(self._enter_menu)
        px = theme.px
        both = QVBoxLayout(self)
        both.setContentsMargins(px(12), 0, px(12), px(10))
        both.setSpacing(px(6))
        self._row, self._below = QHBoxLayout(), QHBoxLayout()
        for row in (self._row, self._below):
            row.setSpacing(px(5))
            both.addLayout(row)
        self._row.addWidget(self.search, 1)
        self._row.addWidget(self.arrange)
        self._below.addStretch(1)

    @property
    def stops(self) -> tuple[QWidget, QWidget]:
        """What the keyboard reaches first and last."""
        return self.search, self.arrange

    @staticmethod
    def rules(theme: Theme) -> str:
        """Its part of the window's style sheet."""
        colours = theme.tokens
        # Qt draws no round corner at all where it would be rounder than half the height.
        text = QFontMetrics(theme.font(12, figures=True)).height()
        round_ = min(theme.px(13), text // 2 + theme.px(4))
        return (
            f"QToolButton#chip {{ background: {colours.track}; color: {colours.secondary};"
            " border: 1px solid transparent;"
            f" border-radius: {round_}px; padding: {theme.px(4)}px {theme.px(9)}px }}"
            f"QToolButton#chip:checked {{ background: {colours.accent}; color: {colours.on_accent} }}"
            f"QToolButton#chip:focus {{ border-color: {colours.text} }}"
            "QToolButton#arrange::menu-indicator { image: none; width: 0 }"
        )

    def show_model(self, model: Panel) -> None:
        """Show these choices."""
        self.search.setPlaceholderText(model.search_hint)
        self.search.setAccessibleName(model.search_hint)
        self.search.setAccessibleDescription(model.helps.search)
        self.arrange.setToolTip(model.arrange)
        self.arrange.setAccessibleName(model.arrange)
        self._chip_help = model.helps.chip
        # Only where they changed: a button that is made anew loses the keyboard.
        if model.chips != self._shown:
            self._show_chips(model.chips)
        if model.choices != self._choices:
            self._choices = model.choices
            self._fill_menu()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the choices below the search where they would leave it no room: large letters, a small screen."""
        super().resizeEvent(event)
        self._place_chips()

    def showEvent(self, event: QShowEvent) -> None:
        """Look where there is room for them, as it is shown."""
        super().showEvent(event)
        self._place_chips()

    def clear(self) -> bool:
        """Look for nothing any more; whether something was looked for."""
        looked = self.options != ScreenOptions()
        if looked:
            self.options = ScreenOptions()
            self.search.clear()
            self._tell(self.options)
        return looked

    def apply_theme(self) -> None:
        """Take the theme's colours and sizes."""
        theme = self._theme
        self.search.setFont(theme.font(12.5))
        self.draw_glyphs()
        self.arrange.setIconSize(QSize(theme.px(16), theme.px(16)))
        self.arrange.setFixedSize(theme.px(28), theme.px(28))
        for chip in self._chips:
            chip.setFont(theme.font(12, figures=True))
        self._place_chips()

    def draw_glyphs(self) -> None:
        """Draw the pictures for the screen that the window is on."""
        theme, colour, ratios = self._theme, QColor(self._theme.tokens.secondary), (sharp_ratio(self),)
        size = QSize(theme.px(14), theme.px(14))
        icon = glyph_icon(Glyph.SEARCH, colour, size.width(), ratios)
        self.search.show_picture(icon.pixmap(size, self.devicePixelRatioF()), theme.px(8))
        self.arrange.setIcon(glyph_icon(Glyph.ARRANGE, colour, theme.px(16), ratios))

    def _show_chips(self, chips: tuple[Chip, ...]) -> None:
        self._shown = chips
        while len(self._chips) < len(chips):
            self._add_chip(len(self._chips))
        for number, button in enumerate(self._chips):
            have(button, shown=number < len(chips))
            if number < len(chips):
                button.setText(chips[number].label)
                button.setAccessibleName(chips[number].label)
                button.setAccessibleDescription(self._chip_help)
                button.setChecked(chips[number].chosen)
        self._place_chips()

    def _place_chips(self) -> None:
        px, shown = self._theme.px, [chip for chip in self._chips if not chip.isHidden()]
        around = self.search.least_width(px(_AIR)) + self.arrange.width() + 2 * px(12)
        below = self.isVisible() and self.width() < around + sum(chip.sizeHint().width() + px(5) for chip in shown)
        into, first = (self._below, 0) if below else (self._row, 1)
        for number, chip in enumerate(self._chips):
            if into.indexOf(chip) != first + number:
                into.insertWidget(first + number, chip)

    def _add_chip(self, number: int) -> None:
        button = QToolButton(self)
        button.setObjectName("chip")
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setFont(self._theme.font(12, figures=True))
        button.clicked.connect(lambda: self._show_only(self._shown[number].shown))
        self._row.insertWidget(1 + number, button)
        walk(*(self._chips[-1:] or [self.search]), button, self.arrange)
        self._chips.append(button)

    def _show_only(self, shown: ScreenContent) -> None:
        self.options = ScreenOptions(search=self.options.search, shown=shown)
        for number, chip in enumerate(self._shown):
            self._chips[number].setChecked(chip.shown is shown)
        self._tell(self.options)

    def _searched(self, text: str) -> None:
        if text != self.options.search:
            self.options = ScreenOptions(search=text, shown=self.options.shown)
            self._tell(self.options)

    def _enter_menu(self) -> None:
        if pressed_by_key():
            # Only once it is there has it rows to be on.
            QTimer.singleShot(0, self._menu, lambda: enter_menu(self._menu))

    def _fill_menu(self) -> None:
        self._menu.clear()
        for group in self._choices:
            if not self._menu.isEmpty():
                self._menu.addSeparator()
            together = QActionGroup(self._menu)
            for choice in group:
                together.addAction(self._row_of_menu(choice))

    def _row_of_menu(self, choice: SortChoice) -> QAction:
        action = self._menu.addAction(choice.label)
        action.setCheckable(True)
        action.setChecked(choice.chosen)
        action.triggered.connect(lambda: self._choose(choice.value))
        return action
