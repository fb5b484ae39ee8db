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
from probe_tray.core.account.credential import Claims, Credential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import OfficialLoginError, WriteError
from probe_tray.ports.accounts import AccountStore
from tests.safety.bench import Steps, StepStore
from tests.support.fakes import START, MemoryStore
from tests.support.files import official
from tests.support.keyrings import FakeKeyStore
from tests.support.stores import folder_store, named_files, restoring_store
from tests.support.tokens import credential, nameless
from tests.unit.engine.bench import GatedStore

OpenStore = Callable[[], AccountStore]
TEAM = (("ana", "team"), ("ben", "team"))
WORKSPACES = (("ana", "one"), ("ana", "two"))
LATER = START + timedelta(days=9)


def what_counts(login: Credential) -> Credential:
    """The login without what only some stores can keep: whether it was made here."""
    return msgspec.structs.replace(login, made_here=False)


def tokens_of(login: Credential) -> list[str | None]:
    """The tokens that a store has to give back as they were."""
    return [
        None if token is None else token.reveal() for token in (login.access_token, login.refresh_token, login.id_token)
    ]


async def held(store: AccountStore) -> list[Credential]:
    contents = await store.load()
    assert contents.problem is None
    assert contents.unreadable == ()
    return [what_counts(s.credential) for s in sorted(contents.found, key=lambda s: s.credential.key)]


class StorePlace(ABC):
    """What stores are opened on, and whoever else puts logins there."""

    @abstractmethod
    def open_store(self) -> AccountStore:
        """Open the store; each call opens the same place anew, as another start of the program does."""

    @abstractmethod
    async def put(self, login: Credential) -> None:
        """Put a login there, or a newer one of the same account, past every store that is open."""

    @abstractmethod
    async def take_away(self, login: Credential) -> None:
        """Remove its account in the same way."""


def personal(name: str, number: int = 1, *, fedramp: bool = False) -> Credential:
    """A personal access token, which doesn't say itself whose it is."""
    owner = credential(name).claims
    return Credential(
        access_token=Secret(f"at-{name}-{number:020}"),
        account_id=owner.account_id,
        claims=Claims(user_id=owner.user_id, email=owner.email, fedramp=fedramp),
    )


class SavedPlace(StorePlace):
    """One that the store itself writes: whoever else puts logins there is another start of the program."""

    def __init__(self, open_store: OpenStore) -> None:
        self._open_store = open_store

    def open_store(self) -> AccountStore:
        return self._open_store()

    async def put(self, login: Credential) -> None:
        await self._open_store().save(login)

    async def take_away(self, login: Credential) -> None:
        await self._open_store().remove(login.key)


