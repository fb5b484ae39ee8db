"""The program in the taskbar of Windows, which needs a name for it, and in the Dock of macOS, where it has no place."""

import sys
from importlib import import_module
from typing import Final

from probe_tray.adapters.desktop.windows import windows_library

APP_ID: Final = "ProbeTray.ProbeTray"
"""The AppUserModelID: no spaces, at most 128 characters. Shortcuts that an installer makes must carry the same one."""


def name_process() -> None:
    """Tell Windows, before there is a window, which program this is; elsewhere do nothing.

    A refusal changes nothing but how the taskbar groups windows, so it is not reported.
    """
    if sys.platform != "win32":
        return
    import ctypes

    shell = windows_library("shell32")
    shell.SetCurrentProcessExplicitAppUserModelID(ctypes.c_wchar_p(APP_ID))


def stay_out_of_the_dock() -> None:
    """Have no icon in the Dock and no place among the programs to switch to, as LSUIElement does for a bundle.

    Call it once Qt runs, which makes every program without a bundle one of the Dock. WindowActions it does nothing.
    A refusal leaves an icon in the Dock, so it is not reported.
    """
    if sys.platform != "darwin":
        return
    # desktop-notifier brings it on macOS alone, so no type checker finds it on another system.
    objc = import_module("rubicon.objc")
    # NSApplicationActivationPolicyAccessory
    objc.ObjCClass("NSApplication").sharedApplication().setActivationPolicy_(1)
