"""What only Windows has, on doubles of its libraries.

They answer as learn.microsoft.com describes the functions: MessageBoxW, CreateMutexW, WaitForSingleObject
(WAIT_OBJECT_0 0x0, WAIT_ABANDONED 0x80, WAIT_TIMEOUT 0x102). The proxies are those that CPython 3.13 makes of the
registry (``getproxies_registry`` in ``Lib/urllib/request.py``), the exceptions those of INTERNET_PER_CONN_PROXY_BYPASS.
"""

import ctypes
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.logins.credential_files import folder_lock
from probe_tray.adapters.proxy.proxy import detect_proxy, read_system_proxies
from probe_tray.adapters.systems.linux import LinuxSystem
from probe_tray.adapters.systems.macos import MacosSystem
from probe_tray.adapters.systems.operating_system import OperatingSystem
from probe_tray.adapters.systems.user_registry import CONNECTIONS_KEY, INTERNET_KEY
from probe_tray.adapters.systems.windows import WindowsSystem, named_mutex
from probe_tray.adapters.systems.windows_proxies import is_excepted, usable_proxies
from probe_tray.core.errors import WriteError
from probe_tray.resources import resource
from tests.support.winreg import Winreg


class Libraries:
    """user32 and kernel32."""

    def __init__(self) -> None:
        self.shown: list[tuple[str | None, int]] = []
        self.held: dict[str, list[int]] = {}
        """The thread that owns each, once for each time that it got it."""
        self.mutexes: dict[int, str] = {}
        self.seen: list[str] = []
        self.abandoned = False

    def MessageBoxW(self, _owner: None, text: ctypes.c_wchar_p, _title: ctypes.c_wchar_p, kind: int) -> int:
        self.shown.append((text.value, kind))
        return 1

    @property
    def CreateMutexW(self) -> "CreateMutex":
        return CreateMutex(self)

    def WaitForSingleObject(self, handle: ctypes.c_void_p, _milliseconds: int) -> int:
        owners = self.held.setdefault(self.mutexes[handle.value or 0], [])
        me = threading.get_ident()
        # The thread that owns it is let through ("Mutex Objects").
        if owners and owners[0] != me:
            return 0x102
        owners.append(me)
        return 0x80 if self.abandoned else 0

    def ReleaseMutex(self, handle: ctypes.c_void_p) -> int:
        owners = self.held[self.mutexes[handle.value or 0]]
        # ERROR_NOT_OWNER for every other thread.
        assert owners.pop() == threading.get_ident()
        return 1

    def CloseHandle(self, handle: ctypes.c_void_p) -> int:
        del self.mutexes[handle.value or 0]
        return 1


class CreateMutex:
    restype: object = None

    def __init__(self, libraries: Libraries) -> None:
        self._libraries = libraries

    def __call__(self, _security: None, _owned: int, name: ctypes.c_wchar_p) -> int:
        number = len(self._libraries.seen) + 1
        self._libraries.mutexes[number] = name.value or ""
        self._libraries.seen.append(name.value or "")
        return number


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Libraries:
    libraries = Libraries()

    def load(_name: str, **_options: object) -> Libraries:
        return libraries

    monkeypatch.setattr(ctypes, "WinDLL", load, raising=False)
    monkeypatch.setattr("sys.platform", "win32")
    return libraries


def test_an_error_is_shown_in_a_box_of_the_system(windows: Libraries) -> None:
    assert WindowsSystem().show_error("The data folder can't be used.")
    assert windows.shown == [("The data folder can't be used.", 0x10010)]


@pytest.mark.parametrize("abandoned", [False, True])
def test_a_mutex_excludes_others_until_it_is_left(windows: Libraries, *, abandoned: bool) -> None:
    windows.abandoned = abandoned

    def got_elsewhere(name: str) -> bool:
        with named_mutex(name, 1) as got:
            return got

    with ThreadPoolExecutor(1) as another, named_mutex("m", 1) as got:
        assert got
        assert [another.submit(got_elsewhere, name).result() for name in ("m", "other")] == [False, True]
    with ThreadPoolExecutor(1) as another:
        assert another.submit(got_elsewhere, "m").result()
    assert windows.mutexes == {}


