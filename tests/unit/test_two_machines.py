"""Two computers that share one table: the tray's own wiring on each, over the simulated service."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from probe_tray.adapters.files.app_folders import AppFolders
from probe_tray.adapters.files.safe_files import make_private_folder
from probe_tray.adapters.system import SystemClock
from probe_tray.core.commands import Renew, SyncNow
from probe_tray.core.errors import SyncKeyError
from probe_tray.core.polling.situation import Sensed, Situation
from probe_tray.core.service.service import OFFICIAL
from probe_tray.core.state import AppState
from probe_tray.core.sync.rows import StepKind
from probe_tray.demo import DemoLogin, DemoService
from probe_tray.demo.table import PUBLISHABLE_KEY
from probe_tray.demo.table_seed import DEMO_KEY, put_login
from probe_tray.engine.runtime import Engine
from tests.support.fakes import problem_kind
from tests.support.patience import PATIENCE
from tests.support.programs import wired_tray

EMAIL = "ana@example.com"


class SharedTable:
    """The service, its table, and a clock that jumps: tokens of two renewals are never of the same second."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        self.service = DemoService(now=lambda: SystemClock().now() + self.ahead)

    def later(self) -> None:
        self.ahead += timedelta(seconds=20)


class Still:
    """A machine about which there is nothing to say."""

    def __init__(self, _metered: object) -> None:
        pass

    async def look(self) -> Sensed:
        return Sensed(situation=Situation(), network="home")

    async def follow(self, _tell: object) -> bool:
        return False

    def close(self) -> None:
        """Nothing is followed."""


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Iterator[SharedTable]:
    monkeypatch.setattr("probe_tray.engine_factory.SystemMonitor", Still)
    found = SharedTable()
    with found.service:
        yield found


