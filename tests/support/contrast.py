"""How well one colour is seen on another, as WCAG 2.1 has it: https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio."""

from PySide6.QtGui import QColor


def luminance(colour: QColor) -> float:
    """Relative luminance: 0 for black, 1 for white."""
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The ratio of two colours, which are named: 1 for the same, 21 for black and white."""
    low, high = sorted((luminance(QColor(one)), luminance(QColor(other))))
    return (high + 0.05) / (low + 0.05)
