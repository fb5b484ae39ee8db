"""What keeps a refresh token from being used twice, or a login from being lost, when a record or a place goes wrong."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import EVERY_ACCOUNT
from probe_tray.core.account.secret import Secret
from probe_tray.core.codex.codex_state import CodexUsePhase, HandOver
from probe_tray.core.codex.place_content import PlaceContent
from probe_tray.core.codex.placement import PlacementBook
from probe_tray.core.errors import (
    CodexRenewsError,
    CodexRunningError,
    CodexUnfitError,
    KeyringLockedError,
    ReadError,
    WriteError,
)
from probe_tray.core.renewal.policy import Reason
from probe_tray.core.renewal.request import RenewalRequest
from probe_tray.core.service.answer import Answer
from probe_tray.engine.codex.codex_renewal_guard import CodexRenewalGuard
from probe_tray.engine.renewal.token_memory import TokenMemory
from probe_tray.engine.sync.no_shared_logins import NoSharedLogins
from tests.support.codex import MemoryPlace
from tests.support.fakes import START
from tests.support.patience import PATIENCE
from tests.support.tokens import credential, nameless, reply_body, tokens
from tests.unit.engine.codex.test_hand_over import ANA, BEN, CLIENT, DAY, EVA, Exchange, in_place, renewed

LENT, WHOLE = HandOver.LENT, HandOver.WHOLE
FORCED = RenewalRequest(days=3, reason=Reason.FORCED)


def answers(exchange: Exchange, number: int = 7) -> None:
    """The service renews."""
    fresh = tokens("ana", number=number, at=exchange.clock.now())
    exchange.service.answer("refresh", Answer(200, {}, reply_body(fresh)))


def unnamed(login: Credential) -> Credential:
    """The same login without its user, but with the id token that the client needs."""
    return replace(nameless(login), id_token=login.id_token)


async def test_a_lost_record_lets_no_token_be_sent_that_a_home_has() -> None:
    exchange = Exchange(replace(ANA, made_here=True))
    await exchange.use(ANA, WHOLE)
    exchange.codex.file.book = PlacementBook()
    await exchange.clock.advance(9 * DAY)
    with pytest.raises(CodexRenewsError):
        await exchange.renewals.renew(ANA.key, FORCED)
    assert exchange.service.count("refresh") == 0


async def test_nor_one_that_a_renewal_here_has_brought() -> None:
    exchange = Exchange(replace(ANA, made_here=False))
    await exchange.clock.advance(8 * DAY)
    answers(exchange)
    await exchange.renewals.renew(ANA.key, FORCED)
    await exchange.use(ANA, WHOLE)
    exchange.codex.file.book = PlacementBook()
    await exchange.clock.advance(9 * DAY)
    with pytest.raises(CodexRenewsError):
        await exchange.renewals.renew(ANA.key, FORCED)
    assert exchange.service.count("refresh") == 1


async def test_nor_an_imported_one_that_was_handed_over() -> None:
    exchange = Exchange(replace(ANA, made_here=False))
    await exchange.use(ANA, WHOLE)
    exchange.codex.file.book = PlacementBook()
    await exchange.clock.advance(9 * DAY)
    with pytest.raises(CodexRenewsError):
        await exchange.renewals.renew(ANA.key, FORCED)
    assert exchange.service.count("refresh") == 0


@pytest.mark.parametrize("is_seen", [True, False])
async def test_nor_one_that_the_client_has_renewed(*, is_seen: bool) -> None:
    exchange = Exchange(replace(ANA, made_here=False))
    await exchange.use(ANA, WHOLE)
    exchange.place.holds(renewed(ANA, "ana"))
    if is_seen:
        await exchange.codex.placements.look(exchange.codex.homes)
    exchange.codex.file.book = PlacementBook()
    await exchange.clock.advance(9 * DAY)
    with pytest.raises(CodexRenewsError):
        await exchange.renewals.renew(ANA.key, FORCED)
    assert exchange.service.count("refresh") == 0


@pytest.mark.parametrize("by", ["lending it", "another account", "what was before"])
async def test_one_that_was_taken_back_is_ours_again_whatever_the_client_does(by: str) -> None:
    exchange = Exchange(replace(ANA, made_here=False), BEN)
    exchange.place.data = b'{"OPENAI_API_KEY": "sk-1"}'
    await exchange.use(ANA, WHOLE)
    if by == "lending it":
        await exchange.use(ANA, LENT)
    elif by == "another account":
        await exchange.use(BEN)
    else:
        await exchange.hand_overs.put_back(exchange.place, keep=())
    # A login of its own, which has nothing to do with ours.
    exchange.place.holds(credential("ana", number=5, at=START - DAY))
    await exchange.clock.advance(9 * DAY)
    answers(exchange)
    await exchange.renewals.renew(ANA.key, FORCED)
    assert exchange.service.count("refresh") == 1


async def test_so_is_one_whose_hand_over_failed() -> None:
    exchange = Exchange(replace(ANA, made_here=False))
    exchange.place.holds(credential("ana", number=5, at=START - DAY))
    exchange.place.unwritable = WriteError(path="auth.json", reason="the disk is full")
    with pytest.raises(WriteError):
        await exchange.use(ANA, WHOLE)
    await exchange.clock.advance(9 * DAY)
    answers(exchange)
    await exchange.renewals.renew(ANA.key, FORCED)
    assert exchange.service.count("refresh") == 1


async def test_an_imported_copy_of_the_clients_own_login_is_renewed_as_ever() -> None:
    exchange = Exchange(replace(ANA, made_here=False))
    exchange.place.holds(ANA)
    await exchange.clock.advance(9 * DAY)
    answers(exchange)
    await exchange.renewals.renew(ANA.key, FORCED)
    assert exchange.service.count("refresh") == 1


async def test_a_home_that_cannot_be_read_and_has_nothing_of_ours_stops_no_renewal() -> None:
    exchange = Exchange(replace(ANA, made_here=True))
    exchange.place.unreadable = ReadError(path="auth.json", reason="permission was denied")
    await exchange.clock.advance(9 * DAY)
    answers(exchange)
    await exchange.renewals.renew(ANA.key, FORCED)
    assert exchange.service.count("refresh") == 1


@pytest.mark.parametrize("hangs", ["the search for the homes", "one of them"])
async def test_a_home_on_a_drive_that_does_not_answer_holds_a_renewal_up_for_seconds_alone(hangs: str) -> None:
    exchange = Exchange(replace(ANA, made_here=True))
    asked: list[str] = []

    async def homes() -> Sequence[MemoryPlace]:
        if hangs == "one of them":
            return [HangingPlace(asked), exchange.place]
        asked.append(hangs)
        await asyncio.Event().wait()
        raise AssertionError

    memory = TokenMemory(exchange.memory, exchange.clock, exchange.randomness)
    guard = CodexRenewalGuard(exchange.codex.placements, NoSharedLogins(), homes, memory, seconds=0.01)
    async with asyncio.timeout(PATIENCE):
        assert await guard.claim(await exchange.ours(ANA)) == await NoSharedLogins().claim(ANA)
    assert asked == [hangs]
    # The others are looked at all the same.
    exchange.place.holds(ANA)
    if hangs == "one of them":
        with pytest.raises(CodexRenewsError):
            await guard.claim(await exchange.ours(ANA))


class HangingPlace(MemoryPlace):
    """On a network drive whose server is gone."""

    def __init__(self, asked: list[str]) -> None:
        super().__init__("/srv/codex", "/srv/codex")
        self._asked = asked

    async def read(self, *, asks: bool = False) -> PlaceContent:
        assert not asks
        self._asked.append("one of them")
        await asyncio.Event().wait()
        raise AssertionError


async def test_without_a_readable_record_nothing_is_sent() -> None:
    exchange = Exchange(ANA)
    exchange.codex.file.is_unreadable = True
    await exchange.clock.advance(9 * DAY)
    with pytest.raises(ReadError):
        await exchange.renewals.renew(ANA.key, FORCED)
    assert exchange.service.count("refresh") == 0


async def test_an_ended_login_that_the_client_did_not_renew_is_lent_and_then_renewed() -> None:
    exchange = Exchange(ANA)
    await exchange.use(ANA, WHOLE)
    await exchange.clock.advance(11 * DAY)
    answers(exchange)
    assert (await exchange.use(ANA, LENT)).phase is CodexUsePhase.DONE
    ours, theirs = await exchange.ours(ANA), in_place(exchange.place)
    assert ours.access_token != ANA.access_token
    assert (theirs.access_token, theirs.refresh_token) == (ours.access_token, None)


async def test_an_ended_login_in_another_home_is_no_reason_to_lend_it_here() -> None:
    exchange = Exchange(ANA)
    await exchange.use(ANA, WHOLE)
    await exchange.clock.advance(11 * DAY)
    other = exchange.codex.add(".codex-work")
    with pytest.raises(CodexUnfitError):
        await exchange.hand_overs.use(ANA.key, other, LENT, keep=())


async def test_a_lent_login_whose_tokens_name_their_user_now_is_passed_on() -> None:
    old = unnamed(ANA)
    assert old.key != ANA.key
    exchange = Exchange(old)
    await exchange.use(old)
    await exchange.clock.advance(7 * DAY)
    answers(exchange)
    await exchange.renewals.renew(old.key, FORCED)
    ours = await exchange.ours(ANA)
    assert in_place(exchange.place).access_token == ours.access_token
    record = exchange.codex.record.current
    assert record is not None
    assert record.key == ANA.key


async def test_so_is_one_that_was_renewed_elsewhere() -> None:
    old = unnamed(ANA)
    exchange = Exchange(old)
    await exchange.use(old)
    fresh = credential("ana", number=2, at=START + 7 * DAY)
    await exchange.accounts.keep(fresh, old.key)
    await exchange.accounts.read()
    looked = await exchange.codex.placements.look(exchange.codex.homes)
    assert in_place(exchange.place).access_token == fresh.access_token
    assert (looked.homes[0].account, looked.logged_out) == (ANA.key, frozenset())


async def test_what_the_client_renewed_under_a_name_that_it_has_now_is_taken_back() -> None:
    old = unnamed(ANA)
    exchange = Exchange(old, BEN)
    await exchange.use(old, WHOLE)
    exchange.place.holds(renewed(ANA, "ana"))
    await exchange.codex.placements.look(exchange.codex.homes)
    last = credential("ana", number=3, at=START + 9 * DAY)
    exchange.place.holds(last)
    await exchange.use(BEN)
    assert (await exchange.ours(ANA)).refresh_token == last.refresh_token


async def test_a_lent_login_that_is_back_in_its_place_gets_fresh_tokens_again() -> None:
    exchange = Exchange(ANA)
    await exchange.use(ANA)
    before, exchange.place.data = exchange.place.data, b"{}"
    looked = await exchange.codex.placements.look(exchange.codex.homes)
    assert looked.logged_out == {ANA.key}
    exchange.place.data = before
    looked = await exchange.codex.placements.look(exchange.codex.homes)
    assert (looked.homes[0].way, looked.logged_out) == (LENT, frozenset())
    await exchange.clock.advance(7 * DAY)
    answers(exchange)
    await exchange.renewals.renew(ANA.key, FORCED)
    assert in_place(exchange.place).access_token == (await exchange.ours(ANA)).access_token


async def test_a_login_of_its_own_in_that_place_stays_the_clients() -> None:
    exchange = Exchange(ANA)
    await exchange.use(ANA)
    exchange.place.data = b"{}"
    await exchange.codex.placements.look(exchange.codex.homes)
    exchange.place.holds(credential("ana", number=5, at=START + timedelta(hours=1)))
    looked = await exchange.codex.placements.look(exchange.codex.homes)
    assert looked.homes[0].way is None


async def test_a_personal_access_token_of_ours_is_replaced_only_where_the_person_says_so() -> None:
    token = replace(BEN, access_token=Secret("at-012345678901234567890123456789"), refresh_token=None, id_token=None)
    exchange = Exchange(ANA, token)
    exchange.place.holds(BEN)
    before = exchange.place.data
    use = await exchange.use(ANA)
    assert (use.phase, use.found, exchange.place.data) == (CodexUsePhase.ASKING, BEN.email, before)
    assert (await exchange.ours(BEN)).access_token == token.access_token
    assert (await exchange.use(ANA, keep=EVERY_ACCOUNT)).phase is CodexUsePhase.DONE
    assert (await exchange.ours(BEN)).refresh_token == BEN.refresh_token


async def test_a_yes_counts_for_the_login_that_was_asked_about_alone() -> None:
    exchange = Exchange(ANA)
    exchange.place.holds(BEN)
    asked = await exchange.use(ANA)
    assert (asked.found, asked.asks_about) == (BEN.email, BEN.key)
    exchange.place.holds(EVA)
    again = await exchange.use(ANA, keep=(BEN.key,))
    assert (again.phase, again.found, again.asks_about) == (CodexUsePhase.ASKING, EVA.email, EVA.key)
    assert (in_place(exchange.place).key, await exchange.vault.read(EVA.key)) == (EVA.key, None)
    assert (await exchange.use(ANA, keep=(EVA.key,))).phase is CodexUsePhase.DONE
    assert (await exchange.ours(EVA)).refresh_token == EVA.refresh_token


async def test_so_does_one_to_what_is_put_back() -> None:
    exchange = Exchange(ANA)
    exchange.place.data = b'{"OPENAI_API_KEY": "sk-1"}'
    await exchange.use(ANA)
    exchange.place.holds(EVA)
    asked = await exchange.hand_overs.put_back(exchange.place, keep=(BEN.key,))
    assert (asked.phase, asked.found, asked.asks_about) == (CodexUsePhase.ASKING, EVA.email, EVA.key)


async def test_a_yes_still_counts_when_the_client_has_renewed_that_login_since() -> None:
    exchange = Exchange(ANA)
    exchange.place.holds(BEN)
    asked = await exchange.use(ANA)
    exchange.place.holds(credential("ben", number=2, at=START + timedelta(hours=1)))
    assert asked.asks_about is not None
    assert (await exchange.use(ANA, keep=(asked.asks_about,))).phase is CodexUsePhase.DONE


async def test_what_is_put_back_over_a_login_that_nobody_here_has_asks_too() -> None:
    exchange = Exchange(ANA)
    exchange.place.data = b'{"OPENAI_API_KEY": "sk-1"}'
    await exchange.use(ANA)
    exchange.place.holds(BEN)
    asked = await exchange.hand_overs.put_back(exchange.place, keep=())
    assert (asked.phase, in_place(exchange.place).key) == (CodexUsePhase.ASKING, BEN.key)
    kept = await exchange.hand_overs.put_back(exchange.place, keep=EVERY_ACCOUNT)
    assert (kept.phase, kept.taken_back) == (CodexUsePhase.DONE, BEN.key)
    assert (await exchange.ours(BEN)).refresh_token == BEN.refresh_token


async def test_a_whole_login_is_followed_again_when_its_folder_is_back() -> None:
    exchange = Exchange(replace(ANA, made_here=False))
    await exchange.use(ANA, WHOLE)
    there, exchange.place.data = exchange.place.data, None
    await exchange.codex.placements.look([exchange.place])
    exchange.place.data = there
    exchange.place.holds(renewed(ANA, "ana"))
    await exchange.codex.placements.look([exchange.place])
    await exchange.clock.advance(9 * DAY)
    with pytest.raises(CodexRenewsError):
        await exchange.renewals.renew(ANA.key, FORCED)
    assert exchange.service.count("refresh") == 0
    assert (await exchange.ours(ANA)).refresh_token == renewed(ANA, "ana").refresh_token


async def test_the_end_of_a_whole_login_is_seen_though_another_one_is_used_at_once() -> None:
    exchange = Exchange(replace(ANA, made_here=True), BEN)
    await exchange.use(ANA, WHOLE)
    exchange.place.data = None
    await exchange.use(BEN)
    await exchange.clock.advance(9 * DAY)
    with pytest.raises(CodexRenewsError):
        await exchange.renewals.renew(ANA.key, FORCED)
    assert exchange.service.count("refresh") == 0


class _SuddenEnd(BaseException):
    """The process is killed."""


@pytest.mark.parametrize("is_written", [True, False])
async def test_a_kill_while_something_is_put_back_leaves_the_account_to_be_renewed(*, is_written: bool) -> None:
    exchange = Exchange(ANA)
    exchange.place.data = b'{"OPENAI_API_KEY": "sk-1"}'
    await exchange.use(ANA, WHOLE)

    def die() -> None:
        raise _SuddenEnd

    if is_written:
        exchange.place.after = die
    else:
        exchange.place.meanwhile = die
    with pytest.raises(_SuddenEnd):
        await exchange.hand_overs.put_back(exchange.place, keep=())
    exchange.place.after = exchange.place.meanwhile = None
    looked = await exchange.codex.placements.look([exchange.place])
    assert ([home.account for home in looked.homes], looked.logged_out) == (
        [None if is_written else ANA.key],
        frozenset(),
    )
    await exchange.clock.advance(8 * DAY)
    answers(exchange)
    if is_written:
        await exchange.renewals.renew(ANA.key, FORCED)
    else:
        with pytest.raises(CodexRenewsError):
            await exchange.renewals.renew(ANA.key, FORCED)
    assert exchange.service.count("refresh") == is_written


async def test_a_home_that_only_the_command_named_is_shown_too() -> None:
    exchange = Exchange(ANA, BEN)
    other = exchange.codex.add(".codex-work")
    await exchange.hand_overs.use(ANA.key, other, WHOLE, keep=())
    looked = await exchange.codex.placements.look([exchange.place])
    shown = [(home.account, home.way, home.is_default) for home in looked.homes]
    assert shown == [(None, None, True), (ANA.key, WHOLE, False)]


async def test_only_a_deed_lets_the_keyring_ask_a_person() -> None:
    exchange = Exchange(ANA)
    await exchange.use(ANA)
    assert exchange.place.asked[0]
    exchange.place.asked.clear()
    exchange.place.locked = True
    looked = await exchange.codex.placements.look(exchange.codex.homes)
    assert looked.homes[0].problem == KeyringLockedError().problem
    await exchange.clock.advance(7 * DAY)
    answers(exchange)
    await exchange.renewals.renew(ANA.key, FORCED)
    assert True not in exchange.place.asked
    assert (await exchange.use(ANA)).phase is CodexUsePhase.DONE


async def test_a_client_that_runs_still_goes_before_an_ended_login() -> None:
    exchange = Exchange(ANA)
    await exchange.use(ANA, WHOLE)
    await exchange.clock.advance(11 * DAY)
    exchange.codex.processes.found = (CLIENT,)
    with pytest.raises(CodexRunningError):
        await exchange.use(ANA, LENT)
