import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from probe_tray.core.formats.document import Document, read_documents
from probe_tray.core.formats.login_fields import Format, NoLogin
from probe_tray.core.formats.writer import new_document, write_document
from tests.support.files import exported, flat, official, proxied
from tests.support.tokens import credential, jwt, tokens

CANARY = "canary"


def read_one(value: object) -> Document:
    (document,) = read_documents(value if isinstance(value, bytes) else json.dumps(value).encode())
    return document


def reason(value: object) -> str:
    document = read_one(value)
    assert document.credential is None
    return document.reason


def emails(data: bytes) -> list[str]:
    return [d.credential.email if d.credential else d.reason for d in read_documents(data)]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (flat(), Format.PROBE),
        (proxied(), Format.PROXY_API),
        (official(), Format.OFFICIAL),
        (exported(), Format.SUB2API),
        (exported(type=None, version=None), Format.SUB2API),
        ({"data": exported()}, Format.SUB2API),
        ({"accounts": exported()["accounts"]}, Format.SUB2API),
        ({"data": exported()["accounts"]}, Format.SUB2API),
        ({k: v for k, v in flat().items() if k != "type"}, Format.PROBE),
    ],
)
def test_a_file_is_recognised_by_its_content(value: object, kind: Format) -> None:
    document = read_one(json.dumps(value, indent=2).encode())
    assert (document.format, document.reason, document.notes) == (kind, "", ())
    assert document.credential is not None
    assert document.credential.key == credential("ana").key
    assert document.credential.email == "ana@example.com"
    assert document.credential.refresh_token == credential("ana").refresh_token


def test_all_eight_keys_on_one_line_are_the_proxys_style() -> None:
    assert read_one(json.dumps(flat()).encode()).format is Format.PROXY_API
    assert read_one(json.dumps(flat(), indent=2).encode()).format is Format.PROBE


def test_a_file_as_the_go_program_writes_it() -> None:
    given_tokens = tokens("ana")
    text = (
        "{\n"
        f'  "id_token": "{given_tokens["id_token"]}",\n  "access_token": "{given_tokens["access_token"]}",\n'
        '  "refresh_token": "rt_x",\n  "account_id": "account-ana",\n'
        '  "last_refresh": "2026-11-22T15:04:05+08:00",\n  "email": "a\\u0026b@example.com",\n'
        '  "type": "codex",\n  "expired": "2026-12-02T15:04:05+08:00"\n}\n'
    )
    found = read_one(text.encode()).credential
    assert found is not None
    assert found.last_refresh == datetime(2026, 11, 22, 7, 4, 5, tzinfo=UTC)
    assert found.expired == datetime(2026, 12, 2, 7, 4, 5, tzinfo=UTC)


def test_the_field_names_the_account_only_where_the_tokens_do_not() -> None:
    bare = {"access_token": "aa.bb.cc", "account_id": "account-9", "email": "me@example.com"}
    found = read_one(bare).credential
    assert found is not None
    assert (found.account_id, found.email) == ("account-9", "me@example.com")
    other = read_one(flat("ana", account_id="somebody-else")).credential
    assert other is not None
    assert other.account_id == "account-ana"


def test_a_field_that_is_unfit_does_no_harm_where_the_tokens_say_better() -> None:
    found = read_one(flat("ana", account_id="two words")).credential
    assert found is not None
    assert found.account_id == "account-ana"


def test_an_account_is_also_found_under_the_services_own_name_of_it() -> None:
    bare = {"access_token": "opaque", "chatgpt_account_id": "account-9", "chatgpt_user_id": "user-9"}
    for value in (bare, {"auth_mode": "chatgpt", "tokens": bare}, {"accounts": [{"credentials": bare}]}):
        found = read_one(value).credential
        assert found is not None
        assert found.key == AccountKey("account-9", "user-9")


def test_an_export_with_a_user_and_no_account_says_just_that() -> None:
    entry = {"access_token": "opaque", "chatgpt_account_id": "", "chatgpt_user_id": "user-9"}
    said = reason({"accounts": [{"platform": "openai", "type": "oauth", "credentials": entry}]})
    assert said == "it names a user but no account, neither in its fields nor in its tokens"


