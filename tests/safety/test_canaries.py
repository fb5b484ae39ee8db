"""Hundreds of secrets go through every path at debug level, and none is seen outside the stores."""

import asyncio
import gc
import json
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from probe_tray.adapters.callback.listener import LoopbackListener
from probe_tray.adapters.files.alert_memory import FileAlertMemory
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.http.client import ServiceClient
from probe_tray.adapters.http.jwt_id_token_check import JwtIdTokenCheck
from probe_tray.adapters.hygiene import KnownSecrets, Redactor, configure_logging, log_loop_failure
from probe_tray.adapters.journal.journal import FileJournal
from probe_tray.adapters.journal.renewal_memory import FileRenewalMemory
from probe_tray.adapters.keyring.backends import TrustedBackend
from probe_tray.adapters.keyring.key_store import OsKeyStore, without_questions
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.logins.sealer import FolderSealer, VaultKey
from probe_tray.adapters.logins.vault import VaultStore, record_files
from probe_tray.adapters.proxy.proxy import detect_proxy
from probe_tray.adapters.system import SystemClock
from probe_tray.adapters.systems.operating_system import SystemProxies
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from probe_tray.core.alerts.alert import Alert
from probe_tray.core.errors import ProbeError, Problem
from probe_tray.core.renewal.policy import Reason
from probe_tray.core.renewal.request import RenewalRequest
from probe_tray.core.service.service import Service
from probe_tray.core.settings import Settings
from probe_tray.core.state import AppState, Way
from probe_tray.demo import DemoService
from probe_tray.engine.account.accounts import Accounts, nothing_remembered
from probe_tray.engine.alert_service import AlertComposer, AlertService
from probe_tray.engine.login.browser_login import BrowserLogin
from probe_tray.engine.login.code_exchange import CodeExchange
from probe_tray.engine.login.login_runner import LoginRunner
from probe_tray.engine.polling.usage_check import UsageCheck
from probe_tray.engine.renewal.refresh_transaction import RefreshTransaction
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.engine.store import Store
from probe_tray.engine.sync.no_shared_logins import NoSharedLogins
from probe_tray.ports.desktop import Notification
from probe_tray.view.alerts.notifications import notification, still_running, trial
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from tests.command.bench import Bench
from tests.safety.canaries import ECHOES, MARK, Canaries, EchoService, granting, leaks
from tests.support.fakes import FakeNotifier, MemoryTally, NoTokenLocks, settle
from tests.support.keyrings import DeniedBackend, GoodBackend, LockedBackend, LyingBackend
from tests.support.mitm import Mitm
from tests.support.patience import PATIENCE
from tests.support.stores import folder_store
from tests.unit.adapters.callback.callback_bench import ask, get

BLUNDERS = 30
FORCED = RenewalRequest(days=3, reason=Reason.FORCED)
ONCE = Settings(auto_renew=False)


class HastyClock:
    """Wastes no time between two tries."""

    def __init__(self) -> None:
        self.now = SystemClock().now
        self.monotonic = SystemClock().monotonic

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds if seconds >= 10 else 0)


