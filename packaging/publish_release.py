"""Publish a release on GitHub with everything in dist/, its notes from the changelog.

uv run python packaging/publish_release.py v0.2.0

It needs GitHub's command gh and a login of it; the workflow gives it one in GH_TOKEN, which is never printed.
"""

import argparse
import tempfile
from pathlib import Path

from project import DIST, TITLE, run, stop
from release_notes import checked_version, release_notes


def command(tag: str, notes: Path, folder: Path) -> list[str | Path]:
    """What gh is asked for; ends this script where there is nothing to publish."""
    files = sorted(path for path in folder.glob("*") if path.is_file())
    if not files:
        stop(f"There is no file in {folder}. Build the packages first.")
    version = checked_version(tag)
    kind = ["--prerelease"] if any(letter.isalpha() for letter in version) else []
    texts = ["--title", f"{TITLE} {version}", "--notes-file", notes]
    return ["gh", "release", "create", tag, "--verify-tag", *kind, *texts, *files]


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Publish a release with everything in dist/.")
    parser.add_argument("tag", help="such as v0.2.0")
    tag: str = parser.parse_args().tag
    with tempfile.TemporaryDirectory(prefix="probe-tray-") as folder:
        notes = Path(folder) / "notes.md"
        notes.write_text(release_notes(tag) + "\n", encoding="utf-8")
        run(*command(tag, notes, DIST))


if __name__ == "__main__":
    main()
