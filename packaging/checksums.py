"""Write dist/SHA256SUMS, which names every file beside it as ``sha256sum --check`` wants it.

uv run python packaging/checksums.py
"""

import argparse
import hashlib
from pathlib import Path
from typing import Final

from project import DIST, stop

NAME: Final = "SHA256SUMS"


def checksums(folder: Path) -> str:
    """A line for each file of ``folder`` but the list itself, by name; ends this script where there is none."""
    files = sorted(path for path in folder.glob("*") if path.is_file() and path.name != NAME)
    if not files:
        stop(f"There is no file in {folder}. Build the packages first.")
    return "".join(f"{_digest(path)}  {path.name}\n" for path in files)


def _digest(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Write the checksums of what was built.")
    parser.add_argument("folder", type=Path, nargs="?", default=DIST)
    folder: Path = parser.parse_args().folder
    (folder / NAME).write_text(checksums(folder), encoding="utf-8", newline="\n")
    print(f"Wrote {folder / NAME}.")


if __name__ == "__main__":
    main()
