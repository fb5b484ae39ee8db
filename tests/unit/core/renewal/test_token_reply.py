import json
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    AccountDeactivatedError,
    EdgeBlockedError,
    ExchangeError,
    IncompleteReplyError,
    LoginEndedError,
    LoginNotEntitledError,
    ProbeError,
    RateLimitedError,
    RegionBlockedError,
    UnavailableError,
    UncertainError,
    WorkspaceDeactivatedError,
    WorkspaceRefusedError,
)
from probe_tray.core.renewal.token_reply import (
    RefreshClass,
    TokenReply,
    classify_refresh,
    error_code,
    login_from_reply,
    read_token_reply,
    refresh_problem,
    renewed_login,
)
from probe_tray.core.service.answer import Answer
from tests.support.fakes import START
from tests.support.tokens import credential, jwt, reply_body, tokens

HOST = "auth.openai.com"
LATER = START + timedelta(days=8)
ALL = reply_body(tokens(number=2), expires_in=864000)
HTML = b"<!doctype html><title>Just a moment...</title>"
HTML_HEAD = {"Content-Type": "text/html; charset=UTF-8"}
EDGE = {"cf-mitigated": "challenge", "server": "cloudflare"}
REGION = b'{"error":{"code":"unsupported_country_region_territory","message":"Country not supported"}}'

RENEWED, UNCERTAIN, TRANSIENT = RefreshClass.RENEWED, RefreshClass.UNCERTAIN, RefreshClass.TRANSIENT
PERMANENT, BLOCKED = RefreshClass.PERMANENT, RefreshClass.BLOCKED

NESTED = '{"error":{"message":"m","type":"invalid_request_error","code":"%s"}}'
FLAT = '{"error":"%s","error_description":"d"}'
TOP = '{"code":"%s"}'
ENDED = ("refresh_token_expired", "refresh_token_reused", "refresh_token_invalidated", "invalid_grant")

Row = tuple[int, bytes, dict[str, str], RefreshClass]

TABLE: list[Row] = [
    # A reply that can be used, whatever 2xx it came with and however much it leaves out.
    (200, ALL, {}, RENEWED),
    (201, ALL, {}, RENEWED),
    (200, reply_body(tokens(), "id_token"), {}, RENEWED),
    (200, reply_body(tokens(), "refresh_token"), {}, RENEWED),
    (200, reply_body(tokens(), "id_token", "refresh_token"), {}, RENEWED),
    (200, reply_body(tokens(), refresh_token=None, id_token=None), {}, RENEWED),
    (200, reply_body(tokens(), refresh_token=""), {}, RENEWED),
    (200, reply_body(tokens(), id_token=7), {}, RENEWED),
    (200, b"\xef\xbb\xbf" + ALL, {}, RENEWED),
    (200, ALL[:-1] + b', "drift": NaN}', {}, RENEWED),
    (200, ALL[:-1] + b', "drift": ' + b"9" * 5000 + b"}", {}, RENEWED),
    (200, ALL, HTML_HEAD, RENEWED),
    # A 2xx that cannot be read: the token is spent, perhaps.
    (200, b"", {}, UNCERTAIN),
    (204, b"", {}, UNCERTAIN),
    (200, ALL[:-10], {}, UNCERTAIN),
    (200, b"null", {}, UNCERTAIN),
    (200, b"[]", {}, UNCERTAIN),
    (200, b"{}", {}, UNCERTAIN),
    (200, HTML, HTML_HEAD, UNCERTAIN),
    (200, b"\xff\xfe\x00", {}, UNCERTAIN),
    (200, b"[" * 100_000, {}, UNCERTAIN),
    (200, reply_body(tokens(), "access_token"), {}, UNCERTAIN),
    (200, reply_body(tokens(), access_token=None), {}, UNCERTAIN),
    (200, reply_body(tokens(), access_token="a\nb"), {}, UNCERTAIN),
    (200, reply_body(tokens(), refresh_token="a\nb"), {}, UNCERTAIN),
    (200, reply_body(tokens(), refresh_token=["rt"]), {}, UNCERTAIN),
    (200, (FLAT % "refresh_token_reused").encode(), {}, UNCERTAIN),
    # Passed on by something that may have lost the answer.
    (502, b"", {}, UNCERTAIN),
    (502, HTML, HTML_HEAD, UNCERTAIN),
    (502, HTML, EDGE | HTML_HEAD, UNCERTAIN),
    (504, b"", {}, UNCERTAIN),
    (504, HTML, HTML_HEAD, UNCERTAIN),
    (504, b'{"error":"upstream"}', {}, UNCERTAIN),
    (520, HTML, HTML_HEAD, UNCERTAIN),
    (524, HTML, HTML_HEAD, UNCERTAIN),
    # Refused for good, wherever the code stands and however it is written.
    *[(400, (form % code).encode(), {}, PERMANENT) for code in ENDED for form in (NESTED, FLAT, TOP)],
    (400, (FLAT % "INVALID_GRANT").encode(), {}, PERMANENT),
    (403, (NESTED % "refresh_token_reused").encode(), {}, PERMANENT),
    (404, (NESTED % "refresh_token_invalidated").encode(), {}, PERMANENT),
    (401, (NESTED % "refresh_token_expired").encode(), {}, PERMANENT),
    (401, (NESTED % "something_new").encode(), {}, PERMANENT),
    (401, b"", {}, PERMANENT),
    (401, b"{}", {}, PERMANENT),
    (401, b"not json", {}, PERMANENT),
    # Blocked on the way: the token is as good as before.
    (403, HTML, HTML_HEAD, BLOCKED),
    (403, HTML, {}, BLOCKED),
    (403, b"", EDGE, BLOCKED),
    (403, b"", {}, BLOCKED),
    (403, REGION, {}, BLOCKED),
    (403, b'{"error":"access_denied"}', {}, BLOCKED),
    (400, HTML, HTML_HEAD, BLOCKED),
    (400, b"  \n<html>", {}, BLOCKED),
    (404, HTML, HTML_HEAD, BLOCKED),
    (405, HTML, HTML_HEAD, BLOCKED),
    (302, HTML, HTML_HEAD, BLOCKED),
    # A trouble that passes.
    (429, b"", {}, TRANSIENT),
    (429, b'{"error":{"code":"rate_limit_exceeded"}}', {"Retry-After": "30"}, TRANSIENT),
    (429, HTML, HTML_HEAD, TRANSIENT),
    (500, b"", {}, TRANSIENT),
    (500, b'{"error":"server_error"}', {}, TRANSIENT),
    (500, HTML, HTML_HEAD, TRANSIENT),
    (503, b"", {"Retry-After": "30"}, TRANSIENT),
    (503, HTML, HTML_HEAD, TRANSIENT),
    (400, b"", {}, TRANSIENT),
    (400, b"{}", {}, TRANSIENT),
    (400, b"[]", {}, TRANSIENT),
    (400, (FLAT % "invalid_request").encode(), {}, TRANSIENT),
    (400, (NESTED % "unsupported_grant_type").encode(), {}, TRANSIENT),
    (400, b'{"error":{"code":null},"code":null}', {}, TRANSIENT),
    (404, b"", {}, TRANSIENT),
    (408, b"", {}, TRANSIENT),
    (409, b"{}", {}, TRANSIENT),
    (422, b'{"error":{"code":7}}', {}, TRANSIENT),
]


