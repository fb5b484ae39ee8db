"""Each step of a hand-over may be the last one of its process: the next process finds every login."""

from datetime import timedelta

import pytest

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import ClientBusyError, ClientLoggedOutError, InUseError, WriteError
from probe_tray.core.formats.document import read_documents
from probe_tray.core.formats.writer import client_document
from probe_tray.core.handover.hand_over import (
    HandOver,
    HandOverWay,
    whole_hand_over,
)
from probe_tray.core.renewal.policy import Reason
from probe_tray.core.renewal.request import RenewalRequest
from probe_tray.core.state import AppState
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.handover.hand_over_transaction import HandOverTransaction
from probe_tray.engine.renewal.refresh_transaction import RefreshTransaction
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.engine.store import Store
from probe_tray.engine.sync.shared_logins import NoSharedLogins
from tests.support.fakes import FakeClock, FakeRandomness, MemoryTally, NoTokenLocks, ScriptedService
from tests.support.hand_overs import ClientDisk, MemoryAside, MemoryHandOvers, MemoryPlace, ProcessKilledError
from tests.support.tokens import START, credential
from tests.unit.engine.bench import MemoryJournal, MemoryOfTokens, NoLocks

STEPS = ("keep aside", "save", "begin", "write", "written", "finish", "finished")


class Process:
    """One run of the program on what is on the disk."""

    def __init__(self, disk: ClientDisk) -> None:
        file, clock = MemoryHandOvers(disk), FakeClock()
        store, locks = Store(AppState()), NoLocks()

        async def handed_over(key: AccountKey) -> HandOver | None:
            return whole_hand_over(await file.load(), key)

        accounts = Accounts((disk.vault,), store, handed_over=handed_over)
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


def client_file(login: Credential) -> Secret:
    return Secret(client_document(login, None, renewable=True).decode())


def refresh_tokens(disk: ClientDisk) -> set[Secret]:
    """Every refresh token that some place has."""
    texts = [*disk.aside, *([] if disk.text is None else [disk.text])]
    logins = [d.credential for text in texts for d in read_documents(text.reveal().encode())]
    stored = disk.vault.held.values()
    return {login.refresh_token for login in (*logins, *stored) if login and login.refresh_token is not None}


def newer(login: Credential, number: int) -> Credential:
    """The next tokens of the same login, as a renewal brings them."""
    person = login.email.partition("@")[0]
    return credential(person, number=number, at=START + timedelta(minutes=number))


@pytest.mark.parametrize("way", list(HandOverWay))
@pytest.mark.parametrize("step", STEPS)
async def test_a_kill_at_any_step_leaves_every_login_alive(step: str, way: HandOverWay) -> None:
    ana, ben, carl = credential("ana"), credential("ben"), credential("carl")
    disk = ClientDisk(ana, ben)
    # A login that only the client has, then an account that the client has renewed.
    disk.text = client_file(carl)
    for number, account in enumerate((ana, ben, ana, ben), start=2):
        disk.dies = step
        try:
            await Process(disk).hand_over.give(account.key, way, keep=False)
        except ProcessKilledError:
            disk.dies = ""
            await Process(disk).hand_over.update()
            theirs = (await MemoryPlace(disk).read()).login
            given = disk.record.lent.get("home")
            assert not disk.record.pending
            # What is remembered is what the client has.
            assert given is None or (theirs is not None and theirs.key == given.key)
            await Process(disk).hand_over.give(account.key, way, keep=False)
        disk.dies = ""
        theirs = (await MemoryPlace(disk).read()).login
        assert theirs is not None
        assert theirs.key == account.key
        assert disk.record.lent["home"].key == account.key
        assert carl.refresh_token in refresh_tokens(disk)
        if way is HandOverWay.WHOLE:
            renewed = newer(theirs, number)
            disk.text = client_file(renewed)
            for other in (ana, ben):
                assert disk.vault.held[other.key].refresh_token is not None
            assert renewed.refresh_token in refresh_tokens(disk)
    if way is HandOverWay.WHOLE:
        # Taken back with what the client had renewed last.
        assert disk.vault.held[ana.key].refresh_token == newer(ana, 4).refresh_token


