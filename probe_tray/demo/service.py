"""The simulated service as one object: start it, script it, ask it what it saw."""

import asyncio
import contextlib
import os
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from probe_tray.demo.backend import PREFIX, SimulatedBackend
from probe_tray.demo.claims import ACCESS_SECONDS
from probe_tray.demo.device import Devices
from probe_tray.demo.directory import Directory, Enrolled, Seat
from probe_tray.demo.dispatcher import Dispatcher
from probe_tray.demo.fault_plan import FaultPlan
from probe_tray.demo.issuer import Issuer
from probe_tray.demo.ledger import Ledger, LedgerRecord, Violation
from probe_tray.demo.messages import Role
from probe_tray.demo.pending_grants import PendingGrants
from probe_tray.demo.people import DemoPerson, sample_people
from probe_tray.demo.releases import SimulatedReleases
from probe_tray.demo.server import LOOPBACK, Server
from probe_tray.demo.table import SimulatedTable
from probe_tray.demo.table_rows import TableRow
from probe_tray.demo.token_families import DemoLogin, Family, FamilyState, TokenFamilies, TokenReuse
from probe_tray.demo.usage import Moment


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that outlives a run. The signing key signs make-believe tokens only."""

    version: int = 1
    pem: str | None = None
    people: tuple[Enrolled, ...] = ()
    families: tuple[Family, ...] = ()
    rows: tuple[TableRow, ...] = ()
    digests: dict[str, bool] = {}
    """Of the keys that the table lets in, or let in once."""


_SAVED: Final = msgspec.json.Decoder(Saved)


class StateFile:
    """What the service remembers between two runs: one file, 0600, replaced as a whole.

    No token is in it in the clear: only SHA-256 of each living refresh token, and the table's rows, which are sealed.
    """

    def __init__(self, path: Path) -> None:
        """Keep the state at ``path``; its folder must exist."""
        self._path = path
        self._written = b""

    def load(self) -> Saved:
        """What the last run left.

        A file nobody can read is set aside as ``*.broken``, one of a newer version as ``*.newer``, and all begins anew.
        """
        try:
            self._written = self._path.read_bytes()
            saved = _SAVED.decode(self._written)
        except FileNotFoundError:
            return Saved()
        except msgspec.DecodeError:
            self._path.replace(self._path.with_suffix(".broken"))
            return Saved()
        if saved.version > Saved().version:
            self._path.replace(self._path.with_suffix(".newer"))
            return Saved()
        return saved

    def save(self, saved: Saved) -> None:
        """Write what has changed. Raises OSError when that fails; the old file is whole then."""
        data = msgspec.json.encode(saved)
        if data == self._written:
            return
        draft = self._path.with_name(f"{self._path.name}.{secrets.token_hex(6)}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                out.write(data)
            draft.replace(self._path)
        except OSError:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise
        self._written = data


class DemoAddresses(msgspec.Struct, frozen=True):
    """Where the hosts are: put these in place of the real ones."""

    issuer: str
    backend: str
    table: str
    """The project whose table the machines share, as ``sync_url``."""
    releases: str
    """What is asked about new versions of the program."""


def _real_time() -> datetime:
    return datetime.now(UTC)


class DemoService:
    """Issuer, backend, table and releases on loopback, in a thread of their own with their own event loop.

    Every method may be called from any thread. A request which the specification does not know is refused and
    recorded in ``violations``.
    """

    def __init__(
        self,
        *,
        people: Iterable[DemoPerson] | None = None,
        now: Callable[[], datetime] = _real_time,
        time_scale: float = 1.0,
        state_file: Path | None = None,
        port: int = 0,
        reuse: TokenReuse = TokenReuse.ENDS_LOGIN,
        device_login: bool = True,
    ) -> None:
        """Prepare; nothing listens yet.

        ``people`` (default: the three samples) join those of ``state_file``, where earlier runs are remembered. ``now``
        gives aware UTC. Quotas fill ``time_scale`` times as fast as it goes. The issuer takes ``port``, the
        others the next ones; 0 takes free ones. Without ``device_login`` device codes are not enabled.
        """
        self._lock = threading.RLock()
        self._now, self._scale = now, time_scale
        self._port = port
        self._state = StateFile(state_file) if state_file else None
        saved = self._state.load() if self._state else Saved()
        self._directory = Directory(saved.people)
        known = {one.person.user_id for one in saved.people}
        for person in sample_people() if people is None else people:
            if person.user_id not in known:
                self._directory.enrol(person, self._seconds())
        self._logins = TokenFamilies(
            self._directory, self._seconds, families=saved.families, pem=saved.pem, reuse=reuse
        )
        self.faults = FaultPlan()
        self.releases = SimulatedReleases()
        self.table = SimulatedTable(self._lock, saved.rows, saved.digests, now=self._now, changed=self._save)
        """The table that machines share; empty unless an earlier run or the caller has filled it."""
        self._ledger = Ledger()
        self._dispatcher = self._make_dispatcher(device_login=device_login)
        self._thread: threading.Thread | None = None
        self._stop: Callable[[], object] | None = None
        self._addresses: DemoAddresses | None = None

    def start(self) -> DemoAddresses:
        """Listen; returns once every host answers. Raises OSError where the port is taken."""
        started: Future[DemoAddresses] = Future()
        self._thread = threading.Thread(target=self._run, args=(started,), name="probe-tray-demo", daemon=True)
        self._thread.start()
        self._addresses = started.result()
        return self._addresses

    def stop(self) -> None:
        """Cut every connection, stop listening, and wait for the thread to end. What is scripted and recorded stays."""
        if self._stop and self._thread:
            self._stop()
            self._thread.join()
        self._stop = self._thread = self._addresses = None

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    @property
    def addresses(self) -> DemoAddresses:
        """Where it listens. Raises RuntimeError while it does not."""
        if self._addresses is None:
            msg = "the simulated service is not running"
            raise RuntimeError(msg)
        return self._addresses

    @property
    def requests(self) -> tuple[LedgerRecord, ...]:
        """Every request so far, in the order of arrival."""
        return self._ledger.records

    @property
    def violations(self) -> tuple[Violation, ...]:
        """Every request that the specification does not know; a right program leaves this empty."""
        return self._ledger.violations

    @property
    def people(self) -> tuple[DemoPerson, ...]:
        """Everybody who has an account."""
        with self._lock:
            return tuple(one.person for one in self._directory.enrolled)

    @property
    def repeated(self) -> int:
        """How many answers to a renewal were given again."""
        with self._lock:
            return self._logins.repeated

    def count(self, path: str = "", *, method: str = "", status: int = 0, grant: str = "", account: str = "") -> int:
        """How many requests fit everything given: the end of their path, and so on."""
        return self._ledger.count(path, method=method, status=status, grant=grant, account=account)

    def add_person(self, person: DemoPerson) -> None:
        """Give somebody an account, or replace who has the same user id."""
        with self._lock:
            self._directory.enrol(person, self._seconds())
            self._save()

    def issue_login(self, email: str, account_id: str | None = None, *, lifetime: int = ACCESS_SECONDS) -> DemoLogin:
        """A new login without a browser, into the first workspace unless ``account_id`` names another.

        ``lifetime``: seconds that its access token lives.

        An unknown address gets an account, as on the consent page.
        """
        with self._lock:
            login = self._logins.begin(self._seat(email, account_id), lifetime)[1]
            self._save()
            return login

    def make_personal_token(self, email: str, account_id: str | None = None) -> str:
        """A personal access token, as a person makes one in the service's settings."""
        with self._lock:
            return self._logins.make_personal(self._seat(email, account_id))

    def revoke_personal_token(self, token: str) -> None:
        """End one, as a person does there."""
        with self._lock:
            self._logins.revoke_personal(token)

    def renew_elsewhere(self, refresh_token: str) -> DemoLogin:
        """Renew as another program that shares this login would. Raises Refusal where the service refuses it."""
        with self._lock:
            login = self._logins.renew(refresh_token)
            self._save()
            return login

    def end_logins(self, email: str, state: FamilyState = FamilyState.INVALIDATED) -> None:
        """End every login of a person."""
        with self._lock:
            self._logins.end_all(self._seat(email, None).person.user_id, state)
            self._save()

    def is_live(self, refresh_token: str) -> bool:
        """Whether a renewal with this token would succeed now."""
        with self._lock:
            return self._logins.is_live(refresh_token)

    def set_used(self, email: str, used: Mapping[int, float], account_id: str | None = None) -> None:
        """Set what is used of each window (percent, by the window's length in seconds); it moves on from there."""
        with self._lock:
            self._directory.use(self._seat(email, account_id), used, self._moment())
            self._save()

    def set_usage(self, email: str, body: Mapping[str, object] | None, account_id: str | None = None) -> None:
        """Answer this account's usage with exactly ``body`` from now on; None ends that."""
        with self._lock:
            self._directory.answer_with(self._seat(email, account_id), body)

    def approve_device(self, user_code: str, email: str) -> None:
        """Type a device code and agree, as ``email``. Raises KeyError where no such code waits."""
        with self._lock:
            waiting = self._devices.waiting(user_code)
            if waiting is None:
                raise KeyError(user_code)
            self._devices.answer(waiting, self._seat(email, None))
            self._save()

    def _make_dispatcher(self, *, device_login: bool) -> Dispatcher:
        grants = PendingGrants(self._directory, self._logins, self._seconds)
        self._devices = Devices(grants, self._seconds)
        issuer = Issuer(self._directory, self._logins, grants, self._devices, self._seconds, device_login=device_login)
        backend = SimulatedBackend(self._directory, self._logins, self._moment)
        return Dispatcher(
            {
                Role.ISSUER: issuer.routes(),
                Role.BACKEND: backend.routes(),
                Role.TABLE: self.table.routes(),
                Role.RELEASES: self.releases.routes(),
            },
            lock=self._lock,
            faults=self.faults,
            ledger=self._ledger,
            now=self._now,
            account_of=self._account_of,
            changed=self._save,
        )

    def _seconds(self) -> float:
        return self._now().timestamp()

    def _moment(self) -> Moment:
        return Moment(self._seconds(), self._scale)

    def _account_of(self, refresh_token: str) -> str | None:
        family = self._logins.family_of(refresh_token)
        return family.account_id if family else None

    def _seat(self, email: str, account_id: str | None) -> Seat:
        person = self._directory.sign_in(email, self._seconds())
        wanted = account_id or (person.workspaces[0].account_id if person else "")
        seat = self._directory.seat(person.user_id, wanted) if person else None
        if seat is None:
            msg = "no such person or workspace"
            raise KeyError(msg)
        return seat

    def _save(self) -> None:
        if self._state:
            people: tuple[Enrolled, ...] = self._directory.enrolled
            self._state.save(
                Saved(
                    pem=self._logins.pem,
                    people=people,
                    families=self._logins.families,
                    rows=self.table.rows,
                    digests=self.table.keys.digests,
                )
            )

    def _run(self, started: "Future[DemoAddresses]") -> None:
        asyncio.run(self._listen(started))

    async def _listen(self, started: "Future[DemoAddresses]") -> None:
        servers = [Server(role, self._dispatcher) for role in Role]
        try:
            ports = [await server.start(self._port + at if self._port else 0) for at, server in enumerate(servers)]
        except OSError as error:
            for server in servers:
                await server.stop()
            started.set_exception(error)
            return
        loop, enough = asyncio.get_running_loop(), asyncio.Event()
        self._stop = lambda: loop.call_soon_threadsafe(enough.set)
        issuer, backend, table, releases = (f"http://{LOOPBACK}:{port}" for port in ports)
        started.set_result(DemoAddresses(issuer, f"{backend}{PREFIX}", table, releases))
        await enough.wait()
        for server in servers:
            await server.stop()
