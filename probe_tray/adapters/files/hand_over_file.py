"""Which accounts the official client was given. The file holds ids of accounts and fingerprints, no token."""

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final, final

import msgspec
from msgspec.structs import replace

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.json_file import JsonFile, JsonFormat
from probe_tray.adapters.locks import FileLocks
from probe_tray.core.errors import Phrase, ReadError
from probe_tray.core.handover.hand_over import HandOver, HandOverRecord, PendingHandOver

_VERSION: Final = 1
_LOCK: Final = "hand-over"


class _GivenAccounts(msgspec.Struct, frozen=True, kw_only=True):
    version: int = _VERSION
    lent: dict[str, HandOver] = {}
    pending: dict[str, PendingHandOver] = {}


def _has_zones(file: _GivenAccounts) -> bool:
    given = [*file.lent.values(), *(p.hand_over for p in file.pending.values() if p.hand_over is not None)]
    return all(one.at.tzinfo for one in given)


_FORMAT: Final = JsonFormat(
    what="which account Codex was given",
    version=_VERSION,
    decoder=msgspec.json.Decoder(_GivenAccounts),
    is_sound=_has_zones,
    limit=256 * 1024,
)


@final
class JsonHandOverFile:
    """Implements ``HandOverFile``."""

    def __init__(self, path: Path, locks: FileLocks, *, disk: Disk) -> None:
        """Keep it in ``path``; ``locks`` keeps processes apart."""
        self._path, self._file, self._locks = path, JsonFile(path, _FORMAT, disk=disk), locks

    def alone(self) -> AbstractAsyncContextManager[None]:
        """One lock for all homes: it is held for moments, and seldom."""
        return self._locks.hold_name(_LOCK)

    async def load(self) -> HandOverRecord:
        """What the file says."""
        file = await asyncio.to_thread(self._read)
        return HandOverRecord(lent=file.lent, pending=file.pending)

    async def begin(self, home: str, pending: PendingHandOver) -> None:
        """Write it down."""
        await asyncio.to_thread(self._begin, home, pending)

    async def finish(self, home: str, hand_over: HandOver | None) -> None:
        """Write it down."""
        await asyncio.to_thread(self._finish, home, hand_over)

    def _read(self) -> _GivenAccounts:
        file = self._file.read(alone=False)
        if file is None and self._path.exists():
            # What the client was given is not known: to go on as if it were nothing could end a login.
            raise ReadError(path=str(self._path), reason=Phrase("its content was damaged"))
        return file or _GivenAccounts()

    def _begin(self, home: str, pending: PendingHandOver) -> None:
        file = self._read()
        self._file.replace(replace(file, pending=file.pending | {home: pending}))

    def _finish(self, home: str, hand_over: HandOver | None) -> None:
        file = self._read()
        lent, pending = dict(file.lent), dict(file.pending)
        pending.pop(home, None)
        lent.pop(home, None)
        if hand_over is not None:
            lent[home] = hand_over
        changed = replace(file, lent=lent, pending=pending)
        if changed != file:
            self._file.replace(changed)
