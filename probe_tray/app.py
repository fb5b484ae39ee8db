"""The tray app, floor 5: ``probe-tray``."""

import argparse
import asyncio
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from probe_tray import __version__
from probe_tray.adapters.display import check_display, check_libraries
from probe_tray.core.alert_kinds import Help
from probe_tray.core.commands import LogIn, Renew
from probe_tray.core.errors import ProbeError, SystemLibraryError

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from probe_tray.bootstrap import Session, Wired
    from probe_tray.core.identity import AccountKey

_FATAL = 2


def main() -> None:
    """Start the tray app and end the process with its exit status."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run the tray app to its end: 0 when it was quit, 2 when it could not start, 130 and 143 after a signal."""
    chosen = _parser().parse_args(arguments)
    try:
        # Whatever keeps the app from starting is found out before Qt, which would end the process without a word.
        check_display(os.environ, sys.platform)
        app = _make_application()
        from probe_tray.bootstrap import open_session

        with open_session(os.environ, demo=chosen.demo) as session:
            return _run_session(app, session)
    except ProbeError as error:
        print(f"probe-tray: {error}", file=sys.stderr)
        return _FATAL


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="probe-tray", description="Shows the quota of every Codex account in the system tray."
    )
    parser.add_argument("--demo", action="store_true", help="run with a simulated service and three sample accounts")
    parser.add_argument("--version", action="version", version=f"probe-tray {__version__}")
    return parser


def _make_application() -> "QApplication":
    try:
        import PySide6
        from PySide6.QtWidgets import QApplication
    except ImportError as error:
        library = re.match(r"([\w.+-]+\.so[\w.]*)", str(error))
        raise SystemLibraryError(library=library.group(1) if library else "Qt") from None
    check_libraries(Path(PySide6.__file__).parent / "Qt" / "plugins", sys.platform)
    app = QApplication(["probe-tray"])
    app.setApplicationName("probe-tray")
    app.setApplicationDisplayName("Probe Tray")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("probe-tray")
    return app


def _run_session(app: "QApplication", session: "Session") -> int:
    from probe_tray.adapters.hygiene import log_loop_failure
    from probe_tray.adapters.local_zone import LocalZone
    from probe_tray.ui.languages import load_translator
    from probe_tray.ui.loop import run as run_loop
    from probe_tray.ui.shell import Shell, Surroundings

    translator, zone = load_translator(), LocalZone()
    wired: Wired
    shell: Shell

    def say(title: str, text: str) -> None:
        shell.show_message(title, text)

    def on_press(account: "AccountKey | None", wanted: Help) -> None:
        match wanted:
            case Help.LOG_IN:
                wired.engine.send(LogIn(account))
            case Help.RENEW:
                wired.engine.send(Renew(account))
            case Help.OPEN:
                shell.show_panel(account)

    async def work() -> int:
        nonlocal wired, shell
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(log_loop_failure)
        stop = asyncio.Event()
        wired = session.wire(translator, zone, say)
        around = Surroundings(translator=translator, clock=wired.clock, zone=zone)
        shell = Shell(app, wired.engine, around, stop.set)
        wired.engine.on_alert_action(on_press)
        engine = asyncio.create_task(wired.engine.run())
        quitting = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({engine, quitting}, return_when=asyncio.FIRST_COMPLETED)
            return engine.result() or 0 if engine.done() else 0
        finally:
            shell.close()
            for task in (engine, quitting):
                task.cancel()
            await asyncio.gather(engine, quitting, return_exceptions=True)
            await wired.client.aclose()

    return run_loop(app, work)