def test_an_export_says_who_it_is_where_the_tokens_do_not() -> None:
    value = {
        "accounts": [
            {
                "credentials": {
                    "access_token": "aa.bb.cc",
                    "chatgpt_account_id": "account-9",
                    "chatgpt_user_id": "user-9",
                    "plan_type": "Team",
                    "expires_at": 1_796_000_000,
                }
            }
        ]
    }
    found = read_one(value).credential
    assert found is not None
    assert (found.account_id, found.claims.user_id, found.claims.plan) == ("account-9", "user-9", "team")
    assert found.expired == datetime.fromtimestamp(1_796_000_000, UTC)


def test_lines_arrays_and_exports_hold_several() -> None:
    several = [flat("ana"), official("ben"), exported("cid", "dan")]
    expected = [f"{name}@example.com" for name in ("ana", "ben", "cid", "dan")]
    assert emails(json.dumps(several).encode()) == expected
    assert emails("\n".join(json.dumps(v) for v in several).encode()) == expected
    assert emails(("\r\n\r\n".join(json.dumps(v) for v in several) + "\r\n").encode()) == expected


def test_a_broken_line_or_entry_does_not_stop_the_others() -> None:
    lines = "\n".join([json.dumps(flat("ana")), '{"access_token": "x', "[]", "7", json.dumps(flat("ben"))])
    found = emails(lines.encode())
    assert found[0] == "ana@example.com"
    assert found[1].startswith("entry 2: unterminated")
    assert found[2:] == ["entry 3: it is not a JSON object", "ben@example.com"]
    assert emails(json.dumps([{}, flat("ben")]).encode())[1] == "ben@example.com"


def test_the_place_of_an_entry_is_where_its_object_stands() -> None:
    data = "\n".join(json.dumps(v, ensure_ascii=False) for v in (flat("ana", note="é"), flat("ben"))).encode()
    for document in read_documents(data):
        own = json.loads(document.text.reveal()[document.start : document.end])
        assert document.credential is not None
        assert own["email"] == document.credential.email


def test_a_byte_order_mark_is_no_hindrance() -> None:
    assert read_one(b"\xef\xbb\xbf" + json.dumps(flat()).encode()).credential is not None


def test_an_api_key_login_of_the_official_client() -> None:
    for left in (None, {}, {"id_token": "", "access_token": "", "refresh_token": ""}):
        document = read_one({"auth_mode": "apikey", "OPENAI_API_KEY": f"sk-{CANARY}", "tokens": left})
        assert document.no_login is NoLogin.API_KEY
        assert not document.reason
    assert read_one(official()).no_login is None


def test_a_personal_access_token_of_the_official_client() -> None:
    document = read_one({"OPENAI_API_KEY": None, "personal_access_token": f"at-{CANARY}"})
    assert (document.no_login, document.format) == (NoLogin.ACCESS_TOKEN, Format.OFFICIAL)
    assert document.personal is not None
    assert (document.personal.reveal(), "hasn't said whose" in document.reason) == (f"at-{CANARY}", True)
    both = read_one(official(personal_access_token="at-1"))
    assert (both.credential is not None, both.no_login) == (True, None)


def test_personal_access_tokens_by_themselves() -> None:
    first, second = f"at-{CANARY}-0123456789", f"at-{CANARY}-9876543210"
    documents = read_documents(f"{first}\n\n{second}\n".encode())
    assert [d.personal.reveal() for d in documents if d.personal] == [first, second]
    assert {(d.format, d.no_login) for d in documents} == {(Format.TOKEN, NoLogin.ACCESS_TOKEN)}
    mixed = read_documents(f"{json.dumps(flat())}\n{first}".encode())
    assert [d.credential is None for d in mixed] == [False, True]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"personal_access_token": f"sk-{CANARY}"}, "must begin with at-"),
        ({"personal_access_token": f"at-{CANARY}\nX"}, "must begin with at-"),
        ({"personal_access_token": [1]}, "must begin with at-"),
        ({"personal_access_token": "at-"}, "must begin with at-"),
        (f"at-{CANARY} and more".encode(), "no spaces"),
        (f"at-{CANARY}…".encode(), "no spaces"),
        (b"at-work", "is longer"),
        ({"access_token": f"at-{CANARY}", "refresh_token": "rt-1"}, "which account"),
    ],
)
def test_what_is_no_personal_access_token(value: object, reason: str) -> None:
    (document,) = read_documents(value if isinstance(value, bytes) else json.dumps(value).encode())
    assert (document.personal, document.credential) == (None, None)
    assert reason in document.reason
    assert CANARY not in document.reason