class Browser:
    """A person's browser, which goes where ``visit`` says."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.visit: Callable[[str, str], None] = lambda _state, _redirect: None

    async def open(self, address: str) -> None:
        self.opened.append(address)
        query = parse_qs(urlsplit(address).query)
        self.visit(query["state"][0], query["redirect_uri"][0])


class Programs:
    """What outlives a run of the program: folders, the keyring, the service."""

    def __init__(self, folder: Path, service: EchoService) -> None:
        self.data, self.shared = folder / "data", folder / "shared"
        self.shared.mkdir(mode=0o700, parents=True)
        self.service, self.canaries, self.known = service, Canaries(), KnownSecrets()
        self.browser, self.backend = Browser(), GoodBackend()
        self.notified: list[str] = []
        self.shown: list[bytes | str] = []
        """What came to light in any way."""


class Run:
    """One run of the program, with the real adapters."""

    def __init__(self, programs: Programs, backend: TrustedBackend | None = None) -> None:
        data, known, clock = programs.data, programs.known, HastyClock()
        self.programs, self.clock = programs, clock
        locks = FileLocks(data / "locks")
        keyring = OsKeyStore(
            choose=lambda: backend or programs.backend,
            asks=lambda _: False,
            silence=without_questions,
            handles=known.add,
            patience=PATIENCE,
        )
        key = VaultKey(keyring, locks, lambda: bool(record_files(data / "vault")))
        self.store = Store(AppState())
        self.accounts = Accounts(
            (VaultStore(data / "vault", key, disk=Disk()), folder_store(programs.shared)),
            self.store,
            nothing_remembered,
        )
        there = Service(issuer=programs.service.url, backend=programs.service.url, ports=(0,))
        self.client = ServiceClient(
            there,
            detect_proxy("", {}, override_name="--proxy", system=SystemProxies),
            {},
            handles=known.add,
            answered=lambda _: None,
        )
        self.journal = FileJournal(data / "journal", FolderSealer(key), disk=Disk())
        transaction = RefreshTransaction(
            self.client,
            self.accounts,
            self.journal,
            FileRenewalMemory(data / "memory", disk=Disk()),
            clock,
            programs.canaries,
            "host",
        )
        self.renewals = Renewals(
            transaction, locks, clock, self.store.dispatch, NoSharedLogins(), MemoryTally(), NoTokenLocks()
        )
        self.listener = LoopbackListener(there)
        chance, browser = programs.canaries, programs.browser
        sign_ins = {
            Way.BROWSER: BrowserLogin(there, self.listener, browser, clock, chance, handles=known.add),
            Way.PASTE: BrowserLogin(there, None, browser, clock, chance, handles=known.add),
        }
        exchange = CodeExchange(there, self.client, JwtIdTokenCheck(there), clock)
        self.login = LoginRunner(sign_ins, exchange, self.accounts, locks, self.store)
        self.asker = UsageCheck(self.client, self.accounts, self.renewals, clock)
        self.store.subscribe(lambda: programs.shown.append(repr(self.store.state)))
        self.notifier, t = FakeNotifier(), Translator()

        def compose(batch: tuple[Alert, ...], state: AppState) -> Notification:
            return notification(batch, state, Now(clock.now(), UTC), t)

        alerting = AlertService(
            self.notifier,
            AlertComposer(compose, lambda: trial(t), lambda: still_running(t)),
            self.store,
            clock,
            FileAlertMemory(data / "alerts.json", disk=Disk()),
            UTC,
            lambda _account, _window: None,
        )
        self._alerting = asyncio.ensure_future(alerting.run(lambda _account, _help: None))
        self._visits: set[asyncio.Task[None]] = set()

    async def sign_in(self, answer: Callable[[str], bytes]) -> AccountKey | None:
        """Through the browser, after a stranger's callback."""
        self.programs.service.replies.append(answer)
        self.programs.browser.visit = self._come_back
        return await self.login.run(None)

    async def paste(self, answer: Callable[[str], bytes]) -> AccountKey | None:
        """By hand, after an address of another login."""

        def pasted(state: str, redirect: str) -> None:
            for its in (self.programs.canaries.opaque(), state):
                self.login.paste(Secret(f" {redirect}?code={self.programs.canaries.opaque()}&state={its}"))

        self.programs.service.replies.append(answer)
        self.programs.browser.visit = pasted
        return await self.login.run(None, Way.PASTE)

    async def fail(self, work: Callable[[], object]) -> None:
        """Do what may fail, and keep all that a person could read of it."""
        try:
            await work()  # pyright: ignore[reportGeneralTypeIssues] - a coroutine of any kind
        except ProbeError as error:
            self.programs.shown += [str(error), repr(error), repr(error.facts), *_words(error.problem)]

    async def close(self) -> None:
        state = self.store.state
        problems = [a.problem for a in state.accounts] + [u.problem for u in state.unreadable]
        problems += [problem for _, problem in state.store_problems] + [
            state.trouble,
            state.login and state.login.problem,
        ]
        for problem in problems:
            self.programs.shown += [] if problem is None else _words(problem)
        await self.accounts.read()
        await settle()
        self._alerting.cancel()
        await asyncio.gather(self._alerting, return_exceptions=True)
        self.programs.notified += map(repr, self.notifier.shown)
        await asyncio.gather(*self._visits)
        await self.listener.closed()
        await self.renewals.close()
        await self.client.aclose()

    def _come_back(self, state: str, redirect: str) -> None:
        self._visits.add(asyncio.ensure_future(self._visit(state, int(urlsplit(redirect).port or 0))))

    async def _visit(self, state: str, port: int) -> None:
        code = self.programs.canaries.opaque
        for query in (f"code={code()}&state={code()}", f"error={code()}", f"code={code()}&state={state}"):
            with suppress(OSError):
                self.programs.shown.append(await ask(port, get(f"/auth/callback?{query}", port)))
        with suppress(OSError):
            self.programs.shown.append(await ask(port, get("/done", port)))


