"""Where and for whom windows are drawn."""

from collections.abc import Callable
from datetime import tzinfo

import msgspec

from probe_tray.adapters.systems.desktop import SystemDesktop
from probe_tray.ports.time import Clock
from probe_tray.ui.help.about_controller import DiagnosticsSource
from probe_tray.ui.tray.first_icon import FirstIcon
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from probe_tray.view.tray.icon_look import LastIcon


class ShellContext(msgspec.Struct, frozen=True, kw_only=True):
    """Where and for whom the shell draws."""

    translator: Translator
    clock: Clock
    zone: tzinfo
    inspector: DiagnosticsSource
    blends_windows: Callable[[], bool]
    """Whether the screen shows what lies behind a translucent window now."""
    first_icon: FirstIcon
    """What was shown from the start of the program on."""
    remember_icon: Callable[[LastIcon], None]
    """Keeps what the icon shows for the next start; never waits."""
    opens: bool = False
    """Whether the panel opens by itself once the logins were read, as after a start by hand."""
    tray_available: Callable[[], bool]
    desktop: SystemDesktop

    def now(self) -> Now:
        """When and where words are read."""
        return Now(self.clock.now(), self.zone)
