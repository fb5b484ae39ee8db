"""Build the package for Debian and Ubuntu of the bundle that packaging/build_bundle.py made.

Run it with ``uv run python packaging/build_deb.py``. The package is in dist/.
"""

import gzip
import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import Final

from linux_files import LIBRARY, finished_bundle, lay_out, release_day
from project import HOMEPAGE, PACKAGING, ROOT, TRAY, VERSION, output, run, target_folder

MAINTAINER: Final = "Probe Tray contributors <probe-tray@users.noreply.github.com>"
_KILOBYTE: Final = 1024
_DESCRIPTION: Final = """\
Codex quotas and logins in the system tray
 Shows the quotas of every OpenAI Codex account in the system tray: the 5-hour
 and the weekly limit, when they reset, and when a login ends. Logins are
 renewed automatically and kept encrypted, with their key in the keyring.
 .
 The command codex-probe does the same in a terminal and in scripts."""
_CHANGELOG: Final = """\
{name} ({version}) unstable; urgency=medium

  * New version; what changed is told at
    {homepage}/blob/main/CHANGELOG.md

 -- {maintainer}  {day:%a, %d %b %Y %H:%M:%S +0000}
"""
_COPYRIGHT: Final = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Probe Tray
Source: {homepage}

Files: *
Copyright: 2026 Probe Tray contributors
License: Expat
{licence}
"""


def build(bundle: Path, folder: Path, *, level: int = 6) -> Path:
    """Build the package of a bundle into ``folder`` and return its path; ``level`` is xz's, from 0 (fast) to 9."""
    architecture = output(["dpkg", "--print-architecture"]).strip()
    package = folder / f"{TRAY}_{VERSION}_{architecture}.deb"
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary, "root")
        lay_out(bundle, root / "usr")
        write_documents(root / "usr" / "share")
        needed = dependencies(root / "usr" / LIBRARY, Path(temporary, "control"))
        write_control(root, architecture, needed)
        folder.mkdir(parents=True, exist_ok=True)
        run("dpkg-deb", "--root-owner-group", "-Zxz", f"-z{level}", "--build", root, package)
    return package


def write_documents(share: Path) -> None:
    """Write what Debian's policy asks for: licence, changelog, packed manual pages, what lintian should overlook."""
    documents = share / "doc" / TRAY
    documents.mkdir(parents=True)
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8").partition("\n\n")[2].partition("\n\n")[2]
    indented = "\n".join(f" {line}" if line else " ." for line in licence.strip().splitlines())
    (documents / "copyright").write_text(_COPYRIGHT.format(homepage=HOMEPAGE, licence=indented), encoding="utf-8")
    changes = _CHANGELOG.format(name=TRAY, version=VERSION, homepage=HOMEPAGE, maintainer=MAINTAINER, day=release_day())
    _pack(documents / "changelog.gz", changes.encode())
    for page in (share / "man" / "man1").glob("*.1"):
        _pack(page.with_suffix(".1.gz"), page.read_bytes())
        page.unlink()
    overrides = share / "lintian" / "overrides"
    overrides.mkdir(parents=True)
    shutil.copyfile(PACKAGING / "linux" / "lintian-overrides", overrides / TRAY)


def _pack(path: Path, data: bytes) -> None:
    # Without the time, so that the same files make the same package.
    path.write_bytes(gzip.compress(data, 9, mtime=0))


def dependencies(bundle: Path, folder: Path) -> str:
    """The packages whose libraries the bundle takes from the system, as Debian's own tool finds them."""
    (folder / "debian").mkdir(parents=True)
    (folder / "debian" / "control").write_text(f"Source: {TRAY}\n\nPackage: {TRAY}\nArchitecture: any\n")
    inner = bundle / "_internal"
    # A library that is carried along needs no package: an entry without one says so.
    carried = [path.name.partition(".so.") for path in inner.rglob("lib*.so.*")]
    (folder / "debian" / "shlibs.local").write_text("".join(f"{name} {number}\n" for name, _, number in carried))
    # Only where GTK is installed its look is asked for.
    found = [path for path in bundle.rglob("*.so*") if path.is_file() and "qgtk3" not in path.name]
    places = [f"-l{place}" for place in (inner, inner / "PySide6" / "Qt" / "lib")]
    command = ["dpkg-shlibdeps", "-O", "--ignore-missing-info", "--warnings=0", *places]
    said = output([*command, *(f"-e{path}" for path in found if not path.is_symlink())], cwd=folder)
    return said.strip().removeprefix("shlibs:Depends=")


def write_control(root: Path, architecture: str, needed: str) -> None:
    """Write the package's description and the sums of its files."""
    files = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    size = sum(path.stat().st_size for path in files) // _KILOBYTE
    control = root / "DEBIAN"
    control.mkdir()
    sums = [f"{_md5(path)}  {path.relative_to(root)}" for path in files]
    (control / "md5sums").write_text("\n".join([*sums, ""]))
    fields = {
        "Package": TRAY,
        "Version": VERSION,
        "Architecture": architecture,
        "Maintainer": MAINTAINER,
        "Installed-Size": str(size),
        "Depends": needed,
        "Recommends": "gnome-keyring | kwalletmanager | keepassxc, notification-daemon, xdg-utils",
        "Suggests": "libgtk-3-0",
        "Section": "utils",
        "Priority": "optional",
        "Homepage": HOMEPAGE,
        "Description": _DESCRIPTION,
    }
    (control / "control").write_text("".join(f"{name}: {value}\n" for name, value in fields.items()), encoding="utf-8")


def _md5(path: Path) -> str:
    # dpkg's own choice; it finds a damaged file, not an attack.
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def main() -> None:
    """Run the command."""
    folder = target_folder("Build the package for Debian and Ubuntu.")
    print(f"Built {build(finished_bundle(), folder)}.")


if __name__ == "__main__":
    main()
