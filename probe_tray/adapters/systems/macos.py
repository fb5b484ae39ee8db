"""What only macOS has or needs; on other systems each function does nothing."""

import sys
from importlib import import_module


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
