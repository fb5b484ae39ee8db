"""A renewal with everything around it in memory, where any step can fail or be the process's last."""

import asyncio
import json
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

import pytest

from probe_tray.adapters.http.wire.answer import read_raw
from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import NotSentError, ReadError, StoreError, UncertainError
from probe_tray.core.renewal.journal import JournalEntry, PendingEntry, TokenOutcome, TokenVerdict
from probe_tray.core.renewal.policy import Reason
from probe_tray.core.renewal.request import RenewalRequest, Renewed
from probe_tray.core.service.answer import Answer
from probe_tray.core.state import AppState
from probe_tray.engine.account.accounts import Accounts, nothing_remembered
from probe_tray.engine.renewal.refresh_transaction import RefreshTransaction
from probe_tray.engine.store import Store
from probe_tray.ports.accounts import AccountStore
from tests.support.coordinators import no_other_program, nobody_else
from tests.support.fakes import START, FakeClock, FakeRandomness, MemoryStore
from tests.support.tokens import credential, reply_body, tokens

ANA = AccountKey("account-ana", "user-ana")


class Crash(BaseException):
    """The process died here."""


class Steps:
    """Counts the steps of a renewal; one of them may fail, another may be the last."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.crash_at: int | None = None
        self.faults: dict[str, Exception] = {}
        self.on: dict[str, Callable[[], None]] = {}

    def reach(self, name: str) -> None:
        self.seen.append(name)
        self._die()
        if happening := self.on.pop(name, None):
            happening()
            self._die()
        if name in self.faults:
            raise self.faults[name]

    def _die(self) -> None:
        if self.crash_at is not None and len(self.seen) > self.crash_at:
            raise Crash


class StepStore(MemoryStore):
    """A store of logins whose every step counts."""

    def __init__(self, steps: Steps, kind: StoreKind, *credentials: Credential) -> None:
        super().__init__(kind, *credentials)
        self._steps = steps

    async def read(self, key: AccountKey) -> StoredCredential | None:
        self._steps.reach(f"read {self.kind.value}")
        return await super().read(key)

    async def check_writable(self, key: AccountKey) -> None:
        self._steps.reach(f"check {self.kind.value}")
        await super().check_writable(key)

    async def save(self, credential: Credential, replaces: AccountKey | None = None) -> StoredCredential:
        self._steps.reach(f"save {self.kind.value}")
        saved = await super().save(credential, replaces)
        self._steps.reach(f"saved {self.kind.value}")
        return saved


class MemoryJournal:
    """A journal that outlives the crash of its process."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self.entries: dict[str, tuple[JournalEntry, Answer | None]] = {}
        self.pieces: dict[str, bytes] = {}
        self.aside: list[Answer | None] = []
        self.sealed: StoreError | None = None
        self._count = 0

    async def prepare(
        self, key: AccountKey, fingerprint: str, at: datetime, uptime: float | None = None
    ) -> JournalEntry:
        self._steps.reach("prepare")
        self._count += 1
        entry = JournalEntry(
            name=f"{key.slug}-{self._count:04}", key=key, fingerprint=fingerprint, at=at, uptime=uptime
        )
        self.entries[entry.name] = (entry, None)
        self._steps.reach("prepared")
        return entry

    def arriving(self, entry: JournalEntry) -> Callable[[bytes], None]:
        raw = bytearray()

        def write(piece: bytes) -> None:
            raw.extend(piece)
            self.entries[entry.name] = (entry, read_raw(bytes(raw)))
            self.pieces[entry.name] = bytes(raw)

        return write

    async def keep_answer(self, entry: JournalEntry, status: int, body: bytes) -> None:
        self._steps.reach("keep")
        self.entries[entry.name] = (entry, Answer(status, {}, body))
        self._steps.reach("kept")

    async def finish(self, entry: JournalEntry) -> None:
        self._steps.reach("finish")
        self.entries.pop(entry.name, None)

    async def set_aside(self, entry: JournalEntry) -> None:
        self._steps.reach("set aside")
        _, answer = self.entries.pop(entry.name, (entry, None))
        self.aside.append(answer)

    async def pending(self, key: AccountKey | None = None) -> tuple[PendingEntry, ...]:
        self._steps.reach("pending")
        return tuple(self._pending(e, a) for e, a in self.entries.values() if key in (None, e.key))

    async def unfinished(self, keys: Collection[AccountKey]) -> frozenset[AccountKey]:
        self._steps.reach("unfinished")
        return frozenset(keys) & {entry.key for entry, _ in self.entries.values()}

    def _pending(self, entry: JournalEntry, answer: Answer | None) -> PendingEntry:
        if answer is not None and self.sealed is not None:
            return PendingEntry(entry=entry, problem=self.sealed.problem)
        return PendingEntry(entry=entry, answer=answer, partial=answer is None and bool(self.pieces.get(entry.name)))


