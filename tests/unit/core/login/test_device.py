import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    DeviceCodeEndedError,
    DeviceCodeOffError,
    EdgeBlockedError,
    ExchangeError,
    IncompleteReplyError,
    LoginDeniedError,
    ProbeError,
    RateLimitedError,
)
from probe_tray.core.login.device_code import DeviceCode, device_page, read_device_code, read_device_grant
from probe_tray.core.login.oauth import Grant
from probe_tray.core.service.answer import Answer
from probe_tray.core.service.service import OFFICIAL
from tests.support.fakes import START

STARTED = {"device_auth_id": "deviceauth_1", "user_code": "WDJB-MJHT", "interval": "5"}
TYPED = {"authorization_code": "ac_1", "code_challenge": "c", "code_verifier": "v_1"}


def begun(status: int = 200, **changes: object) -> DeviceCode:
    body = {name: value for name, value in (STARTED | changes).items() if value is not ...}
    return read_device_code(Answer(status, {}, json.dumps(body).encode()), host="auth.openai.com", now=START)


def typed(status: int = 200, **changes: object) -> Grant | None:
    body = {name: value for name, value in (TYPED | changes).items() if value is not ...}
    return read_device_grant(Answer(status, {}, json.dumps(body).encode()), OFFICIAL)


def test_a_code_is_read() -> None:
    assert begun() == DeviceCode(device_auth_id=Secret("deviceauth_1"), user_code="WDJB-MJHT", interval=5)


@pytest.mark.parametrize(
    ("interval", "seconds"),
    [("5", 5), (7, 7), (None, 5), (..., 5), ("soon", 5), ([], 5), (True, 5), (0, 1), ("-3", 1), (0.2, 1), (3600, 60)],
)
def test_the_interval_is_a_string_a_number_or_nothing_and_kept_within_reason(interval: object, seconds: float) -> None:
    assert begun(interval=interval).interval == seconds


def test_a_service_that_hands_out_no_codes_is_told_apart() -> None:
    with pytest.raises(DeviceCodeOffError):
        begun(404)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(403, {"content-type": "text/html"}, b"<html>"), EdgeBlockedError),
        (Answer(429, {}, b""), RateLimitedError),
        (Answer(500, {}, b""), ExchangeError),
        (Answer(400, {}, b'{"error":"invalid_client"}'), ExchangeError),
        (Answer(200, {}, b"<html>"), IncompleteReplyError),
        (Answer(200, {}, b"[]"), IncompleteReplyError),
    ],
)
def test_a_refused_start_says_why(answer: Answer, kind: type[ProbeError]) -> None:
    with pytest.raises(ProbeError) as caught:
        read_device_code(answer, host="auth.openai.com", now=START)
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    "changes",
    [
        {"device_auth_id": ...},
        {"device_auth_id": ""},
        {"device_auth_id": 7},
        {"device_auth_id": "x" * 5000},
        {"user_code": ...},
        {"user_code": ""},
        {"user_code": None},
        {"user_code": "<b>CODE</b>"},
        {"user_code": "A" * 41},
        {"user_code": "AB\nCD"},
    ],
)
def test_without_a_code_that_can_be_typed_there_is_no_login(changes: dict[str, object]) -> None:
    with pytest.raises(IncompleteReplyError):
        begun(200, **changes)


@pytest.mark.parametrize("status", [403, 404])
def test_until_the_code_is_typed_there_is_nothing(status: int) -> None:
    assert typed(status) is None


def test_a_typed_code_brings_what_the_exchange_needs() -> None:
    assert typed() == Grant(
        code=Secret("ac_1"), verifier=Secret("v_1"), redirect_uri="https://auth.openai.com/deviceauth/callback"
    )


@pytest.mark.parametrize(
    "changes",
    [{"authorization_code": ...}, {"authorization_code": 3}, {"code_verifier": ...}, {"code_verifier": ""}],
)
def test_a_grant_that_lacks_something_ends_the_login(changes: dict[str, object]) -> None:
    with pytest.raises(IncompleteReplyError):
        typed(200, **changes)


@pytest.mark.parametrize(
    ("status", "error", "kind", "said"),
    [
        (400, "expired_token", DeviceCodeEndedError, "it has expired"),
        (400, "access_denied", LoginDeniedError, "did not allow"),
        (400, "invalid_device_code", DeviceCodeEndedError, "status 400"),
        (401, "", DeviceCodeEndedError, "status 401"),
        (500, "", DeviceCodeEndedError, "status 500"),
        (302, "", DeviceCodeEndedError, "status 302"),
    ],
)
def test_every_other_answer_ends_it(status: int, error: str, kind: type[ProbeError], said: str) -> None:
    with pytest.raises(kind, match=said):
        typed(status, error=error)


def test_the_page_for_the_code_is_the_issuer_s() -> None:
    assert device_page(OFFICIAL) == "https://auth.openai.com/codex/device"


BODIES = st.binary(max_size=200) | st.dictionaries(
    st.sampled_from([*STARTED, *TYPED]), st.none() | st.text(max_size=60) | st.floats() | st.lists(st.integers())
).map(lambda found: json.dumps(found).encode())


@given(st.integers(100, 599), BODIES)
def test_no_answer_breaks_it_and_no_secret_shows(status: int, body: bytes) -> None:
    answer = Answer(status, {}, body)
    try:
        code = read_device_code(answer, host="h", now=START)
    except ProbeError:
        pass
    else:
        assert status // 100 == 2
        assert 1 <= code.interval <= 60
        assert code.user_code.isascii()
    try:
        grant = read_device_grant(answer, OFFICIAL)
    except ProbeError:
        return
    assert grant is None or status // 100 == 2
    assert (grant is None) == (status in {403, 404})


def test_neither_code_nor_grant_shows_its_secret() -> None:
    shown = repr(begun()) + repr(typed())
    assert [secret for secret in ("deviceauth_1", "ac_1", "v_1") if secret in shown] == []
