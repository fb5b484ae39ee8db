import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.alerts.alert import AlertHelp
from probe_tray.core.alerts.quiet_hours import Pause
from probe_tray.core.commands import (
    CancelLogin,
    DismissTrouble,
    EditSettings,
    MoveAccount,
    OpenReleasePage,
    PanelOpened,
    PauseNotifications,
    ReadStores,
    Refresh,
    RemoveAccount,
    Renew,
    ReopenBrowser,
    SendTestNotification,
    StartLogin,
)
from probe_tray.core.errors import (
    BrowserError,
    ConfigError,
    KeyringLockedError,
    LoginEndedError,
    ProbeError,
    ReleasePageError,
    WriteError,
)
from probe_tray.core.polling.situation import Sensed, Situation
from probe_tray.core.service.answer import Answer
from probe_tray.core.settings import Settings, change
from probe_tray.core.state import LoginPhase, RenewalRound
from probe_tray.engine.account.account_changes import AccountChanges
from probe_tray.engine.account.arrangement import ArrangementService
from probe_tray.engine.engine_use_cases import EngineUseCases
from probe_tray.engine.hooks.hook_service import HookService
from probe_tray.engine.polling.incident_service import IncidentService
from probe_tray.engine.renewal.account_logins import AccountLogins
from probe_tray.engine.renewal.token_memory import TokenMemory
from probe_tray.engine.runtime import Engine
from probe_tray.engine.update.update_service import UpdateService
from probe_tray.view.quota.quota_numbers import hook_payload
from tests.support.fakes import (
    START,
    FakeFolderWatch,
    FakeHookRunner,
    FakeReleaseFeed,
    FakeStatusPage,
    MemoryStore,
    MemoryUpdateFile,
    problem_kind,
    settle,
)
from tests.support.tokens import credential
from tests.unit.engine.bench import CODE, Bench, NoLocks, running, token_answer, usage_answer

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
ANA, BEN = credential("ana"), credential("ben")
FULL = WriteError(path="x", reason="the disk is full")


class MemoryArrangementFile:
    """Keeps the arrangement in memory."""

    def __init__(self) -> None:
        self.arrangement = Arrangement()

    async def load(self) -> Arrangement:
        return self.arrangement

    async def save(self, arrangement: Arrangement) -> None:
        self.arrangement = arrangement


class FakeAutostart:
    """A system that starts the program at login unless it was turned off there."""

    def __init__(self) -> None:
        self.why = ""

    async def obstacle(self) -> str:
        return self.why


class Program(Bench):
    """The engine, driven by commands."""

    def __init__(
        self,
        *credentials: Credential,
        settings: Settings | None = None,
        others: tuple[MemoryStore, ...] = (),
        samples: tuple[Credential, ...] = (),
    ) -> None:
        super().__init__(*credentials, settings=settings, others=others)
        self.arrangement_file = MemoryArrangementFile()
        self.feed, self.update_file = FakeReleaseFeed(), MemoryUpdateFile()
        lasting = AccountLogins(self.accounts, TokenMemory(self.memory, self.clock, self.randomness)).lasting
        account_changes = AccountChanges(
            self.accounts, self.service, NoLocks(), self.sync.memory, lasting, self._no_vault_to_set_aside
        )
        self.autostart, self.hook = FakeAutostart(), FakeHookRunner()
        self.parts = EngineUseCases(
            store=self.store,
            accounts=self.accounts,
            login=self.login,
            poller=self.poller,
            renewals=self.renewals,
            renewal_timer=self.timer,
            account_changes=account_changes,
            models=lambda: self.models,
            connection=self.connection,
            alerting=self.alerting,
            arrangement=ArrangementService(self.arrangement_file, self.store),
            recording=self.recording,
            transfers=lambda: self.transfer.transfers,
            sync=self.sync.service,
            table=lambda: self.sync.changes,
            settings=self.settings,
            updates=UpdateService(
                self.feed, self.update_file, self.browser, self.store, self.clock, self.randomness, "1.0.0"
            ),
            incidents=IncidentService(FakeStatusPage(), self.store),
            monitor=self.sense,
            autostart=self.autostart,
            hooks=HookService(self.hook, self.store, self.clock, hook_payload),
            folder_watch=FakeFolderWatch(),
            codex=self.codex_service(),
        )
        self.pressed: list[tuple[AccountKey | None, AlertHelp]] = []
        self.engine = Engine(
            self.parts,
            self.clock,
            self.randomness,
            lambda account, wanted: self.pressed.append((account, wanted)),
            samples,
        )

    @asynccontextmanager
    async def started(self) -> AsyncGenerator[asyncio.Task[object]]:
        async with running(self.engine.run()) as task:
            yield task

    async def come_back(self) -> None:
        self.listener.opened[-1].come_back(CODE)
        await settle()

    @property
    def trouble(self) -> type[ProbeError] | None:
        return problem_kind(self.state.trouble)

    async def _no_vault_to_set_aside(self) -> int:
        return 0