class Computer:
    """One machine that keeps its logins in a folder."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder

    async def until(self, true: Callable[[AppState], bool]) -> None:
        changed = asyncio.Event()
        stop = self.engine.subscribe(changed.set)
        try:
            async with asyncio.timeout(PATIENCE):
                while not true(self.engine.state):
                    changed.clear()
                    await changed.wait()
        finally:
            stop()

    async def sync(self) -> dict[str, StepKind]:
        before = self.engine.state.sync.report
        self.engine.send(SyncNow())
        await self.until(lambda state: not state.sync.running and state.sync.report is not before)
        report = self.engine.state.sync.report
        assert report is not None
        assert report.problem is None
        return {item.who: item.kind for item in report.items}

    async def renew(self) -> None:
        account = self.engine.state.accounts[0]
        old = account.renewal.last_at
        self.engine.send(Renew(account.key))
        await self.until(lambda state: state.accounts[0].renewal.last_at not in {None, old})
        assert self.engine.state.accounts[0].renewal.problem is None

    def tokens(self) -> tuple[str, str]:
        (path,) = self.folder.glob("*.json")
        found = json.loads(path.read_text("utf-8"))
        return found["access_token"], found["refresh_token"]


@asynccontextmanager
async def computer(home: Path, service: DemoService, login: DemoLogin | None = None) -> AsyncGenerator[Computer]:
    places = AppFolders(config_file=home / "config.json", data_folder=home / "data", codex_home=home / "codex")
    folder = home / "logins"
    make_private_folder(folder)
    there = service.addresses
    config = {
        "storage": "folder",
        "sync_dir": str(folder),
        "sync_url": there.table,
        "sync_api_key": PUBLISHABLE_KEY,
        "sync_aes_gcm_key": DEMO_KEY,
        "poll_minutes": 0,
        "auto_renew": False,
        "renewed_alerts": False,
    }
    places.config_file.write_text(json.dumps(config), "utf-8")
    if login is not None:
        (folder / "mine.json").write_text(json.dumps(_file(login)), "utf-8")
    simulated = msgspec.structs.replace(OFFICIAL, issuer=there.issuer, backend=there.backend)
    wired = wired_tray(simulated, places=places)
    running = asyncio.create_task(wired.engine.run())
    try:
        made = Computer(wired.engine, folder)
        await made.until(lambda state: state.loaded and state.sync.setup.ready)
        yield made
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await wired.client.aclose()


async def test_a_renewal_on_one_computer_arrives_on_the_other(shared: SharedTable, tmp_path: Path) -> None:
    service, login = shared.service, shared.service.issue_login(EMAIL)
    async with computer(tmp_path / "a", service, login) as first, computer(tmp_path / "b", service) as second:
        assert await first.sync() == {EMAIL: StepKind.UPLOAD_NEW}
        assert await second.sync() == {EMAIL: StepKind.RESTORE}
        assert second.tokens() == first.tokens()
        assert [path.name for path in second.folder.iterdir()] == [f"{EMAIL}.json"]

        shared.later()
        await first.renew()
        assert first.tokens()[0] != login.access_token
        assert await first.sync() == {EMAIL: StepKind.SAME}, "the renewal itself has written the row"
        assert await second.sync() == {EMAIL: StepKind.ADOPT}
        assert second.tokens() == first.tokens()
        await second.until(lambda state: bool(state.accounts))

        shared.later()
        await second.renew()
        assert service.is_live(second.tokens()[1])
        assert await second.sync() == {EMAIL: StepKind.SAME}
        assert await first.sync() == {EMAIL: StepKind.ADOPT}
        assert second.tokens() == first.tokens()
        assert await first.sync() == {EMAIL: StepKind.SAME}
    assert service.violations == ()
    assert login.refresh_token not in json.dumps([row.as_mapping() for row in service.table.rows])


async def test_what_another_key_wrote_stays_until_a_person_lets_it_be_overwritten(
    shared: SharedTable, tmp_path: Path
) -> None:
    service = shared.service
    foreign, own = service.issue_login("lee@studio.example"), service.issue_login(EMAIL)
    put_login(service, foreign, key="07" * 32)
    put_login(service, service.issue_login("mia@laptop.example"))
    async with computer(tmp_path / "a", service, foreign) as here:
        (here.folder / "own.json").write_text(json.dumps(_file(own)), "utf-8")
        before = service.table.row(foreign.account_id)
        done = await here.sync()
        assert done["lee@studio.example"] is StepKind.UNDECRYPTABLE
        assert done["mia@laptop.example"] is StepKind.RESTORE
        assert service.table.row(foreign.account_id) == before
        here.engine.send(SyncNow(overwrite=frozenset({foreign.account_id})))
        await here.until(lambda state: state.sync.report is not None and state.sync.report.refused == 0)
        assert service.table.row(foreign.account_id) != before


async def test_with_another_key_nothing_is_changed_until_a_person_gives_the_old_one_up(
    shared: SharedTable, tmp_path: Path
) -> None:
    service, login = shared.service, shared.service.issue_login(EMAIL)
    put_login(service, login, key="07" * 32)
    put_login(service, service.issue_login("mia@laptop.example"), key="07" * 32)
    before = service.table.rows
    async with computer(tmp_path / "a", service, login) as here:
        here.engine.send(SyncNow())
        await here.until(lambda state: state.sync.report is not None and not state.sync.running)
        assert here.engine.state.sync.report is not None
        assert problem_kind(here.engine.state.sync.report.problem) == SyncKeyError
        assert service.table.rows == before
        here.engine.send(SyncNow(overwrite=frozenset({login.account_id})))
        await here.until(lambda state: state.sync.report is not None and state.sync.report.problem is None)
        assert await here.sync() == {EMAIL: StepKind.SAME, "mia@laptop.example": StepKind.UNDECRYPTABLE}


def _file(login: DemoLogin) -> dict[str, str]:
    return {
        "id_token": login.id_token,
        "access_token": login.access_token,
        "refresh_token": login.refresh_token,
        "account_id": login.account_id,
        "last_refresh": "2026-11-22T08:00:00+00:00",
        "email": login.email,
        "type": "codex",
        "expired": login.expires_at.replace(microsecond=0).isoformat(),
    }
