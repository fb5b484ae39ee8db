"""Home folders for the programs that are measured.

As a program, ``python -m tests.bench.home FOLDER``, it keeps the logins of the credential files there in the vault.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from shutil import copyfile
from time import monotonic
from typing import Final

from probe_tray.adapters.files.app_folders import ProgramFiles, user_places
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.safe_files import make_private_folder
from probe_tray.adapters.keyring.backends import known_backend
from probe_tray.adapters.keyring.key_store import KEY_USER, os_key_store
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.logins.folder_store import FolderStore
from probe_tray.adapters.logins.made_here import MadeHere
from probe_tray.adapters.logins.vault import VaultStore
from probe_tray.core.account.secret import Secret
from probe_tray.wiring import vault_key
from tests.bench.processes import run

_FOLDERS: Final = {
    "HOME": "home",
    "XDG_CONFIG_HOME": "home/.config",
    "XDG_DATA_HOME": "home/.local/share",
    "XDG_CACHE_HOME": "home/.cache",
    "XDG_STATE_HOME": "home/.local/state",
    "XDG_RUNTIME_DIR": "run",
    "TMPDIR": "tmp",
}


def new_home(folder: Path, environment: Mapping[str, str], settings: Mapping[str, object]) -> dict[str, str]:
    """Make the folders of a home below ``folder``; the environment of a program that lives there."""
    made = dict(environment)
    for name, place in _FOLDERS.items():
        (folder / place).mkdir(mode=0o700, parents=True, exist_ok=True)
        made[name] = str(folder / place)
    config = Path(made["XDG_CONFIG_HOME"]) / "probe-tray" / "config.json"
    config.parent.mkdir(mode=0o700, exist_ok=True)
    # Nothing is asked of GitHub, so that what is counted is the program's purpose.
    config.write_text(json.dumps({"check_for_updates": False, **settings}))
    config.chmod(0o600)
    return made


def fill_vault(logins: Path, environment: Mapping[str, str], folder: Path) -> None:
    """Keep the logins of the credential files in ``logins`` in the vault of the home that ``environment`` names."""
    run([sys.executable, "-m", "tests.bench.home", logins], environment, folder)


def codex_login(login: Path, home: Path) -> None:
    """Keep a login as the Codex client does."""
    held = json.loads(login.read_bytes())
    tokens = {name: held[name] for name in ("id_token", "access_token", "refresh_token", "account_id")}
    file = home / ".codex" / "auth.json"
    file.parent.mkdir(mode=0o700, exist_ok=True)
    file.write_text(json.dumps({"OPENAI_API_KEY": None, "tokens": tokens, "last_refresh": "2026-11-22T15:04:05Z"}))
    file.chmod(0o600)


def copies(logins: Path, folder: Path, count: int) -> Path:
    """The first ``count`` credential files in a folder of their own."""
    folder.mkdir(parents=True)
    for file in sorted(logins.iterdir())[:count]:
        copyfile(file, folder / file.name)
        (folder / file.name).chmod(0o600)
    return folder


async def _fill(logins: Path) -> None:
    places, disk = user_places(), Disk()
    make_private_folder(places.data_folder)
    files = ProgramFiles(places=places, locks=FileLocks(places.locks), disk=disk)
    known: list[Secret] = []
    keyring = os_key_store(KEY_USER, known_backend, known.append)
    vault = VaultStore(places.vault, vault_key(files, keyring), disk=disk)
    made = MadeHere(places.made_here, disk=disk)
    source = FolderStore(logins, official=(), made=made, disk=disk, now=monotonic)
    for held in (await source.load()).found:
        await vault.save(held.credential)


if __name__ == "__main__":
    asyncio.run(_fill(Path(sys.argv[1])))
