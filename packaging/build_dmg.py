"""Build the disk image for macOS of the app that packaging/build_bundle.py made; notarise it where the keys are.

Run it on macOS with ``uv run python packaging/build_dmg.py``. The image is in dist/. The app itself is signed when it
is built. These variables are read:

- ``CODESIGN_IDENTITY``: the name of a Developer ID certificate in the keychain. Without it nothing is signed.
- ``NOTARY_KEY_FILE``, ``NOTARY_KEY_ID``, ``NOTARY_ISSUER``: a key of App Store Connect, in a file. Without them nothing
  is notarised, and macOS asks the person before the first start.
"""

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from project import DIST, TITLE, TRAY, VERSION, run, stop

_KEY: Final = ("NOTARY_KEY_FILE", "NOTARY_KEY_ID", "NOTARY_ISSUER")


def image_name(machine: str) -> str:
    """The image's file name; ``machine`` is arm64 or x86_64."""
    return f"{TRAY}-{VERSION}-macos-{machine}.dmg"


def notary_command(image: Path, environ: Mapping[str, str]) -> tuple[str, ...] | None:
    """What sends the image to Apple's notary and waits for the answer; None where there is no key.

    The key itself stays in its file: arguments are seen by every program.
    """
    values = [environ.get(name, "") for name in _KEY]
    if not all(values):
        return None
    file, identifier, issuer = values
    key = ("--key", file, "--key-id", identifier, "--issuer", issuer)
    return ("xcrun", "notarytool", "submit", str(image), *key, "--wait")


def build(app: Path, image: Path, environ: Mapping[str, str]) -> None:
    """Make the image: the app, and a link to where a person drags it."""
    with tempfile.TemporaryDirectory() as temporary:
        content = Path(temporary, TITLE)
        shutil.copytree(app, content / app.name, symlinks=True)
        (content / "Applications").symlink_to("/Applications")
        run("hdiutil", "create", "-volname", TITLE, "-srcfolder", content, "-ov", "-format", "UDZO", image)
    identity = environ.get("CODESIGN_IDENTITY")
    if not identity:
        print("Not signed: CODESIGN_IDENTITY is not set.")
        return
    run("codesign", "--verify", "--deep", "--strict", app)
    run("codesign", "--sign", identity, "--timestamp", image)
    notarise = notary_command(image, environ)
    if notarise is None:
        print(f"Not notarised: {', '.join(_KEY)} are not set.")
        return
    run(*notarise)
    run("xcrun", "stapler", "staple", image)


def main() -> None:
    """Run the command."""
    if sys.platform != "darwin":
        stop("Disk images are built on macOS.")
    app = DIST / f"{TITLE}.app"
    if not app.is_dir():
        stop("There is no app yet. Build it: uv run --group packaging python packaging/build_bundle.py")
    image = DIST / image_name(platform.machine())
    build(app, image, os.environ)
    print(f"Built {image}.")


if __name__ == "__main__":
    main()
