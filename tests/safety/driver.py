"""Real renewals in processes of their own, ready to be killed or raced: everything is loaded before the first fork.

Reads one JSON line per round from standard input; prints ``pid N`` when the round's process is there and ``ended N
RESULT`` when it is gone, RESULT being how the renewal ended, or the signal that ended it.
"""

import asyncio
import base64
import importlib
import json
import os
import signal
import sys
from pathlib import Path

import msgspec

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.http.client import ServiceClient
from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.journal.journal import FileJournal
from probe_tray.adapters.journal.renewal_memory import FileRenewalMemory
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.logins.sealer import FolderSealer, VaultKey
from probe_tray.adapters.logins.vault import VaultStore
from probe_tray.adapters.proxy.proxy import detect_proxy
from probe_tray.adapters.system import SystemClock, SystemRandomness
from probe_tray.adapters.systems.operating_system import SystemProxies
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import ProbeError
from probe_tray.core.renewal.policy import Reason
from probe_tray.core.renewal.request import RenewalRequest
from probe_tray.core.service.service import Service
from probe_tray.core.state import AppState
from probe_tray.engine.account.accounts import Accounts, nothing_remembered
from probe_tray.engine.renewal.refresh_transaction import RefreshTransaction
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.engine.store import Store
from probe_tray.engine.sync.no_shared_logins import NoSharedLogins
from probe_tray.ports.accounts import AccountStore
from tests.support.fakes import MemoryTally, NoTokenLocks
from tests.support.keyrings import FakeKeyStore
from tests.support.stores import named_files

PRELOADED = ("httpx", "cryptography.hazmat.primitives.ciphers.aead", "anyio._backends._asyncio")
KEY = base64.b64encode(bytes(range(32))).decode()


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One renewal."""

    folder: str
    """The data folder, shared by all who work on the account."""
    file: str
    """The credential file; empty for the vault in the data folder."""
    issuer: str
    account: str
    user: str
    forced: bool = True
    since: float = 0.0
    """When the caller began, unix seconds; 0 leaves it out."""
    processes: int = 1


class UnsyncedDisk(Disk):
    """Does not wait for the medium: a race is not about power cuts."""

    def sync(self, file: int) -> None:
        del file


class Kit:
    """The real adapters around one account."""

    def __init__(self, task: Round, disk: Disk) -> None:
        data = Path(task.folder)
        self.locks = FileLocks(data / "locks")
        key = VaultKey(FakeKeyStore(Secret(KEY)), self.locks, lambda: False)
        self.store: AccountStore = (
            named_files([Path(task.file)], held={}, disk=disk)
            if task.file
            else VaultStore(data / "vault", key, disk=disk)
        )
        self.memory = FileRenewalMemory(data / "memory", disk=disk)
        self.journal = FileJournal(data / "journal", FolderSealer(key), disk=disk)
        self.clock = SystemClock()
        client = ServiceClient(
            Service(issuer=task.issuer, backend=task.issuer),
            detect_proxy("", {}, override_name="--proxy", system=SystemProxies),
            {},
            handles=KnownSecrets().add,
            answered=lambda _: None,
        )
        accounts = Accounts([self.store], Store(AppState()), nothing_remembered)
        self.transaction = RefreshTransaction(
            client, accounts, self.journal, self.memory, self.clock, SystemRandomness(), "the issuer"
        )
        self.renewals = Renewals(
            self.transaction, self.locks, self.clock, lambda _: None, NoSharedLogins(), MemoryTally(), NoTokenLocks()
        )


async def renew(task: Round, disk: Disk) -> str:
    """How it ended: a kind of success, or the name of the error."""
    from datetime import UTC, datetime

    request = RenewalRequest(
        days=3,
        reason=Reason.FORCED if task.forced else None,
        since=datetime.fromtimestamp(task.since, UTC) if task.since else None,
    )
    try:
        renewed = await Kit(task, disk).renewals.renew(AccountKey(task.account, task.user), request)
    except ProbeError as error:
        return type(error).__name__
    return renewed.kind.name


def main() -> None:
    """Serve rounds until standard input ends."""
    for name in PRELOADED:
        importlib.import_module(name)
    say("ready")
    racers: list[Racer] = []
    for line in sys.stdin:
        task = msgspec.json.decode(line, type=Round)
        if task.processes == 1:
            serve(task)
            continue
        racers += [Racer() for _ in range(task.processes - len(racers))]
        for racer in racers:
            racer.begin(line)
        for racer in racers:
            say(f"ended {racer.pid} {racer.result()}")
    for racer in racers:
        # Each holds the others' pipes open, so none would see its end.
        os.kill(racer.pid, signal.SIGKILL)
        os.waitpid(racer.pid, 0)


def serve(task: Round) -> None:
    """Run one process, and tell how it ended."""
    pid, reader = fork(task)
    _, status = os.waitpid(pid, 0)
    with os.fdopen(reader) as said:
        result = said.read()
    say(f"ended {pid} {signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else result}")


class Racer:
    """A process that lives on and renews once for each line it is given."""

    def __init__(self) -> None:
        tasks, self._begin = os.pipe()
        self._ended, results = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.close(self._begin)
            with os.fdopen(tasks) as lines, os.fdopen(results, "w") as said:
                for line in lines:
                    said.write(asyncio.run(renew(msgspec.json.decode(line, type=Round), UnsyncedDisk())) + "\n")
                    said.flush()
            os._exit(0)
        os.close(tasks)
        os.close(results)
        self._results = os.fdopen(self._ended)

    def begin(self, line: str) -> None:
        say(f"pid {self.pid}")
        os.write(self._begin, line.encode())

    def result(self) -> str:
        return self._results.readline().strip()


def fork(task: Round) -> tuple[int, int]:
    """Start one process of a round; its number, and the pipe through which it says how it ended."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        status = 1
        try:
            os.write(writer, asyncio.run(renew(task, Disk())).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    say(f"pid {pid}")
    return pid, reader


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def login_file(login: object) -> bytes:
    """A credential file of these tokens."""
    names = ("id_token", "access_token", "refresh_token", "account_id")
    return json.dumps({name: getattr(login, name) for name in names}).encode()


if __name__ == "__main__":
    main()
