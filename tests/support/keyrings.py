"""Keyrings as they are met, good and bad: backends as the ``keyring`` library has them, and a whole ``KeyStore``."""

import threading

from keyring.errors import KeyringLocked, PasswordSetError

from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import StoreError
from tests.support.patience import PATIENCE

WINDOWS_LIMIT = 2560
"""Bytes of one entry of the Windows credential store, in UTF-16."""


class GoodBackend:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.threads: set[int] = set()

    def get_password(self, service: str, username: str) -> str | None:
        self.threads.add(threading.get_ident())
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.threads.add(threading.get_ident())
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self.threads.add(threading.get_ident())
        del self.entries[service, username]


class LockedBackend(GoodBackend):
    """Locked, and the prompt was dismissed."""

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("Failed to unlock the collection!")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringLocked("Failed to unlock the collection!")


class DeniedBackend(GoodBackend):
    """Refuses, and names the secret in its exception, as careless libraries do."""

    def get_password(self, service: str, username: str) -> str | None:
        raise PermissionDeniedError(f"no {service} for you")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise PasswordSetError(f"cannot keep {password}")


class PermissionDeniedError(Exception):
    """Some platform's own exception."""


class HangingBackend(GoodBackend):
    """Answers when the test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()
        self.asked = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self._hang()
        return super().get_password(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self._hang()
        super().set_password(service, username, password)

    def _hang(self) -> None:
        self.asked.set()
        self.let_go.wait(PATIENCE)


class LyingBackend(GoodBackend):
    """Says that it has kept the entry, and gives back another one."""

    def set_password(self, service: str, username: str, password: str) -> None:
        super().set_password(service, username, password[::-1] + "x")


class SmallBackend(GoodBackend):
    """Takes what the Windows credential store takes."""

    def set_password(self, service: str, username: str, password: str) -> None:
        if len(password.encode("utf-16-le")) > WINDOWS_LIMIT:
            raise OSError(1783, f"The stub received bad data: {password}")
        super().set_password(service, username, password)


class FakeKeyStore:
    """A ``KeyStore``; ``failure`` is raised by every call while it is set."""

    def __init__(self, key: Secret | None = None, failure: StoreError | None = None) -> None:
        self.key, self.failure = key, failure
        self.reads = 0
        self.writes = 0

    async def read(self) -> Secret | None:
        self.reads += 1
        if self.failure is not None:
            raise self.failure
        return self.key

    async def write(self, key: Secret) -> None:
        self.writes += 1
        if self.failure is not None:
            raise self.failure
        self.key = key
