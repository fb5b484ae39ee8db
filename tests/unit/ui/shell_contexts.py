"""What the tests give a shell, as long as they say nothing else."""

from collections.abc import Callable
from datetime import UTC

from probe_tray.adapters.systems.desktop import SystemDesktop
from probe_tray.ports.time import Clock
from probe_tray.ui.shell_context import ShellContext
from probe_tray.view.text.translate import Translator
from tests.support.widgets import no_icon_yet
from tests.unit.ui.samples import FakeInspector, StoppedClock


def shell_context(
    *,
    desktop: SystemDesktop,
    clock: Clock | None = None,
    translator: Translator | None = None,
    blends_windows: bool = True,
    opens: bool = False,
    tray_available: Callable[[], bool] = lambda: True,
) -> ShellContext:
    """In English, in UTC, with a tray, and nothing that a run before has left."""
    return ShellContext(
        translator=translator or Translator(),
        clock=clock or StoppedClock(),
        zone=UTC,
        inspector=FakeInspector(),
        blends_windows=lambda: blends_windows,
        first_icon=no_icon_yet(),
        remember_icon=lambda _: None,
        opens=opens,
        tray_available=tray_available,
        desktop=desktop,
    )
