"""What commands do to logins: one at a time, another way in the place of the first, nothing lost."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from probe_tray.core.commands import CancelLogin, PasteAddress, ReopenBrowser, StartLogin
from probe_tray.core.errors import LoginDeniedError, NotSentError, PortsTakenError, WriteError
from probe_tray.core.feedback import FeedbackKind
from probe_tray.core.login.oauth import Callback
from probe_tray.core.service.answer import Answer
from probe_tray.core.state import LoginPhase, Way
from probe_tray.engine.feedback_service import FeedbackService
from probe_tray.engine.login.login_service import LoginCommand, LoginService
from probe_tray.engine.timers import end_all
from tests.support.fakes import settle
from tests.support.tokens import credential
from tests.unit.engine.bench import CODE, Bench, token_answer
from tests.unit.engine.test_runtime import Program

ANA, BEN = credential("ana").key, credential("ben").key
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
STARTED = Answer(200, {}, b'{"device_auth_id":"deviceauth_1","user_code":"WDJB-MJHT","interval":"5"}')
TYPED = Answer(200, {}, b'{"authorization_code":"ac_1","code_challenge":"c","code_verifier":"v_1"}')


class LoginBench(Bench):
    """A bench with a bench in front; ``do`` is the person."""

    def __init__(self) -> None:
        super().__init__(credential("ana"))
        self.service.answer("device_start", STARTED)
        self.service.answer("device_poll", Answer(403, {}, b""))
        self.tasks: list[asyncio.Task[None]] = []
        self.came: list[AccountKey] = []
        self.waits: list[asyncio.Task[None]] = []
        feedback = FeedbackService(self.store, self.clock, self._wait)
        self.arrangement = LoginService(self.login, self.store, self._start, self.came.append, feedback, self.clock)

    async def do(self, *commands: LoginCommand) -> None:
        for command in commands:
            self.arrangement.send(command)
        await settle()

    async def come_back(self, callback: Callback = CODE) -> None:
        self.listener.opened[-1].come_back(callback)
        await settle()

    @property
    def way(self) -> Way | None:
        return None if self.state.login is None else self.state.login.way

    @property
    def state_of_page(self) -> str:
        """The state in the address that was opened last."""
        return parse_qs(urlsplit(self.browser.opened[-1]).query)["state"][0]

    @property
    def pasted_problem(self) -> str:
        login = self.state.login
        return "" if login is None or login.pasted is None else dict(login.pasted.facts)["reason"]

    def _wait(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self.waits.append(task)
        return task

    def _start(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self.tasks.append(task)
        return task


@asynccontextmanager
async def a_login_bench() -> AsyncGenerator[LoginBench]:
    bench = LoginBench()
    try:
        yield bench
    finally:
        await end_all((*bench.tasks, *bench.waits))


@pytest.fixture
async def bench() -> AsyncGenerator[LoginBench]:
    async with a_login_bench() as found:
        yield found


async def test_a_login_tells_who_came_in(bench: LoginBench) -> None:
    await bench.do(StartLogin())
    await bench.come_back()
    assert bench.came == [ANA]
    assert bench.phase is LoginPhase.DONE


async def test_the_same_login_asked_for_twice_shows_its_page_again(bench: LoginBench) -> None:
    await bench.do(StartLogin())
    await bench.clock.advance(timedelta(seconds=6))
    await bench.do(StartLogin())
    assert len(bench.browser.opened) == 2
    assert len(set(bench.browser.opened)) == 1
    assert len(bench.listener.opened) == 1


async def test_many_wishes_for_one_login_at_once_open_one_page(bench: LoginBench) -> None:
    for _ in range(15):
        await bench.do(StartLogin())
        await bench.clock.advance(timedelta(seconds=2))
    assert len(bench.browser.opened) == 1
    await bench.do(ReopenBrowser())
    assert len(bench.browser.opened) == 2


async def test_another_way_ends_the_first_login_and_takes_its_place(bench: LoginBench) -> None:
    await bench.do(StartLogin())
    await bench.do(StartLogin(way=Way.CODE))
    assert (bench.way, bench.phase, bench.listener.now_open) == (Way.CODE, LoginPhase.WAITING, 0)
    assert bench.state.login is not None
    assert bench.state.login.user_code == "WDJB-MJHT"
    assert bench.state.login.page == "https://auth.openai.com/codex/device"
    await bench.come_back()
    assert bench.service.count("exchange") == 0
    await bench.do(StartLogin(way=Way.BROWSER))
    polls = bench.service.count("device_poll")
    await bench.clock.advance(MINUTE)
    assert (bench.way, bench.listener.now_open, bench.service.count("device_poll")) == (Way.BROWSER, 1, polls)


async def test_nothing_vanishes_from_the_screen_while_one_login_takes_another_s_place(bench: LoginBench) -> None:
    await bench.do(StartLogin())
    seen: list[Way | None] = []
    bench.store.subscribe(lambda: seen.append(bench.way))
    for way in (Way.CODE, Way.PASTE, Way.BROWSER):
        await bench.do(StartLogin(way=way))
    assert None not in seen
    assert seen[-1] is Way.BROWSER


async def test_a_login_for_another_account_takes_the_place_of_the_first(bench: LoginBench) -> None:
    await bench.do(StartLogin(ANA))
    await bench.do(StartLogin(BEN))
    assert bench.state.login is not None
    assert bench.state.login.account == BEN
    assert (len(bench.listener.opened), bench.listener.now_open) == (2, 1)


async def test_many_ways_asked_for_at_once_leave_the_last_one_alone(bench: LoginBench) -> None:
    await bench.do(*(StartLogin(way=way) for way in (Way.BROWSER, Way.CODE, Way.PASTE, Way.CODE, Way.BROWSER)))
    assert (bench.way, bench.phase, bench.listener.now_open) == (Way.BROWSER, LoginPhase.WAITING, 1)
    assert sum(not task.done() for task in bench.tasks) == 1


async def test_every_attempt_has_its_own_state_and_the_old_one_is_dead(bench: LoginBench) -> None:
    await bench.do(StartLogin())
    first = bench.state_of_page
    await bench.do(StartLogin(way=Way.PASTE))
    second = bench.state_of_page
    assert first != second
    await bench.do(PasteAddress(Secret(f"code=x&state={first}")))
    assert bench.pasted_problem == "it belongs to another login attempt"
    assert (bench.phase, bench.service.count("exchange")) == (LoginPhase.WAITING, 0)


@pytest.mark.parametrize("way", [Way.BROWSER, Way.PASTE])
async def test_a_pasted_address_finishes_the_login(bench: LoginBench, way: Way) -> None:
    await bench.do(StartLogin(way=way))
    await bench.do(PasteAddress(Secret(f"<http://localhost:1455/auth/callback?code=x&state={bench.state_of_page}>\n")))
    assert (bench.phase, bench.came, bench.listener.now_open) == (LoginPhase.DONE, [ANA], 0)
    assert bench.service.asked[-1] == ("exchange", f"{Secret('x').fingerprint} http://localhost:1455/auth/callback")


async def test_pasting_needs_no_port(bench: LoginBench) -> None:
    bench.listener.fault = PortsTakenError(holder="another program")
    await bench.do(StartLogin())
    assert (bench.phase, bench.login_problem) == (LoginPhase.FAILED, PortsTakenError)
    await bench.do(StartLogin(way=Way.PASTE))
    assert bench.phase is LoginPhase.WAITING
    await bench.do(PasteAddress(Secret(f"code=x&state={bench.state_of_page}")))
    assert bench.phase is LoginPhase.DONE


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it has no code in it"),
        ("http://localhost:1455/auth/callback", "it has no code in it"),
        ("code=x", "it has no state= in it"),
        ("code=x&state=wrong", "it belongs to another login attempt"),
    ],
)
async def test_a_wrong_address_says_why_and_the_login_goes_on(bench: LoginBench, text: str, why: str) -> None:
    await bench.do(StartLogin(way=Way.PASTE))
    await bench.do(PasteAddress(Secret(text)))
    assert (bench.phase, bench.pasted_problem) == (LoginPhase.WAITING, why)
    await bench.do(PasteAddress(Secret(f"code=x&state={bench.state_of_page}")))
    assert bench.phase is LoginPhase.DONE


async def test_a_pasted_refusal_ends_the_login_as_the_listener_s_does(bench: LoginBench) -> None:
    await bench.do(StartLogin())
    await bench.do(PasteAddress(Secret(f"?error=access_denied&state={bench.state_of_page}")))
    assert (bench.phase, bench.login_problem) == (LoginPhase.FAILED, LoginDeniedError)


async def test_pasting_twice_and_a_callback_beside_it_are_one_exchange(bench: LoginBench) -> None:
    bench.service.waits = {"exchange"}
    await bench.do(StartLogin())
    address = PasteAddress(Secret(f"code=x&state={bench.state_of_page}"))
    bench.listener.opened[-1].come_back(CODE)
    await bench.do(address, address)
    await bench.do(address)
    bench.service.gate.set()
    await settle()
    assert (bench.service.count("exchange"), bench.phase) == (1, LoginPhase.DONE)


async def test_what_is_pasted_while_nothing_waits_for_it_has_no_effect(bench: LoginBench) -> None:
    await bench.do(PasteAddress(Secret("code=x&state=y")))
    assert bench.state.login is None
    await bench.do(StartLogin(way=Way.CODE))
    await bench.do(PasteAddress(Secret("code=x&state=y")))
    assert (bench.phase, bench.pasted_problem) == (LoginPhase.WAITING, "")


async def test_nothing_of_a_pasted_address_is_in_the_state(bench: LoginBench) -> None:
    await bench.do(StartLogin(way=Way.PASTE))
    await bench.do(PasteAddress(Secret("code=canary-code&state=canary-state")))
    shown = repr(bench.state)
    await bench.do(PasteAddress(Secret(f"code=canary-code&state={bench.state_of_page}")))
    assert "canary" not in shown + repr(bench.state)


async def test_a_typed_code_finishes_the_login(bench: LoginBench) -> None:
    await bench.do(StartLogin(way=Way.CODE))
    assert bench.browser.opened == []
    await bench.do(ReopenBrowser())
    assert bench.browser.opened == ["https://auth.openai.com/codex/device"]
    bench.service.answer("device_poll", TYPED)
    await bench.clock.advance(5 * SECOND)
    assert (bench.phase, bench.came) == (LoginPhase.DONE, [ANA])
    exchanged = f"{Secret('ac_1').fingerprint} https://auth.openai.com/deviceauth/callback"
    assert bench.service.asked[-1] == ("exchange", exchanged)


async def test_a_network_that_fails_while_a_code_waits_is_said_until_it_is_back(bench: LoginBench) -> None:
    await bench.do(StartLogin(way=Way.CODE))
    bench.service.answer("device_poll", NotSentError(reason="no network"))
    await bench.clock.advance(5 * SECOND)
    assert (bench.phase, bench.login_problem) == (LoginPhase.WAITING, NotSentError)
    bench.service.answer("device_poll", Answer(403, {}, b""))
    await bench.clock.advance(5 * SECOND)
    assert (bench.phase, bench.login_problem) == (LoginPhase.WAITING, None)


@pytest.mark.parametrize("way", list(Way))
async def test_cancelled_a_login_leaves_nothing_and_exchanges_nothing(bench: LoginBench, way: Way) -> None:
    await bench.do(StartLogin(way=way))
    assert bench.phase is LoginPhase.WAITING
    await bench.do(CancelLogin())
    assert (bench.state.login, bench.listener.now_open, bench.login.address) == (None, 0, None)
    bench.service.answer("device_poll", TYPED)
    await bench.clock.advance(MINUTE)
    for callback in bench.listener.opened:
        callback.come_back(CODE)
    await settle()
    assert (bench.service.count("exchange"), bench.came) == (0, [])


@pytest.mark.parametrize("account", [None, ANA])
async def test_a_cancelled_login_says_of_whom_it_was_and_that_for_a_moment(
    bench: LoginBench, account: AccountKey | None
) -> None:
    await bench.do(StartLogin(account), StartLogin(account, Way.CODE))
    assert bench.state.feedback == ()
    await bench.do(CancelLogin())
    assert [(f.kind, f.account) for f in bench.state.feedback] == [(FeedbackKind.LOGIN_CANCELLED, account)]
    await bench.do(CancelLogin())
    assert len(bench.state.feedback) == 1
    await bench.clock.advance(MINUTE)
    assert bench.state.feedback == ()


@pytest.mark.parametrize("account", [None, ANA])
async def test_cancelled_in_the_exchange_it_says_so_once_it_has_ended(
    bench: LoginBench, account: AccountKey | None
) -> None:
    bench.service.waits = {"exchange"}
    await bench.do(StartLogin(account))
    await bench.come_back()
    await bench.do(CancelLogin())
    assert (bench.state.login, bench.came) == (None, [])
    assert [(f.kind, f.account) for f in bench.state.feedback] == [(FeedbackKind.LOGIN_CANCELLED, account)]


async def test_cancelled_while_it_is_saved_it_says_who_came_in_all_the_same(bench: LoginBench) -> None:
    bench.vault.waits = {"save"}
    await bench.do(StartLogin())
    await bench.come_back()
    await bench.do(CancelLogin())
    assert (bench.state.login, bench.state.feedback) == (None, ())
    bench.vault.gate.set()
    await settle()
    assert [(f.kind, f.account) for f in bench.state.feedback] == [(FeedbackKind.LOGGED_IN_AFTER_ALL, ANA)]
    assert bench.state.login is not None
    # As after any login the panel opens at its card.
    assert (bench.phase, bench.state.login.account, bench.came) == (LoginPhase.DONE, ANA, [ANA])


async def test_a_login_that_begins_after_a_cancelled_one_is_not_told_of_that(bench: LoginBench) -> None:
    bench.vault.waits = {"save"}
    await bench.do(StartLogin())
    await bench.come_back()
    await bench.do(CancelLogin(), StartLogin(way=Way.CODE))
    bench.vault.gate.set()
    await settle()
    assert (bench.way, bench.state.feedback, list(bench.vault.held)) == (Way.CODE, (), [ANA])


async def test_cancelled_in_the_same_moment_as_another_way_was_asked_for_nothing_goes_on(bench: LoginBench) -> None:
    await bench.do(StartLogin())
    await bench.do(StartLogin(way=Way.CODE), CancelLogin())
    assert (bench.state.login, bench.listener.now_open, bench.service.count("device_start")) == (None, 0, 0)
    assert all(task.done() for task in bench.tasks)


async def test_once_the_browser_is_back_no_other_login_throws_this_one_away(bench: LoginBench) -> None:
    bench.service.waits = {"exchange"}
    await bench.do(StartLogin())
    await bench.come_back()
    await bench.do(StartLogin(way=Way.CODE))
    assert bench.phase is LoginPhase.EXCHANGING
    bench.service.gate.set()
    await settle()
    assert (bench.phase, bench.came) == (LoginPhase.DONE, [ANA])


async def test_cancelling_puts_a_failed_login_away(bench: LoginBench) -> None:
    await bench.do(StartLogin())
    await bench.come_back(Callback(error="access_denied"))
    assert bench.phase is LoginPhase.FAILED
    await bench.do(CancelLogin())
    assert (bench.state.login, bench.state.feedback) == (None, ())


async def test_tokens_that_no_store_took_are_saved_by_the_next_try_by_any_way(bench: LoginBench) -> None:
    bench.service.answer("exchange", token_answer("ben"))
    bench.vault.save_fault = WriteError(path="x", reason="the disk is full")
    await bench.do(StartLogin())
    await bench.come_back()
    assert bench.state.login is not None
    assert (bench.login_problem, bench.state.login.unsaved) == (WriteError, True)
    bench.vault.save_fault = None
    await bench.do(StartLogin(way=Way.CODE))
    assert (bench.phase, bench.came) == (LoginPhase.DONE, [BEN])
    assert (bench.service.count("exchange"), bench.service.count("device_start")) == (1, 0)


@pytest.mark.parametrize("mended", [True, False])
async def test_tokens_that_no_store_took_are_tried_once_more_before_the_program_ends(*, mended: bool) -> None:
    program = Program()
    program.vault.save_fault = WriteError(path="x", reason="the folder is read-only")
    async with program.started() as task:
        program.engine.send(StartLogin())
        await settle()
        await program.come_back()
        assert program.vault.held == {}
        if mended:
            program.vault.save_fault = None
    assert task.cancelled()
    assert list(program.vault.held) == ([ANA] if mended else [])
