"""What only macOS has or needs."""

import asyncio
import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING, Final, cast, final

from probe_tray.adapters.systems.operating_system import (
    Command,
    EntryFile,
    LoginEntry,
    NotificationService,
    SystemProxies,
    UserProgram,
)
from probe_tray.adapters.systems.posix import PosixSystem, lsof, processes
from probe_tray.adapters.systems.tools import output_of
from probe_tray.core.errors import Phrase, WriteError
from probe_tray.core.polling.situation import Situation

if TYPE_CHECKING:
    import ctypes

BUNDLE_ID: Final = "io.github.probe_tray.ProbeTray"
"""CFBundleIdentifier."""
_NOT_ASKED, _DENIED = 0, 1
"""UNAuthorizationStatus (UserNotifications, UNNotificationSettings.h); the others let a program show them."""
_REQUIRES_APPROVAL: Final = 2
"""SMAppServiceStatusRequiresApproval: switched off in System Settings."""
_TEMPORARY: Final = Phrase("macOS runs Probe Tray from a temporary folder; move it to the Applications folder first")
_OSASCRIPT: Final = "/usr/bin/osascript"
_OPEN: Final = "/usr/bin/open"
_SCUTIL: Final = "/usr/sbin/scutil"
_UTF_8: Final = 0x0800_0100
"""CoreFoundation's kCFStringEncodingUTF8."""
_USER_DIR: Final = 65536
"""_CS_DARWIN_USER_DIR of ``unistd.h``, which Python has no name for."""
_BSD_INFO: Final = 3
_BSD_INFO_BYTES: Final = 136
_START: Final = 120
"""Where libproc's ``proc_bsdinfo`` has the start: whole seconds and microseconds, 8 bytes each."""


@final
class MacosSystem(PosixSystem):
    """Implements ``OperatingSystem``."""

    name = "macos"
    verifies_certificates = True
    asks_before_notifying = True
    tells_permission = True
    has_notification_bus = False
    asks_before_opening = True  # TCC, "Privacy & Security > Files and Folders".
    browser_starters = ("open",)

    def machine_events(self) -> None:
        """None: each is told to a run loop of its own kind."""

    def folder_events(self) -> None:
        """None: kqueue tells nothing of a file that is written in place, unless each is kept open."""

    def situation(self) -> Situation:
        """Power from IOKit, the screen's lock from the session's dictionary; Qt knows the network's price."""
        return Situation(on_battery=_is_on_battery(), locked=_is_locked())

    def process_began(self) -> datetime:
        """From libproc."""
        import ctypes

        buffer = ctypes.create_string_buffer(_BSD_INFO_BYTES)
        library = ctypes.CDLL("/usr/lib/libproc.dylib")
        if library.proc_pidinfo(os.getpid(), _BSD_INFO, ctypes.c_uint64(0), buffer, len(buffer)) != len(buffer):
            raise OSError
        seconds, micros = (int.from_bytes(buffer.raw[at : at + 8], sys.byteorder) for at in (_START, _START + 8))
        return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=micros)

    def sync_file(self, file: int) -> None:
        """By F_FULLFSYNC: fsync stops at the drive's cache here. Network file systems know only fsync."""
        if sys.platform == "darwin":
            import fcntl

            with contextlib.suppress(OSError):
                fcntl.fcntl(file, fcntl.F_FULLFSYNC)
                return
        os.fsync(file)

    def login_entry(self, name: str, environment: Mapping[str, str], file: Callable[[str], EntryFile]) -> LoginEntry:
        """An agent of launchd."""
        path = Path("~/Library/LaunchAgents").expanduser() / f"io.github.{name}.plist"
        return LaunchAgent(path, file(str(path)), launch_environment(environment))

    def proxies(self) -> SystemProxies:
        """Those of the network service in use."""
        # Imported here and below: they bring megabytes that other systems do without.
        import urllib.request

        # The general getproxies() prefers the environment as soon as it holds NO_PROXY alone.
        library = cast("Mapping[str, object]", vars(urllib.request))
        read = cast("Callable[[], Mapping[str, str]]", library["getproxies_macosx_sysconf"])
        bypasses = cast("Callable[[str], object]", library["proxy_bypass_macosx_sysconf"])
        return SystemProxies(Phrase("the network settings of macOS"), read(), lambda host: bool(bypasses(host)))

    def names_script(self) -> bool:
        """What scutil(8) shows."""
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            return scutil_names_script(output_of(_SCUTIL, "--proxy"))
        return False

    def finds_script(self) -> bool:
        """What scutil(8) shows of "Auto Proxy Discovery"."""
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            return scutil_finds_script(output_of(_SCUTIL, "--proxy"))
        return False

    def port_holders(self, ports: frozenset[int]) -> Sequence[tuple[str, int]]:
        """From lsof."""
        return lsof(ports)

    def user_programs(self) -> Sequence[UserProgram]:
        """From ps, which does not show what is in their environment."""
        return processes()

    def runtime_folder(self) -> Path | None:
        """The one that confstr(3) names for this user, whatever TMPDIR says, and that the system does not tidy."""
        if sys.platform == "win32":
            return None
        try:
            named = os.confstr(_USER_DIR)
        except (OSError, ValueError):
            return None
        return Path(named) if named else None

    def is_same_user(self, peer: socket) -> bool:
        """True: the socket's folder keeps others out."""
        del peer
        return True

    def show_notification(self, title: str, body: str) -> bool:
        """By a script: outside of a bundle the service shows none."""
        return _run_script("display notification (item 2 of texts) with title (item 1 of texts)", (title, body), 5.0)

    async def may_notify(self, service: NotificationService) -> bool | None:
        """By UNNotificationSettings.authorizationStatus; None while the person has not been asked.

        Not by the service itself: desktop-notifier 6.2 (``macos.py``) says no for that too, and hands its answer over
        twice, which fails.
        """
        from ctypes import c_long

        objc = import_module("rubicon.objc")
        answer: Future[int] = Future()

        def handler(settings: object) -> None:
            # An answer that comes too late has nobody to go to.
            if answer.set_running_or_notify_cancel():
                answer.set_result(objc.send_message(settings, "authorizationStatus", restype=c_long, argtypes=[]))

        block = objc.Block(handler, None, objc.objc_id)
        attrgetter("nc")(service).getNotificationSettingsWithCompletionHandler(block)
        status = await asyncio.wrap_future(answer)
        return None if status == _NOT_ASKED else status != _DENIED

    def open_notification_settings(self) -> bool:
        """By the address of the page, as System Settings has it since macOS 13, by open(1)."""
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            output_of(_OPEN, "x-apple.systempreferences:com.apple.Notifications-Settings.extension")
            return True
        return False

    def show_error(self, text: str) -> bool:
        """By a script."""
        return _run_script('display alert "Probe Tray" message (item 1 of texts) as critical', (text,), None)

    def share_memory(self) -> None:
        """The system's allocator does it by itself."""

    def give_back_memory(self) -> None:
        """The system's allocator does it by itself."""

    def app_folder(self, name: str) -> Path | None:
        """In the library.

        platformdirs 4 obeys XDG_CONFIG_HOME and XDG_DATA_HOME here too. They are set in a shell's profile, which
        launchd does not read: the program would have other logins, and other locks, from the terminal than from the
        menu bar.
        """
        return Path.home() / "Library" / "Application Support" / name


