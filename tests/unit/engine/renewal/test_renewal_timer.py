"""The timer that renews logins by itself."""

import asyncio
from datetime import timedelta

from msgspec.structs import replace

from probe_tray.core.account.condition import Condition, condition
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.events import SettingsChanged
from probe_tray.core.service.answer import Answer
from probe_tray.core.settings import Settings
from probe_tray.engine.renewal.token_memory import TokenMemory, TokenOrigin
from tests.support.fakes import START, MemoryStore, settle
from tests.support.tokens import credential, reply_body, tokens
from tests.unit.engine.bench import Bench, running

DAY = timedelta(days=1)


async def test_a_login_shows_its_next_renewal_as_soon_as_it_is_read() -> None:
    bench = Bench()
    async with running(bench.timer.run()):
        await settle()
        await bench.accounts.keep(credential("ana"))
        await bench.accounts.read()
        await settle()
        planned = bench.account(credential("ana")).renewal.next_at
        assert planned is not None
        assert START + 7 * DAY <= planned <= START + 8.5 * DAY


async def test_a_login_is_renewed_inside_its_window_and_planned_anew() -> None:
    bench = Bench(credential("ana"))
    bench.service.answer("refresh", Answer(200, {}, reply_body(tokens("ana", number=2, at=START + 8 * DAY))))
    await bench.accounts.read()
    async with running(bench.timer.run()):
        await bench.clock.advance(6.9 * DAY)
        assert bench.service.count("refresh") == 0
        await bench.clock.advance(2 * DAY)
        assert bench.service.count("refresh") == 1
        renewal = bench.account(credential("ana")).renewal
        assert renewal.problem is None
        assert renewal.next_at is not None
        assert renewal.next_at >= START + 15 * DAY


async def test_nothing_is_renewed_by_itself_where_the_settings_say_so() -> None:
    bench = Bench(credential("ana", at=START - 8 * DAY))
    bench.store.dispatch(SettingsChanged(settings=Settings(auto_renew=False)))
    await bench.accounts.read()
    async with running(bench.timer.run()):
        await bench.clock.advance(3 * DAY)
    assert bench.service.count("refresh") == 0
    assert bench.account(credential("ana")).renewal.next_at is None


async def test_a_copy_of_the_clients_login_learns_from_it_without_waiting_for_its_turn() -> None:
    copy = replace(credential("ana", at=START - 2 * DAY), made_here=False)
    theirs, client = credential("ana", number=2), MemoryStore(StoreKind.OFFICIAL, copy)
    bench = Bench(copy, others=(client,), settings=Settings(auto_renew=False))
    await bench.accounts.read()
    async with running(bench.timer.run()):
        await settle()
        client.held[theirs.key] = theirs
        await bench.accounts.read()
        await settle()
    assert bench.vault.held[copy.key].access_token == theirs.access_token
    assert bench.service.asked == []


async def test_a_login_of_its_own_stays_however_often_the_client_gets_a_newer_one() -> None:
    ours = replace(credential("ana", at=START - 2 * DAY), made_here=False)
    client = MemoryStore(StoreKind.OFFICIAL, replace(credential("ana", number=70, at=START - 3 * DAY), made_here=False))
    bench = Bench(ours, others=(client,), settings=Settings(auto_renew=False))
    await bench.accounts.read()
    async with running(bench.timer.run()):
        await settle()
        for number in (71, 72):
            client.held[ours.key] = replace(credential("ana", number=number, at=START), made_here=False)
            await bench.accounts.read()
            await settle()
    assert bench.vault.held[ours.key] == ours
    token = ours.refresh_token
    assert token is not None
    memory = TokenMemory(bench.memory, bench.clock, bench.randomness)
    assert await memory.origin(token.fingerprint) is TokenOrigin.OWN


async def test_a_copy_that_ended_stops_asking_for_a_login_once_the_clients_newer_one_is_taken_over() -> None:
    ended = replace(credential("ana", at=START - 20 * DAY), made_here=False, refresh_token=None)
    client = MemoryStore(StoreKind.OFFICIAL)
    bench = Bench(ended, others=(client,))
    await bench.accounts.read()
    async with running(bench.timer.run()):
        await settle()
        assert condition(bench.account(ended), Settings(), bench.clock.now()) is Condition.NEEDS_LOGIN
        newer = credential("ana", number=2)
        client.held[newer.key] = newer
        await bench.accounts.read()
        await settle()
        await bench.accounts.read()
    assert bench.vault.held[ended.key].access_token == newer.access_token
    assert condition(bench.account(ended), Settings(), bench.clock.now()) is not Condition.NEEDS_LOGIN


async def test_a_login_that_counts_as_ended_whatever_is_renewed_is_not_renewed_again_and_again() -> None:
    bench = Bench(credential("ana"))
    bench.service.answer("refresh", Answer(200, {}, reply_body(tokens("ana", number=2))))
    bench.clock.jump(365 * DAY)
    await bench.accounts.read()
    async with running(bench.timer.run()):
        await bench.clock.advance(DAY)
    assert bench.service.count("refresh") == 1


async def test_ending_it_ends_what_it_began_before_it_returns() -> None:
    bench = Bench(credential("ana", at=START - 9 * DAY))
    bench.service.waits.add("refresh")
    await bench.accounts.read()
    me = asyncio.current_task()
    async with running(bench.timer.run()) as timer:
        await bench.clock.advance(DAY)
        before = asyncio.all_tasks()
        timer.cancel()
        await asyncio.wait({timer})
        # Its own task that waited for the renewal is gone; what was sent is the renewals', which wait for its answer.
        assert len(before - asyncio.all_tasks()) >= 2
    bench.service.gate.set()
    await bench.renewals.close()
    assert asyncio.all_tasks() == {me}
    assert bench.service.count("refresh") == 1
