import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core import commands as sync_commands
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.codex.codex_state import ClientProcess, CodexUse, CodexUseChanged, CodexUsePhase
from probe_tray.core.commands import ForgetSync, SetUpSync, ShowSyncCode, SyncNow
from probe_tray.core.errors import (
    SYNC_TABLE,
    ConfigError,
    KeyringHalfKeptError,
    KeyringLockedError,
    KeyringNoAnswerError,
    NotSentError,
    ProbeError,
    RateLimitedError,
    RenewalUnsharedError,
    RenewalWaitsError,
    RenewedUncheckedError,
    RetryLaterError,
    SyncColumnsError,
    SyncFloodedError,
    SyncForbiddenError,
    SyncKeyError,
    SyncLeasesError,
    SyncNoTableError,
    SyncOffError,
    SyncPausedError,
    SyncRefusedError,
    SyncStrangeError,
    SyncTooLargeError,
    SyncUnsteadyError,
    UnavailableError,
    WriteError,
)
from probe_tray.core.events import RenewalEnded, SettingsChanged, TroubleMet
from probe_tray.core.renewal.policy import Reason
from probe_tray.core.renewal.request import RenewalKind, RenewalRequest
from probe_tray.core.settings import Settings
from probe_tray.core.sync.setup import SecretPlace, SyncSecrets, SyncState
from probe_tray.core.sync.setup_code import SetupCode, read_code
from probe_tray.core.sync.table_key import table_digest
from probe_tray.core.sync.table_record import TableRecord, TableStatus, table_name
from tests.support.fakes import START, problem_kind
from tests.support.tokens import credential
from tests.unit.engine.bench import Bench, running, token_answer
from tests.unit.engine.sync_bench import KEY, TARGET

API_KEY = TARGET.api_key
HELD = SyncSecrets(api_key=API_KEY, key=KEY, api_key_place=SecretPlace.KEYRING, key_place=SecretPlace.FILE)
SET_UP = SetUpSync(url=f"{TARGET.url}/rest/v1/", api_key=API_KEY, key=KEY)


class SyncedBench(Bench):
    """A tray app that is set up for sync, unless told otherwise."""

    def __init__(self, *credentials: Credential, set_up: bool = True, **settings: object) -> None:
        given = replace(Settings(sync_url=TARGET.url if set_up else ""), **settings)
        super().__init__(*credentials, settings=given)
        if set_up:
            self.sync.secrets.held = HELD

    @asynccontextmanager
    async def watching(self) -> AsyncGenerator[None]:
        async with running(self.sync.service.watch()):
            yield

    @property
    def known(self) -> SyncState:
        return self.state.sync

    @property
    def syncs(self) -> int:
        """How often the table was opened."""
        return len(self.sync.table.opened)


async def test_the_state_says_how_it_is_set_up() -> None:
    bench = SyncedBench()
    async with bench.watching():
        setup = bench.known.setup
    assert (setup.url, setup.api_key, setup.key, setup.ready) == (
        TARGET.url,
        SecretPlace.KEYRING,
        SecretPlace.FILE,
        True,
    )


async def test_without_an_address_the_keyring_is_not_asked() -> None:
    bench = SyncedBench(set_up=False)
    bench.sync.secrets.fault = KeyringLockedError()
    async with bench.watching():
        assert (bench.known.setup.begun, bench.known.setup.problem) == (False, None)


async def test_a_sync_runs_and_is_told() -> None:
    bench = SyncedBench(credential())
    async with bench.watching():
        await bench.sync.service.do(SyncNow())
        report = bench.known.report
        assert report is not None
        assert (report.sent, report.well, bench.known.running) == (1, True, False)
        assert (bench.known.done, bench.known.total) == (1, 1)
        assert report.ended_at == bench.clock.now()


async def test_a_received_login_is_among_the_accounts_at_once() -> None:
    there, here = SyncedBench(credential()), SyncedBench()
    await there.sync.service.do(SyncNow())
    here.sync.table.held = there.sync.table.held
    await here.sync.service.do(SyncNow())
    assert here.state.account(credential().key) is not None


async def test_two_who_ask_at_once_get_the_same_sync() -> None:
    bench = SyncedBench(credential())
    await asyncio.gather(bench.sync.service.do(SyncNow()), bench.sync.service.do(SyncNow()))
    assert bench.syncs == 1


