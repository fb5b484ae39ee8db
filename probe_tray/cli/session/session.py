"""The start and the end that all actions of ``codex-probe`` share."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from probe_tray.adapters.files.app_folders import ProgramFiles, user_places
from probe_tray.adapters.files.config_file import LoadedSettings, load_settings, may_be_there
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.http.client import ServiceClient
from probe_tray.adapters.hygiene import KnownSecrets, Redactor, configure_logging, switch_off_core_dumps
from probe_tray.adapters.journal.journal import FileJournal
from probe_tray.adapters.keyring.backends import known_backend, load_library
from probe_tray.adapters.keyring.key_store import KEY_USER, os_key_store
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.logins.sealer import FallbackSealer, FolderSealer
from probe_tray.adapters.logins.vault import VaultStore
from probe_tray.adapters.proxy.proxy import ProxyChoice
from probe_tray.adapters.systems.current import this_system
from probe_tray.cli.arguments import Arguments
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.session.language import spoken
from probe_tray.cli.session.proxy import chosen_proxy, proxy_note
from probe_tray.cli.terminal.console import Console
from probe_tray.cli.terminal.hints import at_the_command_line
from probe_tray.cli.terminal.pipes import finish
from probe_tray.cli.terminal.signals import SignalledError, ended_soon, woken_by_signals
from probe_tray.core.errors import ConfigError, Phrase, ProbeError, ProxyAddressError, SyncOffError, UsageError
from probe_tray.core.service.answer import Answer
from probe_tray.core.service.service import OFFICIAL, Service
from probe_tray.core.settings import Language, Settings
from probe_tray.ports.accounts import SyncVault
from probe_tray.view.text.translate import Translator
from probe_tray.wiring import vault_key

_UNUSABLE = (UsageError, ConfigError, ProxyAddressError, SyncOffError)
"""What was wrong before anything was done: the flags or the configuration."""


def run_session(
    arguments: Arguments,
    action: Callable[["CommandSession"], ExitStatus],
    *,
    quiet: bool = False,
    failed: ExitStatus = ExitStatus.FAILURE,
) -> ExitStatus:
    """Run ``action``; say what ended it, if anything did, and return the exit status. Raises KeyboardInterrupt.

    ``quiet``: as with ``--quiet``, without notes. ``failed``: the status after a failure, where 1 means something else.
    """
    switch_off_core_dumps()
    known = KnownSecrets()
    redactor = Redactor(known)
    console = Console(quiet=quiet or arguments.quiet)
    # Until the configuration is read, and where it can't be, the language is that of the terminal.
    t = Translator(spoken(Language.AUTO, os.environ))
    with (
        ExitStack() as ending,
        configure_logging(logging.WARNING, sys.stderr, redactor),
        # All of it, for what was sent is waited for in several steps.
        this_system().outlive_console(),
        asyncio.Runner() as runner,
        woken_by_signals(runner.get_loop()),
    ):
        try:
            status = action(CommandSession(arguments, console, t, runner, known, redactor))
        except ProbeError as error:
            console.failure(t.told(at_the_command_line(error.problem)))
            return ExitStatus.WRONG_USE if isinstance(error, _UNUSABLE) else failed
        except SignalledError as signalled:
            console.failure(t("interrupted."))
            status = signalled.status
        if status.is_of_signal:
            # What was sent is kept and everything is told. The runner waits for its threads.
            finish()
            ending.enter_context(ended_soon(status))
        return status


class CommandSession:
    """What an action is made from. Its parts do nothing until they are used: no file is read and no keyring opened."""

    def __init__(
        self,
        arguments: Arguments,
        console: Console,
        t: Translator,
        runner: asyncio.Runner,
        known: KnownSecrets,
        redactor: Redactor,
    ) -> None:
        """For one run of the command. Raises UsageError where nobody knows whose files to use."""
        self.arguments = arguments
        self.console = console
        self.t = t
        self.runner = runner
        """One event loop for all parts of an action. Between them a person is asked, and Ctrl-C ends that at once."""
        self.handles = known.add
        """Takes each secret that the action handles, so that nothing logged shows it."""
        self.redactor = redactor
        self.places = user_places()
        self.disk = Disk()
        self.locks = FileLocks(self.places.locks, waits=self._waits)
        self.files = ProgramFiles(places=self.places, locks=self.locks, disk=self.disk)
        self.keyring = os_key_store(KEY_USER, known_backend, self.handles)
        self._key = vault_key(self.files, self.keyring)
        self.vault = VaultStore(self.places.vault, self._key, disk=self.disk)

    def read_settings(self) -> LoadedSettings:
        """The configuration of ``--config``, else of the usual place, where it is written on first use.

        From here on its language is spoken. Raises UsageError for a named file that is not there, and ConfigError for
        one that can't be used.
        """
        loaded = self._load()
        self.speak(loaded.settings)
        if loaded.problem is not None:
            self.console.note(self.t.title(loaded.problem))
        return loaded

    def speak(self, settings: Settings) -> None:
        """Use the language of the settings from here on, if they name one."""
        if settings.language is not Language.AUTO:
            self.t.use(spoken(settings.language, os.environ))

    def proxy(self, settings: Settings) -> ProxyChoice:
        """The proxy of ``--proxy``, of the configuration, or the one that is found. Raises ProxyAddressError."""
        return chosen_proxy(self.arguments, settings)

    def tell_proxy(self, proxy: ProxyChoice, addresses: Sequence[str]) -> None:
        """Note which proxy requests to ``addresses`` take and where it was found."""
        self.console.note(proxy_note(proxy, addresses, self.t))

    def client(
        self,
        proxy: ProxyChoice,
        service: Service = OFFICIAL,
        answered: Callable[[Answer], None] = lambda _answer: None,
    ) -> ServiceClient:
        """A connection to ``service``; inside the running event loop."""
        return ServiceClient(service, proxy, os.environ, handles=self.handles, answered=answered)

    def sync_secrets(self, loaded: LoadedSettings) -> SyncVault:
        """The secrets of sync: those of the configuration, else those of the keyring."""
        # Imported here: most runs have no table.
        from probe_tray.adapters.keyring.sync_secrets import StoredSyncSecrets

        return StoredSyncSecrets(loaded.path, self.keyring, self.locks, disk=self.disk, handles=self.handles)

    def silent_vault(self) -> VaultStore:
        """The vault for a look that nothing depends on: it is not opened where the keyring would ask a person."""
        return VaultStore(self.places.vault, vault_key(self.files, self.keyring.silent), disk=self.disk)

    def journal(self) -> FileJournal:
        """The journal of renewals, which asks no person for the vault's key."""
        silent = vault_key(self.files, self.keyring.silent)
        return FileJournal(self.places.journal, FallbackSealer(self._key, silent, load=load_library), disk=self.disk)

    def kept_sealer(self) -> FolderSealer:
        """Seals what was in the official client's place; plain, 0600, where there is no keyring."""
        return FolderSealer(self._key)

    def _load(self) -> LoadedSettings:
        config = self.arguments.config
        if config is None:
            return load_settings(self.places.config_file, disk=self.disk, create=self.locks)
        path = Path(config)
        if not may_be_there(path):
            raise UsageError(what=Phrase("--config {path}: there is no such file.", path=str(path)))
        return load_settings(path, disk=self.disk)

    def _waits(self, waiting: bool) -> None:  # noqa: FBT001 - as FileLocks calls it
        # Imported here: it brings more than most runs need.
        from probe_tray.view.text.sentences import WAITING

        if waiting:
            self.console.note(self.t(WAITING))
