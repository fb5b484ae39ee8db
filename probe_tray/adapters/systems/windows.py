"""What only Windows has or needs."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final, TextIO, final

from probe_tray.adapters.systems.operating_system import (
    Command,
    EntryFile,
    LoginEntry,
    NotificationService,
    SystemProxies,
    UserProgram,
)
from probe_tray.adapters.systems.run_entry import RunEntry, is_from_store
from probe_tray.adapters.systems.tools import output_of
from probe_tray.adapters.systems.user_registry import APPROVED_KEY, RUN_KEY, UserRegistry
from probe_tray.adapters.systems.windows_console import obeys_sequences, outlive_console, use_console
from probe_tray.adapters.systems.windows_files import (
    expanded,
    is_held,
    is_open_to_others,
    shared_entry,
    shared_path,
    take_lock,
)
from probe_tray.adapters.systems.windows_library import system_program, windows_library
from probe_tray.adapters.systems.windows_processes import processes
from probe_tray.adapters.systems.windows_proxies import finds_script, names_script, system_proxies
from probe_tray.adapters.systems.windows_zone import offset_at, offset_of
from probe_tray.core.errors import Phrase
from probe_tray.core.polling.situation import Situation

APP_ID: Final = "ProbeTray.ProbeTray"
"""The AppUserModelID: no spaces, at most 128 characters. Shortcuts that an installer makes must carry the same one."""
_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)
_ERROR_BOX: Final = 0x10 | 0x10000
"""MB_ICONERROR and MB_SETFOREGROUND."""
_GOT: Final = frozenset({0x00, 0x80})
"""WAIT_OBJECT_0, and WAIT_ABANDONED: whoever had the mutex ended without giving it back."""


@final
class WindowsSystem:
    """Implements ``OperatingSystem``."""

    name = "windows"
    has_unix_sockets = False  # Python offers none there.
    reserves_ports = True  # Hyper-V, WSL and Docker have it keep ranges, which change at each start of the machine.
    inherits_access = True
    verifies_certificates = True
    asks_before_notifying = False
    tells_permission = True
    has_notification_bus = False
    # Toasts show no SVG ("Toast content" on learn.microsoft.com: PNG, JPEG, GIF and others).
    notification_picture = "icons/probe-tray-256.png"
    asks_before_opening = False
    browser_starters = ()
    backslash_escapes = False

    def situation(self) -> Situation:
        """Power from GetSystemPowerStatus, the lock from the input desktop; Qt knows the network's price."""
        return Situation(on_battery=_is_on_battery(), locked=_is_locked())

    def process_began(self) -> datetime:
        """From GetProcessTimes."""
        import ctypes

        kernel = windows_library("kernel32")
        # A handle is as wide as a pointer; without this its type would be a 32-bit number.
        kernel.GetCurrentProcess.restype = ctypes.c_void_p
        created, *others = (ctypes.c_uint64() for _ in range(4))
        pointers = [ctypes.byref(moment) for moment in (created, *others)]
        if not kernel.GetProcessTimes(ctypes.c_void_p(kernel.GetCurrentProcess()), *pointers):
            raise OSError
        return _EPOCH + timedelta(microseconds=created.value // 10)

    def login_entry(self, name: str, environment: Mapping[str, str], file: Callable[[str], EntryFile]) -> LoginEntry:
        """A value of the key ``Run``."""
        del environment, file
        return RunEntry(name, UserRegistry(RUN_KEY), UserRegistry(APPROVED_KEY))

    def start_command(self, environment: Mapping[str, str]) -> Command:
        """The bundle, the script of an environment, or the package itself without a console."""
        del environment
        executable = Path(sys.executable)
        script = executable.with_name("probe-tray.exe")
        if getattr(sys, "frozen", False):
            return (str(executable),)
        return (str(script),) if script.is_file() else (str(executable.with_name("pythonw.exe")), "-m", "probe_tray")

    def proxies(self) -> SystemProxies:
        """Those of the internet settings."""
        return system_proxies()

    def names_script(self) -> bool:
        """Whether there is an address of one."""
        return names_script()

    def finds_script(self) -> bool:
        """Whether "Automatically detect settings" is on, as it is unless somebody switched it off."""
        return finds_script()

    def port_holders(self, ports: frozenset[int]) -> Sequence[tuple[str, int]]:
        """From netstat, and a snapshot for their names."""
        return tuple(_listeners(ports))

    def user_programs(self) -> Sequence[UserProgram]:
        """From a snapshot, which has those of other users too: none of them is told apart without their leave."""
        return processes()

    def end_with_children(self, process: subprocess.Popen[bytes]) -> None:
        """By taskkill with /T, and TerminateProcess where that cannot be."""
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            output_of(system_program("taskkill.exe"), "/F", "/T", "/PID", str(process.pid))
        process.kill()

    def runtime_folder(self) -> Path | None:
        """There is none."""
        return None

    def user_number(self) -> int:
        """None."""
        return 0

    def unix_socket(self) -> socket.socket:
        """There are none."""
        raise OSError("Python has no Unix sockets on Windows")

    def is_same_user(self, peer: socket.socket) -> bool:
        """It does not tell."""
        del peer
        return True

    def let_come_forward(self) -> None:
        """By AllowSetForegroundWindow with ASFW_ANY."""
        windows_library("user32").AllowSetForegroundWindow(-1)

    def set_up_port(self, listener: socket.socket) -> None:
        """SO_REUSEADDR would let any program of this machine take the port over."""
        if sys.platform == "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)

    def open_address(self, address: str) -> bool | None:
        """There is no shell that could misread it."""
        if sys.platform != "win32":
            return None
        try:
            os.startfile(address)  # noqa: S606 - see above
        except OSError:
            return False
        return True

    def show_notification(self, title: str, body: str) -> bool:
        """There is no other way."""
        del title, body
        return False

    async def may_notify(self, service: NotificationService) -> bool | None:
        """By the setting of the notifier (ToastNotifier.Setting)."""
        return await service.has_authorisation()

    def open_notification_settings(self) -> bool:
        """By the address of the page ("Launch Windows Settings", learn.microsoft.com)."""
        return self.open_address("ms-settings:notifications") is True

    def notification_sender(self, name: str) -> str:
        """The id of the process, so that it has one name."""
        del name
        return APP_ID

    def name_process(self, icon: Path) -> None:
        """By an id, which groups windows in the taskbar and signs balloons."""
        import ctypes

        windows_library("shell32").SetCurrentProcessExplicitAppUserModelID(ctypes.c_wchar_p(APP_ID))
        self.describe_process(icon)

    def describe_process(self, icon: Path) -> None:
        """For balloons, toasts and their settings. IconUri takes a plain path, no address of a file."""
        key = UserRegistry(rf"Software\Classes\AppUserModelId\{APP_ID}")
        with contextlib.suppress(OSError):
            key.set("DisplayName", "Probe Tray")
            key.set("IconUri", str(icon))

    def show_error(self, text: str) -> bool:
        """By MessageBoxW."""
        import ctypes

        box = windows_library("user32").MessageBoxW
        return bool(box(None, ctypes.c_wchar_p(text), ctypes.c_wchar_p("Probe Tray"), _ERROR_BOX))

    def use_console(self) -> None:
        """By AttachConsole."""
        use_console()

    def outlive_console(self) -> AbstractContextManager[None]:
        """By a handler that does not return."""
        return outlive_console()

    def obeys_sequences(self, stream: TextIO) -> bool:
        """A console is told to, and refuses where it is too old."""
        return obeys_sequences(stream)

    def share_memory(self) -> None:
        """The system's allocator does it by itself."""

    def give_back_memory(self) -> None:
        """The system's allocator does it by itself."""

    def app_folder(self, name: str) -> Path | None:
        """By the known folders."""
        del name
        return None

    def switch_off_core_dumps(self) -> None:
        """A matter of Unix: Windows Error Reporting asks the person."""

    def wait_for_input(self, stream: TextIO) -> None:
        """There is no such wait for a console."""
        del stream

    def python_origin(self) -> str:
        """Whether the Microsoft Store gave it, which gives programs private copies of the registry and their folders.

        Python documentation, "Using Python on Windows": "Redirection of local data, registry, and temporary paths".
        """
        return Phrase("Python from the Microsoft Store") if is_from_store() else ""

    def is_held(self, error: OSError) -> bool:
        """As CreateFileW tells it."""
        return is_held(error)

    def sync_file(self, file: int) -> None:
        """By FlushFileBuffers."""
        os.fsync(file)

    def open_folder(self, folder: Path) -> int | None:
        """It opens none."""
        del folder
        return None

    def machine_events(self) -> None:
        """None: power and session are told to windows, and the network to a thread."""

    def folder_events(self) -> None:
        """None: ReadDirectoryChangesW takes a thread for each folder."""

    def take_lock(self, path: Path) -> Callable[[], None] | None:
        """By LockFileEx."""
        return take_lock(path)

    @contextlib.contextmanager
    def folder_lock(
        self, folder: Path, handle: int | None, seconds: float, pause: Callable[[float], None]
    ) -> Generator[bool]:
        """By a mutex that has the folder's name: there is no lock on folders."""
        del handle, pause
        # Paths are the same in upper and lower case, and the names of mutexes end at 260 characters.
        digest = sha256(str(folder.resolve()).casefold().encode("utf-8", "surrogatepass")).hexdigest()
        with named_mutex(f"Global\\ProbeTray-{digest}", seconds) as got:
            yield got

    def belongs_to_another(self, found: os.stat_result) -> bool:
        """Python does not tell there."""
        del found
        return False

    def has_open_mode(self, found: os.stat_result) -> bool:
        """There are no modes."""
        del found
        return False

    def is_open_to_others(self, path: Path) -> bool:
        """By where it is."""
        return is_open_to_others(path)

    def privacy_advice(self, path: Path) -> str:
        """By where it is, or by its access control list."""
        return Phrase(
            'Move it into your user folder, or run this in cmd: icacls "{path}" /inheritance:r /grant:r {who}',
            path=str(path),
            who='"%USERNAME%:(OI)(CI)F"',
        )

    def expanded(self, word: str, *, wildcards: bool) -> list[str]:
        """As shells of other systems do it."""
        return expanded(word, wildcards=wildcards)

    def shared_entry(self, service: str, user: str) -> str:
        """As the Credential Manager has it."""
        return shared_entry(service, user)

    def shared_path(self, path: str) -> str:
        """As GetFinalPathNameByHandleW has it."""
        return shared_path(path)

    def offset_at(self, moment: datetime) -> timedelta:
        """As the settings are now."""
        return offset_at(moment)

    def offset_of(self, local: datetime) -> timedelta:
        """As the settings are now."""
        return offset_of(local)


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


def _is_on_battery() -> bool:
    import ctypes

    # SYSTEM_POWER_STATUS has 12 bytes; the first one is the line: 0 offline, 1 online, 255 unknown.
    buffer = ctypes.create_string_buffer(12)
    return bool(windows_library("kernel32").GetSystemPowerStatus(buffer)) and buffer.raw[0] == 0


def _is_locked() -> bool:
    import ctypes

    user = windows_library("user32")
    user.OpenInputDesktop.restype = ctypes.c_void_p
    # While the screen is locked the keyboard belongs to a desktop that no program of the user may open.
    desktop = user.OpenInputDesktop(0, 0, 0x0100)
    if desktop:
        user.CloseDesktop(ctypes.c_void_p(desktop))
    return not desktop


def _listeners(ports: frozenset[int]) -> Iterator[tuple[str, int]]:
    names = {program.number: program.name for program in processes()}
    asked = (system_program("netstat.exe"), "-ano", "-p")
    for line in "\n".join(output_of(*asked, family) for family in ("TCP", "TCPv6")).splitlines():
        # "TCP  127.0.0.1:1455  0.0.0.0:0  <listening, in the system's language>  4711"; nobody is at the other end.
        fields = line.split()
        if len(fields) == 5 and fields[2].endswith(":0") and fields[1].rpartition(":")[2] in map(str, ports):
            number = int(fields[4])
            yield names.get(number, ""), number
