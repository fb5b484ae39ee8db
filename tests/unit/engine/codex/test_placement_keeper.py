"""Who renews what was handed over, and what becomes of it afterwards, over doubles."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.account.identity import EVERY_ACCOUNT
from probe_tray.core.codex.codex_state import HandOver
from probe_tray.core.codex.placement import HomeRecord, placement_of
from probe_tray.core.errors import (
    CodexBehindError,
    CodexHomeMissingError,
    CodexRenewsError,
    KeyringLockedError,
    ReadError,
    WriteError,
)
from probe_tray.core.renewal.policy import Reason
from probe_tray.core.renewal.request import RenewalRequest
from probe_tray.core.service.answer import Answer
from probe_tray.core.sync.rows import StepKind, SyncOptions
from probe_tray.ports.accounts import StoreContents
from tests.support.fakes import START
from tests.support.tokens import credential, reply_body, tokens
from tests.unit.engine.bench import Bench
from tests.unit.engine.codex.test_hand_over import ANA, BEN, DAY, Exchange, in_place, renewed
from tests.unit.engine.sync_bench import TARGET

LENT, WHOLE = HandOver.LENT, HandOver.WHOLE
FORCED = RenewalRequest(days=3, reason=Reason.FORCED)
FULL = WriteError(path="auth.json", reason="the disk is full")


async def look(bench: Bench) -> None:
    await bench.codex.placements.look(bench.codex.homes)


async def test_a_renewal_here_puts_the_fresh_token_in_its_place() -> None:
    exchange = Exchange(ANA)
    await exchange.use(ANA)
    await exchange.clock.advance(7 * DAY)
    fresh = tokens("ana", number=2, at=exchange.clock.now())
    exchange.service.answer("refresh", Answer(200, {}, reply_body(fresh)))
    await exchange.renewals.renew(ANA.key, FORCED)
    ours, theirs = await exchange.ours(ANA), in_place(exchange.place)
    assert ours.access_token != ANA.access_token
    assert (theirs.access_token, theirs.refresh_token) == (ours.access_token, None)


@pytest.mark.parametrize("reason", list(Reason))
async def test_what_the_client_renews_is_never_renewed_here(reason: Reason) -> None:
    exchange = Exchange(ANA)
    await exchange.use(ANA, WHOLE)
    await exchange.clock.advance(9 * DAY)
    with pytest.raises(CodexRenewsError):
        await exchange.renewals.renew(ANA.key, RenewalRequest(days=3, reason=reason))
    assert exchange.service.count("refresh") == 0


async def test_what_the_client_has_renewed_is_taken_over() -> None:
    exchange = Exchange(replace(ANA, made_here=True))
    await exchange.use(ANA, WHOLE)
    fresh = renewed(ANA, "ana")
    exchange.place.holds(fresh)
    await look(exchange)
    ours = await exchange.ours(ANA)
    assert (ours.refresh_token, ours.made_here) == (fresh.refresh_token, True)
    assert await exchange.codex.placements.renewed_by_client(ANA.key)


async def test_what_it_has_renewed_twice_in_one_second_is_taken_over_too() -> None:
    exchange = Exchange(ANA)
    await exchange.use(ANA, WHOLE)
    for number in (2, 3):
        fresh = credential("ana", number=number, at=START + 5 * DAY)
        exchange.place.holds(fresh)
        await look(exchange)
        assert (await exchange.ours(ANA)).refresh_token == fresh.refresh_token


async def test_it_is_taken_over_whatever_date_the_client_wrote_beside_it() -> None:
    # Within the second of the login that was handed over, as a clock that was set back makes it.
    exchange = Exchange(ANA)
    await exchange.use(ANA, WHOLE)
    fresh = replace(credential("ana", number=2, at=START), last_refresh=START - DAY)
    exchange.place.holds(fresh)
    await look(exchange)
    assert (await exchange.ours(ANA)).refresh_token == fresh.refresh_token


async def test_a_login_that_a_person_made_here_within_that_second_stays_ours() -> None:
    exchange = Exchange(ANA)
    await exchange.use(ANA, WHOLE)
    made = credential("ana", number=3, at=START)
    await exchange.accounts.keep(made, ANA.key)
    exchange.place.holds(replace(credential("ana", number=2, at=START), last_refresh=START - DAY))
    await look(exchange)
    assert (await exchange.ours(ANA)).refresh_token == made.refresh_token


async def test_once_another_one_is_there_it_is_renewed_here_again() -> None:
    exchange = Exchange(ANA, BEN)
    await exchange.use(ANA, WHOLE)
    await exchange.use(BEN)
    assert not await exchange.codex.placements.renewed_by_client(ANA.key)


async def test_a_begun_hand_over_whose_place_was_written_is_finished() -> None:
    exchange = Exchange(ANA, BEN)
    await exchange.use(BEN)
    before = exchange.codex.record
    begun = replace(before, begun=placement_of(ANA, WHOLE, START))
    exchange.codex.file.book = exchange.codex.file.book.with_record(begun)
    exchange.place.holds(renewed(ANA, "ana"))
    assert await exchange.codex.placements.renewed_by_client(ANA.key)
    record = exchange.codex.record
    assert record.begun is None
    assert record.current is not None
    assert record.current.key == ANA.key


async def test_one_whose_place_was_not_written_never_happened() -> None:
    exchange = Exchange(ANA, BEN)
    await exchange.use(BEN)
    before = exchange.codex.record
    begun = replace(before, begun=placement_of(ANA, WHOLE, START))
    exchange.codex.file.book = exchange.codex.file.book.with_record(begun)
    assert not await exchange.codex.placements.renewed_by_client(ANA.key)
    assert exchange.codex.record == before


@pytest.mark.parametrize("left", [None, b'{"OPENAI_API_KEY": "sk-1"}', b"{}"])
@pytest.mark.parametrize("way", [LENT, WHOLE])
async def test_a_logout_in_the_client_ends_it_and_the_account_is_looked_at(way: HandOver, left: bytes | None) -> None:
    exchange = Exchange(ANA)
    await exchange.use(ANA, way)
    exchange.place.data = left
    looked = await exchange.codex.placements.look(exchange.codex.homes)
    assert (looked.just_ended, looked.logged_out) == ({ANA.key}, {ANA.key})
    assert exchange.codex.record == HomeRecord(home=exchange.place.home)
    again = await exchange.codex.placements.look(exchange.codex.homes)
    assert (again.just_ended, again.logged_out) == (frozenset(), {ANA.key})


async def test_a_login_in_the_client_ends_it_too() -> None:
    exchange = Exchange(ANA, BEN)
    await exchange.use(ANA)
    exchange.place.holds(BEN)
    looked = await exchange.codex.placements.look(exchange.codex.homes)
    assert looked.just_ended == {ANA.key}
    assert (looked.homes[0].account, looked.homes[0].way) == (BEN.key, None)


async def test_a_new_login_of_the_account_ends_the_word_about_it() -> None:
    exchange = Exchange(ANA)
    await exchange.use(ANA)
    exchange.place.data = None
    await look(exchange)
    await exchange.vault.save(credential("ana", number=5, at=START + DAY))
    looked = await exchange.codex.placements.look(exchange.codex.homes)
    assert looked.logged_out == frozenset()


async def test_using_it_again_ends_the_word_too() -> None:
    exchange = Exchange(ANA)
    await exchange.use(ANA)
    exchange.place.data = None
    await look(exchange)
    await exchange.use(ANA)
    assert exchange.codex.file.book.ended == ()


@pytest.mark.parametrize("span", [400 * DAY, -400 * DAY])
async def test_a_clock_that_is_set_ends_nothing(span: timedelta) -> None:
    exchange = Exchange(ANA)
    await exchange.use(ANA)
    exchange.clock.jump(span)
    looked = await exchange.codex.placements.look(exchange.codex.homes)
    assert (looked.homes[0].account, looked.homes[0].way) == (ANA.key, LENT)


async def test_a_token_that_could_not_be_passed_on_is_told_once_and_tried_again() -> None:
    exchange = Exchange(ANA)
    await exchange.use(ANA)
    await exchange.vault.save(credential("ana", number=2, at=START + 7 * DAY))
    exchange.place.unwritable = FULL
    looked = await exchange.codex.placements.look(exchange.codex.homes)
    assert looked.homes[0].problem is not None
    assert looked.homes[0].problem.is_a(CodexBehindError)
    assert exchange.state.trouble == looked.homes[0].problem
    exchange.place.unwritable = None
    looked = await exchange.codex.placements.look(exchange.codex.homes)
    assert looked.homes[0].problem is None
    assert in_place(exchange.place).access_token == (await exchange.ours(ANA)).access_token


@pytest.mark.parametrize("way", [LENT, WHOLE])
async def test_a_place_that_nobody_can_read_now_keeps_its_record(way: HandOver) -> None:
    exchange = Exchange(ANA)
    await exchange.use(ANA, way)
    before = exchange.codex.record
    exchange.place.unreadable = KeyringLockedError()
    looked = await exchange.codex.placements.look(exchange.codex.homes)
    assert exchange.codex.record == before
    assert (looked.just_ended, looked.homes[0].problem) == (frozenset(), KeyringLockedError().problem)


async def test_a_login_that_is_lent_is_renewed_whatever_became_of_its_place() -> None:
    exchange = Exchange(ANA)
    await exchange.use(ANA)
    exchange.place.unreadable = KeyringLockedError()
    await exchange.clock.advance(9 * DAY)
    fresh = tokens("ana", number=2, at=exchange.clock.now())
    exchange.service.answer("refresh", Answer(200, {}, reply_body(fresh)))
    await exchange.renewals.renew(ANA.key, FORCED)
    assert (await exchange.ours(ANA)).access_token != ANA.access_token


async def test_one_that_the_client_renews_waits_while_its_place_cannot_be_read() -> None:
    exchange = Exchange(ANA)
    await exchange.use(ANA, WHOLE)
    exchange.place.unreadable = KeyringLockedError()
    with pytest.raises(KeyringLockedError):
        await exchange.codex.placements.renewed_by_client(ANA.key)


async def test_a_home_that_was_deleted_ends_what_was_there() -> None:
    exchange = Exchange(ANA)
    await exchange.use(ANA, WHOLE)
    exchange.place.unreadable = CodexHomeMissingError(path="~/.codex")
    looked = await exchange.codex.placements.look(exchange.codex.homes)
    assert (looked.homes[0].account, looked.homes[0].problem) == (None, None)


@pytest.mark.parametrize("gone", [None, b"", b'{"auth_mode": "chatgpt", "tokens": {"id_token": "ey'])
async def test_the_token_of_a_whole_one_is_never_sent_again_once_it_was_out_of_sight(gone: bytes | None) -> None:
    exchange = Exchange(replace(ANA, made_here=True))
    await exchange.use(ANA, WHOLE)
    exchange.place.data = gone
    await look(exchange)
    # The client had renewed it meanwhile, and what is in our stores is spent.
    exchange.place.holds(renewed(ANA, "ana"))
    await exchange.clock.advance(9 * DAY)
    with pytest.raises(CodexRenewsError):
        await exchange.renewals.renew(ANA.key, RenewalRequest(days=3))
    assert exchange.service.count("refresh") == 0
    # To use it there once more, or a new login, makes it ours again.
    await exchange.accounts.keep(replace(credential("ana", number=9, at=exchange.clock.now()), made_here=True), ANA.key)
    assert not await exchange.codex.placements.renewed_by_client(ANA.key)


async def test_a_new_login_is_renewed_also_while_the_place_of_the_old_one_cannot_be_read() -> None:
    exchange = Exchange(ANA)
    await exchange.use(ANA, WHOLE)
    exchange.place.unreadable = ReadError(path="~/work/.codex", reason="there is no such file or folder")
    again = replace(credential("ana", number=9, at=START + 2 * DAY), made_here=True)
    await exchange.accounts.keep(again, ANA.key)
    assert not await exchange.codex.placements.renewed_by_client(ANA.key)


async def test_a_home_that_cannot_be_read_keeps_nothing_from_the_others() -> None:
    exchange = Exchange(ANA, BEN)
    other = exchange.codex.add("work")
    await exchange.use(ANA)
    await exchange.hand_overs.use(BEN.key, other, WHOLE, keep=())
    fresh = renewed(BEN, "ben")
    other.holds(fresh)
    exchange.place.unreadable = KeyringLockedError()
    looked = await exchange.codex.placements.look(exchange.codex.homes)
    assert looked.took_over
    assert (await exchange.ours(BEN)).refresh_token == fresh.refresh_token


async def test_a_new_login_of_the_account_is_ours_to_renew() -> None:
    exchange = Exchange(ANA)
    await exchange.use(ANA, WHOLE)
    again = renewed(ANA, "ana")
    await exchange.accounts.keep(again, ANA.key)
    assert not await exchange.codex.placements.renewed_by_client(ANA.key)
    looked = await exchange.codex.placements.look(exchange.codex.homes)
    # What the client has is still there, and no longer what this program put there.
    assert (looked.just_ended, looked.logged_out) == (frozenset(), frozenset())
    assert (looked.homes[0].account, looked.homes[0].way) == (ANA.key, None)
    assert in_place(exchange.place).refresh_token == ANA.refresh_token


async def test_a_record_that_nobody_can_read_lets_nothing_be_renewed() -> None:
    exchange = Exchange(ANA)
    exchange.codex.file.is_unreadable = True
    await exchange.clock.advance(9 * DAY)
    with pytest.raises(ReadError):
        await exchange.renewals.renew(ANA.key, FORCED)
    assert exchange.service.count("refresh") == 0


async def test_a_look_at_the_homes_hides_no_change_of_a_store(monkeypatch: pytest.MonkeyPatch) -> None:
    exchange, loads = Exchange(ANA, BEN), list[str]()
    exchange.place.holds(BEN)

    async def load(*, asks: bool = False) -> StoreContents:
        del asks
        loads.append("load")
        return StoreContents()

    # What others changed counts as seen once a store was loaded, and only a read of all of them tells the state.
    monkeypatch.setattr(exchange.vault, "load", load)
    looked = await exchange.codex.placements.look(exchange.codex.homes)
    assert (looked.homes[0].account, loads) == (BEN.key, [])


async def test_a_store_that_does_not_open_lets_nothing_be_overwritten() -> None:
    exchange = Exchange(ANA, BEN)
    exchange.place.holds(BEN)
    before = exchange.place.data
    exchange.vault.fault = KeyringLockedError()
    with pytest.raises(KeyringLockedError):
        await exchange.use(ANA, keep=EVERY_ACCOUNT)
    assert exchange.place.data == before
    looked = await exchange.codex.placements.look(exchange.codex.homes)
    assert looked.homes[0].account == BEN.key


async def test_sync_that_is_set_up_afterwards_does_not_share_what_the_client_renews() -> None:
    exchange = Exchange(ANA, BEN)
    await exchange.use(ANA, WHOLE)
    exchange.sync.ready = exchange.sync.adds_rows = True
    await exchange.sync.shared.publish(ANA.key)
    report = await exchange.sync.syncing.run(TARGET, SyncOptions())
    assert {item.key: item.kind for item in report.items} == {
        ANA.key: StepKind.WITH_CODEX,
        BEN.key: StepKind.UPLOAD_NEW,
    }
    assert exchange.sync.table.held.keys() == {BEN.account_id}
    # The client has given it back.
    await exchange.use(BEN)
    report = await exchange.sync.syncing.run(TARGET, SyncOptions())
    assert [item.kind for item in report.items if item.key == ANA.key] == [StepKind.UPLOAD_NEW]


async def test_nor_after_a_logout_there_with_the_same_token() -> None:
    exchange = Exchange(ANA)
    await exchange.use(ANA, WHOLE)
    exchange.place.data = b"{}"
    await look(exchange)
    report = await exchange.sync.syncing.run(TARGET, SyncOptions())
    assert [item.kind for item in report.items] == [StepKind.WITH_CODEX]
    await exchange.vault.save(replace(credential("ana", number=9, at=START + 2 * DAY), made_here=True))
    report = await exchange.sync.syncing.run(TARGET, SyncOptions())
    assert [item.kind for item in report.items] == [StepKind.UPLOAD_NEW]


@pytest.mark.parametrize("way", [LENT, WHOLE])
async def test_a_new_login_of_the_account_is_shared_whatever_the_client_has(way: HandOver) -> None:
    exchange = Exchange(ANA)
    await exchange.use(ANA, way)
    await exchange.vault.save(replace(credential("ana", number=9, at=START + 2 * DAY), made_here=True))
    report = await exchange.sync.syncing.run(TARGET, SyncOptions())
    assert [item.kind for item in report.items] == [StepKind.UPLOAD_NEW]
