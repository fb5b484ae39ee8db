"""Doubles for the ports, one each, driven by the test."""

import asyncio
import heapq
import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence, Sized
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import HookFailedError, ProbeError, Problem, ReadError, StoreError
from probe_tray.core.login.oauth import Callback
from probe_tray.core.renewal.journal import TokenOutcome
from probe_tray.core.renewal.pause import Tally
from probe_tray.core.service.answer import Answer
from probe_tray.core.service.workspace_route import WorkspaceRoute
from probe_tray.core.settings import Settings, SettingsPatch
from probe_tray.core.update.release import UpdateMemory
from probe_tray.ports.accounts import StoreContents
from probe_tray.ports.desktop import Notification, OpenCallback

START = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


async def settle() -> None:
    """Let every task that can run do so."""
    # A simulated day settles 50,000 times, so the standard library's loop is asked whether anything is left to run.
    ready: Sized | None = getattr(asyncio.get_running_loop(), "_ready", None)
    for _ in range(60):
        await asyncio.sleep(0)
        if ready is not None and not len(ready):
            return


class FakeClock:
    """Time that moves only when the test says so; ``settled`` waits until all that can be done by then is done."""

    def __init__(self, start: datetime = START, settled: Callable[[], Awaitable[None]] = settle) -> None:
        self._now = start
        self._settled = settled
        self._elapsed = timedelta()
        self._sleepers: list[tuple[timedelta, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._elapsed.total_seconds()

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + timedelta(seconds=seconds), next(self._numbers), future))
        await future

    async def advance(self, span: timedelta) -> None:
        """Let ``span`` pass, waking each sleeper at its time."""
        target = self._elapsed + span
        await self._settled()
        while self._sleepers and self._sleepers[0][0] <= target:
            moment, _, future = heapq.heappop(self._sleepers)
            if future.done():
                continue
            self._move(moment)
            future.set_result(None)
            await self._settled()
        self._move(target)
        await self._settled()

    def jump(self, span: timedelta) -> None:
        """Move the wall clock alone, as a person or a time server does: sleepers take no notice."""
        self._now += span

    def _move(self, elapsed: timedelta) -> None:
        self._now += elapsed - self._elapsed
        self._elapsed = elapsed


class FakeRandomness:
    """Chance without chance: counted bytes, and the middle of every range."""

    def __init__(self) -> None:
        self._count = 0

    def token_bytes(self, count: int) -> bytes:
        self._count += 1
        return self._count.to_bytes(2, "big").rjust(count, b"\x5a")

    def uniform(self, low: float, high: float) -> float:
        return (low + high) / 2


class FakeFolderWatch:
    """Tells of changes when the test does; follows nothing where it is not ``able``."""

    def __init__(self, *, able: bool = True) -> None:
        self.able, self.is_shared = able, False
        self.tell: Callable[[], None] = lambda: None
        self.followed: frozenset[Path] = frozenset()
        self.closed = False

    async def follow(self, folders: Collection[Path], tell: Callable[[], None]) -> bool:
        self.tell, self.followed = tell, frozenset(folders)
        return self.able

    def close(self) -> None:
        self.closed = True


class MemoryStore:
    """An account store in memory."""

    def __init__(self, kind: StoreKind = StoreKind.VAULT, *credentials: Credential) -> None:
        self.kind = kind
        self.held = {c.key: c for c in credentials}
        self.fault: StoreError | None = None
        self.saves = 0
        self.changed_by_others = False
        self.asked: list[bool] = []
        """Of each load, whether a person waited for it."""
        self.watched: tuple[Path, ...] | None = None

    async def load(self, *, asks: bool = False) -> StoreContents:
        self.asked.append(asks)
        if self.fault is not None:
            return StoreContents(problem=self.fault.problem)
        return StoreContents(found=tuple(self._stored(c) for c in self.held.values()))

    async def read(self, key: AccountKey) -> StoredCredential | None:
        self._fail()
        return self._stored(self.held[key]) if key in self.held else None

    async def glance(self, key: AccountKey) -> StoredCredential | None:
        return await self.read(key)

    async def check_writable(self, key: AccountKey) -> None:
        del key
        self._fail()

    async def save(self, credential: Credential, replaces: AccountKey | None = None) -> StoredCredential:
        self._fail()
        self.saves += 1
        self.held[credential.key] = credential
        if replaces is not None and replaces != credential.key:
            self.held.pop(replaces, None)
        return self._stored(credential)

    async def remove(self, key: AccountKey) -> None:
        self._fail()
        self.held.pop(key, None)

    async def changed(self) -> bool:
        return self.changed_by_others

    def folders(self) -> tuple[Path, ...] | None:
        return self.watched

    def _stored(self, credential: Credential) -> StoredCredential:
        return StoredCredential(credential=credential, store=self.kind)

    def _fail(self) -> None:
        if self.fault is not None:
            raise self.fault


