"""Where the client keeps its login, and what is kept beside it, on a disk and in a keyring."""

import os
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest

from probe_tray.adapters.codex.client_place import ClientPlace
from probe_tray.adapters.codex.kept_places import SealedKeptPlaces
from probe_tray.adapters.codex.placement_file import JsonPlacementFile
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.logins.sealer import FolderSealer, VaultKey
from probe_tray.adapters.systems.current import this_system
from probe_tray.core.account.secret import Secret
from probe_tray.core.codex.codex_state import CodexKeeper, HandOver
from probe_tray.core.codex.place_content import PlaceContent
from probe_tray.core.codex.placement import HomeRecord, PlacementBook, placement_of
from probe_tray.core.errors import (
    CodexHomeMissingError,
    CodexKeyringError,
    CodexPlaceChangedError,
    CodexRecordError,
    CodexSettingsError,
    KeyringAbsentError,
    KeyringLockedError,
    OfficialSealedError,
    ReadError,
)
from probe_tray.core.transfer.export import official_text
from tests.support.fakes import START
from tests.support.keyrings import FakeKeyStore
from tests.support.tokens import credential

ANA = credential("ana")
TEXT = Secret(official_text(ANA, START))


class Entries:
    """A keyring; ``locked`` while it does not open, ``absent`` where the system has none."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], Secret] = {}
        self.locked = self.absent = False
        self.silently: list[bool] = []

    async def read_entry(self, service: str, user: str, *, silently: bool = False) -> Secret | None:
        self.silently.append(silently)
        if self.absent:
            raise KeyringAbsentError
        if self.locked:
            raise KeyringLockedError
        return self.held.get((service, user))

    async def write_entry(self, service: str, user: str, value: Secret, *, silently: bool = False) -> None:
        del silently
        self.held[service, user] = value


class Client:
    def __init__(self, home: Path) -> None:
        self.home, self.entries = home, Entries()
        self.place = ClientPlace(home, self.entries, disk=Disk())

    def configure(self, keeper: str) -> None:
        (self.home / "config.toml").write_text(f'model = "x"\ncli_auth_credentials_store = "{keeper}"\n')

    async def put(self) -> None:
        await self.place.write(TEXT, await self.place.read())


def token(found: PlaceContent) -> Secret | None:
    return None if found.login is None else found.login.access_token


@pytest.fixture
def client(tmp_path: Path) -> Client:
    home = tmp_path / "codex"
    home.mkdir()
    return Client(home)


async def test_it_is_a_file_unless_the_client_is_told_otherwise(client: Client) -> None:
    await client.put()
    assert (client.home / "auth.json").read_text() == TEXT.reveal()
    found = await client.place.read()
    assert (found.keeper, token(found)) == (CodexKeeper.FILE, ANA.access_token)
    assert client.entries.held == {}


async def test_the_keyring_has_it_under_the_name_of_the_real_home(tmp_path: Path, client: Client) -> None:
    if sys.platform == "win32":
        pytest.skip("links need a privilege on Windows")
    client.configure("keyring")
    (tmp_path / "link").symlink_to(client.home)
    linked = ClientPlace(tmp_path / "link", client.entries, disk=Disk())
    await linked.write(TEXT, await linked.read())
    user = f"cli|{sha256(client.place.home.encode()).hexdigest()[:16]}"
    assert client.entries.held == {("Codex Auth", user): TEXT}
    assert not (client.home / "auth.json").exists()
    assert token(await client.place.read()) == ANA.access_token
    assert linked.home == client.place.home


async def test_with_auto_an_entry_goes_before_the_file(client: Client) -> None:
    client.configure("auto")
    await client.put()
    assert (await client.place.read()).keeper is CodexKeeper.FILE
    client.configure("keyring")
    await client.put()
    client.configure("auto")
    assert (await client.place.read()).keeper is CodexKeeper.KEYRING


async def test_a_locked_keyring_is_said_and_nothing_is_written(client: Client) -> None:
    client.configure("auto")
    client.entries.locked = True
    with pytest.raises(KeyringLockedError):
        await client.put()
    assert list(client.home.iterdir()) == [client.home / "config.toml"]


async def test_with_auto_and_no_keyring_it_is_the_file(client: Client) -> None:
    client.configure("auto")
    client.entries.absent = True
    await client.put()
    assert token(await client.place.read()) == ANA.access_token
    assert (client.home / "auth.json").read_text() == TEXT.reveal()
    client.configure("keyring")
    with pytest.raises(CodexKeyringError, match=r"config\.toml says that Codex keeps its login in the keyring"):
        await client.place.read()


async def test_nobody_is_asked_by_the_keyring_unless_a_person_waits_for_it(client: Client) -> None:
    client.configure("keyring")
    await client.place.read()
    await client.place.read(asks=True)
    assert client.entries.silently == [True, False]


async def test_what_a_killed_hand_over_left_is_removed_and_nothing_else(client: Client) -> None:
    yesterday = time.time() - 2 * 24 * 3600
    ours, fresh, theirs = (
        client.home / name
        for name in (".0123456789abcdef.probe-tray.tmp", ".fedcba9876543210.probe-tray.tmp", ".auth.json.tmp")
    )
    for path in (ours, fresh, theirs):
        path.write_text("token")
    for path in (ours, theirs):
        os.utime(path, (yesterday, yesterday))
    await client.place.read()
    assert (ours.exists(), fresh.exists(), theirs.exists()) == (False, True, True)


async def test_a_home_of_another_user_cannot_be_read(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def of_another(_system: object, _found: os.stat_result) -> bool:
        return True

    monkeypatch.setattr(type(this_system()), "belongs_to_another", of_another)
    with pytest.raises(ReadError):
        await client.place.read()


async def test_what_changed_since_it_was_read_is_not_overwritten(client: Client) -> None:
    before = await client.place.read()
    (client.home / "auth.json").write_text("{}")
    with pytest.raises(CodexPlaceChangedError):
        await client.place.write(TEXT, before)
    assert (client.home / "auth.json").read_text() == "{}"


async def test_a_login_that_only_the_client_can_read_is_not_replaced(client: Client) -> None:
    (client.home / "secrets").mkdir()
    (client.home / "secrets" / "codex_auth.age").write_bytes(b"sealed")
    with pytest.raises(OfficialSealedError):
        await client.place.read()


async def test_a_home_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    place = ClientPlace(tmp_path / "nowhere", Entries(), disk=Disk())
    with pytest.raises(CodexHomeMissingError):
        await place.read()
    assert not (tmp_path / "nowhere").exists()


async def test_one_on_a_drive_that_is_not_connected_is_not_taken_for_deleted(tmp_path: Path) -> None:
    place = ClientPlace(tmp_path / "drive" / "codex", Entries(), disk=Disk())
    with pytest.raises(ReadError):
        await place.read()


@pytest.mark.parametrize(
    "config", ["= 1", 'cli_auth_credentials_store = ["file"]', 'cli_auth_credentials_store = "elsewhere"', "\xff"]
)
async def test_settings_that_nobody_understands_are_no_guess(client: Client, config: str) -> None:
    (client.home / "config.toml").write_bytes(config.encode("latin-1"))
    with pytest.raises(CodexSettingsError, match="Correct that file"):
        await client.place.read()


async def test_what_is_kept_comes_back_the_newest_first(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path / "locks")
    sealer = FolderSealer(VaultKey(FakeKeyStore(), locks, lambda: False))
    kept = SealedKeptPlaces(tmp_path / "kept", sealer, disk=Disk())
    assert (await kept.has("/home"), await kept.newest("/home")) == (False, None)
    odd = Secret(b"\xff{".decode("utf-8", "surrogateescape"))
    await kept.keep("/home", Secret("sk-first"))
    await kept.keep("/home", odd)
    assert await kept.newest("/home") == odd
    assert b"sk-first" not in b"".join(path.read_bytes() for path in (tmp_path / "kept").iterdir())
    assert await kept.newest("/other") is None
    await kept.forget_newest("/home")
    assert await kept.newest("/home") == Secret("sk-first")
    await kept.forget_newest("/home")
    assert not await kept.has("/home")


async def test_the_record_holds_no_token_and_is_read_again(tmp_path: Path) -> None:
    file = JsonPlacementFile(tmp_path / "codex.json", FileLocks(tmp_path / "locks"), disk=Disk())
    assert await file.load() == PlacementBook()
    book = PlacementBook().with_record(HomeRecord(home="/home", begun=placement_of(ANA, HandOver.WHOLE, START)))
    async with file.hold():
        await file.save(book)
    assert await file.load() == book
    text = (tmp_path / "codex.json").read_text()
    assert ANA.access_token.reveal() not in text
    assert "rt_ana" not in text


@pytest.mark.parametrize("data", [b"\0" * 300, b"", b'{"version": 1, "book": {"homes": [{}]}}'])
async def test_a_damaged_record_is_no_empty_one(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "codex.json"
    path.write_bytes(data)
    file = JsonPlacementFile(path, FileLocks(tmp_path / "locks"), disk=Disk())
    with pytest.raises(CodexRecordError) as caught:
        await file.load()
    assert str(path) in caught.value.title
    assert path.read_bytes() == data
    path.unlink()
    assert await file.load() == PlacementBook()
