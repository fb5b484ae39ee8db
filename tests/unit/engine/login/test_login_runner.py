import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from email.utils import format_datetime

import pytest

from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    BrowserError,
    ClockError,
    DataFolderError,
    EdgeBlockedError,
    ExchangeError,
    IncompleteReplyError,
    KeyringLockedError,
    LoginDeniedError,
    LoginNotEntitledError,
    LoginTimedOutError,
    NotSentError,
    OtherAccountError,
    ProbeError,
    RateLimitedError,
    RegionBlockedError,
    UncertainError,
    WriteError,
)
from probe_tray.core.login.oauth import Callback
from probe_tray.core.renewal.policy import Reason
from probe_tray.core.renewal.request import RenewalRequest
from probe_tray.core.service.answer import Answer
from probe_tray.core.state import LoginPhase, LoginState
from tests.support.fakes import START, MemoryStore, problem_kind, settle
from tests.support.tokens import credential, nameless, reply_body, tokens
from tests.unit.engine.bench import CODE, Bench, running, token_answer

MINUTE = timedelta(minutes=1)
FULL = WriteError(path="x", reason="the disk is full")
ANA = credential("ana").key
FORCED = RenewalRequest(days=3, reason=Reason.FORCED)


def phases(bench: Bench) -> list[LoginPhase | None]:
    """The phases from now on, each once."""
    seen: list[LoginPhase | None] = []
    bench.store.subscribe(lambda: None if seen[-1:] == [bench.phase] else seen.append(bench.phase))
    return seen


@asynccontextmanager
async def logging_in(bench: Bench, account: AccountKey | None = None) -> AsyncGenerator[asyncio.Task[object]]:
    async with running(bench.login.run(account)) as task:
        yield task


async def come_back(bench: Bench, callback: Callback = CODE) -> None:
    bench.listener.opened[-1].come_back(callback)
    await settle()


async def log_in(bench: Bench, account: AccountKey | None = None, callback: Callback = CODE) -> object:
    async with logging_in(bench, account) as task:
        await come_back(bench, callback)
        return await task


async def test_a_login_goes_from_the_click_to_the_account_in_the_list() -> None:
    bench = Bench()
    seen = phases(bench)
    assert await log_in(bench) == ANA
    assert bench.state.login == LoginState(phase=LoginPhase.DONE, account=ANA)
    assert [a.key for a in bench.state.accounts] == [ANA]
    assert bench.vault.held[ANA].made_here
    assert seen == [LoginPhase.OPENING, LoginPhase.WAITING, LoginPhase.EXCHANGING, LoginPhase.DONE]


async def test_while_it_waits_the_state_says_on_which_port_and_how_long() -> None:
    bench = Bench()
    async with logging_in(bench):
        assert bench.state.login == LoginState(phase=LoginPhase.WAITING, port=1455, ends_at=START + 10 * MINUTE)
        assert bench.login.address is not None


@pytest.mark.parametrize(
    ("callback", "kind"),
    [
        (Callback(error="access_denied"), LoginDeniedError),
        (Callback(error="access_denied", description="missing_codex_entitlement"), LoginNotEntitledError),
        (Callback(error="server_error"), ExchangeError),
    ],
)
async def test_a_login_that_was_refused_says_so(callback: Callback, kind: type[ProbeError]) -> None:
    bench = Bench()
    assert await log_in(bench, callback=callback) is None
    assert (bench.phase, bench.login_problem) == (LoginPhase.FAILED, kind)
    assert bench.vault.held == {}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(400, {}, b'{"error":"invalid_grant"}'), ExchangeError),
        (Answer(400, {}, b"not even JSON"), ExchangeError),
        (Answer(401, {}, b"{}"), ExchangeError),
        (Answer(429, {"Retry-After": "30"}, b""), RateLimitedError),
        (Answer(500, {}, b""), ExchangeError),
        (Answer(503, {}, b"<html>"), ExchangeError),
        (Answer(403, {}, b'{"error":{"code":"unsupported_country_region_territory"}}'), RegionBlockedError),
        (Answer(403, {}, b"<html>"), EdgeBlockedError),
        (Answer(200, {}, b"<html>"), IncompleteReplyError),
        (Answer(200, {}, reply_body(tokens(), "refresh_token")), IncompleteReplyError),
        (Answer(200, {}, reply_body(tokens(), "id_token")), IncompleteReplyError),
        (NotSentError(reason="no network"), NotSentError),
        (UncertainError(reason="reset"), UncertainError),
    ],
)
async def test_an_exchange_that_fails_says_so_and_keeps_nothing(
    answer: Answer | Exception, kind: type[ProbeError]
) -> None:
    bench = Bench()
    bench.service.answer("exchange", answer)
    assert await log_in(bench) is None
    assert (bench.phase, bench.login_problem) == (LoginPhase.FAILED, kind)
    assert (bench.vault.held, bench.service.count("exchange"), bench.listener.now_open) == ({}, 1, 0)


