"""One exchange of a login in the client's place, over doubles: no login is lost, whatever was there."""

import json
from collections.abc import Container
from datetime import timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import EVERY_ACCOUNT, AccountKey
from probe_tray.core.codex.codex_state import ClientProcess, CodexUse, CodexUsePhase, HandOver
from probe_tray.core.codex.placement import HomeRecord
from probe_tray.core.errors import (
    CertificateError,
    CodexBusyError,
    CodexNothingKeptError,
    CodexNotKeptError,
    CodexProgramsUnknownError,
    CodexRunningError,
    CodexUnfitError,
    CodexWholeElsewhereError,
    Phrase,
    WriteError,
    all_of,
)
from tests.support.codex import MemoryPlace
from tests.support.fakes import START
from tests.support.tokens import credential
from tests.unit.engine.bench import Bench

ANA, BEN, EVA = credential("ana"), credential("ben"), credential("eva")
LENT, WHOLE = HandOver.LENT, HandOver.WHOLE
DAY = timedelta(days=1)
CLIENT = ClientProcess(name="codex", number=71)
UNTRUSTED = CertificateError(host="auth.openai.com", reason="it is not trusted")
FULL = WriteError(path="auth.json", reason="the disk is full")


def renewed(login: Credential, person: str, *, days: float = 5) -> Credential:
    """The login after the client has renewed it."""
    fresh = credential(person, number=2, at=START + timedelta(days=days))
    assert fresh.key == login.key
    return replace(fresh, id_token=login.id_token)


class Exchange(Bench):
    """Hand-overs with what they are made of."""

    def __init__(self, *logins: Credential) -> None:
        super().__init__(*logins)
        self.hand_overs = self.codex.hand_overs(self.renewals, self.randomness)

    @property
    def place(self) -> MemoryPlace:
        return self.codex.place

    async def use(self, login: Credential, way: HandOver = LENT, *, keep: Container[AccountKey] = ()) -> CodexUse:
        return await self.hand_overs.use(login.key, self.place, way, keep=keep)

    async def ours(self, login: Credential) -> Credential:
        stored = await self.vault.read(login.key)
        assert stored is not None
        return stored.credential


def in_place(place: MemoryPlace) -> Credential:
    assert place.login is not None
    return place.login


async def test_a_lent_login_comes_without_its_refresh_token() -> None:
    exchange = Exchange(ANA)
    use = await exchange.use(ANA)
    assert (use.phase, use.account, use.way) == (CodexUsePhase.DONE, ANA.key, LENT)
    held = json.loads(exchange.place.data or b"")
    assert held["tokens"]["refresh_token"] == ""
    assert held["tokens"]["access_token"] == ANA.access_token.reveal()
    assert (held["auth_mode"], held["OPENAI_API_KEY"]) == ("chatgpt", None)
    assert held["last_refresh"].endswith("Z")
    record = exchange.codex.record
    assert record.begun is None
    assert record.current is not None
    assert (record.current.key, record.current.way) == (ANA.key, LENT)


async def test_a_whole_login_comes_with_it() -> None:
    exchange = Exchange(ANA)
    await exchange.use(ANA, WHOLE)
    assert in_place(exchange.place).refresh_token == ANA.refresh_token


async def test_the_record_is_written_before_the_place() -> None:
    exchange, seen = Exchange(ANA), list[HomeRecord]()
    exchange.place.meanwhile = lambda: seen.append(exchange.codex.record)
    await exchange.use(ANA, WHOLE)
    (record,) = seen
    assert record.begun is not None
    assert record.begun.key == ANA.key


async def test_what_the_client_has_renewed_is_taken_back_before_another_login_is_put_there() -> None:
    exchange = Exchange(ANA, BEN)
    await exchange.use(ANA, WHOLE)
    fresh = renewed(ANA, "ana")
    exchange.place.holds(fresh)
    await exchange.clock.advance(5 * DAY)
    await exchange.use(BEN)
    assert (await exchange.ours(ANA)).refresh_token == fresh.refresh_token
    assert in_place(exchange.place).key == BEN.key


async def test_a_newer_login_of_ours_that_the_client_made_itself_is_taken_back() -> None:
    exchange = Exchange(ANA, BEN)
    fresh = replace(credential("ana", number=7, at=START - DAY, days=10), last_refresh=START - DAY)
    old = replace(credential("ana", number=3, at=START - 3 * DAY), last_refresh=START - 3 * DAY)
    await exchange.vault.save(old)
    exchange.place.holds(fresh)
    use = await exchange.use(BEN)
    assert use.taken_back == ANA.key
    assert (await exchange.ours(ANA)).refresh_token == fresh.refresh_token