async def test_a_permission_is_not_lost_on_the_sync_that_runs() -> None:
    bench = SyncedBench(credential())
    command = SyncNow(overwrite=frozenset({"account-ana"}))
    await asyncio.gather(bench.sync.service.do(SyncNow()), bench.sync.service.do(command))
    assert bench.syncs == 2


async def test_what_is_missing_is_said() -> None:
    bench = SyncedBench(set_up=False)
    await bench.sync.service.do(SyncNow())
    report = bench.known.report
    assert report is not None
    assert problem_kind(report.problem) == SyncOffError


async def test_setting_up_keeps_the_secrets_in_the_keyring_and_the_address_in_the_settings() -> None:
    bench = SyncedBench(set_up=False)
    async with bench.watching():
        await bench.sync.service.do(SET_UP)
        assert bench.known.setup.ready
        assert [settings.sync_url for settings in bench.used] == [TARGET.url]
        assert (bench.sync.secrets.held.api_key, bench.sync.secrets.held.key) == (API_KEY, KEY)
        handed: list[Secret | None] = []
        await bench.sync.service.hand_out_key(handed.append)
        assert handed == [KEY]
        assert KEY.reveal() not in repr(bench.state)


async def test_the_code_for_the_next_computer_has_what_was_typed_and_else_what_is_kept() -> None:
    bench = SyncedBench()
    codes: list[Secret | None] = []
    for command in (ShowSyncCode(url=TARGET.url), ShowSyncCode(url="https://other.example/", key=Secret("07" * 32))):
        await bench.sync.service.hand_out_code(command, codes.append)
    assert [None if code is None else read_code(code.reveal()) for code in codes] == [
        SetupCode(url=TARGET.url, api_key=API_KEY, key=KEY),
        SetupCode(url="https://other.example", api_key=API_KEY, key=Secret("07" * 32)),
    ]
    assert KEY.reveal() not in repr(bench.state)


async def test_without_a_keyring_there_is_no_code_and_the_state_says_why() -> None:
    bench = SyncedBench()
    bench.sync.secrets.fault = KeyringLockedError()
    codes: list[Secret | None] = []
    await bench.sync.service.hand_out_code(ShowSyncCode(url=TARGET.url), codes.append)
    assert codes == [None]
    assert problem_kind(bench.known.setup.problem) == KeyringLockedError


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (replace(SET_UP, url="http://table.example"), ConfigError),
        (replace(SET_UP, key=Secret("short")), ConfigError),
        (replace(SET_UP, api_key=None), SyncOffError),
    ],
)
async def test_what_cannot_be_used_is_not_kept(command: SetUpSync, kind: type[ProbeError]) -> None:
    bench = SyncedBench(set_up=False)
    async with bench.watching():
        await bench.sync.service.do(command)
        assert problem_kind(bench.known.setup.problem) == kind
        assert (bench.used, bench.sync.secrets.held) == ([], SyncSecrets())


async def test_a_keyring_or_a_disk_that_says_no_is_told() -> None:
    bench = SyncedBench(set_up=False)
    async with bench.watching():
        bench.sync.secrets.fault = KeyringLockedError()
        await bench.sync.service.do(SET_UP)
        assert problem_kind(bench.known.setup.problem) == KeyringLockedError
        assert (bench.known.set_up.number, problem_kind(bench.known.set_up.problem)) == (1, KeyringLockedError)
        bench.sync.secrets.fault, bench.settings_file.fault = (
            None,
            WriteError(path="config.json", reason="the disk is full"),
        )
        await bench.sync.service.do(SET_UP)
        assert problem_kind(bench.known.setup.problem) == WriteError
        bench.settings_file.fault = None
        await bench.sync.service.do(SET_UP)
        assert bench.known.setup.ready
        assert (bench.known.set_up.number, bench.known.set_up.problem) == (3, None)
        await bench.sync.service.do(SyncNow())
        assert bench.known.set_up.number == 3


