from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    BrowserError,
    CertificateError,
    DeviceCodeEndedError,
    DeviceCodeOffError,
    EdgeBlockedError,
    LoginTimedOutError,
    NotSentError,
    ProbeError,
    RateLimitedError,
    RegionBlockedError,
    UnavailableError,
    UncertainError,
)
from probe_tray.core.login.oauth import Grant
from probe_tray.core.service.answer import Answer
from probe_tray.core.service.service import OFFICIAL
from probe_tray.engine.login.browser_login import Waiting
from probe_tray.engine.login.device_login import DeviceLogin
from tests.support.fakes import START, FakeBrowser, FakeClock, ScriptedService, settle
from tests.unit.engine.bench import running

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
PAGE = "https://auth.openai.com/codex/device"
NOT_YET = Answer(403, {}, b'{"error":"authorization_pending"}')
GRANT = Grant(code=Secret("ac_1"), verifier=Secret("v_1"), redirect_uri="https://auth.openai.com/deviceauth/callback")
TYPED = Answer(200, {}, b'{"authorization_code":"ac_1","code_challenge":"c","code_verifier":"v_1"}')


def started(interval: str = '"5"') -> Answer:
    body = f'{{"device_auth_id": "deviceauth_1", "user_code": "WDJB-MJHT", "interval": {interval}}}'
    return Answer(200, {}, body.encode())


class Person:
    """One who signs in with a code, and what is told meanwhile."""

    def __init__(self) -> None:
        self.clock, self.service, self.browser = FakeClock(), ScriptedService(), FakeBrowser()
        self.service.answer("device_start", started())
        self.service.answer("device_poll", NOT_YET)
        self.sign_in = DeviceLogin(OFFICIAL, self.service, self.browser, self.clock)
        self.told: list[type[ProbeError] | Waiting] = []
        self.got: Grant | None = None
        self.failed: ProbeError | None = None

    @property
    def polls(self) -> int:
        return self.service.count("device_poll")

    @asynccontextmanager
    async def waits(self) -> AsyncGenerator[None]:
        async with running(self._sign()):
            yield

    async def _sign(self) -> None:
        try:
            self.got = await self.sign_in.run(self.told.append, lambda error: self.told.append(type(error)))
        except ProbeError as error:
            self.failed = error


WAITING = Waiting(START + 15 * MINUTE, user_code="WDJB-MJHT", page=PAGE)


async def test_a_person_types_the_code_and_is_signed_in() -> None:
    person = Person()
    async with person.waits():
        assert person.told == [WAITING]
        await person.clock.advance(10 * SECOND)
        person.service.answer("device_poll", TYPED)
        assert person.got is None
        await person.clock.advance(5 * SECOND)
    assert person.got == GRANT
    assert person.told == [WAITING]
    assert person.service.asked[-1] == ("device_poll", f"{Secret('deviceauth_1').fingerprint} WDJB-MJHT")


@pytest.mark.parametrize(("interval", "polls"), [('"5"', 12), ("12", 5), ("null", 12), ("0", 60), ('"600"', 1)])
async def test_it_asks_as_often_as_the_service_says_within_reason(interval: str, polls: int) -> None:
    person = Person()
    person.service.answer("device_start", started(interval))
    async with person.waits():
        await person.clock.advance(MINUTE)
        assert person.polls == polls


async def test_nobody_opens_a_browser_by_itself_and_the_page_can_be_opened() -> None:
    person = Person()
    async with person.waits():
        assert person.browser.opened == []
        assert person.sign_in.address == Secret(PAGE)
        await person.sign_in.show_page()
        person.browser.fault = BrowserError()
        with pytest.raises(BrowserError):
            await person.sign_in.show_page()
    assert person.browser.opened == [PAGE]
    person.browser.fault = None
    await person.sign_in.show_page()
    assert (person.sign_in.address, person.browser.opened) == (None, [PAGE])


async def test_a_service_without_codes_is_told_before_anything_is_asked_of_the_person() -> None:
    person = Person()
    person.service.answer("device_start", Answer(404, {}, b""))
    async with person.waits():
        pass
    assert type(person.failed) is DeviceCodeOffError
    assert (person.told, person.polls) == ([], 0)


