"""Install what building the Linux packages needs, on Debian and Ubuntu.

uv run --no-project python packaging/install_build_libraries.py

PyInstaller only warns where a library of the bundle is not on the machine: every package would lack it then.
"""

import argparse
import shutil
from typing import Final

from project import run, stop

PACKAGES: Final = (
    # What packaging/bundle_contents.py puts into the bundle, and what Qt loads besides when it starts.
    *("libxcb-cursor0", "libxcb-icccm4", "libxcb-image0", "libxcb-keysyms1", "libxcb-render-util0", "libxcb-util1"),
    *("libxcb-shape0", "libxcb-xinerama0", "libxkbcommon-x11-0", "libdbus-1-3", "libegl1", "libgl1"),
    # What makes the Debian package.
    *("binutils", "dpkg-dev"),
)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Install what building the Linux packages needs.")
    parser.parse_args()
    if shutil.which("apt-get") is None:
        stop(f"This is neither Debian nor Ubuntu. Install what has these names there: {', '.join(PACKAGES)}.")
    run("sudo", "apt-get", "update")
    run("sudo", "apt-get", "install", "--yes", "--no-install-recommends", *PACKAGES)


if __name__ == "__main__":
    main()
