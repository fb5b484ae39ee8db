import asyncio
import json
import os
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.logins.official_store import OfficialStore, keyring_user
from probe_tray.adapters.system import SystemClock
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    KeyringLockedError,
    OfficialBrokenError,
    OfficialLoginError,
    OfficialSealedError,
    ReadError,
    StoreError,
)
from tests.support.fakes import problem_kind
from tests.support.files import official
from tests.support.threads import calls_in_threads
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
    store = OfficialStore(codex_home, keyring.read, read_silently=None, disk=Disk(), now=SystemClock().monotonic)
    (stored,) = (await store.load()).found
    assert (stored.store, stored.location) == (StoreKind.OFFICIAL, str(path))
    assert stored.credential.key == credential("ana").key
    assert await store.read(credential("ana").key) == stored
    assert await store.read(AccountKey("other")) is None
    assert keyring.asked == []


async def test_where_there_is_no_file_one_thread_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, silent = iter((0.0, 60.0)).__next__, Keyring().read
    store = OfficialStore(tmp_path / "no client", Keyring().read, read_silently=silent, disk=Disk(), now=now)
    threads = calls_in_threads(monkeypatch)
    assert await store.read(credential("ana").key) is None
    assert len(threads) == 1
    assert not await store.changed()
    assert len(threads) == 2


async def test_nobody_may_change_it(codex_home: Path) -> None:
    path = put(codex_home, official("ana"))
    before = path.read_bytes()
    store = OfficialStore(codex_home, Keyring().read, read_silently=None, disk=Disk(), now=SystemClock().monotonic)
    for refused in (
        store.save(credential("ana", number=2)),
        store.remove(credential("ana").key),
        store.check_writable(credential("ana").key),
    ):
        with pytest.raises(OfficialLoginError, match="belongs to the Codex client"):
            await refused
    assert path.read_bytes() == before


async def test_without_a_file_the_keyring_holds_the_same_json(codex_home: Path) -> None:
    keyring = Keyring(json.dumps(official("ana")))
    store = OfficialStore(codex_home, keyring.read, read_silently=None, disk=Disk(), now=SystemClock().monotonic)
    (stored,) = (await store.load()).found
    assert stored.credential.key == credential("ana").key
    user = "cli|" + sha256(real(codex_home)).hexdigest()[:16]
    assert keyring.asked == [("Codex Auth", user)]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_the_keyring_entry_is_named_after_the_real_folder(tmp_path: Path, codex_home: Path) -> None:
    (tmp_path / "link").symlink_to(codex_home)
    assert keyring_user(tmp_path / "link") == keyring_user(codex_home)


@pytest.mark.skipif(sys.platform != "linux", reason="file names elsewhere are always text")
def test_a_folder_whose_name_is_no_text_has_the_entry_that_the_client_makes(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"bad\xff")
    shown = os.fsencode(tmp_path.resolve()) + "/bad\N{REPLACEMENT CHARACTER}".encode()
    assert keyring_user(folder) == f"cli|{sha256(shown).hexdigest()[:16]}"


async def test_where_the_client_never_ran_the_keyring_is_not_asked(tmp_path: Path) -> None:
    keyring = Keyring("{}")
    contents = await OfficialStore(
        tmp_path / "none", keyring.read, read_silently=None, disk=Disk(), now=SystemClock().monotonic
    ).load()
    assert (contents.found, contents.unreadable, keyring.asked) == ((), (), [])


@pytest.mark.parametrize("answer", [None, KeyringLockedError()])
async def test_a_keyring_without_an_answer_means_no_login(codex_home: Path, answer: StoreError | None) -> None:
    store = OfficialStore(
        codex_home, Keyring(answer).read, read_silently=None, disk=Disk(), now=SystemClock().monotonic
    )
    contents = await store.load()
    assert (contents.found, contents.unreadable, contents.problem) == ((), (), None)
    assert await store.read(credential().key) is None


async def test_an_api_key_login_is_told(codex_home: Path) -> None:
    path = put(codex_home, {"auth_mode": "apikey", "OPENAI_API_KEY": "sk-canary", "tokens": None})
    contents = await OfficialStore(
        codex_home, Keyring().read, read_silently=None, disk=Disk(), now=SystemClock().monotonic
    ).load()
    assert contents.api_key is not None
    assert contents.api_key.location == str(path)
    assert "canary" not in repr(contents)


async def test_a_personal_access_token_is_told_as_such(codex_home: Path) -> None:
    path = put(codex_home, {"OPENAI_API_KEY": None, "personal_access_token": "at-canary"})
    contents = await OfficialStore(
        codex_home, Keyring().read, read_silently=None, disk=Disk(), now=SystemClock().monotonic
    ).load()
    assert contents.api_key is not None
    assert (contents.api_key.location, contents.api_key.personal, contents.unreadable) == (str(path), True, ())
    assert "canary" not in repr(contents)


