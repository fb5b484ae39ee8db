"""What an entered code holds is saved: the secrets, then the address."""

from collections.abc import Callable
from typing import final
from urllib.parse import urlsplit

from probe_tray.adapters.files.config_file import JsonSettingsFile
from probe_tray.core.errors import KeyringAbsentError, KeyringHalfKeptError, KeyringNoAnswerError, ProbeError
from probe_tray.core.settings import Settings, SettingsPatch, change
from probe_tray.core.sync.setup import SecretPlace, SyncSecrets, SyncTarget, base_address, is_undone, kept_key
from probe_tray.engine.timers import to_the_end
from probe_tray.ports.accounts import SyncVault


@final
class KeptCode:
    """Saves one code, once. Where that comes to nothing the former table stays set up, if that is safe."""

    def __init__(
        self,
        file: JsonSettingsFile,
        settings: Settings,
        vault: SyncVault,
        switched_off: Callable[[str], None],
        *,
        in_file: bool,
    ) -> None:
        """``settings`` are those of ``file``, which may get the secrets where there is no keyring, if ``in_file``.

        ``switched_off`` hears of the former table's host where it is broken off too late to leave that set up.
        """
        self._file, self._settings, self._vault, self._in_file = file, settings, vault, in_file
        self._switched_off = switched_off
        self._has_begun = self._has_ended = False

    async def keep(self, goal: SyncTarget) -> None:
        """Keep ``goal``, while the vault is held.

        Raises WriteError, ConfigError and the Keyring errors; KeyringAbsentError also where the file may not have it.
        """
        held, former = await self._vault.load(), self._settings.sync_url
        moves = bool(former) and base_address(former) != goal.url
        key = kept_key(held.key, goal.key, same_table=not moves)
        try:
            if moves:
                # The former table must never see the keys of the new one, whatever ends this process in between.
                await self._change(change(sync_url=""))
            await self._keep_secrets(SyncSecrets(api_key=goal.api_key, key=key))
            await self._keep_address(goal, held)
        except BaseException as error:
            if not moves or self._has_ended:
                raise
            # Likewise where the keyring has them, or has them soon.
            if not self._has_begun or is_undone(error):
                await self._change(change(sync_url=former))
            elif isinstance(error, KeyringNoAnswerError):
                raise KeyringHalfKeptError from None
            elif not isinstance(error, ProbeError):
                self._switched_off(urlsplit(former).hostname or former)
            raise

    async def _keep_address(self, goal: SyncTarget, held: SyncSecrets) -> None:
        # Computers that share a login and don't tell each other of renewals would end it.
        after = self._settings.sync_after_renewal or not self._settings.sync_url
        try:
            await to_the_end(self._end(change(sync_url=goal.url, sync_after_renewal=after)))
        except ProbeError:
            await self._put_back(held)
            raise

    async def _end(self, wanted: SettingsPatch) -> None:
        await self._change(wanted)
        self._has_ended = True

    async def _put_back(self, held: SyncSecrets) -> None:
        try:
            await self._keep_secrets(held)
        except ProbeError:
            raise KeyringHalfKeptError from None

    async def _change(self, wanted: SettingsPatch) -> None:
        # Cut short, nobody would know what the file says.
        await to_the_end(self._file.change(wanted, self._settings, _accept))

    async def _keep_secrets(self, secrets: SyncSecrets) -> None:
        """Save them in the keyring, or in the file where they are, or where they may be without a keyring."""
        if secrets.api_key is None or secrets.key is None:
            return
        held = await self._vault.load()
        # What stands in the file goes before the keyring.
        if SecretPlace.FILE not in {held.api_key_place, held.key_place}:
            try:
                await self._vault.save(api_key=secrets.api_key, key=secrets.key, begins=self._begins)
            except KeyringAbsentError:
                if not self._in_file:
                    raise
            else:
                return
        self._begins()
        await to_the_end(self._file.keep_sync_secrets(secrets.api_key, secrets.key))

    def _begins(self) -> None:
        self._has_begun = True


async def _accept(_settings: Settings) -> None:
    """Whatever comes of the change is right."""
