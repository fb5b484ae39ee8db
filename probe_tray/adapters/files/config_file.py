"""The configuration file of both programs."""

import asyncio
import codecs
import os
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import Final, cast

import msgspec

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.safe_files import make_private_folder, mode_of, read_regular, real_path, replace_file
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.logins.credential_files import is_folder
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    ConfigError,
    DataFolderError,
    FolderMissingError,
    FolderUnusableError,
    HookMissingError,
    Phrase,
    Problem,
    ReadError,
    SettingRoundedError,
    WriteError,
)
from probe_tray.core.formats.json_text import JsonTextError, set_member
from probe_tray.core.settings import UNREADABLE_PROXY, Settings, SettingsPatch, Storage
from probe_tray.core.settings_json import (
    check_together,
    dump_settings,
    parse_settings,
    parse_what_is_usable,
    rounded,
)
from probe_tray.core.sync.setup import ADDRESS, API_KEY, KEY

_LOCK: Final = "settings"


class LoadedSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a configuration file says."""

    settings: Settings
    known: Mapping[str, object]
    """The whole object as it stands in the file; a person may have put the secrets of sync there."""
    path: Path
    problem: Problem | None = None
    """Why the file could not be written on first use, the settings being the defaults; or which value was rounded."""

    @property
    def login_folder(self) -> Path | None:
        """The folder of credential files, None where none is set."""
        return login_folder(self.settings, self.path)

    def __repr__(self) -> str:
        return f"LoadedSettings({self.settings!r}, path={str(self.path)!r})"


class JsonSettingsFile:
    """Implements ``SettingsFile``: changes the values that differ and leaves everything else as it stands."""

    def __init__(self, path: Path, locks: FileLocks, *, disk: Disk) -> None:
        """The file may not exist yet; ``locks`` keeps the processes of this user apart."""
        self._path, self._locks, self._disk = path, locks, disk

    async def change(
        self, change: SettingsPatch, base: Settings, check: Callable[[Settings], Awaitable[None]]
    ) -> Settings:
        """Merge the change into what the file says now. A file that became unusable meanwhile is not touched."""
        async with self._locks.hold_name(_LOCK):
            data, before = await asyncio.to_thread(self._now, base)
            after = change.applied_to(before)
            check_together(after, str(self._path))
            if after.sync_dir != before.sync_dir:
                await asyncio.to_thread(self._need_folder, after, change)
            if after.hook and after.hook != before.hook:
                await asyncio.to_thread(_need_program, after.hook)
            await check(after)
            await asyncio.to_thread(self._write, data, after, change.values)
        return after

    async def keep_sync_secrets(self, api_key: Secret, key: Secret) -> None:
        """Write both secrets of sync into the file, where no keyring keeps them or the person has them there already.

        Raises WriteError, ConfigError and DataFolderError; the file then is as it was.
        """
        async with self._locks.hold_name(_LOCK):
            await asyncio.to_thread(self._write_sync_secrets, api_key, key)

    def _write_sync_secrets(self, api_key: Secret, key: Secret) -> None:
        data = _read(self._path, self._disk)
        text = (dump_settings(Settings(), {}) if data is None else data).decode()
        for name, secret in ((KEY, key), (API_KEY, api_key)):
            text = set_member(text, (name,), msgspec.json.encode(secret.reveal()).decode(), after=(ADDRESS,))
        _write(self._path, text.encode(), self._disk)

    def _need_folder(self, settings: Settings, change: SettingsPatch) -> None:
        folder = login_folder(settings, self._path)
        if folder is None or is_folder(folder):
            return
        try:
            is_taken = mode_of(folder) is not None
        except ReadError as error:
            raise FolderUnusableError(path=str(folder), reason=error.facts["reason"]) from None
        if is_taken:
            raise FolderUnusableError(path=str(folder), reason=Phrase("it is not a folder"))
        if not change.makes_folder:
            raise FolderMissingError(path=str(folder))
        try:
            make_private_folder(folder)
        except WriteError as error:
            raise FolderUnusableError(path=str(folder), reason=error.facts["reason"]) from None

    def _now(self, base: Settings) -> tuple[bytes | None, Settings]:
        data = _read(self._path, self._disk)
        # A value that cannot be used keeps nobody from changing it, or another one.
        return data, base if data is None else _usable(data, self._path)[0]

    def _write(self, data: bytes | None, settings: Settings, changed: Collection[str]) -> None:
        try:
            new = dump_settings(settings, {}) if data is None else _changed(data, self._path, settings, changed)
        except (JsonTextError, UnicodeDecodeError):
            raise WriteError(path=str(self._path), reason=Phrase("it no longer contains a configuration")) from None
        _write(self._path, new, self._disk)


def _need_program(hook: str) -> None:
    program = Path(hook)
    # One that isn't absolute would be another program in another folder.
    if not (program.is_absolute() and os.path.isfile(program)):  # noqa: PTH113 - never raises
        raise HookMissingError(path=hook)


def may_be_there(path: Path) -> bool:
    """Whether a configuration is there, or something that can't be looked at: :func:`load_settings` then says why."""
    try:
        return mode_of(path) is not None
    except ReadError:
        return True


