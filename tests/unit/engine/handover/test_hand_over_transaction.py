"""Each step of a hand-over may be the last one of its process: the next process finds every login."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import ClientBusyError, NotRenewableError, WriteError
from probe_tray.core.formats.document import read_documents
from probe_tray.core.handover.hand_over import HandOverRecord
from probe_tray.core.state import AppState
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.handover.hand_over_transaction import HandOverTransaction
from probe_tray.engine.renewal.refresh_transaction import RefreshTransaction
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.engine.store import Store
from probe_tray.engine.sync.shared_logins import NoSharedLogins
from tests.support.fakes import FakeClock, FakeRandomness, MemoryTally, NoTokenLocks, ScriptedService
from tests.support.hand_overs import (
    ClientDisk,
    MemoryAside,
    MemoryHandOvers,
    MemoryPlace,
    ProcessKilledError,
    client_file,
)
from tests.support.tokens import START, credential
from tests.unit.engine.bench import MemoryJournal, MemoryOfTokens, NoLocks

STEPS = ("begin", "keep aside", "kept aside", "write", "written", "save", "forget", "finish", "finished")


class Process:
    """One run of the program on what is on the disk."""

    def __init__(self, disk: ClientDisk) -> None:
        file, clock = MemoryHandOvers(disk), FakeClock()
        store, locks = Store(AppState()), NoLocks()

        accounts = Accounts((disk.vault,), store)
        self.service = ScriptedService()
        transaction = RefreshTransaction(
            self.service, accounts, MemoryJournal(), MemoryOfTokens(), clock, FakeRandomness(), "host"
        )
        self.renewals = Renewals(
            transaction, locks, clock, store.dispatch, NoSharedLogins(), MemoryTally(), NoTokenLocks()
        )
        self.hand_over = HandOverTransaction(
            MemoryPlace(disk), file, MemoryAside(disk), accounts, self.renewals, locks, clock
        )


def text_of(login: Credential) -> Secret:
    return Secret(client_file(login).decode())


def tokens_aside(disk: ClientDisk) -> set[Secret]:
    logins = [d.credential for text in disk.aside for d in read_documents(text.reveal().encode())]
    return {login.refresh_token for login in logins if login is not None and login.refresh_token is not None}


def tokens_here(disk: ClientDisk) -> set[Secret]:
    """The refresh tokens that this program renews with."""
    return {login.refresh_token for login in disk.vault.held.values() if login.refresh_token is not None}


def tokens_there(disk: ClientDisk) -> set[Secret]:
    """The refresh token that the client renews with."""
    return set() if disk.login is None or disk.login.refresh_token is None else {disk.login.refresh_token}


def newer(login: Credential, number: int) -> Credential:
    """The next tokens of the same login, as a renewal brings them."""
    person = login.email.partition("@")[0]
    return credential(person, number=number, at=START + timedelta(minutes=number))


async def finished(disk: ClientDisk) -> None:
    """The next run does what the killed one left."""
    disk.dies = ""
    await Process(disk).hand_over.update()
    assert not disk.record.pending


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("step", STEPS)
async def test_a_kill_at_any_step_leaves_every_login_alive_and_in_one_place(step: str, *, keep: bool) -> None:
    ana, ben, carl = credential("ana"), credential("ben"), credential("carl")
    disk = ClientDisk(ana, ben)
    # A login that only the client has.
    disk.text = text_of(carl)
    for account in (ana, ben, ana):
        disk.dies = step
        try:
            await Process(disk).hand_over.give(account.key, keep=keep)
        except ProcessKilledError:
            # Not even before the next run is one token in use twice.
            assert not tokens_here(disk) & tokens_there(disk)
            await finished(disk)
            given = disk.record.lent.get("home")
            # What is remembered is what the client has.
            assert given is None or (disk.login is not None and disk.login.key == given.key)
            assert carl.refresh_token in tokens_here(disk) | tokens_there(disk) | tokens_aside(disk)
            assert not tokens_there(disk) & (tokens_here(disk) | tokens_aside(disk))
            await Process(disk).hand_over.give(account.key, keep=keep)
        disk.dies = ""
        assert disk.login is not None
        assert (disk.login.key, disk.login.refresh_token) == (account.key, None)
        assert disk.record.lent["home"].key == account.key
        assert carl.refresh_token in (tokens_here(disk) if keep else tokens_aside(disk))
        assert not tokens_here(disk) & tokens_aside(disk)
    # What was taken over is no copy of the client's login any more.
    assert not keep or disk.vault.held[carl.key].made_here


@pytest.mark.parametrize("step", STEPS)
async def test_a_kill_while_a_login_is_put_back_leaves_it_in_one_place(step: str) -> None:
    ana, carl = credential("ana"), credential("carl")
    disk = ClientDisk(ana)
    disk.text = text_of(carl)
    await Process(disk).hand_over.give(ana.key, keep=False)
    disk.dies = step
    try:
        await Process(disk).hand_over.put_back()
    except ProcessKilledError:
        await finished(disk)
    disk.dies = ""
    # In the client's place or aside, never both.
    assert (carl.refresh_token in tokens_there(disk)) != (carl.refresh_token in tokens_aside(disk))


@pytest.mark.parametrize("made_here", [False, True])
async def test_a_newer_login_of_the_client_is_taken_over_only_in_the_place_of_its_copy(*, made_here: bool) -> None:
    ana = replace(credential("ana"), made_here=made_here)
    theirs = newer(ana, 5)
    disk = ClientDisk(ana, credential("ben"))
    disk.text = text_of(theirs)
    await Process(disk).hand_over.give(credential("ben").key, keep=True)
    assert disk.vault.held[ana.key].refresh_token == (ana if made_here else theirs).refresh_token
    assert tokens_aside(disk) == ({theirs.refresh_token} if made_here else set())
    assert disk.vault.held[ana.key].made_here


async def test_a_login_in_the_client_with_the_lent_account_is_another_one_and_both_live() -> None:
    ana = credential("ana")
    disk = ClientDisk(ana)
    await Process(disk).hand_over.give(ana.key, keep=False)
    theirs = newer(ana, 5)
    disk.text = text_of(theirs)
    assert await Process(disk).hand_over.update()
    assert not disk.record.lent
    held = disk.vault.held[ana.key]
    # No copy of theirs, so that a renewal sends the one that is ours.
    assert (held.refresh_token, held.made_here) == (ana.refresh_token, True)
    assert tokens_there(disk) == {theirs.refresh_token}


async def test_a_failed_write_leaves_the_client_s_login_with_the_client_alone() -> None:
    ana, carl = credential("ana"), credential("carl")
    disk = ClientDisk(ana)
    before = disk.text = text_of(carl)

    def full() -> None:
        raise WriteError(path="auth.json", reason="the disk is full")

    disk.slips_in = full
    with pytest.raises(WriteError):
        await Process(disk).hand_over.give(ana.key, keep=True)
    assert (disk.text, disk.aside, disk.record) == (before, [], HandOverRecord())
    assert carl.key not in disk.vault.held


async def test_what_only_the_client_has_is_not_lent_unless_it_becomes_an_account() -> None:
    carl = credential("carl")
    disk = ClientDisk()
    before = disk.text = text_of(carl)
    with pytest.raises(NotRenewableError):
        await Process(disk).hand_over.give(carl.key, keep=False)
    assert (disk.text, disk.aside) == (before, [])
    await Process(disk).hand_over.give(carl.key, keep=True)
    assert (tokens_here(disk), tokens_there(disk), disk.aside) == ({carl.refresh_token}, set(), [])


async def test_what_the_client_renews_in_that_very_moment_is_taken_back_first() -> None:
    ana, carl = credential("ana"), credential("carl")
    disk = ClientDisk(ana)
    disk.text = text_of(carl)
    renewed = newer(carl, 5)

    def renew() -> None:
        disk.text, disk.slips_in = text_of(renewed), None

    disk.slips_in = renew
    await Process(disk).hand_over.give(ana.key, keep=True)
    assert disk.vault.held[carl.key].refresh_token == renewed.refresh_token
    assert (tokens_there(disk), disk.aside) == (set(), [])


@pytest.mark.parametrize("keep", [False, True])
async def test_what_the_client_writes_while_it_is_replaced_is_taken_back(*, keep: bool) -> None:
    ana, carl = credential("ana"), credential("carl")
    disk = ClientDisk(ana)
    disk.text = text_of(carl)
    renewed = newer(carl, 5)
    disk.slips_through = text_of(renewed)
    await Process(disk).hand_over.give(ana.key, keep=keep)
    # What it had renewed is spent.
    assert (tokens_here(disk) | tokens_aside(disk)) == {ana.refresh_token, renewed.refresh_token}
    assert (carl.key in disk.vault.held) is keep


async def test_a_login_that_slips_in_before_a_renewed_token_is_set_aside() -> None:
    ana, carl = credential("ana"), credential("carl")
    disk = ClientDisk(ana)
    await Process(disk).hand_over.give(ana.key, keep=False)
    disk.vault.held[ana.key] = newer(ana, 3)
    disk.slips_through = text_of(carl)
    assert await Process(disk).hand_over.update()
    assert tokens_aside(disk) == {carl.refresh_token}


async def test_a_client_that_never_rests_is_left_alone() -> None:
    ana, carl = credential("ana"), credential("carl")
    disk = ClientDisk(ana)
    disk.text = text_of(carl)
    numbers = iter(range(5, 50))

    def renew() -> None:
        disk.text = text_of(newer(carl, next(numbers)))

    disk.slips_in = renew
    with pytest.raises(ClientBusyError):
        await Process(disk).hand_over.give(ana.key, keep=True)
    assert tokens_there(disk)
    assert (tokens_here(disk), disk.aside, disk.record) == ({ana.refresh_token}, [], HandOverRecord())


async def test_a_lent_account_s_new_access_token_goes_to_the_client() -> None:
    ana = credential("ana")
    disk = ClientDisk(ana)
    process = Process(disk)
    await process.hand_over.give(ana.key, keep=False)
    assert not await process.hand_over.update()
    renewed = newer(ana, 3)
    disk.vault.held[ana.key] = renewed
    assert await Process(disk).hand_over.update()
    assert disk.login is not None
    assert (disk.login.access_token, disk.login.refresh_token) == (renewed.access_token, None)


@pytest.mark.parametrize("text", [None, "", '{"tokens": {"acc'])
async def test_a_moment_without_a_readable_login_is_no_log_out(text: str | None) -> None:
    ana = credential("ana")
    disk = ClientDisk(ana)
    await Process(disk).hand_over.give(ana.key, keep=False)
    lent = disk.text
    disk.text, disk.has_home = None if text is None else Secret(text), text is not None
    assert not await Process(disk).hand_over.update()
    assert disk.record.lent["home"].key == ana.key
    # It is back, and followed as before.
    disk.text, disk.has_home = lent, True
    disk.vault.held[ana.key] = newer(ana, 3)
    assert await Process(disk).hand_over.update()


async def test_a_log_out_in_the_client_ends_the_hand_over() -> None:
    ana = credential("ana")
    disk = ClientDisk(ana)
    await Process(disk).hand_over.give(ana.key, keep=False)
    disk.text = None
    assert await Process(disk).hand_over.update()
    assert not disk.record.lent
    assert disk.vault.held[ana.key].refresh_token == ana.refresh_token


async def test_a_killed_hand_over_stays_open_while_the_client_s_file_cannot_be_read() -> None:
    ana, carl = credential("ana"), credential("carl")
    disk = ClientDisk(ana)
    disk.text = text_of(carl)
    disk.dies = "written"
    with pytest.raises(ProcessKilledError):
        await Process(disk).hand_over.give(ana.key, keep=True)
    disk.dies, lent, disk.text = "", disk.text, Secret("{")
    with pytest.raises(ClientBusyError):
        await Process(disk).hand_over.update()
    assert (disk.record.pending.keys(), tokens_aside(disk)) == ({"home"}, {carl.refresh_token})
    disk.text = lent
    await finished(disk)
    assert disk.vault.held[carl.key].refresh_token == carl.refresh_token
