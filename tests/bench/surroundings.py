"""A screen, a session bus with a desktop's shell and a keyring, the simulated service behind TLS: all programs need."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import msgspec

from tests.bench.service import ServiceAddresses
from tests.support.patience import PATIENCE
from tests.support.secret_service import secret_service

_WATCHER: Final = "org.kde.StatusNotifierWatcher"
_ITEM: Final = "org.kde.StatusNotifierItem"
_NOTIFICATIONS: Final = "org.freedesktop.Notifications"
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"
_INTROSPECTION: Final = f"""<node><interface name="{_WATCHER}">
<method name="RegisterStatusNotifierItem"><arg type="s" direction="in"/></method>
<property name="IsStatusNotifierHostRegistered" type="b" access="read"/>
</interface></node>"""
ROOT: Final = Path(__file__).resolve().parents[2]


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What is there for the length of a row."""

    folder: Path
    environment: dict[str, str]
    """Without a home: each program gets one of its own."""
    shell: "DesktopShell"


class DesktopShell(threading.Thread):
    """The host of a tray and the service of notifications.

    It notes when an icon's picture is there, asks for what an icon says is new, opens menus as a panel does, and takes
    notifications.
    """

    def __init__(self, address: str) -> None:
        """Be there for the programs of the bus at ``address`` until :meth:`close`."""
        super().__init__(name="desktop shell", daemon=True)
        # Imported by name, since it ships no types.
        self._jeepney: Any = import_module("jeepney")
        self._bus: Any = import_module("jeepney.io.blocking").open_dbus_connection(address)
        bus = self._jeepney.message_bus
        news = self._jeepney.MatchRule(type="signal", interface=_ITEM)
        for message in (bus.RequestName(_WATCHER), bus.RequestName(_NOTIFICATIONS), bus.AddMatch(news)):
            self._bus.send_and_get_reply(message, timeout=PATIENCE)
        self._address = address
        self._asked: dict[int, str] = {}
        self._shown: dict[str, float] = {}
        self._changed = threading.Condition()
        self._notified = 0
        self._ended = False
        self.start()

    def forget(self) -> None:
        """Forget the icons of programs that have ended."""
        with self._changed:
            self._shown.clear()

    def wait(self, seconds: float = PATIENCE) -> tuple[str, float]:
        """The bus name of the next icon, and when its picture was there (``time.monotonic``)."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._shown, seconds):
                msg = f"no icon came within {seconds:g} s"
                raise TimeoutError(msg)
            return next(iter(self._shown.items()))

    def open_menu(self, item: str) -> float:
        """Have the menu of an icon told whole, as a panel does when it is opened; the seconds that took."""
        with closing(import_module("jeepney.io.blocking").open_dbus_connection(self._address)) as bus:
            address = self._jeepney.DBusAddress("/MenuBar", bus_name=item, interface="com.canonical.dbusmenu")
            started = time.monotonic()
            for member, signature, arguments in (
                ("AboutToShow", "i", (0,)),
                ("GetLayout", "iias", (0, -1, list[str]())),
            ):
                message = self._jeepney.new_method_call(address, member, signature, arguments)
                answer = bus.send_and_get_reply(message, timeout=PATIENCE)
                if answer.header.message_type is self._jeepney.MessageType.error:
                    msg = f"{member}: {answer.body}"
                    raise OSError(msg)
            return time.monotonic() - started

    def close(self) -> None:
        """Leave the bus."""
        self._ended = True
        self.join()
        self._bus.close()

    def run(self) -> None:
        """Answer whoever asks."""
        while not self._ended:
            try:
                message = self._bus.receive(timeout=0.2)
            except TimeoutError:
                continue
            kind, fields = message.header.message_type, message.header.fields
            names = self._jeepney.HeaderFields
            if kind is self._jeepney.MessageType.method_call:
                self._answer(message, str(fields.get(names.member, "")), str(fields.get(names.sender, "")))
            elif kind is self._jeepney.MessageType.signal and fields.get(names.interface) == _ITEM:
                # Plasma and the panel of Xfce ask for all of it too.
                self._ask(str(fields.get(names.sender, "")))
            elif kind is self._jeepney.MessageType.method_return:
                self._note(self._asked.pop(fields.get(names.reply_serial), ""), message.body)

    def _answer(self, message: Any, member: str, sender: str) -> None:  # noqa: ANN401 - jeepney has no types
        replies: dict[str, tuple[str | None, tuple[object, ...]]] = {
            "Introspect": ("s", (_INTROSPECTION,)),
            "Get": ("v", (("b", True),)),
            "GetAll": ("a{sv}", ({"IsStatusNotifierHostRegistered": ("b", True)},)),
            "GetServerInformation": ("ssss", ("The bench", "Probe Tray", "1", "1.2")),
            "GetCapabilities": ("as", (["actions", "body"],)),
        }
        if member == "Notify":
            self._notified += 1
            replies[member] = ("u", (self._notified,))
        signature, body = replies.get(member, (None, ()))
        self._bus.send(self._jeepney.new_method_return(message, signature, body))
        if member == "RegisterStatusNotifierItem":
            self._ask(sender)

    def _ask(self, item: str) -> None:
        address = self._jeepney.DBusAddress("/StatusNotifierItem", bus_name=item, interface=_PROPERTIES)
        question = self._jeepney.new_method_call(address, "GetAll", "s", (_ITEM,))
        serial = next(self._bus.outgoing_serial)
        self._asked[serial] = item
        self._bus.send(question, serial=serial)

    def _note(self, item: str, body: Any) -> None:  # noqa: ANN401 - jeepney has no types
        if item and body and body[0].get("IconPixmap", ("", []))[1]:
            with self._changed:
                self._shown.setdefault(item, time.monotonic())
                self._changed.notify_all()


@contextmanager
def surroundings() -> Generator[Surroundings]:
    """Bring everything up but the service; nothing is left behind."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="probe-tray-bench-")))
        keyring = stack.enter_context(secret_service())
        display = stack.enter_context(_screen())
        shell = DesktopShell(keyring.environment["DBUS_SESSION_BUS_ADDRESS"])
        stack.callback(shell.close)
        environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "DISPLAY": display,
            "QT_QPA_PLATFORM": "xcb",
            **keyring.environment,
        }
        environment.pop("PYTHON_KEYRING_BACKEND")
        yield Surroundings(folder=folder, environment=environment, shell=shell)


@contextmanager
def _screen() -> Generator[str]:
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x900x24", "-nolisten", "tcp", "-noreset"],  # noqa: S607 - the system's own
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as pipe:
            yield f":{pipe.readline().decode().strip()}"
    finally:
        server.terminate()
        server.wait()


@contextmanager
def service(folder: Path, *, accounts: int, latency: float = 0.0, speed: float = 1.0) -> Generator["RunningService"]:
    """The simulated service in a process of its own, which answers ``latency`` seconds late."""
    folder.mkdir(parents=True, exist_ok=True)
    arguments = [str(folder), str(accounts), str(latency), str(speed)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.service", *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield RunningService(
            addresses=msgspec.json.decode(process.stdout.readline(), type=ServiceAddresses),
            ask=_question(process),
        )
    finally:
        process.stdin.close()
        process.wait()


class RunningService(msgspec.Struct, frozen=True, kw_only=True):
    """Where the service is, and how many requests it has had."""

    addresses: ServiceAddresses
    ask: Callable[[], int]


def _question(process: "subprocess.Popen[bytes]") -> Callable[[], int]:
    def ask() -> int:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"count\n")
        process.stdin.flush()
        return int(process.stdout.readline())

    return ask
