"""The sockets of the loopback listener: this machine only, every loopback family or none of a port."""

import errno
import socket
from typing import Final

from probe_tray.adapters.systems.current import this_system

_LOOPBACK: Final = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
# Enough for a burst: an idle connection is dropped for a newer one, so nobody waits here for long.
_BACKLOG: Final = 256
# What a machine says that has this family switched off, or never had it.
_NO_SUCH_FAMILY: Final = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT})


def bind_loopback(port: int) -> tuple[socket.socket, ...]:
    """Listen on ``port`` of 127.0.0.1 and of ::1; 0 lets the system choose one port for both.

    A family that this machine does not have is left out: ``localhost`` does not lead there either. If anybody holds the
    port on a family that exists, none is taken and the result is empty: with only one of the two, the browser may
    bring the code to the other program.
    """
    held: list[socket.socket] = []
    for family, host in _LOOPBACK:
        try:
            held.append(_listen(family, host, held[0].getsockname()[1] if held else port))
        except OSError as error:
            if error.errno in _NO_SUCH_FAMILY:
                continue
            for one in held:
                one.close()
            return ()
    return tuple(held)


def _listen(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        one.settimeout(0)
        this_system().set_up_port(one)
        if family is socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind((host, port))
        one.listen(_BACKLOG)
    except OSError:
        one.close()
        raise
    return one
