"""Try what each system has of its own.

Keyring, start at login, proxy settings, files and their locks, time zone, power, running programs, instance lock,
notifications.

uv run python packaging/check_system.py                  everything
uv run python packaging/check_system.py files instance   only these

It works under names of its own and leaves nothing behind. It ends with 1 where something does not work.
"""

import argparse
import asyncio
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Final, cast

from probe_tray.adapters.desktop.autostart import system_entry
from probe_tray.adapters.desktop.instance import Instance, StartRequest
from probe_tray.adapters.desktop.instance_socket import system_socket
from probe_tray.adapters.desktop.notifier import DesktopNotifier
from probe_tray.adapters.desktop.running_numbers import RunningNumbers
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.safe_files import replace_file
from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.keyring.backends import known_backend
from probe_tray.adapters.keyring.key_store import KEY_USER, os_key_store
from probe_tray.adapters.logins.credential_files import folder_lock
from probe_tray.adapters.proxy.proxy import read_system_proxies
from probe_tray.adapters.system import SystemClock
from probe_tray.adapters.systems.current import this_system
from probe_tray.adapters.systems.user_registry import RUN_KEY
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import ProbeError
from probe_tray.core.state import AppState
from probe_tray.engine.state_numbers import StateNumbers
from probe_tray.engine.store import Store
from probe_tray.ports.desktop import Notification
from probe_tray.resources import resource
from probe_tray.view.quota.quota_numbers import quota_overview

NAME: Final = "Probe Tray check"
_ENTRY: Final = "probe-tray-check"


class Defect(Exception):
    """Something works in another way than it should."""


async def keyring(folder: Path) -> str:
    """Keep a secret, change it, read it back, remove it."""
    del folder
    store = os_key_store(KEY_USER, known_backend, KnownSecrets().add)
    try:
        for _ in range(2):
            value = Secret(secrets.token_hex(16))
            await store.write_entry(NAME, "check", value)
            if await store.read_entry(NAME, "check") != value:
                raise Defect("it gave back something else")
    finally:
        await store.remove_entry(NAME, "check")
    if await store.read_entry(NAME, "check") is not None:
        raise Defect("what was removed is still there")
    return f"{store.in_use} keeps and forgets"


async def autostart(folder: Path) -> str:
    """Make the entry that starts a program at login, and remove it."""
    del folder
    entry = system_entry(_ENTRY, os.environ, disk=Disk())
    entry.put((sys.executable, "-c", "pass"))
    try:
        if not await asyncio.to_thread(_finds_entry):
            raise Defect("the system doesn't find the entry")
        if obstacle := await asyncio.to_thread(entry.obstacle):
            raise Defect(obstacle)
    finally:
        entry.remove()
    entry.remove()  # One that is gone is no error.
    if await asyncio.to_thread(_finds_entry):
        raise Defect("the entry is still there")
    return f"{type(entry).__name__} was made and removed"


def _finds_entry() -> bool:
    """Ask a program of the system's own, which knows nothing of this one."""
    agent = str(Path(f"~/Library/LaunchAgents/io.github.{_ENTRY}.plist").expanduser())
    config = os.environ.get("XDG_CONFIG_HOME") or str(Path("~/.config").expanduser())
    questions = {
        "windows": ("reg", "query", rf"HKCU\{RUN_KEY}", "/v", _ENTRY),
        "macos": ("plutil", "-lint", agent),
        "linux": ("grep", "--quiet", "^Exec=", f"{config}/autostart/{_ENTRY}.desktop"),
    }
    asked = subprocess.run(questions[this_system().name], capture_output=True, timeout=60, check=False)
    return asked.returncode == 0


async def proxy(folder: Path) -> str:
    """Read the proxy settings of the system."""
    del folder
    found = await asyncio.to_thread(read_system_proxies)
    return "a proxy is set" if any(found.addresses.values()) else "no proxy is set"


async def files(folder: Path) -> str:
    """Replace a file again and again while another program reads it."""
    path, sizes = folder / "file", (1, 100_000, 10)
    for number in range(60):
        await asyncio.to_thread(replace_file, path, bytes([number]) * sizes[number % 3], disk=Disk())
        content = await asyncio.to_thread(path.read_bytes)
        if content != bytes([number]) * sizes[number % 3]:
            raise Defect("a file held something else than was written")
    return "60 replacements, each whole"


async def locks(folder: Path) -> str:
    """Have another program lock a folder, be kept out, end that program from outside, and be let in."""
    return await asyncio.to_thread(_share_lock, folder)


