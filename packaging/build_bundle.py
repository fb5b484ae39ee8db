"""Build the bundle: a folder with both programs and everything they need, without Python or Qt on the machine.

Run it with ``uv run --group packaging python packaging/build_bundle.py``. The bundle is in dist/probe-tray;
on macOS the app is dist/Probe Tray.app.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from bundle_contents import BUDGET_MB, LINUX_LIBRARIES, X11_LIBRARIES
from bundle_start import FILES, file_list
from project import BUILD, COMMAND, PACKAGING, TITLE, TRAY, VERSION, output, python, stop, target_folder
from slim_icu import slim

_MEGABYTE = 1_000_000


def build(dist: Path) -> Path:
    """Build it below ``dist`` and return the folder of the programs, or of the app on macOS."""
    if shutil.which("pyinstaller", path=str(Path(sys.executable).parent)) is None:
        stop("PyInstaller is not installed. Run this with: uv run --group packaging python packaging/build_bundle.py")
    BUILD.mkdir(exist_ok=True)
    places = ("--distpath", dist, "--workpath", BUILD / "pyinstaller")
    python("-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "WARN", *places, PACKAGING / "probe_tray.spec")
    bundle = dist / TRAY
    if sys.platform == "darwin":
        return dist / f"{TITLE}.app"
    if sys.platform.startswith("linux"):
        strip(bundle / "_internal")
        for library in (bundle / "_internal").rglob("libicudata.so.*"):
            if not library.is_symlink():
                slim(library)
    (bundle / "_internal" / FILES).write_text(file_list(bundle / "_internal"), encoding="utf-8")
    return bundle


def strip(inner: Path) -> None:
    """Take the symbols out of the libraries, of which they are half of some; Qt's own come without."""
    program = shutil.which("strip") or stop("strip is not installed (package binutils).")
    libraries = [path for path in inner.rglob("*.so*") if path.is_file() and not path.is_symlink()]
    own = [path for path in libraries if "PySide6" not in path.parts or path.name.startswith("libicu")]
    subprocess.run([program, "--strip-unneeded", *own], check=True)


def size(bundle: Path) -> int:
    """The bytes of all files in it; a link to one of them takes no place."""
    return sum(path.stat().st_size for path in bundle.rglob("*") if path.is_file() and not path.is_symlink())


def needed_of_system(bundle: Path) -> set[str]:
    """The libraries that the Linux bundle takes from the system, apart from those of the plugin for GTK's look."""
    libraries = [path for path in bundle.rglob("*") if ".so" in path.name and path.is_file()]
    here = {path.name for path in libraries}
    asked = [path for path in libraries if "qgtk3" not in path.name and not path.is_symlink()]
    lines = output(["objdump", "-p", *asked]).splitlines()
    return {line.split()[1] for line in lines if line.strip().startswith("NEEDED")} - here


def missing_libraries(bundle: Path) -> list[str]:
    """Those of ``X11_LIBRARIES`` that are not in the bundle: PyInstaller leaves out what the machine does not have."""
    here = {path.name.partition(".so")[0] for path in bundle.rglob("*.so*")}
    return sorted(set(X11_LIBRARIES) - here)


def main() -> None:
    """Run the command."""
    bundle = build(target_folder("Build the bundle of both programs."))
    taken = size(bundle) / _MEGABYTE
    print(f"{bundle.name} {VERSION}: {taken:.1f} MB of {BUDGET_MB} MB, unpacked")
    if sys.platform.startswith("linux"):
        print(f"It takes from the system: {', '.join(sorted(needed_of_system(bundle)))}")
        print(f"It carries, besides Qt: {', '.join(LINUX_LIBRARIES)}")
        if missing := missing_libraries(bundle):
            stop(f"It lacks {', '.join(missing)}. packaging/install_build_libraries.py installs them.")
    if taken > BUDGET_MB:
        stop(f"That is {taken - BUDGET_MB:.1f} MB too much. packaging/bundle_contents.py says what goes in.")
    inside = bundle / "Contents" / "MacOS" if sys.platform == "darwin" else bundle
    said = output([inside / COMMAND, "--version"]).strip()
    if said != f"{COMMAND} {VERSION}":
        stop(f"The command in it does not start as it should: it says {said!r}.")


if __name__ == "__main__":
    main()
