"""The keyring as far as it answers without asking a person: with a real one where there is one, else with names."""

import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.keyring.backends import known_backend
from probe_tray.adapters.keyring.key_store import os_key_store, without_questions
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import KeyringLockedError
from tests.support.keyrings import GoodBackend
from tests.support.secret_service import SecretService, is_here, secret_service

KEY = Secret("a" * 44)


@pytest.fixture(scope="module")
def running() -> Iterator[SecretService]:
    if not is_here():
        pytest.skip("GNOME Keyring is missing")
    with secret_service() as service:
        yield service


@pytest.fixture
def keyring(running: SecretService, monkeypatch: pytest.MonkeyPatch) -> SecretService:
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    running.unlock()
    return running


async def test_an_open_keyring_keeps_and_gives_without_a_question(keyring: SecretService) -> None:
    keys = os_key_store("one of the tests", known_backend, KnownSecrets().add).silent
    assert await keys.read() is None
    await keys.write(KEY)
    assert await keys.read() == KEY
    assert "Password for 'one of the tests' on 'Probe Tray'" in keyring.labels


async def test_a_locked_keyring_is_not_asked_to_open(keyring: SecretService) -> None:
    keys = os_key_store("another of the tests", known_backend, KnownSecrets().add).silent
    await keys.write(KEY)
    keyring.lock()
    began = time.monotonic()
    for attempt in (keys.read(), keys.write(KEY)):
        with pytest.raises(KeyringLockedError):
            await attempt
    # Each question would be waited for for a minute.
    assert time.monotonic() - began < 60
    keyring.unlock()
    assert await keys.read() == KEY


def named(module: str, name: str) -> GoodBackend:
    made = type(name, (GoodBackend,), {"__module__": module})
    backend = made()
    assert isinstance(backend, GoodBackend)
    return backend


def test_windows_never_asks() -> None:
    with without_questions(named("keyring.backends.Windows", "WinVaultKeyring"), "s", "u"):
        pass


def test_kwallet_may_ask_and_is_left_alone() -> None:
    with (
        pytest.raises(KeyringLockedError),
        without_questions(named("keyring.backends.kwallet", "DBusKeyring"), "s", "u"),
    ):
        raise AssertionError


def test_the_keychain_s_questions_are_switched_off_and_on_again(monkeypatch: pytest.MonkeyPatch) -> None:
    switched: list[int] = []

    class Switch:
        def __call__(self, on: int) -> int:
            switched.append(on)
            return 0

    def library(_path: str) -> object:
        return SimpleNamespace(SecKeychainSetUserInteractionAllowed=Switch())

    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr("ctypes.CDLL", library)
    with without_questions(named("keyring.backends.macOS", "Keyring"), "s", "u"):
        assert switched == [0]
    assert switched == [0, 1]
