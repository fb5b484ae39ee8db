import base64
import json
from datetime import UTC, datetime

import jwt as pyjwt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from probe_tray.core.account.credential import Claims, Credential, make_credential, read_claims, read_payload
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from tests.support.fakes import START
from tests.support.tokens import credential, jwt, tokens

AUTH = "https://api.openai.com/auth"
PROFILE = "https://api.openai.com/profile"
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=8,
)
CLAIM_NAMES = (
    "chatgpt_account_id",
    "chatgpt_user_id",
    "user_id",
    "chatgpt_plan_type",
    "chatgpt_account_is_fedramp",
    "organizations",
    "title",
    "is_default",
)


Payload = dict[str, object] | None


def claims(identity: Payload = None, access: Payload = None) -> Claims:
    return read_claims(
        None if identity is None else Secret(jwt(**identity)), None if access is None else Secret(jwt(**access))
    )


def raw_jwt(payload: bytes, header: bytes = b'{"alg":"none"}') -> Secret:
    parts = (header, payload, b"x")
    return Secret(".".join(base64.urlsafe_b64encode(p).rstrip(b"=").decode() for p in parts))


def made(**fields: object) -> Credential | None:
    return make_credential(access_token=Secret(jwt(**{AUTH: fields})), refresh_token=None, id_token=None)


def test_a_login_knows_its_owner() -> None:
    login = credential("ana")
    assert login.key == AccountKey("account-ana", "user-ana")
    assert login.email == "ana@example.com"
    assert (login.claims.plan, login.claims.workspace) == ("plus", "Personal")
    assert login.claims.issued_at == START


def test_members_of_a_team_and_workspaces_of_a_person_are_different_accounts() -> None:
    team = [credential("ana", account="team"), credential("ben", account="team")]
    workspaces = [credential("ana", account="home"), credential("ana", account="work")]
    assert len({login.key for login in team}) == 2
    assert len({login.key for login in workspaces}) == 2


def test_the_id_token_goes_before_the_access_token() -> None:
    found = claims(
        {"email": "id@example.com", AUTH: {"chatgpt_account_id": "a-id", "chatgpt_plan_type": "PRO"}},
        {AUTH: {"chatgpt_account_id": "a-access", "chatgpt_user_id": "u-access"}, PROFILE: {"email": "x@example.com"}},
    )
    assert (found.account_id, found.user_id, found.email, found.plan) == ("a-id", "u-access", "id@example.com", "pro")


@pytest.mark.parametrize(
    ("identity", "access", "email"),
    [
        ({"email": "a@x.org", PROFILE: {"email": "b@x.org"}}, None, "a@x.org"),
        ({PROFILE: {"email": "b@x.org"}}, {PROFILE: {"email": "c@x.org"}}, "b@x.org"),
        (None, {PROFILE: {"email": "c@x.org"}}, "c@x.org"),
        ({"email": 5}, {PROFILE: {"email": ""}}, ""),
        ({"email": "a\n@x.org"}, {PROFILE: {"email": "c@x.org"}}, "c@x.org"),
    ],
)
def test_the_email_stands_in_several_places(identity: Payload, access: Payload, email: str) -> None:
    assert claims(identity, access).email == email


def test_user_id_is_the_second_name_of_the_user() -> None:
    assert claims({AUTH: {"user_id": "u"}}).user_id == "u"
    assert claims({AUTH: {"user_id": "u", "chatgpt_user_id": "c"}}).user_id == "c"


@pytest.mark.parametrize(
    ("organizations", "workspace"),
    [
        ([{"title": "A"}, {"title": "B", "is_default": True}], "B"),
        ([{"title": "A"}, {"title": "B"}], "A"),
        ([{"title": "", "is_default": True}, {"title": "B"}], "B"),
        (["garbage", None, {"title": 7}, {"title": "B"}], "B"),
        ([{"title": "two\nlines"}, {"title": "B"}], "B"),
        ({"title": "A"}, ""),
        (None, ""),
    ],
)
def test_the_workspace_is_the_default_organization(organizations: object, workspace: str) -> None:
    assert claims({AUTH: {"organizations": organizations}}).workspace == workspace


