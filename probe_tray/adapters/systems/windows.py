"""What only Windows has or needs; on other systems each function says so or does nothing."""

import contextlib
import fnmatch
import sys
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    import ctypes

APP_ID: Final = "ProbeTray.ProbeTray"
"""The AppUserModelID: no spaces, at most 128 characters. Shortcuts that an installer makes must carry the same one."""
WINDOWS_11: Final = 22_000
"""Its first build."""
_INTERNET_SETTINGS: Final = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings"
_ERROR_BOX: Final = 0x10 | 0x10000
"""MB_ICONERROR and MB_SETFOREGROUND."""
_GOT: Final = frozenset({0x00, 0x80})
"""WAIT_OBJECT_0, and WAIT_ABANDONED: whoever had the mutex ended without giving it back."""
_STANDARD_HANDLES: Final = {1: -11, 2: -12}
_VIRTUAL_TERMINAL: Final = 0x0004
"""ENABLE_VIRTUAL_TERMINAL_PROCESSING, a mode of the console since Windows 10 1511."""


def windows_library(name: str) -> "ctypes.CDLL":
    """Load a system library such as ``user32``. Raises OSError where there is none of that name, or no Windows."""
    import ctypes

    if sys.platform != "win32":
        raise OSError(f"{name} is a library of Windows")
    return ctypes.WinDLL(name)


def understands_sequences(stream: TextIO) -> bool:
    """Whether the terminal behind standard output or error obeys escape sequences; a console of Windows is told to."""
    if sys.platform != "win32":
        return True
    import ctypes

    kernel = windows_library("kernel32")
    kernel.GetStdHandle.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(kernel.GetStdHandle(_STANDARD_HANDLES.get(stream.fileno(), 0)))
    mode = ctypes.c_ulong()
    if not kernel.GetConsoleMode(handle, ctypes.byref(mode)):
        return False
    return bool(kernel.SetConsoleMode(handle, mode.value | _VIRTUAL_TERMINAL))


def name_process() -> None:
    """Tell Windows, before there is a window, which program this is; elsewhere do nothing.

    A refusal changes nothing but how the taskbar groups windows, so it is not reported.
    """
    if sys.platform != "win32":
        return
    import ctypes

    shell = windows_library("shell32")
    shell.SetCurrentProcessExplicitAppUserModelID(ctypes.c_wchar_p(APP_ID))


def notification_icon() -> str:
    """The picture beside a notification, a file of ``resources``: toasts of Windows show no SVG.

    The formats are those of "Toast content" on learn.microsoft.com: PNG, JPEG, GIF and others.
    """
    return "icons/probe-tray-256.png" if sys.platform == "win32" else "icons/probe-tray.svg"


def build_number() -> int | None:
    """The build of this Windows, None on other systems."""
    return sys.getwindowsversion().build if sys.platform == "win32" else None


def lacks_dark_controls(build: int | None) -> bool:
    """Whether the style that Qt takes on this build draws light controls in dark windows, as it does on Windows 10.

    Qt 6.5 and later follow the dark appearance on Windows 11 alone; its style before that, windowsvista, knows none.
    """
    return build is not None and build < WINDOWS_11


def show_error_box(text: str) -> bool:
    """Show an error where there is no standard error to print it to; whether it was shown. Waits for the person.

    MessageBoxW needs no Qt, which may be what failed.
    """
    if sys.platform != "win32":
        return False
    import ctypes

    box = windows_library("user32").MessageBoxW
    return bool(box(None, ctypes.c_wchar_p(text), ctypes.c_wchar_p("Probe Tray"), _ERROR_BOX))


def use_console_of_parent() -> None:
    """Let a program of the graphical subsystem print to the console that it was started from, if there is one.

    Such a program has None for its standard streams (Python, ``sys.__stderr__``).
    """
    if sys.platform != "win32" or sys.stdout is not None:  # pyright: ignore[reportUnnecessaryComparison] - see above
        return
    # ATTACH_PARENT_PROCESS
    if windows_library("kernel32").AttachConsole(-1):
        with contextlib.suppress(OSError):
            sys.stdout = sys.stderr = open("CONOUT$", "w", encoding="utf-8", errors="replace")  # noqa: PTH123, SIM115 - a device, open until the end


def post_completion(port: int) -> None:
    """Wake whoever waits for the completion port with that handle, by a packet that is about no operation.

    CPython takes a packet without an address for a failure (``_overlapped.GetQueuedCompletionStatus``), so it gets one
    that no operation has. Raises OSError where there is no Windows.
    """
    import ctypes

    post = windows_library("kernel32").PostQueuedCompletionStatus
    post(ctypes.c_void_p(port), 0, ctypes.c_void_p(0), ctypes.c_void_p(1))


@contextlib.contextmanager
def named_mutex(name: str, seconds: float) -> Generator[bool]:
    """Hold the mutex of that name, which excludes every thread of every process of this user; whether it was got.

    The system gives it back when its process ends. Blocks for ``seconds`` at most; raises OSError where the system
    gives none.
    """
    import ctypes

    kernel = windows_library("kernel32")
    kernel.CreateMutexW.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(kernel.CreateMutexW(None, 0, ctypes.c_wchar_p(name)))
    if not handle:
        raise OSError("no mutex")
    try:
        got = kernel.WaitForSingleObject(handle, round(seconds * 1000)) in _GOT
        try:
            yield got
        finally:
            if got:
                kernel.ReleaseMutex(handle)
    finally:
        kernel.CloseHandle(handle)


def usable_proxies(addresses: Mapping[str, str]) -> dict[str, str]:
    """What Python found in the settings, without its copies of a SOCKS proxy.

    WORKAROUND CPython 3.11 to 3.14 (``getproxies_registry``): where the settings name a SOCKS proxy alone, it puts that
    in for http and https too, as ``socks4``, which Windows does not say and few proxies speak.
    """
    socks = addresses.get("socks", "").rpartition("://")[2]
    return {
        kind: address
        for kind, address in addresses.items()
        if kind == "socks" or not (socks and address.lower() == f"socks4://{socks}".lower())
    }


def proxy_exceptions() -> str:
    """The hosts that the settings except from the proxy (``ProxyOverride``)."""
    if sys.platform == "win32":
        import winreg

        with contextlib.suppress(OSError), winreg.OpenKey(winreg.HKEY_CURRENT_USER, _INTERNET_SETTINGS) as key:
            return str(winreg.QueryValueEx(key, "ProxyOverride")[0])
    return ""


def is_excepted(host: str, exceptions: str) -> bool:
    """Whether ``ProxyOverride`` excepts ``host``: names with ``*``, and ``<local>`` for every name without a dot.

    Python's own answer asks the DNS for each host, which takes seconds behind a proxy (3.11 and 3.12).
    """
    host = host.lower().rstrip(".")
    for entry in exceptions.lower().split(";"):
        pattern = entry.strip().rpartition("://")[2]
        if pattern == "<local>":
            if "." not in host and ":" not in host:
                return True
        # A bracket would begin a set of characters.
        elif pattern and fnmatch.fnmatchcase(host, pattern.replace("[", "[[]")):
            return True
    return False