async def test_the_former_table_never_gets_the_keys_of_another_one() -> None:
    bench = SyncedBench()
    former, moved = bench.state.settings.sync_url, replace(SET_UP, url="https://other.example")
    seen: list[str] = []
    save = bench.sync.secrets.save

    async def watched(*, api_key: Secret | None, key: Secret | None, begins: Callable[[], None] = lambda: None) -> None:
        seen.append(bench.state.settings.sync_url)
        await save(api_key=api_key, key=key, begins=begins)

    bench.sync.secrets.save = watched
    async with bench.watching():
        bench.sync.secrets.fault = KeyringLockedError()
        await bench.sync.service.do(moved)
        assert (seen, bench.state.settings.sync_url) == ([""], former)
        bench.sync.secrets.fault = None
        await bench.sync.service.do(moved)
        assert (seen, bench.state.settings.sync_url) == (["", ""], moved.url)


@pytest.mark.parametrize("error", [KeyringHalfKeptError(), KeyringNoAnswerError()])
async def test_where_nobody_knows_what_the_keyring_holds_no_table_is_asked_with_it(error: ProbeError) -> None:
    bench = SyncedBench()
    moved = replace(SET_UP, url="https://other.example")

    async def half(*, api_key: Secret | None, key: Secret | None, begins: Callable[[], None] = lambda: None) -> None:
        del key
        begins()
        bench.sync.secrets.held = replace(bench.sync.secrets.held, api_key=api_key)
        raise error

    save, bench.sync.secrets.save = bench.sync.secrets.save, half
    async with bench.watching():
        await bench.sync.service.do(moved)
        assert (bench.state.settings.sync_url, problem_kind(bench.known.set_up.problem)) == ("", KeyringHalfKeptError)
        bench.sync.secrets.save = save
        await bench.sync.service.do(moved)
        assert (bench.state.settings.sync_url, bench.known.set_up.problem) == (moved.url, None)


async def test_a_keyring_that_does_not_answer_before_a_write_leaves_the_former_table() -> None:
    bench = SyncedBench()
    former, moved = bench.state.settings.sync_url, replace(SET_UP, url="https://other.example")
    bench.sync.secrets.fault = KeyringNoAnswerError()
    async with bench.watching():
        await bench.sync.service.do(moved)
        problem = problem_kind(bench.known.set_up.problem)
        assert (bench.state.settings.sync_url, problem) == (former, KeyringNoAnswerError)


async def test_machines_that_begin_to_share_tell_each_other_of_renewals() -> None:
    bench = SyncedBench(set_up=False)
    async with bench.watching():
        await bench.sync.service.do(SET_UP)
        assert bench.state.settings.sync_after_renewal
        bench.store.dispatch(SettingsChanged(settings=replace(bench.state.settings, sync_after_renewal=False)))
        await bench.sync.service.do(replace(SET_UP, url="https://other.example"))
        assert not bench.state.settings.sync_after_renewal, "who has switched it off has switched it off"


async def test_a_login_that_another_machine_has_renewed_is_taken_over_before_a_renewal() -> None:
    old, new = credential(number=1, days=1), credential(number=2, at=START + timedelta(hours=1))
    there, here = SyncedBench(new), SyncedBench(old)
    await there.sync.service.do(SyncNow())
    here.sync.table.held = there.sync.table.held
    here.sync.ready = True
    async with here.watching():
        renewed = await here.renewals.renew(old.key, RenewalRequest(days=3))
    assert (renewed.kind, renewed.credential.access_token) == (RenewalKind.ADOPTED, new.access_token)
    assert here.service.count("refresh") == 0
    assert here.vault.held[old.key].refresh_token == new.refresh_token


async def test_a_renewal_that_has_time_waits_for_a_table_that_cannot_be_reached() -> None:
    old = credential(number=1, days=1)
    bench = SyncedBench(old)
    bench.sync.ready, bench.sync.table.fault = True, NotSentError(reason="there is no connection")
    async with bench.watching():
        with pytest.raises(RenewalWaitsError) as caught:
            await bench.renewals.renew(old.key, RenewalRequest(days=3))
    assert caught.value.problem.retry_after == 15 * 60
    assert "there is no connection" in caught.value.title
    assert (bench.service.count("refresh"), bench.sync.table.writes) == (0, [])


