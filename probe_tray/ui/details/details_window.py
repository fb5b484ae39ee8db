"""The window with everything that is known of one account."""

from collections.abc import Callable

import msgspec
from PySide6.QtCore import QEvent, QPoint, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.quota.history import Span
from probe_tray.ui.accessibility import describe, walk
from probe_tray.ui.details.chart_view import ChartView
from probe_tray.ui.details.plots import BarRows, LifetimeView
from probe_tray.ui.glyphs import Glyph, glyph_icon
from probe_tray.ui.panel.banner import Banner
from probe_tray.ui.placement import fitting
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter, card_ink
from probe_tray.ui.widgets import (
    SCROLL_FRAME,
    ElidedLabel,
    close_by_key,
    enter_menu,
    height,
    pressed_by_key,
    say,
    scroll_area,
    words,
)
from probe_tray.view.details.details import DetailLine, DetailsView
from probe_tray.view.view_models import CardAction

_WIDTH, _HEIGHT, _LOWEST, _PICTURE = 640, 640, 360, 32
_NAME = 200
"""Pixels of the design for the name: where it had less, the buttons stand below it."""


class DetailsActions(msgspec.Struct, frozen=True, kw_only=True):
    """What the window asks for."""

    act: Callable[[CardAction], None]
    menu: Callable[[AccountKey, QWidget, QPoint], QMenu | None]
    span: Callable[[Span], None]


