"""What the tray app carries with it while nobody has opened anything: each of these costs megabytes for nothing."""

import os
import subprocess
import sys
from collections.abc import Iterable
from typing import Final

HEAVY = (
    "argparse",
    "bz2",
    "click",
    "cryptography",
    "desktop_notifier",
    "getpass",
    "html.entities",
    "jwt",
    "keyring",
    "pickle",
    "plistlib",
    "probe_tray.adapters.callback.login_listener",
    "probe_tray.adapters.files.import_files",
    "probe_tray.adapters.http.tables",
    "probe_tray.demo",
    "probe_tray.engine.models.model_tester",
    "probe_tray.engine.sync.row_codec",
    "probe_tray.engine.sync.shared_table",
    "probe_tray.engine.sync.sync_run",
    "probe_tray.engine.sync.synchronizer",
    "probe_tray.engine.transfer",
    "probe_tray.ui.details.details_window",
    "probe_tray.ui.transfer.export_controller",
    "probe_tray.ui.transfer.export_dialog",
    "probe_tray.ui.help.help_dialog",
    "probe_tray.ui.transfer.import_dialog",
    "probe_tray.ui.login.login_dialog",
    "probe_tray.ui.models.model_test_dialog",
    "probe_tray.ui.settings.connection_controller",
    "probe_tray.ui.sync.result_dialog",
    "probe_tray.ui.sync.setup_dialog",
    "probe_tray.ui.sync.sync_controller",
    "probe_tray.view.details",
    "probe_tray.view.models",
    "probe_tray.view.tables.csv_table",
    "probe_tray.view.transfer.export_view",
    "probe_tray.view.transfer.import_view",
    "PySide6.QtDBus",
    "PySide6.QtNetwork",
    "anyio",
    "certifi",
    "email.utils",
    "encodings.idna",
    "httpcore",
    "httpx",
    "idna",
    "ipaddress",
    "socksio",
    "PySide6.QtSvg",
    "pygments",
    "rich",
    "shlex",
    "sysconfig",
    "tomllib",
    "truststore",
    *(() if sys.platform == "win32" else ("probe_tray.adapters.systems.windows",)),
)
NOT_AT_THE_FIRST_ICON = (
    *HEAVY,
    "asyncio",
    "filelock",
    "probe_tray.bootstrap",
    "probe_tray.core.state",
    "probe_tray.engine.runtime",
    "probe_tray.ui.shell",
    "probe_tray.view.presenter",
    "qasync",
    "sqlite3",
    "ssl",
)
"""Each of these takes milliseconds, of some 100 that Python and Qt need."""
LIBRARIES_AT_THE_FIRST_ICON: Final = frozenset(["msgspec", "platformdirs", "PySide6", "shiboken6", "shibokensupport"])
LIBRARIES_AT_REST: Final = LIBRARIES_AT_THE_FIRST_ICON | {
    *("h11", "qasync"),
    *(("filelock",) if sys.platform == "win32" else ()),
}
"""Of a tray without a vault, which takes the keyring's."""
AT_THE_FIRST_ICON = """
import sys
import probe_tray.app

def look(name):
    print(*sys.modules)
    sys.stdout.flush()
    sys.exit(0)

probe_tray.app.import_module = look
probe_tray.app.run(["--background"])
"""
AT_THE_ICON = """
import probe_tray.app
import linecache
import sys
from pathlib import Path

def tell():
    print(*sys.modules)
    print(*{Path(name).name for name in linecache.cache})

def look(program, request):
    tell()
    engine = program._wired.engine

    def rest():
        if engine.state.loaded and not program._stop.is_set():
            tell()
            program._stop.set()

    engine.subscribe(rest)

load = probe_tray.app.import_module

def watched(name):
    module = load(name)
    if name == "probe_tray.program":
        module.Program._do = look

probe_tray.app.import_module = watched
sys.exit(probe_tray.app.run(["--background"]))
"""


def told_by(program: str) -> str:
    # Coverage would load libraries of its own.
    there = {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "COVERAGE_"))}
    return subprocess.run([sys.executable, "-c", program], env=there, capture_output=True, text=True, check=True).stdout


def libraries(loaded: Iterable[str]) -> frozenset[str]:
    # A placeholder that keeps a part of httpx out is no library; the last two are parts of Qt's binding.
    found = {name.partition(".")[0] for name in loaded if name != "httpx._main"}
    ours = {"__main__", "__mp_main__", "probe_tray", "__feature__", "signature_bootstrap"}
    return frozenset(found - set(sys.stdlib_module_names) - ours)


def test_the_first_icon_is_shown_before_all_that_it_does_not_need() -> None:
    loaded = set(told_by(AT_THE_FIRST_ICON).split())
    assert "probe_tray.ui.tray.first_icon" in loaded
    assert not loaded & set(NOT_AT_THE_FIRST_ICON)
    assert libraries(loaded) <= LIBRARIES_AT_THE_FIRST_ICON


def test_an_icon_brings_nothing_that_only_a_window_or_a_vault_needs() -> None:
    told = told_by(AT_THE_ICON)
    at_the_icon, sources, at_rest, sources_at_rest = (set(line.split()) for line in told.splitlines())
    assert "probe_tray.ui.shell" in at_the_icon
    assert (at_the_icon & set(HEAVY), at_rest & set(HEAVY)) == (set(), set())
    assert libraries(at_the_icon | at_rest) <= LIBRARIES_AT_REST
    # Qt would read the source of everything that is imported after it, and have it kept.
    assert not sources | sources_at_rest


FOR_ONE_ANSWER = """
import sys
import probe_tray.cli.main
import probe_tray.cli.quota.next_account
import probe_tray.cli.quota.quota_format
import probe_tray.cli.quota.quota_guard
import probe_tray.view.quota.quota_words
print(*sys.modules)
"""


def test_one_answer_of_the_running_app_brings_no_network_no_loop_and_no_store() -> None:
    told = told_by(FOR_ONE_ANSWER)
    heavy = {
        "asyncio",
        "cryptography",
        "httpx",
        "keyring",
        "ssl",
        "probe_tray.core.state",
        "probe_tray.cli.session.session",
    }
    assert not heavy & set(told.split())