async def test_started_it_reads_the_stores_and_asks_for_the_quotas() -> None:
    program = Program(ANA)
    async with program.started():
        assert program.engine.state.loaded
        assert program.account(ANA).snapshot is not None


async def test_what_keeps_the_system_from_starting_it_is_looked_up_when_asked() -> None:
    program, found = Program(ANA), list[str]()
    async with program.started():
        program.engine.find_login_obstacle(found.append)
        program.autostart.why = "turned off"
        await settle()
    assert found == ["turned off"]


async def test_samples_are_kept_only_where_there_is_no_account() -> None:
    for held, expected in (((), {BEN.key}), ((ANA,), {ANA.key})):
        program = Program(*held, samples=(BEN,))
        async with program.started():
            assert {a.key for a in program.state.accounts} == expected


async def test_a_login_by_command_ends_with_an_account_and_its_numbers() -> None:
    program = Program()
    async with program.started():
        program.engine.send(StartLogin())
        await settle()
        assert program.engine.login_address() is not None
        await program.come_back()
        await program.clock.advance(SECOND)
        assert program.phase is LoginPhase.DONE
        assert program.account(ANA).snapshot is not None


async def test_a_second_login_shows_the_page_of_the_first_again() -> None:
    program = Program()
    async with program.started():
        program.engine.send(StartLogin())
        await program.clock.advance(6 * SECOND)
        program.engine.send(StartLogin())
        await settle()
        assert len(program.listener.opened) == 1
        assert len(program.browser.opened) == 2
        assert len(set(program.browser.opened)) == 1
        await program.come_back()
        assert program.phase is LoginPhase.DONE
    assert program.service.count("exchange") == 1


async def test_the_page_can_be_opened_again_by_command() -> None:
    program = Program()
    async with program.started():
        program.engine.send(ReopenBrowser())
        program.engine.send(StartLogin())
        await settle()
        program.engine.send(ReopenBrowser())
        await settle()
    assert len(program.browser.opened) == 2


async def test_a_cancelled_login_leaves_nothing_and_the_next_one_starts_anew() -> None:
    program = Program()
    async with program.started():
        program.engine.send(StartLogin())
        await settle()
        program.engine.send(CancelLogin())
        await settle()
        assert (program.state.login, program.listener.now_open) == (None, 0)
        program.engine.send(StartLogin())
        await settle()
        assert program.phase is LoginPhase.WAITING
    first, second = program.listener.opened
    assert first.state != second.state


async def test_cancelling_puts_a_failed_login_away() -> None:
    program = Program()
    program.vault.fault = KeyringLockedError()
    async with program.started():
        program.engine.send(StartLogin())
        await settle()
        assert program.phase is LoginPhase.FAILED
        program.engine.send(CancelLogin())
        assert program.state.login is None


