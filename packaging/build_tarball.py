"""Build the archive for any Linux of the bundle that packaging/build_bundle.py made, with a script that installs it.

Run it with ``uv run python packaging/build_tarball.py``. The archive is in dist/.
"""

import shutil
import tarfile
import tempfile
from pathlib import Path

from linux_files import architecture, finished_bundle, glibc_needed, lay_out, release_day
from project import PACKAGING, ROOT, TRAY, VERSION, target_folder


def build(bundle: Path, folder: Path) -> Path:
    """Build the archive of a bundle into ``folder`` and return its path."""
    name = f"{TRAY}-{VERSION}-linux-{architecture()}"
    archive = folder / f"{name}.tar.gz"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        top = Path(temporary, name)
        lay_out(bundle, top)
        # install.sh makes these, as links.
        shutil.rmtree(top / "bin")
        for script in ("install.sh", "uninstall.sh"):
            shutil.copy(PACKAGING / "linux" / script, top)
        shutil.copy(ROOT / "LICENSE", top)
        (top / "glibc-version").write_text(f"{glibc_needed(bundle)}\n")
        with tarfile.open(archive, "w:gz", compresslevel=6) as opened:
            opened.add(top, name, filter=_as_root)
    return archive


def _as_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    # Neither the name of whoever built it nor the second says anything to those who unpack it.
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    entry.mtime = int(release_day().timestamp())
    return entry


def main() -> None:
    """Run the command."""
    folder = target_folder("Build the archive for any Linux.")
    print(f"Built {build(finished_bundle(), folder)}.")


if __name__ == "__main__":
    main()