async def test_a_folder_that_leads_nowhere_is_said(tmp_path: Path) -> None:
    home = tmp_path / "codex"
    home.symlink_to(tmp_path / "unmounted")
    store = OfficialStore(home, Keyring("{}").read, read_silently=None, disk=Disk(), now=SystemClock().monotonic)
    (found,) = (await store.load()).unreadable
    assert (found.location, dict(found.problem.facts)["reason"]) == (str(home), "it is a link that leads nowhere")
    home.unlink()
    home.symlink_to(home)
    (found,) = (await store.load()).unreadable
    assert "link" in dict(found.problem.facts)["reason"]
    home.unlink()
    home.write_text("no folder")
    (found,) = (await store.load()).unreadable
    assert dict(found.problem.facts)["reason"] == "it is not a folder"


async def test_a_login_that_the_client_keeps_sealed_is_said_to_be(codex_home: Path) -> None:
    (codex_home / "secrets").mkdir()
    (codex_home / "secrets" / "codex_auth.age").write_bytes(b"age")
    (found,) = (
        await OfficialStore(
            codex_home, Keyring(None).read, read_silently=None, disk=Disk(), now=SystemClock().monotonic
        ).load()
    ).unreadable
    assert found.problem.kind == OfficialSealedError
    whole = Keyring(json.dumps(official("ana")))
    assert (
        len(
            (
                await OfficialStore(
                    codex_home, whole.read, read_silently=None, disk=Disk(), now=SystemClock().monotonic
                ).load()
            ).found
        )
        == 1
    )


async def test_a_client_that_signed_out_is_no_complaint(codex_home: Path) -> None:
    put(codex_home, {"OPENAI_API_KEY": None, "tokens": None, "last_refresh": None})
    contents = await OfficialStore(
        codex_home, Keyring().read, read_silently=None, disk=Disk(), now=SystemClock().monotonic
    ).load()
    assert (contents.found, contents.unreadable, contents.api_key) == ((), (), None)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ('{"tokens": {"access_token": "canary', "unterminated"),
        ({"tokens": {"access_token": "canary"}}, "which account it is"),
        ("[" * 300_000, "larger than 256 KiB"),
    ],
    ids=["cut off", "no token", "too large"],
)
async def test_a_file_that_cannot_be_read_is_named_with_its_reason(
    codex_home: Path, value: object, reason: str
) -> None:
    path = put(codex_home, value)
    (found,) = (
        await OfficialStore(
            codex_home, Keyring().read, read_silently=None, disk=Disk(), now=SystemClock().monotonic
        ).load()
    ).unreadable
    assert found.location == str(path)
    assert reason in dict(found.problem.facts)["reason"]
    assert "canary" not in repr(found)


WHOLE = json.dumps(official("ana"))


@pytest.mark.parametrize("cut", [0, 1, 300, len(WHOLE) - 1])
async def test_half_of_a_file_that_the_client_is_writing_is_not_taken_for_no_login(codex_home: Path, cut: int) -> None:
    store = OfficialStore(codex_home, Keyring().read, read_silently=None, disk=Disk(), now=SystemClock().monotonic)
    path = put(codex_home, WHOLE[:cut])
    with pytest.raises(OfficialBrokenError) as broken:
        await store.read(credential("ana").key)
    assert broken.value.facts["path"] == str(path)