class DetailsWindow(QWidget):
    """Shows one account at a time."""

    def __init__(self, theme: Theme, icons: IconPainter, actions: DetailsActions) -> None:
        """Make the window; fill it with :meth:`show_model`."""
        super().__init__(None, Qt.WindowType.Window)
        self.setObjectName("details")
        self._theme, self._icons, self._actions = theme, icons, actions
        self._model: DetailsView | None = None
        self._more_by_key = False
        self._picture = QLabel()
        self._title, self._subtitle = ElidedLabel(), words(wrap=True)
        self._more = QToolButton(self)
        self._buttons = [QPushButton(self) for _ in range(3)]
        self._banner = Banner(theme, actions.act)
        self._bars, self._chart, self._life = BarRows(theme), ChartView(theme), LifetimeView(theme)
        self._chart_title, self._life_title = words(), words()
        self._outlook, self._life_words = words(wrap=True), words(wrap=True)
        self._spans = [QPushButton(self) for _ in Span]
        self._facts: list[tuple[QLabel, QLabel]] = []
        self._grid = QGridLayout()
        self._line, self._row = QHBoxLayout(), QHBoxLayout()
        self._turning = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._arrange()
        self._connect()
        close_by_key(self)
        theme.changed.connect(self._apply_theme)
        self._apply_theme()

    def showEvent(self, event: QShowEvent) -> None:
        """Open with the keyboard on the first button."""
        super().showEvent(event)
        if not event.spontaneous():
            self._buttons[0].setFocus()
            if self.size() == self._fitted:
                # Measured as it is shown: styles and fonts have been taken.
                self._fit()

    def show_model(self, model: DetailsView) -> None:
        """Show this account."""
        first, self._model = self._model is None, model
        self.setWindowTitle(model.window_title)
        self._title.show_text(model.title)
        self._subtitle.setText(model.subtitle)
        for number, button in enumerate(self._buttons):
            button.setVisible(number < len(model.actions))
            button.setText(model.actions[number].label if number < len(model.actions) else "")
        self._turn(self.width())
        self._more.setToolTip(model.menu_name)
        self._more.setAccessibleName(model.menu_name)
        self._banner.show_model(model.notice)
        self._bars.show_bars(model.bars, dimmed=model.dimmed)
        self._bars.setVisible(bool(model.bars))
        self._chart_title.setText(model.chart_title)
        for button, choice in zip(self._spans, model.spans, strict=True):
            button.setText(choice.label)
            button.setChecked(choice.chosen)
        self._chart.show_chart(model.chart)
        self._life_title.setText(model.life_title)
        self._life.show_life(model.life)
        for label, text in ((self._outlook, model.outlook), (self._life_words, model.life_words)):
            say(label, text)
        self._show_facts(model.facts)
        for button in self._spans:
            button.setAccessibleDescription(model.chart_title)
        describe(self, model.window_title)
        self._draw()
        if first and self.size() == self._fitted:
            # Nobody has chosen its size.
            self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes the window."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Grow with the system's font."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.ApplicationFontChange:
            self._apply_theme()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the buttons where there is room for them."""
        super().resizeEvent(event)
        self._turn(event.size().width())

    def sizeHint(self) -> QSize:
        """As high as what is known of the account, at most as the design has it."""
        px = self._theme.px
        highest, width = px(_HEIGHT), px(_WIDTH)
        if self._model is None:
            return QSize(width, highest)
        # Until they have taken their style sheet, buttons measure themselves without the sheet's edges.
        for button in self.findChildren(QPushButton):
            button.ensurePolished()
        self._turn(fitting(self, QSize(width, highest)).width())
        self._inside.invalidate()
        self._inside.activate()
        needed = self._top.sizeHint().height() + px(16) + px(10) + height(self._page, width) + SCROLL_FRAME
        return QSize(width, min(max(needed, px(_LOWEST)), highest))

    def _head(self) -> QBoxLayout:
        px = self._theme.px
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(self._title)
        names.addWidget(self._subtitle)
        line, row, head = self._line, self._row, self._turning
        for part in (line, row, head):
            part.setSpacing(px(8))
        line.addWidget(self._picture)
        line.addLayout(names, 1)
        for button in self._buttons:
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self._more)
        head.addLayout(line, 1)
        head.addLayout(row)
        return head

    def _turn(self, width: int) -> None:
        """Put the buttons beside the name, or below it where a window of that width has too little room."""
        px = self._theme.px
        parts = [part for part in (*self._buttons, self._more) if not part.isHidden()]
        needed = sum(part.sizeHint().width() + px(8) for part in parts) + px(_PICTURE) + px(8) + px(_NAME)
        beside = needed + px(20) + px(16) <= width
        way = QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        if self._turning.direction() is not way:
            self._turning.setDirection(way)
            # The menu's button stays in the corner.
            (self._row if beside else self._line).addWidget(self._more)

    def _arrange(self) -> None:
        px = self._theme.px
        over_chart = QHBoxLayout()
        over_chart.setSpacing(px(4))
        over_chart.addWidget(self._chart_title, 1)
        for button in self._spans:
            over_chart.addWidget(button)
        self._grid.setHorizontalSpacing(px(16))
        self._grid.setVerticalSpacing(px(6))
        self._grid.setColumnStretch(1, 1)
        page = self._page = QWidget()
        # Its height follows from its width alone: by themselves, broken lines ask for more than they take.
        page.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        inside = self._inside = QVBoxLayout(page)
        inside.setContentsMargins(px(20), px(4), px(20), px(18))
        inside.setSpacing(px(10))
        inside.addWidget(self._banner)
        inside.addWidget(self._bars)
        inside.addLayout(over_chart)
        inside.addWidget(self._chart)
        inside.addWidget(self._outlook)
        inside.addSpacing(px(6))
        inside.addWidget(self._life_title)
        inside.addWidget(self._life)
        inside.addWidget(self._life_words)
        inside.addLayout(self._grid)
        inside.addStretch(1)
        walk(*self._buttons, self._more)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, px(16), 0, 0)
        whole.setSpacing(px(10))
        top = self._top = QVBoxLayout()
        top.setContentsMargins(px(20), 0, px(16), 0)
        top.addLayout(self._head())
        whole.addLayout(top)
        whole.addWidget(scroll_area(page), 1)

    def _connect(self) -> None:
        for number, button in enumerate(self._buttons):
            button.setAutoDefault(False)
            button.clicked.connect(lambda _checked=False, number=number: self._press(number))
        self._more.pressed.connect(self._press_more)
        self._more.clicked.connect(self._open_menu)
        together = QButtonGroup(self)
        for button, span in zip(self._spans, Span, strict=True):
            button.setCheckable(True)
            button.setAutoDefault(False)
            together.addButton(button)
            button.clicked.connect(lambda _checked=False, span=span: self._actions.span(span))

    def _press(self, number: int) -> None:
        if self._model is not None and number < len(self._model.actions):
            self._actions.act(self._model.actions[number])

    def _press_more(self) -> None:
        self._more_by_key = pressed_by_key()

    def _open_menu(self) -> None:
        if self._model is None:
            return
        at = self._more.mapToGlobal(QPoint(0, self._more.height()))
        menu = self._actions.menu(self._model.key, self, at)
        if menu is not None and self._more_by_key:
            enter_menu(menu)

    def _show_facts(self, facts: tuple[DetailLine, ...]) -> None:
        while len(self._facts) < len(facts):
            label, value = QLabel(), words(wrap=True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            row = len(self._facts)
            self._grid.addWidget(label, row, 0)
            self._grid.addWidget(value, row, 1)
            self._facts.append((label, value))
            self._style_fact(label, value)
        for number, (label, value) in enumerate(self._facts):
            shown = number < len(facts)
            label.setVisible(shown)
            value.setVisible(shown)
            # What another account said stays nowhere: a screen reader finds hidden parts too.
            fact = facts[number] if shown else DetailLine(label="", value="")
            label.setText(fact.label)
            value.setText(fact.value)
            value.setAccessibleDescription(fact.label)

    def _apply_theme(self) -> None:
        theme, colours = self._theme, self._theme.tokens
        theme.apply_theme(self)
        self._title.setFont(theme.font(15, strong=True))
        for title in (self._chart_title, self._life_title):
            title.setFont(theme.font(13, strong=True))
        for text in (self._subtitle, self._outlook, self._life_words):
            text.setFont(theme.font(12, figures=True))
            text.setStyleSheet(f"color: {colours.secondary}")
        for button in (*self._buttons, *self._spans):
            button.setFont(theme.font(12.5))
        checked = f"QPushButton:checked {{ background: {colours.accent}; color: {colours.on_accent} }}"
        for button in self._spans:
            button.setStyleSheet(checked)
        for label, value in self._facts:
            self._style_fact(label, value)
        self._more.setAutoRaise(True)
        self._more.setIcon(glyph_icon(Glyph.MORE, QColor(colours.secondary), theme.px(16)))
        self._more.setIconSize(QSize(theme.px(16), theme.px(16)))
        self._banner.apply_theme()
        self._draw()
        self._fit()

    def _fit(self) -> None:
        self._fitted = fitting(self, self.sizeHint())
        self.resize(self._fitted)
        self._turn(self.width())

    def _style_fact(self, label: QLabel, value: QLabel) -> None:
        for part in (label, value):
            part.setFont(self._theme.font(12.5, figures=True))
        label.setStyleSheet(f"color: {self._theme.tokens.secondary}")
        value.setStyleSheet(f"color: {self._theme.tokens.text}")

    def _draw(self) -> None:
        if self._model is not None:
            size, ink = self._theme.px(_PICTURE), card_ink(self._theme.tokens)
            self._picture.setPixmap(self._icons.pixmap(self._model.look, ink, size, self.devicePixelRatioF()))