async def test_after_fifteen_minutes_it_ends_by_itself() -> None:
    person = Person()
    async with person.waits():
        await person.clock.advance(15 * MINUTE - SECOND)
        assert person.failed is None
        await person.clock.advance(SECOND)
        assert type(person.failed) is LoginTimedOutError
        assert "15 minutes" in person.failed.title
        polls = person.polls
        await person.clock.advance(MINUTE)
        assert person.polls == polls


@pytest.mark.parametrize("hours", [-5, 5])
async def test_setting_the_clock_neither_shortens_nor_lengthens_it(hours: int) -> None:
    person = Person()
    async with person.waits():
        person.clock.jump(timedelta(hours=hours))
        await person.clock.advance(14 * MINUTE)
        assert person.failed is None
        await person.clock.advance(MINUTE)
        assert type(person.failed) is LoginTimedOutError


@pytest.mark.parametrize("fault", [NotSentError(reason="no network"), UncertainError(reason="reset")])
async def test_a_network_that_fails_meanwhile_is_told_and_it_goes_on(fault: ProbeError) -> None:
    person = Person()
    person.service.answer("device_poll", fault, fault, NOT_YET, NOT_YET, TYPED)
    async with person.waits():
        await person.clock.advance(25 * SECOND)
    assert person.got == GRANT
    kind = type(fault)
    assert person.told == [WAITING, kind, kind, WAITING]


PAUSED = Answer(429, {"Retry-After": "120"}, b"")
BUSY = Answer(503, {}, b"<html>busy</html>")
EDGE = Answer(403, {"content-type": "text/html", "server": "cloudflare"}, b"<html>no</html>")


@pytest.mark.parametrize(
    ("answer", "kind"), [(PAUSED, RateLimitedError), (BUSY, UnavailableError), (EDGE, EdgeBlockedError)]
)
async def test_a_service_in_trouble_is_told_and_the_code_outlives_it(answer: Answer, kind: type[ProbeError]) -> None:
    person = Person()
    person.service.answer("device_poll", NOT_YET, answer, NOT_YET, TYPED)
    async with person.waits():
        await person.clock.advance(4 * MINUTE)
    assert person.got == GRANT
    assert person.told == [WAITING, kind, WAITING]


async def test_it_is_asked_again_only_when_the_service_wants_to_be() -> None:
    person = Person()
    person.service.answer("device_poll", PAUSED, TYPED)
    async with person.waits():
        await person.clock.advance(2 * MINUTE)
        assert person.polls == 1
        await person.clock.advance(10 * SECOND)
    assert person.got == GRANT


async def test_a_service_that_stays_in_trouble_ends_it_when_the_code_does() -> None:
    person = Person()
    person.service.answer("device_poll", Answer(429, {"Retry-After": "3600"}, b""))
    async with person.waits():
        await person.clock.advance(15 * MINUTE)
    assert type(person.failed) is LoginTimedOutError


async def test_a_region_without_the_service_is_told_at_once() -> None:
    person = Person()
    body = b'{"error": {"code": "unsupported_country_region_territory"}}'
    person.service.answer("device_poll", Answer(403, {}, body))
    async with person.waits():
        await person.clock.advance(10 * SECOND)
    assert type(person.failed) is RegionBlockedError


async def test_a_certificate_that_is_wrong_ends_it() -> None:
    person = Person()
    person.service.answer("device_poll", CertificateError(host="h", reason="r"))
    async with person.waits():
        await person.clock.advance(5 * SECOND)
    assert type(person.failed) is CertificateError


async def test_any_other_answer_ends_it() -> None:
    person = Person()
    person.service.answer("device_poll", NOT_YET, Answer(400, {}, b'{"error":"expired_token"}'))
    async with person.waits():
        await person.clock.advance(MINUTE)
    assert type(person.failed) is DeviceCodeEndedError
    assert person.polls == 2


async def test_cancelled_it_asks_no_more() -> None:
    person = Person()
    async with person.waits():
        await person.clock.advance(7 * SECOND)
    await person.clock.advance(MINUTE)
    await settle()
    assert (person.polls, person.sign_in.address, person.got) == (1, None, None)
