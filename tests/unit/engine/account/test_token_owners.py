"""Whose personal access tokens are, and the official client's as an account."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.logins.official_store import OfficialStore
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.personal_token import personal_token, read_owner
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    NotSentError,
    OfficialLoginError,
    PersonalTokenRefusedError,
    ProbeError,
    StrangeAnswerError,
)
from probe_tray.core.service.answer import Answer
from probe_tray.engine.account.token_owners import FoundTokenStore, OwnedTokenStore, TokenOwners
from tests.support.fakes import START, FakeClock, ScriptedService

TOKEN = Secret("at-canary-0123456789abcdef")
KEY = AccountKey("account-ana", "user-ana")
OWNED = Answer(
    200,
    {},
    b'{"email": "ana@example.com", "chatgpt_user_id": "user-ana", "chatgpt_account_id": "account-ana"}',
)
OFFLINE = NotSentError(reason="there is no network")


class Owners:
    def __init__(self, *answers: Answer | Exception) -> None:
        self.service, self.clock = ScriptedService(), FakeClock(START)
        self.service.answer("token_owner", *answers)
        self.owners = TokenOwners(self.service, self.clock)


async def test_openai_is_asked_once_for_each_token() -> None:
    asked = Owners(OWNED)
    assert asked.owners.known(TOKEN) is None
    login = await asked.owners.find(TOKEN)
    assert (login.key, login.access_token) == (KEY, TOKEN)
    assert (await asked.owners.find(TOKEN), asked.owners.known(TOKEN)) == (login, login)
    assert asked.service.count("token_owner") == 1


async def test_what_failed_is_asked_again_a_minute_later_and_a_dead_token_never() -> None:
    asked = Owners(OFFLINE, OWNED)
    for _ in range(2):
        with pytest.raises(NotSentError):
            await asked.owners.find(TOKEN)
    assert asked.service.count("token_owner") == 1
    await asked.clock.advance(timedelta(minutes=1))
    assert (await asked.owners.find(TOKEN)).key == KEY
    dead = Owners(Answer(401, {}, b"{}"), OWNED)
    for _ in range(2):
        with pytest.raises(PersonalTokenRefusedError):
            await dead.owners.find(TOKEN)
        await dead.clock.advance(timedelta(hours=1))
    assert dead.service.count("token_owner") == 1


class Client:
    """The official client, logged in with a token."""

    def __init__(self, home: Path, *answers: Answer | Exception) -> None:
        self.home, self.asked = home, Owners(*answers)
        self.log_in(TOKEN)

        async def no_keyring(_service: str, _user: str) -> Secret | None:
            return None

        inner = OfficialStore(home, no_keyring, read_silently=None, now=self.asked.clock.monotonic, disk=Disk())
        self.store = OwnedTokenStore(inner, self.asked.owners)

    def log_in(self, token: Secret) -> None:
        held = {"OPENAI_API_KEY": None, "personal_access_token": token.reveal()}
        (self.home / "auth.json").write_text(json.dumps(held))


async def test_the_clients_token_becomes_an_account_without_the_stores_waiting(tmp_path: Path) -> None:
    client = Client(tmp_path, OWNED)
    contents = await client.store.load()
    assert (contents.found, contents.api_key is None, client.asked.service.asked) == ((), False, [])
    assert await client.store.read(KEY) is None
    assert await client.store.changed()
    contents = await client.store.load()
    (stored,) = contents.found
    assert (stored.credential.key, stored.store, stored.may_be_renewed) == (KEY, StoreKind.OFFICIAL, False)
    assert stored.location == str(tmp_path / "auth.json")
    assert (contents.api_key, contents.personal, contents.unreadable) == (None, (), ())
    assert await client.store.read(KEY) == stored
    assert not await client.store.changed()
    assert "canary" not in repr(contents)
    with pytest.raises(OfficialLoginError):
        await client.store.save(stored.credential)


async def test_another_token_in_its_place_is_another_login(tmp_path: Path) -> None:
    client = Client(tmp_path, OWNED)
    await client.store.load()
    await client.store.changed()
    await client.store.load()
    client.log_in(Secret("at-canary-another-0123456789"))
    assert await client.store.changed()
    assert (await client.store.load()).found == ()
    assert await client.store.changed()
    (stored,) = (await client.store.load()).found
    assert stored.credential.access_token.reveal() == "at-canary-another-0123456789"


async def test_offline_it_is_said_that_there_is_one(tmp_path: Path) -> None:
    client = Client(tmp_path, OFFLINE)
    await client.store.load()
    assert not await client.store.changed()
    contents = await client.store.load()
    assert contents.api_key is not None
    assert (contents.api_key.personal, contents.found, contents.unreadable) == (True, (), ())


async def test_a_dead_one_is_said_to_be_dead(tmp_path: Path) -> None:
    client = Client(tmp_path, Answer(401, {}, b"{}"))
    await client.store.load()
    assert await client.store.changed()
    contents = await client.store.load()
    (dead,) = contents.unreadable
    assert (contents.api_key, contents.found) == (None, ())
    assert dead.problem.is_a(PersonalTokenRefusedError)
    assert not await client.store.changed()


async def test_tokens_found_elsewhere_are_only_read() -> None:
    login = read_owner(TOKEN, OWNED.body)
    asked = Owners(OWNED)
    assert await asked.owners.find(TOKEN) == login
    store = FoundTokenStore(StoreKind.OFFICIAL, ())
    assert (store.kind, await store.read(KEY), await store.changed()) == (StoreKind.OFFICIAL, None, False)
    assert (await store.load()).found == ()
    for refused in (store.save(login), store.check_writable(KEY), store.remove(KEY)):
        with pytest.raises(OfficialLoginError):
            await refused


@given(
    body=st.binary(max_size=200)
    | st.recursive(st.none() | st.text(), lambda s: st.dictionaries(st.text(), s)).map(
        lambda value: json.dumps(value).encode()
    )
)
def test_whatever_comes_back_is_an_owner_or_said_to_be_none(body: bytes) -> None:
    with pytest.raises(StrangeAnswerError):
        read_owner(TOKEN, body)


@given(
    account=st.text() | st.none() | st.integers(),
    user=st.text() | st.none(),
    plan=st.text() | st.lists(st.text()),
    fedramp=st.booleans() | st.text(),
)
def test_an_owner_is_one_whose_id_a_header_can_hold(
    account: object, user: object, plan: object, fedramp: object
) -> None:
    told = {
        "chatgpt_account_id": account,
        "chatgpt_user_id": user,
        "chatgpt_plan_type": plan,
        "chatgpt_account_is_fedramp": fedramp,
    }
    try:
        login = read_owner(TOKEN, json.dumps(told).encode())
    except ProbeError:
        return
    assert login.account_id.isascii()
    assert login.account_id.isprintable()
    assert (login.key.account_id, login.renewable, login.is_personal) == (login.account_id, False, True)


@given(st.text(max_size=40) | st.text("at-bc=~+/ .\n", max_size=40))
def test_a_token_never_holds_what_a_header_cannot(text: str) -> None:
    found = personal_token(text)
    assert found is None or (text.startswith("at-") and text.isascii() and text.isprintable() and " " not in text)
