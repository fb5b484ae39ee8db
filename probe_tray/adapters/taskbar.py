"""The name by which Windows keeps the windows, the pinned icon and the notifications of one program together."""

import sys
from collections.abc import Callable
from typing import Final, cast

APP_ID: Final = "ProbeTray.ProbeTray"
"""The AppUserModelID: no spaces, at most 128 characters. Shortcuts that an installer makes must carry the same one."""


def name_process() -> None:
    """Tell Windows, before there is a window, which program this is; elsewhere do nothing.

    A refusal changes nothing but how the taskbar groups windows, so it is not reported.
    """
    if sys.platform != "win32":
        return
    import ctypes

    # The attribute exists on Windows only, where no type checker of this project runs.
    shell = cast("Callable[[str], ctypes.CDLL]", vars(ctypes)["WinDLL"])("shell32")
    shell.SetCurrentProcessExplicitAppUserModelID(ctypes.c_wchar_p(APP_ID))
