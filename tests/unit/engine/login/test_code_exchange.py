from datetime import timedelta
from email.utils import format_datetime

import pytest

from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import ExchangeError, IdTokenError, IdTokenExpiredError
from probe_tray.core.login.oauth import Grant
from probe_tray.core.service.answer import Answer
from probe_tray.core.service.service import OFFICIAL
from probe_tray.engine.login.code_exchange import CodeExchange
from tests.support.fakes import START, FakeClock, ScriptedService
from tests.support.id_tokens import LoadedIdTokenCheck
from tests.support.tokens import jwt, reply_body, tokens

GRANT = Grant(code=Secret("the-code"), verifier=Secret("v"), redirect_uri="http://localhost:1455/auth/callback")
HOUR = timedelta(hours=1)


class Office:
    """A service whose clock is ``ahead`` of ours."""

    def __init__(self, ahead: timedelta, status: int = 200, body: bytes | None = None) -> None:
        self.service, self.off = ScriptedService(), list[timedelta]()
        date = format_datetime(START + ahead, usegmt=True)
        self.service.answer(
            "exchange", Answer(status, {"Date": date}, body or reply_body(tokens(at=START + ahead), expires_in=3600))
        )
        self.exchange = CodeExchange(OFFICIAL, self.service, LoadedIdTokenCheck(OFFICIAL), FakeClock())


@pytest.mark.parametrize("seconds", [0, 119, -120])
async def test_clocks_that_agree_within_two_minutes_are_not_worth_a_word(seconds: int) -> None:
    office = Office(timedelta(seconds=seconds))
    login = await office.exchange.run(GRANT, office.off.append)
    assert office.off == []
    assert (login.last_refresh, login.expired) == (START, START + HOUR)


@pytest.mark.parametrize("ahead", [3 * HOUR, -3 * HOUR, timedelta(seconds=121)])
async def test_of_two_clocks_that_disagree_the_service_s_is_believed_and_it_is_told(ahead: timedelta) -> None:
    office = Office(ahead)
    login = await office.exchange.run(GRANT, office.off.append)
    assert office.off == [ahead]
    assert (login.last_refresh, login.expired) == (START + ahead, START + ahead + HOUR)


async def test_an_exchange_that_fails_under_a_wrong_clock_tells_so_first() -> None:
    office = Office(5 * HOUR, 400, b'{"error":"invalid_grant"}')
    with pytest.raises(ExchangeError):
        await office.exchange.run(GRANT, office.off.append)
    assert office.off == [5 * HOUR]


@pytest.mark.parametrize("date", ["", "yesterday"])
async def test_an_answer_without_a_date_says_nothing_about_clocks(date: str) -> None:
    office = Office(timedelta())
    office.service.answer("exchange", Answer(200, {"Date": date}, reply_body(tokens(), expires_in=3600)))
    login = await office.exchange.run(GRANT, office.off.append)
    assert (office.off, login.last_refresh) == ([], START)


@pytest.mark.parametrize("ahead", [timedelta(), 3 * HOUR, -3 * HOUR])
async def test_a_login_whose_id_token_has_ended_by_the_service_s_clock_is_refused(ahead: timedelta) -> None:
    ended = tokens(at=START + ahead - 2 * HOUR, days=1 / 24)
    office = Office(ahead, body=reply_body(ended, expires_in=3600))
    with pytest.raises(IdTokenExpiredError):
        await office.exchange.run(GRANT, office.off.append)


@pytest.mark.parametrize("ahead", [timedelta(days=365), timedelta(days=-365)])
async def test_where_the_service_tells_no_time_the_end_of_the_id_token_is_not_judged(ahead: timedelta) -> None:
    office = Office(timedelta())
    made = tokens(at=START - ahead, days=1 / 24)
    office.service.answer("exchange", Answer(200, {}, reply_body(made, expires_in=3600)))
    login = await office.exchange.run(GRANT, office.off.append)
    assert (login.id_token, office.off) == (Secret(made["id_token"]), [])


async def test_a_login_for_another_program_is_refused() -> None:
    office = Office(timedelta(), body=reply_body(tokens() | {"id_token": jwt(iss="x", aud="y", exp=1)}))
    with pytest.raises(IdTokenError):
        await office.exchange.run(GRANT, office.off.append)


async def test_the_code_is_sent_once_with_the_address_that_was_authorized() -> None:
    office = Office(timedelta())
    await office.exchange.run(GRANT, office.off.append)
    assert office.service.asked == [("exchange", f"{GRANT.code.fingerprint} {GRANT.redirect_uri}")]
