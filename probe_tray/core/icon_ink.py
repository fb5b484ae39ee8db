"""The colours a person can choose for the icon in the tray."""

import enum


class IconInk(enum.Enum):
    """The colours of the tray icon."""

    AUTOMATIC = "automatic"
    """What reads on the desktop's panel; on a panel that nobody describes, colours that read on every one."""
    DARK_PANEL = "dark_panel"
    LIGHT_PANEL = "light_panel"
    COLOURED = "coloured"
    """Colours that read on a dark panel and on a light one."""