def test_a_token_of_a_known_account_is_a_login_and_is_written_with_its_user() -> None:
    owned = {"access_token": f"at-{CANARY}", "account_id": "account-1", "chatgpt_user_id": "user-1"}
    login = read_one(owned).credential
    assert login is not None
    assert (login.key, login.is_personal, login.renewable) == (AccountKey("account-1", "user-1"), True, False)
    again = read_one(new_document(login, UTC)).credential
    assert again == login


@pytest.mark.parametrize("said", [True, False, "true", 1, None])
def test_a_token_of_fedramp_is_one_where_its_file_says_so_plainly(said: object) -> None:
    inner = {"access_token": f"at-{CANARY}", "chatgpt_account_is_fedramp": said}
    entry = {"accounts": [{"platform": "openai", "credentials": {**inner, "chatgpt_account_id": "account-1"}}]}
    for place in ({**inner, "account_id": "account-1"}, entry):
        document = read_one(place)
        assert document.credential is not None
        assert document.credential.claims.fedramp is (said is True)
        for fedramp in (True, False):
            claims = msgspec.structs.replace(document.credential.claims, fedramp=fedramp)
            login = msgspec.structs.replace(document.credential, claims=claims)
            (again,) = read_documents(write_document(document, login, UTC))
            assert again.credential is not None
            assert again.credential.claims.fedramp is fedramp


def test_beside_other_tokens_that_key_is_somebody_elses() -> None:
    document = read_one({**flat(), "chatgpt_account_is_fedramp": True})
    assert document.credential is not None
    assert not document.credential.claims.fedramp
    login = msgspec.structs.replace(document.credential, refresh_token=Secret("next"))
    assert b'"chatgpt_account_is_fedramp": true' in write_document(document, login, UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (official(tokens=None), NoLogin.SIGNED_OUT),
        ({"OPENAI_API_KEY": None, "tokens": None, "last_refresh": None}, NoLogin.SIGNED_OUT),
        ({"auth_mode": "agent", "tokens": None, "agent_identity": {"id": 1}}, None),
        ({"fetched_at": "2026-11-22T06:00:00Z", "client_version": "0.171.0", "models": ["x"]}, NoLogin.SOMETHING_ELSE),
        ({"renew_before_expiry_days": 3, "sync_api_key": "x"}, NoLogin.SOMETHING_ELSE),
        (["a", 1], NoLogin.SOMETHING_ELSE),
        (b"[]", NoLogin.SOMETHING_ELSE),
        (flat(type="claude"), NoLogin.SOMETHING_ELSE),
        (b"", None),
        (b'{"access_token": ', None),
        (flat(access_token=""), None),
        ({"accounts": [{"platform": "gemini", "type": "oauth", "credentials": {"a": 1}}]}, NoLogin.ANOTHER_SERVICE),
        ({"accounts": [{"platform": "openai", "type": "apikey", "credentials": {"a": 1}}]}, NoLogin.ANOTHER_SERVICE),
        ({"accounts": [{"platform": "openai", "type": "oauth", "credentials": {"a": 1}}]}, None),
    ],
    ids=range(14),
)
def test_what_is_plainly_something_else_is_told_from_a_login_that_is_broken(
    value: object, expected: NoLogin | None
) -> None:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    documents = read_documents(data)
    assert {document.no_login for document in documents} == {expected}
    assert all(document.reason for document in documents)


def test_among_logins_what_is_none_is_a_fault_and_another_service_is_not() -> None:
    (_, other) = read_documents(json.dumps([flat("ana"), {"note": "x"}]).encode())
    assert (other.no_login, other.reason) == (None, "entry 2: it doesn't look like a credential file")
    bundle = exported("ana")
    entries = cast("list[object]", bundle["accounts"])
    entries.append({"platform": "anthropic", "type": "oauth", "credentials": {"access_token": "x"}})
    kinds = [document.no_login for document in read_documents(json.dumps(bundle).encode())]
    assert kinds == [None, NoLogin.ANOTHER_SERVICE]


