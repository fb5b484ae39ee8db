"""Which operating system this is: the one place that chooses between their files."""

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from probe_tray.adapters.systems.desktop import SystemDesktop
    from probe_tray.adapters.systems.operating_system import OperatingSystem


def this_system() -> "OperatingSystem":
    """The one that the program runs on. Every system with another name than these is taken for a kind of Linux."""
    # Each is imported where it is meant alone, and costs the others nothing.
    match sys.platform:
        case "darwin":
            from probe_tray.adapters.systems.macos import MacosSystem

            return MacosSystem()
        case "win32":
            from probe_tray.adapters.systems.windows import WindowsSystem

            return WindowsSystem()
        case _:
            from probe_tray.adapters.systems.linux import LinuxSystem

            return LinuxSystem()


def this_desktop() -> "SystemDesktop":
    """The desktop that the program runs on."""
    match sys.platform:
        case "darwin":
            from probe_tray.adapters.systems.macos_desktop import MacosDesktop

            return MacosDesktop()
        case "win32":
            from probe_tray.adapters.systems.windows_desktop import WindowsDesktop

            return WindowsDesktop()
        case _:
            from probe_tray.adapters.systems.desktop import PlainDesktop

            return PlainDesktop(os.environ)