@pytest.mark.parametrize(
    ("days", "reason"), [(0.01, None), (-1, None), (1, Reason.FORCED), (1, Reason.REFUSED)], ids=str
)
async def test_a_renewal_that_has_no_time_goes_on_without_the_table_and_says_so(
    days: float, reason: Reason | None
) -> None:
    old = credential(number=1, days=days)
    bench = SyncedBench(old)
    bench.service.answer("refresh", token_answer(number=2))
    bench.sync.ready, bench.sync.table.fault = True, NotSentError(reason="there is no connection")
    said: list[type[ProbeError] | None] = []
    bench.store.on_event(lambda event: said.append(problem_kind(getattr(event, "problem", None))))
    async with bench.watching():
        renewing = asyncio.create_task(bench.renewals.renew(old.key, RenewalRequest(days=3, reason=reason)))
        await bench.clock.advance(timedelta(seconds=10))
        renewed = await renewing
    assert renewed.kind is RenewalKind.RENEWED
    assert (bench.service.count("refresh"), bench.sync.table.writes) == (1, [])
    assert [kind for kind in said if kind is not None] == [RenewedUncheckedError, RenewalUnsharedError]


async def test_an_empty_table_keeps_no_login_from_being_renewed_and_is_left_to_the_sync() -> None:
    old = credential(number=1, days=1)
    bench = SyncedBench(old)
    bench.service.answer("refresh", token_answer(number=2))
    bench.sync.ready = True
    async with bench.watching():
        assert (await bench.renewals.renew(old.key, RenewalRequest(days=3))).kind is RenewalKind.RENEWED
    assert (bench.service.count("refresh"), bench.sync.table.writes) == (1, [])


async def test_the_state_says_whether_the_table_was_seen_protected() -> None:
    bench = SyncedBench(credential())
    async with bench.watching():
        await bench.sync.service.do(SyncNow())
        assert not bench.known.setup.is_protected
        bench.sync.table.state = TableStatus(protected=True, digests=(table_digest(KEY),))
        await bench.sync.service.do(SyncNow())
        assert bench.known.setup.is_protected


async def test_the_old_key_is_forgotten_once_the_table_does_not_let_it_in_any_more() -> None:
    bench = SyncedBench(credential())
    async with bench.watching():
        pair = Secret(f"{'c3' * 32}:{KEY.reveal()}")
        await bench.sync.secrets.save(api_key=None, key=pair)
        bench.sync.table.state = TableStatus(protected=True, digests=(table_digest(KEY),))
        await bench.sync.service.do(SyncNow())
        assert bench.sync.secrets.held.key == pair, "both are let in"
        await bench.sync.table.end_other_keys(table_digest(Secret("c3" * 32)))
        await bench.sync.service.do(SyncNow())
        assert bench.sync.secrets.held.key == Secret("c3" * 32)


async def test_forgetting_takes_the_secrets_away_and_leaves_the_table() -> None:
    bench = SyncedBench(credential())
    async with bench.watching():
        await bench.sync.service.do(SyncNow())
        name = table_name(bench.known.setup.url)
        await bench.sync.memory.remember_table(name, TableRecord(protected=True))
        await bench.sync.service.do(ForgetSync())
        assert await bench.sync.memory.table(name) == TableRecord(), "the way out of a table that was opened on purpose"
        assert (bench.sync.secrets.held, bench.known.setup.begun) == (SyncSecrets(), False)
        assert [settings.sync_url for settings in bench.used] == [""]
        assert list(bench.sync.table.held) == ["account-ana"]


async def test_the_table_is_tried_with_what_was_typed_and_nothing_is_kept() -> None:
    bench = SyncedBench(credential(), set_up=False)
    await bench.sync.service.do(sync_commands.TrySync(url=TARGET.url, api_key=API_KEY, key=KEY))
    found = bench.known.test
    assert found is not None
    assert (found.rows, found.problem, bench.known.testing) == (0, None, False)
    assert (bench.sync.table.writes, bench.sync.secrets.held) == ([], SyncSecrets())
    bench.sync.table.fault = SyncRefusedError(status="401")
    await bench.sync.service.do(sync_commands.TrySync(url=TARGET.url, api_key=API_KEY, key=KEY))
    assert bench.known.test is not None
    assert problem_kind(bench.known.test.problem) == SyncRefusedError
    await bench.sync.service.do(sync_commands.TrySync(url="nonsense", api_key=API_KEY, key=KEY))
    assert bench.known.test is not None
    assert problem_kind(bench.known.test.problem) == ConfigError


