import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.account.credential import Claims, Credential, make_credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.formats.document import read_documents
from probe_tray.core.formats.login_fields import Format
from probe_tray.core.transfer.export import Export, ExportFormat, Style, export
from tests.support.fakes import START
from tests.support.files import exported, flat, official, proxied
from tests.support.tokens import credential, tokens

ZONE = timezone(timedelta(hours=8))
NOW = START + timedelta(days=1)
READ_AS = {
    ExportFormat.PROBE: Format.PROBE,
    ExportFormat.PROXY_API: Format.PROXY_API,
    ExportFormat.OFFICIAL: Format.OFFICIAL,
    ExportFormat.SUB2API: Format.SUB2API,
}
FORMATS = st.sampled_from(list(ExportFormat))
OTHERS = st.sampled_from([kind for kind in ExportFormat if kind is not ExportFormat.OFFICIAL])
"""Those that take a login without an id_token."""
PEOPLE = st.text("abcdefghij", min_size=1, max_size=6)
MOMENTS = st.integers(0, 10**6).map(lambda seconds: START + timedelta(seconds=seconds))


@st.composite
def credentials(draw: st.DrawFn, *, named: bool = True) -> Credential:
    """A login as some file held it; ``named``: its tokens say whose it is."""
    given_tokens = tokens(draw(PEOPLE), number=draw(st.integers(1, 9)), at=draw(MOMENTS))
    bare = not named and draw(st.booleans())
    made = make_credential(
        access_token=Secret("aa.bb.cc" if bare else given_tokens["access_token"]),
        refresh_token=Secret(given_tokens["refresh_token"]),
        id_token=None if bare else Secret(given_tokens["id_token"]),
        account_id=draw(PEOPLE),
        email=f"{draw(PEOPLE)}@example.com",
        last_refresh=draw(st.none() | MOMENTS),
        expired=draw(st.none() | MOMENTS),
    )
    assert made is not None
    return made


def style(kind: ExportFormat, *, refresh_tokens: bool = True) -> Style:
    return Style(format=kind, refresh_tokens=refresh_tokens, now=NOW, zone=ZONE, client_id="app_public")


def made(kind: ExportFormat, *logins: Credential, refresh_tokens: bool = True) -> Export:
    return export(logins, style(kind, refresh_tokens=refresh_tokens))


def text(kind: ExportFormat, *logins: Credential) -> str:
    (file,) = made(kind, *logins).files
    return file.text.reveal()


def read_back(result: Export) -> list[Credential]:
    documents = [d for file in result.files for d in read_documents(file.text.reveal().encode())]
    assert [d.reason for d in documents] == [""] * len(documents)
    assert [d.notes for d in documents] == [()] * len(documents)
    return [d.credential for d in documents if d.credential is not None]


def tokens_of(login: Credential) -> tuple[object, ...]:
    return (login.access_token, login.refresh_token, login.id_token, login.account_id, login.key, login.claims)


@given(FORMATS, st.lists(credentials(), min_size=1, max_size=4, unique_by=lambda login: login.key))
def test_what_is_exported_is_read_back_as_the_same_logins(kind: ExportFormat, logins: list[Credential]) -> None:
    back = read_back(made(kind, *logins))
    assert [tokens_of(login) for login in back] == [tokens_of(login) for login in logins]
    if kind is not ExportFormat.OFFICIAL:  # which has no place for the end
        assert [login.expiry for login in back] == [login.expiry for login in logins]
    if kind not in {ExportFormat.SUB2API, ExportFormat.OFFICIAL}:
        assert [login.last_refresh for login in back] == [login.last_refresh for login in logins]


@given(OTHERS, credentials(named=False))
def test_a_login_whose_tokens_say_nothing_keeps_its_owner(kind: ExportFormat, login: Credential) -> None:
    (back,) = read_back(made(kind, login))
    assert tokens_of(back) == tokens_of(login)


@given(OTHERS, st.lists(credentials(), max_size=4))
def test_refresh_tokens_are_left_out_where_that_is_asked(kind: ExportFormat, logins: list[Credential]) -> None:
    result = made(kind, *logins, refresh_tokens=False)
    assert all(login.refresh_token is None for login in read_back(result))
    assert not any("rt_" in file.text.reveal() for file in result.files)


@pytest.mark.parametrize("kind", list(READ_AS))
def test_each_format_is_recognised_as_what_it_is(kind: ExportFormat) -> None:
    assert read_documents(text(kind, credential("ana")).encode())[0].format is READ_AS[kind]


# --- one by one


def test_an_auth_json_without_its_refresh_token_has_an_empty_one() -> None:
    for login, kept in (
        (credential("ana"), False),
        (msgspec.structs.replace(credential("ana"), refresh_token=None), True),
    ):
        (file,) = made(ExportFormat.OFFICIAL, login, refresh_tokens=kept).files
        assert json.loads(file.text.reveal())["tokens"]["refresh_token"] == ""