def identify(row: Row) -> str:
    status, body, headers, found = row
    return f"{found.value}-{status}-{body[:30]!r}-{','.join(headers)}"


def test_the_table_is_as_large_as_promised() -> None:
    assert len({(status, body, tuple(headers)) for status, body, headers, _ in TABLE}) >= 60


@pytest.mark.parametrize(("status", "body", "headers", "expected"), TABLE, ids=[identify(row) for row in TABLE])
def test_what_an_answer_to_a_refresh_means(
    status: int, body: bytes, headers: dict[str, str], expected: RefreshClass
) -> None:
    assert classify_refresh(Answer(status, headers, body)) is expected


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"error":{"code":"A"},"code":"b"}', "a"),
        (b'{"error":"A","code":"b"}', "a"),
        (b'{"error":{"message":"m"},"code":"B"}', "b"),
        (b'{"error":"","code":"b"}', "b"),
        (b'{"error":["a"],"code":"b"}', "b"),
        (b'{"error":{"code":{"a":1}}}', ""),
        (b'{"detail":"x"}', ""),
        (b"", ""),
        (b"[1]", ""),
    ],
)
def test_the_error_code_is_looked_for_in_three_places(body: bytes, code: str) -> None:
    assert error_code(body) == code


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (400, (FLAT % "refresh_token_reused").encode(), LoginEndedError, "used elsewhere"),
        (401, b"", LoginEndedError, "OpenAI refused it"),
        (403, HTML, EdgeBlockedError, HOST),
        (403, REGION, RegionBlockedError, "region"),
        (403, b'{"detail": {"code": "invalid_workspace_selected"}}', WorkspaceRefusedError, "workspace"),
        (402, b'{"detail": {"code": "deactivated_workspace"}}', WorkspaceDeactivatedError, "deactivated"),
        (403, b'{"error": {"code": "account_deactivated"}}', AccountDeactivatedError, "deactivated"),
        (401, b'{"error": {"code": "account_deactivated"}}', LoginEndedError, "deactivated the account"),
        (502, b"", UncertainError, "502"),
        (200, b"", UncertainError, "200"),
        (429, b"", RateLimitedError, "wait"),
        (503, b"", UnavailableError, "503"),
        (400, b"", UnavailableError, "400"),
    ],
)
def test_a_failed_refresh_is_said_in_a_sentence(status: int, body: bytes, kind: type[ProbeError], said: str) -> None:
    problem = refresh_problem(Answer(status, {}, body), host=HOST, now=START)
    assert type(problem) is kind
    assert said in str(problem)
    assert problem.needs_login is (kind is LoginEndedError)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_the_service_s_wish_to_wait_is_kept(status: int) -> None:
    problem = refresh_problem(Answer(status, {"Retry-After": "90"}, b""), host=HOST, now=START)
    assert problem.retry_after == timedelta(seconds=90)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (864000, 864000.0),
        ("864000", 864000.0),
        (1.5, 1.5),
        (0, None),
        (-5, None),
        (1e12, None),
        (True, None),
        (None, None),
        ("soon", None),
        ([1], None),
    ],
)
def test_expires_in_is_a_number_that_makes_sense(given: object, expected: float | None) -> None:
    reply = read_token_reply(reply_body(tokens(), expires_in=given))
    assert reply is not None
    assert reply.expires_in == expected


