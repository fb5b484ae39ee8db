"""The ports of the loopback listener: taking one, on this machine only, and who holds it where that fails."""

import contextlib
import errno
import socket
import subprocess
from collections.abc import Iterable
from typing import Final

from probe_tray.adapters.systems.current import this_system
from probe_tray.adapters.systems.operating_system import OperatingSystem
from probe_tray.core.errors import Phrase, all_of

# RFC 8252 section 8.3: a listener on any other address would let the network reach the login.
_LOOPBACK: Final = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
# Enough for a burst: an idle connection is dropped for a newer one, so nobody waits here for long.
_BACKLOG: Final = 256
# What a machine says that has this family switched off, or never had it.
_NO_SUCH_FAMILY: Final = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT})
ANOTHER_PROGRAM: Final = Phrase("another program")
"""What is said where the system does not tell."""


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


def holder_of(ports: Iterable[int], system: OperatingSystem) -> str:
    """Name the programs that listen on any of ``ports``, such as ``codex (process 4711)``.

    Blocks, a few seconds at most: call it in a thread. Systems tell this about the person's own programs only; about
    others the answer is :data:`ANOTHER_PROGRAM`.
    """
    names: list[str] = []
    with contextlib.suppress(OSError, ValueError, subprocess.SubprocessError):
        names = sorted({_sentence(*one) for one in system.port_holders(frozenset(ports))})
    return all_of(names) if names else ANOTHER_PROGRAM


def _sentence(name: str, process: int) -> str:
    # The name is another program's choice, and it is going to be shown.
    plain = "".join(c for c in name if c.isprintable()).strip()[:60]
    return Phrase("{program} (process {n})", program=plain or ANOTHER_PROGRAM, n=str(process))