async def test_an_older_one_replaces_nothing() -> None:
    exchange = Exchange(ANA, BEN)
    exchange.place.holds(credential("ana", number=0, at=START - 2 * DAY))
    use = await exchange.use(BEN)
    assert use.taken_back is None
    assert (await exchange.ours(ANA)).refresh_token == ANA.refresh_token


async def test_a_login_that_nobody_here_has_is_asked_about_and_nothing_is_done() -> None:
    exchange = Exchange(ANA)
    exchange.place.holds(EVA)
    before = exchange.place.data
    use = await exchange.use(ANA)
    assert (use.phase, use.found) == (CodexUsePhase.ASKING, "eva@example.com")
    assert (exchange.place.data, exchange.codex.file.saved) == (before, [])


async def test_it_is_kept_where_the_person_says_so() -> None:
    exchange = Exchange(ANA)
    exchange.place.holds(EVA)
    use = await exchange.use(ANA, keep=EVERY_ACCOUNT)
    assert (use.phase, use.taken_back) == (CodexUsePhase.DONE, EVA.key)
    assert (await exchange.ours(EVA)).refresh_token == EVA.refresh_token
    assert in_place(exchange.place).key == ANA.key


async def test_one_that_is_kept_stays_the_clients_until_another_is_in_its_place() -> None:
    exchange = Exchange(ANA)
    exchange.place.holds(EVA)
    exchange.place.unwritable = FULL
    with pytest.raises(WriteError):
        await exchange.use(ANA, keep=EVERY_ACCOUNT)
    assert (await exchange.ours(EVA)).refresh_token == EVA.refresh_token
    current = exchange.codex.record.current
    assert current is not None
    assert (current.key, current.way) == (EVA.key, WHOLE)


async def test_one_whose_account_was_removed_here_is_asked_about_again() -> None:
    exchange = Exchange(ANA, BEN)
    await exchange.use(BEN, WHOLE)
    await exchange.vault.remove(BEN.key)
    use = await exchange.use(ANA)
    assert (use.phase, in_place(exchange.place).key) == (CodexUsePhase.ASKING, BEN.key)
    await exchange.use(ANA, keep=EVERY_ACCOUNT)
    assert (await exchange.ours(BEN)).refresh_token == BEN.refresh_token
    await exchange.vault.remove(ANA.key)
    # There is nothing in it that could be lost.
    assert (await exchange.use(BEN)).phase is CodexUsePhase.DONE


async def test_a_store_that_cannot_take_it_leaves_everything_as_it_was() -> None:
    exchange = Exchange(ANA)
    exchange.place.holds(EVA)
    before = exchange.place.data
    exchange.vault.fault = FULL
    with pytest.raises(WriteError):
        await exchange.use(ANA, keep=EVERY_ACCOUNT)
    assert exchange.place.data == before


@pytest.mark.parametrize(
    "data",
    [
        b'{"OPENAI_API_KEY": "sk-1"}',
        b'{"OPENAI_API_KEY": null, "personal_access_token": "at-012345678901234567890123456789"}',
        b"\xff{",
        b'{"auth_mode": "later", "agent": {"token": "x"}}',
    ],
)
async def test_what_is_no_login_is_kept_byte_by_byte_and_put_back(data: bytes) -> None:
    exchange = Exchange(ANA)
    exchange.place.data = data
    assert (await exchange.use(ANA)).kept
    assert in_place(exchange.place).key == ANA.key
    use = await exchange.hand_overs.put_back(exchange.place, keep=())
    assert (use.phase, exchange.place.data) == (CodexUsePhase.DONE, data)
    assert exchange.codex.record == HomeRecord(home=exchange.place.home)
    with pytest.raises(CodexNothingKeptError):
        await exchange.hand_overs.put_back(exchange.place, keep=())


async def test_putting_back_takes_back_what_the_client_has_renewed() -> None:
    exchange = Exchange(ANA)
    exchange.place.data = b'{"OPENAI_API_KEY": "sk-1"}'
    await exchange.use(ANA, WHOLE)
    fresh = renewed(ANA, "ana")
    exchange.place.holds(fresh)
    await exchange.clock.advance(5 * DAY)
    await exchange.hand_overs.put_back(exchange.place, keep=())
    assert (await exchange.ours(ANA)).refresh_token == fresh.refresh_token


