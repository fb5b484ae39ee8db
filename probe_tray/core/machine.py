"""What this program runs on, for a person who asks for help."""

import msgspec


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Names and versions. Nothing in it is secret, but paths and names of people may be."""

    version: str = ""
    python: str = ""
    system: str = ""
    installed: str = ""
    """What the program runs from, such as an AppImage or an environment of Python."""
    data_folder: str = ""
    codex_home: str = ""
    """The official client's folder."""
    desktop: str = ""
    """The desktop's name and the kind of session; empty where the system has only one."""
    keyring: str = ""
    """The keyring that was used so far; empty before the first use."""
    proxy: str = ""
    """The address, without user and password."""
    proxy_found_in: str = ""
    log: tuple[str, ...] = ()
    """The last lines of the log, the oldest first."""


class Toolkit(msgspec.Struct, frozen=True, kw_only=True):
    """What draws the windows."""

    qt: str = ""
    platform: str = ""
    """How Qt reaches the screen, such as ``xcb``."""
    tray: bool = False
    """Whether the icon is in a tray."""
    ink: str = ""
    """The colour of a calm icon, as ``#rrggbb``."""
    style: str = ""
    """What draws the controls."""
    dark: bool = False
    """Whether windows are dark."""
    screens: tuple[str, ...] = ()
    """The size of each in pixels of the program, and its scale."""
