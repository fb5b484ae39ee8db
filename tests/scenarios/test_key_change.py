"""What concerns the whole shared table, done in the windows, over the table of the simulated service."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from PySide6.QtWidgets import QApplication, QTreeWidget
from pytestqt.qtbot import QtBot

from probe_tray.adapters.http.table_factory import HttpTableFactory
from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.proxy.proxy import ProxyChoice
from probe_tray.adapters.systems.current import this_desktop
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.commands import RemoveAccount
from probe_tray.core.settings import Settings
from probe_tray.core.state import AppState
from probe_tray.core.sync.rows import StepKind, SyncOptions, SyncReport
from probe_tray.core.sync.setup import SecretPlace, SyncSecrets, SyncTarget
from probe_tray.core.sync.setup_code import read_code
from probe_tray.core.sync.table_key import keys_of, table_digest
from probe_tray.demo import DemoService
from probe_tray.demo.messages import Role
from probe_tray.demo.table import PUBLISHABLE_KEY
from probe_tray.engine.account.accounts import Accounts, nothing_remembered
from probe_tray.engine.store import Store
from probe_tray.ui.question_dialog import QuestionDialog
from probe_tray.ui.settings.settings_dialog import SettingsDialog
from probe_tray.ui.shell import Shell
from probe_tray.ui.sync.key_change_dialog import KeyChangeDialog
from probe_tray.ui.sync.result_dialog import SyncResultDialog
from probe_tray.ui.sync.setup_dialog import SyncSetupDialog
from probe_tray.ui.sync.sync_box import SyncBox
from tests.support.fakes import FakeClock, FakeRandomness, MemoryStore
from tests.support.patience import PATIENCE
from tests.support.ports import free_ports
from tests.support.tokens import credential
from tests.support.widgets import button, buttons, opened, part, press, texts
from tests.unit.engine.bench import TaskLocks
from tests.unit.engine.sync_bench import KEY, SyncBench
from tests.unit.engine.test_runtime import Program
from tests.unit.ui.shell_contexts import shell_context

# The screenless platform has no tray to follow.
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)


def tables() -> HttpTableFactory:
    return HttpTableFactory(ProxyChoice(), {}, handles=KnownSecrets().add)


class Computer:
    """Another computer that syncs by itself."""

    def __init__(self, name: str, url: str, *held: Credential) -> None:
        store = MemoryStore(StoreKind.VAULT, *held)
        accounts = Accounts((store,), Store(AppState()), nothing_remembered)
        self._bench = SyncBench(accounts, TaskLocks(), FakeClock(), FakeRandomness(), tables=tables(), computer=name)
        self.target = SyncTarget(url=url, api_key=Secret(PUBLISHABLE_KEY), key=KEY)

    async def sync(self) -> SyncReport:
        return await self._bench.syncing.run(self.target, SyncOptions())


@pytest.fixture
def service() -> Iterator[DemoService]:
    with DemoService(port=free_ports(len(Role))[0]) as found:
        found.table.keys.digests = {table_digest(KEY): True}
        yield found
        assert found.violations == ()


class Tray(Program):
    """The tray app with its windows, one of three computers."""

    def __init__(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(credential(), settings=Settings(sync_url=url))
        self.sync.secrets.held = SyncSecrets(
            api_key=Secret(PUBLISHABLE_KEY),
            key=KEY,
            api_key_place=SecretPlace.KEYRING,
            key_place=SecretPlace.KEYRING,
        )
        monkeypatch.setattr(self.sync.table, "open", tables().open)

    @asynccontextmanager
    async def shown(self, app: QApplication) -> AsyncGenerator[Shell]:
        around = shell_context(clock=self.clock, desktop=this_desktop())
        async with self.started():
            shell = Shell(app, self.engine, around, lambda: None)
            try:
                yield shell
            finally:
                shell.close()

    @property
    def keys(self) -> tuple[Secret, ...]:
        held = self.sync.secrets.held.key
        assert held is not None
        return keys_of(held)


async def until(holds: Callable[[], bool]) -> None:
    """Let the windows and the table work until it ``holds``."""
    end = asyncio.get_running_loop().time() + PATIENCE
    while not holds():
        said = [texts(window) + buttons(window) for window in QApplication.topLevelWidgets() if window.isVisible()]
        assert asyncio.get_running_loop().time() < end, said
        await asyncio.sleep(0.005)
        QApplication.processEvents()


async def test_the_key_is_changed_and_only_who_was_given_the_new_one_goes_on(
    qtbot: QtBot, qapp: QApplication, service: DemoService, monkeypatch: pytest.MonkeyPatch
) -> None:
    del qtbot
    url = service.addresses.table
    office, laptop = Computer("office-mac", url, credential("bob")), Computer("old-laptop", url, credential("carol"))
    for computer in (office, laptop):
        assert (await computer.sync()).well
    tray = Tray(url, monkeypatch)
    async with tray.shown(qapp) as shell:
        shell.sync()
        await until(lambda: tray.state.sync.report is not None and not tray.state.sync.running)
        shell.show_settings()
        opened(SettingsDialog).reveal("sync_after_renewal")
        part(opened(SettingsDialog), SyncBox).set_up.click()
        press(opened(SyncSetupDialog), "Change key…")
        window = opened(KeyChangeDialog)
        press(window, "Make a new key")
        await until(lambda: "End old key…" in buttons(window))
        new, old = tray.keys
        assert old == KEY
        assert service.table.keys.digests == {table_digest(new): True, table_digest(old): True}

        def known(line: str) -> bool:
            return any(line in text for text in texts(window))

        await until(lambda: known("study-pc: has the new key"))
        assert known("office-mac: not known to have the new key")
        press(window, "Show code")
        await until(lambda: bool(window.code.written.text()))
        office.target = SyncTarget(
            url=url, api_key=office.target.api_key, key=read_code(window.code.written.text()).key
        )
        assert (await office.sync()).well
        assert (await laptop.sync()).well, "who has the old key alone goes on until that ends"
        press(window, "Check again")
        await until(lambda: known("office-mac: has the new key"))
        # Closed and opened again, as after a restart: it goes on where it was.
        window.close()
        press(opened(SyncSetupDialog), "Change key…")
        press(window, "End old key…")
        question = opened(QuestionDialog)
        assert any("old-laptop doesn't seem to have it yet." in text for text in texts(question))
        button(question, "End old key").click()
        await until(lambda: "The key is changed" in texts(window) and len(tray.keys) == 1)
        assert tray.keys == (new,)
        await until(lambda: not tray.state.sync.running)
    assert {digest for digest, admitted in service.table.keys.digests.items() if admitted} == {table_digest(new)}
    report = await office.sync()
    assert {item.kind for item in report.items} <= {StepKind.SAME, StepKind.RESTORE}
    shut_out = await laptop.sync()
    assert shut_out.problem is not None
    assert shut_out.problem.name == "SyncSecretError"


async def test_an_account_that_was_removed_here_is_taken_out_of_the_table_for_all_computers(
    qtbot: QtBot, qapp: QApplication, service: DemoService, monkeypatch: pytest.MonkeyPatch
) -> None:
    del qtbot
    url = service.addresses.table
    office, bob = Computer("office-mac", url, credential("bob")), credential("bob").key
    assert (await office.sync()).well
    tray = Tray(url, monkeypatch)

    def synced() -> bool:
        sync = tray.state.sync
        return sync.report is not None and not sync.running and (sync.change is None or not sync.change.running)

    async with tray.shown(qapp) as shell:
        shell.sync()
        await until(lambda: synced() and tray.state.account(bob) is not None)
        # Ended at the service too it goes at once: there is no time to wait for in which it could be undone.
        tray.engine.send(RemoveAccount(bob, revoke=True))
        await until(lambda: tray.state.account(bob) is None and not tray.state.removing)
        result = opened(SyncResultDialog)
        # The window is drawn after the state has changed.
        await until(lambda: "Sync again" in buttons(result))
        press(result, "Sync again")
        await until(lambda: "Remove from the table…" in buttons(result))
        # The row that was chosen stays chosen, and the one of the account is at the top.
        lines = part(result, QTreeWidget)
        first = lines.topLevelItem(0)
        assert first is not None
        lines.setCurrentItem(first)
        press(result, "Remove from the table…")
        question = opened(QuestionDialog)
        assert any("from the table?" in text for text in texts(question))
        button(question, "Remove").click()
        await until(lambda: synced() and "Remove from the table…" not in buttons(result))
        assert tray.state.account(bob) is None
    report = await office.sync()
    assert [item.kind for item in report.items if item.key == bob] == [StepKind.WITHDRAWN]
