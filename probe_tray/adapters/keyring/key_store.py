"""The OS keyring: it holds one small key for the vault, and the official client's login where that is kept there."""

import asyncio
import queue
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Final, final

from probe_tray.adapters.keyring.backends import TrustedBackend, backend_name, may_prompt, meaning
from probe_tray.adapters.keyring.keychain import SECURITY, keep_in_keychain
from probe_tray.adapters.keyring.shared_entry import keep_shared, shared_value
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import KeyringDeniedError, KeyringLockedError, KeyringNoAnswerError, StoreError

_WINDOWS: Final = "keyring.backends.Windows.WinVaultKeyring"
_MACOS: Final = "keyring.backends.macOS.Keyring"
_SECRET_SERVICE: Final = frozenset({"keyring.backends.SecretService.Keyring", "keyring.backends.libsecret.Keyring"})
_SERVICE: Final = "Probe Tray"
KEY_USER: Final = "vault key"
"""What the entry with the vault's key is called, below the program's name."""
_PATIENCE: Final = 5.0
_PROMPT_PATIENCE: Final = 60.0


@contextmanager
def without_questions(backend: TrustedBackend, service: str, user: str) -> Generator[None]:
    """While this is open, ``backend`` can be asked for the entry of ``service`` and ``user`` and asks nobody itself.

    Raises KeyringLockedError where it might: KWallet asks for each program that is new to it, and does not tell before.
    """
    name = backend_name(backend)
    if name == _MACOS:
        with _without_interaction():
            yield
        return
    if name in _SECRET_SERVICE:
        if _would_ask(service, user):
            raise KeyringLockedError
    elif name != _WINDOWS:  # Windows never asks.
        raise KeyringLockedError
    yield


def _would_ask(service: str, user: str) -> bool:
    import secretstorage
    from secretstorage.exceptions import ItemNotFoundException

    with closing(secretstorage.dbus_init()) as bus:
        try:
            collection = secretstorage.get_collection_by_alias(bus, "default")
            if collection.is_locked():
                return True
        except ItemNotFoundException:
            # To have one made, a person has to choose its password.
            return True
        # Some services lock single entries until a person has allowed the program to see them.
        found = collection.search_items({"service": service, "username": user})
        return any(item.is_locked() for item in found)


@contextmanager
def _without_interaction() -> Generator[None]:
    """The keychain then fails with errSecInteractionNotAllowed instead of asking; a switch of the whole process."""
    if sys.platform != "darwin":
        raise KeyringLockedError
    import ctypes

    try:
        switch = ctypes.CDLL(SECURITY).SecKeychainSetUserInteractionAllowed
    except (OSError, AttributeError):
        raise KeyringLockedError from None
    switch.argtypes, switch.restype = [ctypes.c_ubyte], ctypes.c_int32
    if switch(0):
        raise KeyringLockedError
    try:
        yield
    finally:
        switch(1)


def _is_shared(backend: TrustedBackend, service: str) -> bool:
    """Whether another program reads and writes the entry too, and the keyring tells entries apart by its library."""
    return backend_name(backend) in _SECRET_SERVICE and service != _SERVICE


def _value(backend: TrustedBackend, service: str, user: str) -> str | None:
    # Asked first: it opens a keyring that is locked. That it finds nothing says nothing of a shared entry: libsecret
    # looks for those of Python's library alone.
    found = backend.get_password(service, user)
    return (shared_value(service, user) or found) if _is_shared(backend, service) else found


