"""Build the AppImage of the bundle that packaging/build_bundle.py made, with appimagetool.

Run it with ``uv run python packaging/build_appimage.py``. The image is in dist/. packaging/downloads.py says which
appimagetool is downloaded for it.
Started as ``codex-probe``, by a link of that name, it runs the command.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

from downloads import APPIMAGE_RUNTIME, APPIMAGETOOL, fetch
from linux_files import architecture, finished_bundle, glibc_needed, lay_out
from project import COMMAND, RESOURCES, TRAY, VERSION, run, stop, target_folder

MACHINE: Final = "x86_64"
"""The one that packaging/downloads.py has the tools for."""
APP_RUN: Final = f"""#!/bin/sh
# The image's own starter sets APPDIR and ARGV0.
needed=$(cat "$APPDIR/glibc-version")
found=$(getconf GNU_LIBC_VERSION 2>/dev/null | sed 's/[^0-9.]*//')
if [ -z "$found" ]; then
    printf 'Probe Tray needs glibc %s or newer, and this system has another C library.\\n' "$needed" >&2
    exit 2
fi
if [ "$(printf '%s\\n%s\\n' "$needed" "$found" | sort -V | head -n 1)" != "$needed" ]; then
    printf 'Probe Tray needs glibc %s or newer; this system has %s.\\n' "$needed" "$found" >&2
    exit 2
fi
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
    # A person starts an image without installing it, so it looks for itself whether the system is new enough.
    (folder / "glibc-version").write_text(f"{glibc_needed(bundle)}\n")
    (folder / "AppRun").write_text(APP_RUN)
    (folder / "AppRun").chmod(0o755)


def pack(folder: Path, image: Path, tool: Path, runtime: Path) -> None:
    """Make the image of the folder."""
    tool.chmod(0o755)
    # Itself an AppImage, the tool can be mounted only where there is FUSE, which a machine of a workflow lacks.
    env = {**os.environ, "ARCH": MACHINE, "APPIMAGE_EXTRACT_AND_RUN": "1"}
    run(tool, "--no-appstream", "--runtime-file", runtime, folder, image, env=env)


def main() -> None:
    """Run the command."""
    image = target_folder("Build the AppImage.") / f"{TRAY}-{VERSION}-{MACHINE}.AppImage"
    if architecture() != MACHINE:
        stop(f"The AppImage is built on {MACHINE}; this machine is {architecture()}.")
    bundle = finished_bundle()
    tool, runtime = fetch(APPIMAGETOOL), fetch(APPIMAGE_RUNTIME)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, f"{TRAY}.AppDir")
        write_folder(bundle, folder)
        pack(folder, image, tool, runtime)
    print(f"Built {image}.")


if __name__ == "__main__":
    main()
