"""What commands do to logins: one at a time, another way in the place of the first, nothing lost."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from probe_tray.core.commands import CancelLogin, LogIn, PasteAddress, ReopenBrowser
from probe_tray.core.errors import NotSentError, PortsTakenError, WriteError
from probe_tray.core.login.oauth import Callback
from probe_tray.core.service.answer import Answer
from probe_tray.core.state import LoginPhase, Way
from probe_tray.engine.login.login_service import LoginCommand, LoginService
from tests.support.fakes import settle
from tests.support.tokens import credential
from tests.unit.engine.bench import CODE, Bench, token_answer
from tests.unit.engine.test_runtime import Program

ANA, BEN = credential("ana").key, credential("ben").key
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
STARTED = Answer(200, {}, b'{"device_auth_id":"deviceauth_1","user_code":"WDJB-MJHT","interval":"5"}')
TYPED = Answer(200, {}, b'{"authorization_code":"ac_1","code_challenge":"c","code_verifier":"v_1"}')


class Desk(Bench):
    """A bench with a desk in front; ``do`` is the person."""

    def __init__(self) -> None:
        super().__init__(credential("ana"))
        self.service.answer("device_start", STARTED)
        self.service.answer("device_poll", Answer(403, {}, b""))
        self.tasks: list[asyncio.Task[None]] = []
        self.came: list[AccountKey] = []
        self.desk = LoginService(self.login, self.store, self._start, self.came.append, self.clock)

    async def do(self, *commands: LoginCommand) -> None:
        for command in commands:
            self.desk.send(command)
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

    def _start(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self.tasks.append(task)
        return task


@asynccontextmanager
async def a_desk() -> AsyncGenerator[Desk]:
    desk = Desk()
    try:
        yield desk
    finally:
        for task in desk.tasks:
            task.cancel()
        await asyncio.gather(*desk.tasks, return_exceptions=True)


@pytest.fixture
async def desk() -> AsyncGenerator[Desk]:
    async with a_desk() as found:
        yield found


async def test_a_login_tells_who_came_in(desk: Desk) -> None:
    await desk.do(LogIn())
    await desk.come_back()
    assert desk.came == [ANA]
    assert desk.phase is LoginPhase.DONE


async def test_the_same_login_asked_for_twice_shows_its_page_again(desk: Desk) -> None:
    await desk.do(LogIn())
    await desk.clock.advance(timedelta(seconds=6))
    await desk.do(LogIn())
    assert len(desk.browser.opened) == 2
    assert len(set(desk.browser.opened)) == 1
    assert len(desk.listener.opened) == 1


async def test_many_wishes_for_one_login_at_once_open_one_page(desk: Desk) -> None:
    for _ in range(15):
        await desk.do(LogIn())
        await desk.clock.advance(timedelta(seconds=2))
    assert len(desk.browser.opened) == 1
    await desk.do(ReopenBrowser())
    assert len(desk.browser.opened) == 2


async def test_another_way_ends_the_first_login_and_takes_its_place(desk: Desk) -> None:
    await desk.do(LogIn())
    await desk.do(LogIn(way=Way.CODE))
    assert (desk.way, desk.phase, desk.listener.now_open) == (Way.CODE, LoginPhase.WAITING, 0)
    assert desk.state.login is not None
    assert desk.state.login.user_code == "WDJB-MJHT"
    assert desk.state.login.page == "https://auth.openai.com/codex/device"
    await desk.come_back()
    assert desk.service.count("exchange") == 0
    await desk.do(LogIn(way=Way.BROWSER))
    polls = desk.service.count("device_poll")
    await desk.clock.advance(MINUTE)
    assert (desk.way, desk.listener.now_open, desk.service.count("device_poll")) == (Way.BROWSER, 1, polls)


async def test_nothing_vanishes_from_the_screen_while_one_login_takes_another_s_place(desk: Desk) -> None:
    await desk.do(LogIn())
    seen: list[Way | None] = []
    desk.store.subscribe(lambda: seen.append(desk.way))
    for way in (Way.CODE, Way.PASTE, Way.BROWSER):
        await desk.do(LogIn(way=way))
    assert None not in seen
    assert seen[-1] is Way.BROWSER


async def test_a_login_for_another_account_takes_the_place_of_the_first(desk: Desk) -> None:
    await desk.do(LogIn(ANA))
    await desk.do(LogIn(BEN))
    assert desk.state.login is not None
    assert desk.state.login.account == BEN
    assert (len(desk.listener.opened), desk.listener.now_open) == (2, 1)


async def test_many_ways_asked_for_at_once_leave_the_last_one_alone(desk: Desk) -> None:
    await desk.do(*(LogIn(way=way) for way in (Way.BROWSER, Way.CODE, Way.PASTE, Way.CODE, Way.BROWSER)))
    assert (desk.way, desk.phase, desk.listener.now_open) == (Way.BROWSER, LoginPhase.WAITING, 1)
    assert sum(not task.done() for task in desk.tasks) == 1


async def test_every_attempt_has_its_own_state_and_the_old_one_is_dead(desk: Desk) -> None:
    await desk.do(LogIn())
    first = desk.state_of_page
    await desk.do(LogIn(way=Way.PASTE))
    second = desk.state_of_page
    assert first != second
    await desk.do(PasteAddress(Secret(f"code=x&state={first}")))
    assert desk.pasted_problem == "it belongs to another login attempt"
    assert (desk.phase, desk.service.count("exchange")) == (LoginPhase.WAITING, 0)


@pytest.mark.parametrize("way", [Way.BROWSER, Way.PASTE])
async def test_a_pasted_address_finishes_the_login(desk: Desk, way: Way) -> None:
    await desk.do(LogIn(way=way))
    await desk.do(PasteAddress(Secret(f"<http://localhost:1455/auth/callback?code=x&state={desk.state_of_page}>\n")))
    assert (desk.phase, desk.came, desk.listener.now_open) == (LoginPhase.DONE, [ANA], 0)
    assert desk.service.asked[-1] == ("exchange", f"{Secret('x').fingerprint} http://localhost:1455/auth/callback")


async def test_pasting_needs_no_port(desk: Desk) -> None:
    desk.listener.fault = PortsTakenError(holder="another program")
    await desk.do(LogIn())
    assert (desk.phase, desk.login_problem) == (LoginPhase.FAILED, "PortsTakenError")
    await desk.do(LogIn(way=Way.PASTE))
    assert desk.phase is LoginPhase.WAITING
    await desk.do(PasteAddress(Secret(f"code=x&state={desk.state_of_page}")))
    assert desk.phase is LoginPhase.DONE


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it has no code in it"),
        ("http://localhost:1455/auth/callback", "it has no code in it"),
        ("code=x", "it has no state= in it"),
        ("code=x&state=wrong", "it belongs to another login attempt"),
    ],
)
async def test_a_wrong_address_says_why_and_the_login_goes_on(desk: Desk, text: str, why: str) -> None:
    await desk.do(LogIn(way=Way.PASTE))
    await desk.do(PasteAddress(Secret(text)))
    assert (desk.phase, desk.pasted_problem) == (LoginPhase.WAITING, why)
    await desk.do(PasteAddress(Secret(f"code=x&state={desk.state_of_page}")))
    assert desk.phase is LoginPhase.DONE


async def test_a_pasted_refusal_ends_the_login_as_the_listener_s_does(desk: Desk) -> None:
    await desk.do(LogIn())
    await desk.do(PasteAddress(Secret(f"?error=access_denied&state={desk.state_of_page}")))
    assert (desk.phase, desk.login_problem) == (LoginPhase.FAILED, "LoginDeniedError")


async def test_pasting_twice_and_a_callback_beside_it_are_one_exchange(desk: Desk) -> None:
    desk.service.waits = {"exchange"}
    await desk.do(LogIn())
    address = PasteAddress(Secret(f"code=x&state={desk.state_of_page}"))
    desk.listener.opened[-1].come_back(CODE)
    await desk.do(address, address)
    await desk.do(address)
    desk.service.gate.set()
    await settle()
    assert (desk.service.count("exchange"), desk.phase) == (1, LoginPhase.DONE)


async def test_what_is_pasted_while_nothing_waits_for_it_has_no_effect(desk: Desk) -> None:
    await desk.do(PasteAddress(Secret("code=x&state=y")))
    assert desk.state.login is None
    await desk.do(LogIn(way=Way.CODE))
    await desk.do(PasteAddress(Secret("code=x&state=y")))
    assert (desk.phase, desk.pasted_problem) == (LoginPhase.WAITING, "")


async def test_nothing_of_a_pasted_address_is_in_the_state(desk: Desk) -> None:
    await desk.do(LogIn(way=Way.PASTE))
    await desk.do(PasteAddress(Secret("code=canary-code&state=canary-state")))
    shown = repr(desk.state)
    await desk.do(PasteAddress(Secret(f"code=canary-code&state={desk.state_of_page}")))
    assert "canary" not in shown + repr(desk.state)


async def test_a_typed_code_finishes_the_login(desk: Desk) -> None:
    await desk.do(LogIn(way=Way.CODE))
    assert desk.browser.opened == []
    await desk.do(ReopenBrowser())
    assert desk.browser.opened == ["https://auth.openai.com/codex/device"]
    desk.service.answer("device_poll", TYPED)
    await desk.clock.advance(5 * SECOND)
    assert (desk.phase, desk.came) == (LoginPhase.DONE, [ANA])
    exchanged = f"{Secret('ac_1').fingerprint} https://auth.openai.com/deviceauth/callback"
    assert desk.service.asked[-1] == ("exchange", exchanged)


async def test_a_network_that_fails_while_a_code_waits_is_said_until_it_is_back(desk: Desk) -> None:
    await desk.do(LogIn(way=Way.CODE))
    desk.service.answer("device_poll", NotSentError(reason="no network"))
    await desk.clock.advance(5 * SECOND)
    assert (desk.phase, desk.login_problem) == (LoginPhase.WAITING, "NotSentError")
    desk.service.answer("device_poll", Answer(403, {}, b""))
    await desk.clock.advance(5 * SECOND)
    assert (desk.phase, desk.login_problem) == (LoginPhase.WAITING, "")


@pytest.mark.parametrize("way", list(Way))
async def test_cancelled_a_login_leaves_nothing_and_exchanges_nothing(desk: Desk, way: Way) -> None:
    await desk.do(LogIn(way=way))
    assert desk.phase is LoginPhase.WAITING
    await desk.do(CancelLogin())
    assert (desk.state.login, desk.listener.now_open, desk.login.address) == (None, 0, None)
    desk.service.answer("device_poll", TYPED)
    await desk.clock.advance(MINUTE)
    for callback in desk.listener.opened:
        callback.come_back(CODE)
    await settle()
    assert (desk.service.count("exchange"), desk.came) == (0, [])


async def test_cancelled_in_the_same_moment_as_another_way_was_asked_for_nothing_goes_on(desk: Desk) -> None:
    await desk.do(LogIn())
    await desk.do(LogIn(way=Way.CODE), CancelLogin())
    assert (desk.state.login, desk.listener.now_open, desk.service.count("device_start")) == (None, 0, 0)
    assert all(task.done() for task in desk.tasks)


async def test_once_the_browser_is_back_no_other_login_throws_this_one_away(desk: Desk) -> None:
    desk.service.waits = {"exchange"}
    await desk.do(LogIn())
    await desk.come_back()
    await desk.do(LogIn(way=Way.CODE))
    assert desk.phase is LoginPhase.EXCHANGING
    desk.service.gate.set()
    await settle()
    assert (desk.phase, desk.came) == (LoginPhase.DONE, [ANA])


async def test_cancelling_puts_a_failed_login_away(desk: Desk) -> None:
    await desk.do(LogIn())
    await desk.come_back(Callback(error="access_denied"))
    assert desk.phase is LoginPhase.FAILED
    await desk.do(CancelLogin())
    assert desk.state.login is None


async def test_tokens_that_no_store_took_are_saved_by_the_next_try_by_any_way(desk: Desk) -> None:
    desk.service.answer("exchange", token_answer("ben"))
    desk.vault.save_fault = WriteError(path="x", reason="the disk is full")
    await desk.do(LogIn())
    await desk.come_back()
    assert desk.state.login is not None
    assert (desk.login_problem, desk.state.login.unsaved) == ("WriteError", True)
    desk.vault.save_fault = None
    await desk.do(LogIn(way=Way.CODE))
    assert (desk.phase, desk.came) == (LoginPhase.DONE, [BEN])
    assert (desk.service.count("exchange"), desk.service.count("device_start")) == (1, 0)


@pytest.mark.parametrize("mended", [True, False])
async def test_tokens_that_no_store_took_are_tried_once_more_before_the_program_ends(*, mended: bool) -> None:
    program = Program()
    program.vault.save_fault = WriteError(path="x", reason="the folder is read-only")
    async with program.started() as task:
        program.engine.send(LogIn())
        await settle()
        await program.come_back()
        assert program.vault.held == {}
        if mended:
            program.vault.save_fault = None
    assert task.cancelled()
    assert list(program.vault.held) == ([ANA] if mended else [])