def test_no_refusal_says_that_something_is_absent_that_was_not_looked_for() -> None:
    # Whoever nests a login deeper is not told that there is no access_token in the file.
    said = reason({"login": flat("ana")})
    assert said == "it doesn't look like a credential file"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "it is empty"),
        (b"\n\n", "it is empty"),
        (b"[]", "it contains no login"),
        (b'{"accounts": []}', "it contains no login"),
        (b"{}", "it doesn't look like a credential file"),
        (b"null", "it is not a JSON object"),
        (b"canary", "not valid JSON (line 1)"),
        (b"\xff\xfe{\x00", "it is UTF-16 text"),
        (b'{"a": "\xff"}', "it is not UTF-8 text"),
        (b'{"access_token": "canary\x00"}', "it contains a NUL byte"),
        (b'{"access_token": "canary\\u0000"}', "it contains a NUL character"),
        (b'{"access_token": "canary\\ud800"}', "lone surrogate"),
        (b'{"access_token": "canary", "n": NaN}', "NaN"),
        (b'{"access_token": "canary", "n": ' + b"1" * 5000 + b"}", "a number with more than 400 digits"),
        (b"[" * 200_000, "levels deep"),
        (b'{"access_token": "canary', "unterminated"),
        (b'{"access_token": "canary"', "cut off"),
    ],
    ids=range(17),
)
def test_hostile_bytes_are_refused_with_a_reason(data: bytes, expected: str) -> None:
    assert expected in reason(data)
    assert CANARY not in reason(data)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (flat(access_token=""), 'it has no "access_token"'),
        (flat(access_token=None), 'it has no "access_token"'),
        (flat(access_token=[CANARY]), 'its "access_token" is not text'),
        (flat(access_token=5), 'its "access_token" is not text'),
        (flat(access_token=f"{CANARY}.bb.cc\n"), 'its "access_token" holds a character that no token has'),
        (flat(access_token=f"{CANARY}.bb.cc "), 'its "access_token" holds a character that no token has'),
        (flat(refresh_token=f"{CANARY}\r\nX: y"), 'its "refresh_token" holds a character'),
        (flat(refresh_token={CANARY: 1}), 'its "refresh_token" is not text'),
        (flat(id_token=7), 'its "id_token" is not text'),
        (flat(access_token=CANARY), ""),
        (flat(access_token=f"{CANARY}..x"), ""),
        (flat(access_token=f"{CANARY}.b.c.d"), ""),
        ({"access_token": f"{CANARY}.b.c"}, "nor its tokens say which account it is"),
        ({"access_token": "a.b.c", "account_id": f"{CANARY}\nX: y"}, 'its "account_id" holds a character'),
        ({"access_token": "a.b.c", "account_id": 5}, 'its "account_id" is not text'),
        (flat(type="claude"), "another service"),
        (flat(type=["codex"]), ""),
        (official(tokens=None), "nobody is logged in with it"),
        (official(tokens={"access_token": CANARY}), "nor its tokens say which account it is"),
        ({"accounts": [{"platform": "gemini", "credentials": flat()}]}, 'its "platform" is not "openai"'),
        ({"accounts": [CANARY]}, "it is not a JSON object"),
    ],
    ids=range(21),
)
def test_what_is_no_login_is_refused_with_a_reason_that_shows_nothing_of_it(value: object, expected: str) -> None:
    if not expected:
        assert read_one(value).credential is not None
        return
    assert expected in reason(value)
    assert CANARY not in reason(value)


