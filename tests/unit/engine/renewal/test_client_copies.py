"""Logins beside the official client's: an old copy of it learns from it, one of its own stays and is renewed."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.errors import CodexCopyError, KeyringLockedError, OfficialBrokenError
from probe_tray.core.renewal.policy import Reason
from probe_tray.core.renewal.request import RenewalKind
from probe_tray.engine.renewal.token_memory import TokenMemory
from tests.safety.bench import ANA, Bench
from tests.support.fakes import START, FakeRandomness, MemoryStore
from tests.support.tokens import credential

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CLIENTS = replace(credential("ana", number=77, at=START + HOUR), made_here=False)
"""The client was logged in to the account by itself, later than ours was made."""


def foreign(bench: Bench) -> Credential:
    """The login of the stores, which another program or computer has put there."""
    for store in bench.stores:
        store.held[ANA] = replace(store.held[ANA], made_here=False)
    return bench.stores[0].held[ANA]


def client_of(bench: Bench, *logins: Credential) -> MemoryStore:
    client = MemoryStore(StoreKind.OFFICIAL, *logins)
    bench.accounts.use([*bench.stores, client])
    return client


def memory(bench: Bench) -> TokenMemory:
    return TokenMemory(bench.memory, bench.clock, FakeRandomness())


@pytest.mark.parametrize("reason", [None, Reason.FORCED, Reason.REFUSED])
async def test_what_was_never_seen_with_the_client_is_neither_replaced_nor_sent(reason: Reason | None) -> None:
    bench = Bench(StoreKind.VAULT, StoreKind.FOLDER)
    login = foreign(bench)
    client_of(bench, CLIENTS)
    assert not await bench.transaction.catch_up(ANA)
    with pytest.raises(CodexCopyError):
        await bench.renew(reason)
    assert [store.held[ANA] for store in bench.stores] == [login, login]
    assert (bench.issuer.sent, bench.journal.entries, bench.begun) == ([], {}, 0)


async def test_it_is_used_as_long_as_it_need_not_be_renewed() -> None:
    bench = Bench()
    bench.stores[0].held[ANA] = replace(credential("ana"), made_here=False)
    client_of(bench, CLIENTS)
    assert (await bench.renew()).kind is RenewalKind.FRESH


async def test_one_that_was_newer_than_the_client_s_is_its_own_from_then_on() -> None:
    bench = Bench()
    login = foreign(bench)
    older = replace(credential("ana", number=70, at=START - 9 * DAY), made_here=False)
    client = client_of(bench, older)
    await bench.transaction.catch_up(ANA)
    client.held[ANA] = CLIENTS
    bench.restart()
    bench.accounts.use([*bench.stores, client])
    await bench.transaction.catch_up(ANA)
    assert bench.stores[0].held[ANA] == login
    assert (await bench.renew()).kind is RenewalKind.RENEWED
    assert not bench.issuer.reused
    assert client.held[ANA] == CLIENTS


async def test_a_place_that_cannot_be_read_shows_nothing_of_a_login() -> None:
    bench = Bench()
    foreign(bench)
    older = replace(credential("ana", number=70, at=START - 9 * DAY), made_here=False)
    hidden = MemoryStore(StoreKind.OFFICIAL, CLIENTS)
    hidden.fault = KeyringLockedError()
    bench.accounts.use([*bench.stores, MemoryStore(StoreKind.OFFICIAL, older), hidden])
    await bench.transaction.catch_up(ANA)
    hidden.fault = None
    with pytest.raises(CodexCopyError):
        await bench.renew()
    assert bench.issuer.sent == []


async def test_a_copy_is_known_over_restarts_by_having_been_seen() -> None:
    bench = Bench()
    client = client_of(bench, foreign(bench))
    await bench.transaction.catch_up(ANA)
    bench.issuer.rotate()
    client.held[ANA] = bench.issuer.credential()
    bench.restart()
    bench.accounts.use([*bench.stores, client])
    assert (await bench.renew(Reason.FORCED)).kind is RenewalKind.ADOPTED
    assert bench.stores[0].held[ANA].access_token == client.held[ANA].access_token
    assert bench.issuer.sent == []


async def test_a_copy_of_one_home_s_login_is_not_old_for_the_newer_one_of_another_home() -> None:
    bench = Bench()
    login = foreign(bench)
    bench.accounts.use([*bench.stores, *(MemoryStore(StoreKind.OFFICIAL, one) for one in (CLIENTS, login))])
    await bench.transaction.catch_up(ANA)
    assert bench.stores[0].held[ANA] == login


async def test_what_the_client_was_given_and_has_no_longer_is_its_own() -> None:
    bench = Bench()
    login = foreign(bench)
    token = login.refresh_token
    assert token is not None
    client = client_of(bench, login)
    await bench.transaction.catch_up(ANA)
    await memory(bench).with_client(token.fingerprint, stays=False)
    client.held[ANA] = CLIENTS
    await bench.transaction.catch_up(ANA)
    assert bench.stores[0].held[ANA] == login


@pytest.mark.parametrize("fault", [OfficialBrokenError(path="auth.json", reason="it is empty"), KeyringLockedError()])
async def test_no_copy_is_sent_while_nobody_knows_what_the_client_has(
    fault: OfficialBrokenError | KeyringLockedError,
) -> None:
    bench = Bench()
    client = client_of(bench, foreign(bench))
    await bench.transaction.catch_up(ANA)
    client.fault = fault
    with pytest.raises(type(fault)):
        await bench.renew(Reason.FORCED)
    assert bench.issuer.sent == []


async def test_a_newer_login_of_the_client_without_a_refresh_token_takes_nobody_theirs() -> None:
    bench = Bench()
    login = foreign(bench)
    client = client_of(bench, login)
    await bench.transaction.catch_up(ANA)
    client.held[ANA] = replace(CLIENTS, refresh_token=None)
    await bench.transaction.catch_up(ANA)
    assert bench.stores[0].held[ANA] == login
    with pytest.raises(CodexCopyError):
        await bench.renew()
    assert bench.issuer.sent == []


@pytest.mark.parametrize("step", ["prepare", "prepared"])
async def test_a_client_that_logs_in_while_the_request_is_prepared_is_noticed(step: str) -> None:
    bench = Bench()
    login = foreign(bench)
    client = client_of(bench)
    bench.steps.on[step] = lambda: client.held.update({ANA: CLIENTS})
    with pytest.raises(CodexCopyError):
        await bench.renew()
    assert (bench.issuer.sent, bench.journal.entries) == ([], {})
    assert (bench.stores[0].held[ANA], bench.verdict()) == (login, None)


async def test_what_the_client_was_seen_with_stays_its_own_while_its_place_shows_an_older_login() -> None:
    bench = Bench()
    login = foreign(bench)
    client = client_of(bench, login)
    await bench.transaction.catch_up(ANA)
    # Another home of the client, or one of two on a drive that isn't there.
    client.held[ANA] = replace(credential("ana", number=0, at=START - timedelta(days=30)), made_here=False)
    await bench.transaction.catch_up(ANA)
    # Renewed by the client meanwhile: the token of the copy is spent.
    client.held[ANA] = CLIENTS
    await bench.transaction.catch_up(ANA)
    assert bench.stores[0].held[ANA].refresh_token == CLIENTS.refresh_token
    assert bench.issuer.sent == []


Note = Callable[[TokenMemory, str], Awaitable[None]]


@pytest.mark.parametrize("note", [TokenMemory.saw_in_client, TokenMemory.saw_apart])
async def test_what_was_seen_is_written_down_once(note: Note) -> None:
    bench = Bench()
    for _ in range(3):
        await note(memory(bench), "0123456789abcdef")
    assert bench.steps.seen.count("remember fresh") == 1
