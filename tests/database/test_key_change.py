"""The key of a protected table is changed, and an account is taken out of it, on a real database."""

import pytest
from msgspec.structs import replace

from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import KeyInFileError, SyncNoKeyChangeError, SyncNoSuchRowError, SyncUnprotectedError
from probe_tray.core.sync.rows import StepKind, SyncOptions
from probe_tray.core.sync.setup import SecretPlace, SyncSecrets
from probe_tray.core.sync.table_key import keys_of
from probe_tray.engine.sync.table_owner import TableOwner
from tests.database.conftest import SQL, protect
from tests.database.test_attackers import RESTORE, Computer, kinds, login, refused, two_that_share
from tests.support.postgres import Database
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
        assert await owner.forget_old_key(first.target)
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
        assert await first.own().withdraw(first.target, "ana@example.com") == "account-ana"
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
        assert (await refused(second, rest))["ana"] is StepKind.ROLLED_BACK
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