def load_settings(path: Path, *, disk: Disk, create: FileLocks | None = None) -> LoadedSettings:
    """Read the configuration; blocks, and is called before there is an event loop.

    A missing file means the defaults; with ``create``, the locks of every process, they are written there.
    Raises ConfigError, the file untouched.
    """
    data = _read(path, disk)
    if data is not None:
        settings, known = parse_settings(data, str(path))
        return LoadedSettings(settings=settings, known=known, path=path, problem=_note(settings, known, path))
    problem: Problem | None = None
    if create is not None:
        try:
            _write_defaults(path, create, disk)
        except (DataFolderError, WriteError) as error:
            problem = error.problem
    return LoadedSettings(settings=Settings(), known={}, path=path, problem=problem)


def load_what_is_usable(path: Path, *, disk: Disk, create: FileLocks) -> LoadedSettings:
    """As :func:`load_settings`, for a program that is needed to set right what is wrong there. Never raises.

    What cannot be used is told as the ``problem``. Where that is the file as a whole, nothing of what it may have
    forbidden is done: no login is renewed, and no request goes past a proxy that is not known.
    """
    try:
        data = _read(path, disk)
        if data is None:
            return load_settings(path, disk=disk, create=create)
        settings, known, faults = _usable(data, path)
    except ConfigError as error:
        careful = Settings(auto_renew=False, proxy=UNREADABLE_PROXY)
        return LoadedSettings(settings=careful, known={}, path=path, problem=error.problem)
    problem = next((fault.problem for fault in faults.values()), None) or _note(settings, known, path)
    return LoadedSettings(settings=settings, known=known, path=path, problem=problem)


def _usable(data: bytes, path: Path) -> tuple[Settings, Mapping[str, object], Mapping[str, ConfigError]]:
    """What can be used of ``data``, the whole of it, and the errors of single keys. Raises ConfigError."""
    settings, known, faults = parse_what_is_usable(data, str(path))
    try:
        login_folder(settings, path)
    except ConfigError as error:
        careful = msgspec.structs.replace(settings, sync_dir="", storage=Storage.VAULT)
        return careful, known, {"sync_dir": error, **faults}
    return settings, known, faults


def _write_defaults(path: Path, locks: FileLocks, disk: Disk) -> None:
    turn = locks.attempt(_LOCK)
    try:
        # Whoever has the lock is writing more than the defaults at this moment, or has just done so.
        if turn.take() and _read(path, disk) is None:
            _write(path, dump_settings(Settings(), {}), disk)
    finally:
        turn.give_up()


def login_folder(settings: Settings, config_file: Path) -> Path | None:
    """The folder that ``sync_dir`` means: relative to the configuration file, ``~`` is the home folder."""
    if not settings.sync_dir:
        return None
    folder = Path(settings.sync_dir)
    try:
        folder = folder.expanduser()
    except RuntimeError:
        raise ConfigError(
            path=str(config_file),
            key="sync_dir",
            found=Phrase("in a home folder that can't be found"),
            allowed=Phrase("a full path"),
        ) from None
    return config_file.absolute().parent / folder


def _note(settings: Settings, known: Mapping[str, object], path: Path) -> Problem | None:
    found = rounded(settings, known)
    if found is None:
        return None
    key, value, used = found
    return SettingRoundedError(path=str(path), key=key, found=value, used=used).problem


def _read(path: Path, disk: Disk) -> bytes | None:
    try:
        # Named by the person or the platform, so a link is followed: some keep all their settings in one place.
        return read_regular(real_path(path), disk=disk).removeprefix(codecs.BOM_UTF8)
    except FileNotFoundError:
        return None
    except ReadError as error:
        reason = error.facts["reason"]
    except (OSError, ValueError):
        reason = Phrase("its path leads nowhere")
    raise ConfigError(
        path=str(path),
        key=Phrase("the whole file"),
        found=Phrase("out of reach, since {reason}", reason=reason),
        allowed=Phrase("a file of yours with one JSON object, at most 256 KiB"),
    )


def _write(path: Path, data: bytes, disk: Disk) -> None:
    target = real_path(path)
    if not is_folder(target.parent):
        make_private_folder(target.parent)
    replace_file(target, data, disk=disk)


def _changed(data: bytes, path: Path, new: Settings, changed: Collection[str]) -> bytes:
    """The text with the new settings: those that differ, and of those ``changed`` the ones it could not give."""
    old, known, _faults = _usable(data, path)
    text = data.decode()
    before = cast("dict[str, object]", msgspec.to_builtins(old))
    if stale := rounded(old, known):
        # Saved once, the nearest value is the person's own.
        del before[stale[0]]
    after = cast("dict[str, object]", msgspec.to_builtins(new))
    for key in changed:
        # What stands for a value that cannot be used, or for one beside it, is not what the file says.
        if key in known and known[key] != after[key]:
            before.pop(key, None)
    keys = tuple(after)
    for number, key in enumerate(keys):
        if key not in before or after[key] != before[key]:
            text = set_member(text, (key,), msgspec.json.encode(after[key]).decode(), after=keys[:number])
    return text.encode()
