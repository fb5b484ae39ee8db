"""Begins a run of the tray app, layer 4: its folders, its settings and its service, real or simulated."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Generator, Iterable, Mapping
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, final

import msgspec

from probe_tray.adapters.files.alert_memory import FileAlertMemory
from probe_tray.adapters.files.app_folders import AppFolders, ProgramFiles, demo_places, scene_places, user_places
from probe_tray.adapters.files.config_file import LoadedSettings, load_what_is_usable
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.safe_files import make_private_folder, replace_file
from probe_tray.adapters.files.update_memory import FileUpdateMemory
from probe_tray.adapters.history.sqlite_history import SqliteHistory
from probe_tray.adapters.hygiene import KnownSecrets, Redactor, configure_logging, switch_off_core_dumps
from probe_tray.adapters.keyring.backends import TrustedBackend, known_backend
from probe_tray.adapters.keyring.key_store import KEY_USER, OsKeyStore, os_key_store
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.logins.folder_store import FolderStore
from probe_tray.adapters.logins.made_here import MadeHere
from probe_tray.adapters.logins.vault import VaultStore
from probe_tray.adapters.system import LocalZone, SystemClock
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.demo_scene import DemoScene
from probe_tray.core.errors import WriteError
from probe_tray.core.quota.history_batch import HistoryBatch
from probe_tray.core.service.service import OFFICIAL
from probe_tray.core.settings import Settings
from probe_tray.engine_factory import DesktopHooks, EngineFactory, RunContext, RunService, Wired
from probe_tray.ports.accounts import AccountStore
from probe_tray.ports.time import Clock
from probe_tray.view.text.translate import Translator
from probe_tray.wiring import vault_key

if TYPE_CHECKING:
    from probe_tray.demo.service import DemoAddresses, DemoService

_DEMO_KEY_USER = "vault key of the demo"
_SCENE: Final = "probe-tray-demo-"
"""How the names of the folders of scenes begin."""
LOGGED_OUT: Final = b'{"OPENAI_API_KEY": null, "tokens": null, "last_refresh": null}\n'
"""The official client's file while nobody is logged in with it."""


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
        self._context = RunContext(
            service=service,
            places=places,
            loaded=loaded,
            environment=environment,
            disk=disk,
            handles=known.add,
            keyring=_key_store(service.choose_keyring, known.add, demo=service.is_demo),
        )

    @property
    def settings(self) -> Settings:
        """What the configuration said at the start."""
        return self._context.loaded.settings

    def wire(self, t: Translator, zone: tzinfo, desktop: DesktopHooks) -> Wired:
        """Make the engine; inside the running event loop."""
        return EngineFactory(self._context, t, zone, desktop).make()


@contextlib.contextmanager
def open_session(environment: Mapping[str, str], disk: Disk, *, demo: DemoScene | None) -> Generator[Session]:
    """Everything a run needs, ended with it. Raises DataFolderError and WriteError.

    ``demo`` has folders, a key and a service of its own: nothing real is touched.
    """
    switch_off_core_dumps()
    with contextlib.ExitStack() as stack:
        places = _places(demo, stack)
        make_private_folder(places.data_folder)
        known = KnownSecrets()
        stack.enter_context(configure_logging(logging.INFO, places.log_file, Redactor(known)))
        if demo is None:
            loaded = _load(places, disk)
            real = RunService(
                addresses=OFFICIAL, samples=lambda _clock: (), choose_keyring=known_backend, is_demo=False
            )
            yield Session(real, places, loaded, environment, disk, known)
            return
        # As on a computer where the official client was started once and is logged out. Without its file, the login
        # would be looked for in the keyring.
        make_private_folder(places.codex_home)
        if not places.official_login.exists():
            replace_file(places.official_login, LOGGED_OUT, disk=disk)
        begin = _begin_demo if demo is DemoScene.THREE else partial(_begin_scene, demo)
        run_service, table = begin(places, disk, stack)
        loaded = _load(places, disk)
        # Its port is another one each time.
        settings = msgspec.structs.replace(loaded.settings, sync_url=table)
        loaded = msgspec.structs.replace(loaded, settings=settings)
        yield Session(run_service, places, loaded, environment, disk, known)


