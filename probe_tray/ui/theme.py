"""Colours and fonts: the design's tokens, light and dark, following the system while the program runs."""

from collections.abc import Callable

import msgspec
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QFontMetricsF, QPalette
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QCheckBox, QComboBox, QScrollArea, QWidget

from probe_tray.core.settings import Appearance
from probe_tray.ui.wheel_filter import WheelFilter
from probe_tray.view.view_models import Tone

_BODY = 13.0
_SEMIBOLD = QFont.Weight.DemiBold
_SCHEMES = {
    Appearance.AUTO: Qt.ColorScheme.Unknown,
    Appearance.LIGHT: Qt.ColorScheme.Light,
    Appearance.DARK: Qt.ColorScheme.Dark,
}


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """The colours of one appearance, as #rrggbb."""

    window: str
    card: str
    line: str
    text: str
    secondary: str
    faint: str
    accent: str
    on_accent: str
    track: str
    warning: str
    warning_text: str
    critical: str
    critical_text: str
    good: str
    strip: str
    strip_critical: str
    strip_calm: str

    def ink(self, tone: Tone | None) -> str:
        """The colour of a text that says how good something is; None: of one that does not."""
        match tone:
            case Tone.CALM:
                return self.good
            case Tone.WARNING:
                return self.warning_text
            case Tone.CRITICAL:
                return self.critical_text
            case None:
                return self.secondary


LIGHT = Tokens(
    window="#f6f7f9",
    card="#ffffff",
    line="#e4e7ec",
    text="#171a1f",
    secondary="#5c6470",
    faint="#8a929e",
    accent="#1f7a8c",
    on_accent="#ffffff",
    track="#e9ecf0",
    warning="#e08e1b",
    warning_text="#a85c06",
    critical="#dc3d31",
    critical_text="#c2281d",
    good="#1d7a46",
    strip="#fdf3e5",
    strip_critical="#fdebe9",
    strip_calm="#f1f4f7",
)
DARK = Tokens(
    window="#1d2025",
    card="#25292f",
    line="#343a42",
    text="#eceef1",
    secondary="#a9b1bc",
    faint="#7f8893",
    accent="#58b3c4",
    on_accent="#0d1a1d",
    track="#383e47",
    warning="#e39a2f",
    warning_text="#f0ad4e",
    critical="#ea5b4f",
    critical_text="#ff8a80",
    good="#6fcf97",
    strip="#3a2f1c",
    strip_critical="#40251f",
    strip_calm="#2c3138",
)


def contrast_tokens(palette: QPalette) -> Tokens:
    """The colours of a contrast theme: the person chose each of them.

    Text lies on the colour that goes with it; what else colour says, words and lines say too. Only the ground of bars
    and pressed buttons is mixed, from two of them.
    """
    role = QPalette.ColorRole
    window, unusable = palette.color(role.Window), palette.color(QPalette.ColorGroup.Disabled, role.WindowText)
    ground, text = window.name(), palette.color(role.WindowText).name()
    accent, on_accent = palette.color(role.Highlight).name(), palette.color(role.HighlightedText).name()
    return Tokens(
        window=ground,
        card=ground,
        line=text,
        text=text,
        secondary=text,
        faint=unusable.name(),
        accent=accent,
        on_accent=on_accent,
        track=_mixed(window, unusable).name(),
        warning=accent,
        warning_text=text,
        critical=accent,
        critical_text=text,
        good=text,
        strip=ground,
        strip_critical=ground,
        strip_calm=ground,
    )


def _mixed(one: QColor, other: QColor) -> QColor:
    """More of ``one`` than of ``other``."""
    parts = ((one.red(), other.red()), (one.green(), other.green()), (one.blue(), other.blue()))
    return QColor(*(round(0.6 * most + 0.4 * rest) for most, rest in parts))