def test_an_auth_json_is_what_the_official_client_takes() -> None:
    held = cast("dict[str, Any]", json.loads(text(ExportFormat.OFFICIAL, credential("ana"))))
    assert list(held) == ["auth_mode", "OPENAI_API_KEY", "tokens", "last_refresh"]
    assert (held["auth_mode"], held["OPENAI_API_KEY"]) == ("chatgpt", None)
    assert held["tokens"] == {**tokens("ana"), "account_id": "account-ana"}
    assert re.fullmatch(r"2026-11-22T06:00:00\.[0-9]{1,9}Z", held["last_refresh"])


def test_an_auth_json_has_a_time_even_where_the_login_has_none() -> None:
    never = msgspec.structs.replace(credential("ana"), last_refresh=None)
    assert json.loads(text(ExportFormat.OFFICIAL, never))["last_refresh"] == "2026-11-22T06:00:00.000000Z"
    silent = msgspec.structs.replace(never, claims=msgspec.structs.replace(never.claims, issued_at=None))
    assert json.loads(text(ExportFormat.OFFICIAL, silent))["last_refresh"] == "2026-11-23T06:00:00.000000Z"


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"id_token": None}, "no usable id_token"),
        ({"id_token": Secret("a.b")}, "no usable id_token"),
    ],
)
def test_what_the_official_client_would_refuse_is_left_out_with_a_reason(parts: dict[str, object], reason: str) -> None:
    result = made(ExportFormat.OFFICIAL, msgspec.structs.replace(credential("ana"), **parts), credential("bob"))
    assert [file.name for file in result.files] == ["auth.json"]
    (left,) = result.left_out
    assert left.who == "ana@example.com"
    assert reason in left.reason
    assert result.logins == 1


def test_a_sub2api_export_has_what_that_program_reads() -> None:
    held = cast("dict[str, Any]", json.loads(text(ExportFormat.SUB2API, credential("ana"), credential("bob"))))
    assert (held["type"], held["version"], held["proxies"]) == ("sub2api-data", 1, [])
    assert datetime.fromisoformat(held["exported_at"]) == NOW
    first, second = held["accounts"]
    assert (first["name"], second["name"]) == ("ana@example.com", "bob@example.com")
    assert (first["platform"], first["type"], first["extra"]) == ("openai", "oauth", {})
    own = first["credentials"]
    assert (own["chatgpt_account_id"], own["chatgpt_user_id"]) == ("account-ana", "user-ana")
    assert own["organization_id"] == "org-1"
    assert (own["plan_type"], own["client_id"], own["expires_at"]) == ("plus", "app_public", "2026-12-02T06:00:00Z")


def test_a_personal_access_token_keeps_its_owner_in_whatever_has_a_place_for_it() -> None:
    claims = Claims(user_id="user-ana", email="ana@example.com", fedramp=True)
    login = Credential(access_token=Secret(f"at-{20 * 'a'}"), account_id="account-ana", claims=claims)
    for target in (ExportFormat.PROBE, ExportFormat.LINES, ExportFormat.SUB2API):
        (again,) = read_documents(text(target, login).encode())
        assert again.credential is not None
        assert again.credential.claims == claims


def test_a_proxy_file_has_all_eight_keys_on_one_line() -> None:
    bare = msgspec.structs.replace(credential("ana"), refresh_token=None, last_refresh=None)
    (file,) = made(ExportFormat.PROXY_API, bare).files
    assert file.text.reveal().count("\n") == 1
    held = json.loads(file.text.reveal())
    assert len(held) == 8
    assert (held["refresh_token"], held["last_refresh"]) == ("", "")
    assert re.fullmatch(r"codex-[0-9a-f]{8}-ana@example\.com-plus\.json", file.name)


def test_json_lines_hold_one_login_each() -> None:
    lines = text(ExportFormat.LINES, credential("ana"), credential("bob")).splitlines()
    assert [json.loads(line)["email"] for line in lines] == ["ana@example.com", "bob@example.com"]


def test_of_one_account_the_newest_login_is_exported() -> None:
    late = credential("ana", number=2, at=NOW)
    (back,) = read_back(made(ExportFormat.SUB2API, credential("ana"), late, credential("ana")))
    assert back.access_token == late.access_token


def test_of_one_account_the_login_that_works_longest_where_it_goes_is_exported() -> None:
    early, late = credential("ana"), msgspec.structs.replace(credential("ana", number=2, at=NOW), refresh_token=None)
    whole, lent = made(ExportFormat.LINES, early, late), made(ExportFormat.LINES, early, late, refresh_tokens=False)
    assert [back.refresh_token for back in read_back(whole)] == [early.refresh_token]
    assert [back.access_token for back in read_back(lent)] == [late.access_token]
    assert (whole.not_renewable, lent.not_renewable) == ((), ())
    assert early.refresh_token is not None
    ended = export([early, late], style(ExportFormat.LINES), {early.refresh_token.fingerprint})
    assert [back.access_token for back in read_back(ended)] == [late.access_token]
    assert ended.not_renewable == ("ana@example.com",)