async def test_an_api_key_beside_a_login_is_kept_too() -> None:
    exchange = Exchange(ANA, BEN)
    exchange.place.holds(BEN)
    exchange.place.data = (exchange.place.data or b"").replace(b'"OPENAI_API_KEY": null', b'"OPENAI_API_KEY": "sk-1"')
    assert (await exchange.use(ANA)).kept


async def test_a_place_that_is_written_at_the_same_moment_is_read_again() -> None:
    exchange = Exchange(ANA, BEN)
    exchange.place.holds(BEN)
    fresh = renewed(BEN, "ben", days=0.1)

    def renews() -> None:
        exchange.place.meanwhile = None
        exchange.place.holds(fresh)

    exchange.place.meanwhile = renews
    await exchange.use(ANA)
    assert (await exchange.ours(BEN)).refresh_token == fresh.refresh_token
    assert in_place(exchange.place).key == ANA.key


async def test_one_that_never_rests_is_given_up() -> None:
    exchange, number = Exchange(ANA), 0

    def writes() -> None:
        nonlocal number
        number += 1
        exchange.place.data = f'{{"tokens": null, "n": {number}}}'.encode()

    exchange.place.meanwhile = writes
    with pytest.raises(CodexBusyError):
        await exchange.use(ANA)
    assert exchange.codex.record == HomeRecord(home=exchange.place.home)


async def test_a_failed_write_leaves_place_and_record_as_they_were() -> None:
    exchange = Exchange(ANA, BEN)
    await exchange.use(BEN)
    before, data = exchange.codex.record, exchange.place.data
    exchange.place.unwritable = FULL
    with pytest.raises(WriteError):
        await exchange.use(ANA)
    assert (exchange.codex.record, exchange.place.data) == (before, data)


async def test_a_write_that_is_undone_at_once_is_no_success() -> None:
    exchange = Exchange(ANA)
    exchange.place.after = lambda: setattr(exchange.place, "data", None)
    with pytest.raises(CodexNotKeptError):
        await exchange.use(ANA)
    assert exchange.codex.record == HomeRecord(home=exchange.place.home)


async def test_a_whole_login_that_is_renewed_the_moment_it_is_there_is_still_in_place() -> None:
    exchange = Exchange(ANA)
    exchange.place.after = lambda: exchange.place.holds(renewed(ANA, "ana"))
    assert (await exchange.use(ANA, WHOLE)).phase is CodexUsePhase.DONE
    assert exchange.codex.record.current is not None


@pytest.mark.parametrize("way", [LENT, WHOLE])
async def test_a_login_without_an_id_token_is_not_handed_over(way: HandOver) -> None:
    exchange = Exchange(replace(ANA, id_token=None))
    exchange.service.answer("refresh", UNTRUSTED)
    with pytest.raises(CodexUnfitError):
        await exchange.use(ANA, way)
    assert exchange.place.data is None


async def test_one_without_a_refresh_token_is_lent_but_not_handed_over_whole() -> None:
    exchange = Exchange(replace(ANA, refresh_token=None))
    with pytest.raises(CodexUnfitError):
        await exchange.use(ANA, WHOLE)
    assert (await exchange.use(ANA)).phase is CodexUsePhase.DONE


async def test_an_account_that_nobody_has_is_not_handed_over() -> None:
    with pytest.raises(CodexUnfitError):
        await Exchange(ANA).use(EVA)


async def test_an_ended_token_is_renewed_first() -> None:
    exchange = Exchange(ANA)
    await exchange.clock.advance(11 * DAY)
    exchange.service.answer("refresh", UNTRUSTED)
    with pytest.raises(CodexUnfitError):
        await exchange.use(ANA)


async def test_a_place_that_a_client_may_be_renewing_is_not_written() -> None:
    exchange = Exchange(ANA, BEN)
    exchange.place.holds(BEN)
    exchange.codex.processes.found = (CLIENT,)
    await exchange.clock.advance(8 * DAY)
    before = exchange.place.data
    with pytest.raises(CodexRunningError) as caught:
        await exchange.use(ANA)
    assert caught.value.facts["programs"] == all_of([Phrase("{program} (process {n})", program="codex", n="71")])
    assert (exchange.place.data, exchange.codex.file.saved) == (before, [])


