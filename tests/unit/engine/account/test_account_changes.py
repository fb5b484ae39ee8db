from datetime import timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.errors import (
    CertificateError,
    NoSuchStoreError,
    NotRevokedError,
    NotSentError,
    OfficialLoginError,
    StrangeAnswerError,
    UncertainError,
    WriteError,
)
from probe_tray.core.service.answer import Answer
from probe_tray.core.state import AppState
from probe_tray.engine.account.account_changes import AccountChanges
from probe_tray.engine.account.accounts import Accounts, nothing_remembered
from probe_tray.engine.renewal.account_logins import AccountLogins
from probe_tray.engine.renewal.token_memory import TokenMemory
from probe_tray.engine.store import Store
from tests.support.fakes import START, FakeClock, FakeRandomness, MemoryOfTokens, MemoryStore, ScriptedService
from tests.support.tokens import credential
from tests.unit.engine.bench import GatedStore, NoLocks
from tests.unit.engine.sync_bench import MemoryOfRows

OLD, NEW = credential("ana"), credential("ana", number=2, at=START + timedelta(days=2))
THEIRS = replace(credential("ana"), made_here=False)
FULL = WriteError(path="x", reason="the disk is full")


class StuckStore(MemoryStore):
    """Holds logins and lets none of them go."""

    async def remove(self, key: AccountKey) -> None:
        raise FULL


class FolderOfTheClient(MemoryStore):
    """A folder of ours in which the official client's own file lies."""

    async def remove(self, key: AccountKey) -> None:
        raise OfficialLoginError(path="auth.json")


class Bench:
    """Stores, and what a person does with what is in them."""

    def __init__(self, *stores: MemoryStore) -> None:
        self.service = ScriptedService()
        self.service.answer("revoke", Answer(200, {}, b""))
        self.store = Store(AppState())
        self.memory = MemoryOfRows()
        accounts = Accounts(stores, self.store, nothing_remembered)
        self.tokens = TokenMemory(MemoryOfTokens(), FakeClock(), FakeRandomness())
        lasting = AccountLogins(accounts, self.tokens).lasting
        self.changes = AccountChanges(accounts, self.service, NoLocks(), self.memory, lasting, self._nothing_set_aside)

    @property
    def places(self) -> list[tuple[StoreKind, ...]]:
        """Where the state says that each account is."""
        return [account.stores for account in self.store.state.accounts]

    async def _nothing_set_aside(self) -> int:
        return 0


def revoked(*logins: Credential) -> list[tuple[str, str]]:
    return [("revoke", login.refresh_token.fingerprint) for login in logins if login.refresh_token]


async def test_a_removed_login_is_gone_from_every_store_and_nobody_is_asked() -> None:
    vault, folder = MemoryStore(StoreKind.VAULT, OLD), MemoryStore(StoreKind.FOLDER, NEW)
    bench = Bench(vault, folder)
    await bench.changes.remove(OLD.key, revoke=False)
    assert (vault.held, folder.held, bench.places, bench.service.asked) == ({}, {}, [], [])


async def test_a_login_of_ours_is_ended_at_the_service_before_it_is_removed() -> None:
    vault, folder = MemoryStore(StoreKind.VAULT, OLD), MemoryStore(StoreKind.FOLDER, NEW)
    bench = Bench(vault, folder)
    await bench.changes.remove(OLD.key, revoke=True)
    assert bench.service.asked == revoked(OLD, NEW)
    assert (vault.held, folder.held) == ({}, {})


async def test_the_same_login_in_two_stores_is_ended_once() -> None:
    bench = Bench(MemoryStore(StoreKind.VAULT, OLD), MemoryStore(StoreKind.FOLDER, OLD))
    await bench.changes.remove(OLD.key, revoke=True)
    assert bench.service.asked == revoked(OLD)


async def test_a_login_that_was_not_made_here_is_removed_and_never_ended() -> None:
    vault, client = MemoryStore(StoreKind.VAULT, THEIRS), MemoryStore(StoreKind.OFFICIAL, OLD)
    bench = Bench(vault, client)
    await bench.changes.remove(OLD.key, revoke=True)
    assert (vault.held, list(client.held), bench.service.asked) == ({}, [OLD.key], [])


@pytest.mark.parametrize("status", [400, 401, 404])
async def test_a_login_that_the_service_does_not_know_any_more_counts_as_ended(status: int) -> None:
    vault = MemoryStore(StoreKind.VAULT, OLD)
    bench = Bench(vault)
    bench.service.answer("revoke", Answer(status, {}, b""))
    await bench.changes.remove(OLD.key, revoke=True)
    assert vault.held == {}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(500, {}, b""), "(status 500)"),
        (Answer(403, {}, b"<html>"), "(status 403)"),
        (NotSentError(reason="there is no connection"), "(there is no connection)"),
        (UncertainError(reason="no answer came in time"), "(no answer came in time)"),
        (CertificateError(host="h", reason="its certificate has expired"), "(its certificate has expired)"),
        (StrangeAnswerError(status="200"), "(its answer can't be read)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_login_that_the_service_does_not_end_stays_and_it_says_why(
    answer: Answer | Exception, said: str
) -> None:
    vault = MemoryStore(StoreKind.VAULT, OLD)
    bench = Bench(vault)
    bench.service.answer("revoke", answer)
    with pytest.raises(NotRevokedError) as caught:
        await bench.changes.remove(OLD.key, revoke=True)
    assert list(vault.held) == [OLD.key]
    assert caught.value.title == f"OpenAI didn't end the login of {OLD.email} {said}, so it was not removed."
    assert "by itself" not in str(caught.value)


