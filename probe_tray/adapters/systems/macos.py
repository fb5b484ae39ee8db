"""What only macOS has or needs; on other systems each function does nothing."""

import subprocess
import sys
from collections.abc import Mapping, MutableMapping
from importlib import import_module
from pathlib import Path
from typing import Final

_OSASCRIPT: Final = "/usr/bin/osascript"


def show_by_script(title: str, body: str) -> bool:
    """Have macOS show a notification for a program without a bundle, which gets none of its own; whether it did.

    Blocks.
    """
    return _run_script("display notification (item 2 of texts) with title (item 1 of texts)", (title, body), 5.0)


def show_alert_by_script(text: str) -> bool:
    """Show an error where there is no terminal to print it to; whether it was shown. Waits for the person."""
    return _run_script('display alert "Probe Tray" message (item 1 of texts) as critical', (text,), None)


def _run_script(line: str, texts: tuple[str, ...], seconds: float | None) -> bool:
    """Run one line of AppleScript (AppleScript Language Guide, "Commands Reference"); whether that worked.

    The texts are arguments of the script, as osascript(1) passes them: inside it they would be code.
    """
    if sys.platform != "darwin":
        return False
    lines = (part for one in ("on run texts", line, "end run") for part in ("-e", one))
    try:
        done = subprocess.run(
            (_OSASCRIPT, *lines, "--", *texts),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def start_in_the_background(environment: MutableMapping[str, str]) -> None:
    """Keep Qt from taking the keyboard, and a place in the Dock, as soon as it starts; call it before that.

    Qt 6.11 (``qcocoaapplicationdelegate.mm``, ``qcocoaintegration.mm``) makes the program the active one unless this
    variable is set. A person who logs in is typing.
    """
    if sys.platform == "darwin":
        environment.update(QT_MAC_DISABLE_FOREGROUND_APPLICATION_TRANSFORM="1")


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


def macos_folder(name: str) -> Path | None:
    """Where a program of that name has its files on macOS, None on other systems. Raises RuntimeError without a home.

    platformdirs 4 obeys XDG_CONFIG_HOME and XDG_DATA_HOME here too. They are set in a shell's profile, which launchd
    does not read: the program would have other logins, and other locks, from the terminal than from the menu bar.
    """
    return Path.home() / "Library" / "Application Support" / name if sys.platform == "darwin" else None


_PASSED_ON: Final = (
    "CODEX_HOME",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    *(name for one in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY") for name in (one, one.lower())),
)


def launch_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What a launch agent must be told of the shell that it does not read: folders, certificates and proxies.

    A value that holds a password is left out: the agent's file is no place for it.
    """
    found = {name: environment.get(name, "") for name in _PASSED_ON}
    return {name: value for name, value in found.items() if value and "@" not in value}
