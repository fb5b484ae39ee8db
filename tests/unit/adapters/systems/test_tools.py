"""Programs of the system that are asked something; ``CREATE_NO_WINDOW`` as Python's ``subprocess`` describes it."""

import subprocess
import sys

import pytest

from probe_tray.adapters.desktop.browser import SystemBrowser
from probe_tray.adapters.desktop.hook_runner import ProcessHookRunner
from probe_tray.adapters.systems import tools
from probe_tray.adapters.systems.current import this_system
from probe_tray.core.errors import BrowserError, HookFailedError


async def test_nothing_that_is_started_opens_a_console(monkeypatch: pytest.MonkeyPatch) -> None:
    # Loaded late by the program, and the annotations in there need the real Popen.
    this_system()
    flags: list[object] = []

    def started(*_command: object, **options: object) -> object:
        flags.append(options["creationflags"])
        raise OSError

    for place in ("systems.tools", "desktop.hook_runner", "desktop.browser"):
        monkeypatch.setattr(f"probe_tray.adapters.{place}.NO_CONSOLE", 0x0800_0000)
    monkeypatch.setattr(subprocess, "run", started)
    monkeypatch.setattr(subprocess, "Popen", started)
    with pytest.raises(OSError):  # noqa: PT011 - the double's
        tools.output_of("tasklist")
    with pytest.raises(HookFailedError):
        await ProcessHookRunner().run(sys.executable, b"")
    with pytest.raises(BrowserError):
        await SystemBrowser({"BROWSER": sys.executable, "PATH": ""}).open("https://example.com")
    assert flags == [0x0800_0000] * 3