async def test_where_one_store_fails_the_list_says_what_is_left() -> None:
    vault, folder = MemoryStore(StoreKind.VAULT, OLD), StuckStore(StoreKind.FOLDER, OLD)
    bench = Bench(vault, folder)
    with pytest.raises(WriteError):
        await bench.changes.remove(OLD.key, revoke=False)
    assert (vault.held, bench.places) == ({}, [(StoreKind.FOLDER,)])


async def test_the_client_s_own_file_in_a_folder_of_ours_keeps_nothing_from_being_removed() -> None:
    folder, vault = FolderOfTheClient(StoreKind.FOLDER), MemoryStore(StoreKind.VAULT, OLD)
    bench = Bench(folder, vault)
    await bench.changes.remove(OLD.key, revoke=False)
    assert vault.held == {}


@pytest.mark.parametrize("there", [None, OLD, NEW])
@pytest.mark.parametrize("here", [OLD, NEW])
async def test_of_the_logins_here_and_there_the_newer_one_is_kept_there(
    here: Credential, there: Credential | None
) -> None:
    vault = MemoryStore(StoreKind.VAULT, here)
    folder = MemoryStore(StoreKind.FOLDER, *([there] if there else []))
    bench = Bench(vault, folder)
    await bench.changes.move(OLD.key, StoreKind.FOLDER)
    newest = here if there is None else max(here, there, key=lambda c: c.expiry or START)
    assert (vault.held, folder.held, bench.places) == ({}, {OLD.key: newest}, [(StoreKind.FOLDER,)])


async def test_a_target_that_takes_nothing_leaves_the_login_where_it_is() -> None:
    vault, folder = MemoryStore(StoreKind.VAULT, OLD), GatedStore(StoreKind.FOLDER)
    folder.save_fault = FULL
    bench = Bench(vault, folder)
    with pytest.raises(WriteError):
        await bench.changes.move(OLD.key, StoreKind.FOLDER)
    assert (vault.held, bench.places) == ({OLD.key: OLD}, [(StoreKind.VAULT,)])


async def test_an_old_place_that_does_not_let_go_leaves_it_in_both_and_the_list_says_so() -> None:
    vault, folder = StuckStore(StoreKind.VAULT, OLD), MemoryStore(StoreKind.FOLDER)
    bench = Bench(vault, folder)
    with pytest.raises(WriteError):
        await bench.changes.move(OLD.key, StoreKind.FOLDER)
    assert bench.places == [(StoreKind.VAULT, StoreKind.FOLDER)]


@pytest.mark.parametrize("kept_in", [StoreKind.VAULT, StoreKind.FOLDER])
async def test_a_newer_access_token_alone_does_not_take_the_place_of_a_login(kept_in: StoreKind) -> None:
    vault, folder = MemoryStore(StoreKind.VAULT, OLD), MemoryStore(StoreKind.FOLDER, replace(NEW, refresh_token=None))
    bench = Bench(vault, folder)
    await bench.changes.move(OLD.key, kept_in)
    assert [store.held for store in (vault, folder) if store.kind is kept_in] == [{OLD.key: OLD}]
    assert bench.places == [(kept_in,)]


async def test_a_newer_login_that_has_ended_does_not_take_the_place_of_a_living_one() -> None:
    vault, folder = MemoryStore(StoreKind.VAULT, OLD), MemoryStore(StoreKind.FOLDER, NEW)
    bench = Bench(vault, folder)
    assert NEW.refresh_token is not None
    await bench.tokens.ended(NEW.refresh_token.fingerprint, "refresh_token_reused")
    await bench.changes.move(OLD.key, StoreKind.FOLDER)
    assert (vault.held, folder.held) == ({}, {OLD.key: OLD})


@pytest.mark.parametrize("to", [StoreKind.VAULT, StoreKind.FOLDER])
async def test_an_access_token_that_works_is_kept_rather_than_a_login_that_has_ended(to: StoreKind) -> None:
    works = replace(NEW, refresh_token=None)
    vault, folder = MemoryStore(StoreKind.VAULT, OLD), MemoryStore(StoreKind.FOLDER, works)
    bench = Bench(vault, folder)
    assert OLD.refresh_token is not None
    await bench.tokens.ended(OLD.refresh_token.fingerprint, "refresh_token_reused")
    await bench.changes.move(OLD.key, to)
    assert [store.held for store in (vault, folder) if store.kind is to] == [{OLD.key: works}]


async def test_without_such_a_place_nothing_is_moved() -> None:
    vault = MemoryStore(StoreKind.VAULT, OLD)
    with pytest.raises(NoSuchStoreError):
        await Bench(vault).changes.move(OLD.key, StoreKind.FOLDER)
    assert vault.held == {OLD.key: OLD}


async def test_the_client_s_login_is_not_moved() -> None:
    vault, client = MemoryStore(StoreKind.VAULT), MemoryStore(StoreKind.OFFICIAL, OLD)
    await Bench(vault, client).changes.move(OLD.key, StoreKind.VAULT)
    assert vault.held == {}


async def test_that_an_account_was_removed_is_remembered_once_it_is_gone() -> None:
    bench = Bench(MemoryStore(StoreKind.VAULT, OLD))
    await bench.changes.remove(OLD.key, revoke=False)
    assert bench.memory.gone == {OLD.key.slug}


async def test_an_account_that_stays_is_not_remembered_as_removed() -> None:
    bench = Bench(MemoryStore(StoreKind.VAULT, OLD))
    bench.service.answer("revoke", Answer(500, {}, b""))
    with pytest.raises(NotRevokedError):
        await bench.changes.remove(OLD.key, revoke=True)
    assert bench.memory.gone == frozenset()
