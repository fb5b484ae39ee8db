"""What every store of logins promises; a new store adds a class with a fixture that opens it."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.logins.folder_store import FolderStore, NamedFileStore, RestoringFolderStore
from probe_tray.adapters.logins.named_files import NamedFiles
from probe_tray.adapters.logins.official_store import OfficialStore
from probe_tray.adapters.logins.sealer import VaultKey
from probe_tray.adapters.logins.vault import VaultStore, record_files
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import OfficialLoginError
from probe_tray.ports.accounts import AccountStore
from tests.support.fakes import START, MemoryStore
from tests.support.files import official
from tests.support.keyrings import FakeKeyStore
from tests.support.tokens import credential

OpenStore = Callable[[], AccountStore]
TEAM = (("ana", "team"), ("ben", "team"))
WORKSPACES = (("ana", "one"), ("ana", "two"))
LATER = START + timedelta(days=9)


def what_counts(login: Credential) -> Credential:
    """The login without what only some stores can keep: whether it was made here."""
    return msgspec.structs.replace(login, made_here=False)


async def held(store: AccountStore) -> list[Credential]:
    contents = await store.load()
    assert contents.problem is None
    assert contents.unreadable == ()
    return [what_counts(s.credential) for s in sorted(contents.found, key=lambda s: s.credential.key)]


class AccountStoreContract:
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        """Open the store; each call opens the same place anew, as another start of the program does."""
        raise NotImplementedError

    async def test_a_new_store_is_empty_and_well(self, open_store: OpenStore) -> None:
        assert await held(open_store()) == []

    async def test_what_was_saved_is_there_for_the_next_start(self, open_store: OpenStore) -> None:
        store = open_store()
        saved = await store.save(credential("ana"))
        assert (saved.credential, saved.store) == (credential("ana"), store.kind)
        for each in (store, open_store()):
            assert await held(each) == [what_counts(credential("ana"))]
            found = await each.read(credential("ana").key)
            assert found is not None
            assert what_counts(found.credential) == what_counts(credential("ana"))
            assert (found.store, found.location) == (saved.store, saved.location)

    async def test_a_newer_login_takes_the_place_of_the_older(self, open_store: OpenStore) -> None:
        store = open_store()
        await store.save(credential("ana"))
        newer = credential("ana", number=2, at=LATER)
        await store.save(newer)
        assert await held(open_store()) == [what_counts(newer)]

    async def test_members_of_a_team_are_separate_accounts(self, open_store: OpenStore) -> None:
        store = open_store()
        ana, ben = (credential(name, account="team") for name in ("ana", "ben"))
        await store.save(ana)
        await store.save(ben)
        await store.save(credential("ben", account="team", number=2, at=LATER))
        found = await store.read(ana.key)
        assert found is not None
        assert what_counts(found.credential) == what_counts(ana)
        assert len(await held(store)) == 2

    async def test_one_person_may_have_several_workspaces(self, open_store: OpenStore) -> None:
        store = open_store()
        logins = [credential("ana", account=name) for name in ("one", "two")]
        for login in logins:
            await store.save(login)
        assert await held(open_store()) == [what_counts(login) for login in logins]

    async def test_an_unknown_account_is_none(self, open_store: OpenStore) -> None:
        store = open_store()
        assert await store.read(AccountKey("nobody", "none")) is None
        await store.save(credential("ana"))
        assert await store.read(AccountKey("nobody", "none")) is None

    async def test_removing_takes_one_account_away_and_no_other(self, open_store: OpenStore) -> None:
        store = open_store()
        await store.save(credential("ana"))
        await store.save(credential("ben"))
        await store.remove(credential("ana").key)
        await store.remove(credential("ana").key)
        assert await held(store) == await held(open_store()) == [what_counts(credential("ben"))]
        assert await store.read(credential("ana").key) is None

    async def test_asking_whether_it_can_be_written_changes_nothing(self, open_store: OpenStore) -> None:
        store = open_store()
        await store.check_writable(credential("ana").key)
        assert await held(store) == []
        await store.save(credential("ana"))
        await store.check_writable(credential("ana").key)
        assert await held(store) == [what_counts(credential("ana"))]

    async def test_a_login_without_its_lesser_tokens_is_kept_as_it_is(self, open_store: OpenStore) -> None:
        bare = msgspec.structs.replace(credential("ana"), refresh_token=None, id_token=None)
        await open_store().save(bare)
        (found,) = await held(open_store())
        assert (found.access_token, found.refresh_token, found.id_token) == (bare.access_token, None, None)

    async def test_saves_at_the_same_time_do_not_cost_a_login(self, open_store: OpenStore) -> None:
        stores = [open_store(), open_store()]
        logins = [credential(f"person{n}") for n in range(10)]
        await asyncio.gather(*(stores[n % 2].save(login) for n, login in enumerate(logins)))
        assert await held(open_store()) == [what_counts(login) for login in logins]

    async def test_a_store_sees_what_another_start_of_the_program_saved(self, open_store: OpenStore) -> None:
        one, other = open_store(), open_store()
        await one.save(credential("ana"))
        assert await held(other) == [what_counts(credential("ana"))]
        newer = credential("ana", number=2, at=LATER)
        await other.save(newer)
        found = await one.read(newer.key)
        assert found is not None
        assert found.credential.access_token == newer.access_token

    async def test_a_change_by_another_start_of_the_program_is_noticed(self, open_store: OpenStore) -> None:
        mine, other = open_store(), open_store()
        await mine.save(credential("ana"))
        await mine.load()
        assert not await mine.changed()
        if other is mine:
            return
        await other.save(credential("ana", number=2, at=LATER))
        assert await mine.changed()
        await mine.load()
        assert not await mine.changed()
        await other.remove(credential("ana").key)
        assert await mine.changed()

    async def test_nothing_that_is_returned_shows_a_token(self, open_store: OpenStore) -> None:
        store = open_store()
        saved = await store.save(credential("ana"))
        shown = repr((saved, await store.load(), await store.read(credential("ana").key), store))
        refresh_token = credential("ana").refresh_token
        assert refresh_token is not None
        assert refresh_token.reveal() not in shown
        assert credential("ana").access_token.reveal() not in shown


class TestFolderStore(AccountStoreContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        return lambda: FolderStore(tmp_path / "shared")


class TestRestoringFolderStore(AccountStoreContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        return lambda: RestoringFolderStore(tmp_path / "shared")


class TestNamedFileStore(AccountStoreContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        return lambda: NamedFileStore([tmp_path / f"{number:02}.json" for number in range(10)])


class TestNamedFiles(AccountStoreContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        people = ["ana", "ben", *(f"person{n}" for n in range(10))]
        logins = [credential(name) for name in people]
        logins += [credential(name, account=account) for name, account in (*TEAM, *WORKSPACES)]
        return lambda: NamedFiles({login.key: tmp_path / f"{login.key.slug}.json" for login in logins})


class TestOfficialStore:
    """It is only read: what the contract says of reading, and that nothing is ever written."""

    async def test_it_holds_what_the_client_wrote_and_sees_every_change(self, tmp_path: Path) -> None:
        async def no_entry(_service: str, _user: str) -> Secret | None:
            return None

        store = OfficialStore(tmp_path, no_entry)
        assert await held(store) == []
        assert await store.read(AccountKey("nobody", "none")) is None
        (tmp_path / "auth.json").write_text(json.dumps(official("ana")))
        assert await store.changed()
        (found,) = (await store.load()).found
        assert not await store.changed()
        assert (found.credential.key, found.store) == (credential("ana").key, store.kind)
        assert await store.read(credential("ana").key) == found
        assert await store.read(AccountKey("nobody", "none")) is None
        shown = repr((await store.load(), store))
        assert found.credential.access_token.reveal() not in shown

    async def test_it_takes_nothing(self, tmp_path: Path) -> None:
        async def no_entry(_service: str, _user: str) -> Secret | None:
            return None

        path = tmp_path / "auth.json"
        path.write_text(json.dumps(official("ana")))
        before, store, login = path.read_bytes(), OfficialStore(tmp_path, no_entry), credential("ana")
        for refused in (store.check_writable(login.key), store.save(login), store.remove(login.key)):
            with pytest.raises(OfficialLoginError):
                await refused
        assert path.read_bytes() == before


class TestVault(AccountStoreContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        keyring, folder, locks = FakeKeyStore(), tmp_path / "vault", FileLocks(tmp_path / "locks")
        return lambda: VaultStore(folder, VaultKey(keyring, locks, lambda: bool(record_files(folder))))


class TestTheDoubleOfTheOtherTests(AccountStoreContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        store = MemoryStore()
        return lambda: store
