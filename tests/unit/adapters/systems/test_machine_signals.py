"""What the kernel and the system bus of Linux tell, over sockets and a bus of the test's own."""

import asyncio
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from probe_tray.adapters.desktop.power import SystemMonitor
from probe_tray.adapters.systems.linux import LinuxSystem
from probe_tray.adapters.systems.machine_signals import MachineSignals
from tests.support.patience import PATIENCE
from tests.support.session_bus import DAEMON, MISSING, session_bus

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the other systems tell nothing")
NO_BUS = "unix:path=/nonexistent/bus"
SUPPLIES = 15


class Kernel:
    """Opens sockets and tells what the test says."""

    def __init__(self, *, refuses: int | None = None) -> None:
        self._refuses = refuses
        self.ours: dict[int, socket.socket] = {}

    def __call__(self, kind: int, _groups: int) -> socket.socket:
        if kind == self._refuses:
            raise PermissionError
        self.ours[kind], theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        theirs.settimeout(0.0)
        return theirs

    def close(self) -> None:
        for one in self.ours.values():
            one.close()


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    found = Kernel()
    yield found
    found.close()


@pytest.mark.parametrize(
    ("kind", "message", "is_news"),
    [
        (0, b"\x14\0\0\0", True),
        (SUPPLIES, b"change@/devices/BAT0\0ACTION=change\0SUBSYSTEM=power_supply\0SEQNUM=7\0", True),
        (SUPPLIES, b"add@/devices/usb1\0ACTION=add\0SUBSYSTEM=usb\0SEQNUM=8\0", False),
    ],
)
def test_addresses_and_supplies_are_news_and_other_devices_are_not(
    kernel: Kernel, kind: int, message: bytes, *, is_news: bool
) -> None:
    signals = MachineSignals(NO_BUS, kernel)
    assert signals.tells_all
    kernel.ours[kind].send(message)
    source = signals.sources[0 if kind == 0 else 1]
    assert signals.take(source) is is_news
    signals.close()


def test_where_the_kernel_keeps_devices_to_itself_not_everything_is_told() -> None:
    kernel = Kernel(refuses=SUPPLIES)
    signals = MachineSignals(NO_BUS, kernel)
    assert (len(signals.sources), signals.tells_all) == (1, False)
    signals.close()
    kernel.close()


def test_the_kernel_itself_opens_both() -> None:
    signals = MachineSignals(NO_BUS)
    assert len(signals.sources) == 2
    signals.close()


class Following:
    """A monitor of this machine whose signals are the test's."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, bus: str, kernel: Kernel) -> None:
        def opened(_: LinuxSystem) -> MachineSignals:
            return MachineSignals(bus, kernel)

        monkeypatch.setattr(LinuxSystem, "machine_events", opened)
        self.monitor, self.told = SystemMonitor(lambda: None), asyncio.Event()

    async def follow(self) -> bool:
        return await self.monitor.follow(self.told.set)

    async def hears(self, change: Callable[[], object]) -> bool:
        self.told.clear()
        await asyncio.to_thread(change)
        async with asyncio.timeout(PATIENCE):
            await self.told.wait()
        return True


def _says(address: str, name: str, interface: str) -> None:
    jeepney: Any = import_module("jeepney")
    bus: Any = import_module("jeepney.io.blocking").open_dbus_connection(address)
    bus.send_and_get_reply(jeepney.message_bus.RequestName(name), timeout=PATIENCE)
    properties = jeepney.DBusAddress("/some/object", interface="org.freedesktop.DBus.Properties")
    bus.send(jeepney.new_signal(properties, "PropertiesChanged", "sa{sv}as", (interface, {}, [])))
    bus.close()


@pytest.mark.parametrize(
    ("name", "interface"),
    [
        ("org.freedesktop.NetworkManager", "org.freedesktop.NetworkManager"),
        ("org.freedesktop.login1", "org.freedesktop.login1.Session"),
    ],
)
async def test_what_network_manager_and_logind_say_is_told(
    monkeypatch: pytest.MonkeyPatch, bus: str, kernel: Kernel, name: str, interface: str
) -> None:
    following = Following(monkeypatch, bus, kernel)
    assert await following.follow()
    assert await following.hears(lambda: _says(bus, name, interface))
    assert await following.hears(lambda: kernel.ours[0].send(b"\x14\0\0\0"))
    following.monitor.close()
    following.monitor.close()


async def test_once_the_bus_has_ended_the_machine_is_looked_at_again_and_again(
    monkeypatch: pytest.MonkeyPatch, kernel: Kernel
) -> None:
    if DAEMON is None:
        pytest.skip(MISSING)
    with session_bus() as address:
        following = Following(monkeypatch, address, kernel)
        assert await following.follow()
        following.told.clear()
    async with asyncio.timeout(PATIENCE):
        await following.told.wait()
    assert not await following.follow()


@pytest.mark.parametrize("error", [OSError, RuntimeError])
async def test_a_system_that_cannot_tell_ends_nothing(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def fails(_: LinuxSystem) -> None:
        raise error

    monkeypatch.setattr(LinuxSystem, "machine_events", fails)
    monitor = SystemMonitor(lambda: None)
    assert not await monitor.follow(lambda: None)
    monitor.close()


async def test_nothing_is_told_of_a_bus_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, kernel: Kernel, tmp_path: Path
) -> None:
    following = Following(monkeypatch, f"unix:path={tmp_path}/none", kernel)
    assert await following.follow()
    assert not following.told.is_set()
    following.monitor.close()


async def test_what_is_opened_while_the_program_ends_is_closed(monkeypatch: pytest.MonkeyPatch, kernel: Kernel) -> None:
    begun, goes_on, opened = threading.Event(), threading.Event(), list[MachineSignals]()

    def opens(_: LinuxSystem) -> MachineSignals:
        begun.set()
        assert goes_on.wait(PATIENCE)
        opened.append(MachineSignals(NO_BUS, kernel))
        return opened[0]

    monkeypatch.setattr(LinuxSystem, "machine_events", opens)
    monitor = SystemMonitor(lambda: None)
    following = asyncio.create_task(monitor.follow(lambda: None))
    await asyncio.to_thread(begun.wait, PATIENCE)
    following.cancel()
    await asyncio.wait([following])
    monitor.close()
    goes_on.set()
    await asyncio.get_running_loop().shutdown_default_executor()
    assert set(opened[0].sources) == {-1}