def test_fedramp_needs_a_plain_true() -> None:
    assert claims({AUTH: {"chatgpt_account_is_fedramp": True}}).fedramp
    assert not claims({AUTH: {"chatgpt_account_is_fedramp": "true"}}).fedramp


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (1795327200, datetime(2026, 11, 22, 6, tzinfo=UTC)),
        (1795327200.5, datetime(2026, 11, 22, 6, 0, 0, 500000, tzinfo=UTC)),
        (1795327200000, None),  # milliseconds
        (0, None),
        (-1, None),
        (1e300, None),
        (10**40, None),
        (float("nan"), None),
        (float("inf"), None),
        (True, None),
        ("1795327200", None),
        (None, None),
    ],
)
def test_times_are_unix_seconds(value: object, moment: datetime | None) -> None:
    found = claims(None, {"exp": value, "iat": value})
    assert (found.expires_at, found.issued_at) == (moment, moment)


def test_the_record_counts_only_where_the_tokens_say_nothing() -> None:
    silent = Secret(jwt(exp=1))
    by_record = make_credential(
        access_token=silent, refresh_token=None, id_token=None, account_id="rec", email="rec@example.com"
    )
    assert by_record is not None
    assert (by_record.key, by_record.email) == (AccountKey("rec"), "rec@example.com")
    given = tokens("ana")
    by_token = make_credential(
        access_token=Secret(given["access_token"]),
        refresh_token=None,
        id_token=None,
        account_id="rec",
        email="rec@example.com",
    )
    assert by_token is not None
    assert (by_token.account_id, by_token.email) == ("account-ana", "ana@example.com")


@pytest.mark.parametrize(
    "silent",
    [
        Secret("opaque"),
        Secret("a.b.c"),
        Secret(""),
        raw_jwt(b"[]"),
        raw_jwt(b"not json"),
        raw_jwt(b"\xff\xfe"),
        raw_jwt(b"[" * 100_000),
        raw_jwt(b'{"exp": ' + b"9" * 5000 + b"}"),
        raw_jwt(b"{}", header=b"[]"),
        raw_jwt(json.dumps({AUTH: {"chatgpt_account_id": 7}}).encode()),
        raw_jwt(json.dumps({AUTH: [{"chatgpt_account_id": "a"}]}).encode()),
        raw_jwt(b'{"' + AUTH.encode() + b'": {"chatgpt_account_id": "\\ud800"}}'),
        raw_jwt(b'{"' + AUTH.encode() + b'": {"chatgpt_account_id": "a\\u0000"}}'),
    ],
)
def test_a_token_that_says_nothing_usable_makes_no_login(silent: Secret) -> None:
    assert make_credential(access_token=silent, refresh_token=None, id_token=silent) is None


def test_the_record_s_end_goes_before_the_token_s() -> None:
    login = credential(days=10)
    assert login.expiry == login.expired
    unrecorded = make_credential(access_token=login.access_token, refresh_token=None, id_token=None)
    assert unrecorded is not None
    assert unrecorded.expiry == login.claims.expires_at


def test_only_what_this_program_made_may_be_revoked() -> None:
    found = made(chatgpt_account_id="a")
    assert found is not None
    assert not found.made_here


@given(st.text(), st.text())
def test_any_text_as_tokens_is_read_without_a_login_made_up(identity: str, access: str) -> None:
    assert read_claims(Secret(identity), Secret(access)).account_id == ""


@given(st.binary(max_size=200))
def test_any_payload_is_read(payload: bytes) -> None:
    assert read_claims(raw_jwt(payload), raw_jwt(payload)).account_id == ""


@given(
    st.dictionaries(st.sampled_from([AUTH, PROFILE, "email", "exp", "iat"]), JSON),
    st.dictionaries(st.sampled_from(CLAIM_NAMES), JSON),
)
def test_any_claims_are_read_as_printable_text(outer: dict[str, object], auth: dict[str, object]) -> None:
    found = claims({**outer, AUTH: auth}, {**outer})
    for text in (found.account_id, found.user_id, found.email, found.plan, found.workspace):
        assert text == "" or text.isprintable()
    said = auth.get("chatgpt_account_id")
    assert found.account_id in {"", said} if isinstance(said, str) else not found.account_id