class MemoryMemory:
    """A memory of outcomes that outlives the crash of its process."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self.known: dict[str, TokenOutcome] = {}

    async def recall(self, fingerprint: str) -> TokenOutcome | None:
        self._steps.reach("recall")
        return self.known.get(fingerprint)

    async def glance(self, fingerprint: str) -> TokenOutcome | None:
        return await self.recall(fingerprint)

    async def recall_all(self, fingerprints: Sequence[str]) -> Sequence[TokenOutcome | ReadError | None]:
        return [await self.recall(fingerprint) for fingerprint in fingerprints]

    async def remember(self, fingerprint: str, outcome: TokenOutcome) -> None:
        self._steps.reach(f"remember {outcome.verdict.value}")
        before = self.known.get(fingerprint)
        if before is None or before.verdict is not TokenVerdict.ENDED:
            self.known[fingerprint] = outcome


class StrictIssuer:
    """An issuer whose refresh tokens work exactly once; a spent one that comes again ends the login."""

    def __init__(self, steps: Steps, clock: FakeClock) -> None:
        self._steps, self._clock = steps, clock
        self.number = 1
        self._issued = 0
        self.revoked = False
        self.sent: list[tuple[str, datetime]] = []
        self.arrived: list[tuple[str, float]] = []
        self.reused: list[str] = []
        self.script: list[Answer | Exception | Callable[[Secret], Answer]] = []
        self.comes: int | None = None
        """So many bytes of each answer come, all of them where it is None."""

    @property
    def live(self) -> str | None:
        """The one token that works."""
        return None if self.revoked else tokens("ana", number=self.number)["refresh_token"]

    def rotate(self, *leave_out: str) -> dict[str, str]:
        """The next tokens, as any program gets them."""
        self._issued += 1
        if "refresh_token" not in leave_out:
            self.number += 1
        return tokens("ana", number=self.number, at=self._now())

    def credential(self) -> Credential:
        """The newest login, as another program stores it."""
        return credential("ana", number=self.number, at=self._now())

    def _now(self) -> datetime:
        # The issuer's own clock: nobody sets it here, and no two renewals share a second.
        return START + timedelta(seconds=self._clock.monotonic() + self._issued)

    def renew(self, secret: Secret, *leave_out: str) -> Answer:
        """Act on a request."""
        if secret.reveal() != self.live:
            self.reused.append(secret.fingerprint)
            self.revoked = True
            return refusal(401, "refresh_token_reused")
        return Answer(200, {}, reply_body(self.rotate(*leave_out), *leave_out, expires_in=864000))

    def lose(self, secret: Secret) -> Answer:
        """Act on a request, and let the reply be lost."""
        self.renew(secret)
        raise UncertainError(reason="the connection was lost")

    async def refresh(self, refresh_token: Secret, arrived: Callable[[bytes], None]) -> Answer:
        self._steps.reach("send")
        self.sent.append((refresh_token.fingerprint, self._clock.now()))
        found = self.script.pop(0) if self.script else self.renew
        if not isinstance(found, NotSentError):
            self.arrived.append((refresh_token.fingerprint, self._clock.monotonic()))
        if isinstance(found, Exception):
            raise found
        answer = found if isinstance(found, Answer) else found(refresh_token)
        self._steps.reach("acted")
        raw = raw_answer(answer)[: self.comes]
        for place in range(0, len(raw), 1000):
            arrived(raw[place : place + 1000])
        self._steps.reach("answered")
        return answer

    async def exchange(self, code: Secret, verifier: Secret, redirect_uri: str) -> Answer:
        raise AssertionError

    async def revoke(self, refresh_token: Secret) -> Answer:
        raise AssertionError

    async def reach(self) -> None:
        raise AssertionError

    async def device_start(self) -> Answer:
        raise AssertionError

    async def device_poll(self, device_auth_id: Secret, user_code: str) -> Answer:
        raise AssertionError


def raw_answer(answer: Answer) -> bytes:
    """An answer as it goes over the wire."""
    length = [] if answer.status == 204 else [f"Content-Length: {len(answer.body)}"]
    fields = [f"{name}: {value}" for name, value in answer.headers.items()]
    return "\r\n".join([f"HTTP/1.1 {answer.status} Answer", *length, *fields, "", ""]).encode() + answer.body


def refusal(status: int, code: str = "", **headers: str) -> Answer:
    """An error of the token endpoint."""
    return Answer(status, headers, json.dumps({"error": {"code": code}}).encode())


class Bench:
    """One account, its stores, its issuer; ``restart`` is a new process on the same disk."""

    def __init__(self, *kinds: StoreKind) -> None:
        self.steps = Steps()
        self.clock = FakeClock()
        self.issuer = StrictIssuer(self.steps, self.clock)
        login = credential("ana", at=START - timedelta(days=8))
        self.stores = [StepStore(self.steps, kind, login) for kind in kinds or (StoreKind.VAULT,)]
        self.journal = MemoryJournal(self.steps)
        self.memory = MemoryMemory(self.steps)
        self.begun = 0
        self.restart()

    def restart(self) -> None:
        self.steps.crash_at = None
        stores: list[AccountStore] = [*self.stores]
        self.accounts = Accounts(stores, Store(AppState()), nothing_remembered)
        self.transaction = RefreshTransaction(
            self.issuer, self.accounts, self.journal, self.memory, self.clock, FakeRandomness(), "auth.example"
        )

    async def renew(
        self, reason: Reason | None = None, *, seen: str | None = None, since: datetime | None = None
    ) -> Renewed:
        self.steps.seen.clear()
        return await self.transaction.run(
            ANA, self.request(reason, seen=seen, since=since), self._begin, nobody_else(), no_other_program
        )

    def request(
        self, reason: Reason | None = None, *, seen: str | None = None, since: datetime | None = None
    ) -> RenewalRequest:
        return RenewalRequest(days=3, reason=reason, seen=seen, since=since)

    def start(self, reason: Reason | None = None) -> "asyncio.Task[Renewed]":
        return asyncio.create_task(self.renew(reason))

    async def die_when(self, step: str) -> None:
        """A renewal whose process is killed at ``step``, and a new process."""
        self.steps.on[step] = self.crash
        with pytest.raises(Crash):
            await self.renew()
        self.restart()

    def crash(self) -> None:
        self.steps.crash_at = 0

    def _begin(self) -> None:
        self.begun += 1

    def held(self) -> set[str]:
        """The refresh tokens in the stores."""
        found = [store.held.get(ANA) for store in self.stores]
        return {c.refresh_token.reveal() for c in found if c is not None and c.refresh_token is not None}

    def kept(self) -> set[str]:
        """The refresh tokens of the answers that the journal holds."""
        bodies = [a.body for _, a in self.journal.entries.values() if a is not None]
        bodies += [a.body for a in self.journal.aside if a is not None]
        return {str(json.loads(body).get("refresh_token")) for body in bodies if body.startswith(b"{")}

    def verdict(self, number: int = 1) -> TokenVerdict | None:
        """What is remembered of the ``number``-th refresh token."""
        known = self.memory.known.get(Secret(tokens("ana", number=number)["refresh_token"]).fingerprint)
        return None if known is None else known.verdict
