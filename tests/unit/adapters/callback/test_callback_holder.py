"""Who holds a port, as each system tells it."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from probe_tray.adapters.callback.loopback_ports import ANOTHER_PROGRAM, holder_of
from probe_tray.adapters.systems import tools, windows
from probe_tray.adapters.systems.linux import LinuxSystem
from probe_tray.adapters.systems.macos import MacosSystem
from probe_tray.adapters.systems.operating_system import UserProgram
from probe_tray.adapters.systems.windows import WindowsSystem

LSOF = "p4711\nccodex\np4712\ncnode\n"
NETSTAT = """
Active Connections

  Proto  Local Address          Foreign Address        State           PID
  TCP    127.0.0.1:1455         0.0.0.0:0              ABHÖREN         4711
  TCP    127.0.0.1:1455         127.0.0.1:50000        ESTABLISHED     999
  TCP    127.0.0.1:14550        0.0.0.0:0              ABHÖREN         888
  TCP    [::1]:1457             [::]:0                 LISTENING       4712
"""


def scripted(monkeypatch: pytest.MonkeyPatch, answers: dict[str, str]) -> None:
    def run(command: list[str], **_options: object) -> subprocess.CompletedProcess[str]:
        answer = next(text for part, text in answers.items() if part in " ".join(command))
        return subprocess.CompletedProcess(command, 0, stdout=answer)

    monkeypatch.setattr(tools.subprocess, "run", run)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_linux_names_the_process_that_listens(host: str) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as one:
        one.bind((host, 0))
        one.listen()
        assert holder_of([one.getsockname()[1]], LinuxSystem()).endswith(f"(process {os.getpid()})")


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_socket_that_does_not_listen_holds_nothing() -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        assert holder_of([one.getsockname()[1]], LinuxSystem()) == ANOTHER_PROGRAM


def test_macos_names_every_process(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, {"lsof": LSOF})
    assert holder_of([1455], MacosSystem()) == "codex (process 4711) and node (process 4712)"


def test_windows_names_the_listeners_in_any_language(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, {"netstat": NETSTAT})
    running = (UserProgram("codex.exe", 4711), UserProgram("node.exe", 4712), UserProgram("other.exe", 888))
    monkeypatch.setattr(windows, "processes", lambda: running)
    monkeypatch.setattr(windows, "system_program", str)
    assert holder_of([1455, 1457], WindowsSystem()) == "codex.exe (process 4711) and node.exe (process 4712)"


def test_a_name_is_shown_as_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, {"lsof": "p1\nca\x1b[31mb" + "c" * 100 + "\n"})
    assert holder_of([1455], MacosSystem()) == f"a[31mb{'c' * 54} (process 1)"


@pytest.mark.parametrize("error", [FileNotFoundError("lsof"), subprocess.TimeoutExpired("lsof", 3)])
def test_a_system_that_does_not_tell_leaves_it_open(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def run(*_command: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(tools.subprocess, "run", run)
    assert holder_of([1455], MacosSystem()) == ANOTHER_PROGRAM


def test_a_kind_of_unix_without_a_process_table_is_asked_by_lsof(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scripted(monkeypatch, {"lsof": LSOF})
    assert holder_of([1455], LinuxSystem(tmp_path / "absent")) == "codex (process 4711) and node (process 4712)"