def _places(demo: DemoScene | None, stack: contextlib.ExitStack) -> AppFolders:
    if demo is None:
        return user_places()
    if demo is DemoScene.THREE:
        return demo_places()
    from tempfile import TemporaryDirectory

    return scene_places(Path(stack.enter_context(TemporaryDirectory(prefix=_SCENE, ignore_cleanup_errors=True))))


def _load(places: AppFolders, disk: Disk) -> LoadedSettings:
    return load_what_is_usable(places.config_file, disk=disk, create=FileLocks(places.locks))


def _begin_demo(places: AppFolders, disk: Disk, stack: contextlib.ExitStack) -> tuple[RunService, str]:
    from probe_tray.demo.samples import sample_logins
    from probe_tray.demo.service import DemoService
    from probe_tray.demo.table_seed import fill_table

    del disk
    service = stack.enter_context(DemoService(state_file=places.data_folder / "service.json"))
    fill_table(service)
    if not places.history.exists():
        asyncio.run(write_past(service, places))
    samples = partial(sample_logins, service)
    return _simulated(service.addresses, samples, known_backend), service.addresses.table


def _begin_scene(
    scene: DemoScene, places: AppFolders, disk: Disk, stack: contextlib.ExitStack
) -> tuple[RunService, str]:
    """Put everything that ``scene`` begins with into ``places``, which are empty."""
    from probe_tray.demo.scenes.memory_backend import MemoryBackend
    from probe_tray.demo.scenes.scene_setup import SceneSetup

    keyring, logins = MemoryBackend(), places.data_folder / "logins"
    make_private_folder(logins)
    setup = SceneSetup(scene, SystemClock().now())
    addresses = stack.enter_context(setup.service).addresses
    made = setup.begin(places.codex_home, logins)
    store: AccountStore
    if scene is DemoScene.LOCKED:
        files = ProgramFiles(places=places, locks=FileLocks(places.locks), disk=disk)
        key = vault_key(files, _key_store(lambda: keyring, lambda _secret: None, demo=True))
        kept, store = {"storage": "vault"}, VaultStore(places.vault, key, disk=disk)
    else:
        origins = MadeHere(places.made_here, disk=disk)
        kept = {"storage": "folder", "sync_dir": str(logins)}
        store = FolderStore(
            logins, official=(places.official_login,), made=origins, disk=disk, now=SystemClock().monotonic
        )
    own, changed = _load(demo_places(), disk).known, setup.settings
    places.config_file.write_bytes(msgspec.json.encode({**own, **kept, **changed}))

    async def keep() -> None:
        await _write_history(places, setup.past())
        await FileAlertMemory(places.said, disk=disk).save(setup.alert_memory())
        await FileUpdateMemory(places.update, disk=disk).save(setup.update_memory())
        for login in made:
            await store.save(login)

    asyncio.run(keep())
    keyring.locked = scene is DemoScene.LOCKED
    return _simulated(addresses, lambda _clock: (), lambda: keyring), addresses.table


def _key_store(choose: Callable[[], TrustedBackend], handles: Callable[[Secret], None], *, demo: bool) -> OsKeyStore:
    return os_key_store(_DEMO_KEY_USER if demo else KEY_USER, choose, handles)


def _simulated(
    addresses: "DemoAddresses",
    samples: Callable[[Clock], Iterable[Credential]],
    choose_keyring: Callable[[], TrustedBackend],
) -> RunService:
    simulated = msgspec.structs.replace(
        OFFICIAL,
        issuer=addresses.issuer,
        backend=addresses.backend,
        releases=addresses.releases,
        status_page=addresses.releases,
    )
    return RunService(addresses=simulated, samples=samples, choose_keyring=choose_keyring, is_demo=True)


async def write_past(service: "DemoService", places: AppFolders) -> None:
    """Give everybody at ``service`` 30 days in the history of ``places``, the demo's; without it the demo runs too."""
    from probe_tray.demo.samples import past_of

    await _write_history(places, (past_of(service.people, SystemClock().now().astimezone(LocalZone())),))


async def _write_history(places: AppFolders, batches: Iterable[HistoryBatch]) -> None:
    history = SqliteHistory(places.history, SystemClock().now)
    with contextlib.suppress(WriteError):
        for batch in batches:
            await history.write(batch)
    await history.close()
