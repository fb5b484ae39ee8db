"""The environment of the tests: nothing of the person's own machine may reach them, nor the other way round."""

import os
import re
import sys
from pathlib import Path
from typing import Final

REMOVED: Final = re.compile(
    r"(https?|all|no|ftp)_proxy|(HTTPS?|ALL|NO|FTP)_PROXY|SSL_CERT_(FILE|DIR)|CODEX_.*|OPENAI_.*|PROBE_TRAY_.*"
    r"|DISPLAY|WAYLAND_DISPLAY|DBUS_.*|XDG_.*|BROWSER|LC_.*|QT_.*|QTWEBENGINE_.*|COLORTERM|NO_COLOR|FORCE_COLOR|COLUMNS"
)

# Asia/Shanghai is UTC+8 all the year: local times in texts differ from UTC, and never jump.
FIXED: Final = {
    "LANG": "C.UTF-8",
    "LANGUAGE": "en",
    "LC_ALL": "C.UTF-8",
    # Refuses every call: a program under test finds no keyring rather than the person's own.
    "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    "QT_QPA_PLATFORM": "offscreen",
    # The C library of Windows reads POSIX's form alone, and takes every other name for UTC.
    "TZ": "CST-8" if sys.platform == "win32" else "Asia/Shanghai",
}


def keep_bytecode(folder: Path) -> None:
    """Have Python keep what it compiles in ``folder``, where the environment lets it keep nothing.

    Every program that the tests start, and every process that runs tests, would compile all of its modules again.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
        os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = str(folder)
        sys.dont_write_bytecode = False


def folders(home: Path) -> dict[str, str]:
    """Make a home folder with what a session has in it, and return the variables that point there."""
    runtime = home / "run"
    runtime.mkdir(parents=True, mode=0o700)
    return {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "APPDATA": str(home / "AppData" / "Roaming"),
        "LOCALAPPDATA": str(home / "AppData" / "Local"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_STATE_HOME": str(home / ".local" / "state"),
        "XDG_RUNTIME_DIR": str(runtime),
    }
