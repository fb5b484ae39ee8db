"""A library of Windows, as ctypes brings it to the program."""

import ctypes
from typing import Any

import pytest


def run_on_windows(monkeypatch: pytest.MonkeyPatch, library: Any) -> None:  # noqa: ANN401 - a double of any library
    """Say that this is Windows, and let ctypes load ``library``, whose ``error`` is what the last call failed with."""

    def load(_name: str, *, use_last_error: bool) -> Any:  # noqa: ANN401 - as above
        assert use_last_error
        return library

    monkeypatch.setattr(ctypes, "WinDLL", load, raising=False)
    monkeypatch.setattr(ctypes, "get_last_error", lambda: library.error, raising=False)
    monkeypatch.setattr("sys.platform", "win32")
