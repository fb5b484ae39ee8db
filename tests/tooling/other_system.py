"""A plugin of pytest: Python as another system has it, as far as a test can see while it is being collected.

``PROBE_TRAY_TESTS_AS=windows pytest -p tests.tooling.other_system --collect-only``

What Python and the libraries lack there is taken from their documentation ("Availability" in the Python library
reference) and from the markers in pyproject.toml.
"""

import contextlib
import functools
import importlib
import os
import socket
import sys
from typing import Final

import pytest

VARIABLE: Final = "PROBE_TRAY_TESTS_AS"
# fmt: off
_CHOOSING: Final = (
    "anyio", "asyncio", "concurrent.futures.process", "filelock", "getpass", "httpx", "hypothesis", "keyring.core",
    "multiprocessing.util", "platformdirs.unix", "psutil", "qasync", "sniffio", "subprocess", "tempfile", "truststore",
    "webbrowser",
)
# fmt: on
"""What chooses by ``sys.platform`` when it is imported: it would look here for what the system of this machine has."""
_PLATFORMS: Final = {"macos": "darwin", "windows": "win32"}
_LINUX_ONLY: Final = ("dbus_fast", "jeepney", "secretstorage")
"""Libraries that are installed on Linux alone."""
_MODULES: Final = {
    "macos": _LINUX_ONLY,
    "windows": (*_LINUX_ONLY, "fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty"),
}
_ATTRIBUTES: Final = {
    "macos": (
        "os.memfd_create",
        "os.pidfd_open",
        "os.sched_getaffinity",
        "signal.pidfd_send_signal",
        "socket.AF_NETLINK",
        "socket.SO_PEERCRED",
    ),
    "windows": (
        "asyncio.open_unix_connection",
        "asyncio.start_unix_server",
        "os.O_DIRECTORY",
        "os.O_NOFOLLOW",
        "os.O_NONBLOCK",
        "os.O_CLOEXEC",
        "os.WNOHANG",
        "os.chown",
        "os.chroot",
        "os.fchmod",
        "os.fchown",
        "os.fork",
        "os.forkpty",
        "os.getegid",
        "os.geteuid",
        "os.getgid",
        "os.getgroups",
        "os.getpgid",
        "os.getsid",
        "os.getuid",
        "os.killpg",
        "os.mkfifo",
        "os.mknod",
        "os.openpty",
        "os.setgid",
        "os.setsid",
        "os.setuid",
        "os.statvfs",
        "os.sysconf",
        "os.uname",
        "os.waitstatus_to_exitcode",
        "select.epoll",
        "select.poll",
        "signal.SIGALRM",
        "signal.SIGHUP",
        "signal.SIGKILL",
        "signal.SIGPIPE",
        "signal.SIGSTOP",
        "signal.SIGTSTP",
        "signal.SIGUSR1",
        "signal.SIGUSR2",
        "signal.SIGWINCH",
        "signal.alarm",
        "signal.pthread_kill",
        "signal.setitimer",
        "socket.AF_UNIX",
        "socket.MSG_DONTWAIT",
        "socket.SCM_RIGHTS",
        "socket.SO_PEERCRED",
        "time.tzset",
    ),
}


def take_away(system: str) -> None:
    """Leave what ``system`` has; what is imported already keeps what it has."""
    for name in _CHOOSING:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    # An event loop of this machine may be made while tests are collected.
    socket.socketpair = functools.partial(socket.socketpair, socket.AF_UNIX)
    for name in _MODULES[system]:
        for known in [known for known in sys.modules if known == name or known.startswith(f"{name}.")]:
            del sys.modules[known]
        # Python's own way to say that a module is not there.
        sys.modules[name] = None  # pyright: ignore[reportArgumentType] - documented in "The import system"
    for name in _ATTRIBUTES[system]:
        module, _, attribute = name.partition(".")
        vars(importlib.import_module(module)).pop(attribute, None)
    sys.platform = _PLATFORMS[system]


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Begin before the first file of the tests is read, and after pytest has looked at the console it has."""
    take_away(os.environ[VARIABLE])
