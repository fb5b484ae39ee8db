import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from keyring.errors import PasswordSetError

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.keyring.backends import TrustedBackend
from probe_tray.adapters.keyring.key_store import OsKeyStore, without_questions
from probe_tray.adapters.keyring.sync_secrets import StoredSyncSecrets
from probe_tray.adapters.locks import FileLocks
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    ConfigError,
    HeldUpError,
    KeyringAbsentError,
    KeyringDeniedError,
    KeyringHalfKeptError,
    KeyringLockedError,
)
from probe_tray.core.sync.setup import SecretPlace
from tests.support.keyrings import GoodBackend, LockedBackend, LyingBackend
from tests.support.patience import PATIENCE

API_KEY, KEY = Secret("sb_publishable_canary"), Secret("5a" * 32)


class Place:
    """A configuration file and a keyring."""

    def __init__(
        self, folder: Path, backend: TrustedBackend | Callable[[], TrustedBackend], *, patience: float = PATIENCE
    ) -> None:
        self.config = folder / "config.json"
        self.handled: list[Secret] = []
        keyring = OsKeyStore(
            choose=backend if callable(backend) else lambda: backend,
            asks=lambda _: False,
            silence=without_questions,
            handles=self.handled.append,
        )
        self.secrets = StoredSyncSecrets(
            self.config,
            keyring,
            FileLocks(folder / "locks", patience=patience),
            handles=self.handled.append,
            disk=Disk(),
        )

    def write(self, **held: object) -> None:
        self.config.write_text(json.dumps(held))


async def test_what_the_person_put_into_the_file_is_read_from_there_and_the_keyring_left_alone(tmp_path: Path) -> None:
    place = Place(tmp_path, LockedBackend())
    place.write(sync_api_key=API_KEY.reveal(), sync_aes_gcm_key=KEY.reveal())
    held = await place.secrets.load()
    assert (held.api_key, held.key) == (API_KEY, KEY)
    assert (held.api_key_place, held.key_place) == (SecretPlace.FILE, SecretPlace.FILE)
    assert place.handled == [API_KEY, KEY]
    assert "canary" not in repr(held)