class ScriptedService:
    """Both services: answers what the test laid down, the last answer again and again."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer | Exception]] = {}
        self.asked: list[tuple[str, str]] = []

    def answer(self, name: str, *answers: Answer | Exception) -> None:
        self.answers[name] = list(answers)

    def count(self, name: str) -> int:
        return sum(1 for asked, _ in self.asked if asked == name)

    def _next(self, name: str, about: str) -> Answer:
        self.asked.append((name, about))
        script = self.answers[name]
        found = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(found, Exception):
            raise found
        return found

    async def reach(self) -> None:
        if "reach" in self.answers:
            self._next("reach", "")

    async def exchange(self, code: Secret, verifier: Secret, redirect_uri: str) -> Answer:
        del verifier
        return self._next("exchange", f"{code.fingerprint} {redirect_uri}")

    async def refresh(self, refresh_token: Secret, arrived: Callable[[bytes], None]) -> Answer:
        del arrived
        return self._next("refresh", refresh_token.fingerprint)

    async def revoke(self, refresh_token: Secret) -> Answer:
        return self._next("revoke", refresh_token.fingerprint)

    async def device_start(self) -> Answer:
        return self._next("device_start", "")

    async def device_poll(self, device_auth_id: Secret, user_code: str) -> Answer:
        return self._next("device_poll", f"{device_auth_id.fingerprint} {user_code}")

    async def usage(self, credential: Credential) -> Answer:
        return self._next("usage", credential.access_token.fingerprint)

    async def token_owner(self, token: Secret) -> Answer:
        return self._next("token_owner", token.fingerprint)

    async def reset_credits(self, credential: Credential) -> Answer:
        return self._next("reset_credits", credential.access_token.fingerprint)

    async def models(self, credential: Credential) -> Answer:
        return self._next("models", credential.access_token.fingerprint)

    async def workspace(self, credential: Credential) -> Answer:
        # Most accounts belong to no workspace that is tied to a region.
        if "workspace" not in self.answers:
            return Answer(200, {}, b"{}")
        return self._next("workspace", credential.access_token.fingerprint)

    async def try_model(self, credential: Credential, model: str, route: WorkspaceRoute) -> Answer:
        where = "".join(f" {part}" for part in (route.origin, route.override) if part)
        return self._next("try_model", f"{credential.access_token.fingerprint} {model}{where}")


class FakeCallback:
    """A listener's open end: the test plays the browser with ``come_back``."""

    def __init__(self, port: int, state: Secret) -> None:
        self.port = port
        self.redirect_uri = f"http://localhost:{port}/auth/callback"
        self.state = state
        self._answer: asyncio.Future[Callback] = asyncio.get_running_loop().create_future()

    async def wait(self) -> Callback:
        return await asyncio.shield(self._answer)

    def come_back(self, callback: Callback) -> None:
        if not self._answer.done():
            self._answer.set_result(callback)


class FakeListener:
    """Opens on port 1455, or fails as told."""

    def __init__(self) -> None:
        self.opened: list[FakeCallback] = []
        self.now_open = 0
        self.fault: Exception | None = None

    @asynccontextmanager
    async def open(self, state: Secret) -> AsyncGenerator[OpenCallback]:
        if self.fault is not None:
            raise self.fault
        callback = FakeCallback(1455, state)
        self.opened.append(callback)
        self.now_open += 1
        try:
            yield callback
        finally:
            self.now_open -= 1


