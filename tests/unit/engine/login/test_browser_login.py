from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    BrowserError,
    EdgeBlockedError,
    ExchangeError,
    LoginDeniedError,
    LoginNotEntitledError,
    LoginTimedOutError,
    PortsTakenError,
    ProbeError,
)
from probe_tray.core.login.oauth import Callback
from probe_tray.core.service.answer import Answer
from probe_tray.core.service.service import OFFICIAL
from probe_tray.engine.login.browser_login import BrowserLogin, Waiting
from probe_tray.engine.login.code_exchange import CodeExchange
from tests.support.fakes import START, FakeBrowser, FakeClock, FakeListener, FakeRandomness, settle
from tests.support.id_tokens import LoadedIdTokenCheck
from tests.unit.engine.bench import CODE, GatedService, running, token_answer

MINUTE = timedelta(minutes=1)


class Person:
    """One who signs in, and what is told meanwhile."""

    def __init__(self) -> None:
        self.clock, self.service = FakeClock(), GatedService()
        self.service.answer("exchange", token_answer())
        self.listener, self.browser = FakeListener(), FakeBrowser()
        self.sign_in = BrowserLogin(
            OFFICIAL, self.listener, self.browser, self.clock, FakeRandomness(), handles=KnownSecrets().add
        )
        self.exchange = CodeExchange(OFFICIAL, self.service, LoadedIdTokenCheck(OFFICIAL), self.clock)
        self.told: list[str | type[ProbeError]] = []
        self.ends_at: datetime | None = None
        self.got: Credential | None = None
        self.failed: ProbeError | None = None

    async def sign(self) -> None:
        try:
            grant = await self.sign_in.run(self._waits, lambda error: self.told.append(type(error)))
            self.told.append("back")
            self.got = await self.exchange.run(grant, lambda _: self.told.append("clock"))
        except ProbeError as error:
            self.failed = error

    @asynccontextmanager
    async def waits(self) -> AsyncGenerator[None]:
        """The block runs while the sign-in waits for the browser."""
        async with running(self.sign()):
            yield

    async def comes_back(self, callback: Callback) -> None:
        self.listener.opened[-1].come_back(callback)
        await settle()

    def _waits(self, waiting: Waiting) -> None:
        self.told.append(f"waiting on {waiting.port}")
        self.ends_at = waiting.ends_at


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


async def test_a_person_signs_in() -> None:
    person = Person()
    async with person.waits():
        assert person.told == ["waiting on 1455"]
        assert person.ends_at == START + 10 * MINUTE
        await person.comes_back(CODE)
    assert person.got is not None
    assert person.got.email == "ana@example.com"
    assert person.told == ["waiting on 1455", "back"]


async def test_the_page_carries_the_listener_s_state_and_address() -> None:
    person = Person()
    async with person.waits():
        (address,) = person.browser.opened
        (callback,) = person.listener.opened
        assert query(address)["state"] == callback.state.reveal()
        assert query(address)["redirect_uri"] == callback.redirect_uri
        assert person.sign_in.address == Secret(address)


async def test_the_exchange_names_the_address_that_was_authorized() -> None:
    person = Person()
    async with person.waits():
        await person.comes_back(CODE)
    assert CODE.code is not None
    assert person.service.asked == [("exchange", f"{CODE.code.fingerprint} http://localhost:1455/auth/callback")]


@pytest.mark.parametrize(
    ("callback", "kind"),
    [
        (Callback(error="access_denied"), LoginDeniedError),
        (Callback(error="access_denied", description="missing_codex_entitlement"), LoginNotEntitledError),
        (Callback(error="access_denied", description="x: missing_codex_entitlement."), LoginNotEntitledError),
        (Callback(error="server_error"), ExchangeError),
        (Callback(), ExchangeError),
    ],
)
async def test_a_page_that_ends_without_a_code_ends_the_login(callback: Callback, kind: type[ProbeError]) -> None:
    person = Person()
    async with person.waits():
        await person.comes_back(callback)
    assert type(person.failed) is kind
    assert (person.service.asked, person.listener.now_open, person.sign_in.address) == ([], 0, None)


async def test_the_page_s_error_is_named_only_where_it_is_a_code() -> None:
    said: list[str] = []
    for error in ("server_error", "<b>canary</b>"):
        person = Person()
        async with person.waits():
            await person.comes_back(Callback(error=error))
        said.append(str(person.failed))
    assert "server_error" in said[0]
    assert "canary" not in said[1]


async def test_after_ten_minutes_it_ends_by_itself() -> None:
    person = Person()
    async with person.waits():
        await person.clock.advance(10 * MINUTE - timedelta(seconds=1))
        assert person.failed is None
        await person.clock.advance(timedelta(seconds=1))
        assert type(person.failed) is LoginTimedOutError
        assert person.listener.now_open == 0
        await person.comes_back(CODE)
    assert person.service.asked == []


@pytest.mark.parametrize("hours", [-5, 5])
async def test_setting_the_clock_neither_shortens_nor_lengthens_the_ten_minutes(hours: int) -> None:
    person = Person()
    async with person.waits():
        person.clock.jump(timedelta(hours=hours))
        await person.clock.advance(9 * MINUTE)
        assert person.failed is None
        await person.clock.advance(1 * MINUTE)
        assert type(person.failed) is LoginTimedOutError


async def test_without_a_browser_it_goes_on_waiting() -> None:
    person = Person()
    person.browser.fault = BrowserError()
    async with person.waits():
        assert person.told == ["waiting on 1455", BrowserError]
        assert person.sign_in.address is not None
        await person.comes_back(CODE)
    assert person.got is not None


async def test_the_page_can_be_opened_again_while_it_waits_and_only_then() -> None:
    person = Person()
    async with person.waits():
        await person.sign_in.show_page()
        assert len(person.browser.opened) == 2
        assert len(set(person.browser.opened)) == 1
        await person.comes_back(CODE)
    await person.sign_in.show_page()
    assert len(person.browser.opened) == 2


async def test_ports_that_are_taken_open_no_browser() -> None:
    person = Person()
    person.listener.fault = PortsTakenError(holder="another program")
    async with person.waits():
        assert type(person.failed) is PortsTakenError
    assert person.browser.opened == []


async def test_cancelling_closes_the_listener_and_a_late_callback_is_never_exchanged() -> None:
    person = Person()
    async with person.waits():
        pass
    assert (person.listener.now_open, person.sign_in.address) == (0, None)
    await person.comes_back(CODE)
    assert (person.service.asked, person.got) == ([], None)


async def test_every_attempt_has_a_state_of_its_own() -> None:
    person = Person()
    for _ in range(2):
        async with person.waits():
            pass
    first, second = (callback.state for callback in person.listener.opened)
    assert first != second


async def test_a_block_names_the_host_that_is_blocked() -> None:
    person = Person()
    person.service.answer("exchange", Answer(403, {}, b"<html>"))
    async with person.waits():
        await person.comes_back(CODE)
    assert type(person.failed) is EdgeBlockedError
    assert person.failed.facts == {"host": "auth.openai.com"}
