"""The key of a protected table is changed, and an account is taken out of it, on a real database."""

from datetime import UTC

import pytest
from msgspec.structs import replace

from probe_tray.adapters.logins.login_cipher import AesGcmLoginCipher
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    KeyInFileError,
    SharingStoppedError,
    SyncKeyError,
    SyncKeyNeededError,
    SyncKeyUnfinishedError,
    SyncLeasesError,
    SyncNewerLoginError,
    SyncNoKeyChangeError,
    SyncNoSuchRowError,
    SyncOtherKeyChangeError,
    SyncSeveralRowsError,
    SyncUnopenedRowError,
    SyncUnprotectedError,
    TableUncheckedError,
)
from probe_tray.core.sync.rows import StepKind, SyncOptions, SyncReport
from probe_tray.core.sync.setup import SecretPlace, SyncSecrets, SyncTarget
from probe_tray.core.sync.table_key import key_id, keys_of, table_digest
from probe_tray.engine.sync.table_owner import TableOwner, forget_old_key
from tests.database.conftest import PROTECT, SQL, protect
from tests.database.test_attackers import RESTORE, Computer, kinds, login, renewed, renewing, two_that_share
from tests.support.postgres import Database, literal
from tests.support.postgrest import PostgRest
from tests.unit.engine.sync_bench import FakeSyncSecrets

SHARE_ANA = SyncOptions(overwrite=frozenset({"account-ana"}))


class Owned(Computer):
    """A computer whose person acts on the table."""

    def own(self, place: SecretPlace = SecretPlace.KEYRING) -> TableOwner:
        self.secrets = FakeSyncSecrets(SyncSecrets(key=self.target.key, key_place=place))
        return TableOwner(self.bench.context, self.secrets)

    def use(self, key: Secret | None) -> None:
        assert key is not None
        self.target = replace(self.target, key=key)


@pytest.fixture
def rest_protected(database: Database) -> PostgRest:
    protect(database)
    return PostgRest(database)


async def test_no_login_is_unreadable_while_the_key_is_changed_and_the_removed_computer_is_shut_out(
    rest_protected: PostgRest,
) -> None:
    with rest_protected as rest:
        first, second, removed = Owned(rest, login(1)), Owned(rest), Owned(rest)
        for computer in (first, second, removed):
            await computer.sync()
        owner = first.own()
        first.use((await owner.begin_key_change(first.target)).key)
        assert first.secrets.held.key == first.target.key, "kept before the table hears of it"
        assert len(keys_of(first.target.key)) == 2
        # Begun again after it was broken off: the same key.
        assert (await owner.begin_key_change(first.target)).key == first.target.key
        for number, computer in enumerate((first, second, removed), start=2):
            computer.hold(login(number))
            assert kinds(await computer.sync()) == {"ana": StepKind.UPLOAD_NEWER}
            for other in (first, second, removed):
                assert (await other.sync()).well
        second.use(first.target.key)
        assert kinds(await second.sync()) == {"ana": StepKind.SAME}
        await owner.end_old_key(first.target)
        await owner.end_old_key(first.target)
        before = second.numbers()
        assert kinds(await second.sync()) == {"ana": StepKind.SAME}, "sealed anew by whoever comes first"
        report = await first.sync()
        assert (kinds(report), report.old_key_ended) == ({"ana": StepKind.SAME}, True)
        assert await forget_old_key(first.secrets, first.target)
        assert first.secrets.held.key == keys_of(first.target.key)[0]
        first.use(first.secrets.held.key)
        assert kinds(await first.sync()) == {"ana": StepKind.SAME}
        assert first.numbers() == second.numbers() == before
        shut_out = await removed.sync()
        assert shut_out.problem is not None
        assert shut_out.problem.name == "SyncSecretError"
        assert removed.numbers() == before, "what it has stays there"
        protect(rest.database)
        again = await removed.sync()
        assert again.problem == shut_out.problem, "an old copy of the SQL does not let it in again"


async def test_a_change_that_broke_off_before_the_table_heard_of_it_goes_on(rest_protected: PostgRest) -> None:
    with rest_protected as rest:
        computer = Owned(rest, login(1))
        await computer.sync()
        computer.use(Secret(f"{'c3' * 32}:{computer.target.key.reveal()}"))
        assert kinds(await computer.sync()) == {"ana": StepKind.SAME}
        newcomer = Owned(rest, key=Secret("c3" * 32))
        assert not (await newcomer.sync()).well, "rows are written with the old key until it ends"
        await computer.own().end_old_key(computer.target)
        assert (await computer.sync()).resealed == 1
        assert kinds(await newcomer.sync()) == {"ana": StepKind.RESTORE}


