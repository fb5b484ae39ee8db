"""The registry of Windows, in memory: the part of Python's module ``winreg`` that the program uses.

It answers as the documentation of that module says: FileNotFoundError for a key or a value that is not there, a number
with each value for its type.
"""

import contextlib
import sys
from collections.abc import Generator
from types import ModuleType
from typing import Final

import pytest

_TYPES: Final[dict[type, int]] = {str: 1, bytes: 3, int: 4}
"""REG_SZ, REG_BINARY and REG_DWORD."""


class Winreg(ModuleType):
    """This user's part."""

    HKEY_CURRENT_USER = "HKEY_CURRENT_USER"
    KEY_SET_VALUE = 2
    REG_SZ = 1

    def __init__(self) -> None:
        super().__init__("winreg")
        self.values: dict[str, dict[str, object]] = {}
        """By key and name."""
        self.error: OSError | None = None
        """What every call raises."""

    @classmethod
    def installed(cls, monkeypatch: pytest.MonkeyPatch) -> "Winreg":
        """Have the program find Windows with an empty registry."""
        registry = cls()
        monkeypatch.setitem(sys.modules, "winreg", registry)
        monkeypatch.setattr("sys.platform", "win32")
        return registry

    def OpenKey(
        self, root: str, key: str, _reserved: int = 0, _access: int = 0
    ) -> contextlib.AbstractContextManager[dict[str, object]]:
        assert root == self.HKEY_CURRENT_USER
        if key not in self.values:
            raise FileNotFoundError(2, "The system cannot find the file specified")
        return self._opened(key)

    def CreateKey(self, root: str, key: str) -> contextlib.AbstractContextManager[dict[str, object]]:
        assert root == self.HKEY_CURRENT_USER
        return self._opened(key)

    def QueryValueEx(self, key: dict[str, object], name: str) -> tuple[object, int]:
        if name not in key:
            raise FileNotFoundError(2, "The system cannot find the file specified")
        return key[name], _TYPES[type(key[name])]

    def SetValueEx(self, key: dict[str, object], name: str, _reserved: int, kind: int, value: str) -> None:
        assert kind == self.REG_SZ
        key[name] = value

    def DeleteValue(self, key: dict[str, object], name: str) -> None:
        if name not in key:
            raise FileNotFoundError(2, "The system cannot find the file specified")
        del key[name]

    @contextlib.contextmanager
    def _opened(self, key: str) -> Generator[dict[str, object]]:
        if self.error is not None:
            raise self.error
        yield self.values.setdefault(key, {})
