"""Build the disk image for macOS of the app that packaging/build_bundle.py made; notarise it where the keys are.

Run it on macOS with ``uv run python packaging/build_dmg.py``. The image is in dist/. These variables are read:

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

from project import DIST, PACKAGING, TITLE, TRAY, VERSION, run, stop

ENTITLEMENTS: Final = PACKAGING / "macos" / "entitlements.plist"
# How programs and libraries for macOS begin, for one processor and for several.
_MACH_O: Final = frozenset({b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"})
_KEY: Final = ("NOTARY_KEY_FILE", "NOTARY_KEY_ID", "NOTARY_ISSUER")


def image_name(machine: str) -> str:
    """The image's file name; ``machine`` is arm64 or x86_64."""
    return f"{TRAY}-{VERSION}-macos-{machine}.dmg"


def code_in(app: Path) -> list[Path]:
    """The programs and libraries in an app, the innermost first: a seal covers what was sealed before it."""
    files = [path for path in app.rglob("*") if path.is_file() and not path.is_symlink() and _is_code(path)]
    return sorted(files, key=lambda path: (-len(path.parts), path))


def _is_code(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in _MACH_O


def sign_app(app: Path, identity: str) -> None:
    """Sign everything in the app and the app itself, with the hardened runtime that the notary asks for."""
    command = ("codesign", "--force", "--sign", identity, "--timestamp", "--options", "runtime")
    for path in (*code_in(app), app):
        # A library has what the program has that loads it.
        rights = ("--entitlements", ENTITLEMENTS) if path == app or path.parent.name == "MacOS" else ()
        run(*command, *rights, path)
    run("codesign", "--verify", "--deep", "--strict", app)


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
    """Make the image: the app, and a link to where a person drags it. Sign both where there is a certificate."""
    identity = environ.get("CODESIGN_IDENTITY")
    with tempfile.TemporaryDirectory() as temporary:
        content = Path(temporary, TITLE)
        shutil.copytree(app, content / app.name, symlinks=True)
        if identity:
            sign_app(content / app.name, identity)
        (content / "Applications").symlink_to("/Applications")
        run("hdiutil", "create", "-volname", TITLE, "-srcfolder", content, "-ov", "-format", "UDZO", image)
    if not identity:
        print("Not signed: CODESIGN_IDENTITY is not set.")
        return
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