@given(st.text(), st.text(), st.text(), st.text())
def test_slugs_name_accounts_without_showing_them(a: str, b: str, c: str, d: str) -> None:
    one, other = AccountKey(a, b), AccountKey(c, d)
    assert len(one.slug) == 24
    assert int(one.slug, 16) >= 0
    assert one != other or one.slug == other.slug


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text())
CLAIM_VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=8
)
OBJECTS = st.dictionaries(st.text(), CLAIM_VALUES, max_size=5)
HEADERS = st.one_of(
    st.just({"alg": "ES256", "typ": "JWT"}), OBJECTS, st.fixed_dictionaries({"b64": st.sampled_from([True, False, 0])})
)
BYTES = st.one_of(
    st.binary(max_size=80),
    OBJECTS.map(lambda found: json.dumps(found).encode()),
    OBJECTS.map(lambda found: json.dumps(found).encode("utf-16")),
    st.sampled_from([b'{"a":NaN}', b'{"a":1,"a":2}', b'{"a":"\\ud800"}', b"\xef\xbb\xbf{}", b"[]", b"7", b'{"a":1}x']),
)
ALPHABET = "ABab01-_+/=.~ \n\u00e4"


def part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def read_by_pyjwt(token: str) -> dict[str, object] | None:
    try:
        return pyjwt.decode(token, options={"verify_signature": False})
    except (pyjwt.PyJWTError, ValueError, RecursionError):
        return None


def same_or_refused(token: str) -> bool:
    """Compared as text: NaN is equal to nothing, and 1, 1.0 and true are equal."""
    found = read_payload(token)
    return found == {} or repr(found) == repr(read_by_pyjwt(token))


@given(OBJECTS)
def test_the_claims_of_a_token_are_those_that_pyjwt_reads(claims: dict[str, object]) -> None:
    token = jwt(**claims)
    assert repr(read_payload(token)) == repr(read_by_pyjwt(token))


@given(HEADERS.map(lambda found: json.dumps(found).encode()) | BYTES, BYTES, st.binary(max_size=8), st.integers(0, 3))
@example(b"{}", b'{"a":1}', b"", 0)
def test_any_three_parts_are_read_as_by_pyjwt_or_refused(
    header: bytes, payload: bytes, signature: bytes, padding: int
) -> None:
    end = "=" * padding
    assert same_or_refused(f"{part(header)}.{part(payload)}{end}.{part(signature)}")
    assert same_or_refused(f"{part(header)}.{part(payload)}.{part(signature)}{end}")


@given(st.text() | st.text(ALPHABET) | st.lists(st.text(ALPHABET, max_size=9), max_size=5).map(".".join))
def test_any_text_is_read_as_by_pyjwt_or_refused(text: str) -> None:
    assert same_or_refused(text)


@given(st.integers(0, 10_000), st.sampled_from(ALPHABET))
def test_a_token_with_one_character_changed_is_read_as_by_pyjwt_or_refused(place: int, character: str) -> None:
    token = tokens("ana")["id_token"]
    place %= len(token)
    assert same_or_refused(token[:place] + character + token[place + 1 :])


@pytest.mark.parametrize("payload", [b"[" * 100_000, b'{"exp":' + b"9" * 5000 + b"}", b'{"a":' * 50_000 + b"1"])
def test_what_would_exhaust_a_parser_is_refused(payload: bytes) -> None:
    assert read_payload(f"{part(b'{}')}.{part(payload)}.x") == {}


def test_no_token_is_read_that_no_store_would_keep() -> None:
    fits, beyond = jwt(a="x" * 190_000), jwt(a="x" * 200_000)
    assert len(fits) < 256 * 1024 < len(beyond)
    assert read_payload(fits) == {"a": "x" * 190_000}
    assert read_payload(beyond) == {}