class FakeBrowser:
    """Remembers what it was told to open."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.fault: Exception | None = None

    async def open(self, address: str) -> None:
        if self.fault is not None:
            raise self.fault
        self.opened.append(address)


class FakeNotifier:
    """Remembers what was shown; ``press`` is the person."""

    def __init__(self) -> None:
        self.shown: list[Notification] = []
        self.withdrawn: list[str] = []
        self.closed = False
        self.may_show = True
        self.settings_opened = 0
        self._handlers: list[Callable[[str], None]] = []

    async def show(self, notification: Notification, on_action: Callable[[str], None]) -> bool:
        self.shown.append(notification)
        self._handlers.append(on_action)
        return self.may_show

    async def allowed(self) -> bool | None:
        return self.may_show

    async def open_settings(self) -> None:
        self.settings_opened += 1

    async def withdraw(self, tag: str) -> None:
        self.withdrawn.append(tag)

    async def close(self) -> None:
        self.closed = True

    def press(self, number: int, action: str) -> None:
        self._handlers[number](action)


class FakeSettingsFile:
    """Keeps the settings in memory, or fails as told."""

    def __init__(self) -> None:
        self.saved: Settings | None = None
        self.fault: Exception | None = None

    async def change(
        self, change: SettingsPatch, base: Settings, check: Callable[[Settings], Awaitable[None]]
    ) -> Settings:
        after = change.applied_to(self.saved or base)
        await check(after)
        if self.fault is not None:
            raise self.fault
        self.saved = after
        return after


class FakeReleaseFeed:
    """Publishes what the test says, or fails as told, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.answer: Answer | Exception = Answer(404, {}, b"{}")

    def publish(self, tag: str, notes: str = "") -> None:
        self.answer = Answer(200, {}, msgspec.json.encode({"tag_name": tag, "body": notes}))

    async def latest_release(self) -> Answer:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class FakeStatusPage:
    """Names the incident that the test says, or fails as told, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.answer: Answer | Exception = Answer(200, {}, b'{"status": {"indicator": "none"}}')

    def report(self, description: str) -> None:
        body = {"status": {"indicator": "major", "description": description}}
        self.answer = Answer(200, {}, msgspec.json.encode(body))

    async def service_status(self) -> Answer:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class MemoryUpdateFile:
    """Remembers the last check in memory, or fails as told."""

    def __init__(self) -> None:
        self.memory = UpdateMemory()
        self.fault: ProbeError | None = None

    async def load(self) -> UpdateMemory:
        return self.memory

    async def save(self, memory: UpdateMemory) -> None:
        if self.fault is not None:
            raise self.fault
        self.memory = memory


def problem_kind(problem: Problem | None) -> type[ProbeError] | None:
    """The kind of a problem, None when there is none."""
    return None if problem is None else problem.kind


class MemoryOfTokens:
    """Remembers outcomes."""

    def __init__(self) -> None:
        self.known: dict[str, TokenOutcome] = {}

    async def recall(self, fingerprint: str) -> TokenOutcome | None:
        return self.known.get(fingerprint)

    async def glance(self, fingerprint: str) -> TokenOutcome | None:
        return await self.recall(fingerprint)

    async def recall_all(self, fingerprints: Sequence[str]) -> Sequence[TokenOutcome | ReadError | None]:
        return [self.known.get(fingerprint) for fingerprint in fingerprints]

    async def remember(self, fingerprint: str, outcome: TokenOutcome) -> None:
        self.known[fingerprint] = outcome


class MemoryTally:
    """How renewals ended, in memory."""

    def __init__(self) -> None:
        self.known = Tally()

    async def load(self) -> Tally:
        return self.known

    async def change(self, step: Callable[[Tally], Tally]) -> Tally:
        self.known = step(self.known)
        return self.known


class NoTokenLocks:
    """Locks of a computer on which nobody else has the same refresh token."""

    @asynccontextmanager
    async def hold_token(self, fingerprint: str) -> AsyncGenerator[None]:
        del fingerprint
        yield


class FakeHookRunner:
    """Implements ``HookRunner``: keeps what was run, and fails where the test says so."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, bytes]] = []
        self.failure: HookFailedError | None = None
        self.gate: asyncio.Event | None = None

    async def run(self, program: str, event: bytes) -> None:
        self.ran.append((program, event))
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