_HOLDER = """
import asyncio, sys
from pathlib import Path
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.keyring.key_store import OsKeyStore, without_questions
from probe_tray.adapters.keyring.sync_secrets import StoredSyncSecrets
from probe_tray.adapters.locks import FileLocks

async def main():
    folder = Path(sys.argv[1])
    keyring = OsKeyStore(choose=None, asks=lambda _: False, silence=without_questions, handles=lambda _: None)
    locks = FileLocks(folder / "locks")
    async with StoredSyncSecrets(folder / "config.json", keyring, locks, handles=lambda _: None, disk=Disk()).hold():
        print("held", flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


def _holding(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


async def test_one_process_at_a_time_changes_what_is_kept(tmp_path: Path) -> None:
    place = Place(tmp_path, GoodBackend(), patience=0)
    with _holding(tmp_path) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(HeldUpError):
            async with place.secrets.hold():
                pass
        other.stdin.close()
        other.wait(PATIENCE)
        async with place.secrets.hold():
            pass


async def test_what_the_tray_keeps_is_in_the_keyring_and_never_in_the_file(tmp_path: Path) -> None:
    backend = GoodBackend()
    place = Place(tmp_path, backend)
    place.write(sync_api_key="", sync_aes_gcm_key=None)
    before = place.config.read_bytes()
    assert (await place.secrets.load()).key_place is SecretPlace.NOWHERE
    await place.secrets.save(api_key=API_KEY, key=None)
    await place.secrets.save(api_key=None, key=KEY)
    held = await place.secrets.load()
    assert (held.api_key, held.key, held.api_key_place) == (API_KEY, KEY, SecretPlace.KEYRING)
    assert {service for service, _ in backend.entries} == {"Probe Tray"}
    await place.secrets.forget()
    await place.secrets.forget()
    assert backend.entries == {}
    assert place.config.read_bytes() == before


async def test_the_file_goes_before_the_keyring(tmp_path: Path) -> None:
    place = Place(tmp_path, GoodBackend())
    await place.secrets.save(api_key=API_KEY, key=KEY)
    place.write(sync_aes_gcm_key="07" * 32)
    held = await place.secrets.load()
    assert (held.key, held.key_place, held.api_key_place) == (
        Secret("07" * 32),
        SecretPlace.FILE,
        SecretPlace.KEYRING,
    )


async def test_without_a_keyring_the_file_alone_says_what_there_is(tmp_path: Path) -> None:
    def none() -> TrustedBackend:
        raise KeyringAbsentError

    place = Place(tmp_path, none)
    place.write(sync_api_key=API_KEY.reveal())
    held = await place.secrets.load()
    assert (held.api_key, held.api_key_place) == (API_KEY, SecretPlace.FILE)
    assert (held.key, held.key_place) == (None, SecretPlace.NOWHERE)
    with pytest.raises(KeyringAbsentError):
        await place.secrets.save(api_key=API_KEY, key=KEY)


class OneEntryAlone(GoodBackend):
    """A person allows the first entry, and then refuses; ``for_good`` also what is asked after that."""

    def __init__(self, *, for_good: bool) -> None:
        super().__init__()
        self.asked, self._for_good = 0, for_good
        self.is_open = True

    def set_password(self, service: str, username: str, password: str) -> None:
        self.asked += 1
        if not self.is_open and (self.asked == 2 or (self._for_good and self.asked > 2)):
            raise PasswordSetError("not this one")
        super().set_password(service, username, password)

    def delete_password(self, service: str, username: str) -> None:
        if self._for_good:
            raise PasswordSetError("not this one")
        super().delete_password(service, username)


@pytest.mark.parametrize("former", [None, Secret("sb_publishable_former")])
async def test_of_two_secrets_the_keyring_keeps_both_or_neither(tmp_path: Path, former: Secret | None) -> None:
    backend = OneEntryAlone(for_good=False)
    place = Place(tmp_path, backend)
    if former is not None:
        await place.secrets.save(api_key=former, key=Secret("07" * 32))
    before, backend.asked, backend.is_open = dict(backend.entries), 0, False
    with pytest.raises(KeyringDeniedError):
        await place.secrets.save(api_key=API_KEY, key=KEY)
    assert backend.entries == before


@pytest.mark.parametrize("former", [None, Secret("sb_publishable_former")])
async def test_where_the_first_stays_it_is_said_that_they_do_not_fit(tmp_path: Path, former: Secret | None) -> None:
    backend = OneEntryAlone(for_good=True)
    place = Place(tmp_path, backend)
    if former is not None:
        await place.secrets.save(api_key=former, key=Secret("07" * 32))
    backend.asked, backend.is_open = 0, False
    with pytest.raises(KeyringHalfKeptError):
        await place.secrets.save(api_key=API_KEY, key=KEY)


async def test_a_keyring_that_does_not_open_says_so(tmp_path: Path) -> None:
    place = Place(tmp_path, LockedBackend())
    with pytest.raises(KeyringLockedError):
        await place.secrets.load()
    with pytest.raises(KeyringLockedError):
        await place.secrets.forget()


async def test_a_keyring_that_keeps_something_else_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(KeyringDeniedError):
        await Place(tmp_path, LyingBackend()).secrets.save(api_key=API_KEY, key=KEY)


async def test_a_secret_that_is_no_text_is_named_and_not_shown(tmp_path: Path) -> None:
    place = Place(tmp_path, GoodBackend())
    place.write(sync_aes_gcm_key=["canary"])
    with pytest.raises(ConfigError) as caught:
        await place.secrets.load()
    assert caught.value.facts["key"] == "sync_aes_gcm_key"
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("secrets", [(API_KEY, KEY), (API_KEY, None), (None, KEY)])
async def test_a_save_says_when_it_begins_to_write(
    tmp_path: Path, secrets: tuple[Secret | None, Secret | None]
) -> None:
    backend, seen = GoodBackend(), list[int]()
    api_key, key = secrets
    await Place(tmp_path, backend).secrets.save(
        api_key=api_key, key=key, begins=lambda: seen.append(len(backend.entries))
    )
    assert seen == [0]
    assert backend.entries


async def test_a_save_that_can_not_read_what_was_there_begins_no_write(tmp_path: Path) -> None:
    seen: list[str] = []
    with pytest.raises(KeyringLockedError):
        await Place(tmp_path, LockedBackend()).secrets.save(
            api_key=API_KEY, key=KEY, begins=lambda: seen.append("begun")
        )
    assert seen == []
