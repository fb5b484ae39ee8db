"""Build the installer for Windows of the bundle that packaging/build_bundle.py made, with Inno Setup 6.

Run it on Windows with ``uv run python packaging/build_installer.py``. The installer is in dist/.
"""

import shutil
import sys
from pathlib import Path
from typing import Final

from probe_tray.adapters.desktop.taskbar import APP_ID as APP_USER_MODEL_ID
from project import DIST, HOMEPAGE, PACKAGING, ROOT, TRAY, VERSION, run, stop

SCRIPT: Final = PACKAGING / "windows" / "installer.iss"
NAME: Final = f"{TRAY}-{VERSION}-windows-x86_64"
_PLACE: Final = Path("C:/Program Files (x86)/Inno Setup 6/ISCC.exe")


def definitions() -> dict[str, str]:
    """What the script is told: names of its own preprocessor, and their values."""
    return {
        "Version": VERSION,
        "Homepage": HOMEPAGE,
        "Root": str(ROOT),
        "Bundle": str(DIST / TRAY),
        "Output": str(DIST),
        "Name": NAME,
        "AppUserModelID": APP_USER_MODEL_ID,
    }


def main() -> None:
    """Run the command."""
    if sys.platform != "win32":
        stop("The installer is built on Windows.")
    compiler = shutil.which("ISCC") or (str(_PLACE) if _PLACE.exists() else None)
    if compiler is None:
        stop("Inno Setup 6 is not installed. Install it with: winget install JRSoftware.InnoSetup")
    run(compiler, "/Qp", *(f"/D{name}={value}" for name, value in definitions().items()), SCRIPT)
    print(f"Built {DIST / NAME}.exe.")


if __name__ == "__main__":
    main()
