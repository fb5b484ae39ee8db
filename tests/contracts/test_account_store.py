"""What every store of logins promises; a new store adds a class with a fixture that opens it."""

import asyncio
import itertools
import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.logins.official_store import OfficialStore, keyring_user
from probe_tray.adapters.logins.sealer import VaultKey
from probe_tray.adapters.logins.vault import VaultStore, record_files
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import OfficialLoginError
from probe_tray.ports.accounts import AccountStore
from tests.safety.bench import Steps, StepStore
from tests.support.fakes import START, MemoryStore
from tests.support.files import official
from tests.support.keyrings import FakeKeyStore
from tests.support.stores import configured_store, folder_store, named_files, restoring_store
from tests.support.tokens import credential, nameless, tokens
from tests.unit.engine.bench import GatedStore

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

    async def test_tokens_that_begin_to_name_their_user_take_the_place_of_those_that_did_not(
        self, open_store: OpenStore
    ) -> None:
        store, old = open_store(), nameless(credential("ana"))
        await store.save(old)
        named = credential("ana", number=2, at=LATER)
        saved = await store.save(named, replaces=old.key)
        for each in (store, open_store()):
            assert await held(each) == [what_counts(named)]
            found = await each.read(named.key)
            assert found is not None
            assert found.location == saved.location

    async def test_a_login_of_nobody_knows_whom_is_kept_beside_a_new_one(self, open_store: OpenStore) -> None:
        store, unknown = open_store(), nameless(credential("ana"), email="")
        await store.save(unknown)
        await store.save(credential("ana"))
        assert len(await held(open_store())) == 2

    async def test_both_logins_of_one_owner_give_way_to_the_one_that_replaces_them(self, open_store: OpenStore) -> None:
        store, old, named = open_store(), nameless(credential("ana")), credential("ana")
        for login in (old, named, credential("ben")):
            await store.save(login)
        newer = credential("ana", number=2, at=LATER)
        await store.save(newer, replaces=old.key)
        assert await held(open_store()) == [what_counts(newer), what_counts(credential("ben"))]

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
        return lambda: folder_store(tmp_path / "shared")


