"""Build the Flatpak of the bundle that packaging/build_bundle.py made, with flatpak-builder.

Run it with ``uv run python packaging/build_flatpak.py``. The Flatpak is in dist/. It needs the packages flatpak and
flatpak-builder, which ``--install`` installs on Debian and Ubuntu. The runtime comes from Flathub, whose key signs it.
"""

import argparse
import shutil
from pathlib import Path
from typing import Final

from downloads import FLATHUB, fetch
from linux_files import architecture, finished_bundle, lay_out
from project import APP_ID, BUILD, DIST, PACKAGING, TRAY, VERSION, run

RECIPE: Final = PACKAGING / "flatpak" / f"{APP_ID}.yml"
SOURCE: Final = DIST / "flatpak"
"""What the recipe takes, laid out as below /usr."""
PACKAGES: Final = ("flatpak", "flatpak-builder")


def write_source(bundle: Path, folder: Path) -> None:
    """Lay out what the recipe takes."""
    shutil.rmtree(folder, ignore_errors=True)
    lay_out(bundle, folder)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Build the Flatpak.")
    parser.add_argument("--install", action="store_true", help="first install what builds it, with apt-get and sudo")
    install: bool = parser.parse_args().install
    write_source(finished_bundle(), SOURCE)
    if install:
        run("sudo", "apt-get", "update", "--quiet")
        run("sudo", "apt-get", "install", "--quiet", "--yes", "--no-install-recommends", *PACKAGES)
    run("flatpak", "remote-add", "--user", "--if-not-exists", "flathub", fetch(FLATHUB))
    repository, made = BUILD / "flatpak-repository", BUILD / "flatpak"
    image = DIST / f"{TRAY}-{VERSION}-{architecture()}.flatpak"
    runtime = ("--user", "--install-deps-from=flathub")
    run("flatpak-builder", *runtime, "--force-clean", f"--repo={repository}", made, RECIPE)
    run("flatpak", "build-bundle", repository, image, APP_ID)
    print(f"Built {image}.")


if __name__ == "__main__":
    main()
