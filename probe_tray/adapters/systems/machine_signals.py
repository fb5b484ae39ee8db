"""Notice of power, screen and network, from the kernel of Linux (netlink(7)) and the system bus."""

import contextlib
import errno
import os
import socket
from collections.abc import Callable
from typing import Final, Protocol, cast, final

_ROUTE, _KOBJECT_UEVENT = 0, 15
"""The kernel's NETLINK_ROUTE and NETLINK_KOBJECT_UEVENT (linux/netlink.h)."""
_ADDRESSES_AND_ROUTES: Final = 0x1 | 0x10 | 0x40 | 0x100 | 0x400
"""RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV4_ROUTE, RTMGRP_IPV6_IFADDR, RTMGRP_IPV6_ROUTE (linux/rtnetlink.h)."""
_KERNEL: Final = 1
"""The group of what the kernel itself says; udev repeats it in another one."""
_SUPPLY: Final = b"SUBSYSTEM=power_supply"
_READ_BYTES: Final = 65_536
_PATIENCE: Final = 2.0
"""Seconds that the bus has for its answer."""
_CHANGED: Final = "type='signal',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged'"
_RULES: Final = (
    f"{_CHANGED},sender='org.freedesktop.NetworkManager',arg0='org.freedesktop.NetworkManager'",
    f"{_CHANGED},sender='org.freedesktop.login1',arg0='org.freedesktop.login1.Session'",
)


class _Matches(Protocol):
    def AddMatch(self, rule: str) -> object: ...  # noqa: N802 - the bus calls it so


class _RulesBus(Protocol):
    sock: socket.socket

    def send_and_get_reply(self, message: object, *, timeout: float) -> object: ...

    def close(self) -> None: ...


@final
class MachineSignals:
    """Implements ``MachineEvents``. What a signal says does not matter: whoever is told looks for itself."""

    def __init__(self, bus: str = "SYSTEM", kernel: "Callable[[int, int], socket.socket] | None" = None) -> None:
        """Notice from now on. Raises OSError where the kernel tells nothing; a D-Bus ``bus`` may be missing.

        ``kernel`` opens a socket of netlink's, of its own number, in these groups.
        """
        opened = kernel or netlink
        self._network = opened(_ROUTE, _ADDRESSES_AND_ROUTES)
        self._supplies: socket.socket | None = None
        self._bus: _RulesBus | None = None
        self._tells_all = True
        try:
            self._supplies = opened(_KOBJECT_UEVENT, _KERNEL)
        except OSError:
            self._tells_all = False
        try:
            self._bus = _listening(bus)
        except (FileNotFoundError, ConnectionRefusedError):
            # Without a bus nobody says what a look would ask it.
            pass
        except Exception:  # noqa: BLE001 - whatever the bus or its library meets, one looks now and then instead
            self._tells_all = False

    @property
    def sources(self) -> tuple[int, ...]:
        """The kernel's sockets and that of the bus."""
        bus = None if self._bus is None else self._bus.sock
        return tuple(one.fileno() for one in (self._network, self._supplies, bus) if one is not None)

    @property
    def tells_all(self) -> bool:
        """Whether kernel and bus both tell."""
        return self._tells_all

    def take(self, source: int) -> bool:
        """Whether it is about the machine's situation: the kernel tells of every device."""
        try:
            found = b"".join(_taken(source))
        except OSError:
            raise EOFError from None
        return self._supplies is None or source != self._supplies.fileno() or _SUPPLY in found

    def close(self) -> None:
        """Close the sockets."""
        for one in (self._network, self._supplies, self._bus):
            if one is not None:
                one.close()


def netlink(kind: int, groups: int) -> socket.socket:
    """A socket to which the kernel tells what is in these groups; reading never waits. Raises OSError."""
    # By name: a type checker for other systems does not know it, nor do systems that are taken for a kind of Linux.
    family = getattr(socket, "AF_NETLINK", None)
    if family is None:
        raise OSError(errno.EAFNOSUPPORT, "AF_NETLINK")
    found = socket.socket(family, socket.SOCK_RAW, kind)
    try:
        found.settimeout(0.0)
        found.bind((0, groups))
    except OSError:
        found.close()
        raise
    return found


def _listening(bus: str) -> _RulesBus:
    from jeepney.bus_messages import message_bus  # pyright: ignore[reportMissingTypeStubs] - it ships none
    from jeepney.io.blocking import open_dbus_connection  # pyright: ignore[reportMissingTypeStubs]
    from jeepney.wrappers import unwrap_msg  # pyright: ignore[reportMissingTypeStubs]

    opened = cast("Callable[[str], _RulesBus]", open_dbus_connection)(bus)
    try:
        for rule in _RULES:
            # An error of the bus is an exception only once it is unwrapped.
            answer = opened.send_and_get_reply(cast("_Matches", message_bus).AddMatch(rule), timeout=_PATIENCE)
            cast("Callable[[object], object]", unwrap_msg)(answer)
        opened.sock.settimeout(0.0)
    except BaseException:
        opened.close()
        raise
    return opened


def _taken(source: int) -> list[bytes]:
    """What has come. Raises EOFError where the other side has ended."""
    found: list[bytes] = []
    with contextlib.suppress(BlockingIOError):
        while True:
            try:
                data = os.read(source, _READ_BYTES)
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                # The kernel has dropped what nobody had taken in time, whatever it was about.
                data = _SUPPLY
            if not data:
                raise EOFError
            found.append(data)
    return found
