"""Ports of this computer that nobody listens on, and that the system gives to nobody meanwhile."""

import itertools
import os
import socket
from contextlib import ExitStack
from typing import Final

# Below the ports that Linux (from 32768), macOS and Windows (from 49152) give to whoever asks for any: one of
# those may belong to a connection of another test by the time it is used.
_FIRST: Final = 20_000
_OF_A_PROCESS: Final = 1_500
_PROCESSES: Final = 8


def _numbers() -> "itertools.cycle[int]":
    """The ports of this test process: each has its own, so that two never choose the same."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _PROCESSES
    first = _FIRST + worker * _OF_A_PROCESS
    return itertools.cycle(range(first, first + _OF_A_PROCESS))


_ports = _numbers()


def free_ports(count: int) -> tuple[int, ...]:
    """That many ports in a row; none of them was given before. Raises OSError where all are taken."""
    for _ in range(_OF_A_PROCESS):
        first = next(_ports)
        row = tuple(itertools.chain([first], itertools.islice(_ports, count - 1)))
        if row == tuple(range(first, first + count)) and all(map(_is_free, row)):
            return row
    raise OSError("no port is free")


def free_port() -> int:
    """One port that nobody listens on."""
    return free_ports(1)[0]


def _is_free(port: int) -> bool:
    with ExitStack() as opened:
        try:
            opened.enter_context(socket.socket()).bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
