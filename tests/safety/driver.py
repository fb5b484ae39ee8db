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

from probe_tray.adapters.clock import SystemClock
from probe_tray.adapters.disk import Disk
from probe_tray.adapters.folder import FileStore
from probe_tray.adapters.http_client import ServiceClient
from probe_tray.adapters.journal import FileJournal
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.memory import FileRenewalMemory
from probe_tray.adapters.proxy import detect_proxy
from probe_tray.adapters.randomness import SystemRandomness
from probe_tray.adapters.sealer import FolderSealer, VaultKey
from probe_tray.adapters.vault import VaultStore
from probe_tray.core.errors import ProbeError
from probe_tray.core.identity import AccountKey
from probe_tray.core.renew_policy import Reason
from probe_tray.core.renewal import Wish
from probe_tray.core.secret import Secret
from probe_tray.core.service import Service
from probe_tray.core.state import AppState
from probe_tray.engine.accounts import Accounts
from probe_tray.engine.renewing import Renewals
from probe_tray.engine.store import Store
from probe_tray.engine.transaction import Transaction
from probe_tray.ports import AccountStore
from tests.support.keyrings import FakeKeyStore

PRELOADED = ("httpx", "filelock", "jwt", "cryptography.hazmat.primitives.ciphers.aead", "anyio._backends._asyncio")
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


class Kit:
    """The real adapters around one account."""

    def __init__(self, task: Round, disk: Disk | None = None) -> None:
        data = Path(task.folder)
        self.locks = FileLocks(data / "locks")
        key = VaultKey(FakeKeyStore(Secret(KEY)), self.locks, lambda: False)
        self.store: AccountStore = (
            FileStore([Path(task.file)], disk=disk) if task.file else VaultStore(data / "vault", key, disk=disk)
        )
        self.memory = FileRenewalMemory(data / "memory", disk=disk)
        self.journal = FileJournal(data / "journal", FolderSealer(key), disk=disk)
        self.clock = SystemClock()
        client = ServiceClient(Service(issuer=task.issuer, backend=task.issuer), detect_proxy("", {}), {})
        accounts = Accounts([self.store], Store(AppState()))
        self.transaction = Transaction(
            client, accounts, self.journal, self.memory, self.clock, SystemRandomness(), "the issuer"
        )
        self.renewals = Renewals(self.transaction, self.locks, self.clock, lambda _: None)


async def renew(task: Round) -> str:
    """How it ended: a kind of success, or the name of the error."""
    from datetime import UTC, datetime

    wish = Wish(
        days=3,
        reason=Reason.FORCED if task.forced else None,
        since=datetime.fromtimestamp(task.since, UTC) if task.since else None,
    )
    try:
        renewed = await Kit(task).renewals.renew(AccountKey(task.account, task.user), wish)
    except ProbeError as error:
        return type(error).__name__
    return renewed.kind.name


def main() -> None:
    """Serve rounds until standard input ends."""
    for name in PRELOADED:
        importlib.import_module(name)
    say("ready")
    for line in sys.stdin:
        task = msgspec.json.decode(line, type=Round)
        pipes = dict(fork(task) for _ in range(task.processes))
        while pipes:
            pid, status = os.wait()
            with os.fdopen(pipes.pop(pid)) as said:
                result = said.read()
            if os.WIFSIGNALED(status):
                result = signal.Signals(os.WTERMSIG(status)).name
            say(f"ended {pid} {result}")


def fork(task: Round) -> tuple[int, int]:
    """Start one process of a round; its number, and the pipe through which it says how it ended."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        status = 1
        try:
            os.write(writer, asyncio.run(renew(task)).encode())
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