async def test_what_cannot_be_done_is_said_and_changes_nothing(database: Database) -> None:
    database.run(SQL)
    with PostgRest(database) as rest:
        computer = Owned(rest, login(1))
        await computer.sync()
        for asked in (
            computer.own().begin_key_change(computer.target),
            computer.own().withdraw(computer.target, "ana@example.com"),
        ):
            with pytest.raises(SyncUnprotectedError):
                await asked
        protect(database)
        with pytest.raises(KeyInFileError):
            await computer.own(SecretPlace.FILE).begin_key_change(computer.target)
        with pytest.raises(SyncNoKeyChangeError):
            await computer.own().end_old_key(computer.target)
        with pytest.raises(SyncNoSuchRowError):
            await computer.own().withdraw(computer.target, "nobody")
        assert kinds(await computer.sync()) == {"ana": StepKind.SAME}


async def test_an_account_that_was_taken_out_does_not_come_back_by_itself(rest_protected: PostgRest) -> None:
    with rest_protected as rest:
        await two_that_share(rest)
        first, second = Owned(rest, login(2), login(2, "bob")), Owned(rest)
        await first.sync()
        await second.sync()
        assert (await first.own().withdraw(first.target, "ana@example.com")).account_id == "account-ana"
        assert "ana" not in str(rest.database.run("select token_data, email from tokens where id = 'account-ana'"))
        for computer in (first, second):
            report = await computer.sync()
            assert (kinds(report), report.well) == ({"ana": StepKind.WITHDRAWN, "bob": StepKind.SAME}, True)
            assert computer.numbers() == {"ana": "2", "bob": "2"}, "the login stays where it is"
        first.hold(login(3))
        assert kinds(await first.sync(SyncOptions(overwrite_all=True)))["ana"] is StepKind.WITHDRAWN
        newcomer = Owned(rest)
        assert kinds(await newcomer.sync()) == {"ana": StepKind.WITHDRAWN, "bob": StepKind.RESTORE}
        # Whoever puts the old row back, or deletes it, brings nothing back.
        rest.database.run(f"{RESTORE} and t.id = 'account-ana'")
        for options in (SyncOptions(), SyncOptions(overwrite_all=True)):
            assert kinds(await second.sync(options))["ana"] is StepKind.WITHDRAWN
        rest.database.run("delete from tokens where id = 'account-ana'")
        assert kinds(await second.sync())["ana"] is StepKind.WITHDRAWN
        assert rest.database.run("select id from tokens") == [("account-bob",)]
        # Only a person shares it again.
        assert kinds(await first.sync(SHARE_ANA))["ana"] in {StepKind.UPLOAD_NEW, StepKind.OVERWRITE}
        assert kinds(await second.sync())["ana"] is StepKind.ADOPT


async def test_each_row_says_which_computer_wrote_it_and_when(rest_protected: PostgRest) -> None:
    with rest_protected as rest:
        first, second = Owned(rest, login(1)), Owned(rest)
        await first.sync()
        (item,) = (await second.sync()).items
        assert item.stamp is not None
        assert (item.stamp.computer, item.stamp.action.value) == ("study-pc", "shared")
        assert item.stamp.at == first.bench.context.clock.now()


async def changed(owned: Owned) -> Secret:
    """Change the key there to the end, as far as that computer goes; the pair that others were set up with."""
    pair = (await owned.own().begin_key_change(owned.target)).key
    owned.use(pair)
    await owned.own().end_old_key(owned.target)
    assert (await owned.sync()).old_key_ended
    owned.use(keys_of(pair)[0])
    return pair


async def test_a_computer_that_still_has_the_ended_key_makes_another_one(rest_protected: PostgRest) -> None:
    with rest_protected as rest:
        first = Owned(rest, login(1))
        await first.sync()
        pair = await changed(first)
        second, stolen = Owned(rest, key=pair), Owned(rest, key=pair)
        assert (await second.sync()).old_key_ended
        await stolen.sync()
        owner = second.own()
        second.use((await owner.begin_key_change(second.target)).key)
        assert keys_of(second.target.key)[1] == keys_of(pair)[0]
        await owner.end_old_key(second.target)
        assert (await second.sync()).well
        shut_out = await stolen.sync()
        assert shut_out.problem is not None
        assert shut_out.problem.name == "SyncSecretError"


