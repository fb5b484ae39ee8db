import json
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from probe_tray.adapters.official import OfficialStore, keyring_user
from probe_tray.core.errors import KeyringLockedError, OfficialLoginError, StoreError
from probe_tray.core.identity import AccountKey, StoreKind
from probe_tray.core.secret import Secret
from tests.support.files import official
from tests.support.tokens import credential


class Keyring:
    """Answers for one entry, and counts the questions."""

    def __init__(self, answer: str | StoreError | None = None) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str]] = []

    async def read(self, service: str, user: str) -> Secret | None:
        self.asked.append((service, user))
        if isinstance(self.answer, StoreError):
            raise self.answer
        return None if self.answer is None else Secret(self.answer)


@pytest.fixture
def codex_home(tmp_path: Path) -> Path:
    (tmp_path / "codex").mkdir()
    return tmp_path / "codex"


def real(folder: Path) -> bytes:
    return str(folder.resolve()).encode()


def put(codex_home: Path, value: object) -> Path:
    path = codex_home / "auth.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


async def test_the_file_is_shown_and_the_keyring_not_asked(codex_home: Path) -> None:
    path = put(codex_home, official("ana"))
    keyring = Keyring("{}")
    store = OfficialStore(codex_home, keyring.read)
    (stored,) = (await store.load()).found
    assert (stored.store, stored.location) == (StoreKind.OFFICIAL, str(path))
    assert stored.credential.key == credential("ana").key
    assert await store.read(credential("ana").key) == stored
    assert await store.read(AccountKey("other")) is None
    assert keyring.asked == []


async def test_nobody_may_change_it(codex_home: Path) -> None:
    path = put(codex_home, official("ana"))
    before = path.read_bytes()
    store = OfficialStore(codex_home, Keyring().read)
    for refused in (
        store.save(credential("ana", number=2)),
        store.remove(credential("ana").key),
        store.check_writable(credential("ana").key),
    ):
        with pytest.raises(OfficialLoginError, match="belongs to the official Codex client"):
            await refused
    assert path.read_bytes() == before


async def test_without_a_file_the_keyring_holds_the_same_json(codex_home: Path) -> None:
    keyring = Keyring(json.dumps(official("ana")))
    store = OfficialStore(codex_home, keyring.read)
    (stored,) = (await store.load()).found
    assert stored.credential.key == credential("ana").key
    user = "cli|" + sha256(real(codex_home)).hexdigest()[:16]
    assert keyring.asked == [("Codex Auth", user)]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_the_keyring_entry_is_named_after_the_real_folder(tmp_path: Path, codex_home: Path) -> None:
    (tmp_path / "link").symlink_to(codex_home)
    assert keyring_user(tmp_path / "link") == keyring_user(codex_home)


async def test_where_the_client_never_ran_the_keyring_is_not_asked(tmp_path: Path) -> None:
    keyring = Keyring("{}")
    contents = await OfficialStore(tmp_path / "none", keyring.read).load()
    assert (contents.found, contents.unreadable, keyring.asked) == ((), (), [])


@pytest.mark.parametrize("answer", [None, KeyringLockedError()])
async def test_a_keyring_without_an_answer_means_no_login(codex_home: Path, answer: StoreError | None) -> None:
    store = OfficialStore(codex_home, Keyring(answer).read)
    contents = await store.load()
    assert (contents.found, contents.unreadable, contents.problem) == ((), (), None)
    assert await store.read(credential().key) is None


async def test_an_api_key_login_is_told(codex_home: Path) -> None:
    path = put(codex_home, {"auth_mode": "apikey", "OPENAI_API_KEY": "sk-canary", "tokens": None})
    contents = await OfficialStore(codex_home, Keyring().read).load()
    assert contents.api_key is not None
    assert contents.api_key.location == str(path)
    assert "canary" not in repr(contents)


async def test_a_client_that_signed_out_is_no_complaint(codex_home: Path) -> None:
    put(codex_home, {"OPENAI_API_KEY": None, "tokens": None, "last_refresh": None})
    contents = await OfficialStore(codex_home, Keyring().read).load()
    assert (contents.found, contents.unreadable, contents.api_key) == ((), (), None)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ('{"tokens": {"access_token": "canary', "does not end"),
        ({"tokens": {"access_token": "canary"}}, "three parts"),
        ("[" * 300_000, "larger than 256 KiB"),
    ],
    ids=["cut off", "no token", "too large"],
)
async def test_a_file_that_cannot_be_read_is_named_with_its_reason(
    codex_home: Path, value: object, reason: str
) -> None:
    path = put(codex_home, value)
    (found,) = (await OfficialStore(codex_home, Keyring().read).load()).unreadable
    assert found.location == str(path)
    assert reason in dict(found.problem.facts)["reason"]
    assert "canary" not in repr(found)


async def test_a_change_by_the_client_is_noticed(codex_home: Path) -> None:
    store = OfficialStore(codex_home, Keyring().read)
    await store.load()
    assert not await store.changed()
    put(codex_home, official("ana"))
    assert await store.changed()
    await store.load()
    assert not await store.changed()
    put(codex_home, official("ben", note="longer"))
    await store.read(credential("ana").key)
    assert await store.changed()