def test_an_access_token_that_has_expired_is_not_exported_in_the_place_of_one_that_works() -> None:
    early = credential("ana", at=START)
    expired = msgspec.structs.replace(credential("ana", number=2, at=START + timedelta(hours=1), days=0))
    (back,) = read_back(made(ExportFormat.LINES, early, expired, refresh_tokens=False))
    assert back.access_token == early.access_token


def test_no_two_files_have_one_name() -> None:
    team = [msgspec.structs.replace(credential("ana", user=f"user-{n}"), expired=None) for n in range(3)]
    for kind in (ExportFormat.PROBE, ExportFormat.PROXY_API, ExportFormat.OFFICIAL):
        names = {file.name.casefold() for file in made(kind, *team).files}
        assert len(names) == 3, kind


def test_a_name_leads_nowhere_else() -> None:
    evil = credential("ana")
    evil = msgspec.structs.replace(evil, claims=msgspec.structs.replace(evil.claims, email="../../x\\y@z"))
    for kind in (ExportFormat.PROBE, ExportFormat.PROXY_API, ExportFormat.OFFICIAL):
        for file in made(kind, evil, credential("bob")).files:
            assert not set("/\\") & set(file.name)


@pytest.mark.parametrize("kind", list(ExportFormat))
def test_nothing_is_written_where_there_is_nothing(kind: ExportFormat) -> None:
    assert made(kind).files == ()


def test_no_token_shows_in_an_export() -> None:
    shown = repr(made(ExportFormat.SUB2API, credential("ana")))
    assert "eyJ" not in shown
    assert "rt_" not in shown


def kept(source: dict[str, object], target: ExportFormat) -> dict[str, object]:
    """What is exported of a login that was read from ``source``."""
    (document,) = read_documents(json.dumps(source).encode())
    assert document.credential is not None
    style = Style(format=target, now=NOW, zone=ZONE, client_id="client")
    (file,) = export([document.credential], style).files
    return cast("dict[str, object]", json.loads(file.text.reveal()))


PROXYS: dict[str, object] = {"priority": 7, "note": "mine", "disabled": False, "headers": {"a": [1, None]}}


def test_what_another_program_keeps_in_its_file_is_handed_on_to_it() -> None:
    assert kept(proxied("ana", **PROXYS), ExportFormat.PROXY_API).items() >= PROXYS.items()
    assert kept(flat("ana", **PROXYS), ExportFormat.PROBE).items() >= PROXYS.items()
    source = official(more="top")
    cast("dict[str, object]", source["tokens"])["oauth_provenance"] = {"by": "login"}
    written = kept(source, ExportFormat.OFFICIAL)
    assert written["more"] == "top"
    assert cast("dict[str, object]", written["tokens"])["oauth_provenance"] == {"by": "login"}
    bundle = exported()
    (entry,) = cast("list[dict[str, object]]", bundle["accounts"])
    entry |= {"priority": 9, "extra": {"x": 1}, "proxy_key": "p"}
    cast("dict[str, object]", entry["credentials"])["scope"] = "s"
    (again,) = cast("list[dict[str, object]]", kept(bundle, ExportFormat.SUB2API)["accounts"])
    assert (again["priority"], again["extra"], again["proxy_key"]) == (9, {"x": 1}, "p")
    assert cast("dict[str, object]", again["credentials"])["scope"] == "s"


def test_without_refresh_tokens_nothing_of_other_programs_goes_along() -> None:
    (document,) = read_documents(json.dumps(proxied("ana", cookie="secret", **PROXYS)).encode())
    assert document.credential is not None
    (file,) = made(ExportFormat.PROXY_API, document.credential, refresh_tokens=False).files
    assert "cookie" not in file.text.reveal()
    assert "note" not in file.text.reveal()
    (whole,) = made(ExportFormat.PROXY_API, document.credential).files
    assert "cookie" in whole.text.reveal()


def test_what_two_programs_call_alike_goes_from_one_to_the_other_and_the_rest_does_not() -> None:
    bundle = kept(proxied("ana", **PROXYS), ExportFormat.SUB2API)
    (entry,) = cast("list[dict[str, object]]", bundle["accounts"])
    assert (entry["priority"], "note" in entry) == (7, False)
    source = exported()
    cast("list[dict[str, object]]", source["accounts"])[0]["priority"] = 9
    assert kept(source, ExportFormat.PROXY_API)["priority"] == 9
    assert "note" not in kept(proxied("ana", **PROXYS), ExportFormat.OFFICIAL)


def test_what_no_file_could_hold_again_is_left() -> None:
    source = json.dumps(flat()).removesuffix("}") + ', "big": 1e999, "note": "x"}'
    (document,) = read_documents(source.encode())
    assert document.credential is not None
    style = Style(format=ExportFormat.PROXY_API, now=NOW, zone=ZONE, client_id="client")
    (file,) = export([document.credential], style).files
    assert set(json.loads(file.text.reveal())) & {"big", "note"} == {"note"}
