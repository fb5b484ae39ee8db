"""What the panel asks for."""

from collections.abc import Callable

import msgspec

from probe_tray.core.account.arrangement import Density, Sort
from probe_tray.core.account.identity import AccountKey
from probe_tray.ui.panel.card_list import CardCallbacks
from probe_tray.ui.panel.card_model import Changes
from probe_tray.view.screen import ScreenOptions


class PanelActions(msgspec.Struct, frozen=True, kw_only=True):
    """What the panel asks for."""

    cards: CardCallbacks
    show_only: Callable[[ScreenOptions], None]
    """Show only these accounts."""
    choose: Callable[[Sort | Density, tuple[AccountKey, ...]], None]
    """List the accounts like this from now on; the accounts are told in the order they stand in now."""
    pin: Callable[[], None]
    """Keep the window open, or no longer."""
    hide_names: Callable[[], None]
    """Hide the names of accounts, or show them again."""
    changes: Changes
    blends: Callable[[], bool]
    """Whether the screen shows what lies behind a translucent window now."""