def exchanged(body: bytes, status: int = 200, **headers: str) -> Credential:
    return login_from_reply(Answer(status, headers, body), now=START, host=HOST)


def test_an_exchange_brings_a_login_made_here() -> None:
    login = exchanged(reply_body(tokens("ana"), expires_in=3600))
    assert login.key == AccountKey("account-ana", "user-ana")
    assert (login.made_here, login.last_refresh) == (True, START)
    assert login.expired == START + timedelta(hours=1)


def test_without_expires_in_the_token_s_own_end_counts() -> None:
    assert exchanged(reply_body(tokens(days=10))).expired == START + timedelta(days=10)


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        (reply_body(tokens(), "refresh_token"), "the refresh token"),
        (reply_body(tokens(), "id_token"), "the id token"),
        (reply_body(tokens(), "id_token", "refresh_token"), "the refresh token and the id token"),
        (reply_body(tokens(), "access_token"), "tokens that can be used"),
        (b"", "tokens that can be used"),
        (reply_body({"access_token": "a", "refresh_token": "b", "id_token": "c"}), "the account it is for"),
    ],
)
def test_an_exchange_that_lacks_something_says_what(body: bytes, missing: str) -> None:
    with pytest.raises(IncompleteReplyError) as caught:
        exchanged(body)
    assert caught.value.facts == {"missing": missing}


@pytest.mark.parametrize(
    ("status", "body", "headers", "kind"),
    [
        (400, b'{"error":"access_denied","error_description":"missing_codex_entitlement"}', {}, LoginNotEntitledError),
        (403, REGION, {}, RegionBlockedError),
        (403, HTML, HTML_HEAD, EdgeBlockedError),
        (403, b"", {"cf-mitigated": "challenge"}, EdgeBlockedError),
        (403, b"", {"Server": "cloudflare"}, EdgeBlockedError),
        (403, b'{"error":"no"}', {"Server": "cloudflare"}, ExchangeError),
        (429, b"", {}, RateLimitedError),
        (400, (FLAT % "invalid_grant").encode(), {}, ExchangeError),
        (401, b"", {}, ExchangeError),
        (500, HTML, HTML_HEAD, ExchangeError),
        (302, b"", {}, ExchangeError),
    ],
)
def test_a_refused_exchange_says_why(status: int, body: bytes, headers: dict[str, str], kind: type[ProbeError]) -> None:
    with pytest.raises(ProbeError) as caught:
        exchanged(body, status, **headers)
    assert type(caught.value) is kind


def test_only_a_code_made_of_words_is_repeated_to_the_person() -> None:
    with pytest.raises(ExchangeError) as caught:
        exchanged((FLAT % "invalid_client").encode(), 400)
    assert caught.value.facts["reason"] == "status 400, invalid_client"
    for other in ("eyJhbGciOi.J9.canary", "canary0123", "rt_canary0123", "a" * 61, "_", "a__b"):
        with pytest.raises(ExchangeError) as caught:
            exchanged((FLAT % other).encode(), 400)
        assert caught.value.facts["reason"] == "status 400"


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, (FLAT % "invalid_grant").encode(), "the login has expired or was already used"),
        (500, HTML, "it's having problems right now"),
        (503, b"{}", "it's having problems right now"),
    ],
)
def test_what_a_person_would_not_understand_is_said_in_words(status: int, body: bytes, reason: str) -> None:
    with pytest.raises(ExchangeError) as caught:
        exchanged(body, status)
    assert caught.value.facts["reason"] == reason