async def test_a_key_is_not_changed_again_while_rows_need_the_one_before(rest_protected: PostgRest) -> None:
    with rest_protected as rest:
        first = Owned(rest, login(1))
        await first.sync()
        first.use((await first.own().begin_key_change(first.target)).key)
        await first.own().end_old_key(first.target)
        with pytest.raises(SyncKeyUnfinishedError):
            await first.own().begin_key_change(first.target)
        assert (await first.sync()).old_key_ended


async def test_a_change_is_not_ended_at_a_computer_that_missed_its_beginning(rest_protected: PostgRest) -> None:
    with rest_protected as rest:
        first = Owned(rest, login(1))
        await first.sync()
        stale = Owned(rest, key=await changed(first))
        first.use((await first.own().begin_key_change(first.target)).key)
        with pytest.raises(SyncOtherKeyChangeError):
            await stale.own().end_old_key(stale.target)
        assert kinds(await first.sync()) == {"ana": StepKind.SAME}


async def test_the_old_key_goes_on_where_the_new_one_was_ended(rest_protected: PostgRest) -> None:
    with rest_protected as rest:
        first = Owned(rest, login(1))
        await first.sync()
        old = first.target.key
        first.use((await first.own().begin_key_change(first.target)).key)
        ended = keys_of(first.target.key)[0]
        rest.database.run(
            "update probe_tray_keys set ended_at = now() where added_at = (select max(added_at) from probe_tray_keys)"
        )
        first.hold(login(2))
        assert kinds(await first.sync()) == {"ana": StepKind.UPLOAD_NEWER}
        assert kinds(await Owned(rest, key=old).sync()) == {"ana": StepKind.RESTORE}
        again = (await first.own().begin_key_change(first.target)).key
        assert keys_of(again)[0] != ended
        assert keys_of(again)[1] == old


async def test_a_key_that_was_kept_meanwhile_is_not_written_over() -> None:
    pair = SyncTarget(url="https://x.example", api_key=Secret("k"), key=Secret(f"{'c3' * 32}:{'c1' * 32}"))
    for held in (Secret("c3" * 32), Secret(f"{'c5' * 32}:{'c3' * 32}")):
        secrets = FakeSyncSecrets(SyncSecrets(key=held, key_place=SecretPlace.KEYRING))
        assert await forget_old_key(secrets, pair)
        assert secrets.held.key == held


async def test_of_several_accounts_with_one_address_none_is_taken_out_by_it(rest_protected: PostgRest) -> None:
    with rest_protected as rest:
        first = Owned(rest, login(1), login(1, "ana", "account-work"))
        await first.sync()
        owner = first.own()
        with pytest.raises(SyncSeveralRowsError, match=r"account-ana.*account-work"):
            await owner.withdraw(first.target, "ana@example.com")
        with pytest.raises(SyncNoSuchRowError):
            await owner.withdraw(first.target, "")
        assert set(kinds(await first.sync()).values()) == {StepKind.SAME}
        assert (await owner.withdraw(first.target, " Account-WORK")).account_id == "account-work"
        assert kinds(await first.sync()) == {"ana": StepKind.SAME, "work": StepKind.WITHDRAWN}


async def test_a_row_that_does_not_open_is_not_taken_out(rest_protected: PostgRest) -> None:
    with rest_protected as rest:
        first = Owned(rest, login(1), login(1, "bob"))
        await first.sync()
        rest.database.run("update tokens set token_data = 'damaged' where id = 'account-bob'")
        with pytest.raises(SyncUnopenedRowError):
            await first.own().withdraw(first.target, "account-bob")
        assert rest.database.run("select token_data from tokens where id = 'account-bob'") == [("damaged",)]


async def test_a_token_that_another_computer_used_is_not_sent_again_once_its_account_was_taken_out(
    rest_protected: PostgRest,
) -> None:
    with rest_protected as rest:
        first, second = Owned(rest, login(1)), Owned(rest, login(1))
        for computer in (first, second):
            await computer.sync()
        await renewed(second)
        with pytest.raises(SyncNewerLoginError):
            await first.own().withdraw(first.target, "account-ana")
        await second.own().withdraw(second.target, "account-ana")
        with pytest.raises(SharingStoppedError):
            await renewing(first).claim(login(1))