async def test_after_ten_minutes_the_login_has_failed() -> None:
    bench = Bench()
    async with logging_in(bench):
        await bench.clock.advance(10 * MINUTE)
        assert (bench.phase, bench.login_problem) == (LoginPhase.FAILED, LoginTimedOutError)
        assert bench.listener.now_open == 0


async def test_a_store_that_cannot_be_written_is_told_before_any_browser_opens() -> None:
    bench = Bench()
    bench.vault.fault = KeyringLockedError()
    async with logging_in(bench):
        assert (bench.phase, bench.login_problem) == (LoginPhase.FAILED, KeyringLockedError)
    assert (bench.browser.opened, bench.listener.opened) == ([], [])


async def test_a_proxy_that_is_gone_is_told_before_any_browser_opens() -> None:
    bench = Bench()
    bench.service.answer("reach", NotSentError(reason="the proxy refused the connection"))
    async with logging_in(bench):
        assert (bench.phase, bench.login_problem) == (LoginPhase.FAILED, NotSentError)
    assert (bench.browser.opened, bench.listener.opened) == ([], [])


async def test_without_a_browser_the_login_waits_and_says_so() -> None:
    bench = Bench()
    bench.browser.fault = BrowserError()
    async with logging_in(bench):
        assert (bench.phase, bench.login_problem) == (LoginPhase.WAITING, BrowserError)
        bench.browser.fault = None
        await bench.login.show_page()
        assert (bench.phase, bench.login_problem) == (LoginPhase.WAITING, None)
        assert len(bench.browser.opened) == 1
        await come_back(bench)
    assert bench.phase is LoginPhase.DONE


async def test_a_browser_that_fails_again_is_said_again() -> None:
    bench = Bench()
    bench.browser.fault = BrowserError()
    async with logging_in(bench):
        await bench.login.show_page()
        assert (bench.phase, bench.login_problem) == (LoginPhase.WAITING, BrowserError)


async def test_cancelled_before_the_page_opens_it_leaves_nothing() -> None:
    bench = Bench()
    bench.vault.waits = {"check_writable"}
    async with logging_in(bench):
        assert bench.phase is LoginPhase.OPENING
    assert (bench.state.login, bench.browser.opened) == (None, [])


async def test_cancelled_while_it_waits_a_late_callback_has_no_effect() -> None:
    bench = Bench()
    async with logging_in(bench):
        assert bench.phase is LoginPhase.WAITING
    assert (bench.state.login, bench.listener.now_open, bench.login.address) == (None, 0, None)
    await come_back(bench)
    assert (bench.service.count("exchange"), bench.vault.held) == (0, {})


async def test_cancelled_during_the_exchange_it_keeps_nothing() -> None:
    bench = Bench()
    bench.service.waits = {"exchange"}
    async with logging_in(bench):
        await come_back(bench)
        assert bench.phase is LoginPhase.EXCHANGING
    bench.service.gate.set()
    await settle()
    assert (bench.state.login, bench.vault.held) == (None, {})


