"""Build the Flatpak of the bundle that packaging/build_bundle.py made, with flatpak-builder.

Run it with ``uv run python packaging/build_flatpak.py``. The Flatpak is in dist/.
"""

import shutil
from pathlib import Path
from typing import Final

from linux_files import architecture, finished_bundle, lay_out
from project import APP_ID, BUILD, DIST, PACKAGING, TRAY, VERSION, run

RECIPE: Final = PACKAGING / "flatpak" / f"{APP_ID}.yml"
SOURCE: Final = DIST / "flatpak"
"""What the recipe takes, laid out as below /usr."""


def write_source(bundle: Path, folder: Path) -> None:
    """Lay out what the recipe takes."""
    shutil.rmtree(folder, ignore_errors=True)
    lay_out(bundle, folder)


def main() -> None:
    """Run the command."""
    write_source(finished_bundle(), SOURCE)
    repository, made = BUILD / "flatpak-repository", BUILD / "flatpak"
    image = DIST / f"{TRAY}-{VERSION}-{architecture()}.flatpak"
    run("flatpak-builder", "--user", "--force-clean", f"--repo={repository}", made, RECIPE)
    run("flatpak", "build-bundle", repository, image, APP_ID)
    print(f"Built {image}.")


if __name__ == "__main__":
    main()
