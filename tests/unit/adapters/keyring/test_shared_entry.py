"""The entry of the official client: one, which both programs read and change, in a real GNOME Keyring where one is."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import SimpleNamespace

import pytest

from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.keyring.backends import known_backend
from probe_tray.adapters.keyring.key_store import OsKeyStore, os_key_store
from probe_tray.adapters.keyring.shared_entry import keep_shared, shared_value
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import KeyringLockedError
from tests.support.keyrings import GoodBackend
from tests.support.secret_service import SecretService, is_here, secret_service

SERVICE = "Codex Auth"
CLIENTS = {"application": "rust-keyring", "target": "default", "service": SERVICE}


@pytest.fixture(scope="module")
def running() -> Iterator[SecretService]:
    if not is_here():
        pytest.skip("GNOME Keyring is missing")
    with secret_service() as service:
        yield service


@pytest.fixture
def keys(running: SecretService, monkeypatch: pytest.MonkeyPatch) -> OsKeyStore:
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    return os_key_store("one of the tests", known_backend, KnownSecrets().add)


async def test_the_clients_own_entry_is_changed(running: SecretService, keys: OsKeyStore) -> None:
    running.add("first", **CLIENTS, username="cli|1")
    assert await keys.read_entry(SERVICE, "cli|1") == Secret("first")
    await keys.write_entry(SERVICE, "cli|1", Secret("second"), silently=True)
    assert running.secrets(SERVICE) == ["second"]
    assert await keys.read_entry(SERVICE, "cli|1", silently=True) == Secret("second")


async def test_where_there_was_none_the_client_finds_and_changes_the_one_of_ours(
    running: SecretService, keys: OsKeyStore
) -> None:
    before = len(running.labels)
    await keys.write_entry(SERVICE, "cli|2", Secret("ours"))
    # As the client does it: with its own attributes, in the place of an entry that has them.
    running.add("theirs", **CLIENTS, username="cli|2")
    assert await keys.read_entry(SERVICE, "cli|2") == Secret("theirs")
    assert len(running.labels) == before + 1


async def test_of_several_it_is_the_one_that_the_client_reads(running: SecretService, keys: OsKeyStore) -> None:
    running.add("old", application="Python keyring library", service=SERVICE, username="cli|3")
    assert await keys.read_entry(SERVICE, "cli|3") == Secret("old")
    running.add("the client's", **CLIENTS, username="cli|3")
    assert await keys.read_entry(SERVICE, "cli|3") == Secret("the client's")
    await keys.write_entry(SERVICE, "cli|3", Secret("new"))
    assert {"old", "the client's"}.isdisjoint(running.secrets(SERVICE))


class ClientsItem:
    """What the client kept: no other library finds it by its own attributes."""

    def __init__(self, user: str, value: str) -> None:
        self.attributes = {**CLIENTS, "username": user}
        self.value = value.encode()

    def get_attributes(self) -> Mapping[str, str]:
        return self.attributes

    def get_secret(self) -> bytes:
        return self.value

    def set_secret(self, value: bytes) -> None:
        self.value = value


class ClientsCollection:
    """A keyring with one entry, which opens only where the person agrees."""

    def __init__(self, item: ClientsItem, *, locked: bool, agrees: bool = True) -> None:
        self.item, self.locked, self.agrees = item, locked, agrees

    def is_locked(self) -> bool:
        return self.locked

    def unlock(self) -> bool:
        self.locked = not self.agrees
        return self.locked

    def search_items(self, wanted: Mapping[str, str]) -> list[ClientsItem]:
        assert not self.locked
        return [self.item] if wanted.items() <= self.item.attributes.items() else []


def beside_libsecret(collection: ClientsCollection, monkeypatch: pytest.MonkeyPatch) -> OsKeyStore:
    """The keyring as this program has it where libsecret is what it asks."""

    def default(_bus: object) -> ClientsCollection:
        return collection

    bus = SimpleNamespace(close=lambda: None)
    library = SimpleNamespace(dbus_init=lambda: bus, get_default_collection=default)
    monkeypatch.setitem(sys.modules, "secretstorage", library)
    backend = type("Keyring", (GoodBackend,), {"__module__": "keyring.backends.libsecret"})()
    return os_key_store("one of the tests", lambda: backend, KnownSecrets().add)


@pytest.mark.parametrize("locked", [False, True])
async def test_libsecret_which_never_finds_the_clients_entry_does_not_hide_it(
    monkeypatch: pytest.MonkeyPatch, *, locked: bool
) -> None:
    collection = ClientsCollection(ClientsItem("cli|4", "Eva's"), locked=locked)
    keys = beside_libsecret(collection, monkeypatch)
    assert await keys.read_entry(SERVICE, "cli|4") == Secret("Eva's")
    collection.locked = locked
    await keys.write_entry(SERVICE, "cli|4", Secret("Ana's"))
    assert collection.item.value == b"Ana's"
    assert await keys.read_entry(SERVICE, "cli|5") is None


async def test_where_the_person_does_not_open_it_nothing_is_taken_for_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    collection = ClientsCollection(ClientsItem("cli|4", "Eva's"), locked=True, agrees=False)
    keys = beside_libsecret(collection, monkeypatch)
    for attempt in (keys.read_entry(SERVICE, "cli|4"), keys.write_entry(SERVICE, "cli|4", Secret("Ana's"))):
        with pytest.raises(KeyringLockedError):
            await attempt
    assert collection.item.value == b"Eva's"


class SuddenEnd(BaseException):
    """The process is killed."""


class FragileKeyring:
    """Entries of this user, of the client (``default``) or of other libraries; dies right before one of its changes."""

    def __init__(self, targets: tuple[str, ...], dies_at: int) -> None:
        self.items = [FragileItem(self, {"target": target}, b"old") for target in targets]
        self.left = dies_at
        """How many changes are left until it dies; 0: it lives."""

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise SuddenEnd

    def is_locked(self) -> bool:
        return False

    def search_items(self, wanted: Mapping[str, str]) -> "list[FragileItem]":
        assert wanted == {"service": SERVICE, "username": "cli|6"}
        return self.items

    def create_item(self, label: str, attributes: Mapping[str, str], value: bytes) -> None:
        self.step()
        assert label == f"cli|6@{SERVICE}:default"
        self.items = [*self.items, FragileItem(self, attributes, value)]

    def others(self) -> set[bytes]:
        return {item.value for item in self.items if item.get_attributes()["target"] != "default"}


class FragileItem:
    """One entry."""

    def __init__(self, keyring: FragileKeyring, attributes: Mapping[str, str], value: bytes) -> None:
        self.keyring, self.attributes, self.value = keyring, attributes, value

    def get_attributes(self) -> Mapping[str, str]:
        return self.attributes

    def get_secret(self) -> bytes:
        return self.value

    def set_secret(self, value: bytes) -> None:
        self.keyring.step()
        self.value = value


@pytest.mark.parametrize("step", [1, 2, 3])
@pytest.mark.parametrize(
    "targets", [(), ("default",), ("",), ("", "default"), ("default", ""), ("", "another")], ids=repr
)
def test_a_kill_at_any_step_gives_no_other_entry_what_the_client_does_not_have(
    monkeypatch: pytest.MonkeyPatch, targets: tuple[str, ...], step: int
) -> None:
    keyring = FragileKeyring(targets, step)

    def default(_bus: object) -> FragileKeyring:
        return keyring

    bus = SimpleNamespace(close=lambda: None)
    library = SimpleNamespace(dbus_init=lambda: bus, get_default_collection=default)
    monkeypatch.setitem(sys.modules, "secretstorage", library)
    before = shared_value(SERVICE, "cli|6")
    with suppress(SuddenEnd):
        keep_shared(SERVICE, "cli|6", "new")
    # Whoever asks next takes what the client has for what is there; where it has none, another entry's.
    read = shared_value(SERVICE, "cli|6")
    assert read in {before, "new"}
    assert read == "new" or b"new" not in keyring.others()
    keyring.left = 0
    keep_shared(SERVICE, "cli|6", "new")
    assert (shared_value(SERVICE, "cli|6"), keyring.others() - {b"new"}) == ("new", set())