async def test_whoever_cannot_renew_an_account_that_was_taken_out_is_told_so(rest_protected: PostgRest) -> None:
    with rest_protected as rest:
        first, second = Owned(rest, login(1)), Owned(rest)
        await first.sync()
        await second.sync()
        await first.own().withdraw(first.target, "account-ana")
        key, shared = login(1).key, renewing(first)
        assert not await shared.claim(login(1))
        await shared.mark_sent(key)
        first.hold(login(2))
        await shared.publish(key)
        assert await first.bench.memory.unshared() == {}, "nobody waits for it"
        rest.database.run("update probe_tray_leases set until = now() - interval '1 hour'")
        with pytest.raises(SharingStoppedError):
            await renewing(second).claim(login(1))


async def test_a_renewal_does_not_bring_back_an_account_whose_row_was_deleted(rest_protected: PostgRest) -> None:
    with rest_protected as rest:
        first = Owned(rest, login(1))
        await first.sync()
        await first.own().withdraw(first.target, "account-ana")
        await first.sync()
        rest.database.run("delete from tokens")
        first.hold(login(2))
        await renewing(first).publish(login(1).key)
        assert rest.database.run("select id from tokens") == []


async def test_a_renewal_leaves_a_table_alone_that_was_opened(rest_protected: PostgRest) -> None:
    with rest_protected as rest:
        first = Owned(rest, login(1))
        await first.sync()
        rest.database.run("delete from probe_tray_keys")
        with pytest.raises(TableUncheckedError):
            await renewing(first).claim(login(1))
        assert rest.database.run("select * from probe_tray_leases") == []


async def test_a_renewal_seals_a_new_row_with_the_key_that_is_let_in(rest_protected: PostgRest) -> None:
    with rest_protected as rest:
        first = Owned(rest, login(1))
        await first.sync()
        stale = Owned(rest, login(1, "bob"), key=await changed(first))
        await renewing(stale).publish(login(1, "bob").key)
        assert kinds(await first.sync()) == {"ana": StepKind.SAME, "bob": StepKind.RESTORE}


def write_sealed(rest: PostgRest, held: Credential, row_id: str, key: Secret) -> None:
    """Put a login under another account's id, in the compatible form."""
    row = AesGcmLoginCipher(key).seal(held, bytes(12), UTC)
    values = ", ".join(map(literal, (row_id, row.token_data.reveal(), row.update_time)))
    rest.database.run(f"insert into tokens (id, token_data, update_time) values ({values})")  # noqa: S608 - quoted


async def test_the_old_key_is_kept_while_only_it_opens_a_row_that_is_not_used(rest_protected: PostgRest) -> None:
    with rest_protected as rest:
        first = Owned(rest, login(1))
        await first.sync()
        write_sealed(rest, login(5, "dan"), "account-eve", first.target.key)
        owner = first.own()
        first.use((await owner.begin_key_change(first.target)).key)
        await owner.end_old_key(first.target)
        for _ in range(2):
            report = await first.sync()
            assert kinds(report) == {"ana": StepKind.SAME, "eve": StepKind.ID_MISMATCH}
            assert (report.only_old_key, report.old_key_ended) == (("account-eve",), False)
        with pytest.raises(SyncKeyUnfinishedError):
            await owner.begin_key_change(first.target)
        report = await first.sync(SyncOptions(overwrite_all=True))
        assert (report.only_old_key, report.old_key_ended) == (("account-eve",), True), "a person does without it"
        rest.database.run("delete from tokens where id = 'account-eve'")
        report = await first.sync()
        assert (report.only_old_key, report.old_key_ended) == ((), True)


async def test_two_computers_of_one_name_are_two(rest_protected: PostgRest) -> None:
    with rest_protected as rest:
        first, second = Owned(rest, login(1)), Owned(rest, login(1, "bob"))
        for computer in (first, second):
            await computer.sync()
        first.use((await first.own().begin_key_change(first.target)).key)
        new, old = map(key_id, keys_of(first.target.key))
        report = await first.sync()
        ids = [await computer.bench.memory.computer_id() for computer in (first, second)]
        stamps = {item.stamp.computer_id: item.stamp.newest_key_id for item in report.items if item.stamp is not None}
        assert stamps == dict(zip(ids, (new, old), strict=True)), "the other's row is none of its own"
        assert sorted(report.computers) == sorted(ids)
        assert sorted(report.computers.values()) == ["study-pc", "study-pc (2)"]
        await first.own().end_old_key(first.target)
        (bobs,) = [item.stamp for item in (await first.sync()).items if item.row_id == "account-bob"]
        assert bobs is not None
        assert (bobs.computer_id, bobs.key_id) == (ids[1], new), "sealed anew it is the other's as before"