def renewed(old: Credential, body: bytes) -> Credential | None:
    reply = read_token_reply(body)
    assert reply is not None
    return renewed_login(old, reply, now=LATER)


@pytest.mark.parametrize("left_out", [(), ("id_token",), ("refresh_token",), ("id_token", "refresh_token")])
def test_a_renewal_keeps_what_the_reply_leaves_out(left_out: tuple[str, ...]) -> None:
    old = credential(number=1)
    new = tokens(number=2, at=LATER)
    got = renewed(old, reply_body(new, *left_out))
    assert got is not None
    assert got.access_token == Secret(new["access_token"])
    assert got.refresh_token == (old.refresh_token if "refresh_token" in left_out else Secret(new["refresh_token"]))
    assert got.id_token == (old.id_token if "id_token" in left_out else Secret(new["id_token"]))
    assert (got.key, got.made_here, got.last_refresh) == (old.key, old.made_here, LATER)
    assert got.expired == LATER + timedelta(days=10)


def test_a_renewal_of_an_imported_login_stays_somebody_else_s() -> None:
    imported = Credential(
        access_token=Secret("a.b.c"), refresh_token=Secret("r"), account_id="account-ana", claims=credential().claims
    )
    got = renewed(imported, reply_body(tokens(number=2)))
    assert got is not None
    assert not got.made_here


@pytest.mark.parametrize(
    "stranger",
    [
        tokens("ben"),
        tokens("ana", account="account-other"),
        tokens("ana", user="user-other"),
        tokens("ana") | {"id_token": tokens("ben")["id_token"]},
        tokens("ana") | {"access_token": tokens("ben")["access_token"]},
    ],
)
def test_a_reply_for_another_account_overwrites_nothing(stranger: dict[str, str]) -> None:
    assert renewed(credential("ana"), reply_body(stranger)) is None


def test_a_foreign_access_token_is_not_hidden_by_the_id_token_that_is_kept() -> None:
    assert renewed(credential("ana"), reply_body(tokens("ben"), "id_token")) is None


def test_tokens_that_say_nothing_stay_with_their_account() -> None:
    old = credential("ana")
    got = renewed(old, reply_body({"access_token": jwt(exp=int(LATER.timestamp()))}))
    assert got is not None
    assert got.key == old.key
    assert got.expired == LATER


def test_nothing_shows_the_tokens_of_a_reply() -> None:
    given = tokens()
    reply = read_token_reply(reply_body(given))
    assert not [value for value in given.values() if value in repr(reply)]


BYTES = st.binary(max_size=300)
VALUE = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.just(tokens()["access_token"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=6,
)
NAMES = st.sampled_from(["access_token", "refresh_token", "id_token", "expires_in", "error", "code", "token_type"])
BODIES = st.one_of(BYTES, st.dictionaries(NAMES, VALUE).map(lambda values: json.dumps(values).encode()))


@given(BODIES)
def test_any_body_is_read_without_a_token_made_up(body: bytes) -> None:
    reply = read_token_reply(body)
    for secret in () if reply is None else (reply.access_token, reply.refresh_token, reply.id_token):
        assert secret is None or secret.reveal().encode() in body
    assert isinstance(error_code(body), str)


@given(st.integers(100, 599), BODIES)
def test_any_answer_has_a_class_and_a_sentence(status: int, body: bytes) -> None:
    answer = Answer(status, {}, body)
    found = classify_refresh(answer)
    assert (found is RENEWED) == (answer.ok and read_token_reply(body) is not None)
    assert str(refresh_problem(answer, host=HOST, now=START))


@given(st.integers(100, 599), BODIES)
def test_only_a_whole_reply_to_an_exchange_makes_a_login(status: int, body: bytes) -> None:
    try:
        login = login_from_reply(Answer(status, {}, body), now=START, host=HOST)
    except ProbeError as error:
        said = str(error)
    else:
        said = ""
        assert status // 100 == 2
        assert login.refresh_token is not None
        assert login.id_token is not None
    assert tokens()["access_token"] not in said


def test_what_other_programs_keep_beside_a_login_survives_its_renewal() -> None:
    old = msgspec.structs.replace(credential("ana"), others=Secret('{"flat": {"priority": 7}}'))
    got = renewed(old, json.dumps(tokens(number=2)).encode())
    assert got is not None
    assert got.others == old.others


@given(BODIES)
def test_any_reply_leaves_a_renewed_login_with_its_owner_and_a_refresh_token(body: bytes) -> None:
    old = credential("ana")
    got = renewed_login(old, read_token_reply(body) or TokenReply(), now=LATER)
    assert got is None or (got.key == old.key and got.refresh_token is not None)
