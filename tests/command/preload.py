"""Code that runs inside the installed command before its own: for what no system does on demand."""

import os
import signal
from pathlib import Path

from tests.support.patience import PATIENCE

_KILL_AT_RENAME = """
import os, signal
from probe_tray.adapters.files.disk import Disk

rename = Disk.rename
def die(self, source, target):
    if target.name == {name!r}:
        os.kill(os.getpid(), signal.SIGKILL)
    rename(self, source, target)
Disk.rename = die
"""

_IN_NO_HURRY = """
from jeepney.io import blocking
from probe_tray.adapters.keyring.key_store import OsKeyStore
from probe_tray.adapters.logins.sealer import FallbackSealer

FallbackSealer.__init__.__kwdefaults__.update(patience={seconds!r}, patience_for_opening={seconds!r})
OsKeyStore.__init__.__kwdefaults__.update(patience={seconds!r})
# How long the session's bus is given.
blocking.open_dbus_connection.__defaults__ = *blocking.open_dbus_connection.__defaults__[:-1], {seconds!r}
"""

_KILL_AFTER = """
import os, signal
from keyring.backends.SecretService import Keyring
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.keyring import key_store

left = {left!r}
def after(call):
    def called(*arguments, **named):
        global left
        result = call(*arguments, **named)
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return called
Disk.rename, Disk.remove = after(Disk.rename), after(Disk.remove)
Keyring.set_password, key_store.keep_shared = after(Keyring.set_password), after(key_store.keep_shared)
"""

_FULL_AT = """

from probe_tray.adapters.files.disk import Disk

rename = Disk.rename
def full(self, source, target):
    if target.name == {name!r}:
        raise OSError({number}, "injected")
    rename(self, source, target)
Disk.rename = full
"""

_AT = """

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from probe_tray.adapters.system import SystemClock

ahead = float(Path({file!r}).read_text())
SystemClock.now = lambda self: datetime.now(UTC) + timedelta(seconds=ahead)
SystemClock.monotonic = lambda self: time.monotonic() + ahead
"""

_TRUSTED = """
keyring_backends._KNOWN = keyring_backends._KNOWN | {{f"{{__name__}}.Keyring"}}
key_store._WINDOWS = f"{{__name__}}.Keyring"  # one that never asks a person
keyring_backends._system_backends = lambda: [Keyring()]
keyring_backends.may_prompt = lambda backend: False
import keyring.core
keyring.core.load_env = keyring.core.load_config = lambda: None
"""

_KEYRING = (
    """
import sys, types
from pathlib import Path
from probe_tray.adapters.keyring import backends as keyring_backends
from probe_tray.adapters.keyring import key_store

class Keyring:
    viable, priority = True, 9

    def get_password(self, service, user):
        with Path({log!r}).open("a") as log:
            log.write("asked\\n")
        if {hangs!r}:
            import threading
            threading.Event().wait()
        return {key!r}

    def set_password(self, service, user, value):
        raise SystemError("a run of the command makes no key")
"""
    + _TRUSTED
)

_KEPT_KEYRING = (
    """
import json, sys, types
from pathlib import Path
from probe_tray.adapters.keyring import backends as keyring_backends
from probe_tray.adapters.keyring import key_store

class Keyring:
    viable, priority = True, 9

    def get_password(self, service, user):
        return self._entries().get(user)

    def set_password(self, service, user, value):
        Path({file!r}).write_text(json.dumps(self._entries() | {{user: value}}))
        step()

    def delete_password(self, service, user):
        Path({file!r}).write_text(json.dumps({{k: v for k, v in self._entries().items() if k != user}}))
        step()

    def _entries(self):
        return json.loads(Path({file!r}).read_text())
"""
    + _TRUSTED
)

_SIGNAL_AT_STEP = """
import os, signal
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.http.rest_project import RestProject

left = {left!r}
def step():
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), {number!r})

rename, send = Disk.rename, RestProject._send
def renamed(self, source, target):
    rename(self, source, target)
    step()
async def sent(self, *arguments, **named):
    if {number!r} != signal.SIGKILL:
        step()
    answer = await send(self, *arguments, **named)
    step()
    return answer
Disk.rename, RestProject._send = renamed, sent
"""


def _preload(folder: Path, code: str) -> dict[str, str]:
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(code)
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))}


def in_no_hurry(folder: Path, *, killed_before: str = "") -> dict[str, str]:
    """The environment of a command that waits for its keyring for as long as a busy machine takes.

    With ``killed_before`` it is killed at the moment when it would replace the file of that name.
    """
    kill = _KILL_AT_RENAME.format(name=killed_before) if killed_before else ""
    return _preload(folder, kill + _IN_NO_HURRY.format(seconds=PATIENCE))


def killed_before_replacing(name: str, folder: Path) -> dict[str, str]:
    """The environment of a command that is killed at the moment when it would replace the file ``name``."""
    return _preload(folder, _KILL_AT_RENAME.format(name=name))


def killed_after(steps: int, folder: Path) -> dict[str, str]:
    """The environment of a command that is killed once it has put so many files or keyring entries in place."""
    return _preload(folder, _KILL_AFTER.format(left=steps))


def ahead_by(seconds: Path, folder: Path, *, killed_before: str = "") -> dict[str, str]:
    """The environment of a command whose clocks are ahead by what the file ``seconds`` holds when it starts.

    With ``killed_before`` it is killed too, at the moment when it would replace the file of that name.
    """
    kill = _KILL_AT_RENAME.format(name=killed_before) if killed_before else ""
    return _preload(folder, kill + _AT.format(file=str(seconds)))


def failing_to_replace(name: str, number: int, folder: Path) -> dict[str, str]:
    """The environment of a command that fails with this errno when it would replace the file ``name``."""
    return _preload(folder, _FULL_AT.format(name=name, number=number))


def with_keyring(folder: Path, *, key: str | None = None, hangs: bool = False) -> dict[str, str]:
    """The environment of a command whose keyring holds ``key`` as the vault's; see :func:`keyring_was_asked`."""
    return _preload(folder, _KEYRING.format(log=str(folder / "asked"), key=key, hangs=hangs))


def with_kept_keyring(entries: Path, folder: Path, *, dies_after: int = 0, interrupted_at: int = 0) -> dict[str, str]:
    """The environment of a command whose keyring is the JSON object of secrets by user in the file ``entries``.

    Right after so many steps it is killed, or gets a Ctrl-C; 0: never. A step is a file that is replaced, an entry that
    is kept, or a request to the shared table that is answered; for a Ctrl-C also one that is about to be sent.
    """
    number = signal.SIGINT if interrupted_at else signal.SIGKILL
    steps = _SIGNAL_AT_STEP.format(left=dies_after or interrupted_at, number=int(number))
    return _preload(folder, steps + _KEPT_KEYRING.format(file=str(entries)))


def keyring_was_asked(environment: dict[str, str]) -> bool:
    """Whether a command with this environment has asked its keyring for anything."""
    return (Path(environment["PYTHONPATH"].split(os.pathsep)[0]) / "asked").exists()
