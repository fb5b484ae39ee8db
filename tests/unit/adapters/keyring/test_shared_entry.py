"""The entry of the official client in a real GNOME Keyring: one entry, which both programs read and change."""

from collections.abc import Iterator

import pytest

from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.keyring.backends import known_backend
from probe_tray.adapters.keyring.key_store import OsKeyStore, os_key_store
from probe_tray.core.account.secret import Secret
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
