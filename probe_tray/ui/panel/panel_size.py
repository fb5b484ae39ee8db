"""How wide the panel is for what it shows, and what else decides its size."""

from typing import Final

from probe_tray.view.screen import Panel

NARROW: Final = 384
"""Its least width in pixels of the design."""
_WIDE, _MANY_CHIPS = 460, 3


def width_of(model: Panel | None) -> int:
    """Its width in pixels of the design: columns need more, and so does a search beside many choices."""
    wide = model is not None and (model.lines or len(model.chips) >= _MANY_CHIPS)
    return _WIDE if wide else NARROW


def shape(model: Panel) -> object:
    """What decides its size besides the height of each card."""
    return len(model.cards), model.banner, model.lines, model.searchable, len(model.chips), model.welcome
