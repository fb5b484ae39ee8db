"""What the tray app carries with it while nobody has opened anything: each of these costs megabytes for nothing."""

import subprocess
import sys

HEAVY = (
    "click",
    "cryptography",
    "desktop_notifier",
    "html.entities",
    "jwt",
    "keyring",
    "plistlib",
    "probe_tray.demo",
    "probe_tray.ui.details.details_window",
    "probe_tray.ui.transfer.export_dialog",
    "probe_tray.ui.help.help_dialog",
    "probe_tray.ui.transfer.import_dialog",
    "probe_tray.ui.login.login_dialog",
    "probe_tray.ui.models.model_test_dialog",
    "probe_tray.ui.sync.result_dialog",
    "probe_tray.ui.sync.setup_dialog",
    "PySide6.QtDBus",
    "PySide6.QtNetwork",
    "PySide6.QtSvg",
    "pygments",
    "rich",
    "truststore",
)
AT_THE_ICON = """
import linecache
import sys
from pathlib import Path
import probe_tray.app

def look(program, request):
    print(*sys.modules)
    print(*{Path(name).name for name in linecache.cache})
    program._stop.set()

probe_tray.app._Program._do = look
sys.exit(probe_tray.app.run(["--background"]))
"""


def test_an_icon_brings_nothing_that_only_a_window_or_a_vault_needs() -> None:
    told = subprocess.run([sys.executable, "-c", AT_THE_ICON], capture_output=True, text=True, check=True).stdout
    modules, sources = (set(line.split()) for line in told.splitlines())
    assert "probe_tray.ui.shell" in modules
    assert not modules & set(HEAVY)
    # Qt would read the source of everything that is imported after it, and have it kept.
    assert not sources & {"bootstrap.py", "shell.py", "_client.py"}