async def test_a_place_is_not_written_where_nobody_knows_whether_a_client_may_be_renewing_it() -> None:
    exchange = Exchange(ANA, BEN)
    exchange.place.holds(BEN)
    exchange.codex.processes.is_unknown = True
    await exchange.clock.advance(8 * DAY)
    before = exchange.place.data
    with pytest.raises(CodexProgramsUnknownError):
        await exchange.use(ANA)
    assert (exchange.place.data, exchange.codex.file.saved) == (before, [])


async def test_where_no_renewal_can_be_near_nobody_has_to_know_who_runs() -> None:
    exchange = Exchange(ANA, BEN)
    exchange.place.holds(replace(BEN, last_refresh=START))
    exchange.codex.processes.is_unknown = True
    use = await exchange.use(ANA)
    assert (use.phase, use.running) == (CodexUsePhase.DONE, ())
    assert in_place(exchange.place).access_token == ANA.access_token


async def test_where_no_renewal_can_be_near_it_is_written_and_the_programs_are_named() -> None:
    exchange = Exchange(ANA, BEN)
    exchange.place.holds(replace(BEN, last_refresh=START))
    exchange.codex.processes.found = (CLIENT,)
    use = await exchange.use(ANA)
    assert (use.phase, use.running) == (CodexUsePhase.DONE, (CLIENT,))


async def test_a_lent_login_is_replaced_whoever_runs() -> None:
    exchange = Exchange(ANA, BEN)
    await exchange.use(BEN)
    exchange.codex.processes.found = (CLIENT,)
    await exchange.clock.advance(10 * DAY - timedelta(minutes=1))
    await exchange.vault.save(credential("ana", number=9, at=exchange.clock.now()))
    assert (await exchange.use(ANA)).phase is CodexUsePhase.DONE


async def test_no_two_clients_get_the_same_refresh_token() -> None:
    exchange = Exchange(ANA)
    await exchange.use(ANA, WHOLE)
    other = exchange.codex.add(".codex-work")
    with pytest.raises(CodexWholeElsewhereError):
        await exchange.hand_overs.use(ANA.key, other, WHOLE, keep=())
    assert other.data is None
    # Without it both work: what the one client renews is passed on to the other.
    await exchange.hand_overs.use(ANA.key, other, LENT, keep=())
    fresh = renewed(ANA, "ana")
    exchange.place.holds(fresh)
    await exchange.codex.placements.look(exchange.codex.homes)
    assert in_place(other).access_token == fresh.access_token
    assert in_place(other).refresh_token is None


async def test_from_one_account_to_another_and_back_nothing_is_lost() -> None:
    exchange = Exchange(ANA, BEN)
    for _ in range(20):
        for login in (ANA, BEN):
            await exchange.use(login)
    for login in (ANA, BEN):
        assert (await exchange.ours(login)).refresh_token == login.refresh_token


async def test_what_is_beside_a_login_belongs_to_that_login() -> None:
    exchange = Exchange(ANA, BEN)
    exchange.place.holds(BEN)
    exchange.place.data = (exchange.place.data or b"").replace(
        b'"tokens": {', b'"later": 1, "tokens": {"oauth_provenance": "ben",'
    )
    await exchange.use(ANA)
    held = json.loads(exchange.place.data or b"")
    assert "later" not in held
    assert "oauth_provenance" not in held["tokens"]


async def test_what_is_put_back_brings_no_token_of_an_account_with_it() -> None:
    exchange = Exchange(ANA, BEN)
    exchange.place.holds(BEN)
    exchange.place.data = (exchange.place.data or b"").replace(b'"OPENAI_API_KEY": null', b'"OPENAI_API_KEY": "sk-1"')
    await exchange.use(ANA)
    await exchange.hand_overs.put_back(exchange.place, keep=())
    assert json.loads(exchange.place.data or b"") == {"OPENAI_API_KEY": "sk-1"}


async def test_a_key_that_came_since_is_kept_when_the_one_before_is_put_back() -> None:
    exchange = Exchange(ANA)
    exchange.place.data = b'{"OPENAI_API_KEY": "sk-1"}'
    await exchange.use(ANA)
    exchange.place.data = b'{"OPENAI_API_KEY": "sk-2"}'
    await exchange.hand_overs.put_back(exchange.place, keep=())
    assert exchange.place.data == b'{"OPENAI_API_KEY": "sk-1"}'
    await exchange.hand_overs.put_back(exchange.place, keep=())
    assert exchange.place.data == b'{"OPENAI_API_KEY": "sk-2"}'
