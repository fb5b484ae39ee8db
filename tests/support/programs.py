"""The programs' own parts, joined as ``app.py`` joins them."""

import os
from collections.abc import Callable, Iterable
from datetime import UTC
from pathlib import Path
from typing import Final

from probe_tray.adapters.desktop.instance import Instance
from probe_tray.adapters.desktop.instance_socket import system_socket
from probe_tray.adapters.files.app_folders import AppFolders, user_places
from probe_tray.adapters.files.config_file import load_settings
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.safe_files import make_private_folder
from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.keyring.backends import TrustedBackend, known_backend
from probe_tray.adapters.locks import FileLocks
from probe_tray.bootstrap import Session
from probe_tray.core.account.credential import Credential
from probe_tray.core.service.service import OFFICIAL, Service
from probe_tray.engine_factory import DesktopHooks, RunService, Wired
from probe_tray.view.text.translate import Translator

NO_DESKTOP: Final = DesktopHooks(
    show_message=lambda _title, _text: None,
    is_metered=lambda: None,
    press=lambda _account, _wanted: None,
    script_proxy=lambda _host: "",
)


def program_start(folder: Path) -> Instance:
    """A start of the program whose data lie in ``folder``."""
    return Instance(folder, system_socket(folder, disk=Disk()))


def wired_tray(
    service: Service = OFFICIAL,
    *,
    places: AppFolders | None = None,
    samples: Iterable[Credential] = (),
    desktop: DesktopHooks = NO_DESKTOP,
    known: KnownSecrets | None = None,
    choose_keyring: Callable[[], TrustedBackend] = known_backend,
) -> Wired:
    """The tray app of this user, in English and in UTC, talking to ``service``; inside the running event loop."""
    places, disk = places or user_places(), Disk()
    make_private_folder(places.data_folder)
    loaded = load_settings(places.config_file, disk=disk, create=FileLocks(places.locks))
    run = RunService(addresses=service, samples=lambda _clock: samples, choose_keyring=choose_keyring, is_demo=False)
    session = Session(run, places, loaded, os.environ, disk, known or KnownSecrets())
    return session.wire(Translator(), UTC, desktop)