def test_a_folder_has_one_lock_however_its_name_is_written(windows: Libraries, tmp_path: Path) -> None:
    def lock_elsewhere(name: str) -> None:
        with folder_lock(tmp_path / name, Disk()):
            pass

    with ThreadPoolExecutor(1) as another:
        with folder_lock(tmp_path / "Logins", Disk()):
            with pytest.raises(WriteError, match="another program keeps it locked"):
                another.submit(lock_elsewhere, "x/../logins").result()
            another.submit(lock_elsewhere, "others").result()
        another.submit(lock_elsewhere, "Logins").result()
    assert all(len(name) < 260 and "\\" not in name.removeprefix("Global\\") for name in windows.seen)


@pytest.mark.parametrize(
    ("found", "usable"),
    [
        (
            {
                "socks": "socks://127.0.0.1:10808",
                "http": "socks4://127.0.0.1:10808",
                "https": "socks4://127.0.0.1:10808",
            },
            {"socks": "socks://127.0.0.1:10808"},
        ),
        (
            {"socks": "socks://a:1", "http": "http://b:2", "https": "socks4://a:1"},
            {"socks": "socks://a:1", "http": "http://b:2"},
        ),
        ({"http": "http://b:2", "https": "http://b:2"}, {"http": "http://b:2", "https": "http://b:2"}),
        ({}, {}),
    ],
)
def test_a_socks_proxy_is_no_proxy_for_http(found: dict[str, str], usable: dict[str, str]) -> None:
    assert usable_proxies(found) == usable


@pytest.mark.parametrize("socks", ["socks=127.0.0.1:10808", "socks=socks5://127.0.0.1:10808"])
def test_a_socks_proxy_alone_is_used(socks: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # As getproxies_registry reads that value of ProxyServer.
    address = socks.removeprefix("socks=")
    address = address if "://" in address else f"socks://{address}"
    copied = address.replace("socks://", "socks4://")
    registry = Winreg.installed(monkeypatch)
    registry.values[INTERNET_KEY] = {"ProxyOverride": "<local>;*.example"}
    monkeypatch.setattr(
        urllib.request,
        "getproxies_registry",
        lambda: {"socks": address, "http": copied, "https": copied},
        raising=False,
    )
    choice = detect_proxy(None, {}, override_name="--proxy", system=read_system_proxies)
    assert choice.shown == "socks5://127.0.0.1:10808"
    assert choice.address_for("inside.example") is None
    assert choice.address_for("chatgpt.com") is not None


@pytest.mark.parametrize(
    ("host", "exceptions", "excepted"),
    [
        ("intranet", "<local>", True),
        ("chatgpt.com", "<local>", False),
        ("chatgpt.com", "*.example.com;<local>", False),
        ("a.example.com", "*.example.com;<local>", True),
        ("A.Example.com", " *.EXAMPLE.com ", True),
        ("chatgpt.com", "https://chatgpt.com", True),
        ("10.1.2.3", "10.*", True),
        ("chatgpt.com", "*", True),
        ("::1", "<local>", False),
        ("::1", "[::1]", False),
        ("chatgpt.com", "", False),
        ("chatgpt.com", ";;", False),
    ],
)
def test_exceptions_are_matched_without_asking_the_dns(host: str, exceptions: str, *, excepted: bool) -> None:
    assert is_excepted(host, exceptions) is excepted


@pytest.mark.parametrize(
    ("system", "ending"), [(WindowsSystem(), ".png"), (MacosSystem(), ".svg"), (LinuxSystem(), ".svg")]
)
def test_the_picture_of_a_notification_is_one_that_the_system_shows(system: OperatingSystem, ending: str) -> None:
    picture = resource(system.notification_picture)
    assert picture.suffix == ending
    assert picture.is_file()


@pytest.mark.parametrize(
    ("value", "looks"),
    [
        # Version 0x46, a counter, and the flags: 1 direct, 2 a proxy, 4 a script's address, 8 detect automatically.
        (bytes((0x46, 0, 0, 0, 5, 0, 0, 0, 0x09, 0, 0, 0)), True),
        (bytes((0x46, 0, 0, 0, 8, 0, 0, 0, 0x01, 0, 0, 0)), False),
        (bytes((0x46, 0, 0, 0)), False),
        ("text", False),
        (None, False),
    ],
)
def test_windows_says_whether_it_detects_settings_automatically(
    monkeypatch: pytest.MonkeyPatch, value: object, *, looks: bool
) -> None:
    registry = Winreg.installed(monkeypatch)
    if value is not None:
        registry.values[CONNECTIONS_KEY] = {"DefaultConnectionSettings": value}
    assert WindowsSystem().finds_script() is looks
    registry.error = PermissionError(13, "Access is denied")
    assert not WindowsSystem().finds_script()