class TestConfiguredFolderStore(AccountStoreContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        folder = tmp_path / "shared"
        folder.mkdir()
        return lambda: configured_store(folder)


class TestRestoringFolderStore(AccountStoreContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        return lambda: restoring_store(tmp_path / "shared")


class TestNamedFileStore(AccountStoreContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        return lambda: named_files([tmp_path / f"{number:02}.json" for number in range(10)], held={})


class OfficialClient(ABC):
    """The official client, in a folder of its own: the only one who writes its login."""

    def __init__(self, home: Path) -> None:
        home.mkdir()
        self._home = home
        self._entry: str | None = None
        self._seconds = itertools.count(step=100)

    def open_store(self) -> OfficialStore:
        """Open the store; time passes for it between two looks at the keyring."""
        return OfficialStore(
            self._home, self._read, read_silently=self._read, now=lambda: float(next(self._seconds)), disk=Disk()
        )

    @abstractmethod
    def put(self, login: dict[str, object]) -> None:
        """Log in, or renew."""

    @abstractmethod
    def log_out(self) -> None:
        """Leave no login behind."""

    def holds(self) -> object:
        """All that it keeps."""
        return self._entry, {path: path.read_bytes() for path in self._home.rglob("*")}

    async def _read(self, service: str, user: str) -> Secret | None:
        assert (service, user) == ("Codex Auth", keyring_user(self._home))
        return None if self._entry is None else Secret(self._entry)


class ClientWithFile(OfficialClient):
    """It keeps its login in its file."""

    def put(self, login: dict[str, object]) -> None:
        (self._home / "auth.json").write_text(json.dumps(login))

    def log_out(self) -> None:
        (self._home / "auth.json").unlink()


class ClientWithKeyring(OfficialClient):
    """It keeps its login in the keyring, where there is no file."""

    def put(self, login: dict[str, object]) -> None:
        self._entry = json.dumps(login)

    def log_out(self) -> None:
        self._entry = None


class OfficialStoreContract:
    """What the contract says of reading, with the client as the one who writes; and how every write is refused."""

    @pytest.fixture
    def client(self, tmp_path: Path) -> OfficialClient:
        """The client, which has no login yet."""
        raise NotImplementedError

    async def test_a_new_store_is_empty_and_well(self, client: OfficialClient) -> None:
        assert await held(client.open_store()) == []
        assert await client.open_store().read(credential("ana").key) is None

    async def test_what_the_client_wrote_is_there_for_every_start(self, client: OfficialClient) -> None:
        store = client.open_store()
        client.put(official("ana"))
        for each in (store, client.open_store()):
            (found,) = (await each.load()).found
            assert (found.credential.key, found.store) == (credential("ana").key, each.kind)
            assert not found.credential.made_here
            assert found.credential.access_token == credential("ana").access_token
            assert await each.read(credential("ana").key) == found

    async def test_a_newer_login_takes_the_place_of_the_older(self, client: OfficialClient) -> None:
        store = client.open_store()
        client.put(official("ana"))
        await store.load()
        client.put(official("ana", tokens=tokens("ana", number=2, at=LATER)))
        newer = credential("ana", number=2, at=LATER)
        found = await store.read(newer.key)
        assert found is not None
        assert found.credential.access_token == newer.access_token
        assert [login.access_token for login in await held(store)] == [newer.access_token]

    async def test_an_unknown_account_is_none(self, client: OfficialClient) -> None:
        client.put(official("ana"))
        assert await client.open_store().read(AccountKey("nobody", "none")) is None

    async def test_a_login_without_its_lesser_tokens_is_kept_as_it_is(self, client: OfficialClient) -> None:
        bare = {"access_token": tokens("ana")["access_token"], "account_id": "account-ana"}
        client.put(official("ana", tokens=bare))
        (found,) = await held(client.open_store())
        assert (found.access_token, found.refresh_token) == (credential("ana").access_token, None)

    async def test_a_change_by_the_client_is_noticed(self, client: OfficialClient) -> None:
        store = client.open_store()
        await store.load()
        assert not await store.changed()
        client.put(official("ana"))
        assert await store.changed()
        await store.load()
        assert not await store.changed()
        client.put(official("ana", tokens=tokens("ana", number=2, at=LATER)))
        assert await store.changed()
        await store.load()
        client.log_out()
        assert await store.changed()
        assert await held(store) == []

    async def test_a_write_is_refused_and_changes_nothing(self, client: OfficialClient) -> None:
        login = credential("ana", number=2, at=LATER)
        for there in (False, True):
            if there:
                client.put(official("ana"))
            before, store = client.holds(), client.open_store()
            for refused in (store.check_writable(login.key), store.save(login), store.remove(login.key)):
                with pytest.raises(OfficialLoginError):
                    await refused
            assert client.holds() == before

    async def test_nothing_that_is_returned_shows_a_token(self, client: OfficialClient) -> None:
        client.put(official("ana"))
        store = client.open_store()
        shown = repr((await store.load(), await store.read(credential("ana").key), store))
        for token in tokens("ana").values():
            assert token not in shown


class TestOfficialFile(OfficialStoreContract):
    @pytest.fixture
    def client(self, tmp_path: Path) -> OfficialClient:
        return ClientWithFile(tmp_path / "codex")


class TestOfficialKeyring(OfficialStoreContract):
    @pytest.fixture
    def client(self, tmp_path: Path) -> OfficialClient:
        return ClientWithKeyring(tmp_path / "codex")


class TestVault(AccountStoreContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        keyring, folder, locks = FakeKeyStore(), tmp_path / "vault", FileLocks(tmp_path / "locks")
        return lambda: VaultStore(folder, VaultKey(keyring, locks, lambda: bool(record_files(folder))), disk=Disk())


class TestTheDoubleOfTheOtherTests(AccountStoreContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        store = MemoryStore()
        return lambda: store


class TestTheDoubleThatStops(AccountStoreContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        store = GatedStore()
        return lambda: store


class TestTheDoubleThatCountsSteps(AccountStoreContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        store = StepStore(Steps(), StoreKind.VAULT)
        return lambda: store
