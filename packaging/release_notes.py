"""Print what the changelog says about a version, for the page of its release.

uv run python packaging/release_notes.py v0.2.0

It ends with a sentence where the tag is not that of this version, or the changelog says nothing about it.
"""

import argparse
import re
from typing import Final

from project import ROOT, VERSION, stop

_HEADING: Final = re.compile(r"## \[?(?P<version>[^\]\s]+)\]?(?: - (?P<date>\d{4}-\d{2}-\d{2}))?")


def notes(changelog: str, version: str) -> str:
    """The section about ``version``, without its heading; empty where there is none."""
    lines: list[str] = []
    inside = False
    for line in changelog.splitlines():
        heading = _HEADING.fullmatch(line.rstrip())
        if line.startswith("## "):
            inside = heading is not None and heading["version"] == version
        elif inside:
            lines.append(line)
    return "\n".join(lines).strip()


def checked_version(tag: str) -> str:
    """The version that ``tag`` names; ends this script where it is another one than the project's."""
    version = tag.removeprefix("v")
    if tag != f"v{version}" or version != VERSION:
        stop(f"The tag of this version is v{VERSION}, not {tag}. Change the version in pyproject.toml, or the tag.")
    return version


def release_notes(tag: str) -> str:
    """What the page of the release says; ends this script where there is nothing to say."""
    version = checked_version(tag)
    found = notes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), version)
    return found or stop(f'CHANGELOG.md has no section "## {version}". Name "Unreleased" so, with the date.')


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Print the notes of a version.")
    parser.add_argument("tag", help="such as v0.2.0")
    print(release_notes(parser.parse_args().tag))


if __name__ == "__main__":
    main()