class OsKeyStore:
    """Implements ``KeyStore`` over the ``keyring`` library.

    Every call runs in one daemon thread, one at a time: keyrings block, some are not safe to call from two threads,
    and one that hangs must keep neither the event loop nor the exit of the program waiting. A call that is given up
    raises KeyringNoAnswerError and its late answer goes nowhere; the calls after it wait for their turn within their
    own time, so that a person never faces two password windows of ours.
    """

    def __init__(
        self,
        *,
        user: str = KEY_USER,
        choose: Callable[[], TrustedBackend],
        asks: Callable[[TrustedBackend], bool],
        silence: Callable[[TrustedBackend, str, str], AbstractContextManager[None]],
        handles: Callable[[Secret], None],
        patience: float = _PATIENCE,
        prompt_patience: float = _PROMPT_PATIENCE,
    ) -> None:
        """``user`` names the vault's entry. ``choose`` and ``asks`` run in the thread.

        ``handles`` hears of every value before its use.
        A call is given ``patience`` seconds, or ``prompt_patience`` where ``asks`` says that a person may be asked.
        Within ``silence``, which is given the entry's service and user, the backend asks nobody.
        """
        self._user = user
        self._choose, self._asks, self._silence, self._handles = choose, asks, silence, handles
        self._patience, self._prompt_patience = patience, prompt_patience
        self._worker = _Worker()
        self._backend: TrustedBackend | None = None

    @property
    def in_use(self) -> str:
        """The keyring's name, such as ``SecretService``; empty before it was first asked."""
        return "" if self._backend is None else type(self._backend).__module__.rpartition(".")[2]

    @property
    def silent(self) -> "SilentKeyStore":
        """The same entry, for who must not cause a question."""
        return SilentKeyStore(self)

    async def read(self, *, silently: bool = False) -> Secret | None:
        """The vault's key, None when the keyring is open and has none."""
        return await self.read_entry(_SERVICE, self._user, silently=silently)

    async def write(self, key: Secret, *, silently: bool = False) -> None:
        """Keep the key, read it back and compare."""
        await self.write_entry(_SERVICE, self._user, key, silently=silently)

    async def write_entry(self, service: str, user: str, value: Secret, *, silently: bool = False) -> None:
        """Keep any entry, read it back and compare. Raises the Keyring errors."""
        self._handles(value)

        def keep() -> Secret | None:
            with self._opened(service, user, silently=silently) as backend:
                if _is_shared(backend, service):
                    # Reading it opens a keyring that is locked.
                    backend.get_password(service, user)
                    keep_shared(service, user, value.reveal())
                elif backend_name(backend) == _MACOS:
                    keep_in_keychain(service, user, value.reveal())
                else:
                    backend.set_password(service, user, value.reveal())
                return self._secret(_value(backend, service, user))

        if await self._ask(keep) != value:
            raise KeyringDeniedError

    async def remove_entry(self, service: str, user: str) -> None:
        """Take an entry out of the keyring; a missing one is no error. Raises the Keyring errors."""

        def remove() -> Secret | None:
            with self._opened(service, user, silently=False) as backend:
                if backend.get_password(service, user) is not None:
                    backend.delete_password(service, user)
                return self._secret(backend.get_password(service, user))

        if await self._ask(remove) is not None:
            raise KeyringDeniedError

    async def read_entry(self, service: str, user: str, *, silently: bool = False) -> Secret | None:
        """Any entry of the keyring; None when it is open and has no such entry. Raises the Keyring errors.

        With ``silently`` nobody is asked for it: where the keyring would have to, it raises KeyringLockedError.
        """

        def look() -> Secret | None:
            with self._opened(service, user, silently=silently) as backend:
                return self._secret(_value(backend, service, user))

        return await self._ask(look)

    def _secret(self, value: str | None) -> Secret | None:
        if not value:
            return None
        secret = Secret(value)
        self._handles(secret)
        return secret

    @contextmanager
    def _opened(self, service: str, user: str, *, silently: bool) -> Generator[TrustedBackend]:
        backend = self._backend or self._choose()
        self._backend = backend
        if silently:
            with self._silence(backend, service, user):
                yield backend
        else:
            self._worker.prompting = self._asks(backend)
            yield backend

    async def _ask(self, work: Callable[[], Secret | None]) -> Secret | None:
        job = _Job(work, asyncio.get_running_loop())
        self._worker.put(job)
        try:
            await asyncio.wait({job.answer}, timeout=self._patience)
            if not job.answer.done() and self._worker.prompting:
                await asyncio.wait({job.answer}, timeout=self._prompt_patience - self._patience)
            if not job.answer.done():
                raise KeyringNoAnswerError
            outcome = job.answer.result()
            if isinstance(outcome, StoreError):
                raise outcome
            return outcome
        finally:
            job.dropped = True


def os_key_store(user: str, choose: Callable[[], TrustedBackend], handles: Callable[[Secret], None]) -> OsKeyStore:
    """The entry ``user`` of this program in the keyring that ``choose`` finds, asked as that keyring wants it."""
    return OsKeyStore(user=user, choose=choose, asks=may_prompt, silence=without_questions, handles=handles)


@final
class SilentKeyStore:
    """Implements ``KeyStore``; raises KeyringLockedError where a person would have to be asked."""

    def __init__(self, keyring: OsKeyStore) -> None:
        """The key of ``keyring``, in turn with its other calls."""
        self._keyring = keyring

    async def read(self) -> Secret | None:
        """The vault's key, None when the keyring is open and has none."""
        return await self._keyring.read(silently=True)

    async def write(self, key: Secret) -> None:
        """Keep the key, read it back and compare."""
        await self._keyring.write(key, silently=True)


@final
class _Job:
    """One call and the future it answers to; ``dropped`` once nobody waits for it any more."""

    def __init__(self, work: Callable[[], Secret | None], loop: asyncio.AbstractEventLoop) -> None:
        self.dropped = False
        self.answer: asyncio.Future[Secret | StoreError | None] = loop.create_future()
        self._work, self._loop = work, loop

    def run(self) -> None:
        if self.dropped:
            return
        try:
            outcome = self._work()
        except BaseException as caught:  # noqa: BLE001 - whatever the keyring raises is an answer; the thread goes on
            outcome = meaning(caught)
        try:
            self._loop.call_soon_threadsafe(self._settle, outcome)
        except RuntimeError:  # The loop has ended meanwhile: the program quits.
            return

    def _settle(self, outcome: Secret | StoreError | None) -> None:
        if not (self.dropped or self.answer.done()):
            self.answer.set_result(outcome)


@final
class _Worker:
    """The thread; it starts with the first job."""

    def __init__(self) -> None:
        self.prompting = False
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._started = False

    def put(self, job: _Job) -> None:
        self._jobs.put(job)
        if not self._started:
            self._started = True
            threading.Thread(target=self._run, name="keyring", daemon=True).start()

    def _run(self) -> None:
        while True:
            self._jobs.get().run()
            self.prompting = False