@final
class LaunchAgent:
    """A property list for launchd (launchd.plist(5))."""

    def __init__(self, path: Path, file: EntryFile, environment: Mapping[str, str]) -> None:
        """Keep it in ``file``, which is at ``path``. ``environment`` is what the program must be told at login."""
        self._path = path
        self._file = file
        self._environment = environment

    def put(self, command: Command) -> None:
        """Write the list; launchd reads it at the next login. Raises WriteError too where the program will be gone."""
        if _is_translocated(command[0]):
            raise WriteError(path=str(self._path), reason=_TEMPORARY)
        entries: dict[str, object] = {
            "Label": self._path.stem,
            "RunAtLoad": True,
            "LimitLoadToSessionType": "Aqua",
            # Else launchd gives it less of the processor and the disk than a program that somebody uses.
            "ProcessType": "Interactive",
        }
        if getattr(sys, "frozen", False):
            # System Settings then shows the program's name and picture in place of the file's.
            entries["AssociatedBundleIdentifiers"] = BUNDLE_ID
        if self._environment:
            entries["EnvironmentVariables"] = dict(self._environment)
        self._write(entries, command)

    def remove(self) -> None:
        """Remove the list."""
        self._file.remove()

    def renew(self, command: Command) -> None:
        """Change the arguments alone."""
        import plistlib

        text = self._file.read()
        with contextlib.suppress(plistlib.InvalidFileException, ValueError):
            found: object = None if text is None else plistlib.loads(text.encode())
            if isinstance(found, dict):
                entries = cast("dict[str, object]", found)
                if entries.get("ProgramArguments") != list(command) and not _is_translocated(command[0]):
                    self._write(entries, command)

    def _write(self, entries: dict[str, object], command: Command) -> None:
        import plistlib

        self._file.write(plistlib.dumps({**entries, "ProgramArguments": list(command)}).decode())

    def obstacle(self) -> str:
        """Where the program is, and what System Settings says of the agent."""
        if _is_translocated(sys.executable):
            return Phrase("Move Probe Tray to the Applications folder first. macOS runs it from a temporary folder.")
        if self._file.read() is None or _agent_status(self._path) != _REQUIRES_APPROVAL:
            return ""
        return Phrase("macOS has turned it off. Turn it on in System Settings → General → Login Items.")


