"""The registry of Windows, as far as it belongs to this user."""

import contextlib
import sys
from typing import Final

RUN_KEY: Final = r"Software\Microsoft\Windows\CurrentVersion\Run"
"""What starts when the person logs in."""
APPROVED_KEY: Final = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"
"""What Task Manager and the settings have switched on or off of it."""
INTERNET_KEY: Final = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings"
"""The proxy settings."""
CONNECTIONS_KEY: Final = INTERNET_KEY + r"\Connections"
"""The same for each connection, as WinINet keeps them."""


class UserRegistry:
    """One key of this user in the registry; elsewhere an empty one. Raises OSError as the system does."""

    def __init__(self, key: str) -> None:
        """``key`` is its path below HKEY_CURRENT_USER."""
        self._key = key

    def read(self, name: str) -> object:
        """The value of that name as Python has its type: text, a number or bytes; None where there is none."""
        if sys.platform == "win32":
            import winreg

            with (
                contextlib.suppress(FileNotFoundError),
                winreg.OpenKey(winreg.HKEY_CURRENT_USER, self._key) as key,
            ):
                return winreg.QueryValueEx(key, name)[0]
        return None

    def text(self, name: str) -> str:
        """The text of that name; empty where there is none, or the key cannot be read. Never raises."""
        with contextlib.suppress(OSError):
            found = self.read(name)
            return found if isinstance(found, str) else ""
        return ""

    def set(self, name: str, line: str) -> None:
        """Keep a value."""
        if sys.platform == "win32":
            import winreg

            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, self._key) as key:
                winreg.SetValueEx(key, name, 0, winreg.REG_SZ, line)

    def delete(self, name: str) -> None:
        """Remove it; raises FileNotFoundError where there is none."""
        if sys.platform == "win32":
            import winreg

            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, self._key, 0, winreg.KEY_SET_VALUE) as key:
                winreg.DeleteValue(key, name)
