"""What only the tray app's own wiring can show: that its parts hear of each other."""

import asyncio
import os
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from probe_tray.adapters.files.app_folders import ProgramFiles, user_places
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.logins.sealer import FolderSealer, VaultKey
from probe_tray.adapters.system import SystemClock
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import ClockError, ProbeError
from probe_tray.core.service.service import OFFICIAL, RELEASES_PATH
from probe_tray.core.settings import Settings
from probe_tray.core.state import AppState
from probe_tray.core.update.release import parse_release
from probe_tray.demo import DemoService
from probe_tray.engine.account.accounts import Accounts, nothing_remembered
from probe_tray.engine.store import Store
from probe_tray.engine_factory import Wired
from probe_tray.wiring import make_codex
from tests.support.fakes import problem_kind, settle
from tests.support.keyrings import FakeKeyStore
from tests.support.patience import PATIENCE
from tests.support.programs import wired_tray
from tests.support.tokens import credential
from tests.unit.engine.bench import running


@pytest.fixture
def three_hours_ahead() -> Iterator[DemoService]:
    with DemoService(now=lambda: SystemClock().now() + timedelta(hours=3)) as service:
        yield service


class EmptyKeyring:
    """Implements ``KeyringEntries``."""

    async def read_entry(self, service: str, user: str, *, silently: bool = False) -> Secret | None:
        del service, user, silently

    async def write_entry(self, service: str, user: str, value: Secret, *, silently: bool = False) -> None:
        raise NotImplementedError


@asynccontextmanager
async def wired(service: DemoService, known: KnownSecrets, *samples: Credential) -> AsyncGenerator[Wired]:
    there = service.addresses
    simulated = msgspec.structs.replace(OFFICIAL, issuer=there.issuer, backend=there.backend, releases=there.releases)
    made = wired_tray(simulated, samples=samples, known=known)
    try:
        yield made
    finally:
        await made.client.aclose()


async def test_a_wrong_clock_is_told_in_the_tray_once(three_hours_ahead: DemoService) -> None:
    async with wired(three_hours_ahead, KnownSecrets()) as tray:
        told: list[type[ProbeError] | None] = []
        tray.engine.subscribe(lambda: told.append(problem_kind(tray.engine.state.trouble)))
        for _ in range(3):
            await tray.client.usage(credential())
            await settle()
    assert told == [ClockError]


async def test_a_login_that_is_kept_in_the_folder_is_known_to_be_made_here(
    three_hours_ahead: DemoService, tmp_path: Path
) -> None:
    config = user_places().config_file
    config.parent.mkdir(parents=True)
    (tmp_path / "shared").mkdir()
    config.write_bytes(msgspec.json.encode({"sync_dir": str(tmp_path / "shared"), "storage": "folder"}))
    async with wired(three_hours_ahead, KnownSecrets(), credential()) as tray:
        there = asyncio.Event()
        tray.engine.subscribe(lambda: there.set() if tray.engine.state.accounts else None)
        async with running(tray.engine.run()):
            await asyncio.wait_for(there.wait(), PATIENCE)
        (account,) = tray.engine.state.accounts
    assert (account.stores, account.revocable) == ((StoreKind.FOLDER,), True)


async def test_no_network_drive_holds_up_the_program_for_a_home_of_codex(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = ProgramFiles(places=user_places(), locks=FileLocks(tmp_path / "locks"), disk=Disk())
    store, sealer = Store(AppState()), FolderSealer(VaultKey(FakeKeyStore(), files.locks, lambda: False))
    accounts = Accounts((), store, nothing_remembered)
    threads, realpath = set[threading.Thread](), os.path.realpath

    def seen(path: str) -> str:
        threads.add(threading.current_thread())
        return realpath(path)

    monkeypatch.setattr(os.path, "realpath", seen)
    codex = make_codex(accounts, files, EmptyKeyring(), sealer, store.dispatch)
    homes = await codex.homes(Settings(codex_homes=(str(tmp_path / "one"),)))
    named = await codex.home_at(str(tmp_path / "two"))
    await codex.placements.look([*homes, named])
    await codex.processes.running(named.home)
    assert threads
    assert threading.main_thread() not in threads


async def test_what_the_tray_sends_is_known_to_its_log(three_hours_ahead: DemoService) -> None:
    known = KnownSecrets()
    async with wired(three_hours_ahead, known) as tray:
        await tray.client.usage(credential())
    assert credential().access_token in known()


async def test_new_versions_are_asked_for_where_the_service_says(three_hours_ahead: DemoService) -> None:
    async with wired(three_hours_ahead, KnownSecrets()) as tray:
        found = parse_release((await tray.client.latest_release()).body)
    assert found is not None
    assert three_hours_ahead.count(RELEASES_PATH) == 1