async def test_cancelled_while_it_saves_the_tokens_are_saved_all_the_same() -> None:
    bench = Bench()
    bench.vault.waits = {"save"}
    async with logging_in(bench) as task:
        await come_back(bench)
        task.cancel()
        await settle()
        assert not task.done()
        bench.vault.gate.set()
        await settle()
        assert task.cancelled()
    assert list(bench.vault.held) == [ANA]
    assert [a.key for a in bench.state.accounts] == [ANA]
    assert bench.state.login is None


async def test_tokens_that_could_not_be_saved_are_saved_by_the_next_login_without_asking_again() -> None:
    bench = Bench()
    bench.vault.save_fault = FULL
    assert await log_in(bench) is None
    assert (bench.phase, bench.login_problem) == (LoginPhase.FAILED, WriteError)
    async with logging_in(bench) as task:
        assert await task is None
    bench.vault.save_fault = None
    async with logging_in(bench) as task:
        assert await task == ANA
    assert (bench.phase, list(bench.vault.held)) == (LoginPhase.DONE, [ANA])
    assert (len(bench.browser.opened), bench.service.count("exchange")) == (1, 1)


async def test_tokens_saved_late_are_not_saved_a_second_time() -> None:
    bench = Bench()
    bench.vault.save_fault = FULL
    await log_in(bench)
    bench.vault.save_fault = None
    async with logging_in(bench) as task:
        await task
    bench.service.answer("exchange", token_answer("ben"))
    assert await log_in(bench) == credential("ben").key
    assert (bench.vault.saves, len(bench.browser.opened)) == (2, 2)


async def test_tokens_saved_late_do_not_stand_for_the_login_of_another_account() -> None:
    ben = credential("ben").key
    bench = Bench()
    bench.vault.save_fault = FULL
    await log_in(bench)
    bench.vault.save_fault = None
    bench.service.answer("exchange", token_answer("ben"))
    assert await log_in(bench, ben) == ben
    assert set(bench.vault.held) == {ANA, ben}
    assert bench.state.login == LoginState(phase=LoginPhase.DONE, account=ben)


async def test_a_store_that_fails_beside_one_that_saved_is_a_trouble_and_the_login_is_done() -> None:
    folder = MemoryStore(StoreKind.FOLDER, credential("ana"))
    bench = Bench(credential("ana"), others=(folder,))
    bench.vault.save_fault = FULL
    bench.service.answer("exchange", token_answer("ana", 2))
    assert await log_in(bench, ANA) == ANA
    assert (bench.phase, problem_kind(bench.state.trouble)) == (LoginPhase.DONE, WriteError)
    assert (folder.saves, bench.vault.saves) == (1, 0)


async def test_signing_in_again_replaces_the_account_s_login() -> None:
    bench = Bench(credential("ana"), credential("ben"))
    await bench.accounts.read()
    bench.service.answer("exchange", token_answer("ana", 2))
    assert await log_in(bench, ANA) == ANA
    assert [a.key for a in bench.state.accounts] == [ANA, credential("ben").key]
    assert bench.vault.held[ANA].refresh_token != credential("ana").refresh_token


async def test_a_renewal_that_runs_meanwhile_does_not_put_its_tokens_over_the_new_login() -> None:
    bench = Bench(credential("ana"))
    bench.service.waits = {"refresh"}
    bench.service.answer("refresh", token_answer("ana", 2))
    bench.service.answer("exchange", token_answer("ana", 3))
    async with running(bench.renewals.renew(ANA, FORCED)), logging_in(bench, ANA) as login:
        await come_back(bench)
        assert bench.vault.saves == 0
        bench.service.gate.set()
        assert await login == ANA
    kept = bench.vault.held[ANA].refresh_token
    assert (bench.vault.saves, kept) == (2, Secret(tokens("ana", number=3)["refresh_token"]))


async def test_a_renewal_waits_until_the_new_login_is_saved_and_then_asks_with_that_one() -> None:
    bench = Bench(credential("ana"))
    bench.vault.waits = {"save"}
    bench.service.answer("exchange", token_answer("ana", 2))
    bench.service.answer("refresh", token_answer("ana", 3))
    async with logging_in(bench, ANA) as login:
        await come_back(bench)
        async with running(bench.renewals.renew(ANA, FORCED)) as renewal:
            assert bench.service.count("refresh") == 0
            bench.vault.gate.set()
            await asyncio.gather(login, renewal)
    kept = bench.vault.held[ANA].refresh_token
    assert kept == Secret(tokens("ana", number=3)["refresh_token"])