async def test_the_client_is_given_a_moment_to_finish_its_file(
    codex_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def written(_seconds: float) -> None:
        put(codex_home, WHOLE)

    store = OfficialStore(codex_home, Keyring().read, read_silently=None, disk=Disk(), now=SystemClock().monotonic)
    put(codex_home, WHOLE[:300])
    monkeypatch.setattr(asyncio, "sleep", written)
    found = await store.read(credential("ana").key)
    assert found is not None
    assert found.credential.refresh_token == credential("ana").refresh_token


@pytest.mark.parametrize("in_keyring", [True, False])
async def test_what_nobody_understands_is_not_taken_for_no_login_either(codex_home: Path, *, in_keyring: bool) -> None:
    strange = json.dumps({"tokens": {"access_token": "canary"}})
    if not in_keyring:
        put(codex_home, strange)
    keyring = Keyring(strange)
    store = OfficialStore(codex_home, keyring.read, read_silently=None, disk=Disk(), now=SystemClock().monotonic)
    with pytest.raises(ReadError) as found:
        await store.read(credential("ana").key)
    assert not isinstance(found.value, OfficialBrokenError)
    assert "canary" not in repr(found.value)


@pytest.mark.parametrize(
    "value",
    [
        {"auth_mode": "apikey", "OPENAI_API_KEY": "sk-canary", "tokens": None},
        {"OPENAI_API_KEY": None, "personal_access_token": "at-canary"},
        {"OPENAI_API_KEY": None, "tokens": None, "last_refresh": None},
    ],
    ids=["API key", "personal access token", "signed out"],
)
async def test_a_client_that_has_no_such_login_is_known_to_have_none(codex_home: Path, value: object) -> None:
    put(codex_home, value)
    store = OfficialStore(codex_home, Keyring().read, read_silently=None, disk=Disk(), now=SystemClock().monotonic)
    assert await store.read(credential("ana").key) is None


async def test_a_change_by_the_client_is_noticed(codex_home: Path) -> None:
    store = OfficialStore(codex_home, Keyring().read, read_silently=None, disk=Disk(), now=SystemClock().monotonic)
    await store.load()
    assert not await store.changed()
    put(codex_home, official("ana"))
    assert await store.changed()
    await store.load()
    assert not await store.changed()
    put(codex_home, official("ben", note="longer"))
    await store.read(credential("ana").key)
    assert await store.changed()


class Watch:
    """A store whose keyring entry is looked at silently too; ``minutes`` pass when the test says so."""

    def __init__(self, codex_home: Path) -> None:
        self.loud, self.silent = Keyring(json.dumps(official("ana"))), Keyring(json.dumps(official("ana")))
        self.minutes = 0.0
        self.store = OfficialStore(
            codex_home, self.loud.read, read_silently=self.silent.read, now=lambda: self.minutes * 60, disk=Disk()
        )

    def put(self, answer: str | StoreError | None) -> None:
        self.loud.answer = self.silent.answer = answer


OTHER = json.dumps(official("ben"))


async def test_another_entry_in_the_keyring_is_noticed_within_a_minute(codex_home: Path) -> None:
    watch = Watch(codex_home)
    await watch.store.load()
    for entry in (OTHER, None, OTHER):
        watch.put(entry)
        assert not await watch.store.changed()
        watch.minutes += 1
        assert await watch.store.changed()
        await watch.store.load()
        assert not await watch.store.changed()


async def test_the_keyring_is_looked_at_once_a_minute_and_silently(codex_home: Path) -> None:
    watch = Watch(codex_home)
    await watch.store.load()
    for _ in range(48):
        watch.minutes += 1 / 16
        assert not await watch.store.changed()
    assert (len(watch.loud.asked), len(watch.silent.asked)) == (0, 4)


async def test_only_who_waits_for_it_is_asked_by_the_keyring(codex_home: Path) -> None:
    watch = Watch(codex_home)
    watch.silent.answer = KeyringLockedError()
    contents = await watch.store.load()
    assert (contents.found, contents.problem, watch.loud.asked) == ((), None, [])
    assert await watch.store.read(credential("ana").key) is None
    assert watch.loud.asked == []
    assert len((await watch.store.load(asks=True)).found) == 1
    assert len(watch.loud.asked) == 1
    # It is known to be there now, so that a keyring that locks again is told.
    with pytest.raises(KeyringLockedError):
        await watch.store.read(credential("ana").key)
    assert len(watch.loud.asked) == 1


async def test_another_entry_is_noticed_at_once_when_it_is_used(codex_home: Path) -> None:
    watch = Watch(codex_home)
    await watch.store.load()
    watch.put(OTHER)
    assert await watch.store.read(credential("ana").key) is None
    assert await watch.store.changed()


async def test_a_keyring_that_locks_is_no_news(codex_home: Path) -> None:
    watch = Watch(codex_home)
    await watch.store.load()
    watch.put(KeyringLockedError())
    with pytest.raises(KeyringLockedError):
        await watch.store.read(credential("ana").key)
    watch.minutes += 1
    assert not await watch.store.changed()
    contents = await watch.store.load()
    assert (contents.found, problem_kind(contents.problem)) == ((), KeyringLockedError)


async def test_a_login_that_moves_from_the_file_to_the_keyring_is_there_at_once(codex_home: Path) -> None:
    path = put(codex_home, official("ana"))
    watch = Watch(codex_home)
    before = (await watch.store.load()).found
    path.unlink()
    assert await watch.store.changed()
    assert (await watch.store.load()).found == before
    assert not await watch.store.changed()


async def test_a_login_that_comes_into_the_keyring_after_the_file_is_gone_is_noticed_within_seconds(
    codex_home: Path,
) -> None:
    path = put(codex_home, official("ana"))
    watch = Watch(codex_home)
    watch.put(None)
    await watch.store.load()
    path.unlink()
    assert await watch.store.changed()
    assert (await watch.store.load()).found == ()
    watch.put(OTHER)
    watch.minutes += 0.1
    assert await watch.store.changed()
    assert len((await watch.store.load()).found) == 1


async def test_a_keyring_that_was_locked_at_the_start_is_read_once_it_is_open(codex_home: Path) -> None:
    watch = Watch(codex_home)
    watch.put(KeyringLockedError())
    assert (await watch.store.load()).found == ()
    watch.put(OTHER)
    watch.minutes += 1
    assert await watch.store.changed()
    assert len((await watch.store.load()).found) == 1


async def test_with_a_file_the_keyring_is_not_looked_at(codex_home: Path) -> None:
    put(codex_home, official("ana"))
    watch = Watch(codex_home)
    await watch.store.load()
    watch.minutes += 1
    assert not await watch.store.changed()
    assert watch.silent.asked == watch.loud.asked == []


async def test_without_the_client_s_folder_the_keyring_is_not_looked_at(tmp_path: Path) -> None:
    watch = Watch(tmp_path / "none")
    await watch.store.load()
    watch.minutes += 1
    assert not await watch.store.changed()
    assert watch.silent.asked == watch.loud.asked == []