async def test_quitting_while_a_new_login_is_saved_waits_for_it_however_often_it_is_told() -> None:
    program = Program()
    program.vault.waits = {"save"}
    async with program.started() as task:
        program.engine.send(StartLogin())
        await settle()
        await program.come_back()
        program.engine.send(CancelLogin())
        await settle()
        for _ in range(2):
            task.cancel()
            await settle()
        assert not task.done()
        program.vault.gate.set()
        await settle()
        assert task.done()
    assert list(program.vault.held) == [ANA.key]


async def test_it_says_when_tokens_are_on_their_way_that_exist_nowhere_else() -> None:
    program = Program()
    program.service.waits = {"exchange"}
    async with program.started():
        program.engine.send(StartLogin())
        await settle()
        assert not program.engine.awaits_tokens()
        await program.come_back()
        await settle()
        assert program.engine.awaits_tokens()
        program.service.gate.set()
        await settle()
        assert not program.engine.awaits_tokens()
    program = Program(ANA)
    program.service.waits = {"refresh"}
    program.service.answer("refresh", token_answer("ana", 2))
    async with program.started():
        program.engine.send(Renew(ANA.key))
        await settle()
        assert program.engine.awaits_tokens()
        program.service.gate.set()
        await settle()
        assert not program.engine.awaits_tokens()


async def test_refresh_asks_for_one_or_for_all() -> None:
    program = Program(ANA, BEN)
    async with program.started():
        await program.clock.advance(MINUTE)
        assert program.service.count("usage") == 2
        program.engine.send(Refresh(ANA.key))
        await program.clock.advance(SECOND)
        assert program.service.count("usage") == 3
        program.engine.send(Refresh())
        await program.clock.advance(SECOND)
        assert program.service.count("usage") == 5


async def test_refreshing_all_finds_a_login_that_came_without_a_sign_of_it() -> None:
    program = Program()
    async with program.started():
        assert program.engine.state.accounts == ()
        program.vault.held[ANA.key] = ANA
        await program.clock.advance(timedelta(seconds=10))
        assert program.engine.state.accounts == ()
        program.engine.send(Refresh())
        await program.clock.advance(timedelta(seconds=10))
        assert program.account(ANA).snapshot is not None


async def test_reading_the_stores_again_asks_for_what_is_missing() -> None:
    program = Program(ANA)
    program.vault.fault = KeyringLockedError()
    async with program.started():
        assert [problem.kind for _, problem in program.state.store_problems] == [KeyringLockedError]
        program.vault.fault = None
        program.engine.send(ReadStores())
        await program.clock.advance(SECOND)
        assert program.state.store_problems == ()
        assert program.account(ANA).snapshot is not None


@pytest.mark.parametrize("command", [Refresh(), ReadStores()])
async def test_a_keyring_may_ask_once_a_person_waits_for_it(command: Refresh | ReadStores) -> None:
    program = Program(ANA)
    async with program.started():
        await program.clock.advance(MINUTE)
        assert True not in program.vault.asked
        program.engine.send(command)
        await program.clock.advance(SECOND)
        assert program.vault.asked[-1]


async def test_settings_are_used_saved_and_hold_at_once() -> None:
    program = Program(ANA)
    new = Settings(poll_minutes=0, privacy=True)
    async with program.started():
        program.engine.send(EditSettings(change(poll_minutes=0)))
        program.engine.send(EditSettings(change(privacy=True)))
        await settle()
        assert program.state.settings == program.settings_file.saved == new
        assert program.used[-1] == new
        await program.clock.advance(HOUR)
    assert program.service.count("usage") == 1


async def test_settings_that_cannot_be_saved_are_a_trouble_until_it_is_read() -> None:
    program = Program()
    program.settings_file.fault = FULL
    async with program.started():
        program.engine.send(EditSettings(change(poll_minutes=30)))
        await settle()
        assert (program.trouble, program.state.settings, program.used) == (WriteError, Settings(), [])
        unsaved = program.state.unsaved
        assert unsaved is not None
        assert (unsaved.change, unsaved.problem.kind) == (change(poll_minutes=30), WriteError)
        program.engine.send(DismissTrouble())
        assert program.trouble is None


