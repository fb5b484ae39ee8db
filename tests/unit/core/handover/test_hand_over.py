import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.account.age import age
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.formats.document import read_documents
from probe_tray.core.formats.writer import client_document
from probe_tray.core.handover.hand_over import (
    ClientContent,
    Returned,
    returned,
)
from tests.support.hand_overs import client_file
from tests.support.tokens import START, credential


def content(login: Credential | None = None, *, text: str | None = None, renewable: bool = True) -> ClientContent:
    if login is not None:
        text = (client_file(login) if renewable else client_document(login, None)).decode()
    if text is None:
        return ClientContent(location="auth.json")
    return ClientContent(location="auth.json", text=Secret(text), documents=read_documents(text.encode()))


@pytest.mark.parametrize("text", [None, "", '{"OPENAI_API_KEY": null, "tokens": null}'])
def test_an_empty_place_has_nothing_to_lose(text: str | None) -> None:
    assert returned(content(text=text), None) is Returned.NOTHING


@pytest.mark.parametrize(
    "text", ['{"OPENAI_API_KEY": "sk-test"}', '{"personal_access_token": "at-test"}', "{", "no json", '{"a": 1}']
)
def test_what_is_no_login_of_ours_is_set_aside(text: str) -> None:
    assert returned(content(text=text), None) is Returned.ASIDE


def test_a_login_that_nobody_here_has_is_set_aside() -> None:
    assert returned(content(credential("ana")), None) is Returned.ASIDE
    assert returned(content(credential("ana")), credential("ben")) is Returned.ASIDE


def test_what_was_lent_needs_nothing() -> None:
    newer = credential("ana", number=2, at=START + timedelta(hours=1))
    assert returned(content(newer, renewable=False), credential("ana")) is Returned.NOTHING


def test_a_login_of_the_client_s_own_never_takes_the_place_of_one_that_was_made_here() -> None:
    newer, ours = credential("ana", number=2, at=START + timedelta(hours=1)), credential("ana")
    assert returned(content(newer), replace(ours, made_here=True)) is Returned.ASIDE
    assert returned(content(newer), replace(ours, made_here=False)) is Returned.ADOPTED


def login(number: int, *, renewable: bool) -> Credential:
    made = credential("ana", number=number, at=START + timedelta(hours=number // 2))
    return made if renewable else replace(made, refresh_token=None)


LOGINS = st.builds(login, st.integers(1, 6), renewable=st.booleans())


@given(theirs=LOGINS, ours=LOGINS)
def test_no_refresh_token_goes_that_nothing_else_holds(theirs: Credential, ours: Credential) -> None:
    what = returned(content(theirs), ours)
    if theirs.refresh_token is not None and theirs.refresh_token != ours.refresh_token:
        assert what in {Returned.ADOPTED, Returned.ASIDE}
    if what is Returned.ADOPTED:
        # What is newer here is never overwritten by what the client has.
        assert age(theirs) >= age(ours)
    if theirs.refresh_token is None and ours.refresh_token is not None:
        assert what is Returned.NOTHING


@pytest.mark.parametrize(
    ("text", "clear"),
    [
        (None, True),
        ('{"OPENAI_API_KEY": null, "tokens": null}', True),
        ('{"OPENAI_API_KEY": "sk-test"}', True),
        ("", False),
        ('{"tokens": {"access_', False),
    ],
)
def test_a_file_that_is_half_written_does_not_say_who_is_logged_in(text: str | None, *, clear: bool) -> None:
    assert content(text=text).is_clear is clear


def test_a_folder_that_is_gone_does_not_say_who_is_logged_in() -> None:
    assert not ClientContent(location="auth.json", has_home=False).is_clear


def test_the_client_s_file_keeps_what_belongs_to_no_login() -> None:
    before = {
        "auth_mode": "apikey",
        "OPENAI_API_KEY": "sk",
        "personal_access_token": "at-x",
        "tokens": {"id_token": "x", "access_token": "y", "refresh_token": "z", "oauth_provenance": "theirs"},
        "mine": [1, {"a": 2}],
    }
    (document,) = read_documents(json.dumps(before).encode())
    written = json.loads(client_document(credential("ana"), document))
    assert written["mine"] == [1, {"a": 2}]
    assert (written["auth_mode"], written["OPENAI_API_KEY"]) == ("chatgpt", None)
    assert "personal_access_token" not in written
    assert written["tokens"].keys() == {"id_token", "access_token", "refresh_token", "account_id"}
    assert written["tokens"]["refresh_token"] == ""


def test_the_same_account_s_own_keys_stay() -> None:
    before = client_file(credential("ana")).decode()
    (same,) = read_documents(before.replace('"account_id"', '"login_owner_id":"o","account_id"').encode())
    second = credential("ana", number=2)
    data = client_document(second, same)
    assert json.loads(data)["tokens"]["login_owner_id"] == "o"
    found = read_documents(data)[0].credential
    assert found is not None
    assert (found.access_token, found.refresh_token) == (second.access_token, None)
