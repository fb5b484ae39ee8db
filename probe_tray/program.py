"""The tray app once it is the running one, layer 5: what is loaded after the icon is there."""

import asyncio
import gc
import linecache
import sys
from collections.abc import Callable
from datetime import tzinfo
from typing import NamedTuple

from PySide6.QtWidgets import QApplication, QSystemTrayIcon

from probe_tray.adapters.desktop.display import blends_windows
from probe_tray.adapters.desktop.instance import Instance
from probe_tray.adapters.desktop.instance_socket import StartRequest
from probe_tray.adapters.files.background_file import BackgroundFile
from probe_tray.adapters.files.json_file import JsonFile
from probe_tray.adapters.hygiene import log_loop_failure
from probe_tray.adapters.system import LocalZone
from probe_tray.adapters.systems.current import this_desktop, this_system
from probe_tray.bootstrap import Session
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.alerts.alert import AlertHelp
from probe_tray.core.commands import Refresh, Renew, StartLogin
from probe_tray.engine_factory import DesktopHooks, Wired
from probe_tray.ports.time import Clock
from probe_tray.ui.event_loop.loop import run as run_loop
from probe_tray.ui.preferences import load_catalogue, system_languages
from probe_tray.ui.session_end import SessionEnd
from probe_tray.ui.shell import Shell
from probe_tray.ui.shell_context import ShellContext
from probe_tray.ui.system_network import metered_network, script_proxy
from probe_tray.ui.tray.first_icon import FirstIcon
from probe_tray.view.text.translate import Translator
from probe_tray.view.tray.icon_look import LastIcon
from probe_tray.view.tray.tray import saving_words

_TURN_SECONDS = 0.0005
_FREE_EVERY = 3600.0
"""Seconds."""


class ProgramStart(NamedTuple):
    """What the start of the program has made before everything else was loaded."""

    app: QApplication
    instance: Instance
    first_icon: FirstIcon
    icon_file: JsonFile[LastIcon]
    request: StartRequest
    """What the person asked for."""
    opens: bool
    """Whether the panel opens by itself."""


def run_program(start: ProgramStart, session: Session) -> int:
    """Run to the end and return the exit status."""
    # A window that is being drawn lets other threads wait this long. Python's own 5 ms are too long for the one which
    # has the answer to a renewal before it: until it has its turn, the new tokens are nowhere but in a socket.
    sys.setswitchinterval(_TURN_SECONDS)
    catalogue = load_catalogue(session.settings.language, system_languages())
    program = Program(start, Translator(catalogue))
    with this_desktop().keep_punctual("checking limits and renewing logins"):
        return run_loop(start.app, lambda: program.work(session))


class Program:
    """The running tray app: joins the engine, the desktop and whoever asks for something from outside."""

    _wired: Wired
    _shell: Shell

    def __init__(self, start: ProgramStart, translator: Translator) -> None:
        """Go on from ``start``."""
        self._start = start
        self._translator = translator
        self._stop = asyncio.Event()
        self._ended = False

    async def work(self, session: Session) -> int:
        """Run until it is quit."""
        asyncio.get_running_loop().set_exception_handler(log_loop_failure)
        zone = LocalZone()
        desktop = DesktopHooks(
            show_message=self._say, is_metered=metered_network, press=self._press, script_proxy=script_proxy
        )
        self._wired = wired = session.wire(self._translator, zone, desktop)
        icon_file = BackgroundFile(self._start.icon_file, wired.clock.monotonic)
        self._shell = self._make_shell(wired, zone, icon_file.keep)
        _keep_loaded()
        session_end = SessionEnd(self._start.app, self, this_desktop(), wired.clock.monotonic)
        engine = asyncio.create_task(wired.engine.run())
        quitting = asyncio.create_task(self._stop.wait())
        freeing = asyncio.create_task(free_hourly(wired.clock))
        try:
            async with self._start.instance.serve(self._do, wired.numbers):
                self._do(self._start.request)
                await asyncio.wait({engine, quitting}, return_when=asyncio.FIRST_COMPLETED)
            return engine.result() or 0 if engine.done() else 0
        finally:
            self._shell.close()
            for task in (engine, quitting, freeing):
                task.cancel()
            await asyncio.gather(engine, quitting, freeing, return_exceptions=True)
            await wired.client.aclose()
            self._ended = True
            session_end.close()
            # The session waits no longer: a picture is not worth it.
            await icon_file.close()

    def _make_shell(self, wired: Wired, zone: tzinfo, remember_icon: Callable[[LastIcon], None]) -> Shell:
        context = ShellContext(
            translator=self._translator,
            clock=wired.clock,
            zone=zone,
            inspector=wired.inspector,
            blends_windows=blends_windows,
            first_icon=self._start.first_icon,
            remember_icon=remember_icon,
            opens=self._start.opens,
            tray_available=QSystemTrayIcon.isSystemTrayAvailable,
            desktop=this_desktop(),
        )
        return Shell(self._start.app, wired.engine, context, self._stop.set)

    def end(self) -> None:
        """Begin to end; never waits."""
        self._stop.set()

    def ended(self) -> bool:
        """Whether it has ended and every token is saved."""
        return self._ended

    def awaits_tokens(self) -> bool:
        """Whether a request was sent whose answer brings tokens that exist nowhere else."""
        return self._wired.engine.awaits_tokens()

    def waits_for(self) -> str:
        """What the person reads about why the session has to wait."""
        return saving_words(self._translator)

    def _say(self, title: str, text: str) -> None:
        self._shell.show_message(title, text)

    def _press(self, account: AccountKey | None, wanted: AlertHelp) -> None:
        match wanted:
            case AlertHelp.LOG_IN:
                self._wired.engine.send(StartLogin(account))
            case AlertHelp.RENEW:
                self._wired.engine.send(Renew(account))
            case AlertHelp.NEXT if account is not None:
                self._shell.use_in_codex(account)
            case AlertHelp.OPEN | AlertHelp.NEXT:
                self._shell.show_panel(account)

    def _do(self, request: StartRequest) -> None:
        match request:
            case StartRequest.NOTHING:
                pass
            case StartRequest.SHOW:
                self._shell.show_panel()
            case StartRequest.LOG_IN:
                self._wired.engine.send(StartLogin())
            case StartRequest.REFRESH:
                self._wired.engine.send(Refresh())
            case StartRequest.QUIT:
                self._stop.set()


def _keep_loaded() -> None:
    # Qt's binding has read the source of some modules, enum's above all, which nobody asks for again.
    linecache.clearcache()
    # What was loaded stays to the end: looking through it for what nothing holds any more takes 60 ms each time.
    gc.collect()
    gc.freeze()
    this_system().give_back_memory()


async def free_hourly(clock: Clock) -> None:
    """Free what holds nothing but itself, until cancelled: by itself Python looks for it every few days."""
    while True:
        await clock.sleep(_FREE_EVERY)
        gc.collect()
        this_system().give_back_memory()