async def test_each_computer_shows_in_its_rows_whether_it_has_the_new_key(rest_protected: PostgRest) -> None:
    def newest(report: SyncReport) -> dict[str, str]:
        return {item.stamp.computer: item.stamp.newest_key_id for item in report.items if item.stamp is not None}

    with rest_protected as rest:
        first, second = Owned(rest, login(1)), Owned(rest, login(1, "bob"), name="office-mac")
        for computer in (first, second):
            await computer.sync()
        first.use((await first.own().begin_key_change(first.target)).key)
        new, old = map(key_id, keys_of(first.target.key))
        report = await first.sync()
        assert newest(report) == {"study-pc": new, "office-mac": old}
        assert report.newest_key_id == new
        second.use(first.target.key)
        before = [item.stamp for item in (await first.sync()).items]
        report = await second.sync()
        assert newest(report) == {"study-pc": new, "office-mac": new}
        assert [item.stamp and (item.stamp.action, item.stamp.at) for item in report.items] == [
            stamp and (stamp.action, stamp.at) for stamp in before
        ], "the rows say what they said of the login"
        assert (await second.sync()).resealed == 0


LOST = {
    "reading": "revoke select on tokens from anon",
    "reading, by its policy": 'drop policy "sync reads" on tokens',
    "adding": "revoke insert on tokens from anon",
    "changing": "revoke update on tokens from anon",
    "changing, by its policy": 'drop policy "sync replaces" on tokens',
}


async def ending(rest: PostgRest, sql: str) -> tuple[Owned, list[tuple[str | None, ...]]]:
    """A computer that is about to end the old key, after somebody has run this; which keys the table lets in."""
    first = Owned(rest, login(1), login(1, "bob"))
    await first.sync()
    first.use((await first.own().begin_key_change(first.target)).key)
    assert (await first.sync()).well
    rest.database.run(sql)
    return first, rest.database.run(KEYS)


KEYS = "select digest, ended_at from probe_tray_keys order by digest"


@pytest.mark.parametrize("sql", LOST.values(), ids=LOST)
async def test_the_old_key_is_not_ended_where_rows_would_go_on_needing_it(rest_protected: PostgRest, sql: str) -> None:
    with rest_protected as rest:
        first, keys = await ending(rest, sql)
        with pytest.raises(SyncKeyNeededError):
            await first.own().end_old_key(first.target)
        assert rest.database.run(KEYS) == keys
        rest.database.run(SQL + "grant select, insert, update on tokens to anon;" + POLICIES)
        await first.own().end_old_key(first.target)
        assert (await first.sync()).old_key_ended


POLICIES = """
drop policy if exists "sync reads" on tokens; drop policy if exists "sync replaces" on tokens;
create policy "sync reads" on tokens for select to anon using (true);
create policy "sync replaces" on tokens for update to anon using (true) with check (true);
"""


async def test_the_old_key_is_not_ended_where_the_sql_is_not_whole(rest_protected: PostgRest) -> None:
    with rest_protected as rest:
        first, keys = await ending(rest, "drop function probe_tray_rights()")
        with pytest.raises(SyncLeasesError):
            await first.own().end_old_key(first.target)
        assert rest.database.run(KEYS) == keys


async def test_the_old_key_is_not_ended_where_no_row_opens(rest_protected: PostgRest) -> None:
    with rest_protected as rest:
        sealed = AesGcmLoginCipher(Secret("07" * 32)).seal(login(1), bytes(12), UTC).token_data.reveal()
        first, keys = await ending(rest, f"update tokens set token_data = {literal(sealed)}")  # noqa: S608 - quoted
        with pytest.raises(SyncKeyError):
            await first.own().end_old_key(first.target)
        assert rest.database.run(KEYS) == keys


async def test_no_key_is_ended_that_alone_opens_a_row(rest_protected: PostgRest) -> None:
    """Somebody has begun another change, and a row is sealed with a key that is not known here."""
    with rest_protected as rest:
        other = Secret("07" * 32)
        first, _ = await ending(rest, "select 1")
        rest.database.run(PROTECT.replace("{digest}", table_digest(other)))
        keys = rest.database.run(KEYS)
        sealed = AesGcmLoginCipher(other).seal(login(1, "bob"), bytes(12), UTC).token_data.reveal()
        rest.database.run(f"update tokens set token_data = {literal(sealed)} where id = 'account-bob'")  # noqa: S608
        with pytest.raises(SyncOtherKeyChangeError):
            await first.own().end_old_key(first.target)
        assert rest.database.run(KEYS) == keys
        rest.database.run("delete from tokens where id = 'account-bob'")
        await first.own().end_old_key(first.target)
        assert (await first.sync()).old_key_ended