def _is_translocated(executable: str) -> bool:
    """Whether macOS runs a downloaded bundle from a copy that is gone after a while (App Translocation)."""
    return "/AppTranslocation/" in executable


def _agent_status(path: Path) -> int | None:
    """What ``SMAppService.statusForLegacyPlist(at:)`` says (macOS 13 and later), None where nobody can be asked."""
    if sys.platform != "darwin":
        return None
    with contextlib.suppress(Exception):
        # desktop-notifier brings it on macOS alone, so no type checker finds it on another system.
        objc, runtime = import_module("rubicon.objc"), import_module("rubicon.objc.runtime")
        runtime.load_library("ServiceManagement")
        url = objc.ObjCClass("NSURL").fileURLWithPath_(str(path))
        return int(objc.ObjCClass("SMAppService").statusForLegacyURL_(url))
    return None


def scutil_names_script(shown: str) -> bool:
    """Whether what ``scutil --proxy`` shows has a script that is switched on."""
    enabled = re.search(r"^\s*ProxyAutoConfigEnable\s*:\s*1\s*$", shown, re.MULTILINE)
    address = re.search(r"^\s*ProxyAutoConfigURLString[ \t]*:[ \t]*\S", shown, re.MULTILINE)
    return enabled is not None and address is not None


def scutil_finds_script(shown: str) -> bool:
    """Whether what ``scutil --proxy`` shows says to look for a script in the network."""
    return re.search(r"^\s*ProxyAutoDiscoveryEnable\s*:\s*1\s*$", shown, re.MULTILINE) is not None


def _run_script(line: str, texts: tuple[str, ...], seconds: float | None) -> bool:
    """Run one line of AppleScript (AppleScript Language Guide, "Commands Reference"); whether that worked.

    The texts are arguments of the script, as osascript(1) passes them: inside it they would be code.
    """
    lines = (part for one in ("on run texts", line, "end run") for part in ("-e", one))
    try:
        done = subprocess.run(
            (_OSASCRIPT, *lines, "--", *texts),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


_PASSED_ON: Final = (
    "CODEX_HOME",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    *(name for one in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY") for name in (one, one.lower())),
)


def launch_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What a launch agent must be told of the shell that it does not read: folders, certificates and proxies.

    A value that holds a password is left out: the agent's file is no place for it.
    """
    found = {name: environment.get(name, "") for name in _PASSED_ON}
    return {name: value for name, value in found.items() if value and "@" not in value}


def _is_on_battery() -> bool:
    import ctypes

    foundation, power = _framework("CoreFoundation"), _framework("IOKit")
    power.IOPSCopyPowerSourcesInfo.restype = ctypes.c_void_p
    power.IOPSGetProvidingPowerSourceType.restype = ctypes.c_void_p
    foundation.CFStringGetCString.restype = ctypes.c_bool
    info = power.IOPSCopyPowerSourcesInfo()
    if not info:
        return False
    try:
        buffer = ctypes.create_string_buffer(64)
        kind = power.IOPSGetProvidingPowerSourceType(ctypes.c_void_p(info))
        value = (ctypes.c_void_p(kind), buffer, ctypes.c_long(len(buffer)), ctypes.c_uint32(_UTF_8))
        return bool(kind and foundation.CFStringGetCString(*value)) and buffer.value == b"Battery Power"
    finally:
        foundation.CFRelease(ctypes.c_void_p(info))


def _is_locked() -> bool:
    import ctypes

    foundation, graphics = _framework("CoreFoundation"), _framework("CoreGraphics")
    graphics.CGSessionCopyCurrentDictionary.restype = ctypes.c_void_p
    foundation.CFStringCreateWithCString.restype = ctypes.c_void_p
    foundation.CFDictionaryContainsKey.restype = ctypes.c_bool
    session = graphics.CGSessionCopyCurrentDictionary()
    if not session:
        return False
    # The key is there only while the screen is locked.
    key = foundation.CFStringCreateWithCString(None, b"CGSSessionScreenIsLocked", ctypes.c_uint32(_UTF_8))
    try:
        return bool(foundation.CFDictionaryContainsKey(ctypes.c_void_p(session), ctypes.c_void_p(key)))
    finally:
        for held in (session, key):
            foundation.CFRelease(ctypes.c_void_p(held))


def _framework(framework: str) -> "ctypes.CDLL":
    import ctypes

    return ctypes.CDLL(f"/System/Library/Frameworks/{framework}.framework/{framework}")