class Theme(QObject):
    """The appearance that the person or the system asks for now."""

    changed = Signal()

    def __init__(self, app: QApplication, wants_contrast: Callable[[], bool] = lambda: False) -> None:
        """Follow ``app``'s palette and font. ``wants_contrast``: whether the palette is one of strong contrasts now."""
        super().__init__(app)
        self._app = app
        # Else a window with a style sheet would keep its palette from the widgets inside it.
        app.setAttribute(Qt.ApplicationAttribute.AA_UseStyleSheetPropagationInWidgetStyles)
        self._wheel = WheelFilter(self)
        self._wanted = Appearance.AUTO
        self._wants_contrast = wants_contrast
        self._contrast = wants_contrast()
        self._dark = self._is_dark()
        app.paletteChanged.connect(self._look_again)
        app.styleHints().colorSchemeChanged.connect(self._look_again)
        app.fontChanged.connect(self.changed)

    def set_appearance(self, appearance: Appearance) -> None:
        """Be light or dark from now on, or follow the system."""
        if appearance is not self._wanted:
            self._wanted = appearance
            # Menus and file dialogs follow where the platform lets a program choose; our own windows always do.
            self._app.styleHints().setColorScheme(_SCHEMES[appearance])
            self._look_again()

    @property
    def dark(self) -> bool:
        """Whether windows are dark."""
        return self._dark

    @property
    def flat(self) -> bool:
        """Whether controls look like the design's: Fusion is nobody's native style."""
        return self._app.style().objectName() == "fusion"

    @property
    def tokens(self) -> Tokens:
        """The colours now."""
        if self._contrast:
            return contrast_tokens(self._app.palette())
        return DARK if self._dark else LIGHT

    @property
    def scale(self) -> float:
        """How much larger than the design's 13 px the system's font is; every measure grows with it."""
        return max(0.75, QFontInfo(self._app.font()).pixelSize() / _BODY)

    def px(self, design: float) -> int:
        """A measure of the design in this system's pixels."""
        return round(design * self.scale)

    def font(self, design: float = _BODY, *, strong: bool = False, figures: bool = False) -> QFont:
        """The system's font at a size of the design. ``figures``: every digit as wide as the others."""
        font = QFont(self._app.font())
        font.setPixelSize(max(1, round(design * self.scale)))
        if strong:
            font.setWeight(_SEMIBOLD)
        if figures:
            font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def fixed_font(self, design: float) -> QFont:
        """The system's font of equally wide letters, strong, at a size of the design: for what is copied by eye."""
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(max(1, self.px(design)))
        font.setWeight(_SEMIBOLD)
        return font

    def metrics(self, design: float = _BODY, *, strong: bool = False, figures: bool = False) -> QFontMetricsF:
        """The measures of :meth:`font`."""
        return QFontMetricsF(self.font(design, strong=strong, figures=figures))

    def apply_theme(self, window: QWidget) -> None:
        """Give a window of ours its colours and manners, now. A style that draws natively keeps its own controls."""
        self._wheel.watch(window)
        for page in window.findChildren(QScrollArea):
            if page.focusPolicy() is not Qt.FocusPolicy.NoFocus:
                # The keyboard may scroll a page; a click on its free space is about nothing.
                page.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        flat = self.flat
        palette = self._palette()
        window.setPalette(palette)
        # No style shows where the keyboard is when it is there only to scroll.
        scrolls = (
            "QScrollArea { border: 1px solid transparent; }"
            f"QScrollArea:focus {{ border-color: {self.tokens.accent}; }}"
        )
        window.setStyleSheet(scrolls + (self._flat() if flat else ""))
        # Fusion draws the edge of a control darker than the window, which nobody sees on a dark one.
        edge = QColor(self.tokens.faint if self._dark and not self._contrast else self.tokens.window)
        palette.setColor(QPalette.ColorRole.Window, edge)
        for kind in (QAbstractSpinBox, QComboBox, QCheckBox) if flat else ():
            for control in window.findChildren(kind):
                control.setPalette(palette)
                control.setMinimumHeight(self.px(26))

    def _is_dark(self) -> bool:
        if self._wanted is not Appearance.AUTO and not self._contrast:
            return self._wanted is Appearance.DARK
        palette = self._app.palette()
        return palette.window().color().lightness() < palette.windowText().color().lightness()

    def _look_again(self) -> None:
        before = (self._dark, self._contrast)
        self._dark, self._contrast = self._is_dark(), self._wants_contrast()
        # One contrast theme may follow another.
        if self._contrast or before != (self._dark, self._contrast):
            self.changed.emit()

    def _palette(self) -> QPalette:
        colours = self.tokens
        palette = QPalette(self._app.palette())
        if self._contrast:
            return palette
        role = QPalette.ColorRole
        for which, colour in (
            (role.Window, colours.window),
            (role.WindowText, colours.text),
            (role.Base, colours.card),
            (role.AlternateBase, colours.window),
            (role.Text, colours.text),
            (role.PlaceholderText, colours.secondary),
            (role.Button, colours.card),
            (role.ButtonText, colours.text),
            (role.Highlight, colours.accent),
            (role.HighlightedText, colours.on_accent),
            (role.Accent, colours.accent),
            (role.Link, colours.accent),
            (role.ToolTipBase, colours.card),
            (role.ToolTipText, colours.text),
        ):
            palette.setColor(which, QColor(colour))
        for which in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(colours.faint))
        return palette

    def _flat(self) -> str:
        """Buttons and fields without bevels."""
        c, px = self.tokens, self.px
        return f"""
            QPushButton {{ background: {c.card}; color: {c.text}; border: 1px solid {c.line};
                border-radius: {px(7)}px; padding: {px(4)}px {px(11)}px; min-height: {px(17)}px; }}
            QPushButton:hover {{ border-color: {c.faint}; }}
            QPushButton:focus {{ border: 1px solid {c.accent}; }}
            QPushButton:pressed {{ background: {c.track}; }}
            QPushButton:disabled {{ color: {c.faint}; }}
            QPushButton#destructive {{ color: {c.critical_text}; border-color: {c.critical}; }}
            QPushButton#destructive:focus {{ border: 2px solid {c.critical}; padding: {px(3)}px {px(10)}px; }}
            QPushButton:default {{ background: {c.accent}; color: {c.on_accent}; border-color: {c.accent}; }}
            QPushButton:default:focus {{ border: 2px solid {c.secondary}; padding: {px(3)}px {px(10)}px; }}
            QLineEdit {{ background: {c.card}; color: {c.text}; border: 1px solid {c.line};
                border-radius: {px(7)}px; padding: {px(3)}px {px(7)}px; min-height: {px(19)}px;
                selection-background-color: {c.accent}; selection-color: {c.on_accent}; }}
            QLineEdit:focus {{ border-color: {c.accent}; }}
            QScrollBar:vertical {{ background: transparent; width: {px(10)}px; margin: 0; }}
            QScrollBar::handle:vertical {{ background: {c.line}; border-radius: {px(3)}px;
                min-height: {px(28)}px; margin: {px(1)}px {px(2)}px; }}
            QScrollBar::handle:vertical:hover {{ background: {c.faint}; }}
            QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; }}
            QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
            QCheckBox::indicator, QAbstractItemView::indicator {{ width: {px(14)}px; height: {px(14)}px; }}
            QToolButton {{ border: 1px solid transparent; border-radius: {px(8)}px; }}
            QToolButton:hover, QToolButton:checked {{ background: {c.track}; }}
            QToolButton:focus {{ border-color: {c.accent}; }}
            QToolTip {{ background: {c.card}; color: {c.text}; border: 1px solid {c.line};
                padding: {px(4)}px {px(6)}px; }}
            QMenu {{ background: {c.card}; color: {c.text}; border: 1px solid {c.line}; padding: {px(4)}px; }}
            QMenu::item {{ padding: {px(5)}px {px(22)}px; border-radius: {px(6)}px; }}
            QMenu::item:selected {{ background: {c.accent}; color: {c.on_accent}; }}
            QMenu::item:disabled {{ color: {c.faint}; background: transparent; }}
            QMenu::separator {{ height: 1px; background: {c.line}; margin: {px(4)}px {px(8)}px; }}
            QComboBox QAbstractItemView {{ background: {c.card}; color: {c.text}; border: 1px solid {c.line};
                selection-background-color: {c.accent}; selection-color: {c.on_accent}; outline: none; }}
        """
