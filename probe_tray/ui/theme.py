"""Colours and fonts: the design's tokens, light and dark, following the system while the program runs."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QFontMetricsF, QPalette
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

from probe_tray.core.settings import Appearance
from probe_tray.ui.control_style import control_style
from probe_tray.ui.tokens import DARK, LIGHT, Tokens, contrast_tokens

if TYPE_CHECKING:
    from probe_tray.ui.wheel_filter import WheelFilter

_BODY = 13.0
_SEMIBOLD = QFont.Weight.DemiBold
_CONTEXT = QFont.Tag("calt")
"""Letters that change beside others: Inter draws the x between digits as a multiplication sign, in names too."""
_SCHEMES = {
    Appearance.AUTO: Qt.ColorScheme.Unknown,
    Appearance.LIGHT: Qt.ColorScheme.Light,
    Appearance.DARK: Qt.ColorScheme.Dark,
}


class Theme(QObject):
    """The appearance that the person or the system asks for now."""

    changed = Signal()

    def __init__(self, app: QApplication, wants_contrast: Callable[[], bool]) -> None:
        """Follow ``app``'s palette and font. ``wants_contrast``: whether the palette is one of strong contrasts now."""
        super().__init__(app)
        self._app = app
        # Else a window with a style sheet would keep its palette from the widgets inside it.
        app.setAttribute(Qt.ApplicationAttribute.AA_UseStyleSheetPropagationInWidgetStyles)
        self._wheel: WheelFilter | None = None
        """None until there is a window."""
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
        font.setFeature(_CONTEXT, 0)
        if figures:
            font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def fixed_font(self, design: float, *, strong: bool = False) -> QFont:
        """The system's font of equally wide letters at a size of the design: for code, and what is copied by eye."""
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(max(1, self.px(design)))
        if strong:
            font.setWeight(_SEMIBOLD)
        return font

    def metrics(self, design: float = _BODY, *, strong: bool = False, figures: bool = False) -> QFontMetricsF:
        """The measures of :meth:`font`."""
        return QFontMetricsF(self.font(design, strong=strong, figures=figures))

    def apply_theme(self, window: QWidget, rules: str = "") -> None:
        """Give a window of ours its colours and manners, now. A style that draws natively keeps its own controls.

        ``rules``: what else its style sheet says. Style sheets of the parts inside it would each be read once more.
        """
        self.adopt(window)
        # No style shows where the keyboard is when it is there only to scroll.
        scrolls = (
            "QScrollArea { border: 1px solid transparent; }"
            f"QScrollArea:focus {{ border-color: {self.tokens.accent}; }}"
        )
        window.setStyleSheet(scrolls + (self._flat() if self.flat else "") + rules)

    def adopt(self, part: QWidget) -> None:
        """Give a part that came into a window later what it doesn't take from there: Qt hands on the style sheet."""
        from probe_tray.ui.wheel_filter import WheelFilter

        self._wheel = self._wheel or WheelFilter(self)
        self._wheel.watch(part)
        for page in part.findChildren(QScrollArea):
            if page.focusPolicy() is not Qt.FocusPolicy.NoFocus:
                # The keyboard may scroll a page; a click on its free space is about nothing.
                page.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        part.setPalette(self._palette())
        # Of this font nothing but the feature is set: all else stays the system's.
        plain = QFont()
        plain.setFeature(_CONTEXT, 0)
        part.setFont(plain)

    def _is_dark(self) -> bool:
        if self._wanted is not Appearance.AUTO and not self._contrast:
            return self._wanted is Appearance.DARK
        palette, role = self._app.palette(), QPalette.ColorRole
        return palette.color(role.Window).lightness() < palette.color(role.WindowText).lightness()

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
            QLineEdit {{ background: {c.card}; color: {c.text}; border: 1px solid {c.faint};
                border-radius: {px(7)}px; padding: {px(3)}px {px(7)}px; min-height: {px(19)}px;
                placeholder-text-color: {c.secondary};
                selection-background-color: {c.accent}; selection-color: {c.on_accent}; }}
            QLineEdit:focus {{ border-color: {c.accent}; }}
            QToolButton {{ border: 1px solid transparent; border-radius: {px(8)}px; }}
            QToolButton:hover, QToolButton:checked {{ background: {c.track}; }}
            QToolButton:focus {{ border-color: {c.accent}; }}
            QToolTip {{ background: {c.card}; color: {c.text}; border: 1px solid {c.line};
                padding: {px(4)}px {px(6)}px; }}
            QMenu {{ background: {c.card}; color: {c.text}; border: 1px solid {c.line}; padding: {px(4)}px;
                icon-size: {px(16)}px; menu-scrollable: 1; }}
            QMenu::item {{ padding: {px(5)}px {px(22)}px; border-radius: {px(6)}px; }}
            QMenu::icon {{ padding-left: {px(7)}px; }}
            QMenu::item:selected {{ background: {c.accent}; color: {c.on_accent}; }}
            QMenu::item:disabled {{ color: {c.secondary}; background: transparent; }}
            QMenu::icon:checked {{ border: 1px solid {c.accent}; border-radius: {px(5)}px;
                padding-left: {px(7) - 1}px; }}
            QMenu::separator {{ height: 1px; background: {c.line}; margin: {px(4)}px {px(8)}px; }}
            {control_style(c, px, dark=QColor(c.window).lightness() < QColor(c.text).lightness())}
        """