class ReadableStoreContract:
    """What every store promises, the one that only others write included."""

    @pytest.fixture
    def place(self, tmp_path: Path) -> StorePlace:
        """An empty one."""
        raise NotImplementedError

    async def test_a_new_store_is_empty_and_well(self, place: StorePlace) -> None:
        assert await held(place.open_store()) == []
        assert await place.open_store().read(credential("ana").key) is None

    async def test_what_is_there_is_found_by_every_start(self, place: StorePlace) -> None:
        store = place.open_store()
        await place.put(credential("ana"))
        for each in (store, place.open_store()):
            (found,) = (await each.load()).found
            assert (found.credential.key, found.store) == (credential("ana").key, each.kind)
            assert tokens_of(found.credential) == tokens_of(credential("ana"))
            assert await each.read(credential("ana").key) == found

    async def test_a_newer_login_that_another_one_put_there_is_seen(self, place: StorePlace) -> None:
        store = place.open_store()
        await place.put(credential("ana"))
        await store.load()
        newer = credential("ana", number=2, at=LATER)
        await place.put(newer)
        found = await store.read(newer.key)
        assert found is not None
        assert tokens_of(found.credential) == tokens_of(newer)
        assert [tokens_of(login) for login in await held(store)] == [tokens_of(newer)]

    async def test_at_a_glance_the_account_is_seen_where_it_was_and_where_it_is_new(self, place: StorePlace) -> None:
        store, login, newer = place.open_store(), credential("ana"), credential("ana", number=2, at=LATER)
        await store.load()
        assert await store.glance(login.key) is None
        for one in (login, newer):
            await place.put(one)
            found = await store.glance(login.key)
            assert found is not None
            assert tokens_of(found.credential) == tokens_of(one)
            assert found == await store.read(login.key)
        await place.take_away(newer)
        assert await store.glance(login.key) is None

    async def test_an_unknown_account_is_none(self, place: StorePlace) -> None:
        store = place.open_store()
        assert await store.read(AccountKey("nobody", "none")) is None
        await place.put(credential("ana"))
        assert await store.read(AccountKey("nobody", "none")) is None

    async def test_a_login_without_its_lesser_tokens_is_read_as_it_is(self, place: StorePlace) -> None:
        bare = msgspec.structs.replace(credential("ana"), refresh_token=None, id_token=None)
        await place.put(bare)
        (found,) = await held(place.open_store())
        assert (found.access_token, found.refresh_token, found.id_token) == (bare.access_token, None, None)

    async def test_a_change_that_another_one_made_is_noticed(self, place: StorePlace) -> None:
        store = place.open_store()
        await store.load()
        assert not await store.changed()
        if place.open_store() is store:
            # Whatever is written goes through this one, which knows of it.
            await place.put(credential("ana"))
            assert not await store.changed()
            return
        for login in (credential("ana"), credential("ana", number=2, at=LATER)):
            await place.put(login)
            assert await store.changed()
            await store.load()
            assert not await store.changed()
        await place.take_away(credential("ana"))
        assert await store.changed()
        assert await held(store) == []

    async def test_nothing_that_is_returned_shows_a_token(self, place: StorePlace) -> None:
        await place.put(credential("ana"))
        store = place.open_store()
        shown = repr((await store.load(), await store.read(credential("ana").key), store))
        for token in tokens_of(credential("ana")):
            assert token is not None
            assert token not in shown


class AccountStoreContract(ReadableStoreContract):
    """What a store promises besides that takes new logins."""

    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        """Open the store; each call opens the same place anew, as another start of the program does."""
        raise NotImplementedError

    @pytest.fixture
    def place(self, open_store: OpenStore) -> StorePlace:
        return SavedPlace(open_store)

    async def test_a_personal_access_token_is_kept_with_its_owner(self, open_store: OpenStore) -> None:
        store, first, second = open_store(), personal("ana"), personal("ana", 2)
        await store.save(first)
        assert await held(open_store()) == [first]
        await store.save(second)
        assert await held(open_store()) == [second]
        await store.save(credential("ana"))
        assert [tokens_of(login) for login in await held(open_store())] == [tokens_of(credential("ana"))]
        await store.remove(first.key)
        assert await held(open_store()) == []

    async def test_a_token_of_a_fedramp_account_is_kept_as_one(self, open_store: OpenStore) -> None:
        store, agent = open_store(), personal("ana", fedramp=True)
        await store.save(agent)
        assert await held(open_store()) == [agent]
        plain = msgspec.structs.replace(agent, claims=msgspec.structs.replace(agent.claims, fedramp=False))
        await store.save(plain)
        assert await held(open_store()) == [plain]
        await store.save(agent)
        assert await held(open_store()) == [agent]

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

    async def test_saves_at_the_same_time_do_not_cost_a_login(self, open_store: OpenStore) -> None:
        stores = [open_store(), open_store()]
        logins = [credential(f"person{n}") for n in range(10)]
        await asyncio.gather(*(stores[n % 2].save(login) for n, login in enumerate(logins)))
        assert await held(open_store()) == [what_counts(login) for login in logins]

    async def test_what_saving_returns_shows_no_token(self, open_store: OpenStore) -> None:
        store = open_store()
        saved = await store.save(credential("ana"))
        shown = repr(saved)
        refresh_token = credential("ana").refresh_token
        assert refresh_token is not None
        assert refresh_token.reveal() not in shown
        assert credential("ana").access_token.reveal() not in shown


