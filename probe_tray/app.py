"""The tray app, layer 5: ``probe-tray``."""

import builtins
import contextlib
import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from probe_tray import __version__
from probe_tray.adapters.desktop.display import (
    check_display,
    check_libraries,
    load_error,
    with_other_platforms,
)
from probe_tray.adapters.desktop.instance import Instance
from probe_tray.adapters.desktop.instance_socket import StartRequest, system_socket
from probe_tray.adapters.files.app_folders import scene_instance, user_places
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.lean_import import import_lean
from probe_tray.adapters.systems.current import this_desktop, this_system
from probe_tray.cli.terminal.pipes import finish, is_terminal, say
from probe_tray.cli.tray_arguments import TrayArguments, tray_parser
from probe_tray.cli.wrong_use import WrongUseError
from probe_tray.core.errors import ProbeError
from probe_tray.resources import resource

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QApplication

    from probe_tray.view.text.translate import Translator

_FATAL, _STILL_ENDING = 2, 3
_SEEN = frozenset({StartRequest.SHOW, StartRequest.LOG_IN, StartRequest.NOTHING})
"""What a person asks for, or the start of the session; the others come from scripts."""
_LAST_ICON, _LARGEST_ICON_FILE = "last-icon.json", 4096
_REST = (
    "msgspec.json",
    "asyncio",
    "probe_tray.core.errors",
    "probe_tray.core.state",
    "probe_tray.core.reduce",
    "ssl",
    "probe_tray.adapters.http.client",
    "probe_tray.engine.runtime",
    "probe_tray.engine_factory",
    "probe_tray.bootstrap",
    "probe_tray.ui.event_loop.loop",
    "probe_tray.ui.theme",
    "probe_tray.ui.panel.panel",
    "probe_tray.ui.settings.settings_controller",
    "probe_tray.ui.shell",
    "probe_tray.program",
)
"""What is loaded after the icon is there, in steps between which the icon answers the tray."""


def main() -> None:
    """Start the tray app and end the process with its exit status."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run the tray app to its end: 0 when it was quit, 2 when it could not start, 128 and its number after a signal.

    3 where it was to be quit and has not ended yet.
    """
    try:
        chosen = TrayArguments(arguments)
    except WrongUseError as error:
        this_system().use_console()
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
        return _run_claimed(app, instance, folder / _LAST_ICON, disk, chosen)
    except ProbeError as error:
        _say_why(error, asked)
        return _FATAL


def _run_claimed(app: "QApplication", instance: Instance, icon_path: "Path", disk: Disk, chosen: TrayArguments) -> int:
    """Be the running program: the icon first, with what it showed last, then all the rest."""
    from PySide6.QtWidgets import QSystemTrayIcon

    from probe_tray.adapters.files.json_file import JsonFile, JsonFormat
    from probe_tray.ui.tray.first_icon import FirstIcon
    from probe_tray.view.tray.icon_look import LAST_ICON, LastIcon

    form = JsonFormat(
        what="what the icon showed",
        log_level=logging.INFO,
        version=1,
        decoder=LAST_ICON,
        is_sound=LastIcon.is_sound,
        limit=_LARGEST_ICON_FILE,
    )
    icon_file = JsonFile(icon_path, form, disk=disk)
    first_icon = FirstIcon(icon_file.recall(alone=True), this_desktop(), QSystemTrayIcon.isSystemTrayAvailable)
    try:
        for name in _REST:
            import_module(name)
            app.processEvents()
        from probe_tray.bootstrap import open_session
        from probe_tray.program import ProgramStart, run_program

        start = ProgramStart(
            app=app,
            instance=instance,
            first_icon=first_icon,
            icon_file=icon_file,
            request=chosen.request or StartRequest.NOTHING,
            opens=chosen.request is None and not chosen.background,
        )
        with open_session(os.environ, disk, demo=chosen.demo) as session:
            return run_program(start, session)
    finally:
        first_icon.close()


def _say_why(error: ProbeError, asked: StartRequest) -> None:
    """Say what ended the start: in the terminal, else by the system's own means, for Qt may be what failed.

    A window only where somebody sees it: whoever started it by hand, or has just logged in to the session. At login a
    notification comes first, for that takes no keyboard away.
    """
    text = _person_translator().told(error.problem)
    system = this_system()
    system.use_console()
    if not is_terminal(sys.stderr):
        if asked is StartRequest.NOTHING and system.show_notification("Probe Tray", text):
            return
        if asked in _SEEN and system.show_error(text):
            return
    say(f"probe-tray: {text}")


def _print_help(t: "Translator") -> int:
    from probe_tray.cli.help_text import in_language

    return _print(in_language(tray_parser(t), t).rstrip("\n"))


def _person_translator() -> "Translator":
    # Only where there is something to say: no start needs the person's language before its icon.
    from probe_tray.cli.session.language import person_translator

    return person_translator(None, Disk())


def _quit_running(instance: Instance) -> int:
    running = instance.tell_if_running(StartRequest.QUIT)
    t = _person_translator()
    status = _print(t("Probe Tray is quitting.") if running else t("Probe Tray is not running."))
    # What comes next may remove or copy its files, as uninstalling does. Whoever will not wait has it end all the same.
    with contextlib.suppress(KeyboardInterrupt):
        if not instance.wait_for_end():
            late = t("Probe Tray hasn't quit yet. It may still be saving a login. Try again in a minute.")
            say(f"probe-tray: {late}")
            return _STILL_ENDING
    return status


def _print(text: str) -> int:
    # Not before: a program that runs on must not end with the terminal from which it was started.
    this_system().use_console()
    with contextlib.suppress(OSError):
        print(text)
    finish()
    return 0


def _make_application() -> "QApplication":
    from pathlib import Path

    system, desktop = this_system(), this_desktop()
    system.share_memory()
    import_lean("PySide6.QtCore")
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
