"""Linux: power from the kernel's sysfs, the network's price from NetworkManager, the screen's lock from logind."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol, cast

from probe_tray.core.polling.situation import Situation

_SUPPLIES: Final = Path("/sys/class/power_supply")
_PATIENCE: Final = 2.0
"""Seconds that a service on the bus has for its answer."""
_METERED: Final = frozenset({1, 3})
"""NetworkManager's NMMetered: yes, and guessed yes."""
_NETWORK: Final = ("org.freedesktop.NetworkManager", "/org/freedesktop/NetworkManager", "", "Metered")
_SESSION: Final = ("org.freedesktop.login1", "/org/freedesktop/login1/session/auto", ".Session", "LockedHint")
"""Bus name, object, what the interface's name has beyond the bus name, property."""


class _SystemReply(Protocol):
    body: tuple[object, ...]


class _Properties(Protocol):
    def get(self, name: str) -> object: ...


class _SystemBus(Protocol):
    def send_and_get_reply(self, message: object, *, timeout: float) -> _SystemReply: ...

    def close(self) -> None: ...


def situation(supplies: Path = _SUPPLIES, *, bus: str = "SYSTEM") -> Situation:
    """What the kernel and the D-Bus ``bus`` say now. Blocks for some milliseconds; what nobody tells is False."""
    metered: object = None
    locked: object = None
    with contextlib.suppress(Exception):
        # keyring needs jeepney on Linux too; imported here, it costs the start nothing.
        from jeepney.io.blocking import open_dbus_connection  # pyright: ignore[reportMissingTypeStubs] - it ships none

        with contextlib.closing(cast("Callable[[str], _SystemBus]", open_dbus_connection)(bus)) as opened:
            metered, locked = _property(opened, *_NETWORK), _property(opened, *_SESSION)
    return Situation(metered=metered in _METERED, on_battery=on_battery(supplies), locked=locked is True)


def on_battery(supplies: Path) -> bool:
    """Whether a battery of the machine itself is in use and no power comes in."""
    found = [(_read(path / "type"), _read(path / "online"), _read(path / "status")) for path in _entries(supplies)]
    if any(kind != "Battery" and online == "1" for kind, online, _ in found):
        return False
    return any(kind == "Battery" and status == "Discharging" for kind, _, status in found)


def _entries(supplies: Path) -> list[Path]:
    try:
        # The battery of a mouse or a headset ("Device") says nothing about the machine.
        return [path for path in supplies.iterdir() if _read(path / "scope") != "Device"]
    except OSError:
        return []


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace").strip()
    except OSError:
        return ""


def _property(bus: _SystemBus, name: str, path: str, interface: str, wanted: str) -> object:
    from jeepney import DBusAddress, Properties  # pyright: ignore[reportMissingTypeStubs] - it ships none

    # Whatever one service does, the other is asked too.
    with contextlib.suppress(Exception):
        question = cast("_Properties", Properties(DBusAddress(path, name, name + interface))).get(wanted)
        (answer,) = bus.send_and_get_reply(question, timeout=_PATIENCE).body
        # A value comes with its type; an error comes as text.
        if isinstance(answer, tuple):
            return cast("tuple[str, object]", answer)[1]
    return None
