"""What only Windows has, on doubles of its libraries.

They answer as learn.microsoft.com describes the functions: MessageBoxW, CreateMutexW, WaitForSingleObject
(WAIT_OBJECT_0 0x0, WAIT_ABANDONED 0x80, WAIT_TIMEOUT 0x102). The proxies are those that CPython 3.13 makes of the
registry (``getproxies_registry`` in ``Lib/urllib/request.py``), the exceptions those of INTERNET_PER_CONN_PROXY_BYPASS.
"""

import ctypes
import urllib.request
from pathlib import Path

import pytest

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.logins.credential_files import folder_lock
from probe_tray.adapters.proxy.proxy import detect_proxy, read_system_proxies
from probe_tray.adapters.systems.user_registry import CONNECTIONS_KEY, INTERNET_KEY
from probe_tray.adapters.systems.windows import (
    WindowsSystem,
    lacks_dark_controls,
    named_mutex,
    notification_icon,
    show_error_box,
)
from probe_tray.adapters.systems.windows_proxies import is_excepted, usable_proxies
from probe_tray.core.errors import WriteError
from probe_tray.resources import resource
from tests.support.winreg import Winreg


class Libraries:
    """user32 and kernel32."""

    def __init__(self) -> None:
        self.shown: list[tuple[str | None, int]] = []
        self.held: dict[str, int] = {}
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
        name = self.mutexes[handle.value or 0]
        if self.held.get(name):
            return 0x102
        self.held[name] = 1
        return 0x80 if self.abandoned else 0

    def ReleaseMutex(self, handle: ctypes.c_void_p) -> int:
        self.held[self.mutexes[handle.value or 0]] = 0
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
    assert show_error_box("The data folder can't be used.")
    assert windows.shown == [("The data folder can't be used.", 0x10010)]


def test_elsewhere_there_is_no_box() -> None:
    assert not show_error_box("x")


@pytest.mark.parametrize("abandoned", [False, True])
def test_a_mutex_excludes_others_until_it_is_left(windows: Libraries, *, abandoned: bool) -> None:
    windows.abandoned = abandoned
    with named_mutex("m", 1) as first, named_mutex("m", 1) as second, named_mutex("other", 1) as third:
        assert (first, second, third) == (True, False, True)
    with named_mutex("m", 1) as again:
        assert again
    assert windows.mutexes == {}


def test_a_folder_has_one_lock_however_its_name_is_written(windows: Libraries, tmp_path: Path) -> None:
    with folder_lock(tmp_path / "Logins", Disk()):
        with (
            pytest.raises(WriteError, match="another program keeps it locked"),
            folder_lock(tmp_path / "x" / ".." / "logins", Disk()),
        ):
            pass
        with folder_lock(tmp_path / "others", Disk()):
            pass
    with folder_lock(tmp_path / "Logins", Disk()):
        pass
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
    ("build", "lacks"), [(19045, True), (21999, True), (22000, False), (26100, False), (None, False)]
)
def test_windows_10_needs_another_style(build: int | None, *, lacks: bool) -> None:
    assert lacks_dark_controls(build) is lacks


@pytest.mark.parametrize(("platform", "ending"), [("win32", ".png"), ("darwin", ".svg"), ("linux", ".svg")])
def test_the_picture_of_a_notification_is_one_that_the_system_shows(
    platform: str, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", platform)
    picture = resource(notification_icon())
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
