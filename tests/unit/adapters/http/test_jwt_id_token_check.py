import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from probe_tray.adapters.http.jwt_id_token_check import JwtIdTokenCheck
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import IdTokenError, IdTokenExpiredError, LoginError
from probe_tray.core.service.service import OFFICIAL, Service
from tests.support.exceptions import CANARY, local_exceptions
from tests.support.fakes import START
from tests.support.tokens import credential, jwt

HOUR = timedelta(hours=1)
GOOD: dict[str, object] = {
    "aud": [OFFICIAL.client_id],
    "iss": "https://auth.openai.com",
    "exp": int((START + HOUR).timestamp()),
}


def check(token: str | None, now: datetime | None = START, service: Service = OFFICIAL) -> None:
    login = msgspec.structs.replace(credential(), id_token=None if token is None else Secret(token))
    JwtIdTokenCheck(service).check(login, now)


def refusal(token: str | None, now: datetime = START) -> LoginError:
    with pytest.raises(LoginError) as caught:
        check(token, now)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value


@pytest.mark.parametrize("aud", [OFFICIAL.client_id, [OFFICIAL.client_id], ["another", OFFICIAL.client_id]])
def test_a_token_for_this_client_from_the_issuer_is_accepted(aud: object) -> None:
    check(jwt(**GOOD | {"aud": aud}))


def test_the_issuer_is_the_service_s_name_wherever_it_is_reached() -> None:
    check(jwt(**GOOD), service=Service(issuer="http://127.0.0.1:8123", backend="http://127.0.0.1:8123"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"aud": "app_another"}, "its id token was made for another program"),
        ({"aud": ["app_another"]}, "its id token was made for another program"),
        ({"aud": [7]}, "its id token was made for another program"),
        ({"aud": []}, "its id token has no aud"),
        ({"aud": None}, "its id token has no aud"),
        ({"iss": "https://auth.example.com"}, "its id token comes from another issuer"),
        ({"iss": "https://auth.openai.com.example.com"}, "its id token comes from another issuer"),
        ({"iss": 7}, "its id token comes from another issuer"),
        ({"iss": None}, "its id token has no iss"),
        ({"exp": None}, "its id token has no exp"),
        ({"exp": "tomorrow"}, "its id token can't be read"),
        ({"exp": 10**30}, "its id token can't be read"),
        ({"exp": float("nan")}, "its id token can't be read"),
        ({"exp": [1]}, "its id token can't be read"),
    ],
)
def test_another_token_is_refused_with_its_reason(change: dict[str, object], reason: str) -> None:
    error = refusal(jwt(**GOOD | change))
    assert isinstance(error, IdTokenError)
    assert (
        str(error) == f"OpenAI's answer to the login didn't pass a check: {reason}. Log in again. Nothing was changed."
    )


@pytest.mark.parametrize("token", [None, "", "a.b", "not a token", "a.b.c", f"{jwt(**GOOD)}!", "e30.W10.eA"])
def test_what_is_no_token_is_refused(token: str | None) -> None:
    assert isinstance(refusal(token), IdTokenError)


@pytest.mark.parametrize("raised", [*local_exceptions().values()], ids=[*local_exceptions()])
def test_whatever_the_library_raises_refuses_the_token_and_shows_nothing_of_it(
    raised: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decode(*_: object, **__: object) -> object:
        raise raised

    monkeypatch.setattr("jwt.decode", decode)
    error = refusal(jwt(**GOOD))
    assert isinstance(error, IdTokenError)
    assert CANARY not in str(error)


def test_where_the_service_tells_no_time_the_end_is_not_judged() -> None:
    check(jwt(**GOOD | {"exp": 1}), now=None)


def test_an_ended_token_is_refused_by_the_given_time_with_two_minutes_to_spare() -> None:
    check(jwt(**GOOD), now=START + HOUR + timedelta(seconds=119))
    error = refusal(jwt(**GOOD), now=START + HOUR + timedelta(seconds=120))
    assert isinstance(error, IdTokenExpiredError)


def test_this_computer_s_clock_decides_nothing() -> None:
    past, future = datetime(2001, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)
    for now in (past, future):
        check(jwt(**GOOD | {"iat": int(now.timestamp()), "exp": int((now + HOUR).timestamp())}), now=now)


async def test_its_library_is_loaded_beforehand_and_not_with_the_program() -> None:
    code = (
        "import asyncio, sys; import probe_tray.bootstrap, probe_tray.cli.login.login\n"
        "from probe_tray.adapters.http.jwt_id_token_check import JwtIdTokenCheck\n"
        "from probe_tray.core.service.service import OFFICIAL\n"
        "before = 'jwt' in sys.modules; asyncio.run(JwtIdTokenCheck(OFFICIAL).load())\n"
        "print(before, 'jwt' in sys.modules)"
    )
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False True\n"
