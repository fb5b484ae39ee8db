"""Build the installer for Windows of the bundle that packaging/build_bundle.py made, with Inno Setup 6.

Run it on Windows with ``uv run python packaging/build_installer.py``. The installer is in dist/.
"""

import shutil
import sys
from pathlib import Path
from typing import Final

from probe_tray.adapters.systems.windows import APP_ID as APP_USER_MODEL_ID
from project import DIST, HOMEPAGE, PACKAGING, ROOT, TRAY, VERSION, run, stop

SCRIPT: Final = PACKAGING / "windows" / "installer.iss"
NAME: Final = f"{TRAY}-{VERSION}-windows-x86_64"
CHINESE: Final = "Languages/ChineseSimplified.isl"
"""Inno Setup's own texts in Chinese, which only newer versions of it bring."""
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


def languages(compiler: Path) -> list[str]:
    """What the script is told when the compiler can speak Chinese too."""
    return ["/DChinese"] if (compiler.parent / CHINESE).is_file() else []


def main() -> None:
    """Run the command."""
    if sys.platform != "win32":
        stop("The installer is built on Windows.")
    compiler = Path(shutil.which("ISCC") or _PLACE)
    if not compiler.is_file():
        stop("Inno Setup 6 is not installed. Install it with: winget install JRSoftware.InnoSetup")
    spoken = languages(compiler)
    run(compiler, "/Qp", *(f"/D{name}={value}" for name, value in definitions().items()), *spoken, SCRIPT)
    print(f"Built {DIST / NAME}.exe.")
    if not spoken:
        print(f"It speaks only English, because this Inno Setup has no {CHINESE}. A newer version has it.")


if __name__ == "__main__":
    main()