@pytest.mark.parametrize(
    ("written", "expected", "note"),
    [
        ("2026-12-02T14:00:00+08:00", datetime(2026, 12, 2, 6, tzinfo=UTC), ""),
        ("2026-12-02T06:00:00Z", datetime(2026, 12, 2, 6, tzinfo=UTC), ""),
        ("2026-12-02t06:00:00.123456789z", datetime(2026, 12, 2, 6, 0, 0, 123456, tzinfo=UTC), ""),
        ("2026-12-02 00:30:00-05:30", datetime(2026, 12, 2, 6, tzinfo=UTC), ""),
        (1_796_191_200, datetime(2026, 12, 2, 6, tzinfo=UTC), ""),
        ("1796191200", datetime(2026, 12, 2, 6, tzinfo=UTC), ""),
        (1_796_191_200_000, None, 'Its "expired" is in milliseconds'),
        ("1796191200000", None, 'Its "expired" is in milliseconds'),
        ("2026-12-02T06:00:00", None, "not a valid time"),
        ("2026-13-02T06:00:00Z", None, "not a valid time"),
        ("0001-01-01T00:00:00Z", None, "not a valid time"),
        ("9999-12-31T23:59:59-23:59", None, "not a valid time"),
        (-1, None, "not a valid time"),
        (1e400, None, "NaN"),
        (True, None, "not a valid time"),
        ({}, None, "not a valid time"),
        ("soon", None, "not a valid time"),
        ("", None, ""),
        (None, None, ""),
    ],
)
def test_the_recorded_end_is_read_in_every_dress_or_left_out_with_a_note(
    written: object, expected: datetime | None, note: str
) -> None:
    document = read_one(flat(expired=written))
    if note == "NaN":
        assert "NaN" in document.reason
        return
    assert document.credential is not None
    assert document.credential.expired == expected
    assert (note in document.notes[0]) if note else document.notes == ()


def test_a_repeated_key_means_its_last_value() -> None:
    text = (
        json.dumps(flat("ana"))[:-1]
        + f', "refresh_token": "rt_last", "access_token": "{tokens("ben")["access_token"]}"}}'
    )
    found = read_one(text.encode()).credential
    assert found is not None
    assert found.refresh_token is not None
    assert found.refresh_token.reveal() == "rt_last"
    assert found.access_token.reveal() == tokens("ben")["access_token"]


def test_a_token_of_another_shape_says_nothing_and_harms_nothing() -> None:
    odd = jwt(exp=10**30, iat="x", **{"https://api.openai.com/auth": [1]})
    found = read_one({"access_token": odd, "account_id": "account-1"}).credential
    assert found is not None
    assert found.claims.expires_at is None
    assert found.expiry is None


def test_no_repr_shows_a_token() -> None:
    documents = read_documents(json.dumps([flat("ana"), exported("ben"), {"access_token": "canary"}]).encode())
    shown = repr(documents)
    for text in (tokens("ana")["access_token"], tokens("ben")["refresh_token"], "canary"):
        assert text not in shown


SEEDS = [
    json.dumps(v, indent=indent).encode()
    for v in (flat(), proxied(), official(), exported("ana", "ben"), [flat(), proxied("ben")])
    for indent in (None, 2)
]
ODD = [b"\0", b"\\ud800", b"NaN", b"[" * 100, b"9" * 500, b'"', b"\n", b"\xff", b"{", b"}", b":", b",", b"null", b"\\"]


def check(data: bytes) -> None:
    documents = read_documents(data)
    assert documents
    for document in documents:
        assert document.credential or document.no_login or document.reason
        assert "eyJ" not in document.reason
        assert "rt_" not in document.reason


def damaged(number: int) -> bytes:
    """One of the seeds with up to three cuts and insertions; the same for the same number."""
    chance = sha256(str(number).encode()).digest()
    data = SEEDS[chance[0] % len(SEEDS)]
    for i in range(1, 2 + chance[1] % 3):
        at = int.from_bytes(chance[4 * i : 4 * i + 4], "big") % (len(data) + 1)
        cut = (0, 1, 1, 2, 300)[chance[16 + i] % 5]
        data = data[:at] + ODD[chance[20 + i] % len(ODD)] + data[at + cut :]
    return data


def cut_off(data: bytes, length: int) -> bytes:
    return data[:length]


@pytest.mark.parametrize("files", [2_000, pytest.param(10_000, marks=pytest.mark.heavy)])
def test_damaged_files_are_read_or_refused(files: int) -> None:
    for number in range(files):
        check(damaged(number))


@given(st.binary() | st.text().map(str.encode) | st.builds(cut_off, st.sampled_from(SEEDS), st.integers(0)))
def test_no_bytes_make_reading_fail(data: bytes) -> None:
    check(data)


