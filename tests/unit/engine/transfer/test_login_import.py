import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.worth import lifeline
from probe_tray.core.errors import KeyringLockedError, LoginEndedError, NotSentError, WriteError
from probe_tray.core.formats.document import read_documents
from probe_tray.core.formats.writer import new_document
from probe_tray.core.service.answer import Answer
from probe_tray.core.settings import Settings
from probe_tray.core.state import AppState, RenewalState
from probe_tray.core.transfer.import_plan import ImportAction, Item, Source
from probe_tray.engine.account.accounts import Accounts, nothing_remembered
from probe_tray.engine.account.token_owners import TokenOwners
from probe_tray.engine.store import Store
from probe_tray.engine.transfer.login_check import LoginCheck
from probe_tray.engine.transfer.login_import import LoginImport
from tests.support.fakes import START, FakeClock, MemoryStore, ScriptedService
from tests.support.files import official
from tests.support.tokens import credential, nameless
from tests.support.transfers import nothing_noted, offline_check, offline_owners
from tests.unit.engine.bench import usage_answer

EARLY, LATE = credential("ana"), credential("ana", number=2, at=START + timedelta(hours=1))


class Locks:
    def __init__(self) -> None:
        self.held: list[AccountKey] = []
        self.turns: defaultdict[AccountKey, asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def hold(self, key: AccountKey) -> AsyncGenerator[None]:
        async with self.turns[key]:
            self.held.append(key)
            yield


def importing(
    *stores: MemoryStore,
    locks: Locks | None = None,
    service: ScriptedService | None = None,
    noted: list[str] | None = None,
) -> LoginImport:
    async def note(fingerprint: str) -> None:
        if noted is not None:
            noted.append(fingerprint)

    owners = offline_owners() if service is None else TokenOwners(service, FakeClock(START))
    accounts = Accounts(stores, Store(AppState(settings=Settings())), nothing_remembered)
    return LoginImport(accounts, locks or Locks(), offline_check(), owners, note)


def holding(login: Credential, location: str = "a.json") -> Source:
    return Source(location=location, documents=read_documents(new_document(login, UTC)))


async def test_a_new_account_goes_into_the_first_store_only() -> None:
    vault, folder = MemoryStore(StoreKind.VAULT), MemoryStore(StoreKind.FOLDER)
    assert (await importing(vault, folder).take(EARLY, EARLY.key)).action is ImportAction.ADD
    assert (vault.held, folder.held) == ({EARLY.key: EARLY}, {})


async def test_a_newer_login_reaches_every_store_that_holds_the_account() -> None:
    vault, folder = MemoryStore(StoreKind.VAULT, EARLY), MemoryStore(StoreKind.FOLDER, EARLY)
    assert (await importing(vault, folder).take(LATE, EARLY.key)).action is ImportAction.REPLACE
    assert (vault.held[EARLY.key], folder.held[EARLY.key]) == (LATE, LATE)


async def test_an_older_login_takes_the_place_of_one_that_has_ended() -> None:
    async def renewal_of(fingerprint: str) -> RenewalState:
        is_late = LATE.refresh_token is not None and fingerprint == LATE.refresh_token.fingerprint
        return RenewalState(problem=LoginEndedError(reason="it was used elsewhere").problem if is_late else None)

    vault = MemoryStore(StoreKind.VAULT, LATE)
    accounts = Accounts([vault], Store(AppState()), nothing_remembered)
    importing = LoginImport(accounts, Locks(), offline_check(renewal_of), offline_owners(), nothing_noted)
    document = replace(read_documents(b"{}")[0], credential=EARLY, no_login=None, reason="")
    (item,) = (await importing.preview([Source(location="x", documents=(document,))], START)).items
    assert item.action is ImportAction.EXCHANGE
    assert (await importing.take(EARLY, LATE.key)).action is ImportAction.EXCHANGE
    assert vault.held == {EARLY.key: EARLY}


async def test_a_login_that_can_be_renewed_takes_the_place_of_an_access_token_that_has_expired() -> None:
    expired = replace(credential("ana", number=3, at=START - timedelta(days=5), days=2), refresh_token=None)
    vault = MemoryStore(StoreKind.VAULT, expired)
    brought = credential("ana", number=4, at=START - timedelta(days=9))
    (item,) = (await importing(vault).preview([holding(brought)], START)).items
    assert item.action is ImportAction.EXCHANGE
    assert (await importing(vault).take(brought, expired.key)).action is ImportAction.EXCHANGE
    assert vault.held == {brought.key: brought}


@pytest.mark.parametrize("known", [True, False], ids=["remembered", "said by the service"])
async def test_a_dead_login_gives_its_place_to_another_one_of_its_account(known: bool) -> None:  # noqa: FBT001 - a case
    dead = LATE if known else replace(LATE, refresh_token=None)
    living = replace(EARLY, refresh_token=None)
    service = ScriptedService()
    service.answer("usage", *([] if known else [Answer(401, {}, b"{}")]), *[usage_answer()] * 2)

    async def renewal_of(fingerprint: str) -> RenewalState:
        is_dead = known and LATE.refresh_token is not None and fingerprint == LATE.refresh_token.fingerprint
        return RenewalState(problem=LoginEndedError(reason="it was used elsewhere").problem if is_dead else None)

    accounts = Accounts([MemoryStore(StoreKind.VAULT)], Store(AppState()), nothing_remembered)
    check = LoginCheck(service, renewal_of, FakeClock(START))
    importing = LoginImport(accounts, Locks(), check, offline_owners(), nothing_noted)
    items = (await importing.preview([holding(dead, "new.json"), holding(living, "old.json")], START)).items
    # What is remembered of the newer one is enough to take the other one at once.
    first = ImportAction.DOUBLE if known else ImportAction.DEAD
    assert [item.action for item in items] == [first, ImportAction.ADD]
    assert service.count("usage") == (1 if known else 2)


async def test_what_is_remembered_of_tokens_is_read_only_where_there_is_a_choice() -> None:
    read: list[str] = []

    async def renewal_of(fingerprint: str) -> RenewalState:
        read.append(fingerprint)
        return RenewalState()

    kept, alone = credential("ben"), credential("cat")
    accounts = Accounts([MemoryStore(StoreKind.VAULT, kept)], Store(AppState()), nothing_remembered)
    check = offline_check(renewal_of)
    importing = LoginImport(accounts, Locks(), check, offline_owners(), nothing_noted)
    sources = [holding(alone), holding(EARLY, "b.json"), holding(LATE, "c.json")]
    items = (await importing.preview(sources, START)).items
    assert [item.action for item in items] == [ImportAction.ADD, ImportAction.DOUBLE, ImportAction.ADD]
    looks = {login.access_token: read.count(lifeline(login)) for login in (alone, EARLY, LATE, kept)}
    # Once each before it is taken, and once before for those of one account.
    assert list(looks.values()) == [1, 1, 2, 0]


async def test_what_the_client_on_this_computer_uses_is_noted_before_a_copy_is_made() -> None:
    noted: list[str] = []
    vault, documents = MemoryStore(StoreKind.VAULT), read_documents(json.dumps(official("ana")).encode())
    sources = [
        Source(location="auth.json", documents=documents, in_use=True),
        Source(location="key.json", documents=read_documents(b'{"OPENAI_API_KEY": "sk-1"}'), in_use=True),
        Source(location="other.json", documents=read_documents(json.dumps(official("ben")).encode())),
    ]
    await importing(vault, noted=noted).preview(sources, START)
    token = EARLY.refresh_token
    assert token is not None
    assert noted == [token.fingerprint]
    assert vault.held == {}


async def test_what_is_as_good_stays_untouched() -> None:
    vault = MemoryStore(StoreKind.VAULT, LATE)
    assert (await importing(vault).take(EARLY, EARLY.key)).action is ImportAction.OLDER
    assert (await importing(vault).take(LATE, EARLY.key)).action is ImportAction.SAME
    assert vault.saves == 0


async def test_a_renewal_that_came_first_is_seen_once_the_lock_is_held() -> None:
    vault, locks = MemoryStore(StoreKind.VAULT, EARLY), Locks()
    middle = credential("ana", number=3, at=START + timedelta(minutes=1))
    async with locks.turns[EARLY.key]:
        taking = asyncio.ensure_future(importing(vault, locks=locks).take(middle, EARLY.key))
        await asyncio.sleep(0)
        await vault.save(LATE)
    assert (await taking).action is ImportAction.OLDER
    assert vault.held[EARLY.key] == LATE
    assert locks.held == [EARLY.key]


async def test_nothing_is_kept_where_a_store_cannot_tell_what_it_holds() -> None:
    vault, folder = MemoryStore(StoreKind.VAULT), MemoryStore(StoreKind.FOLDER)
    vault.fault = KeyringLockedError()
    with pytest.raises(KeyringLockedError):
        await importing(folder, vault).take(EARLY, EARLY.key)
    assert folder.held == {}


async def test_a_store_that_could_not_take_it_is_named_when_another_did() -> None:
    class Broken(MemoryStore):
        async def save(self, credential: Credential, replaces: AccountKey | None = None) -> StoredCredential:
            del credential, replaces
            raise WriteError(path="a.json", reason="the disk is full")

    vault, folder = MemoryStore(StoreKind.VAULT, EARLY), Broken(StoreKind.FOLDER, EARLY)
    taken = await importing(vault, folder).take(LATE, EARLY.key)
    assert (taken.action, [fault.facts["path"] for fault in taken.faults]) == (ImportAction.REPLACE, ["a.json"])
    assert vault.held[EARLY.key] == LATE


@pytest.mark.parametrize(
    ("kept", "brought"),
    [(nameless(EARLY), LATE), (EARLY, nameless(LATE))],
    ids=["named now", "no longer"],
)
async def test_a_login_goes_where_its_owner_s_older_one_was(kept: Credential, brought: Credential) -> None:
    vault, folder, locks = MemoryStore(StoreKind.VAULT), MemoryStore(StoreKind.FOLDER, kept), Locks()
    taken = await importing(vault, folder, locks=locks).take(brought, kept.key)
    assert taken.action is ImportAction.REPLACE
    assert (vault.held, folder.held) == ({}, {brought.key: brought})
    assert locks.held == sorted([kept.key, brought.key])


async def test_what_is_kept_of_the_owner_by_either_key_counts() -> None:
    vault, old = MemoryStore(StoreKind.VAULT, LATE), nameless(EARLY)
    middle = credential("ana", number=3, at=START + timedelta(minutes=1))
    folder = MemoryStore(StoreKind.FOLDER, old)
    assert (await importing(vault, folder).take(middle, old.key)).action is ImportAction.OLDER
    assert (vault.held, folder.held) == ({LATE.key: LATE}, {old.key: old})


TOKEN = "at-canary-0123456789abcdef"
OWNER = b"""{"email": "ana@example.com", "chatgpt_user_id": "user-ana", "chatgpt_account_id": "account-ana",
 "chatgpt_plan_type": "Team", "chatgpt_account_is_fedramp": true}"""


async def found_in(given: object, answer: Answer | Exception, *held: Credential) -> tuple[Item, LoginImport]:
    service = ScriptedService()
    service.answer("token_owner", answer)
    data = given.encode() if isinstance(given, str) else json.dumps(given).encode()
    taking = importing(MemoryStore(StoreKind.VAULT, *held), service=service)
    (item,) = (await taking.preview([Source(location="a.json", documents=read_documents(data))], START)).items
    return item, taking


@pytest.mark.parametrize(
    "given",
    [
        TOKEN,
        f"  {TOKEN}\n",
        {"OPENAI_API_KEY": None, "personal_access_token": TOKEN},
        {"auth_mode": "personalAccessToken", "personal_access_token": TOKEN},
        {"access_token": TOKEN},
        {"access_token": TOKEN, "account_id": "another", "email": "old@example.com"},
        {"accessToken": TOKEN},
        {"accounts": [{"platform": "openai", "type": "oauth", "credentials": {"access_token": TOKEN}}]},
    ],
)
async def test_a_personal_access_token_becomes_the_account_that_openai_says(given: object) -> None:
    item, taking = await found_in(given, Answer(200, {}, OWNER))
    login = item.credential
    assert login is not None
    assert (item.action, item.problem, item.personal) == (ImportAction.ADD, None, False)
    assert (login.key, login.email) == (AccountKey("account-ana", "user-ana"), "ana@example.com")
    assert (login.claims.plan, login.claims.fedramp, login.is_personal) == ("team", True, True)
    assert "canary" not in repr(item)
    assert (await taking.take(login, login.key)).action is ImportAction.ADD


async def test_the_end_of_a_token_is_known_where_its_file_says_it() -> None:
    given = {"access_token": TOKEN, "expired": "2027-01-02T03:04:05Z"}
    item, _ = await found_in({**given, "account_id": "account-ana"}, Answer(200, {}, OWNER))
    assert item.credential is not None
    assert str(item.credential.expiry) == "2027-01-02 03:04:05+00:00"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (NotSentError(reason="there is no network"), "there is no network"),
        (Answer(200, {}, b'{"email": "ana@example.com"}'), "status 200"),
        (Answer(200, {}, b'{"chatgpt_account_id": "a b"}'), "status 200"),
        (Answer(403, {"cf-mitigated": "challenge"}, b"<html>"), "auth.openai.com"),
    ],
)
async def test_a_token_whose_account_openai_does_not_say_is_not_taken(answer: Answer | Exception, reason: str) -> None:
    item, _ = await found_in(TOKEN, answer)
    assert (item.action, item.credential, item.personal) == (ImportAction.UNUSABLE, None, True)
    assert item.problem is not None
    assert reason in dict(item.problem.facts)["reason"]


