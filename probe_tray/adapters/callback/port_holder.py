"""Which program holds a port of this machine, for a sentence that helps."""

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from probe_tray.core.errors import Phrase, all_of

ANOTHER_PROGRAM: Final = Phrase("another program")
"""What is said where the system does not tell."""

_SECONDS: Final = 3.0
_LISTENING: Final = "0A"
_SOCKET_LINK: Final = re.compile(r"socket:\[(\d+)\]")


def holder_of(ports: Iterable[int], proc: Path = Path("/proc")) -> str:
    """Name the programs that listen on any of ``ports``, such as ``codex (process 4711)``.

    Blocks, a few seconds at most: call it in a thread. Systems tell this about the person's own programs only; about
    others the answer is :data:`ANOTHER_PROGRAM`. ``proc`` is where Linux keeps its process table.
    """
    wanted = set(ports)
    names: list[str] = []
    # A process may end, or be another user's, while it is looked at.
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        names = sorted(set(_holders(wanted, proc)))
    return all_of(names) if names else ANOTHER_PROGRAM


def _holders(ports: set[int], proc: Path) -> Iterator[str]:
    if sys.platform == "win32":
        return _windows(ports)
    if proc.is_dir():
        return _linux(ports, proc)
    return _lsof(ports)


def _linux(ports: set[int], proc: Path) -> Iterator[str]:
    inodes = {inode for table in ("tcp", "tcp6") for inode in _inodes(proc / "net" / table, ports)}
    for process in proc.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            links = (str(link.readlink()) for link in (process / "fd").iterdir())
            found = (_SOCKET_LINK.fullmatch(link) for link in links)
            if any(one is not None and one[1] in inodes for one in found):
                yield _sentence((process / "comm").read_text("utf-8", "replace"), process.name)


def _inodes(table: Path, ports: set[int]) -> Iterator[str]:
    with contextlib.suppress(OSError):
        for line in table.read_text("ascii").splitlines()[1:]:
            fields = line.split()
            address, status, inode = fields[1], fields[3], fields[9]
            if status == _LISTENING and int(address.rpartition(":")[2], 16) in ports:
                yield inode


def _lsof(ports: set[int]) -> Iterator[str]:
    asked = [f"-iTCP:{port}" for port in sorted(ports)]
    number = ""
    # One field a line: p and the process, then c and its name.
    for line in _run("lsof", "-nP", "-sTCP:LISTEN", "-Fpc", *asked).splitlines():
        if line.startswith("p"):
            number = line[1:]
        elif line.startswith("c"):
            yield _sentence(line[1:], number)


def _windows(ports: set[int]) -> Iterator[str]:
    listed = (_run("netstat", "-ano", "-p", family) for family in ("TCP", "TCPv6"))
    for line in "\n".join(listed).splitlines():
        # "TCP  127.0.0.1:1455  0.0.0.0:0  <listening, in the system's language>  4711"; nobody is at the other end.
        fields = line.split()
        if len(fields) == 5 and fields[2].endswith(":0") and fields[1].rpartition(":")[2] in map(str, ports):
            task = _run("tasklist", "/FI", f"PID eq {fields[4]}", "/FO", "CSV", "/NH")
            yield _sentence(task.strip().partition(",")[0].strip('"'), fields[4])


def _run(*command: str) -> str:
    done = subprocess.run(
        command,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=_SECONDS,
        check=False,
        # Else Windows opens a console for a moment.
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        encoding="utf-8",
        errors="replace",
    )
    return done.stdout


def _sentence(name: str, process: str) -> str:
    # The name is another program's choice, and it is going to be shown.
    plain = "".join(c for c in name if c.isprintable()).strip()[:60]
    return Phrase("{program} (process {n})", program=plain or ANOTHER_PROGRAM, n=str(process))
