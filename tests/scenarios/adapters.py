"""The body with the program's own adapters, on a real disk and against the simulated service over real sockets."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from msgspec.structs import replace

from probe_tray.adapters.desktop.browser import SystemBrowser
from probe_tray.adapters.desktop.notifier import DesktopNotifier
from probe_tray.adapters.desktop.power import SystemMonitor
from probe_tray.adapters.files.app_folders import user_places
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.http.client import ServiceClient
from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.keyring import key_store
from probe_tray.adapters.keyring.key_store import KEY_USER, OsKeyStore, os_key_store
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.logins.sealer import VaultKey
from probe_tray.adapters.logins.vault import VaultStore
from probe_tray.adapters.system import SystemClock, SystemRandomness
from probe_tray.core.account.credential import Credential, make_credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.service.service import OFFICIAL
from probe_tray.demo import DemoLogin, DemoService
from probe_tray.demo.messages import Role
from probe_tray.demo.people import person as demo_person
from probe_tray.demo.people import personal
from probe_tray.demo.shapes import FIVE_HOURS, WEEK, Plan, Shape, SimulatedWindow
from probe_tray.engine.runtime import Engine
from tests.scenarios.driver import Driver
from tests.support.fakes import FakeBrowser, settle
from tests.support.keyrings import GoodBackend
from tests.support.patience import PATIENCE
from tests.support.ports import free_ports
from tests.support.programs import NO_DESKTOP, wired_tray
from tests.unit.demo.client import hidden
from tests.unit.engine.bench import PlainSense

_PAUSE, _LONGEST = 0.001, PATIENCE
_PORTS: dict[type, tuple[str, ...]] = {
    SystemClock: ("now", "monotonic", "sleep"),
    SystemRandomness: ("token_bytes", "uniform"),
    DesktopNotifier: ("show",),
    SystemBrowser: ("open",),
    SystemMonitor: ("look", "follow", "close"),
}
_WINDOWS = (SimulatedWindow(FIVE_HOURS, 10, 0.4), SimulatedWindow(WEEK, 10, 0.3))


class Adapters(Driver):
    """What it keeps lies in the test's home. Keyring, browser, notifications and the machine's power are doubles."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(self._settle)
        self._monkeypatch = monkeypatch
        self._under_way = 0
        self._browser, sense, backend = FakeBrowser(), PlainSense(), GoodBackend()
        # By class and not by place: whoever makes one of these gets the test's.
        for owner, double in (
            (SystemClock, self.clock),
            (SystemRandomness, self.randomness),
            (DesktopNotifier, self.notifier),
            (SystemBrowser, self._browser),
            (SystemMonitor, sense),
        ):
            for name in _PORTS[owner]:
                monkeypatch.setattr(owner, name, _instead(getattr(double, name)))
        self._choose_keyring = lambda: backend
        monkeypatch.setattr(key_store, "may_prompt", _asks_nobody)
        self._watch(OsKeyStore, "read", "write", "read_entry")
        self._watch(ServiceClient, "exchange", "refresh", "revoke", "usage", "reset_credits")
        people = [
            demo_person(a, personal(a, Plan.PLUS, Shape(windows=_WINDOWS))) for a in map(_address, ("ana", "ben"))
        ]
        user_places().codex_home.mkdir(mode=0o700)
        self._service = DemoService(people=people, now=self.clock.now, port=free_ports(len(Role))[0])
        self._addresses = self._service.start()

    def close(self) -> None:
        self._service.stop()

    def set_used(self, person: str, *, short: int, weekly: int) -> None:
        self._service.set_used(_address(person), {FIVE_HOURS: short, WEEK: weekly})

    def end_login(self, person: str) -> None:
        self._service.end_logins(_address(person))

    def go_offline(self) -> None:
        self._service.stop()

    def go_online(self) -> None:
        self._service.start()

    def renewals(self, person: str) -> int:
        account = next(p for p in self._service.people if p.email == _address(person)).workspaces[0].account_id
        return self._service.count("/oauth/token", grant="refresh_token", status=200, account=account)

    def faults(self) -> Sequence[str]:
        return [violation.problem for violation in self._service.violations]

    async def is_kept(self, person: str) -> bool:
        kept = [login.refresh_token for login in await self._logins() if login.email == _address(person)]
        return any(token is not None and self._service.is_live(token.reveal()) for token in kept)

    async def in_codex(self) -> Sequence[str]:
        found: str = json.loads(user_places().official_login.read_bytes())["tokens"]["access_token"]
        return [login.email for login in await self._logins() if login.access_token.reveal() == found]

    async def _logins(self) -> list[Credential]:
        places = user_places()
        contents = await VaultStore(
            places.vault,
            VaultKey(
                os_key_store(KEY_USER, self._choose_keyring, KnownSecrets().add), FileLocks(places.locks), lambda: True
            ),
            disk=Disk(),
        ).load()
        assert contents.problem is None
        return [stored.credential for stored in contents.found]

    def issue_login(self, person: str, lives: timedelta) -> Credential:
        return _credential(self._service.issue_login(_address(person), lifetime=round(lives.total_seconds())))

    async def agree(self, person: str) -> None:
        await asyncio.to_thread(_agree, self._browser.opened[-1], _address(person))

    @asynccontextmanager
    async def built(self) -> AsyncGenerator[Engine]:
        self._watch_threads()
        service = replace(OFFICIAL, issuer=self._addresses.issuer, backend=self._addresses.backend)
        desktop = replace(NO_DESKTOP, press=self.press)
        wired = wired_tray(service, samples=self.given, desktop=desktop, choose_keyring=self._choose_keyring)
        try:
            yield wired.engine
        finally:
            await wired.client.aclose()

    def _watch(self, owner: type, *names: str) -> None:
        """Know of these calls for as long as they last."""
        for name in names:
            self._monkeypatch.setattr(owner, name, self._noted(getattr(owner, name)))

    def _noted(self, call: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
        async def noted(*given: object, **more: object) -> object:
            self._under_way += 1
            try:
                return await call(*given, **more)
            finally:
                self._under_way -= 1

        return noted

    def _watch_threads(self) -> None:
        loop = asyncio.get_running_loop()
        begin = loop.run_in_executor

        def noted(executor: Executor | None, work: Callable[..., object], *given: object) -> asyncio.Future[object]:
            future = begin(executor, work, *given)
            self._under_way += 1
            future.add_done_callback(self._ended)
            return future

        self._monkeypatch.setattr(loop, "run_in_executor", noted)

    def _ended(self, _future: asyncio.Future[object]) -> None:
        self._under_way -= 1

    async def _settle(self) -> None:
        # No time passes for the program while a thread, the keyring or the service works for it.
        async with asyncio.timeout(_LONGEST):
            await settle()
            while self._under_way:
                await asyncio.sleep(_PAUSE)
                await settle()


def _instead(call: Callable[..., object]) -> Callable[..., object]:
    def called(_owner: object, *given: object) -> object:
        return call(*given)

    return called


def _asks_nobody(_backend: object) -> bool:
    return False


def _address(person: str) -> str:
    return f"{person}@example.com"


def _credential(login: DemoLogin) -> Credential:
    made = make_credential(
        access_token=Secret(login.access_token),
        refresh_token=Secret(login.refresh_token),
        id_token=Secret(login.id_token),
        expired=login.expires_at,
        made_here=True,
    )
    assert made is not None
    return made


def _agree(page: str, email: str) -> None:
    """Be the browser: from the sign-in page over the consent to the last page, which the program shows."""
    with httpx.Client(trust_env=False, timeout=PATIENCE) as browser:
        asked = browser.get(page)
        answered = browser.post(
            httpx.URL(page).join("/consent"), data={"ticket": hidden(asked, "ticket"), "email": email}
        )
        assert browser.get(answered.headers["location"], follow_redirects=True).is_success
