"""What only macOS has or needs; on other systems each function does nothing."""

import subprocess
import sys
from importlib import import_module
from typing import Final

_OSASCRIPT: Final = "/usr/bin/osascript"
_SCRIPT: Final = (
    "on run texts",
    "display notification (item 2 of texts) with title (item 1 of texts)",
    "end run",
)
_SCRIPT_SECONDS: Final = 5.0


def show_by_script(title: str, body: str) -> bool:
    """Have macOS show a notification for a program without a bundle, which gets none of its own; whether it did.

    Blocks. The texts are arguments of the script (osascript(1), AppleScript Language Guide, "display notification"):
    inside it they would be code.
    """
    if sys.platform != "darwin":
        return False
    lines = (part for line in _SCRIPT for part in ("-e", line))
    try:
        done = subprocess.run(
            (_OSASCRIPT, *lines, "--", title, body),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SCRIPT_SECONDS,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def stay_out_of_the_dock() -> None:
    """Have no icon in the Dock and no place among the programs to switch to, as LSUIElement does for a bundle.

    Call it once Qt runs, which makes every program without a bundle one of the Dock. Elsewhere it does nothing.
    A refusal leaves an icon in the Dock, so it is not reported.
    """
    if sys.platform != "darwin":
        return
    # desktop-notifier brings it on macOS alone, so no type checker finds it on another system.
    objc = import_module("rubicon.objc")
    # NSApplicationActivationPolicyAccessory
    objc.ObjCClass("NSApplication").sharedApplication().setActivationPolicy_(1)
