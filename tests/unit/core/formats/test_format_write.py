import json
import re
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.account.credential import Credential, make_credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.formats.document import Document, read_documents
from probe_tray.core.formats.writer import file_name, new_document, write_document
from tests.support.fakes import START
from tests.support.files import exported, flat, official, proxied
from tests.support.tokens import credential, tokens

ZONE = timezone(timedelta(hours=8))
LATER = START + timedelta(days=9)
DAY = date(2026, 11, 22)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
OWN = st.dictionaries(TEXTS.map(lambda key: f"x{key}"), JSON_VALUES, max_size=4)
INDENTS = st.sampled_from([None, 2, "\t"])


def read_one(data: bytes) -> Document:
    (document,) = read_documents(data)
    return document


def login(data: bytes) -> Credential:
    found = read_one(data).credential
    assert found is not None
    return found


def renewed(person: str = "ana") -> Credential:
    return credential(person, number=2, at=LATER)


def same(one: Credential, other: Credential) -> bool:
    return msgspec.structs.replace(one, made_here=False, others=None) == msgspec.structs.replace(other, made_here=False)


def without(credential: Credential, **parts: object) -> Credential:
    return msgspec.structs.replace(credential, **parts)


def test_a_new_file_is_what_the_go_program_would_write() -> None:
    data = new_document(credential("ana"), ZONE)
    given_tokens = tokens("ana")
    assert data.decode() == (
        "{\n"
        f'  "id_token": "{given_tokens["id_token"]}",\n'
        f'  "access_token": "{given_tokens["access_token"]}",\n'
        f'  "refresh_token": "{given_tokens["refresh_token"]}",\n'
        '  "account_id": "account-ana",\n'
        '  "last_refresh": "2026-11-22T14:00:00+08:00",\n'
        '  "email": "ana@example.com",\n'
        '  "type": "codex",\n'
        '  "expired": "2026-12-02T14:00:00+08:00"\n'
        "}\n"
    )
    assert same(login(data), credential("ana"))


def test_a_time_without_an_offset_is_written_with_z() -> None:
    assert '"expired": "2026-12-02T06:00:00Z"' in new_document(credential("ana"), UTC).decode()


def test_nothing_empty_is_written_into_a_new_file() -> None:
    bare = make_credential(
        access_token=Secret("aa.bb.cc"), refresh_token=None, id_token=None, account_id="account-1", expired=None
    )
    assert bare is not None
    assert json.loads(new_document(bare, ZONE)) == {
        "access_token": "aa.bb.cc",
        "account_id": "account-1",
        "type": "codex",
    }


@pytest.mark.parametrize("indent", [None, 2, "\t"])
@pytest.mark.parametrize("value", [flat(), proxied(), official(), exported("ana")])
def test_writing_what_was_read_changes_no_byte(value: dict[str, object], indent: int | str | None) -> None:
    data = (json.dumps(value, indent=indent) + "\n").replace("<", "\\u003c").encode()
    document = read_one(data)
    assert document.credential is not None
    assert write_document(document, document.credential, ZONE) == data


@given(st.sampled_from([flat(), proxied(), official()]), OWN, INDENTS, st.booleans())
def test_a_renewal_is_read_back_and_everything_else_is_kept(
    base: dict[str, object],
    own: dict[str, object],
    indent: int | str | None,
    ascii_only: bool,  # noqa: FBT001 - drawn
) -> None:
    value = own | base
    data = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()
    written = write_document(read_one(data), renewed(), ZONE)
    after = json.loads(written)
    assert list(after) == list(value)
    assert {k: after[k] for k in own} == own
    assert written.count(b"\n") == data.count(b"\n")
    found = login(written)
    assert found.access_token == renewed().access_token
    assert found.refresh_token == renewed().refresh_token
    assert found.id_token == renewed().id_token
    assert found.last_refresh == LATER
    assert found.expiry == renewed().expiry


def test_a_proxys_line_stays_a_line_with_its_own_keys() -> None:
    line = json.dumps(proxied(note="<a>", weight=1.10)).replace("1.1", "1.10").replace("<", "\\u003c").encode()
    written = write_document(read_one(line), renewed(), ZONE)
    assert b"\n" not in written
    assert b'"note": "\\u003ca>"' in written
    assert b'"weight": 1.10' in written
    assert json.loads(written)["expired"] == "2026-12-11T14:00:00+08:00"


def test_numbers_no_program_can_hold_are_kept_digit_by_digit() -> None:
    text = (
        json.dumps(flat(big=1, huge=2))
        .replace('"big": 1', '"big": 12345678901234567890123')
        .replace('"huge": 2', '"huge": 1e400')
    )
    written = write_document(read_one(text.encode()), renewed(), ZONE)
    assert b'"big": 12345678901234567890123' in written
    assert b'"huge": 1e400' in written


def test_an_official_file_keeps_what_its_client_requires() -> None:
    value = official(tokens={**tokens("ana"), "account_id": "account-ana", "own": [1]}, more=True)
    after = json.loads(write_document(read_one(json.dumps(value, indent=2).encode()), renewed(), ZONE))
    assert after["auth_mode"] == "chatgpt"
    assert after["OPENAI_API_KEY"] is None
    assert after["more"] is True
    assert after["tokens"] == {**tokens("ana", number=2, at=LATER), "account_id": "account-ana", "own": [1]}
    assert re.fullmatch(r"2026-12-01T06:00:00\.[0-9]{1,9}Z", after["last_refresh"])


