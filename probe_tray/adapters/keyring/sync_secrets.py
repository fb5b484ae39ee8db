"""The two secrets of sync: from the configuration file, where a person put them there, else from the OS keyring."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final, final

from probe_tray.adapters.files.config_file import load_settings
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.keyring.key_store import OsKeyStore
from probe_tray.adapters.locks import FileLocks
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import ConfigError, KeyringAbsentError, KeyringHalfKeptError, Phrase, StoreError
from probe_tray.core.sync.setup import API_KEY, API_KEY_ALLOWED, KEY, KEY_ALLOWED, SecretPlace, SyncSecrets

_SERVICE: Final = "Probe Tray"
_LOCK: Final = "sync-secrets"
_API_KEY_USER, _KEY_USER = "sync publishable key", "sync key"


@final
class StoredSyncSecrets:
    """Implements ``SyncVault``. The configuration file is read and never written here."""

    def __init__(
        self, config_file: Path, keyring: OsKeyStore, locks: FileLocks, *, disk: Disk, handles: Callable[[Secret], None]
    ) -> None:
        """``locks`` keeps processes apart; ``handles`` is called with what the file holds."""
        self._config_file, self._keyring, self._locks, self._disk = config_file, keyring, locks, disk
        self._handles = handles
        self._api_key_user, self._key_user = _API_KEY_USER, _KEY_USER

    async def load(self) -> SyncSecrets:
        """What there is. The keyring, if any, is asked for what the file lacks.

        Raises ConfigError and the Keyring errors.
        """
        api_key, key = await asyncio.to_thread(self._in_file)
        api_key_place = SecretPlace.NOWHERE if api_key is None else SecretPlace.FILE
        key_place = SecretPlace.NOWHERE if key is None else SecretPlace.FILE
        if api_key is None:
            api_key = await self._kept(self._api_key_user)
            api_key_place = SecretPlace.NOWHERE if api_key is None else SecretPlace.KEYRING
        if key is None:
            key = await self._kept(self._key_user)
            key_place = SecretPlace.NOWHERE if key is None else SecretPlace.KEYRING
        return SyncSecrets(api_key=api_key, key=key, api_key_place=api_key_place, key_place=key_place)

    async def save(
        self, *, api_key: Secret | None, key: Secret | None, begins: Callable[[], None] = lambda: None
    ) -> None:
        """As the port says."""
        if api_key is None or key is None:
            begins()
            for user, value in ((self._api_key_user, api_key), (self._key_user, key)):
                if value is not None:
                    await self._keyring.write_entry(_SERVICE, user, value)
            return
        former = await self._keyring.read_entry(_SERVICE, self._api_key_user)
        begins()
        await self._keyring.write_entry(_SERVICE, self._api_key_user, api_key)
        try:
            await self._keyring.write_entry(_SERVICE, self._key_user, key)
        except StoreError:
            # Some keyrings ask for each entry, and a person may allow the first one alone.
            await self._put_back(self._api_key_user, former)
            raise

    async def forget(self) -> None:
        """Take both out of the keyring."""
        await self._keyring.remove_entry(_SERVICE, self._api_key_user)
        await self._keyring.remove_entry(_SERVICE, self._key_user)

    async def _put_back(self, user: str, former: Secret | None) -> None:
        try:
            if former is None:
                await self._keyring.remove_entry(_SERVICE, user)
            else:
                await self._keyring.write_entry(_SERVICE, user, former)
        except StoreError:
            raise KeyringHalfKeptError from None

    def hold(self) -> AbstractAsyncContextManager[None]:
        """As the port says."""
        return self._locks.hold_name(_LOCK)

    async def _kept(self, user: str) -> Secret | None:
        try:
            return await self._keyring.read_entry(_SERVICE, user)
        except KeyringAbsentError:
            # Then the file is the only place for them.
            return None

    def _in_file(self) -> tuple[Secret | None, Secret | None]:
        known = load_settings(self._config_file, disk=self._disk).known
        return self._text(known.get(API_KEY), API_KEY, API_KEY_ALLOWED), self._text(known.get(KEY), KEY, KEY_ALLOWED)

    def _text(self, value: object, name: str, allowed: str) -> Secret | None:
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise ConfigError(
                path=str(self._config_file), key=name, found=Phrase("something that isn't text"), allowed=allowed
            )
        secret = Secret(value)
        self._handles(secret)
        return secret
