"""The stores of the tray app, for commands that change what it has."""

from probe_tray.adapters.files.config_file import LoadedSettings
from probe_tray.adapters.logins.folder_store import FolderStore
from probe_tray.adapters.logins.made_here import MadeHere
from probe_tray.adapters.system import SystemClock
from probe_tray.cli.session.session import CommandSession
from probe_tray.core.settings import Storage
from probe_tray.ports.accounts import AccountStore


def own_stores(
    session: CommandSession, loaded: LoadedSettings, vault: AccountStore
) -> tuple[tuple[AccountStore, ...], str]:
    """The stores of the tray app, the one that takes new logins first, and what that is called."""
    t, folder = session.t, loaded.login_folder
    if folder is None:
        return (vault,), t("the vault")
    places, disk = session.places, session.disk
    made = MadeHere(places.made_here, disk=disk)
    now = SystemClock().monotonic
    official = places.official_logins(loaded.settings.codex_homes)
    shared = FolderStore(folder, official=official, made=made, disk=disk, now=now)
    if loaded.settings.storage is Storage.FOLDER:
        return (shared, vault), str(folder)
    return (vault, shared), t("the vault")