def test_a_new_key_is_64_digits_and_another_one_each_time() -> None:
    service = SyncedBench().sync.service
    one, other = service.new_key().reveal(), service.new_key().reveal()
    assert (len(one), int(one, 16) > 0, one != other) == (64, True, True)


def renewed(bench: SyncedBench, *, well: bool = True) -> None:
    problem = None if well else RetryLaterError().problem
    bench.store.dispatch(RenewalEnded(key=credential().key, at=bench.clock.now(), problem=problem))


async def test_a_renewal_is_followed_by_one_sync_where_that_is_wanted() -> None:
    bench = SyncedBench(credential(), sync_after_renewal=True)
    async with bench.watching():
        # At any moment: other computers wait for it.
        await bench.clock.advance(timedelta(seconds=7))
        renewed(bench)
        renewed(bench)
        await bench.clock.advance(timedelta(seconds=4))
        assert bench.syncs == 0
        await bench.clock.advance(timedelta(seconds=2))
        assert bench.syncs == 1
        renewed(bench, well=False)
        await bench.clock.advance(timedelta(hours=5))
        assert bench.syncs == 1


async def test_so_is_a_use_in_codex_which_the_others_are_to_know_of() -> None:
    bench = SyncedBench(credential(), sync_after_renewal=True)
    async with bench.watching():
        for phase in (CodexUsePhase.RUNNING, CodexUsePhase.FAILED):
            use = CodexUse(account=credential().key, home="", phase=phase)
            bench.store.dispatch(CodexUseChanged(use=use))
        await bench.clock.advance(timedelta(seconds=7))
        assert bench.syncs == 0
        bench.store.dispatch(CodexUseChanged(use=replace(use, phase=CodexUsePhase.DONE)))
        await bench.clock.advance(timedelta(seconds=7))
        assert bench.syncs == 1


async def test_a_program_that_ends_is_nothing_that_the_others_are_to_know_of() -> None:
    bench = SyncedBench(credential(), sync_after_renewal=True)
    programs = tuple(ClientProcess(name="codex", number=number) for number in (1, 2))
    begun = CodexUse(account=credential().key, home="")
    done = replace(begun, phase=CodexUsePhase.DONE, running=programs)
    async with bench.watching():
        for number, use in enumerate((done, replace(done, account=None)), start=1):
            bench.store.dispatch(CodexUseChanged(use=begun))
            for running in (programs, programs[1:], ()):
                bench.store.dispatch(CodexUseChanged(use=replace(use, running=running)))
                await bench.clock.advance(timedelta(hours=2))
            assert bench.syncs == number


async def test_the_same_use_begun_anew_is_told_again() -> None:
    bench = SyncedBench(credential(), sync_after_renewal=True)
    begun = CodexUse(account=credential().key, home="")
    async with bench.watching():
        for number in (1, 2):
            bench.store.dispatch(CodexUseChanged(use=begun))
            bench.store.dispatch(CodexUseChanged(use=replace(begun, phase=CodexUsePhase.DONE)))
            await bench.clock.advance(timedelta(hours=2))
            assert bench.syncs == number


async def test_without_the_wish_nothing_begins_by_itself() -> None:
    bench = SyncedBench(credential())
    async with bench.watching():
        renewed(bench)
        await bench.clock.advance(timedelta(hours=50))
    assert bench.syncs == 0


async def test_every_few_hours_it_begins_by_itself() -> None:
    bench = SyncedBench(credential(), sync_every_hours=2)
    async with bench.watching():
        await bench.clock.advance(timedelta(minutes=2))
        assert bench.syncs == 1
        await bench.clock.advance(timedelta(hours=4, minutes=2))
        assert bench.syncs == 3


async def test_the_setting_counts_from_when_it_is_changed() -> None:
    bench = SyncedBench(credential())
    async with bench.watching():
        bench.store.dispatch(SettingsChanged(settings=replace(bench.state.settings, sync_every_hours=1)))
        await bench.clock.advance(timedelta(hours=1, minutes=1))
        assert bench.syncs == 1
        bench.store.dispatch(SettingsChanged(settings=replace(bench.state.settings, sync_every_hours=0)))
        await bench.clock.advance(timedelta(hours=9))
        assert bench.syncs == 1


