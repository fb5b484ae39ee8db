"""What ``codex-probe diagnose`` says of sync: whether it is set up, and whether its table can be read and opened."""

import os

from probe_tray.adapters.files.config_file import LoadedSettings
from probe_tray.adapters.http.tables import HttpTables
from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.keyring.key_store import OsKeyStore
from probe_tray.adapters.keyring.sync_secrets import StoredSyncSecrets
from probe_tray.adapters.proxy.proxy import ProxyChoice
from probe_tray.cli.diagnose.checks import Check, State, failed, from_problem, good
from probe_tray.core.errors import ProbeError
from probe_tray.core.sync.setup import target
from probe_tray.engine.sync.synchronizer import try_table

_NAME = "sync"


async def sync_check(
    loaded: LoadedSettings | None, keyring: OsKeyStore, proxy: ProxyChoice, known: KnownSecrets
) -> Check:
    """Look at the table; nothing is written, neither here nor there."""
    if loaded is None or not loaded.settings.sync_url:
        return good(_NAME, "it is not set up, so nothing is shared with other machines")
    try:
        held = await StoredSyncSecrets(loaded.path, keyring, handles=known.add).load()
        goal = target(loaded.settings.sync_url, held, str(loaded.path))
    except ProbeError as error:
        return failed(_NAME, error)
    found = await try_table(HttpTables(proxy, os.environ, handles=known.add), goal)
    if found.problem is not None:
        return from_problem(_NAME, found.problem)
    if found.opened < found.rows:
        what = f"the key opens {found.opened} of the {found.rows} rows of the table."
        return Check(name=_NAME, state=State.WARN, what=what, remedy="codex-probe --sync names the others.")
    rows = "row" if found.rows == 1 else "rows"
    return good(
        _NAME, f"the table has {found.rows} {rows}, and the key opens {'it' if found.rows == 1 else 'all of them'}"
    )
