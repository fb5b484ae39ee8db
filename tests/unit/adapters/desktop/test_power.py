import socket
import sys
import threading
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from probe_tray.adapters.desktop.power import SystemMonitor, way_out
from probe_tray.adapters.systems.linux import on_battery, situation
from probe_tray.core.polling.situation import Sensed, Situation

linux = pytest.mark.skipif(sys.platform != "linux", reason="sysfs and D-Bus are Linux's")
LOOPBACK = ((socket.AF_INET, "127.0.0.1"),)


def untold() -> None:
    """Whether the network is metered, where Qt does not know."""


def says(monkeypatch: pytest.MonkeyPatch, seen: Sensed) -> None:
    """The system, whichever it is."""
    system = SimpleNamespace(situation=lambda: seen.situation)
    monkeypatch.setattr("probe_tray.adapters.desktop.power.this_system", lambda: system)
    monkeypatch.setattr("probe_tray.adapters.desktop.power.way_out", lambda: seen.network)


def supply(folder: Path, name: str, **values: str) -> None:
    (folder / name).mkdir()
    for key, value in values.items():
        (folder / name / key).write_text(f"{value}\n")


def test_a_laptop_is_on_battery_once_nothing_comes_in(tmp_path: Path) -> None:
    supply(tmp_path, "BAT0", type="Battery", status="Discharging")
    supply(tmp_path, "AC", type="Mains", online="0")
    assert on_battery(tmp_path)
    (tmp_path / "AC" / "online").write_text("1\n")
    assert not on_battery(tmp_path)


@pytest.mark.parametrize("status", ["Charging", "Full", "Not charging", "Unknown"])
def test_a_battery_that_is_not_in_use_says_nothing(tmp_path: Path, status: str) -> None:
    supply(tmp_path, "BAT0", type="Battery", status=status)
    assert not on_battery(tmp_path)


def test_a_laptop_that_is_charged_by_usb_is_not_on_battery(tmp_path: Path) -> None:
    supply(tmp_path, "BAT0", type="Battery", status="Discharging")
    supply(tmp_path, "ucsi", type="USB", online="1")
    assert not on_battery(tmp_path)


def test_a_mouse_s_battery_is_not_the_machine_s(tmp_path: Path) -> None:
    supply(tmp_path, "hid", type="Battery", status="Discharging", scope="Device")
    assert not on_battery(tmp_path)


def test_a_machine_without_supplies_is_not_on_battery(tmp_path: Path) -> None:
    assert not on_battery(tmp_path)
    assert not on_battery(tmp_path / "none")


def test_the_way_out_is_named_by_our_own_address() -> None:
    assert way_out(LOOPBACK) == "127.0.0.1"


def test_without_a_way_out_there_is_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(socket.socket, "connect", unreachable)
    assert way_out(LOOPBACK) == ""


async def test_a_system_that_tells_nothing_is_taken_for_a_plain_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probe_tray.adapters.systems.linux.situation", Situation)
    monkeypatch.setattr("probe_tray.adapters.desktop.power.way_out", lambda: "1.2.3.4")
    assert await SystemMonitor(untold).look() == Sensed(situation=Situation(), network="1.2.3.4")


@pytest.mark.parametrize("platform", ["win32", "darwin"])
async def test_a_system_call_that_is_not_there_ends_nothing(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform == platform:
        pytest.skip("it is there")
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr("probe_tray.adapters.desktop.power.way_out", lambda: "")
    assert await SystemMonitor(untold).look() == Sensed(situation=Situation(), network="")


@pytest.mark.parametrize(("system", "qt", "metered"), [(True, None, True), (False, True, True), (True, False, False)])
async def test_what_qt_says_of_the_network_counts_and_the_rest_is_the_system_s(
    monkeypatch: pytest.MonkeyPatch, *, system: bool, qt: bool | None, metered: bool
) -> None:
    seen = Sensed(situation=Situation(metered=system, on_battery=True), network="1.2.3.4")
    says(monkeypatch, seen)
    found = await SystemMonitor(lambda: qt).look()
    assert found == Sensed(situation=Situation(metered=metered, on_battery=True), network="1.2.3.4")


async def test_qt_is_asked_on_the_loop_s_own_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []
    plain = Sensed(situation=Situation(), network="")
    says(monkeypatch, plain)
    await SystemMonitor(lambda: threads.append(threading.get_ident())).look()
    assert threads == [threading.get_ident()]


async def test_qt_s_network_module_that_does_not_load_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> bool:
        raise ImportError

    plain = Sensed(situation=Situation(on_battery=True), network="")
    says(monkeypatch, plain)
    assert await SystemMonitor(missing).look() == plain


class Services:
    """NetworkManager and logind on a bus of their own, as far as two properties go."""

    def __init__(self, address: str) -> None:
        self.values: dict[str, tuple[str, object]] = {}
        # Imported by name, since it ships no types.
        self._jeepney: Any = import_module("jeepney")
        self._bus: Any = import_module("jeepney.io.blocking").open_dbus_connection(address)
        for name in ("org.freedesktop.NetworkManager", "org.freedesktop.login1"):
            self._bus.send_and_get_reply(self._jeepney.message_bus.RequestName(name))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._bus.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._bus.close()

    def _serve(self) -> None:
        while True:
            try:
                asked = self._bus.receive()
            except (OSError, EOFError):
                return
            if asked.header.message_type.name == "method_call":
                self._bus.send(self._answer(asked))

    def _answer(self, asked: Any) -> object:  # noqa: ANN401 - jeepney has no types
        value = self.values.get(asked.body[1])
        if value is None:
            unknown = "org.freedesktop.DBus.Error.UnknownProperty"
            return self._jeepney.new_error(asked, unknown, "s", ("no such thing",))
        return self._jeepney.new_method_return(asked, "v", (value,))


@pytest.fixture
def services(bus: str) -> Iterator[Services]:
    found = Services(bus)
    yield found
    found.close()


@linux
@pytest.mark.parametrize(("metered", "paid"), [(0, False), (1, True), (2, False), (3, True), (4, False)])
def test_network_manager_and_logind_are_asked(
    services: Services, bus: str, tmp_path: Path, metered: int, *, paid: bool
) -> None:
    services.values = {"Metered": ("u", metered), "LockedHint": ("b", True)}
    assert situation(tmp_path, bus=bus) == Situation(metered=paid, locked=True)
    services.values = {"Metered": ("u", metered), "LockedHint": ("b", False)}
    assert situation(tmp_path, bus=bus) == Situation(metered=paid)


@linux
def test_a_service_that_answers_with_an_error_is_as_one_that_is_not_there(
    services: Services, bus: str, tmp_path: Path
) -> None:
    services.values = {"LockedHint": ("b", True)}
    assert situation(tmp_path, bus=bus) == Situation(locked=True)


@linux
def test_without_services_or_bus_nothing_is_known(bus: str, tmp_path: Path) -> None:
    assert situation(tmp_path, bus=bus) == Situation()
    assert situation(tmp_path, bus=f"unix:path={tmp_path / 'none'}") == Situation()
