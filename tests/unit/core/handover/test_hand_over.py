import json
from datetime import UTC, datetime, timedelta

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
    HandOver,
    HandOverRecord,
    HandOverWay,
    PendingHandOver,
    Returned,
    returned,
    whole_hand_over,
)
from tests.support.tokens import START, credential


def content(login: Credential | None = None, *, text: str | None = None, renewable: bool = True) -> ClientContent:
    if login is not None:
        text = client_document(login, None, renewable=renewable).decode()
    if text is None:
        return ClientContent(location="auth.json")
    return ClientContent(location="auth.json", text=Secret(text), documents=read_documents(text.encode()))


@pytest.mark.parametrize("text", [None, "", '{"OPENAI_API_KEY": null, "tokens": null}'])
def test_an_empty_place_has_nothing_to_lose(text: str | None) -> None:
    assert returned(content(text=text), None, followed=False) is Returned.NOTHING


@pytest.mark.parametrize(
    "text", ['{"OPENAI_API_KEY": "sk-test"}', '{"personal_access_token": "at-test"}', "{", "no json", '{"a": 1}']
)
def test_what_is_no_login_of_ours_is_set_aside(text: str) -> None:
    assert returned(content(text=text), None, followed=False) is Returned.ASIDE


def test_a_login_that_nobody_here_has_is_set_aside() -> None:
    assert returned(content(credential("ana")), None, followed=False) is Returned.ASIDE
    assert returned(content(credential("ana")), credential("ben"), followed=False) is Returned.ASIDE


def test_what_was_lent_needs_nothing() -> None:
    newer = credential("ana", number=2, at=START + timedelta(hours=1))
    assert returned(content(newer, renewable=False), credential("ana"), followed=False) is Returned.NOTHING


def login(number: int, *, renewable: bool) -> Credential:
    made = credential("ana", number=number, at=START + timedelta(hours=number // 2))
    return made if renewable else replace(made, refresh_token=None)


LOGINS = st.builds(login, st.integers(1, 6), renewable=st.booleans())


@pytest.mark.parametrize("followed", [False, True])
@given(theirs=LOGINS, ours=LOGINS)
def test_no_refresh_token_goes_that_nothing_else_holds(theirs: Credential, ours: Credential, *, followed: bool) -> None:
    what = returned(content(theirs), ours, followed=followed)
    if theirs.refresh_token is not None and theirs.refresh_token != ours.refresh_token:
        assert what in {Returned.ADOPTED, Returned.ASIDE}
    if what is Returned.ADOPTED:
        # What is newer here is never overwritten by what the client has.
        assert age(theirs) >= age(ours)
    if theirs.refresh_token is None and ours.refresh_token is not None:
        assert what is Returned.NOTHING


def test_what_is_being_handed_over_is_the_client_s_already() -> None:
    key = credential("ana").key
    whole = HandOver(key=key, way=HandOverWay.WHOLE, at=datetime(2026, 11, 29, tzinfo=UTC))
    lent = replace(whole, way=HandOverWay.LENT)
    pending = PendingHandOver(written="0", hand_over=whole)
    assert whole_hand_over(HandOverRecord(pending={"home": pending}), key) == whole
    assert whole_hand_over(HandOverRecord(lent={"home": whole}), key) == whole
    assert whole_hand_over(HandOverRecord(lent={"home": lent}), key) is None
    assert whole_hand_over(HandOverRecord(lent={"home": whole}), credential("ben").key) is None


def test_the_client_s_file_keeps_what_belongs_to_no_login() -> None:
    before = {
        "auth_mode": "apikey",
        "OPENAI_API_KEY": "sk",
        "personal_access_token": "at-x",
        "tokens": {"id_token": "x", "access_token": "y", "refresh_token": "z", "oauth_provenance": "theirs"},
        "mine": [1, {"a": 2}],
    }
    (document,) = read_documents(json.dumps(before).encode())
    written = json.loads(client_document(credential("ana"), document, renewable=False))
    assert written["mine"] == [1, {"a": 2}]
    assert (written["auth_mode"], written["OPENAI_API_KEY"]) == ("chatgpt", None)
    assert "personal_access_token" not in written
    assert written["tokens"].keys() == {"id_token", "access_token", "refresh_token", "account_id"}
    assert written["tokens"]["refresh_token"] == ""


def test_the_same_account_s_own_keys_stay() -> None:
    whole = client_document(credential("ana"), None, renewable=True).decode()
    (same,) = read_documents(whole.replace('"account_id"', '"login_owner_id":"o","account_id"').encode())
    second = credential("ana", number=2)
    data = client_document(second, same, renewable=True)
    assert json.loads(data)["tokens"]["login_owner_id"] == "o"
    found = read_documents(data)[0].credential
    assert found is not None
    assert (found.access_token, found.refresh_token) == (second.access_token, second.refresh_token)