async def test_tokens_are_saved_where_no_lock_can_be_made() -> None:
    bench = Bench()
    bench.locks.fault = DataFolderError(path="x", reason="it is read-only")
    assert await log_in(bench) == ANA
    assert list(bench.vault.held) == [ANA]


@pytest.mark.parametrize("again", [True, False])
async def test_a_login_takes_the_place_of_one_that_did_not_name_its_user(*, again: bool) -> None:
    old = nameless(credential("ana"))
    bench = Bench(old)
    await bench.accounts.read()
    bench.service.answer("exchange", token_answer("ana", 2))
    assert await log_in(bench, old.key if again else None) == ANA
    assert bench.phase is LoginPhase.DONE
    assert list(bench.vault.held) == [ANA]


async def test_whoever_logs_in_to_a_login_that_says_nothing_of_its_owner_becomes_it() -> None:
    old = nameless(credential("ana"), email="")
    bench = Bench(old)
    await bench.accounts.read()
    assert await log_in(bench) == ANA
    assert list(bench.vault.held) == [old.key, ANA]
    bench.service.answer("exchange", token_answer("ana", 2))
    assert await log_in(bench, old.key) == ANA
    assert (bench.phase, list(bench.vault.held)) == (LoginPhase.DONE, [ANA])


async def test_another_account_than_the_one_asked_for_is_added_and_told_so() -> None:
    bench = Bench(credential("ana"))
    bench.service.answer("exchange", token_answer("ben"))
    assert await log_in(bench, ANA) == credential("ben").key
    assert (bench.phase, bench.login_problem) == (LoginPhase.FAILED, OtherAccountError)
    assert bench.state.login is not None
    assert bench.state.login.problem is not None
    assert bench.state.login.problem.facts == (("who", "ben@example.com"),)
    assert bench.vault.held[ANA] == credential("ana")
    assert credential("ben").key in bench.vault.held


async def test_a_login_under_a_wrong_clock_is_done_and_the_clock_is_told() -> None:
    bench = Bench()
    date = format_datetime(START + timedelta(hours=3), usegmt=True)
    bench.service.answer("exchange", Answer(200, {"Date": date}, reply_body(tokens(), expires_in=3600)))
    assert await log_in(bench) == ANA
    assert bench.state.login == LoginState(phase=LoginPhase.DONE, account=ANA)
    assert bench.state.trouble == ClockError(away="3 hours").problem
    assert bench.vault.held[ANA].expired == START + timedelta(hours=4)


async def test_a_login_that_fails_under_a_wrong_clock_says_how_wrong_it_is() -> None:
    bench = Bench()
    date = format_datetime(START - timedelta(hours=3), usegmt=True)
    bench.service.answer("exchange", Answer(400, {"Date": date}, b'{"error":"invalid_grant"}'))
    assert await log_in(bench) is None
    assert bench.state.login is not None
    assert (bench.login_problem, bench.state.login.clock_off) == (ExchangeError, timedelta(hours=-3))
    assert bench.state.trouble is None


async def test_a_login_that_failed_before_the_service_said_yes_keeps_nothing_for_later() -> None:
    bench = Bench()
    bench.vault.fault = KeyringLockedError()
    async with logging_in(bench):
        assert bench.state.login is not None
        assert not bench.state.login.unsaved


async def test_what_nobody_expected_ends_the_login_in_the_state_too() -> None:
    bench = Bench()
    bench.service.answer("exchange", RuntimeError("a fault of the program"))
    async with logging_in(bench) as task:
        await come_back(bench)
        with pytest.raises(RuntimeError):
            await task
    assert bench.state.login is None


async def test_no_token_is_in_the_state_or_shown_by_it() -> None:
    bench = Bench()
    await log_in(bench)
    shown = repr(bench.state)
    assert [value for value in tokens().values() if value in shown] == []
    assert all(value not in address for value in tokens().values() for address in bench.browser.opened)
