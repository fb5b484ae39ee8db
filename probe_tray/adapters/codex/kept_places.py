"""What was in the client's place before a hand-over and is no login of an account: an API key, what nobody reads."""

import asyncio
import hashlib
import time
from pathlib import Path
from typing import Final, final

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.safe_files import make_private_folder, read_regular, remove_file, replace_file
from probe_tray.adapters.logins.sealer import Sealer
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import ReadError

_LIMIT: Final = 1024 * 1024


@final
class SealedKeptPlaces:
    """Implements ``KeptPlaces``: a file each, sealed with the vault's key where there is one, else 0600."""

    def __init__(self, folder: Path, sealer: Sealer, *, disk: Disk) -> None:
        """Keep them in ``folder``, which is made when needed."""
        self._folder, self._sealer, self._disk = folder, sealer, disk

    async def keep(self, home: str, text: Secret) -> None:
        """In a file of its own, so that nothing that was kept before is lost."""
        name = _name(home)
        seal = await self._sealer.ready()
        sealed = seal(text.reveal().encode("utf-8", "surrogateescape"), name.encode())
        await asyncio.to_thread(self._keep, name, sealed)

    async def newest(self, home: str) -> Secret | None:
        """That of the file whose name is the last."""
        found = await asyncio.to_thread(self._find, home)
        if not found:
            return None
        try:
            sealed = await asyncio.to_thread(read_regular, found[-1], limit=_LIMIT, disk=self._disk)
        except FileNotFoundError:
            return None
        plain = await self._sealer.open(sealed, _name(home).encode())
        return Secret(plain.decode("utf-8", "surrogateescape"))

    async def has(self, home: str) -> bool:
        """Whether there is such a file."""
        return bool(await asyncio.to_thread(self._find, home))

    async def forget_newest(self, home: str) -> None:
        """Remove that file."""
        for path in (await asyncio.to_thread(self._find, home))[-1:]:
            await asyncio.to_thread(remove_file, path, disk=self._disk)

    def _keep(self, name: str, sealed: bytes) -> None:
        make_private_folder(self._folder)
        # Of two names the later one is the newer: nanoseconds, as many digits each.
        replace_file(self._folder / f"{name}-{time.time_ns():020}.kept", sealed, disk=self._disk)

    def _find(self, home: str) -> list[Path]:
        try:
            return sorted(self._folder.glob(f"{_name(home)}-*.kept"))
        except OSError:
            raise ReadError(path=str(self._folder)) from None


def _name(home: str) -> str:
    """The home in a file name."""
    return hashlib.sha256(home.encode("utf-8", "surrogateescape")).hexdigest()[:16]
