"""Begins a run of the tray app, layer 4: its folders, its settings and its service, real or simulated."""

import asyncio
import contextlib
import logging
from collections.abc import Generator, Mapping
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, final

import msgspec

from probe_tray.adapters.files.app_folders import AppFolders, demo_places, user_places
from probe_tray.adapters.files.config_file import LoadedSettings, load_what_is_usable
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.safe_files import make_private_folder
from probe_tray.adapters.history.sqlite_history import SqliteHistory
from probe_tray.adapters.hygiene import KnownSecrets, Redactor, configure_logging, switch_off_core_dumps
from probe_tray.adapters.keyring.key_store import OsKeyStore
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.system import LocalZone, SystemClock
from probe_tray.core.errors import WriteError
from probe_tray.core.service.service import OFFICIAL
from probe_tray.core.settings import Settings
from probe_tray.engine_factory import DesktopHooks, EngineFactory, RunContext, RunService, Wired
from probe_tray.view.text.translate import Translator

if TYPE_CHECKING:
    from probe_tray.demo.service import DemoService

_KEY_SERVICE, _KEY_USER, _DEMO_KEY_USER = "Probe Tray", "vault key", "vault key of the demo"


@final
class Session:
    """One run of the tray app: its folders, its settings and its service."""

    def __init__(
        self,
        service: RunService,
        places: AppFolders,
        loaded: LoadedSettings,
        environment: Mapping[str, str],
        disk: Disk,
        known: KnownSecrets,
    ) -> None:
        """Every secret that is handled goes to ``known``."""
        user = _DEMO_KEY_USER if service.is_demo else _KEY_USER
        self._context = RunContext(
            service=service,
            places=places,
            loaded=loaded,
            environment=environment,
            disk=disk,
            handles=known.add,
            keyring=OsKeyStore(service=_KEY_SERVICE, user=user, handles=known.add),
        )

    @property
    def settings(self) -> Settings:
        """What the configuration said at the start."""
        return self._context.loaded.settings

    def wire(self, t: Translator, zone: tzinfo, desktop: DesktopHooks) -> Wired:
        """Make the engine; inside the running event loop."""
        return EngineFactory(self._context, t, zone, desktop).make()


@contextlib.contextmanager
def open_session(environment: Mapping[str, str], disk: Disk, *, demo: bool) -> Generator[Session]:
    """Everything a run needs, ended with it. Raises DataFolderError and WriteError.

    ``demo`` has folders, a key and a service of its own: nothing real is touched.
    """
    switch_off_core_dumps()
    places = demo_places() if demo else user_places()
    with contextlib.ExitStack() as stack:
        make_private_folder(places.data_folder)
        known = KnownSecrets()
        stack.enter_context(configure_logging(logging.INFO, places.log_file, Redactor(known)))
        loaded = load_what_is_usable(places.config_file, disk=disk, create=FileLocks(places.locks))
        if not demo:
            real = RunService(addresses=OFFICIAL, samples=lambda _clock: (), is_demo=False)
            yield Session(real, places, loaded, environment, disk, known)
            return
        from probe_tray.demo.samples import sample_logins
        from probe_tray.demo.table_seed import fill_table

        service = stack.enter_context(_demo_service(places.data_folder))
        fill_table(service)
        if not places.history.exists():
            asyncio.run(write_past(service, places))
        addresses = service.addresses
        simulated = msgspec.structs.replace(
            OFFICIAL,
            issuer=addresses.issuer,
            backend=addresses.backend,
            releases=addresses.releases,
            status_page=addresses.releases,
        )
        # Its port is another one each time.
        settings = msgspec.structs.replace(loaded.settings, sync_url=addresses.table)
        loaded = msgspec.structs.replace(loaded, settings=settings)
        samples = partial(sample_logins, service)
        run_service = RunService(addresses=simulated, samples=samples, is_demo=True)
        yield Session(run_service, places, loaded, environment, disk, known)


async def write_past(service: "DemoService", places: AppFolders) -> None:
    """Give everybody at ``service`` 30 days in the history of ``places``, the demo's; without it the demo runs too."""
    from probe_tray.demo.samples import past_of

    clock = SystemClock()
    history = SqliteHistory(places.history, clock.now)
    with contextlib.suppress(WriteError):
        await history.write(past_of(service.people, clock.now().astimezone(LocalZone())))
    await history.close()


def _demo_service(folder: Path) -> "DemoService":
    from probe_tray.demo.service import DemoService

    return DemoService(state_file=folder / "service.json")
