"""Build the AppImage of the bundle that packaging/build_bundle.py made, with appimagetool.

Run it with ``uv run python packaging/build_appimage.py``. The image is in dist/.
Started as ``codex-probe``, by a link of that name, it runs the command.
"""

import argparse
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

from linux_files import architecture, finished_bundle, lay_out
from project import COMMAND, DIST, RESOURCES, TRAY, VERSION, run

APP_RUN: Final = f"""#!/bin/sh
# The image's own starter sets APPDIR and ARGV0.
case "${{ARGV0##*/}}" in
    {COMMAND}*) exec "$APPDIR/usr/bin/{COMMAND}" "$@" ;;
    *) exec "$APPDIR/usr/bin/{TRAY}" "$@" ;;
esac
"""


def write_folder(bundle: Path, folder: Path) -> None:
    """Lay out the folder that becomes the image."""
    lay_out(bundle, folder / "usr")
    shutil.copy(RESOURCES / f"{TRAY}.desktop", folder)
    shutil.copy(RESOURCES / "icons" / f"{TRAY}-256.png", folder / f"{TRAY}.png")
    (folder / "AppRun").write_text(APP_RUN)
    (folder / "AppRun").chmod(0o755)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Build the AppImage.")
    parser.add_argument("--to", type=Path, default=DIST, metavar="FOLDER", help="where it goes; dist/ by default")
    image: Path = parser.parse_args().to.resolve() / f"{TRAY}-{VERSION}-{architecture()}.AppImage"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, f"{TRAY}.AppDir")
        write_folder(finished_bundle(), folder)
        run("appimagetool", "--no-appstream", folder, image, env={**os.environ, "ARCH": architecture()})
    print(f"Built {image}.")


if __name__ == "__main__":
    main()
