"""The tray app, layer 5: ``probe-tray``."""

import asyncio
import builtins
import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from probe_tray import __version__
from probe_tray.adapters.desktop.display import (
    blends_windows,
    check_display,
    check_libraries,
    load_error,
    with_other_platforms,
)
from probe_tray.adapters.desktop.instance import Instance, StartRequest
from probe_tray.adapters.desktop.instance_socket import system_socket
from probe_tray.adapters.files.app_folders import scene_instance, user_places
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.systems.current import this_desktop, this_system
from probe_tray.cli.terminal.pipes import finish, is_terminal, say
from probe_tray.cli.tray_arguments import TrayArguments, tray_parser
from probe_tray.cli.wrong_use import WrongUseError
from probe_tray.core.alerts.alert import AlertHelp
from probe_tray.core.commands import Refresh, Renew, StartLogin
from probe_tray.core.errors import ProbeError
from probe_tray.resources import resource

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from probe_tray.bootstrap import Session
    from probe_tray.core.account.identity import AccountKey
    from probe_tray.engine_factory import Wired
    from probe_tray.ui.shell import Shell
    from probe_tray.view.text.translate import Translator

_FATAL = 2
_SEEN = frozenset({StartRequest.SHOW, StartRequest.LOG_IN, StartRequest.NOTHING})
"""What a person asks for, or the start of the session; the others come from scripts."""
_TURN_SECONDS = 0.0005


def main() -> None:
    """Start the tray app and end the process with its exit status."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run the tray app to its end: 0 when it was quit, 2 when it could not start, 128 and its number after a signal."""
    this_system().use_console()
    try:
        chosen = TrayArguments(arguments)
    except WrongUseError as error:
        t = _person_translator()
        wrong = t(error.template, **error.values)
        say(f"probe-tray: {t.joined((wrong, t('Run it with --help to see the options.')))}")
        return _FATAL
    if chosen.help:
        return _print_help(_person_translator())
    if chosen.version:
        return _print(f"probe-tray {__version__}")
    return _start(chosen)


def _start(chosen: TrayArguments) -> int:
    request = chosen.request
    asked = request or (StartRequest.NOTHING if chosen.background else StartRequest.SHOW)
    try:
        folder, disk = user_places().data_folder if chosen.demo is None else scene_instance(chosen.demo), Disk()
        instance = Instance(folder, system_socket(folder, disk=disk))
        if request is StartRequest.QUIT:
            return _quit_running(instance)
        if instance.tell(asked):
            return 0
        # Whatever keeps the app from starting is found out before Qt, which would end the process without a word.
        check_display(os.environ, sys.platform)
        app = _make_application()
        if not instance.claim(asked):
            return 0
        from probe_tray.bootstrap import open_session

        with open_session(os.environ, disk, demo=chosen.demo) as session:
            return _run_session(app, session, instance, request, opens=asked is StartRequest.SHOW and request is None)
    except ProbeError as error:
        _say_why(error, asked)
        return _FATAL


def _say_why(error: ProbeError, asked: StartRequest) -> None:
    """Say what ended the start: in the terminal, else by the system's own means, for Qt may be what failed.

    A window only where somebody sees it: whoever started it by hand, or has just logged in to the session. At login a
    notification comes first, for that takes no keyboard away.
    """
    if not is_terminal(sys.stderr):
        system, text = this_system(), str(error)
        if asked is StartRequest.NOTHING and system.show_notification("Probe Tray", text):
            return
        if asked in _SEEN and system.show_error(text):
            return
    say(f"probe-tray: {error}")


def _print_help(t: "Translator") -> int:
    from probe_tray.cli.help_text import in_language

    return _print(in_language(tray_parser(t), t).rstrip("\n"))


def _person_translator() -> "Translator":
    # Only where there is something to say: no start needs the person's language before its window.
    from probe_tray.cli.session.language import person_translator

    return person_translator(None, Disk())


def _quit_running(instance: Instance) -> int:
    running = instance.tell_if_running(StartRequest.QUIT)
    t = _person_translator()
    return _print(t("Probe Tray is quitting.") if running else t("Probe Tray is not running."))


def _print(text: str) -> int:
    with contextlib.suppress(OSError):
        print(text)
    finish()
    return 0


def _make_application() -> "QApplication":
    try:
        import PySide6
        from PySide6.QtWidgets import QApplication
    except ImportError as error:
        raise load_error(error, "Qt") from None
    from PySide6.QtCore import QLoggingCategory

    _import_plainly()
    # WORKAROUND qasync 0.28 (https://github.com/CabbageDevelopment/qasync, __init__.py): it takes the Qt that this
    # names for other programs, and ends where that is not installed.
    os.environ.pop("QT_API", None)
    check_libraries(Path(PySide6.__file__).parent / "Qt" / "plugins", sys.platform)
    system, desktop = this_system(), this_desktop()
    system.name_process(resource(system.notification_picture))
    chosen = os.environ.get("QT_QPA_PLATFORM", "")
    if chosen:
        os.environ["QT_QPA_PLATFORM"] = with_other_platforms(chosen, sys.platform)
    # A desktop without a portal is no fault, nor is a text field whose window loses the focus on Wayland, nor a screen
    # reader that asks for a row that has just gone: a person could do nothing about any. QT_LOGGING_RULES still wins.
    quiet = ("qt.qpa.theme.gnome", "qt.qpa.services", "qt.qpa.wayland.textinput", "qt.accessibility.atspi")
    QLoggingCategory.setFilterRules("\n".join(f"{category}.warning=false" for category in quiet))
    desktop.prepare_start(os.environ)
    app = QApplication(["probe-tray"])
    desktop.show_in_dock(shown=False)
    if desktop.lacks_dark_controls:
        app.setStyle("fusion")
    app.setApplicationName("probe-tray")
    app.setApplicationDisplayName("Probe Tray")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("probe-tray")
    return app