async def test_settings_that_cannot_be_used_are_not_saved() -> None:
    program = Program()
    program.unusable = ConfigError(path="c", key="proxy", found="x", allowed="y")
    async with program.started():
        program.engine.send(EditSettings(change(proxy="x")))
        await settle()
        assert (program.trouble, program.settings_file.saved) == (ConfigError, None)


async def test_what_nobody_expected_is_a_trouble_and_the_program_goes_on() -> None:
    program = Program(ANA)
    program.service.answer("exchange", RuntimeError("a fault of the program"))
    reported: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context["exception"]))
    async with program.started():
        program.engine.send(StartLogin())
        await settle()
        await program.come_back()
        assert (program.trouble, program.state.login) == (ProbeError, None)
        await program.clock.advance(6 * MINUTE)
        assert program.service.count("usage") == 2
    assert [type(error) for error in reported] == [RuntimeError]


async def test_an_alert_is_shown_once_and_its_button_reaches_the_program() -> None:
    program = Program(ANA)
    program.service.answer("usage", usage_answer(97, START + 4 * HOUR))
    async with program.started():
        await program.clock.advance(HOUR)
        assert [shown.title for shown in program.notifier.shown] == ["account-ana"]
        program.notifier.press(0, "open")
    assert program.pressed == [(ANA.key, AlertHelp.OPEN)]


async def test_notifications_pause_and_a_test_is_shown_all_the_same() -> None:
    program = Program(ANA)
    program.service.answer("usage", usage_answer(97, START + 4 * HOUR))
    async with program.started():
        program.engine.send(PauseNotifications(Pause.HOUR))
        program.engine.send(SendTestNotification())
        await program.clock.advance(59 * MINUTE)
        assert [shown.title for shown in program.notifier.shown] == ["test"]
        program.engine.send(PauseNotifications(None))
        await program.clock.advance(MINUTE)
        assert [shown.title for shown in program.notifier.shown] == ["test", "account-ana"]


async def test_a_renewal_by_command_asks_once_and_shows_its_failure_at_the_account() -> None:
    program = Program(ANA)
    program.service.answer("refresh", token_answer("ana", 2), Answer(401, {}, b""))
    async with program.started():
        program.engine.send(Renew(ANA.key))
        await settle()
        assert program.vault.held[ANA.key].refresh_token != ANA.refresh_token
        await program.clock.advance(timedelta(seconds=6))
        program.engine.send(Renew(ANA.key))
        await settle()
        assert problem_kind(program.account(ANA).renewal.problem) == LoginEndedError
        assert program.trouble is None
    assert program.service.count("refresh") == 2


async def test_a_second_click_right_after_a_renewal_makes_no_second_request() -> None:
    program = Program(ANA)
    program.service.answer("refresh", token_answer("ana", 2))
    async with program.started():
        for _ in range(2):
            program.engine.send(Renew(ANA.key))
            await settle()
            await program.clock.advance(SECOND)
        assert program.account(ANA).renewal.problem is None
    assert program.service.count("refresh") == 1


async def test_renewing_all_renews_what_is_due_and_tells_what_came_of_it() -> None:
    due, dead = credential("due", days=1), credential("dead", days=1)
    bare = replace(credential("bare"), refresh_token=None)
    program = Program(ANA, due, dead, bare, settings=Settings(auto_renew=False))
    program.service.answer("refresh", token_answer("due", 2), Answer(401, {}, b""))
    async with program.started():
        program.engine.send(Renew())
        await asyncio.sleep(0)
        assert program.state.round == RenewalRound()
        await settle()
        assert program.state.round is not None
        assert program.state.round.ended_at is not None
        counts = program.state.round
    assert (counts.renewed, counts.fresh, counts.failed, counts.unable) == (1, 1, 1, 1)
    assert program.service.count("refresh") == 2