def _words(problem: Problem) -> list[str]:
    return [Translator().title(problem), Translator().hint(problem), repr(problem)]


async def live(programs: Programs, number: int) -> None:
    """One run: logins, polls and renewals that work, and some that fail in this round's way."""
    echo, run, service = ECHOES[number % len(ECHOES)], Run(programs), programs.service
    await run.accounts.read()
    assert await run.sign_in(echo) is None
    key = await run.sign_in(granting(programs.canaries.login()))
    assert key is not None
    person = key.account_id.removeprefix("account-")
    if number % 3 == 0:
        assert await run.paste(granting(programs.canaries.login(person))) == key
    service.replies.append(echo)
    await run.fail(lambda: run.asker.snapshot(key, ONCE))
    service.replies.append(granting(programs.canaries.login(person)))
    await run.renewals.renew(key, FORCED)
    service.replies.append(echo)
    await run.fail(lambda: run.renewals.renew(key, FORCED))
    service.replies.clear()
    await run.close()


async def recover(programs: Programs, key: AccountKey) -> None:
    """A journal that holds the answer of a run that died, read by the next one."""
    died, run = Run(programs), Run(programs)
    stored = await died.accounts.current(key)
    assert stored is not None
    assert stored.credential.refresh_token is not None
    entry = await died.journal.prepare(key, stored.credential.refresh_token.fingerprint, died.clock.now())
    body = granting(programs.canaries.login(key.account_id.removeprefix("account-")))("").partition(b"\r\n\r\n")[2]
    await died.journal.keep_answer(entry, 200, body)
    await run.fail(run.renewals.finish_all)
    for each in (died, run):
        await each.close()


def spoil(programs: Programs) -> None:
    """Files that hold tokens and cannot be read, in both stores."""
    for number, text in enumerate(
        ('{{"access_token": "{0}', '{{"tokens": {{"access_token": ["{0}"]}}}}', "{0}", "[{0}]")
    ):
        for folder in (programs.shared, programs.data / "vault"):
            (folder / f"broken{number}.json").write_text(text.format(programs.canaries.opaque()))
    record = min(record_files(programs.data / "vault"))
    record.write_bytes(record.read_bytes()[:-7])
    for number in range(3):
        login = programs.canaries.login() | {"type": "codex", "account_id": f"folder-{number}"}
        (programs.shared / f"login{number}.json").write_text(json.dumps(login))


def blunder(token: str) -> None:
    """What no program means to do: a token in an exception, wherever one can end up."""

    class Blunt:
        def __del__(self) -> None:
            raise ValueError(f"gone with {token}")

    def fail() -> None:
        try:
            json.loads(f"{{{token}")
        except ValueError as error:
            error.add_note(f"it was {token}")
            raise RuntimeError(f"cannot use {token!r}") from error

    log = logging.getLogger("probe_tray.blunder")
    try:
        fail()
    except RuntimeError as error:
        log.exception("with %s and %r", token, {"token": token})
        asyncio.get_running_loop().call_exception_handler({"message": token, "exception": error})
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    Blunt()
    gc.collect()
    log.debug("%d", token)
    log.debug("tokens %s", [token, token.encode()])