@given(st.datetimes(datetime(1970, 1, 2), datetime(9998, 1, 1)), st.integers(-839, 839))  # noqa: DTZ001 - made aware below
def test_a_moment_is_read_back_from_any_zone(naive: datetime, minutes: int) -> None:
    moment = naive.replace(tzinfo=UTC)
    sign = "-" if minutes < 0 else "+"
    offset = f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    local = (moment + timedelta(minutes=minutes)).replace(tzinfo=None).isoformat()
    found = read_one(flat(expired=local + offset)).credential
    assert found is not None
    assert found.expired == moment


def tokens_of(person: str = "ana") -> dict[str, object]:
    held = flat(person)
    return {"accessToken": held["access_token"], "refreshToken": held["refresh_token"], "idToken": held["id_token"]}


def opencode(person: str = "ana", **more: object) -> dict[str, object]:
    held = flat(person)
    login: dict[str, object] = {
        "type": "oauth",
        "refresh": held["refresh_token"],
        "access": held["access_token"],
        "expires": 1_796_191_200_123,
    }
    return {"anthropic": {"type": "oauth", "refresh": "r", "access": "a", "expires": 1}, "openai": login | more}


FOREIGN = [
    (opencode(), Format.OPENCODE),
    (opencode(accountId="of-ana"), Format.OPENCODE),
    (tokens_of() | {"user": {"email": "ana@example.com", "id": "u"}, "account": {"id": "a"}}, Format.SESSION),
    (tokens_of() | {"expiresAt": "2026-12-02T06:00:00Z"}, Format.CAMEL_CASE),
    ({"tokens": tokens_of(), "lastRefresh": "2026-12-22T15:04:05Z"}, Format.CAMEL_CASE),
]


@pytest.mark.parametrize(("value", "kind"), FOREIGN)
def test_the_names_of_other_programs_are_understood(value: object, kind: Format) -> None:
    document = read_one(value)
    assert (document.format, document.reason, document.notes) == (kind, "", ())
    assert document.credential is not None
    assert document.credential.key == credential("ana").key
    assert document.credential.refresh_token == credential("ana").refresh_token


@pytest.mark.parametrize(("value", "kind"), FOREIGN)
def test_what_is_written_in_other_names_is_read_again_and_the_rest_stays(value: object, kind: Format) -> None:
    document, ben = read_one(value), credential("ben")
    assert document.credential is not None
    after = write_document(document, ben, UTC)
    read = read_one(after)
    assert read.credential is not None
    assert (read.format, read.credential.access_token) == (kind, ben.access_token)
    assert read.credential.refresh_token == ben.refresh_token
    assert str(document.credential.access_token.reveal()) not in after.decode()
    kept = cast("dict[str, object]", json.loads(after))
    assert kept.keys() == cast("dict[str, object]", value).keys()
    assert write_document(document, document.credential, UTC) == json.dumps(value).encode()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"anthropic": {"type": "oauth", "refresh": "r", "access": "a"}}, "no login for OpenAI"),
        ({"openai": {"type": "api", "key": "sk-1"}}, "an API key"),
    ],
)
def test_opencodes_logins_elsewhere_are_left_alone(value: object, said: str) -> None:
    document = read_one(value)
    assert (document.credential, document.no_login) == (None, NoLogin.ANOTHER_SERVICE)
    assert said in document.reason


@pytest.mark.parametrize(
    "more",
    [{"accountId": "x"}, {"chatgptAccountId": "x"}, {"workspace_id": "x"}, {"team_id": "x"}, {"account": {"id": "x"}}],
)
def test_an_account_id_under_another_name_counts_where_nothing_else_says_it(more: dict[str, object]) -> None:
    document = read_one({"access_token": "no-jwt"} | more)
    assert document.credential is not None
    assert document.credential.account_id == "x"
    bundle = {"platform": "openai", "type": "oauth", "credentials": {"access_token": "no-jwt"} | more}
    found = read_one(bundle).credential
    assert found is not None
    assert found.key == document.credential.key


def test_an_account_id_in_the_claims_alone_is_enough_and_goes_before_a_field() -> None:
    held = {name: value for name, value in flat().items() if name.endswith("_token")}
    for more in ({}, {"accountId": "x"}):
        document = read_one(held | more)
        assert document.credential is not None
        assert document.credential.key == credential("ana").key
