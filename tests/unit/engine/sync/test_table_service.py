"""Changes of the table as a whole in the tray app, over doubles."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from probe_tray.core.commands import ChangeSyncKey, EndOldSyncKey, ForgetSync, SetUpSync, StopSharing, SyncNow, TrySync
from probe_tray.core.errors import (
    KeyringLockedError,
    NotSentError,
    ProbeError,
    RowTakenError,
    SyncKeyEndedError,
    SyncNewerLoginError,
    SyncNoKeyChangeError,
    SyncSecretError,
    SyncSetupChangedError,
    SyncUnprotectedError,
)
from probe_tray.core.sync.rows import StepKind
from probe_tray.core.sync.setup import SecretPlace, SyncChanged, SyncState
from probe_tray.core.sync.table_change import TableChange, TableChangeKind
from probe_tray.core.sync.table_key import key_id, keys_of, table_digest
from probe_tray.core.sync.table_record import TableStatus
from probe_tray.engine.sync.table_owner import TableOwner
from tests.support.fakes import START, problem_kind, settle
from tests.support.tokens import credential
from tests.unit.engine.sync.test_sync_service import HELD, SyncedBench
from tests.unit.engine.sync.test_synchronizer import Machine
from tests.unit.engine.sync_bench import KEY, TARGET

ANA = credential()


class Owner(SyncedBench):
    """A tray app whose table is protected."""

    def __init__(self, address: str = TARGET.url) -> None:
        super().__init__(ANA, sync_url=address)
        self.sync.secrets.held = replace(HELD, key_place=SecretPlace.KEYRING)
        self.sync.table.state = TableStatus(protected=True, digests=(table_digest(KEY),))

    @property
    def change(self) -> TableChange:
        assert self.known.change is not None
        return self.known.change

    @property
    def keys(self) -> tuple[Secret, ...]:
        held = self.sync.secrets.held.key
        assert held is not None
        return keys_of(held)

    @property
    def digests(self) -> set[str]:
        status = self.sync.table.state
        assert status is not None
        return set(status.digests)


async def test_the_key_is_changed_in_two_steps_and_every_row_is_sealed_with_the_new_one() -> None:
    bench = Owner()
    await bench.sync.service.do(SyncNow())
    await bench.sync.changes.do(ChangeSyncKey())
    new, old = bench.keys
    assert (bench.change.kind, bench.change.running, bench.change.problem) == (TableChangeKind.NEW_KEY, False, None)
    assert (old, bench.known.setup.is_key_changing) == (KEY, True)
    assert bench.digests == {table_digest(new), table_digest(old)}
    report = bench.known.report
    assert report is not None
    (item,) = report.items
    assert item.stamp is not None
    assert (item.stamp.key_id, item.stamp.newest_key_id) == (key_id(old), key_id(new)), "seen to have the new key"
    await bench.sync.changes.do(EndOldSyncKey())
    assert (bench.change.kind, bench.change.number) == (TableChangeKind.END_OLD_KEY, 2)
    assert (bench.keys, bench.digests) == ((new,), {table_digest(new)})
    assert not bench.known.setup.is_key_changing
    assert key_id(new) in bench.sync.table.held[ANA.account_id].token_data.reveal()


async def test_a_change_goes_on_after_a_restart_and_each_step_can_be_done_again() -> None:
    bench = Owner()
    await bench.sync.changes.do(ChangeSyncKey())
    new = bench.keys[0]
    bench.store.dispatch(SyncChanged(sync=SyncState()))
    async with bench.watching():
        assert bench.known.setup.is_key_changing
    await bench.sync.changes.do(ChangeSyncKey())
    assert bench.keys[0] == new, "no third key"
    # The table heard of the end, and the program did not live to know it.
    await bench.sync.table.end_other_keys(table_digest(new))
    await bench.sync.changes.do(EndOldSyncKey())
    assert (bench.keys, bench.change.problem) == ((new,), None)


async def test_what_broke_a_change_off_is_told_and_it_can_be_done_again() -> None:
    bench = Owner()

    async def cut(request: str) -> None:
        if request == "add_key":
            raise NotSentError

    bench.sync.table.before = cut
    await bench.sync.changes.do(ChangeSyncKey())
    assert (problem_kind(bench.change.problem), bench.change.running) == (NotSentError, False)
    assert bench.known.setup.is_key_changing, "the new key is kept here, before the table hears of it"
    new = bench.keys[0]

    async def calm(_request: str) -> None:
        pass

    bench.sync.table.before = calm
    await bench.sync.changes.do(ChangeSyncKey())
    assert (bench.change.problem, bench.keys[0]) == (None, new)
    assert table_digest(new) in bench.digests


async def test_what_cannot_be_done_is_told() -> None:
    bench = Owner()
    await bench.sync.changes.do(EndOldSyncKey())
    assert problem_kind(bench.change.problem) == SyncNoKeyChangeError
    bench.sync.secrets.fault = KeyringLockedError()
    await bench.sync.changes.do(ChangeSyncKey())
    assert problem_kind(bench.change.problem) == KeyringLockedError
    bench.sync.secrets.fault = None
    bench.sync.table.state = TableStatus(protected=False)
    await bench.sync.changes.do(ChangeSyncKey())
    assert problem_kind(bench.change.problem) == SyncUnprotectedError
    assert bench.keys == (KEY,)


@pytest.mark.parametrize("command", [ChangeSyncKey(), EndOldSyncKey(), StopSharing(ANA.key)])
async def test_what_nobody_expected_ends_a_change_as_a_failure(
    command: ChangeSyncKey | EndOldSyncKey | StopSharing,
) -> None:
    bench = Owner()
    await bench.sync.service.do(SyncNow())
    await bench.sync.changes.do(ChangeSyncKey())

    async def breaks(_request: str) -> None:
        raise RuntimeError

    bench.sync.table.before = breaks
    with pytest.raises(RuntimeError):
        await bench.sync.changes.do(command)
    assert (problem_kind(bench.change.problem), bench.change.running) == (ProbeError, False)


async def test_what_nobody_expected_ends_a_sync_a_test_and_a_setup_as_failures() -> None:
    bench = Owner()
    await bench.sync.service.do(SyncNow())
    assert bench.known.report is not None
    assert bench.known.report.problem is None

    async def breaks(_request: str) -> None:
        raise RuntimeError

    bench.sync.table.before = bench.sync.secrets.before = breaks
    with pytest.raises(RuntimeError):
        await bench.sync.service.do(SyncNow())
    assert (problem_kind(bench.known.report.problem), bench.known.running) == (ProbeError, False)
    with pytest.raises(RuntimeError):
        await bench.sync.service.do(TrySync(url=TARGET.url))
    assert bench.known.test is not None
    assert (problem_kind(bench.known.test.problem), bench.known.testing) == (ProbeError, False)
    with pytest.raises(RuntimeError):
        await bench.sync.service.do(SetUpSync(url=TARGET.url, key=KEY))
    assert problem_kind(bench.known.set_up.problem) == ProbeError


async def test_one_change_runs_at_a_time_and_says_so() -> None:
    bench = Owner()
    waits = asyncio.Event()

    async def wait(_request: str) -> None:
        await waits.wait()

    bench.sync.table.before = wait
    first = asyncio.ensure_future(bench.sync.changes.do(ChangeSyncKey()))
    await settle()
    assert bench.change.running
    await bench.sync.changes.do(ChangeSyncKey())
    assert bench.change.number == 1
    waits.set()
    await first
    assert (bench.change.number, bench.change.running) == (1, False)
    assert len(bench.keys) == 2


async def test_an_account_is_taken_out_of_the_table_and_its_login_stays_here() -> None:
    bench = Owner()
    await bench.sync.service.do(SyncNow())
    await bench.sync.changes.do(StopSharing(ANA.key))
    assert (bench.change.kind, bench.change.account, bench.change.problem) == (
        TableChangeKind.STOP_SHARING,
        ANA.key,
        None,
    )
    report = bench.known.report
    assert report is not None
    assert [item.kind for item in report.items] == [StepKind.WITHDRAWN]
    assert bench.state.account(ANA.key) is not None


async def test_the_row_of_another_member_of_the_team_is_not_taken_out() -> None:
    bench = Owner()
    await bench.sync.service.do(SyncNow())
    before = dict(bench.sync.table.held)
    await bench.sync.changes.do(StopSharing(AccountKey(ANA.account_id, "user-of-somebody-else")))
    assert problem_kind(bench.change.problem) == RowTakenError
    assert bench.sync.table.held == before


@pytest.mark.parametrize("command", [ChangeSyncKey(), StopSharing(ANA.key)])
async def test_a_change_that_is_cut_off_by_the_end_of_the_program_is_not_said_to_run(
    command: ChangeSyncKey | StopSharing,
) -> None:
    bench = Owner()

    async def wait(_request: str) -> None:
        await asyncio.Event().wait()

    bench.sync.table.before = wait
    task = asyncio.ensure_future(bench.sync.changes.do(command))
    await settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not bench.change.running


async def test_a_page_that_still_showed_the_old_key_does_not_save_it_over_the_new_one() -> None:
    bench = Owner()
    await bench.sync.changes.do(ChangeSyncKey())
    both = bench.keys
    for key in both:
        await bench.sync.service.do(SetUpSync(url=TARGET.url, key=key))
        assert (bench.keys, bench.known.set_up.problem) == (both, None), "until the old one ends, both are needed"


async def test_what_failed_is_no_news_once_a_sync_begins_and_what_went_well_stays_known() -> None:
    bench = Owner()
    await bench.sync.changes.do(EndOldSyncKey())
    assert bench.change.problem is not None
    await bench.sync.service.do(SyncNow())
    assert bench.known.change is None
    await bench.sync.changes.do(ChangeSyncKey())
    assert bench.change.number == 2, "a number is used once"
    await bench.sync.service.do(SyncNow())
    assert bench.change.problem is None


async def test_what_the_last_sync_found_is_known_after_a_restart_before_anything_else() -> None:
    bench = Owner()
    await bench.sync.service.do(SyncNow())
    bench.sync.table.fault = NotSentError()
    await bench.sync.service.do(SyncNow())
    bench.store.dispatch(SyncChanged(sync=SyncState()))
    bench.sync.secrets.fault = KeyringLockedError()
    async with bench.watching():
        earlier = bench.known.earlier
        assert problem_kind(bench.known.setup.problem) == KeyringLockedError
        assert earlier is not None
        assert earlier.stamps[ANA.key.slug].computer == "study-pc"
    bench.sync.secrets.fault = None
    await bench.sync.service.do(ForgetSync())
    assert bench.known.earlier is None
    assert bench.sync.memory.last == {}


async def test_a_newer_login_that_only_the_table_has_comes_here_before_its_row_is_taken_out() -> None:
    bench = Owner()
    await bench.sync.service.do(SyncNow())
    await Machine(bench.sync.table, credential(number=2, at=START + timedelta(hours=1))).sync()
    await bench.sync.changes.do(StopSharing(ANA.key))
    assert bench.change.problem is None
    held = [stored.credential.refresh_token for _, stored in await bench.sync.context.accounts.holders(ANA.key)]
    assert held == [credential(number=2).refresh_token]


async def test_a_row_with_the_newest_login_stays_where_it_cannot_come_here() -> None:
    bench = Owner()
    await bench.sync.service.do(SyncNow())
    await Machine(bench.sync.table, credential(number=2, at=START + timedelta(hours=1))).sync()
    before = dict(bench.sync.table.held)
    owner = TableOwner(bench.sync.context, bench.sync.secrets)
    with pytest.raises(SyncNewerLoginError, match="newer login of ana"):
        await owner.withdraw_account(TARGET, ANA.key)
    assert bench.sync.table.held == before


@pytest.mark.parametrize("kept", [None, Secret("e" * 64)])
async def test_a_change_that_waited_saves_no_key_that_was_forgotten_or_replaced_meanwhile(kept: Secret | None) -> None:
    bench = Owner()
    await bench.sync.service.do(SyncNow())
    secrets = bench.sync.secrets
    secrets.held = replace(secrets.held, key=kept)
    before = bench.digests
    with pytest.raises(SyncSetupChangedError):
        await TableOwner(bench.sync.context, secrets).begin_key_change(TARGET)
    assert (secrets.held.key, bench.digests) == (kept, before)


@pytest.mark.parametrize("address", [TARGET.url, f"{TARGET.url}/rest/v1/"])
async def test_an_ended_key_never_takes_the_place_of_the_one_that_is_let_in(address: str) -> None:
    bench = Owner(address)
    await bench.sync.service.do(SyncNow())
    await bench.sync.changes.do(ChangeSyncKey())
    new = bench.keys[0]
    await bench.sync.changes.do(EndOldSyncKey())
    await bench.sync.service.do(SetUpSync(url=TARGET.url, key=KEY))
    assert bench.keys == (new,)
    assert bench.state.settings.sync_url == address
    problem = bench.known.set_up.problem
    assert problem is not None
    assert problem.is_a(SyncKeyEndedError) or problem.is_a(SyncSecretError)