async def test_a_dead_token_is_a_login_that_works_no_longer() -> None:
    for given in (TOKEN, {"access_token": TOKEN, "account_id": "account-ana"}):
        item, _ = await found_in(given, Answer(401, {}, b"{}"))
        assert (item.action, item.taken) == (ImportAction.DEAD, False)
        assert item.problem is not None
        assert "already refused" in dict(item.problem.facts)["reason"]


async def test_without_the_network_a_token_goes_by_what_its_file_says() -> None:
    given = {"access_token": TOKEN, "account_id": "account-ana"}
    item, _ = await found_in(given, NotSentError(reason="there is no network"))
    assert (item.action, item.account) == (ImportAction.ADD, AccountKey("account-ana"))


async def test_of_two_tokens_of_an_account_the_imported_one_counts_and_a_login_that_can_be_renewed_before_both() -> (
    None
):
    first, _ = await found_in(TOKEN, Answer(200, {}, OWNER))
    assert first.credential is not None
    again, _ = await found_in(TOKEN, Answer(200, {}, OWNER), first.credential)
    other, _ = await found_in(f"{TOKEN}-2", Answer(200, {}, OWNER), first.credential)
    assert (again.action, other.action) == (ImportAction.SAME, ImportAction.EXCHANGE)
    own = replace(credential("ana"), account_id="account-ana", claims=first.credential.claims)
    beside, _ = await found_in(TOKEN, Answer(200, {}, OWNER), own)
    assert beside.action is ImportAction.NOT_RENEWABLE