def _share_lock(folder: Path) -> str:
    code = (
        "import sys; from pathlib import Path; from probe_tray.adapters.files.disk import Disk; "
        "from probe_tray.adapters.logins.credential_files import folder_lock\n"
        "with folder_lock(Path(sys.argv[1]), Disk()): print('locked', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        if cast("IO[str]", other.stdout).readline() != "locked\n":
            raise Defect("the other program got no lock")
        if _gets_lock(folder):
            raise Defect("two programs had the lock at once")
    finally:
        other.kill()
        other.communicate()
    if not _gets_lock(folder):
        raise Defect("the lock outlived its program")
    return "one program at a time, and a program that is killed leaves its lock"


def _gets_lock(folder: Path) -> bool:
    try:
        with folder_lock(folder, Disk()):
            return True
    except ProbeError:
        return False


async def local_time(folder: Path) -> str:
    """Ask the system for the local time, today and half a year away."""
    del folder
    now = datetime.now(UTC)
    told = [this_system().offset_at(moment) for moment in (now, now + timedelta(days=183))]
    if "TZ" not in os.environ and told[0] != now.astimezone().utcoffset():
        raise Defect("Python's own answer is another one")
    return f"UTC{told[0] / timedelta(hours=1):+g} now, UTC{told[1] / timedelta(hours=1):+g} in half a year"


async def situation(folder: Path) -> str:
    """Ask for power, screen and network."""
    del folder
    found = await asyncio.to_thread(this_system().situation)
    return f"battery: {found.on_battery}, screen locked: {found.locked}, metered: {found.metered}"


async def programs(folder: Path) -> str:
    """List the programs that run; this one is among them."""
    del folder
    found = {program.number: program.name for program in await asyncio.to_thread(this_system().user_programs)}
    if not found.get(os.getpid()):
        raise Defect("this program is not among them")
    return f"{len(found)} run, this one as {found[os.getpid()]}"


async def instance(folder: Path) -> str:
    """Become the running program, and have a second start give its wish to it."""
    first, second = (Instance(folder, system_socket(folder, disk=Disk())) for _ in range(2))
    if not await asyncio.to_thread(first.claim, StartRequest.NOTHING):
        raise Defect("another program seems to run in a new folder")
    received: list[StartRequest] = []
    numbers = RunningNumbers(system_socket(folder, disk=Disk()))
    async with first.serve(received.append, StateNumbers(Store(AppState()), SystemClock(), quota_overview)):
        if await asyncio.to_thread(second.claim, StartRequest.SHOW):
            raise Defect("two programs are the running one")
        if await asyncio.to_thread(numbers.now) is None:
            raise Defect("the running program's numbers did not arrive")
    if received != [StartRequest.SHOW]:
        raise Defect("the wish of the second start did not arrive")
    return "the second start gave its wish to the first"


async def notification(folder: Path) -> str:
    """Show a notification. One that the person turned off, or a program outside of a bundle on macOS, is no defect."""
    del folder
    instead: list[str] = []
    notifier = DesktopNotifier(lambda title, _body: instead.append(title), resource(this_system().notification_picture))
    allowed = await notifier.show(Notification(tag="check", title=NAME, body="It works."), lambda _action: None)
    await notifier.close()
    if not allowed:
        return "not shown here: notifications are turned off"
    if instead and this_system().name == "windows":
        # There the library itself makes the program known to the system.
        raise Defect("the system didn't take it")
    return "not shown here: the app would use its icon" if instead else "shown"


CHECKS: Final[dict[str, Callable[[Path], Awaitable[str]]]] = {
    "keyring": keyring,
    "autostart": autostart,
    "proxy": proxy,
    "files": files,
    "locks": locks,
    "time": local_time,
    "situation": situation,
    "programs": programs,
    "instance": instance,
    "notification": notification,
}


async def check(names: list[str]) -> bool:
    """Run these checks, print a line for each, and tell whether all went well."""
    well = True
    for name in names:
        with tempfile.TemporaryDirectory(prefix="probe-tray-") as folder:
            try:
                print(f"ok    {name}: {await CHECKS[name](Path(folder))}", flush=True)
            except (Defect, ProbeError, OSError) as error:
                well = False
                print(f"FAIL  {name}: {error}", flush=True)
    return well


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Try what this system has of its own.")
    parser.add_argument("checks", nargs="*", metavar="CHECK", help=", ".join(CHECKS))
    names: list[str] = parser.parse_args().checks or list(CHECKS)
    if unknown := set(names) - CHECKS.keys():
        parser.error(f"There is no check {min(unknown)}.")
    sys.exit(0 if asyncio.run(check(names)) else 1)


if __name__ == "__main__":
    main()