def test_an_official_file_has_text_even_for_an_absent_token() -> None:
    document = read_one(json.dumps(official()).encode())
    after = json.loads(write_document(document, without(renewed(), refresh_token=None), ZONE))
    assert after["tokens"]["refresh_token"] == ""


@pytest.mark.parametrize(
    ("held", "written"),
    [
        ("2026-12-02T06:00:00Z", "2026-12-11T06:00:00Z"),
        (1_796_191_200, 1_796_968_800),
        ("1796191200", "1796968800"),
    ],
)
def test_an_export_keeps_its_kind_of_time_and_the_other_accounts(held: object, written: object) -> None:
    value = exported("ben", "ana")
    raw = json.dumps(value).replace('"2026-12-02T06:00:00Z"', json.dumps(held))
    _, ana = read_documents(raw.encode())
    data = write_document(ana, renewed("ana"), ZONE)
    ben_after, ana_after = json.loads(data)["accounts"]
    assert ben_after == json.loads(raw)["accounts"][0]
    assert ana_after["credentials"]["expires_at"] == written
    assert ana_after["credentials"]["access_token"] == tokens("ana", number=2, at=LATER)["access_token"]
    assert ana_after["credentials"]["client_id"] == "app"
    assert ana_after["concurrency"] == 10


def test_one_of_several_lines_changes_alone() -> None:
    lines = [json.dumps(flat(name, note="é"), ensure_ascii=False) for name in ("ana", "ben")]
    data = "\n".join([lines[0], "broken {", lines[1], ""]).encode()
    ana, _, ben = read_documents(data)
    assert ben.credential is not None
    written = write_document(ana, renewed("ana"), ZONE).decode().split("\n")
    assert written[1:] == ["broken {", lines[1], ""]
    assert same(login(written[0].encode()), renewed("ana"))


@pytest.mark.parametrize("key", ["id_token", "refresh_token", "last_refresh", "email", "type", "expired", "account_id"])
def test_a_missing_key_is_added_at_its_place(key: str) -> None:
    value = {k: v for k, v in flat().items() if k != key}
    written = write_document(read_one(json.dumps(value, indent=2).encode()), renewed(), ZONE)
    assert sorted(json.loads(written)) == sorted(flat())
    order = [line.split('"')[1] for line in written.decode().splitlines() if line.startswith('  "')]
    places = {name: place for place, name in enumerate(new_order())}
    position = order.index(key)
    assert all(places[one] < places[other] for one, other in pairwise(order[max(0, position - 1) : position + 1]))


def new_order() -> list[str]:
    return list(json.loads(new_document(credential(), ZONE)))


def test_what_a_login_no_longer_has_does_not_stay_behind() -> None:
    bare = without(renewed(), refresh_token=None, id_token=None)
    written = json.loads(write_document(read_one(json.dumps(flat(), indent=2).encode()), bare, ZONE))
    assert "refresh_token" not in written
    assert "id_token" not in written
    kept = json.loads(write_document(read_one(json.dumps(proxied()).encode()), bare, ZONE))
    assert (kept["refresh_token"], kept["id_token"]) == ("", "")


def test_an_end_nobody_knows_does_not_keep_the_old_tokens_end() -> None:
    opaque = make_credential(
        access_token=Secret("aa.bb.cc"), refresh_token=Secret("rt"), id_token=None, account_id="account-ana"
    )
    assert opaque is not None
    written = json.loads(write_document(read_one(json.dumps(flat(), indent=2).encode()), opaque, ZONE))
    assert "expired" not in written
    assert written["email"] == "ana@example.com"
    assert written["last_refresh"] == flat()["last_refresh"]


@pytest.mark.parametrize(
    ("email", "account", "name"),
    [
        ("me@example.com", "acc", "codex_me_at_example_com_20261122.json"),
        ("first.last@my/org:x\\y", "acc", "codex_first_last_at_my_org_x_y_20261122.json"),
        ("", "acc-1", "codex_acc-1_20261122.json"),
        ("../../etc/passwd", "acc", "codex_______etc_passwd_20261122.json"),
        ('a<b>|"?*@x', "acc", "codex_a_b______at_x_20261122.json"),
    ],
)
def test_a_new_files_name(email: str, account: str, name: str) -> None:
    made = make_credential(
        access_token=Secret("a.b.c"), refresh_token=None, id_token=None, account_id=account, email=email
    )
    assert made is not None
    assert file_name(made, DAY) == name
    taken = file_name(made, DAY, taken=True)
    assert re.fullmatch(re.escape(name.removesuffix(".json")) + r"_[0-9a-f]{8}\.json", taken)


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=300))
def test_a_name_is_always_one_a_disk_can_hold(email: str) -> None:
    made = make_credential(
        access_token=Secret("a.b.c"), refresh_token=None, id_token=None, account_id="acc", email=email
    )
    assert made is not None
    name = file_name(made, DAY, taken=True)
    assert len(name.encode()) <= 255
    assert not set(name.removesuffix(".json")) & set('./\\:@<>"|?*')


def test_the_day_of_a_name_is_the_callers() -> None:
    assert file_name(credential(), datetime(2027, 1, 2, tzinfo=UTC).date()).endswith("_20270102.json")