async def test_an_account_is_moved_and_removed_by_command() -> None:
    folder = MemoryStore(StoreKind.FOLDER)
    program = Program(ANA, others=(folder,))
    async with program.started():
        program.engine.send(MoveAccount(ANA.key, StoreKind.FOLDER))
        await settle()
        assert (list(program.vault.held), list(folder.held)) == ([], [ANA.key])
        program.engine.send(RemoveAccount(ANA.key, revoke=False))
        await program.clock.advance(MINUTE)
        assert (program.state.accounts, folder.held) == ((), {})


@pytest.mark.parametrize("jump", [-5 * HOUR, 5 * HOUR])
async def test_after_a_jump_of_the_clock_there_is_one_check_within_a_minute_or_so(jump: timedelta) -> None:
    program = Program(ANA)
    async with program.started():
        await program.clock.advance(MINUTE)
        program.clock.jump(jump)
        await program.clock.advance(80 * SECOND)
    assert 2 <= program.service.count("usage") <= 3


async def test_subscribers_hear_of_changes_until_they_end_it() -> None:
    program = Program(ANA)
    changes: list[int] = []
    end = program.engine.subscribe(lambda: changes.append(1))
    async with program.started():
        assert changes
        end()
        count = len(changes)
        program.engine.send(DismissTrouble())
    assert len(changes) == count


async def test_ended_it_leaves_no_task_behind() -> None:
    program = Program(ANA, BEN)
    before = asyncio.all_tasks()
    program.service.waits = {"usage"}
    async with program.started():
        program.engine.send(StartLogin())
        await settle()
    await settle()
    assert asyncio.all_tasks() == before
    assert program.listener.now_open == 0


async def test_opening_the_panel_asks_again_for_what_is_over_a_minute_old() -> None:
    program = Program(ANA)
    async with program.started():
        await program.clock.advance(2 * MINUTE)
        program.engine.send(PanelOpened())
        await settle()
        assert program.service.count("usage") == 2


async def test_on_battery_it_asks_less_often_and_says_so_in_the_state() -> None:
    program = Program(ANA)
    program.sense.sensed = Sensed(situation=Situation(on_battery=True), network="home")
    async with program.started():
        assert program.state.situation == Situation(on_battery=True)
        await program.clock.advance(14 * MINUTE)
        assert program.service.count("usage") == 1


async def test_another_network_asks_again_within_seconds() -> None:
    program = Program(ANA)
    async with program.started():
        await program.clock.advance(2 * MINUTE)
        program.sense.sensed = Sensed(situation=Situation(), network="office")
        await program.clock.advance(40 * SECOND)
        assert program.service.count("usage") == 2


async def test_numbers_are_there_from_the_start_of_the_next_run_and_nothing_is_lost_at_the_end() -> None:
    first = Program(ANA)
    async with first.started():
        await first.clock.advance(SECOND)
        known = first.account(ANA).snapshot
    assert first.history.closed
    assert len(first.history.samples) == 1
    second = Program(ANA, settings=Settings(poll_minutes=0))
    second.history.kept = first.history.kept
    second.service.waits = {"usage"}
    async with second.started():
        assert second.account(ANA).snapshot == known


async def test_the_page_of_a_newer_version_opens_in_the_browser() -> None:
    program = Program(ANA, settings=Settings(check_for_updates=True))
    program.feed.publish("v2.0.0")
    async with program.started():
        await program.clock.advance(6 * MINUTE)
        program.engine.send(OpenReleasePage())
        await settle()
        assert program.browser.opened == ["https://github.com/probe-tray/probe-tray/releases/tag/v2.0.0"]


async def test_a_browser_that_does_not_open_the_page_is_told() -> None:
    program = Program(ANA, settings=Settings(check_for_updates=True))
    program.feed.publish("v2.0.0")
    async with program.started():
        await program.clock.advance(6 * MINUTE)
        program.browser.fault = BrowserError()
        program.engine.send(OpenReleasePage())
        await settle()
        assert program.trouble == ReleasePageError
