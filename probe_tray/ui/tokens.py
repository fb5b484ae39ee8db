"""The colours of the design, light and dark, and those of a contrast theme."""

import msgspec
from PySide6.QtGui import QColor, QPalette

from probe_tray.view.tray.icon_look import Tone


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