def on_disk(top: Path, *, besides: Path) -> list[bytes | str]:
    """The names and the content of all files, without the content of the folder ``besides``."""
    found: list[bytes | str] = []
    for path in top.rglob("*"):
        found.append(str(path.relative_to(top)))
        # In the vault's folder lie the broken files of this test.
        if path.is_file() and besides not in path.parents and not path.name.startswith("broken"):
            found.append(path.read_bytes())
    return found


@pytest.mark.parametrize(
    ("rounds", "loud"),
    [
        pytest.param(len(ECHOES), False, id="as configured"),
        pytest.param(len(ECHOES), True, id="libraries at debug level too"),
        pytest.param(80, False, id="a thousand secrets", marks=pytest.mark.heavy),
    ],
)
async def test_no_canary_is_seen_outside_the_stores(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], *, rounds: int, loud: bool
) -> None:
    service, log_file = EchoService(), tmp_path / "data" / "probe-tray.log"
    asyncio.get_running_loop().set_exception_handler(log_loop_failure)
    async with service.open():
        programs = Programs(tmp_path, service)
        with configure_logging(logging.DEBUG, log_file, Redactor(programs.known)), caplog.at_level(logging.DEBUG):
            for name in ("httpx", "httpcore", "asyncio", "keyring") if loud else ():
                logging.getLogger(name).setLevel(logging.DEBUG)
            for number in range(rounds):
                await live(programs, number)
            await recover(programs, AccountKey("account-person2", "user-person2"))
            spoil(programs)
            for backend in (GoodBackend(), LockedBackend(), DeniedBackend(), LyingBackend(), programs.backend):
                run = Run(programs, backend)
                await run.accounts.read()
                await run.sign_in(granting(programs.canaries.login()))
                await run.close()
            for secret in programs.known()[-BLUNDERS:]:
                blunder(secret.reveal())
    assert len(programs.canaries.made) >= (1000 if rounds > len(ECHOES) else 200)
    programs.shown += [
        *service.targets,
        *programs.notified,
        *capfd.readouterr(),
        *on_disk(tmp_path, besides=programs.shared),
    ]
    assert programs.notified
    assert "[removed]" in log_file.read_text()
    assert [leak for shown in programs.shown for leak in leaks(shown)] == []
    # The state must be in the address that the browser opens; nothing else may.
    assert [a for a in programs.browser.opened if len(leaks(a)) != 1] == []
    kept = "".join(path.read_text() for path in programs.shared.iterdir())
    assert "login0.json" in {path.name for path in programs.shared.iterdir()}
    assert kept.count(MARK) == 4 + 3 * 3


@pytest.mark.parametrize(
    "asked",
    [
        ("--status", "--json"),
        ("--renew", "-f"),
        ("--renew", "--status", "--output", "out.csv"),
        ("--apitest", "--yes", "--json"),
    ],
    ids=" ".join,
)
def test_the_command_prints_no_canary(tmp_path: Path, home: Path, asked: tuple[str, ...]) -> None:
    canaries, logins, certificates = Canaries(), tmp_path / "logins", tmp_path / "ca"
    for folder in (logins, certificates):
        folder.mkdir(mode=0o700)
    for number in range(8):
        (logins / f"{number}.json").write_text(json.dumps(canaries.login() | {"type": "codex"}))
    (logins / "broken.json").write_text(f'{{"access_token": "{canaries.opaque()}')
    shown: list[bytes | str] = []
    with (
        DemoService() as demo,
        Mitm(demo.addresses, certificates, user="ana", password=canaries.opaque()) as proxy,
    ):
        bench = Bench(demo, proxy, logins, home / ".local" / "share" / "probe-tray")
        for environment in (
            {},
            {"HTTPS_PROXY": f"http://ana:{canaries.opaque()}@127.0.0.1:{urlsplit(proxy.url).port}"},
        ):
            done = bench.run(*asked, logins, **environment)
            shown += [done.stdout, done.stderr]
            assert done.returncode == 1
    shown += on_disk(tmp_path, besides=logins) + on_disk(home, besides=logins)
    assert [leak for each in shown for leak in leaks(each)] == []
