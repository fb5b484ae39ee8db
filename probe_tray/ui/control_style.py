"""How fields, boxes and scroll bars look where no style of the platform draws them: the style sheet of the design's."""

from collections.abc import Callable

from probe_tray.resources import resource
from probe_tray.ui.tokens import Tokens


def control_style(c: Tokens, px: Callable[[float], int], *, dark: bool) -> str:
    """The style sheet for these colours; ``px`` turns the design's measures into pixels, ``dark`` picks arrows."""
    down, up, tick, dash = (_picture(name, dark=dark) for name in ("down", "up", "tick", "dash"))
    boxes = "QCheckBox::indicator{0}, QAbstractItemView::indicator{0}"
    return f"""
        QComboBox, QAbstractSpinBox {{ background: {c.card}; color: {c.text}; border: 1px solid {c.faint};
            border-radius: {px(7)}px; padding: {px(3)}px {px(7)}px; min-height: {px(19)}px;
            selection-background-color: {c.accent}; selection-color: {c.on_accent}; combobox-popup: 0; }}
        QAbstractSpinBox {{ padding: 0; min-height: {px(19) + 2 * px(3) - 3}px; }}
        QCheckBox {{ spacing: {px(6)}px; }}
        QComboBox:focus, QComboBox:on, QAbstractSpinBox:focus {{ border-color: {c.accent}; }}
        QComboBox:disabled, QAbstractSpinBox:disabled {{ color: {c.faint}; border-color: {c.line}; }}
        QComboBox::drop-down {{ subcontrol-origin: padding; subcontrol-position: center right;
            width: {px(16)}px; border: none; }}
        QComboBox::down-arrow {{ image: {down}; width: {px(12)}px; height: {px(12)}px; }}
        QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ subcontrol-origin: border;
            width: {px(20)}px; border: none; background: transparent; }}
        QAbstractSpinBox::up-button {{ subcontrol-position: top right; }}
        QAbstractSpinBox::down-button {{ subcontrol-position: bottom right; }}
        QAbstractSpinBox::up-arrow {{ image: {up}; width: {px(9)}px; height: {px(9)}px; }}
        QAbstractSpinBox::down-arrow {{ image: {down}; width: {px(9)}px; height: {px(9)}px; }}
        {boxes.format("")} {{ width: {px(14)}px; height: {px(14)}px; background: {c.card};
            border: 1px solid {c.faint}; border-radius: {px(4)}px; }}
        QCheckBox::indicator:focus {{ border-color: {c.accent}; }}
        {boxes.format(":checked")} {{ background: {c.accent}; border-color: {c.accent}; image: {tick}; }}
        {boxes.format(":indeterminate")} {{ background: {c.accent}; border-color: {c.accent}; image: {dash}; }}
        {boxes.format(":disabled")} {{ background: {c.track}; border-color: {c.line}; }}
        QComboBox QAbstractItemView::item {{ min-height: {px(26)}px; padding: 0 {px(6)}px;
            border-radius: {px(6)}px; }}
        QComboBox QAbstractItemView::item:selected {{ background: {c.accent}; color: {c.on_accent}; }}
        QComboBox QAbstractItemView {{ background: {c.card}; color: {c.text}; border: 1px solid {c.line};
            padding: {px(4)}px; outline: none; }}
        {_scroll_bars(c, px)}
        """


def _scroll_bars(c: Tokens, px: Callable[[float], int]) -> str:
    # Qt draws square corners where they are rounder than half of the handle is wide.
    round_handle = (px(10) - 2 * px(2)) // 2
    return f"""
        QScrollBar:vertical {{ background: transparent; width: {px(10)}px; margin: 0; }}
        QScrollBar::handle:vertical {{ background: {c.line}; border-radius: {round_handle}px;
            min-height: {px(28)}px; margin: {px(1)}px {px(2)}px; }}
        QScrollBar::handle:vertical:hover {{ background: {c.faint}; }}
        QScrollBar:horizontal {{ background: transparent; height: {px(10)}px; margin: 0; }}
        QScrollBar::handle:horizontal {{ background: {c.line}; border-radius: {round_handle}px;
            min-width: {px(28)}px; margin: {px(2)}px {px(1)}px; }}
        QScrollBar::handle:horizontal:hover {{ background: {c.faint}; }}
        QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
        QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
        """


def _picture(name: str, *, dark: bool) -> str:
    tone = "dark" if dark else "light"
    return f'url("{resource(f"controls/{name}-{tone}.png").as_posix()}")'
