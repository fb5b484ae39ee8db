"""The official client's place and what is remembered of it, in memory."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import ClientBusyError
from probe_tray.core.formats.document import read_documents
from probe_tray.core.handover.hand_over import ClientContent, HandOver, HandOverRecord, PendingHandOver
from tests.support.fakes import MemoryStore


class ProcessKilledError(BaseException):
    """The process ends here."""


class ClientDisk:
    """What outlives a process; it is killed right before the step that ``dies`` names."""

    def __init__(self, *logins: Credential) -> None:
        self.vault = KillableStore(self, *logins)
        self.text: Secret | None = None
        self.record = HandOverRecord()
        self.aside: list[Secret] = []
        self.dies = ""
        self.slips_in: Callable[[], None] | None = None
        """Right before the client's place is compared with what was seen."""
        self.slips_through: Secret | None = None
        """What the client writes right after that."""
        self.has_home = True

    @property
    def login(self) -> Credential | None:
        """What the client is logged in with."""
        documents = () if self.text is None else read_documents(self.text.reveal().encode())
        return next((d.credential for d in documents), None)

    def step(self, name: str) -> None:
        if self.dies == name:
            raise ProcessKilledError


class KillableStore(MemoryStore):
    def __init__(self, disk: ClientDisk, *logins: Credential) -> None:
        super().__init__(StoreKind.VAULT, *logins)
        self._disk = disk

    async def save(self, credential: Credential, replaces: AccountKey | None = None) -> StoredCredential:
        self._disk.step("save")
        return await super().save(credential, replaces)


class MemoryPlace:
    """Implements ``ClientPlace``."""

    home = "home"

    def __init__(self, disk: ClientDisk) -> None:
        self._disk = disk

    async def read(self) -> ClientContent:
        text = self._disk.text
        documents = () if text is None else read_documents(text.reveal().encode())
        return ClientContent(location="auth.json", text=text, documents=documents, has_home=self._disk.has_home)

    async def check_writable(self) -> None: ...

    async def write(self, text: Secret, seen: ClientContent, keep: Callable[[ClientContent], Awaitable[None]]) -> None:
        self._disk.step("write")
        if self._disk.slips_in is not None:
            self._disk.slips_in()
        if self._disk.text != seen.text:
            raise ClientBusyError
        slipped, self._disk.slips_through = self._disk.slips_through, None
        if slipped is not None:
            documents = read_documents(slipped.reveal().encode())
            await keep(ClientContent(location="auth.json", text=slipped, documents=documents))
        self._disk.text = text
        self._disk.step("written")


class MemoryHandOvers:
    """Implements ``HandOverFile``."""

    def __init__(self, disk: ClientDisk) -> None:
        self._disk = disk

    @asynccontextmanager
    async def alone(self) -> AsyncGenerator[None]:
        yield

    async def load(self) -> HandOverRecord:
        return self._disk.record

    async def begin(self, home: str, pending: PendingHandOver) -> None:
        self._disk.step("begin")
        record = self._disk.record
        self._disk.record = HandOverRecord(lent=record.lent, pending={**record.pending, home: pending})

    async def finish(self, home: str, hand_over: HandOver | None) -> None:
        self._disk.step("finish")
        self._disk.record = HandOverRecord(lent={} if hand_over is None else {home: hand_over})
        self._disk.step("finished")


class MemoryAside:
    """Implements ``ReturnedLogins``."""

    def __init__(self, disk: ClientDisk) -> None:
        self._disk = disk

    async def keep(self, text: Secret) -> None:
        self._disk.step("keep aside")
        if text not in self._disk.aside:
            self._disk.aside.append(text)
        self._disk.step("kept aside")

    async def newest(self) -> Secret | None:
        return self._disk.aside[-1] if self._disk.aside else None

    async def read(self, fingerprint: str) -> Secret | None:
        return next((text for text in self._disk.aside if text.fingerprint == fingerprint), None)

    async def forget(self, fingerprint: str) -> None:
        self._disk.step("forget")
        self._disk.aside = [text for text in self._disk.aside if text.fingerprint != fingerprint]


def client_file(login: Credential) -> bytes:
    """What the client writes when it has logged in, or renewed."""
    tokens = {
        "id_token": login.id_token,
        "access_token": login.access_token,
        "refresh_token": login.refresh_token,
    }
    plain = {name: "" if token is None else token.reveal() for name, token in tokens.items()}
    when = None if login.last_refresh is None else login.last_refresh.isoformat()
    whole = {"auth_mode": "chatgpt", "OPENAI_API_KEY": None, "tokens": plain | {"account_id": login.account_id}}
    return json.dumps(whole | {"last_refresh": when}).encode()