@pytest.mark.parametrize(
    "error",
    [
        SyncKeyError(),
        SyncNoTableError(host="x"),
        SyncColumnsError(host="x"),
        SyncRefusedError(status="401"),
        SyncForbiddenError(),
        SyncLeasesError(host="x"),
        SyncPausedError(host="x"),
        SyncTooLargeError(host="x"),
        SyncFloodedError(),
        SyncStrangeError(host="x", status="200"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_keeps_logins_from_being_shared_is_said_once_until_it_is_over(error: ProbeError) -> None:
    bench = SyncedBench(credential(), sync_every_hours=1)
    async with bench.watching():
        bench.sync.table.fault = error
        await bench.clock.advance(timedelta(minutes=2))
        assert bench.state.trouble == error.problem
        bench.store.dispatch(TroubleMet(problem=None))
        await bench.clock.advance(timedelta(hours=3))
        assert bench.state.trouble is None, "it was read"
        other = SyncUnsteadyError()
        bench.sync.table.fault = other
        await bench.clock.advance(timedelta(hours=3))
        assert bench.state.trouble == other.problem
        bench.sync.table.fault = None
        await bench.clock.advance(timedelta(hours=1))
        assert bench.state.trouble is None
    assert list(bench.sync.table.held) == [credential().account_id]


@pytest.mark.parametrize(
    "error",
    [RateLimitedError(party=SYNC_TABLE), UnavailableError(party=SYNC_TABLE, status="503")],
    ids=lambda error: type(error).__name__,
)
async def test_what_passes_is_said_only_if_it_stays(error: ProbeError) -> None:
    bench = SyncedBench(credential(), sync_every_hours=1)
    async with bench.watching():
        bench.sync.table.fault = error
        await bench.clock.advance(timedelta(minutes=2))
        assert bench.state.trouble is None
        await bench.clock.advance(timedelta(minutes=16))
        assert bench.state.trouble == error.problem


async def test_without_a_network_nothing_is_said_of_the_table() -> None:
    bench = SyncedBench(credential(), sync_every_hours=1)
    async with bench.watching():
        bench.sync.table.fault = NotSentError(reason="there is no connection")
        await bench.clock.advance(timedelta(hours=3))
    assert bench.state.trouble is None


async def test_a_day_costs_the_table_one_read_an_hour_for_all_accounts() -> None:
    reads: list[str] = []

    async def asked(request: str) -> None:
        reads.extend([request] if request in {"row", "rows"} else [])

    bench = SyncedBench(*(credential(person) for person in ("ana", "bob", "cat")), sync_every_hours=1)
    async with bench.watching():
        bench.sync.table.before = asked
        await bench.clock.advance(timedelta(hours=24))
    assert set(reads) == {"rows"}
    assert len(reads) <= 24 + 1


@pytest.mark.parametrize("lasting", [SyncRefusedError(status="401"), SyncPausedError(host="x.supabase.co")])
async def test_a_passing_failure_is_tried_again_and_one_that_needs_a_person_is_not(lasting: ProbeError) -> None:
    bench = SyncedBench(credential(), sync_after_renewal=True)
    async with bench.watching():
        bench.sync.table.fault = NotSentError(reason="there is no connection")
        renewed(bench)
        await bench.clock.advance(timedelta(minutes=1))
        bench.sync.table.fault = lasting
        await bench.clock.advance(timedelta(minutes=16))
        assert bench.syncs == 2
        await bench.clock.advance(timedelta(hours=9))
        assert bench.syncs == 2


async def test_nothing_begins_by_itself_before_it_is_set_up() -> None:
    bench = SyncedBench(credential(), set_up=False, sync_every_hours=1, sync_after_renewal=True)
    async with bench.watching():
        renewed(bench)
        await bench.clock.advance(timedelta(hours=3))
    assert (bench.syncs, bench.known.report) == (0, None)


async def test_a_sync_that_runs_has_ended_when_its_watch_has() -> None:
    bench = SyncedBench(credential())
    ended: list[str] = []

    async def wait(request: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(5):
                await asyncio.sleep(0)
            ended.append(request)

    bench.sync.table.before = wait
    watching = asyncio.create_task(bench.sync.service.watch())
    asked = asyncio.create_task(bench.sync.service.do(SyncNow()))
    await bench.clock.advance(timedelta())
    assert bench.known.running
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    assert (ended, bench.known.running) == (["status"], False)
    await asyncio.gather(asked, return_exceptions=True)