def _import_plainly() -> None:
    """Take imports out of Qt's hands.

    WORKAROUND PySide6 6.11 (https://github.com/napari/napari/issues/8584): after every import it looks through the
    module's source for the use of its ``__feature__``, which nobody makes here, and ``linecache`` keeps it all: 12 MB.
    """
    original = getattr(builtins, "__orig_import__", None)
    if original is not None:
        builtins.__import__ = original


def _run_session(
    app: "QApplication", session: "Session", instance: Instance, request: StartRequest | None, *, opens: bool
) -> int:
    from probe_tray.ui.loop import run as run_loop
    from probe_tray.ui.preferences import load_catalogue
    from probe_tray.view.text.translate import Translator

    # A window that is being drawn lets other threads wait this long. Python's own 5 ms are too long for the one which
    # has the answer to a renewal before it: until it has its turn, the new tokens are nowhere but in a socket.
    sys.setswitchinterval(_TURN_SECONDS)
    program = _Program(app, instance, Translator(load_catalogue(session.settings.language)), opens=opens)
    with this_desktop().keep_punctual("checking limits and renewing logins"):
        return run_loop(app, lambda: program.work(session, request or StartRequest.NOTHING))


class _Program:
    """The running tray app: joins the engine, the desktop and whoever asks for something from outside."""

    _wired: "Wired"
    _shell: "Shell"

    def __init__(self, app: "QApplication", instance: Instance, translator: "Translator", *, opens: bool) -> None:
        self._app = app
        self._instance = instance
        self._translator = translator
        self._opens = opens
        self._stop = asyncio.Event()
        self._ended = False

    async def work(self, session: "Session", request: StartRequest) -> int:
        """Run until it is quit; ``request`` is what was asked at the start."""
        from probe_tray.adapters.hygiene import log_loop_failure
        from probe_tray.adapters.system import LocalZone
        from probe_tray.engine_factory import DesktopHooks
        from probe_tray.ui.session_end import SessionEnd
        from probe_tray.ui.shell import Shell, ShellContext
        from probe_tray.ui.system_network import metered_network, script_proxy

        asyncio.get_running_loop().set_exception_handler(log_loop_failure)
        zone = LocalZone()
        desktop = DesktopHooks(
            show_message=self._say, is_metered=metered_network, press=self._press, script_proxy=script_proxy
        )
        self._wired = wired = session.wire(self._translator, zone, desktop)
        context = ShellContext(
            translator=self._translator,
            clock=wired.clock,
            zone=zone,
            inspector=wired.inspector,
            blends_windows=blends_windows,
            opens=self._opens,
        )
        self._shell = Shell(self._app, wired.engine, context, self._stop.set)
        session_end = SessionEnd(self._app, self, context.desktop, wired.clock.monotonic)
        engine = asyncio.create_task(wired.engine.run())
        quitting = asyncio.create_task(self._stop.wait())
        try:
            async with self._instance.serve(self._do, wired.numbers):
                self._do(request)
                await asyncio.wait({engine, quitting}, return_when=asyncio.FIRST_COMPLETED)
            return engine.result() or 0 if engine.done() else 0
        finally:
            self._shell.close()
            for task in (engine, quitting):
                task.cancel()
            await asyncio.gather(engine, quitting, return_exceptions=True)
            await wired.client.aclose()
            self._ended = True
            session_end.close()

    def end(self) -> None:
        """Begin to end; never waits."""
        self._stop.set()

    def ended(self) -> bool:
        """Whether it has ended and every token is saved."""
        return self._ended

    def awaits_tokens(self) -> bool:
        """Whether a request was sent whose answer brings tokens that exist nowhere else."""
        return self._wired.engine.awaits_tokens()

    def window(self) -> int:
        """The handle of the panel."""
        return self._shell.window()

    def waits_for(self) -> str:
        """What the person reads about why the session has to wait."""
        from probe_tray.view.tray.tray import saving_words

        return saving_words(self._translator)

    def _say(self, title: str, text: str) -> None:
        self._shell.show_message(title, text)

    def _press(self, account: "AccountKey | None", wanted: AlertHelp) -> None:
        match wanted:
            case AlertHelp.LOG_IN:
                self._wired.engine.send(StartLogin(account))
            case AlertHelp.RENEW:
                self._wired.engine.send(Renew(account))
            case AlertHelp.OPEN:
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
