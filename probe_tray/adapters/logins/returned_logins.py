"""Logins that the official client had and no store of ours holds: an API key, or somebody Probe Tray does not know."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Final, final

from probe_tray.adapters.files.disk import Disk, reason_of
from probe_tray.adapters.files.safe_files import make_private_folder, read_regular, remove_file, replace_file
from probe_tray.adapters.logins.sealer import Sealer, needs_key
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import ReadError

_ENDING: Final = ".login"
_LIMIT: Final = 1024 * 1024


@final
class SealedReturnedLogins:
    """Implements ``ReturnedLogins``: a file for each, sealed like the answers of renewals, named after its content."""

    def __init__(self, folder: Path, sealer: Sealer, *, disk: Disk) -> None:
        """Keep them in ``folder``, which is made when needed."""
        self._folder, self._sealer, self._disk = folder, sealer, disk

    async def keep(self, text: Secret) -> None:
        """Seal and write it."""
        seal, name = await self._sealer.ready(), text.fingerprint
        data = seal(text.reveal().encode("utf-8", "surrogatepass"), name.encode())
        await asyncio.to_thread(self._write, name, data)

    async def newest(self) -> Secret | None:
        """The one whose file is the youngest."""
        path = await asyncio.to_thread(self._youngest)
        if path is None:
            return None
        return await self.read(path.stem)

    async def read(self, fingerprint: str) -> Secret | None:
        """Open its file."""
        data = await asyncio.to_thread(self._read, self._path(fingerprint))
        if data is None:
            return None
        plain = await self._sealer.open(data, fingerprint.encode())
        return Secret(plain.decode("utf-8", "surrogatepass"))

    async def forget(self, fingerprint: str) -> None:
        """Remove its file."""
        await asyncio.to_thread(remove_file, self._path(fingerprint), disk=self._disk)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{_ENDING}"

    def _write(self, name: str, data: bytes) -> None:
        make_private_folder(self._folder)
        replace_file(self._path(name), data, disk=self._disk)

    def _youngest(self) -> Path | None:
        try:
            found = [(path.stat().st_mtime_ns, path) for path in self._folder.glob(f"*{_ENDING}")]
        except OSError as error:
            raise ReadError(path=str(self._folder), reason=reason_of(error)) from None
        return max(found)[1] if found else None

    def _read(self, path: Path) -> bytes | None:
        try:
            return read_regular(path, limit=_LIMIT, disk=self._disk)
        except FileNotFoundError:
            return None


def holds_sealed_login(folder: Path, *, disk: Disk) -> bool:
    """Whether a login lies there that only the vault's key opens. Raises ReadError when that cannot be told."""
    for path in folder.glob(f"*{_ENDING}"):
        with suppress(FileNotFoundError):
            if needs_key(read_regular(path, limit=_LIMIT, disk=disk)):
                return True
    return False