class TestFolderStore(AccountStoreContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        return lambda: folder_store(tmp_path / "shared")


class TestRestoringFolderStore(AccountStoreContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        return lambda: restoring_store(tmp_path / "shared")


class TestNamedFileStore(AccountStoreContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        return lambda: named_files([tmp_path / f"{number:02}.json" for number in range(10)], held={})


class TestNamedFileStoreOfKnownAccounts(AccountStoreContract):
    """Each account has its file, as where ``codex-probe`` renews the logins that it has found."""

    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        people = ("ana", "ben", *(f"person{n}" for n in range(10)))
        known = [
            *(credential(person).key for person in people),
            *(credential(person, account=account).key for person, account in (*TEAM, *WORKSPACES)),
            nameless(credential("ana")).key,
        ]
        files = {key: tmp_path / f"{number:02}.json" for number, key in enumerate(known)}
        return lambda: named_files(list(files.values()), held=files)

    async def test_an_account_without_a_file_has_no_place(self, open_store: OpenStore) -> None:
        store, stranger = open_store(), credential("ida")
        for refused in (store.check_writable(stranger.key), store.save(stranger)):
            with pytest.raises(WriteError):
                await refused
        assert await held(open_store()) == []


class OfficialClient(StorePlace):
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

    async def put(self, login: Credential) -> None:
        """Log in, or renew."""
        given = {"access_token": login.access_token, "refresh_token": login.refresh_token, "id_token": login.id_token}
        kept = {name: token.reveal() for name, token in given.items() if token is not None}
        self._write(json.dumps(official(tokens={**kept, "account_id": login.account_id})))

    async def take_away(self, login: Credential) -> None:
        """Log out."""
        del login
        self._write(None)

    @abstractmethod
    def _write(self, login: str | None) -> None:
        """Keep this, or nothing."""

    def holds(self) -> object:
        """All that it keeps."""
        return self._entry, {path: path.read_bytes() for path in self._home.rglob("*")}

    async def _read(self, service: str, user: str) -> Secret | None:
        assert (service, user) == ("Codex Auth", keyring_user(self._home))
        return None if self._entry is None else Secret(self._entry)


class ClientWithFile(OfficialClient):
    """It keeps its login in its file."""

    def _write(self, login: str | None) -> None:
        if login is None:
            (self._home / "auth.json").unlink()
        else:
            (self._home / "auth.json").write_text(login)


class ClientWithKeyring(OfficialClient):
    """It keeps its login in the keyring, where there is no file."""

    def _write(self, login: str | None) -> None:
        self._entry = login


class ReadOnlyStoreContract(ReadableStoreContract):
    """What a store promises besides that only others write."""

    @pytest.fixture
    def place(self, client: OfficialClient) -> StorePlace:
        return client

    @pytest.fixture
    def client(self, tmp_path: Path) -> OfficialClient:
        """The client, which has no login yet."""
        raise NotImplementedError

    async def test_no_login_counts_as_made_here(self, client: OfficialClient) -> None:
        await client.put(credential("ana"))
        (found,) = (await client.open_store().load()).found
        assert not found.credential.made_here

    async def test_a_write_is_refused_and_changes_nothing(self, client: OfficialClient) -> None:
        login = credential("ana", number=2, at=LATER)
        for there in (False, True):
            if there:
                await client.put(credential("ana"))
            before, store = client.holds(), client.open_store()
            for refused in (store.check_writable(login.key), store.save(login), store.remove(login.key)):
                with pytest.raises(OfficialLoginError):
                    await refused
            assert client.holds() == before


class TestOfficialFile(ReadOnlyStoreContract):
    @pytest.fixture
    def client(self, tmp_path: Path) -> OfficialClient:
        return ClientWithFile(tmp_path / "codex")


class TestOfficialKeyring(ReadOnlyStoreContract):
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