async def test_what_the_client_renews_in_that_very_moment_is_taken_back_first() -> None:
    ana, ben = credential("ana"), credential("ben")
    disk = ClientDisk(ana, ben)
    process = Process(disk)
    await process.hand_over.give(ana.key, HandOverWay.WHOLE, keep=False)
    renewed = newer(ana, 5)

    def renew() -> None:
        disk.text, disk.slips_in = client_file(renewed), None

    disk.slips_in = renew
    await process.hand_over.give(ben.key, HandOverWay.LENT, keep=False)
    assert disk.vault.held[ana.key].refresh_token == renewed.refresh_token
    theirs = (await MemoryPlace(disk).read()).login
    assert theirs is not None
    assert (theirs.key, theirs.refresh_token) == (ben.key, None)


async def test_a_client_that_never_rests_is_left_alone() -> None:
    ana, ben = credential("ana"), credential("ben")
    disk = ClientDisk(ana, ben)
    process = Process(disk)
    await process.hand_over.give(ana.key, HandOverWay.WHOLE, keep=False)
    numbers = iter(range(5, 50))

    def renew() -> None:
        disk.text = client_file(newer(ana, next(numbers)))

    disk.slips_in = renew
    with pytest.raises(ClientBusyError):
        await process.hand_over.give(ben.key, HandOverWay.LENT, keep=False)
    assert disk.text is not None
    assert disk.record.lent["home"].key == ana.key


async def test_handed_over_whole_it_is_never_renewed_here() -> None:
    ana = credential("ana")
    disk = ClientDisk(ana)
    process = Process(disk)
    await process.hand_over.give(ana.key, HandOverWay.WHOLE, keep=False)
    for reason in (Reason.FORCED, Reason.REFUSED):
        with pytest.raises(InUseError):
            await process.renewals.renew(ana.key, RenewalRequest(days=3, reason=reason))
    renewed = await process.renewals.renew(ana.key, RenewalRequest(days=30))
    assert renewed.credential == ana
    assert process.service.asked == []


async def test_a_log_out_in_the_client_is_told_until_somebody_logs_in_again() -> None:
    ana = credential("ana")
    disk = ClientDisk(ana)
    process = Process(disk)
    await process.hand_over.give(ana.key, HandOverWay.WHOLE, keep=False)
    disk.text = None
    assert await process.hand_over.update()
    with pytest.raises(ClientLoggedOutError):
        await process.renewals.renew(ana.key, RenewalRequest(days=3))
    assert not await process.hand_over.update()
    again = newer(ana, 7)
    disk.vault.held[ana.key] = again
    assert await process.hand_over.update()
    assert (await process.renewals.renew(ana.key, RenewalRequest(days=3))).credential == again


async def test_a_lent_account_s_new_access_token_goes_to_the_client() -> None:
    ana = credential("ana")
    disk = ClientDisk(ana)
    process = Process(disk)
    await process.hand_over.give(ana.key, HandOverWay.LENT, keep=False)
    assert not await process.hand_over.update()
    renewed = newer(ana, 3)
    disk.vault.held[ana.key] = renewed
    assert await Process(disk).hand_over.update()
    theirs = (await MemoryPlace(disk).read()).login
    assert theirs is not None
    assert (theirs.access_token, theirs.refresh_token) == (renewed.access_token, None)


async def test_a_place_that_takes_nothing_changes_nothing() -> None:
    ana, ben = credential("ana"), credential("ben")
    disk = ClientDisk(ana, ben)
    process = Process(disk)
    await process.hand_over.give(ana.key, HandOverWay.WHOLE, keep=False)
    before, remembered = disk.text, disk.record

    def full() -> None:
        raise WriteError(path="auth.json", reason="the disk is full")

    disk.slips_in = full
    with pytest.raises(WriteError):
        await process.hand_over.give(ben.key, HandOverWay.LENT, keep=False)
    assert (disk.text, disk.record) == (before, remembered)
