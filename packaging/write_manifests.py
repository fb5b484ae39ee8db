"""Write what Homebrew, winget and Scoop need to know of a release: names, addresses and checksums of its files.

Run it with ``uv run python packaging/write_manifests.py`` once the installers are in dist/. The manifests are in
dist/manifests, for each system whose files are there.
"""

import argparse
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from build_dmg import image_name
from build_installer import NAME as INSTALLER
from project import APP_ID, COMMAND, DIST, HOMEPAGE, SUMMARY, TITLE, TRAY, VERSION, stop

PACKAGE: Final = "ProbeTray.ProbeTray"
"""The identifier in winget: publisher and name."""
_SCHEMA: Final = "1.10.0"


def address(name: str) -> str:
    """Where a file of this release is downloaded."""
    return f"{HOMEPAGE}/releases/download/v{VERSION}/{name}"


def checksum(path: Path) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def cask(images: Mapping[str, Path]) -> str:
    """The cask for Homebrew; ``images`` are the disk images by the kind of Mac, one or both of arm64 and x86_64."""
    page = f"{HOMEPAGE}/releases/download/v#{{version}}/{TRAY}-#{{version}}-macos"
    if len(images) == 1:
        ((machine, image),) = images.items()
        needs = f"  depends_on arch: :{machine}\n"
        head = f'  version "{VERSION}"\n  sha256 "{checksum(image)}"\n\n  url "{page}-{machine}.dmg"\n'
    else:
        needs = ""
        sums = f'  sha256 arm:   "{checksum(images["arm64"])}",\n         intel: "{checksum(images["x86_64"])}"\n'
        kinds = '  arch arm: "arm64", intel: "x86_64"\n\n'
        head = f'{kinds}  version "{VERSION}"\n{sums}\n  url "{page}-#{{arch}}.dmg"\n'
    return f"""cask "{TRAY}" do
{head}  name "{TITLE}"
  desc "Codex quotas and logins in the menu bar"
  homepage "{HOMEPAGE}"

{needs}  depends_on macos: ">= :ventura"

  app "{TITLE}.app"
  binary "#{{appdir}}/{TITLE}.app/Contents/MacOS/{COMMAND}"

  uninstall launchctl: "io.github.{TRAY}",
            quit:      "{APP_ID}"

  zap trash: "~/Library/Application Support/{TRAY}"
end
"""


def winget(installer: Path) -> dict[str, str]:
    """The three files for winget, by their names."""
    head = f"PackageIdentifier: {PACKAGE}\nPackageVersion: {VERSION}\n"

    def manifest(kind: str, body: str) -> str:
        return f"{head}{body}ManifestType: {kind}\nManifestVersion: {_SCHEMA}\n"

    installers = (
        "InstallerType: inno\nScope: user\nUpgradeBehavior: install\nInstallers:\n- Architecture: x64\n"
        f"  InstallerUrl: {address(installer.name)}\n  InstallerSha256: {checksum(installer).upper()}\n"
    )
    words = (
        f"PackageLocale: en-US\nPublisher: {TITLE} contributors\nPackageName: {TITLE}\nPackageUrl: {HOMEPAGE}\n"
        f"License: MIT\nShortDescription: {SUMMARY}\n"
    )
    return {
        f"{PACKAGE}.yaml": manifest("version", "DefaultLocale: en-US\n"),
        f"{PACKAGE}.installer.yaml": manifest("installer", installers),
        f"{PACKAGE}.locale.en-US.yaml": manifest("defaultLocale", words),
    }


def scoop(installer: Path) -> str:
    """The manifest for Scoop, which unpacks the installer itself and puts the command on the path."""
    told = {
        "version": VERSION,
        "description": SUMMARY,
        "homepage": HOMEPAGE,
        "license": "MIT",
        "architecture": {"64bit": {"url": address(installer.name), "hash": checksum(installer)}},
        "innosetup": True,
        "bin": "codex-probe.exe",
        "shortcuts": [[f"{TRAY}.exe", TITLE]],
        "checkver": {"github": HOMEPAGE},
        "autoupdate": {
            "architecture": {"64bit": {"url": address(installer.name).replace(VERSION, "$version")}},
        },
    }
    return json.dumps(told, indent=4) + "\n"


def manifests(dist: Path) -> dict[str, str]:
    """Every manifest whose files are in ``dist``, by its name."""
    written: dict[str, str] = {}
    images = {machine: dist / image_name(machine) for machine in ("arm64", "x86_64")}
    if built := {machine: image for machine, image in images.items() if image.is_file()}:
        written[f"{TRAY}.rb"] = cask(built)
    installer = dist / f"{INSTALLER}.exe"
    if installer.is_file():
        written |= {**winget(installer), f"{TRAY}.json": scoop(installer)}
    return written


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Write the manifests for Homebrew, winget and Scoop.")
    parser.add_argument("--dist", type=Path, default=DIST, metavar="FOLDER", help="where the installers are")
    dist: Path = parser.parse_args().dist
    written = manifests(dist)
    if not written:
        stop(f"{dist} has neither the installer for Windows nor a disk image for macOS.")
    folder = dist / "manifests"
    folder.mkdir(exist_ok=True)
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    print(f"Wrote {', '.join(written)} into {folder}.")


if __name__ == "__main__":
    main()
